/** Days of the cities' own clock. Pure. */

import { momentOf, wallTime } from "../time/wall_time";

export const ZONE = "Europe/Helsinki";
export const MINUTE_MS = 60_000;

/** The last local midnight. */
export function dayStartMs(nowMs: number): number {
  return momentOf({ day: wallTime(nowMs).day, time: "00:00" }) ?? nowMs;
}
