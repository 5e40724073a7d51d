//! Asks brokers what there is, and makes readers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer, StreamConsumer};
use rdkafka::error::KafkaError;

use super::client::{self, Context, REQUEST_PATIENCE, RETRY_PAUSE};
use super::options::KafkaOptions;
use super::source::Place;
use crate::{Bounds, StreamError};

/// How long a client may take to say what is wrong.
const DRAIN: Duration = Duration::from_millis(100);
/// Things that it may say then; of brokers that are away there is always more.
const SAID_MAX: usize = 8;
/// Attempts between two lines in our log that say the same.
const ATTEMPTS_PER_LINE: u32 = 20;
/// Attempts after which a client is replaced by a new one.
const ATTEMPTS_PER_CLIENT: u32 = 8;

/// A client that asks. The library believes what it was told of the cluster, also when that was by a
/// broker that was just starting: a partition that is not in it is `UnknownPartition` without a further
/// request. So a client that fails time and again is replaced.
pub(super) struct Observer {
    options: KafkaOptions,
    consumer: Mutex<Arc<BaseConsumer<Context>>>,
}

impl Observer {
    pub(super) fn new(options: &KafkaOptions) -> Result<Self, StreamError> {
        let consumer = Mutex::new(Arc::new(consumer(options)?));
        Ok(Self { options: options.clone(), consumer })
    }

    /// A consumer that reads; in no group.
    pub(super) fn stream_consumer(&self) -> Result<StreamConsumer<Context>, StreamError> {
        let context = Context::new(&self.options);
        let made = client::reader_config(&self.options)?.create_with_context(context);
        made.map_err(|error| StreamError::Kafka(format!("reader: {error}")))
    }

    /// First and next offset of a partition; waits for brokers.
    pub(super) async fn bounds(&self, place: &Place) -> Result<Bounds, StreamError> {
        let (topic, partition) = (place.topic.clone(), place.partition);
        let doing = format!("offsets of {topic}/{partition} ({})", place.region);
        let ask = move |consumer: &BaseConsumer<Context>| {
            consumer.fetch_watermarks(&topic, partition, REQUEST_PATIENCE)
        };
        let (first, next) = self.ask(&doing, None, ask).await?;
        let whole = |offset: i64| place.base + u64::try_from(offset).unwrap_or_default();
        Ok(Bounds { first: whole(first), next: whole(next) })
    }

    /// Asks until a broker answers, or for so long; says now and then that none does.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        doing: &str,
        patience: Option<Duration>,
        ask: impl Fn(&BaseConsumer<Context>) -> Result<T, KafkaError> + Clone + Send + 'static,
    ) -> Result<T, StreamError> {
        let started = tokio::time::Instant::now();
        for attempt in 0_u32.. {
            let consumer = self.current();
            let (ask, asked) = (ask.clone(), Arc::clone(&consumer));
            let asking = tokio::task::spawn_blocking(move || {
                let answer = ask(&asked);
                if answer.is_err() {
                    // What the library has to say waits until it is asked.
                    for _ in 0..SAID_MAX {
                        if asked.poll(DRAIN).is_none() {
                            break;
                        }
                    }
                }
                answer
            });
            let answer = asking.await.map_err(|_| StreamError::Closed)?;
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_over = patience.is_some_and(|patience| started.elapsed() >= patience);
            if is_over || !client::is_passing(&error) {
                return Err(client::failed(doing, &error, consumer.context()));
            }
            if attempt.is_multiple_of(ATTEMPTS_PER_LINE) {
                let error = client::failed(doing, &error, consumer.context());
                tracing::warn!(target: "stream::kafka", %error, "trying again");
                metrics::counter!("tilanne_kafka_retries_total").increment(1);
            }
            if attempt % ATTEMPTS_PER_CLIENT == ATTEMPTS_PER_CLIENT - 1 {
                self.replace(consumer)?;
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
        Err(StreamError::Closed)
    }

    fn current(&self) -> Arc<BaseConsumer<Context>> {
        Arc::clone(&self.consumer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a new client for one that does not get on, unless somebody else has done so.
    fn replace(&self, old: Arc<BaseConsumer<Context>>) -> Result<(), StreamError> {
        let mut current = self.consumer.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, &old) {
            *current = Arc::new(consumer(&self.options)?);
            drop(current);
            // Its end may take a moment.
            tokio::task::spawn_blocking(move || drop(old));
        }
        Ok(())
    }
}

fn consumer(options: &KafkaOptions) -> Result<BaseConsumer<Context>, StreamError> {
    let made = client::reader_config(options)?.create_with_context(Context::new(options));
    made.map_err(|error| StreamError::Kafka(format!("client of Kafka: {error}")))
}
