//! A processor that is ready to take over: it applies what is logged and writes nothing.
//!
//! What it would have written it keeps, back to the newest checkpoint of the processor that has the
//! region: that one has written all before its checkpoint, and how much after it nobody knows. So a
//! standby that takes over writes what it kept, with the numbers that it has, and readers drop what they
//! have already.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use picture::Delta;
use stream::{Log, topic};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::region::Processor;
use crate::{ProcessorError, ProcessorOptions, RegionConfig};

/// How often a standby looks for a newer checkpoint.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Deltas that a standby keeps at most: some minutes of a large region. One that would need more begins
/// anew from the next checkpoint.
const KEPT_MAX: usize = 1_000_000;
/// Deltas that are written at a time.
const DELTAS_PER_APPEND: usize = 4_096;

/// A region that can be taken over in an instant.
pub struct Warm {
    processor: Processor,
    kept: VecDeque<Delta>,
}

/// Keeps a region warm until it is `promoted`, or until shutdown: then there is nothing to take over.
pub async fn stand_by(
    log: Arc<dyn Log>,
    config: RegionConfig,
    options: ProcessorOptions,
    promoted: CancellationToken,
    shutdown: CancellationToken,
) -> Result<Option<Warm>, ProcessorError> {
    let region = config.region.to_string();
    let failed = |source| ProcessorError::Stream { region: region.clone(), source };
    // In a task of its own: a store that hangs holds up neither what is read nor what is told.
    let (tell, mut looked) = watch::channel(None);
    let look = look(Arc::clone(&log), region.clone(), tell);
    let _looking = AbortOnDropHandle::new(tokio::spawn(look));
    'anew: loop {
        let processor = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(None),
            opened = Processor::open(Arc::clone(&log), config.clone()) => opened?,
        };
        let mut source = processor.source().await.map_err(failed)?;
        let mut warm = Warm { processor, kept: VecDeque::new() };
        let mut deltas = Vec::new();
        loop {
            // What it would need more room for waits for the next look.
            let is_full = warm.kept.len() > KEPT_MAX;
            let records = tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(None),
                () = promoted.cancelled() => return Ok(Some(warm)),
                Ok(()) = looked.changed() => {
                    let events_next = *looked.borrow_and_update();
                    warm.forget(events_next);
                    if warm.kept.len() > KEPT_MAX {
                        tracing::warn!(region, "standby begins anew: checkpoints are too far apart");
                        continue 'anew;
                    }
                    continue;
                }
                records = source.next(options.batch_records_max.max(1)), if !is_full => {
                    records.map_err(failed)?
                }
            };
            warm.processor.apply(&records, &mut deltas);
            warm.processor.parking.bound();
            warm.processor.alarm.bound();
            warm.kept.extend(deltas.drain(..));
        }
    }
}

/// Looks now and again how far the checkpoints are.
async fn look(log: Arc<dyn Log>, region: String, tell: watch::Sender<Option<u64>>) {
    loop {
        sleep(LOOK_EVERY).await;
        match log.checkpoint_next(&region).await {
            Ok(events_next) => drop(tell.send(events_next)),
            Err(error) => tracing::warn!(region, %error, "no checkpoint was looked at"),
        }
    }
}

impl Warm {
    /// Forgets what a checkpoint includes.
    fn forget(&mut self, events_next: Option<u64>) {
        let Some(events_next) = events_next else { return };
        let included = self.kept.partition_point(|delta| delta.sequence < events_next);
        self.kept.drain(..included);
        self.processor.parking.forget(events_next);
        self.processor.alarm.forget(events_next);
    }

    /// Writes what was kept, and is the processor then.
    pub(crate) async fn promote(mut self) -> Result<Processor, ProcessorError> {
        let failed =
            |region: &str, source| ProcessorError::Stream { region: region.into(), source };
        let mut processor = self.processor;
        let end = processor.log.bounds(topic::PICTURE, &processor.region).await;
        processor.begin_at(end.map_err(|source| failed(&processor.region, source))?.next);
        let written = processor.write_aside().await;
        written.map_err(|source| failed(&processor.region, source))?;
        let deltas = self.kept.make_contiguous();
        for part in deltas.chunks(DELTAS_PER_APPEND) {
            let appended = processor.append(part).await;
            appended.map_err(|source| failed(&processor.region, source))?;
        }
        let (region, events_next) = (&processor.region, processor.events_next);
        metrics::counter!("tilanne_processor_takeovers_total", "region" => region.clone())
            .increment(1);
        tracing::info!(region, events_next, written = deltas.len(), "standby takes over");
        Ok(processor)
    }
}
