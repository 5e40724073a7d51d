/** Reads CSV (RFC 4180) as it comes, row by row. Pure but for the stream that is handed in. */

/** Cuts text into rows; what is not finished waits for the next piece. */
export class CsvRows {
  private row: string[] = [];
  private field = "";
  private quoted = false;
  /** A quote in a quoted field: its end, unless another follows. */
  private closing = false;

  /** Rows that a piece of text has completed. */
  push(text: string): string[][] {
    const rows: string[][] = [];
    for (const sign of text) {
      if (this.quoted && !this.closing) {
        if (sign === '"') this.closing = true;
        else this.field += sign;
      } else if (sign === '"') {
        if (this.closing) this.field += sign;
        this.quoted = true;
        this.closing = false;
      } else {
        this.quoted = this.closing = false;
        if (sign === ",") this.endField();
        else if (sign === "\n") rows.push(this.endRow());
        else if (sign !== "\r") this.field += sign;
      }
    }
    return rows;
  }

  /** The last row, when no end of line follows it. */
  end(): string[][] {
    return this.field === "" && this.row.length === 0 ? [] : [this.endRow()];
  }

  private endField(): void {
    this.row.push(this.field);
    this.field = "";
  }

  private endRow(): string[] {
    this.endField();
    const { row } = this;
    this.row = [];
    return row;
  }
}

/**
 * Rows of a stream of bytes. Who stops iterating stops the download.
 *
 * @param bytesMax what is longer is cut off
 * @param cut called when it was
 */
export async function* csvRows(
  body: ReadableStream<Uint8Array>,
  bytesMax: number,
  cut: () => void,
): AsyncGenerator<string[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const rows = new CsvRows();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      yield* rows.push(decoder.decode(value, { stream: true }));
      if (bytes > bytesMax) {
        cut();
        return;
      }
    }
    yield* rows.push(decoder.decode());
    yield* rows.end();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
