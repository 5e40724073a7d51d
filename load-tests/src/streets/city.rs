//! A made-up city of any size, and lines of buses through it.

use std::io::Cursor;

use network::osm::{OsmError, OsmOptions, read_osm};
use network::{LinkNumber, Network};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::bake::line;
use super::router::Router;
use crate::osm::Country;

/// Lines are so long as the crow flies, metres, where the city has room for it.
const LINE_M: [f64; 2] = [4_000.0, 9_000.0];
/// Ends that are looked at for a beginning, of which the first at such a distance is taken.
const ENDS_MAX: usize = 64;

/// The network of a city of square blocks of 100 m, so many along each side (a multiple of 2), from
/// its southern and western corner (latitude, longitude) on: four links a block, each of three bends;
/// every eighth street is a main one with traffic lights where two of them cross.
///
/// ```
/// let network = load_tests::streets::city(16, [60.1, 24.8])?;
/// assert!(network.len() > 4 * 16 * 16);
/// # Ok::<_, network::osm::OsmError>(())
/// ```
pub fn city(blocks: u32, corner_deg: [f64; 2]) -> Result<Network, OsmError> {
    let mut extract = Vec::new();
    let city = Country { cities_a_side: 1, blocks, houses: 0 };
    // Writing to memory does not fail.
    city.write_at(corner_deg, &mut extract).map_err(|source| {
        OsmError::Pbf(network::pbf::PbfError::Read { offset: extract.len() as u64, source })
    })?;
    let import = read_osm(Cursor::new(extract), &OsmOptions::default(), &mut |_, _| {})?;
    Ok(import.builder.build())
}

/// Ways of bus lines along the streets: latitude and longitude of their points.
pub(crate) fn lines(network: &Network, count: usize, seed: u64) -> Vec<Vec<[f64; 2]>> {
    let router = Router::new(network, true);
    let open: Vec<LinkNumber> = router.links().collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let at = |link: LinkNumber| network.plane().project(network.middle(link));
    let mut lines = Vec::with_capacity(count);
    while lines.len() < count && !open.is_empty() {
        let start = open[random.random_range(0..open.len())];
        let reached = router.from(std::iter::once((start, 0)));
        let [east_m, north_m] = at(start);
        let mut far = None;
        for _ in 0..ENDS_MAX {
            let end = open[random.random_range(0..open.len())];
            let to = at(end);
            let distance_m = (to[0] - east_m).hypot(to[1] - north_m);
            if reached.cost[end as usize].is_some() && distance_m <= LINE_M[1] {
                if far.is_none_or(|(most_m, _)| distance_m > most_m) {
                    far = Some((distance_m, end));
                }
                if distance_m >= LINE_M[0] {
                    break;
                }
            }
        }
        let Some((_, end)) = far else { continue };
        let points = line(network, &reached.way(end));
        lines.push(points.iter().map(|at| [at.latitude_deg, at.longitude_deg]).collect());
    }
    lines
}
