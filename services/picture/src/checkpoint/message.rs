//! The messages of a checkpoint. They are the picture's own: another version of the program may not
//! read them and then starts from the log.

use events::wire;
use prost::{Message, Oneof};

use super::weather::{MeasuredPart, WeatherPart};

/// One part of a checkpoint; a checkpoint is a row of them, each with its length before it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Part {
    #[prost(
        oneof = "Kind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20"
    )]
    pub(super) kind: Option<Kind>,
}

/// Header first, then feeds in the order of their numbers, then objects by layer and id.
#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Kind {
    #[prost(message, tag = "1")]
    Header(Header),
    #[prost(message, tag = "2")]
    Feed(Feed),
    #[prost(message, tag = "3")]
    Vehicle(Box<Vehicle>),
    #[prost(message, tag = "4")]
    Detector(Detector),
    #[prost(message, tag = "5")]
    Situation(Box<Situation>),
    #[prost(message, tag = "6")]
    Trip(Trip),
    #[prost(message, tag = "7")]
    Links(LinkTable),
    #[prost(message, tag = "8")]
    Streets(Streets),
    #[prost(message, tag = "9")]
    Cell(CellPart),
    #[prost(message, tag = "10")]
    Link(Box<LinkPart>),
    #[prost(message, tag = "11")]
    Tied(TiedPart),
    #[prost(message, tag = "12")]
    Queue(Box<QueuePart>),
    #[prost(message, tag = "13")]
    Area(wire::Area),
    #[prost(message, tag = "14")]
    EmissionLedger(EmissionLedger),
    #[prost(message, tag = "15")]
    Emitted(CellPart),
    #[prost(message, tag = "16")]
    LinkEmission(Box<LinkEmissionPart>),
    #[prost(message, tag = "17")]
    AreaEmission(Box<AreaEmissionPart>),
    #[prost(message, tag = "18")]
    Weather(WeatherPart),
    #[prost(message, tag = "19")]
    Alerts(AlertsPart),
    #[prost(message, tag = "20")]
    Shares(SharesPart),
}

/// Shares of groups of vehicles, which many links have in common; links speak of their place among
/// all such parts.
#[derive(Clone, PartialEq, Message)]
pub(super) struct SharesPart {
    #[prost(message, repeated, tag = "1")]
    pub(super) shares: Vec<wire::EmissionShare>,
}

/// What is wrong, or was until just now, by id.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AlertsPart {
    #[prost(int64, tag = "1")]
    pub(super) time_ms: i64,
    #[prost(message, repeated, tag = "2")]
    pub(super) matters: Vec<MatterPart>,
}

/// Something that is wrong, or was until just now.
#[derive(Clone, PartialEq, Message)]
pub(super) struct MatterPart {
    #[prost(message, optional, tag = "1")]
    pub(super) alert: Option<wire::Alert>,
    #[prost(bool, tag = "2")]
    pub(super) is_wrong: bool,
    #[prost(bool, tag = "3")]
    pub(super) is_told: bool,
    #[prost(int64, tag = "4")]
    pub(super) changed_ms: i64,
}

/// What vehicles known one by one have emitted, in all, on links, and elsewhere.
#[derive(Clone, PartialEq, Message)]
pub(super) struct EmissionLedger {
    #[prost(uint64, repeated, tag = "1")]
    pub(super) masses: Vec<u64>,
    #[prost(message, optional, tag = "2")]
    pub(super) weather: Option<MeasuredPart>,
}

/// What is emitted on a link.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LinkEmissionPart {
    #[prost(uint32, tag = "1")]
    pub(super) link: u32,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) whole: Vec<u64>,
    #[prost(double, repeated, tag = "3")]
    pub(super) real: Vec<f64>,
    /// Without what the network, the numbers and the shares say.
    #[prost(message, optional, tag = "4")]
    pub(super) object: Option<wire::Emission>,
    #[prost(uint32, optional, tag = "5")]
    pub(super) shares: Option<u32>,
    /// By the other factor sets, one after another.
    #[prost(double, repeated, tag = "6")]
    pub(super) others: Vec<f64>,
}

/// What is emitted in an area: running totals of hour, day and week, then the last ones, each with
/// its beginning, end and windows; none where these are 0.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AreaEmissionPart {
    #[prost(string, tag = "1")]
    pub(super) area: String,
    #[prost(message, optional, tag = "2")]
    pub(super) object: Option<wire::Emission>,
    #[prost(int64, repeated, tag = "3")]
    pub(super) times: Vec<i64>,
    #[prost(uint64, repeated, tag = "4")]
    pub(super) whole: Vec<u64>,
    #[prost(double, repeated, tag = "5")]
    pub(super) real: Vec<f64>,
}

/// What meters a vehicle's emission.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Meter {
    #[prost(string, tag = "1")]
    pub(super) group: String,
    #[prost(double, repeated, tag = "2")]
    pub(super) powers: Vec<f64>,
    #[prost(double, repeated, tag = "3")]
    pub(super) credit_mj: Vec<f64>,
    #[prost(double, repeated, tag = "4")]
    pub(super) real: Vec<f64>,
    #[prost(int64, tag = "5")]
    pub(super) stood_ms: i64,
    #[prost(int64, optional, tag = "6")]
    pub(super) last_ms: Option<i64>,
    #[prost(int64, tag = "7")]
    pub(super) now_ms: i64,
    #[prost(bool, tag = "8")]
    pub(super) by_second: bool,
    /// In all, then what waits for map matching.
    #[prost(uint64, repeated, tag = "9")]
    pub(super) whole: Vec<u64>,
    #[prost(int64, repeated, tag = "10")]
    pub(super) waiting_ms: Vec<i64>,
    #[prost(double, optional, tag = "11")]
    pub(super) last_occupancy: Option<f64>,
}

/// Links that the rest speaks of, by their place here: way, from and to of each.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LinkTable {
    #[prost(sint64, repeated, tag = "1")]
    pub(super) ids: Vec<i64>,
}

/// What all streets share.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Streets {
    #[prost(sint64, optional, tag = "1")]
    pub(super) first_minute: Option<i64>,
    #[prost(uint32, repeated, tag = "2")]
    pub(super) feeds: Vec<u32>,
    #[prost(sint64, repeated, tag = "3")]
    pub(super) watermarks_ms: Vec<i64>,
    #[prost(double, repeated, tag = "4")]
    pub(super) region: Vec<f64>,
    #[prost(uint32, repeated, tag = "5")]
    pub(super) vehicle_feeds: Vec<u32>,
    /// Three numbers of each five minutes of the week that are known.
    #[prost(float, repeated, tag = "6")]
    pub(super) curve: Vec<f32>,
    /// Links that are closed since the last closed minute, and whether that is said.
    #[prost(uint32, repeated, tag = "7")]
    pub(super) closed: Vec<u32>,
    #[prost(bool, tag = "8")]
    pub(super) has_closed: bool,
}

/// A cell of an open minute.
#[derive(Clone, PartialEq, Message)]
pub(super) struct CellPart {
    #[prost(sint64, tag = "1")]
    pub(super) minute: i64,
    #[prost(uint32, tag = "2")]
    pub(super) link: u32,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) numbers: Vec<u64>,
}

/// The state of a link.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LinkPart {
    #[prost(uint32, tag = "1")]
    pub(super) link: u32,
    #[prost(double, repeated, tag = "2")]
    pub(super) numbers: Vec<f64>,
    #[prost(float, repeated, tag = "3")]
    pub(super) hours: Vec<f32>,
    #[prost(uint64, repeated, tag = "4")]
    pub(super) five: Vec<u64>,
    #[prost(bool, tag = "5")]
    pub(super) fresh: bool,
    #[prost(message, optional, tag = "6")]
    pub(super) object: Option<wire::Link>,
}

/// One direction of a detector. Earlier programs wrote 3 and 7, which follow from the station and the map.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TiedPart {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) direction: u32,
    #[prost(sint64, repeated, tag = "4")]
    pub(super) times_ms: Vec<i64>,
    #[prost(double, repeated, tag = "5")]
    pub(super) values: Vec<f64>,
    #[prost(uint32, tag = "6")]
    pub(super) same: u32,
}

/// A queue: its object, and what the object does not say.
#[derive(Clone, PartialEq, Message)]
pub(super) struct QueuePart {
    #[prost(uint32, repeated, tag = "1")]
    pub(super) links: Vec<u32>,
    #[prost(double, tag = "2")]
    pub(super) length_m: f64,
    #[prost(message, optional, tag = "3")]
    pub(super) object: Option<wire::Queue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Header {
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    #[prost(string, tag = "2")]
    pub(super) region: String,
    #[prost(string, tag = "3")]
    pub(super) epoch: String,
    #[prost(uint64, optional, tag = "4")]
    pub(super) sequence: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Feed {
    /// As of now, with the reasons as of now.
    #[prost(message, optional, tag = "1")]
    pub(super) ledger: Option<wire::Feed>,
    #[prost(message, optional, tag = "2")]
    pub(super) shown: Option<wire::Feed>,
    #[prost(int64, tag = "3")]
    pub(super) counting_since_ms: i64,
    #[prost(int64, tag = "4")]
    pub(super) door_lead: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Place {
    #[prost(int64, tag = "1")]
    pub(super) time_ms: i64,
    #[prost(double, tag = "2")]
    pub(super) longitude_deg: f64,
    #[prost(double, tag = "3")]
    pub(super) latitude_deg: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Belief {
    #[prost(message, optional, tag = "1")]
    pub(super) place: Option<Place>,
    #[prost(message, optional, tag = "2")]
    pub(super) suspect: Option<Place>,
    #[prost(uint32, tag = "3")]
    pub(super) suspects: u32,
    #[prost(float, optional, tag = "4")]
    pub(super) odometer_m: Option<f32>,
    #[prost(int64, optional, tag = "5")]
    pub(super) moving_since_ms: Option<i64>,
    #[prost(bool, tag = "6")]
    pub(super) frozen: bool,
}

/// Missing numbers are NaN.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Fix {
    #[prost(int64, tag = "1")]
    pub(super) time_ms: i64,
    #[prost(double, tag = "2")]
    pub(super) longitude_deg: f64,
    #[prost(double, tag = "3")]
    pub(super) latitude_deg: f64,
    #[prost(float, tag = "4")]
    pub(super) odometer_m: f32,
    #[prost(float, tag = "5")]
    pub(super) speed_km_h: f32,
    #[prost(uint32, tag = "6")]
    pub(super) rank: u32,
    #[prost(float, tag = "8")]
    pub(super) bearing_deg: f32,
    #[prost(bool, tag = "9")]
    pub(super) at_stop: bool,
    #[prost(uint32, tag = "10")]
    pub(super) occupancy_percent: u32,
    #[prost(uint32, tag = "7")]
    pub(super) kind: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Vehicle {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) feed: u32,
    /// Missing while it is remembered but not in the picture; so in the other layers.
    #[prost(message, optional, tag = "3")]
    pub(super) object: Option<wire::Vehicle>,
    #[prost(message, optional, tag = "4")]
    pub(super) base: Option<Belief>,
    #[prost(message, optional, tag = "5")]
    pub(super) tip: Option<Belief>,
    #[prost(message, repeated, tag = "6")]
    pub(super) window: Vec<Fix>,
    #[prost(int64, tag = "7")]
    pub(super) newest_ms: i64,
    #[prost(int64, tag = "8")]
    pub(super) floor_ms: i64,
    #[prost(int64, tag = "9")]
    pub(super) shown_time_ms: i64,
    #[prost(uint32, tag = "10")]
    pub(super) shown_rank: u32,
    #[prost(uint32, tag = "11")]
    pub(super) shown_kind: u32,
    #[prost(enumeration = "wire::Verdict", repeated, tag = "12")]
    pub(super) verdicts: Vec<i32>,
    #[prost(int64, tag = "13")]
    pub(super) base_time_ms: i64,
    #[prost(uint32, tag = "14")]
    pub(super) base_rank: u32,
    #[prost(uint32, tag = "15")]
    pub(super) base_kind: u32,
    #[prost(message, optional, tag = "16")]
    pub(super) probe: Option<Box<Probe>>,
    #[prost(bool, tag = "17")]
    pub(super) unsettled: bool,
    #[prost(message, optional, tag = "18")]
    pub(super) meter: Option<Box<Meter>>,
}

/// A vehicle on the street network. Links are by place in the list of the header of streets.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Probe {
    #[prost(bool, tag = "1")]
    pub(super) is_bus: bool,
    /// Links and numbers of the matcher.
    #[prost(uint32, repeated, tag = "2")]
    pub(super) matcher_links: Vec<u32>,
    #[prost(double, repeated, tag = "3")]
    pub(super) matcher_numbers: Vec<f64>,
    #[prost(int64, repeated, tag = "4")]
    pub(super) pending_ms: Vec<i64>,
    #[prost(bool, repeated, tag = "5")]
    pub(super) pending_at_stop: Vec<bool>,
    #[prost(message, optional, tag = "6")]
    pub(super) answer: Option<Answer>,
    #[prost(uint32, optional, tag = "7")]
    pub(super) stay_link: Option<u32>,
    #[prost(int64, tag = "8")]
    pub(super) stay_minute: i64,
    #[prost(int64, tag = "9")]
    pub(super) stood_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Answer {
    #[prost(int64, tag = "1")]
    pub(super) time_ms: i64,
    #[prost(uint32, optional, tag = "2")]
    pub(super) link: Option<u32>,
    #[prost(float, tag = "3")]
    pub(super) along_m: f32,
    #[prost(float, tag = "4")]
    pub(super) confidence: f32,
    /// Place in the list of reasons, 0 for none.
    #[prost(uint32, tag = "5")]
    pub(super) unknown: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(uint32, tag = "1")]
    pub(super) direction: u32,
    #[prost(enumeration = "wire::Quantity", tag = "2")]
    pub(super) quantity: i32,
    #[prost(bool, tag = "3")]
    pub(super) rolling: bool,
    #[prost(uint32, tag = "4")]
    pub(super) sensor_id: u32,
    #[prost(int64, tag = "5")]
    pub(super) time_ms: i64,
    #[prost(double, tag = "6")]
    pub(super) reading: f64,
    #[prost(enumeration = "wire::Verdict", repeated, tag = "7")]
    pub(super) verdicts: Vec<i32>,
}

/// The object follows from the rest.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Detector {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) feed: u32,
    #[prost(message, optional, tag = "3")]
    pub(super) station: Option<wire::DetectorStation>,
    #[prost(int64, repeated, tag = "4")]
    pub(super) field_times_ms: Vec<i64>,
    #[prost(int64, tag = "5")]
    pub(super) station_time_ms: i64,
    #[prost(int64, tag = "6")]
    pub(super) station_received_ms: i64,
    #[prost(enumeration = "wire::Verdict", repeated, tag = "7")]
    pub(super) station_verdicts: Vec<i32>,
    #[prost(message, repeated, tag = "8")]
    pub(super) values: Vec<Value>,
    #[prost(int64, tag = "9")]
    pub(super) measured_ms: i64,
    #[prost(int64, tag = "10")]
    pub(super) measured_received_ms: i64,
    #[prost(int64, tag = "11")]
    pub(super) floor_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Situation {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) feed: u32,
    #[prost(message, optional, tag = "3")]
    pub(super) object: Option<wire::Situation>,
    #[prost(int64, tag = "4")]
    pub(super) version_time_ms: i64,
    #[prost(uint32, tag = "5")]
    pub(super) version: u32,
    #[prost(enumeration = "wire::SituationPhase", tag = "6")]
    pub(super) phase: i32,
    #[prost(int64, optional, tag = "7")]
    pub(super) end_time_ms: Option<i64>,
    #[prost(int64, tag = "8")]
    pub(super) received_first_ms: i64,
    #[prost(int64, tag = "9")]
    pub(super) received_last_ms: i64,
    #[prost(int64, tag = "10")]
    pub(super) retracted_received_ms: i64,
    #[prost(int64, tag = "11")]
    pub(super) retracted_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Trip {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) feed: u32,
    #[prost(message, optional, tag = "3")]
    pub(super) object: Option<wire::Trip>,
    #[prost(int64, tag = "4")]
    pub(super) newest_ms: i64,
    #[prost(int64, tag = "5")]
    pub(super) floor_ms: i64,
}
