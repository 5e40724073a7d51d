/** The slider over the archive: its steps, what is marked on it, and where. Pure. */

import type { Extent, Span } from "./extent";
import { dayHour } from "./wall_time";

/** A short archive is moved over in finer steps. */
const FINE_UNTIL_MS = 3 * 3_600_000;
const FINE_STEP_MS = 10_000;
const STEP_MS = 60_000;
/** So many marks are looked for; more would touch each other. */
const MARKS_MAX = 8;
const MARKS_EVERY_MIN = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 40_320];

/** What the slider goes over, in whole steps. */
export interface Scale {
  readonly stepMs: number;
  readonly fromMs: number;
  /** The present: there the slider means live. */
  readonly toMs: number;
}

export function scaleOf({ fromMs }: Span, nowMs: number): Scale {
  const stepMs = nowMs - fromMs < FINE_UNTIL_MS ? FINE_STEP_MS : STEP_MS;
  const first = Math.floor(fromMs / stepMs) * stepMs;
  return { stepMs, fromMs: first, toMs: Math.max(first + stepMs, stepped(nowMs, stepMs)) };
}

/** The value of the slider that stands for a moment. */
export function positionOf({ fromMs, toMs, stepMs }: Scale, atMs: number): number {
  return Math.round((Math.min(toMs, Math.max(fromMs, atMs)) - fromMs) / stepMs);
}

/** The moment that a value stands for; `undefined` at the end, which is now. */
export function momentAt({ fromMs, toMs, stepMs }: Scale, position: number): number | undefined {
  const atMs = fromMs + position * stepMs;
  return atMs >= toMs ? undefined : atMs;
}

/** Share of the way from the beginning to the end, 0 to 1. */
export function shareOf({ fromMs, toMs }: Scale, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - fromMs) / (toMs - fromMs)));
}

/** What of the scale is not archived. */
export function gapsOf(scale: Scale, { spans }: Extent): readonly Span[] {
  const ends = [scale.fromMs, ...spans.map(({ toMs }) => toMs)];
  const starts = [...spans.map(({ fromMs }) => fromMs), scale.toMs];
  return ends
    .map((fromMs, index) => ({ fromMs, toMs: starts[index] ?? scale.toMs }))
    .filter(({ fromMs, toMs }) => toMs - fromMs > scale.stepMs);
}

/** Moments to mark, at full hours and the like of local time. */
export function marksOf({ fromMs, toMs }: Scale): readonly number[] {
  const fits = (every: number): boolean => (toMs - fromMs) / (every * 60_000) <= MARKS_MAX;
  const everyMs = (MARKS_EVERY_MIN.find(fits) ?? MARKS_EVERY_MIN.at(-1) ?? 60) * 60_000;
  const localMs = dayHour(fromMs);
  const marks: number[] = [];
  let atMs = fromMs + ((everyMs - (localMs % everyMs)) % everyMs);
  for (; atMs < toMs; atMs += everyMs) marks.push(atMs);
  return marks;
}

function stepped(ms: number, stepMs: number): number {
  return Math.ceil(ms / stepMs) * stepMs;
}
