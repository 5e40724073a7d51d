/** What the server says at the start: the regions and cities there are, and how the map looks. */

import type { Box, Origin } from "tilanne-client";
import type { Language } from "./i18n";
import { LANGUAGES, isLanguage } from "./i18n";
import type { Source } from "./stream/source";
import { isObject, objects } from "./json";

export interface City {
  id: string;
  name: string;
  bbox: Box;
  /** The region whose picture the city is in. */
  region: string;
}

export interface Settings {
  origin: Origin;
  cities: readonly City[];
  /** Offered by the installation; all that the page speaks when it does not say. */
  languages: readonly Language[];
  /** A background map chosen by the operator of the installation; none by default. */
  mapStyleUrl: string | undefined;
  /** Subscriptions that the server allows a connection. */
  subscriptionsMax: number;
}

/** What a server allows that does not say. */
const SUBSCRIPTIONS_MAX = 8;

function isBox(value: unknown): value is Box {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((edge) => typeof edge === "number" && Number.isFinite(edge))
  );
}

/** The cities of `/v1/regions`; a region without cities is shown as one. */
export function citiesOf(regions: unknown): City[] {
  const named = isObject(regions) ? objects(regions["regions"]) : [];
  return named.flatMap((region) => {
    const id = region["id"];
    if (typeof id !== "string") return [];
    const cities = objects(region["cities"]);
    return (cities.length > 0 ? cities : [region]).flatMap((city): City[] => {
      const { id: cityId, name, bbox } = city;
      if (typeof cityId !== "string" || typeof name !== "string" || !isBox(bbox)) return [];
      return [{ id: cityId, name, bbox, region: id }];
    });
  });
}

function originOf(answer: unknown): Origin {
  const origin = isObject(answer) ? answer["origin"] : undefined;
  return origin === "live" || origin === "demo" ? origin : "replay";
}

function languagesOf(config: unknown): Language[] {
  const named = isObject(config) ? config["languages"] : undefined;
  const offered = Array.isArray(named) ? named.filter(isLanguage) : [];
  return offered.length > 0 ? offered : Object.keys(LANGUAGES).filter(isLanguage);
}

/**
 * Asks once. Without `/v1/config` the page uses its own map; without regions there is nothing to
 * show, so that error is the caller's.
 */
export async function loadSettings(source: Source): Promise<Settings> {
  const [regions, config] = await Promise.all([
    source.get("v1/regions"),
    source.get("v1/config").catch(() => undefined),
  ]);
  const subscriptions = isObject(config) ? config["subscriptions_max"] : undefined;
  const styleUrl = isObject(config) ? config["map_style_url"] : undefined;
  return {
    origin: originOf(regions),
    cities: citiesOf(regions),
    languages: languagesOf(config),
    mapStyleUrl: typeof styleUrl === "string" && styleUrl !== "" ? styleUrl : undefined,
    subscriptionsMax: typeof subscriptions === "number" ? subscriptions : SUBSCRIPTIONS_MAX,
  };
}
