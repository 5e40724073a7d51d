//! Tables of Parquet that others have recorded become recordings.

use std::path::PathBuf;
use std::sync::Arc;

use archive::{Kind, Topic, foreign_rows};
use ingest::import::{self, Importing, Setup};
use jiff::tz::TimeZone;

use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_archive, open_log, read, record_all};

const MAPPING: &str = "time = 'event_time'\n[columns]\nvehicle = 'entity'\n\
    latitude_deg = 'latitude_deg'\nlongitude_deg = 'longitude_deg'\nspeed_km_h = 'speed_km_h'\n\
    [constants]\nmode = 'car'\n";

fn setup(mapping: &str) -> Setup {
    let text = "id = 'north'\nname = 'North'\ntime_zone = 'Europe/Helsinki'\n\
        bbox = [20.0, 59.0, 32.0, 71.0]\n[[feed]]\nname = 'cars'\nformat = 'tilanne_json'\n";
    let region: ingest::RegionConfig = toml::from_str(text).unwrap();
    Setup {
        feed: region.feeds[0].clone(),
        region,
        time_zone: TimeZone::UTC,
        start: None,
        mapping: Some(import::mapping(mapping).unwrap()),
        parquet: Some(foreign_rows),
        bytes_read: Arc::default(),
    }
}

/// An archive's own file of positions stands for a stranger's.
async fn positions(folder: &std::path::Path) -> (PathBuf, usize) {
    let log_folder = tempfile::tempdir().unwrap();
    let log = open_log(log_folder.path());
    append(log.as_ref(), &Dice(5).records(3_000, NOW_MS)).await;
    let archive = open_archive(folder);
    record_all(&archive, &log).await;
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let file = files.iter().find(|file| file.kind == Kind::VehiclePosition).unwrap();
    let records = read(&archive, &file.epoch, 0..u64::MAX).await;
    let is_position = |record: &events::LogRecord| match record {
        events::LogRecord::Event(event) => {
            matches!(event.body, events::Body::VehiclePosition(_))
        }
        _ => false,
    };
    let count = records.iter().filter(|(_, record)| is_position(record)).count();
    (folder.join(file.path()), count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_parquet_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (file, count) = positions(folder.path()).await;
    let columns = ["entity", "latitude_deg", "event_time"];
    let rows: Vec<_> = foreign_rows(&file, &columns).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), count);
    assert!(rows.iter().all(|row| row.len() == 3 && row[2].ends_with('Z')), "{:?}", rows[0]);

    let reader = import::reader("table").unwrap();
    let mut importing =
        Importing::new(reader, std::slice::from_ref(&file), setup(MAPPING)).unwrap();
    let records: Vec<_> = importing.by_ref().map(Result::unwrap).collect();
    let imported = importing.imported();
    assert_eq!(records.len() as u64 + imported.left_out, count as u64);
    assert!(records.len() > count / 2, "{} of {count}: {:?}", records.len(), imported.reasons);
    let mut reports = records.iter().map(|record| {
        let report: serde_json::Value = serde_json::from_slice(&record.payload).unwrap();
        (report["mode"] == "car", report["vehicle"].is_string())
    });
    // Those that are dealt have no name here and there.
    assert!(reports.clone().all(|(is_car, _)| is_car) && reports.any(|(_, is_named)| is_named));

    let error = foreign_rows(&file, &["colour"]).err().unwrap();
    assert!(error.contains("no column \"colour\"; there are"), "{error}");
    let error = foreign_rows(&file, &["rest"]).err().unwrap();
    assert!(error.contains("is no text, number or time"), "{error}");
    let missing = MAPPING.replace("'entity'", "'colour'");
    let error = Importing::new(reader, std::slice::from_ref(&file), setup(&missing))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("no column \"colour\""), "{error}");
    // A file that was cut off has no end, where Parquet says what is in it.
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(foreign_rows(&file, &columns).is_err());
}
