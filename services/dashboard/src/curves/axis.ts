/** Where the axis of a curve begins and ends. Pure. */

import type { CurveRow } from "./points";

/** About so many steps has an axis. */
const STEPS = 4;
/** Steps of an axis, times a power of ten. */
const NICE = [1, 2, 2.5, 5, 10];
/** A number this close to a whole one is that: 0.03 / 0.01 is not quite 3. */
const ALMOST = 1e-9;

/** The next number of whole steps that are short numbers. */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const least = value / STEPS;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = magnitude * (NICE.find((nice) => nice * magnitude >= least - ALMOST) ?? 10);
  return step * Math.ceil(value / step - ALMOST);
}

/** Ends of a level's axis are whole steps of this, dB. */
const LEVEL_STEP = 5;

/** Ends of the axis of numbers, round the lowest and the highest of them. */
export function rangeOf(lowest: number, highest: number, zero: boolean): [number, number] {
  if (zero) return [lowest < 0 ? -niceTop(-lowest) : 0, niceTop(highest)];
  const bottom = Math.floor(lowest / LEVEL_STEP - 0.5) * LEVEL_STEP;
  return [bottom, bottom + niceTop(highest - bottom)];
}

/** The same round all that is drawn of some rows, in a unit. */
export function rowRange(rows: readonly CurveRow[], one: number, zero: boolean): [number, number] {
  const numbers = rows.flatMap(({ value, usual, free }) =>
    [value?.low, value?.high, usual, free].filter((number) => number !== undefined),
  );
  if (numbers.length === 0) return rangeOf(0, 1, zero);
  const lowest = numbers.reduce((a, b) => Math.min(a, b)) / one;
  const highest = numbers.reduce((a, b) => Math.max(a, b)) / one;
  return rangeOf(lowest, highest, zero);
}
