/** What is said of a road weather station in the reader's language. Pure. */

import type { Weather } from "tilanne-client";
import type { Speech } from "./i18n";
import { texts } from "./i18n";
import type { Surface } from "./map/palette";
import { isFaulty } from "./map/weather";

const TEXTS = texts({
  en: {
    none: "no current value",
    road: "road {t}",
    air: "air {t}",
    rain: "{n} mm/h of rain or snow",
    mm_h: "{n} mm/h",
    mm: "{n} mm",
    FAULT_DOUBT: "fault suspected",
    FAULT_CONFIRMED: "out of order",
    FAULT_CONFIRMED_NOT_FIXED_IN_NEAR_FUTURE: "out of order, no repair soon",
    REPAIR_REQUEST_POSTED: "out of order, repair ordered",
    REPAIR_INTERRUPTED: "out of order, repair interrupted",
    fault: "fault",
  },
  fi: {
    none: "ei ajantasaista arvoa",
    road: "tie {t}",
    air: "ilma {t}",
    rain: "sadetta {n} mm/h",
    mm_h: "{n} mm/h",
    mm: "{n} mm",
    FAULT_DOUBT: "vikaa epäillään",
    FAULT_CONFIRMED: "epäkunnossa",
    FAULT_CONFIRMED_NOT_FIXED_IN_NEAR_FUTURE: "epäkunnossa, ei korjata lähiaikoina",
    REPAIR_REQUEST_POSTED: "epäkunnossa, korjaus tilattu",
    REPAIR_INTERRUPTED: "epäkunnossa, korjaus keskeytynyt",
    fault: "vika",
  },
  sv: {
    none: "inget aktuellt värde",
    road: "vägen {t}",
    air: "luften {t}",
    rain: "nederbörd {n} mm/h",
    mm_h: "{n} mm/h",
    mm: "{n} mm",
    FAULT_DOUBT: "fel misstänks",
    FAULT_CONFIRMED: "ur funktion",
    FAULT_CONFIRMED_NOT_FIXED_IN_NEAR_FUTURE: "ur funktion, repareras inte inom kort",
    REPAIR_REQUEST_POSTED: "ur funktion, reparation beställd",
    REPAIR_INTERRUPTED: "ur funktion, reparationen avbruten",
    fault: "fel",
  },
});

const FAULTS = [
  "FAULT_DOUBT",
  "FAULT_CONFIRMED",
  "FAULT_CONFIRMED_NOT_FIXED_IN_NEAR_FUTURE",
  "REPAIR_REQUEST_POSTED",
  "REPAIR_INTERRUPTED",
] as const;

/** "+4.2 °C". The sign is always said: it is what matters. */
export function celsius(speech: Speech, value: number): string {
  const tenths = Math.round(value * 10) / 10;
  const sign = tenths === 0 ? "" : tenths < 0 ? "−" : "+";
  return joined(speech.say("unit.celsius", { n: sign + speech.decimal(Math.abs(tenths)) }));
}

export function millimetres(speech: Speech, value: number): string {
  return joined(speech.of(TEXTS)("mm", { n: speech.decimal(value) }));
}

export function millimetresAnHour(speech: Speech, value: number): string {
  return joined(speech.of(TEXTS)("mm_h", { n: speech.decimal(value) }));
}

export function surfaceText(speech: Speech, surface: Surface): string {
  if (surface === "unspecified") return speech.of(TEXTS)("none");
  return speech.word("road_state", surface);
}

/** What is wrong with the station; nothing when it is sound. */
export function faultText(speech: Speech, weather: Weather): string | undefined {
  if (!isFaulty(weather)) return undefined;
  const { state, collection_status } = weather.station;
  if (collection_status.startsWith("removed")) return speech.word("collection", collection_status);
  const say = speech.of(TEXTS);
  const known = FAULTS.find((fault) => fault === state);
  return known === undefined ? `${say("fault")} (${state ?? ""})` : say(known);
}

/** The road's temperature, the air's, and what falls, in one line of a table. */
export function temperatureTexts(
  speech: Speech,
  { road, air, rain }: Readonly<Record<"road" | "air" | "rain", number | undefined>>,
): string[] {
  const say = speech.of(TEXTS);
  return [
    ...(road === undefined ? [] : [say("road", { t: celsius(speech, road) })]),
    ...(air === undefined ? [] : [say("air", { t: celsius(speech, air) })]),
    ...(rain === undefined || rain < 0.05 ? [] : [say("rain", { n: speech.decimal(rain) })]),
  ].map(joined);
}

/** A number and its unit stay on one line. */
function joined(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}
