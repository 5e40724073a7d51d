/** What may be said above the list: calm is only what is known to be calm. Pure. */

import type { Say } from "../../i18n";
import type { City } from "../../settings";
import type { RegionOverview } from "../../stream/overview";
import { regionName, regionState } from "../../stream/region_state";
import type { TextKey } from "./texts";
import type { Filter } from "./troubles";

export interface Summary {
  readonly headline: string;
  /** Regions of which nothing can be said, if any. */
  readonly notKnown: string;
}

/**
 * @param count troubles that are known
 * @param time the time of that, in words
 */
export function summaryOf(
  say: Say<TextKey>,
  regions: readonly RegionOverview[],
  cities: readonly City[],
  filter: Filter,
  { count, time }: { count: string | undefined; time: string },
): Summary {
  const asked = regions.filter(({ id }) => filter.city === undefined || id === filter.city.region);
  const known = asked.filter((region) => regionState(region) === "live");
  const names = (of: readonly RegionOverview[]): string =>
    of.map(({ id }) => regionName(cities, id)).join(", ");
  const others = asked.filter((region) => !known.includes(region));
  const notKnown = others.length > 0 ? say("not_known", { cities: names(others) }) : "";
  if (count !== undefined) {
    const key = known.length > 0 ? "known" : "was_known";
    return { headline: say(key, { count, time }), notKnown };
  }
  if (known.length === 0) {
    const waits = asked.some(({ state }) => state === "connecting");
    return { headline: say(waits ? "waiting" : "unsure"), notKnown };
  }
  if (filter.kinds.size > 0 || filter.city !== undefined) {
    return { headline: say("calm_filtered", { time }), notKnown };
  }
  const key = others.length > 0 ? "calm_in" : "calm";
  return { headline: say(key, { cities: names(known), time }), notKnown };
}
