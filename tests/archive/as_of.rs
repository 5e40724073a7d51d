//! `?at=TIME` answers what the live system answered then, byte for byte: a system runs on the demo's
//! recording, its answers are kept, and afterwards asked for again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use archive::{Archive, ArchiveOptions, Topic, record};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use events::{LogRecord, Text};
use gateway::{App, FeedLabel, Options, Origin, PAGE_LIMIT_MAX, RegionSetup};
use ingest::RegionConfig;
use picture::{FeedLimits, Picture, Setup, StreetOptions, StreetSetup};
use processor::ProcessorOptions;
use serde_json::Value;
use stream::{EmbeddedLog, EmbeddedOptions, Log};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::support::append_to;
use super::{diff, export, replayed, series};

pub(super) const HELSINKI: &str = "helsinki";
/// Seconds of the recording that are played.
pub(super) const SECONDS: i64 = 100;

/// Every snapshot route, and formats; `{}` is the region.
pub(super) const PATHS: [&str; 24] = [
    "/v1/regions/{}/vehicles?format=json",
    "/v1/regions/{}/vehicles?format=geojson&limit=20",
    "/v1/regions/{}/vehicles?format=csv",
    "/v1/regions/{}/vehicles?format=ndjson",
    "/v1/regions/{}/vehicles?format=arrow",
    "/v1/regions/{}/vehicles?format=protobuf",
    "/v1/regions/{}/vehicles?format=json&bbox=24.90,60.15,24.98,60.20&sort=-event_time_ms",
    "/v1/regions/{}/vehicles?format=json&near=24.94,60.17&k=5",
    "/v1/regions/{}/vehicles?format=csv&filter=report.mode%20%3D%20%27tram%27&fields=report.mode",
    "/v1/regions/{}/detectors?format=json",
    "/v1/regions/{}/situations?format=geojson",
    "/v1/regions/{}/trips?format=json",
    "/v1/regions/{}/weather?format=json",
    "/v1/regions/{}/links?format=json",
    "/v1/regions/{}/queues?format=csv",
    "/v1/regions/{}/areas?format=json",
    "/v1/regions/{}/feeds?format=csv",
    "/v1/regions/{}",
    "/v1/regions",
    "/v1/feeds",
    "/v1/regions/{}/gtfs-rt/vehicle-positions",
    "/v1/tiles/vehicles/9/291/148",
    "/v1/tiles/links/12/2331/1185",
    "/v1/tiles/areas/9/291/148",
];

pub(super) fn config() -> RegionConfig {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("config/regions/helsinki.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

pub(super) fn setup(config: &RegionConfig) -> Setup {
    let network = load_tests::streets::network(HELSINKI, None).unwrap();
    let streets = StreetSetup::new(network, &config.region(), StreetOptions::default());
    let limits = config.feeds.iter().map(|feed| (feed.name.clone(), FeedLimits::default()));
    Setup { limits: limits.collect(), streets: Some(Arc::new(streets)), ..Setup::default() }
}

fn received_ms(record: &LogRecord) -> Option<i64> {
    match record {
        LogRecord::Event(event) => Some(event.received_time_ms),
        LogRecord::FeedStatus(status) => Some(status.received_time_ms),
        LogRecord::Tally(_) => None,
    }
}

/// Records of the region that the recording makes, with the latest time of reception so far.
pub(super) fn records(config: &RegionConfig) -> Vec<(i64, LogRecord)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("load-tests/demo/demo.recording");
    let reader = stream::recording::Reader::open(&file).unwrap();
    let mut first_ms = None;
    let reader = reader.take_while(|raw| {
        let at_ms = raw.as_ref().unwrap().received_time_ms;
        at_ms - *first_ms.get_or_insert(at_ms) < SECONDS * 1_000
    });
    let mut records = Vec::new();
    let mut time_ms = i64::MIN;
    ingest::play_all(reader, std::slice::from_ref(config), |_, record| {
        time_ms = time_ms.max(received_ms(&record).unwrap_or(time_ms));
        records.push((time_ms, record));
    })
    .unwrap();
    records
}

pub(super) fn shown(config: &RegionConfig) -> RegionSetup {
    let feeds = config.feeds.iter().map(|feed| FeedLabel {
        id: feed.name.clone(),
        title: feed.name.to_string(),
        attribution: String::new(),
    });
    RegionSetup { region: config.region(), feeds: feeds.collect() }
}

/// Of all that show the picture: an answer says how much it may have at most.
pub(super) fn options() -> Options {
    Options { page_limit_max: PAGE_LIMIT_MAX, ..Options::default() }
}

pub(super) fn app(config: &RegionConfig, clock: &Arc<AtomicI64>) -> Arc<App> {
    app_of(config, clock, options())
}

fn app_of(config: &RegionConfig, clock: &Arc<AtomicI64>, options: Options) -> Arc<App> {
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
    let clock = Arc::clone(clock);
    let clock = Arc::new(move || clock.load(Ordering::SeqCst));
    App::new(options, Origin::Replay, vec![shown(config)], metrics, clock).unwrap()
}

pub(super) async fn get(app: &Arc<App>, path: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = gateway::router(Arc::clone(app)).oneshot(request).await.unwrap();
    let status = response.status();
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn sequence(app: &Arc<App>) -> Option<u64> {
    let (_, body) = get(app, "/v1/regions/helsinki/feeds?format=json").await;
    serde_json::from_slice::<Value>(&body).unwrap()["sequence"].as_u64()
}

/// A running system.
struct Running {
    log: Arc<EmbeddedLog>,
    app: Arc<App>,
    stop: CancellationToken,
    tasks: tokio::task::JoinSet<()>,
}

impl Running {
    fn start(
        folder: &Path,
        archive: &Arc<Archive>,
        config: &RegionConfig,
        clock: &Arc<AtomicI64>,
    ) -> Self {
        let log = EmbeddedLog::open(folder, EmbeddedOptions::default()).unwrap();
        let (app, setup) = (app(config, clock), setup(config));
        let stop = CancellationToken::new();
        let mut tasks = tokio::task::JoinSet::new();
        let dynamic = || -> Arc<dyn Log> { Arc::<EmbeddedLog>::clone(&log) };
        let region = processor::RegionConfig { region: HELSINKI.into(), setup: setup.clone() };
        let options = ProcessorOptions {
            checkpoint_every_s: 1,
            batch_records_max: 64,
            ..ProcessorOptions::default()
        };
        let run = processor::run_region(dynamic(), region, options, stop.clone());
        tasks.spawn(async move { run.await.unwrap() });
        let live = Arc::clone(app.region(HELSINKI).unwrap());
        let follow = gateway::follow(dynamic(), live, setup.clone(), stop.clone());
        tasks.spawn(async move { follow.await.unwrap() });
        for topic in [Topic::Events, Topic::Picture] {
            let record =
                record(Arc::clone(archive), dynamic(), topic, HELSINKI.into(), stop.clone());
            tasks.spawn(async move {
                record.await.unwrap();
            });
        }
        app.set_archive(Arc::clone(archive), BTreeMap::from([(Text::from(HELSINKI), setup)]));
        Self { log, app, stop, tasks }
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.log.close().await.unwrap();
    }
}

/// An answer that was given.
pub(super) struct Given {
    pub(super) path: String,
    pub(super) at_ms: i64,
    sequence: Option<u64>,
    pub(super) body: Vec<u8>,
}

pub(super) fn with_at(path: &str, at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    let joint = if path.contains('?') { '&' } else { '?' };
    format!("{path}{joint}at={at}")
}

/// Without the address of the next page: there the time is in it.
fn without_next(body: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(body) else { return body.to_vec() };
    let Some((before, rest)) = text.split_once("\"next\":\"") else { return body.to_vec() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    [before, after].concat().into_bytes()
}

async fn check(app: &Arc<App>, given: &[Given], what: &str) {
    for answer in given {
        let path = with_at(&answer.path, answer.at_ms);
        let (status, body) = get(app, &path).await;
        assert_eq!(status, StatusCode::OK, "{what}: {path}: {}", String::from_utf8_lossy(&body));
        compare(&body, &answer.body, &format!("{what}: {path}"));
    }
}

/// Each from a checkpoint: a moment after the last one is made by going on from that.
async fn check_backwards(app: &Arc<App>, given: &[Given]) {
    for round in given.chunks(PATHS.len()).rev() {
        check(app, round, "archive alone, from the last moment to the first").await;
    }
}

/// Two answers must be the same, byte for byte.
pub(super) fn compare(is: &[u8], was: &[u8], what: &str) {
    let (is, was) = (without_next(is), without_next(was));
    if is == was {
        return;
    }
    let first = is.iter().zip(&was).position(|(a, b)| a != b).unwrap_or(0);
    let around = |body: &[u8]| {
        let end = body.len().min(first + 200);
        String::from_utf8_lossy(&body[first.saturating_sub(80).min(end)..end]).into_owned()
    };
    panic!("{what} at byte {first}:\n{}\nwas\n{}", around(&is), around(&was));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_moment_is_answered_as_it_was_then() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = config();
    let records = records(&config);
    let first_ms = records[0].0;
    let clock = Arc::new(AtomicI64::new(first_ms));
    let options = ArchiveOptions {
        directory: Some(folder.path().into()),
        roll_s: 2,
        checkpoint_every_s: 1,
        ..ArchiveOptions::default()
    };
    let archive = Archive::open(options).unwrap();
    let mut running = Running::start(log_folder.path(), &archive, &config, &clock);
    let mut witness = Picture::new(HELSINKI.into(), running.log.epoch().into(), setup(&config));
    let mut given = Vec::new();
    let mut rest = records.as_slice();
    let mut offset = 0;
    for round in 0..10 {
        let end_ms = first_ms + (round + 1) * SECONDS * 100;
        let count = rest.iter().take_while(|(at_ms, _)| *at_ms <= end_ms).count();
        let (now, later) = rest.split_at(count);
        rest = later;
        let now: Vec<LogRecord> = now.iter().map(|(_, record)| record.clone()).collect();
        let mut deltas = Vec::new();
        for record in &now {
            witness.apply(offset, record, &mut deltas);
            offset += 1;
        }
        let newest = deltas.last().map(|delta| delta.sequence);
        append_to(running.log.as_ref(), HELSINKI, &now).await;
        clock.store(end_ms, Ordering::SeqCst);
        while newest.is_some() && sequence(&running.app).await != newest {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for path in PATHS {
            let path = path.replace("{}", HELSINKI);
            let (status, body) = get(&running.app, &path).await;
            assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
            given.push(Given { path, at_ms: end_ms, sequence: newest, body });
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        if round == 5 {
            // A restart in between: the numbers go on, and so does the archive.
            running.end().await;
            running = Running::start(log_folder.path(), &archive, &config, &clock);
        }
    }
    let objects = witness.snapshot().objects;
    for layer in [picture::Layer::Vehicles, picture::Layer::Links, picture::Layer::Areas] {
        let count = objects.iter().filter(|object| object.layer() == layer).count();
        assert!(count > 20, "only {count} {layer}");
    }
    // Some of it is archived, the rest in the log only.
    check(&running.app, &given, "archive and log").await;
    series::check(&running.app, first_ms).await;
    diff::check(&running.app, first_ms).await;
    let exports = tempfile::tempdir().unwrap();
    let empty = Picture::new(HELSINKI.into(), running.log.epoch().into(), setup(&config));
    export::check(&running.app, exports.path(), &empty, &records).await;
    export::judged(&running.app, exports.path(), first_ms).await;
    // What a client saw of the head says exactly which answer it was, also without a quiet moment.
    let last = &given[given.len() - PATHS.len()];
    let path = with_at(&last.path, last.at_ms + 5);
    clock.fetch_add(10, Ordering::SeqCst);
    let pinned = format!("{path}&sequence={}", last.sequence.unwrap());
    let (status, body) = get(&running.app, &pinned).await;
    assert_eq!(status, StatusCode::OK);
    let (was, is): (Value, Value) =
        (serde_json::from_slice(&last.body).unwrap(), serde_json::from_slice(&body).unwrap());
    assert_eq!((&was["objects"], &was["sequence"]), (&is["objects"], &is["sequence"]));
    let (status, body) = get(&running.app, &with_at(&last.path, first_ms - 60_000)).await;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
    assert!(body.contains("the archive of helsinki begins at 20"), "{body}");
    // What came late is known now: reports of that time that were received after it.
    let moment = &given[3 * PATHS.len()];
    let path = with_at(&moment.path, moment.at_ms);
    let newest = async |path: &str| {
        let (status, body) = get(&running.app, path).await;
        assert_eq!(status, StatusCode::OK);
        let page: Value = serde_json::from_slice(&body).unwrap();
        let objects = page["objects"].as_array().unwrap().iter();
        objects.map(|one| one["event_time_ms"].as_i64().unwrap() - first_ms).sum::<i64>()
    };
    let (then, now) = (newest(&path).await, newest(&format!("{path}&known=now")).await);
    assert!(now > then, "reports of then are as old as {then}, and as {now} with the late ones");
    running.end().await;
    // The log is gone: what was archived is enough.
    drop(log_folder);
    series::is_cut_off_at_a_gap(folder.path(), first_ms, || app(&config, &clock)).await;
    archive.upkeep(first_ms + 3 * 86_400_000).await.unwrap();
    let alone = app(&config, &clock);
    let setups = BTreeMap::from([(Text::from(HELSINKI), setup(&config))]);
    alone.set_archive(Arc::clone(&archive), setups.clone());
    check(&alone, &given, "archive alone, its day merged").await;
    series::check(&alone, first_ms).await;
    export::bounds(exports.path(), first_ms, |options| {
        let app = app_of(&config, &clock, options);
        app.set_archive(Arc::clone(&archive), setups.clone());
        app
    })
    .await;
    check_backwards(&alone, &given).await;
    replayed::shows_what_was_shown(&archive, &config, &given).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let config = config();
    let clock = Arc::new(AtomicI64::new(1_795_687_200_000));
    let app = app(&config, &clock);
    let path = |query: &str| format!("/v1/regions/helsinki/vehicles?{query}");
    let says = async |query: &str, status: u16, words: &str| {
        let (found, body) = get(&app, &path(query)).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(found.as_u16(), status, "{query}: {body}");
        assert!(body.contains(words), "{query}: {body}");
    };
    says("at=2026-11-26T09:00:00Z", 404, "nothing is archived here").await;
    let options =
        ArchiveOptions { directory: Some(folder.path().into()), ..ArchiveOptions::default() };
    app.set_archive(Archive::open(options).unwrap(), BTreeMap::new());
    says("at=2026-11-26T09:00:00Z", 404, "nothing of helsinki is archived yet").await;
    says("at=2026-11-26T11:00:00Z", 400, "is in the future").await;
    says("at=2026-11-26T11:00:00+02:00", 404, "nothing of helsinki").await;
    says("at=yesterday", 400, "is no time").await;
    says("at=", 400, "is no time").await;
    says("at=2026-13-26T11:00:00Z", 400, "is no time").await;
    says("sequence=5", 400, "goes with at").await;
    says("known=now", 400, "goes with at").await;
    says("at=2026-11-26T09:00:00Z&known=never", 400, "known").await;
    says("at=2026-11-26T09:00:00Z&known=now&sequence=5", 400, "not with sequence").await;
    says("at=2026-11-26T09:00:00Z&sequence=-1", 400, "sequence").await;
    let (eight, nine) = ("from=2026-11-26T08:00:00Z", "to=2026-11-26T09:00:00Z");
    for (query, status, words) in [
        (format!("{eight}&{nine}&step=PT5M"), 404, "nothing of helsinki is archived yet"),
        (format!("{eight}&{nine}"), 400, "step: a series has from, to and step"),
        (format!("{eight}&step=PT5M"), 400, "to: a series has from, to and step"),
        (format!("{nine}&step=PT5M"), 400, "from: a series has from, to and step"),
        ("step=PT5M".into(), 400, "from: a series has from, to and step"),
        (format!("{nine}&from=2026-11-26T09:00:01Z&step=PT5M"), 400, "not be before from"),
        (format!("{eight}&to=2026-11-26T11:00:00Z&step=PT5M"), 400, "is in the future"),
        (format!("{nine}&from=soon&step=PT5M"), 400, "from: \\\"soon\\\" is no time"),
        (format!("{eight}&{nine}&step=PT0S"), 400, "must be PT1S or more"),
        (format!("{eight}&{nine}&step=PT0.5S"), 400, "must be PT1S or more"),
        (format!("{eight}&{nine}&step=-PT5M"), 400, "is no duration"),
        (format!("{eight}&{nine}&step=300"), 400, "is no duration"),
        (format!("{eight}&{nine}&step=P1D"), 400, "is no duration"),
        (format!("{eight}&{nine}&step=PT"), 400, "is no duration"),
        (format!("{eight}&{nine}&step="), 400, "is no duration"),
        (format!("{eight}&{nine}&step=PT99999999999999999999H"), 400, "is no duration"),
        (format!("{eight}&{nine}&step=PT1S"), 400, "3601 moments, at most 1500"),
        (format!("{eight}&{nine}&step=PT5M&at=2026-11-26T08:00:00Z"), 400, "at: not with from"),
        (format!("{eight}&{nine}&step=PT5M&sequence=4"), 400, "sequence: not with from"),
        (format!("{eight}&{nine}&step=PT5M&cursor=a"), 400, "a series has no pages"),
        (format!("{eight}&{nine}&step=PT5M&limit=0"), 400, "must be 1 or more"),
    ] {
        says(&query, status, words).await;
    }
    let (status, body) =
        get(&app, &format!("/v1/regions/helsinki/x?{eight}&{nine}&step=PT5M")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{}", String::from_utf8_lossy(&body));
}
