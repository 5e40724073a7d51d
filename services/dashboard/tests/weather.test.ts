/** Road weather stations: what their signs, their rows and their cards say. */

import type { Weather } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { Speech } from "../src/i18n";
import { WEATHER_CURRENT_FOR_MS, isFaulty, temperatureText, weatherLook } from "../src/map/weather";
import { weatherFacts } from "../src/panels/detail/weather";
import { rowsOf } from "../src/panels/objects/rows";
import { celsius } from "../src/weather_words";

const NOW = 100_000_000;
const english = new Speech("en");

function station(more: Partial<Weather> = {}): Weather {
  return {
    id: "w:1",
    feed: "w",
    event_time_ms: NOW - 60_000,
    received_time_ms: NOW,
    station: { name: "vt4_Viikki", collection_status: "gathering" },
    road_temperature_c: { value: -0.44, time_ms: NOW - 60_000 },
    air_temperature_c: { value: 1.2, time_ms: NOW - 60_000 },
    road_surface: { surface: "ice", time_ms: NOW - 60_000 },
    precipitation_mm_h: { value: 0.4, time_ms: NOW - 60_000 },
    ...more,
  };
}

const plain = (text: string | undefined): string => (text ?? "").replaceAll("\u00a0", " ");

describe("the sign of a road weather station", () => {
  it("says the temperature with its sign, to a tenth where that matters", () => {
    expect(temperatureText(-0.44, ",")).toBe("−0,4°");
    expect(temperatureText(0.02, ".")).toBe("0.0°");
    expect(temperatureText(4, ".")).toBe("+4.0°");
    expect(temperatureText(-12.6, ".")).toBe("−13°");
    expect(temperatureText(undefined, ".")).toBe("");
  });

  it("says nothing that is not current, and is grey then", () => {
    const look = { surface: "ice", text: "−0.4°", grey: false };
    expect(weatherLook(station(), NOW, ".")).toEqual(look);
    const later = NOW + WEATHER_CURRENT_FOR_MS;
    expect(weatherLook(station(), later, ".")).toEqual({
      surface: "unspecified",
      text: "",
      grey: true,
    });
    expect(weatherLook(station({ road_temperature_c: null }), NOW, ".").grey).toBe(false);
  });

  it("is grey where the publisher doubts the equipment", () => {
    const of = (state: string, collection_status = "gathering"): boolean =>
      isFaulty(station({ station: { state, collection_status } }));
    expect(of("OK")).toBe(false);
    expect(of("OK_FAULT_DOUBT_CANCELLED")).toBe(false);
    expect(of("FAULT_DOUBT")).toBe(true);
    expect(of("OK", "removed_temporarily")).toBe(true);
    const doubted = station({ station: { state: "FAULT_DOUBT", collection_status: "gathering" } });
    expect(weatherLook(doubted, NOW, ".").grey).toBe(true);
  });
});

describe("what is said of a road weather station", () => {
  it("has units and ages", () => {
    const { title, sections } = weatherFacts(english, station(), NOW);
    expect(title).toBe("vt4 Viikki");
    const [road, air] = sections.map(({ facts }) => new Map(facts));
    expect(plain(road?.get("Surface"))).toBe("ice · 60 s");
    expect(plain(road?.get("Temperature"))).toBe("−0.4 °C · 60 s");
    expect(road?.has("Water")).toBe(false);
    expect(plain(air?.get("Rain or snow, as water"))).toBe("0.4 mm/h · 60 s");
    const old = weatherFacts(english, station(), NOW + WEATHER_CURRENT_FOR_MS).sections[0]?.facts;
    expect(new Map(old).get("Surface")).toContain("not current");
  });

  it("is listed from the most slippery on, those with a fault after the sound", () => {
    const wet = { surface: "wet", time_ms: NOW };
    const fault = { state: "FAULT_DOUBT", collection_status: "gathering" };
    const cold = { value: -9, time_ms: NOW };
    const weather = [
      station({ id: "unknown", road_surface: null }),
      station({ id: "doubted", station: fault }),
      station({ id: "wet", road_surface: wet }),
      station({ id: "ice" }),
      station({ id: "colder", road_temperature_c: cold }),
    ];
    const stations = { detectors: [], weather };
    const view = { vehicles: [], links: [], queues: [], situations: [], areas: [], districts: [] };
    const { rows } = rowsOf(english, "weather", { ...view, ...stations }, NOW, new Map());
    expect(rows.map(({ id }) => id)).toEqual(["colder", "ice", "wet", "doubted", "unknown"]);
    expect(plain(rows[1]?.state)).toBe("ice, road −0.4 °C, air +1.2 °C, 0.4 mm/h of rain or snow");
    expect(rows[3]?.state).toContain("fault suspected");
  });

  it("has the decimal sign of the language", () => {
    expect(plain(celsius(new Speech("fi"), -3.24))).toBe("−3,2 °C");
    expect(plain(celsius(english, -0.04))).toBe("0.0 °C");
  });
});
