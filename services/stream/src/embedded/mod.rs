//! The embedded log: one directory, no server, any number of readers in this process.
//!
//! An append numbers its records and puts them into the partition's memory, where live readers find
//! them at once; it touches no disk. A committer thread makes everything that came in within
//! `fsync_interval_ms` durable in one transaction. Readers who are further behind than the memory
//! goes read the disk in tasks of their own, so no reader ever holds up a writer.

mod block;
mod committer;
mod contents;
mod options;
mod partition;
mod sink;
mod source;
mod store;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Semaphore;

use self::contents::Contents;
pub use self::options::EmbeddedOptions;
use self::partition::Partition;
use self::sink::EmbeddedSink;
use self::source::EmbeddedSource;
use self::store::Store;
use crate::{Beginning, Bounds, Checkpoint, Log, Sink, Source, StreamError};

/// Partitions of one log: a region each, and a country has fewer regions than this.
const PARTITIONS_MAX: usize = 1024;
/// Bytes of a topic's or partition's name.
const NAME_BYTES_MAX: usize = 64;

/// A log in a directory of this machine.
///
/// ```
/// # use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, topic};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let directory = tempfile::tempdir().unwrap();
/// let log = EmbeddedLog::open(directory.path(), EmbeddedOptions::default())?;
/// let sink = log.sink(topic::EVENTS, "helsinki").await?;
/// let records = vec!["first".into(), "second".into()];
/// sink.append(Append { records, cursor: None }).await?;
/// let mut source = log.source(topic::EVENTS, "helsinki", 1).await?;
/// assert_eq!(source.next(10).await?[0].payload, "second");
/// log.close().await?;
/// # Ok::<_, stream::StreamError>(()) }).unwrap();
/// ```
pub struct EmbeddedLog {
    shared: Arc<Shared>,
    committer: Mutex<Option<Committer>>,
}

type Committer = JoinHandle<Result<(), StreamError>>;

/// What the log, its sinks and sources and the committer have in common.
struct Shared {
    epoch: String,
    options: EmbeddedOptions,
    bounds: committer::Bounds,
    store: Store,
    partitions: Mutex<BTreeMap<String, Arc<Partition>>>,
    /// Number of the next new topic.
    topic_number: AtomicU32,
    doorbell: committer::Doorbell,
    /// A permit for each byte that may still be appended before the next commit.
    room: Semaphore,
    /// Set once: nothing more is accepted.
    stopped: OnceLock<Stopped>,
}

enum Stopped {
    Closed,
    Failed(String),
}

impl EmbeddedLog {
    /// Opens the log in a directory, or makes one. A directory that another process has open, or
    /// that is damaged, is an error that names it.
    pub fn open(directory: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, StreamError> {
        Self::open_with(directory, options, None)
    }

    /// Whether a directory has a log.
    pub fn is_in(directory: &Path) -> bool {
        Store::is_in(directory)
    }

    /// Names of the partitions that it has.
    pub fn regions(&self) -> Vec<String> {
        let partitions = self.shared.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.keys().cloned().collect()
    }

    /// Opens the log in a directory, or makes one that goes on with another log's offsets and identity.
    pub fn begin(
        directory: &Path,
        options: EmbeddedOptions,
        beginning: &Beginning,
    ) -> Result<Arc<Self>, StreamError> {
        Self::open_with(directory, options, Some(beginning))
    }

    fn open_with(
        directory: &Path,
        options: EmbeddedOptions,
        beginning: Option<&Beginning>,
    ) -> Result<Arc<Self>, StreamError> {
        options.check()?;
        let (store, contents) = Store::open(directory, &options, beginning)?;
        let shared = Arc::new(Shared::new(store, contents, options));
        let committer = std::thread::Builder::new()
            .name("log-committer".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || committer::run(&shared)
            })
            .map_err(|error| StreamError::Storage(format!("committer thread: {error}")))?;
        Ok(Arc::new(Self { shared, committer: Mutex::new(Some(committer)) }))
    }

    /// Stops accepting and gives the committer that has the rest to write, the first time.
    fn shut(&self) -> Option<Committer> {
        self.shared.stop(None);
        self.shared.doorbell.close();
        self.committer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn join(committer: Committer) -> Result<(), StreamError> {
    committer
        .join()
        .unwrap_or_else(|_| Err(StreamError::Storage("committer thread panicked".to_owned())))
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.shut().map(join) {
            tracing::error!(%error, "log was dropped before everything was durable");
        }
    }
}

#[async_trait]
impl Log for EmbeddedLog {
    fn epoch(&self) -> &str {
        &self.shared.epoch
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        let partition = self.shared.topic(topic, partition)?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(EmbeddedSink::new(shared, partition, topic)))
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let partition = self.shared.topic(topic, partition)?;
        let shared = Arc::clone(&self.shared);
        Ok(Box::new(EmbeddedSource::new(shared, partition, topic, from)?))
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        self.shared.topic(topic, partition)?.lock().bounds(topic)
    }

    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        checkpoint.check()?;
        let partition = self.shared.partition(partition)?;
        self.shared.durable(&partition, Some(checkpoint)).await
    }

    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        let (shared, partition) = (Arc::clone(&self.shared), partition.to_owned());
        tokio::task::spawn_blocking(move || shared.store.checkpoint(&partition))
            .await
            .map_err(|_| StreamError::Closed)?
    }

    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError> {
        Ok(self.shared.partition(partition)?.lock().cursor(key))
    }

    async fn close(&self) -> Result<(), StreamError> {
        match self.shut() {
            Some(committer) => tokio::task::spawn_blocking(|| join(committer))
                .await
                .map_err(|_| StreamError::Closed)?,
            None => Ok(()),
        }
    }
}

impl Shared {
    fn new(store: Store, contents: Contents, options: EmbeddedOptions) -> Self {
        let mut partitions = BTreeMap::new();
        let mut partition = |name: &str| {
            let partition =
                partitions.entry(name.to_owned()).or_insert_with(|| Arc::new(Partition::new(name)));
            Arc::clone(partition)
        };
        let mut topic_number = 0;
        for topic in contents.topics {
            topic_number = topic_number.max(topic.number + 1);
            partition(&topic.partition).lock().restore(
                &topic.topic,
                topic.number,
                topic.first,
                topic.next,
            );
        }
        for (name, key, value) in contents.cursors {
            partition(&name).lock().restore_cursor(key, value);
        }
        for (name, positions) in contents.checkpoints {
            partition(&name).lock().restore_positions(positions);
        }
        Self {
            epoch: contents.epoch,
            bounds: committer::Bounds {
                interval: Duration::from_millis(options.fsync_interval_ms),
                records_max: options.fsync_records_max,
                // The rest is room for appends while this much is being written.
                bytes_max: options.pending_bytes_max / 4,
            },
            store,
            partitions: Mutex::new(partitions),
            topic_number: AtomicU32::new(topic_number),
            doorbell: committer::Doorbell::default(),
            room: Semaphore::new(options.pending_bytes_max),
            stopped: OnceLock::new(),
            options,
        }
    }

    /// A partition, made when it is new.
    fn partition(&self, name: &str) -> Result<Arc<Partition>, StreamError> {
        check_name("partition", name)?;
        let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(partition) = partitions.get(name) {
            return Ok(Arc::clone(partition));
        }
        if partitions.len() == PARTITIONS_MAX {
            return Err(StreamError::Storage(format!(
                "partition {name} is one more than the {PARTITIONS_MAX} that a log takes"
            )));
        }
        let partition = Arc::new(Partition::new(name));
        partitions.insert(name.to_owned(), Arc::clone(&partition));
        Ok(partition)
    }

    /// The partition of a topic, both made when they are new.
    fn topic(&self, topic: &str, partition: &str) -> Result<Arc<Partition>, StreamError> {
        check_name("topic", topic)?;
        let partition = self.partition(partition)?;
        let number = || self.topic_number.fetch_add(1, Ordering::Relaxed);
        partition.lock().add_topic(topic, number)?;
        Ok(partition)
    }

    fn partitions(&self) -> Vec<Arc<Partition>> {
        let partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.values().cloned().collect()
    }

    /// Accepts nothing more; the first reason stays.
    fn stop(&self, failure: Option<&StreamError>) {
        let _ = self.stopped.set(match failure {
            None => Stopped::Closed,
            Some(StreamError::Storage(message)) => Stopped::Failed(message.clone()),
            Some(error) => Stopped::Failed(error.to_string()),
        });
        self.room.close();
    }

    /// Whether the log still accepts.
    fn accepting(&self) -> Result<(), StreamError> {
        match self.stopped.get() {
            None => Ok(()),
            Some(Stopped::Closed) => Err(StreamError::Closed),
            Some(Stopped::Failed(message)) => Err(StreamError::Storage(message.clone())),
        }
    }

    /// Waits until everything appended to a partition, and a checkpoint, is durable.
    async fn durable(
        &self,
        partition: &Partition,
        checkpoint: Option<Checkpoint>,
    ) -> Result<(), StreamError> {
        let durable = {
            let mut state = partition.lock();
            self.accepting()?;
            state.durable(checkpoint)?
        };
        self.doorbell.urgent();
        match durable.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.accepting().err().unwrap_or(StreamError::Closed)),
        }
    }
}

/// Names are keys of the tables and labels of metrics.
fn check_name(kind: &str, name: &str) -> Result<(), StreamError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        });
    if fits {
        Ok(())
    } else {
        Err(StreamError::Storage(format!(
            "{kind} {name:?} is not 1 to {NAME_BYTES_MAX} of a-z, 0-9, '-', '_', '.'"
        )))
    }
}
