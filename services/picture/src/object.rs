//! Objects of the picture, as best known; see `proto/tilanne/v1/picture.proto` for each field.

mod emission;
mod emission_wire;
mod street;
mod street_wire;
mod weather;
mod wire;

use events::{
    Connection, DetectorStation, Outcome, Position, SituationRecord, Text, TripUpdate,
    VehiclePosition, Verdicts,
};
use network::BoundingBox;
use serde::Serialize;

use crate::{Layer, LevelOfService};

pub use emission::{
    Emission, EmissionAlternative, EmissionAmount, EmissionBasis, EmissionRate, EmissionShare,
    EmissionTotal, EmissionWeather, EmissionWindow, Noise, VehicleEmission,
};
pub use street::{
    Area, Coverage, Estimate, Evidence, Link, LinkWindow, Queue, SituationEffect, VehicleMatch,
};
pub use weather::{TimedSurface, Weather};

/// A vehicle as best known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Vehicle {
    pub id: Text,
    pub feed: Text,
    pub event_time_ms: i64,
    pub received_time_ms: i64,
    /// The newest report; its position is that of the newest believed fix.
    pub report: VehiclePosition,
    /// Time of the believed fix; missing when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_time_ms: Option<i64>,
    pub verdicts: Verdicts,
    /// On the street network; missing where there is none, and of what does not drive on streets.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub matched: Option<Box<VehicleMatch>>,
    /// What it emits; only of public transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emission: Option<Box<VehicleEmission>>,
}

/// A trip's progress.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Trip {
    pub id: Text,
    pub feed: Text,
    pub event_time_ms: i64,
    pub received_time_ms: i64,
    pub update: TripUpdate,
    pub verdicts: Verdicts,
}

/// A value with the time it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TimedValue {
    pub value: f64,
    pub time_ms: i64,
}

/// One direction of a detector station. A missing value is unknown, not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DetectorDirection {
    /// 1 along increasing road address, 2 along decreasing.
    pub direction: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_km_h: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_veh_h: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_share_percent: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_share_percent: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy_percent: Option<TimedValue>,
    pub level_of_service: LevelOfService,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_flow_speed_km_h: Option<f64>,
}

/// A detector station as best known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Detector {
    pub id: Text,
    pub feed: Text,
    /// Newest measurement, else newest reference data.
    pub event_time_ms: i64,
    pub received_time_ms: i64,
    pub station: DetectorStation,
    /// By direction number.
    pub directions: Vec<DetectorDirection>,
    pub verdicts: Verdicts,
}

/// A situation in its newest version.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Situation {
    pub id: Text,
    pub feed: Text,
    pub event_time_ms: i64,
    pub received_time_ms: i64,
    pub record: SituationRecord,
    pub verdicts: Verdicts,
    /// Missing where it touches no link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Box<SituationEffect>>,
}

/// How many records had one outcome for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ReasonCount {
    pub outcome: Outcome,
    pub reason: Text,
    pub count: u64,
}

/// How a feed is, and the ledger of what became of everything it sent: `received` is the sum of the
/// six outcomes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Feed {
    /// The feed's name.
    pub id: Text,
    pub watermark_ms: i64,
    pub status_time_ms: i64,
    pub connection: Connection,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub received: u64,
    pub applied: u64,
    pub superseded: u64,
    pub duplicate: u64,
    pub rejected: u64,
    pub quarantined: u64,
    pub dropped: u64,
    /// By outcome and reason, ordered.
    pub reasons: Vec<ReasonCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_received_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_ms: Option<i64>,
    pub imbalances: u64,
}

/// Stands for a feed where an object is made from many.
pub const STREETS: Text = Text::const_new("streets");

/// An object of any layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Object {
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

impl Object {
    /// The layer it is in.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Vehicle(_) => Layer::Vehicles,
            Self::Detector(_) => Layer::Detectors,
            Self::Situation(_) => Layer::Situations,
            Self::Trip(_) => Layer::Trips,
            Self::Feed(_) => Layer::Feeds,
            Self::Link(_) => Layer::Links,
            Self::Queue(_) => Layer::Queues,
            Self::Area(_) => Layer::Areas,
            Self::Emission(Emission { kind: None, .. }) => Layer::LinkEmissions,
            Self::Emission(_) => Layer::AreaEmissions,
            Self::Weather(_) => Layer::Weather,
        }
    }

    /// `<feed>:<entity>`; a feed's id is its name.
    pub fn id(&self) -> &Text {
        match self {
            Self::Vehicle(vehicle) => &vehicle.id,
            Self::Detector(detector) => &detector.id,
            Self::Situation(situation) => &situation.id,
            Self::Trip(trip) => &trip.id,
            Self::Feed(feed) => &feed.id,
            Self::Link(link) => &link.id,
            Self::Queue(queue) => &queue.id,
            Self::Area(area) => &area.id,
            Self::Emission(emission) => &emission.id,
            Self::Weather(weather) => &weather.id,
        }
    }

    /// Name of the feed that it is known from; [`STREETS`] of what is made from many.
    pub fn feed(&self) -> &Text {
        match self {
            Self::Vehicle(vehicle) => &vehicle.feed,
            Self::Detector(detector) => &detector.feed,
            Self::Situation(situation) => &situation.feed,
            Self::Trip(trip) => &trip.feed,
            Self::Feed(feed) => &feed.id,
            Self::Weather(weather) => &weather.feed,
            Self::Link(_) | Self::Queue(_) | Self::Area(_) | Self::Emission(_) => {
                static NAME: Text = STREETS;
                &NAME
            }
        }
    }

    /// Time of what it says; of a feed its watermark.
    pub fn event_time_ms(&self) -> i64 {
        match self {
            Self::Vehicle(vehicle) => vehicle.event_time_ms,
            Self::Detector(detector) => detector.event_time_ms,
            Self::Situation(situation) => situation.event_time_ms,
            Self::Trip(trip) => trip.event_time_ms,
            Self::Feed(feed) => feed.watermark_ms,
            Self::Link(link) => link.event_time_ms,
            Self::Queue(queue) => queue.event_time_ms,
            Self::Area(area) => area.event_time_ms,
            Self::Emission(emission) => emission.event_time_ms,
            Self::Weather(weather) => weather.event_time_ms,
        }
    }

    /// Where it is, when that is one point.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Vehicle(vehicle) => vehicle.report.position,
            Self::Detector(detector) => detector.station.position,
            Self::Situation(situation) => {
                let mut positions = situation.record.geometry.as_ref()?.positions();
                let only = positions.next()?;
                positions.next().is_none().then_some(*only)
            }
            Self::Queue(queue) => Some(queue.position),
            Self::Weather(weather) => weather.station.position,
            Self::Trip(_) | Self::Feed(_) | Self::Link(_) | Self::Area(_) | Self::Emission(_) => {
                None
            }
        }
    }

    /// The smallest box around all of it; none when it has no place.
    pub fn envelope(&self) -> Option<BoundingBox> {
        match self {
            Self::Situation(situation) => {
                let geometry = situation.record.geometry.as_ref()?;
                let points = geometry.positions().copied().map(point_box);
                points.reduce(BoundingBox::union)
            }
            Self::Link(link) => line_box(&link.line),
            Self::Area(area) => line_box(&area.boundary),
            Self::Emission(emission) => line_box(&emission.line),
            Self::Vehicle(_)
            | Self::Detector(_)
            | Self::Trip(_)
            | Self::Feed(_)
            | Self::Queue(_)
            | Self::Weather(_) => self.position().map(point_box),
        }
    }
}

fn line_box(line: &[Position]) -> Option<BoundingBox> {
    line.iter().copied().map(point_box).reduce(BoundingBox::union)
}

fn point_box(position: Position) -> BoundingBox {
    BoundingBox {
        west_deg: position.longitude_deg,
        south_deg: position.latitude_deg,
        east_deg: position.longitude_deg,
        north_deg: position.latitude_deg,
    }
}
