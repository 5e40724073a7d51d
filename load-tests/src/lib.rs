//! Feed simulator and benches: what Tilanne is measured and shown with.

pub mod bench;
pub mod osm;
pub mod publish;
pub mod simulator;
