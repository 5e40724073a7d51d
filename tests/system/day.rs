//! An analyst's day: a recording becomes an archive, which is replayed and drawn.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::process::{Folder, Server, root, text, tilanne, wait_for};
use crate::judges;

/// When the demo's recording was received.
fn day(recording: &Path) -> String {
    let mut reader = stream::recording::Reader::open(recording).unwrap();
    let first = reader.next().unwrap().unwrap();
    let time = jiff::Timestamp::from_millisecond(first.received_time_ms).unwrap();
    time.to_string()[..10].to_owned()
}

fn regions(output: &std::process::Output) -> Vec<Value> {
    let (out, error) = text(output);
    assert!(output.status.success(), "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    report["regions"].as_array().unwrap().clone()
}

#[test]
fn a_recorded_day_is_replayed_to_the_same_hashes_and_drawn_by_a_notebook() {
    let folder = Folder::new();
    let recording = root().join("load-tests/demo/demo.recording").canonicalize().unwrap();
    let text_of = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let demo = text_of("config/tilanne.toml");
    let feeds = &demo[demo.find("[[feeds.").unwrap()..];
    let config = folder.write(
        "day.toml",
        &format!(
            "networks = {:?}\nregions = {:?}\nemission = {:?}\ndata_dir = \"unused\"\n\
             log_level = \"warn\"\n[replay]\nfile = {recording:?}\nspeed = \"max\"\n\
             [archive]\nroll_s = 30\ncheckpoint_every_s = 30\nkeep_days = 36500\n{feeds}",
            folder.networks(),
            root().join("config/regions").canonicalize().unwrap(),
            root().join("config/emission").canonicalize().unwrap(),
        ),
    );
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let command = |what: &str| {
        let mut command = tilanne(["replay", "--hash", "--json", "--region", "helsinki"]);
        command.arg(what).arg("--config").arg(&config).arg("--data-dir").arg(&data);
        command
    };
    let decoded = regions(&command(recording.to_str().unwrap()).output().unwrap());
    let mut server = Server::start(&config, &data);
    let last = &decoded[0]["sequence"];
    let hash = wait_for("the end of the recording", || {
        let (status, body) = server.request("/v1/regions/helsinki").unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        let is_last = status == 200 && answer["region"]["sequence"] == *last;
        is_last.then(|| answer["picture_hash"].clone())
    });
    assert_eq!(hash, decoded[0]["picture"]);
    // It writes what it has gathered before it ends.
    let id = server.process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    server.process.0.wait().unwrap();

    // As it was logged, and decoded anew: the same.
    let archived = regions(&command(&day(&recording)).output().unwrap());
    assert_eq!(archived, decoded);

    let Some(python) = judges::python("notebook-requirements.txt") else { return };
    let mut judge = Command::new(python);
    judge.arg(judges::script("notebook.py"));
    judge.arg(root().join("services/clients/python/examples/day.ipynb"));
    judge.env("TILANNE_ARCHIVE", data.join("archive"));
    let output = judges::run(&mut judge);
    assert!(output.status.success(), "{}", judges::said(&output));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made, serde_json::json!({ "pictures": 4, "tables": 3 }));
}
