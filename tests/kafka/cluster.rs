//! Faults on a cluster of three brokers, under 5,000 events/s: `cargo xtask test --cluster`, for hours.
//!
//! Each process and each broker has a network of its own. A run is a recording on empty brokers with as
//! many faults of one kind as it has room for, at moments that differ from fault to fault and are the
//! same in every test; then what is there is held to an undisturbed run. There are runs until there were
//! enough faults.
//!
//! | variable | |
//! | --- | --- |
//! | `TILANNE_CLUSTER` | set by the task; without it nothing is tested |
//! | `TILANNE_CLUSTER_FAULTS` | faults of each kind, 20 where nothing is said |
//! | `TILANNE_CLUSTER_KINDS` | names of kinds with commas between, all where nothing is said |
//! | `TILANNE_CLUSTER_WRITE` | writes the table to `load-tests/results/faults.md` |

mod brokers;
mod client;
mod fault;
mod network;
mod system;
mod world;

use std::any::Any;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use load_tests::bench::report;

use self::fault::{KINDS, Kind, sleep_below};
use self::network::Network;
use self::system::{SESSION_TIMEOUT_MS, System};
use self::world::{RECORDED_S, World};
use super::roles::Dice;
use crate::system::process::root;

const FAULTS: usize = 20;
/// Longest time, ms, from when all is well to the next fault.
const REST_MS: u64 = 5_000;
const TABLE: &str = "\n| fault | times | runs | result | takeover: median, s | worst, s | target, s |\n\
                     | --- | --- | --- | --- | --- | --- | --- |\n";

/// What became of the faults of a kind.
#[derive(Default)]
struct Row {
    faults: usize,
    runs: usize,
    /// Seconds of each takeover.
    takeovers_s: Vec<f64>,
    /// Why it failed.
    failure: Option<String>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(format!("TILANNE_CLUSTER{name}")).ok()
}

/// Waits for a process to end, for so long.
fn wait_end(process: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < patience {
        let ended = process.try_wait().unwrap();
        if ended.is_some() {
            return ended;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

#[test]
#[ignore = "takes hours and needs root: cargo xtask test --cluster"]
fn faults_on_a_cluster_change_nothing() {
    if variable("").is_none() {
        eprintln!("nothing is tested: TILANNE_CLUSTER is not set");
        return;
    }
    let faults = variable("_FAULTS").map_or(FAULTS, |faults| faults.parse().unwrap());
    let kinds = variable("_KINDS");
    let is_wanted = |kind: &Kind| {
        kinds.as_ref().is_none_or(|kinds| kinds.split(',').any(|name| name.trim() == kind.name))
    };
    let hosts = [brokers::HOSTS.as_slice(), &system::HOSTS].concat();
    let network = Network::make(&hosts);
    let world = World::make();
    let mut lines = String::new();
    let mut failures = Vec::new();
    for (number, kind) in (1..).zip(KINDS).filter(|(_, kind)| is_wanted(kind)) {
        let mut row = Row::default();
        let mut dice = Dice(0x2545_f491_4f6c_dd1d_u64.wrapping_mul(number));
        let struck = catch_unwind(AssertUnwindSafe(|| {
            while row.faults < faults {
                run(&kind, faults, &network, &world, &mut dice, &mut row);
            }
        }));
        row.failure =
            struck.err().map(|panic| message(panic.as_ref())).or_else(|| late(&kind, &row));
        let line = line(&kind, &mut row);
        eprint!("{line}");
        lines += &line;
        failures.extend(row.failure.map(|failure| format!("{}: {failure}", kind.name)));
    }
    assert!(!lines.is_empty(), "no kind is named in {kinds:?}");
    let text = markdown(&world, &lines);
    eprintln!("\n{text}");
    if variable("_WRITE").is_some() {
        std::fs::write(root().join("load-tests/results/faults.md"), text).unwrap();
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Faults of a kind while a recording is played, then a look at what is there.
fn run(
    kind: &Kind,
    faults: usize,
    network: &Network,
    world: &World,
    dice: &mut Dice,
    row: &mut Row,
) {
    let start = Instant::now();
    let mut system = System::start(network, world, kind.is_standby);
    system.calm();
    row.runs += 1;
    let before = row.faults;
    while row.faults < faults && system.left_s() > kind.lasts_s {
        sleep_below(dice, REST_MS);
        (kind.strike)(&mut system, dice, row.faults);
        row.faults += 1;
        let (name, fault, at_s) = (kind.name, row.faults, start.elapsed().as_secs());
        eprintln!("{name} {fault}, run {} at {at_s} s: {:.1?}", row.runs, system.takeovers_s);
        row.takeovers_s.append(&mut system.takeovers_s);
        system.calm();
    }
    assert!(row.faults > before, "the recording is too short for a fault");
    system.check();
}

/// Whether a takeover took too long.
fn late(kind: &Kind, row: &Row) -> Option<String> {
    let (max_s, worst_s) = (kind.takeover_max_s?, worst(&row.takeovers_s)?);
    (worst_s >= max_s).then(|| format!("a takeover took {worst_s:.1} s, not under {max_s:.0} s"))
}

fn worst(figures: &[f64]) -> Option<f64> {
    figures.iter().copied().reduce(f64::max)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}

fn line(kind: &Kind, row: &mut Row) -> String {
    row.takeovers_s.sort_by(f64::total_cmp);
    let median = row.takeovers_s.get(row.takeovers_s.len() / 2).copied();
    let figure = |figure: Option<f64>| figure.map_or_else(String::new, |f| format!("{f:.1}"));
    let target = kind.takeover_max_s.map_or_else(String::new, |max_s| format!("under {max_s:.0}"));
    let result = row.failure.as_deref().map_or("all equal".into(), |failure| {
        // A cell is one line, and has no bar in it.
        let first = failure.lines().next().unwrap_or_default().replace('|', "/");
        format!("**failed**: {first}")
    });
    format!(
        "| {} | {} | {} | {result} | {} | {} | {target} |\n",
        kind.what,
        row.faults,
        row.runs,
        figure(median),
        figure(worst(&row.takeovers_s)),
    )
}

fn markdown(world: &World, lines: &str) -> String {
    let mut text = report::markdown("cargo xtask test --cluster", &[]);
    let _ = write!(
        text,
        "\nThree brokers with three copies of each topic, of which two must be written; ingest, two \
         processors, a gateway, and a client for each region. Each process and broker has a network of \
         its own on this machine. {:.0} events/s of a recording of {RECORDED_S} s, with all faults of \
         publishers; processes are missed after {SESSION_TIMEOUT_MS} ms.\n\n\
         A run is on empty brokers. After each fault: all copies are there, every region goes on, and no \
         process has ended by itself. After each run, compared with one without faults: the picture of \
         each region at the gateway, and at one that starts then; the ledger of each feed; the number of \
         events in the log; what clients have from the beginning on, and what new ones get.\n",
        world.events_s(),
    );
    text + TABLE + lines
}
