//! External consumers read the picture straight from Kafka and have what the server shows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::broker;
use super::roles::World;
use crate::judges;
use crate::system::kill::ended_feeds;
use crate::system::process::{Server, root, wait_for};

/// Objects by layer that a consumer counts for a region.
fn counted(output: &str) -> BTreeMap<String, u64> {
    let line: serde_json::Value = serde_json::from_str(output.lines().next().unwrap()).unwrap();
    serde_json::from_value(line["objects"].clone()).unwrap()
}

fn said(command: &mut Command) -> String {
    let output = judges::run(command);
    let said = judges::said(&output);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The example in Java, built where it lies.
fn java_example() -> std::path::PathBuf {
    let folder = root().join("services/clients/java");
    said(Command::new("mvn").args(["-q", "-B", "package"]).current_dir(&folder));
    folder.join("target/picture-reader.jar")
}

fn shown(server: &Server, region: &str) -> BTreeMap<String, u64> {
    let answer = server.get(&format!("/v1/regions/{region}"));
    let counts: BTreeMap<String, u64> =
        serde_json::from_value(answer["region"]["layers"].clone()).unwrap();
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn consumers_in_python_and_java_have_what_the_server_shows() {
    let Some(python) = judges::python("kafka-requirements.txt") else { return };
    let jar = java_example();
    let prefix = broker::prefix();
    let world = World::new(broker::shared(), &prefix, 16.0);
    world.apply();
    let data = world.folder.0.join("all");
    std::fs::create_dir_all(&data).unwrap();
    let server = Server::start(&world.config, &data);
    wait_for("the end of the recording", || ended_feeds(&server));
    let example = Path::new("services/clients/python/examples/kafka_picture.py");
    for region in ["helsinki", "oulu"] {
        let wanted = shown(&server, region);
        assert!(wanted.contains_key("vehicles"), "{wanted:?}");
        let arguments = |command: &mut Command| {
            let bootstrap = &broker::shared().plain;
            command.args(["--bootstrap", bootstrap, "--region", region, "--prefix", &prefix]);
        };
        let mut command = Command::new(&python);
        arguments(command.arg(root().join(example)));
        assert_eq!(counted(&said(&mut command)), wanted, "{region} in Python");
        let mut command = Command::new("java");
        arguments(command.arg("-jar").arg(&jar));
        assert_eq!(counted(&said(&mut command)), wanted, "{region} in Java");
    }
}
