/**
 * What is wrong now in all regions, worst first. Pure: the same picture gives the same list, whatever
 * was there before and in whatever order it came.
 */

import type {
  Area,
  Feed,
  Link,
  Picture,
  Position,
  Queue,
  Situation,
  SituationEffect,
} from "tilanne-client";
import type { Selection } from "../../map/layer";
import type { City } from "../../settings";
import type { Cadence } from "../../stream/cadence";
import type { RegionOverview } from "../../stream/overview";
import { newestMs, regionState } from "../../stream/region_state";
import { FIXED, STALE_MAX } from "./severity";
import { areaTroubles, feedTroubles } from "./sources";
import { linkTroubles, messageTroubles, queueTroubles } from "./traffic";

/** What can be wrong, in the order of the filter. */
export const KINDS = ["queue", "message", "link", "feed", "area", "region"] as const;
export type TroubleKind = (typeof KINDS)[number];

/** Why a feed is listed: how it is, or what it says of itself. */
export type FeedCause = "imbalance" | "down" | "stale" | "idle" | "error" | "unknown" | "ended";

/** What a trouble is about, with all that its words and figures are made of. */
export type Subject =
  | { readonly what: "queue"; readonly queue: Queue }
  | { readonly what: "message"; readonly message: Situation; readonly effect: SituationEffect }
  | {
      readonly what: "link";
      readonly link: Link;
      readonly usual_km_h: number;
      readonly loss_s: number;
    }
  | { readonly what: "feed"; readonly feed: Feed; readonly causes: readonly FeedCause[] }
  | { readonly what: "records"; readonly feed: Feed; readonly share: number }
  | { readonly what: "area"; readonly area: Area; readonly cause: "unseen" | "old" }
  | { readonly what: "region"; readonly cause: "lost" | "silent" };

export interface Trouble {
  readonly id: string;
  readonly kind: TroubleKind;
  /** 0 to 100, comparable across kinds: see `severity.ts`. */
  readonly score: number;
  readonly region: string;
  /** Missing where it is about the whole region, or outside its cities. */
  readonly city: City | undefined;
  readonly subject: Subject;
  readonly place: Position | undefined;
  /** To show it on the map. */
  readonly selection: Selection | undefined;
  /** What has an explanation on the map. */
  readonly explained: Selection | undefined;
  readonly sinceMs: number | undefined;
  /** Time of its figures; missing when there are none yet. */
  readonly atMs: number | undefined;
  readonly ageMs: number | undefined;
  /** Its region is not connected: it was so, and may be no more. */
  readonly stale: boolean;
}

/** What a finder of one kind says of a trouble; the rest is the same for all. */
export type Found = Pick<Trouble, "id" | "kind" | "score" | "subject"> &
  Partial<Pick<Trouble, "city" | "place" | "selection" | "explained" | "sinceMs" | "atMs">>;

/** All that there is to look at. */
export interface Sight {
  readonly regions: readonly RegionOverview[];
  readonly cities: readonly City[];
  readonly cadence: Cadence;
  /** The server's time. */
  readonly nowMs: number;
  /** Picture of the map: the only one with streets. */
  readonly map: Picture;
}

/** Of one region. */
export interface RegionSight extends Sight {
  readonly region: RegionOverview;
  /** Whether what is told of it is the present. */
  readonly live: boolean;
}

/** What is wrong, worst first; what is as bad, by its id. */
export function troublesOf(sight: Sight): Trouble[] {
  const all = sight.regions.flatMap((region) => ofRegion(sight, region));
  return all.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

function ofRegion(sight: Sight, region: RegionOverview): Trouble[] {
  const live = regionState(region) === "live";
  const of: RegionSight = { ...sight, region, live };
  const found = [
    ...regionTroubles(of),
    ...feedTroubles(of),
    ...areaTroubles(of),
    ...queueTroubles(of),
    ...messageTroubles(of),
    ...linkTroubles(of),
  ];
  const stale = ({ kind }: Found): boolean => !live && kind !== "region";
  return found.map((one) => ({
    city: undefined,
    place: undefined,
    selection: undefined,
    explained: undefined,
    sinceMs: undefined,
    atMs: undefined,
    ...one,
    // In whole points: rows do not change places for what nobody can tell apart.
    score: Math.round(stale(one) ? Math.min(STALE_MAX, one.score) : one.score),
    id: `${one.kind}:${region.id}/${one.id}`,
    region: region.id,
    ageMs: one.atMs === undefined ? undefined : Math.max(0, sight.nowMs - one.atMs),
    stale: !live,
  }));
}

/** A region that was connected, or is and says nothing. One not yet connected is no trouble. */
function regionTroubles({ region }: RegionSight): Found[] {
  const cause = regionState(region);
  if (cause !== "lost" && cause !== "silent") return [];
  const heardMs = newestMs(region.picture);
  const score = cause === "lost" ? FIXED.region_lost : FIXED.region_silent;
  const subject = { what: "region", cause } as const;
  return [{ id: "", kind: "region", score, subject, sinceMs: heardMs, atMs: heardMs }];
}

/** What the reader asked for: some kinds, one city. */
export interface Filter {
  /** None: all. */
  readonly kinds: ReadonlySet<TroubleKind>;
  readonly city: City | undefined;
}

export function isOfKind({ kind }: Trouble, { kinds }: Filter): boolean {
  return kinds.size === 0 || kinds.has(kind);
}

/** Whether it is in the city, or about the whole region that the city is in. */
export function isOfCity(trouble: Trouble, { city }: Filter): boolean {
  if (city === undefined || trouble.city === city) return true;
  const regional = trouble.city === undefined && trouble.place === undefined;
  return regional && trouble.region === city.region;
}
