//! A log that does to its writers what a test asks for.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use stream::{Append, Bounds, Checkpoint, Log, Sink, Source, StreamError};

/// Asked before each append; it may fail or panic.
pub(crate) type Before = Arc<dyn Fn(&Append) -> Result<(), StreamError> + Send + Sync>;

/// A log whose appends are asked for first.
pub(crate) struct BreakingLog {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) before: Before,
}

struct BreakingSink {
    sink: Box<dyn Sink>,
    before: Before,
}

#[async_trait]
impl Sink for BreakingSink {
    async fn append(&self, append: Append) -> Result<u64, StreamError> {
        (self.before)(&append)?;
        self.sink.append(append).await
    }

    async fn flush(&self) -> Result<(), StreamError> {
        self.sink.flush().await
    }
}

#[async_trait]
impl Log for BreakingLog {
    fn epoch(&self) -> &str {
        self.log.epoch()
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        let sink = self.log.sink(topic, partition).await?;
        Ok(Box::new(BreakingSink { sink, before: Arc::clone(&self.before) }))
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        self.log.source(topic, partition, from).await
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        self.log.bounds(topic, partition).await
    }

    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        self.log.save_checkpoint(partition, checkpoint).await
    }

    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        self.log.checkpoint(partition).await
    }

    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError> {
        self.log.cursor(partition, key).await
    }

    async fn close(&self) -> Result<(), StreamError> {
        self.log.close().await
    }
}
