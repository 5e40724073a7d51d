//! Objects of the street network; see `proto/tilanne/v1/street.proto` for each field.

use std::sync::Arc;

use events::wire::{AreaKind, EstimateMethod, EvidenceKind, HcmLevel, LevelOfService, QueueTrend};
use events::{Position, Text};
use network::RoadClass;
use serde::Serialize;

/// A value with the interval that holds the truth in nine of ten cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// One step towards a value, in the order in which they were taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub speed_km_h: f64,
    pub deviation_km_h: f64,
    /// Share in the result, 0 to 1.
    pub weight: f64,
    pub count: u32,
    /// Why it was left out or counts for less, when it was.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub note: Text,
}

/// Traffic on a link in one window of event time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct LinkWindow {
    pub duration_s: u32,
    pub end_time_ms: i64,
    pub speed_km_h: Estimate,
    pub method: EstimateMethod,
    pub vehicles: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_sample_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_veh_h: Option<Estimate>,
    pub flow_method: EstimateMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density_veh_km: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy_percent: Option<f64>,
    pub travel_time_s: f64,
    pub delay_s: f64,
    pub level_of_service: LevelOfService,
    pub hcm_level: HcmLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_s: Option<f64>,
    /// Every source behind the speed, in order. Not in JSON: whoever wants to know asks for the
    /// explanation of a link.
    #[serde(skip)]
    pub evidence: Vec<Evidence>,
}

/// Traffic on one directed link of the street network.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Link {
    /// `<way>-<from node>-<to node>` of the map.
    pub id: Text,
    pub event_time_ms: i64,
    pub name: Text,
    pub class: RoadClass,
    pub length_m: f64,
    pub lanes: u8,
    pub speed_limit_km_h: u8,
    /// In the direction of travel. Shared by all versions of the link.
    pub line: Arc<[Position]>,
    pub free_flow_speed_km_h: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typical_speed_km_h: Option<f64>,
    pub minute: LinkWindow,
    pub five_minutes: LinkWindow,
    /// Detectors tied to the link.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub detectors: Vec<Text>,
    /// Traffic messages and road works on it, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Text>,
    /// Closed to all traffic: a traffic message says so, or what a replay is to assume.
    pub closed: bool,
}

/// What the traffic on the links of a traffic message shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct SituationEffect {
    pub event_time_ms: i64,
    pub links: Vec<Text>,
    pub links_measured: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_share_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<f64>,
    pub contradicted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_g_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_low_g_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_high_g_h: Option<f64>,
}

/// Where a vehicle was on the street network when that was last known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct VehicleMatch {
    pub event_time_ms: i64,
    /// Empty when it is not known.
    pub link: Text,
    pub along_m: f64,
    pub confidence: f64,
    /// Why there is no link.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub unknown: Text,
}

/// Links in a row or a tree whose traffic is queuing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Queue {
    pub id: Text,
    pub event_time_ms: i64,
    pub start_time_ms: i64,
    pub trend: QueueTrend,
    /// From the head upstream.
    pub links: Vec<Text>,
    pub length_m: f64,
    pub length_m_max: f64,
    pub speed_km_h: f64,
    pub delay_s: f64,
    pub irregular: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_g_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_low_g_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess_co2_high_g_h: Option<f64>,
    /// Where its head stands.
    pub position: Position,
}

/// Shares of the length of an area's streets, by how their speed is known; together 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Coverage {
    pub measured: f64,
    pub fused: f64,
    pub inferred: f64,
    pub typical: f64,
    pub unknown: f64,
}

/// Traffic of an area in the newest five minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Area {
    /// `<kind>:<id>`.
    pub id: Text,
    pub event_time_ms: i64,
    pub kind: AreaKind,
    pub name: Text,
    pub street_km: f64,
    pub coverage: Coverage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_km_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_flow_speed_km_h: Option<f64>,
    pub traffic_veh_km_h: f64,
    pub delay_veh_h_h: f64,
    pub queue_km: f64,
    /// A closed ring. Shared by all versions of the area.
    pub boundary: Arc<[Position]>,
}
