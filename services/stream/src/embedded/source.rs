//! The reading end of a partition of the embedded log.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::Shared;
use super::partition::{Found, Partition};
use crate::{Record, Source, StreamError};

/// Bytes after which one call gives what it has, so that a reader who asks for very many records
/// of a large kind stays bounded.
const READ_BYTES_MAX: usize = 4 << 20;

pub(super) struct EmbeddedSource {
    shared: Arc<Shared>,
    partition: Arc<Partition>,
    topic: String,
    /// Offset of the next record to give.
    position: u64,
    /// Records from `position` on that were read from the disk: the rest of the last blocks.
    read: VecDeque<Record>,
    next: watch::Receiver<u64>,
}

impl EmbeddedSource {
    pub(super) fn new(
        shared: Arc<Shared>,
        partition: Arc<Partition>,
        topic: &str,
        from: u64,
    ) -> Result<Self, StreamError> {
        let (bounds, first, next) = {
            let state = partition.lock();
            let bounds = state.bounds(topic)?;
            (bounds, state.readable_first(topic)?, state.watch(topic)?)
        };
        let source = Self {
            shared,
            partition,
            topic: topic.to_owned(),
            position: from,
            read: VecDeque::new(),
            next,
        };
        if from < first {
            return Err(source.gone(first));
        }
        if from > bounds.next {
            return Err(StreamError::Corrupt(format!(
                "offset {from} of {topic}/{} is after the end of the log, {}: it belongs to \
                 another log, or to records that a crash took before they were durable",
                source.partition.name, bounds.next
            )));
        }
        Ok(source)
    }

    fn gone(&self, first: u64) -> StreamError {
        StreamError::Gone {
            topic: self.topic.clone(),
            partition: self.partition.name.clone(),
            wanted: self.position,
            first,
        }
    }

    /// Takes records of what was read from the disk.
    fn take(&mut self, records_max: usize) -> Vec<Record> {
        let records = records_max.min(self.read.len());
        self.read.drain(..records).collect()
    }

    /// Reads the block at the position from the disk.
    async fn read(&mut self, number: u32, records_max: usize) -> Result<(), StreamError> {
        let (shared, from) = (Arc::clone(&self.shared), self.position);
        let payloads =
            tokio::task::spawn_blocking(move || shared.store.read(number, from, records_max))
                .await
                .map_err(|_| StreamError::Closed)??;
        if payloads.is_empty() {
            // Retention removed it since the source was opened or last read.
            let first = self.partition.lock().readable_first(&self.topic)?;
            return Err(if first > from {
                self.gone(first)
            } else {
                StreamError::Corrupt(format!(
                    "offset {from} of {}/{} is not stored, the oldest is {first}",
                    self.topic, self.partition.name
                ))
            });
        }
        let records = (from..).zip(payloads);
        self.read = records.map(|(offset, payload)| Record { offset, payload }).collect();
        Ok(())
    }
}

#[async_trait]
impl Source for EmbeddedSource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        let records_max = records_max.max(1);
        let records = loop {
            if !self.read.is_empty() {
                break self.take(records_max);
            }
            // Marked as seen before the look, so that an append in between wakes this reader.
            self.next.borrow_and_update();
            let found = self.partition.lock().find(
                &self.topic,
                self.position,
                records_max,
                READ_BYTES_MAX,
            )?;
            match found {
                Found::Records(records) => break records,
                Found::OnDisk(number) => self.read(number, records_max).await?,
                Found::End => {
                    self.shared.accepting()?;
                    self.next.changed().await.map_err(|_| StreamError::Closed)?;
                }
            }
        };
        self.position += records.len() as u64;
        Ok(records)
    }
}
