//! What a region's task is told, and how it goes on after a failure.
//!
//! Kafka gives a member no way to hand one region back and keep the others, so a region whose work fails
//! stays where it is and is tried again, after pauses that grow: the others go on. Only when all regions
//! of a process fail is the trouble taken to be the process's, which ends so that others take over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use events::Text;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// Pause after the first failure; each further one in a row doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Longest pause: so much later than its cause has gone a region goes on.
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// Work that went on for so long had recovered.
const STEADY: Duration = Duration::from_mins(5);
/// Failures in a row after which a region no longer speaks for its process: about two minutes.
const FAILURES_MAX: u32 = 8;

/// What a region's task is told.
pub(crate) enum Order {
    /// The region is this process's.
    Take {
        /// Whether who had it before made the same picture of the same log, as far as is known.
        is_same: bool,
    },
    /// It goes to another, once this is answered.
    Give(oneshot::Sender<()>),
    /// Another has it already.
    Lose,
}

/// A failure of a region that has had [`FAILURES_MAX`] in a row.
pub(crate) struct Failure {
    at: Instant,
    why: String,
}

/// Newest failures by region.
pub(crate) type Failures = BTreeMap<Text, Failure>;

/// What a region's task hears, and what it remembers of that.
pub(crate) struct Orders {
    group: &'static str,
    region: Text,
    receiver: mpsc::Receiver<Order>,
    is_mine: bool,
    is_same: bool,
    /// Failures in a row.
    failures: u32,
    told: Arc<watch::Sender<Failures>>,
}

impl Orders {
    pub(crate) fn new(
        group: &'static str,
        region: Text,
        receiver: mpsc::Receiver<Order>,
        told: Arc<watch::Sender<Failures>>,
    ) -> Self {
        Self { group, region, receiver, is_mine: false, is_same: true, failures: 0, told }
    }

    /// The next order; none when there are no more. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Order> {
        let order = self.receiver.recv().await;
        self.is_mine = matches!(order, Some(Order::Take { .. }));
        if let Some(Order::Take { is_same }) = order {
            self.is_same = is_same;
        }
        order
    }

    /// Waits until the region is this process's; false when that is over. Cancel-safe.
    pub(crate) async fn taken(&mut self) -> bool {
        while !self.is_mine {
            match self.next().await {
                Some(Order::Take { .. } | Order::Lose) => {}
                Some(Order::Give(done)) => drop(done.send(())),
                None => return false,
            }
        }
        true
    }

    /// Whether who had the region before made the same picture of the same log, as far as is known.
    pub(crate) fn is_same(&self) -> bool {
        self.is_same
    }

    /// Whether the region's task goes on after some work, which says so itself unless it failed. After a
    /// failure this takes a while.
    pub(crate) async fn goes_on(&mut self, worked: Result<bool>, lasted: Duration) -> Result<bool> {
        let error = match worked {
            Ok(goes_on) => {
                self.failures = 0;
                return Ok(goes_on);
            }
            // There is no other time.
            Err(error) if self.receiver.is_closed() => return Err(error),
            Err(error) => error,
        };
        self.failures = if lasted >= STEADY { 1 } else { self.failures.saturating_add(1) };
        let pause = pause(self.failures);
        let (region, group, failures) = (&self.region, self.group, self.failures);
        let (why, pause_s) = (format!("{error:#}"), pause.as_secs());
        tracing::error!(%region, group, failures, pause_s, why, "region failed, it is tried again");
        let labels = [("group", group.to_owned()), ("region", region.to_string())];
        metrics::counter!("tilanne_region_failures_total", &labels).increment(1);
        let failing = metrics::gauge!("tilanne_region_failing", &labels);
        failing.set(1.0);
        if failures >= FAILURES_MAX {
            let failure = Failure { at: Instant::now(), why };
            self.told.send_modify(|told| drop(told.insert(region.clone(), failure)));
        }
        self.rest(Instant::now() + pause).await;
        failing.set(0.0);
        Ok(true)
    }

    /// Waits until some time, or until the region is this process's, which need not wait.
    async fn rest(&mut self, until: Instant) {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                order = self.next() => match order {
                    Some(Order::Take { .. }) | None => return,
                    Some(Order::Give(done)) => drop(done.send(())),
                    Some(Order::Lose) => {}
                }
            }
        }
    }
}

fn pause(failures: u32) -> Duration {
    let doubled = failures.saturating_sub(1).min(16);
    (PAUSE_MIN * (1 << doubled)).min(PAUSE_MAX)
}

/// Says why a process should end: all regions that it has fail again and again.
pub(crate) fn hopeless(failures: &Failures, held: &BTreeSet<String>) -> Option<String> {
    let failing: Vec<_> = held
        .iter()
        .filter_map(|region| Some((region, failures.get(region.as_str())?)))
        .filter(|(_, failure)| failure.at.elapsed() < STEADY)
        .collect();
    let (region, failure) = failing.first()?;
    let is_all = failing.len() == held.len();
    is_all.then(|| format!("each region that this process has fails; {region}: {}", failure.why))
}
