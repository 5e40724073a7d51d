//! Feed simulator, its streets, and benches: what Tilanne is measured and shown with.

pub mod bench;
pub mod osm;
pub mod publish;
pub mod simulator;
pub mod streets;
