//! The feed simulator: its recordings are what they claim to be.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cars;
mod demo;
mod faults;
mod hfp;
mod pipeline;
mod road;
mod streets;
mod transit;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use events::{Position, RawRecord};
use load_tests::simulator::{Config, ConfigError, Faults, Simulation, hfp_messages};
use stream::recording::{Reader, Writer};

/// A small simulation: at least one vehicle of each line, three minutes.
fn small() -> Config {
    Config { duration_s: 180, scale: 0.1, faults: Faults::none(), ..Config::default() }
}

fn records(config: &Config) -> Vec<RawRecord> {
    Simulation::new(config.clone()).unwrap().collect()
}

/// The records of [`small`], which many tests look at.
static SMALL: LazyLock<Vec<RawRecord>> = LazyLock::new(|| records(&small()));

fn of_feed<'a>(records: &'a [RawRecord], feed: &'a str) -> impl Iterator<Item = &'a RawRecord> {
    records.iter().filter(move |record| record.feed == feed)
}

fn json(record: &RawRecord) -> serde_json::Value {
    serde_json::from_slice(&record.payload).unwrap()
}

/// A position that a vehicle reported: when, where, and how fast it said it was.
#[derive(Clone, Copy, Debug)]
struct Reported {
    time_ms: i64,
    position: Position,
    speed_m_s: Option<f64>,
}

/// What each vehicle of any feed reported, by feed and id, in the order of its own clock.
fn reports(records: &[RawRecord]) -> BTreeMap<(String, String), Vec<Reported>> {
    let mut reports: BTreeMap<_, Vec<Reported>> = BTreeMap::new();
    let mut add = |record: &RawRecord, id: String, reported: Reported| {
        reports.entry((record.feed.clone(), id)).or_default().push(reported);
    };
    for record in records {
        for (id, reported) in hfp::reported(record).into_iter().chain(transit::reported(record)) {
            add(record, id, reported);
        }
    }
    for reports in reports.values_mut() {
        reports.sort_by_key(|report| report.time_ms);
        reports.dedup_by_key(|report| report.time_ms);
    }
    reports
}

/// The farthest that a vehicle may be after a time, metres: what it drives, and how fixes wander.
fn reach_m(from: &Reported, to: &Reported, duration_s: f64) -> f64 {
    /// Gain of speed between two fixes, and wandering of both.
    const SLACK_M: f64 = 6.0;
    const UNTOLD_SPEED_M_S: f64 = 20.0;
    let speed = |reported: &Reported| reported.speed_m_s.unwrap_or(UNTOLD_SPEED_M_S);
    (speed(from).max(speed(to)) + 1.2) * duration_s + SLACK_M
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let config = Config { duration_s: 60, faults: Faults::all(), ..small() };
    let first = |config: &Config| -> Vec<RawRecord> {
        Simulation::new(config.clone()).unwrap().take(3_000).collect()
    };
    assert_eq!(first(&config), first(&config));
    let other = Config { seed: 2, ..config.clone() };
    assert_ne!(first(&config), first(&other));
}

#[test]
fn records_come_as_they_are_received_within_the_recording() {
    let (config, records) = (small(), &SMALL);
    let end_ms = config.start_ms + i64::from(config.duration_s) * 1_000;
    assert!(records.is_sorted_by_key(|record| record.received_time_ms));
    assert!(records[0].received_time_ms >= config.start_ms);
    assert!(records.last().unwrap().received_time_ms < end_ms);
}

#[test]
fn every_feed_speaks_at_once_and_until_the_end() {
    let (config, records) = (small(), &SMALL);
    let simulation = Simulation::new(config.clone()).unwrap();
    let end_ms = config.start_ms + i64::from(config.duration_s) * 1_000;
    for feed in simulation.feeds() {
        let mut times = of_feed(records, &feed.name).map(|record| record.received_time_ms);
        let first_ms = times.next().unwrap();
        assert!(first_ms < config.start_ms + 4_000, "{} starts late", feed.name);
        let last_ms = times.last().unwrap();
        assert!(last_ms > end_ms - 61_000, "{} ends early", feed.name);
    }
}

#[test]
fn seconds_repeat_with_the_duration() {
    let config = Config { faults: Faults::default(), ..small() };
    let duration_s = i64::from(config.duration_s);
    let simulation = Simulation::new(config).unwrap();
    for second in [0, 1, 59, 60, 119, 179] {
        let first = simulation.sent_in(second);
        let again = simulation.sent_in(second + duration_s);
        assert_eq!(first.len(), again.len());
        for (first, again) in first.iter().zip(&again) {
            assert_eq!(first.topic, again.topic);
            let shift_ms = again.received_time_ms - first.received_time_ms;
            assert_eq!(shift_ms, duration_s * 1_000);
        }
    }
}

#[test]
fn vehicles_go_nowhere_by_a_jump_not_even_into_the_next_loop() {
    let loop_ms = i64::from(small().duration_s) * 1_000;
    let reports = reports(&SMALL);
    assert!(reports.len() > 60);
    for (id, reports) in &reports {
        let first = reports[0];
        let again = Reported { time_ms: first.time_ms + loop_ms, ..first };
        let looped: Vec<Reported> = reports.iter().copied().chain([again]).collect();
        for pair in looped.windows(2) {
            let duration_s = (pair[1].time_ms - pair[0].time_ms) as f64 / 1_000.0;
            let distance_m = traffic::distance_m(pair[0].position, pair[1].position);
            let reach_m = reach_m(&pair[0], &pair[1], duration_s);
            assert!(distance_m <= reach_m, "{id:?}: {distance_m} m in {duration_s} s: {pair:?}");
        }
    }
}

#[test]
fn most_vehicles_move_and_stop() {
    let reports = reports(&SMALL);
    let moving = reports.values().filter(|reports| {
        let fast = reports.iter().filter_map(|report| report.speed_m_s).fold(0.0, f64::max);
        let far =
            reports.iter().map(|report| traffic::distance_m(report.position, reports[0].position));
        fast > 5.0 || far.fold(0.0, f64::max) > 100.0
    });
    assert!(moving.count() * 10 > reports.len() * 9);
}

#[test]
fn every_place_is_in_its_region_and_every_city_has_vehicles() {
    let config = Config { duration_s: 60, scale: 1.0, ..small() };
    let records: Vec<RawRecord> = Simulation::new(config.clone()).unwrap().take(5_000).collect();
    let simulation = Simulation::new(config).unwrap();
    let boxes: BTreeMap<_, _> =
        simulation.feeds().map(|feed| (feed.name.as_str(), feed.bbox)).collect();
    let reports = reports(&records);
    for ((feed, id), reports) in &reports {
        for report in reports {
            assert!(boxes[feed.as_str()].contains(report.position), "{feed} {id}: {report:?}");
        }
    }
    // Boxes inside the six cities, clear of their neighbours.
    for city in [
        "24.90,60.15,25.10,60.24",
        "24.55,60.12,24.80,60.25",
        "24.95,60.28,25.15,60.38",
        "23.54,61.41,24.20,61.80",
        "22.10,60.40,22.40,60.60",
        "25.10,64.90,25.80,65.20",
    ] {
        let city: network::BoundingBox = city.parse().unwrap();
        let here = reports.values().filter(|reports| city.contains(reports[0].position));
        assert!(here.count() >= 20, "{city:?}");
    }
}

#[test]
fn a_recording_reads_back() {
    let records = records(&Config { duration_s: 60, faults: Faults::all(), ..small() });
    let mut writer = Writer::new(Vec::new()).unwrap();
    for record in &records {
        writer.write(record).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let read: Vec<RawRecord> = Reader::new(&bytes[..]).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, records);
}

#[test]
fn benches_get_as_many_messages_as_they_ask_for() {
    let messages = hfp_messages(7, 100, 5_000);
    assert_eq!(messages.len(), 5_000);
    assert!(messages.is_sorted_by_key(|record| record.received_time_ms));
    assert!(messages.iter().all(|record| record.topic.starts_with("/hfp/v2/")));
    assert_eq!(messages, hfp_messages(7, 100, 5_000));
}

#[test]
fn wrong_configurations_say_why() {
    let error = |config: Config| Simulation::new(config).err().unwrap();
    let odd = error(Config { duration_s: 90, ..small() });
    assert!(matches!(odd, ConfigError::Duration(90)));
    assert!(odd.to_string().contains("multiple of 60"));
    assert!(matches!(error(Config { scale: 0.0, ..small() }), ConfigError::Scale(_)));
    assert!(matches!(error(Config { scale: f64::NAN, ..small() }), ConfigError::Scale(_)));
    let unknown = Faults::parse("teleprot").unwrap_err().to_string();
    assert!(unknown.contains("teleprot") && unknown.contains("teleport"));
}
