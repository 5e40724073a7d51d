//! Events, checked: what a city's feed said, in one vocabulary for all feeds.
//!
//! A format of the `ingest` crate turns bytes into an [`Event`]; the log carries its wire form
//! (`proto/tilanne/v1`, [`wire`]); the `picture` crate applies it. Values here are converted and in
//! range: degrees, km/h, seconds late, milliseconds since 1970-01-01 UTC. What was doubtful about a
//! record travels with it as [`Verdicts`]. Nothing in this crate does I/O or reads a clock.

mod detector;
mod event;
mod position;
mod situation;
mod text;
mod trip_update;
mod vehicle_position;
mod verdict;
mod weather;
pub mod wire;

pub use detector::{DetectorConstant, DetectorMeasurement, DetectorStation};
pub use event::{Body, Event, LogRecord, Provenance, Shift, WireError};
pub use position::{Position, PositionError};
pub use situation::{Geometry, InformedEntity, SituationRecord};
pub use text::{ID_BYTES_MAX, TEXT_BYTES_MAX, bounded_id, bounded_text};
pub use trip_update::{StopTimeEvent, StopTimeUpdate, TripUpdate};
pub use vehicle_position::{SignalPriority, TripDescriptor, VehiclePosition};
pub use verdict::Verdicts;
pub use weather::{WeatherMeasurement, WeatherStation};
pub use wire::{
    Alert, AlertKind, AnnouncementType, CollectionStatus, Connection, DeadLetter, EntityKind,
    FeedStatus, JourneyPhase, LocationSource, MeasurementWindow, Mode, OccupancyStatus, Outcome,
    Quantity, RawRecord, RoadSurface, SituationPhase, SituationType, StopStatus,
    StopTimeRelationship, Tally, TallyCount, TripRelationship, VehicleEventKind, Verdict,
    WeatherQuantity,
};

/// Short text that is stored inline up to 24 bytes: ids, line names, headsigns.
pub use compact_str::CompactString as Text;
