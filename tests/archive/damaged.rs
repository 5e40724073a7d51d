//! Moments around a file that is damaged: those before it are answered as if it were not there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use archive::{Kind, Topic};
use axum::http::StatusCode;
use events::{LogRecord, Text};

use super::as_of::{HELSINKI, app, compare, config, get, records, setup, with_at};
use super::support::{append_to, open_archive, open_log, record_of};

/// Records of the first file: not a multiple of how many are handed over together.
const FIRST: usize = 900;
/// A record of the last batch before the damage.
const WITHIN_LAST_BATCH: usize = 800;

#[tokio::test(flavor = "multi_thread")]
async fn moments_before_a_damaged_file_are_answered_and_later_ones_name_it() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = config();
    let records = records(&config);
    let (early_ms, last_ms) = (records[WITHIN_LAST_BATCH].0, records[FIRST - 1].0);
    assert!(early_ms < last_ms, "no record of the first file is after the moment");
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let only_records = |part: &[(i64, LogRecord)]| -> Vec<LogRecord> {
        part.iter().map(|(_, record)| record.clone()).collect()
    };
    append_to(log.as_ref(), HELSINKI, &only_records(&records[..FIRST])).await;
    record_of(&archive, &log, HELSINKI, Topic::Events).await;
    let first = archive.files(HELSINKI, Topic::Events).await.unwrap();
    append_to(log.as_ref(), HELSINKI, &only_records(&records[FIRST..])).await;
    record_of(&archive, &log, HELSINKI, Topic::Events).await;
    let files = archive.files(HELSINKI, Topic::Events).await.unwrap();
    let is_second = |path: &String| !first.iter().any(|file| file.path() == *path);
    let positions = files.iter().filter(|file| file.kind == Kind::VehiclePosition);
    let second = positions.map(archive::Segment::path).find(is_second).unwrap();

    let clock = Arc::new(AtomicI64::new(records.last().unwrap().0));
    let open = || {
        let app = app(&config, &clock);
        let setups = BTreeMap::from([(Text::from(HELSINKI), setup(&config))]);
        app.set_archive(open_archive(folder.path()), setups);
        app
    };
    let path = format!("/v1/regions/{HELSINKI}/vehicles?format=json");
    let (early, late) = (with_at(&path, early_ms), with_at(&path, records.last().unwrap().0));
    let (status, sound) = get(&open(), &early).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&sound));
    assert_eq!(get(&open(), &late).await.0, StatusCode::OK);

    let file = folder.path().join(&second);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = open();
    let (status, body) = get(&damaged, &early).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    compare(&body, &sound, "beside a damaged file");
    let (status, body) = get(&damaged, &late).await;
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{body}");
    assert!(body.contains(&format!("{second}: not readable as Parquet")), "{body}");
    assert!(body.contains("restore the file, or remove it"), "{body}");
    // And once more after that.
    assert_eq!(get(&damaged, &early).await.0, StatusCode::OK);
}
