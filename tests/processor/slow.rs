//! Processors beside one that stalls, and on a store of checkpoints that hangs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use picture::{View, frame};
use processor::{ProcessorOptions, run_region, stand_by, take_over};
use stream::{Bounds, Checkpoint, Log, Record, Sink, Source, StreamError, topic};
use tokio_util::sync::CancellationToken;

use super::{REGION, append, checkpoint, config, deltas, expected, records};
use crate::logs::Backend;

/// So long a test waits before it has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A log whose events end early for those who read them, or whose checkpoints are not told.
struct Slow {
    log: Arc<dyn Log>,
    /// Offset of the first event that does not come.
    events_end: u64,
    /// Somebody has read, and done with, all before it.
    read: CancellationToken,
    /// The offset of the newest checkpoint never comes.
    hangs: bool,
    /// Somebody waits for it.
    asked: CancellationToken,
}

impl Slow {
    fn new(log: &Arc<dyn Log>, events_end: u64, hangs: bool) -> Arc<Self> {
        let (read, asked) = (CancellationToken::new(), CancellationToken::new());
        Arc::new(Self { log: Arc::clone(log), events_end, read, hangs, asked })
    }
}

struct SlowSource {
    source: Box<dyn Source>,
    next: u64,
    end: u64,
    read: CancellationToken,
}

#[async_trait]
impl Source for SlowSource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        if self.next >= self.end {
            self.read.cancel();
            std::future::pending::<()>().await;
        }
        let left = records_max.min((self.end - self.next) as usize);
        let records = self.source.next(left).await?;
        self.next = records.last().unwrap().offset + 1;
        Ok(records)
    }
}

#[async_trait]
impl Log for Slow {
    fn epoch(&self) -> &str {
        self.log.epoch()
    }

    fn is_compacted(&self, topic: &str) -> bool {
        self.log.is_compacted(topic)
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        self.log.sink(topic, partition).await
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let source = self.log.source(topic, partition, from).await?;
        let (end, read) = (self.events_end, self.read.clone());
        let is_events = topic == topic::EVENTS;
        Ok(if is_events { Box::new(SlowSource { source, next: from, end, read }) } else { source })
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        self.log.bounds(topic, partition).await
    }

    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        self.log.save_checkpoint(partition, checkpoint).await
    }

    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        self.log.checkpoint(partition).await
    }

    async fn checkpoint_next(&self, partition: &str) -> Result<Option<u64>, StreamError> {
        if self.hangs {
            self.asked.cancel();
            std::future::pending::<()>().await;
        }
        self.log.checkpoint_next(partition).await
    }

    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError> {
        self.log.cursor(partition, key).await
    }

    async fn close(&self) -> Result<(), StreamError> {
        self.log.close().await
    }
}

/// Without checkpoints but that of the end.
fn seldom() -> ProcessorOptions {
    ProcessorOptions {
        batch_records_max: 7,
        checkpoint_every_s: 3_600,
        checkpoint_every_records: 1_000_000,
    }
}

/// Processes all before an offset, and ends in good order.
async fn process_until(log: &Arc<dyn Log>, events_end: u64) {
    let (slow, shutdown) = (Slow::new(log, events_end, false), CancellationToken::new());
    let dynamic: Arc<dyn Log> = Arc::<Slow>::clone(&slow);
    let running = tokio::spawn(run_region(dynamic, config(), seldom(), shutdown.clone()));
    tokio::time::timeout(PATIENCE, slow.read.cancelled()).await.unwrap();
    shutdown.cancel();
    running.await.unwrap().unwrap();
}

/// One process stalls, another one takes the region and is not yet as far when the first goes on and writes
/// what comes next. A view that starts from the checkpoint of the second must not skip what is between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_is_behind_a_stalled_processor_has_all_after_it() {
    let backend = Backend::kafka(&[REGION]);
    let log = backend.open().await;
    let (first, second, third) = (records(0..20), records(20..40), records(40..42));
    append(&log, first.clone()).await;
    process_until(&log, first.len() as u64).await;
    append(&log, second.clone()).await;
    let stop = CancellationToken::new();
    let stalled = tokio::spawn(run_region(Arc::clone(&log), config(), seldom(), stop));
    deltas(&log, 0).await;
    stalled.abort();
    assert!(stalled.await.unwrap_err().is_cancelled());

    let before = (first.len() + second.len()) as u64;
    let behind = first.len() as u64 + 30;
    process_until(&log, behind).await;
    let (saved, picture) = checkpoint(&log).await;
    assert_eq!(saved.events_next, behind);
    // The stalled one goes on.
    append(&log, third.clone()).await;
    let all = [first, second, third].concat();
    let (made, snapshot) = expected(&log, &all);
    let late = made.iter().filter(|delta| delta.sequence >= before);
    let late: Vec<(Bytes, Bytes)> =
        late.map(|delta| (delta.key().into(), delta.encode().into())).collect();
    assert!(!late.is_empty());
    let sink = log.sink(topic::PICTURE, REGION).await.unwrap();
    sink.append_keyed(late).await.unwrap();
    process_until(&log, all.len() as u64).await;

    let end = log.bounds(topic::PICTURE, REGION).await.unwrap().next;
    let mut view = View::from_snapshot(picture.snapshot());
    let mut source = log.source(topic::PICTURE, REGION, saved.picture_next).await.unwrap();
    let mut next = saved.picture_next;
    while next < end {
        for record in source.next(100).await.unwrap() {
            next = record.offset + 1;
            for delta in frame::decode(&record.payload).unwrap() {
                view.apply(delta);
            }
        }
    }
    assert_eq!(view.snapshot().encode(), snapshot.encode());
    // Once it is as far, its checkpoints have nothing before them again.
    let (saved, picture) = checkpoint(&log).await;
    assert_eq!((saved.events_next, saved.picture_next), (all.len() as u64, end));
    assert_eq!(picture.snapshot().encode(), snapshot.encode());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_reads_on_and_hears_while_the_store_hangs() {
    for is_promoted in [true, false] {
        let backend = Backend::embedded();
        let log = backend.open().await;
        let all = records(0..10);
        append(&log, all[..30].to_vec()).await;
        let slow = Slow::new(&log, u64::MAX, true);
        let (promoted, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let dynamic: Arc<dyn Log> = Arc::<Slow>::clone(&slow);
        let standing = stand_by(dynamic, config(), seldom(), promoted.clone(), shutdown.clone());
        let standing = tokio::spawn(standing);
        tokio::time::timeout(PATIENCE, slow.asked.cancelled()).await.unwrap();
        append(&log, all[30..].to_vec()).await;
        if is_promoted {
            promoted.cancel();
        } else {
            shutdown.cancel();
        }
        let warm = tokio::time::timeout(PATIENCE, standing).await.unwrap().unwrap().unwrap();
        assert_eq!(warm.is_some(), is_promoted);
        let Some(warm) = warm else { continue };
        let processor = tokio::spawn(take_over(warm, seldom(), shutdown.clone()));
        assert_eq!(deltas(&log, 0).await, expected(&log, &all).0);
        shutdown.cancel();
        processor.await.unwrap().unwrap();
    }
}
