/** What is known of an emission, as named facts in the reader's language. Pure. */

import type { Emission, EmissionRate, Estimate, Queue, VehicleEmission } from "tilanne-client";
import type { EmissionBasis } from "../explanations";
import type { Speech } from "../i18n";
import type { Per, Quantity } from "./amounts";
import { amount, estimated, level, surplus } from "./amounts";
import type { Measure } from "./measures";
import {
  WEAR,
  emissionWindow,
  excessOf,
  knownShare,
  measured,
  perPassengerKm,
  perVehicleKm,
  sum,
  times,
} from "./measures";

type Fact = [name: string, value: string];

/** What a pollutant is counted in. */
export function quantityOf(pollutant: string): Quantity {
  if (pollutant === "energy") return "power";
  return pollutant === "pn" ? "particles" : "mass";
}

/** A pollutant an hour with its interval. Energy an hour is power. */
export function rateText(speech: Speech, pollutant: string, rate: EmissionRate): string {
  const quantity = quantityOf(pollutant);
  return estimated(speech, quantity, rate, quantity === "power" ? undefined : "h");
}

/** What congestion adds, with its interval, and as a share of the whole; or what it saves. */
export function excessText(speech: Speech, rate: EmissionRate): string {
  const excess = excessOf(rate);
  if (excess.value < 0) return speech.say("emission.saves", { amount: saved(speech, excess) });
  const whole = rate.value;
  const share = whole > 0 ? `, ${speech.quantity("percent", (excess.value / whole) * 100)}` : "";
  return `${added(speech, excess)}${share}`;
}

/** Above free flow, with its interval. */
function added(speech: Speech, excess_g_h: Estimate): string {
  return surplus(speech, "mass", excess_g_h, "h").join(" ");
}

/** What is below free flow, said the other way round. */
function saved(speech: Speech, { value, low, high }: Estimate): string {
  return added(speech, { value: -value, low: -high, high: -low });
}

/** CO2 above free flow, of a queue or a message. */
export function excessFact(
  speech: Speech,
  of: Pick<Queue, "excess_co2_g_h" | "excess_co2_low_g_h" | "excess_co2_high_g_h">,
): Fact[] {
  const { excess_co2_g_h: value, excess_co2_low_g_h: low, excess_co2_high_g_h: high } = of;
  if (value === null || value === undefined) return [];
  const key = value < 0 ? "emission.saves" : "emission.adds";
  const told = (): string => {
    if (typeof low !== "number" || typeof high !== "number") {
      return amount(speech, "mass", Math.abs(value), "h");
    }
    const excess = { value, low, high };
    return value < 0 ? saved(speech, excess) : added(speech, excess);
  };
  return [[speech.say("emission.queue"), speech.say(key, { amount: told() })]];
}

/** On how much of the streets the traffic is known. */
export function knownText(speech: Speech, emission: Emission): string {
  return speech.say("emission.known_of", {
    known: speech.length(emission.known_street_km * 1_000),
    all: speech.length(emission.street_km * 1_000),
    share: speech.quantity("percent", knownShare(emission) * 100),
  });
}

/** CO2 or another measure for each kilometre of a vehicle. */
export function vehicleKmText(
  speech: Speech,
  emission: Emission,
  measure: Exclude<Measure, "noise">,
): string | undefined {
  const window = emissionWindow(emission);
  const each = perVehicleKm(window, measured(window.rates, measure));
  if (each === undefined) return undefined;
  if (measure === "excess_co2") return surplus(speech, "mass", each, "km").join(" ");
  return maybeNone(speech, "mass", each, "km");
}

export function passengerKmText(speech: Speech, emission: Emission): string | undefined {
  const each = perPassengerKm(emissionWindow(emission));
  return each === undefined ? undefined : maybeNone(speech, "mass", each, "km");
}

/** What the traffic of a link or in an area emits. */
export function emissionFacts(speech: Speech, emission: Emission): Fact[] {
  const { rates, end_time_ms } = emissionWindow(emission);
  const facts: Fact[] = [];
  const add = (key: Parameters<Speech["say"]>[0], text: string | undefined): void => {
    if (text !== undefined) facts.push([speech.say(key), text]);
  };
  const isLink = emission.kind === null || emission.kind === undefined;
  if (end_time_ms > 0) {
    const co2 = measured(rates, "co2");
    add("emission.co2", estimated(speech, "mass", co2, "h"));
    const { co2_biogenic: biogenic, co2_upstream: upstream } = rates;
    add("emission.biogenic", biogenic && estimated(speech, "mass", biogenic, "h"));
    if (isLink && emission.street_km > 0) {
      const each = times(co2, 1 / emission.street_km);
      add("emission.co2_km", estimated(speech, "mass", each, "km_h"));
    }
    add("emission.excess", excessText(speech, co2));
    add("scale.nox", estimated(speech, "mass", measured(rates, "nox"), "h"));
    add("emission.exhaust", estimated(speech, "mass", sum(rates, ["pm_exhaust"]), "h"));
    add("emission.wear", estimated(speech, "mass", sum(rates, WEAR), "h"));
    const { energy } = rates;
    add("emission.energy", energy && estimated(speech, "power", energy));
    add("emission.upstream", upstream && estimated(speech, "mass", upstream, "h"));
    add("emission.vehicle_km", vehicleKmText(speech, emission, "co2"));
    add("emission.passenger_km", passengerKmText(speech, emission));
  }
  const { noise } = emission;
  const sound = isLink ? "emission.noise_link" : "emission.noise_area";
  add(sound, noise ? level(speech, noise.level_db) : undefined);
  const { signals, queues } = excessParts(emission);
  if (signals.value > 0) add("emission.signals", added(speech, signals));
  if (queues.value > 0) add("emission.queues", added(speech, queues));
  if (!isLink) add("emission.known", knownText(speech, emission));
  add("emission.factor_set", emission.factor_set);
  return facts;
}

/** Of the excess, what is before signals and in queues, g/h. */
function excessParts(emission: Emission): { signals: Estimate; queues: Estimate } {
  return {
    signals: {
      value: emission.signal_excess_co2_g_h,
      low: emission.signal_excess_co2_low_g_h,
      high: emission.signal_excess_co2_high_g_h,
    },
    queues: {
      value: emission.queue_excess_co2_g_h,
      low: emission.queue_excess_co2_low_g_h,
      high: emission.queue_excess_co2_high_g_h,
    },
  };
}

/** Order and completeness of pollutants as the contract lists them; new ones come after. */
const POLLUTANTS = [
  "energy",
  "co2_fossil",
  "co2_biogenic",
  "co2_upstream",
  "nox",
  "no2",
  "pm_exhaust",
  "pn",
  "co",
  "nmhc",
  "ch4",
  "n2o",
  "nh3",
  "pm10_tyre",
  "pm10_brake",
  "pm10_road",
  "pm25_tyre",
  "pm25_brake",
  "pm25_road",
];

/** Every pollutant of the shown window. */
export function pollutantFacts(speech: Speech, emission: Emission): Fact[] {
  const { rates } = emissionWindow(emission);
  const rank = (name: string): number => {
    const known = POLLUTANTS.indexOf(name);
    return known < 0 ? POLLUTANTS.length : known;
  };
  const names = Object.keys(rates).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return names.flatMap((name): Fact[] => {
    const rate = rates[name];
    return rate === undefined
      ? []
      : [[speech.word("pollutant", name), rateText(speech, name, rate)]];
  });
}

/** What an emission was computed from. */
export function basisFacts(speech: Speech, basis: EmissionBasis): Fact[] {
  const percent = (share: number): string => speech.quantity("percent", share * 100);
  const standing = basis.stopped_measured ? "basis.stopped_measured" : "basis.stopped_usual";
  const one = (key: "unit.celsius" | "unit.percent_1", value: number): string =>
    speech.say(key, { n: speech.decimal(value) }).replaceAll(" ", "\u00a0");
  return [
    [speech.say("detail.speed"), speech.quantity("km_h", basis.speed_km_h)],
    [speech.say("detail.flow"), speech.quantity("veh_h", basis.flow_veh_h)],
    [speech.say("basis.stopped"), speech.say(standing, { share: percent(basis.stopped_share) })],
    [speech.say("basis.temperature"), one("unit.celsius", basis.temperature_c)],
    [
      speech.say("basis.gradient"),
      basis.gradient_known
        ? one("unit.percent_1", basis.gradient_percent)
        : speech.say("basis.gradient_unknown"),
    ],
    [speech.say("basis.studded"), percent(basis.studded_share)],
    [speech.say("basis.road_state"), speech.word("road_state", basis.road_state || "unspecified")],
    [speech.say("basis.mix"), basis.mix],
  ];
}

/** What one vehicle emits: now, and since it was first seen. */
export function vehicleEmissionFacts(
  speech: Speech,
  emission: VehicleEmission,
): { now: Fact[]; since: Fact[] } {
  const { co2_g_passenger_km: passenger, distance_km } = emission;
  const mass = (figure: Estimate, per?: Per): string => maybeNone(speech, "mass", figure, per);
  const of = (value: number, low: number, high: number): Estimate => ({ value, low, high });
  const co2 = of(emission.co2_g, emission.co2_low_g, emission.co2_high_g);
  const co2Now = of(emission.co2_g_s, emission.co2_low_g_s, emission.co2_high_g_s);
  const energy = of(emission.energy_mj, emission.energy_low_mj, emission.energy_high_mj);
  const power = of(emission.power_kw, emission.power_low_kw, emission.power_high_kw);
  const now: Fact[] = [
    [speech.say("vehicle_emission.class"), speech.word("vehicle_class", emission.vehicle_class)],
    [
      speech.say("vehicle_emission.power"),
      // A kilowatt is 3.6 megajoules an hour.
      maybeNone(speech, "power", times(power, 3.6)),
    ],
    [speech.say("vehicle_emission.co2"), mass(co2Now, "s")],
  ];
  if (passenger !== null && passenger !== undefined) {
    const { co2_low_g_passenger_km: low, co2_high_g_passenger_km: high } = emission;
    const each = of(passenger, low ?? passenger, high ?? passenger);
    now.push([speech.say("vehicle_emission.passenger"), mass(each, "km")]);
  }
  now.push([
    speech.say("vehicle_emission.method"),
    speech.word("emission_method", emission.method),
  ]);
  const since: Fact[] = [
    [speech.say("vehicle_emission.distance"), speech.length(distance_km * 1_000)],
    [speech.say("scale.co2"), mass(co2)],
  ];
  if (distance_km > 0) {
    since.push([speech.say("vehicle_emission.km"), mass(times(co2, 1 / distance_km), "km")]);
  }
  since.push(
    [speech.say("scale.nox"), mass(of(emission.nox_g, emission.nox_low_g, emission.nox_high_g))],
    [
      speech.say("emission.exhaust"),
      mass(of(emission.pm_g, emission.pm_low_g, emission.pm_high_g)),
    ],
    [speech.say("emission.energy"), maybeNone(speech, "energy", energy)],
  );
  return { now, since };
}

/** With its interval; who surely emits nothing has none. */
function maybeNone(speech: Speech, quantity: Quantity, of: Estimate, per?: Per): string {
  return of.high > 0
    ? estimated(speech, quantity, of, per)
    : amount(speech, quantity, of.value, per);
}
