//! Others' readers and checkers judge what is served.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use events::{
    Body, DetectorMeasurement, DetectorStation, EntityKind, Event, Geometry, InformedEntity,
    LogRecord, Provenance, StopTimeEvent, StopTimeUpdate, TripUpdate, VehiclePosition, Verdicts,
    WeatherMeasurement, WeatherStation,
};
use gateway::{Options, Progress, PushOptions};
use picture::{Delta, Object, Setup};
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, topic};

use super::full::full_objects;
use super::support::{NOW_MS, REGION, Server, app_with, position, region, server, updated};
use crate::judges::{folder, node, python, run, said, script};

/// The picture that is judged: everything that objects can have, and what is missing in them.
fn objects() -> Vec<Delta> {
    let mut objects = full_objects();
    for object in &mut objects {
        match object {
            Object::Trip(trip) => {
                let stop = |sequence, id: &str, time_ms| {
                    let time = StopTimeEvent { time_ms: Some(time_ms), ..Default::default() };
                    StopTimeUpdate {
                        stop_sequence: Some(sequence),
                        stop_id: Some(id.into()),
                        arrival: Some(time),
                        departure: Some(time),
                        ..Default::default()
                    }
                };
                // Both are in data/judges/schedule.
                trip.update.stop_time_updates =
                    vec![stop(1, "3", NOW_MS), stop(2, "4", NOW_MS + 600_000)];
            }
            Object::Situation(situation) => {
                let place = position(24.5, 60.5);
                let ring = [(0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.0)];
                let ring = ring.map(|(east, north)| position(24.5 + east, 60.5 + north));
                let route = InformedEntity { route_id: Some("2".into()), ..Default::default() };
                situation.record.informed_entities.push(route);
                situation.record.geometry = Some(Geometry {
                    points: vec![place],
                    lines: vec![vec![place, position(24.51, 60.51)]],
                    polygons: vec![vec![ring.to_vec()]],
                });
            }
            _ => {}
        }
    }
    objects.push(super::support::vehicle("feed:nowhere", None));
    objects.push(super::support::situation("feed:nowhere", None));
    let deltas = (1..).zip(objects).map(|(n, object)| updated(n, object));
    deltas.collect()
}

/// An event of each kind, each a minute after the one before.
fn logged() -> Vec<LogRecord> {
    let vehicle = VehiclePosition { position: Some(position(24.5, 60.5)), ..Default::default() };
    let bodies = [
        Body::VehiclePosition(vehicle),
        Body::TripUpdate(TripUpdate::default()),
        Body::DetectorStation(DetectorStation::default()),
        Body::DetectorMeasurement(DetectorMeasurement::default()),
        Body::SituationRecord(Box::default()),
        Body::WeatherStation(WeatherStation::default()),
        Body::WeatherMeasurement(WeatherMeasurement::default()),
        Body::Retraction(EntityKind::Vehicle),
    ];
    let events = (0..).zip(bodies).map(|(minute, body)| Event {
        feed: "feed".into(),
        region: REGION.into(),
        entity: "1".into(),
        event_time_ms: NOW_MS + minute * 60_000 + minute,
        received_time_ms: NOW_MS + minute * 60_000 + 500,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body,
    });
    events.map(LogRecord::Event).collect()
}

/// A server of that picture, on a log with those events.
struct Judged {
    server: Server,
    _log: tempfile::TempDir,
}

impl Judged {
    async fn start(options: Options) -> Self {
        let app = app_with(options);
        let folder = tempfile::tempdir().unwrap();
        let log: Arc<dyn Log> =
            EmbeddedLog::open(folder.path(), EmbeddedOptions::default()).unwrap();
        let records = logged().iter().map(|record| record.encode().into()).collect();
        let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
        sink.append(Append { records, cursor: None }).await.unwrap();
        let server = server(&app).await;
        for live in app.regions() {
            live.set_progress(Progress::CatchingUp);
            let (log, live, end) = (Arc::clone(&log), Arc::clone(live), server.shutdown.clone());
            tokio::spawn(gateway::follow(log, live, Setup::default(), end));
        }
        while app.regions().any(|live| live.progress() != Progress::Following) {
            tokio::task::yield_now().await;
        }
        region(&app).apply([objects()]);
        Self { server, _log: folder }
    }
}

/// Lets a judge loose on a server; gives what it said.
async fn judge(make: impl FnOnce(&str) -> Command + Send + 'static) -> String {
    judge_with(Options::default(), make).await
}

/// Lets a judge loose on a server with these options; gives what it said.
async fn judge_with(
    options: Options,
    make: impl FnOnce(&str) -> Command + Send + 'static,
) -> String {
    let judged = Judged::start(options).await;
    let base = format!("http://{}", judged.server.address);
    let output = tokio::task::spawn_blocking(move || run(&mut make(&base))).await.unwrap();
    judged.server.shutdown.cancel();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    said
}

/// A judge in Python, of a region.
fn in_python(python: &Path, name: &str, base: &str) -> Command {
    let mut judge = Command::new(python);
    judge.arg(script(name)).args([base, REGION]);
    judge
}

/// A judge in JavaScript, of a region.
fn in_node(folder: &Path, name: &str, base: &str) -> Command {
    // Node looks for packages beside the script.
    std::fs::copy(script(name), folder.join(name)).unwrap();
    let mut judge = Command::new("node");
    judge.arg(folder.join(name)).args([base, REGION]);
    judge
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_bindings_parse_gtfs_realtime() {
    let Some(python) = python("requirements.txt") else { return };
    let said = judge(move |base| in_python(&python, "gtfs_rt.py", base)).await;
    assert_eq!(said.trim(), "1 vehicles, 1 trip updates, 1 alerts");
}

#[tokio::test(flavor = "multi_thread")]
async fn gtfs_rt_validator_finds_no_error() {
    let Some(python) = python("requirements.txt") else { return };
    let said = judge(move |base| {
        let mut judge = in_python(&python, "gtfs_rt_rules.py", base);
        judge.arg(script("schedule"));
        judge
    });
    assert_eq!(said.await.trim(), "3 entities, 121 rules");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_of_cloud_events_reads_events() {
    let Some(python) = python("requirements.txt") else { return };
    let said = judge(move |base| in_python(&python, "cloud_events.py", base)).await;
    assert_eq!(said.trim(), "8 events of 8 types");
}

#[tokio::test(flavor = "multi_thread")]
async fn pyarrow_and_geopandas_read_arrow() {
    let Some(python) = python("requirements.txt") else { return };
    let said = judge(move |base| in_python(&python, "arrow.py", base)).await;
    assert_eq!(said.trim(), "11 layers");
}

#[tokio::test(flavor = "multi_thread")]
async fn mapbox_vector_tile_reads_tiles() {
    let Some(folder) = node() else { return };
    let said = judge(move |base| {
        let mut judge = in_node(folder, "tiles.mjs", base);
        // All that is judged lies in this tile.
        judge.args(["8", "145", "73"]);
        judge
    });
    assert!(said.await.ends_with("features\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn maplibre_draws_tiles() {
    let Some(folder) = node() else { return };
    let said = judge(move |base| in_node(folder, "maplibre.mjs", base)).await;
    assert!(said.ends_with("features of 8 layers\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parser_of_asyncapi_finds_no_error() {
    let Some(folder) = node() else { return };
    let said = judge(move |base| in_node(folder, "asyncapi.mjs", base)).await;
    assert_eq!(said.trim(), "4 operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_autobahn_cases_find_the_sockets_conforming() {
    let Some(python) = python("requirements.txt") else { return };
    // The most that a server can be told to take: some cases are about large messages.
    let push = PushOptions { echo: true, message_bytes_max: 1 << 20, ..Default::default() };
    let options = Options { push, ..Default::default() };
    let said = judge_with(options, move |base| {
        let mut judge = Command::new(python);
        judge.arg(script("websocket.py")).arg(base);
        judge
    });
    assert!(said.await.ends_with("51 cases of the stream\n"));
}

/// All checks but one: that whatever fits the description is accepted. No description of parameters
/// can say that west is before east, that a filter is CQL2 or that a layer has a property; what is
/// none of that is answered with 400 and what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let Some(python) = python("requirements.txt") else { return };
    judge(move |base| {
        let mut judge = Command::new(python.with_file_name("st"));
        judge.arg("--config-file").arg(script("schemathesis.toml"));
        judge.args(["run", &format!("{base}/openapi.json")]);
        judge.args(["--max-examples", "25", "--seed", "1", "--no-color"]);
        judge.args(["--exclude-checks", "positive_data_acceptance"]);
        // What it found is kept where it runs.
        judge.current_dir(folder("judges-requirements"));
        judge
    })
    .await;
}
