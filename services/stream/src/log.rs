//! What every backend of the log offers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::passage::{Parcel, Passage, Passed};

/// Names of the topics.
pub mod topic {
    /// Checked events, tallies and feed statuses: [`events::LogRecord`].
    pub const EVENTS: &str = "events";
    /// Deltas of the picture, in frames of the processor.
    pub const PICTURE: &str = "picture";
    /// Rejected and quarantined records: [`events::DeadLetter`].
    pub const DEAD_LETTER: &str = "dead-letter";
    /// What operators are told of: [`events::Alert`].
    pub const ALERTS: &str = "alerts";
    /// Records as they were received, where the archive wants them: [`events::RawRecord`].
    pub const RAW: &str = "raw";
}

/// Why the log could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The disk or the storage engine failed; the log accepts nothing more until a restart.
    #[error("log storage failed: {0}")]
    Storage(String),
    /// The reader asked for records that retention has removed: restore a newer checkpoint.
    #[error("offset {wanted} of {topic}/{partition} is gone, the oldest is {first}")]
    Gone {
        /// Topic.
        topic: String,
        /// Partition.
        partition: String,
        /// Offset asked for.
        wanted: u64,
        /// Oldest offset there is.
        first: u64,
    },
    /// A record or file is not what it should be.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// A record is larger than the log takes.
    #[error("record of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        bytes_max: usize,
    },
    /// The store of checkpoints does not answer; the log itself goes on.
    #[error("checkpoints: {0}")]
    Checkpoints(String),
    /// Kafka does not do what was asked; says what and why.
    #[error("kafka: {0}")]
    Kafka(String),
    /// The log is shutting down.
    #[error("log is closed")]
    Closed,
}

/// A record as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the partition, from 0, without gaps.
    pub offset: u64,
    /// What was appended.
    pub payload: Bytes,
}

/// Records to append as one unit: after a crash all of them are there or none.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// In order.
    pub records: Vec<Bytes>,
    /// Key and value kept beside the records in the same atomic write: how far the producer has
    /// read its input, so that it reads on without loss or repetition.
    pub cursor: Option<(String, Bytes)>,
}

/// Offsets that a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Oldest kept.
    pub first: u64,
    /// That the next appended record gets; equal to `first` when empty.
    pub next: u64,
}

/// Largest state of a checkpoint, bytes: a damaged length must not become an allocation. A million links
/// with what was learned of them take less.
pub const STATE_BYTES_MAX: usize = 1 << 30;

/// State of a processor with the positions that it belongs to, saved in one atomic write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Next offset of `events` to read.
    pub events_next: u64,
    /// Next offset of `picture` when the state was taken: a view reads on from here.
    pub picture_next: u64,
    /// The state, as its owner encodes it.
    pub state: Bytes,
}

impl Checkpoint {
    /// Refuses what could not be read back: the one before stays.
    pub(crate) fn check(&self) -> Result<(), StreamError> {
        let bytes = self.state.len();
        if bytes > STATE_BYTES_MAX {
            let reason = format!("the state of {bytes} bytes is over {STATE_BYTES_MAX}");
            return Err(StreamError::Checkpoints(reason));
        }
        Ok(())
    }
}

/// A log of topics and partitions.
#[async_trait]
pub trait Log: Send + Sync {
    /// Identity of this log: offsets of another log mean nothing here.
    fn epoch(&self) -> &str;
    /// Whether a topic keeps the newest record of each key: then a record is one object, appended with
    /// [`Sink::append_keyed`], and offsets may have gaps.
    fn is_compacted(&self, topic: &str) -> bool {
        let _ = topic;
        false
    }
    /// What is known here of records on their way through it, where that is watched.
    fn passage(&self) -> Option<&Arc<Passage>> {
        None
    }
    /// Opens a partition for appending; creates it when it is new.
    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError>;
    /// Opens a partition for reading from an offset; creates it when it is new.
    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError>;
    /// Offsets of a partition.
    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError>;
    /// Saves the newest checkpoint of a partition, durable when it returns, in place of the older one.
    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError>;
    /// The newest checkpoint of a partition.
    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError>;
    /// Next offset of `events` of the newest checkpoint, without its state.
    async fn checkpoint_next(&self, partition: &str) -> Result<Option<u64>, StreamError> {
        let checkpoint = self.checkpoint(partition).await?;
        Ok(checkpoint.map(|checkpoint| checkpoint.events_next))
    }
    /// Value last appended under a cursor key on any topic of a partition.
    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError>;
    /// Makes everything appended durable and stops taking more.
    async fn close(&self) -> Result<(), StreamError>;
}

/// The writing end of a partition.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Appends and gives the offset of the first record. On the embedded log readers see the records at
    /// once and they are durable at the next group commit; in Kafka both when this returns.
    async fn append(&self, append: Append) -> Result<u64, StreamError>;
    /// Appends records, each with the key whose newest record is kept, where the topic is compacted.
    async fn append_keyed(&self, records: Vec<(Bytes, Bytes)>) -> Result<u64, StreamError> {
        let records = records.into_iter().map(|(_, record)| record).collect();
        self.append(Append { records, cursor: None }).await
    }
    /// Appends records, all with keys or none, each with what may go with it; where the log has no place
    /// for that, without it.
    async fn append_parcels(
        &self,
        parcels: Vec<Parcel>,
        cursor: Option<(String, Bytes)>,
    ) -> Result<u64, StreamError> {
        if parcels.iter().all(|parcel| parcel.key.is_none()) {
            let records = parcels.into_iter().map(|parcel| parcel.payload).collect();
            return self.append(Append { records, cursor }).await;
        }
        let keyed =
            parcels.into_iter().map(|parcel| (parcel.key.unwrap_or_default(), parcel.payload));
        self.append_keyed(keyed.collect()).await
    }
    /// Largest record that it takes, bytes.
    fn record_bytes_max(&self) -> usize {
        usize::MAX
    }
    /// Waits until everything appended so far is durable.
    async fn flush(&self) -> Result<(), StreamError>;
}

/// The reading end of a partition: a position of its own, as slow as it likes.
#[async_trait]
pub trait Source: Send {
    /// The next records, at least one and at most `records_max`, in offset order without gaps;
    /// waits for them. Cancel-safe: a dropped call loses nothing.
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError>;
    /// What is known of how a record came onto the log, of those that the last call gave.
    fn passed(&self, offset: u64) -> Passed {
        let _ = offset;
        Passed::default()
    }
}
