/** Emissions of a street and a cell, as the gateway writes them. */

import type { Emission, EmissionWindow, Link } from "tilanne-client";
import { Speech } from "../src/i18n";

export const NOW = 1_700_000_040_000;
export const english = new Speech("en");
export const plain = (text: string | undefined): string => (text ?? "").replaceAll("\u00a0", " ");

export function rate(value: number, excess = 0, spread = 0.2): EmissionWindow["rates"][string] {
  const [low, high] = [value * (1 - spread), value * (1 + spread)];
  const off = Math.abs(excess) * spread;
  return { value, low, high, excess, excess_low: excess - off, excess_high: excess + off };
}

/** A window as the gateway writes it: 500 vehicles an hour on a tenth of a kilometre. */
export function window(more: Partial<EmissionWindow> = {}): EmissionWindow {
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

export function emission(more: Partial<Emission> = {}): Emission {
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

export function cell(more: Partial<Emission> = {}): Emission {
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

export const LINK: Link = {
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
