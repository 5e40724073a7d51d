//! Clients of a gateway, and what they have: `tilanne subscribe` with all layers of a region.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::system::process::{Running, text, tilanne};

/// Objects by layer and id.
type Objects = BTreeMap<(String, String), Value>;

/// A client that lasts. Lost connections it takes up by itself.
pub(super) struct Client {
    pub(super) region: String,
    process: Running,
    objects: Arc<Mutex<Objects>>,
}

fn command(region: &str, layers: &[String], address: &str) -> Command {
    let mut command = tilanne(["subscribe", region]);
    command.args(layers).arg("--url").arg(format!("http://{address}"));
    command
}

fn take(objects: &mut Objects, line: &str) {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let layer = string(&line["layer"]);
    match line["change"].as_str().unwrap() {
        "snapshot" => objects.clear(),
        "updated" => {
            let object = line["object"].take();
            objects.insert((layer, string(&object["id"])), object);
        }
        _ => {
            let id = string(&line["id"]);
            assert!(objects.remove(&(layer, id)).is_some(), "removed, and was not there: {line}");
        }
    }
}

impl Client {
    pub(super) fn start(region: &str, layers: &[String], address: &str, folder: &Path) -> Self {
        let said = File::create(folder.join(format!("client-{region}.log"))).unwrap();
        let mut command = command(region, layers, address);
        let mut process = Running(command.stdout(Stdio::piped()).stderr(said).spawn().unwrap());
        let objects = Arc::new(Mutex::new(Objects::new()));
        let lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
        std::thread::spawn({
            let objects = Arc::clone(&objects);
            move || {
                for line in lines.map_while(Result::ok) {
                    take(&mut objects.lock().unwrap(), &line);
                }
            }
        });
        Self { region: region.to_owned(), process, objects }
    }

    /// Whether it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.process.0.try_wait().unwrap()?;
        Some(format!("the client of {} ended with {status}", self.region))
    }

    /// The first object that another client has otherwise, or one of both has not.
    pub(super) fn difference(&self, other: &Objects) -> Option<String> {
        let own = self.objects.lock().unwrap();
        let mut keys = own.keys().chain(other.keys());
        let key = keys.find(|&key| own.get(key) != other.get(key))?;
        let (here, there) = (own.get(key), other.get(key));
        Some(format!("{key:?}: a client has {here:?}, a new one {there:?}"))
    }
}

/// What a client has that comes now.
pub(super) fn now(region: &str, layers: &[String], address: &str) -> Objects {
    let output = command(region, layers, address).arg("--once").output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{error}");
    let mut objects = Objects::new();
    out.lines().for_each(|line| take(&mut objects, line));
    objects
}
