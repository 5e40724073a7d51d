/** Which city a place is in. Pure. */

import type { Area, Box, Position } from "tilanne-client";
import { includes } from "./geography";
import type { City } from "../settings";

type Areas = ReadonlyMap<string, Area>;

/** The area of a city in the picture of its region; its emission has the same id. */
export function areaOfCity(areas: Areas, city: City): Area | undefined {
  return areas.get(`city:${city.id}`);
}

/** Whether a place is inside a closed ring: a ray from it crosses the ring an odd number of times. */
export function isInside(ring: readonly Position[], place: Position): boolean {
  const { longitude_deg: x, latitude_deg: y } = place;
  let inside = false;
  let from = ring.at(-1);
  for (const to of ring) {
    if (from !== undefined && from.latitude_deg > y !== to.latitude_deg > y) {
      const along = (y - from.latitude_deg) / (to.latitude_deg - from.latitude_deg);
      const crossing = from.longitude_deg + along * (to.longitude_deg - from.longitude_deg);
      if (x < crossing) inside = !inside;
    }
    from = to;
  }
  return inside;
}

/** Whether a place is in a city: inside its outline where the picture has it, else its box. */
export function isInCity(areas: Areas, city: City, place: Position): boolean {
  const ring = areaOfCity(areas, city)?.boundary ?? [];
  return ring.length > 3 ? isInside(ring, place) : includes(city.bbox, place);
}

/** How far from the middle of a box a place is, in halves of its size. */
function eccentricity([west, south, east, north]: Box, place: Position): number {
  const across = Math.abs(place.longitude_deg - (west + east) / 2) / (east - west);
  const along = Math.abs(place.latitude_deg - (south + north) / 2) / (north - south);
  return Math.max(across, along);
}

/** The city of a region that a place is in; where boxes of cities overlap, the more central one. */
export function cityAt(
  areas: Areas,
  cities: readonly City[],
  region: string,
  place: Position,
): City | undefined {
  const around = cities.filter((city) => city.region === region && isInCity(areas, city, place));
  around.sort((a, b) => eccentricity(a.bbox, place) - eccentricity(b.bbox, place));
  return around[0];
}
