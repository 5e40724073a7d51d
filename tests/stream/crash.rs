//! Crashes and damage: whatever of the last commit reached the disk, the log opens with everything
//! before it.

use std::path::Path;

use bytes::Bytes;
use stream::{Append, Checkpoint, EmbeddedLog, EmbeddedOptions, Log, StreamError, topic};

use super::fixture::{
    Numbers, REGION, append, events, file, image, open, open_error, payload, quiet, read,
};

/// What a disk writes as one, at least.
const SECTOR_BYTES: usize = 512;

#[tokio::test]
async fn a_killed_process_loses_only_what_was_not_yet_durable() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let sink = events(&log).await;
    append(&*sink, 0, 50).await;
    sink.flush().await.unwrap();
    append(&*sink, 50, 60).await;
    let crashed = image(directory.path());
    let log = open(crashed.path(), quiet());
    assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), 50);
    append(&*events(&log).await, 50, 55).await;
    assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), 55);
}

#[tokio::test]
async fn records_become_durable_by_themselves() {
    let directory = tempfile::tempdir().unwrap();
    for options in [
        EmbeddedOptions { fsync_interval_ms: 1, ..quiet() },
        EmbeddedOptions { fsync_records_max: 10, ..quiet() },
        EmbeddedOptions { record_bytes_max: 50, pending_bytes_max: 1_000, ..quiet() },
    ] {
        let log = open(directory.path(), options);
        let sink = events(&log).await;
        let from = log.bounds(topic::EVENTS, REGION).await.unwrap().next;
        append(&*sink, from, from + 10).await;
        // Each image shows a whole number of appends; in the end the append is in it.
        loop {
            let log = open(image(directory.path()).path(), quiet());
            let next = read(&log, topic::EVENTS, 0).await.unwrap();
            assert!(next == from || next == from + 10, "{next}");
            if next == from + 10 {
                break;
            }
            tokio::task::yield_now().await;
        }
        log.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_checkpoint_makes_its_records_durable_first() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    append(&*events(&log).await, 0, 30).await;
    append(&*log.sink(topic::PICTURE, REGION).await.unwrap(), 0, 20).await;
    let checkpoint = Checkpoint { events_next: 30, picture_next: 20, state: "state".into() };
    log.save_checkpoint(REGION, checkpoint.clone()).await.unwrap();
    let log = open(image(directory.path()).path(), quiet());
    assert_eq!(log.checkpoint(REGION).await.unwrap(), Some(checkpoint));
    assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), 30);
    assert_eq!(read(&log, topic::PICTURE, 0).await.unwrap(), 20);
}

/// Two states of a log that one commit apart: before it, and after it.
struct Commit {
    before: Vec<u8>,
    after: Vec<u8>,
}

/// 40 records, then a commit of 10 in `events` with a cursor, 5 in `picture` and a checkpoint.
async fn commit() -> (Commit, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { block_bytes_max: 100, ..quiet() });
    let sink = events(&log).await;
    for from in [0, 10, 20, 30] {
        append(&*sink, from, from + 10).await;
        sink.flush().await.unwrap();
    }
    let file = file(directory.path());
    let before = std::fs::read(&file).unwrap();
    let cursor = Some(("input".to_owned(), Bytes::from_static(b"50")));
    let records = (40..50).map(payload).collect();
    sink.append(Append { records, cursor }).await.unwrap();
    append(&*log.sink(topic::PICTURE, REGION).await.unwrap(), 0, 5).await;
    let state = Bytes::from(vec![b's'; 10_000]);
    let checkpoint = Checkpoint { events_next: 50, picture_next: 5, state };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
    let after = std::fs::read(&file).unwrap();
    log.close().await.unwrap();
    (Commit { before, after }, directory)
}

/// All of the commit is there or nothing of it; true for all.
async fn all_or_nothing(log: &EmbeddedLog) -> bool {
    let events_next = read(log, topic::EVENTS, 0).await.unwrap();
    let picture_next = read(log, topic::PICTURE, 0).await.unwrap();
    let cursor = log.cursor(REGION, "input").await.unwrap();
    let checkpoint = log.checkpoint(REGION).await.unwrap();
    let all = events_next == 50;
    assert_eq!((events_next, picture_next), if all { (50, 5) } else { (40, 0) });
    assert_eq!((cursor.is_some(), checkpoint.is_some()), (all, all));
    all
}

/// The file with each sector taken from before or after, as chance has it.
fn torn(commit: &Commit, numbers: &mut Numbers) -> Vec<u8> {
    let mut torn = commit.after.clone();
    // Some power cuts leave most of the old, some most of the new.
    let kept_of_8 = numbers.next() % 9;
    for (number, sector) in torn.chunks_mut(SECTOR_BYTES).enumerate() {
        if numbers.next() % 8 < kept_of_8 {
            let start = number * SECTOR_BYTES;
            for (index, byte) in sector.iter_mut().enumerate() {
                *byte = commit.before.get(start + index).copied().unwrap_or(0);
            }
        }
    }
    torn
}

#[tokio::test]
async fn a_commit_torn_by_a_power_cut_is_there_as_a_whole_or_not_at_all() {
    let (commit, directory) = commit().await;
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut outcomes = [0, 0];
    for _ in 0..60 {
        std::fs::write(file(directory.path()), torn(&commit, &mut numbers)).unwrap();
        let log = open(directory.path(), quiet());
        outcomes[usize::from(all_or_nothing(&log).await)] += 1;
        // And it goes on.
        let next = log.bounds(topic::EVENTS, REGION).await.unwrap().next;
        append(&*events(&log).await, next, next + 3).await;
        log.close().await.unwrap();
        let log = open(directory.path(), quiet());
        assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), next + 3);
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

/// Opens a damaged log and reads all of it: an error, or records as they were appended.
async fn open_damaged(directory: &Path) -> Result<u64, StreamError> {
    let log = EmbeddedLog::open(directory, quiet())?;
    read(&log, topic::PICTURE, 0).await?;
    log.checkpoint(REGION).await?;
    read(&log, topic::EVENTS, 0).await
}

#[tokio::test]
async fn a_file_cut_short_is_an_error_that_names_it_or_a_prefix() {
    let (commit, directory) = commit().await;
    let file = file(directory.path());
    for end in (0..commit.after.len()).step_by(commit.after.len() / 150) {
        std::fs::write(&file, &commit.after[..end]).unwrap();
        match open_damaged(directory.path()).await {
            Ok(next) => assert!(end == 0 && next == 0 || next == 40 || next == 50, "{end}: {next}"),
            Err(error) => assert!(error.to_string().contains("log.redb"), "{end}: {error}"),
        }
    }
}

/// Bytes that are changed, one at a time.
const DAMAGES: usize = 100;

/// Reads a log with a byte changed at many positions; how often that was noticed.
async fn damage(directory: &Path, contents: &[u8], nexts: &[u64]) -> usize {
    let file = file(directory);
    let used: Vec<_> = (0..contents.len()).filter(|position| contents[*position] != 0).collect();
    let (mut noticed, mut numbers) = (0, Numbers(0x2545_F491_4F6C_DD1D));
    for _ in 0..DAMAGES {
        let position = used[numbers.next() as usize % used.len()];
        let mut damaged = contents.to_vec();
        damaged[position] ^= 0x55;
        std::fs::write(&file, damaged).unwrap();
        match open_damaged(directory).await {
            Ok(next) => assert!(nexts.contains(&next), "{position}: {next}"),
            Err(error) => {
                noticed += 1;
                assert!(error.to_string().contains("log.redb"), "{position}: {error}");
            }
        }
    }
    noticed
}

#[tokio::test]
async fn damage_after_a_crash_is_an_error_or_takes_the_last_commit_only() {
    let (commit, directory) = commit().await;
    damage(directory.path(), &commit.after, &[40, 50]).await;
}

#[tokio::test]
async fn damage_after_a_close_is_an_error_and_takes_nothing() {
    let (_, directory) = commit().await;
    let closed = std::fs::read(file(directory.path())).unwrap();
    let noticed = damage(directory.path(), &closed, &[50]).await;
    assert!(noticed > 0);
}

/// Noise, which no compression changes: it can be found in the file.
fn noise(offset: u64) -> Bytes {
    let mut numbers = Numbers(offset + 1);
    (0..400).flat_map(|_| numbers.next().to_le_bytes()).collect()
}

/// 50 records in 50 commits, and a bit of record 20 changed in the file.
async fn damaged(closed: bool) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let sink = events(&log).await;
    for offset in 0..50 {
        let records = vec![noise(offset)];
        sink.append(Append { records, cursor: None }).await.unwrap();
        sink.flush().await.unwrap();
    }
    if closed {
        log.close().await.unwrap();
    }
    let damaged = image(directory.path());
    let file = file(damaged.path());
    let mut contents = std::fs::read(&file).unwrap();
    let record = noise(20);
    let mut found = 0;
    for start in 0..contents.len() - record.len() {
        // A page that was written anew has left its older copy behind.
        if contents[start..].starts_with(&record) {
            contents[start + 1_000] ^= 1;
            found += 1;
        }
    }
    assert!(found > 0);
    std::fs::write(file, contents).unwrap();
    damaged
}

#[tokio::test]
async fn an_old_record_that_is_damaged_is_found_when_the_log_is_opened() {
    for closed in [true, false] {
        let directory = damaged(closed).await;
        let error = open_error(directory.path());
        assert!(matches!(error, StreamError::Corrupt(_)), "{error:?}");
        assert!(error.to_string().contains("log.redb"), "{error}");
    }
}

#[tokio::test]
async fn without_a_check_a_damaged_record_is_found_when_it_is_read_and_costs_no_other() {
    let directory = damaged(true).await;
    let log = open(directory.path(), EmbeddedOptions { check_on_open: false, ..quiet() });
    // All before it comes first.
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut position = 0;
    while position < 20 {
        position += source.next(100).await.unwrap().len() as u64;
    }
    assert!(matches!(source.next(100).await, Err(StreamError::Corrupt(_))));
    let mut damaged = Vec::new();
    for offset in 0..50 {
        let mut source = log.source(topic::EVENTS, REGION, offset).await.unwrap();
        match source.next(1).await {
            Ok(records) => assert_eq!(records[0].payload, noise(offset)),
            Err(error) => {
                assert!(matches!(error, StreamError::Corrupt(_)), "{error:?}");
                assert!(error.to_string().contains("offset 20"), "{error}");
                damaged.push(offset);
            }
        }
    }
    assert_eq!(damaged, [20]);
}
