/** How long to wait before the next try to connect. */

/** First wait; a server that restarts is back within about this time. */
export const FIRST_WAIT_MS = 500;
/** Longest wait; a wall display must come back by itself soon after the server does. */
export const LONGEST_WAIT_MS = 15_000;

/**
 * Doubles the wait with each failure up to the bound, then takes between half and all of it, so
 * that many clients do not come back at the same moment.
 *
 * @param failures failed tries since the last good connection, 0 or more
 * @param random a number from 0 inclusive to 1 exclusive
 */
export function waitBeforeTryMs(failures: number, random: number): number {
  const doubled = FIRST_WAIT_MS * 2 ** Math.min(failures, 16);
  return Math.min(doubled, LONGEST_WAIT_MS) * (0.5 + random / 2);
}
