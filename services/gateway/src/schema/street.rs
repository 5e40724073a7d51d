//! Links, queues and areas, as they are in JSON.

#![allow(dead_code, reason = "described, never made")]

use events::wire;
use utoipa::ToSchema;

use super::emission::ExplainedEmission;
use super::names;
use super::object::Position;
use crate::answer::Head;

/// A value with the interval that holds the truth in nine of ten cases.
#[derive(ToSchema)]
pub(crate) struct Estimate {
    /// Most likely value.
    value: f64,
    /// Lower end.
    low: f64,
    /// Upper end.
    high: f64,
}

/// Traffic on a link in one window of event time.
#[derive(ToSchema)]
pub(crate) struct LinkWindow {
    /// 60 or 300.
    duration_s: u32,
    /// End of the window.
    end_time_ms: i64,
    /// Space-mean speed of cars: distance over time.
    speed_km_h: Estimate,
    /// How the speed came about.
    #[schema(schema_with = names::<wire::EstimateMethod>)]
    method: String,
    /// Vehicles that were seen on the link.
    vehicles: u32,
    /// Newest sample behind the value.
    #[schema(required = false)]
    newest_sample_ms: Option<i64>,
    /// Cars an hour.
    #[schema(required = false)]
    flow_veh_h: Option<Estimate>,
    /// How the flow came about.
    #[schema(schema_with = names::<wire::EstimateMethod>)]
    flow_method: String,
    /// Cars on a kilometre.
    #[schema(required = false)]
    density_veh_km: Option<f64>,
    /// Share of time that a point of the link is covered.
    #[schema(required = false)]
    occupancy_percent: Option<f64>,
    /// Time to drive over the link.
    travel_time_s: f64,
    /// Against free flow.
    delay_s: f64,
    /// Fintraffic's steps.
    #[schema(schema_with = names::<wire::LevelOfService>)]
    level_of_service: String,
    /// Steps of the Highway Capacity Manual.
    #[schema(schema_with = names::<wire::HcmLevel>)]
    hcm_level: String,
    /// Length of the standing traffic at the end of the link.
    #[schema(required = false)]
    queue_m: Option<f64>,
    /// Mean time that a vehicle stood.
    #[schema(required = false)]
    stopped_s: Option<f64>,
}

/// Traffic on one directed link of the street network.
#[derive(ToSchema)]
pub(crate) struct Link {
    /// `<way>-<from node>-<to node>` of the map.
    id: String,
    /// End of the newest window.
    event_time_ms: i64,
    /// Name of the street, or empty.
    name: String,
    /// Kind of street, such as `primary`.
    class: String,
    /// Length.
    length_m: f64,
    /// Lanes in this direction.
    lanes: u8,
    /// In force now.
    speed_limit_km_h: u8,
    /// In the direction of travel; empty in GeoJSON, where the geometry has it.
    line: Vec<Position>,
    /// Speed when nothing is in the way, learned.
    free_flow_speed_km_h: f64,
    /// Usual at this hour of the week.
    #[schema(required = false)]
    typical_speed_km_h: Option<f64>,
    /// One minute; of no duration until the first is over.
    minute: LinkWindow,
    /// Five minutes; of no duration until the first are over.
    five_minutes: LinkWindow,
    /// Detectors tied to the link.
    #[schema(required = false)]
    detectors: Option<Vec<String>>,
    /// Traffic messages and road works on it.
    #[schema(required = false)]
    situations: Option<Vec<String>>,
    /// Closed to all traffic: a traffic message says so, or what a replay is to assume.
    closed: bool,
}

/// What the traffic on the links of a traffic message shows.
#[derive(ToSchema)]
pub(crate) struct SituationEffect {
    /// End of the window.
    event_time_ms: i64,
    /// Links that the message touches.
    links: Vec<String>,
    /// Those of them whose speed was measured in the newest five minutes.
    links_measured: u32,
    /// Their speed as a share of the usual one.
    #[schema(required = false)]
    speed_share_percent: Option<f64>,
    /// Of a vehicle that drives over all that were measured, against the usual time.
    #[schema(required = false)]
    delay_s: Option<f64>,
    /// It announces hindrance, but traffic was measured to flow as usual, or a closed street to be
    /// driven on.
    contradicted: bool,
    /// CO2 that the traffic on its links emits more than at free flow.
    #[schema(required = false)]
    excess_co2_g_h: Option<f64>,
    /// Lower end of its interval.
    #[schema(required = false)]
    excess_co2_low_g_h: Option<f64>,
    /// Upper end of its interval.
    #[schema(required = false)]
    excess_co2_high_g_h: Option<f64>,
}

/// Where a vehicle was on the street network when that was last known.
#[derive(ToSchema)]
pub(crate) struct VehicleMatch {
    /// Time of the fix.
    event_time_ms: i64,
    /// Empty when it is not known.
    link: String,
    /// Metres from the link's beginning.
    along_m: f64,
    /// Probability of the link under the model, 0 to 1.
    confidence: f64,
    /// Why there is no link: `off_network`, `tunnel`, `ferry`, `closed_street`, `ambiguous`.
    #[schema(required = false)]
    unknown: Option<String>,
}

/// Links in a row or a tree whose traffic is queuing.
#[derive(ToSchema)]
pub(crate) struct Queue {
    /// Id.
    id: String,
    /// End of the newest window.
    event_time_ms: i64,
    /// When it began.
    start_time_ms: i64,
    /// Whether it becomes longer.
    #[schema(schema_with = names::<wire::QueueTrend>)]
    trend: String,
    /// From the head upstream.
    links: Vec<String>,
    /// Length now.
    length_m: f64,
    /// Greatest length so far.
    length_m_max: f64,
    /// Speed in it.
    speed_km_h: f64,
    /// Of a vehicle that drives through its longest branch.
    delay_s: f64,
    /// Not usual at this hour.
    irregular: bool,
    /// Traffic messages and road works on its links.
    #[schema(required = false)]
    situations: Option<Vec<String>>,
    /// Queues that became part of it.
    #[schema(required = false)]
    merged: Option<Vec<String>>,
    /// CO2 that its traffic emits more than at free flow.
    #[schema(required = false)]
    excess_co2_g_h: Option<f64>,
    /// Lower end of its interval.
    #[schema(required = false)]
    excess_co2_low_g_h: Option<f64>,
    /// Upper end of its interval.
    #[schema(required = false)]
    excess_co2_high_g_h: Option<f64>,
    /// Where its head stands.
    position: Position,
}

/// Shares of the length of an area's streets, by how their speed is known; together 1.
#[derive(ToSchema)]
pub(crate) struct Coverage {
    /// By one source in this window.
    measured: f64,
    /// By several.
    fused: f64,
    /// From earlier windows or neighbours.
    inferred: f64,
    /// What is usual.
    typical: f64,
    /// Not at all.
    unknown: f64,
}

/// Traffic of an area in the newest five minutes.
#[derive(ToSchema)]
pub(crate) struct Area {
    /// `<kind>:<id>`.
    id: String,
    /// End of the newest window.
    event_time_ms: i64,
    /// What it is.
    #[schema(schema_with = names::<wire::AreaKind>)]
    kind: String,
    /// Name to show.
    name: String,
    /// Length of its streets, each direction by itself.
    street_km: f64,
    /// How much of it is known.
    coverage: Coverage,
    /// Distance over time of all vehicles on its known links.
    #[schema(required = false)]
    speed_km_h: Option<f64>,
    /// The same if all drove at free flow.
    #[schema(required = false)]
    free_flow_speed_km_h: Option<f64>,
    /// Driven in an hour at this rate.
    traffic_veh_km_h: f64,
    /// Lost in an hour at this rate.
    delay_veh_h_h: f64,
    /// Length of its queues.
    queue_km: f64,
    /// A closed ring; empty in GeoJSON, where the geometry has it.
    boundary: Vec<Position>,
}

/// One step towards a value.
#[derive(ToSchema)]
pub(crate) struct Evidence {
    /// What it is.
    #[schema(schema_with = names::<wire::EvidenceKind>)]
    kind: String,
    /// What this source alone says.
    speed_km_h: f64,
    /// Its standard deviation.
    deviation_km_h: f64,
    /// Its share in the result, 0 to 1; all shares are 1 together.
    weight: f64,
    /// Vehicles, or 1 of a detector.
    count: u32,
    /// Why it was left out or counts for less.
    #[schema(required = false)]
    note: Option<String>,
}

/// Why a link's speed is what it is.
#[derive(ToSchema)]
pub(crate) struct Explanation {
    #[schema(inline)]
    #[serde(flatten)]
    head: Head,
    /// The link, with the results.
    link: Link,
    /// Queues that stand on it, by id.
    queues: Vec<String>,
    /// What it emits; missing where its flow is not known.
    #[schema(required = false)]
    emission: Option<ExplainedEmission>,
    /// Sources behind the speed of the minute, in the order of use.
    minute: Vec<Evidence>,
    /// Sources behind the speed of the five minutes.
    five_minutes: Vec<Evidence>,
}
