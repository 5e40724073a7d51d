import type {
  Emission,
  EmissionTotal,
  EmissionWindow,
  Link,
  VehicleEmission,
} from "tilanne-client";
import { describe, expect, it } from "vitest";
import { amount, estimated, level, surplus } from "../src/emission/amounts";
import {
  basisFacts,
  emissionFacts,
  excessFact,
  pollutantFacts,
  vehicleEmissionFacts,
} from "../src/emission/facts";
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
import { parseExplanation } from "../src/explanations";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { emissionFill } from "../src/map/areas";
import { ringKm2 } from "../src/map/geography";
import { STREET_SCALES, measureOf } from "../src/map/layer";
import { emissionLookOf } from "../src/map/links";
import { DARK, LIGHT, MODES } from "../src/map/palette";
import { LINK_STALE_AFTER_MS } from "../src/map/streets";
import { radiusPx } from "../src/map/vehicles";
import { vehicleFacts } from "../src/panels/detail/facts";
import { coveredText } from "../src/panels/emissions/tables";
import { rowsOf } from "../src/panels/objects/rows";
import { emissionScale, trafficScale } from "../src/panels/key/scale";
import { World, delta, snapshot, vehicle } from "./scripted";

const NOW = 1_700_000_040_000;
const english = new Speech("en");
const plain = (text: string | undefined): string => (text ?? "").replaceAll("\u00a0", " ");

function rate(value: number, excess = 0, spread = 0.2): EmissionWindow["rates"][string] {
  const [low, high] = [value * (1 - spread), value * (1 + spread)];
  const off = Math.abs(excess) * spread;
  return { value, low, high, excess, excess_low: excess - off, excess_high: excess + off };
}

/** A window as the gateway writes it: 500 vehicles an hour on a tenth of a kilometre. */
function window(more: Partial<EmissionWindow> = {}): EmissionWindow {
  return {
    duration_s: 300,
    end_time_ms: NOW - 60_000,
    vehicle_km: 4.2,
    transit_vehicle_km: 0.1,
    transit_co2_g_h: 600,
    transit_co2_low_g_h: 470,
    transit_co2_high_g_h: 765,
    rates: {
      energy: rate(144),
      co2_fossil: rate(9_000, 1_800),
      co2_biogenic: rate(1_000, 200),
      nox: rate(20),
      pm_exhaust: rate(0.2),
      pm10_tyre: rate(0.4),
      pm10_brake: rate(0.6),
      pm10_road: rate(8.8),
    },
    ...more,
  };
}

function emission(more: Partial<Emission> = {}): Emission {
  return {
    id: "1-2-3",
    event_time_ms: NOW - 60_000,
    name: "Mannerheimintie",
    factor_set: "emep-2023",
    known_street_km: 0.1,
    street_km: 0.1,
    minute: window({ duration_s: 60 }),
    five_minutes: window(),
    noise: {
      level_db: { value: 78.2, low: 76.6, high: 79.9 },
      octave_db: [85, 80, 75, 74, 73, 71, 66, 59],
    },
    signal_excess_co2_g_h: 900,
    signal_excess_co2_low_g_h: -200,
    signal_excess_co2_high_g_h: 2_000,
    queue_excess_co2_g_h: 0,
    queue_excess_co2_low_g_h: 0,
    queue_excess_co2_high_g_h: 0,
    line: [
      { longitude_deg: 24.1, latitude_deg: 60.1 },
      { longitude_deg: 24.2, latitude_deg: 60.1 },
    ],
    ...more,
  };
}

function cell(more: Partial<Emission> = {}): Emission {
  const ring = [
    [24.94, 60.17],
    [24.946, 60.17],
    [24.946, 60.173],
    [24.94, 60.173],
    [24.94, 60.17],
  ].map(([longitude_deg = 0, latitude_deg = 0]) => ({ longitude_deg, latitude_deg }));
  const id = "cell:8911260a5abffff";
  return emission({ id, kind: "cell", name: "", street_km: 0.2, line: ring, ...more });
}

const LINK: Link = {
  id: "1-2-3",
  event_time_ms: NOW,
  name: "Mannerheimintie",
  class: "primary",
  length_m: 100,
  lanes: 2,
  speed_limit_km_h: 50,
  line: emission().line,
  free_flow_speed_km_h: 40,
  closed: false,
  minute: {} as Link["minute"],
  five_minutes: {} as Link["five_minutes"],
};

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

describe("what is said of an emission", () => {
  it("is in the unit that fits, with the interval in the same one", () => {
    expect(plain(amount(english, "mass", 3_421, "h"))).toBe("3.42 kg/h");
    expect(plain(amount(english, "mass", 0))).toBe("0 g");
    expect(plain(amount(english, "mass", 0.021))).toBe("21 mg");
    expect(plain(amount(english, "power", 7_200))).toBe("2 MW");
    const value = { value: 2_400_000, low: 800_000, high: 3_100_000 };
    expect(plain(estimated(english, "mass", value, "h"))).toBe("2.4 t/h (0.8–3.1)");
    expect(plain(estimated(new Speech("fi"), "mass", value))).toBe("2,4 t (0,8–3,1)");
    expect(plain(level(english, { value: 78.24, low: 76, high: 80 }))).toBe(
      "78.2 dB(A) (76.0–80.0)",
    );
  });

  it("has the interval, the excess and the factor set", () => {
    const facts = new Map(emissionFacts(english, emission()));
    expect(plain(facts.get("CO₂, tailpipe"))).toBe("10 kg/h (8–12)");
    expect(plain(facts.get("CO₂ per km of street"))).toBe("100 kg/(km·h) (80–120)");
    expect(plain(facts.get("By congestion"))).toBe("2 kg/h (1.6–2.4), 20 %");
    expect(plain(facts.get("Particles, wear (PM₁₀)"))).toBe("9.8 g/h (7.84–11.8)");
    expect(plain(facts.get("Energy use"))).toBe("40 kW (32–48)");
    expect(plain(facts.get("Excess CO₂ before signals"))).toBe("0.9 kg/h (−0.2…2)");
    expect(facts.has("Excess CO₂ in queues")).toBe(false);
    expect(facts.get("Factor set")).toBe("emep-2023");
    const saved = window({ rates: { co2_fossil: rate(10_000, -500) } });
    const less = new Map(emissionFacts(english, emission({ five_minutes: saved })));
    expect(plain(less.get("By congestion"))).toBe("500 g/h (400–600) less than at free flow");
    const little = { value: 0.1, low: -400, high: 600 };
    expect(surplus(english, "mass", little, "h").map(plain)).toEqual(["0.1 g/h", "(−400…600)"]);
    const fewer = { value: -1_500, low: -4_000, high: 1_000 };
    expect(surplus(english, "mass", fewer).map(plain)).toEqual(["−1.5 kg", "(−4…1)"]);
  });

  it("is an estimate in every language, and never called measured", () => {
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      const words = LANGUAGES[language].dictionary;
      for (const [key, text] of Object.entries(words)) {
        if (!/^(emission|vehicle_emission|scale|key)\./.test(key) || key === "emission.why_how") {
          continue;
        }
        expect(text, `${language} ${key}`).not.toMatch(/measured|mitattu|uppmätt/i);
      }
    }
  });

  it("lists every pollutant, and a new one under its own name", () => {
    const rates = { brand_new: rate(1), nox: rate(2), energy: rate(3.6) };
    const facts = pollutantFacts(english, emission({ five_minutes: window({ rates }) }));
    expect(facts.map(([name]) => name)).toEqual(["Energy", "NOₓ (as NO₂)", "brand new"]);
    expect(plain(facts[0]?.[1])).toBe("1 kW (0.8–1.2)");
  });

  it("tells of an area how much of its traffic is known, and of a total how much of its time", () => {
    const facts = new Map(emissionFacts(english, cell()));
    expect(plain(facts.get("Streets with known traffic"))).toBe("100 m of 200 m (50 %)");
    expect(facts.has("CO₂ per km of street")).toBe(false);
    const total: EmissionTotal = {
      period: "hour",
      start_time_ms: 0,
      end_time_ms: 3_600_000,
      complete: true,
      windows: 12,
      vehicle_km: 1,
      amounts: {},
    };
    expect(coveredText(english, total)).toBe("");
    expect(plain(coveredText(english, { ...total, windows: 9 }))).toBe("75 % of the time");
  });

  it("tells what a vehicle emits, and what a queue costs", () => {
    const bus: VehicleEmission = {
      event_time_ms: NOW,
      vehicle_class: "bus_diesel_euro_vi",
      method: "second_by_second",
      power_kw: 94.3,
      power_low_kw: 73.8,
      power_high_kw: 120.5,
      co2_g_s: 2.71,
      co2_low_g_s: 0,
      co2_high_g_s: 6.93,
      distance_km: 6.4,
      energy_mj: 72,
      energy_low_mj: 56,
      energy_high_mj: 92,
      co2_g: 5_240,
      co2_low_g: 0,
      co2_high_g: 13_400,
      nox_g: 1.9,
      nox_low_g: 1.1,
      nox_high_g: 3.1,
      pm_g: 0,
      pm_low_g: 0,
      pm_high_g: 0,
    };
    const { now, since } = vehicleEmissionFacts(english, bus);
    expect(now.map(([name, value]) => `${name}: ${plain(value)}`)).toEqual([
      "Class: bus diesel euro vi",
      "Power now: 94.3 kW (73.8–121)",
      "CO₂ now, tailpipe: 2.71 g/s (0–6.93)",
      "Worked out: from power, second by second",
    ]);
    expect(plain(new Map(since).get("CO₂ per km"))).toBe("819 g/km (0–2,090)");
    expect(plain(new Map(since).get("Energy use"))).toBe("20 kWh (15.6–25.6)");
    expect(plain(new Map(since).get("Particles, exhaust"))).toBe("0 g");
    const at = vehicle("a");
    const ofPassengers = { co2_low_g_passenger_km: 29.7, co2_high_g_passenger_km: 48.6 };
    at.emission = { ...bus, co2_g_passenger_km: 38, ...ofPassengers };
    const { sections } = vehicleFacts(english, at, NOW);
    const facts = new Map(sections.flatMap((section) => section.facts));
    expect(plain(facts.get("CO₂ per passenger-km"))).toBe("38 g/km (29.7–48.6)");
    expect(excessFact(english, {})).toEqual([]);
    const excess = (value: number, low: number, high: number): string | undefined => {
      const of = { excess_co2_low_g_h: low, excess_co2_high_g_h: high };
      return plain(excessFact(english, { excess_co2_g_h: value, ...of })[0]?.[1]);
    };
    expect(excess(4_300, 1_200, 7_400)).toBe("4.3 kg/h (1.2–7.4) more than at free flow");
    expect(excess(-300, -900, 200)).toBe("300 g/h (−200…900) less than at free flow");
  });

  it("is explained by what it was computed from, read carefully", () => {
    const answer = {
      minute: [],
      five_minutes: [],
      emission: {
        emission: emission(),
        basis: {
          stopped_share: 0.24,
          stopped_measured: true,
          shares: [{ group: "van", co2: 1 }, 7],
        },
      },
    };
    const read = parseExplanation(JSON.parse(JSON.stringify(answer)));
    expect(read?.emission?.factor_set).toBe("emep-2023");
    expect(read?.basis?.shares).toEqual([{ group: "van", vehicle_km: 0, co2: 1, nox: 0, pm: 0 }]);
    if (read?.basis === undefined) throw new Error("no basis");
    const facts = new Map(basisFacts(english, read.basis));
    expect(plain(facts.get("Standing"))).toBe("24 % of the time, measured");
    expect(facts.get("Road surface")).toBe("not known");
    const broken = { ...answer, emission: { emission: { id: "x", minute: 7 }, basis: "?" } };
    expect(parseExplanation(broken)).toMatchObject({ emission: undefined, basis: undefined });
    expect(parseExplanation({ minute: [], five_minutes: [] })?.emission).toBeUndefined();
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
