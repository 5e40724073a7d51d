/**
 * What may be said of a link at this moment: its value as long as it is current, and how that is
 * known. What nobody saw must never look measured. Pure.
 */

import type { Area, Link, LinkWindow, Position } from "tilanne-client";
import type { Level } from "./palette";
import { LEVELS, known } from "./palette";

/**
 * A value older than this is not current: a window is five minutes long and ends every five, so by
 * then the next one and its successor are missing.
 */
export const LINK_STALE_AFTER_MS = 10 * 60_000;
/** A link fades over this long, up to the moment at which it is stale. */
const FADE_MS = 3 * 60_000;
/** Steps of fading: each is drawn anew, so there are few. */
export const FADE_STEPS = 4;

/** How a value is known, best first. */
export const KNOWLEDGE = ["measured", "fused", "inferred", "typical", "unknown"] as const;
export type Knowledge = (typeof KNOWLEDGE)[number];

/** The window that the map shows: the five minutes that levels of service are defined for. */
export function shownWindow(link: Link): LinkWindow {
  return link.five_minutes.end_time_ms > 0 ? link.five_minutes : link.minute;
}

/** From 0, current, to `FADE_STEPS`, stale. */
export function fadeStep(ageMs: number): number {
  const faded = (ageMs - (LINK_STALE_AFTER_MS - FADE_MS)) / FADE_MS;
  return Math.floor(Math.min(1, Math.max(0, faded)) * FADE_STEPS);
}

/** How a window's speed is known now; a stale one is not. */
export function knowledge(window: LinkWindow, nowMs: number): Knowledge {
  if (nowMs - window.end_time_ms > LINK_STALE_AFTER_MS) return "unknown";
  return KNOWLEDGE.find((method) => method === window.method) ?? "unknown";
}

/** Whether a street is known to be closed now. */
export function isClosed(link: Link, nowMs: number): boolean {
  return link.closed && nowMs - link.event_time_ms <= LINK_STALE_AFTER_MS;
}

/** Whether there is something to colour: seen in the window, or worked out from what was. */
export function isSeen(how: Knowledge): boolean {
  return how === "measured" || how === "fused" || how === "inferred";
}

/** The level of service of what is seen; the usual speed is no level. */
export function windowLevel(window: LinkWindow, nowMs: number): Level {
  return isSeen(knowledge(window, nowMs)) ? known(LEVELS, window.level_of_service) : "unspecified";
}

/** Flow at which a street is drawn as wide as its kind says, and how far flow changes that. */
const USUAL_FLOW_VEH_H = 600;
const WIDTHS = { least: 0.65, most: 1.6 } as const;

/**
 * Width by flow, relative to the kind of street: as the square root, so that the area of a line grows
 * with the vehicles on it. One whose flow is not known has the width of its kind.
 */
export function flowWidth({ flow_veh_h }: LinkWindow): number {
  const flow = flow_veh_h?.value;
  if (flow === undefined || !(flow >= 0)) return 1;
  return Math.min(WIDTHS.most, Math.max(WIDTHS.least, Math.sqrt(flow / USUAL_FLOW_VEH_H)));
}

/** A speed whose interval is this wide, relative to it, is anybody's guess. */
const DOUBT_MOST = 1;
/** How much of its colour a street keeps then. */
const DOUBTED_OPACITY = 0.45;

/** Opacity by how well the speed is known: full for a narrow interval, less for a wide one. */
export function doubtOpacity({ speed_km_h: { value, low, high } }: LinkWindow): number {
  if (!(value > 0) || !(high >= low)) return DOUBTED_OPACITY;
  const doubt = Math.min(1, (high - low) / value / DOUBT_MOST);
  return 1 - doubt * (1 - DOUBTED_OPACITY);
}

/** Speed as a share of free flow, 0 to 1; `undefined` when one is missing. */
export function speedShare(link: Link, window: LinkWindow): number | undefined {
  const { free_flow_speed_km_h: free } = link;
  if (!(free > 0) || window.end_time_ms <= 0) return undefined;
  return Math.min(1, Math.max(0, window.speed_km_h.value / free));
}

/** The same of an area. */
export function areaShare(area: Area): number | undefined {
  const { speed_km_h: speed, free_flow_speed_km_h: free } = area;
  if (speed === null || speed === undefined || !free) return undefined;
  return Math.min(1, Math.max(0, speed / free));
}

/** Share of an area's streets that is seen. */
export function seenShare({ coverage }: Area): number {
  return coverage.measured + coverage.fused + coverage.inferred;
}

export function middle(line: readonly Position[]): Position | undefined {
  return line[Math.floor(line.length / 2)];
}
