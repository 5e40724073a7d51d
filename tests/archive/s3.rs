//! An archive in a store that speaks S3.

use std::sync::Arc;

use archive::{Archive, ArchiveOptions, Kind, Topic};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use stream::Log;

use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_log, read, record_all};
use crate::s3::{Bucket, KEY_ID, SECRET};

const DAY_MS: i64 = 86_400_000;

fn open(bucket: &Bucket, rules: &str) -> Arc<Archive> {
    let options: ArchiveOptions = toml::from_str(rules).unwrap();
    Archive::on(bucket.store(KEY_ID, SECRET), options)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_there_is_merged_thinned_and_read_back() {
    let (log_folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::new());
    let log = open_log(log_folder.path());
    let archive = open(&bucket, "");
    let mut dice = Dice(5);
    let mut all = Vec::new();
    for round in 0..3 {
        let records = dice.records(300, NOW_MS + round * 60_000);
        append(log.as_ref(), &records).await;
        record_all(&archive, &log).await;
        all.extend(records);
    }
    let records: Vec<_> = (0..).zip(all).collect();
    assert_eq!(read(&archive, log.epoch(), 0..u64::MAX).await, records);
    let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(done.merged > 10 && done.removed == 0, "{done:?}");
    assert_eq!(read(&archive, log.epoch(), 0..u64::MAX).await, records);
    assert_eq!(archive.bytes().await.unwrap(), done.bytes);

    // As it is where it was killed: copied, and the old name gone.
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let file = files.iter().find(|file| file.kind == Kind::VehiclePosition).unwrap();
    let whole = Path::from(file.path());
    let staged = Path::from(format!("_staging/{}.staged", file.path()));
    let store = bucket.store(KEY_ID, SECRET);
    store.rename(&whole, &staged).await.unwrap();
    let archive = open(&bucket, "thin = { trip_update = { after_days = 1, every_s = 3600 } }");
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(store.head(&staged).await.is_err());
    assert_eq!(read(&archive, log.epoch(), 0..u64::MAX).await, records);

    let done = archive.upkeep(NOW_MS + 2 * DAY_MS).await.unwrap();
    assert_eq!(done.thinned, 1, "{done:?}");
    let mut replay = archive.records(REGION, log.epoch(), 0..u64::MAX).await.unwrap();
    let error = replay.next().await.unwrap_err().to_string();
    assert!(error.contains("trip_update"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_an_error_that_says_so() {
    let bucket = Bucket::new();
    let archive = Archive::on(bucket.store(KEY_ID, "wrong"), ArchiveOptions::default());
    let error = archive.usage().await.unwrap_err().to_string();
    assert!(error.contains("SignatureDoesNotMatch"), "{error}");
}
