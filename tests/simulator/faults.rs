//! Every fault can be seen in what it does, and only there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use events::RawRecord;
use load_tests::simulator::{Config, Faults};

use super::{of_feed, reach_m, records, reports, small};

/// A minute with these faults.
fn with(faults: &str) -> Vec<RawRecord> {
    records(&config(60, faults))
}

fn config(duration_s: u32, faults: &str) -> Config {
    Config { duration_s, faults: Faults::parse(faults).unwrap(), ..small() }
}

/// A minute without faults, which the others are compared with.
static CALM: LazyLock<Vec<RawRecord>> = LazyLock::new(|| with("none"));

#[test]
fn duplicates_are_the_same_bytes_twice() {
    let twice = |records: &[RawRecord]| {
        let mut counts: BTreeMap<(&str, &str, &[u8]), usize> = BTreeMap::new();
        for record in records.iter().filter(|record| !record.payload.is_empty()) {
            let key = (record.feed.as_str(), record.topic.as_str(), &record.payload[..]);
            *counts.entry(key).or_default() += 1;
        }
        counts.values().filter(|count| **count > 1).count()
    };
    assert_eq!(twice(&CALM), 0);
    let struck = with("duplicate");
    let share = twice(&struck) as f64 / struck.len() as f64;
    assert!((0.01..0.03).contains(&share), "{share}");
    assert!(twice(&with("default")) > 0);
}

#[test]
fn reordered_records_are_overtaken() {
    let overtaken = |records: &[RawRecord]| {
        let mut latest: BTreeMap<String, i64> = BTreeMap::new();
        let positions = records.iter().filter(|record| record.topic.contains("/vp/"));
        positions
            .filter(|record| {
                let Some((id, reported)) = super::hfp::reported(record) else { return false };
                let newest = latest.entry(id).or_insert(i64::MIN);
                let late = reported.time_ms < *newest;
                *newest = reported.time_ms.max(*newest);
                late
            })
            .count()
    };
    let calm = overtaken(&CALM);
    assert!(overtaken(&with("reorder")) > calm + 15);
}

#[test]
fn malformed_records_are_of_every_feed_format() {
    let whole = &*CALM;
    let struck = with("malformed");
    assert_eq!(whole.len(), struck.len());
    let changed: Vec<&RawRecord> = whole
        .iter()
        .zip(&struck)
        .filter(|(whole, struck)| whole.payload != struck.payload)
        .map(|(_, struck)| struck)
        .collect();
    let share = changed.len() as f64 / whole.len() as f64;
    assert!((0.005..0.015).contains(&share), "{share}");
    assert!(changed.iter().any(|record| record.payload.is_empty()));
    assert!(changed.iter().any(|record| record.payload.starts_with(b"{\"")));
    assert!(changed.iter().any(|record| std::str::from_utf8(&record.payload).is_err()));
}

#[test]
fn error_pages_come_over_http_only() {
    let records = with("error-page");
    let pages: Vec<&RawRecord> =
        records.iter().filter(|record| record.payload.starts_with(b"<!DOCTYPE html>")).collect();
    assert!(pages.len() > 5);
    assert!(pages.iter().all(|record| record.source != "mqtt"));
}

#[test]
fn frozen_vehicles_report_speed_without_moving() {
    let frozen = |records: &[RawRecord]| {
        let reports = reports(records);
        let stuck = reports.values().filter(|reports| {
            let fast = reports.iter().any(|report| report.speed_m_s > Some(5.0));
            fast && reports.iter().all(|report| report.position == reports[0].position)
        });
        stuck.count()
    };
    assert_eq!(frozen(&CALM), 0);
    assert!(frozen(&with("frozen")) > 0);
}

#[test]
fn skewed_clocks_are_far_from_the_time_of_receipt() {
    let skewed = |records: &[RawRecord]| {
        let far = records.iter().filter_map(|record| {
            let (id, reported) = super::hfp::reported(record)?;
            ((record.received_time_ms - reported.time_ms).abs() > 60_000).then_some(id)
        });
        far.collect::<BTreeSet<_>>().len()
    };
    assert_eq!(skewed(&CALM), 0);
    assert!(skewed(&with("clock")) > 0);
}

#[test]
fn teleports_are_farther_than_a_vehicle_goes() {
    let jumps = |records: &[RawRecord]| {
        let reports = reports(records);
        let pairs = reports.values().flat_map(|reports| reports.windows(2));
        let far = pairs.filter(|pair| {
            let duration_s = (pair[1].time_ms - pair[0].time_ms) as f64 / 1_000.0;
            let distance_m = traffic::distance_m(pair[0].position, pair[1].position);
            distance_m > reach_m(&pair[0], &pair[1], duration_s)
        });
        far.count()
    };
    assert_eq!(jumps(&CALM), 0);
    assert!(jumps(&with("teleport")) > 10);
}

#[test]
fn stuck_detectors_say_the_same_of_any_traffic() {
    let stuck = |records: &[RawRecord]| {
        let value = |record: &&RawRecord| {
            let is_speed = ["/5122", "/5125"].iter().any(|end| record.topic.ends_with(end));
            is_speed && super::json(record)["value"] == 60.0
        };
        records.iter().filter(|record| record.topic.starts_with("tms-v2/")).filter(value).count()
    };
    assert!(stuck(&with("stuck")) > stuck(&CALM));
}

#[test]
fn a_silent_feed_says_nothing_in_the_middle_third() {
    let silent = |records: &[RawRecord]| {
        let start_ms = Config::default().start_ms;
        let feeds: BTreeSet<&str> = records.iter().map(|record| record.feed.as_str()).collect();
        let feeds = feeds.into_iter().filter(|feed| {
            // What was under way arrives within seconds.
            let middle = start_ms + 46_000..start_ms + 80_000;
            !of_feed(records, feed).any(|record| middle.contains(&record.received_time_ms))
        });
        feeds.count()
    };
    let calm = silent(&records(&config(120, "none")));
    assert_eq!(silent(&records(&config(120, "silent"))), calm + 1);
}
