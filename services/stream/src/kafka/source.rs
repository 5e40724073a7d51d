//! The reading end: a reader at the end of a partition shares its newest records with the other readers
//! of this process; one that is further behind reads by itself until it is there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::FutureExt;
use prost::encoding::encode_varint;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::task::AbortOnDropHandle;

use super::client::Context;
use super::observer::Observer;
use super::sink::{CURSOR_HEADER, EVENT_APPENDED_HEADER, SCHEMA_HEADER, TRACE_HEADER};
use super::{Shared, offset};
use crate::{Bounds, Passed, Record, Source, StreamError, TraceContext};

/// Newest bytes of a partition that its readers share.
const TAIL_BYTES_MAX: usize = 8 << 20;
/// What a record takes beside its payload.
const RECORD_BYTES: usize = size_of::<Read>();
/// More than one append can have left unfinished; a topic with more without a cursor is none's that has
/// cursors.
const UNFINISHED_BYTES_MAX: usize = 32 << 20;
/// Records that are read at a time for the tail.
const TAIL_RECORDS_PER_READ: usize = 4_096;
/// How long nothing may come until it is asked whether there is more. A request to a broker ends before.
const SILENCE: Duration = Duration::from_secs(20);

/// A partition as its readers see it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) topic: String,
    /// The name of the partition for people: the region.
    pub(super) region: String,
    pub(super) partition: i32,
    /// Offset of the log that Kafka's offset 0 is.
    pub(super) base: u64,
    pub(super) schema: &'static str,
    /// Whether records are messages that readers want with their length before them: frames of one.
    pub(super) is_framed: bool,
}

/// A record, and how it came onto the log.
type Read = (Record, Passed);

/// A consumer of one partition, from an offset on. After brokers come back the library may go on asking
/// one that no longer leads the partition, and says nothing of it: a consumer that gets nothing while
/// there is more is replaced.
pub(super) struct Reader {
    observer: Arc<Observer>,
    consumer: StreamConsumer<Context>,
    place: Place,
    next: u64,
    /// End of the partition when the consumer was last replaced: that once is enough for what is there,
    /// as compaction may have left nothing of it.
    tried: u64,
    /// Why it ended, when records before that were still to be given.
    ended: Option<KafkaError>,
}

impl Reader {
    pub(super) fn new(
        observer: Arc<Observer>,
        place: Place,
        from: u64,
    ) -> Result<Self, StreamError> {
        let consumer = assigned(&observer, &place, from)?;
        Ok(Self { observer, consumer, place, next: from, tried: 0, ended: None })
    }

    /// The next message, as what is wanted of it. Cancel-safe.
    async fn receive<T>(
        &mut self,
        taken: impl Fn(&BorrowedMessage<'_>, &Place) -> T,
    ) -> Result<T, KafkaError> {
        loop {
            let received = tokio::time::timeout(SILENCE, self.consumer.recv()).await;
            let received = received.map(|received| {
                received.map(|message| {
                    (offset_in_log(&message, &self.place) + 1, taken(&message, &self.place))
                })
            });
            match received {
                Ok(received) => {
                    let (next, taken) = received?;
                    self.next = next;
                    return Ok(taken);
                }
                Err(_) => self.replace_if_stuck().await,
            }
        }
    }

    /// Takes a new consumer where there is more than this one has given.
    async fn replace_if_stuck(&mut self) {
        let Place { topic, region, .. } = &self.place;
        let next = match self.observer.bounds(&self.place).await {
            Ok(bounds) if bounds.next > self.next.max(self.tried) => bounds.next,
            _ => return,
        };
        tracing::warn!(topic, region, at = self.next, next, "reading stood still; it begins anew");
        metrics::counter!("tilanne_kafka_readers_replaced_total", "region" => region.clone())
            .increment(1);
        match assigned(&self.observer, &self.place, self.next) {
            Ok(consumer) => (self.consumer, self.tried) = (consumer, next),
            Err(error) => tracing::warn!(%error, "no new reader"),
        }
    }

    /// The next records, at least one; none when what was to come is not there. Cancel-safe: what has
    /// been taken from the library is returned without another wait.
    async fn read(&mut self, records_max: usize) -> Result<Option<Vec<Read>>, StreamError> {
        if let Some(error) = self.ended.take() {
            return self.end(&error);
        }
        let taken = |message: &BorrowedMessage<'_>, place: &Place| {
            (record(message, place), passed(message))
        };
        let mut records = Vec::new();
        loop {
            let received = if records.is_empty() {
                self.receive(taken).await
            } else {
                match self.receive(taken).now_or_never() {
                    Some(received) => received,
                    None => return Ok(Some(records)),
                }
            };
            match received {
                Ok(read) => records.push(read),
                Err(error) if is_gone(&error) || is_fatal(&error) => {
                    if records.is_empty() {
                        return self.end(&error);
                    }
                    // The library says it once; the records before it must not go.
                    self.ended = Some(error);
                    return Ok(Some(records));
                }
                // The library connects again by itself.
                Err(error) => tracing::debug!(target: "stream::kafka", %error, "reading goes on"),
            }
            if records.len() >= records_max.max(1) {
                return Ok(Some(records));
            }
        }
    }

    /// Nothing more comes: what was to come is gone, or there is an error.
    fn end(&self, error: &KafkaError) -> Result<Option<Vec<Read>>, StreamError> {
        if is_gone(error) {
            return Ok(None);
        }
        Err(self.failed(error))
    }

    /// Reads to the end and gives the value of the last record with a cursor of that key, and the
    /// records after it.
    pub(super) async fn newest_cursor(
        &mut self,
        key: &str,
        end: u64,
    ) -> Result<(Option<Bytes>, Vec<(u64, Bytes)>), StreamError> {
        let (mut newest, mut after) = (None, Vec::new());
        let mut bytes = 0;
        let taken = |message: &BorrowedMessage<'_>, place: &Place| {
            let value = header(message, CURSOR_HEADER).and_then(|value| of_key(value, key));
            (record(message, place), value.map(Bytes::copy_from_slice))
        };
        loop {
            let (record, value) = match self.receive(taken).await {
                Ok(received) => received,
                Err(error) if is_gone(&error) || is_fatal(&error) => {
                    return Err(self.failed(&error));
                }
                Err(_) => continue,
            };
            let is_last = record.offset + 1 >= end;
            match value {
                Some(value) => {
                    newest = Some(value);
                    after.clear();
                    bytes = 0;
                }
                None if bytes > UNFINISHED_BYTES_MAX => after.clear(),
                None => {
                    bytes += record.payload.len() + RECORD_BYTES;
                    after.push((record.offset, record.payload));
                }
            }
            if is_last {
                return Ok((newest, after));
            }
        }
    }

    fn failed(&self, error: &KafkaError) -> StreamError {
        let Place { topic, region, .. } = &self.place;
        StreamError::Kafka(format!("reading {topic} of {region}: {error}"))
    }
}

/// A consumer that reads a partition from an offset on.
fn assigned(
    observer: &Observer,
    place: &Place,
    from: u64,
) -> Result<StreamConsumer<Context>, StreamError> {
    let consumer = observer.stream_consumer()?;
    let mut assignment = TopicPartitionList::new();
    let from = offset(from.saturating_sub(place.base));
    let added = assignment.add_partition_offset(&place.topic, place.partition, from);
    let assigned = added.and_then(|()| consumer.assign(&assignment));
    assigned.map_err(|error| StreamError::Kafka(format!("reader: {error}")))?;
    Ok(consumer)
}

/// The value of a cursor, when it has that key.
fn of_key<'a>(cursor: &'a [u8], key: &str) -> Option<&'a [u8]> {
    cursor.strip_prefix(key.as_bytes())?.strip_prefix(&[0])
}

fn header<'a>(message: &'a BorrowedMessage<'_>, key: &str) -> Option<&'a [u8]> {
    let mut headers = message.headers()?.iter();
    headers.find(|header| header.key == key).and_then(|header| header.value)
}

fn is_gone(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::OffsetOutOfRange | RDKafkaErrorCode::AutoOffsetReset)
    )
}

/// A partition that nobody leads for a moment is not known meanwhile: that passes.
fn is_fatal(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::TopicAuthorizationFailed)
    )
}

fn offset_in_log(message: &BorrowedMessage<'_>, place: &Place) -> u64 {
    place.base + u64::try_from(message.offset()).unwrap_or_default()
}

/// A record of the log. One of a schema that this program does not know has no payload: no reader must
/// take it for something that it is not, and it stays in Kafka for those who know it.
fn record(message: &BorrowedMessage<'_>, place: &Place) -> Record {
    let offset = offset_in_log(message, place);
    let schema = header(message, SCHEMA_HEADER);
    let is_known = schema.is_none_or(|schema| schema == place.schema.as_bytes());
    if !is_known {
        let schema = String::from_utf8_lossy(schema.unwrap_or_default()).into_owned();
        let Place { topic, region, .. } = place;
        metrics::counter!("tilanne_kafka_unknown_schema_total", "region" => region.clone())
            .increment(1);
        tracing::error!(topic, region, offset, schema, "record of an unknown schema left out");
    }
    let payload = message.payload().filter(|_| is_known).unwrap_or_default();
    if !place.is_framed || payload.is_empty() {
        return Record { offset, payload: Bytes::copy_from_slice(payload) };
    }
    let mut framed = BytesMut::with_capacity(payload.len() + 5);
    encode_varint(payload.len() as u64, &mut framed);
    framed.put_slice(payload);
    Record { offset, payload: framed.freeze() }
}

/// How a record came onto the log. The time is that of the process that sent it, unless the topic is set
/// to have the broker's.
fn passed(message: &BorrowedMessage<'_>) -> Passed {
    let text = |key| header(message, key).and_then(|value| std::str::from_utf8(value).ok());
    Passed {
        appended_ms: message.timestamp().to_millis(),
        event_appended_ms: text(EVENT_APPENDED_HEADER).and_then(|value| value.parse().ok()),
        trace: header(message, TRACE_HEADER).and_then(TraceContext::parse),
    }
}

/// The newest records of a partition, for all readers of this process.
pub(super) struct Tail {
    ring: Arc<Mutex<Ring>>,
    end: watch::Receiver<u64>,
    _follow: AbortOnDropHandle<()>,
}

struct Ring {
    records: VecDeque<Read>,
    bytes: usize,
    /// All from here on that the partition has is in the ring.
    first: u64,
}

impl Ring {
    fn push(&mut self, read: Read) {
        self.bytes += read.0.payload.len() + RECORD_BYTES;
        self.records.push_back(read);
        while self.bytes > TAIL_BYTES_MAX && self.records.len() > 1 {
            if let Some((oldest, _)) = self.records.pop_front() {
                self.bytes -= oldest.payload.len() + RECORD_BYTES;
                self.first = oldest.offset + 1;
            }
        }
    }

    /// Records from an offset on; none where the ring does not go back to it.
    fn since(&self, from: u64, records_max: usize) -> Option<Vec<Read>> {
        if from < self.first {
            return None;
        }
        let begin = self.records.partition_point(|(record, _)| record.offset < from);
        Some(self.records.iter().skip(begin).take(records_max.max(1)).cloned().collect())
    }
}

impl Tail {
    /// Follows a partition from an offset that is its end now.
    pub(super) fn follow(mut reader: Reader, from: u64) -> Self {
        let ring = Ring { records: VecDeque::new(), bytes: 0, first: from };
        let ring = Arc::new(Mutex::new(ring));
        let (told, end) = watch::channel(from);
        let follow = tokio::spawn({
            let ring = Arc::clone(&ring);
            async move {
                loop {
                    // Without the sender its sources end, and the next one makes a new tail.
                    let records = match reader.read(TAIL_RECORDS_PER_READ).await {
                        Ok(Some(records)) => records,
                        Ok(None) => {
                            let Place { topic, region, .. } = &reader.place;
                            tracing::error!(topic, region, "the topic was cut or made anew");
                            return;
                        }
                        Err(error) => {
                            tracing::error!(%error, "the newest records are not followed");
                            return;
                        }
                    };
                    let next = records.last().map_or(0, |(record, _)| record.offset + 1);
                    {
                        let mut ring = ring.lock().unwrap_or_else(PoisonError::into_inner);
                        for read in records {
                            ring.push(read);
                        }
                    }
                    told.send_replace(next);
                }
            }
        });
        Self { ring, end, _follow: AbortOnDropHandle::new(follow) }
    }

    /// Whether it follows no more.
    pub(super) fn is_over(&self) -> bool {
        self.end.has_changed().is_err()
    }

    fn since(&self, from: u64, records_max: usize) -> Option<Vec<Read>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).since(from, records_max)
    }
}

/// A position of its own in a partition.
pub(super) struct KafkaSource {
    shared: Arc<Shared>,
    place: Place,
    next: u64,
    tail: Arc<Tail>,
    end: watch::Receiver<u64>,
    /// Reads by itself; of those there are not more than there are turns.
    own: Option<(Reader, OwnedSemaphorePermit)>,
    /// Offsets that it gave last, and how those records came onto the log.
    passed: Vec<(u64, Passed)>,
}

impl KafkaSource {
    pub(super) fn new(shared: Arc<Shared>, place: Place, from: u64, tail: Arc<Tail>) -> Self {
        let end = tail.end.clone();
        Self { shared, place, next: from, tail, end, own: None, passed: Vec::new() }
    }

    /// Reads without the others.
    async fn read_alone(&mut self, records_max: usize) -> Result<Vec<Read>, StreamError> {
        if self.next < self.place.base {
            return Err(self.gone(self.place.base));
        }
        let reader = if let Some((reader, _)) = &mut self.own {
            reader
        } else {
            let turn = Arc::clone(&self.shared.turns).acquire_owned().await;
            let turn = turn.map_err(|_| StreamError::Closed)?;
            let reader = self.shared.reader(self.place.clone(), self.next)?;
            &mut self.own.insert((reader, turn)).0
        };
        if let Some(records) = reader.read(records_max).await? {
            return Ok(records);
        }
        self.own = None;
        let Bounds { first, next } = self.shared.bounds(&self.place).await?;
        if self.next < first {
            return Err(self.gone(first));
        }
        let (Place { topic, region, .. }, wanted) = (&self.place, self.next);
        Err(StreamError::Corrupt(format!(
            "{topic} of {region} has no offset {wanted}, it ends at {next}: the topic was made anew"
        )))
    }

    fn gone(&self, first: u64) -> StreamError {
        let (topic, partition) = (self.place.topic.clone(), self.place.region.clone());
        StreamError::Gone { topic, partition, wanted: self.next, first }
    }
}

#[async_trait]
impl Source for KafkaSource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        loop {
            // Before the look, so that what comes after it is not missed.
            self.end.mark_unchanged();
            let records = match self.tail.since(self.next, records_max) {
                Some(records) => {
                    self.own = None;
                    records
                }
                None => self.read_alone(records_max).await?,
            };
            if let Some((last, _)) = records.last() {
                self.next = last.offset + 1;
                let passed = records.iter().map(|(record, passed)| (record.offset, *passed));
                self.passed = passed.collect();
                return Ok(records.into_iter().map(|(record, _)| record).collect());
            }
            self.end.changed().await.map_err(|_| {
                let Place { topic, region, .. } = &self.place;
                StreamError::Kafka(format!("{topic} of {region} is read no further; begin again"))
            })?;
        }
    }

    fn passed(&self, offset: u64) -> Passed {
        let place = self.passed.binary_search_by_key(&offset, |(offset, _)| *offset);
        place.map_or_else(|_| Passed::default(), |place| self.passed[place].1)
    }
}
