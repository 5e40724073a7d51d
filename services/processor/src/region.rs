//! The loop of one region.

use std::sync::Arc;

use bytes::Bytes;
use events::LogRecord;
use metrics::{Counter, Gauge, counter, gauge};
use picture::{Delta, Picture, Setup, frame};
use stream::{Append, Checkpoint, Log, Record, Sink, Source, StreamError, topic};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use crate::{ProcessorError, ProcessorOptions, RegionConfig};

/// A frame of the `picture` topic is not larger, unless one object is: a batch of large situations
/// would be over what a log takes as one record.
const FRAME_BYTES_MAX: usize = 512 * 1024;

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
    let region = config.region.to_string();
    let failed = |source| ProcessorError::Stream { region: region.clone(), source };
    let mut processor = Processor::open(log, config).await?;
    let mut source = processor.source().await.map_err(failed)?;
    let mut due = Instant::now() + options.checkpoint_every();
    loop {
        let records = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            () = tokio::time::sleep_until(due), if processor.unsaved_records > 0 => {
                processor.save().await?;
                due = Instant::now() + options.checkpoint_every();
                continue;
            }
            records = source.next(options.batch_records_max.max(1)) => records.map_err(failed)?,
        };
        if processor.unsaved_records == 0 {
            due = Instant::now() + options.checkpoint_every();
        }
        processor.batch(&records).await.map_err(failed)?;
        if processor.unsaved_records >= options.checkpoint_every_records {
            processor.save().await?;
        }
    }
    processor.save().await?;
    info!(region, events_next = processor.events_next, "processor stopped");
    Ok(())
}

struct Processor {
    log: Arc<dyn Log>,
    region: String,
    /// Boxed, to hand it to another thread and back.
    picture: Box<Picture>,
    sink: Box<dyn Sink>,
    /// Next offset of `events` to read.
    events_next: u64,
    /// Offset that the next frame gets.
    picture_next: u64,
    /// Records that the newest checkpoint does not include.
    unsaved_records: u64,
    /// Deltas of the current batch; kept to use its memory again.
    deltas: Vec<Delta>,
    metrics: Metrics,
}

struct Metrics {
    applied: Counter,
    deltas: Counter,
    undecodable: Counter,
    checkpoints: Counter,
    checkpoint_bytes: Gauge,
    lag: Gauge,
}

impl Metrics {
    fn new(region: &str) -> Self {
        let label = || [("region", region.to_owned())];
        Self {
            applied: counter!("tilanne_processor_applied_total", &label()),
            deltas: counter!("tilanne_processor_deltas_total", &label()),
            undecodable: counter!("tilanne_processor_undecodable_total", &label()),
            checkpoints: counter!("tilanne_processor_checkpoints_total", &label()),
            checkpoint_bytes: gauge!("tilanne_processor_checkpoint_bytes", &label()),
            lag: gauge!("tilanne_processor_lag_records", &label()),
        }
    }
}

impl Processor {
    async fn open(log: Arc<dyn Log>, config: RegionConfig) -> Result<Self, ProcessorError> {
        let region = config.region.to_string();
        let failed = |source| ProcessorError::Stream { region: region.clone(), source };
        let bounds = log.bounds(topic::EVENTS, &region).await.map_err(failed)?;
        let checkpoint = log.checkpoint(&region).await.map_err(failed)?;
        let sink = log.sink(topic::PICTURE, &region).await.map_err(failed)?;
        let picture_bounds = log.bounds(topic::PICTURE, &region).await.map_err(failed)?;
        let restored = match checkpoint {
            Some(checkpoint) => restore(&config, log.epoch(), &checkpoint)
                .map(|picture| (picture, checkpoint.events_next)),
            None => None,
        };
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
        Ok(Self {
            metrics: Metrics::new(&region),
            log,
            region,
            picture: Box::new(picture),
            sink,
            events_next,
            picture_next: picture_bounds.next,
            unsaved_records: 0,
            deltas: Vec::new(),
        })
    }

    async fn source(&self) -> Result<Box<dyn Source>, StreamError> {
        self.log.source(topic::EVENTS, &self.region, self.events_next).await
    }

    /// Applies a batch and appends its deltas. A record that does not decode is counted and left
    /// out: reading it again would not help, and the rest of the log is good.
    async fn batch(&mut self, records: &[Record]) -> Result<(), StreamError> {
        self.deltas.clear();
        for record in records {
            match LogRecord::decode(&record.payload) {
                Ok(event) => self.picture.apply(record.offset, &event, &mut self.deltas),
                Err(reason) => {
                    self.metrics.undecodable.increment(1);
                    let (region, offset) = (&self.region, record.offset);
                    error!(region, offset, %reason, "event log record left out");
                }
            }
            self.events_next = record.offset + 1;
        }
        self.append().await?;
        self.unsaved_records += records.len() as u64;
        self.metrics.applied.increment(records.len() as u64);
        let bounds = self.log.bounds(topic::EVENTS, &self.region).await?;
        let lag_records = bounds.next.saturating_sub(self.events_next);
        self.metrics.lag.set(lag_records as f64);
        Ok(())
    }

    async fn append(&mut self) -> Result<(), StreamError> {
        let frames = frame::encode_bounded(&self.deltas, FRAME_BYTES_MAX);
        if frames.is_empty() {
            return Ok(());
        }
        let frame_count = frames.len() as u64;
        let append =
            Append { records: frames.into_iter().map(Bytes::from).collect(), cursor: None };
        let first = self.sink.append(append).await?;
        self.picture_next = first + frame_count;
        self.metrics.deltas.increment(self.deltas.len() as u64);
        Ok(())
    }

    /// Saves the picture with the offsets that it belongs to. Frames are durable before it: a view
    /// that starts from it reads on from `picture_next`.
    async fn save(&mut self) -> Result<(), ProcessorError> {
        if self.unsaved_records == 0 {
            return Ok(());
        }
        let state = self.encode_state().await?;
        let state_bytes = state.len();
        let saved = async {
            self.sink.flush().await?;
            let checkpoint = Checkpoint {
                events_next: self.events_next,
                picture_next: self.picture_next,
                state,
            };
            self.log.save_checkpoint(&self.region, checkpoint).await
        };
        saved
            .await
            .map_err(|source| ProcessorError::Stream { region: self.region.clone(), source })?;
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
