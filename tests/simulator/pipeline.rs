//! What the project's own pipeline makes of a simulation, with the regions that it comes with.

use std::collections::BTreeMap;
use std::path::Path;

use events::{Body, EntityKind, LogRecord, Outcome, RawRecord};
use ingest::{FeedConfig, FeedPipeline, Output, RegionConfig};
use load_tests::simulator::{Config, Faults};

use super::{SMALL, records, small};

fn regions() -> Vec<RegionConfig> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = package.parent().unwrap().join("config/regions");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let mut regions: Vec<RegionConfig> = texts.map(|text| toml::from_str(&text).unwrap()).collect();
    // And the feeds that only the demo has.
    let main = std::fs::read_to_string(package.parent().unwrap().join("config/tilanne.toml"));
    let main: toml::Table = toml::from_str(&main.unwrap()).unwrap();
    for (region, feeds) in main["feeds"].as_table().unwrap() {
        let feeds: Vec<FeedConfig> = feeds.clone().try_into().unwrap();
        let region = regions.iter_mut().find(|other| other.id == region.as_str()).unwrap();
        region.feeds.extend(feeds);
    }
    regions
}

/// What came of the records of each feed: log records and the number received.
fn run(records: &[RawRecord]) -> BTreeMap<String, (Vec<LogRecord>, u64)> {
    let regions = regions();
    let mut pipelines: BTreeMap<String, FeedPipeline> = BTreeMap::new();
    for config in &regions {
        for feed in &config.feeds {
            let start_ms = Config::default().start_ms;
            let pipeline = FeedPipeline::new(feed, config, start_ms).unwrap();
            pipelines.insert(feed.name.to_string(), pipeline);
        }
    }
    let mut out: BTreeMap<String, (Vec<LogRecord>, u64)> = BTreeMap::new();
    for record in records {
        let pipeline = pipelines.get_mut(&record.feed).unwrap();
        let Output { records, .. } = pipeline.record(record, 0);
        let (logged, received) = out.entry(record.feed.clone()).or_default();
        logged.extend(records);
        *received = pipeline.received_total();
    }
    out
}

/// Records of a feed that did not become events, by outcome and reason.
fn lost(logged: &[LogRecord]) -> BTreeMap<(Outcome, String), u64> {
    let mut lost = BTreeMap::new();
    for record in logged {
        if let LogRecord::Tally(tally) = record {
            for count in &tally.counts {
                *lost.entry((count.outcome(), count.reason.clone())).or_default() += count.count;
            }
        }
    }
    lost
}

#[test]
fn every_record_without_faults_becomes_events() {
    for (feed, (logged, received)) in run(&SMALL) {
        let events = logged.iter().filter(|record| matches!(record, LogRecord::Event(_))).count();
        assert!(events > 0, "{feed}");
        let mut lost = lost(&logged);
        // One station is a test of the publisher's own, as they occur.
        let mut dropped =
            |reason: &str| lost.remove(&(Outcome::Dropped, reason.to_owned())).unwrap_or(0);
        let mut needless = dropped("test_station");
        if feed.ends_with("-weather") {
            // Weather stations measure more than the picture wants, and some of it not well.
            let unknown = dropped("unknown_sensor");
            assert!(unknown > 0, "{feed}");
            needless += unknown + dropped("sensor_fault");
        }
        assert_eq!(lost, BTreeMap::new(), "{feed}");
        assert_eq!(events as u64 + needless, received, "{feed}");
    }
}

#[test]
fn every_feed_gives_its_kind_of_event() {
    for (feed, (logged, _)) in run(&SMALL) {
        let expected = |body: &Body| match body {
            Body::VehiclePosition(_) => {
                ["-hfp", "-gtfs-rt", "-cars"].iter().any(|end| feed.ends_with(end))
            }
            Body::TripUpdate(_) => feed.ends_with("-trip-updates"),
            Body::DetectorStation(_) | Body::DetectorMeasurement(_) => feed.ends_with("-tms"),
            Body::WeatherStation(_) | Body::WeatherMeasurement(_) => feed.ends_with("-weather"),
            // A trip that ended is no longer in the next whole feed.
            Body::Retraction(kind) => *kind == EntityKind::Trip && feed.ends_with("-trip-updates"),
            Body::SituationRecord(_) => {
                feed.ends_with("-traffic-messages") || feed.ends_with("-alerts")
            }
        };
        for record in &logged {
            if let LogRecord::Event(event) = record {
                assert!(expected(&event.body), "{feed}: {event:?}");
            }
        }
    }
}

#[test]
fn with_all_faults_every_record_is_accounted_for() {
    let config = Config { duration_s: 60, faults: Faults::all(), ..small() };
    let mut rejected = 0;
    for (feed, (logged, received)) in run(&records(&config)) {
        let events = logged.iter().filter(|record| matches!(record, LogRecord::Event(_))).count();
        let lost = lost(&logged);
        assert_eq!(events as u64 + lost.values().sum::<u64>(), received, "{feed}");
        rejected += lost
            .iter()
            .filter(|((outcome, _), _)| *outcome == Outcome::Rejected)
            .map(|(_, count)| count)
            .sum::<u64>();
    }
    assert!(rejected > 10);
}
