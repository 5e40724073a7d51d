//! The streets of the demo: made up where the simulated vehicles drive, real where an extract is.
//!
//! [`network`] makes the network of a region, [`with_schedule`] adds what the lines need; [`bake`] finds
//! the ways of lines and cars along real streets once, so that the simulator needs no map.

mod bake;
mod city;
mod plan;
mod router;
mod schedule;

use events::Position;
use network::osm::OsmImport;
use network::{BoundingBox, Network, NetworkBuilder};

pub use self::bake::bake;
pub use self::city::city;
pub(crate) use self::city::lines;
pub use self::schedule::with_schedule;
use crate::simulator::ConfigError;
use crate::simulator::world::World;

/// Name of every street that is made up.
pub const SYNTHETIC_NAME: &str = "Synthetic street";

/// Whom to name for real streets.
pub const ATTRIBUTION: &str = "© OpenStreetMap contributors, ODbL";

/// Ids and boxes of the regions that the simulator knows.
pub fn regions() -> Result<Vec<(String, BoundingBox)>, ConfigError> {
    let world = World::read()?;
    Ok(world.regions.into_iter().map(|region| (region.id, region.bbox)).collect())
}

/// The street network of a region: what was imported, and made-up streets elsewhere, along bus
/// lines and through measuring stations. [`Network::source`] says which is which.
///
/// ```
/// let network = load_tests::streets::network("turku", None)?;
/// assert!(network.len() > 100);
/// assert_eq!(network.source(), "synthetic streets");
/// # Ok::<_, load_tests::simulator::ConfigError>(())
/// ```
pub fn network(region: &str, real: Option<OsmImport>) -> Result<Network, ConfigError> {
    let world = World::read()?;
    let Some(OsmImport { mut builder, report }) = real else { return synthetic(&world, region) };
    for link in plan::links(&world, region, true) {
        builder.link(link);
    }
    builder.source(format!("{ATTRIBUTION}; streets named {SYNTHETIC_NAME:?} are synthetic"));
    Ok(builder.build().with_report(&report))
}

fn synthetic(world: &World, region: &str) -> Result<Network, ConfigError> {
    let mut builder = NetworkBuilder::new(world.region(region)?.bbox.center());
    for link in plan::links(world, region, false) {
        builder.link(link);
    }
    builder.source("synthetic streets".to_owned());
    Ok(builder.build())
}

fn position([latitude_deg, longitude_deg]: [f64; 2]) -> Position {
    Position { longitude_deg, latitude_deg }
}
