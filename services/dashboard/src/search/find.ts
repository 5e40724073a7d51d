/** Finds everything that fits what was typed, grouped by what it is. Pure. */

import type { Found, Group, Kind, Search } from "./found";
import { KINDS } from "./found";
import { compare, isSearchable } from "./match";
import {
  findAreas,
  findCities,
  findDetectors,
  findSituations,
  findStreets,
  findWeather,
} from "./places";
import { findLines, findStops, findVehicles } from "./transit";

/** A longer list is not read: who does not find it types more. */
export const ITEMS_MAX = 8;

const FINDERS: Readonly<Record<Kind, (search: Search) => Found[]>> = {
  city: findCities,
  area: findAreas,
  line: findLines,
  street: findStreets,
  stop: findStops,
  vehicle: findVehicles,
  detector: findDetectors,
  weather: findWeather,
  situation: findSituations,
};

/** Groups with the best match first; of those that match as well, in the order of the kinds. */
export function find(search: Search): Group[] {
  if (!isSearchable(search.typed.folded)) return [];
  const groups = KINDS.flatMap((kind): Group[] => {
    const all = FINDERS[kind](search).sort(compare);
    return all.length === 0 ? [] : [{ kind, items: all.slice(0, ITEMS_MAX), total: all.length }];
  });
  return groups.sort((a, b) => bestOf(a) - bestOf(b));
}

/** Sorting keeps the order of what is equal. */
function bestOf({ items }: Group): number {
  return Math.floor(items[0]?.rank ?? Number.POSITIVE_INFINITY);
}
