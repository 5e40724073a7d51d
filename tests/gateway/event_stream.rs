//! The events themselves: from the log, as CloudEvents, by page, stream and WebSocket.

use std::sync::Arc;

use events::{
    Body, DetectorMeasurement, DetectorStation, Event, FeedStatus, LogRecord, Provenance,
    VehiclePosition, Verdicts,
};
use gateway::{App, Options, Progress};
use picture::{Delta, FeedLimits, Picture, Setup};
use serde_json::{Value, json};
use stream::{Append, Checkpoint, Log, Sink, topic};
use tokio_util::sync::CancellationToken;

use super::client::{Client, Events};
use super::support::{
    HANG, NOW_MS, REGION, app, app_with, append_frames, caught_up, detector, follow, get, get_with,
    position, region, server, updated,
};
use crate::logs::{Backend, on_both_logs};

on_both_logs! {
    [REGION];
    events_are_cloud_events_page_by_page,
    events_are_found_by_time_feed_place_and_id,
    the_stream_of_events_reads_on_from_its_ids,
    the_websocket_has_events_beside_objects,
    a_client_resumes_across_a_restart,
    a_page_waits_for_no_event,
    a_reader_knows_where_it_is_before_there_is_an_event,
    a_subscription_that_cannot_be_takes_nothing_away,
    what_the_log_does_not_have_is_said,
}

/// An app that follows a log.
struct World {
    app: Arc<App>,
    log: Arc<dyn Log>,
    sink: Box<dyn Sink>,
    shutdown: CancellationToken,
}

impl World {
    async fn new(backend: &Backend) -> Self {
        let request_timeout_ms = HANG.as_millis() as u64;
        let app = app_with(Options { request_timeout_ms, ..Default::default() });
        let log = backend.open().await;
        let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
        let shutdown = CancellationToken::new();
        follow(&app, &log, Setup::default(), &shutdown);
        caught_up(&app).await;
        Self { app, log, sink, shutdown }
    }

    async fn append(&self, records: Vec<LogRecord>) {
        let records = records.iter().map(|record| record.encode().into()).collect();
        self.sink.append(Append { records, cursor: None }).await.unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// An event received so many seconds after the clock's time.
fn event(feed: &str, entity: &str, second: i64, body: Body) -> LogRecord {
    let received_time_ms = NOW_MS + second * 1_000;
    LogRecord::Event(Event {
        feed: feed.into(),
        region: REGION.into(),
        entity: entity.into(),
        event_time_ms: received_time_ms - 500,
        received_time_ms,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body,
    })
}

fn moved(entity: &str, second: i64, longitude_deg: f64) -> LogRecord {
    let report =
        VehiclePosition { position: Some(position(longitude_deg, 60.5)), ..Default::default() };
    event("bus", entity, second, Body::VehiclePosition(report))
}

fn status(second: i64) -> LogRecord {
    let received_time_ms = NOW_MS + second * 1_000;
    LogRecord::FeedStatus(FeedStatus { feed: "bus".into(), received_time_ms, ..Default::default() })
}

/// A minute of two vehicles, a station and what it measures.
fn minute() -> Vec<LogRecord> {
    let measured = DetectorMeasurement { sensor_id: 1, value: 60.0, ..Default::default() };
    let mut records = vec![
        event("tms", "d", 0, Body::DetectorStation(DetectorStation::default())),
        event("tms", "d", 0, Body::DetectorMeasurement(measured)),
    ];
    for second in 0..60 {
        records.extend([moved("1", second, 24.5), moved("2", second, 25.5), status(second)]);
    }
    records
}

fn subjects(events: &Value) -> Vec<(&str, &str)> {
    let events = events.as_array().unwrap().iter();
    events
        .map(|event| (event["subject"].as_str().unwrap(), event["sequence"].as_str().unwrap()))
        .collect()
}

async fn events_are_cloud_events_page_by_page(backend: &Backend) {
    let world = World::new(backend).await;
    world.append(minute()).await;
    let path = format!("/v1/regions/{REGION}/events");
    let answer = get(&world.app, &format!("{path}?offset=0&kinds=vehicle_position")).await;
    assert_eq!(answer.status, 200);
    let header = |name| answer.header(axum::http::HeaderName::from_static(name)).to_owned();
    assert_eq!(header("content-type"), "application/cloudevents-batch+json");
    let events = answer.json();
    assert_eq!(events.as_array().unwrap().len(), 120);
    let epoch = world.log.epoch();
    let first = &events[0];
    let data = first["data"].clone();
    let expected = json!({
        "specversion": "1.0",
        "id": format!("{epoch}~2"),
        "source": format!("/v1/regions/{REGION}/events"),
        "type": "tilanne.v1.vehicle_position",
        "subject": "bus:1",
        "time": "2023-11-14T22:13:19.5Z",
        "datacontenttype": "application/json",
        "sequence": "00000000000000000002",
        "data": data,
    });
    assert_eq!(*first, expected);
    assert_eq!(data["vehicle_position"]["position"]["longitude_deg"], 24.5);

    let link = header("link");
    let next =
        link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    let answer = get(&world.app, next).await;
    assert_eq!(answer.json(), json!([]), "there is no more");
    world.append(vec![moved("3", 61, 24.5), status(61)]).await;
    assert_eq!(subjects(&get(&world.app, next).await.json()), [("bus:3", "00000000000000000182")]);
}

async fn events_are_found_by_time_feed_place_and_id(backend: &Backend) {
    let world = World::new(backend).await;
    world.append(minute()).await;
    region(&world.app).apply([vec![updated(0, detector("tms:d", position(24.2, 60.2)))]]);
    let path = format!("/v1/regions/{REGION}/events");
    let found = async |query: &str| {
        let answer = get(&world.app, &format!("{path}?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.json().as_array().unwrap().len()
    };
    for second in [0, 1, 30, 59] {
        let query = format!("time_ms={}&feeds=bus", NOW_MS + second * 1_000);
        assert_eq!(found(&query).await as i64, (60 - second) * 2, "{query}");
    }
    assert_eq!(found(&format!("time_ms={}", NOW_MS + 3_600_000)).await, 0);
    assert_eq!(found("time_ms=0").await, 122);
    assert_eq!(found("offset=0&feeds=tms").await, 2);
    assert_eq!(found("offset=0&bbox=24,60,25,61&feeds=bus").await, 60);
    assert_eq!(found("offset=0&bbox=24,60,24.3,61").await, 1, "what the detector there measured");
    assert_eq!(found("offset=0&ids=bus:2").await, 60);
    assert_eq!(found("offset=0&ids=2,d").await, 62);
    assert_eq!(found("offset=0&city=keskus&kinds=detector_measurement,trip_update").await, 1);
    assert_eq!(found("").await, 0, "from now on");
}

async fn the_stream_of_events_reads_on_from_its_ids(backend: &Backend) {
    let world = World::new(backend).await;
    world.append(minute()).await;
    let server = server(&world.app).await;
    let path = format!("/v1/regions/{REGION}/events?offset=0&ids=bus:1");
    let mut events = Events::open(&server, &path, None).await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    while seen.len() < 20 {
        let event = events.next().await.unwrap();
        cursor.clone_from(&event.id);
        seen.extend((!event.data.is_empty()).then(|| event.json()["id"].clone()));
    }
    drop(events);
    let mut events = Events::open(&server, &path, Some(&cursor)).await;
    while seen.len() < 60 {
        let event = events.next().await.unwrap();
        seen.extend((!event.data.is_empty()).then(|| event.json()["id"].clone()));
    }
    let epoch = world.log.epoch();
    let expected: Vec<String> = (0..60).map(|n| format!("{epoch}~{}", 2 + n * 3)).collect();
    assert_eq!(json!(seen), json!(expected), "each once, in order");
    world.append(vec![moved("1", 61, 24.5)]).await;
    loop {
        let event = events.next().await.unwrap();
        if !event.data.is_empty() {
            assert_eq!(event.json()["sequence"], "00000000000000000182", "as it comes");
            break;
        }
    }
}

async fn the_websocket_has_events_beside_objects(backend: &Backend) {
    let world = World::new(backend).await;
    world.append(minute()).await;
    let server = server(&world.app).await;
    let mut client = Client::connect(&server).await;
    let mut subscribe = json!({
        "type": "subscribe_events", "id": "log", "region": REGION, "offset": 0, "ids": ["bus:2"],
    });
    client.say(&subscribe).await;
    client
        .say(&json!({"type": "subscribe", "id": "map", "region": REGION, "layers": ["feeds"]}))
        .await;
    let (mut seen, mut cursor, mut kinds) = (0, Value::Null, Vec::new());
    while seen < 60 || !kinds.contains(&json!("snapshot")) {
        let frame = client.frame().await;
        kinds.push(frame["type"].clone());
        if frame["type"] == "events" {
            assert_eq!((&frame["id"], &frame["region"]), (&json!("log"), &json!(REGION)));
            seen += frame["events"].as_array().unwrap().len();
            cursor = frame["cursor"].clone();
        }
    }
    // The second is answered, after the first is done.
    for id in ["log", "no such"] {
        client.say(&json!({"type": "unsubscribe", "id": id})).await;
    }
    while client.frame().await["type"] != "error" {}
    world.append(vec![moved("2", 61, 24.5)]).await;
    subscribe["offset"] = Value::Null;
    subscribe["cursor"] = cursor.clone();
    client.say(&subscribe).await;
    let opening = client.frame().await;
    assert_eq!((&opening["events"], &opening["cursor"]), (&json!([]), &cursor), "where it begins");
    let frame = client.frame().await;
    assert_eq!(subjects(&frame["events"]), [("bus:2", "00000000000000000182")]);
    let mut binary = Client::connect_as(&server, "tilanne.v1.protobuf").await;
    subscribe["cursor"] = Value::Null;
    subscribe["offset"] = json!(182);
    binary.say(&subscribe).await;
    assert_eq!(binary.binary_frame().await.events.len(), 0);
    let frame = binary.binary_frame().await;
    assert_eq!((frame.events.len(), frame.events[0].offset), (1, 182));
    assert_eq!(frame.events[0].event.as_ref().unwrap().entity, "2");
}

/// The deltas that a record makes.
fn frame_of(picture: &mut Picture, offset: u64, record: &LogRecord) -> Vec<Delta> {
    let mut deltas = Vec::new();
    picture.apply(offset, record, &mut deltas);
    deltas
}

async fn a_client_resumes_across_a_restart(backend: &Backend) {
    let limits = std::collections::BTreeMap::from([("bus".into(), FeedLimits::default())]);
    let setup = Setup::from(limits);
    let log = backend.open().await;
    let epoch: events::Text = log.epoch().into();
    let mut picture = Picture::new(REGION.into(), epoch, setup.clone());
    let mut append = async |log: &Arc<dyn Log>, from: u64, records: Vec<LogRecord>| {
        let frames = (from..).zip(&records);
        let frames: Vec<_> = frames.map(|(n, record)| frame_of(&mut picture, n, record)).collect();
        let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
        let records = records.iter().map(|record| record.encode().into()).collect();
        sink.append(Append { records, cursor: None }).await.unwrap();
        append_frames(log.as_ref(), &frames).await;
        picture.checkpoint()
    };
    let records = (0..10).map(|n| moved(&n.to_string(), n, 24.5));
    append(&log, 0, records.collect()).await;
    let shutdown = CancellationToken::new();
    let first_app = app();
    follow(&first_app, &log, setup.clone(), &shutdown);
    let first = server(&first_app).await;
    let mut client = Client::connect(&first).await;
    let mut subscribe = json!({
        "type": "subscribe", "id": "map", "region": REGION, "layers": ["vehicles"],
    });
    client.say(&subscribe).await;
    let mut frame = client.frame().await;
    // What the view was still reading comes as deltas.
    while frame["sequence"] != 9 {
        frame = client.frame().await;
    }
    subscribe["resume"] = frame["cursor"].clone();
    shutdown.cancel();
    first.shutdown.cancel();
    first.task.await.unwrap();

    // The processor goes on and keeps a checkpoint that is newer than what the client has.
    let records = (10..14).map(|n| moved(&(n - 8).to_string(), n, 24.6));
    let state = append(&log, 10, records.collect()).await.into();
    let picture_next = log.bounds(topic::PICTURE, REGION).await.unwrap().next;
    let checkpoint = Checkpoint { events_next: 14, picture_next, state };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
    log.close().await.unwrap();
    drop(log);

    let log = backend.open().await;
    let shutdown = CancellationToken::new();
    let app = app();
    // Not followed yet: the client is there before the picture is.
    region(&app).set_progress(Progress::CatchingUp);
    let second = server(&app).await;
    let mut client = Client::connect(&second).await;
    client.say(&subscribe).await;
    follow(&app, &log, setup, &shutdown);
    let delta = client.frame().await;
    assert_eq!(
        (&delta["type"], &delta["previous"], &delta["sequence"]),
        (&json!("delta"), &json!(9), &json!(13)),
        "{delta}"
    );
    let moved: Vec<&str> = super::support::ids(&delta["updated"]["vehicles"]);
    assert_eq!(moved, ["bus:2", "bus:3", "bus:4", "bus:5"]);
    shutdown.cancel();
}

async fn a_page_waits_for_no_event(backend: &Backend) {
    let world = World::new(backend).await;
    for _ in 0..3 {
        world.append(minute()).await;
    }
    let path = format!("/v1/regions/{REGION}/events?offset=0&kinds=trip_update");
    let answer = get(&world.app, &path).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!([])));
    let epoch = world.log.epoch();
    let link = answer.header(axum::http::header::LINK);
    assert!(link.contains(&format!("&cursor={epoch}%7E546%7E")), "all was looked through: {link}");
    assert!(!link.contains("offset"), "{link}");
}

async fn a_reader_knows_where_it_is_before_there_is_an_event(backend: &Backend) {
    let world = World::new(backend).await;
    let server = server(&world.app).await;
    let mut client = Client::connect(&server).await;
    let mut subscribe = json!({"type": "subscribe_events", "id": "log", "region": REGION});
    client.say(&subscribe).await;
    let opening = client.frame().await;
    assert_eq!(opening["events"], json!([]));
    let path = format!("/v1/regions/{REGION}/events");
    let begin = Events::open(&server, &path, None).await.next().await.unwrap();
    assert_eq!(opening["cursor"], begin.id.as_str());
    drop(client);
    world.append(vec![moved("1", 0, 24.5)]).await;
    let mut client = Client::connect(&server).await;
    subscribe["cursor"] = opening["cursor"].clone();
    client.say(&subscribe).await;
    client.frame().await;
    let missed = client.frame().await;
    assert_eq!(subjects(&missed["events"]), [("bus:1", "00000000000000000000")]);
}

async fn a_subscription_that_cannot_be_takes_nothing_away(backend: &Backend) {
    let world = World::new(backend).await;
    let server = server(&world.app).await;
    let mut client = Client::connect(&server).await;
    client.say(&json!({"type": "subscribe_events", "id": "one", "region": REGION})).await;
    client.frame().await;
    let ships = json!({"type": "subscribe", "id": "one", "region": REGION, "layers": ["ships"]});
    client.say(&ships).await;
    assert_eq!(client.frame().await["problem"]["status"], 400);
    let filter = json!({
        "type": "subscribe_events", "id": "one", "region": REGION, "filter": "id = 'a'",
    });
    client.say(&filter).await;
    let detail = client.frame().await["problem"]["detail"].clone();
    assert!(detail.as_str().unwrap().contains("unknown field `filter`"), "{detail}");
    world.append(vec![moved("1", 0, 24.5)]).await;
    let frame = client.frame().await;
    assert_eq!((&frame["id"], frame["events"].as_array().unwrap().len()), (&json!("one"), 1));
}

async fn what_the_log_does_not_have_is_said(backend: &Backend) {
    let world = World::new(backend).await;
    world.append(minute()).await;
    let path = format!("/v1/regions/{REGION}/events");
    let epoch = world.log.epoch().to_owned();
    for (query, status, says) in [
        ("cursor=other~5~00000000", 410, "another log"),
        (&*format!("cursor={epoch}~183~00000000"), 410, "a crash has taken"),
        (&*format!("cursor={epoch}~100~00000001"), 410, "a crash has taken"),
        ("cursor=nonsense", 400, "is no cursor"),
        ("offset=183", 400, "the next event gets 182"),
        ("offset=0&time_ms=5", 400, "one of cursor, offset and time_ms"),
        ("kinds=ships", 400, "no kind \"ships\""),
        ("district=atlantis", 404, "no district"),
        ("filter=id", 400, "unknown field"),
    ] {
        get(&world.app, &format!("{path}?{query}")).await.assert_problem(status, says);
    }
    let unfollowed = app();
    get(&unfollowed, &path).await.assert_problem(503, "not open yet");
    let unfollowed = server(&unfollowed).await;
    let problem = Events::open(&unfollowed, &path, None).await.passing().await;
    assert_eq!(
        (&problem["status"], &problem["title"]),
        (&json!(503), &json!("Service Unavailable"))
    );
    let as_stream = [("accept", "text/event-stream")];
    let answer = get_with(&world.app, &format!("{path}?kinds=ships"), &as_stream).await;
    answer.assert_problem(400, "no kind");
}
