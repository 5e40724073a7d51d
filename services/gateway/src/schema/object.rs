//! Objects, as they are in JSON.

#![allow(dead_code, clippy::large_enum_variant, reason = "described, never made")]

use events::wire;
use utoipa::ToSchema;

use super::emission::{Emission, VehicleEmission};
use super::names;
use super::street::{Area, Link, Queue, SituationEffect, VehicleMatch};
use super::weather::Weather;

/// An object of any layer.
// Not named `Object`: to utoipa that is any JSON object.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum PictureObject {
    Vehicle(Vehicle),
    Detector(Detector),
    Situation(Situation),
    Trip(Trip),
    Feed(Feed),
    Link(Link),
    Queue(Queue),
    Area(Area),
    Emission(Emission),
    Weather(Weather),
}

/// A vehicle as best known.
#[derive(ToSchema)]
pub(crate) struct Vehicle {
    /// `<feed>:<entity>`.
    id: String,
    /// Feed that it is known from.
    feed: String,
    /// When it was true.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// The newest report; its position is that of the newest believed fix.
    report: VehiclePosition,
    /// Time of the believed fix.
    position_time_ms: Option<i64>,
    /// What is doubtful.
    #[schema(schema_with = verdicts)]
    verdicts: String,
    /// On the street network.
    #[schema(rename = "match", required = false)]
    matched: Option<VehicleMatch>,
    /// What it emits; only of public transport.
    #[schema(required = false)]
    emission: Option<VehicleEmission>,
}

/// One report of a vehicle.
#[derive(ToSchema)]
pub(crate) struct VehiclePosition {
    /// What was reported.
    #[schema(schema_with = names::<wire::VehicleEventKind>)]
    kind: String,
    /// Part of the journey.
    #[schema(schema_with = names::<wire::JourneyPhase>)]
    phase: String,
    /// Kind of vehicle.
    #[schema(schema_with = names::<wire::Mode>)]
    mode: String,
    /// Where it is.
    position: Option<Position>,
    /// Clockwise from north.
    bearing_deg: Option<f32>,
    /// Speed.
    speed_km_h: Option<f32>,
    /// Acceleration.
    acceleration_m_s2: Option<f32>,
    /// Distance since the start of the journey or the service.
    odometer_m: Option<f64>,
    /// Positive when late.
    delay_s: Option<i32>,
    /// Whether any door is open.
    doors_open: Option<bool>,
    /// How full it is.
    occupancy_percent: Option<u32>,
    /// How full it is, in steps.
    #[schema(schema_with = names::<wire::OccupancyStatus>)]
    occupancy_status: String,
    /// The journey it serves.
    trip: Option<TripDescriptor>,
    /// Line as passengers know it.
    route_short_name: Option<String>,
    /// Destination.
    headsign: Option<String>,
    /// Stop it is at or heads for.
    stop_id: Option<String>,
    /// Stop after.
    next_stop_id: Option<String>,
    /// Number of the stop in the trip.
    stop_sequence: Option<u32>,
    /// How it is to the stop.
    #[schema(schema_with = names::<wire::StopStatus>)]
    stop_status: String,
    /// How the position is known.
    #[schema(schema_with = names::<wire::LocationSource>)]
    location_source: String,
    /// Who runs it.
    operator_id: Option<String>,
    /// Number on the vehicle.
    label: Option<String>,
    /// Request to a traffic light, or its answer.
    signal_priority: Option<SignalPriority>,
}

/// A point on WGS84.
#[derive(ToSchema)]
pub(crate) struct Position {
    /// Degrees east.
    longitude_deg: f64,
    /// Degrees north.
    latitude_deg: f64,
}

/// A journey. Fields that are not known are missing.
#[derive(ToSchema)]
pub(crate) struct TripDescriptor {
    /// Id in the schedule.
    #[schema(nullable = false)]
    trip_id: Option<String>,
    /// Id of the route.
    #[schema(nullable = false)]
    route_id: Option<String>,
    /// 0 or 1.
    #[schema(nullable = false)]
    direction_id: Option<u32>,
    /// Service date, `YYYYMMDD`.
    #[schema(nullable = false)]
    start_date: Option<String>,
    /// Since the start of the service day.
    #[schema(nullable = false)]
    start_time_s: Option<u32>,
    /// To the schedule.
    #[schema(schema_with = names::<wire::TripRelationship>)]
    relationship: String,
}

/// Traffic light priority.
#[derive(ToSchema)]
pub(crate) struct SignalPriority {
    /// Junction.
    junction_id: Option<u32>,
    /// Request.
    request_id: Option<u32>,
    /// Signal group.
    signal_group: Option<i32>,
    /// Whether it was granted.
    granted: Option<bool>,
}

/// A detector station as best known.
#[derive(ToSchema)]
pub(crate) struct Detector {
    /// `<feed>:<entity>`.
    id: String,
    /// Feed that it is known from.
    feed: String,
    /// When it was true.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// Reference data.
    station: DetectorStation,
    /// By direction number.
    directions: Vec<DetectorDirection>,
    /// What is doubtful.
    #[schema(schema_with = verdicts)]
    verdicts: String,
}

/// Reference data of a station.
#[derive(ToSchema)]
pub(crate) struct DetectorStation {
    /// Name.
    name: Option<String>,
    /// Where it is.
    position: Option<Position>,
    /// Direction 1, clockwise from north.
    bearing_deg: Option<f32>,
    /// Whether it collects.
    #[schema(schema_with = names::<wire::CollectionStatus>)]
    collection_status: String,
    /// State as the publisher says it.
    state: Option<String>,
    /// Number of the station.
    tms_number: Option<u32>,
    /// Published constants.
    constants: Vec<DetectorConstant>,
}

/// Constants of one direction in a part of the year.
#[derive(ToSchema)]
pub(crate) struct DetectorConstant {
    /// 1 or 2.
    direction: u32,
    /// Free-flow speed.
    free_flow_speed_km_h: Option<f64>,
    /// Capacity.
    max_flow_veh_h: Option<f64>,
    /// First day, month times 100 and day.
    valid_from_mmdd: u32,
    /// Last day.
    valid_to_mmdd: u32,
}

/// One direction of a station. Missing is unknown, not zero.
#[derive(ToSchema)]
pub(crate) struct DetectorDirection {
    /// 1 along increasing road address, 2 along decreasing.
    direction: u32,
    /// Mean speed of five minutes.
    speed_km_h: Option<TimedValue>,
    /// Flow of five minutes.
    flow_veh_h: Option<TimedValue>,
    /// Share of the free-flow speed.
    speed_share_percent: Option<TimedValue>,
    /// Share of the capacity.
    flow_share_percent: Option<TimedValue>,
    /// Share of time that a vehicle stands over the detector.
    occupancy_percent: Option<TimedValue>,
    /// Step of the speed share.
    #[schema(schema_with = names::<wire::LevelOfService>)]
    level_of_service: String,
    /// Constant in force.
    free_flow_speed_km_h: Option<f64>,
}

/// A value and when it was measured.
#[derive(ToSchema)]
pub(crate) struct TimedValue {
    /// Value.
    value: f64,
    /// When.
    time_ms: i64,
}

/// A traffic message or service alert in its newest version.
#[derive(ToSchema)]
pub(crate) struct Situation {
    /// `<feed>:<entity>`.
    id: String,
    /// Feed that it is known from.
    feed: String,
    /// When it was true.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// What it says.
    record: SituationRecord,
    /// What is doubtful.
    #[schema(schema_with = verdicts)]
    verdicts: String,
    /// What the traffic on its links shows.
    #[schema(required = false)]
    effect: Option<SituationEffect>,
}

/// One version of a situation.
#[derive(ToSchema)]
pub(crate) struct SituationRecord {
    /// What it is.
    #[schema(rename = "type", schema_with = names::<wire::SituationType>)]
    kind: String,
    /// Kind of announcement.
    #[schema(schema_with = names::<wire::AnnouncementType>)]
    announcement_type: String,
    /// Whether it is in force.
    #[schema(schema_with = names::<wire::SituationPhase>)]
    phase: String,
    /// Version.
    version: u32,
    /// First published.
    release_time_ms: Option<i64>,
    /// When this version was made.
    version_time_ms: i64,
    /// Start.
    start_time_ms: Option<i64>,
    /// End.
    end_time_ms: Option<i64>,
    /// Where.
    geometry: Option<Geometry>,
    /// Language of the text.
    language: String,
    /// Title. Text of the publisher: escape it.
    title: String,
    /// Text. Escape it.
    description: Option<String>,
    /// More text. Escape it.
    comment: Option<String>,
    /// What it consists of.
    features: Vec<String>,
    /// Municipality.
    municipality: Option<String>,
    /// Road.
    road_number: Option<u32>,
    /// Direction on the road.
    road_direction: Option<String>,
    /// What it is about in public transport.
    informed_entities: Vec<InformedEntity>,
    /// Cause.
    cause: Option<String>,
    /// Effect.
    effect: Option<String>,
}

/// Where a situation is.
#[derive(ToSchema)]
pub(crate) struct Geometry {
    /// Points.
    points: Vec<Position>,
    /// Lines.
    lines: Vec<Vec<Position>>,
    /// Polygons as rings: shell, then holes.
    polygons: Vec<Vec<Vec<Position>>>,
}

/// A part of public transport.
#[derive(ToSchema)]
pub(crate) struct InformedEntity {
    /// Agency.
    agency_id: Option<String>,
    /// Route.
    route_id: Option<String>,
    /// Stop.
    stop_id: Option<String>,
    /// Trip.
    trip: Option<TripDescriptor>,
}

/// A trip's progress.
#[derive(ToSchema)]
pub(crate) struct Trip {
    /// `<feed>:<entity>`.
    id: String,
    /// Feed that it is known from.
    feed: String,
    /// When it was true.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// Newest update.
    update: TripUpdate,
    /// What is doubtful.
    #[schema(schema_with = verdicts)]
    verdicts: String,
}

/// Progress of a trip.
#[derive(ToSchema)]
pub(crate) struct TripUpdate {
    /// The trip.
    trip: TripDescriptor,
    /// Vehicle that serves it.
    vehicle_id: Option<String>,
    /// Positive when late.
    delay_s: Option<i32>,
    /// By stop.
    stop_time_updates: Vec<StopTimeUpdate>,
}

/// One stop of a trip.
#[derive(ToSchema)]
pub(crate) struct StopTimeUpdate {
    /// Number of the stop in the trip.
    stop_sequence: Option<u32>,
    /// Stop.
    stop_id: Option<String>,
    /// Arrival.
    arrival: Option<StopTimeEvent>,
    /// Departure.
    departure: Option<StopTimeEvent>,
    /// To the schedule.
    #[schema(schema_with = names::<wire::StopTimeRelationship>)]
    relationship: String,
}

/// Arrival or departure.
#[derive(ToSchema)]
pub(crate) struct StopTimeEvent {
    /// When.
    time_ms: Option<i64>,
    /// Positive when late.
    delay_s: Option<i32>,
    /// How unsure.
    uncertainty_s: Option<u32>,
}

/// How a feed is, and what became of everything it sent.
#[derive(ToSchema)]
pub(crate) struct Feed {
    /// Name of the feed.
    id: String,
    /// No event older than this is still expected.
    watermark_ms: i64,
    /// When this was known.
    status_time_ms: i64,
    /// Whether it is heard of.
    #[schema(schema_with = names::<wire::Connection>)]
    connection: String,
    /// What is wrong and what to do.
    error: Option<String>,
    /// Records received: the sum of the next six.
    received: u64,
    /// In the picture.
    applied: u64,
    /// Older than what was there.
    superseded: u64,
    /// There before.
    duplicate: u64,
    /// Not readable.
    rejected: u64,
    /// Kept out by a verdict.
    quarantined: u64,
    /// Not wanted.
    dropped: u64,
    /// By outcome and reason.
    reasons: Vec<ReasonCount>,
    /// When the newest record came.
    last_received_ms: Option<i64>,
    /// Newest event time.
    last_event_ms: Option<i64>,
    /// Times that the counts did not agree; 0 in a sound system.
    imbalances: u64,
}

/// Records of one outcome and reason.
#[derive(ToSchema)]
pub(crate) struct ReasonCount {
    /// What became of them.
    #[schema(schema_with = names::<wire::Outcome>)]
    outcome: String,
    /// Why.
    reason: String,
    /// How many.
    count: u64,
}

pub(super) fn verdicts() -> utoipa::openapi::schema::ArrayBuilder {
    utoipa::openapi::schema::ArrayBuilder::new()
        .description(Some("What is doubtful."))
        .items(names::<wire::Verdict>())
}
