/** Boundaries of areas: which are drawn as such, their boxes and middles. Pure. */

import type { Area, Box, Position } from "tilanne-client";

/** Kinds of areas whose boundaries are a layer of the map, those that lie on top first. */
const BOUNDED: readonly string[] = ["district", "city"];

/** What may lie on what: districts on cities. */
export function boundaryRank({ kind }: Area): number {
  return BOUNDED.length - BOUNDED.indexOf(kind);
}

export function isBounded({ kind }: Area): boolean {
  return BOUNDED.includes(kind);
}

export function isCell({ kind }: { kind?: string | null | undefined }): boolean {
  return kind === "cell";
}

/** The smallest box round all places. */
export function boxOf(places: readonly Position[]): Box {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const { longitude_deg, latitude_deg } of places) {
    [west, east] = [Math.min(west, longitude_deg), Math.max(east, longitude_deg)];
    [south, north] = [Math.min(south, latitude_deg), Math.max(north, latitude_deg)];
  }
  return [west, south, east, north];
}

/** The box round an area's boundary, worked out once: large ones have thousands of points. */
const boxes = new WeakMap<Position[], Box>();

export function boundaryBox({ boundary }: Area): Box {
  const before = boxes.get(boundary);
  if (before !== undefined) return before;
  const box = boxOf(boundary);
  boxes.set(boundary, box);
  return box;
}

/** The centre of gravity of what a closed ring encloses; `undefined` when that is nothing. */
export function ringMiddle(ring: readonly Position[]): Position | undefined {
  const [first] = ring;
  if (first === undefined || ring.length < 4) return undefined;
  let [twice, x, y] = [0, 0, 0];
  for (const [index, from] of ring.entries()) {
    const to = ring[(index + 1) % ring.length] ?? from;
    // Relative to the first point, so that digits are not lost in the differences of large numbers.
    const [x1, y1] = relative(from, first);
    const [x2, y2] = relative(to, first);
    const cross = x1 * y2 - x2 * y1;
    twice += cross;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  if (twice === 0) return undefined;
  return {
    longitude_deg: first.longitude_deg + x / (3 * twice),
    latitude_deg: first.latitude_deg + y / (3 * twice),
  };
}

function relative(place: Position, to: Position): [number, number] {
  return [place.longitude_deg - to.longitude_deg, place.latitude_deg - to.latitude_deg];
}
