//! What retention takes, and what it leaves.

use bytes::Bytes;
use stream::{Bounds, Checkpoint, EmbeddedLog, EmbeddedOptions, Log, StreamError, topic};

use super::fixture::{REGION, append, events, file, open, quiet, read};

async fn checkpoint(log: &EmbeddedLog, events_next: u64) {
    let checkpoint = Checkpoint { events_next, picture_next: 0, state: Bytes::new() };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
}

/// Ten appends of ten records, each made durable by itself.
async fn fill(log: &EmbeddedLog) {
    let sink = events(log).await;
    for from in (0..100).step_by(10) {
        append(&*sink, from, from + 10).await;
        sink.flush().await.unwrap();
    }
}

#[tokio::test]
async fn the_oldest_blocks_go_when_the_topic_is_over_its_size() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { events_retention_bytes: 300, tail_bytes_max: 0, ..quiet() };
    let log = open(directory.path(), options.clone());
    fill(&log).await;
    let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(bounds.next, 100);
    assert!(bounds.first > 0 && bounds.first < 100 && bounds.first % 10 == 0, "{bounds:?}");
    let error = log.source(topic::EVENTS, REGION, bounds.first - 1).await.err().unwrap();
    let StreamError::Gone { wanted, first, .. } = error else { panic!("{error}") };
    assert_eq!((wanted, first), (bounds.first - 1, bounds.first));
    assert_eq!(read(&log, topic::EVENTS, bounds.first).await.unwrap(), 100);
    log.close().await.unwrap();
    let log = open(directory.path(), options);
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap(), bounds);
    assert_eq!(read(&log, topic::EVENTS, bounds.first).await.unwrap(), 100);
}

#[tokio::test]
async fn blocks_go_when_they_are_too_old() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { events_retention_age_s: 0, ..quiet() });
    fill(&log).await;
    let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(bounds, Bounds { first: 100, next: 100 });
    log.close().await.unwrap();
    let log = open(directory.path(), quiet());
    let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(bounds, Bounds { first: 100, next: 100 });
    append(&*events(&log).await, 100, 101).await;
    assert_eq!(read(&log, topic::EVENTS, 100).await.unwrap(), 101);
}

#[tokio::test]
async fn what_the_checkpoint_needs_stays() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { events_retention_age_s: 0, ..quiet() });
    let sink = events(&log).await;
    checkpoint(&log, 0).await;
    fill(&log).await;
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().first, 0);
    checkpoint(&log, 35).await;
    append(&*sink, 100, 101).await;
    sink.flush().await.unwrap();
    // Offset 35 is within the block of 30 to 39, which is kept or goes as a whole.
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().first, 30);
    log.close().await.unwrap();
    let log = open(directory.path(), EmbeddedOptions { events_retention_age_s: 0, ..quiet() });
    let sink = events(&log).await;
    append(&*sink, 101, 102).await;
    sink.flush().await.unwrap();
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().first, 30);
    assert_eq!(read(&log, topic::EVENTS, 30).await.unwrap(), 102);
}

#[tokio::test]
async fn each_topic_has_its_own_retention() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { picture_retention_age_s: 0, ..quiet() };
    let log = open(directory.path(), options);
    for topic in [topic::EVENTS, topic::PICTURE, topic::DEAD_LETTER] {
        let sink = log.sink(topic, REGION).await.unwrap();
        append(&*sink, 0, 10).await;
        sink.flush().await.unwrap();
        let first = log.bounds(topic, REGION).await.unwrap().first;
        assert_eq!(first, if topic == topic::PICTURE { 10 } else { 0 });
    }
}

#[tokio::test]
async fn a_reader_in_memory_reads_on_and_one_on_the_disk_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { events_retention_age_s: 0, ..quiet() };
    let log = open(directory.path(), options.clone());
    let mut live = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    fill(&log).await;
    assert_eq!(live.next(1_000).await.unwrap().len(), 100);

    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { tail_bytes_max: 0, ..options });
    let mut late = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    fill(&log).await;
    let error = late.next(1_000).await.unwrap_err();
    assert!(matches!(error, StreamError::Gone { wanted: 0, first: 100, .. }), "{error}");
}

#[tokio::test]
async fn the_file_does_not_grow_with_what_retention_took() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { events_retention_bytes: 100_000, tail_bytes_max: 0, ..quiet() };
    let log = open(directory.path(), options);
    let sink = events(&log).await;
    let mut bytes = Vec::new();
    for round in 0..20 {
        for batch in 0..10 {
            let from = (round * 10 + batch) * 1_000;
            append(&*sink, from, from + 1_000).await;
            sink.flush().await.unwrap();
        }
        bytes.push(std::fs::metadata(file(directory.path())).unwrap().len());
    }
    assert_eq!(bytes[10], bytes[19], "{bytes:?}");
}
