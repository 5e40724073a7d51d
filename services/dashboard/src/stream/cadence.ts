/**
 * Tells within seconds that a feed stopped, before the server calls it idle: each feed has its own
 * beat (many a second, or once a minute), so silence is measured against the beat seen so far.
 */

/** No feed is called silent sooner: a second or two without a message is nothing. */
export const SHORTEST_SILENCE_MS = 6_000;
/** Before a beat is known, only a silence this long is one. */
export const UNKNOWN_BEAT_SILENCE_MS = 90_000;
/** Silent for this many usual gaps is silent. */
const GAPS = 3;
/** How much of a past longest gap is kept with each new one, so that one hiccup is forgotten. */
const KEPT_SHARE = 0.9;

interface Beat {
  /** `undefined` after a time in which we did not listen. */
  lastMs: number | undefined;
  gapMs: number | undefined;
}

export class Cadence {
  private readonly beats = new Map<string, Beat>();

  /** Notes the time at which a feed's newest record came; the same time again changes nothing. */
  observe(feed: string, lastReceivedMs: number): void {
    const beat = this.beats.get(feed);
    if (beat === undefined) {
      this.beats.set(feed, { lastMs: lastReceivedMs, gapMs: undefined });
    } else if (beat.lastMs === undefined) {
      beat.lastMs = lastReceivedMs;
    } else if (lastReceivedMs > beat.lastMs) {
      const gap = lastReceivedMs - beat.lastMs;
      beat.gapMs = Math.max(gap, (beat.gapMs ?? 0) * KEPT_SHARE);
      beat.lastMs = lastReceivedMs;
    } else if (lastReceivedMs < beat.lastMs) {
      // The server's clock or log began anew.
      this.beats.set(feed, { lastMs: lastReceivedMs, gapMs: undefined });
    }
  }

  /** We did not listen for a while: that gap is ours, not the feeds'. */
  resume(): void {
    for (const beat of this.beats.values()) beat.lastMs = undefined;
  }

  /** How long this feed may be silent before that is worth saying. */
  limitMs(feed: string): number {
    const gap = this.beats.get(feed)?.gapMs;
    return gap === undefined ? UNKNOWN_BEAT_SILENCE_MS : Math.max(SHORTEST_SILENCE_MS, gap * GAPS);
  }
}
