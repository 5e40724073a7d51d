/** How many records a second a feed sends, from the counts that this page has seen. Pure. */

const WINDOW_MS = 60_000;
/** Over less than this a rate is chance. */
const SHORTEST_MS = 5_000;
/** Feeds whose counts are kept; a country has some dozens. */
const FEEDS_MAX = 500;
/** The page looks each second; what comes sooner changes nothing. */
const SAMPLE_EVERY_MS = 900;

interface Sample {
  readonly timeMs: number;
  readonly received: number;
}

export class Rates {
  private readonly samples = new Map<string, Sample[]>();

  /** @param timeMs when the server counted this */
  observe(feed: string, received: number, timeMs: number): void {
    const kept = this.samples.get(feed) ?? [];
    const last = kept.at(-1);
    if (last !== undefined && timeMs - last.timeMs < SAMPLE_EVERY_MS && timeMs >= last.timeMs)
      return;
    // A server that began anew counts from zero, and its clock may stand elsewhere.
    const anew = last !== undefined && (received < last.received || timeMs < last.timeMs);
    const all = anew ? [] : kept.filter((sample) => timeMs - sample.timeMs <= WINDOW_MS);
    all.push({ timeMs, received });
    this.samples.delete(feed);
    this.samples.set(feed, all);
    if (this.samples.size <= FEEDS_MAX) return;
    for (const oldest of this.samples.keys()) {
      this.samples.delete(oldest);
      break;
    }
  }

  /** Nothing was seen for a while: what is known is not the last minute any more. */
  forget(feed: string): void {
    this.samples.delete(feed);
  }

  /** Mean of the last minute, or of as much of it as was seen; `undefined` where that is too little. */
  of(feed: string): { perS: number; spanMs: number } | undefined {
    const [first, ...rest] = this.samples.get(feed) ?? [];
    const last = rest.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const spanMs = last.timeMs - first.timeMs;
    if (spanMs < SHORTEST_MS) return undefined;
    return { perS: ((last.received - first.received) / spanMs) * 1_000, spanMs };
  }

  /** The rate between one look and the next, oldest first, each with its share of the minute. */
  line(feed: string): { at: number; perS: number }[] {
    const all = this.samples.get(feed) ?? [];
    const endMs = all.at(-1)?.timeMs ?? 0;
    return all.slice(1).map((sample, index) => {
      const before = all[index] ?? sample;
      const spanMs = Math.max(1, sample.timeMs - before.timeMs);
      return {
        at: 1 - (endMs - sample.timeMs) / WINDOW_MS,
        perS: ((sample.received - before.received) / spanMs) * 1_000,
      };
    });
  }
}
