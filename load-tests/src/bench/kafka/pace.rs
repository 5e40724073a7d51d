//! Records at a steady rate in small steps, whatever becomes of those before: a log that is slow is not
//! given a rest.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use stream::{Append, Sink};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::load::Load;
use crate::bench::BenchError;

pub(super) const STEPS_PER_S: usize = 100;
/// A second has [`STEPS_PER_S`].
const STEP: Duration = Duration::from_millis(10);

/// When the first append of each step was made.
pub(super) type Starts = Arc<[OnceLock<Instant>]>;

/// What to append, where and how fast.
pub(super) struct Pace {
    /// One a region.
    pub(super) sinks: Vec<Arc<dyn Sink>>,
    /// Of the same regions.
    pub(super) loads: Vec<Arc<Load>>,
    /// Of each region.
    pub(super) records_s: usize,
    pub(super) steps: usize,
    /// To be filled, as far as it goes.
    pub(super) starts: Starts,
    /// Ends it before all steps are made.
    pub(super) stop: CancellationToken,
}

/// An append that all brokers have which must.
pub(super) struct Acked {
    pub(super) step: usize,
    pub(super) took: Duration,
}

/// Room for the starts of so many steps.
pub(super) fn starts(steps: usize) -> Starts {
    (0..steps).map(|_| OnceLock::new()).collect()
}

impl Pace {
    /// Records of a region that are due by the end of a step. Regions are not in step with one another,
    /// as cities are not.
    pub(super) fn due(&self, region: usize, step: usize) -> usize {
        let ahead = region * STEPS_PER_S / self.sinks.len();
        (self.records_s * (step + 1) + ahead) / STEPS_PER_S
    }

    /// Appends until all steps are made or it is told to stop.
    pub(super) async fn run(self) -> Result<Vec<Acked>, BenchError> {
        let mut ticks = tokio::time::interval(STEP);
        let mut under_way = JoinSet::new();
        let mut acked = Vec::new();
        let mut sent = vec![0; self.sinks.len()];
        for step in 0..self.steps {
            tokio::select! {
                () = self.stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            for (region, (sink, load)) in self.sinks.iter().zip(&self.loads).enumerate() {
                let due = self.due(region, step);
                if due > load.made.len() {
                    return Err(BenchError::new("there are no more events to append"));
                }
                let records = load.payloads(sent[region]..due);
                sent[region] = due;
                if records.is_empty() {
                    continue;
                }
                let (sink, starts) = (Arc::clone(sink), Arc::clone(&self.starts));
                under_way.spawn(async move {
                    let start = Instant::now();
                    if let Some(first) = starts.get(step) {
                        first.get_or_init(|| start);
                    }
                    let appended = sink.append(Append { records, cursor: None }).await;
                    appended.map(|_| Acked { step, took: start.elapsed() })
                });
            }
            while let Some(ended) = under_way.try_join_next() {
                acked.push(ended.map_err(BenchError::new)?.map_err(BenchError::new)?);
            }
        }
        while let Some(ended) = under_way.join_next().await {
            acked.push(ended.map_err(BenchError::new)?.map_err(BenchError::new)?);
        }
        Ok(acked)
    }
}
