/** What a road weather station measures, as named facts: each value with its unit and its age. */

import type { Maybe, TimedValue, Weather } from "tilanne-client";
import type { Speech } from "../../i18n";
import { texts } from "../../i18n";
import { SURFACES, known } from "../../map/palette";
import { WEATHER_CURRENT_FOR_MS } from "../../map/weather";
import {
  celsius,
  faultText,
  millimetres,
  millimetresAnHour,
  surfaceText,
} from "../../weather_words";
import type { Facts, Section } from "./facts";
import { Collector, provenance } from "./facts";

const TEXTS = texts({
  en: {
    station: "Road weather station",
    road: "On the road",
    sky: "In the air",
    surface: "Surface",
    road_temperature: "Temperature",
    air_temperature: "Temperature",
    water: "Water",
    snow: "Snow, as water",
    ice: "Ice, as water",
    precipitation: "Rain or snow, as water",
    old: "{value} · {age} old, not current",
    worst: "Of several sensors, the one that is worst for driving.",
    note: "What counts",
    equipment: "Equipment",
    sound: "in order",
  },
  fi: {
    station: "Tiesääasema",
    road: "Tiellä",
    sky: "Ilmassa",
    surface: "Tienpinta",
    road_temperature: "Lämpötila",
    air_temperature: "Lämpötila",
    water: "Vettä",
    snow: "Lunta, vetenä",
    ice: "Jäätä, vetenä",
    precipitation: "Sade, vetenä",
    old: "{value} · {age} vanha, ei ajantasainen",
    worst: "Usean anturin arvoista ajamisen kannalta huonoin.",
    note: "Mikä näytetään",
    equipment: "Laitteisto",
    sound: "kunnossa",
  },
  sv: {
    station: "Vägväderstation",
    road: "På vägen",
    sky: "I luften",
    surface: "Väglag",
    road_temperature: "Temperatur",
    air_temperature: "Temperatur",
    water: "Vatten",
    snow: "Snö, som vatten",
    ice: "Is, som vatten",
    precipitation: "Nederbörd, som vatten",
    old: "{value} · {age} gammal, inte aktuell",
    worst: "Av flera givare den som är sämst för körningen.",
    note: "Vad som visas",
    equipment: "Utrustning",
    sound: "i ordning",
  },
});

type Fact = [name: string, value: string];

export function weatherFacts(speech: Speech, weather: Weather, nowMs: number): Facts {
  const say = speech.of(TEXTS);
  const aged = (text: string, time_ms: number): string => {
    const age = speech.span(nowMs - time_ms);
    const current = nowMs - time_ms <= WEATHER_CURRENT_FOR_MS;
    return current ? `${text} · ${age}` : say("old", { value: text, age });
  };
  const fact = (
    key: Parameters<typeof say>[0],
    timed: Maybe<TimedValue>,
    write: (speech: Speech, value: number) => string,
  ): Fact[] => (timed ? [[say(key), aged(write(speech, timed.value), timed.time_ms)]] : []);
  const { station, road_surface: lies } = weather;
  const surface: Fact[] = [
    [
      say("surface"),
      lies
        ? aged(surfaceText(speech, known(SURFACES, lies.surface)), lies.time_ms)
        : surfaceText(speech, "unspecified"),
    ],
  ];
  const road: Section = {
    title: say("road"),
    facts: [
      ...surface,
      ...fact("road_temperature", weather.road_temperature_c, celsius),
      ...fact("water", weather.water_mm, millimetres),
      ...fact("snow", weather.snow_mm, millimetres),
      ...fact("ice", weather.ice_mm, millimetres),
      [say("note"), say("worst")],
    ],
  };
  const sky: Section = {
    title: say("sky"),
    facts: [
      ...fact("air_temperature", weather.air_temperature_c, celsius),
      ...fact("precipitation", weather.precipitation_mm_h, millimetresAnHour),
    ],
  };
  const { facts } = new Collector(speech).word(
    "detail.collection",
    "collection",
    station.collection_status,
  );
  const equipment: Fact[] = [[say("equipment"), faultText(speech, weather) ?? say("sound")]];
  return {
    title: (station.name ?? weather.id).replaceAll("_", " "),
    subtitle: say("station"),
    sections: [
      road,
      sky,
      { title: undefined, facts: [...equipment, ...facts] },
      provenance(speech, weather, nowMs),
    ],
  };
}
