/**
 * deck.gl's plane of the Web Mercator projection: 512 units wide, y grows to the north. Places are
 * given to deck.gl already projected, so that a vehicle glides on the same straight line on the
 * graphics card as in `tracks.ts`.
 */

import type { MercatorPoint } from "../geography";

/** The world is this wide, units of the plane; at zoom 0 also CSS pixels. */
export const WORLD_UNITS = 512;

export function toPlane({ x, y }: MercatorPoint): [x: number, y: number] {
  return [x * WORLD_UNITS, (1 - y) * WORLD_UNITS];
}
