//! The writing end: records leave in order, and an append is over when all brokers that must have them
//! do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use tokio::sync::oneshot;

use super::Unfinished;
use super::client::{self, Context};
use super::options::KafkaOptions;
use super::source::Place;
use crate::{Append, Parcel, Passed, Sink, StreamError};

/// Header that names the message in a record.
pub(super) const SCHEMA_HEADER: &str = "schema";
/// Header of the last record of an append: how far its producer has read, as key, 0 byte, value.
pub(super) const CURSOR_HEADER: &str = "cursor";
/// Header of a record that is followed: the last step of its trace, as W3C Trace Context writes it.
pub(super) const TRACE_HEADER: &str = "traceparent";
/// Header of a change: when the event that made it was logged, milliseconds since 1970-01-01 UTC.
pub(super) const EVENT_APPENDED_HEADER: &str = "event-appended-ms";
/// Pause when the library's queue is full.
const FULL_PAUSE: Duration = Duration::from_millis(2);
/// Records that wait in the library for brokers. With the bytes below it bounds memory; beyond it
/// appends wait, which is the backpressure of feeds.
const QUEUE_RECORDS: &str = "200000";
const QUEUE_KIB: &str = "131072";

pub(super) type Producer = ThreadedProducer<Reports>;

/// Takes delivery reports.
pub(super) struct Reports(Context);

impl ClientContext for Reports {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }

    fn generate_oauth_token(
        &self,
        config: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        self.0.generate_oauth_token(config)
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Arc<Delivery>;

    fn delivery(&self, result: &DeliveryResult<'_>, delivery: Arc<Delivery>) {
        match result {
            Ok(message) => delivery.report(Ok(message.offset())),
            Err((error, _)) => delivery.report(Err(error.clone())),
        }
    }
}

/// What became of an append so far.
pub(super) struct Delivery(Mutex<Outstanding>);

struct Outstanding {
    records: usize,
    first: Option<i64>,
    error: Option<KafkaError>,
    /// Told once all records have been reported.
    told: Option<oneshot::Sender<Result<u64, KafkaError>>>,
}

impl Delivery {
    pub(super) fn new(records: usize) -> (Arc<Self>, oneshot::Receiver<Result<u64, KafkaError>>) {
        let (told, all) = oneshot::channel();
        let outstanding = Outstanding { records, first: None, error: None, told: Some(told) };
        (Arc::new(Self(Mutex::new(outstanding))), all)
    }

    fn report(&self, result: Result<i64, KafkaError>) {
        let mut outstanding = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(offset) => {
                let first = outstanding.first.map_or(offset, |first| first.min(offset));
                outstanding.first = Some(first);
            }
            Err(error) => outstanding.error = outstanding.error.take().or(Some(error)),
        }
        outstanding.records = outstanding.records.saturating_sub(1);
        if outstanding.records > 0 {
            return;
        }
        let result = match (outstanding.error.take(), outstanding.first) {
            (None, Some(first)) => Ok(u64::try_from(first).unwrap_or_default()),
            (error, _) => Err(error.unwrap_or(KafkaError::Canceled)),
        };
        if let Some(told) = outstanding.told.take() {
            // Nobody waits for an append that was given up.
            let _ = told.send(result);
        }
    }
}

/// Makes the producer of a process: in order, nothing twice, and it does not give up. A broker that is
/// away holds appends up until it is back.
pub(super) fn producer(options: &KafkaOptions) -> Result<Producer, StreamError> {
    let mut config: ClientConfig = client::config(options)?;
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "zstd")
        .set("compression.level", "1")
        .set("linger.ms", options.tuning.linger_ms())
        .set("batch.size", options.tuning.batch_bytes())
        .set("message.max.bytes", (options.record_bytes_max + (64 << 10)).to_string())
        .set("queue.buffering.max.messages", QUEUE_RECORDS)
        .set("queue.buffering.max.kbytes", QUEUE_KIB)
        .set("delivery.timeout.ms", "0");
    config
        .create_with_context(Reports(Context::new(options)))
        .map_err(|error| StreamError::Kafka(format!("producer: {error}")))
}

/// A partition to write to.
pub(super) struct KafkaSink {
    producer: Producer,
    place: Place,
    record_bytes_max: usize,
    /// What the last writer had appended when it was cut off: one that goes on from its cursor makes it
    /// again.
    unfinished: Unfinished,
}

impl KafkaSink {
    pub(super) fn new(
        producer: Producer,
        place: Place,
        record_bytes_max: usize,
        unfinished: Unfinished,
    ) -> Self {
        Self { producer, place, record_bytes_max, unfinished }
    }

    fn headers(&self, passed: &Passed, cursor: Option<&(String, Bytes)>) -> OwnedHeaders {
        let schema = Header { key: SCHEMA_HEADER, value: Some(self.place.schema) };
        let mut headers = OwnedHeaders::new().insert(schema);
        let event_appended_ms = passed.event_appended_ms.map(|time_ms| time_ms.to_string());
        let trace = passed.trace.map(|step| step.to_string());
        for (key, value) in [(EVENT_APPENDED_HEADER, event_appended_ms), (TRACE_HEADER, trace)] {
            if let Some(value) = &value {
                headers = headers.insert(Header { key, value: Some(value) });
            }
        }
        let Some((key, value)) = cursor else { return headers };
        let value = [key.as_bytes(), &[0], value.as_ref()].concat();
        headers.insert(Header { key: CURSOR_HEADER, value: Some(&value) })
    }

    /// Hands a record to the library; waits while that has no room.
    async fn send(
        &self,
        key: Option<&[u8]>,
        payload: &[u8],
        headers: OwnedHeaders,
        delivery: &Arc<Delivery>,
    ) -> Result<(), StreamError> {
        let mut record = BaseRecord::with_opaque_to(&self.place.topic, Arc::clone(delivery))
            .partition(self.place.partition)
            .payload(payload)
            .headers(headers);
        record.key = key;
        loop {
            let (error, unsent) = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(self.failed(&error));
            }
            metrics::counter!("tilanne_kafka_queue_full_total").increment(1);
            record = unsent;
            tokio::time::sleep(FULL_PAUSE).await;
        }
    }

    fn failed(&self, error: &KafkaError) -> StreamError {
        let Place { topic, region, .. } = &self.place;
        StreamError::Kafka(format!("append to {topic} of {region}: {error}"))
    }

    async fn deliver(
        &self,
        records: &[Parcel],
        cursor: Option<&(String, Bytes)>,
    ) -> Result<u64, StreamError> {
        let too_large = records.iter().map(|record| record.payload.len());
        if let Some(bytes) = too_large.max().filter(|bytes| *bytes > self.record_bytes_max) {
            return Err(StreamError::TooLarge { bytes, bytes_max: self.record_bytes_max });
        }
        let started = tokio::time::Instant::now();
        let (delivery, all) = Delivery::new(records.len());
        for (index, Parcel { key, payload, passed }) in records.iter().enumerate() {
            let cursor = cursor.filter(|_| index + 1 == records.len());
            let headers = self.headers(passed, cursor);
            self.send(key.as_deref(), payload, headers, &delivery).await?;
        }
        let delivered = all.await.map_err(|_| StreamError::Closed)?;
        metrics::histogram!("tilanne_kafka_append_seconds", "topic" => self.place.topic.clone())
            .record(started.elapsed());
        let first = delivered.map_err(|error| self.failed(&error))?;
        Ok(self.place.base + first)
    }
}

#[async_trait]
impl Sink for KafkaSink {
    async fn append(&self, append: Append) -> Result<u64, StreamError> {
        let Append { records, cursor } = append;
        let parcel = |payload| Parcel { payload, ..Parcel::default() };
        self.append_parcels(records.into_iter().map(parcel).collect(), cursor).await
    }

    async fn append_keyed(&self, records: Vec<(Bytes, Bytes)>) -> Result<u64, StreamError> {
        let parcel = |(key, payload)| Parcel { key: Some(key), payload, ..Parcel::default() };
        self.append_parcels(records.into_iter().map(parcel).collect(), None).await
    }

    async fn append_parcels(
        &self,
        parcels: Vec<Parcel>,
        cursor: Option<(String, Bytes)>,
    ) -> Result<u64, StreamError> {
        let mut first = None;
        let mut unfinished = self.unfinished.lock().await;
        let mut parcels = parcels.into_iter().peekable();
        while let Some((offset, before)) = unfinished.front() {
            let Some(parcel) = parcels.peek() else { break };
            if parcel.payload != *before {
                // Another writer's: its records stay, and ours come after them.
                unfinished.clear();
                break;
            }
            first.get_or_insert(*offset);
            unfinished.pop_front();
            parcels.next();
        }
        drop(unfinished);
        let parcels: Vec<_> = parcels.collect();
        if let (Some(first), true) = (first, parcels.is_empty()) {
            return Ok(first);
        }
        let delivered = self.deliver(&parcels, cursor.as_ref()).await?;
        Ok(first.unwrap_or(delivered))
    }

    fn record_bytes_max(&self) -> usize {
        self.record_bytes_max
    }

    async fn flush(&self) -> Result<(), StreamError> {
        // An append is over when it is durable.
        Ok(())
    }
}
