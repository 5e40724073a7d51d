//! `kill -9` at random moments, a hundred times under load: afterwards the picture equals that of
//! an undisturbed run on the same input, and the ledger balances.

use std::path::Path;
use std::time::Duration;

use load_tests::simulator::{Config, Faults, Simulation};

use super::process::{Folder, Server, root, text, tilanne, wait_for};

const KILLS: usize = 100;
/// Recorded seconds; at the speed below they last longer than all the killed runs together.
const RECORDED_S: u32 = 240;
const SPEED: f64 = 8.0;

/// Times between kills, milliseconds: spread, the same in every run of the test.
fn lifetimes_ms() -> impl Iterator<Item = u64> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        20 + state % 380
    })
}

pub(crate) fn record(path: &Path) {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = stream::recording::Writer::new(file).unwrap();
    let config =
        Config { seed: 7, duration_s: RECORDED_S, faults: Faults::all(), ..Config::default() };
    for raw in Simulation::new(config).unwrap() {
        writer.write(&raw).unwrap();
    }
    writer.finish().unwrap();
}

/// The feeds that only the demo has, as its configuration has them.
pub(crate) fn demo_feeds() -> String {
    let config = std::fs::read_to_string(root().join("config/tilanne.toml")).unwrap();
    config[config.find("[[feeds.").unwrap()..].to_owned()
}

pub(crate) fn hashes(recording: &Path, config: &Path) -> serde_json::Value {
    let mut command = tilanne(["replay", "--hash", "--json"]);
    let output = command.arg(recording).arg("--config").arg(config).output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{error}");
    serde_json::from_str(&out).unwrap()
}

/// Every feed of every region, once all have come to the end of the recording.
pub(crate) fn ended_feeds(server: &Server) -> Option<Vec<serde_json::Value>> {
    let feeds = server.get("/v1/feeds")["feeds"].as_array().cloned().unwrap_or_default();
    let ended = !feeds.is_empty() && feeds.iter().all(|feed| feed["connection"] == "ended");
    ended.then_some(feeds)
}

/// How far the picture is, once it is restored, and where the recording ends.
fn progress(server: &Server, undisturbed: &serde_json::Value) -> (u64, u64) {
    let region = &undisturbed["regions"][0];
    let path = format!("/v1/regions/{}", region["region"].as_str().unwrap());
    let sequence =
        wait_for("the restored picture", || server.get(&path)["region"]["sequence"].as_u64());
    (sequence, region["sequence"].as_u64().unwrap())
}

/// Runs that are killed one after another, at least [`KILLS`] of them: together they must have come
/// far, each going on where the one before was killed, or else only the last run would be tested. A
/// slow machine needs more of them. Gives the run that is left.
fn killed_runs(config: &Path, data: &Path, undisturbed: &serde_json::Value) -> Server {
    for (kills, lifetime_ms) in lifetimes_ms().take(4 * KILLS).enumerate() {
        let mut server = Server::start(config, data);
        if kills >= KILLS {
            let (sequence, last) = progress(&server, undisturbed);
            assert!(sequence < last, "the recording was over before the last kill");
            if sequence > last / 10 {
                return server;
            }
        }
        std::thread::sleep(Duration::from_millis(lifetime_ms));
        // On Unix this is SIGKILL: nothing is flushed, no destructor runs.
        server.process.0.kill().unwrap();
        server.process.0.wait().unwrap();
    }
    panic!("{} runs were killed, and the picture has not come far", 4 * KILLS);
}

#[test]
fn a_hundred_kills_change_nothing() {
    let folder = Folder::new();
    let recording = folder.0.join("killed.recording");
    record(&recording);
    let config = folder.write(
        "kill.toml",
        &format!(
            "networks = {:?}\nregions = {:?}\ndata_dir = \"unused\"\nlog_level = \"warn\"\n\
             [replay]\nfile = {:?}\nspeed = {SPEED:?}\nlooped = false\nclock = \"recorded\"\n\
             [processor]\ncheckpoint_every_records = 500\n{}",
            folder.networks(),
            root().join("config/regions"),
            recording,
            demo_feeds(),
        ),
    );
    let undisturbed = hashes(&recording, &config);

    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let server = killed_runs(&config, &data, &undisturbed);
    let feeds = wait_for("the end of the recording", || ended_feeds(&server));
    assert_balanced(&feeds);
    assert_same(&server, &undisturbed);
}

/// Every record that was received has one outcome.
pub(crate) fn assert_balanced(feeds: &[serde_json::Value]) {
    for feed in feeds {
        let count = |name: &str| feed[name].as_u64().unwrap();
        let outcomes = ["applied", "superseded", "duplicate", "rejected", "quarantined", "dropped"];
        let sum: u64 = outcomes.into_iter().map(count).sum();
        assert_eq!(count("received"), sum, "{feed}");
        assert_eq!(count("imbalances"), 0, "{feed}");
        assert!(count("received") > 0, "{feed}");
    }
}

/// The server shows what an undisturbed run gave.
pub(crate) fn assert_same(server: &Server, undisturbed: &serde_json::Value) {
    for region in undisturbed["regions"].as_array().unwrap() {
        let id = region["region"].as_str().unwrap();
        let path = format!("/v1/regions/{id}");
        let hash = wait_for("the region's last sequence", || {
            let answer = server.get(&path);
            let is_last = answer["region"]["sequence"] == region["sequence"];
            is_last.then(|| answer["picture_hash"].clone())
        });
        assert_eq!(hash, region["picture"], "picture of {id}");
    }
}
