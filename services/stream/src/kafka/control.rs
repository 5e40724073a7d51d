//! The topic `control`: which log this is, and which partition each region has.
//!
//! A compacted topic of one partition, written by `tilanne topics apply` alone:
//!
//! | key | value |
//! | --- | --- |
//! | `epoch` | identity of the log |
//! | `partition/REGION` | number of the region's partition, in every topic |
//! | `first/TOPIC/REGION` | offset of the log that Kafka's offset 0 is; 0 where it is missing |
//!
//! The last is of a log that was moved here with its history: its offsets stay what they were.
//! A region keeps its number for good: a new one gets the next.
//!
//! Of several that are applied at once the first to write wins. An epoch says in the header `after` which
//! one it follows, empty for none: one that follows another than that which holds is left out, and so is
//! a number for a region that has one, or that another region has. Compaction keeps the last record of
//! each key, whoever wrote it: who was late writes what holds once more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Headers, Message};
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Context, REQUEST_PATIENCE};
use super::options::KafkaOptions;
use crate::StreamError;

/// Name of the topic, after the prefix.
pub(super) const TOPIC: &str = "control";
/// Key of the log's identity.
pub(super) const EPOCH: &str = "epoch";
/// Header of an epoch: the one that it follows.
pub(super) const AFTER: &str = "after";
/// What keys of partitions begin with.
const PARTITION: &str = "partition/";
/// What keys of first offsets begin with.
const FIRST: &str = "first/";
/// Records that are read at most: it has one a region, some times over until it is compacted.
const RECORDS_MAX: usize = 1 << 20;

/// What the topic says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Control {
    pub(super) epoch: Option<String>,
    pub(super) partitions: BTreeMap<String, i32>,
    /// By topic and region.
    firsts: BTreeMap<String, u64>,
    /// Keys whose last record says something else than what holds.
    contested: BTreeSet<String>,
}

/// The key that says the partition of a region.
pub(super) fn partition_key(region: &str) -> String {
    format!("{PARTITION}{region}")
}

/// The key that says where a topic of a region begins.
pub(super) fn first_key(topic: &str, region: &str) -> String {
    format!("{FIRST}{topic}/{region}")
}

impl Control {
    /// Offset of the log that Kafka's offset 0 of a topic is.
    pub(super) fn first(&self, topic: &str, region: &str) -> u64 {
        self.firsts.get(&first_key(topic, region)).copied().unwrap_or_default()
    }

    /// Reads the topic to its end. Blocks.
    pub(super) fn read(
        consumer: &BaseConsumer<Context>,
        options: &KafkaOptions,
    ) -> Result<Self, KafkaError> {
        let topic = options.topic(TOPIC);
        let (first, end) = consumer.fetch_watermarks(&topic, 0, REQUEST_PATIENCE)?;
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(&topic, 0, Offset::Offset(first))?;
        consumer.assign(&assignment)?;
        let read = Self::read_until(consumer, end);
        consumer.unassign()?;
        read
    }

    fn read_until(consumer: &BaseConsumer<Context>, end: i64) -> Result<Self, KafkaError> {
        let mut control = Self::default();
        let mut idle = Duration::ZERO;
        let step = Duration::from_millis(100);
        for _ in 0..RECORDS_MAX {
            // Compaction may have taken the last records; the position says so.
            let position = consumer.position()?;
            let position = position.elements().first().map(TopicPartitionListElem::offset);
            if end == 0 || matches!(position, Some(Offset::Offset(next)) if next >= end) {
                return Ok(control);
            }
            match consumer.poll(step) {
                Some(message) => control.take(&message?),
                None if idle >= REQUEST_PATIENCE => {
                    return Err(KafkaError::MessageConsumption(
                        RDKafkaErrorCode::OperationTimedOut,
                    ));
                }
                None => idle += step,
            }
        }
        Ok(control)
    }

    fn take(&mut self, message: &impl Message) {
        let text = |bytes: Option<&[u8]>| {
            bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned)
        };
        let (Some(key), Some(value)) = (text(message.key()), text(message.payload())) else {
            return;
        };
        if key == EPOCH {
            let mut headers = message.headers().into_iter().flat_map(|headers| headers.iter());
            let after = headers.find(|header| header.key == AFTER);
            let after = after.map(|header| header.value.unwrap_or_default().to_vec());
            // Older programs said none: then it always held.
            let follows = |before: &String| after.is_none_or(|after| after == before.as_bytes());
            if self.epoch.as_ref().is_none_or(follows) {
                self.epoch = Some(value.clone());
            }
            self.note(key, self.epoch.as_ref() == Some(&value));
        } else if let Some(region) = key.strip_prefix(PARTITION)
            && let Ok(partition) = value.parse()
        {
            if !self.partitions.contains_key(region) && self.region(partition).is_none() {
                self.partitions.insert(region.to_owned(), partition);
            }
            let holds = self.partitions.get(region) == Some(&partition);
            self.note(key, holds);
        } else if key.starts_with(FIRST)
            && let Ok(first) = value.parse()
        {
            self.firsts.insert(key, first);
        }
    }

    fn note(&mut self, key: String, holds: bool) {
        if holds {
            self.contested.remove(&key);
        } else {
            self.contested.insert(key);
        }
    }

    /// What has to be written so that these regions have partitions, and that what holds is the last of
    /// its key.
    pub(super) fn missing(&self, regions: &[String]) -> Vec<(String, String)> {
        let mut records = Vec::new();
        if let Some(epoch) = self.epoch.as_ref().filter(|_| self.contested.contains(EPOCH)) {
            records.push((EPOCH.to_owned(), epoch.clone()));
        }
        for (region, partition) in &self.partitions {
            let key = partition_key(region);
            if self.contested.contains(&key) {
                records.push((key, partition.to_string()));
            }
        }
        let first = self.partitions.values().max().map_or(0, |last| last + 1);
        let new = regions.iter().filter(|region| !self.partitions.contains_key(*region));
        let new =
            new.zip(first..).map(|(region, number)| (partition_key(region), number.to_string()));
        records.extend(new);
        records
    }

    /// Takes what would be written.
    pub(super) fn accept(&mut self, records: &[(String, String)]) {
        for (key, value) in records {
            if key == EPOCH {
                self.epoch = Some(value.clone());
            } else if let Some(region) = key.strip_prefix(PARTITION)
                && let Ok(partition) = value.parse()
            {
                self.partitions.insert(region.to_owned(), partition);
            }
        }
    }

    /// The partition of a region.
    pub(super) fn partition(&self, region: &str) -> Result<i32, StreamError> {
        self.partitions.get(region).copied().ok_or_else(|| {
            StreamError::Kafka(format!(
                "region {region} has no partition yet; run `tilanne topics apply`"
            ))
        })
    }

    /// Partitions that each topic needs.
    pub(super) fn partition_count(&self) -> usize {
        self.partitions.values().max().map_or(0, |last| usize::try_from(*last).unwrap_or(0) + 1)
    }

    /// The region of a partition.
    pub(super) fn region(&self, partition: i32) -> Option<&str> {
        let mut regions = self.partitions.iter();
        regions.find(|(_, number)| **number == partition).map(|(region, _)| region.as_str())
    }
}
