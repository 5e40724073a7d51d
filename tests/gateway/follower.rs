//! Following the log: from its checkpoint, to its end, and what stops it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use events::{Connection, FeedStatus, LogRecord};
use gateway::{App, FollowError, Progress};
use picture::{Delta, Picture, Setup, frame};
use stream::{Bounds, Checkpoint, Log, Record, Sink, Source, StreamError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::support::{REGION, app, get_json, region};

/// A `picture` topic of one region, in memory.
#[derive(Default)]
struct MemoryLog {
    /// Offset of the first record.
    first: u64,
    records: Mutex<Vec<Bytes>>,
    checkpoint: Option<Checkpoint>,
    appended: Notify,
}

struct MemorySource {
    log: Arc<MemoryLog>,
    next: u64,
}

#[async_trait]
impl Source for MemorySource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        loop {
            let appended = self.log.appended.notified();
            let skip = (self.next - self.log.first) as usize;
            let payloads: Vec<Bytes> = {
                let records = self.log.records.lock().unwrap();
                records.iter().skip(skip).take(records_max).cloned().collect()
            };
            if !payloads.is_empty() {
                let records = (self.next..).zip(payloads);
                let records: Vec<Record> =
                    records.map(|(offset, payload)| Record { offset, payload }).collect();
                self.next += records.len() as u64;
                return Ok(records);
            }
            appended.await;
        }
    }
}

/// The log as the gateway sees it: it only reads.
struct Shared(Arc<MemoryLog>);

#[async_trait]
impl Log for Shared {
    fn epoch(&self) -> &'static str {
        "log-7"
    }

    async fn sink(&self, _: &str, _: &str) -> Result<Box<dyn Sink>, StreamError> {
        unreachable!("the gateway never writes")
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        assert_eq!((topic, partition), (stream::topic::PICTURE, REGION));
        if from < self.0.first {
            return Err(StreamError::Gone {
                topic: topic.into(),
                partition: partition.into(),
                wanted: from,
                first: self.0.first,
            });
        }
        let log = Arc::clone(&self.0);
        Ok(Box::new(MemorySource { log, next: from }))
    }

    async fn bounds(&self, _: &str, _: &str) -> Result<Bounds, StreamError> {
        let records = self.0.records.lock().unwrap().len() as u64;
        Ok(Bounds { first: self.0.first, next: self.0.first + records })
    }

    async fn save_checkpoint(&self, _: &str, _: Checkpoint) -> Result<(), StreamError> {
        unreachable!("the gateway never writes")
    }

    async fn checkpoint(&self, _: &str) -> Result<Option<Checkpoint>, StreamError> {
        Ok(self.0.checkpoint.clone())
    }

    async fn cursor(&self, _: &str, _: &str) -> Result<Option<Bytes>, StreamError> {
        Ok(None)
    }

    async fn close(&self) -> Result<(), StreamError> {
        Ok(())
    }
}

impl MemoryLog {
    fn append(&self, payload: Vec<u8>) {
        self.records.lock().unwrap().push(payload.into());
        self.appended.notify_waiters();
    }
}

fn picture() -> Picture {
    Picture::new(REGION.into(), "log-7".into(), Setup::default())
}

/// The frame of a feed status at an offset of `events`.
fn status(picture: &mut Picture, offset: u64) -> Vec<u8> {
    let status = FeedStatus {
        feed: "feed".into(),
        watermark_ms: offset as i64 * 1_000,
        received_time_ms: offset as i64 * 1_000,
        connection: Connection::Live.into(),
        ..Default::default()
    };
    let mut deltas: Vec<Delta> = Vec::new();
    picture.apply(offset, &LogRecord::FeedStatus(status), &mut deltas);
    frame::encode(&deltas)
}

type Task = tokio::task::JoinHandle<Result<(), FollowError>>;

fn follow(app: &App, log: &Arc<MemoryLog>, shutdown: &CancellationToken) -> Task {
    let live = Arc::clone(app.region(REGION).unwrap());
    live.set_progress(Progress::CatchingUp);
    let log: Arc<dyn Log> = Arc::new(Shared(Arc::clone(log)));
    tokio::spawn(gateway::follow(log, live, Setup::default(), shutdown.clone()))
}

async fn caught_up(app: &App) {
    while region(app).progress() != Progress::Following {
        tokio::task::yield_now().await;
    }
}

async fn watermark(app: &Arc<App>) -> i64 {
    let answer = get_json(app, &format!("/v1/regions/{REGION}/feeds/feed")).await;
    assert_eq!(answer["epoch"], "log-7");
    answer["object"]["watermark_ms"].as_i64().unwrap()
}

#[tokio::test]
async fn without_a_checkpoint_it_reads_from_the_start_and_on() {
    let (app, log, shutdown) = (app(), Arc::new(MemoryLog::default()), CancellationToken::new());
    let mut picture = picture();
    for offset in 0..600 {
        log.append(status(&mut picture, offset));
    }
    let task = follow(&app, &log, &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app).await, 599_000);
    log.append(status(&mut picture, 600));
    while watermark(&app).await != 600_000 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_empty_log_is_caught_up_with() {
    let (app, log, shutdown) = (app(), Arc::new(MemoryLog::default()), CancellationToken::new());
    let task = follow(&app, &log, &shutdown);
    caught_up(&app).await;
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn from_a_checkpoint_it_reads_the_tail_and_drops_what_it_has() {
    let mut picture = picture();
    let frames: Vec<Vec<u8>> = (0..5).map(|offset| status(&mut picture, offset)).collect();
    let checkpoint =
        Checkpoint { events_next: 5, picture_next: 3, state: picture.checkpoint().into() };
    let log = Arc::new(MemoryLog { first: 3, checkpoint: Some(checkpoint), ..Default::default() });
    // A processor that was killed writes its last frames again.
    for frame in frames.into_iter().skip(3) {
        log.append(frame);
    }
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app).await, 4_000);
    log.append(status(&mut picture, 9));
    while watermark(&app).await != 9_000 {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_lies_before_the_checkpoint_may_be_lost() {
    let mut picture = picture();
    let frames: Vec<Vec<u8>> = (0..3).map(|offset| status(&mut picture, offset)).collect();
    let checkpoint =
        Checkpoint { events_next: 3, picture_next: 2, state: picture.checkpoint().into() };
    let log = Arc::new(MemoryLog { checkpoint: Some(checkpoint), ..Default::default() });
    log.append(b"garbage".to_vec());
    frames.into_iter().skip(1).for_each(|frame| log.append(frame));
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app).await, 2_000);
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_stops_it_with_the_reason() {
    let corrupt = Arc::new(MemoryLog::default());
    corrupt.append(b"garbage".to_vec());
    let gone = Arc::new(MemoryLog { first: 3, ..Default::default() });
    let no_picture = Arc::new(MemoryLog {
        checkpoint: Some(Checkpoint {
            events_next: 0,
            picture_next: 0,
            state: Bytes::from_static(b"garbage"),
        }),
        ..Default::default()
    });
    for (log, says) in [
        (corrupt, "record 0 of picture/kaupunki is no frame"),
        (gone, "the oldest is 3"),
        (no_picture, "cannot restore the picture of kaupunki"),
    ] {
        let (app, shutdown) = (app(), CancellationToken::new());
        let error = follow(&app, &log, &shutdown).await.unwrap().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        let Progress::Stopped(why) = region(&app).progress() else {
            panic!("still going");
        };
        assert_eq!(why, error.to_string());
    }
}
