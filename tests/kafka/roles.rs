//! The system as processes of their own on one broker: whatever ends or stalls, the picture is that of
//! an undisturbed run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::broker::{self, Broker};
use crate::s3::Bucket;
use crate::system::kill::{assert_balanced, assert_same, demo_feeds, ended_feeds, hashes, record};
use crate::system::process::{Folder, Server, root, text, tilanne, wait_for};

/// Faults in the everyday run.
const FAULTS: usize = 30;
/// Slow enough that all faults come before the recording ends.
const SPEED: f64 = 2.5;
/// A processor that is stopped for so long has lost its regions: its session is shorter.
const STALL: Duration = Duration::from_millis(3_500);

/// Numbers that look random, the same in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

pub(super) struct World {
    pub(super) folder: Folder,
    pub(super) recording: PathBuf,
    pub(super) config: PathBuf,
}

/// Copies of the region files in which feeds are soon idle, which is told within seconds: a recording has
/// minutes.
fn regions_that_tell(folder: &Folder) -> PathBuf {
    let regions = folder.0.join("regions");
    for entry in std::fs::read_dir(root().join("config/regions")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let soon = |line: &str| {
            let is_idle = line.starts_with("idle_after_s");
            if is_idle { "idle_after_s = 5".to_owned() } else { line.to_owned() }
        };
        let lines: Vec<String> = text.lines().map(soon).collect();
        let text = lines.join("\n") + "\n[alerts]\nlasts_s = 5\n";
        let name = path.file_name().unwrap().to_str().unwrap();
        folder.write(&format!("regions/{name}"), &text);
    }
    regions
}

/// Alerts of all regions by id and number, without their places in the log: a writer that is stopped and
/// goes on may write one again.
fn alerts(server: &Server) -> BTreeMap<String, serde_json::Value> {
    let mut all = BTreeMap::new();
    for region in ["helsinki", "oulu", "tampere", "turku"] {
        let page = server.get(&format!("/v1/regions/{region}/alerts?limit=1000"));
        assert_eq!(page["more"], false, "{region}");
        for mut alert in page["alerts"].as_array().unwrap().clone() {
            alert.as_object_mut().unwrap().remove("offset");
            let key = format!("{region} {} {}", alert["id"], alert["sequence"]);
            if let Some(again) = all.insert(key, alert.clone()) {
                assert_eq!(again, alert);
            }
        }
    }
    all
}

impl World {
    pub(super) fn new(broker: &Broker, prefix: &str, speed: f64) -> Self {
        let folder = Folder::new();
        let checkpoints =
            format!("checkpoint_directory = '{}'", folder.0.join("checkpoints").display());
        Self::of(folder, broker, prefix, speed, &root().join("config/regions"), &checkpoints)
    }

    /// With checkpoints in a store that speaks S3.
    pub(super) fn on_s3(broker: &Broker, prefix: &str, speed: f64) -> Self {
        let checkpoints = format!("checkpoint_s3 = {}", Bucket::new().options());
        let regions = root().join("config/regions");
        Self::of(Folder::new(), broker, prefix, speed, &regions, &checkpoints)
    }

    /// With regions of its own, and the keys of where checkpoints are.
    fn of(
        folder: Folder,
        broker: &Broker,
        prefix: &str,
        speed: f64,
        regions: &Path,
        checkpoints: &str,
    ) -> Self {
        let recording = folder.0.join("faults.recording");
        record(&recording);
        let networks = folder.networks();
        let config = folder.write(
            "kafka.toml",
            &format!(
                "networks = '{}'\nregions = '{}'\ndata_dir = \"unused\"\nlog_level = \"info\"\n\
             [replay]\nfile = '{}'\nspeed = {speed:?}\nlooped = false\nclock = \"recorded\"\n\
             [processor]\ncheckpoint_every_s = 3\n\
             [kafka]\nbootstrap_servers = {:?}\ntopic_prefix = {prefix:?}\n\
             {checkpoints}\nsession_timeout_ms = 1500\n{}",
                networks.display(),
                regions.display(),
                recording.display(),
                broker.plain,
                demo_feeds(),
            ),
        );
        Self { folder, recording, config }
    }

    /// The same configuration without Kafka.
    pub(super) fn embedded(&self) -> PathBuf {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let (before, kafka) = text.split_once("[kafka]").unwrap();
        let after = kafka.find("[[").map_or("", |next| &kafka[next..]);
        self.folder.write("embedded.toml", &format!("{before}{after}"))
    }

    /// Makes the topics, and gives the identity of their log.
    pub(super) fn apply(&self) -> String {
        let output = tilanne(["topics", "apply", "--config"]).arg(&self.config).output().unwrap();
        let (out, error) = text(&output);
        assert!(output.status.success(), "{out}{error}");
        let epoch = out.lines().find_map(|line| line.split_once("begins: epoch "));
        epoch.expect("the log is new").1.to_owned()
    }

    pub(super) fn start(&self, name: &str) -> Part {
        let (role, arguments): (_, &[&str]) = match name.split('-').next().unwrap() {
            "process" => ("process", &["--standby"]),
            "serve" => ("serve", &[]),
            _ => ("ingest", &[]),
        };
        let data = self.folder.0.join(name);
        std::fs::create_dir_all(&data).unwrap();
        let server = Server::start_role(role, "127.0.0.1:0", &self.config, &data, arguments);
        Part { name: name.to_owned(), server }
    }
}

pub(super) struct Part {
    name: String,
    pub(super) server: Server,
}

impl Part {
    fn signal(&self, signal: &str) {
        let id = self.server.process.0.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    fn kill(mut self) -> String {
        self.server.process.0.kill().unwrap();
        self.server.process.0.wait().unwrap();
        self.name
    }

    /// In good order.
    pub(super) fn stop(mut self) -> String {
        self.signal("-TERM");
        let status = self.server.process.0.wait().unwrap();
        assert!(status.success(), "{} ended with {status}", self.name);
        self.name
    }
}

#[test]
fn faults_of_every_kind_change_nothing() {
    let broker = Broker::start_with("");
    let folder = Folder::new();
    let regions = regions_that_tell(&folder);
    let checkpoints = format!("checkpoint_s3 = {}", Bucket::new().options());
    let world = World::of(folder, &broker, "tilanne.", SPEED, &regions, &checkpoints);
    let undisturbed = hashes(&world.recording, &world.config);
    world.apply();
    let names = ["ingest-1", "process-1", "process-2", "serve-1"];
    let mut parts: Vec<Part> = names.map(|name| world.start(name)).into();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut done = [0_usize; 4];
    for _ in 0..FAULTS {
        std::thread::sleep(Duration::from_millis(200 + dice.below(800)));
        let fault = match dice.below(10) {
            0..5 => 0,
            5..7 => 1,
            7..9 => 2,
            _ => 3,
        };
        done[fault] += 1;
        match fault {
            0 => {
                let part = parts.swap_remove(dice.below(4) as usize);
                parts.push(world.start(&part.kill()));
            }
            1 => {
                let part = parts.swap_remove(dice.below(4) as usize);
                parts.push(world.start(&part.stop()));
            }
            2 => {
                let stalled = parts.iter().find(|part| part.name.starts_with("process")).unwrap();
                stalled.signal("-STOP");
                std::thread::sleep(STALL);
                stalled.signal("-CONT");
            }
            _ => {
                broker.kill();
                broker.revive();
            }
        }
    }
    assert!(done.into_iter().all(|count| count > 0), "{done:?}");
    let serve = parts.iter().find(|part| part.name == "serve-1").unwrap();
    let feeds = wait_for("the end of the recording", || ended_feeds(&serve.server));
    assert_balanced(&feeds);
    assert_same(&serve.server, &undisturbed);
    let told = alerts(&serve.server);
    // A gateway that starts now boots from the checkpoints and shows the same.
    let late = world.start("serve-2");
    wait_for("a gateway to catch up", || {
        late.server.request("/readyz").ok().filter(|(status, _)| *status == 200)
    });
    assert_same(&late.server, &undisturbed);
    // What was told is what one process without faults tells.
    drop((parts, late));
    let data = world.folder.0.join("undisturbed");
    std::fs::create_dir_all(&data).unwrap();
    let config = std::fs::read_to_string(world.embedded()).unwrap();
    let config = config.replace(&format!("speed = {SPEED:?}"), "speed = \"max\"");
    let server = Server::start(&world.folder.write("undisturbed.toml", &config), &data);
    wait_for("the end of the recording", || ended_feeds(&server));
    assert_eq!(told, alerts(&server));
    assert!(told.len() > 10, "{told:?}");
}

#[test]
fn roles_need_kafka_and_its_topics_and_say_so() {
    let folder = Folder::new();
    let config = folder.write(
        "embedded.toml",
        &format!(
            "regions = {:?}\ndata_dir = {:?}\n",
            root().join("config/regions"),
            folder.0.join("data"),
        ),
    );
    for role in ["ingest", "process", "serve"] {
        let run = tilanne([role, "--listen", "127.0.0.1:0", "--config"]).arg(&config).output();
        let (_, error) = text(&run.unwrap());
        assert!(error.contains("add a table [kafka] to the configuration"), "{role}: {error}");
    }
    let (_, error) = text(&tilanne(["topics", "apply", "--config"]).arg(&config).output().unwrap());
    assert!(error.contains("has no table [kafka]"), "{error}");

    let world = World::new(broker::shared(), &broker::prefix(), 16.0);
    let run = tilanne(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&world.config).output();
    let (_, error) = text(&run.unwrap());
    assert!(error.contains("is missing; run `tilanne topics apply`"), "{error}");
    let check = tilanne(["topics", "apply", "--check", "--config"]).arg(&world.config).output();
    let check = check.unwrap();
    let (out, error) = text(&check);
    assert!(!check.status.success() && out.contains("to do: topic "), "{out}{error}");
    world.apply();
    let check = tilanne(["topics", "apply", "--check", "--config"]).arg(&world.config).output();
    assert!(check.unwrap().status.success());
}

#[test]
fn one_process_runs_all_roles_on_kafka() {
    let world = World::new(broker::shared(), &broker::prefix(), 16.0);
    world.apply();
    let data = world.folder.0.join("all");
    std::fs::create_dir_all(&data).unwrap();
    let server = Server::start(&world.config, &data);
    let undisturbed = hashes(&world.recording, &world.config);
    let feeds = wait_for("the end of the recording", || ended_feeds(&server));
    assert_balanced(&feeds);
    assert_same(&server, &undisturbed);
}
