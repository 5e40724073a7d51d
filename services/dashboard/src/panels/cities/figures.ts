/** The same indicators of every city, each of which may be unknown for a reason. Pure. */

import type { Area, Emission, EmissionRate, Estimate, Feed } from "tilanne-client";
import { emissionWindow, measured } from "../../emission/measures";
import { anchor } from "../../map/geography";
import { isStanding } from "../../map/queues";
import { isCurrent } from "../../map/situations";
import { LINK_STALE_AFTER_MS, areaShare, seenShare } from "../../map/streets";
import type { City } from "../../settings";
import type { Cadence } from "../../stream/cadence";
import type { RegionOverview } from "../../stream/overview";
import type { FeedState } from "../../stream/feed_state";
import { feedState } from "../../stream/feed_state";
import { areaOfCity, isInCity } from "../../map/city_places";
import type { RegionState } from "../../stream/region_state";
import { newestMs, regionState } from "../../stream/region_state";

/** Why a figure is not known. */
export type Missing =
  | "no_connection"
  | "no_streets"
  | "no_speed"
  | "no_flow"
  | "nothing_seen"
  | "no_emission"
  | "no_feeds"
  | "cut_off";

export interface QueueFigures {
  /** Length of the queues whose head is in the city. */
  readonly km: number;
  /** What stands at the ends of its streets, queues or not. */
  readonly standing_km: number;
  readonly count: number;
  readonly irregular: number;
}

export interface MessageFigures {
  readonly count: number;
  readonly contradicted: number;
  /** Of them without a place: about the whole region. */
  readonly regional: number;
}

export interface FeedFigures {
  readonly live: number;
  readonly all: number;
  /** Those that are not live, by id. */
  readonly others: readonly (readonly [id: string, state: FeedState])[];
}

export interface EmissionFigures {
  readonly co2_g_h: EmissionRate;
  /** Missing where the area has no streets. */
  readonly co2_g_km_h: Estimate | undefined;
  /** Share of the streets whose traffic is in it. */
  readonly known: number;
  readonly end_time_ms: number;
  readonly duration_s: number;
}

/** What is known of one city. `undefined` is not known, for the reason in `missing`. */
export interface CityFigures {
  readonly city: City;
  readonly state: RegionState;
  /** Newest time that the region's picture speaks of. */
  readonly heardMs: number | undefined;
  readonly area: Area | undefined;
  /** The area's values are too old to be the present. */
  readonly areaOld: boolean;
  /** Speed over free flow, 0 to 1. */
  readonly share: number | undefined;
  readonly lost_veh_h_h: number | undefined;
  readonly traffic_veh_km_h: number | undefined;
  readonly seen: number | undefined;
  readonly queues: QueueFigures | undefined;
  readonly emission: EmissionFigures | undefined;
  readonly messages: MessageFigures | undefined;
  /** Nobody knows how the feeds are while the region is not connected. */
  readonly feeds: FeedFigures | undefined;
  /** The region's feeds from which something came last, and longest ago. */
  readonly heard: Heard | undefined;
  readonly missing: {
    readonly speed: Missing;
    readonly traffic: Missing;
    readonly queues: Missing;
    readonly emission: Missing;
    readonly messages: Missing;
    readonly feeds: Missing;
    readonly area: Missing;
  };
}

export interface World {
  readonly regions: readonly RegionOverview[];
  readonly cities: readonly City[];
  readonly cadence: Cadence;
  readonly nowMs: number;
}

/** In the order of the server. */
export function figuresOf(world: World): CityFigures[] {
  return world.cities.flatMap((city) => {
    const region = world.regions.find(({ id }) => id === city.region);
    return region === undefined ? [] : [ofCity(world, region, city)];
  });
}

/** When something came, from the feed that was heard last and from the one that was heard first. */
export interface Heard {
  readonly newestMs: number;
  readonly oldestMs: number;
  readonly oldest: Feed;
}

function heardOf(feeds: readonly Feed[]): Heard | undefined {
  let heard: Heard | undefined;
  for (const feed of feeds) {
    const ms = feed.last_received_ms ?? undefined;
    // From a feed that is starting nothing came yet.
    if (ms === undefined) continue;
    const { oldestMs, oldest } =
      heard === undefined || ms < heard.oldestMs ? { oldestMs: ms, oldest: feed } : heard;
    heard = { newestMs: Math.max(ms, heard?.newestMs ?? ms), oldestMs, oldest };
  }
  return heard;
}

function ofCity({ cadence, nowMs }: World, region: RegionOverview, city: City): CityFigures {
  const { picture } = region;
  const state = regionState(region);
  const areas = picture.layer("areas");
  const begun = picture.sequence !== null || picture.complete;
  const area = areaOfCity(areas, city);
  // Where no street's flow is known the sums over it are 0, but nobody knows that.
  const flowing = area !== undefined && area.traffic_veh_km_h > 0 ? area : undefined;
  const emission = emissionFigures(picture.layer("area_emissions").get(`city:${city.id}`));
  const feeds = [...picture.layer("feeds").values()];
  feeds.sort((a, b) => (a.id < b.id ? -1 : 1));
  const noArea = begun ? "no_streets" : "no_connection";
  return {
    city,
    state,
    heardMs: newestMs(picture),
    area,
    areaOld: area !== undefined && isOld(area, nowMs),
    share: area && areaShare(area),
    lost_veh_h_h: flowing?.delay_veh_h_h,
    traffic_veh_km_h: flowing?.traffic_veh_km_h,
    seen: area && seenShare(area),
    queues: area && queueFigures(region, city, area, nowMs),
    emission,
    messages: begun ? messageFigures(region, city, nowMs) : undefined,
    feeds: state === "live" ? feedFigures(feeds, nowMs, cadence) : undefined,
    heard: heardOf(feeds),
    missing: {
      area: noArea,
      speed: area === undefined ? noArea : "no_speed",
      traffic: area === undefined ? noArea : "no_flow",
      queues: area === undefined ? noArea : "nothing_seen",
      emission: area === undefined ? noArea : "no_emission",
      messages: begun ? "no_feeds" : "no_connection",
      feeds: begun ? (feeds.length === 0 ? "no_feeds" : "cut_off") : "no_connection",
    },
  };
}

/** Without a time nothing of it has been worked out yet. */
function isOld({ event_time_ms }: Area, nowMs: number): boolean {
  return event_time_ms > 0 && nowMs - event_time_ms > LINK_STALE_AFTER_MS;
}

/** Queues can be told of only where something is seen. */
function queueFigures(
  { picture }: RegionOverview,
  city: City,
  area: Area,
  nowMs: number,
): QueueFigures | undefined {
  const areas = picture.layer("areas");
  const here = [...picture.layer("queues").values()].filter(
    (queue) => isStanding(queue, nowMs) && isInCity(areas, city, queue.position),
  );
  if (here.length === 0 && seenShare(area) === 0) return undefined;
  const irregular = here.filter((queue) => queue.irregular).length;
  const km = here.reduce((sum, { length_m }) => sum + length_m, 0) / 1_000;
  return { km, standing_km: area.queue_km, count: here.length, irregular };
}

/** Messages in force in the city, or about its whole region. */
function messageFigures({ picture }: RegionOverview, city: City, nowMs: number): MessageFigures {
  const areas = picture.layer("areas");
  const figures = { count: 0, contradicted: 0, regional: 0 };
  for (const message of picture.layer("situations").values()) {
    const { record, effect } = message;
    const place = anchor(record.geometry);
    if (!isCurrent(message, nowMs) || (record.start_time_ms ?? 0) > nowMs) continue;
    if (place !== undefined && !isInCity(areas, city, place)) continue;
    figures.count += 1;
    if (effect?.contradicted === true) figures.contradicted += 1;
    if (place === undefined) figures.regional += 1;
  }
  return figures;
}

function feedFigures(
  feeds: readonly Feed[],
  nowMs: number,
  cadence: Cadence,
): FeedFigures | undefined {
  if (feeds.length === 0) return undefined;
  const states = feeds.map((feed) => [feed.id, feedState(feed, nowMs, cadence, true)] as const);
  const others = states.filter(([, state]) => state !== "live");
  others.sort(([a], [b]) => (a < b ? -1 : 1));
  return { live: feeds.length - others.length, all: feeds.length, others };
}

function emissionFigures(emission: Emission | undefined): EmissionFigures | undefined {
  if (emission === undefined) return undefined;
  const { rates, end_time_ms, duration_s } = emissionWindow(emission);
  if (end_time_ms <= 0) return undefined;
  const co2 = measured(rates, "co2");
  const { street_km, known_street_km } = emission;
  const has = street_km > 0;
  return {
    co2_g_h: co2,
    co2_g_km_h: has ? each(co2, street_km) : undefined,
    known: has ? Math.min(1, known_street_km / street_km) : 0,
    end_time_ms,
    duration_s,
  };
}

function each({ value, low, high }: EmissionRate, by: number): Estimate {
  return { value: value / by, low: low / by, high: high / by };
}
