/** The seam of the map: what shows one layer of the picture. All are listed in `layers.ts`. */

import type { Changes, Layer, Picture, Position } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import type { Measure } from "../emission/measures";
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

/** Layers of the picture with a place on the map; emissions are drawn by streets and areas. */
export type MapLayerName = Exclude<
  Layer,
  "feeds" | "trips" | "weather" | "link_emissions" | "area_emissions"
>;

export interface MapLayer {
  /** The layer of the picture that it shows. */
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
  /** By what streets and cells are coloured. */
  colourBy?(scale: StreetScale): void;
  /** Where an object is drawn now. */
  position(id: string): Position | undefined;
}
