//! The loop of one region.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{Alert, LogRecord};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use picture::{Delta, Picture, Setup, frame};
use stream::{Append, Checkpoint, Log, Parcel, Record, Sink, Source, StreamError, topic};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::aside::Aside;
use crate::parking::Parked;
use crate::passing::Passing;
use crate::standby::Warm;
use crate::{ProcessorError, ProcessorOptions, RegionConfig};

/// How often a processor looks how far behind it is.
const LAG_EVERY: Duration = Duration::from_secs(1);
/// A frame of the `picture` topic is not larger, unless one object is: a batch of large situations
/// would be over what a log takes as one record.
const FRAME_BYTES_MAX: usize = 512 * 1024;
/// Frames of an append: 2 MiB, which a log has room for. What a crash leaves of them is known by its
/// numbers.
const FRAMES_PER_APPEND: usize = 4;

/// Processes a region until told to shut down, then saves a last checkpoint.
///
/// Waits for events without an end; an error means that the region stands still, so the caller
/// restarts it or ends the program.
pub async fn run_region(
    log: Arc<dyn Log>,
    config: RegionConfig,
    options: ProcessorOptions,
    shutdown: CancellationToken,
) -> Result<(), ProcessorError> {
    // A store of checkpoints may hang.
    let processor = tokio::select! {
        biased;
        () = shutdown.cancelled() => return Ok(()),
        opened = Processor::open(log, config) => opened?,
    };
    processor.run(options, shutdown).await
}

/// Processes a region from where a standby is, until told to shut down.
pub async fn take_over(
    warm: Warm,
    options: ProcessorOptions,
    shutdown: CancellationToken,
) -> Result<(), ProcessorError> {
    let processor = warm.promote().await?;
    processor.run(options, shutdown).await
}

pub(crate) struct Processor {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) region: String,
    /// Boxed, to hand it to another thread and back.
    picture: Box<Picture>,
    sink: Box<dyn Sink>,
    /// Next offset of `events` to read.
    pub(crate) events_next: u64,
    /// Offset that the next frame gets, when nobody else writes.
    picture_next: u64,
    /// Offset of `picture` from which on everything is that this picture does not have yet.
    picture_from: u64,
    /// Offset of `events` up to which another one may have written: one that has lost the region, or
    /// that has taken it.
    contended_until: Option<u64>,
    /// Records that the newest checkpoint does not include.
    unsaved_records: u64,
    /// Since it was last tried to save: a store that fails is not asked again with every batch.
    untried_records: u64,
    /// Records that do not decode.
    pub(crate) parking: Aside<Parked>,
    /// What operators are to be told of.
    pub(crate) alarm: Aside<Alert>,
    passing: Passing,
    /// Deltas of the current batch; kept to use its memory again.
    deltas: Vec<Delta>,
    lag_at: Instant,
    metrics: Metrics,
}

struct Metrics {
    applied: Counter,
    deltas: Counter,
    undecodable: Counter,
    alerts: Counter,
    checkpoints: Counter,
    checkpoint_bytes: Gauge,
    lag: Gauge,
    restore: Histogram,
    unsaved: Counter,
}

impl Metrics {
    fn new(region: &str) -> Self {
        let label = || [("region", region.to_owned())];
        Self {
            applied: counter!("tilanne_processor_applied_total", &label()),
            deltas: counter!("tilanne_processor_deltas_total", &label()),
            undecodable: counter!("tilanne_processor_undecodable_total", &label()),
            alerts: counter!("tilanne_processor_alerts_total", &label()),
            checkpoints: counter!("tilanne_processor_checkpoints_total", &label()),
            checkpoint_bytes: gauge!("tilanne_processor_checkpoint_bytes", &label()),
            lag: gauge!("tilanne_processor_lag_records", &label()),
            unsaved: counter!("tilanne_processor_checkpoints_failed_total", &label()),
            restore: histogram!("tilanne_processor_restore_seconds", &label()),
        }
    }
}

impl Processor {
    pub(crate) async fn open(
        log: Arc<dyn Log>,
        config: RegionConfig,
    ) -> Result<Self, ProcessorError> {
        let started = Instant::now();
        let region = config.region.to_string();
        let failed = |source| ProcessorError::Stream { region: region.clone(), source };
        let checkpoint = log.checkpoint(&region).await.map_err(failed)?;
        let sink = log.sink(topic::PICTURE, &region).await.map_err(failed)?;
        let picture_bounds = log.bounds(topic::PICTURE, &region).await.map_err(failed)?;
        // After both: another processor may save a newer one meanwhile, and write more.
        let bounds = log.bounds(topic::EVENTS, &region).await.map_err(failed)?;
        let picture_saved = checkpoint.as_ref().map(|checkpoint| checkpoint.picture_next);
        let restored = match checkpoint {
            Some(checkpoint) => restore(&config, log.epoch(), &checkpoint)
                .map(|picture| (picture, checkpoint.events_next)),
            None => None,
        };
        let picture_saved = picture_saved.filter(|_| restored.is_some());
        let (picture, events_next) = match restored {
            Some((picture, wanted)) if wanted < bounds.first => {
                drop(picture);
                return Err(ProcessorError::EventsGone { region, wanted, first: bounds.first });
            }
            Some((_, wanted)) if wanted > bounds.next => {
                return Err(ProcessorError::EventsMissing { region, wanted, next: bounds.next });
            }
            Some(restored) => restored,
            None => {
                if bounds.first > 0 {
                    warn!(region, first = bounds.first, "picture starts in the middle of the log");
                }
                let epoch = log.epoch().into();
                (Picture::new(config.region, epoch, config.setup), bounds.first)
            }
        };
        info!(region, events_next, log_next = bounds.next, "processor starts");
        // What another one wrote after the checkpoint is of later events than what is written first now.
        // If that one has only stalled, it goes on after them in between: until we are there ourselves a
        // reader must find all of it.
        let written_from = picture_saved.unwrap_or_default().max(picture_bounds.first);
        let is_shared = log.is_compacted(topic::PICTURE);
        let is_behind = written_from < picture_bounds.next && events_next < bounds.next;
        let contended_until = (is_shared && is_behind).then_some(bounds.next);
        let metrics = Metrics::new(&region);
        metrics.restore.record(started.elapsed());
        Ok(Self {
            metrics,
            parking: Aside::new(&region),
            alarm: Aside::new(&region),
            passing: Passing::new(&region, log.as_ref()),
            log,
            region,
            picture: Box::new(picture),
            sink,
            events_next,
            picture_next: picture_bounds.next,
            picture_from: contended_until.map_or(picture_bounds.next, |_| written_from),
            contended_until,
            unsaved_records: 0,
            untried_records: 0,
            deltas: Vec::new(),
            lag_at: Instant::now(),
        })
    }

    async fn run(
        mut self,
        options: ProcessorOptions,
        shutdown: CancellationToken,
    ) -> Result<(), ProcessorError> {
        let region = self.region.clone();
        let failed = |source| ProcessorError::Stream { region: region.clone(), source };
        let mut source = self.source().await.map_err(failed)?;
        let mut due = Instant::now() + options.checkpoint_every();
        loop {
            let records = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep_until(due), if self.unsaved_records > 0 => {
                    self.save().await?;
                    due = Instant::now() + options.checkpoint_every();
                    continue;
                }
                records = source.next(options.batch_records_max.max(1)) => records.map_err(failed)?,
            };
            if self.unsaved_records == 0 {
                due = Instant::now() + options.checkpoint_every();
            }
            self.passing.read(&records, source.as_ref());
            self.batch(&records).await.map_err(failed)?;
            if self.untried_records >= options.checkpoint_every_records {
                self.save().await?;
            }
        }
        self.save().await?;
        info!(region, events_next = self.events_next, "processor stopped");
        Ok(())
    }

    /// What is written from now on begins at an offset of `picture`.
    pub(crate) fn begin_at(&mut self, picture_next: u64) {
        self.picture_next = picture_next;
        self.picture_from = picture_next;
    }

    pub(crate) async fn source(&self) -> Result<Box<dyn Source>, StreamError> {
        self.log.source(topic::EVENTS, &self.region, self.events_next).await
    }

    /// Applies a batch, writes what goes aside, and appends the deltas.
    async fn batch(&mut self, records: &[Record]) -> Result<(), StreamError> {
        let mut deltas = std::mem::take(&mut self.deltas);
        deltas.clear();
        self.apply(records, &mut deltas);
        self.write_aside().await?;
        self.passing.announce();
        self.append(&deltas).await?;
        self.passing.applied();
        self.deltas = deltas;
        let now = Instant::now();
        if now >= self.lag_at {
            self.lag_at = now + LAG_EVERY;
            let bounds = self.log.bounds(topic::EVENTS, &self.region).await?;
            let lag_records = bounds.next.saturating_sub(self.events_next);
            self.metrics.lag.set(lag_records as f64);
        }
        Ok(())
    }

    /// Applies records. One that does not decode is counted, left out and to be parked: reading it again
    /// would not help, and the rest of the log is good.
    pub(crate) fn apply(&mut self, records: &[Record], deltas: &mut Vec<Delta>) {
        let before = deltas.len();
        for record in records {
            match LogRecord::decode(&record.payload) {
                Ok(logged) => {
                    if let LogRecord::Event(event) = &logged {
                        self.passing.event(&event.feed, record.offset);
                    }
                    self.picture.apply(record.offset, &logged, deltas);
                }
                Err(reason) => {
                    self.metrics.undecodable.increment(1);
                    let (region, offset) = (&self.region, record.offset);
                    error!(region, offset, %reason, "event log record left out");
                    self.parking.add(Parked::new(region, record, &reason.to_string()));
                }
            }
            self.events_next = record.offset + 1;
        }
        let alerts = self.picture.alerts(&deltas[before..]);
        self.metrics.alerts.increment(alerts.len() as u64);
        for alert in alerts {
            self.alarm.add(alert);
        }
        self.unsaved_records += records.len() as u64;
        self.untried_records += records.len() as u64;
        self.metrics.applied.increment(records.len() as u64);
    }

    /// Writes what is not part of the picture: before the deltas, so before the checkpoint with them.
    pub(crate) async fn write_aside(&mut self) -> Result<(), StreamError> {
        self.parking.write(self.log.as_ref()).await?;
        self.alarm.write(self.log.as_ref()).await
    }

    pub(crate) async fn append(&mut self, deltas: &[Delta]) -> Result<(), StreamError> {
        if deltas.is_empty() {
            return Ok(());
        }
        let (first, count) = if self.log.is_compacted(topic::PICTURE) {
            let parcels = deltas.iter().map(|delta| Parcel {
                key: Some(delta.key().into()),
                payload: delta.encode().into(),
                passed: self.passing.passed(delta.sequence),
            });
            let parcels: Vec<Parcel> = parcels.collect();
            let count = parcels.len() as u64;
            (self.sink.append_parcels(parcels, None).await?, count)
        } else {
            let frames = frame::encode_bounded(deltas, FRAME_BYTES_MAX);
            let records: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
            let count = records.len() as u64;
            // When five minutes close, a large city is more than a log takes at once.
            let mut first = None;
            for records in records.chunks(FRAMES_PER_APPEND) {
                let append = Append { records: records.to_vec(), cursor: None };
                let at = self.sink.append(append).await?;
                first.get_or_insert(at);
            }
            (first.unwrap_or(self.picture_next), count)
        };
        if first != self.picture_next {
            // Another one has written in between. What it wrote of later events lies before what we write
            // now: a reader must find it until we are past them.
            let end = self.log.bounds(topic::EVENTS, &self.region).await?.next;
            self.contended_until = self.contended_until.max(Some(end));
            warn!(region = self.region, until = end, "another processor writes this region too");
        }
        self.picture_next = first + count;
        if self.contended_until.is_none_or(|end| self.events_next >= end) {
            self.contended_until = None;
            self.picture_from = self.picture_next;
        }
        self.metrics.deltas.increment(deltas.len() as u64);
        Ok(())
    }

    /// Saves the picture with the offsets that it belongs to. Frames are durable before it: a view
    /// that starts from it reads on from `picture_next`.
    async fn save(&mut self) -> Result<(), ProcessorError> {
        if self.unsaved_records == 0 {
            return Ok(());
        }
        self.untried_records = 0;
        let state = self.encode_state().await?;
        let state_bytes = state.len();
        let saved = async {
            self.sink.flush().await?;
            self.parking.flush().await?;
            self.alarm.flush().await?;
            let checkpoint = Checkpoint {
                events_next: self.events_next,
                picture_next: self.picture_from,
                state,
            };
            self.log.save_checkpoint(&self.region, checkpoint).await
        };
        match saved.await {
            Ok(()) => {}
            Err(StreamError::Checkpoints(reason)) => {
                // The log has everything; a restart reads more of it. It is tried again when it is due.
                self.metrics.unsaved.increment(1);
                warn!(region = self.region, reason, "no checkpoint was saved");
                return Ok(());
            }
            Err(source) => {
                return Err(ProcessorError::Stream { region: self.region.clone(), source });
            }
        }
        self.unsaved_records = 0;
        self.metrics.checkpoints.increment(1);
        self.metrics.checkpoint_bytes.set(state_bytes as f64);
        let (region, events_next) = (&self.region, self.events_next);
        debug!(region, events_next, state_bytes, "checkpoint saved");
        Ok(())
    }

    /// Encodes the picture on a thread that may block: a large one takes a second.
    async fn encode_state(&mut self) -> Result<Bytes, ProcessorError> {
        let stand_in = Picture::new("".into(), "".into(), Setup::default());
        let picture = std::mem::replace(&mut self.picture, Box::new(stand_in));
        let encoded = tokio::task::spawn_blocking(move || {
            let state = picture.checkpoint();
            (picture, state)
        });
        let (picture, state) = encoded.await.map_err(|error| ProcessorError::Checkpoint {
            region: self.region.clone(),
            message: error.to_string(),
        })?;
        self.picture = picture;
        Ok(state.into())
    }
}

/// The picture of a checkpoint; none when this program cannot read it. Then the log is read from
/// its beginning: the picture is derived, so that costs time only.
fn restore(config: &RegionConfig, epoch: &str, checkpoint: &Checkpoint) -> Option<Picture> {
    let RegionConfig { region, setup } = config.clone();
    match Picture::restore(region, epoch.into(), setup, &checkpoint.state) {
        Ok(picture) => Some(picture),
        Err(reason) => {
            let region = &config.region;
            warn!(%region, %reason, "checkpoint left aside, the picture is made anew from the log");
            None
        }
    }
}
