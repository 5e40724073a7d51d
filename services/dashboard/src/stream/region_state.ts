/** How well each region is known at this moment. Pure. */

import type { Picture } from "tilanne-client";
import type { City } from "../settings";
import type { RegionOverview } from "./overview";

/** `silent`: connected, but nothing comes. */
export type RegionState = "live" | "silent" | "connecting" | "lost" | "refused";

/** A live server speaks each second; after this a region is no longer called live. */
export const SILENT_AFTER_MS = 6_000;

export function regionState({ state, lagMs }: RegionOverview): RegionState {
  return state === "live" && (lagMs ?? 0) > SILENT_AFTER_MS ? "silent" : state;
}

/** The newest time that the picture of a region speaks of: its feeds report each second. */
export function newestMs(picture: Picture): number | undefined {
  let newest: number | undefined;
  for (const { status_time_ms } of picture.layer("feeds").values()) {
    newest = Math.max(newest ?? status_time_ms, status_time_ms);
  }
  return newest;
}

/** A region by the names of its cities: the server has no name of it in the reader's language. */
export function regionName(cities: readonly City[], region: string): string {
  const names = cities.filter((city) => city.region === region).map(({ name }) => name);
  return names.length > 0 ? names.join(", ") : region;
}
