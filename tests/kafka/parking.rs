//! Records that do not decode are in the dead letters once, whatever becomes of the processor.

use std::sync::Arc;

use bytes::Bytes;
use events::{Connection, DeadLetter, FeedStatus, LogRecord};
use picture::{Setup, frame};
use processor::{ProcessorError, ProcessorOptions, RegionConfig, run_region};
use prost::Message;
use stream::{Append, Bounds, Log, Record, topic};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::logs::{Backend, on_both_logs};

const REGION: &str = "helsinki";
const LARGE_BYTES: usize = (1 << 20) + 5;

on_both_logs! {
    [REGION];
    what_does_not_decode_is_parked_once,
}

fn status(time_s: i64) -> Bytes {
    let status = FeedStatus {
        feed: "bus".into(),
        watermark_ms: time_s * 1_000 - 10_000,
        received_time_ms: time_s * 1_000,
        connection: Connection::Live.into(),
        ..FeedStatus::default()
    };
    LogRecord::FeedStatus(status).encode().into()
}

async fn append(log: &Arc<dyn Log>, topic: &str, records: Vec<Bytes>) {
    let sink = log.sink(topic, REGION).await.unwrap();
    sink.append(Append { records, cursor: None }).await.unwrap();
    sink.flush().await.unwrap();
}

/// Without a checkpoint but the last one.
fn start(
    log: &Arc<dyn Log>,
    shutdown: &CancellationToken,
) -> JoinHandle<Result<(), ProcessorError>> {
    let config = RegionConfig { region: REGION.into(), setup: Setup::default() };
    let options = ProcessorOptions { checkpoint_every_s: 3_600, ..ProcessorOptions::default() };
    tokio::spawn(run_region(Arc::clone(log), config, options, shutdown.clone()))
}

/// Waits until the newest record of `events` has made its delta.
async fn applied(log: &Arc<dyn Log>) {
    let last = log.bounds(topic::EVENTS, REGION).await.unwrap().next - 1;
    let mut source = log.source(topic::PICTURE, REGION, 0).await.unwrap();
    loop {
        for record in source.next(100).await.unwrap() {
            let deltas = frame::decode(&record.payload).unwrap();
            if deltas.iter().any(|delta| delta.sequence >= last) {
                return;
            }
        }
    }
}

async fn letters(log: &Arc<dyn Log>) -> Vec<DeadLetter> {
    let Bounds { first, next } = log.bounds(topic::DEAD_LETTER, REGION).await.unwrap();
    let mut source = log.source(topic::DEAD_LETTER, REGION, first).await.unwrap();
    let mut records: Vec<Record> = Vec::new();
    while (records.len() as u64) < next - first {
        records.extend(source.next(100).await.unwrap());
    }
    let letters = records.iter().map(|record| DeadLetter::decode(&record.payload[..]).unwrap());
    letters.collect()
}

async fn what_does_not_decode_is_parked_once(backend: &Backend) {
    let log = backend.open().await;
    // A letter of a feed, which is none of these.
    let of_a_feed = DeadLetter { field: "offset 1".into(), ..DeadLetter::default() };
    append(&log, topic::DEAD_LETTER, vec![of_a_feed.encode_to_vec().into()]).await;
    let large = Bytes::from(vec![0xff; LARGE_BYTES]);
    let records = vec![status(1), "garbage".into(), large, status(2)];
    append(&log, topic::EVENTS, records).await;
    let shutdown = CancellationToken::new();
    let killed = start(&log, &shutdown);
    applied(&log).await;
    assert_eq!(letters(&log).await.len(), 3, "they are there before the deltas that come after");
    killed.abort();
    let _ = killed.await;
    assert_eq!(log.checkpoint(REGION).await.unwrap(), None);

    append(&log, topic::EVENTS, vec!["more garbage".into(), status(3)]).await;
    let task = start(&log, &shutdown);
    applied(&log).await;
    shutdown.cancel();
    task.await.unwrap().unwrap();
    let found = letters(&log).await;
    let fields: Vec<_> = found.iter().skip(1).map(|letter| letter.field.as_str()).collect();
    assert_eq!(fields, ["offset 1", "offset 2", "offset 4"]);
    for letter in &found[1..] {
        let raw = letter.raw.as_ref().unwrap();
        assert_eq!((raw.source.as_str(), raw.topic.as_str()), ("log", "events/helsinki"));
        assert_eq!(letter.reason, "undecodable");
        assert!(!letter.message.is_empty());
    }
    let payload = |letter: &DeadLetter| letter.raw.as_ref().unwrap().payload.clone();
    assert_eq!((payload(&found[1]), payload(&found[3])), ("garbage".into(), "more garbage".into()));
    assert_eq!(payload(&found[2]).len(), 1 << 20);
    let note = format!("record of {LARGE_BYTES} bytes cut to {}", 1 << 20);
    assert!(found[2].message.contains(&note), "{}", found[2].message);
}
