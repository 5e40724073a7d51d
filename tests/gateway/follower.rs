//! Following the log: from its checkpoint, to its end, and what stops it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{Connection, FeedStatus, LogRecord};
use gateway::{App, Progress};
use picture::{Delta, Picture, Setup};
use stream::{Append, Bounds, Checkpoint, Log, topic};
use tokio_util::sync::CancellationToken;

use super::support::{REGION, app, append_frames, caught_up, follow, get_json, region};
use crate::logs::{Backend, Moved, on_both_logs};

on_both_logs! {
    [REGION];
    without_a_checkpoint_it_reads_from_the_start_and_on,
    an_empty_log_is_caught_up_with,
    from_a_checkpoint_it_reads_the_tail_and_drops_what_it_has,
    what_lies_before_the_checkpoint_may_be_lost,
    what_cannot_be_read_stops_it_with_the_reason,
}

fn picture(log: &dyn Log) -> Picture {
    Picture::new(REGION.into(), log.epoch().into(), Setup::default())
}

/// The frame of a feed status at an offset of `events`.
fn status(picture: &mut Picture, offset: u64) -> Vec<Delta> {
    let status = FeedStatus {
        feed: "feed".into(),
        watermark_ms: offset as i64 * 1_000,
        received_time_ms: offset as i64 * 1_000,
        connection: Connection::Live.into(),
        ..Default::default()
    };
    let mut deltas = Vec::new();
    picture.apply(offset, &LogRecord::FeedStatus(status), &mut deltas);
    deltas
}

async fn append_garbage(log: &dyn Log) {
    let sink = log.sink(topic::PICTURE, REGION).await.unwrap();
    sink.append_keyed(vec![("garbage".into(), "garbage".into())]).await.unwrap();
}

/// Events that a checkpoint can be after; who follows the picture does not read them.
async fn append_events(log: &dyn Log, count: usize) {
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    let records = vec![Bytes::from_static(b"event"); count];
    sink.append(Append { records, cursor: None }).await.unwrap();
}

/// The offset of `picture` that the next record gets.
async fn picture_next(log: &dyn Log) -> u64 {
    log.bounds(topic::PICTURE, REGION).await.unwrap().next
}

async fn watermark(app: &Arc<App>, log: &dyn Log) -> i64 {
    let answer = get_json(app, &format!("/v1/regions/{REGION}/feeds/feed")).await;
    assert_eq!(answer["epoch"], log.epoch());
    answer["object"]["watermark_ms"].as_i64().unwrap()
}

async fn until_watermark(app: &Arc<App>, log: &dyn Log, watermark_ms: i64) {
    while watermark(app, log).await != watermark_ms {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn without_a_checkpoint_it_reads_from_the_start_and_on(backend: &Backend) {
    let log = backend.open().await;
    let mut picture = picture(log.as_ref());
    let frames: Vec<_> = (0..600).map(|offset| status(&mut picture, offset)).collect();
    append_frames(log.as_ref(), &frames).await;
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, Setup::default(), &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app, log.as_ref()).await, 599_000);
    append_frames(log.as_ref(), &[status(&mut picture, 600)]).await;
    until_watermark(&app, log.as_ref(), 600_000).await;
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

async fn an_empty_log_is_caught_up_with(backend: &Backend) {
    let log = backend.open().await;
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, Setup::default(), &shutdown);
    caught_up(&app).await;
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

async fn from_a_checkpoint_it_reads_the_tail_and_drops_what_it_has(backend: &Backend) {
    let log = backend.open().await;
    let mut picture = picture(log.as_ref());
    append_events(log.as_ref(), 5).await;
    let frames: Vec<_> = (0..5).map(|offset| status(&mut picture, offset)).collect();
    append_frames(log.as_ref(), &frames[..3]).await;
    let first = picture_next(log.as_ref()).await;
    // A processor that was killed writes its last frames again.
    append_frames(log.as_ref(), &frames[3..]).await;
    let state = picture.checkpoint().into();
    let checkpoint = Checkpoint { events_next: 5, picture_next: first, state };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
    let bounds = Bounds { first, next: picture_next(log.as_ref()).await };
    let log: Arc<dyn Log> = Arc::new(Moved { log, topic: topic::PICTURE, bounds });
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, Setup::default(), &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app, log.as_ref()).await, 4_000);
    append_frames(log.as_ref(), &[status(&mut picture, 9)]).await;
    until_watermark(&app, log.as_ref(), 9_000).await;
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

async fn what_lies_before_the_checkpoint_may_be_lost(backend: &Backend) {
    let log = backend.open().await;
    let mut picture = picture(log.as_ref());
    append_events(log.as_ref(), 3).await;
    let frames: Vec<_> = (0..3).map(|offset| status(&mut picture, offset)).collect();
    append_garbage(log.as_ref()).await;
    append_frames(log.as_ref(), &frames[1..2]).await;
    let picture_next = picture_next(log.as_ref()).await;
    append_frames(log.as_ref(), &frames[2..]).await;
    let state = picture.checkpoint().into();
    let checkpoint = Checkpoint { events_next: 3, picture_next, state };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
    let (app, shutdown) = (app(), CancellationToken::new());
    let task = follow(&app, &log, Setup::default(), &shutdown);
    caught_up(&app).await;
    assert_eq!(watermark(&app, log.as_ref()).await, 2_000);
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

async fn assert_stops(log: &Arc<dyn Log>, says: &str) {
    let app = app();
    let task = follow(&app, log, Setup::default(), &CancellationToken::new());
    let error = task.await.unwrap().unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    let Progress::Stopped(why) = region(&app).progress() else {
        panic!("still going");
    };
    assert_eq!(why, error.to_string());
}

async fn what_cannot_be_read_stops_it_with_the_reason(backend: &Backend) {
    let log = backend.open().await;
    let bounds = Bounds { first: 3, next: 3 };
    let gone = Moved { log: Arc::clone(&log), topic: topic::PICTURE, bounds };
    let gone: Arc<dyn Log> = Arc::new(gone);
    assert_stops(&gone, "the oldest is 3").await;
    append_garbage(log.as_ref()).await;
    assert_stops(&log, "record 0 of picture/kaupunki is no frame").await;
    let state = Bytes::from_static(b"garbage");
    let checkpoint = Checkpoint { events_next: 0, picture_next: 0, state };
    log.save_checkpoint(REGION, checkpoint).await.unwrap();
    assert_stops(&log, "cannot restore the picture of kaupunki").await;
}
