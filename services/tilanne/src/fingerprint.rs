//! What the picture of a region follows from beside its log, as a short text: processors that share a
//! region are to have the same.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Write};
use std::io::Read;

use events::Text;
use ingest::RegionConfig;
use picture::{Picture, Setup};

use crate::factors::Factors;

/// Hexadecimal digits of a part of it.
const DIGITS: usize = 12;
/// Bytes at the beginning of a network's file, which have the checksum of the rest.
const NETWORK_HEAD_BYTES: u64 = 24;

/// Takes in the texts of values: equal values have equal texts, as nothing among them is unordered.
struct Hashed(blake3::Hasher);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl Hashed {
    fn new() -> Self {
        Self(blake3::Hasher::new())
    }

    fn put(&mut self, name: &str, value: &impl Debug) {
        // Hashing does not fail.
        let _ = writeln!(self, "{name} = {value:?}");
    }

    fn short(&self) -> String {
        format!("{:.DIGITS$}", self.0.finalize().to_hex().as_str())
    }
}

/// Fingerprints of regions as they were loaded: `VERSION-CONFIGURATION`.
pub(crate) fn all(
    regions: &[RegionConfig],
    setups: &BTreeMap<Text, Setup>,
    factors: Option<&Factors>,
) -> BTreeMap<Text, String> {
    let version = version();
    let mut emission = Hashed::new();
    emission.put("factors", &factors);
    let emission = emission.short();
    let of = |region: &RegionConfig| {
        let setup = setups.get(&region.id)?;
        let fingerprint = format!("{version}-{}", configuration(region, setup, &emission));
        let labels = [("region", region.id.to_string()), ("fingerprint", fingerprint.clone())];
        metrics::gauge!("tilanne_processor_configuration", &labels).set(1.0);
        Some((region.id.clone(), fingerprint))
    };
    regions.iter().filter_map(of).collect()
}

/// The program's version, and that of its checkpoints, which is in one of nothing.
fn version() -> String {
    let mut hashed = Hashed::new();
    hashed.put("program", &env!("CARGO_PKG_VERSION"));
    let nothing = Picture::new("".into(), "".into(), Setup::default());
    hashed.put("checkpoint", &nothing.checkpoint());
    hashed.short()
}

/// All that a region's files say that its picture follows from. Files that [`Setup`] was made of have
/// been read just now, so one that cannot be read counts as one that is empty.
fn configuration(region: &RegionConfig, setup: &Setup, emission: &str) -> String {
    let mut hashed = Hashed::new();
    hashed.put("region", &region.region());
    hashed.put("limits", &setup.limits);
    let Some(streets) = &setup.streets else { return hashed.short() };
    let mut head = Vec::new();
    let file = region.network.as_ref().and_then(|path| std::fs::File::open(path).ok());
    // What is read of it counts, also where that is less.
    let _ = file.map(|file| file.take(NETWORK_HEAD_BYTES).read_to_end(&mut head));
    hashed.put("network", &head);
    hashed.put("streets", streets.options());
    for area in &region.areas {
        hashed.put("area", &(area.kind, &area.id, &area.name));
        hashed.0.update(&std::fs::read(&area.file).unwrap_or_default());
    }
    hashed.put("temperature_c", &region.temperature_c);
    hashed.put("emission", &emission);
    hashed.short()
}
