//! Readers: live, late, slow, many; each with a position of its own.

use std::sync::Arc;

use stream::{EmbeddedLog, EmbeddedOptions, Log, StreamError, topic};
use tokio::task::JoinSet;

use super::fixture::{REGION, append, events, open, payload, quiet, read};

#[tokio::test]
async fn a_reader_who_waits_is_woken_before_anything_is_durable() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let sink = events(&log).await;
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let reading = tokio::spawn(async move { source.next(10).await });
    tokio::task::yield_now().await;
    append(&*sink, 0, 1).await;
    assert_eq!(reading.await.unwrap().unwrap()[0].payload, payload(0));
}

#[tokio::test]
async fn a_dropped_call_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { tail_bytes_max: 0, ..quiet() });
    let sink = events(&log).await;
    append(&*sink, 0, 100).await;
    sink.flush().await.unwrap();
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut position = 0;
    while position < 100 {
        // The first poll starts to read the disk; the call is dropped there.
        tokio::select! {
            biased;
            records = source.next(7) => for record in records.unwrap() {
                assert_eq!(record.offset, position);
                position += 1;
            },
            () = std::future::ready(()) => {
                let records = source.next(7).await.unwrap();
                assert_eq!(records[0].offset, position);
                position += records.len() as u64;
            }
        }
    }
}

#[tokio::test]
async fn readers_at_every_position_see_the_same_records() {
    let directory = tempfile::tempdir().unwrap();
    // Small blocks, and memory for a few records only: positions fall in memory, at the edge and
    // on the disk, within and between blocks.
    let options = EmbeddedOptions { block_bytes_max: 100, tail_bytes_max: 500, ..quiet() };
    let log = open(directory.path(), options);
    let sink = events(&log).await;
    for from in [0, 10, 20] {
        append(&*sink, from, from + 10).await;
        sink.flush().await.unwrap();
    }
    append(&*sink, 30, 35).await;
    for from in 0..=35 {
        assert_eq!(read(&log, topic::EVENTS, from).await.unwrap(), 35);
    }
    for records_max in [0, 1, 3, 1_000] {
        let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
        let records = source.next(records_max).await.unwrap();
        assert!((1..=records_max.max(1)).contains(&records.len()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_readers_follow_a_writer_and_a_slow_one_does_not_hold_it_up() {
    const RECORDS: u64 = 20_000;
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        fsync_interval_ms: 1,
        block_bytes_max: 4_000,
        tail_bytes_max: 20_000,
        ..quiet()
    };
    let log = open(directory.path(), options);
    let sink = events(&log).await;
    let mut slow = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut readers = JoinSet::new();
    for records_max in [1, 10, 100, 1_000] {
        readers.spawn(follow(Arc::clone(&log), records_max, RECORDS));
    }
    let mut next = 0;
    while next < RECORDS {
        let end = (next + 1 + next % 50).min(RECORDS);
        append(&*sink, next, end).await;
        next = end;
    }
    while let Some(reader) = readers.join_next().await {
        assert_eq!(reader.unwrap(), RECORDS);
    }
    // It read nothing so far, and begins on the disk.
    let mut position = 0;
    while position < RECORDS {
        let records = slow.next(500).await.unwrap();
        assert_eq!(records[0].offset, position);
        position += records.len() as u64;
    }
}

async fn follow(log: Arc<EmbeddedLog>, records_max: usize, to: u64) -> u64 {
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let mut position = 0;
    while position < to {
        for record in source.next(records_max).await.unwrap() {
            assert_eq!((record.offset, record.payload), (position, payload(position)));
            position += 1;
        }
    }
    position
}

#[tokio::test]
async fn an_offset_after_the_end_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    append(&*events(&log).await, 0, 3).await;
    assert!(log.source(topic::EVENTS, REGION, 3).await.is_ok());
    let error = log.source(topic::EVENTS, REGION, 4).await.err().unwrap();
    assert!(matches!(error, StreamError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn closing_the_log_ends_a_reader_who_waits() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    let reading = tokio::spawn(async move { source.next(10).await });
    tokio::task::yield_now().await;
    log.close().await.unwrap();
    assert!(matches!(reading.await.unwrap(), Err(StreamError::Closed)));
}
