/** What the reasons of rejection and of leaving out are called; those of quarantine are verdicts. */

import type { Speech } from "./i18n";
import { texts } from "./i18n";

const TEXTS = texts({
  en: {
    malformed: "broken or cut off",
    wrong_type: "a value of another type",
    missing_field: "a field is missing",
    out_of_range: "a value that cannot be",
    unknown_kind: "unknown kind of message",
    wrong_unit: "unknown unit",
    too_large: "too large",
    not_this_format: "another format altogether",
    not_requested: "not asked for",
    passenger_count: "passenger count",
    sensor_fault: "the sensor is faulty",
    service_message: "about the publisher's service",
    test_station: "test station",
    unknown_entity: "unknown kind of entity",
    unknown_sensor: "unknown sensor",
    hourly_window: "an hour's mean: too long to be a state",
    layer_full: "no room for more of its kind",
    too_many_sensors: "too many sensors",
    unknown_direction: "unknown direction",
    unknown_quantity: "unknown quantity",
    unknown_window: "unknown period of measurement",
    undecodable: "could not be decoded",
    other: "other reasons",
  },
  fi: {
    malformed: "rikki tai katkennut",
    wrong_type: "väärän tyyppinen arvo",
    missing_field: "kenttä puuttuu",
    out_of_range: "mahdoton arvo",
    unknown_kind: "tuntematon viestilaji",
    wrong_unit: "tuntematon yksikkö",
    too_large: "liian suuri",
    not_this_format: "aivan eri muotoa",
    not_requested: "ei pyydetty",
    passenger_count: "matkustajamäärä",
    sensor_fault: "anturi on viallinen",
    service_message: "koskee julkaisijan palvelua",
    test_station: "koeasema",
    unknown_entity: "tuntematon kohdelaji",
    unknown_sensor: "tuntematon anturi",
    hourly_window: "tunnin keskiarvo: liian pitkä tilannetiedoksi",
    layer_full: "lajille varattu tila on täynnä",
    too_many_sensors: "liian monta anturia",
    unknown_direction: "tuntematon suunta",
    unknown_quantity: "tuntematon suure",
    unknown_window: "tuntematon mittausjakso",
    undecodable: "ei voitu purkaa",
    other: "muut syyt",
  },
  sv: {
    malformed: "trasig eller avbruten",
    wrong_type: "värde av fel typ",
    missing_field: "ett fält saknas",
    out_of_range: "omöjligt värde",
    unknown_kind: "okänd typ av meddelande",
    wrong_unit: "okänd enhet",
    too_large: "för stor",
    not_this_format: "ett helt annat format",
    not_requested: "inte begärd",
    passenger_count: "passagerarantal",
    sensor_fault: "fel på givaren",
    service_message: "gäller utgivarens tjänst",
    test_station: "provstation",
    unknown_entity: "okänd typ av objekt",
    unknown_sensor: "okänd givare",
    hourly_window: "timmedelvärde: för långt för en lägesbild",
    layer_full: "utrymmet för typen är fullt",
    too_many_sensors: "för många givare",
    unknown_direction: "okänd riktning",
    unknown_quantity: "okänd storhet",
    unknown_window: "okänd mätperiod",
    undecodable: "kunde inte avkodas",
    other: "övriga orsaker",
  },
});

type Reason = keyof (typeof TEXTS)["en"];

/** The word for a reason of an outcome; one that this page does not know is its own word. */
export function reasonWord(speech: Speech, outcome: string, reason: string): string {
  if (outcome !== "quarantined" && Object.hasOwn(TEXTS.en, reason)) {
    return speech.of(TEXTS)(reason as Reason);
  }
  return speech.word("verdict", reason);
}
