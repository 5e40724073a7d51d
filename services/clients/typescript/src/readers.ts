/** Iterations over what comes in: each has what it has not taken yet. */

interface Pending<T> {
  take(): T | undefined;
}

interface Reader<T, P extends Pending<T>> {
  pending: P;
  wakes: (() => void)[];
  /** Thrown once what is pending has been read, then iteration may go on. */
  interrupt: Error | undefined;
}

export class Readers<T, P extends Pending<T>> {
  private readonly readers = new Set<Reader<T, P>>();
  private ending: { error: Error | undefined } | undefined;

  /** What each has not taken yet. */
  each(act: (pending: P) => void): void {
    for (const { pending } of this.readers) act(pending);
  }

  wake(): void {
    for (const reader of this.readers) {
      for (const wake of reader.wakes.splice(0)) wake();
    }
  }

  /** Tells whoever reads, and goes on. */
  interrupt(error: Error): void {
    for (const reader of this.readers) reader.interrupt = error;
    this.wake();
  }

  /** No more will come, because of this. */
  fail(error: Error): void {
    this.ending = { error };
    this.wake();
  }

  /** No more will come. */
  end(): void {
    this.ending ??= { error: undefined };
    this.wake();
  }

  /** What was over is not. */
  revive(): void {
    this.ending = undefined;
  }

  open(pending: P): AsyncIterator<T, undefined> {
    const reader: Reader<T, P> = { pending, wakes: [], interrupt: undefined };
    this.readers.add(reader);
    return {
      next: async () => {
        for (;;) {
          const value = reader.pending.take();
          if (value !== undefined) return { done: false, value };
          const { interrupt } = reader;
          reader.interrupt = undefined;
          if (interrupt !== undefined) throw interrupt;
          if (this.ending !== undefined) {
            this.readers.delete(reader);
            if (this.ending.error !== undefined) throw this.ending.error;
            return { done: true, value: undefined };
          }
          await new Promise<void>((resolve) => reader.wakes.push(resolve));
        }
      },
      return: async () => {
        this.readers.delete(reader);
        return { done: true, value: undefined };
      },
    };
  }
}
