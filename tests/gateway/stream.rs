//! The stream: snapshot, deltas, boxes that move, clients that misbehave.

use std::time::Duration;

use futures_util::SinkExt;
use gateway::{Options, PushOptions};
use picture::{Layer, RemovalReason, View};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{self, Message};

use super::client::Client;
use super::support::{
    NOW_MS, REGION, app, app_with, feed, ids, position, region, removed, server, situation,
    updated, vehicle,
};

fn push(push: PushOptions) -> Options {
    Options { push, ..Default::default() }
}

fn at(longitude_deg: f64) -> events::Position {
    position(longitude_deg, 60.5)
}

#[tokio::test]
async fn a_subscription_gets_a_snapshot_and_then_deltas() {
    let app = app();
    region(&app).apply([vec![
        updated(1, vehicle("feed:in", Some(at(24.1)))),
        updated(2, vehicle("feed:out", Some(at(25.9)))),
        updated(3, vehicle("feed:nowhere", None)),
        updated(4, feed(3)),
    ]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles", "detectors", "feeds"], json!([24.0, 60.0, 25.0, 61.0])).await;
    let snapshot = client.frame().await;
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!((&snapshot["id"], &snapshot["region"]), (&json!("map"), &json!(REGION)));
    assert_eq!((&snapshot["epoch"], &snapshot["sequence"]), (&json!("log-1"), &json!(4)));
    assert_eq!((&snapshot["origin"], &snapshot["time_ms"]), (&json!("demo"), &json!(NOW_MS)));
    assert_eq!(ids(&snapshot["objects"]["vehicles"]), ["feed:in"]);
    assert_eq!(snapshot["objects"]["detectors"], json!([]));
    assert_eq!(ids(&snapshot["objects"]["feeds"]), ["feed"], "feeds have no place");

    region(&app).apply([vec![
        updated(5, vehicle("feed:in", Some(at(24.2)))),
        updated(6, vehicle("feed:out", Some(at(25.8)))),
    ]]);
    let delta = client.frame().await;
    assert_eq!(delta["type"], "delta");
    assert_eq!((&delta["previous"], &delta["sequence"]), (&json!(4), &json!(6)));
    assert_eq!(ids(&delta["updated"]["vehicles"]), ["feed:in"]);
    let moved = &delta["updated"]["vehicles"][0];
    assert_eq!(moved["report"]["position"]["longitude_deg"], 24.2);
    assert_eq!(delta["removed"], json!({}));

    region(&app).apply([vec![removed(7, Layer::Vehicles, "feed:in", RemovalReason::Expired)]]);
    let delta = client.frame().await;
    assert_eq!((&delta["previous"], &delta["sequence"]), (&json!(6), &json!(7)));
    let expected = json!({"vehicles": [{"id": "feed:in", "reason": "expired"}]});
    assert_eq!(delta["removed"], expected);
}

#[tokio::test]
async fn reasons_of_removal_are_told() {
    let app = app();
    let reasons = [
        ("feed:a", RemovalReason::Retracted, "retracted"),
        ("feed:b", RemovalReason::Ended, "ended"),
    ];
    for (n, (id, ..)) in (1..).zip(reasons) {
        region(&app).apply([vec![updated(n, situation(id, None))]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["situations"], Value::Null).await;
    let snapshot = client.frame().await;
    assert_eq!(ids(&snapshot["objects"]["situations"]), ["feed:a", "feed:b"], "without a box all");
    for (n, (id, reason, name)) in (10..).zip(reasons) {
        region(&app).apply([vec![removed(n, Layer::Situations, id, reason)]]);
        let delta = client.frame().await;
        assert_eq!(delta["removed"]["situations"], json!([{"id": id, "reason": name}]));
    }
}

#[tokio::test]
async fn what_drives_out_of_the_box_has_left() {
    let app = app();
    region(&app).apply([vec![updated(1, vehicle("feed:1", Some(at(24.1))))]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], json!([24.0, 60.0, 25.0, 61.0])).await;
    client.frame().await;
    let left = json!({"vehicles": [{"id": "feed:1", "reason": "left"}]});
    for (n, place) in [(2, Some(at(25.1))), (4, None)] {
        region(&app).apply([vec![updated(n, vehicle("feed:1", place))]]);
        assert_eq!(client.frame().await["removed"], left);
        region(&app).apply([vec![updated(n + 1, vehicle("feed:1", Some(at(24.5))))]]);
        assert_eq!(ids(&client.frame().await["updated"]["vehicles"]), ["feed:1"]);
    }
}

#[tokio::test]
async fn a_moved_box_sends_only_the_difference() {
    let app = app();
    let places = [("feed:a", 24.1), ("feed:b", 24.5), ("feed:c", 24.9)];
    for (n, (id, longitude)) in (1..).zip(places) {
        region(&app).apply([vec![updated(n, vehicle(id, Some(at(longitude))))]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], json!([24.0, 60.0, 24.6, 61.0])).await;
    assert_eq!(ids(&client.frame().await["objects"]["vehicles"]), ["feed:a", "feed:b"]);
    client.subscribe(&["vehicles"], json!([24.4, 60.0, 25.0, 61.0])).await;
    let delta = client.frame().await;
    assert_eq!(delta["type"], "delta");
    assert_eq!((&delta["previous"], &delta["sequence"]), (&json!(3), &json!(3)));
    assert_eq!(ids(&delta["updated"]["vehicles"]), ["feed:c"]);
    assert_eq!(delta["removed"], json!({"vehicles": [{"id": "feed:a", "reason": "left"}]}));
    client.subscribe(&["vehicles"], json!([24.4, 60.0, 25.0, 61.0])).await;
    let delta = client.frame().await;
    assert_eq!((&delta["updated"], &delta["removed"]), (&json!({}), &json!({})), "an answer");
    client.subscribe(&["detectors"], json!([24.4, 60.0, 25.0, 61.0])).await;
    assert_eq!(ids(&client.frame().await["removed"]["vehicles"]), ["feed:b", "feed:c"]);
}

#[tokio::test]
async fn only_the_newest_of_an_object_is_sent() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], Value::Null).await;
    assert_eq!(client.frame().await["sequence"], Value::Null);
    region(&app).apply([vec![
        updated(1, vehicle("feed:1", Some(at(24.1)))),
        updated(2, vehicle("feed:2", Some(at(24.1)))),
        updated(3, vehicle("feed:1", Some(at(24.3)))),
        removed(4, Layer::Vehicles, "feed:2", RemovalReason::Expired),
    ]]);
    let delta = client.frame().await;
    assert_eq!((&delta["previous"], &delta["sequence"]), (&Value::Null, &json!(4)));
    assert_eq!(ids(&delta["updated"]["vehicles"]), ["feed:1"]);
    let newest = &delta["updated"]["vehicles"][0];
    assert_eq!(newest["report"]["position"]["longitude_deg"], 24.3);
    assert_eq!(delta["removed"], json!({}), "the client never had it");
}

#[tokio::test]
async fn deltas_that_come_again_are_not_sent_again() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], Value::Null).await;
    client.frame().await;
    for n in [1, 2, 1, 2, 3] {
        region(&app).apply([vec![updated(n, vehicle(&format!("feed:{n}"), None))]]);
    }
    let mut seen = Vec::new();
    let mut sequence = Value::Null;
    while sequence != 3 {
        let delta = client.frame().await;
        seen.extend(ids(&delta["updated"]["vehicles"]).into_iter().map(String::from));
        sequence = delta["sequence"].clone();
    }
    assert_eq!(seen, ["feed:1", "feed:2", "feed:3"]);
}

#[tokio::test]
async fn another_log_or_region_starts_with_a_snapshot() {
    let app = app();
    region(&app).apply([vec![updated(5, vehicle("feed:1", None))]]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], Value::Null).await;
    client.frame().await;
    region(&app).reset(View::new(REGION.into(), "log-2".into()));
    let snapshot = client.frame().await;
    assert_eq!((&snapshot["type"], &snapshot["epoch"]), (&json!("snapshot"), &json!("log-2")));
    assert_eq!(snapshot["objects"]["vehicles"], json!([]));
    let other =
        json!({"type": "subscribe", "id": "map", "region": "toinen", "layers": ["vehicles"]});
    client.say(&other).await;
    let snapshot = client.frame().await;
    assert_eq!((&snapshot["type"], &snapshot["region"]), (&json!("snapshot"), &json!("toinen")));
}

#[tokio::test]
async fn an_ended_subscription_gets_nothing_more() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    for id in ["one", "two"] {
        let message =
            json!({"type": "subscribe", "id": id, "region": REGION, "layers": ["vehicles"]});
        client.say(&message).await;
        assert_eq!(client.frame().await["id"], id);
    }
    client.say(&json!({"type": "unsubscribe", "id": "one"})).await;
    client.say(&json!({"type": "unsubscribe", "id": "three"})).await;
    assert_eq!(client.frame().await["problem"]["status"], 404);
    for n in 1..3 {
        region(&app).apply([vec![updated(n, vehicle("feed:1", Some(at(24.1))))]]);
        assert_eq!(client.frame().await["id"], "two");
    }
}

#[tokio::test]
async fn messages_that_are_not_understood_are_answered() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let subscribe = |key: &str, value: Value| {
        let mut message =
            json!({"type": "subscribe", "id": "map", "region": REGION, "layers": ["vehicles"]});
        message[key] = value;
        message.to_string()
    };
    for (text, status, says) in [
        ("{".to_owned(), 400, "not understood"),
        ("[1, 2]".to_owned(), 400, "not understood"),
        ("{\"type\":\"dance\"}".to_owned(), 400, "unknown variant `dance`"),
        (subscribe("region", json!("atlantis")), 404, "no region"),
        (subscribe("layers", json!(["ships"])), 400, "no layer \"ships\""),
        (subscribe("layers", json!([])), 400, "at least one"),
        (subscribe("bbox", json!([1, 2, 3])), 400, "not understood"),
        (subscribe("bbox", json!([25, 60, 24, 61])), 400, "west ≤ east"),
        (subscribe("id", json!("")), 400, "1 to 64 bytes"),
        (subscribe("id", json!("x".repeat(65))), 400, "1 to 64 bytes"),
        (subscribe("box", json!([24, 60, 25, 61])), 400, "unknown field `box`"),
    ] {
        client.0.send(Message::text(text.clone())).await.unwrap();
        let answer = client.frame().await;
        assert_eq!(
            (&answer["type"], &answer["problem"]["status"]),
            (&json!("error"), &json!(status))
        );
        let detail = answer["problem"]["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{text}: {detail}");
    }
    client.0.send(Message::binary(vec![0, 1])).await.unwrap();
    assert_eq!(client.frame().await["problem"]["status"], 400);
    client.subscribe(&["vehicles"], Value::Null).await;
    assert_eq!(client.frame().await["type"], "snapshot", "the connection is still there");
}

#[tokio::test]
async fn too_many_errors_end_the_connection() {
    let app = app_with(push(PushOptions { errors_max: 2, ..Default::default() }));
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    for _ in 0..3 {
        client.say(&json!("nonsense")).await;
        assert_eq!(client.frame().await["type"], "error");
    }
    let Message::Close(Some(close)) = client.message().await else {
        panic!("not closed");
    };
    assert_eq!(u16::from(close.code), 1008);
}

#[tokio::test]
async fn what_is_no_message_ends_only_its_connection_and_says_why() {
    let app = app();
    let server = server(&app).await;
    let mut other = Client::connect(&server).await;
    let long = [[0x81, 0xFE, 0x50, 0x00, 0, 0, 0, 0].as_slice(), &vec![b'x'; 0x5000]].concat();
    for (frame, code, says) in [
        (long.as_slice(), 1009, "too long"),
        // Masked by nothing, as clients may.
        (&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], 1007, "UTF-8"),
        // A reserved opcode, a reserved bit, a ping in pieces, a continuation of nothing.
        (&[0x83, 0x80, 0, 0, 0, 0], 1002, "RFC 6455"),
        (&[0xC1, 0x80, 0, 0, 0, 0], 1002, "RFC 6455"),
        (&[0x09, 0x80, 0, 0, 0, 0], 1002, "RFC 6455"),
        (&[0x80, 0x80, 0, 0, 0, 0], 1002, "RFC 6455"),
    ] {
        let mut client = Client::connect(&server).await;
        client.0.get_mut().write_all(frame).await.unwrap();
        let close = client.message().await;
        let Message::Close(Some(close)) = close else { panic!("{says}: {close:?}") };
        assert_eq!(u16::from(close.code), code, "{says}");
        assert!(close.reason.contains(says), "{}", close.reason);
    }
    other.subscribe(&["vehicles"], Value::Null).await;
    assert_eq!(other.frame().await["type"], "snapshot");
}

#[tokio::test]
async fn nothing_is_echoed_but_in_tests() {
    let server = server(&app()).await;
    let url = format!("ws://{}/echo", server.address);
    let error = tokio_tungstenite::connect_async(&url).await.unwrap_err();
    assert!(matches!(error, tungstenite::Error::Http(answer) if answer.status() == 404));
}

#[tokio::test]
async fn subscriptions_and_their_size_are_bounded() {
    let app =
        app_with(push(PushOptions { subscriptions_max: 1, objects_max: 2, ..Default::default() }));
    for (n, longitude) in [(1, 24.1), (2, 24.2), (3, 24.3)] {
        region(&app).apply([vec![updated(n, vehicle(&format!("feed:{n}"), Some(at(longitude))))]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let everything = json!([24.0, 60.0, 25.0, 61.0]);
    client.subscribe(&["vehicles"], everything.clone()).await;
    let answer = client.frame().await;
    assert_eq!((&answer["id"], &answer["problem"]["status"]), (&json!("map"), &json!(413)));
    client.subscribe(&["vehicles"], json!([24.0, 60.0, 24.25, 61.0])).await;
    assert_eq!(client.frame().await["type"], "snapshot");
    client.subscribe(&["vehicles"], everything).await;
    assert_eq!(client.frame().await["problem"]["status"], 413);
    let second =
        json!({"type": "subscribe", "id": "list", "region": REGION, "layers": ["vehicles"]});
    client.say(&second).await;
    let detail = client.frame().await["problem"]["detail"].clone();
    assert_eq!(detail, "a client has at most 1 subscriptions");
    region(&app).apply([vec![updated(4, vehicle("feed:1", Some(at(24.15))))]]);
    assert_eq!(client.frame().await["type"], "delta", "the smaller box is as it was");
    region(&app).apply([vec![updated(5, vehicle("feed:3", Some(at(24.21))))]]);
    assert_eq!(client.frame().await["problem"]["status"], 413, "it has grown out of its bound");
}

#[tokio::test]
async fn clients_are_bounded_and_a_silent_one_makes_room() {
    let app = app_with(push(PushOptions {
        clients_max: 1,
        ping_interval_ms: 100,
        idle_timeout_ms: 200,
        ..Default::default()
    }));
    let server = server(&app).await;
    let _silent = Client::connect(&server).await;
    let url = format!("ws://{}/v1/stream", server.address);
    let error = tokio_tungstenite::connect_async(&url).await.unwrap_err();
    let tungstenite::Error::Http(response) = error else {
        panic!("not refused: {error}");
    };
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["retry-after"], "5");
    // The silent client answers no pings, since it does not read.
    while tokio_tungstenite::connect_async(&url).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], Value::Null).await;
    client.frame().await;
    server.shutdown.cancel();
    let Message::Close(Some(close)) = client.message().await else {
        panic!("not closed");
    };
    assert_eq!(u16::from(close.code), 1001);
    server.task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_client_delays_nobody_and_gets_the_newest_when_it_reads() {
    // 40 rounds of 10 objects of 64 KiB are 25 MB for each client: more than a socket buffers.
    const ROUNDS: u64 = 40;
    const OBJECTS: u64 = 10;
    let app = app_with(push(PushOptions {
        backlog_changes_max: 2 * OBJECTS as usize,
        ..Default::default()
    }));
    let server = server(&app).await;
    let mut stalled = Client::connect(&server).await;
    let mut other = Client::connect(&server).await;
    for client in [&mut stalled, &mut other] {
        client.subscribe(&["vehicles"], Value::Null).await;
        assert_eq!(client.frame().await["type"], "snapshot");
    }
    let mut last = 0;
    for round in 0..ROUNDS {
        last = round * OBJECTS + OBJECTS;
        let deltas = (0..OBJECTS).map(|n| {
            let mut object = vehicle(&format!("feed:{n}"), Some(at(24.5)));
            if let picture::Object::Vehicle(vehicle) = &mut object {
                vehicle.report.headsign = Some("x".repeat(1 << 16).into());
                vehicle.report.stop_sequence = Some(round as u32);
            }
            updated(round * OBJECTS + n + 1, object)
        });
        region(&app).apply([deltas.collect()]);
        let delta = other.frame().await;
        assert_eq!((&delta["type"], &delta["sequence"]), (&json!("delta"), &json!(last)));
    }
    let mut deltas = 0;
    loop {
        let frame = stalled.frame().await;
        assert_eq!(frame["type"], "delta");
        deltas += 1;
        if frame["sequence"] == last && frame["more"].is_null() {
            let newest = &frame["updated"]["vehicles"];
            assert_eq!(ids(newest).len() as u64, OBJECTS);
            assert_eq!(newest[0]["report"]["stop_sequence"], ROUNDS - 1);
            break;
        }
    }
    assert!(deltas < ROUNDS, "what it missed was not kept for it");
}
