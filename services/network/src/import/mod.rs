//! Reading a network from what others publish: an extract of OpenStreetMap.
//!
//! Importers take a reader, so that this crate opens no file; the binary does.

pub mod osm;
pub mod pbf;
mod report;

pub use report::{Finding, ImportReport};
