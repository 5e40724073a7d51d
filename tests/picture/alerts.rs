//! What operators are told of: what lasts, once when it begins and once when it is over.

use std::sync::Arc;

use events::{Alert, AlertKind, Connection, SituationRecord};
use picture::{
    AlertOptions, Change, Delta, Feed, Layer, Object, Picture, Queue, QueueTrend, RemovalReason,
    Setup, Situation, SituationEffect,
};

use crate::gateway::support::position;

const MINUTE_MS: i64 = 60_000;

/// Minutes of a region: what changes in each, and then the status of a feed.
struct Minutes {
    picture: Picture,
    minute: i64,
}

impl Minutes {
    fn new() -> Self {
        Self { picture: picture(), minute: 0 }
    }

    fn with(alerts: AlertOptions) -> Self {
        let setup = Setup { alerts, ..Setup::default() };
        Self { picture: Picture::new("region".into(), "log-1".into(), setup), minute: 0 }
    }

    fn deltas(&mut self, changes: Vec<Change>) -> Vec<Delta> {
        self.minute += 1;
        let has_feed = changes.iter().any(|change| {
            matches!(change, Change::Updated(object) if matches!(**object, Object::Feed(_)))
        });
        let status = (!has_feed).then(|| self.feed(Connection::Live, 0));
        let changes = changes.into_iter().chain(status).enumerate();
        let sequence = self.minute as u64;
        changes.map(|(index, change)| Delta { sequence, index: index as u32, change }).collect()
    }

    fn pass(&mut self, changes: Vec<Change>) -> Vec<Alert> {
        let deltas = self.deltas(changes);
        self.picture.alerts(&deltas)
    }

    /// Passes minutes in which nothing changes.
    fn wait(&mut self, minutes: usize) -> Vec<Alert> {
        (0..minutes).flat_map(|_| self.pass(Vec::new())).collect()
    }

    /// The feed in the minute that comes.
    fn feed(&self, connection: Connection, imbalances: u64) -> Change {
        let error = (connection == Connection::Down).then(|| "no route to host".to_owned());
        let status_time_ms = self.minute * MINUTE_MS;
        let feed = Feed {
            id: "buses".into(),
            status_time_ms,
            connection,
            error,
            imbalances,
            ..Feed::default()
        };
        updated(Object::Feed(feed))
    }
}

fn picture() -> Picture {
    Picture::new("region".into(), "log-1".into(), Setup::default())
}

fn updated(object: Object) -> Change {
    Change::Updated(Arc::new(object))
}

fn queue(irregular: bool, length_m: f64) -> Change {
    updated(Object::Queue(Queue {
        id: "q1".into(),
        event_time_ms: 0,
        start_time_ms: 0,
        trend: QueueTrend::Growing,
        links: vec!["1-2-3".into()],
        length_m,
        length_m_max: length_m,
        speed_km_h: 7.0,
        delay_s: 95.4,
        irregular,
        situations: vec!["fintraffic:GUID1".into()],
        merged: Vec::new(),
        excess_co2_g_h: None,
        excess_co2_low_g_h: None,
        excess_co2_high_g_h: None,
        position: position(24.9, 60.2),
    }))
}

fn removed(layer: Layer, id: &str) -> Change {
    Change::Removed { layer, id: id.into(), reason: RemovalReason::Expired }
}

fn message(contradicted: bool) -> Change {
    updated(Object::Situation(Situation {
        id: "fintraffic:GUID1".into(),
        feed: "fintraffic".into(),
        event_time_ms: 0,
        received_time_ms: 0,
        record: SituationRecord { title: "Accident on Ring\u{0} I".into(), ..Default::default() },
        verdicts: events::Verdicts::default(),
        effect: Some(Box::new(SituationEffect { contradicted, ..SituationEffect::default() })),
    }))
}

#[test]
fn a_queue_is_told_when_it_lasts_and_when_it_is_over() {
    let mut minutes = Minutes::new();
    assert!(minutes.pass(vec![queue(true, 310.0)]).is_empty(), "it has not lasted");
    assert!(minutes.pass(vec![queue(true, 480.0)]).is_empty());
    let told = minutes.pass(vec![queue(true, 640.0)]);
    let [begins] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(begins.id, "queue/q1");
    assert_eq!((begins.kind(), begins.layer()), (AlertKind::Queue, events::wire::Layer::Queues));
    assert_eq!((begins.object_id.as_str(), begins.sequence, begins.is_over), ("q1", 3, false));
    assert_eq!(begins.time_ms - begins.since_ms, 2 * MINUTE_MS);
    assert_eq!((begins.length_m, begins.delay_s), (Some(640.0), Some(95.4)), "as it is now");
    assert_eq!(begins.position.map(|at| at.latitude_deg), Some(60.2));
    assert_eq!(begins.situations, ["fintraffic:GUID1"]);
    assert!(begins.message.contains("640 m costs 95 s"), "{}", begins.message);

    assert!(minutes.wait(5).is_empty(), "it is told once");
    assert!(minutes.pass(vec![removed(Layer::Queues, "q1")]).is_empty());
    assert!(minutes.wait(1).is_empty());
    let told = minutes.wait(1);
    let [over] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((over.id.as_str(), over.is_over), ("queue/q1", true));
    assert_eq!(over.since_ms, begins.since_ms);
    assert!(minutes.wait(5).is_empty());
}

#[test]
fn what_comes_and_goes_is_not_told() {
    let mut minutes = Minutes::new();
    for _ in 0..4 {
        assert!(minutes.pass(vec![queue(true, 300.0)]).is_empty());
        assert!(minutes.pass(vec![queue(false, 300.0)]).is_empty());
        assert!(minutes.pass(vec![queue(true, 300.0)]).is_empty());
        assert!(minutes.pass(vec![removed(Layer::Queues, "q1")]).is_empty());
    }
    minutes.pass(vec![queue(true, 300.0)]);
    assert_eq!(minutes.wait(2).len(), 1);
    // One that was usual for a minute is not over, and does not begin again.
    assert!(minutes.pass(vec![queue(false, 300.0)]).is_empty());
    assert!(minutes.pass(vec![queue(true, 300.0)]).is_empty());
    assert!(minutes.wait(5).is_empty());
}

#[test]
fn a_region_chooses_what_it_is_told_of() {
    let long = AlertOptions { queue_length_m_min: 500.0, ..AlertOptions::default() };
    let mut minutes = Minutes::with(long);
    minutes.pass(vec![queue(true, 499.0)]);
    assert!(minutes.wait(5).is_empty(), "it is short");
    minutes.pass(vec![queue(true, 500.0)]);
    assert_eq!(minutes.wait(2)[0].length_m, Some(500.0));
    minutes.pass(vec![queue(true, 200.0)]);
    assert!(minutes.wait(2)[0].is_over, "it has become short");

    let slow = AlertOptions { queue_delay_s_min: 95.5, ..AlertOptions::default() };
    let mut minutes = Minutes::with(slow);
    minutes.pass(vec![queue(true, 500.0)]);
    assert!(minutes.wait(5).is_empty(), "it costs 95.4 s");

    let patient = AlertOptions { lasts_ms: 10 * MINUTE_MS, ..AlertOptions::default() };
    let mut minutes = Minutes::with(patient);
    minutes.pass(vec![queue(true, 500.0)]);
    assert!(minutes.wait(9).is_empty());
    assert_eq!(minutes.wait(1).len(), 1);

    let kinds = vec![AlertKind::Contradiction];
    let mut minutes = Minutes::with(AlertOptions { kinds, ..AlertOptions::default() });
    minutes.pass(vec![queue(true, 500.0), message(true)]);
    let told = minutes.wait(5);
    assert_eq!(told.iter().map(Alert::kind).collect::<Vec<_>>(), [AlertKind::Contradiction]);
}

#[test]
fn feeds_that_are_silent_are_told_and_so_are_their_counts() {
    let mut minutes = Minutes::new();
    let mut told = Vec::new();
    for _ in 0..4 {
        minutes.minute += 1;
        let feed = minutes.feed(Connection::Down, 1);
        minutes.minute -= 1;
        told.extend(minutes.pass(vec![feed]));
    }
    let ids: Vec<_> = told.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(ids, ["feed/buses", "ledger/buses"]);
    assert!(told[0].message.ends_with("not connected: no route to host"), "{}", told[0].message);
    let told = minutes.wait(4);
    let over: Vec<_> = told.iter().map(|alert| (alert.id.as_str(), alert.is_over)).collect();
    assert_eq!(over, [("feed/buses", true), ("ledger/buses", true)]);
}

#[test]
fn a_feed_of_which_nothing_is_heard_is_told_until_it_is_heard_or_forgotten() {
    let trams = |minute: i64| {
        updated(Object::Feed(Feed {
            id: "trams".into(),
            status_time_ms: minute * MINUTE_MS,
            connection: Connection::Live,
            ..Feed::default()
        }))
    };
    // Its ingest stops after a minute, and that of the other goes on.
    let stopped = || {
        let mut minutes = Minutes::new();
        let buses = minutes.feed(Connection::Live, 0);
        minutes.pass(vec![trams(0), buses]);
        assert!(minutes.wait(2).is_empty(), "it has not lasted");
        let told = minutes.wait(2);
        let [begins] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((begins.id.as_str(), begins.is_over), ("feed/trams", false));
        assert!(begins.message.starts_with("Nothing is heard of the feed trams"), "{begins:?}");
        assert!(minutes.wait(5).is_empty(), "it is told once");
        minutes
    };
    for is_heard in [true, false] {
        let mut minutes = stopped();
        let mut told = Vec::new();
        for minute in 0..3 {
            let buses = minutes.feed(Connection::Live, 0);
            let of_trams = match minute {
                _ if is_heard => Some(trams(minutes.minute)),
                0 => Some(removed(Layer::Feeds, "trams")),
                _ => None,
            };
            told.extend(minutes.pass(of_trams.into_iter().chain([buses]).collect()));
        }
        let over: Vec<_> = told.iter().map(|alert| (alert.id.as_str(), alert.is_over)).collect();
        assert_eq!(over, [("feed/trams", true)], "heard: {is_heard}");
    }
}

#[test]
fn messages_that_the_traffic_contradicts_are_told_without_what_their_text_injects() {
    let mut minutes = Minutes::new();
    minutes.pass(vec![message(false)]);
    assert!(minutes.wait(3).is_empty());
    minutes.pass(vec![message(true)]);
    let told = minutes.wait(2);
    assert_eq!(told[0].id, "contradiction/fintraffic:GUID1");
    assert!(told[0].message.ends_with("Accident on Ring I"), "{}", told[0].message);
    minutes.pass(vec![removed(Layer::Situations, "fintraffic:GUID1")]);
    assert!(minutes.wait(2)[0].is_over);
}

#[test]
fn a_checkpoint_and_batches_of_any_size_change_nothing() {
    let script = |minute: i64| match minute {
        1 => vec![queue(true, 300.0), message(true)],
        4 => vec![removed(Layer::Queues, "q1")],
        8 => vec![message(false), queue(true, 200.0)],
        _ => Vec::new(),
    };
    let mut minutes = Minutes::new();
    let deltas: Vec<Vec<Delta>> = (1..=16).map(|minute| minutes.deltas(script(minute))).collect();
    let expected: Vec<Alert> = {
        let mut picture = picture();
        deltas.iter().flat_map(|deltas| picture.alerts(deltas)).collect()
    };
    assert_eq!(expected.len(), 5, "{expected:?}");
    assert_eq!(picture().alerts(&deltas.concat()), expected);
    for minute in 0..16 {
        let mut picture = picture();
        let mut told: Vec<Alert> = picture.alerts(&deltas[..minute].concat());
        let state = picture.checkpoint();
        let (region, epoch) = ("region".into(), "log-1".into());
        let mut restored = Picture::restore(region, epoch, Setup::default(), &state).unwrap();
        assert_eq!(restored.checkpoint(), state);
        told.extend(restored.alerts(&deltas[minute..].concat()));
        assert_eq!(told, expected, "after minute {minute}");
    }
}
