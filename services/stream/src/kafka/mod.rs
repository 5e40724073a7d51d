//! The log in Apache Kafka: the same topics, read and written by many processes.
//!
//! - A region is one partition of every topic; the topic `control` says which.
//! - Records of `events`, `dead-letter` and `raw` are one message each, as on the embedded log. Records
//!   of `picture` are one delta each with the object as key, so that the topic can be compacted; readers
//!   get them as frames of one.
//! - An append is over when all brokers that must have it do. The producer is idempotent and does not
//!   give up: a broker that is away holds it up.
//! - Checkpoints are files that all processes see.
//! - Offsets are Kafka's. They have no gaps but where compaction has made some in `picture`.

mod checkpoints;
mod client;
mod control;
mod membership;
mod observer;
mod options;
mod sink;
mod source;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::Metadata;
use rdkafka::producer::Producer as _;
use tokio::sync::{OnceCell, Semaphore};

use self::checkpoints::Checkpoints;
use self::client::{Context, REQUEST_PATIENCE, RETRY_PAUSE};
use self::control::Control;
pub use self::membership::{Change, Membership};
use self::observer::Observer;
pub use self::options::{KafkaOptions, KafkaOptionsError, Mechanism, Retention, Sasl, Tls, Tuning};
use self::sink::{KafkaSink, Producer};
use self::source::{KafkaSource, Place, Reader, Tail};
pub use self::topics::{Applied, apply_topics, begin_topics};
use crate::log::topic;
use crate::{Bounds, Checkpoint, Log, Sink, Source, StreamError};

/// Readers of the past at a time in one process, clients' too; each has a connection and up to 16 MiB.
const READERS_MAX: usize = 64;
/// How long a topic may take to be known to all brokers.
const KNOWN_PATIENCE: Duration = Duration::from_secs(3);
/// Longest wait for what was appended when the log closes.
const CLOSE_PATIENCE: Duration = Duration::from_secs(5);
/// Records that are looked at first for the newest cursor, and how much more each time.
const CURSOR_RECORDS: u64 = 2_048;
const CURSOR_FACTOR: u64 = 8;

/// The message of each topic's records.
fn schema(topic: &str) -> &'static str {
    match topic {
        topic::PICTURE => "tilanne.v1.Delta",
        topic::ALERTS => "tilanne.v1.Alert",
        topic::DEAD_LETTER => "tilanne.v1.DeadLetter",
        topic::RAW => "tilanne.v1.RawRecord",
        _ => "tilanne.v1.LogRecord",
    }
}

/// A log in Apache Kafka.
pub struct KafkaLog {
    shared: Arc<Shared>,
}

/// Made when somebody first reads.
type SharedTail = Arc<OnceCell<Arc<Tail>>>;

/// Records of a partition that were appended after the newest cursor.
type Unfinished = Arc<tokio::sync::Mutex<VecDeque<(u64, Bytes)>>>;

pub(crate) struct Shared {
    options: KafkaOptions,
    control: Control,
    epoch: String,
    observer: Arc<Observer>,
    producer: Producer,
    tails: Mutex<BTreeMap<(String, i32), SharedTail>>,
    unfinished: Mutex<BTreeMap<i32, Unfinished>>,
    turns: Arc<Semaphore>,
    checkpoints: Checkpoints,
}

impl KafkaLog {
    /// Connects to a cluster whose topics are there. With a patience it gives up after that; without, it
    /// waits for brokers and says now and then that it does.
    pub async fn connect(
        options: KafkaOptions,
        patience: Option<Duration>,
    ) -> Result<Arc<Self>, StreamError> {
        options.check().map_err(|error| StreamError::Kafka(error.to_string()))?;
        let observer = Arc::new(Observer::new(&options)?);
        known(&observer, &options, patience, |metadata| missing(metadata, &options)).await?;
        let control = {
            let options = options.clone();
            let doing = format!("topic {}", options.topic(control::TOPIC));
            let read = move |consumer: &_| Control::read(consumer, &options);
            observer.ask(&doing, patience, read).await?
        };
        let epoch = control.epoch.clone().ok_or_else(|| {
            let topic = options.topic(control::TOPIC);
            StreamError::Kafka(format!("topic {topic} has no epoch; run `tilanne topics apply`"))
        })?;
        let wanted = control.partition_count();
        known(&observer, &options, patience, |metadata| too_few(metadata, &options, wanted))
            .await?;
        let store = crate::store::open(
            options.checkpoint_directory.as_deref(),
            options.checkpoint_s3.as_ref(),
        );
        let store = store.map_err(|error| StreamError::Storage(format!("checkpoints: {error}")))?;
        let shared = Shared {
            producer: sink::producer(&options)?,
            checkpoints: Checkpoints::new(store, epoch.clone()),
            control,
            epoch,
            observer,
            tails: Mutex::default(),
            unfinished: Mutex::default(),
            turns: Arc::new(Semaphore::new(READERS_MAX)),
            options,
        };
        Ok(Arc::new(Self { shared: Arc::new(shared) }))
    }

    /// Names of the partitions that it has.
    pub fn regions(&self) -> Vec<String> {
        self.shared.control.partitions.keys().cloned().collect()
    }

    /// Joins a group whose members share the regions among them.
    pub fn join(&self, group: &str) -> Result<Membership, StreamError> {
        Membership::join(&self.shared.options, self.shared.control.clone(), group)
    }

    /// Tells a group how far a region is done, and something of this member, empty for nothing: who has
    /// the region next is told it with [`Change::Assigned`].
    pub fn commit(&self, membership: &Membership, region: &str, next: u64, said: &str) {
        if let Ok(Place { partition, base, .. }) = self.shared.place(topic::EVENTS, region) {
            membership.commit(partition, next.saturating_sub(base), said.to_owned());
        }
    }
}

/// Waits for brokers, then says what is wrong with the topics. What was made just now is not known to
/// all brokers at once.
async fn known(
    observer: &Observer,
    options: &KafkaOptions,
    patience: Option<Duration>,
    wrong: impl Fn(&Metadata) -> Option<String>,
) -> Result<(), StreamError> {
    let doing = format!("brokers {}", options.bootstrap_servers);
    let started = tokio::time::Instant::now();
    loop {
        let ask =
            |consumer: &BaseConsumer<Context>| consumer.fetch_metadata(None, REQUEST_PATIENCE);
        let metadata = observer.ask(&doing, patience, ask).await?;
        let Some(wrong) = wrong(&metadata) else { return Ok(()) };
        if started.elapsed() >= KNOWN_PATIENCE {
            return Err(StreamError::Kafka(format!("{wrong}; run `tilanne topics apply`")));
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Partitions of a topic; 0 where there is no such topic.
fn partitions(metadata: &Metadata, full: &str) -> usize {
    let mut topics = metadata.topics().iter();
    topics.find(|topic| topic.name() == full).map_or(0, |topic| topic.partitions().len())
}

/// Says which topic is missing.
fn missing(metadata: &Metadata, options: &KafkaOptions) -> Option<String> {
    let names = topics::TOPICS.into_iter().chain([control::TOPIC]);
    let mut names = names.map(|name| options.topic(name));
    let full = names.find(|full| partitions(metadata, full) == 0)?;
    Some(format!("topic {full} is missing"))
}

/// Says which topic has not a partition for each region, as one that somebody has made by hand. More of
/// them than regions do no harm: nothing is written there.
fn too_few(metadata: &Metadata, options: &KafkaOptions, wanted: usize) -> Option<String> {
    let mut counts = topics::TOPICS.into_iter().map(|name| {
        let full = options.topic(name);
        (partitions(metadata, &full), full)
    });
    let (found, full) = counts.find(|(found, _)| *found < wanted)?;
    let control = options.topic(control::TOPIC);
    Some(format!(
        "topic {full} has {found} of the {wanted} partitions that {control} gives to regions"
    ))
}

impl Shared {
    fn place(&self, topic: &str, region: &str) -> Result<Place, StreamError> {
        Ok(Place {
            topic: self.options.topic(topic),
            region: region.to_owned(),
            partition: self.control.partition(region)?,
            base: self.control.first(topic, region),
            schema: schema(topic),
            is_framed: topic == topic::PICTURE,
        })
    }

    /// A consumer of its own from an offset on.
    fn reader(&self, place: Place, from: u64) -> Result<Reader, StreamError> {
        Reader::new(Arc::clone(&self.observer), place, from)
    }

    async fn bounds(&self, place: &Place) -> Result<Bounds, StreamError> {
        self.observer.bounds(place).await
    }

    /// The newest records of a partition, followed from the first time that somebody asks.
    async fn tail(&self, place: &Place) -> Result<Arc<Tail>, StreamError> {
        let cell = {
            let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tails.entry((place.topic.clone(), place.partition)).or_default())
        };
        let follow = || async {
            let end = self.bounds(place).await?.next;
            Ok(Arc::new(Tail::follow(self.reader(place.clone(), end)?, end)))
        };
        let tail = cell.get_or_try_init(follow).await.map(Arc::clone)?;
        if tail.is_over() {
            let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
            tails.remove(&(place.topic.clone(), place.partition));
        }
        Ok(tail)
    }

    fn unfinished(&self, partition: i32) -> Unfinished {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(unfinished.entry(partition).or_default())
    }
}

#[async_trait]
impl Log for KafkaLog {
    fn epoch(&self) -> &str {
        &self.shared.epoch
    }

    fn is_compacted(&self, topic: &str) -> bool {
        topic == topic::PICTURE
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        let place = self.shared.place(topic, partition)?;
        let unfinished = (topic == topic::EVENTS).then(|| self.shared.unfinished(place.partition));
        Ok(Box::new(KafkaSink::new(
            self.shared.producer.clone(),
            place,
            self.shared.options.record_bytes_max,
            unfinished.unwrap_or_default(),
        )))
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let place = self.shared.place(topic, partition)?;
        let tail = self.shared.tail(&place).await?;
        Ok(Box::new(KafkaSource::new(Arc::clone(&self.shared), place, from, tail)))
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        self.shared.bounds(&self.shared.place(topic, partition)?).await
    }

    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        checkpoint.check()?;
        self.shared.checkpoints.save(partition, checkpoint).await
    }

    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        self.shared.checkpoints.newest(partition).await
    }

    async fn checkpoint_next(&self, partition: &str) -> Result<Option<u64>, StreamError> {
        self.shared.checkpoints.newest_next(partition).await
    }

    /// Reads `events` backwards in steps, for the last record that has the cursor. What comes after it
    /// is kept for the sink: an append that was cut off.
    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError> {
        let place = self.shared.place(topic::EVENTS, partition)?;
        let Bounds { first, next } = self.shared.bounds(&place).await?;
        if next == first {
            return Ok(None);
        }
        let mut look_back = CURSOR_RECORDS;
        loop {
            let from = first.max(next.saturating_sub(look_back));
            let mut reader = self.shared.reader(place.clone(), from)?;
            let (cursor, after) = reader.newest_cursor(key, next).await?;
            if cursor.is_some() || from == first {
                *self.shared.unfinished(place.partition).lock().await = after.into();
                return Ok(cursor);
            }
            look_back = look_back.saturating_mul(CURSOR_FACTOR);
        }
    }

    async fn close(&self) -> Result<(), StreamError> {
        let producer = self.shared.producer.clone();
        let flush = tokio::task::spawn_blocking(move || producer.flush(CLOSE_PATIENCE));
        let flushed = flush.await.map_err(|_| StreamError::Closed)?;
        flushed.map_err(|error| StreamError::Kafka(format!("not all was delivered: {error}")))
    }
}

/// An offset as Kafka takes it.
fn offset(from: u64) -> Offset {
    Offset::Offset(i64::try_from(from).unwrap_or(i64::MAX))
}
