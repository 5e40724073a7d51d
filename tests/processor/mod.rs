//! The processor over either log: stops, crashes and bad records change nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod slow;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use events::{
    Body, Connection, Event, FeedStatus, JourneyPhase, LogRecord, Position, Provenance, Text,
    VehicleEventKind, VehiclePosition, Verdicts,
};
use picture::{Delta, FeedLimits, Picture, Snapshot, View, frame};
use processor::{ProcessorError, ProcessorOptions, RegionConfig, run_region};
use stream::{Append, Bounds, Checkpoint, EmbeddedLog, EmbeddedOptions, Log, topic};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::logs::{Backend, Moved, on_both_logs};

on_both_logs! {
    [REGION];
    a_stop_and_a_start_change_nothing,
    after_a_crash_deltas_come_again_with_the_same_numbers,
    a_view_starts_from_a_checkpoint,
    a_record_that_does_not_decode_is_left_out,
    a_checkpoint_that_cannot_be_read_is_made_anew,
    events_that_the_log_does_not_have_are_a_clear_error,
}

const REGION: &str = "region";
const FEED: &str = "bus";

fn config() -> RegionConfig {
    let limits = BTreeMap::from([(FEED.into(), FeedLimits::default())]);
    RegionConfig { region: REGION.into(), setup: limits.into() }
}

/// Small batches, so that a log is many of them.
fn options() -> ProcessorOptions {
    ProcessorOptions {
        batch_records_max: 7,
        checkpoint_every_s: 3_600,
        checkpoint_every_records: 50,
    }
}

/// Vehicles that drive north, one of them late, and a status at the end of each second: the last
/// record of a log is one that makes a delta.
fn records(seconds: std::ops::Range<i64>) -> Vec<Bytes> {
    let second = |time_s: i64| {
        let vehicles = (0..5).map(move |number| vehicle(number, time_s - (number % 3)));
        vehicles.chain([status(time_s)])
    };
    seconds.flat_map(second).map(|record| record.encode().into()).collect()
}

fn vehicle(number: i64, time_s: i64) -> LogRecord {
    let north_deg = 60.1 + 0.0001 * time_s as f64;
    LogRecord::Event(Event {
        feed: FEED.into(),
        region: REGION.into(),
        entity: format!("{number}").into(),
        event_time_ms: time_s * 1_000,
        received_time_ms: time_s * 1_000 + 50,
        verdicts: Verdicts::default(),
        provenance: Provenance::default(),
        body: Body::VehiclePosition(VehiclePosition {
            kind: VehicleEventKind::Position,
            phase: JourneyPhase::Ongoing,
            position: Some(Position::new(north_deg, 24.9).unwrap()),
            ..VehiclePosition::default()
        }),
    })
}

fn status(time_s: i64) -> LogRecord {
    LogRecord::FeedStatus(FeedStatus {
        feed: FEED.into(),
        watermark_ms: time_s * 1_000 - 10_000,
        received_time_ms: time_s * 1_000,
        connection: Connection::Live.into(),
        ..FeedStatus::default()
    })
}

/// More changes of one batch than a log takes at once, as when five minutes of a large city close.
#[tokio::test(flavor = "multi_thread")]
async fn changes_that_are_more_than_the_log_takes_at_once_are_written_in_parts() {
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions {
        record_bytes_max: 1 << 20,
        pending_bytes_max: 5 << 20,
        fsync_interval_ms: 5,
        ..EmbeddedOptions::default()
    };
    let log: Arc<dyn Log> = EmbeddedLog::open(directory.path(), options).unwrap();
    let long = |number: i64| {
        let mut record = vehicle(number, 1);
        let LogRecord::Event(event) = &mut record else { unreachable!() };
        let Body::VehiclePosition(report) = &mut event.body else { unreachable!() };
        let text: Text = format!("{number:0>200}").into();
        (report.headsign, report.route_short_name) = (Some(text.clone()), Some(text));
        Bytes::from(record.encode())
    };
    for part in (0..12_000).collect::<Vec<i64>>().chunks(1_000) {
        append(&log, part.iter().copied().map(long).collect()).await;
    }
    append(&log, vec![status(2).encode().into()]).await;
    let shutdown = CancellationToken::new();
    let options = ProcessorOptions {
        batch_records_max: 20_000,
        checkpoint_every_s: 3_600,
        checkpoint_every_records: 1_000_000,
    };
    let running = tokio::spawn(run_region(Arc::clone(&log), config(), options, shutdown.clone()));
    let end = log.bounds(topic::EVENTS, REGION).await.unwrap().next;
    let started = std::time::Instant::now();
    while log.bounds(topic::PICTURE, REGION).await.unwrap().next < 12 {
        assert!(!running.is_finished(), "{:?}", running.await);
        assert!(started.elapsed().as_secs() < 60, "nothing is written");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    shutdown.cancel();
    running.await.unwrap().unwrap();
    let checkpoint = log.checkpoint(REGION).await.unwrap().unwrap();
    assert_eq!(checkpoint.events_next, end);
    log.close().await.unwrap();
}

async fn append(log: &Arc<dyn Log>, records: Vec<Bytes>) {
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    sink.append(Append { records, cursor: None }).await.unwrap();
    sink.flush().await.unwrap();
}

struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), ProcessorError>>,
}

impl Running {
    fn start(log: &Arc<dyn Log>) -> Self {
        let shutdown = CancellationToken::new();
        let log: Arc<dyn Log> = Arc::clone(log);
        let task = tokio::spawn(run_region(log, config(), options(), shutdown.clone()));
        Self { shutdown, task }
    }

    /// Until it has saved its last checkpoint.
    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Without a last checkpoint, as a crash would.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// All deltas from an offset of `picture` to the newest record of `events`.
async fn deltas(log: &Arc<dyn Log>, from: u64) -> Vec<Delta> {
    let last = log.bounds(topic::EVENTS, REGION).await.unwrap().next - 1;
    let mut source = log.source(topic::PICTURE, REGION, from).await.unwrap();
    let mut deltas: Vec<Delta> = Vec::new();
    while deltas.last().is_none_or(|delta| delta.sequence < last) {
        for record in source.next(10).await.unwrap() {
            deltas.extend(frame::decode(&record.payload).unwrap());
        }
    }
    deltas
}

/// The picture that a processor without any stop gives.
fn expected(log: &Arc<dyn Log>, records: &[Bytes]) -> (Vec<Delta>, Snapshot) {
    let RegionConfig { region, setup } = config();
    let mut picture = Picture::new(region, log.epoch().into(), setup);
    let mut deltas = Vec::new();
    for (offset, record) in records.iter().enumerate() {
        if let Ok(record) = LogRecord::decode(record) {
            picture.apply(offset as u64, &record, &mut deltas);
        }
    }
    (deltas, picture.snapshot())
}

async fn checkpoint(log: &Arc<dyn Log>) -> (Checkpoint, Picture) {
    let checkpoint = log.checkpoint(REGION).await.unwrap().unwrap();
    let RegionConfig { region, setup } = config();
    let epoch = Text::from(log.epoch());
    let picture = Picture::restore(region, epoch, setup, &checkpoint.state).unwrap();
    (checkpoint, picture)
}

async fn a_stop_and_a_start_change_nothing(backend: &Backend) {
    let (first, second) = (records(0..20), records(20..45));
    let log = backend.open().await;
    append(&log, first.clone()).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    running.stop().await;
    log.close().await.unwrap();
    drop(log);

    let log = backend.open().await;
    append(&log, second.clone()).await;
    let running = Running::start(&log);
    let found = deltas(&log, 0).await;
    running.stop().await;
    let (expected, snapshot) = expected(&log, &[first, second].concat());
    assert_eq!(found, expected);
    let (checkpoint, picture) = checkpoint(&log).await;
    assert_eq!(picture.snapshot().encode(), snapshot.encode());
    assert_eq!(checkpoint.events_next, log.bounds(topic::EVENTS, REGION).await.unwrap().next);
    assert_eq!(checkpoint.picture_next, log.bounds(topic::PICTURE, REGION).await.unwrap().next);
}

async fn after_a_crash_deltas_come_again_with_the_same_numbers(backend: &Backend) {
    let (first, second) = (records(0..20), records(20..30));
    let log = backend.open().await;
    append(&log, first.clone()).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    running.kill().await;
    let (saved, _) = checkpoint(&log).await;
    assert!(saved.events_next < first.len() as u64, "something must be done again");

    append(&log, second.clone()).await;
    let running = Running::start(&log);
    let found = deltas(&log, 0).await;
    running.stop().await;
    let (expected, snapshot) = expected(&log, &[first, second].concat());
    assert!(found.len() > expected.len());
    let mut view = View::new(REGION.into(), log.epoch().into());
    let taken: Vec<_> = found.into_iter().filter(|delta| view.apply(delta.clone())).collect();
    assert_eq!(taken, expected);
    assert_eq!(view.snapshot().encode(), snapshot.encode());
}

async fn a_view_starts_from_a_checkpoint(backend: &Backend) {
    let log = backend.open().await;
    let records = records(0..40);
    append(&log, records.clone()).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    running.kill().await;
    let (saved, picture) = checkpoint(&log).await;
    let mut view = View::from_snapshot(picture.snapshot());
    for delta in deltas(&log, saved.picture_next).await {
        assert!(view.apply(delta), "the picture topic goes on where the checkpoint ends");
    }
    let (_, snapshot) = expected(&log, &records);
    assert_eq!(view.snapshot().encode(), snapshot.encode());
}

async fn a_record_that_does_not_decode_is_left_out(backend: &Backend) {
    let log = backend.open().await;
    let mut records = records(0..5);
    records.insert(3, Bytes::from_static(b"garbage"));
    records.insert(9, Bytes::new());
    append(&log, records.clone()).await;
    let running = Running::start(&log);
    let found = deltas(&log, 0).await;
    running.stop().await;
    assert_eq!(found, expected(&log, &records).0);
}

async fn a_checkpoint_that_cannot_be_read_is_made_anew(backend: &Backend) {
    let log = backend.open().await;
    let records = records(0..5);
    append(&log, records.clone()).await;
    let state = Bytes::from_static(b"of another version");
    let unreadable = Checkpoint { events_next: 9, picture_next: 0, state };
    log.save_checkpoint(REGION, unreadable).await.unwrap();
    let running = Running::start(&log);
    let found = deltas(&log, 0).await;
    running.stop().await;
    assert_eq!(found, expected(&log, &records).0);
}

async fn events_that_the_log_does_not_have_are_a_clear_error(backend: &Backend) {
    let log = backend.open().await;
    append(&log, records(0..1)).await;
    let running = Running::start(&log);
    deltas(&log, 0).await;
    running.stop().await;
    let wanted = checkpoint(&log).await.0.events_next;
    let run = async |first, next| {
        let bounds = Bounds { first, next };
        let moved = Arc::new(Moved { log: Arc::clone(&log), topic: topic::EVENTS, bounds });
        run_region(moved, config(), options(), CancellationToken::new()).await.unwrap_err()
    };
    let gone = run(wanted + 1, wanted + 9).await;
    assert!(matches!(gone, ProcessorError::EventsGone { .. }), "{gone}");
    let missing = run(0, wanted - 1).await;
    assert!(matches!(missing, ProcessorError::EventsMissing { .. }), "{missing}");
}
