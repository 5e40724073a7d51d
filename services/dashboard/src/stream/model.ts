/**
 * The objects of the picture as the gateway writes them in JSON; units are in the names.
 * Meaning of each field: `proto/tilanne/v1/*.proto`. What is not known is `null` or left out.
 */

/** A value that may be missing; missing is not zero, and unknown is not empty. */
export type Maybe<T> = T | null | undefined;

export interface Position {
  longitude_deg: number;
  latitude_deg: number;
}

/** What every object of the picture has. */
export interface Stamped {
  id: string;
  feed: string;
  event_time_ms: number;
  received_time_ms: number;
  verdicts?: Maybe<string[]>;
}

export interface TripDescriptor {
  trip_id?: Maybe<string>;
  route_id?: Maybe<string>;
  direction_id?: Maybe<number>;
  start_date?: Maybe<string>;
  start_time_s?: Maybe<number>;
  relationship?: Maybe<string>;
}

export interface VehicleReport {
  kind?: Maybe<string>;
  phase?: Maybe<string>;
  mode?: Maybe<string>;
  position?: Maybe<Position>;
  bearing_deg?: Maybe<number>;
  speed_km_h?: Maybe<number>;
  delay_s?: Maybe<number>;
  doors_open?: Maybe<boolean>;
  occupancy_percent?: Maybe<number>;
  occupancy_status?: Maybe<string>;
  trip?: Maybe<TripDescriptor>;
  route_short_name?: Maybe<string>;
  headsign?: Maybe<string>;
  stop_id?: Maybe<string>;
  next_stop_id?: Maybe<string>;
  stop_status?: Maybe<string>;
  location_source?: Maybe<string>;
  operator_id?: Maybe<string>;
  label?: Maybe<string>;
}

export interface Vehicle extends Stamped {
  report: VehicleReport;
  /** Time of the believed fix; older than the event when the newest report had none. */
  position_time_ms?: Maybe<number>;
}

export interface TimedValue {
  value: number;
  time_ms: number;
}

export interface DetectorDirection {
  direction: number;
  speed_km_h?: Maybe<TimedValue>;
  flow_veh_h?: Maybe<TimedValue>;
  speed_share_percent?: Maybe<TimedValue>;
  flow_share_percent?: Maybe<TimedValue>;
  occupancy_percent?: Maybe<TimedValue>;
  level_of_service?: Maybe<string>;
  free_flow_speed_km_h?: Maybe<number>;
}

export interface Detector extends Stamped {
  station?: Maybe<{
    name?: Maybe<string>;
    position?: Maybe<Position>;
    bearing_deg?: Maybe<number>;
    collection_status?: Maybe<string>;
    state?: Maybe<string>;
  }>;
  directions?: Maybe<DetectorDirection[]>;
}

export interface Geometry {
  points?: Maybe<Position[]>;
  lines?: Maybe<Position[][]>;
  polygons?: Maybe<Position[][][]>;
}

export interface SituationRecord {
  type?: Maybe<string>;
  announcement_type?: Maybe<string>;
  phase?: Maybe<string>;
  release_time_ms?: Maybe<number>;
  version_time_ms?: Maybe<number>;
  start_time_ms?: Maybe<number>;
  end_time_ms?: Maybe<number>;
  geometry?: Maybe<Geometry>;
  language?: Maybe<string>;
  title?: Maybe<string>;
  description?: Maybe<string>;
  comment?: Maybe<string>;
  features?: Maybe<string[]>;
  municipality?: Maybe<string>;
  road_number?: Maybe<number>;
}

export interface Situation extends Stamped {
  record: SituationRecord;
}

export interface Feed {
  id: string;
  watermark_ms: number;
  status_time_ms: number;
  connection: string;
  error?: Maybe<string>;
  received: number;
  applied: number;
  superseded: number;
  duplicate: number;
  rejected: number;
  quarantined: number;
  dropped: number;
  reasons?: Maybe<{ outcome: string; reason: string; count: number }[]>;
  last_received_ms?: Maybe<number>;
  last_event_ms?: Maybe<number>;
  imbalances?: Maybe<number>;
}

/** The layers that this page subscribes to, with the object each is made of. */
export interface LayerObjects {
  vehicles: Vehicle;
  detectors: Detector;
  situations: Situation;
  feeds: Feed;
}

export type Layer = keyof LayerObjects;

export const LAYERS: readonly Layer[] = ["vehicles", "detectors", "situations", "feeds"];

/** West, south, east, north in degrees. */
export type Box = readonly [number, number, number, number];

/** Where the picture comes from; everything but `live` is said on screen. */
export type Origin = "demo" | "live" | "replay";
