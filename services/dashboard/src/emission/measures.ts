/**
 * What of an emission is shown: sums of pollutants, and the classes into which the map puts them.
 * Pure.
 */

import type { ByPollutant, Emission, EmissionRate, EmissionWindow, Estimate } from "tilanne-client";
import { ringKm2 } from "../map/geography";

export const MEASURES = ["co2", "nox", "particles", "noise", "excess_co2"] as const;
export type Measure = (typeof MEASURES)[number];

/** From the tailpipe; what the making of fuels and electricity adds is told beside it. */
const CO2 = ["co2_fossil", "co2_biogenic"];
/** Tailpipe and wear, as PM10. */
const PARTICLES = ["pm_exhaust", "pm10_tyre", "pm10_brake", "pm10_road"];
export const WEAR = ["pm10_tyre", "pm10_brake", "pm10_road"];

const PARTS: Readonly<Record<Exclude<Measure, "noise">, readonly string[]>> = {
  co2: CO2,
  nox: ["nox"],
  particles: PARTICLES,
  excess_co2: CO2,
};

/**
 * Pollutants in one. Their ends are added as well: factors and mix err in the same direction for
 * all, so the interval is rather too wide than too narrow.
 */
export function sum(rates: ByPollutant, pollutants: readonly string[]): EmissionRate {
  const all = { value: 0, low: 0, high: 0, excess: 0, excess_low: 0, excess_high: 0 };
  for (const pollutant of pollutants) {
    const rate = rates[pollutant];
    if (rate === undefined) continue;
    all.value += rate.value;
    all.low += rate.low;
    all.high += rate.high;
    all.excess += rate.excess;
    all.excess_low += rate.excess_low;
    all.excess_high += rate.excess_high;
  }
  return all;
}

/** The window that is shown: five minutes, as of the traffic, once there are five. */
export function emissionWindow(emission: Emission): EmissionWindow {
  return emission.five_minutes.end_time_ms > 0 ? emission.five_minutes : emission.minute;
}

/** A measure of rates or amounts; noise is in neither. */
export function measured(rates: ByPollutant, measure: Exclude<Measure, "noise">): EmissionRate {
  const all = sum(rates, PARTS[measure]);
  if (measure !== "excess_co2") return all;
  return { ...all, ...excessOf(all) };
}

/** What is above free flow, as a figure of its own. */
export function excessOf({ excess, excess_low, excess_high }: EmissionRate): Estimate {
  return { value: excess, low: excess_low, high: excess_high };
}

/** A measure in a window, g/h or dB(A); `undefined` when nothing is known of it. */
export function measureIn(
  emission: Emission,
  measure: Measure,
  window = emissionWindow(emission),
): Estimate | undefined {
  if (measure === "noise") return emission.noise?.level_db;
  return window.end_time_ms > 0 ? measured(window.rates, measure) : undefined;
}

/**
 * Upper ends of the classes but the last, g/(km·h) of a street and g/(km²·h) of a cell; noise dB(A),
 * of a street for a metre of it, of a cell for a square metre. They are fixed, so that a colour says
 * the same today and tomorrow, here and in another city. Each is two to three times the one before:
 * traffic on the streets of a city spans three orders of magnitude, and so each class has streets
 * in it.
 */
const BREAKS: Readonly<Record<Measure, { street: readonly number[]; cell: readonly number[] }>> = {
  co2: { street: [1e4, 3e4, 8e4, 2e5, 4e5], cell: [5e4, 1.5e5, 4e5, 1e6, 2.5e6] },
  nox: { street: [20, 60, 150, 400, 800], cell: [100, 300, 800, 2_000, 5_000] },
  particles: { street: [3, 10, 30, 100, 300], cell: [10, 40, 150, 500, 1_500] },
  noise: { street: [65, 70, 75, 80, 85], cell: [45, 50, 55, 60, 65] },
  excess_co2: { street: [1e3, 5e3, 2e4, 5e4, 1e5], cell: [5e3, 2e4, 6e4, 2e5, 6e5] },
};
/** Number of classes of every measure. */
export const STEPS = 6;

export function breaks(measure: Measure, of: "street" | "cell"): readonly number[] {
  return BREAKS[measure][of];
}

/** Class of a value, from 0 on. */
export function stepOf(value: number, ends: readonly number[]): number {
  const step = ends.findIndex((end) => value < end);
  return step < 0 ? ends.length : step;
}

/** A noise level whose interval is wider than this, dB, is uncertain: half or twice the power. */
const UNCERTAIN_DB = 6;

/** Whether an interval is wider than its value: then the map shows it paler. */
export function isUncertain(emission: Emission, measure: Measure): boolean {
  const of = measureIn(emission, measure);
  if (of === undefined) return true;
  return of.high - of.low > (measure === "noise" ? UNCERTAIN_DB : Math.abs(of.value));
}

/** A measure for each kilometre of street: g/(km·h); of noise dB(A) a metre, as it is. */
export function streetDensity(emission: Emission, measure: Measure): number | undefined {
  const { value } = measureIn(emission, measure) ?? {};
  if (value === undefined || measure === "noise") return value;
  return emission.street_km > 0 ? value / emission.street_km : undefined;
}

/** A measure for each square kilometre: g/(km²·h); of noise dB(A) a square metre. */
export function cellDensity(emission: Emission, measure: Measure): number | undefined {
  const { value } = measureIn(emission, measure) ?? {};
  const km2 = ringKm2(emission.line);
  if (value === undefined || !(km2 > 0)) return undefined;
  return measure === "noise" ? value - 10 * Math.log10(km2 * 1e6) : value / km2;
}

/** Share of the streets whose traffic is in it, 0 to 1. */
export function knownShare({ known_street_km, street_km }: Emission): number {
  return street_km > 0 ? Math.min(1, known_street_km / street_km) : 0;
}

/** Hours of a window. */
function hours({ duration_s }: EmissionWindow): number {
  return duration_s / 3_600;
}

/** A figure of which each part is so much larger. */
export function times({ value, low, high }: Estimate, factor: number): Estimate {
  return { value: value * factor, low: low * factor, high: high * factor };
}

/** g for each kilometre of a vehicle; `undefined` when none drove. */
export function perVehicleKm(window: EmissionWindow, rate: Estimate): Estimate | undefined {
  return window.vehicle_km > 0 ? times(rate, hours(window) / window.vehicle_km) : undefined;
}

/** CO2 of public transport for each kilometre of a passenger, g. */
export function perPassengerKm(window: EmissionWindow): Estimate | undefined {
  const {
    transit_co2_g_passenger_km: value,
    transit_co2_low_g_passenger_km: low,
    transit_co2_high_g_passenger_km: high,
  } = window;
  if (value === null || value === undefined) return undefined;
  return { value, low: low ?? value, high: high ?? value };
}
