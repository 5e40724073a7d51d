import type { Emission } from "tilanne-client";
import { describe, expect, it } from "vitest";
import {
  MEASURES,
  STEPS,
  breaks,
  cellDensity,
  isUncertain,
  measureIn,
  perPassengerKm,
  perVehicleKm,
  stepOf,
  streetDensity,
} from "../src/emission/measures";
import { MAX_AREAS, MINUTES, Timelines } from "../src/emission/timeline";
import { emissionFill } from "../src/map/areas";
import { ringKm2 } from "../src/map/geography";
import { STREET_SCALES, measureOf } from "../src/map/layer";
import { emissionLookOf } from "../src/map/links";
import { DARK, LIGHT, MODES } from "../src/map/palette";
import { LINK_STALE_AFTER_MS } from "../src/map/streets";
import { radiusPx } from "../src/map/vehicles";
import { rowsOf } from "../src/panels/objects/rows";
import { emissionScale, trafficScale } from "../src/panels/key/scale";
import { World, delta, snapshot } from "./scripted";
import { LINK, NOW, cell, emission, english, plain, rate, window } from "./emission_samples";

describe("a measure of emission", () => {
  it("is a sum of pollutants with their ends, and CO2 is what leaves the tailpipe", () => {
    expect(measureIn(emission(), "co2")).toEqual({
      value: 10_000,
      low: 8_000,
      high: 12_000,
      excess: 2_000,
      excess_low: 1_600,
      excess_high: 2_400,
    });
    expect(measureIn(emission(), "particles")?.value).toBeCloseTo(10, 9);
    const excess = { value: 2_000, low: 1_600, high: 2_400 };
    expect(measureIn(emission(), "excess_co2")).toMatchObject(excess);
    expect(measureIn(emission(), "noise")?.value).toBe(78.2);
  });

  it("is nothing without traffic, and unknown before the first window", () => {
    expect(measureIn(emission({ five_minutes: window({ rates: {} }) }), "nox")?.value).toBe(0);
    const none = window({ duration_s: 0, end_time_ms: 0, rates: {} });
    const young = emission({ minute: none, five_minutes: none, noise: null });
    for (const measure of MEASURES) expect(measureIn(young, measure)).toBeUndefined();
    // Until five minutes are over, one minute is shown.
    expect(measureIn(emission({ five_minutes: none }), "co2")?.value).toBe(10_000);
  });

  it("is related to the length of a street, and to the area of a cell", () => {
    expect(streetDensity(emission(), "co2")).toBe(100_000);
    expect(streetDensity(emission(), "noise")).toBe(78.2);
    expect(streetDensity(emission({ street_km: 0 }), "co2")).toBeUndefined();
    const km2 = ringKm2(cell().line);
    expect(km2).toBeCloseTo(0.1107, 3);
    expect(cellDensity(cell(), "co2")).toBeCloseTo(10_000 / km2, 6);
    expect(cellDensity(cell(), "noise")).toBeCloseTo(78.2 - 10 * Math.log10(km2 * 1e6), 9);
    expect(cellDensity(cell({ line: [] }), "co2")).toBeUndefined();
  });

  it("is uncertain when its interval is wider than it is", () => {
    expect(isUncertain(emission(), "co2")).toBe(false);
    const wide = window({ rates: { co2_fossil: rate(10, 0, 0.6) } });
    expect(isUncertain(emission({ five_minutes: wide }), "co2")).toBe(true);
    expect(isUncertain(emission(), "excess_co2")).toBe(false);
    const saves = window({ rates: { co2_fossil: rate(10_000, -500, 0.6) } });
    expect(isUncertain(emission({ five_minutes: saves }), "excess_co2")).toBe(true);
    expect(isUncertain(emission({ noise: null }), "noise")).toBe(true);
  });

  it("falls into fixed classes, as many as there are colours", () => {
    for (const measure of MEASURES) {
      for (const of of ["street", "cell"] as const) {
        const ends = breaks(measure, of);
        expect(ends).toHaveLength(STEPS - 1);
        expect([...ends].sort((a, b) => a - b)).toEqual(ends);
      }
    }
    expect([LIGHT.emission.length, DARK.emission.length]).toEqual([STEPS, STEPS]);
    const ends = breaks("co2", "street");
    expect([-5, 0, 10_000, 1e9].map((value) => stepOf(value, ends))).toEqual([0, 0, 1, 5]);
  });

  it("has colours whose lightness alone orders them", () => {
    const lightness = (colour: string): number => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) =>
        Number.parseInt(colour.slice(at, at + 2), 16),
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const light = LIGHT.emission.map(lightness);
    const dark = DARK.emission.map(lightness);
    expect(light).toEqual([...light].sort((a, b) => b - a));
    expect(dark).toEqual([...dark].sort((a, b) => a - b));
  });

  it("is told for each kilometre of a vehicle and of a passenger", () => {
    const co2 = { value: 10_080, low: 8_064, high: 12_600 };
    expect(perVehicleKm(window(), co2)?.value).toBeCloseTo(200, 9);
    expect(perVehicleKm(window(), co2)?.high).toBeCloseTo(250, 9);
    expect(perVehicleKm(window({ vehicle_km: 0 }), co2)).toBeUndefined();
    const ends = { transit_co2_low_g_passenger_km: 19.5, transit_co2_high_g_passenger_km: 32 };
    expect(perPassengerKm(window({ transit_co2_g_passenger_km: 25, ...ends }))).toEqual({
      value: 25,
      low: 19.5,
      high: 32,
    });
    expect(perPassengerKm(window())).toBeUndefined();
  });
});

describe("emission on the map", () => {
  it("colours a street by its class, paler where uncertain, grey where not known or old", () => {
    const look = emissionLookOf(LINK, emission(), "co2", NOW);
    expect(look).toMatchObject({ how: "measured", step: 3, rank: 3, opacity: 1 });
    const wide = window({ rates: { co2_fossil: rate(10_000, 0, 0.6) } });
    const pale = emissionLookOf(LINK, emission({ five_minutes: wide }), "co2", NOW);
    expect(pale.step).toBe(look.step);
    expect(pale.opacity).toBeLessThan(0.5);
    expect(emissionLookOf(LINK, undefined, "co2", NOW).how).toBe("unknown");
    expect(emissionLookOf(LINK, emission({ noise: null }), "noise", NOW).how).toBe("unknown");
    const later = NOW + LINK_STALE_AFTER_MS;
    expect(emissionLookOf(LINK, emission(), "co2", later).how).toBe("unknown");
  });

  it("fills a cell more the more of its traffic is known, and not at all when none or old", () => {
    const half = emissionFill(cell(), "nox", NOW);
    const full = emissionFill(cell({ known_street_km: 0.2 }), "nox", NOW);
    expect(full?.step).toBe(half?.step);
    expect(full?.opacity).toBeGreaterThan(half?.opacity ?? 1);
    expect(emissionFill(cell({ known_street_km: 0 }), "nox", NOW)).toBeUndefined();
    expect(emissionFill(cell(), "nox", NOW + LINK_STALE_AFTER_MS)).toBeUndefined();
  });

  it("has a key with the classes' ends and units, also in words", () => {
    const co2 = emissionScale(english, LIGHT, "co2", "street");
    expect(co2.title).toBe("CO₂ of each street, kg/(km·h)");
    expect(co2.ends).toEqual(["10", "30", "80", "200", "400"]);
    expect(co2.words).toContain("less than 10; from 10 to 30;");
    expect(emissionScale(english, LIGHT, "noise", "cell").title).toContain("dB(A)/m²");
    const traffic = trafficScale(english, LIGHT);
    expect(traffic.colours).toHaveLength(traffic.ends.length + 1);
    expect(traffic.colours[0]).toBe(LIGHT.level.stationary);
  });

  it("is chosen beside the scales of traffic", () => {
    expect(STREET_SCALES.filter((scale) => measureOf(scale) === undefined)).toEqual([
      "level",
      "share",
    ]);
  });

  it("leaves room for vehicles: narrower than a main street, with a colour for each mode", () => {
    for (let zoom = 8; zoom < 18; zoom += 1) {
      expect(radiusPx(zoom + 1)).toBeGreaterThanOrEqual(radiusPx(zoom));
    }
    expect(radiusPx(14)).toBeLessThan(5);
    for (const mode of MODES) expect(LIGHT.mode[mode]).toMatch(/^#[0-9a-f]{6}$/);
  });
});

describe("a time line", () => {
  const minute = (number: number, value: number): Emission => {
    const rates = { co2_fossil: rate(value) };
    const of = window({ duration_s: 60, end_time_ms: number * 60_000, rates });
    return emission({ id: "city:x", kind: "city", minute: of, noise: null });
  };

  it("keeps minutes with their interval, and leaves out what was not seen", () => {
    const lines = new Timelines();
    for (const number of [1_000, 1_001, 1_003]) lines.observe(minute(number, number), undefined);
    lines.observe(minute(1_001, 5), undefined); // a correction of a minute
    const moments = lines.of("city:x", "co2", Infinity);
    expect(moments.map(({ value }) => value)).toEqual([1_000, 5, 1_003]);
    expect(moments[0]).toMatchObject({ timeMs: 60_000_000, low: 800, high: 1_200 });
    expect(lines.of("city:x", "noise", Infinity)).toEqual([]);
    expect(lines.of("city:other", "co2", Infinity)).toEqual([]);
  });

  it("is bounded to a day of minutes", () => {
    const lines = new Timelines();
    for (let i = 0; i < MINUTES + 10; i += 1) lines.observe(minute(5_000 + i, i), undefined);
    const moments = lines.of("city:x", "co2", Infinity);
    expect(moments).toHaveLength(MINUTES);
    expect(moments[0]?.value).toBe(10);
    // After a long gap, nothing of the day before remains.
    lines.observe(minute(5_000 + 3 * MINUTES, 7), undefined);
    expect(lines.of("city:x", "co2", Infinity).map(({ value }) => value)).toEqual([7]);
  });

  it("is bounded in areas: cells only when chosen, cities before districts", () => {
    const lines = new Timelines();
    lines.observe(cell(), undefined);
    expect(lines.size).toBe(0);
    lines.observe(cell(), cell().id);
    expect(lines.size).toBe(1);
    const district = (n: number): Emission => emission({ id: `district:${n}`, kind: "district" });
    for (let n = 0; n < MAX_AREAS * 2; n += 1) lines.observe(district(n), undefined);
    expect(lines.size).toBe(MAX_AREAS);
    lines.observe(minute(1_000, 1), undefined);
    expect(lines.size).toBe(MAX_AREAS);
    expect(lines.of("city:x", "co2", Infinity)).toHaveLength(1);
    lines.clear();
    expect(lines.size).toBe(0);
  });
});

describe("the list of streets", () => {
  it("has those that emit most for their length first, and only what is known", () => {
    const links = ["a", "b", "c"].map((id) => ({ ...LINK, id }));
    const known = new Map([
      ["a", emission({ id: "a", street_km: 1 })],
      ["b", emission({ id: "b" })],
    ]);
    const stations = { detectors: [], weather: [] };
    const none = {
      vehicles: [],
      situations: [],
      ...stations,
      areas: [],
      districts: [],
      queues: [],
    };
    const shown = { measure: "co2" as const, links: known, areas: new Map() };
    const { rows } = rowsOf(english, "links", { ...none, links }, NOW, new Map(), shown);
    expect(rows.map(({ id, state }) => `${id} ${plain(state)}`)).toEqual([
      "b 10 kg/h (8–12)",
      "a 10 kg/h (8–12)",
    ]);
    expect(rows[0]?.timeMs).toBe(NOW - 60_000);
  });
});

describe("the layers of emission", () => {
  it("come and go with the subscription", () => {
    const world = new World();
    world.live.show("north", [24, 60, 26, 61], ["feeds", "link_emissions", "area_emissions"]);
    world.socket.open();
    expect(world.socket.sent[0]?.["layers"]).toEqual(["feeds", "link_emissions", "area_emissions"]);
    const first = snapshot(world.subscription, 1) as { objects: Record<string, unknown> };
    first.objects["link_emissions"] = [emission()];
    first.objects["area_emissions"] = [cell()];
    world.socket.say(first);
    const { picture } = world.live;
    expect(picture.layer("link_emissions").get("1-2-3")?.factor_set).toBe("emep-2023");
    world.live.show("north", [24, 60, 26, 61], ["feeds"]);
    const left = (id: string): object[] => [{ id, reason: "left" }];
    const removed = { link_emissions: left("1-2-3"), area_emissions: left(cell().id) };
    world.socket.say(delta(world.subscription, 1, 1, { removed }));
    expect(picture.layer("link_emissions").size + picture.layer("area_emissions").size).toBe(0);
    expect(world.changes.at(-1)?.removed.area_emissions).toEqual(left(cell().id));
  });
});
