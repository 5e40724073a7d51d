//! One run of one live feed: its sources' queue goes through the pipeline onto the log.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{Connection, DeadLetter, LogRecord, Text};
use metrics::gauge;
use stream::StreamError;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{FeedConfig, RegionConfig};
use crate::metric;
use crate::outlet::{Outlet, encode_raw};
use crate::pipeline::{FeedPipeline, Output};
use crate::source::{self, Queued, Said};
use crate::transport::{Arrival, HostLimits, SourceContext};

/// Most arrivals that are taken from the queue for one append: what waits is written together, and
/// what comes alone is written at once.
const BATCH_ARRIVALS_MAX: usize = 256;
/// Log records after which a batch is written although more is waiting.
const BATCH_RECORDS_MAX: usize = 4_096;
/// Distance of statuses.
pub(crate) const STATUS_EVERY: Duration = Duration::from_secs(1);

/// What all runs of a feed share.
#[derive(Clone)]
pub(crate) struct FeedContext {
    pub(crate) region: Arc<RegionConfig>,
    pub(crate) feed: FeedConfig,
    pub(crate) outlet: Outlet,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hosts: Arc<HostLimits>,
    pub(crate) shutdown: CancellationToken,
}

/// How a source is.
enum Health {
    Starting,
    Well,
    Failed(String),
    Ended,
}

/// Runs until shutdown, or until all sources have ended. Panics of a source or of a decoder end
/// the run; the supervisor starts the next one.
pub(crate) async fn run(context: FeedContext, pipeline: FeedPipeline) -> Result<(), StreamError> {
    let source_context = |source: &Text| SourceContext {
        feed: context.feed.name.clone(),
        source: source.clone(),
        clock: Arc::clone(&context.clock),
        hosts: Arc::clone(&context.hosts),
        payload_bytes_max: context.feed.payload_bytes_max,
    };
    let (mut sources, mut queue) = source::start(&context.feed, source_context);
    let health = context.feed.sources.iter().map(|_| Health::Starting).collect();
    let mut run = Run { context, pipeline, health, said: None, batch: Batch::default() };
    let mut ticks = status_ticks();
    let mut arrivals = Vec::with_capacity(BATCH_ARRIVALS_MAX);
    run.say_status().await?;
    loop {
        tokio::select! {
            () = run.context.shutdown.cancelled() => break,
            _ = ticks.tick() => run.say_status().await?,
            ended = sources.join_next(), if !sources.is_empty() => {
                if let Some(Err(error)) = ended
                    && error.is_panic()
                {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
            count = queue.recv_many(&mut arrivals, BATCH_ARRIVALS_MAX) => {
                if count == 0 && run.connection().0 == Connection::Ended {
                    break;
                }
                if count == 0 {
                    // Without a source there is nothing to wait for but the shutdown.
                    tokio::select! {
                        () = run.context.shutdown.cancelled() => break,
                        _ = ticks.tick() => run.say_status().await?,
                    }
                }
                run.take(&mut arrivals).await?;
                gauge!(metric::QUEUE, "feed" => run.feed()).set(queue.len() as f64);
            }
        }
    }
    sources.shutdown().await;
    run.drain(&mut queue).await
}

/// A tick for each status.
pub(crate) fn status_ticks() -> Interval {
    let mut ticks = interval_at(Instant::now() + STATUS_EVERY, STATUS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Output that waits to be written.
#[derive(Default)]
struct Batch {
    /// As received, where that is wanted.
    raw: Vec<Bytes>,
    records: Vec<LogRecord>,
    letters: Vec<DeadLetter>,
}

struct Run {
    context: FeedContext,
    pipeline: FeedPipeline,
    health: Vec<Health>,
    /// Connection and error of the last status.
    said: Option<(Connection, Option<String>)>,
    batch: Batch,
}

impl Run {
    fn feed(&self) -> String {
        self.context.feed.name.to_string()
    }

    /// Takes what waited in the queue and writes what came of it.
    async fn take(&mut self, arrivals: &mut Vec<Queued>) -> Result<(), StreamError> {
        for Queued { source, said, .. } in arrivals.drain(..) {
            match said {
                Said::Failed(error) => self.became(source, Health::Failed(error)),
                Said::Arrived(Arrival::Connected) => self.became(source, Health::Well),
                Said::Arrived(Arrival::Ended) => self.became(source, Health::Ended),
                Said::Arrived(Arrival::Unchanged) => {
                    self.pipeline.unchanged(self.context.clock.now_ms());
                }
                Said::Arrived(Arrival::Record(raw, shift_ms)) => {
                    if self.context.outlet.wants_raw() {
                        self.batch.raw.push(encode_raw(&raw));
                    }
                    let output = self.pipeline.record(&raw, shift_ms);
                    self.collect(output);
                }
                Said::Arrived(Arrival::TooLarge(raw, message)) => {
                    let output = self.pipeline.too_large(&raw, 0, &message);
                    self.collect(output);
                }
            }
            if self.batch.records.len() >= BATCH_RECORDS_MAX {
                self.write().await?;
            }
        }
        self.write().await?;
        let now = self.connection();
        if self.said.as_ref() != Some(&now) {
            self.say_status().await?;
        }
        Ok(())
    }

    fn became(&mut self, source: usize, health: Health) {
        if let Some(place) = self.health.get_mut(source) {
            *place = health;
        }
    }

    fn collect(&mut self, output: Output) {
        self.batch.records.extend(output.records);
        self.batch.letters.extend(output.dead_letters);
    }

    async fn write(&mut self) -> Result<(), StreamError> {
        metric::count(&self.context.feed.name, &self.batch.records);
        self.context.outlet.append_raw(std::mem::take(&mut self.batch.raw)).await?;
        self.context.outlet.append(&self.batch.records, &self.batch.letters).await?;
        let now_ms = self.context.clock.now_ms();
        metric::latency(&self.context.feed.name, &self.batch.records, now_ms);
        self.batch.records.clear();
        self.batch.letters.clear();
        Ok(())
    }

    async fn say_status(&mut self) -> Result<(), StreamError> {
        let (connection, error) = self.connection();
        let now_ms = self.context.clock.now_ms();
        let status = self.pipeline.status(now_ms, connection, error.as_deref());
        self.batch.records.push(status);
        self.said = Some((connection, error));
        self.write().await
    }

    /// How the feed is: down when one source is, because then it is not whole.
    fn connection(&self) -> (Connection, Option<String>) {
        if self.health.is_empty() {
            return (Connection::Down, Some("no source is configured".into()));
        }
        let names = self.context.feed.sources.iter().map(|source| &source.name);
        let failed = names.zip(&self.health).filter_map(|(name, health)| match health {
            Health::Failed(error) => Some(format!("{name}: {error}")),
            _ => None,
        });
        let failed: Vec<String> = failed.collect();
        let any = |wanted: fn(&Health) -> bool| self.health.iter().any(wanted);
        if !failed.is_empty() {
            (Connection::Down, Some(failed.join("; ")))
        } else if any(|health| matches!(health, Health::Well)) {
            (Connection::Live, None)
        } else if any(|health| matches!(health, Health::Starting)) {
            (Connection::Starting, None)
        } else {
            (Connection::Ended, None)
        }
    }

    /// Writes what is still in the queue, and the last status, so that the ledger is whole.
    async fn drain(mut self, queue: &mut Receiver<Queued>) -> Result<(), StreamError> {
        queue.close();
        let mut arrivals = Vec::new();
        while queue.recv_many(&mut arrivals, BATCH_ARRIVALS_MAX).await > 0 {
            self.take(&mut arrivals).await?;
        }
        self.say_status().await?;
        self.context.outlet.flush().await
    }
}
