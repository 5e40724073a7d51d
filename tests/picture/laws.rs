//! Laws that hold for any log.

use std::collections::BTreeSet;

use events::{Body, Event, LogRecord, Text};
use picture::{Delta, Layer, Object, Picture, View, frame};
use proptest::prelude::*;

use super::generate::{self, FEEDS, LATENESS_MS};

fn picture() -> Picture {
    Picture::new("region".into(), "log".into(), generate::limits())
}

fn restored(picture: &Picture) -> Picture {
    let bytes = picture.checkpoint();
    Picture::restore("region".into(), "log".into(), generate::limits(), &bytes).unwrap()
}

fn replay(picture: &mut Picture, from: usize, log: &[LogRecord]) -> Vec<Delta> {
    let mut deltas = Vec::new();
    for (offset, record) in log.iter().enumerate().skip(from) {
        picture.apply(offset as u64, record, &mut deltas);
    }
    deltas
}

/// What tells one record of an entity from another.
fn identity(event: &Event) -> (Text, Text, i64, u64) {
    let within = match &event.body {
        Body::VehiclePosition(report) => report.phase as u64 * 100 + report.kind as u64,
        Body::TripUpdate(_) => 1_000,
        Body::DetectorMeasurement(measurement) => 10_000 + u64::from(measurement.sensor_id),
        Body::DetectorStation(_) => 2_000,
        Body::SituationRecord(record) => 3_000 + u64::from(record.version),
        Body::Retraction(_) => 4_000,
        Body::WeatherMeasurement(measurement) => 20_000 + u64::from(measurement.sensor_id),
        Body::WeatherStation(_) => 5_000,
    };
    (event.feed.clone(), event.entity.clone(), event.event_time_ms, within)
}

/// Events with how long each is under way, each record once. Versions and retractions of situations
/// are told apart by when they were received, so no two of them are received at once.
fn travelling() -> impl Strategy<Value = Vec<(Event, i64)>> {
    let one = (generate::event(), 0..=LATENESS_MS);
    proptest::collection::vec(one, 1..120).prop_map(|mut events| {
        let mut seen = BTreeSet::new();
        events.retain(|(event, _)| seen.insert(identity(event)));
        for (number, (event, _)) in events.iter_mut().enumerate() {
            event.received_time_ms += number as i64;
        }
        events
    })
}

/// Applies events in the order of their arrival and gives the objects, feeds left out.
fn objects_after(mut events: Vec<(Event, i64)>, late: bool, watermark_ms: i64) -> Vec<Object> {
    let arrival_ms =
        |(event, way_ms): &(Event, i64)| event.event_time_ms + if late { *way_ms } else { 0 };
    events.sort_by_key(arrival_ms);
    let statuses = FEEDS.map(|feed| generate::status(feed, watermark_ms));
    let records = events.into_iter().map(|(event, _)| LogRecord::Event(event)).chain(statuses);
    let mut picture = picture();
    replay(&mut picture, 0, &records.collect::<Vec<_>>());
    let objects = picture.snapshot().objects.into_iter();
    objects
        .filter(|object| object.layer() != Layer::Feeds)
        .map(|object| object.as_ref().clone())
        .collect()
}

/// Few cases of long logs: each has a hundred records that clash. `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked { default.cases } else { 48 };
    ProptestConfig { cases, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_same_log_gives_the_same_bytes(log in generate::log()) {
        let (mut one, mut other) = (picture(), picture());
        let (deltas, others) = (replay(&mut one, 0, &log), replay(&mut other, 0, &log));
        prop_assert_eq!(frame::encode(&deltas), frame::encode(&others));
        prop_assert_eq!(one.snapshot().encode(), other.snapshot().encode());
        prop_assert_eq!(one.checkpoint(), other.checkpoint());
        prop_assert_eq!(one.snapshot().hash(), other.snapshot().hash());
    }

    #[test]
    fn a_restart_changes_nothing(log in generate::log(), at in any::<prop::sample::Index>()) {
        let at = at.index(log.len());
        let mut whole = picture();
        let deltas = replay(&mut whole, 0, &log);
        let mut first = picture();
        replay(&mut first, 0, &log[..at]);
        let mut second = restored(&first);
        prop_assert_eq!(first.checkpoint(), second.checkpoint());
        // The record before is read again after a crash; it is in already.
        let tail = replay(&mut second, at.saturating_sub(1), &log);
        let expected = deltas.iter().filter(|delta| delta.sequence >= at as u64);
        let expected: Vec<_> = expected.cloned().collect();
        prop_assert_eq!(frame::encode(&tail), frame::encode(&expected));
        prop_assert_eq!(second.snapshot().encode(), whole.snapshot().encode());
        prop_assert_eq!(second.checkpoint(), whole.checkpoint());
    }

    #[test]
    fn arrival_within_the_lateness_bound_does_not_matter(
        events in travelling(),
        watermark_s in 0..130_i64,
    ) {
        let in_order = objects_after(events.clone(), false, watermark_s * 1000);
        let late = objects_after(events, true, watermark_s * 1000);
        prop_assert_eq!(in_order, late);
    }

    #[test]
    fn a_view_follows_its_picture(log in generate::log(), at in any::<prop::sample::Index>()) {
        let mut picture = picture();
        replay(&mut picture, 0, &log[..at.index(log.len())]);
        let mut view = View::from_snapshot(picture.snapshot());
        let from = picture.sequence().map_or(0, |sequence| sequence as usize + 1);
        for (offset, record) in log.iter().enumerate().skip(from) {
            let mut deltas = Vec::new();
            picture.apply(offset as u64, record, &mut deltas);
            if deltas.is_empty() {
                continue;
            }
            for delta in frame::decode(&frame::encode(&deltas)).unwrap() {
                prop_assert!(view.apply(delta.clone()));
                prop_assert!(!view.apply(delta));
            }
            prop_assert_eq!(view.snapshot().encode(), picture.snapshot().encode());
        }
    }

    #[test]
    fn the_ledger_balances_after_every_record(log in generate::log()) {
        let mut picture = picture();
        let mut received = 0;
        for (offset, record) in log.iter().enumerate() {
            received += match record {
                LogRecord::Event(_) => 1,
                LogRecord::Tally(tally) => tally.counts.iter().map(|count| count.count).sum(),
                LogRecord::FeedStatus(_) => 0,
            };
            picture.apply(offset as u64, record, &mut Vec::new());
            let mut probe = picture.clone();
            let statuses = FEEDS.map(|feed| generate::status(feed, 0));
            for (number, status) in (1..).zip(&statuses) {
                probe.apply(offset as u64 + number, status, &mut Vec::new());
            }
            let mut counted = 0;
            for object in probe.snapshot().objects {
                if let Object::Feed(feed) = object.as_ref() {
                    let sum = feed.applied + feed.superseded + feed.duplicate;
                    let sum = sum + feed.rejected + feed.quarantined + feed.dropped;
                    prop_assert_eq!(feed.received, sum);
                    counted += feed.received;
                }
            }
            prop_assert_eq!(counted, received);
        }
    }

    #[test]
    fn a_cut_or_broken_checkpoint_is_an_error_or_a_picture(
        log in generate::log(),
        cut in any::<prop::sample::Index>(),
        flipped in any::<prop::sample::Index>(),
    ) {
        let mut picture = picture();
        replay(&mut picture, 0, &log);
        let mut bytes = picture.checkpoint();
        let at = flipped.index(bytes.len());
        bytes[at] ^= 1;
        bytes.truncate(cut.index(bytes.len()));
        let restored = Picture::restore("region".into(), "log".into(), generate::limits(), &bytes);
        if let Ok(mut restored) = restored {
            replay(&mut restored, 0, &log);
        }
    }
}

#[test]
fn a_checkpoint_of_another_picture_is_refused() {
    let bytes = picture().checkpoint();
    let restore = |region: &str, epoch: &str, bytes: &[u8]| {
        Picture::restore(region.into(), epoch.into(), generate::limits(), bytes)
    };
    assert!(restore("region", "log", &bytes).is_ok());
    assert!(restore("other", "log", &bytes).is_err());
    assert!(restore("region", "other", &bytes).is_err());
    assert!(restore("region", "log", b"").is_err());
    assert!(restore("region", "log", b"garbage").is_err());
}
