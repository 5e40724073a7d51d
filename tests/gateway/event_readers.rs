//! Readers of events and the log that they read: slow ones, one that does not answer, and what does not
//! decode.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use events::{Body, Event, LogRecord, Provenance, VehiclePosition, Verdicts};
use gateway::{App, Options, Origin};
use picture::Setup;
use serde_json::{Value, json};
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, topic};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::client::{Client, Events};
use super::logged::Logged;
use super::support::{HANG, NOW_MS, REGION, app_with, caught_up, follow, get, server};
use crate::logs::Watched;

/// Of 8 kB each they are 32 MB: more than sockets buffer.
const EVENTS: usize = 4_096;

fn event(entity: usize) -> Bytes {
    let event = Event {
        feed: "bus".into(),
        region: REGION.into(),
        entity: entity.to_string().into(),
        event_time_ms: NOW_MS,
        received_time_ms: NOW_MS,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body: Body::VehiclePosition(VehiclePosition {
            headsign: Some("x".repeat(8_000).into()),
            ..Default::default()
        }),
    };
    LogRecord::Event(event).encode().into()
}

/// An app on a log of events.
struct World {
    app: Arc<App>,
    log: Arc<Watched>,
    shutdown: CancellationToken,
    _folder: TempDir,
}

impl World {
    async fn new(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(folder.path(), EmbeddedOptions::default()).unwrap();
        let log = Watched::new(log);
        let app = app_with(options);
        let shutdown = CancellationToken::new();
        let followed: Arc<dyn Log> = Arc::<Watched>::clone(&log);
        follow(&app, &followed, Setup::default(), &shutdown);
        caught_up(&app).await;
        let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
        for first in (0..EVENTS).step_by(256) {
            let records = (first..first + 256).map(event).collect();
            sink.append(Append { records, cursor: None }).await.unwrap();
        }
        Self { app, log, shutdown, _folder: folder }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn offset(event: &Value) -> usize {
    event["sequence"].as_str().unwrap().parse().unwrap()
}

/// To read far from the end of a log in Kafka takes one of few turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_keeps_no_place_on_the_log() {
    let world = World::new(Options::default()).await;
    let server = server(&world.app).await;
    let path = format!("/v1/regions/{REGION}/events?offset=0");
    let mut events = Events::open(&server, &path, None).await;
    let mut client = Client::connect(&server).await;
    let subscribe = json!({"type": "subscribe_events", "id": "log", "region": REGION, "offset": 0});
    client.say(&subscribe).await;
    // Neither reads what comes.
    let Watched { opened, open, .. } = world.log.as_ref();
    let let_go = async {
        while opened.load(Ordering::SeqCst) < 2 || open.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(HANG, let_go).await.expect("both let go of the log");
    let all: Vec<usize> = (0..EVENTS).collect();
    let mut offsets = Vec::new();
    while offsets.len() < EVENTS {
        let event = events.next().await.unwrap();
        offsets.extend((!event.data.is_empty()).then(|| offset(&event.json())));
    }
    assert_eq!(offsets, all, "server-sent events go on where they were");
    offsets.clear();
    while offsets.len() < EVENTS {
        let frame = client.frame().await;
        offsets.extend(frame["events"].as_array().unwrap().iter().map(offset));
    }
    assert_eq!(offsets, all, "so do those on the WebSocket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_does_not_answer_ends_no_stream_for_good() {
    let world = World::new(Options { request_timeout_ms: 2_000, ..Default::default() }).await;
    let server = server(&world.app).await;
    let path = format!("/v1/regions/{REGION}/events?offset=4095");
    world.log.hangs.store(true, Ordering::SeqCst);
    let problem = Events::open(&server, &path, None).await.passing().await;
    assert_eq!(problem["status"], 503);
    assert!(problem["detail"].as_str().unwrap().contains("does not answer"), "{problem}");
    world.log.hangs.store(false, Ordering::SeqCst);
    let mut events = Events::open(&server, &path, None).await;
    let opening = events.next().await.unwrap();
    assert_eq!((opening.data.as_str(), opening.retry.as_str()), ("", ""), "where it begins");
    assert_eq!(offset(&events.next().await.unwrap().json()), 4_095);
}

#[test]
fn a_record_that_does_not_decode_is_told_of_once() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let logged = Logged::new(Origin::Live).await;
            let broken = Bytes::from_static(&[0xff]);
            let records = vec![event(0), broken.clone(), event(1), broken];
            logged.append(topic::EVENTS, records).await;
            for _ in 0..3 {
                let page = get(&logged.app, &format!("/v1/regions/{REGION}/events?offset=0")).await;
                let page = page.json();
                let offsets: Vec<usize> = page.as_array().unwrap().iter().map(offset).collect();
                assert_eq!(offsets, [0, 2]);
            }
        });
    });
    let page = handle.render();
    let told = "tilanne_gateway_events_left_out_total{region=\"kaupunki\"} 2\n";
    assert!(page.contains(told), "two records, whoever reads: {page}");
}
