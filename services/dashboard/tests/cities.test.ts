import type {
  Area,
  Emission,
  Feed,
  LayerObjects,
  Position,
  Queue,
  Situation,
  SnapshotMessage,
} from "tilanne-client";
import { Picture, parseServerMessage } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { FeedLabels } from "../src/feed_labels";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import type { CityFigures } from "../src/panels/cities/figures";
import { figuresOf } from "../src/panels/cities/figures";
import type { Cell, IndicatorName, Order, Said, Wording } from "../src/panels/cities/indicators";
import { INDICATORS, indicator, isAscending, ordered } from "../src/panels/cities/indicators";
import { areaOfCity, cityAt, isInCity, isInside } from "../src/map/city_places";
import { newestMs, regionState } from "../src/stream/region_state";
import { TEXTS } from "../src/panels/cities/texts";
import type { City } from "../src/settings";
import { Cadence } from "../src/stream/cadence";
import type { RegionOverview } from "../src/stream/overview";
import { snapshot } from "./scripted";

const NOW = 1_700_000_000_000;
const at = (longitude_deg: number, latitude_deg: number): Position => ({
  longitude_deg,
  latitude_deg,
});
const city = (id: string, bbox: City["bbox"], region = "r"): City => ({
  id,
  name: id.toUpperCase(),
  bbox,
  region,
});
const A = city("a", [24, 60, 25, 61]);
const B = city("b", [24.8, 60, 26, 61]);
const C = city("c", [22, 60, 23, 61], "other");
const CITIES = [A, B, C];

type Objects = { [L in keyof LayerObjects]?: LayerObjects[L][] };

function picture(objects: Objects): Picture {
  const message = parseServerMessage(JSON.stringify(snapshot("m", 1, []))) as SnapshotMessage;
  const made = new Picture();
  made.restore({ ...message, objects: objects as SnapshotMessage["objects"] });
  return made;
}

function region(objects: Objects, more: Partial<RegionOverview> = {}): RegionOverview {
  return { id: "r", picture: picture(objects), state: "live", lagMs: 500, ...more };
}

function area(id: string, more: Partial<Area> = {}): Area {
  return {
    id: `city:${id}`,
    event_time_ms: NOW - 60_000,
    kind: "city",
    name: id,
    street_km: 100,
    coverage: { measured: 0.25, fused: 0.05, inferred: 0.2, typical: 0.1, unknown: 0.4 },
    speed_km_h: 30,
    free_flow_speed_km_h: 40,
    traffic_veh_km_h: 1_234,
    delay_veh_h_h: 10.25,
    queue_km: 1.5,
    boundary: [],
    ...more,
  };
}

function emission(id: string): Emission {
  const excess = { excess: 20_000, excess_low: 12_000, excess_high: 28_000 };
  const rate = { value: 100_000, low: 80_000, high: 130_000, ...excess };
  const window = {
    duration_s: 300,
    end_time_ms: NOW - 120_000,
    vehicle_km: 100,
    transit_vehicle_km: 1,
    transit_co2_g_h: 10,
    transit_co2_low_g_h: 8,
    transit_co2_high_g_h: 13,
    rates: { co2_fossil: rate, nox: rate },
  };
  return {
    id: `city:${id}`,
    event_time_ms: NOW - 120_000,
    kind: "city",
    name: id,
    factor_set: "f",
    known_street_km: 60,
    street_km: 100,
    minute: window,
    five_minutes: window,
    signal_excess_co2_g_h: 0,
    signal_excess_co2_low_g_h: 0,
    signal_excess_co2_high_g_h: 0,
    queue_excess_co2_g_h: 0,
    queue_excess_co2_low_g_h: 0,
    queue_excess_co2_high_g_h: 0,
    line: [],
  };
}

function queue(id: string, position: Position, more: Partial<Queue> = {}): Queue {
  return {
    id,
    event_time_ms: NOW,
    start_time_ms: NOW,
    trend: "steady",
    links: [],
    length_m: 500,
    length_m_max: 500,
    speed_km_h: 5,
    delay_s: 60,
    irregular: false,
    position,
    ...more,
  };
}

function message(id: string, point: Position | undefined, contradicted = false): Situation {
  return {
    id,
    feed: "f",
    event_time_ms: NOW,
    received_time_ms: NOW,
    record: { phase: "active", geometry: { points: point === undefined ? [] : [point] } },
    effect: { event_time_ms: NOW, links: [], links_measured: 1, contradicted },
  };
}

function feed(id: string, more: Partial<Feed> = {}): Feed {
  return {
    id,
    watermark_ms: NOW - 5_000,
    status_time_ms: NOW - 500,
    connection: "live",
    received: 9,
    applied: 9,
    superseded: 0,
    duplicate: 0,
    rejected: 0,
    quarantined: 0,
    dropped: 0,
    last_received_ms: NOW - 1_000,
    ...more,
  };
}

function all(regions: readonly RegionOverview[], cities = CITIES): CityFigures[] {
  return figuresOf({ regions, cities, cadence: new Cadence(), nowMs: NOW });
}

function one(objects: Objects, more: Partial<RegionOverview> = {}): CityFigures {
  const [figures] = all([region(objects, more)], [A]);
  if (figures === undefined) throw new Error("no city");
  return figures;
}

function wording(speech = new Speech("en")): Wording {
  const load = (): Promise<unknown> => Promise.resolve(undefined);
  return { speech, say: speech.of(TEXTS), labels: new FeedLabels(load, () => 0), nowMs: NOW };
}

function say(name: IndicatorName, figures: CityFigures, speech?: Speech): Said {
  return indicator(name).say(wording(speech), figures);
}

function cell(name: IndicatorName, figures: CityFigures): Cell {
  const said = say(name, figures);
  if ("missing" in said) throw new Error(said.missing);
  const plain = (text: string): string => text.replaceAll("\u00a0", " ");
  return { ...said, main: plain(said.main), more: plain(said.more), basis: plain(said.basis) };
}

describe("the city of a place", () => {
  it("is by its outline, else by its box", () => {
    const ring = [at(0, 0), at(2, 0), at(2, 2), at(0, 2), at(0, 0)];
    expect(isInside(ring, at(1, 1))).toBe(true);
    expect(isInside(ring, at(3, 1))).toBe(false);
    expect(isInside([], at(1, 1))).toBe(false);
    const outlined = new Map([["city:a", area("a", { boundary: ring })]]);
    expect(areaOfCity(outlined, A)?.id).toBe("city:a");
    expect(isInCity(outlined, A, at(1, 1))).toBe(true);
    expect(isInCity(outlined, A, at(24.5, 60.5))).toBe(false);
    expect(isInCity(new Map(), A, at(24.5, 60.5))).toBe(true);
  });

  it("is the more central one where boxes overlap, and of the region", () => {
    const areas = new Map<string, Area>();
    expect(cityAt(areas, CITIES, "r", at(24.81, 60.5))).toBe(A);
    expect(cityAt(areas, CITIES, "r", at(24.99, 60.5))).toBe(B);
    expect(cityAt(areas, CITIES, "other", at(24.5, 60.5))).toBeUndefined();
  });
});

describe("the state of a region", () => {
  it("is silent when nothing comes through its connection", () => {
    expect(regionState(region({}))).toBe("live");
    expect(regionState(region({}, { lagMs: 6_001 }))).toBe("silent");
    expect(regionState(region({}, { state: "lost", lagMs: undefined }))).toBe("lost");
  });

  it("is of the newest time that a feed reported", () => {
    const feeds = [feed("x", { status_time_ms: 5 }), feed("y", { status_time_ms: 7 })];
    expect(newestMs(picture({ feeds }))).toBe(7);
    expect(newestMs(new Picture())).toBeUndefined();
  });
});

describe("the figures of a city", () => {
  const whole = {
    areas: [area("a"), area("b")],
    area_emissions: [emission("a")],
    queues: [
      queue("in", at(24.2, 60.5), { irregular: true }),
      queue("both", at(24.9, 60.5)),
      queue("old", at(24.2, 60.5), { event_time_ms: NOW - 700_000 }),
    ],
    situations: [
      message("in", at(24.2, 60.5), true),
      message("out", at(25.9, 60.5)),
      message("everywhere", undefined),
    ],
    feeds: [feed("x"), feed("y", { connection: "down", last_received_ms: NOW - 90_000 })],
  };

  it("are those of its area, of what is in it, and of its region's feeds", () => {
    const figures = one(whole);
    expect(figures.share).toBe(0.75);
    expect(figures.seen).toBeCloseTo(0.5);
    expect(figures.queues).toEqual({ km: 1, standing_km: 1.5, count: 2, irregular: 1 });
    expect(figures.messages).toEqual({ count: 2, contradicted: 1, regional: 1 });
    expect(figures.feeds).toMatchObject({ live: 1, all: 2, others: [["y", "down"]] });
    expect(figures.heard).toMatchObject({ newestMs: NOW - 1_000, oldestMs: NOW - 90_000 });
    expect(figures.heard?.oldest.id).toBe("y");
    expect(figures.emission?.co2_g_km_h?.value).toBe(1_000);
    expect(figures.areaOld).toBe(false);
  });

  it("are said with units, intervals and age", () => {
    const figures = one(whole);
    const text = (name: IndicatorName): string[] => {
      const { main, more, basis } = cell(name, figures);
      return [main, more, basis];
    };
    expect(text("speed")).toEqual([
      "30 km/h",
      "75 % of free flow (40 km/h)",
      expect.stringMatching(/^Figures of \d\d:\d\d:\d\d, 60 s old$/),
    ]);
    expect(text("lost")[0]).toBe("10.3 veh·h/h");
    expect(text("queues").slice(0, 2)).toEqual(["1.0 km", "queues: 2, not usual: 1"]);
    expect(text("traffic")[0]).toBe("1,234 veh·km/h");
    expect(text("co2").slice(0, 2)).toEqual(["1 kg/(km·h)", "(0.8–1.3)\nin all 100 kg/h (80–130)"]);
    expect(text("co2")[2]).toMatch(
      /^Estimate with 90 % interval, mean of 5 min up to .*known on 60 % of the streets$/,
    );
    expect(text("excess").slice(0, 2)).toEqual(["20 kg/h", "(12–28)\n20 % of all emitted"]);
    expect(text("cover")[2]).toMatch(/^measured 25 %, several sources 5 %, inferred 20 %/);
    expect(text("messages").slice(0, 2)).toEqual(["2", "contradicted: 1"]);
    expect(text("feeds").slice(0, 2)).toEqual(["1 of 2", "Not live: y (down)"]);
    expect(text("fresh")).toEqual([
      "1 s ago",
      "slowest feed 90 s",
      expect.stringMatching(/^Longest without anything new: y, last at \d\d:\d\d:\d\d$/),
    ]);
    expect(text("state")[0]).toBe("connected");
  });

  it("say where congestion saves", () => {
    const saving = emission("a");
    const excess = { excess: -50, excess_low: -80, excess_high: -20 };
    const rates = { co2_fossil: { value: 1_000, low: 900, high: 1_100, ...excess } };
    const five_minutes = { ...saving.five_minutes, rates };
    const figures = one({ areas: [area("a")], area_emissions: [{ ...saving, five_minutes }] });
    const { main, more, bar } = cell("excess", figures);
    expect([main, more, bar]).toEqual(["−50 g/h", "(−80…−20)\nless than at free flow", 0]);
  });

  it("are unknown for a reason, never nothing", () => {
    const missing = (figures: CityFigures): (string | undefined)[] =>
      INDICATORS.map((name) => {
        const said = say(name, figures);
        return "missing" in said ? said.missing : undefined;
      });
    const unconnected = { picture: new Picture(), state: "connecting", lagMs: undefined } as const;
    const [bare] = all([{ id: "r", ...unconnected }], [A]);
    if (bare === undefined) throw new Error("no city");
    expect(new Set(missing(bare))).toEqual(new Set(["no_connection", undefined]));
    expect(missing(bare).filter((why) => why === undefined)).toHaveLength(1);
    expect(missing(one({}))[0]).toBe("no_streets");
    const unseen = area("a", {
      speed_km_h: null,
      traffic_veh_km_h: 0,
      delay_veh_h_h: 0,
      queue_km: 0,
      coverage: { measured: 0, fused: 0, inferred: 0, typical: 0, unknown: 1 },
    });
    const why = new Map(
      INDICATORS.map((name, index) => [name, missing(one({ areas: [unseen] }))[index]]),
    );
    expect(why.get("speed")).toBe("no_speed");
    expect(why.get("lost")).toBe("no_flow");
    expect(why.get("traffic")).toBe("no_flow");
    expect(why.get("queues")).toBe("nothing_seen");
    expect(why.get("co2")).toBe("no_emission");
    expect(why.get("feeds")).toBe("no_feeds");
    expect(why.get("cover")).toBeUndefined();
  });

  it("know nothing of feeds without a connection, and say of when they are", () => {
    const figures = one(whole, { state: "lost", lagMs: undefined });
    expect(say("feeds", figures)).toEqual({ missing: "cut_off" });
    expect(cell("fresh", figures).main).toBe("1 s ago");
    expect(figures.heardMs).toBe(NOW - 500);
    expect(cell("state", figures).main).toBe("no connection");
    expect(one({ areas: [area("a", { event_time_ms: NOW - 700_000 })] }).areaOld).toBe(true);
  });

  it("fill every place of every text, in every language", () => {
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      for (const name of INDICATORS) {
        const said = say(name, one(whole), new Speech(language));
        const texts = "missing" in said ? [] : [said.main, said.more, said.basis];
        expect(texts.length).toBe(3);
        expect(texts.filter((text) => /\{\w+\}/.test(text))).toEqual([]);
        expect(said).not.toHaveProperty("main", "");
      }
    }
  });
});

describe("the order of the rows", () => {
  const rows = (): CityFigures[] =>
    all([
      region({ areas: [area("a", { speed_km_h: 20 }), area("b", { speed_km_h: 36 })] }),
      region({}, { id: "other" }),
    ]);
  const names = (order: Order): string =>
    ordered(rows(), order, "fi")
      .map(({ city: { id } }) => id)
      .join("");

  it("is worst first, then the other way round; what is not known stays last", () => {
    expect(names({ by: "speed", reversed: false })).toBe("abc");
    expect(names({ by: "speed", reversed: true })).toBe("bac");
    expect(names({ by: "city", reversed: true })).toBe("cba");
    expect(isAscending({ by: "speed", reversed: false })).toBe(true);
    expect(isAscending({ by: "lost", reversed: false })).toBe(false);
  });

  it("of equals is by name in both directions", () => {
    expect(names({ by: "lost", reversed: false })).toBe("abc");
    expect(names({ by: "lost", reversed: true })).toBe("abc");
  });
});
