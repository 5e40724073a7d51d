//! The feed simulator: what the publishers of several cities send, byte for byte in their formats.
//!
//! A [`Simulation`] is made of a [`Config`] and gives [`RawRecord`]s in the order in which they are
//! received. The same configuration gives the same bytes. Each second depends on nothing but that
//! second, and everything repeats with the recording's duration: vehicles end where they began,
//! messages that were under way at the end arrive at the beginning. So a recording can be played in
//! a loop, its times shifted by its duration, without a jump.
//!
//! [`Faults`] are what goes wrong on purpose. [`Simulation::sent_in`] gives the records of a
//! single second, for whoever sends them on as time goes by; [`hfp_messages`] gives vehicle
//! messages alone.
//!
//! ```
//! use load_tests::simulator::{Config, Simulation};
//!
//! let config = Config { duration_s: 60, scale: 0.05, ..Config::default() };
//! let first = Simulation::new(config)?.next().expect("feeds start at once");
//! assert!(first.received_time_ms >= Config::default().start_ms);
//! # Ok::<_, load_tests::simulator::ConfigError>(())
//! ```

mod chance;
mod clock;
mod damage;
mod day;
mod faults;
mod feed;
mod fleet;
mod motion;
mod path;
pub(crate) mod world;

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use events::RawRecord;

use self::chance::Chance;
use self::damage::Damage;
pub use self::day::{DAY_MESSAGES, DAY_S, DAY_START_MS, DAY_VEHICLES, day};
pub use self::faults::Faults;
use self::feed::{Feed, Sent};
use self::fleet::FleetPlan;
pub(crate) use self::fleet::Route;
use self::world::{FeedKind, World};

/// Seconds before the start that are simulated too: messages come at most so late.
const LATENESS_MAX_S: i64 = 64;
/// Durations are multiples of this: detectors and documents repeat every minute.
const DURATION_STEP_S: u32 = 60;
/// Largest scale: vehicle numbers have five digits.
const SCALE_MAX: f64 = 300.0;
/// Seconds of a recording from which vehicle messages for benches are taken.
const BENCH_DURATION_S: u32 = 600;

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Another seed gives other vehicles, latencies and faults.
    pub seed: u64,
    /// Seconds of the recording, a multiple of 60.
    pub duration_s: u32,
    /// When it starts, milliseconds since 1970-01-01 UTC.
    pub start_ms: i64,
    /// Number of vehicles of each line, as a multiple of what the data has; at least one stays.
    pub scale: f64,
    /// Highest geohash level of vehicle messages subscribed to, 0 to 5: lower thins the stream as
    /// the publisher's own broker does, by leaving out messages whose place hardly changed.
    pub geohash_level_max: u8,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for Config {
    /// Four minutes of a weekday afternoon, with all vehicles.
    fn default() -> Self {
        Self {
            seed: 1,
            duration_s: 240,
            // Tuesday 2026-11-17T13:30:00Z.
            start_ms: 1_794_922_200_000,
            scale: 1.0,
            geohash_level_max: 5,
            faults: Faults::default(),
        }
    }
}

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A recording of that length could not be looped.
    #[error("duration_s {0} is not a positive multiple of {DURATION_STEP_S}")]
    Duration(u32),
    /// Too many or no vehicles.
    #[error("scale {0} is not above 0 and at most {SCALE_MAX}")]
    Scale(f64),
    /// No such fault.
    #[error("no fault is named {name:?}; there are {known}")]
    Fault {
        /// As given.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The simulator's own data are wrong.
    #[error("data file {name}: {message}")]
    Data {
        /// The file in `load-tests/data`.
        name: &'static str,
        /// What is wrong in it.
        message: String,
    },
}

/// What a feed of the simulation is called and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedFeed {
    /// Name, as in records.
    pub name: String,
    /// Region.
    pub region: String,
    /// Box that has all its places.
    pub bbox: network::BoundingBox,
}

/// All feeds over the time of a recording; iterates over its records as they are received.
pub struct Simulation {
    config: Config,
    feeds: Vec<(SimulatedFeed, Box<dyn Feed>)>,
    damage: Damage,
    /// Seconds of the recording that are wanted.
    wanted_s: Range<i64>,
    /// The next second to simulate.
    second: i64,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    count: u64,
}

impl Simulation {
    /// A simulation of all feeds.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let world = World::read()?;
        Self::of(config, &world, |_| true)
    }

    fn of(
        config: Config,
        world: &World,
        wanted: impl Fn(&FeedKind) -> bool,
    ) -> Result<Self, ConfigError> {
        if config.duration_s == 0 || !config.duration_s.is_multiple_of(DURATION_STEP_S) {
            return Err(ConfigError::Duration(config.duration_s));
        }
        if !(config.scale > 0.0 && config.scale <= SCALE_MAX) {
            return Err(ConfigError::Scale(config.scale));
        }
        let chance = Chance::new(config.seed);
        let plan = FleetPlan { world, config: &config, chance: &chance };
        let mut feeds = Vec::new();
        for (place, data) in world.feeds.iter().enumerate() {
            if wanted(&data.kind) {
                let simulated = SimulatedFeed {
                    name: data.name.clone(),
                    region: data.region.clone(),
                    bbox: world.region(&data.region)?.bbox,
                };
                feeds.push((simulated, feed::feed(data, place, &plan)?));
            }
        }
        Ok(Self {
            damage: Damage::new(&config, chance.clone(), feeds.len()),
            wanted_s: 0..i64::from(config.duration_s),
            config,
            feeds,
            second: -LATENESS_MAX_S,
            under_way: BinaryHeap::new(),
            count: 0,
        })
    }

    /// The feeds, in the order of the data.
    pub fn feeds(&self) -> impl Iterator<Item = &SimulatedFeed> {
        self.feeds.iter().map(|(feed, _)| feed)
    }

    /// The records that are sent in a second of the recording, faults included; they are received
    /// then or up to a minute later, in no order. Seconds go on after the recording's end as they
    /// began, with the times of their own.
    pub fn sent_in(&self, second: i64) -> Vec<RawRecord> {
        let mut sent: Vec<Sent> = Vec::new();
        let mut records = Vec::new();
        for (place, (simulated, feed)) in self.feeds.iter().enumerate() {
            sent.clear();
            feed.send(second, &mut sent);
            self.damage.strike(place, second, &mut sent);
            records.extend(sent.drain(..).map(|sent| sent.into_record(&simulated.name)));
        }
        records
    }

    fn advance(&mut self) {
        for record in self.sent_in(self.second) {
            self.count += 1;
            self.under_way.push(Reverse(UnderWay { nth: self.count, record }));
        }
        self.second += 1;
    }
}

impl Iterator for Simulation {
    type Item = RawRecord;

    fn next(&mut self) -> Option<RawRecord> {
        let Range { start: first_s, end: to_s } = self.wanted_s;
        let from_ms = self.config.start_ms + first_s * 1_000;
        let end_ms = self.config.start_ms + to_s * 1_000;
        loop {
            // What is sent later is received later.
            let settled_ms = self.config.start_ms + self.second * 1_000;
            let first = self.under_way.peek().map(|Reverse(first)| first.received_ms());
            match first {
                Some(received_ms) if received_ms < settled_ms || self.second >= to_s => {
                    let Reverse(first) = self.under_way.pop()?;
                    if received_ms >= end_ms {
                        return None;
                    }
                    if received_ms >= from_ms {
                        return Some(first.record);
                    }
                }
                _ if self.second < to_s => self.advance(),
                _ => return None,
            }
        }
    }
}

/// Vehicle messages of one publisher's format, in the order of receipt, exactly `count`.
///
/// They come from about this many vehicles, one a second and vehicle with the events in between;
/// when the recording that they are taken from ends, it goes on as it began, in later times.
///
/// ```
/// let messages = load_tests::simulator::hfp_messages(1, 40, 100);
/// assert_eq!(messages.len(), 100);
/// ```
///
/// # Panics
///
/// Never with the data that come with the simulator.
pub fn hfp_messages(seed: u64, vehicles: usize, count: usize) -> Vec<RawRecord> {
    const VALID: &str = "the simulator's own data are valid: a test makes every feed of them";
    let world = World::read().expect(VALID);
    let is_hfp = |kind: &FeedKind| matches!(kind, FeedKind::Hfp);
    let feeds = world.feeds.iter().filter(|feed| is_hfp(&feed.kind));
    let names: Vec<&str> = feeds.map(|feed| feed.name.as_str()).collect();
    let lines = world.routes.iter().filter(|route| names.contains(&route.feed.as_str()));
    let full: u32 = lines.map(|route| route.vehicles).sum();
    let scale = vehicles as f64 / f64::from(full.max(1));
    let config = Config {
        seed,
        duration_s: BENCH_DURATION_S,
        scale: scale.clamp(f64::MIN_POSITIVE, SCALE_MAX),
        faults: Faults::none(),
        ..Config::default()
    };
    let simulation = Simulation::of(config, &world, is_hfp).expect(VALID);
    let mut records = Vec::with_capacity(count);
    let mut second = 0;
    while records.len() < count {
        let mut sent = simulation.sent_in(second);
        sent.sort_by_key(|record| record.received_time_ms);
        sent.truncate(count - records.len());
        records.append(&mut sent);
        second += 1;
    }
    records.sort_by_key(|record| record.received_time_ms);
    records
}

/// A record that was sent and not yet received; the earliest received is the least, then the
/// earliest sent.
struct UnderWay {
    nth: u64,
    record: RawRecord,
}

impl UnderWay {
    fn received_ms(&self) -> i64 {
        self.record.received_time_ms
    }

    fn key(&self) -> (i64, u64) {
        (self.received_ms(), self.nth)
    }
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}
