/** Which box to subscribe to, so that small moves of the view cost no message. Pure. */

import type { Box } from "tilanne-client";
import { area, contains, grown } from "./geography";

/** Share of the view that is subscribed to beyond each edge. */
const MARGIN = 0.3;
/** A subscription this many times the view wastes the line; zooming in asks for less. */
const LARGEST_EXCESS = 8;

/** The box to ask for, or `undefined` when the present one still serves the view well. */
export function nextBox(present: Box | undefined, view: Box): Box | undefined {
  const serves = present !== undefined && contains(present, view);
  if (serves && area(present) <= area(view) * LARGEST_EXCESS) return undefined;
  const [west, south, east, north] = grown(view, MARGIN);
  return [round(west), round(south), round(east), round(north)];
}

/** To about ten metres: more digits would only make the message longer. */
function round(degrees: number): number {
  return Math.round(degrees * 1e4) / 1e4;
}
