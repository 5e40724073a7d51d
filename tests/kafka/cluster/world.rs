//! What all runs share: a recording of 5,000 events/s, and what an undisturbed run makes of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use load_tests::simulator::{Config, Faults, Simulation};
use serde_json::Value;

use crate::system::kill::{demo_feeds, hashes};
use crate::system::process::{Folder, root};

/// Length of the recording: some faults, and little to go through again when ingest starts anew.
pub(super) const RECORDED_S: u32 = 300;
/// Multiple of the simulator's vehicles at which all feeds together have a little over 5,000 events/s.
const SCALE: f64 = 9.0;

pub(super) struct World {
    folder: Folder,
    networks: PathBuf,
    recording: PathBuf,
    /// Hashes of the undisturbed run.
    pub(super) undisturbed: Value,
}

impl World {
    pub(super) fn make() -> Self {
        let folder = Folder::new();
        let recording = folder.0.join("cluster.recording");
        record(&recording);
        let networks = folder.networks();
        let mut world = Self { folder, networks, recording, undisturbed: Value::Null };
        let config = world.folder.write("undisturbed.toml", &world.config("1.0", ""));
        world.undisturbed = hashes(&world.recording, &config);
        world
    }

    /// A configuration with a speed of the replay, and with further tables.
    pub(super) fn config(&self, speed: &str, tables: &str) -> String {
        format!(
            "networks = '{}'\nregions = '{}'\ndata_dir = \"unused\"\nlog_level = \"info\"\n\
             [replay]\nfile = '{}'\nspeed = {speed}\nlooped = false\nclock = \"recorded\"\n\
             {tables}{}",
            self.networks.display(),
            root().join("config/regions").display(),
            self.recording.display(),
            demo_feeds(),
        )
    }

    fn regions(&self) -> &[Value] {
        self.undisturbed["regions"].as_array().unwrap()
    }

    /// The last sequence of each region.
    pub(super) fn last(&self) -> BTreeMap<String, u64> {
        let last = |region: &Value| {
            (region["region"].as_str().unwrap().to_owned(), region["sequence"].as_u64().unwrap())
        };
        self.regions().iter().map(last).collect()
    }

    /// Records of the log in a second of the recording.
    pub(super) fn events_s(&self) -> f64 {
        let records = self.regions().iter().map(|region| region["records"].as_u64().unwrap());
        records.sum::<u64>() as f64 / f64::from(RECORDED_S)
    }
}

fn record(path: &Path) {
    let mut writer = stream::recording::Writer::new(File::create(path).unwrap()).unwrap();
    let config = Config {
        seed: 7,
        duration_s: RECORDED_S,
        scale: SCALE,
        faults: Faults::all(),
        ..Config::default()
    };
    for raw in Simulation::new(config).unwrap() {
        writer.write(&raw).unwrap();
    }
    writer.finish().unwrap();
}
