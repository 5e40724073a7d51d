//! Static reference of a region: its cities, its local metric plane and its street network.
//!
//! Pure: no I/O, no clock. Configuration is read elsewhere and handed in as values.

mod area_polygon;
mod areas;
mod bbox;
mod builder;
mod file;
mod grid;
mod import;
mod network;
mod plane;
mod region;
mod road_class;
mod schedule;
mod texts;
mod trace;

pub use area_polygon::{AreaPolygon, AreaPolygonError, PolygonKind};
pub use areas::{Area, Areas};
pub use bbox::{BoundingBox, BoundingBoxError};
pub use builder::{ForbiddenTurn, NetworkBuilder, NewLink};
pub use file::NetworkFileError;
pub use import::{Finding, ImportReport, elevation, gtfs, osm, pbf};
pub use network::{LinkFlags, LinkId, LinkNumber, LinkPoint, Network, NetworkIdentity};
pub use plane::Plane;
pub use region::{City, Region};
pub use road_class::RoadClass;
pub use schedule::{Pattern, Schedule, ScheduleNumber, Stop};
