//! Several processes on one archive, and stores that fail or change between two looks: whoever reads
//! has each row once, and a recorder goes on where another one ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use archive::{Archive, Kind, Topic};
use bytes::Bytes;
use events::{LogRecord, RawRecord};
use prost::Message;
use stream::{Append, Checkpoint, EmbeddedLog, Log, topic};

use super::crash::{failing, rows_by_kind};
use super::generate::Dice;
use super::support::{
    NOW_MS, REGION, append, open_archive, open_log, read, record_all, record_topic,
};

const DAY_MS: i64 = 86_400_000;
/// Records of each stretch.
const RECORDS: usize = 200;

/// Three stretches of a day; with the records, by offset.
async fn stretches(archive: &Arc<Archive>, log: &Arc<EmbeddedLog>) -> Vec<(u64, LogRecord)> {
    let mut dice = Dice(23);
    let mut all = Vec::new();
    for round in 0..3 {
        let records = dice.records(RECORDS, NOW_MS + round * 60_000);
        append(log.as_ref(), &records).await;
        record_all(archive, log).await;
        all.extend(records);
    }
    (0..).zip(all).collect()
}

/// What a process listed may be merged by another one before it is read, or in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_goes_on_in_what_another_process_has_merged() {
    for read_before in [0, 1, 150, 350, 599] {
        let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = open_log(log_folder.path());
        let records = stretches(&open_archive(folder.path()), &log).await;
        let (reader, other) = (open_archive(folder.path()), open_archive(folder.path()));
        let mut replay = reader.records(REGION, log.epoch(), 0..u64::MAX).await.unwrap();
        let mut found = Vec::new();
        loop {
            if found.len() == read_before {
                assert!(other.upkeep(NOW_MS + DAY_MS).await.unwrap().merged > 0);
            }
            let Some((offset, record)) = replay.next().await.unwrap() else { break };
            found.push((offset, LogRecord::try_from(record).unwrap()));
        }
        assert!(found == records, "after {read_before}: {} of {}", found.len(), records.len());
        // What was listed before is as good as what is listed now.
        assert!(read(&reader, log.epoch(), 0..u64::MAX).await == records);
    }
}

/// At no moment of a merge is there neither: also where it goes no further.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_fails_at_its_last_step_takes_nothing_away() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let (store, archive) = failing(folder.path(), -1);
    let records = stretches(&archive, &log).await;
    let rows = rows_by_kind(folder.path());
    // The first merged file is written beside, and cannot take its place.
    store.puts_left.store(1, Ordering::SeqCst);
    let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(done.merged == 0 && !done.failed.is_empty(), "{done:?}");
    assert_eq!(rows_by_kind(folder.path()), rows);
    assert!(read(&open_archive(folder.path()), log.epoch(), 0..u64::MAX).await == records);
    store.puts_left.store(-1, Ordering::SeqCst);
    let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(done.merged > 0 && done.failed.is_empty(), "{done:?}");
    assert_eq!(rows_by_kind(folder.path()), rows);
    assert!(read(&archive, log.epoch(), 0..u64::MAX).await == records);
}

/// Killed when the merged file was there, and not all of the small ones gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_merged_file_has_goes_in_the_next_round() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let records = stretches(&archive, &log).await;
    let rows = rows_by_kind(folder.path());
    let small = archive.files(REGION, Topic::Events).await.unwrap();
    let left = small.iter().rfind(|file| file.kind == Kind::VehiclePosition).unwrap();
    let left = folder.path().join(left.path());
    let bytes = std::fs::read(&left).unwrap();
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(!left.exists());
    std::fs::write(&left, bytes).unwrap();
    let archive = open_archive(folder.path());
    assert!(read(&archive, log.epoch(), 0..u64::MAX).await == records, "each row comes once");
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(!left.exists());
    assert_eq!(rows_by_kind(folder.path()), rows);
}

/// A file of a stretch that was never finished takes no whole one's place, whatever it has.
#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_file_takes_nothing_away() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let unfinished = tempfile::tempdir().unwrap();
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let records = stretches(&archive, &log).await;
    append(log.as_ref(), &Dice(24).records(RECORDS, NOW_MS + 300_000)).await;
    let other = open_archive(unfinished.path());
    record_all(&other, &log).await;
    let files = other.files(REGION, Topic::Events).await.unwrap();
    let file = files.iter().find(|file| file.kind == Kind::VehiclePosition).unwrap();
    assert!(file.first == 0 && file.last >= records.len() as u64, "{file:?}");
    std::fs::copy(unfinished.path().join(file.path()), folder.path().join(file.path())).unwrap();
    let archive = open_archive(folder.path());
    archive.upkeep(NOW_MS + 600_000).await.unwrap();
    assert!(read(&archive, log.epoch(), 0..u64::MAX).await == records);
}

/// The process that had the region before has recorded to the end; the list of this one is older.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_goes_on_where_that_of_another_process_ended() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let (next, before) = (open_archive(folder.path()), open_archive(folder.path()));
    assert_eq!(next.spans(REGION, Topic::Events).await.unwrap(), []);
    let records = stretches(&before, &log).await;
    let recorded = record_all(&next, &log).await;
    assert_eq!((recorded.rows, recorded.next), (0, records.len() as u64));
    assert!(read(&next, log.epoch(), 0..u64::MAX).await == records);
}

/// Rules remove checkpoints while somebody asks for a moment after them.
#[tokio::test(flavor = "multi_thread")]
async fn a_moment_whose_checkpoint_goes_is_made_from_the_one_before() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let (store, archive) = failing(folder.path(), -1);
    let mut dice = Dice(25);
    for round in 1..=2 {
        append(log.as_ref(), &dice.records(RECORDS, NOW_MS + round * 60_000)).await;
        let events_next = log.bounds(topic::EVENTS, REGION).await.unwrap().next;
        let state = Bytes::from(format!("state {round}"));
        let checkpoint = Checkpoint { events_next, picture_next: 0, state };
        log.save_checkpoint(REGION, checkpoint).await.unwrap();
        record_all(&archive, &log).await;
    }
    let at = async || archive.moment(None, REGION, NOW_MS + DAY_MS).await.unwrap().checkpoint;
    assert_eq!(at().await, Some((2 * RECORDS as u64, "state 2".into())));
    store.is_going.store(true, Ordering::SeqCst);
    assert_eq!(at().await, Some((RECORDS as u64, "state 1".into())));
}

/// A store keeps the parts of a file until somebody says that it will not be finished.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_that_cannot_be_written_leaves_no_parts() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let (store, archive) = failing(folder.path(), -1);
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..2 {
        let sink = log.sink(topic::RAW, REGION).await.unwrap();
        for _ in 0..12 {
            // What does not shrink: two parts and a half in all.
            let payload = std::iter::repeat_with(|| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                noise.to_le_bytes()
            });
            let record = RawRecord {
                feed: "bus".into(),
                received_time_ms: NOW_MS + round * 60_000,
                payload: payload.take(1 << 17).flatten().collect::<Vec<u8>>().into(),
                ..RawRecord::default()
            };
            let records = vec![record.encode_to_vec().into()];
            sink.append(Append { records, cursor: None }).await.unwrap();
        }
        let end = log.bounds(topic::RAW, REGION).await.unwrap().next;
        while record_topic(&archive, &log, Topic::Raw).await.next < end {}
    }
    assert!(archive.bytes().await.unwrap() > 24 << 20);
    // None of its parts; the first; the first two, so that it fails with the last one.
    for parts in 0..3 {
        store.puts_left.store(1 + parts, Ordering::SeqCst);
        let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
        assert_eq!((done.merged, done.failed.len()), (0, 1), "{done:?}");
        assert_eq!(store.uploads.load(Ordering::SeqCst), 0, "after {parts} parts");
    }
    store.puts_left.store(-1, Ordering::SeqCst);
    let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(done.merged >= 2 && done.failed.is_empty(), "{done:?}");
    assert_eq!(store.uploads.load(Ordering::SeqCst), 0);
    let mut records = archive.raw_records(REGION, log.epoch()).await.unwrap();
    let mut count = 0;
    while records.next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 24);
}
