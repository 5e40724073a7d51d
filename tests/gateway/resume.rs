//! Coming back: what was missed, or why there is everything; and other ways to be told.

use gateway::{Options, Progress, PushOptions};
use picture::{Layer, RemovalReason, Snapshot, View};
use prost::Message as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use events::wire::{self, StreamMessageKind};

use super::client::{Client, Events};
use super::support::{
    NOW_MS, REGION, app, app_with, get, ids, position, region, removed, server, updated, vehicle,
};

fn at(id: &str, longitude_deg: f64) -> picture::Object {
    vehicle(id, Some(position(longitude_deg, 60.5)))
}

fn subscribe(select: &Value) -> Value {
    let mut message =
        json!({"type": "subscribe", "id": "map", "region": REGION, "layers": ["vehicles"]});
    message.as_object_mut().unwrap().extend(select.as_object().unwrap().clone());
    message
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed_or_everything_and_why() {
    let app = app_with(Options {
        push: PushOptions { backlog_changes_max: 4, ..Default::default() },
        ..Default::default()
    });
    for n in 1..4 {
        region(&app).apply([vec![updated(n, at(&format!("feed:{n}"), 24.1))]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.say(&subscribe(&json!({}))).await;
    let snapshot = client.frame().await;
    assert_eq!(snapshot["reason"], "subscribed");
    let cursor = snapshot["cursor"].as_str().unwrap().to_owned();
    drop(client);
    region(&app).apply([
        vec![updated(4, at("feed:1", 24.2))],
        vec![removed(5, Layer::Vehicles, "feed:2", RemovalReason::Expired)],
        vec![updated(6, at("feed:1", 24.3))],
    ]);
    let come_back = async |select: Value| {
        let mut client = Client::connect(&server).await;
        client.say(&subscribe(&select)).await;
        client.frame().await
    };
    let delta = come_back(json!({"resume": cursor})).await;
    assert_eq!(
        (&delta["type"], &delta["previous"], &delta["sequence"]),
        (&json!("delta"), &json!(3), &json!(6))
    );
    assert_eq!(ids(&delta["updated"]["vehicles"]), ["feed:1"]);
    assert_eq!(delta["updated"]["vehicles"][0]["report"]["position"]["longitude_deg"], 24.3);
    assert_eq!(delta["removed"]["vehicles"], json!([{"id": "feed:2", "reason": "expired"}]));
    assert_eq!(delta["coalesced"], 1);
    let newest = delta["cursor"].clone();
    let nothing = come_back(json!({"resume": newest})).await;
    assert_eq!((&nothing["updated"], &nothing["removed"]), (&json!({}), &json!({})), "an answer");

    let reason = async |select: Value| come_back(select).await["reason"].clone();
    let other = json!({"resume": newest, "bbox": [24.0, 60.0, 25.0, 61.0]});
    assert_eq!(reason(other).await, "other_selection");
    let ahead = newest.as_str().unwrap().replace("~6.0~", "~7.0~");
    assert_eq!(reason(json!({"resume": ahead})).await, "other_log");
    let otherwise = newest.as_str().unwrap().replace("~6.0~", "~5.0~");
    assert_eq!(reason(json!({"resume": otherwise})).await, "other_log", "5 says something else");
    for n in 7..12 {
        region(&app).apply([vec![updated(n, at("feed:1", 24.4))]]);
    }
    assert_eq!(reason(json!({"resume": newest})).await, "history_over");
    region(&app).reset(View::new(REGION.into(), "log-2".into()));
    assert_eq!(reason(json!({"resume": newest})).await, "other_log");
}

#[tokio::test]
async fn frames_say_how_late_they_are_and_what_was_left_out() {
    let app = app();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.say(&subscribe(&json!({}))).await;
    let snapshot = client.frame().await;
    assert_eq!((&snapshot["lag_ms"], &snapshot["coalesced"]), (&json!(0), &json!(0)));
    region(&app).apply([(1..4).map(|n| updated(n, at("feed:1", 24.1))).collect()]);
    let delta = client.frame().await;
    assert_eq!((&delta["lag_ms"], &delta["coalesced"]), (&json!(0), &json!(2)));
}

#[tokio::test]
async fn protobuf_says_the_same_as_json() {
    let app = app();
    region(&app).apply([vec![updated(1, at("feed:1", 24.1)), updated(2, at("feed:2", 24.2))]]);
    let server = server(&app).await;
    let mut plain = Client::connect_as(&server, "tilanne.v1.protobuf").await;
    let mut small = Client::connect_as(&server, "tilanne.v1.protobuf.deflate").await;
    let mut json = Client::connect_as(&server, "tilanne.v1.json").await;
    for client in [&mut plain, &mut small, &mut json] {
        client.say(&subscribe(&json!({}))).await;
    }
    let mut inflated = async || {
        let Message::Binary(bytes) = small.message().await else {
            panic!("not binary");
        };
        let mut text = Vec::new();
        let mut decoder = flate2::read::ZlibDecoder::new(&bytes[..]);
        std::io::Read::read_to_end(&mut decoder, &mut text).unwrap();
        wire::StreamMessage::decode(&text[..]).unwrap()
    };
    let frame = plain.binary_frame().await;
    assert_eq!(frame, inflated().await);
    let same = json.frame().await;
    assert_eq!(frame.kind(), StreamMessageKind::Snapshot);
    assert_eq!((frame.id.as_str(), frame.region.as_str()), ("map", REGION));
    assert_eq!((frame.sequence, frame.time_ms), (Some(2), NOW_MS));
    assert_eq!((frame.origin.as_str(), frame.reason.as_str()), ("demo", "subscribed"));
    assert_eq!(same["cursor"], frame.cursor.as_str());
    let view = Snapshot::decode(&get_protobuf(&app).await).unwrap();
    let objects = wire::Snapshot { objects: frame.updated, ..Default::default() };
    let objects = Snapshot::decode(&objects.encode_to_vec()).unwrap().objects;
    assert_eq!(objects, view.objects);

    region(&app).apply([vec![
        updated(3, at("feed:1", 24.3)),
        removed(4, Layer::Vehicles, "feed:2", RemovalReason::Ended),
    ]]);
    let frame = plain.binary_frame().await;
    assert_eq!(frame, inflated().await);
    assert_eq!((frame.kind(), frame.previous), (StreamMessageKind::Delta, Some(2)));
    assert_eq!(frame.updated.len(), 1);
    assert_eq!(frame.removed[0].id, "feed:2");
    assert_eq!(frame.removed[0].layer(), wire::Layer::Vehicles);
    assert_eq!(frame.removed[0].reason(), RemovalReason::Ended);

    plain.say(&json!("nonsense")).await;
    let error = plain.binary_frame().await;
    assert_eq!((error.kind(), error.problem.unwrap().status), (StreamMessageKind::Error, 400));
}

async fn get_protobuf(app: &std::sync::Arc<gateway::App>) -> Vec<u8> {
    let path = format!("/v1/regions/{REGION}/vehicles");
    super::support::get_with(app, &path, &[("accept", "application/protobuf")]).await.body
}

#[tokio::test]
async fn server_sent_events_resume_by_their_ids() {
    let app = app();
    region(&app).apply([vec![updated(1, at("feed:1", 24.1))]]);
    let server = server(&app).await;
    let path = format!("/v1/events?region={REGION}&layers=vehicles,feeds&bbox=24,60,25,61");
    let mut events = Events::open(&server, &path, None).await;
    let snapshot = events.next().await.unwrap();
    assert_eq!(snapshot.name, "snapshot");
    assert_eq!(snapshot.json()["cursor"], snapshot.id.as_str());
    assert_eq!(ids(&snapshot.json()["objects"]["vehicles"]), ["feed:1"]);
    region(&app).apply([vec![updated(2, at("feed:1", 24.2))]]);
    let delta = events.next().await.unwrap();
    assert_eq!((delta.name.as_str(), &delta.json()["previous"]), ("delta", &json!(1)));
    drop(events);
    region(&app).apply([vec![updated(3, at("feed:1", 25.2))]]);
    let mut events = Events::open(&server, &path, Some(&delta.id)).await;
    let missed = events.next().await.unwrap();
    assert_eq!((missed.name.as_str(), &missed.json()["previous"]), ("delta", &json!(2)));
    let left = json!([{"id": "feed:1", "reason": "left"}]);
    assert_eq!(missed.json()["removed"]["vehicles"], left);
    server.shutdown.cancel();
    assert_eq!(events.next().await, None, "the server has stopped");
    server.task.await.unwrap();
}

#[tokio::test]
async fn what_passes_is_said_on_a_stream_that_ends() {
    let push = PushOptions { clients_max: 1, ..Default::default() };
    let app = app_with(Options { push, ..Default::default() });
    let server = server(&app).await;
    let path = format!("/v1/events?region={REGION}&layers=vehicles");
    region(&app).set_progress(Progress::CatchingUp);
    let early = Events::open(&server, &format!("{path}&city=keskus"), None).await;
    let early = early.passing().await;
    assert_eq!(early["status"], 503);
    assert!(early["detail"].as_str().unwrap().contains("still being read"), "{early}");
    region(&app).set_progress(Progress::Following);
    let first = Events::open(&server, &path, None).await;
    let refused = Events::open(&server, &path, None).await.passing().await;
    assert_eq!(refused["detail"], "the stream has its 1 clients; come back later");
    drop(first);
}

#[tokio::test]
async fn a_bad_question_is_no_stream_of_events() {
    let app = app();
    for (query, status, says) in [
        ("", 400, "missing field `region`"),
        ("?region=kaupunki&layers=", 400, "no layer \"\""),
        ("?region=kaupunki&layers=ships", 400, "no layer \"ships\""),
        ("?region=atlantis&layers=vehicles", 404, "no region"),
        ("?region=kaupunki&layers=vehicles&bbox=1,2", 400, "bbox"),
        ("?region=kaupunki&layers=vehicles&polygon=1,2,3", 400, "longitude,latitude"),
        ("?region=kaupunki&layers=vehicles&width_m=5", 400, "that of a corridor"),
        ("?region=kaupunki&layers=vehicles&filter=id", 400, "must come ="),
        ("?region=kaupunki&layers=vehicles&cursor=x", 400, "is no cursor"),
        ("?region=kaupunki&layers=vehicles&box=1", 400, "unknown field `box`"),
    ] {
        get(&app, &format!("/v1/events{query}")).await.assert_problem(status, says);
    }
}
