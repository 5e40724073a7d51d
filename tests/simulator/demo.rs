//! The demo recording that comes with the project.

use std::path::{Path, PathBuf};

use events::RawRecord;
use load_tests::simulator::{Config, Simulation};
use stream::recording::Reader;

/// What a clone of the repository should not have to carry more of.
const BYTES_MAX: u64 = 4_500_000;
/// As many as a test without optimisation compares in a second or two.
const COMPARED: usize = 8_000;

fn path() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap().join("load-tests/demo/demo.recording")
}

#[test]
fn the_demo_is_what_its_command_makes() {
    let size = path().metadata().unwrap().len();
    assert!(size <= BYTES_MAX, "{size}");
    // As load-tests/demo/README.md says: --minutes 5, all else as it is by default.
    let config = Config { duration_s: 300, ..Config::default() };
    let made = Simulation::new(config).unwrap().take(COMPARED);
    let read = Reader::open(path()).unwrap().map(Result::unwrap).take(COMPARED);
    for (made, read) in made.zip(read) {
        assert_eq!(made, read, "make the demo again: see load-tests/demo/README.md");
    }
}

#[test]
fn the_demo_is_whole() {
    let records: Vec<RawRecord> = Reader::open(path()).unwrap().map(Result::unwrap).collect();
    let config = Config { duration_s: 300, ..Config::default() };
    let end_ms = config.start_ms + 300_000;
    assert!(records.is_sorted_by_key(|record| record.received_time_ms));
    assert!(records.last().unwrap().received_time_ms > end_ms - 1_000);
    for feed in Simulation::new(config).unwrap().feeds() {
        assert!(records.iter().any(|record| record.feed == feed.name), "{}", feed.name);
    }
}
