//! What recording costs: the slice onto the log as fast as it takes it, with and without an archive of
//! its events, and what the archive takes on the disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use archive::{Archive, ArchiveOptions, Background, Kind, Topic};
use events::{Body, LogRecord};
use ingest::{PlayerClock, PlayerOptions, Speed, SystemClock};
use stream::{EmbeddedLog, EmbeddedOptions, Log, topic};
use tokio_util::sync::CancellationToken;

use super::city::City;
use super::recorded::Recorded;
use super::{Folder, RUNS, SLICE_S};
use crate::bench::process::{folder, process_cpu};
use crate::bench::{BenchError, Figure, median};

/// Pause between looks at how far a recorder is.
const PAUSE: Duration = Duration::from_millis(20);
/// Seconds after which a file is written at the latest; here each is full sooner, and only the last is
/// not.
const ROLL_S: u64 = 2;

/// What one run took.
struct Run {
    /// Until the player was through.
    ingest_s: f64,
    /// Of the whole process, until everything was archived.
    cpu_s: f64,
    /// Bytes of the files of positions.
    bytes: u64,
}

/// Ingest with and without an archive, in turn.
pub(in crate::bench) fn recording(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let slice = Recorded::new(&city, SLICE_S)?;
    let positions = positions(&city, &slice)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(BenchError::new)?;
    let (mut plain, mut archived) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        plain.push(runtime.block_on(run(&city, &slice, false))?);
        archived.push(runtime.block_on(run(&city, &slice, true))?);
    }
    let of = |runs: &[Run], measure: fn(&Run) -> f64| median(runs.iter().map(measure).collect());
    let (before, after) = (of(&plain, |run| run.ingest_s), of(&archived, |run| run.ingest_s));
    each(Figure::known("replay_ingest", before, "s"));
    each(Figure::known("replay_ingest_archived", after, "s"));
    each(Figure::below("replay_recording_cost", (after / before - 1.0) * 100.0, "%", 10.0));
    let (before, after) = (of(&plain, |run| run.cpu_s), of(&archived, |run| run.cpu_s));
    let per_record = |seconds: f64| seconds / slice.messages as f64 * 1e6;
    each(Figure::known("replay_ingest_cpu", per_record(before), "us/message"));
    each(Figure::known("replay_recording_cpu", per_record(after - before), "us/message"));
    let bytes = archived.last().map_or(0, |run| run.bytes) as f64;
    each(Figure::known("replay_positions", positions as f64, "positions"));
    each(Figure::below("replay_bytes_per_position", bytes / positions as f64, "bytes", 12.0));
    Ok(())
}

/// Positions that the slice has after the gate.
fn positions(city: &City, slice: &Recorded) -> Result<u64, BenchError> {
    let mut count = 0;
    let regions = std::slice::from_ref(&city.config);
    ingest::play_all(slice.reader()?, regions, |_, record| {
        let LogRecord::Event(event) = record else { return };
        count += u64::from(matches!(event.body, Body::VehiclePosition(_)));
    })
    .map_err(BenchError::new)?;
    Ok(count)
}

async fn run(city: &City, slice: &Recorded, is_archived: bool) -> Result<Run, BenchError> {
    let folder = Folder(folder("replay-log")?);
    let (cpu, start) = (process_cpu()?, Instant::now());
    let log = EmbeddedLog::open(&folder.0.join("log"), EmbeddedOptions::default());
    let log: Arc<dyn Log> = log.map_err(BenchError::new)?;
    let stop = CancellationToken::new();
    let region = city.config.id.to_string();
    let background = Background::new().map_err(BenchError::new)?;
    let archive = is_archived.then(|| open(&folder.0)).transpose()?;
    let recorder = archive.as_ref().map(|archive| {
        let (archive, log, region) = (Arc::clone(archive), Arc::clone(&log), region.clone());
        let record = archive::record(archive, log, Topic::Events, region, stop.clone());
        background.handle().spawn(record)
    });
    let regions = std::slice::from_ref(&city.config);
    let options = PlayerOptions {
        file: slice.path(),
        speed: Speed::Max,
        looped: false,
        clock: PlayerClock::Recorded,
    };
    let clock = Arc::new(SystemClock);
    let played = ingest::play(Arc::clone(&log), regions, &options, clock, stop.clone()).await;
    played.map_err(BenchError::new)?;
    let ingest_s = start.elapsed().as_secs_f64();
    let mut bytes = 0;
    if let Some(archive) = &archive {
        let next = log.bounds(topic::EVENTS, &region).await.map_err(BenchError::new)?.next;
        archived(archive, &region, next).await?;
        let files = archive.files(&region, Topic::Events).await.map_err(BenchError::new)?;
        let own = files.iter().filter(|file| file.kind == Kind::VehiclePosition);
        bytes = own.map(|file| file.bytes).sum();
    }
    stop.cancel();
    if let Some(recorder) = recorder {
        recorder.await.map_err(BenchError::new)?.map_err(BenchError::new)?;
    }
    log.close().await.map_err(BenchError::new)?;
    Ok(Run { ingest_s, cpu_s: process_cpu()?.saturating_sub(cpu).as_secs_f64(), bytes })
}

/// An archive in a folder, with the options that ship but for how soon files are written.
pub(super) fn open(folder: &Path) -> Result<Arc<Archive>, BenchError> {
    let options = ArchiveOptions {
        directory: Some(folder.join("archive")),
        roll_s: ROLL_S,
        checkpoint_every_s: 1,
        ..ArchiveOptions::default()
    };
    Archive::open(options).map_err(BenchError::new)
}

/// Waits until all before an offset is archived.
pub(super) async fn archived(
    archive: &Arc<Archive>,
    region: &str,
    next: u64,
) -> Result<(), BenchError> {
    loop {
        let spans = archive.spans(region, Topic::Events).await.map_err(BenchError::new)?;
        if spans.last().is_some_and(|span| span.last + 1 >= next) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}
