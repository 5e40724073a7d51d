//! How long reports take from hop to hop, in `/v1/feeds`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use events::{
    Body, Connection, Event, FeedStatus, JourneyPhase, LogRecord, Provenance, VehicleEventKind,
    VehiclePosition, Verdicts,
};
use gateway::{App, FeedLabel, Options, Origin, RegionSetup};
use network::Region;
use picture::{Delta, Picture, Setup};
use processor::{ProcessorOptions, RegionConfig, run_region};
use serde_json::{Value, json};
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, Passage, Span, Tracer, topic};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::client::Client;
use super::support::{
    HANG, NOW_MS, REGION, append_frames, bbox, caught_up, follow, get_json, position, server,
};

/// How far the gateway's clock is before that of the log: what a frame takes to a client.
const SENT_MS: i64 = 7;
const APPLIED_MS: i64 = 40;
const LOGGED_MS: i64 = 1_000;
const SOURCE_MS: i64 = 500;

/// A gateway that follows a log which is watched, and the picture that is logged there.
struct World {
    now_ms: Arc<AtomicI64>,
    app: Arc<App>,
    log: Arc<dyn Log>,
    picture: Picture,
    offset: u64,
    shutdown: CancellationToken,
    _directory: TempDir,
}

impl World {
    async fn new(origin: Origin, watched_by: Option<Tracer>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut log: Arc<dyn Log> =
            EmbeddedLog::open(directory.path(), EmbeddedOptions::default()).unwrap();
        let now_ms = Arc::new(AtomicI64::new(NOW_MS));
        let (of_log, of_app) = (Arc::clone(&now_ms), Arc::clone(&now_ms));
        if let Some(tracer) = watched_by {
            let clock = Arc::new(move || of_log.load(Ordering::SeqCst));
            log = Passage::around(log, clock, tracer);
        }
        let bbox = bbox(24.0, 60.0, 26.0, 61.0);
        let region = Region { id: REGION.into(), name: "K".into(), bbox, cities: Vec::new() };
        let label =
            |id: &str| FeedLabel { id: id.into(), title: id.into(), attribution: String::new() };
        let regions = vec![RegionSetup { region, feeds: vec![label("feed"), label("silent")] }];
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let clock = Arc::new(move || of_app.load(Ordering::SeqCst) + SENT_MS);
        let options = Options::default();
        let app = App::new(options, origin, regions, recorder.handle(), clock).unwrap();
        let shutdown = CancellationToken::new();
        follow(&app, &log, Setup::default(), &shutdown);
        caught_up(&app).await;
        let picture = Picture::new(REGION.into(), log.epoch().into(), Setup::default());
        let mut world =
            Self { now_ms, app, log, picture, offset: 0, shutdown, _directory: directory };
        for feed in ["feed", "silent"] {
            let status = LogRecord::FeedStatus(FeedStatus {
                feed: feed.into(),
                watermark_ms: NOW_MS - 60_000,
                received_time_ms: NOW_MS,
                connection: Connection::Live.into(),
                ..Default::default()
            });
            world.log(status).await;
        }
        world
    }

    fn set(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// Logs a record at the time now, and its changes a while later, when they are made.
    async fn log(&mut self, record: LogRecord) {
        let sink = self.log.sink(topic::EVENTS, REGION).await.unwrap();
        let records = vec![record.encode().into()];
        let offset = sink.append(Append { records, cursor: None }).await.unwrap();
        assert_eq!(offset, self.offset);
        self.offset += 1;
        let mut deltas: Vec<Delta> = Vec::new();
        self.picture.apply(offset, &record, &mut deltas);
        self.set(self.now_ms.load(Ordering::SeqCst) + APPLIED_MS);
        append_frames(self.log.as_ref(), &[deltas]).await;
    }

    /// A vehicle reports, `number` seconds after the beginning.
    async fn report(&mut self, number: i64) {
        self.set(NOW_MS + 1_000 * number + LOGGED_MS);
        self.log(report(number)).await;
    }

    /// What is said of a feed.
    async fn feed(&self, id: &str) -> Value {
        let answer = get_json(&self.app, "/v1/feeds").await;
        let feeds = answer["feeds"].as_array().unwrap();
        feeds.iter().find(|feed| feed["id"] == id).cloned().unwrap_or_default()
    }

    /// Waits until a feed has had so many reports.
    async fn until_received(&self, received: i64) {
        let is_there = async {
            loop {
                let hops = self.feed("feed").await["hops"].clone();
                if hops["source_to_received"]["count"] == received {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(HANG, is_there).await.expect("reports are measured");
    }
}

fn report(number: i64) -> LogRecord {
    let received_time_ms = NOW_MS + 1_000 * number;
    LogRecord::Event(Event {
        feed: "feed".into(),
        region: REGION.into(),
        entity: "1".into(),
        event_time_ms: received_time_ms - SOURCE_MS,
        received_time_ms,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body: Body::VehiclePosition(VehiclePosition {
            kind: VehicleEventKind::Position,
            phase: JourneyPhase::Ongoing,
            position: Some(position(24.5, 60.5 + 0.0001 * number as f64)),
            ..VehiclePosition::default()
        }),
    })
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// By one who follows nothing.
fn watched() -> Tracer {
    Tracer::new(0, None)
}

/// A time that is kept within seven percent.
fn about(hop: &Value, time_ms: i64) {
    for part in ["p50_ms", "p99_ms"] {
        let told_ms = hop[part].as_i64().unwrap();
        let off_ms = (told_ms - time_ms).abs();
        assert!(off_ms * 100 <= time_ms * 7, "{part} of {hop} is not {time_ms}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_has_the_times_of_all_hops() {
    let mut world = World::new(Origin::Live, Some(watched())).await;
    let server = server(&world.app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["vehicles"], json!([24.0, 60.0, 26.0, 61.0])).await;
    assert_eq!(client.frame().await["type"], "snapshot");
    for number in 0..10 {
        world.report(number).await;
        let frame = client.frame().await;
        assert_eq!(frame["type"], "delta", "{frame}");
    }
    world.until_received(10).await;
    let hops = world.feed("feed").await["hops"].clone();
    for (hop, time_ms) in [
        ("source_to_received", SOURCE_MS),
        ("received_to_logged", LOGGED_MS),
        ("logged_to_applied", APPLIED_MS),
        ("applied_to_sent", SENT_MS),
    ] {
        about(&hops[hop], time_ms);
        assert_eq!(hops[hop]["count"], 10, "{hops}");
    }
    assert!(world.feed("silent").await.get("hops").is_none());

    // A report that is no news is not measured again, and what is five minutes old is forgotten.
    world.report(9).await;
    world.report(10).await;
    world.until_received(11).await;
    world.set(NOW_MS + 6 * 60_000);
    assert!(world.feed("feed").await.get("hops").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_client_nothing_is_sent() {
    let mut world = World::new(Origin::Live, Some(watched())).await;
    world.report(0).await;
    world.until_received(1).await;
    let hops = world.feed("feed").await["hops"].clone();
    assert!(hops.get("applied_to_sent").is_none(), "{hops}");
    about(&hops["logged_to_applied"], APPLIED_MS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_has_no_hops_and_nor_has_a_log_that_nobody_watches() {
    for (origin, watched_by) in [(Origin::Replay, Some(watched())), (Origin::Live, None)] {
        let mut world = World::new(origin, watched_by).await;
        world.report(0).await;
        let path = format!("/v1/regions/{REGION}/vehicles");
        let is_there = async {
            while get_json(&world.app, &path).await["objects"] == json!([]) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(HANG, is_there).await.expect("the vehicle is shown");
        let feed = world.feed("feed").await;
        assert_eq!(feed["id"], "feed");
        assert!(feed.get("hops").is_none(), "{feed}");
    }
}

/// What was shown, and the two steps before it, once all are told: each part tells its own, and so
/// they come in any order.
fn shown(told: &[Span]) -> Option<[&Span; 3]> {
    let before = |step: &Span| {
        let parent = step.parent.expect("it is not the first step");
        told.iter().find(|span| span.context == parent)
    };
    // Of a busy machine a status may be shown before it.
    told.iter().filter(|span| span.name == "show").find_map(|show| {
        let apply = before(show)?;
        let log = before(apply)?;
        let is_report = log.attributes.contains(&("tilanne.feed", "feed".into()));
        is_report.then_some([log, apply, show])
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_followed_event_has_a_step_in_each_part() {
    let (sender, mut spans) = tokio::sync::mpsc::channel(100);
    let world = World::new(Origin::Live, Some(Tracer::new(1, Some(sender)))).await;
    let config = RegionConfig { region: REGION.into(), setup: Setup::default() };
    let (options, stop) = (ProcessorOptions::default(), world.shutdown.clone());
    let running = tokio::spawn(run_region(Arc::clone(&world.log), config, options, stop));
    let sink = world.log.sink(topic::EVENTS, REGION).await.unwrap();
    let records = vec![report(0).encode().into()];
    sink.append(Append { records, cursor: None }).await.unwrap();
    // What the processor makes of the statuses is in the view already, and is not shown again.
    let mut told: Vec<Span> = Vec::new();
    let [log, apply, show] = loop {
        let span = tokio::time::timeout(HANG, spans.recv()).await;
        told.push(span.expect("a step comes").unwrap());
        if let Some(chain) = shown(&told) {
            break chain;
        }
    };
    assert_eq!((log.name, apply.name), ("log", "apply"));
    assert_eq!(log.parent, None);
    assert_eq!(log.context.trace_id, show.context.trace_id);
    assert_eq!((log.start_ms, log.end_ms >= log.start_ms), (NOW_MS, true));
    world.shutdown.cancel();
    running.await.unwrap().unwrap();
}
