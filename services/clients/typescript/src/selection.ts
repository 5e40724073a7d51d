/** What a subscription is about. */

import type { Box, Layer } from "./model.js";

/** Longitude and latitude in degrees. */
export type Point = readonly [number, number];

/** What is near a line. */
export interface Corridor {
  /** 2 to 1,000 points. */
  line: readonly Point[];
  /** Both sides together, 1 to 100,000 m. */
  width_m: number;
}

/** Where: all that is said must hold. Without any of it everything, also what has no place. */
export interface Place {
  bbox?: Box;
  /** 3 to 1,000 corners. */
  polygon?: readonly Point[];
  corridor?: Corridor;
  /** Id of a city of the region. */
  city?: string;
  /** Id of a district or postal area. */
  district?: string;
  /** Route of public transport: vehicles and trips on it, and messages about it. */
  route?: string;
  /** At most 1,000. */
  ids?: readonly string[];
}

/** Which objects of the picture. */
export interface Selection extends Place {
  region: string;
  /** At least one. */
  layers: readonly Layer[];
  /** A condition on the properties, in CQL2 text: `report.mode = 'tram' AND report.delay_s > 120`. */
  filter?: string;
  /**
   * What of each object, by layer: paths in its JSON, such as `report.position`, alone or with all
   * that is below them. The id is always there, all else is missing, whatever the types say.
   * Layers that are not named come whole.
   */
  fields?: { readonly [L in Layer]?: readonly string[] };
}

/** Which events. Begins at a cursor, an offset or a time, or now. */
export interface EventSelection extends Place {
  region: string;
  /** Such as `vehicle_position`; all without it. */
  kinds?: readonly string[];
  /** Names of feeds; all without it. */
  feeds?: readonly string[];
  /** `EventStream.cursor` of an earlier stream. */
  cursor?: string;
  /** Number of the first event. */
  offset?: number;
  /** What was received at this time or later. */
  time_ms?: number;
}
