//! The writing end of a partition of the embedded log.

use std::sync::Arc;

use async_trait::async_trait;

use super::Shared;
use super::partition::{Partition, cost_bytes};
use crate::{Append, Sink, StreamError};

pub(super) struct EmbeddedSink {
    shared: Arc<Shared>,
    partition: Arc<Partition>,
    topic: String,
}

impl EmbeddedSink {
    pub(super) fn new(shared: Arc<Shared>, partition: Arc<Partition>, topic: &str) -> Self {
        Self { shared, partition, topic: topic.to_owned() }
    }

    /// What an append takes of the room before the next commit.
    fn cost_bytes(&self, append: &Append) -> Result<usize, StreamError> {
        let too_large = |bytes, bytes_max| Err(StreamError::TooLarge { bytes, bytes_max });
        let options = &self.shared.options;
        for record in &append.records {
            if record.len() > options.record_bytes_max {
                return too_large(record.len(), options.record_bytes_max);
            }
        }
        let bytes = append.records.iter().map(cost_bytes).sum();
        if bytes > options.pending_bytes_max {
            return too_large(bytes, options.pending_bytes_max);
        }
        Ok(bytes)
    }
}

#[async_trait]
impl Sink for EmbeddedSink {
    async fn append(&self, append: Append) -> Result<u64, StreamError> {
        let shared = &self.shared;
        shared.accepting()?;
        let (records, bytes) = (append.records.len(), self.cost_bytes(&append)?);
        let room = shared.room.acquire_many(bytes as u32).await;
        let Ok(room) = room else {
            shared.accepting()?;
            return Err(StreamError::Closed);
        };
        let offset = {
            let mut state = self.partition.lock();
            // Under the lock: the last commit takes everything that was accepted before it.
            shared.accepting()?;
            state.append(&self.topic, append)?
        };
        // The commit gives the room back.
        room.forget();
        shared.doorbell.appended(records, bytes, &shared.bounds);
        Ok(offset)
    }

    fn record_bytes_max(&self) -> usize {
        self.shared.options.record_bytes_max
    }

    async fn flush(&self) -> Result<(), StreamError> {
        self.shared.durable(&self.partition, None).await
    }
}
