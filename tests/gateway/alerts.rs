//! What operators are told of, read back from the log page by page.

use events::{Alert, AlertKind, Position, wire};
use gateway::{Options, Origin};
use prost::Message;
use serde_json::json;
use stream::topic;

use super::logged::Logged;
use super::support::{NOW_MS, REGION, app, app_of, get, get_json};

const PATH: &str = "/v1/regions/kaupunki/alerts";

fn queue(sequence: u64, is_over: bool) -> Alert {
    Alert {
        id: "queue/q1".into(),
        sequence,
        kind: AlertKind::Queue.into(),
        is_over,
        layer: wire::Layer::Queues.into(),
        object_id: "q1".into(),
        time_ms: NOW_MS + sequence as i64,
        since_ms: NOW_MS,
        message: "A queue of 640 m costs 95 s.".into(),
        position: Some(Position::new(60.2, 24.9).unwrap().into()),
        length_m: Some(640.0),
        delay_s: Some(95.5),
        situations: vec!["fintraffic:GUID1".into()],
    }
}

#[tokio::test]
async fn alerts_are_read_back_newest_first() {
    let logged = Logged::new(Origin::Live).await;
    let app = &logged.app;
    let none = get_json(app, PATH).await;
    assert_eq!(none, json!({"region": REGION, "first": 0, "more": false, "alerts": []}));

    let feed = Alert {
        id: "feed/trams".into(),
        kind: AlertKind::Feed.into(),
        layer: wire::Layer::Feeds.into(),
        sequence: 9,
        ..Alert::default()
    };
    let mut records: Vec<_> = [queue(5, false), feed, queue(12, true)]
        .iter()
        .map(|alert| alert.encode_to_vec().into())
        .collect();
    // Of a program that has another idea of the topic.
    records.push("no alert".into());
    logged.append(topic::ALERTS, records).await;

    let all = get_json(app, PATH).await;
    let of = |field: &str| -> Vec<_> {
        all["alerts"].as_array().unwrap().iter().map(|alert| alert[field].clone()).collect()
    };
    assert_eq!(of("sequence"), [12, 9, 5]);
    assert_eq!(of("offset"), [2, 1, 0]);
    assert_eq!(of("is_over"), [true, false, false]);
    let oldest = json!({
        "offset": 0, "id": "queue/q1", "sequence": 5, "kind": "queue", "is_over": false,
        "layer": "queues", "object_id": "q1", "time_ms": NOW_MS + 5, "since_ms": NOW_MS,
        "message": "A queue of 640 m costs 95 s.", "position": [24.9, 60.2], "length_m": 640.0,
        "delay_s": 95.5, "situations": ["fintraffic:GUID1"],
    });
    assert_eq!(all["alerts"][2], oldest);
    assert!(all["alerts"][1].get("position").is_none(), "a feed has no place: {all}");

    let page = get_json(app, &format!("{PATH}?limit=2")).await;
    assert_eq!((&page["first"], &page["more"]), (&json!(2), &json!(true)));
    let older = get_json(app, &format!("{PATH}?limit=2&before=2")).await;
    assert_eq!((&older["first"], &older["more"]), (&json!(0), &json!(false)));
    assert_eq!(older["alerts"].as_array().unwrap().len(), 2);
    let past_all = get_json(app, &format!("{PATH}?before=0")).await;
    assert_eq!(past_all["alerts"], json!([]));
}

#[tokio::test]
async fn a_replay_has_none_and_says_so() {
    let app = app_of(Options::default(), Origin::Replay);
    app.set_without_log();
    for of in ["alerts", "dead-letters", "events"] {
        let path = format!("/v1/regions/{REGION}/{of}");
        get(&app, &path).await.assert_problem(404, "a replay has no log of its own");
    }
}

/// A recording that is played onto a log, as `tilanne run --replay` does it, is told as a replay too.
#[tokio::test]
async fn a_recording_that_is_played_onto_a_log_has_them() {
    let app = app_of(Options::default(), Origin::Replay);
    get(&app, PATH).await.assert_problem(503, "the log is not open yet");
    let logged = Logged::new(Origin::Replay).await;
    logged.append(topic::ALERTS, vec![queue(5, false).encode_to_vec().into()]).await;
    assert_eq!(get_json(&logged.app, PATH).await["alerts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn alerts_that_cannot_be_read_are_a_clear_error() {
    let app = app();
    get(&app, PATH).await.assert_problem(503, "the log is not open yet");
    get(&app, "/v1/regions/atlantis/alerts").await.assert_problem(404, "no region");
    for (query, says) in [
        ("limit=0", "limit: must be 1 or more"),
        ("before=-1", "before: must be 0 or more"),
        ("limit=many", "limit"),
        ("since=yesterday", "since"),
    ] {
        get(&app, &format!("{PATH}?{query}")).await.assert_problem(400, says);
    }
}
