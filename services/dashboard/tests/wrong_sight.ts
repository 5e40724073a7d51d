/** What may be wrong, in pictures of two regions: each part sound or usual but for what a test changes. */

import type {
  Area,
  Feed,
  LayerObjects,
  Link,
  Position,
  Queue,
  Situation,
  SnapshotMessage,
} from "tilanne-client";
import { Picture, parseServerMessage } from "tilanne-client";
import { expect } from "vitest";
import type { Sight, Trouble } from "../src/panels/wrong/troubles";
import { troublesOf } from "../src/panels/wrong/troubles";
import type { City } from "../src/settings";
import { Cadence } from "../src/stream/cadence";
import type { RegionOverview } from "../src/stream/overview";
import { snapshot } from "./scripted";

export const NOW = 1_700_000_000_000;
export const INSIDE: Position = { longitude_deg: 24.9, latitude_deg: 60.2 };
export const OUTSIDE: Position = { longitude_deg: 29, latitude_deg: 62 };
export const HELSINKI: City = {
  id: "helsinki",
  name: "Helsinki",
  bbox: [24.8, 60, 25.2, 60.3],
  region: "r",
};
export const TURKU: City = { id: "turku", name: "Turku", bbox: [22, 60, 22.5, 60.6], region: "t" };
export const CITIES = [HELSINKI, TURKU];

export type Objects = { [L in keyof LayerObjects]?: LayerObjects[L][] };

export function picture(objects: Objects, region = "r"): Picture {
  const message = parseServerMessage(JSON.stringify(snapshot("m", 1, []))) as SnapshotMessage;
  const made = new Picture();
  made.restore({ ...message, region, objects: objects as SnapshotMessage["objects"] });
  return made;
}

export function region(objects: Objects, more: Partial<RegionOverview> = {}): RegionOverview {
  const id = more.id ?? "r";
  return { id, picture: picture(objects, id), state: "live", lagMs: 500, ...more };
}

export function sight(regions: readonly RegionOverview[], more: Partial<Sight> = {}): Sight {
  return {
    regions,
    cities: CITIES,
    cadence: new Cadence(),
    nowMs: NOW,
    map: new Picture(),
    ...more,
  };
}

export function queue(more: Partial<Queue> = {}): Queue {
  return {
    id: "q",
    event_time_ms: NOW - 30_000,
    start_time_ms: NOW - 600_000,
    trend: "steady",
    links: ["1-2-3"],
    length_m: 500,
    length_m_max: 600,
    speed_km_h: 6,
    delay_s: 100,
    irregular: true,
    position: INSIDE,
    ...more,
  };
}

export function feed(more: Partial<Feed> = {}): Feed {
  return {
    id: "hfp",
    watermark_ms: NOW - 5_000,
    status_time_ms: NOW - 500,
    connection: "live",
    received: 1_000,
    applied: 1_000,
    superseded: 0,
    duplicate: 0,
    rejected: 0,
    quarantined: 0,
    dropped: 0,
    last_received_ms: NOW - 1_000,
    ...more,
  };
}

export function message(more: Partial<Situation["effect"]> = {}, record: object = {}): Situation {
  return {
    id: "s",
    feed: "f",
    event_time_ms: NOW - 900_000,
    received_time_ms: NOW - 900_000,
    record: { title: "Tietyö", phase: "active", geometry: { points: [INSIDE] }, ...record },
    effect: {
      event_time_ms: NOW - 60_000,
      links: ["a", "b"],
      links_measured: 1,
      delay_s: 200,
      speed_share_percent: 60,
      contradicted: false,
      ...more,
    },
  };
}

export function link(more: Partial<Link> = {}, high = 14): Link {
  const window = {
    duration_s: 300,
    end_time_ms: NOW - 60_000,
    speed_km_h: { value: 12, low: 10, high },
    method: "measured",
    vehicles: 9,
    flow_method: "unspecified",
    travel_time_s: 120,
    delay_s: 80,
    level_of_service: "slow",
    hcm_level: "f",
  };
  return {
    id: "l",
    event_time_ms: NOW - 60_000,
    name: "Hämeentie",
    class: "primary",
    length_m: 400,
    lanes: 1,
    speed_limit_km_h: 40,
    line: [INSIDE, INSIDE, INSIDE],
    free_flow_speed_km_h: 40,
    typical_speed_km_h: 36,
    closed: false,
    minute: window,
    five_minutes: window,
    ...more,
  };
}

export function area(more: Partial<Area> = {}): Area {
  return {
    id: "city:helsinki",
    event_time_ms: NOW - 60_000,
    kind: "city",
    name: "Helsinki",
    street_km: 100,
    coverage: { measured: 0.3, fused: 0, inferred: 0.2, typical: 0.1, unknown: 0.4 },
    speed_km_h: 30,
    free_flow_speed_km_h: 40,
    traffic_veh_km_h: 1_000,
    delay_veh_h_h: 10,
    queue_km: 1,
    boundary: [],
    ...more,
  };
}

export const ids = (troubles: readonly Trouble[]): string[] => troubles.map(({ id }) => id);
export const only = (objects: Objects, more: Partial<Sight> = {}): Trouble => {
  const [first, ...rest] = troublesOf(sight([region(objects)], more));
  expect(rest).toEqual([]);
  if (first === undefined) throw new Error("no trouble");
  return first;
};
export const none = (objects: Objects, more: Partial<Sight> = {}): void =>
  expect(troublesOf(sight([region(objects)], more))).toEqual([]);
