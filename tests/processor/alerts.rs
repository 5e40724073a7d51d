//! What operators are told of is in `alerts` once, whatever becomes of the processor.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{Alert, Connection, FeedStatus, LogRecord};
use processor::{ProcessorOptions, stand_by, take_over};
use prost::Message;
use stream::{Bounds, Log, topic};
use tokio_util::sync::CancellationToken;

use super::{FEED, REGION, Running, append, config, deltas};
use crate::logs::{Backend, on_both_logs};

on_both_logs! {
    [REGION];
    operators_are_told_once,
    a_standby_tells_what_was_not_told,
}

/// A status a minute.
fn statuses(minutes: std::ops::Range<i64>, connection: Connection) -> Vec<Bytes> {
    let status = |minute: i64| {
        let time_ms = minute * 60_000;
        let status = FeedStatus {
            feed: FEED.into(),
            watermark_ms: time_ms,
            received_time_ms: time_ms,
            connection: connection.into(),
            ..FeedStatus::default()
        };
        LogRecord::FeedStatus(status).encode().into()
    };
    minutes.map(status).collect()
}

async fn alerts(log: &Arc<dyn Log>) -> Vec<(u64, bool)> {
    let Bounds { first, next } = log.bounds(topic::ALERTS, REGION).await.unwrap();
    let mut alerts = Vec::new();
    if first == next {
        return alerts;
    }
    let mut source = log.source(topic::ALERTS, REGION, first).await.unwrap();
    while (alerts.len() as u64) < next - first {
        for record in source.next(100).await.unwrap() {
            let alert = Alert::decode(&record.payload[..]).unwrap();
            assert_eq!(alert.id, format!("feed/{FEED}"));
            alerts.push((alert.sequence, alert.is_over));
        }
    }
    alerts
}

async fn operators_are_told_once(backend: &Backend) {
    let log = backend.open().await;
    append(&log, statuses(1..5, Connection::Down)).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    assert_eq!(alerts(&log).await, [(2, false)], "it is there before the deltas that come after");
    running.kill().await;
    assert_eq!(log.checkpoint(REGION).await.unwrap(), None, "all is done again");

    append(&log, statuses(5..8, Connection::Live)).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    assert_eq!(alerts(&log).await, [(2, false), (6, true)]);
    running.stop().await;
    append(&log, statuses(8..12, Connection::Idle)).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    assert_eq!(alerts(&log).await, [(2, false), (6, true), (9, false)]);
    running.stop().await;
}

async fn a_standby_tells_what_was_not_told(backend: &Backend) {
    let log = backend.open().await;
    append(&log, statuses(1..5, Connection::Down)).await;
    let (promoted, shutdown) = (CancellationToken::new(), CancellationToken::new());
    let options = ProcessorOptions::default();
    let standing =
        stand_by(Arc::clone(&log), config(), options, promoted.clone(), shutdown.clone());
    let standing = tokio::spawn(standing);
    // It has read them all before it is promoted, or reads them as the processor: both must tell.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(alerts(&log).await, [], "it writes nothing");
    promoted.cancel();
    let warm = standing.await.unwrap().unwrap().unwrap();
    let processor = tokio::spawn(take_over(warm, options, shutdown.clone()));
    deltas(&log, 0).await;
    assert_eq!(alerts(&log).await, [(2, false)]);
    shutdown.cancel();
    processor.await.unwrap().unwrap();
}
