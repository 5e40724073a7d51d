//! What a position costs on the disk, measured on the demo's recording.

use std::collections::BTreeMap;
use std::path::Path;

use archive::{Kind, Topic};
use events::LogRecord;
use ingest::RegionConfig;

use super::support::{append_to, open_archive, open_log, record_of};

/// Bytes that a position may cost.
const BYTES_MAX: f64 = 12.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_position_costs_less_than_twelve_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let region = |id: &str| -> RegionConfig {
        let path = root.join(format!("config/regions/{id}.toml"));
        toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let regions = ["helsinki", "tampere", "turku", "oulu"].map(region);
    let reader = stream::recording::Reader::open(root.join("load-tests/demo/demo.recording"));
    let mut records: BTreeMap<String, Vec<LogRecord>> = BTreeMap::new();
    ingest::play_all(reader.unwrap(), &regions, |region, record| {
        records.entry(region.to_owned()).or_default().push(record);
    })
    .unwrap();
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let mut costs = BTreeMap::new();
    for (region, records) in records {
        append_to(log.as_ref(), &region, &records).await;
        record_of(&archive, &log, &region, Topic::Events).await;
        let is_position = |record: &&LogRecord| {
            let LogRecord::Event(event) = record else { return false };
            matches!(event.body, events::Body::VehiclePosition(_))
        };
        let count = records.iter().filter(is_position).count();
        let files = archive.files(&region, Topic::Events).await.unwrap();
        let own = files.iter().filter(|file| file.kind == Kind::VehiclePosition);
        let bytes: u64 = own.map(|file| file.bytes).sum();
        let cost = bytes as f64 / count as f64;
        println!("{region}: {count} positions, {bytes} bytes, {cost:.2} bytes a position");
        costs.insert(region, cost);
    }
    assert!(costs["helsinki"] < BYTES_MAX, "{costs:?}");
}
