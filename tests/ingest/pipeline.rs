//! The pipeline of a feed: verdicts, what they keep out, the ledger and the watermark.

use events::{Connection, FeedStatus, LogRecord, Outcome, RawRecord, Tally, Verdict};
use ingest::{FeedPipeline, Output};
use proptest::prelude::*;

use super::fixture::{START_MS, hfp_feed, message, raw, region};

fn pipeline(keys: &str) -> FeedPipeline {
    let region = region("test", &hfp_feed("buses", keys));
    FeedPipeline::new(&region.feeds[0], &region, START_MS).unwrap()
}

fn status(pipeline: &mut FeedPipeline, now_ms: i64) -> FeedStatus {
    match pipeline.status(now_ms, Connection::Live, None) {
        LogRecord::FeedStatus(status) => status,
        other => panic!("{other:?}"),
    }
}

fn verdicts(output: &Output) -> Vec<Verdict> {
    match &output.records[..] {
        [LogRecord::Event(event)] => event.verdicts.iter().collect(),
        other => panic!("{other:?}"),
    }
}

fn tallies(output: &Output) -> Vec<(Outcome, String, u64)> {
    let tally = |tally: &Tally| {
        tally.counts.iter().map(|c| (c.outcome(), c.reason.clone(), c.count)).collect::<Vec<_>>()
    };
    let tallies = output.records.iter().filter_map(|record| match record {
        LogRecord::Tally(counts) => Some(tally(counts)),
        _ => None,
    });
    tallies.flatten().collect()
}

#[test]
fn a_good_message_is_one_event_without_verdicts() {
    let mut pipeline = pipeline("");
    let output = pipeline.record(&message(1, START_MS).raw("buses", START_MS + 100), 0);
    assert_eq!(verdicts(&output), []);
    assert!(output.dead_letters.is_empty());
    assert_eq!(pipeline.received_total(), 1);
}

#[test]
fn old_messages_are_stale_and_go_on() {
    let mut pipeline = pipeline("stale_after_s = 60");
    let old = message(1, START_MS).raw("buses", START_MS + 60_000);
    assert_eq!(verdicts(&pipeline.record(&old, 0)), []);
    let older = message(1, START_MS).raw("buses", START_MS + 60_001);
    assert_eq!(verdicts(&pipeline.record(&older, 0)), [Verdict::Stale]);
}

#[test]
fn messages_of_the_future_are_quarantined_and_do_not_move_the_watermark() {
    let mut pipeline = pipeline("future_after_s = 60\nlateness_s = 10");
    pipeline.record(&message(1, START_MS).raw("buses", START_MS), 0);
    let output = pipeline.record(&message(1, START_MS + 3_600_000).raw("buses", START_MS), 0);
    assert_eq!(tallies(&output), [(Outcome::Quarantined, "future".to_owned(), 1)]);
    let letter = &output.dead_letters[0];
    assert_eq!((letter.outcome(), letter.reason.as_str()), (Outcome::Quarantined, "future"));
    assert!(!letter.raw.as_ref().unwrap().payload.is_empty());
    // A little ahead is let pass, and moves the watermark no further than its reception does.
    let output = pipeline.record(&message(1, START_MS + 50_000).raw("buses", START_MS + 1_000), 0);
    assert_eq!(verdicts(&output), []);
    assert_eq!(status(&mut pipeline, START_MS + 1_000).watermark_ms, START_MS - 9_000);
}

#[test]
fn quarantine_is_what_the_configuration_says() {
    let mut pipeline = pipeline("quarantine = [\"stale\"]\nstale_after_s = 60");
    let future = message(1, START_MS + 3_600_000).raw("buses", START_MS);
    assert_eq!(verdicts(&pipeline.record(&future, 0)), [Verdict::Future]);
    let stale = message(1, START_MS).raw("buses", START_MS + 100_000);
    let output = pipeline.record(&stale, 0);
    assert_eq!(tallies(&output), [(Outcome::Quarantined, "stale".to_owned(), 1)]);
}

#[test]
fn impossible_speeds_are_taken_out() {
    let mut pipeline = pipeline("speed_km_h_max = 100.0");
    let mut fast = message(1, START_MS);
    fast.speed_m_s = 30.0;
    let output = pipeline.record(&fast.raw("buses", START_MS), 0);
    assert_eq!(verdicts(&output), [Verdict::ImpossibleSpeed]);
    let LogRecord::Event(event) = &output.records[0] else { panic!() };
    let events::Body::VehiclePosition(report) = &event.body else { panic!() };
    assert_eq!(report.speed_km_h, None);
    assert!(report.position.is_some());
}

#[test]
fn positions_outside_the_region_are_dropped() {
    let mut pipeline = pipeline("");
    let mut away = message(1, START_MS);
    away.latitude = 61.5;
    let output = pipeline.record(&away.raw("buses", START_MS), 0);
    assert_eq!(tallies(&output), [(Outcome::Dropped, "outside_region".to_owned(), 1)]);
    assert!(output.dead_letters.is_empty());
}

/// A national register names all stations of the country, and another document their constants without
/// saying where they are.
#[test]
fn stations_outside_the_region_stay_outside_when_their_constants_come() {
    let feed = "[[feed]]\nname = \"tms\"\nformat = \"digitraffic_tms\"\n";
    let region = region("test", feed);
    let mut pipeline = FeedPipeline::new(&region.feeds[0], &region, START_MS).unwrap();
    let mut dropped = |topic: &str, payload: &str| {
        let output = pipeline.record(&raw("tms", START_MS, topic, payload), 0);
        let events = output.records.iter().filter(|record| matches!(record, LogRecord::Event(_)));
        (events.count(), tallies(&output))
    };
    let station = "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":23999,\
        \"geometry\":{\"type\":\"Point\",\"coordinates\":[27.0,68.0]},\"properties\":{\"id\":23999,\
        \"tmsNumber\":1,\"name\":\"vt4_Kaukana\",\"collectionStatus\":\"GATHERING\"}}]}";
    let constants =
        "{\"id\":23999,\"sensorConstantValues\":[{\"name\":\"VVAPAAS1\",\"value\":80}]}";
    let data = "{\"id\":23999,\"sensorValues\":[{\"id\":5122,\"name\":\"KESKINOPEUS_5MIN_LIUKUVA_SUUNTA1\",\
        \"unit\":\"km/h\",\"value\":80.0,\"measuredTime\":\"2026-03-10T08:00:00Z\"}]}";
    let outside = vec![(Outcome::Dropped, "outside_region".to_owned(), 1)];
    for (topic, payload) in [
        ("/api/tms/v1/stations", station),
        ("/api/tms/v1/stations/sensor-constants", constants),
        ("/api/tms/v1/stations/data", data),
    ] {
        assert_eq!(dropped(topic, payload), (0, outside.clone()), "{topic}");
    }
}

#[test]
fn garbage_is_rejected_with_its_bytes() {
    let mut pipeline = pipeline("");
    let garbage = raw("buses", START_MS, "/hfp/v2/journey", "{\"VP\": ");
    let output = pipeline.record(&garbage, 0);
    assert_eq!(tallies(&output), [(Outcome::Rejected, "malformed".to_owned(), 1)]);
    assert_eq!(output.dead_letters[0].raw.as_ref(), Some(&garbage));
    assert!(!output.dead_letters[0].message.is_empty());
}

#[test]
fn payloads_over_the_bound_are_rejected_unread() {
    let mut pipeline = pipeline("payload_bytes_max = 2048");
    let output = pipeline.record(&raw("buses", START_MS, "t", vec![b'x'; 2_049]), 0);
    assert_eq!(tallies(&output), [(Outcome::Rejected, "too_large".to_owned(), 1)]);
    assert!(output.dead_letters[0].message.contains("2049 bytes"));
}

#[test]
fn payloads_in_dead_letters_are_cut_with_a_note() {
    let mut pipeline = pipeline("");
    let output = pipeline.record(&raw("buses", START_MS, "t", vec![b'x'; 3 << 20]), 0);
    let letter = &output.dead_letters[0];
    assert_eq!(letter.raw.as_ref().unwrap().payload.len(), 1 << 20);
    assert!(letter.message.contains("payload of 3145728 bytes cut to 1048576"));
}

#[test]
fn a_shift_moves_every_time_but_the_dead_letter() {
    let mut pipeline = pipeline("");
    let output = pipeline.record(&message(1, START_MS).raw("buses", START_MS + 500), 60_000);
    let LogRecord::Event(event) = &output.records[0] else { panic!() };
    assert_eq!(event.event_time_ms, START_MS + 60_000);
    assert_eq!(event.received_time_ms, START_MS + 60_500);
    // What is driven again must be as it was received.
    let garbage = raw("buses", START_MS, "t", "garbage");
    let output = pipeline.record(&garbage, 60_000);
    assert_eq!(output.dead_letters[0].raw.as_ref(), Some(&garbage));
}

#[test]
fn a_silent_feed_is_idle_and_its_watermark_follows() {
    let mut pipeline = pipeline("lateness_s = 10\nidle_after_s = 30");
    pipeline.record(&message(1, START_MS).raw("buses", START_MS), 0);
    let live = status(&mut pipeline, START_MS + 29_999);
    assert_eq!((live.connection(), live.watermark_ms), (Connection::Live, START_MS - 10_000));
    let idle = status(&mut pipeline, START_MS + 100_000);
    assert_eq!((idle.connection(), idle.watermark_ms), (Connection::Idle, START_MS + 60_000));
}

#[test]
fn an_answer_without_news_keeps_a_feed_live_while_its_watermark_follows() {
    let mut pipeline = pipeline("lateness_s = 10\nidle_after_s = 30");
    pipeline.record(&message(1, START_MS).raw("buses", START_MS), 0);
    pipeline.unchanged(START_MS + 99_000);
    let live = status(&mut pipeline, START_MS + 100_000);
    assert_eq!((live.connection(), live.watermark_ms), (Connection::Live, START_MS + 60_000));
}

#[test]
fn a_status_says_what_the_connection_is_and_what_is_wrong() {
    let mut pipeline = pipeline("");
    let long = "ä".repeat(1_000);
    let LogRecord::FeedStatus(status) = pipeline.status(START_MS, Connection::Down, Some(&long))
    else {
        panic!()
    };
    assert_eq!(status.connection(), Connection::Down);
    assert_eq!(status.error, Some("ä".repeat(256)));
    assert_eq!((status.received_total, status.counting_since_ms), (0, START_MS));
}

#[test]
fn the_end_completes_everything_received() {
    let mut pipeline = pipeline("");
    pipeline.record(&message(1, START_MS).raw("buses", START_MS + 5_000), 0);
    let LogRecord::FeedStatus(status) = pipeline.status(START_MS + 5_000, Connection::Ended, None)
    else {
        panic!()
    };
    assert_eq!(status.connection(), Connection::Ended);
    assert_eq!(status.watermark_ms, START_MS + 5_000);
}

/// What a feed may get: messages of any time and place, cut ones, and anything else.
fn records() -> impl Strategy<Value = Vec<(RawRecord, i64)>> {
    let time = prop_oneof![
        4 => -7_200_000_i64..7_200_000,
        1 => -START_MS..=i64::from(i32::MAX) * 1_000,
    ];
    let good = (0_u32..5, time, -90.0_f64..90.0, 0.0_f64..100.0);
    let good = good.prop_map(|(vehicle, after_ms, latitude, speed_m_s)| {
        let mut message = message(vehicle, START_MS + after_ms);
        message.latitude = latitude;
        message.speed_m_s = speed_m_s;
        (message.topic(), message.payload().into_bytes())
    });
    let cut = (good.clone(), any::<prop::sample::Index>()).prop_map(|((topic, payload), cut)| {
        let end = cut.index(payload.len());
        (topic, payload[..end].to_vec())
    });
    let other = ("[ -~]{0,40}", prop::collection::vec(any::<u8>(), 0..200));
    let record = prop_oneof![3 => good, 1 => cut, 1 => other];
    let shift = prop_oneof![Just(0_i64), -1_000_i64..1_000, any::<i64>()];
    let received = prop_oneof![9 => -10_000_i64..1_000_000, 1 => any::<i64>()];
    let record = (record, received, shift).prop_map(|((topic, payload), after_ms, shift_ms)| {
        (raw("buses", START_MS.saturating_add(after_ms), &topic, payload), shift_ms)
    });
    prop::collection::vec(record, 0..60)
}

proptest! {
    #[test]
    fn the_ledger_balances_and_the_watermark_never_goes_back(records in records()) {
        let mut pipeline = pipeline("");
        let mut accounted = 0;
        let mut watermark_ms = i64::MIN;
        for (raw, shift_ms) in records {
            let output = pipeline.record(&raw, shift_ms);
            for record in &output.records {
                accounted += match record {
                    LogRecord::Event(_) => 1,
                    LogRecord::Tally(tally) => tally.counts.iter().map(|count| count.count).sum(),
                    LogRecord::FeedStatus(_) => 0,
                };
            }
            prop_assert_eq!(pipeline.received_total(), accounted);
            let status = status(&mut pipeline, raw.received_time_ms);
            prop_assert!(status.watermark_ms >= watermark_ms);
            prop_assert!(status.watermark_ms <= status.received_time_ms);
            prop_assert_eq!(status.received_total, accounted);
            watermark_ms = status.watermark_ms;
        }
    }
}
