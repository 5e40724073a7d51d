//! Makes and checks the topics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;

use super::client::{self, Context, REQUEST_PATIENCE};
use super::control::{self, Control};
use super::observer::Observer;
use super::options::KafkaOptions;
use super::sink::{self, Delivery};
use crate::log::topic;
use crate::{Beginning, StreamError};

/// How long brokers may take to be there at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// Times that the topic `control` is written where others do the same.
const ROUNDS_MAX: usize = 8;
/// How long a new topic may take until it can be read.
const READY_PATIENCE: Duration = Duration::from_mins(1);
/// Topics with a partition a region.
pub(super) const TOPICS: [&str; 5] =
    [topic::ALERTS, topic::DEAD_LETTER, topic::EVENTS, topic::PICTURE, topic::RAW];

/// What [`apply_topics`] found or did, a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// What it made or changed, or would.
    pub changes: Vec<String>,
    /// What is as it should be.
    pub unchanged: Vec<String>,
}

/// Settings of a topic.
fn settings(options: &KafkaOptions, name: &str) -> Vec<(&'static str, String)> {
    let retention_ms = options.retention_ms.of(name);
    // A block of records has some bytes of its own.
    let message_bytes = options.record_bytes_max + (64 << 10);
    let mut settings = vec![("max.message.bytes", message_bytes.to_string())];
    if name == control::TOPIC {
        settings.push(("cleanup.policy", "compact".into()));
        return settings;
    }
    settings.push(("retention.ms", retention_ms.to_string()));
    if name == topic::PICTURE {
        settings.push(("cleanup.policy", "compact,delete".into()));
        // Readers that follow get every change; only what is older is one record an object. A processor
        // that lost its region writes nothing later than this after the one that has it.
        settings.push(("min.compaction.lag.ms", (retention_ms / 24).max(600_000).to_string()));
    }
    settings
}

/// Makes the topics and partitions that are missing, sets what differs, and gives each region a
/// partition. With `is_check` nothing is changed, and what would be is said.
pub async fn apply_topics(
    options: &KafkaOptions,
    regions: &[String],
    epoch_of_new: &str,
    is_check: bool,
) -> Result<Applied, StreamError> {
    options.check().map_err(|error| StreamError::Kafka(error.to_string()))?;
    let mut apply = Apply::connect(options, is_check).await?;
    let control = apply.present_control().await?;
    apply.topics(&control, regions).await?;
    apply.control(regions, epoch_of_new).await?;
    Ok(apply.applied)
}

/// Makes topics for a log that is moved here: it goes on with the identity and the offsets that it has.
/// Topics that have another log, or records already of a log without these offsets, are refused.
pub async fn begin_topics(
    options: &KafkaOptions,
    regions: &[String],
    beginning: &Beginning,
) -> Result<Applied, StreamError> {
    options.check().map_err(|error| StreamError::Kafka(error.to_string()))?;
    let mut apply = Apply::connect(options, false).await?;
    let control = apply.present_control().await?;
    // Without an epoch the topics are those of a beginning that was broken off.
    if control.epoch.is_some() {
        let firsts = beginning.firsts.iter();
        let is_same =
            firsts.into_iter().all(|(topic, region, first)| control.first(topic, region) == *first);
        if control.epoch.as_ref() != Some(&beginning.epoch) || !is_same {
            return Err(StreamError::Kafka(format!(
                "the topics {}* have another log already; choose another topic_prefix, or delete them",
                options.topic_prefix
            )));
        }
        return Ok(apply.applied);
    }
    apply.topics(&control, regions).await?;
    let firsts = beginning.firsts.iter();
    let firsts =
        firsts.map(|(topic, region, first)| (control::first_key(topic, region), first.to_string()));
    // Before the epoch: topics with an epoch are whole.
    apply.write_control(&control, firsts.collect()).await?;
    apply.control(regions, &beginning.epoch).await?;
    Ok(apply.applied)
}

struct Apply<'a> {
    options: &'a KafkaOptions,
    is_check: bool,
    admin: AdminClient<Context>,
    observer: Observer,
    /// Partitions of each topic that is there.
    present: BTreeMap<String, usize>,
    /// Whether the topic of events was missing, and it is us who made it, or would.
    is_new_log: bool,
    applied: Applied,
}

impl<'a> Apply<'a> {
    async fn connect(options: &'a KafkaOptions, is_check: bool) -> Result<Self, StreamError> {
        let made = |error: KafkaError| StreamError::Kafka(format!("client of Kafka: {error}"));
        let config = client::config(options)?;
        let admin = config.create_with_context(Context::new(options)).map_err(made)?;
        let observer = Observer::new(options)?;
        let doing = format!("brokers {}", options.bootstrap_servers);
        let ask =
            |consumer: &BaseConsumer<Context>| consumer.fetch_metadata(None, REQUEST_PATIENCE);
        let metadata = observer.ask(&doing, Some(PATIENCE), ask).await?;
        let present = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let present =
            present.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect();
        let applied = Applied::default();
        Ok(Self { options, is_check, admin, observer, present, is_new_log: false, applied })
    }

    /// Topics with a partition for each region, of those too that are no longer configured: they keep
    /// theirs.
    async fn topics(&mut self, control: &Control, regions: &[String]) -> Result<(), StreamError> {
        let is_new = |region: &&String| !control.partitions.contains_key(*region);
        let partitions = control.partition_count() + regions.iter().filter(is_new).count();
        let partitions = partitions.max(1);
        self.topic(control::TOPIC, 1).await?;
        for name in TOPICS {
            self.topic(name, partitions).await?;
        }
        Ok(())
    }

    async fn topic(&mut self, name: &str, partitions: usize) -> Result<(), StreamError> {
        let full = self.options.topic(name);
        let settings = settings(self.options, name);
        let Some(&present) = self.present.get(&full) else {
            self.applied.changes.push(format!("topic {full}: made with {partitions} partitions"));
            let is_ours = self.is_check || self.create(&full, partitions, &settings).await?;
            self.is_new_log |= is_ours && name == topic::EVENTS;
            return Ok(());
        };
        if present < partitions {
            self.applied
                .changes
                .push(format!("topic {full}: {present} to {partitions} partitions"));
            if !self.is_check {
                let more = [NewPartitions::new(&full, partitions)];
                let done = self.admin.create_partitions(&more, &AdminOptions::new()).await;
                self.done(&format!("partitions of {full}"), done)?;
            }
        }
        self.set(&full, &settings).await
    }

    /// Makes a topic; false where somebody else has meanwhile.
    async fn create(
        &self,
        full: &str,
        partitions: usize,
        settings: &[(&str, String)],
    ) -> Result<bool, StreamError> {
        let replication = TopicReplication::Fixed(i32::from(self.options.replication_factor));
        let mut new = NewTopic::new(full, partitions as i32, replication);
        for (key, value) in settings {
            new = new.set(key, value);
        }
        let done = self.admin.create_topics(&[new], &AdminOptions::new()).await;
        self.done(&format!("topic {full}"), done)
    }

    /// Sets what is not as it should be.
    async fn set(&mut self, full: &str, settings: &[(&str, String)]) -> Result<(), StreamError> {
        let specifier = ResourceSpecifier::Topic(full);
        let found = self.admin.describe_configs(&[specifier], &AdminOptions::new()).await;
        let doing = format!("settings of {full}");
        let failed = |error: &KafkaError| client::failed(&doing, error, self.context());
        let found = found.map_err(|error| failed(&error))?;
        let Some(Ok(found)) = found.into_iter().next() else {
            return Err(StreamError::Kafka(format!("{doing}: the broker does not tell them")));
        };
        let value = |key: &str| found.get(key).and_then(|entry| entry.value.clone());
        let is_same = |key: &str, wanted: &str| {
            let of = |list: &str| {
                let mut words: Vec<String> =
                    list.split(',').map(|word| word.trim().into()).collect();
                words.sort();
                words
            };
            value(key).is_some_and(|found| of(&found) == of(wanted))
        };
        let wrong: Vec<_> = settings.iter().filter(|(key, wanted)| !is_same(key, wanted)).collect();
        if wrong.is_empty() {
            self.applied.unchanged.push(format!("topic {full}"));
            return Ok(());
        }
        // Settings that are not named go back to the broker's defaults: those that somebody has made
        // on the topic are named again.
        let mut altered = AlterConfig::new(ResourceSpecifier::Topic(full));
        let own = found.entries.iter().filter(|entry| {
            entry.source == rdkafka::admin::ConfigSource::DynamicTopic
                && !settings.iter().any(|(key, _)| *key == entry.name)
        });
        for entry in own {
            if let Some(value) = &entry.value {
                altered = altered.set(&entry.name, value);
            }
        }
        for (key, wanted) in settings {
            altered = altered.set(key, wanted);
        }
        if !self.is_check {
            let done = self.admin.alter_configs([&altered], &AdminOptions::new()).await;
            let done = done.map_err(|error| failed(&error))?;
            if let Some(Err((_, code))) = done.into_iter().find(Result::is_err) {
                return Err(StreamError::Kafka(format!("{doing}: {code}")));
            }
        }
        for (key, wanted) in wrong {
            let found = value(key).unwrap_or_default();
            self.applied.changes.push(format!("topic {full}: {key} from {found} to {wanted}"));
        }
        Ok(())
    }

    /// Gives the log an identity and each region a partition. Somebody else may be doing the same: what
    /// the first has written holds, and is what is said to be done.
    async fn control(&mut self, regions: &[String], epoch: &str) -> Result<(), StreamError> {
        let before =
            if self.is_check { self.present_control().await? } else { self.read_control().await? };
        let mut now = before.clone();
        for _ in 0..ROUNDS_MAX {
            let mut records = now.missing(regions);
            // Offsets of events that were deleted mean nothing in those that come now.
            let is_over = self.is_new_log && now.epoch == before.epoch;
            if now.epoch.is_none() || is_over {
                records.push((control::EPOCH.to_owned(), epoch.to_owned()));
            }
            if records.is_empty() {
                break;
            }
            if self.is_check {
                now.accept(&records);
                break;
            }
            self.write_control(&now, records).await?;
            now = self.read_control().await?;
        }
        if let Some(epoch) = now.epoch.as_ref().filter(|_| now.epoch != before.epoch) {
            self.applied.changes.push(format!("a new log begins: epoch {epoch}"));
        }
        for region in regions {
            let number = now.partition(region)?;
            let (list, verb) = if before.partition(region).is_ok() {
                (&mut self.applied.unchanged, "")
            } else {
                (&mut self.applied.changes, "gets ")
            };
            list.push(format!("region {region}: {verb}partition {number}"));
        }
        Ok(())
    }

    /// What the topic says, where there is one already.
    async fn present_control(&self) -> Result<Control, StreamError> {
        let is_there = self.present.contains_key(&self.options.topic(control::TOPIC));
        if is_there { self.read_control().await } else { Ok(Control::default()) }
    }

    async fn read_control(&self) -> Result<Control, StreamError> {
        let doing = format!("topic {}", self.options.topic(control::TOPIC));
        let options = self.options.clone();
        let read = move |consumer: &_| Control::read(consumer, &options);
        // A new topic is not everywhere at once.
        self.observer.ask(&doing, Some(READY_PATIENCE), read).await
    }

    /// Writes records that follow what the topic says now.
    async fn write_control(
        &self,
        now: &Control,
        records: Vec<(String, String)>,
    ) -> Result<(), StreamError> {
        if records.is_empty() {
            return Ok(());
        }
        let topic = self.options.topic(control::TOPIC);
        let producer = sink::producer(self.options)?;
        let failed = |error: &KafkaError| client::failed(&topic, error, self.context());
        let (delivery, all) = Delivery::new(records.len());
        for (key, value) in &records {
            let record = BaseRecord::with_opaque_to(&topic, Arc::clone(&delivery));
            let mut record = record.partition(0).key(key).payload(value);
            if key == control::EPOCH {
                let after =
                    Header { key: control::AFTER, value: now.epoch.as_deref().or(Some("")) };
                record = record.headers(OwnedHeaders::new().insert(after));
            }
            producer.send(record).map_err(|(error, _)| failed(&error))?;
        }
        let written = tokio::time::timeout(READY_PATIENCE, all).await.map_err(|_| {
            StreamError::Kafka(format!("{topic}: no broker took what was to be written"))
        })?;
        let written = written.map_err(|_| StreamError::Closed)?;
        written.map(|_| ()).map_err(|error| failed(&error))
    }

    fn context(&self) -> &Context {
        self.admin.inner().context()
    }

    /// Whether something was made; false where it was there.
    fn done(
        &self,
        doing: &str,
        done: Result<Vec<rdkafka::admin::TopicResult>, KafkaError>,
    ) -> Result<bool, StreamError> {
        let results = done.map_err(|error| client::failed(doing, &error, self.context()))?;
        match results.into_iter().find_map(Result::err) {
            None => Ok(true),
            Some((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(false),
            Some((_, code)) => Err(StreamError::Kafka(format!("{doing}: {code}"))),
        }
    }
}
