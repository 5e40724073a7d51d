//! A day of a city's public transport: what its vehicles send from midnight to midnight, with two rush
//! hours, along lines through any street network.
//!
//! Nothing of the day is held: each second is made when it is asked for, and any part of the day is the
//! same with or without what comes before it.

use std::collections::BinaryHeap;
use std::ops::Range;

use network::Network;

use super::chance::Chance;
use super::damage::Damage;
use super::feed::hfp;
use super::world::{FeedKind, Mode, RouteData, StopPlaces, World};
use super::{Config, ConfigError, LATENESS_MAX_S, SimulatedFeed, Simulation};
use crate::streets;

/// Seconds of a day.
pub const DAY_S: i64 = 86_400;
/// When the day begins: Tuesday 2026-11-17T00:00:00Z.
pub const DAY_START_MS: i64 = 1_794_873_600_000;
/// Vehicles of the whole fleet, all of which are on the road in the rush hours.
pub const DAY_VEHICLES: u32 = 1_200;
/// Messages of a whole day, to a hundredth: 1.11 a second of each vehicle on the road (a position, and
/// seven events at each stop) and 43.5 percent of the fleet there on the mean of the day make 579 a
/// second, 50 million in all.
pub const DAY_MESSAGES: u64 = 50_000_000;

const FEED: &str = "hsl-hfp";
const LINES: u32 = 120;
/// Every so many lines are trams.
const TRAMS: u32 = 10;
/// Every so many lines ask traffic lights for green.
const SIGNALS: u32 = 4;
/// Operators, as the publisher numbers them.
const OPERATORS: [u32; 5] = [12, 17, 18, 22, 30];
/// Seconds by which local time is ahead of UTC that day.
const LOCAL_S: i64 = 7_200;

/// Share of the fleet on the road by local hour, straight between these points.
const ON_ROAD: [(f64, f64); 16] = [
    (0.0, 0.12),
    (1.5, 0.04),
    (4.0, 0.04),
    (5.0, 0.18),
    (6.5, 0.80),
    (7.25, 1.0),
    (8.25, 1.0),
    (9.5, 0.47),
    (13.5, 0.37),
    (14.5, 0.60),
    (15.25, 1.0),
    (16.5, 1.0),
    (18.0, 0.47),
    (20.0, 0.32),
    (22.5, 0.19),
    (24.0, 0.12),
];

/// A part of the day, seconds from its beginning, on lines that the seed finds through the streets;
/// `0..DAY_S` is all of it.
///
/// ```
/// use load_tests::{simulator, streets};
/// let network = streets::city(16, [60.1, 24.8])?;
/// let noon = 36_000..36_001;
/// let messages: Vec<_> = simulator::day(1, &network, noon)?.collect();
/// assert!(messages.len() > 500);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn day(seed: u64, network: &Network, part_s: Range<i64>) -> Result<Simulation, ConfigError> {
    let mut world = World::read()?;
    let all = std::mem::take(&mut world.feeds);
    let is_its = |kind: &FeedKind| matches!(kind, FeedKind::Hfp);
    let missing = || ConfigError::Data { name: "feeds.toml", message: format!("no feed {FEED}") };
    let data = all.into_iter().find(|feed| is_its(&feed.kind) && feed.name == FEED);
    let data = data.ok_or_else(missing)?;
    let lines = streets::lines(network, LINES as usize, seed);
    world.routes = (0..).zip(lines).map(|(number, path)| route(number, path)).collect();
    let config =
        Config { seed, duration_s: DAY_S as u32, start_ms: DAY_START_MS, ..Config::default() };
    let chance = Chance::new(seed);
    let feed = hfp::Day::new(&world, &config, &chance, &data, on_road)?;
    let simulated = SimulatedFeed {
        name: data.name.clone(),
        region: data.region.clone(),
        bbox: world.region(&data.region)?.bbox,
    };
    Ok(Simulation {
        damage: Damage::new(&config, chance, 1),
        second: part_s.start - LATENESS_MAX_S,
        wanted_s: part_s,
        config,
        feeds: vec![(simulated, Box::new(feed))],
        under_way: BinaryHeap::new(),
        count: 0,
    })
}

fn route(number: u32, path: Vec<[f64; 2]>) -> RouteData {
    let mode = if number % TRAMS == TRAMS - 1 { Mode::Tram } else { Mode::Bus };
    RouteData {
        feed: FEED.into(),
        mode,
        id: format!("{}", 2_101 + number),
        name: format!("{}", 101 + number),
        ends: [format!("Terminus {number}"), format!("Central {}", number % 7)],
        operator: OPERATORS[number as usize % OPERATORS.len()],
        running_operator: None,
        vehicles: DAY_VEHICLES / LINES,
        stops: StopPlaces::Spread,
        spacing_m: None,
        speed_m_s: None,
        night: false,
        signals: number.is_multiple_of(SIGNALS),
        path,
        real: None,
    }
}

/// Share of the fleet that is on the road at a second of the day.
fn on_road(second: i64) -> f64 {
    let hour = (second + LOCAL_S).rem_euclid(DAY_S) as f64 / 3_600.0;
    let after = ON_ROAD.windows(2).find(|pair| hour < pair[1].0);
    after.map_or(ON_ROAD[0].1, |pair| {
        let [(from, low), (to, high)] = [pair[0], pair[1]];
        low + (high - low) * (hour - from) / (to - from)
    })
}
