//! `tilanne replay`: the same recording gives the same hashes of picture, changes and indicators at
//! real time, at full speed, and at full speed when it is killed and goes on.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use load_tests::simulator::{Config, Faults, Simulation};
use serde_json::Value;

use super::process::{Folder, Running, Server, root, text, tilanne, wait_for};

/// Recorded seconds.
const RECORDED_S: u32 = 420;
/// Seconds that are played at real time.
const REAL_S: i64 = 12;

fn record(path: &Path) -> i64 {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = stream::recording::Writer::new(file).unwrap();
    let config =
        Config { seed: 11, duration_s: RECORDED_S, faults: Faults::all(), ..Config::default() };
    let mut first_ms = None;
    for raw in Simulation::new(config).unwrap() {
        first_ms.get_or_insert(raw.received_time_ms);
        writer.write(&raw).unwrap();
    }
    writer.finish().unwrap();
    first_ms.unwrap()
}

fn replay(networks: &Path, recording: &Path) -> Command {
    let mut command = tilanne(["replay", "--hash", "--json", "--region", "helsinki"]);
    command.arg(recording).arg("--config").arg(root().join("config/tilanne.toml"));
    command.arg("--networks").arg(networks);
    command
}

fn result(mut command: Command) -> Value {
    let output = command.output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{error}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn any_speed_and_a_kill_give_the_same_hashes() {
    let folder = Folder::new();
    let (networks, recording) = (folder.networks(), folder.0.join("day.recording"));
    let first_ms = record(&recording);
    let all = result(replay(&networks, &recording));
    let region = &all["regions"][0];
    assert!(region["deltas"].as_u64().unwrap() > 10_000, "{region}");
    assert_ne!(region["indicators_hash"], "0".repeat(64), "no area has changed");

    // The first seconds at real time, and as fast as it goes.
    let end = jiff::Timestamp::from_millisecond(first_ms + REAL_S * 1_000).unwrap().to_string();
    let until = |speed: &str| {
        let mut command = replay(&networks, &recording);
        command.args(["--to", &end, "--speed", speed]);
        result(command)
    };
    let started = std::time::Instant::now();
    let real = until("1");
    assert!(started.elapsed() >= Duration::from_secs(REAL_S as u64), "it was not at real time");
    assert_eq!(real, until("max"));
    assert_ne!(real["picture"], all["picture"]);

    // Killed again and again: each time it goes on where progress was kept last.
    let state = folder.0.join("progress");
    let killed = |speed: &str| {
        let mut command = replay(&networks, &recording);
        command.args(["--speed", speed, "--state-every", "0.1", "--state"]).arg(&state);
        command
    };
    let mut sizes = Vec::new();
    for _ in 0..5 {
        let before = std::fs::metadata(&state).and_then(|file| file.modified()).ok();
        let mut command = killed("100");
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("progress", || {
            let file = std::fs::metadata(&state).ok()?;
            (file.modified().ok() != before).then_some(())
        });
        std::thread::sleep(Duration::from_millis(150));
        process.kill().unwrap();
        process.wait().unwrap();
        sizes.push(std::fs::metadata(&state).unwrap().len());
    }
    assert!(sizes[0] < sizes[4], "it did not go on: {sizes:?}");
    assert_eq!(result(killed("max")), all);
    assert!(!state.exists(), "a replay that has ended keeps nothing");

    // Progress of another replay is not gone on with.
    std::fs::write(&state, "of something else").unwrap();
    let output = killed("max").output().unwrap();
    let (_, error) = text(&output);
    assert!(!output.status.success() && error.contains("progress is of something else"), "{error}");
}

#[test]
fn a_shown_replay_takes_orders() {
    let folder = Folder::new();
    let recording = folder.0.join("day.recording");
    let first_ms = record(&recording);
    let mut command = tilanne(["replay", "--listen", "127.0.0.1:0", "--paused"]);
    command.arg(&recording).arg("--config").arg(root().join("config/tilanne.toml"));
    command.args(["--region", "helsinki", "--networks"]).arg(folder.networks());
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
    let mut line = || lines.next().unwrap().unwrap();
    let address = line();
    assert!(address.starts_with("The replay is at http://127.0.0.1:"), "{address}");
    let address = address.trim_start_matches("The replay is at http://").trim_end_matches('/');
    let mut input = process.stdin.take().unwrap();
    let mut say = |words: &str| writeln!(input, "{words}").unwrap();
    let mut server = Server { process: Running(process), address: address.to_owned() };
    let time_ms = || server.get("/v1/feeds")["time_ms"].as_i64().unwrap();
    wait_for("the first moment", || (time_ms() == first_ms).then_some(()));
    say("step 30");
    line();
    wait_for("a step", || (time_ms() == first_ms + 30_000).then_some(()));
    assert!(
        server.get("/v1/regions/helsinki")["region"]["layers"]["vehicles"].as_u64().unwrap() > 0
    );
    let seek = |seconds: i64| {
        let to = jiff::Timestamp::from_millisecond(first_ms + seconds * 1_000).unwrap();
        format!("seek {to}")
    };
    say(&seek(200));
    line();
    wait_for("a moment ahead", || (time_ms() == first_ms + 200_000).then_some(()));
    let ahead = server.get("/v1/regions/helsinki")["picture_hash"].clone();
    // A few times: the time must never be shown before the picture of it.
    for _ in 0..5 {
        say(&seek(50));
        line();
        wait_for("a moment before", || (time_ms() == first_ms + 50_000).then_some(()));
        assert_ne!(server.get("/v1/regions/helsinki")["picture_hash"], ahead);
        say(&seek(200));
        line();
        wait_for("the same moment", || (time_ms() == first_ms + 200_000).then_some(()));
        assert_eq!(server.get("/v1/regions/helsinki")["picture_hash"], ahead);
    }
    for words in ["speed max", "play"] {
        say(words);
        line();
    }
    let is_ended = || {
        let feeds = server.get("/v1/feeds")["feeds"].as_array().cloned().unwrap_or_default();
        feeds.iter().all(|feed| feed["connection"] == "ended").then_some(())
    };
    wait_for("the end", is_ended);
    say("end");
    assert!(server.process.0.wait().unwrap().success());
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let folder = Folder::new();
    let (networks, recording) = (folder.networks(), folder.0.join("day.recording"));
    record(&recording);
    let refused = |arguments: &[&str]| {
        let output = replay(&networks, &recording).args(arguments).output().unwrap();
        let (_, error) = text(&output);
        assert!(!output.status.success(), "{arguments:?} was taken");
        error
    };
    assert!(refused(&["--region", "atlantis"]).contains("there is no region \"atlantis\""));
    assert!(refused(&["--speed", "0"]).contains("must be 0.01 to 10000, or max"));
    let times = ["--from", "2026-11-26T10:00:00Z", "--to", "2026-11-26T09:00:00Z"];
    assert!(refused(&times).contains("--to: it must be after --from"));
    let mut day = tilanne(["replay", "2026-11-26", "--data-dir"]);
    day.arg(&folder.0).arg("--config").arg(root().join("config/tilanne.toml"));
    let (_, error) = text(&day.output().unwrap());
    assert!(error.contains("nothing is archived on 2026-11-26"), "{error}");
    // What was cut off is played up to there, and said.
    let bytes = std::fs::read(&recording).unwrap();
    std::fs::write(&recording, &bytes[..bytes.len() / 2]).unwrap();
    let error = refused(&[]);
    assert!(error.contains("recording, record "), "{error}");
}
