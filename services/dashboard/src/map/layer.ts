/** The seam of the map: what shows one layer of the picture. All are listed in `layers.ts`. */

import type { Changes, Layer, Picture, Position } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import type { Measure } from "../emission/measures";
import type { MessageKey } from "../i18n";
import { MEASURES } from "../emission/measures";
import type { Palette } from "./palette";

/** Points at one object of the picture. */
export interface Selection {
  layer: Layer;
  id: string;
}

/** What the colour of a street says: how traffic flows, or what it emits. */
export const TRAFFIC_SCALES = ["level", "share"] as const;
export const STREET_SCALES = [...TRAFFIC_SCALES, ...MEASURES] as const;
export type StreetScale = (typeof STREET_SCALES)[number];

/** The measure of emission that a scale shows, if any. */
export function measureOf(scale: StreetScale): Measure | undefined {
  return MEASURES.find((measure) => measure === scale);
}

/** What the colour of a vehicle says. */
export const VEHICLE_SCALES = ["mode", "punctuality"] as const;
export type VehicleScale = (typeof VEHICLE_SCALES)[number];

/** Layers of the map, in the order of their control; emissions are drawn by streets and areas. */
export const MAP_LAYERS = [
  "vehicles",
  "links",
  "queues",
  "situations",
  "detectors",
  "weather",
  "areas",
  "districts",
] as const;
export type MapLayerName = (typeof MAP_LAYERS)[number];

/** The layer of the picture that a layer of the map shows: of areas, cells and districts are two. */
export type ShownLayer<L extends MapLayerName> = L extends "districts" ? "areas" : L;

export function shownLayer(name: MapLayerName): ShownLayer<MapLayerName> {
  return name === "districts" ? "areas" : name;
}

export interface MapLayer {
  /** Its name in the control; `shownLayer` is the layer of the picture that it shows. */
  readonly layer: MapLayerName;
  /** Adds its sources, images and style layers. Called again after every change of the style. */
  install(map: MapLibre, palette: Palette): void;
  /** The picture changed; `nowMs` is the server's time, by which things age. */
  changed(picture: Picture, changes: Changes, nowMs: number): void;
  /** A second went by. */
  tick(picture: Picture, nowMs: number): void;
  show(visible: boolean): void;
  select(selection: Selection | undefined): void;
  /** What is drawn at a point of the screen, given in CSS pixels of the map. */
  pick(point: { x: number; y: number }): Selection | undefined;
  /** What lies under all that: large shapes, which must not be in the way of small ones. */
  pickGround?(point: { x: number; y: number }): Selection | undefined;
  /** Whether it marks a selected object itself; else the map puts a ring round its place. */
  readonly marksSelection?: boolean;
  /** What is to be said over the map when it cannot be drawn. */
  readonly remark?: MessageKey | undefined;
  /** By what streets and cells are coloured. */
  colourBy?(scale: StreetScale): void;
  /** By what vehicles are coloured. */
  paintBy?(scale: VehicleScale): void;
  /** Where an object is drawn now. */
  position(id: string): Position | undefined;
}
