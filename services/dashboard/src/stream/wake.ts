/**
 * Finds out that the computer slept. The timer by which ages are told may stand still meanwhile, so the
 * picture of an hour ago would pass for the present until the server is missed: the wall clock, wrong as
 * it may be, has gone on. Its steps alone tell that; its time is never used.
 */

/** Clocks drift and are set; a step this large is a sleep, or as good as one. */
export const SLEEP_MS = 5_000;

export class Wake {
  private offsetMs: number;
  /** When, by the timer, the last sleep was found, and how long was slept since the newest message. */
  private wokeMs = Number.NEGATIVE_INFINITY;
  private sleptMs = 0;

  /**
   * @param monotonicMs the page's timer
   * @param wallMs the browser's clock
   */
  constructor(
    private readonly monotonicMs: () => number,
    private readonly wallMs: () => number,
  ) {
    this.offsetMs = wallMs() - monotonicMs();
  }

  /**
   * Age of the newest message with the time that was slept since, ms.
   *
   * @param lagMs its age by the timer
   */
  lagMs(lagMs: number | undefined): number | undefined {
    const now = this.monotonicMs();
    const offsetMs = this.wallMs() - now;
    const stepMs = Math.abs(offsetMs - this.offsetMs);
    this.offsetMs = offsetMs;
    // Nothing has come since a sleep was found: it counts, and one more adds to it.
    const before = lagMs !== undefined && lagMs >= now - this.wokeMs ? this.sleptMs : 0;
    if (stepMs > SLEEP_MS) [this.wokeMs, this.sleptMs] = [now, before + stepMs];
    if (lagMs === undefined) return undefined;
    return lagMs >= now - this.wokeMs ? lagMs + this.sleptMs : lagMs;
  }
}
