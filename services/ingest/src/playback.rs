//! Plays a recording onto the log, at its own pace, faster, or as fast as it can.
//!
//! With the recording's own times and without a loop the log gets the same records each time, and
//! after a crash the player goes on where each region's partition says: the number of steps done is
//! kept as a cursor in the same atomic write as what came of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{DeadLetter, RawRecord, Text};
use metrics::counter;
use serde::Deserialize;
use stream::{Log, Speed, StreamError, recording};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::ahead::{self, Records};
use crate::clock::Clock;
use crate::config::RegionConfig;
use crate::error::IngestError;
use crate::format::OptionsError;
use crate::metric;
use crate::outlet::{Outlet, encode_raw};
use crate::pipeline::Output;
use crate::player::{PlayerCore, warn_unknown};

/// Key of the cursor that says how far a partition has the replay.
pub const PLAYER_CURSOR: &str = "player";
/// Log records of a region that are written together when there is no reason to wait.
const BATCH_RECORDS_MAX: usize = 1_024;
/// Longest sleep: a damaged time must not stop the replay for good.
const SLEEP_MAX: Duration = Duration::from_hours(1);
/// Between the last record of a loop and the first of the next one.
const LOOP_PAUSE_MS: i64 = 1_000;

/// How to play a recording.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlayerOptions {
    /// The recording.
    pub file: PathBuf,
    /// Received seconds a second, 0.01 to 10,000, or `"max"`; 1.
    #[serde(default)]
    pub speed: Speed,
    /// Whether to begin again at the end; false. Event time goes on from loop to loop.
    #[serde(default)]
    pub looped: bool,
    /// Times as they are recorded, or as if the recording had begun now; `recorded`.
    #[serde(default)]
    pub clock: PlayerClock,
}

/// Which times the records of a replay have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlayerClock {
    /// Those of the recording.
    #[default]
    Recorded,
    /// Moved so that the recording begins now.
    Present,
}

impl PlayerOptions {
    /// Checks what belongs together.
    pub fn validate(&self) -> Result<(), OptionsError> {
        if self.speed == Speed::Max && self.clock == PlayerClock::Present {
            let message = "present goes with a speed that is a number: it would outrun the present";
            return Err(OptionsError { key: "clock".into(), message: message.into() });
        }
        Ok(())
    }
}

/// Plays a recording of all feeds until its end or until shutdown.
pub async fn play(
    log: Arc<dyn Log>,
    regions: &[RegionConfig],
    options: &PlayerOptions,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
) -> Result<(), IngestError> {
    options.validate().map_err(IngestError::Player)?;
    let mut recording = read_ahead(&options.file);
    let Some(first) = recording.next().await.transpose()? else { return Ok(()) };
    let first_ms = first.received_time_ms;
    let shift_ms = match options.clock {
        PlayerClock::Recorded => 0,
        PlayerClock::Present => clock.now_ms().saturating_sub(first_ms),
    };
    let start_ms = first_ms.saturating_add(shift_ms);
    let core = PlayerCore::new(regions, start_ms)?;
    let is_resumed = options.clock == PlayerClock::Recorded && !options.looped;
    let mut outlets = Vec::with_capacity(regions.len());
    for (region, config) in core.regions().iter().zip(regions) {
        let outlet = Outlet::open(log.as_ref(), region, config.log_raw, None).await?;
        let cursor =
            if is_resumed { Some(cursor(log.as_ref(), region, first_ms).await?) } else { None };
        outlets.push(Region { id: region.clone(), outlet, cursor, batch: Batch::default() });
    }
    let pace = match options.speed {
        Speed::Max => None,
        Speed::Times(times) => Some(Pace { started: Instant::now(), start_ms, times }),
    };
    let steps_done = outlets.iter().map(|region| region.cursor.unwrap_or(0)).min().unwrap_or(0);
    let is_behind = false;
    let mut playback = Playback { core, outlets, pace, first_ms, steps_done, is_behind, shutdown };
    let mut shift_ms = shift_ms;
    let mut next = Some(first);
    loop {
        let steps = playback.core.steps();
        let Some(last_ms) = playback.pass(next, &mut recording, shift_ms).await? else { break };
        if playback.core.steps() == steps {
            let (path, message) = (options.file.clone(), "it has become empty".into());
            return Err(IngestError::Recording { path, message });
        }
        if !options.looped {
            playback.step(|core, each| core.end(each)).await?;
            break;
        }
        let period_ms = last_ms.saturating_sub(first_ms).saturating_add(LOOP_PAUSE_MS);
        shift_ms = shift_ms.saturating_add(period_ms);
        recording = read_ahead(&options.file);
        next = None;
    }
    playback.finish().await
}

/// Steps that a partition already has.
async fn cursor(log: &dyn Log, region: &str, first_ms: i64) -> Result<u64, IngestError> {
    let Some(value) = log.cursor(region, PLAYER_CURSOR).await? else { return Ok(0) };
    let corrupt =
        || StreamError::Corrupt(format!("cursor {PLAYER_CURSOR:?} of {region}: {value:?}"));
    let text = std::str::from_utf8(&value).map_err(|_| corrupt())?;
    let (held, steps) = text.split_once(' ').ok_or_else(corrupt)?;
    let held_ms: i64 = held.parse().map_err(|_| corrupt())?;
    if held_ms != first_ms {
        return Err(IngestError::OtherRecording { held_ms, wanted_ms: first_ms });
    }
    Ok(steps.parse().map_err(|_| corrupt())?)
}

/// Reads a recording on a thread of its own.
fn read_ahead(path: &Path) -> Records<Result<RawRecord, IngestError>> {
    let path = path.to_owned();
    ahead::read_ahead(move |ahead| {
        let failed = |error: StreamError| IngestError::Recording {
            path: path.clone(),
            message: error.to_string(),
        };
        let reader = match recording::Reader::open(&path) {
            Ok(reader) => reader,
            Err(error) => {
                ahead.put(Err(failed(error)), 0);
                return;
            }
        };
        for raw in reader {
            let bytes = raw.as_ref().map_or(0, |raw| raw.payload.len());
            if !ahead.put(raw.map_err(failed), bytes) {
                return;
            }
        }
    })
}

/// When something of the recording is due.
struct Pace {
    started: Instant,
    start_ms: i64,
    times: f64,
}

impl Pace {
    fn due(&self, at_ms: i64) -> Instant {
        let played_ms = u64::try_from(at_ms.saturating_sub(self.start_ms)).unwrap_or_default();
        let after_s = played_ms as f64 / 1_000.0 / self.times;
        let after = Duration::try_from_secs_f64(after_s).unwrap_or(Duration::MAX);
        let latest = Instant::now() + SLEEP_MAX;
        self.started.checked_add(after).map_or(latest, |due| due.min(latest))
    }
}

/// A region of a replay.
struct Region {
    id: Text,
    outlet: Outlet,
    /// Steps whose records the log has; `None` when nothing is resumed.
    cursor: Option<u64>,
    batch: Batch,
}

/// What waits to be written.
#[derive(Default)]
struct Batch {
    /// As received, where that is wanted.
    raw: Vec<Bytes>,
    records: Vec<Bytes>,
    letters: Vec<DeadLetter>,
    /// Steps done after the last record of the batch.
    steps: u64,
}

struct Playback {
    core: PlayerCore,
    outlets: Vec<Region>,
    pace: Option<Pace>,
    first_ms: i64,
    /// Steps that every region's log has: they are gone through without waiting.
    steps_done: u64,
    /// Whether the last step was one of those, so that the pace has to start from here.
    is_behind: bool,
    shutdown: CancellationToken,
}

impl Playback {
    /// Plays the recording once. The last received time as recorded, `None` at shutdown.
    async fn pass(
        &mut self,
        mut next: Option<RawRecord>,
        recording: &mut Records<Result<RawRecord, IngestError>>,
        shift_ms: i64,
    ) -> Result<Option<i64>, IngestError> {
        let mut last_ms = self.first_ms;
        loop {
            let raw = match next.take() {
                Some(raw) => raw,
                None => match recording.next().await.transpose()? {
                    Some(raw) => raw,
                    None => return Ok(Some(last_ms)),
                },
            };
            last_ms = last_ms.max(raw.received_time_ms);
            let received_ms = raw.received_time_ms.saturating_add(shift_ms);
            while let Some(tick_ms) = self.core.tick_before(received_ms) {
                if !self.wait(tick_ms).await? {
                    return Ok(None);
                }
                self.step(PlayerCore::tick).await?;
            }
            if !self.wait(received_ms).await? {
                return Ok(None);
            }
            let mut of = None;
            let step = |core: &mut PlayerCore, each: &mut dyn FnMut(usize, Output)| {
                let mut each = |region: usize, output: Output| {
                    of = Some(region);
                    each(region, output);
                };
                if let Some(feed) = core.record(&raw, shift_ms, &mut each) {
                    warn_unknown(feed);
                }
            };
            let unknown = self.core.unknown_total();
            self.apply(step);
            // Before what came of it: else a replay that is killed in between never keeps it.
            self.keep_raw(of, &raw);
            self.write(BATCH_RECORDS_MAX).await?;
            counter!(metric::UNKNOWN_FEED).increment(self.core.unknown_total() - unknown);
        }
    }

    /// Waits until something of the recording is due; false at shutdown.
    async fn wait(&mut self, at_ms: i64) -> Result<bool, IngestError> {
        if self.shutdown.is_cancelled() {
            return Ok(false);
        }
        let Some(pace) = &mut self.pace else { return Ok(true) };
        if self.core.steps() < self.steps_done {
            self.is_behind = true;
            return Ok(true);
        }
        if std::mem::take(&mut self.is_behind) {
            pace.started = Instant::now();
            pace.start_ms = at_ms;
        }
        let due = pace.due(at_ms);
        if due <= Instant::now() {
            return Ok(true);
        }
        self.write(0).await?;
        tokio::select! {
            () = self.shutdown.cancelled() => Ok(false),
            () = sleep_until(due) => Ok(true),
        }
    }

    /// Does one step, and writes what is enough for a batch.
    async fn step(
        &mut self,
        step: impl FnOnce(&mut PlayerCore, &mut dyn FnMut(usize, Output)),
    ) -> Result<(), IngestError> {
        self.apply(step);
        self.write(BATCH_RECORDS_MAX).await
    }

    /// Does one step and keeps what came of it, but for regions whose log has it already.
    fn apply(&mut self, step: impl FnOnce(&mut PlayerCore, &mut dyn FnMut(usize, Output))) {
        let steps = self.core.steps() + 1;
        let outlets = &mut self.outlets;
        step(&mut self.core, &mut |region, output: Output| {
            let Some(region) = outlets.get_mut(region) else { return };
            if region.cursor.is_some_and(|done| steps <= done) {
                return;
            }
            count(&output);
            let encoded = output.records.iter().map(|record| record.encode().into());
            region.batch.records.extend(encoded);
            region.batch.letters.extend(output.dead_letters);
            region.batch.steps = steps;
        });
    }

    /// Keeps a record of a region as it was received, where that is wanted and not there already.
    /// What a replay that was killed had kept but not used yet, it keeps again.
    fn keep_raw(&mut self, region: Option<usize>, raw: &RawRecord) {
        let steps = self.core.steps();
        let Some(region) = region.and_then(|region| self.outlets.get_mut(region)) else { return };
        let is_there = region.cursor.is_some_and(|done| steps <= done);
        if region.outlet.wants_raw() && !is_there {
            region.batch.raw.push(encode_raw(raw));
        }
    }

    /// Writes the batches that have more than so many records.
    async fn write(&mut self, more_than: usize) -> Result<(), IngestError> {
        for region in &mut self.outlets {
            let has_any = !region.batch.records.is_empty() || !region.batch.raw.is_empty();
            if !has_any || (more_than > 0 && region.batch.records.len() <= more_than) {
                continue;
            }
            let Batch { raw, records, letters, steps } = std::mem::take(&mut region.batch);
            let cursor = region.cursor.is_some().then(|| {
                (PLAYER_CURSOR.to_owned(), Bytes::from(format!("{} {steps}", self.first_ms)))
            });
            region.outlet.append_raw(raw).await?;
            region.outlet.append_letters(&letters).await?;
            region.outlet.append_events(records, cursor).await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<(), IngestError> {
        self.write(0).await?;
        for region in &self.outlets {
            region.outlet.flush().await?;
            tracing::info!(region = region.id.as_str(), steps = self.core.steps(), "replay ended");
        }
        Ok(())
    }
}

/// Counts an output for the metrics; all of its records are of one feed.
fn count(output: &Output) {
    use events::LogRecord;
    let feed = output.records.first().map(|record| match record {
        LogRecord::Event(event) => event.feed.to_string(),
        LogRecord::Tally(tally) => tally.feed.clone(),
        LogRecord::FeedStatus(status) => status.feed.clone(),
    });
    if let Some(feed) = feed {
        metric::count(&feed, &output.records);
    }
}
