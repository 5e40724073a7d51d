//! Sources of a feed: each is a task that reads its transport into the feed's queue.

use std::sync::Arc;
use std::time::Duration;

use events::Text;
use metrics::counter;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::config::FeedConfig;
use crate::metric;
use crate::transport::{self, Arrival, SourceContext, TransportError};

/// Most arrivals that wait for a feed's pipeline: a tenth of a second of the largest feed. When it
/// is full the sources wait, and so does the publisher's connection.
const QUEUE_ARRIVALS_MAX: usize = 1_024;
/// Most payload bytes that wait for a feed's pipeline, in KiB. A payload larger than this waits
/// alone.
const QUEUE_KIB_MAX: u32 = 64 << 10;
/// Pause before a source that cannot be opened is tried again: its variables or files are missing.
const REOPEN_AFTER: Duration = Duration::from_mins(1);
/// Least pause after an error, whatever the transport does.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// What a source said.
pub(crate) enum Said {
    /// Something came.
    Arrived(Arrival),
    /// Something is wrong with it.
    Failed(String),
}

/// A place in the queue, with its share of the bytes.
pub(crate) struct Queued {
    /// Number of the source in the feed's configuration.
    pub(crate) source: usize,
    pub(crate) said: Said,
    _bytes: Option<OwnedSemaphorePermit>,
}

/// Starts the sources of a feed. They end when the set is dropped.
pub(crate) fn start(
    feed: &FeedConfig,
    context: impl Fn(&Text) -> SourceContext,
) -> (JoinSet<()>, Receiver<Queued>) {
    let (sender, receiver) = mpsc::channel(QUEUE_ARRIVALS_MAX);
    let bytes = Arc::new(Semaphore::new(QUEUE_KIB_MAX as usize));
    let mut tasks = JoinSet::new();
    for (index, source) in feed.sources.iter().enumerate() {
        let pump = Pump {
            index,
            context: context(&source.name),
            sender: sender.clone(),
            bytes: Arc::clone(&bytes),
        };
        let source = source.clone();
        tasks.spawn(async move { pump.run(&source).await });
    }
    (tasks, receiver)
}

struct Pump {
    index: usize,
    context: SourceContext,
    sender: Sender<Queued>,
    bytes: Arc<Semaphore>,
}

impl Pump {
    /// Runs until the transport has ended or nobody listens any more.
    async fn run(&self, source: &crate::config::SourceConfig) {
        let mut transport = loop {
            match transport::open(source, self.context.clone()) {
                Ok(transport) => break transport,
                Err(error) => {
                    if !self.failed(&error).await {
                        return;
                    }
                    sleep(REOPEN_AFTER).await;
                }
            }
        };
        loop {
            let goes_on = match transport.next().await {
                Ok(Arrival::Ended) => {
                    self.send(Said::Arrived(Arrival::Ended), 0).await;
                    return;
                }
                Ok(arrival) => self.arrived(arrival).await,
                Err(error) => {
                    let goes_on = self.failed(&error).await;
                    sleep(ERROR_PAUSE).await;
                    goes_on
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn arrived(&self, arrival: Arrival) -> bool {
        let bytes = match &arrival {
            Arrival::Record(raw, _) => raw.payload.len(),
            _ => 0,
        };
        counter!(metric::BYTES, &self.labels()).increment(bytes as u64);
        self.send(Said::Arrived(arrival), bytes).await
    }

    async fn failed(&self, error: &TransportError) -> bool {
        let (feed, source) = (self.context.feed.as_str(), self.context.source.as_str());
        tracing::warn!(feed, source, %error, "source failed");
        counter!(metric::ERRORS, &self.labels()).increment(1);
        self.send(Said::Failed(error.to_string()), 0).await
    }

    /// Waits for room; false when the feed has ended.
    async fn send(&self, said: Said, bytes: usize) -> bool {
        let kib = u32::try_from(bytes.div_ceil(1_024)).unwrap_or(u32::MAX).min(QUEUE_KIB_MAX);
        let bytes = if kib == 0 {
            None
        } else {
            Arc::clone(&self.bytes).acquire_many_owned(kib).await.ok()
        };
        self.sender.send(Queued { source: self.index, said, _bytes: bytes }).await.is_ok()
    }

    fn labels(&self) -> [(&'static str, String); 2] {
        [("feed", self.context.feed.to_string()), ("source", self.context.source.to_string())]
    }
}
