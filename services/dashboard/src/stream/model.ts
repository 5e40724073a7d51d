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
  match?: Maybe<VehicleMatch>;
}

/** Where on the street network a vehicle was when that was last known. */
export interface VehicleMatch {
  event_time_ms: number;
  /** Empty when it is not known. */
  link: string;
  along_m: number;
  /** 0 to 1. */
  confidence: number;
  /** Why there is no link. */
  unknown?: Maybe<string>;
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

/** What the traffic on the links of a message shows. */
export interface SituationEffect {
  event_time_ms: number;
  links: string[];
  links_measured: number;
  speed_share_percent?: Maybe<number>;
  delay_s?: Maybe<number>;
  contradicted: boolean;
}

export interface Situation extends Stamped {
  record: SituationRecord;
  effect?: Maybe<SituationEffect>;
}

/** A value with the interval that holds the truth in nine of ten cases. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** Traffic on a link in one window of event time. */
export interface LinkWindow {
  duration_s: number;
  end_time_ms: number;
  speed_km_h: Estimate;
  method: string;
  vehicles: number;
  newest_sample_ms?: Maybe<number>;
  flow_veh_h?: Maybe<Estimate>;
  flow_method: string;
  density_veh_km?: Maybe<number>;
  occupancy_percent?: Maybe<number>;
  travel_time_s: number;
  delay_s: number;
  level_of_service: string;
  hcm_level: string;
  queue_m?: Maybe<number>;
  stopped_s?: Maybe<number>;
}

/** Traffic on one directed link of the street network. */
export interface Link {
  id: string;
  event_time_ms: number;
  name: string;
  class: string;
  length_m: number;
  lanes: number;
  speed_limit_km_h: number;
  /** In the direction of travel. */
  line: Position[];
  free_flow_speed_km_h: number;
  typical_speed_km_h?: Maybe<number>;
  minute: LinkWindow;
  five_minutes: LinkWindow;
  detectors?: Maybe<string[]>;
  situations?: Maybe<string[]>;
}

export interface Queue {
  id: string;
  event_time_ms: number;
  start_time_ms: number;
  trend: string;
  /** From the head upstream. */
  links: string[];
  length_m: number;
  length_m_max: number;
  speed_km_h: number;
  delay_s: number;
  irregular: boolean;
  situations?: Maybe<string[]>;
  merged?: Maybe<string[]>;
  position: Position;
}

/** Shares of the length of an area's streets, by how their speed is known; together 1. */
export interface Coverage {
  measured: number;
  fused: number;
  inferred: number;
  typical: number;
  unknown: number;
}

export interface Area {
  id: string;
  event_time_ms: number;
  /** `region`, `city`, `district`, `cell`, and what a newer server may add. */
  kind: string;
  name: string;
  street_km: number;
  coverage: Coverage;
  speed_km_h?: Maybe<number>;
  free_flow_speed_km_h?: Maybe<number>;
  traffic_veh_km_h: number;
  delay_veh_h_h: number;
  queue_km: number;
  /** A closed ring. */
  boundary: Position[];
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
  links: Link;
  queues: Queue;
  areas: Area;
}

export type Layer = keyof LayerObjects;

export const LAYERS: readonly Layer[] = [
  "vehicles",
  "detectors",
  "situations",
  "feeds",
  "links",
  "queues",
  "areas",
];

/** West, south, east, north in degrees. */
export type Box = readonly [number, number, number, number];

/** Where the picture comes from; everything but `live` is said on screen. */
export type Origin = "demo" | "live" | "replay";
