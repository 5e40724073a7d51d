//! Others' tools read an archive as it lies. They come from PyPI, and the test is skipped only where
//! the registry cannot be reached.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use archive::{Archive, Topic};
use events::wire::{self, Delta, delta::Change, object::Object};
use prost::Message;
use stream::{Append, EmbeddedLog, Log};

use super::crash::rows_by_kind;
use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_log, options, record_all, record_topic};

const JUDGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/judges");
const REQUIREMENTS: &str = "archive-requirements.txt";
/// What pip says when it reaches nobody.
const UNREACHED: [&str; 5] = [
    "ConnectionError",
    "ConnectTimeout",
    "NewConnectionError",
    "NameResolutionError",
    "Network is unreachable",
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

/// Python with the judges, in a folder beside the tests' program. None where the registry cannot be
/// reached.
fn python() -> Option<PathBuf> {
    let folder = std::env::current_exe().unwrap().with_file_name("judges-archive");
    let (program, mark) = (folder.join("bin/python"), folder.join("installed"));
    let requirements = Path::new(JUDGES).join(REQUIREMENTS);
    let wanted = std::fs::read(&requirements).unwrap();
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Some(program);
    }
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    assert!(made.status.success(), "{}", said(&made));
    let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let mut install = Command::new(&program);
    install.args(quietly).args(["--retries", "1", "--timeout", "15", "--requirement"]);
    let output = run(install.arg(requirements));
    if !output.status.success() {
        let said = said(&output);
        let is_unreached = UNREACHED.iter().any(|sign| said.contains(sign));
        assert!(is_unreached, "the judges cannot be installed: {said}");
        eprintln!("skipped: the package registry cannot be reached: {said}");
        return None;
    }
    std::fs::write(&mark, wanted).unwrap();
    Some(program)
}

/// Frames of the picture with links and areas.
async fn streets(log: &EmbeddedLog) {
    let line = vec![24_940_000, 60_170_000, 1_000, 500, 800, -200];
    let ring = vec![24_900_000, 60_100_000, 9_000, 0, 0, 9_000, -9_000, -9_000];
    let estimate = |value| Some(wire::Estimate { value, low: value - 1.0, high: value + 1.0 });
    let delta = |sequence, object| Delta {
        sequence,
        index: 0,
        change: Some(Change::Updated(wire::Object { object: Some(object) })),
    };
    let mut frame = Vec::new();
    for minute in 0..20_i64 {
        let window = wire::LinkWindow {
            duration_s: 300,
            end_time_ms: NOW_MS + minute * 60_000,
            speed_km_h: estimate(30.0),
            flow_veh_h: estimate(400.0),
            vehicles: 3,
            ..Default::default()
        };
        for id in ["1-2-3", "1-3-2"] {
            let link = wire::Link {
                id: id.into(),
                event_time_ms: NOW_MS + minute * 60_000,
                line: line.clone(),
                five_minutes: Some(window.clone()),
                ..Default::default()
            };
            let number = frame.len() as u64;
            delta(number, Object::Link(link)).encode_length_delimited(&mut frame).unwrap();
        }
        let area = wire::Area {
            id: "city:keskus".into(),
            event_time_ms: NOW_MS + minute * 60_000,
            boundary: ring.clone(),
            ..Default::default()
        };
        let number = frame.len() as u64;
        delta(number, Object::Area(area)).encode_length_delimited(&mut frame).unwrap();
    }
    let sink = log.sink(stream::topic::PICTURE, REGION).await.unwrap();
    sink.append(Append { records: vec![frame.into()], cursor: None }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_polars_pyarrow_and_geopandas_read_it_as_it_lies() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = Archive::open(options(folder.path())).unwrap();
    let mut dice = Dice(77);
    for day in 0..3 {
        for round in 0..2 {
            let from_ms = NOW_MS + day * 86_400_000 + round * 60_000;
            append(log.as_ref(), &dice.records(2_000, from_ms)).await;
            record_all(&archive, &log).await;
        }
    }
    streets(log.as_ref()).await;
    record_topic(&archive, &log, Topic::Picture).await;
    // The first two days are merged, the last is not.
    archive.upkeep(NOW_MS + 2 * 86_400_000 + 600_000).await.unwrap();
    let rows = rows_by_kind(folder.path());
    assert_eq!((rows["link_state"], rows["area_state"]), (40, 20));
    let Some(python) = python() else { return };
    let mut judge = Command::new(python);
    judge.arg(Path::new(JUDGES).join("archive.py")).arg(folder.path());
    judge.arg(serde_json::to_string(&rows).unwrap());
    let output = run(&mut judge);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{} kinds", rows.len()));
}
