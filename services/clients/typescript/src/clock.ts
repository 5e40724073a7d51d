/**
 * The server's time, as far as a client can know it. Its own clock may be years off, so ages are
 * never computed from it: the offset between the server's time and a monotonic timer here is taken
 * from the messages themselves.
 */
export class ServerClock {
  private offsetMs: number | undefined;
  private newestMs: number | undefined;

  /** @param monotonicMs a timer that never jumps, such as `performance.now` */
  constructor(private readonly monotonicMs: () => number) {}

  /** A new connection: what was known of the server's clock is void. */
  restart(serverTimeMs: number): void {
    this.offsetMs = serverTimeMs - this.monotonicMs();
    this.newestMs = serverTimeMs;
  }

  /**
   * A message came. The one that travelled the shortest gives the best offset; a timer that stood
   * still while the computer slept is caught up by the first message after it.
   */
  observe(serverTimeMs: number): void {
    const offset = serverTimeMs - this.monotonicMs();
    this.offsetMs = Math.max(this.offsetMs ?? offset, offset);
    this.newestMs = Math.max(this.newestMs ?? serverTimeMs, serverTimeMs);
  }

  /**
   * A message of a replay came. Its time stands, jumps and goes at any speed, so nothing is known of
   * it but what each message says.
   */
  follow(replayTimeMs: number): void {
    this.offsetMs = undefined;
    this.newestMs = replayTimeMs;
  }

  /** Now by the server's clock; of a replay that of the newest message. `undefined` before the first. */
  nowMs(): number | undefined {
    return this.offsetMs === undefined ? this.newestMs : this.monotonicMs() + this.offsetMs;
  }

  /** How old the newest message is, the lag of all that is shown; 0 of a replay. */
  lagMs(): number | undefined {
    const now = this.nowMs();
    return now === undefined || this.newestMs === undefined ? undefined : now - this.newestMs;
  }
}
