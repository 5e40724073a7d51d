/**
 * What is searched: objects of the picture, of which the server's answers have only some parts, and
 * stops, which the server alone knows.
 */

import type { Area, Detector, Link, Picture, Situation, Stop, Weather } from "tilanne-client";
import { isObject } from "../json";
import type { ShownVehicle } from "../stream/vehicle_fields";

export type VehicleThing = Pick<ShownVehicle, "id" | "report">;
export type LinkThing = Pick<Link, "id" | "name" | "line">;
/** Large boundaries are asked for when the area is gone to. */
export type AreaThing = Pick<Area, "id" | "name" | "kind"> & Partial<Pick<Area, "boundary">>;
export type DetectorThing = Pick<Detector, "id" | "station">;
export type WeatherThing = Pick<Weather, "id" | "station">;
export type SituationThing = Pick<Situation, "id" | "record">;

export interface Things {
  readonly vehicles: ReadonlyMap<string, VehicleThing>;
  readonly links: ReadonlyMap<string, LinkThing>;
  readonly areas: ReadonlyMap<string, AreaThing>;
  readonly detectors: ReadonlyMap<string, DetectorThing>;
  readonly weather: ReadonlyMap<string, WeatherThing>;
  readonly situations: ReadonlyMap<string, SituationThing>;
  readonly stops: ReadonlyMap<string, Stop>;
}

export type ThingKind = keyof Things;

export const NO_THINGS: Things = {
  vehicles: new Map(),
  links: new Map(),
  areas: new Map(),
  detectors: new Map(),
  weather: new Map(),
  situations: new Map(),
  stops: new Map(),
};

export function thingsOf(picture: Picture): Things {
  return {
    vehicles: picture.layer("vehicles"),
    links: picture.layer("links"),
    areas: picture.layer("areas"),
    detectors: picture.layer("detectors"),
    weather: picture.layer("weather"),
    situations: picture.layer("situations"),
    stops: NO_THINGS.stops,
  };
}

/** Each object once: from the first that has it. */
export function* each<T>(all: readonly ReadonlyMap<string, T>[]): Generator<T> {
  for (const [index, things] of all.entries()) {
    const before = all.slice(0, index);
    for (const [id, thing] of things) {
      if (!before.some((earlier) => earlier.has(id))) yield thing;
    }
  }
}

/** Objects, or stops, of the server's answer; what is none is left out. */
export function readThings<T extends { id: string }>(answer: unknown): Map<string, T> {
  const objects = isObject(answer) ? (answer["objects"] ?? answer["stops"]) : undefined;
  const things = Array.isArray(objects) ? objects.filter(isThing) : [];
  return new Map(things.map((thing) => [thing.id, thing as T]));
}

/** Whether the server has more than it has sent. */
export function hasMore(answer: unknown): boolean {
  return isObject(answer) && typeof answer["next"] === "string";
}

function isThing(value: unknown): value is { id: string } {
  return isObject(value) && typeof value["id"] === "string";
}
