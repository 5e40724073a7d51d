//! What every backend of the log must do, told to both.

use bytes::Bytes;
use stream::{Append, Bounds, Checkpoint, Log, Record, Sink, StreamError, topic};

use crate::logs::{Backend, on_both_logs};

const REGION: &str = "helsinki";
const OTHER: &str = "oulu";

on_both_logs! {
    [REGION, OTHER];
    what_is_appended_is_read_in_order_from_anywhere,
    partitions_and_topics_are_apart,
    a_reader_waits_for_what_comes,
    readers_behind_and_at_the_end_read_the_same,
    the_newest_checkpoint_is_found,
    a_cursor_goes_with_its_append,
    a_record_that_is_too_large_is_refused_and_the_rest_goes_on,
    an_opened_log_is_the_same_log,
}

fn payloads(range: std::ops::Range<u32>) -> Vec<Bytes> {
    range.map(|number| Bytes::from(format!("record {number}"))).collect()
}

async fn append(sink: &dyn Sink, records: Vec<Bytes>) -> u64 {
    sink.append(Append { records, cursor: None }).await.unwrap()
}

/// Reads so many records, from an offset on.
async fn read(log: &dyn Log, topic: &str, region: &str, from: u64, count: usize) -> Vec<Record> {
    let mut source = log.source(topic, region, from).await.unwrap();
    let mut records = Vec::new();
    while records.len() < count {
        records.extend(source.next(count - records.len()).await.unwrap());
    }
    records
}

fn numbered(from: u64, payloads: Vec<Bytes>) -> Vec<Record> {
    (from..).zip(payloads).map(|(offset, payload)| Record { offset, payload }).collect()
}

async fn what_is_appended_is_read_in_order_from_anywhere(backend: &Backend) {
    let log = backend.open().await;
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    let empty = log.bounds(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(empty, Bounds { first: 0, next: 0 });
    assert_eq!(append(sink.as_ref(), payloads(0..3)).await, 0);
    assert_eq!(append(sink.as_ref(), payloads(3..1_000)).await, 3);
    sink.flush().await.unwrap();
    let bounds = log.bounds(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(bounds, Bounds { first: 0, next: 1_000 });
    for from in [0_u32, 1, 2, 3, 500, 999] {
        let wanted = numbered(u64::from(from), payloads(from..1_000));
        let found = read(log.as_ref(), topic::EVENTS, REGION, from.into(), wanted.len()).await;
        assert_eq!(found, wanted, "from {from}");
    }
}

async fn partitions_and_topics_are_apart(backend: &Backend) {
    let log = backend.open().await;
    let topics = [topic::EVENTS, topic::DEAD_LETTER, topic::RAW];
    for (number, (topic, region)) in
        topics.iter().flat_map(|topic| [(topic, REGION), (topic, OTHER)]).enumerate()
    {
        let sink = log.sink(topic, region).await.unwrap();
        let number = u32::try_from(number).unwrap();
        assert_eq!(append(sink.as_ref(), payloads(number..number + 1)).await, 0);
        let found = read(log.as_ref(), topic, region, 0, 1).await;
        assert_eq!(found, numbered(0, payloads(number..number + 1)));
    }
}

async fn a_reader_waits_for_what_comes(backend: &Backend) {
    let log = backend.open().await;
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    append(sink.as_ref(), payloads(0..5)).await;
    let mut source = log.source(topic::EVENTS, REGION, 5).await.unwrap();
    // Given up, and asked again: nothing is lost.
    for number in 5..25 {
        let early =
            tokio::time::timeout(std::time::Duration::from_millis(2), source.next(10)).await;
        assert!(early.is_err(), "nothing was there to read");
        append(sink.as_ref(), payloads(number..number + 1)).await;
        let found = source.next(10).await.unwrap();
        assert_eq!(found, numbered(number.into(), payloads(number..number + 1)));
    }
}

async fn readers_behind_and_at_the_end_read_the_same(backend: &Backend) {
    const RECORDS: u32 = 3_000;
    let log = backend.open().await;
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    append(sink.as_ref(), payloads(0..10)).await;
    let mut readers = Vec::new();
    for from in [0_u32, 3, 10, 10] {
        let log = std::sync::Arc::clone(&log);
        readers.push(tokio::spawn(async move {
            let count = (RECORDS - from) as usize;
            let found = read(log.as_ref(), topic::EVENTS, REGION, from.into(), count).await;
            assert_eq!(found, numbered(from.into(), payloads(from..RECORDS)));
        }));
    }
    for number in (10..RECORDS).step_by(10) {
        append(sink.as_ref(), payloads(number..number + 10)).await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

async fn the_newest_checkpoint_is_found(backend: &Backend) {
    let log = backend.open().await;
    assert_eq!(log.checkpoint(REGION).await.unwrap(), None);
    assert_eq!(log.checkpoint_next(REGION).await.unwrap(), None);
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    append(sink.as_ref(), payloads(0..1_000)).await;
    let sink = log.sink(topic::PICTURE, REGION).await.unwrap();
    let keyed = payloads(0..2_000).into_iter().map(|record| (record.clone(), record));
    sink.append_keyed(keyed.collect()).await.unwrap();
    let checkpoint = |next: u64| Checkpoint {
        events_next: next,
        picture_next: 2 * next,
        state: Bytes::from(vec![7_u8; 100_000 + next as usize]),
    };
    for next in [3, 17, 18, 900, 1_000] {
        log.save_checkpoint(REGION, checkpoint(next)).await.unwrap();
        assert_eq!(log.checkpoint(REGION).await.unwrap(), Some(checkpoint(next)));
        assert_eq!(log.checkpoint_next(REGION).await.unwrap(), Some(next));
    }
    assert_eq!(log.checkpoint(OTHER).await.unwrap(), None);
}

/// The writer that goes on from its cursor makes records again that it does not know to be there.
async fn a_cursor_goes_with_its_append(backend: &Backend) {
    let key = || "player".to_owned();
    let log = backend.open().await;
    assert_eq!(log.cursor(REGION, "player").await.unwrap(), None);
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    for number in 0..20_u32 {
        let cursor = Some((key(), Bytes::from(format!("after {number}"))));
        sink.append(Append { records: payloads(number..number + 1), cursor }).await.unwrap();
    }
    sink.flush().await.unwrap();
    drop(sink);
    log.close().await.unwrap();
    drop(log);
    let log = backend.open().await;
    assert_eq!(log.cursor(REGION, "player").await.unwrap(), Some(Bytes::from("after 19")));
    assert_eq!(log.cursor(REGION, "play").await.unwrap(), None);
    assert_eq!(log.cursor(OTHER, "player").await.unwrap(), None);
}

async fn a_record_that_is_too_large_is_refused_and_the_rest_goes_on(backend: &Backend) {
    let log = backend.open().await;
    let sink = log.sink(topic::DEAD_LETTER, REGION).await.unwrap();
    let large = Bytes::from(vec![1_u8; (8 << 20) + 1]);
    let refused = sink.append(Append { records: vec![large], cursor: None }).await.unwrap_err();
    assert!(matches!(refused, StreamError::TooLarge { .. }), "{refused}");
    let largest = Bytes::from(vec![2_u8; 8 << 20]);
    assert_eq!(append(sink.as_ref(), vec![largest.clone()]).await, 0);
    assert_eq!(
        read(log.as_ref(), topic::DEAD_LETTER, REGION, 0, 1).await,
        numbered(0, vec![largest])
    );
}

async fn an_opened_log_is_the_same_log(backend: &Backend) {
    let log = backend.open().await;
    let epoch = log.epoch().to_owned();
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    append(sink.as_ref(), payloads(0..7)).await;
    drop(sink);
    log.close().await.unwrap();
    drop(log);
    let log = backend.open().await;
    assert_eq!(log.epoch(), epoch);
    let found = read(log.as_ref(), topic::EVENTS, REGION, 0, 7).await;
    assert_eq!(found, numbered(0, payloads(0..7)));
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    assert_eq!(append(sink.as_ref(), payloads(7..8)).await, 7);
}
