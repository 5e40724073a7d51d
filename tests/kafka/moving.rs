//! A deployment moves to Kafka with its history, and back: the picture goes on as if it had stayed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::broker;
use super::roles::World;
use crate::system::kill::{assert_balanced, assert_same, ended_feeds, hashes};
use crate::system::process::{Server, root, text, tilanne, wait_for};

const REGION: &str = "/v1/regions/helsinki";

fn sequence(server: &Server) -> u64 {
    server.get(REGION)["region"]["sequence"].as_u64().unwrap_or_default()
}

/// Runs until some of the recording is on the log, then stops in good order.
fn run_a_while(config: &Path, data: &Path) -> (String, u64) {
    let mut server = Server::start(config, data);
    wait_for("some of the recording", || (sequence(&server) > 2_000).then_some(()));
    let epoch = server.get(REGION)["region"]["epoch"].as_str().unwrap().to_owned();
    let id = server.process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let before = sequence_before_the_end(&server);
    assert!(server.process.0.wait().unwrap().success());
    (epoch, before)
}

/// The process may have ended already.
fn sequence_before_the_end(server: &Server) -> u64 {
    let answer = server.request(REGION).ok();
    let answer = answer.and_then(|(_, body)| serde_json::from_str(&body).ok());
    answer.map_or(2_000, |answer: serde_json::Value| {
        answer["region"]["sequence"].as_u64().unwrap_or(2_000)
    })
}

fn moved(command: &str, config: &Path, data: &Path) -> String {
    let mut run = tilanne(["topics", command, "--config"]);
    let output = run.arg(config).arg("--data-dir").arg(data).output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{command}: {out}{error}");
    out
}

/// The configuration of a world with one region less, for topics of its own.
fn without(region: &str, world: &World) -> PathBuf {
    let all = root().join("config/regions");
    for entry in std::fs::read_dir(&all).unwrap() {
        let path = entry.unwrap().path();
        let is_other = path.extension().is_some_and(|extension| extension == "toml")
            && path.file_stem().is_some_and(|stem| stem != region);
        if is_other {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            world.folder.write(&format!("fewer/{name}"), &text);
        }
    }
    let text = std::fs::read_to_string(&world.config).unwrap();
    let all = format!("regions = '{}'", all.display());
    assert!(text.contains(&all), "{text}");
    let text = text.replace(&all, "regions = 'fewer'");
    world.folder.write("fewer.toml", &text.replace("topic_prefix = \"", "topic_prefix = \"fewer-"))
}

fn ends_as(config: &Path, data: &Path, epoch: &str, undisturbed: &serde_json::Value) {
    let server = Server::start(config, data);
    let feeds = wait_for("the end of the recording", || ended_feeds(&server));
    assert_balanced(&feeds);
    assert_same(&server, undisturbed);
    assert_eq!(server.get(REGION)["region"]["epoch"], epoch);
}

#[test]
fn a_history_moves_to_kafka_and_the_picture_goes_on() {
    let world = World::new(broker::shared(), &broker::prefix(), 8.0);
    let (embedded, data) = (world.embedded(), world.folder.0.join("data"));
    std::fs::create_dir_all(&data).unwrap();
    let undisturbed = hashes(&world.recording, &embedded);
    let (epoch, before) = run_a_while(&embedded, &data);
    assert!(before >= 2_000);
    let fewer = without("oulu", &world);
    let mut import = tilanne(["topics", "import", "--config"]);
    let output = import.arg(&fewer).arg("--data-dir").arg(&data).output().unwrap();
    let (_, error) = text(&output);
    let names_it = error.contains("regions that are not configured: oulu; nothing was moved");
    assert!(!output.status.success() && names_it, "{error}");
    let mut import = tilanne(["topics", "import", "--leave-unconfigured", "--config"]);
    let output = import.arg(&fewer).arg("--data-dir").arg(&data).output().unwrap();
    let (out, error) = text(&output);
    let names_it = out.starts_with("not configured, so left where they are: oulu\n");
    assert!(output.status.success() && names_it, "{out}{error}");
    assert!(out.ends_with("records of 3 regions moved\n"), "{out}");
    let said = moved("import", &world.config, &data);
    assert!(said.ends_with("records of 4 regions moved\n"), "{said}");
    // Again: nothing is left to do, and nothing comes twice.
    moved("import", &world.config, &data);
    ends_as(&world.config, &world.folder.0.join("data"), &epoch, &undisturbed);
}

#[test]
fn a_history_moves_back_to_the_embedded_log() {
    // Also from where checkpoints are in a store.
    let world = World::on_s3(broker::shared(), &broker::prefix(), 8.0);
    let (embedded, data) = (world.embedded(), world.folder.0.join("data"));
    std::fs::create_dir_all(&data).unwrap();
    let undisturbed = hashes(&world.recording, &embedded);
    world.apply();
    let (epoch, _) = run_a_while(&world.config, &data);
    moved("export", &world.config, &data);
    ends_as(&embedded, &data, &epoch, &undisturbed);
    // Another log is there now that has gone on; Kafka's history must not come on top.
    let mut again = tilanne(["topics", "export", "--config"]);
    let output = again.arg(&world.config).arg("--data-dir").arg(&data).output().unwrap();
    let (_, error) = text(&output);
    assert!(!output.status.success() && error.contains("in the new log"), "{error}");
}

#[test]
fn topics_of_another_log_are_not_written_over() {
    let world = World::new(broker::shared(), &broker::prefix(), 16.0);
    let (embedded, data) = (world.embedded(), world.folder.0.join("data"));
    std::fs::create_dir_all(&data).unwrap();
    run_a_while(&embedded, &data);
    let mut import = tilanne(["topics", "import", "--config"]);
    let nowhere = world.folder.0.join("nowhere");
    let output = import.arg(&world.config).arg("--data-dir").arg(&nowhere).output().unwrap();
    let (_, error) = text(&output);
    assert!(!output.status.success() && error.contains("has no log"), "{error}");
    world.apply();
    let mut import = tilanne(["topics", "import", "--config"]);
    let output = import.arg(&world.config).arg("--data-dir").arg(&data).output().unwrap();
    let (_, error) = text(&output);
    assert!(!output.status.success() && error.contains("have another log already"), "{error}");
}
