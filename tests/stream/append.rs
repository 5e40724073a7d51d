//! Appending, reading, closing, opening again.

use bytes::Bytes;
use stream::{Append, Bounds, Checkpoint, EmbeddedOptions, Log, StreamError, topic};

use super::fixture::{REGION, append, events, file, image, open, open_error, payload, quiet, read};

#[tokio::test]
async fn records_are_numbered_without_gaps_over_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let mut next = 0;
    for count in [1, 3, 0, 500] {
        let log = open(directory.path(), quiet());
        let sink = events(&log).await;
        append(&*sink, next, next + count).await;
        next += count;
        let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
        assert_eq!(bounds, Bounds { first: 0, next });
        assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), next);
        log.close().await.unwrap();
    }
}

#[tokio::test]
async fn topics_and_partitions_count_for_themselves() {
    let directory = tempfile::tempdir().unwrap();
    let places = [(topic::EVENTS, "north"), (topic::EVENTS, "south"), (topic::PICTURE, "north")];
    let log = open(directory.path(), quiet());
    for (topic, partition) in places {
        let sink = log.sink(topic, partition).await.unwrap();
        let records = vec![Bytes::from(format!("{topic} of {partition}"))];
        assert_eq!(sink.append(Append { records, cursor: None }).await.unwrap(), 0);
    }
    log.close().await.unwrap();
    let log = open(directory.path(), quiet());
    for (topic, partition) in places {
        let mut source = log.source(topic, partition, 0).await.unwrap();
        let records = source.next(10).await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].payload, format!("{topic} of {partition}"));
    }
}

#[tokio::test]
async fn the_epoch_stays_with_the_directory() {
    let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let log = open(one.path(), quiet());
    let epoch = log.epoch().to_owned();
    assert_eq!(epoch.len(), 16);
    log.close().await.unwrap();
    assert_eq!(open(one.path(), quiet()).epoch(), epoch);
    assert_ne!(open(other.path(), quiet()).epoch(), epoch);
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_with_its_whole_append() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), EmbeddedOptions { record_bytes_max: 100, ..quiet() });
    let sink = events(&log).await;
    let append_of = |bytes: usize| Append {
        records: vec![payload(0), Bytes::from(vec![b'x'; bytes])],
        cursor: Some(("input".to_owned(), Bytes::from_static(b"1"))),
    };
    let error = sink.append(append_of(101)).await.unwrap_err();
    assert!(matches!(error, StreamError::TooLarge { bytes: 101, bytes_max: 100 }), "{error}");
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().next, 0);
    assert_eq!(log.cursor(REGION, "input").await.unwrap(), None);
    sink.append(append_of(100)).await.unwrap();
    assert_eq!(log.bounds(topic::EVENTS, REGION).await.unwrap().next, 2);
}

#[tokio::test]
async fn an_append_larger_than_the_room_is_refused_instead_of_waiting_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { record_bytes_max: 100, pending_bytes_max: 1_000, ..quiet() };
    let log = open(directory.path(), options);
    let records = vec![Bytes::from_static(&[b'x'; 100]); 10];
    let error = events(&log).await.append(Append { records, cursor: None }).await.unwrap_err();
    assert!(matches!(error, StreamError::TooLarge { bytes_max: 1_000, .. }), "{error}");
}

#[tokio::test]
async fn appends_wait_for_room_and_then_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        record_bytes_max: 100,
        pending_bytes_max: 1_000,
        tail_bytes_max: 0,
        ..quiet()
    };
    let log = open(directory.path(), options);
    let sink = events(&log).await;
    for offset in 0..500 {
        append(&*sink, offset, offset + 1).await;
    }
    assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), 500);
}

#[tokio::test]
async fn a_cursor_belongs_to_the_partition_and_the_last_value_stays() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let cursor = |value: &'static str| Append {
        records: vec![Bytes::from_static(b"record")],
        cursor: Some(("input".to_owned(), value.into())),
    };
    events(&log).await.append(cursor("1")).await.unwrap();
    let letters = log.sink(topic::DEAD_LETTER, REGION).await.unwrap();
    letters.append(cursor("2")).await.unwrap();
    for _ in 0..2 {
        let log = open(image(directory.path()).path(), quiet());
        assert_eq!(log.cursor(REGION, "input").await.unwrap(), None, "not durable yet");
    }
    assert_eq!(log.cursor(REGION, "input").await.unwrap().unwrap(), "2");
    assert_eq!(log.cursor("south", "input").await.unwrap(), None);
    log.close().await.unwrap();
    let log = open(directory.path(), quiet());
    assert_eq!(log.cursor(REGION, "input").await.unwrap().unwrap(), "2");
    assert_eq!(log.cursor(REGION, "other").await.unwrap(), None);
}

#[tokio::test]
async fn a_checkpoint_takes_the_place_of_the_older_one() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    assert_eq!(log.checkpoint(REGION).await.unwrap(), None);
    let sink = events(&log).await;
    append(&*sink, 0, 10).await;
    for events_next in [4, 7] {
        let state = Bytes::from(vec![b'x'; events_next as usize * 100_000]);
        let checkpoint = Checkpoint { events_next, picture_next: 0, state };
        log.save_checkpoint(REGION, checkpoint.clone()).await.unwrap();
        assert_eq!(log.checkpoint(REGION).await.unwrap(), Some(checkpoint));
    }
    assert_eq!(log.checkpoint("south").await.unwrap(), None);
    log.close().await.unwrap();
    let checkpoint = open(directory.path(), quiet()).checkpoint(REGION).await.unwrap().unwrap();
    assert_eq!((checkpoint.events_next, checkpoint.state.len()), (7, 700_000));
}

#[tokio::test]
async fn a_checkpoint_cannot_be_ahead_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    append(&*events(&log).await, 0, 3).await;
    for (events_next, picture_next) in [(4, 0), (3, 1)] {
        let checkpoint = Checkpoint { events_next, picture_next, state: Bytes::new() };
        let error = log.save_checkpoint(REGION, checkpoint).await.unwrap_err();
        assert!(matches!(error, StreamError::Corrupt(_)), "{error}");
    }
    assert_eq!(log.checkpoint(REGION).await.unwrap(), None);
}

#[tokio::test]
async fn a_closed_log_takes_nothing_and_gives_what_it_has_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let sink = events(&log).await;
    append(&*sink, 0, 2).await;
    let mut source = log.source(topic::EVENTS, REGION, 0).await.unwrap();
    log.close().await.unwrap();
    let record = Append { records: vec![payload(2)], cursor: None };
    assert!(matches!(sink.append(record).await, Err(StreamError::Closed)));
    assert!(matches!(sink.flush().await, Err(StreamError::Closed)));
    let checkpoint = Checkpoint { events_next: 0, picture_next: 0, state: Bytes::new() };
    let saved = log.save_checkpoint(REGION, checkpoint).await;
    assert!(matches!(saved, Err(StreamError::Closed)));
    assert_eq!(source.next(10).await.unwrap().len(), 2);
    assert!(matches!(source.next(10).await, Err(StreamError::Closed)));
    log.close().await.unwrap();
}

#[tokio::test]
async fn dropping_the_log_closes_it() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let sink = events(&log).await;
    append(&*sink, 0, 5).await;
    drop(log);
    assert!(matches!(sink.flush().await, Err(StreamError::Closed)));
    let log = open(directory.path(), quiet());
    assert_eq!(read(&log, topic::EVENTS, 0).await.unwrap(), 5);
}

#[tokio::test]
async fn a_directory_in_use_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    let message = open_error(directory.path()).to_string();
    assert!(message.contains(&directory.path().display().to_string()), "{message}");
    assert!(message.contains("in use"), "{message}");
    log.close().await.unwrap();
    open(directory.path(), quiet());
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path(), quiet()));
    let file = file(directory.path());
    std::fs::write(&file, "not a log".repeat(1_000)).unwrap();
    let error = open_error(directory.path());
    assert!(matches!(error, StreamError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn names_that_are_no_names_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path(), quiet());
    for name in ["", "North", "a/b", "ä", &"x".repeat(65)] {
        assert!(log.sink(name, REGION).await.is_err(), "{name:?}");
        assert!(log.source(topic::EVENTS, name, 0).await.is_err(), "{name:?}");
    }
}
