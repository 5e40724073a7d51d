/**
 * How bad a trouble is, from 0 to 100, on one scale for all kinds, so that a queue can be told to be
 * worse than a silent feed. Pure.
 *
 * 25, 50 and 75 begin moderate, serious and severe. What each kind's figures are worth is decided
 * here and nowhere else: each row of `SCALES` says at which values a figure reaches 0, 25, 50, 75 and
 * 100, with straight lines between; `FIXED` is for troubles that have no size.
 */

/** Worst first. */
export const LEVELS = ["severe", "serious", "moderate", "minor"] as const;
export type Level = (typeof LEVELS)[number];

const STEP = 25;

export function levelOf(score: number): Level {
  const above = Math.min(3, Math.floor(score / STEP));
  return LEVELS[3 - above] ?? "minor";
}

const SCALES = {
  /** Time that a vehicle loses, whether in a queue or where a message says that something is. */
  delay_s: [0, 60, 180, 420, 900],
  queue_m: [0, 200, 500, 1_000, 2_500],
  /** Time that a vehicle loses on one street section against what is usual. */
  link_loss_s: [0, 10, 30, 60, 120],
  /** Part of the usual speed that is missing. */
  link_missing: [0, 0.4, 0.6, 0.75, 0.9],
  /** Silence in units of what this feed may be silent by its own beat. */
  silences: [0, 1, 3, 10, 30],
  /** Part of a feed's records that is not believed. */
  disbelieved: [0, 0.05, 0.2, 0.5, 0.9],
} as const satisfies Record<string, readonly number[]>;

/** Severity of one figure. */
export function severity(scale: keyof typeof SCALES, value: number): number {
  const ends: readonly number[] = SCALES[scale];
  const above = ends.findIndex((end) => value < end);
  if (above === 0) return 0;
  const [low, high] = [ends[above - 1], ends[above]];
  if (low === undefined || high === undefined) return STEP * (ends.length - 1);
  return STEP * (above - 1 + (value - low) / (high - low));
}

/** Severity of what has no size. */
export const FIXED = {
  /** Nothing of a whole region can be known. */
  region_lost: 95,
  /** The counts of a feed are wrong, so nothing that it says can be trusted. */
  feed_imbalance: 90,
  region_silent: 85,
  feed_down: 80,
  /** An area whose values are no longer renewed. */
  area_old: 60,
  /** The server itself says that nothing comes; it says so later than the feed's beat does. */
  feed_idle: 55,
  /** The page and a publisher disagree about a street. */
  message_contradicted: 50,
  /** Not a street of an area is seen. */
  area_unseen: 45,
  feed_error: 40,
  /** Some streets of an area are, but nearly none. */
  area_nearly_unseen: 35,
  feed_unknown: 25,
  /** A recording has come to its end. */
  feed_ended: 20,
} as const;

/** What was so before a region fell silent is not worse than that it did: nobody knows it now. */
export const STALE_MAX = FIXED.region_silent - 1;

/** Queues that are usual at this hour stay below this, the others begin above it. */
const USUAL_BELOW = 40;
/** What a trend adds to a queue, or takes from it. */
const TREND: Readonly<Record<string, number>> = { growing: 5, shrinking: -5 };

/**
 * A queue is as bad as the worse of its length and its delay. One that is not usual at this hour is
 * always worse than one that is: the usual one is planned for. The square keeps a short unusual queue
 * moderate, and each of them about as bad as its size alone would be.
 */
export function queueSeverity(queue: {
  length_m: number;
  delay_s: number;
  trend: string;
  irregular: boolean;
}): number {
  const size = Math.max(severity("queue_m", queue.length_m), severity("delay_s", queue.delay_s));
  const share = Math.min(100, Math.max(0, size + (TREND[queue.trend] ?? 0))) / 100;
  return queue.irregular
    ? USUAL_BELOW + share * share * (100 - USUAL_BELOW)
    : share * (USUAL_BELOW - 1);
}
