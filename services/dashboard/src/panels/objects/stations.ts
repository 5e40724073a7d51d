/** Stations beside the road as rows: detectors by direction, and road weather. */

import type { Detector, DetectorDirection, Maybe, TimedValue, Weather } from "tilanne-client";
import type { Speech } from "../../i18n";
import { CURRENT_FOR_MS, currentLevel, worstLevel } from "../../map/detectors";
import { LEVELS } from "../../map/palette";
import { currentSurface, currentValue, slipperiness } from "../../map/weather";
import { faultText, surfaceText, temperatureTexts } from "../../weather_words";
import type { Listed } from "./rows";
import { parts } from "./rows";
import { levelText } from "./streets";
import { TEXTS } from "./texts";

/** What a direction measures now. */
function directionText(speech: Speech, direction: DetectorDirection, nowMs: number): string {
  const current = (timed: Maybe<TimedValue>): number | undefined =>
    timed && nowMs - timed.time_ms <= CURRENT_FOR_MS ? timed.value : undefined;
  const speed = current(direction.speed_km_h);
  const flow = current(direction.flow_veh_h);
  return speech.of(TEXTS)("direction", {
    number: speech.number(direction.direction),
    values: parts(
      levelText(speech, currentLevel(direction, nowMs)),
      speed === undefined ? undefined : speech.quantity("km_h", speed),
      flow === undefined ? undefined : speech.quantity("veh_h", flow),
    ),
  });
}

/** Detectors; those without a current value last. */
export function detectorRows(
  speech: Speech,
  detectors: readonly Detector[],
  nowMs: number,
): Listed[] {
  return detectors.map((detector) => {
    const level = worstLevel(detector, nowMs);
    const directions = [...(detector.directions ?? [])].sort((a, b) => a.direction - b.direction);
    const texts = directions.map((direction) => directionText(speech, direction, nowMs));
    return {
      id: detector.id,
      name: detector.station?.name ?? detector.id,
      badness: level === "unspecified" ? -1 : LEVELS.indexOf(level),
      row: () => ({
        state: texts.length === 0 ? levelText(speech, "unspecified") : texts.join("; "),
        timeMs: detector.event_time_ms,
      }),
    };
  });
}

/** Colder roads come first among those that are as slippery; this is more than any temperature, °C. */
const SURFACE_C = 1_000;

/** Road weather stations, the most slippery first. */
export function weatherRows(speech: Speech, stations: readonly Weather[], nowMs: number): Listed[] {
  return stations.map((weather) => {
    const road = currentValue(weather.road_temperature_c, nowMs);
    return {
      id: weather.id,
      name: (weather.station.name ?? weather.id).replaceAll("_", " "),
      badness: slipperiness(weather, nowMs) * SURFACE_C - (road ?? 0),
      row: () => ({
        state: parts(
          faultText(speech, weather),
          surfaceText(speech, currentSurface(weather, nowMs)),
          ...temperatureTexts(speech, {
            road,
            air: currentValue(weather.air_temperature_c, nowMs),
            rain: currentValue(weather.precipitation_mm_h, nowMs),
          }),
        ),
        timeMs: weather.event_time_ms,
      }),
    };
  });
}
