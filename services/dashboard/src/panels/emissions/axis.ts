/** Where the axes of a time line have their numbers, and where its line breaks off. Pure. */

import type { Moment } from "../../emission/timeline";

/** The next of 1, 2, 4, 5, 10, 20 … that is as large: half of it is a short number as well. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return magnitude * ([1, 2, 4, 5, 10].find((step) => step * magnitude >= value) ?? 10);
}

/** Ends of a level's axis are whole steps of this, dB. */
const LEVEL_STEP = 5;

/** Ends of the axis of numbers, round the lowest and the highest of them. */
export function rangeOf(lowest: number, highest: number, zero: boolean): [number, number] {
  if (zero) return [lowest < 0 ? -niceTop(-lowest) : 0, niceTop(highest)];
  const bottom = Math.floor(lowest / LEVEL_STEP - 0.5) * LEVEL_STEP;
  return [bottom, bottom + niceTop(highest - bottom)];
}

const MINUTE_MS = 60_000;
/** Steps between the times below a time line, minutes: what a clock's face is read by. */
const STEPS_MIN = [5, 10, 15, 30, 60, 120, 180, 360];
/** More times would touch each other. */
const MOST_TICKS = 5;

/** Times of day to write below a line from one time to another. */
export function timeTicks(fromMs: number, toMs: number): number[] {
  const span = (toMs - fromMs) / MINUTE_MS;
  const step = (STEPS_MIN.find((min) => span / min <= MOST_TICKS) ?? 360) * MINUTE_MS;
  const ticks: number[] = [];
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) ticks.push(ms);
  return ticks;
}

/** A minute may come some seconds late; where one is missing, the line breaks off. */
const GAP_MS = 1.5 * MINUTE_MS;

/** The stretches without a missing minute. */
export function runs(moments: readonly Moment[]): Moment[][] {
  const all: Moment[][] = [];
  for (const moment of moments) {
    const run = all.at(-1);
    const before = run?.at(-1);
    if (run === undefined || before === undefined || moment.timeMs - before.timeMs > GAP_MS) {
      all.push([moment]);
    } else {
      run.push(moment);
    }
  }
  return all;
}
