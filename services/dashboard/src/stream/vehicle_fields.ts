/**
 * What the page asks for of every vehicle: what its map, tables and search show. Thousands of them
 * move each second, and reading what nobody looks at would take the time of frames. All of the one
 * that is selected is asked for beside it.
 */

import type { Maybe, TripDescriptor, Vehicle, VehicleReport } from "tilanne-client";

const OF_REPORT = [
  "position",
  "bearing_deg",
  "mode",
  "delay_s",
  "speed_km_h",
  "route_short_name",
  "headsign",
  "label",
  "stop_id",
  "next_stop_id",
] as const;

const ROUTE = "route_id";

/** Paths in the JSON of a vehicle. */
export const VEHICLE_FIELDS: readonly string[] = [
  "position_time_ms",
  ...OF_REPORT.map((field) => `report.${field}`),
  `report.trip.${ROUTE}`,
];

/** A vehicle with what was asked for of it. */
export interface ShownVehicle extends Pick<Vehicle, "id" | "position_time_ms"> {
  report: Pick<VehicleReport, (typeof OF_REPORT)[number]> & {
    trip?: Maybe<Pick<TripDescriptor, typeof ROUTE>>;
  };
}
