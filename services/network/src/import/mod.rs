//! Reading a network from what others publish: an extract of OpenStreetMap, schedules in GTFS,
//! heights of the ground.
//!
//! Importers take a reader, so that this crate opens no file; the binary does.

pub mod elevation;
pub mod gtfs;
pub mod osm;
pub mod pbf;
mod report;

pub use report::{Finding, ImportReport};
