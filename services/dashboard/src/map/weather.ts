/**
 * Road weather stations: a sign with the road's temperature, whose picture and colour say what lies
 * on the road. Slippery ones are filled. What is not current, or comes from a station with a fault,
 * is grey in a broken frame.
 */

import type { Maybe, Picture, Position, TimedValue, Weather } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import { LIGHT, SURFACES, known } from "./palette";
import type { Palette, Surface } from "./palette";
import type { Drawing } from "./shapes";
import { ShapeLayer } from "./shapes";
import { addWeatherSign } from "./weather_signs";

/**
 * A value older than this is not current. Stations measure every minute to every twelve, so by then
 * two measurements of the slowest are missing.
 */
export const WEATHER_CURRENT_FOR_MS = 25 * 60_000;
/** States of equipment that its publisher trusts. */
const SOUND: readonly string[] = ["OK", "OK_FAULT_DOUBT_CANCELLED", "REPAIR_MAINTENANCE_DONE"];
const LAYER_ID = "weather";
/** Further out a sign is only its picture. Whole: MapLibre chooses images by the zoom of tiles. */
const TEMPERATURES_FROM_ZOOM = 10;

/** The value, when it is of now. */
export function currentValue(timed: Maybe<TimedValue>, nowMs: number): number | undefined {
  return timed && nowMs - timed.time_ms <= WEATHER_CURRENT_FOR_MS ? timed.value : undefined;
}

export function currentSurface({ road_surface }: Weather, nowMs: number): Surface {
  const current = road_surface && nowMs - road_surface.time_ms <= WEATHER_CURRENT_FOR_MS;
  return current ? known(SURFACES, road_surface.surface) : "unspecified";
}

/** Whether the publisher doubts the station, or has taken it out of use. */
export function isFaulty({ station }: Weather): boolean {
  const { state, collection_status } = station;
  return collection_status.startsWith("removed") || (!!state && !SOUND.includes(state));
}

/** How bad for driving it is now, the most first; what is not known or not sound comes last. */
export function slipperiness(weather: Weather, nowMs: number): number {
  const surface = currentSurface(weather, nowMs);
  if (surface === "unspecified") return -1;
  return isFaulty(weather) ? -0.5 : SURFACES.indexOf(surface);
}

/** A temperature on a sign: to a tenth near the freezing point, where it matters; "" for none. */
export function temperatureText(celsius: number | undefined, decimal: string): string {
  if (celsius === undefined) return "";
  const digits = Math.abs(celsius) < 9.95 ? 1 : 0;
  const size = Math.abs(celsius).toFixed(digits);
  const sign = Number(size) === 0 ? "" : celsius < 0 ? "−" : "+";
  return `${sign}${size.replace(".", decimal)}°`;
}

/** What a sign shows. */
export interface WeatherLook {
  surface: Surface;
  text: string;
  grey: boolean;
}

export function weatherLook(weather: Weather, nowMs: number, decimal: string): WeatherLook {
  const surface = currentSurface(weather, nowMs);
  const text = temperatureText(currentValue(weather.road_temperature_c, nowMs), decimal);
  return { surface, text, grey: isFaulty(weather) || (surface === "unspecified" && text === "") };
}

export class WeatherLayer extends ShapeLayer {
  readonly layer = "weather";
  private palette: Palette = LIGHT;

  /** @param decimal the sign that the reader's language puts before tenths */
  constructor(private readonly decimal: () => string) {
    super("weather", [LAYER_ID], [LAYER_ID]);
  }

  position(id: string): Position | undefined {
    return this.picture?.layer("weather").get(id)?.station.position ?? undefined;
  }

  protected addStyleLayers(map: MapLibre, palette: Palette): void {
    this.palette = palette;
    map.addLayer({
      id: LAYER_ID,
      type: "symbol",
      source: this.source,
      layout: {
        "icon-image": [
          "step",
          ["zoom"],
          ["get", "picture"],
          TEMPERATURES_FROM_ZOOM,
          ["get", "sign"],
        ],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.7, 10, 0.85, 13, 1],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "rank"],
      },
    });
  }

  protected draw(picture: Picture, nowMs: number): Drawing {
    const stations = [...picture.layer("weather").values()].flatMap((weather) => {
      const { position } = weather.station;
      const look = weatherLook(weather, nowMs, this.decimal());
      return position
        ? [{ id: weather.id, position, look, rank: slipperiness(weather, nowMs) }]
        : [];
    });
    return {
      look: JSON.stringify(stations),
      features: () =>
        stations.map(({ id, position, look, rank }) => ({
          type: "Feature",
          properties: { id, rank, ...this.images(look) },
          geometry: { type: "Point", coordinates: [position.longitude_deg, position.latitude_deg] },
        })),
    };
  }

  /** Images of a sign, which the map is given. */
  private images(look: WeatherLook): { sign: string; picture: string } {
    const { map, palette } = this;
    if (map === undefined) return { sign: "", picture: "" };
    return {
      sign: addWeatherSign(map, palette, look),
      picture: addWeatherSign(map, palette, { ...look, text: "" }),
    };
  }
}
