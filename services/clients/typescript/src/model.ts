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

/** What a vehicle asked of a traffic signal. */
export interface SignalPriority {
  granted?: Maybe<boolean>;
  junction_id?: Maybe<number>;
  request_id?: Maybe<number>;
  signal_group?: Maybe<number>;
}

export interface VehicleReport {
  kind?: Maybe<string>;
  phase?: Maybe<string>;
  mode?: Maybe<string>;
  position?: Maybe<Position>;
  bearing_deg?: Maybe<number>;
  speed_km_h?: Maybe<number>;
  acceleration_m_s2?: Maybe<number>;
  odometer_m?: Maybe<number>;
  delay_s?: Maybe<number>;
  doors_open?: Maybe<boolean>;
  occupancy_percent?: Maybe<number>;
  occupancy_status?: Maybe<string>;
  trip?: Maybe<TripDescriptor>;
  route_short_name?: Maybe<string>;
  headsign?: Maybe<string>;
  stop_id?: Maybe<string>;
  next_stop_id?: Maybe<string>;
  stop_sequence?: Maybe<number>;
  stop_status?: Maybe<string>;
  location_source?: Maybe<string>;
  signal_priority?: Maybe<SignalPriority>;
  operator_id?: Maybe<string>;
  label?: Maybe<string>;
}

export interface Vehicle extends Stamped {
  report: VehicleReport;
  /** Time of the believed fix; older than the event when the newest report had none. */
  position_time_ms?: Maybe<number>;
  match?: Maybe<VehicleMatch>;
  /** What it emits; only of public transport. */
  emission?: Maybe<VehicleEmission>;
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

/** Constants of a direction of a detector in a part of the year. */
export interface DetectorConstant {
  direction: number;
  valid_from_mmdd: number;
  valid_to_mmdd: number;
  free_flow_speed_km_h?: Maybe<number>;
  max_flow_veh_h?: Maybe<number>;
}

export interface DetectorStation {
  name?: Maybe<string>;
  tms_number?: Maybe<number>;
  position?: Maybe<Position>;
  bearing_deg?: Maybe<number>;
  collection_status?: Maybe<string>;
  state?: Maybe<string>;
  constants?: Maybe<DetectorConstant[]>;
}

export interface Detector extends Stamped {
  station?: Maybe<DetectorStation>;
  directions?: Maybe<DetectorDirection[]>;
}

export interface Geometry {
  points?: Maybe<Position[]>;
  lines?: Maybe<Position[][]>;
  polygons?: Maybe<Position[][][]>;
}

/** What a message of public transport is about. */
export interface InformedEntity {
  agency_id?: Maybe<string>;
  route_id?: Maybe<string>;
  stop_id?: Maybe<string>;
  trip?: Maybe<TripDescriptor>;
}

export interface SituationRecord {
  type?: Maybe<string>;
  announcement_type?: Maybe<string>;
  phase?: Maybe<string>;
  version?: Maybe<number>;
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
  cause?: Maybe<string>;
  effect?: Maybe<string>;
  informed_entities?: Maybe<InformedEntity[]>;
  municipality?: Maybe<string>;
  road_number?: Maybe<number>;
  road_direction?: Maybe<string>;
}

/** What the traffic on the links of a message shows. */
export interface SituationEffect {
  event_time_ms: number;
  links: string[];
  links_measured: number;
  speed_share_percent?: Maybe<number>;
  delay_s?: Maybe<number>;
  contradicted: boolean;
  excess_co2_g_h?: Maybe<number>;
  excess_co2_low_g_h?: Maybe<number>;
  excess_co2_high_g_h?: Maybe<number>;
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
  /** Closed to all traffic: a traffic message says so, or what a replay is to assume. */
  closed: boolean;
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
  excess_co2_g_h?: Maybe<number>;
  excess_co2_low_g_h?: Maybe<number>;
  excess_co2_high_g_h?: Maybe<number>;
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

/** What is emitted of one pollutant now, g/h; of energy MJ/h, of particle numbers 1e12/h. */
export interface EmissionRate extends Estimate {
  /** Now minus the same traffic at free flow, with its interval. */
  excess: number;
  excess_low: number;
  excess_high: number;
}

/** The same in all: g, MJ, 1e12. */
export type EmissionAmount = EmissionRate;

/** By the pollutants' names; what is nothing is left out. */
export type ByPollutant = Readonly<Record<string, EmissionRate | undefined>>;

/** Emission in one window of event time. */
export interface EmissionWindow {
  /** 0 before the first window is over. */
  duration_s: number;
  end_time_ms: number;
  vehicle_km: number;
  transit_vehicle_km: number;
  transit_passenger_km?: Maybe<number>;
  transit_co2_g_passenger_km?: Maybe<number>;
  transit_co2_low_g_passenger_km?: Maybe<number>;
  transit_co2_high_g_passenger_km?: Maybe<number>;
  transit_co2_g_h: number;
  transit_co2_low_g_h: number;
  transit_co2_high_g_h: number;
  rates: ByPollutant;
}

/** Sound power: of a link per metre, of an area in all. */
export interface Noise {
  /** A-weighted. */
  level_db: Estimate;
  /** 63 Hz to 8 kHz, not weighted. */
  octave_db: number[];
}

export interface EmissionTotal {
  /** `hour`, `day`, `week`. */
  period: string;
  start_time_ms: number;
  end_time_ms: number;
  complete: boolean;
  /** Five-minute windows in it. */
  windows: number;
  vehicle_km: number;
  amounts: ByPollutant;
}

export interface EmissionAlternative {
  factor_set: string;
  co2_g_h: number;
  co2_low_g_h: number;
  co2_high_g_h: number;
  nox_g_h: number;
  nox_low_g_h: number;
  nox_high_g_h: number;
  pm_exhaust_g_h: number;
  pm_exhaust_low_g_h: number;
  pm_exhaust_high_g_h: number;
}

/** The weather that the emission of an area was computed with. */
export interface EmissionWeather {
  temperature_c: number;
  temperature_source: string;
  temperature_stations: number;
  road_state: string;
  road_source: string;
  road_stations: number;
}

/** What the traffic on a link or in an area emits. */
export interface Emission {
  id: string;
  event_time_ms: number;
  /** Missing of a link. */
  kind?: Maybe<string>;
  name: string;
  factor_set: string;
  known_street_km: number;
  street_km: number;
  minute: EmissionWindow;
  five_minutes: EmissionWindow;
  noise?: Maybe<Noise>;
  signal_excess_co2_g_h: number;
  signal_excess_co2_low_g_h: number;
  signal_excess_co2_high_g_h: number;
  queue_excess_co2_g_h: number;
  queue_excess_co2_low_g_h: number;
  queue_excess_co2_high_g_h: number;
  totals?: Maybe<EmissionTotal[]>;
  alternatives?: Maybe<EmissionAlternative[]>;
  weather?: Maybe<EmissionWeather>;
  /** Line of the link, boundary of the area. */
  line: Position[];
}

/** What one vehicle emits. */
export interface VehicleEmission {
  event_time_ms: number;
  vehicle_class: string;
  method: string;
  power_kw: number;
  power_low_kw: number;
  power_high_kw: number;
  co2_g_s: number;
  co2_low_g_s: number;
  co2_high_g_s: number;
  distance_km: number;
  energy_mj: number;
  energy_low_mj: number;
  energy_high_mj: number;
  co2_g: number;
  co2_low_g: number;
  co2_high_g: number;
  nox_g: number;
  nox_low_g: number;
  nox_high_g: number;
  pm_g: number;
  pm_low_g: number;
  pm_high_g: number;
  co2_g_passenger_km?: Maybe<number>;
  co2_low_g_passenger_km?: Maybe<number>;
  co2_high_g_passenger_km?: Maybe<number>;
}

/** A moment at a stop, as expected or as it was. */
export interface StopTimeEvent {
  time_ms?: Maybe<number>;
  delay_s?: Maybe<number>;
  uncertainty_s?: Maybe<number>;
}

export interface StopTimeUpdate {
  stop_sequence?: Maybe<number>;
  stop_id?: Maybe<string>;
  arrival?: Maybe<StopTimeEvent>;
  departure?: Maybe<StopTimeEvent>;
  relationship?: Maybe<string>;
}

export interface TripUpdate {
  trip: TripDescriptor;
  vehicle_id?: Maybe<string>;
  delay_s?: Maybe<number>;
  stop_time_updates?: Maybe<StopTimeUpdate[]>;
}

/** A trip of public transport, as its publisher foresees it. */
export interface Trip extends Stamped {
  update: TripUpdate;
}

/** What lies on a road, and since when that is known. */
export interface TimedSurface {
  surface: string;
  time_ms: number;
}

export interface WeatherStation {
  name?: Maybe<string>;
  position?: Maybe<Position>;
  collection_status: string;
  state?: Maybe<string>;
}

/** A road weather station; what it does not measure is missing. */
export interface Weather extends Stamped {
  station: WeatherStation;
  air_temperature_c?: Maybe<TimedValue>;
  road_temperature_c?: Maybe<TimedValue>;
  road_surface?: Maybe<TimedSurface>;
  precipitation_mm_h?: Maybe<TimedValue>;
  water_mm?: Maybe<TimedValue>;
  snow_mm?: Maybe<TimedValue>;
  ice_mm?: Maybe<TimedValue>;
}

export interface ReasonCount {
  outcome: string;
  reason: string;
  count: number;
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
  reasons?: Maybe<ReasonCount[]>;
  last_received_ms?: Maybe<number>;
  last_event_ms?: Maybe<number>;
  imbalances?: Maybe<number>;
}

/** A stop of public transport: no object of the picture, but what its objects name by its id. */
export interface Stop {
  id: string;
  /** Empty where the schedule has none. */
  name: string;
  /** What its sign says beside the name, such as a number. */
  code: string | null;
  latitude_deg: number;
  longitude_deg: number;
}

/** The layers of the picture, with the object that each is made of. */
export interface LayerObjects {
  vehicles: Vehicle;
  detectors: Detector;
  situations: Situation;
  trips: Trip;
  feeds: Feed;
  links: Link;
  queues: Queue;
  areas: Area;
  link_emissions: Emission;
  area_emissions: Emission;
  weather: Weather;
}

export type Layer = keyof LayerObjects;

export const LAYERS: readonly Layer[] = [
  "vehicles",
  "detectors",
  "situations",
  "trips",
  "feeds",
  "links",
  "queues",
  "areas",
  "link_emissions",
  "area_emissions",
  "weather",
];

/** West, south, east, north in degrees. */
export type Box = readonly [number, number, number, number];

/** Where the picture comes from; everything but `live` must be said to people. */
export type Origin = "demo" | "live" | "replay";
