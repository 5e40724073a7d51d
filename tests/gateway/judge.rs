//! Others' readers and checkers judge what is served: they come from PyPI and npm, and a test is
//! skipped only where the registry cannot be reached.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use events::{Geometry, InformedEntity, StopTimeEvent};
use gateway::Progress;
use picture::{Delta, Object, Setup};
use stream::{EmbeddedLog, EmbeddedOptions, Log};

use super::full::full_objects;
use super::support::{NOW_MS, REGION, Server, app, position, region, server, updated};

const JUDGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/judges");

/// What pip and npm say when they reach nobody.
const UNREACHED: [&str; 10] = [
    "ConnectionError",
    "ConnectTimeout",
    "NewConnectionError",
    "NameResolutionError",
    "Network is unreachable",
    "Temporary failure in name resolution",
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
];

fn run(command: &mut Command) -> Output {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Installs what a file names into a folder, unless it is there. None when the registry cannot be
/// reached.
fn installed(folder: &Path, wanted: &str, install: impl Fn() -> Output) -> Option<()> {
    let wanted = std::fs::read(Path::new(JUDGES).join(wanted)).unwrap();
    let mark = folder.join("installed");
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Some(());
    }
    std::fs::create_dir_all(folder).unwrap();
    let output = install();
    if !output.status.success() {
        let said = said(&output);
        let is_unreached = UNREACHED.iter().any(|sign| said.contains(sign));
        assert!(is_unreached, "the judges cannot be installed: {said}");
        eprintln!("skipped: the package registry cannot be reached: {said}");
        return None;
    }
    std::fs::write(&mark, wanted).unwrap();
    Some(())
}

/// A folder beside the tests' program, so that what is installed stays for the next run.
fn folder(name: &str) -> PathBuf {
    std::env::current_exe().unwrap().with_file_name(name)
}

/// Python with the judges.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let folder = folder("judges-python");
        let program = folder.join("bin/python");
        installed(&folder, "requirements.txt", || {
            let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            assert!(made.status.success(), "{}", said(&made));
            let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            let mut install = Command::new(&program);
            install.args(quietly).args(["--retries", "1", "--timeout", "15", "--requirement"]);
            run(install.arg(Path::new(JUDGES).join("requirements.txt")))
        })?;
        Some(program)
    });
    python.as_deref()
}

/// A folder with the packages of npm.
fn node() -> Option<&'static Path> {
    static NODE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let node = NODE.get_or_init(|| {
        let folder = folder("judges-node");
        installed(&folder, "package.json", || {
            std::fs::copy(Path::new(JUDGES).join("package.json"), folder.join("package.json"))
                .unwrap();
            let mut install = Command::new("npm");
            install.args(["install", "--no-audit", "--no-fund", "--fetch-retries=1"]);
            run(install.current_dir(&folder))
        })?;
        Some(folder)
    });
    node.as_deref()
}

/// The picture that is judged: everything that objects can have, and what is missing in them.
fn objects() -> Vec<Delta> {
    let mut objects = full_objects();
    for object in &mut objects {
        match object {
            Object::Trip(trip) => {
                let arrival = StopTimeEvent { time_ms: Some(NOW_MS), ..Default::default() };
                let stop = &mut trip.update.stop_time_updates[0];
                stop.arrival = Some(arrival);
                stop.stop_sequence = Some(1);
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

/// A server of that picture, on a log.
struct Judged {
    server: Server,
    _log: tempfile::TempDir,
}

impl Judged {
    async fn start() -> Self {
        let app = app();
        let folder = tempfile::tempdir().unwrap();
        let log: Arc<dyn Log> =
            EmbeddedLog::open(folder.path(), EmbeddedOptions::default()).unwrap();
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
    let judged = Judged::start().await;
    let base = format!("http://{}", judged.server.address);
    let output = tokio::task::spawn_blocking(move || run(&mut make(&base))).await.unwrap();
    judged.server.shutdown.cancel();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    said
}

fn script(name: &str) -> PathBuf {
    Path::new(JUDGES).join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_bindings_parse_gtfs_realtime() {
    let Some(python) = python() else { return };
    let said = judge(move |base| {
        let mut judge = Command::new(python);
        judge.arg(script("gtfs_rt.py")).args([base, REGION]);
        judge
    });
    assert_eq!(said.await.trim(), "1 vehicles, 1 trip updates, 1 alerts");
}

#[tokio::test(flavor = "multi_thread")]
async fn pyarrow_and_geopandas_read_arrow() {
    let Some(python) = python() else { return };
    let said = judge(move |base| {
        let mut judge = Command::new(python);
        judge.arg(script("arrow.py")).args([base, REGION]);
        judge
    });
    assert_eq!(said.await.trim(), "11 layers");
}

#[tokio::test(flavor = "multi_thread")]
async fn mapbox_vector_tile_reads_tiles() {
    let Some(folder) = node() else { return };
    // Node looks for packages beside the script.
    std::fs::copy(script("tiles.mjs"), folder.join("tiles.mjs")).unwrap();
    let said = judge(move |base| {
        let mut judge = Command::new("node");
        // All that is judged lies in this tile.
        judge.arg(folder.join("tiles.mjs")).args([base, REGION, "8", "145", "73"]);
        judge
    });
    assert!(said.await.ends_with("features\n"));
}

/// All checks but one: that whatever fits the description is accepted. No description of parameters
/// can say that west is before east, that a filter is CQL2 or that a layer has a property; what is
/// none of that is answered with 400 and what would be right.
#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let Some(python) = python() else { return };
    judge(move |base| {
        let mut judge = Command::new(python.with_file_name("st"));
        judge.args(["run", &format!("{base}/openapi.json")]);
        judge.args(["--max-examples", "25", "--seed", "1", "--no-color"]);
        judge.args(["--exclude-checks", "positive_data_acceptance"]);
        // What it found is kept where it runs.
        judge.current_dir(folder("judges-python"));
        judge
    })
    .await;
}
