/** What is known of an emission, as named facts in the reader's language. Pure. */

import type { Emission, EmissionRate, Maybe, VehicleEmission } from "tilanne-client";
import type { EmissionBasis } from "../explanations";
import type { Speech } from "../i18n";
import type { Quantity } from "./amounts";
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
  const { value, low, high } = excessOf(rate);
  if (value < 0) {
    const saved = { value: -value, low: -high, high: -low };
    return speech.say("emission.saves", { amount: surplus(speech, "mass", saved, "h").join(" ") });
  }
  const whole = rate.value;
  const share = whole > 0 ? `, ${speech.quantity("percent", (value / whole) * 100)}` : "";
  return `${surplus(speech, "mass", { value, low, high }, "h").join(" ")}${share}`;
}

/** CO2 above free flow, of a queue or a message, g/h. */
export function excessFact(speech: Speech, excess_g_h: Maybe<number>): Fact[] {
  if (excess_g_h === null || excess_g_h === undefined) return [];
  const text = amount(speech, "mass", Math.abs(excess_g_h), "h");
  const key = excess_g_h < 0 ? "emission.saves" : "emission.adds";
  return [[speech.say("emission.queue"), speech.say(key, { amount: text })]];
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
  const each = perVehicleKm(window, measured(window.rates, measure).value);
  return each === undefined ? undefined : amount(speech, "mass", each, "km");
}

export function passengerKmText(speech: Speech, emission: Emission): string | undefined {
  const each = perPassengerKm(emissionWindow(emission));
  if (each === undefined) return undefined;
  return amount(speech, "mass", each, "km");
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
    add("emission.biogenic", biogenic && amount(speech, "mass", biogenic.value, "h"));
    if (isLink && emission.street_km > 0) {
      add("emission.co2_km", amount(speech, "mass", co2.value / emission.street_km, "km_h"));
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
  const { noise, signal_excess_co2_g_h: signals, queue_excess_co2_g_h: queues } = emission;
  const sound = isLink ? "emission.noise_link" : "emission.noise_area";
  add(sound, noise ? level(speech, noise.level_db) : undefined);
  if (signals > 0) add("emission.signals", amount(speech, "mass", signals, "h"));
  if (queues > 0) add("emission.queues", amount(speech, "mass", queues, "h"));
  if (!isLink) add("emission.known", knownText(speech, emission));
  add("emission.factor_set", emission.factor_set);
  return facts;
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
    [speech.say("basis.gradient"), one("unit.percent_1", basis.gradient_percent)],
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
  const { co2_g_passenger_km: passenger, distance_km, co2_g } = emission;
  const mass = (value: number): string => amount(speech, "mass", value);
  const now: Fact[] = [
    [speech.say("vehicle_emission.class"), speech.word("vehicle_class", emission.vehicle_class)],
    [
      speech.say("vehicle_emission.power"),
      // A kilowatt is 3.6 megajoules an hour.
      amount(speech, "power", emission.power_kw * 3.6),
    ],
    [speech.say("vehicle_emission.co2"), amount(speech, "mass", emission.co2_g_s, "s")],
  ];
  if (passenger !== null && passenger !== undefined) {
    now.push([speech.say("vehicle_emission.passenger"), amount(speech, "mass", passenger, "km")]);
  }
  now.push([
    speech.say("vehicle_emission.method"),
    speech.word("emission_method", emission.method),
  ]);
  const since: Fact[] = [
    [speech.say("vehicle_emission.distance"), speech.length(distance_km * 1_000)],
    [speech.say("scale.co2"), mass(co2_g)],
  ];
  if (distance_km > 0) {
    since.push([
      speech.say("vehicle_emission.km"),
      amount(speech, "mass", co2_g / distance_km, "km"),
    ]);
  }
  since.push(
    [speech.say("scale.nox"), mass(emission.nox_g)],
    [speech.say("emission.exhaust"), mass(emission.pm_g)],
    [speech.say("emission.energy"), amount(speech, "energy", emission.energy_mj)],
  );
  return { now, since };
}
