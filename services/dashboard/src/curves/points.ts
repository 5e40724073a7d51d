/** What of an object a curve is drawn from, and how its points become rows of a chart. Pure. */

import type { Area, Emission, Estimate, Link } from "tilanne-client";
import { emissionWindow, measured } from "../emission/measures";
import { KNOWLEDGE, isSeen, shownWindow } from "../map/streets";

export type Quantity = "speed" | "usual" | "free" | "flow" | "delay" | "co2";

/** What was known of an object at the end of a window; what was not known is missing. */
export interface Point {
  readonly timeMs: number;
  readonly of: Readonly<Partial<Record<Quantity, Estimate>>>;
}

/** A point of a chart: the value itself, and what it is compared with. */
export interface CurveRow {
  readonly timeMs: number;
  /** Both ends are the value where it has no interval. */
  readonly value: Estimate | undefined;
  readonly usual?: number | undefined;
  readonly free?: number | undefined;
}

function exact(value: number): Estimate {
  return { value, low: value, high: value };
}

/** Leaves out what is missing. */
function known(
  all: Readonly<Record<string, Estimate | number | null | undefined>>,
): Partial<Record<Quantity, Estimate>> {
  const entries = Object.entries(all).flatMap(([key, value]) => {
    if (value === null || value === undefined) return [];
    return [[key, typeof value === "number" ? exact(value) : value] as const];
  });
  return Object.fromEntries(entries);
}

/** Properties of links that their points are made of. */
export const LINK_FIELDS = [
  "minute",
  "five_minutes",
  "typical_speed_km_h",
  "free_flow_speed_km_h",
] as const;
export type LinkPart = Pick<Link, (typeof LINK_FIELDS)[number]>;

/**
 * Speed and flow of a link in its newest window. A speed that nobody saw is none: the usual one has
 * a line of its own.
 */
export function linkPoint(link: LinkPart): Point | undefined {
  const window = shownWindow(link as Link);
  if (!(window.end_time_ms > 0)) return undefined;
  const how = KNOWLEDGE.find((method) => method === window.method) ?? "unknown";
  const { typical_speed_km_h: usual, free_flow_speed_km_h: free } = link;
  const speed = isSeen(how) ? window.speed_km_h : undefined;
  const flowSeen = window.flow_method !== "typical" && window.flow_method !== "unspecified";
  const flow = flowSeen ? window.flow_veh_h : undefined;
  const of = known({ speed, flow, usual, free: free > 0 ? free : undefined });
  return { timeMs: window.end_time_ms, of };
}

export const AREA_FIELDS = [
  "event_time_ms",
  "speed_km_h",
  "free_flow_speed_km_h",
  "delay_veh_h_h",
] as const;
export type AreaPart = Pick<Area, (typeof AREA_FIELDS)[number]>;

export function areaPoint(area: AreaPart): Point | undefined {
  if (!(area.event_time_ms > 0)) return undefined;
  const { speed_km_h: speed, free_flow_speed_km_h: free, delay_veh_h_h: delay } = area;
  return { timeMs: area.event_time_ms, of: known({ speed, free, delay }) };
}

export const EMISSION_FIELDS = ["minute", "five_minutes"] as const;
export type EmissionPart = Pick<Emission, (typeof EMISSION_FIELDS)[number]>;

/** CO2 from the tailpipe, g/h. */
export function emissionPoint(emission: EmissionPart): Point | undefined {
  const window = emissionWindow(emission as Emission);
  if (!(window.end_time_ms > 0)) return undefined;
  return { timeMs: window.end_time_ms, of: known({ co2: measured(window.rates, "co2") }) };
}

/** The rows of one quantity, with what is usual and what is free beside it where that is wanted. */
export function rowsOf(
  points: readonly Point[],
  quantity: Quantity,
  compared: boolean,
): CurveRow[] {
  return points.map(({ timeMs, of }) => ({
    timeMs,
    value: of[quantity],
    ...(compared && { usual: of.usual?.value, free: of.free?.value }),
  }));
}

/**
 * The stretches between which something is missing: rows farther apart than a step and a half of what
 * is usual are not joined by a line.
 */
export function withGaps(rows: readonly CurveRow[], stepMs: number): CurveRow[] {
  const all: CurveRow[] = [];
  for (const row of rows) {
    const before = all.at(-1);
    if (before !== undefined && row.timeMs - before.timeMs > stepMs * 1.5) {
      all.push({ timeMs: before.timeMs + stepMs / 2, value: undefined });
    }
    all.push(row);
  }
  return all;
}

/** Values that have a dot: the newest one, and those between two gaps, which have no line. */
export function dotted(values: readonly (number | null | undefined)[]): number[] {
  const isGap = (at: number): boolean => values[at] === null || values[at] === undefined;
  const newest = values.findLastIndex((_, at) => !isGap(at));
  return values.flatMap((_, at) =>
    !isGap(at) && (at === newest || (isGap(at - 1) && isGap(at + 1))) ? [at] : [],
  );
}
