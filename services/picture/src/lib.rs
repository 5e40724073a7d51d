//! The live picture of one region.
//!
//! [`Picture`] is a state machine: the same log records in the same order give the same [`Delta`]s
//! and the same [`Snapshot`], to the byte, in any run and after any restart. It does no I/O,
//! has no clock (time comes as watermarks in the log) and nothing in it depends on hash order.
//! [`View`] is the read side: it follows a picture by its deltas, anywhere, and answers queries.
//!
//! ```
//! use events::{FeedStatus, LogRecord};
//! use picture::{Layer, Picture, Setup, View};
//!
//! let mut picture = Picture::new("region".into(), "log-1".into(), Setup::default());
//! let mut deltas = Vec::new();
//! let status = FeedStatus { feed: "hsl-hfp".into(), watermark_ms: 1_000, ..Default::default() };
//! picture.apply(0, &LogRecord::FeedStatus(status), &mut deltas);
//!
//! let mut view = View::new("region".into(), "log-1".into());
//! for delta in deltas {
//!     view.apply(delta);
//! }
//! assert_eq!(view.len(Layer::Feeds), 1);
//! assert_eq!(view.snapshot().encode(), picture.snapshot().encode());
//! ```

mod alert;
mod checkpoint;
mod deadline;
mod delta;
mod detector;
mod error;
mod expiring;
mod fate;
mod feed;
pub mod frame;
mod index;
mod layer;
mod limits;
mod object;
mod picture;
mod setup;
mod silent;
mod situation;
mod snapshot;
mod station;
mod street;
mod trip;
mod vehicle;
mod view;
mod weather;

pub use alert::AlertOptions;
pub use checkpoint::RestoreError;
pub use delta::{Change, Delta};
pub use error::DecodeError;
pub use events::wire::{
    AreaKind, EmissionMethod, EmissionPeriod, EstimateMethod, EvidenceKind, HcmLevel,
    LevelOfService, Pollutant, QueueTrend, RemovalReason, WeatherSource,
};
pub use layer::{Layer, UnknownLayer};
pub use limits::{FEEDS_MAX, FeedLimits, LAYER_OBJECTS_MAX};
pub use object::{
    Area, Coverage, Detector, DetectorDirection, Emission, EmissionAlternative, EmissionAmount,
    EmissionBasis, EmissionRate, EmissionShare, EmissionTotal, EmissionWeather, EmissionWindow,
    Estimate, Evidence, Feed, Link, LinkWindow, Noise, Object, Queue, ReasonCount, STREETS,
    Situation, SituationEffect, TimedSurface, TimedValue, Trip, Vehicle, VehicleEmission,
    VehicleMatch, Weather,
};
pub use picture::{EmissionBalance, Picture};
pub use setup::{EmissionClimate, Setup, StreetOptions, StreetSetup};
pub use snapshot::Snapshot;
pub use traffic::link::Calendar;
pub use traffic::matching::MatchOptions;
pub use view::View;
