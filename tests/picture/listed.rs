//! Messages that end while nobody listens: what a publisher lists no more is gone after a restart, too.

use std::collections::BTreeMap;

use events::{
    Body, Connection, Event, FeedStatus, LogRecord, Provenance, SituationPhase, SituationRecord,
    Verdicts,
};
use picture::{Change, Delta, FeedLimits, Picture, RemovalReason, Setup};

const FEED: &str = "messages";
const RELISTS_AFTER_MS: i64 = 120_000;

fn picture(relists_after_ms: Option<i64>) -> Picture {
    let limits = FeedLimits { relists_after_ms, ..FeedLimits::default() };
    let setup = Setup { limits: BTreeMap::from([(FEED.into(), limits)]), ..Setup::default() };
    Picture::new("region".into(), "log".into(), setup)
}

/// A message without an end, as it was listed at a time.
fn listed(id: &str, received_time_ms: i64) -> LogRecord {
    let record = SituationRecord {
        phase: SituationPhase::Active,
        version_time_ms: 1_000,
        ..SituationRecord::default()
    };
    LogRecord::Event(Event {
        feed: FEED.into(),
        region: "region".into(),
        entity: id.into(),
        event_time_ms: 1_000,
        received_time_ms,
        verdicts: Verdicts::default(),
        provenance: Provenance::default(),
        body: Body::SituationRecord(Box::new(record)),
    })
}

/// A second of the feed, whose ingest has run since a time.
fn status(received_time_ms: i64, counting_since_ms: i64, connection: Connection) -> LogRecord {
    LogRecord::FeedStatus(FeedStatus {
        feed: FEED.into(),
        watermark_ms: received_time_ms - 10_000,
        received_time_ms,
        connection: connection.into(),
        error: None,
        received_total: 0,
        counting_since_ms,
    })
}

/// Ids that leave, and why, with the place of the record that made them.
fn gone(picture: &mut Picture, log: &[LogRecord]) -> Vec<(usize, String, RemovalReason)> {
    let first = picture.sequence().map_or(0, |sequence| sequence + 1);
    let mut gone = Vec::new();
    for (place, record) in log.iter().enumerate() {
        let mut deltas: Vec<Delta> = Vec::new();
        picture.apply(first + place as u64, record, &mut deltas);
        gone.extend(deltas.into_iter().filter_map(|delta| match delta.change {
            Change::Removed { id, reason, .. } => Some((place, id.to_string(), reason)),
            Change::Updated(_) => None,
        }));
    }
    gone
}

/// Two messages before a restart at 1,000 s, one of which is listed after it.
fn log(connection: Connection) -> Vec<LogRecord> {
    let live = Connection::Live;
    let mut log = vec![listed("a", 10_000), listed("b", 10_000), status(20_000, 0, live)];
    log.extend((200..1_000).map(|second| status(second * 1_000, 0, live)));
    log.push(listed("a", 1_005_000));
    log.extend((1_006..1_200).map(|second| status(second * 1_000, 1_000_000, connection)));
    log
}

#[test]
fn what_is_not_listed_after_a_restart_is_gone_and_comes_again_when_it_is() {
    let mut picture = picture(Some(RELISTS_AFTER_MS));
    let log = log(Connection::Live);
    let found = gone(&mut picture, &log);
    let [(place, id, reason)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((id.as_str(), *reason), ("messages:b", RemovalReason::Retracted));
    let LogRecord::FeedStatus(at) = &log[*place] else { panic!("{:?}", log[*place]) };
    assert_eq!(at.received_time_ms, 1_000_000 + RELISTS_AFTER_MS + 1_000);
    let shown = |picture: &Picture| {
        let snapshot = picture.snapshot();
        snapshot.objects.iter().any(|object| object.id() == "messages:b")
    };
    assert!(!shown(&picture));
    assert_eq!(gone(&mut picture, &[listed("b", 1_300_000)]), []);
    assert!(shown(&picture), "it is listed again");
}

#[test]
fn a_restart_of_the_processor_changes_nothing() {
    let log = log(Connection::Live);
    let setup = {
        let limits =
            FeedLimits { relists_after_ms: Some(RELISTS_AFTER_MS), ..FeedLimits::default() };
        Setup { limits: BTreeMap::from([(FEED.into(), limits)]), ..Setup::default() }
    };
    let mut whole = picture(Some(RELISTS_AFTER_MS));
    gone(&mut whole, &log);
    for restart in [805, 925, 930, 990] {
        let mut before = picture(Some(RELISTS_AFTER_MS));
        gone(&mut before, &log[..restart]);
        let bytes = before.checkpoint();
        let restored = Picture::restore("region".into(), "log".into(), setup.clone(), &bytes);
        let mut restored = restored.unwrap();
        gone(&mut restored, &log[restart..]);
        assert_eq!(restored.checkpoint(), whole.checkpoint(), "after {restart} records");
    }
}

#[test]
fn nothing_goes_while_the_feed_is_not_live_or_only_says_what_changes() {
    for connection in [Connection::Down, Connection::Idle] {
        let mut picture = picture(Some(RELISTS_AFTER_MS));
        assert_eq!(gone(&mut picture, &log(connection)), [], "{connection:?}");
    }
    assert_eq!(gone(&mut picture(None), &log(Connection::Live)), []);
}
