//! The feeds: each turns a second of the simulation into bytes as its publisher sends them.

mod alerts;
mod cars;
mod geohash;
pub(super) mod hfp;
mod hfp_event;
mod positions;
mod tms;
mod traffic_messages;
mod transit;
mod trip_updates;
mod weather;

use events::wire;

use super::chance::{Chance, Purpose};
use super::clock::LocalTime;
use super::fleet::FleetPlan;
use super::world::{FeedData, FeedKind};
use super::{Config, ConfigError};

/// Name of the source of messages within a feed.
pub(super) const MQTT: &str = "mqtt";
/// Name of the source of documents within a feed.
pub(super) const REST: &str = "rest";

/// Time of an answer over HTTP, seconds after the whole second of the request, by share.
const HTTP_LATENCY_S: &[(f64, f64)] = &[(0.0, 0.04), (0.5, 0.12), (0.95, 0.35), (1.0, 0.8)];

/// What a publisher sent, and when it arrived.
pub(super) struct Sent {
    pub(super) received_time_ms: i64,
    pub(super) source: String,
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
}

impl Sent {
    /// The record that the receiver makes of it.
    pub(super) fn into_record(self, feed: &str) -> wire::RawRecord {
        wire::RawRecord {
            feed: feed.into(),
            source: self.source,
            topic: self.topic,
            received_time_ms: self.received_time_ms,
            payload: self.payload.into(),
        }
    }
}

/// A feed. What it sends in a second depends on nothing but that second.
pub(super) trait Feed: Send {
    /// Adds what is sent in a second of the recording; seconds before its start belong to the end
    /// of the recording before it.
    fn send(&self, second: i64, out: &mut Vec<Sent>);
}

/// When a recording is, and how its seconds repeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline {
    pub(super) start_ms: i64,
    pub(super) duration_s: i64,
}

impl Timeline {
    /// Milliseconds since 1970 of a second of the recording.
    pub(super) fn time_ms(&self, second: i64) -> i64 {
        self.start_ms + second * 1_000
    }

    /// The second that this one repeats, 0 to below the duration.
    pub(super) fn phase_s(&self, second: i64) -> i64 {
        second.rem_euclid(self.duration_s)
    }

    /// Seconds of the recording as a moment for draws.
    pub(super) fn moment(&self, second: i64) -> u64 {
        self.phase_s(second).unsigned_abs()
    }
}

/// What every feed is made with.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) timeline: Timeline,
    pub(super) local: LocalTime,
    pub(super) chance: Chance,
    /// Owner of the feed's own draws.
    pub(super) owner: u64,
    pub(super) teleport_share: f64,
    pub(super) stuck_share: f64,
}

impl Setting {
    /// When an answer to a request of that second is there.
    pub(super) fn answered_ms(&self, second: i64) -> i64 {
        let moment = self.timeline.moment(second);
        let mut draws = self.chance.draws(Purpose::Latency, self.owner, moment);
        let latency_s = draws.quantile(HTTP_LATENCY_S);
        self.timeline.time_ms(second) + (latency_s * 1_000.0) as i64
    }
}

/// What a feed of the data is made with; `place` is its place among the feeds.
fn setting(data: &FeedData, place: usize, plan: &FleetPlan<'_>) -> Result<Setting, ConfigError> {
    let region = plan.world.region(&data.region)?;
    let zone = jiff::tz::TimeZone::get(&region.time_zone)
        .map_err(|error| ConfigError::Data { name: "feeds.toml", message: error.to_string() })?;
    let config: &Config = plan.config;
    Ok(Setting {
        timeline: Timeline { start_ms: config.start_ms, duration_s: i64::from(config.duration_s) },
        local: LocalTime::new(zone),
        chance: plan.chance.clone(),
        // Apart from the vehicles' places, which have fewer bits.
        owner: 1 << 40 | place as u64,
        teleport_share: config.faults.teleport_share,
        stuck_share: config.faults.stuck_share,
    })
}

/// Makes a feed of the data; `place` is its place among the feeds.
pub(super) fn feed(
    data: &FeedData,
    place: usize,
    plan: &FleetPlan<'_>,
) -> Result<Box<dyn Feed>, ConfigError> {
    let setting = setting(data, place, plan)?;
    let (config, world) = (plan.config, plan.world);
    Ok(match &data.kind {
        FeedKind::Hfp => {
            let vehicles = plan.vehicles(&data.name);
            Box::new(hfp::Hfp::new(setting, vehicles, config.geohash_level_max))
        }
        FeedKind::GtfsRtAlerts { document } => {
            let alerts = world.alerts.iter().filter(|alert| alert.feed == data.name);
            Box::new(alerts::Alerts::new(setting, document.clone(), alerts)?)
        }
        FeedKind::GtfsRtPositions { document, shape } => {
            let vehicles = plan.vehicles(&data.name);
            Box::new(positions::Positions::new(setting, vehicles, document.clone(), *shape))
        }
        FeedKind::GtfsRtTripUpdates { document, vehicles_of } => {
            let vehicles = plan.vehicles(vehicles_of);
            Box::new(trip_updates::TripUpdates::new(setting, vehicles, document.clone()))
        }
        FeedKind::GtfsRtMessages { agency, every_s } => {
            let vehicles = plan.vehicles(&data.name);
            let messages = positions::Messages::new(setting, vehicles, agency, *every_s);
            Box::new(messages)
        }
        FeedKind::Tms => {
            let stations = world.stations.iter().filter(|station| station.region == data.region);
            Box::new(tms::Tms::new(setting, stations))
        }
        FeedKind::Cars { every_s } => {
            let circuits = world.circuits.iter();
            let circuits = circuits.filter(|circuit| circuit.region == data.region);
            let jams = world.jams.iter().filter(|jam| jam.region == data.region);
            let jams: Vec<_> = jams.collect();
            Box::new(cars::Cars::new(setting, *every_s, circuits, &jams, config.scale))
        }
        FeedKind::TrafficMessages => {
            let ours = world.situations.iter();
            let ours = ours.filter(|situation| situation.region == data.region);
            Box::new(traffic_messages::TrafficMessages::new(setting, ours)?)
        }
        FeedKind::Weather => {
            let stations = world.weather.iter().filter(|station| station.region == data.region);
            Box::new(weather::Weather::new(setting, stations))
        }
    })
}
