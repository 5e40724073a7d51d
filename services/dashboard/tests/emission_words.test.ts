import type { EmissionTotal, VehicleEmission } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { amount, estimated, level, surplus } from "../src/emission/amounts";
import {
  basisFacts,
  emissionFacts,
  excessFact,
  pollutantFacts,
  vehicleEmissionFacts,
} from "../src/emission/facts";
import { parseExplanation } from "../src/explanations";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { vehicleFacts } from "../src/panels/detail/facts";
import { coveredText } from "../src/panels/emissions/tables";
import { vehicle } from "./scripted";
import { NOW, cell, emission, english, plain, rate, window } from "./emission_samples";

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
