//! Replays as the API speaks of them. Who runs them is handed in: the gateway knows how to show a
//! picture, not how to make one.

use std::collections::BTreeMap;

use axum::Router;
use events::Text;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use stream::Speed;

use crate::problem::Problem;

/// What a replay does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// It is on its way to a moment, as fast as it goes; what is shown is of before.
    #[default]
    Reaching,
    /// It plays.
    Playing,
    /// It stands.
    Paused,
    /// It has come to its end, and shows that.
    Ended,
    /// It cannot go on: `error` says why. What it had is still shown.
    Failed,
}

/// A replay to start.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// Regions; all that there are without it.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub regions: Vec<Text>,
    /// First moment (RFC 3339): the picture is as it was then, and goes on.
    #[schema(format = DateTime, example = "2026-11-26T07:30:00Z")]
    pub from: String,
    /// Last moment; all that is archived without it.
    #[schema(format = DateTime)]
    pub to: Option<String>,
    /// Times real time, 0.01 to 10,000, or `max`; 1 without it.
    #[schema(schema_with = crate::schema::replay_speed)]
    pub speed: Option<Speed>,
    /// At the end from the beginning again.
    #[serde(default)]
    pub looped: bool,
    /// It stands at the first moment until it is told to play.
    #[serde(default)]
    pub paused: bool,
    /// With another configuration: its picture is what it would have been, `baseline` beside it what
    /// it was, and `diff` without moments the difference.
    pub what_if: Option<WhatIf>,
}

/// What is to be otherwise than it was: what is not named stays. It is about the picture; what ingest
/// rejected when it was recorded stays rejected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WhatIf {
    /// By the id of a region.
    #[schema(value_type = BTreeMap<String, RegionWhatIf>)]
    pub regions: BTreeMap<Text, RegionWhatIf>,
    /// Thresholds by the name of a feed.
    #[schema(value_type = BTreeMap<String, FeedWhatIf>)]
    pub feeds: BTreeMap<Text, FeedWhatIf>,
    /// What emissions are worked out from.
    pub emission: EmissionWhatIf,
}

/// What is otherwise in a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RegionWhatIf {
    /// Ids of links that are closed to all traffic. Nobody is matched there, and what junctions take
    /// in goes elsewhere; who drove there is not led another way.
    pub closed_links: Option<Vec<String>>,
    /// A minute of the streets is closed so long after the feeds have passed it, s.
    pub close_after_s: Option<i64>,
    /// Usual air temperature of each month from January on, °C.
    pub temperature_c: Option<[f64; 12]>,
}

/// What is otherwise of a feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FeedWhatIf {
    /// What comes so much later than the newest still moves its object, s.
    pub lateness_s: Option<i64>,
    /// What was not heard of for so long expires, s.
    pub expire_after_s: Option<i64>,
    /// Faster than this nothing can have moved, km/h.
    pub speed_km_h_max: Option<f64>,
}

/// What is otherwise of emissions: names are those of the configuration's folder of factors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EmissionWhatIf {
    /// Set of factors whose figures are shown.
    pub shown: Option<String>,
    /// File of the mix of vehicles by the id of a city, and `default`.
    #[schema(value_type = BTreeMap<String, String>)]
    pub fleets: BTreeMap<Text, String>,
    /// Mean length of a trip by car, km.
    pub mean_trip_km: Option<f64>,
    /// Load of lorries over the largest, 0 to 1.
    pub load_share: Option<f64>,
}

/// What to change of a replay; what is not said stays.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayChange {
    /// Stand, or play on.
    pub paused: Option<bool>,
    /// Times real time, 0.01 to 10,000, or `max`.
    #[schema(schema_with = crate::schema::replay_speed)]
    pub speed: Option<Speed>,
    /// Moment to go to (RFC 3339), forth or back, within the replay's range. Clients of its stream
    /// get a fresh snapshot.
    #[schema(format = DateTime)]
    pub seek: Option<String>,
    /// Go on by so many seconds, 0.001 to 86,400, as fast as it goes, and stand then.
    #[schema(minimum = 0.001, maximum = 86_400)]
    pub step_s: Option<f64>,
    /// At the end from the beginning again.
    pub looped: Option<bool>,
}

/// What came of a region, once a replay has ended. Two replays of the same input by the same version
/// have the same, on any machine and at any speed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReplayedRegion {
    /// Region.
    #[schema(value_type = String)]
    pub region: Text,
    /// Offset of the newest log record that is in.
    pub sequence: Option<u64>,
    /// Objects in its picture.
    pub objects: usize,
    /// Log records that went through it.
    pub records: u64,
    /// Changes that came of them.
    pub deltas: u64,
    /// Hash of the picture: BLAKE3 of its canonical bytes, as `picture_hash` of the region.
    #[serde(rename = "picture")]
    pub picture_hash: String,
    /// Hash over all changes, in their order.
    pub deltas_hash: String,
    /// The same of areas and what they emit alone.
    pub indicators_hash: String,
}

/// A replay.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ReplayStatus {
    /// Its id.
    pub id: String,
    /// What it does.
    pub state: ReplayState,
    /// Why it cannot go on.
    pub error: Option<String>,
    /// Where its own picture is: the page, and below it all routes of the live picture, as
    /// `v1/stream`.
    pub address: String,
    /// Where the picture without the other configuration is, of a what-if.
    pub baseline: Option<String>,
    /// Its regions.
    #[schema(value_type = Vec<String>)]
    pub regions: Vec<Text>,
    /// First moment, milliseconds since 1970-01-01 UTC.
    pub from_ms: i64,
    /// Last moment; null when the end of what there is.
    pub to_ms: Option<i64>,
    /// Its time now, which all of its frames and answers have.
    pub time_ms: i64,
    /// Times real time, or `max`.
    #[schema(schema_with = crate::schema::replay_speed)]
    pub speed: Speed,
    /// Whether it begins again at its end.
    pub looped: bool,
    /// How often it has come to its end.
    pub loops: u64,
    /// Log records that went through its pictures.
    pub records: u64,
    /// What came of each region when it came to its end last; empty before, and after a seek: then
    /// not all went through.
    pub result: Vec<ReplayedRegion>,
}

/// Runs replays.
pub trait Replays: Send + Sync {
    /// All of them, oldest first.
    fn list(&self) -> Vec<ReplayStatus>;
    /// Starts one.
    fn start(&self, request: ReplayRequest) -> BoxFuture<'_, Result<ReplayStatus, Problem>>;
    /// How one is; none where there is no such replay.
    fn get(&self, id: &str) -> Option<ReplayStatus>;
    /// Changes one, and says how it is once it has heard of it.
    fn change<'a>(
        &'a self,
        id: &'a str,
        change: ReplayChange,
    ) -> BoxFuture<'a, Result<ReplayStatus, Problem>>;
    /// What differs in a what-if, as CSV; none where there is no such replay, or it is none.
    fn differences(&self, id: &str) -> Option<Vec<u8>>;
    /// Ends one; whether it was there.
    fn end(&self, id: &str) -> bool;
    /// The routes of its picture.
    fn router(&self, id: &str) -> Option<Router>;
}
