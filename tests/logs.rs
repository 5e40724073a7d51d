//! Both backends of the log, for tests that must hold on each: [`on_both_logs!`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use stream::{
    Bounds, Checkpoint, EmbeddedLog, EmbeddedOptions, KafkaLog, KafkaOptions, Log, Record, Sink,
    Source, StreamError, topic,
};
use tempfile::TempDir;

use crate::kafka::broker;

/// A log that can be closed and opened again.
pub(crate) enum Backend {
    Embedded(TempDir),
    Kafka { options: Box<KafkaOptions>, regions: Vec<String>, _directory: TempDir },
}

impl Backend {
    pub(crate) fn embedded() -> Self {
        Self::Embedded(tempfile::tempdir().unwrap())
    }

    /// On the tests' broker, with topics of its own for some regions.
    pub(crate) fn kafka(regions: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = KafkaOptions {
            bootstrap_servers: broker::shared().plain.clone(),
            topic_prefix: broker::prefix(),
            checkpoint_directory: Some(directory.path().to_owned()),
            ..KafkaOptions::default()
        };
        let regions = regions.iter().map(|&region| region.to_owned()).collect();
        Self::Kafka { options: Box::new(options), regions, _directory: directory }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Log> {
        match self {
            Self::Embedded(directory) => {
                EmbeddedLog::open(directory.path(), EmbeddedOptions::default()).unwrap()
            }
            Self::Kafka { options, regions, .. } => {
                stream::apply_topics(options, regions, "of-the-tests", false).await.unwrap();
                KafkaLog::connect(options.as_ref().clone(), None).await.unwrap()
            }
        }
    }
}

/// A log of which one topic begins and ends elsewhere, as after retention or a crash.
pub(crate) struct Moved {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) topic: &'static str,
    pub(crate) bounds: Bounds,
}

#[async_trait]
impl Log for Moved {
    fn epoch(&self) -> &str {
        self.log.epoch()
    }

    fn is_compacted(&self, topic: &str) -> bool {
        self.log.is_compacted(topic)
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        self.log.sink(topic, partition).await
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let first = self.bounds.first;
        if topic == self.topic && from < first {
            let (topic, partition) = (topic.to_owned(), partition.to_owned());
            return Err(StreamError::Gone { topic, partition, wanted: from, first });
        }
        self.log.source(topic, partition, from).await
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        if topic == self.topic {
            return Ok(self.bounds);
        }
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

/// A log that says who reads its events.
pub(crate) struct Watched {
    log: Arc<dyn Log>,
    /// How often they were opened for reading.
    pub(crate) opened: AtomicUsize,
    /// How many have them open now.
    pub(crate) open: Arc<AtomicUsize>,
    /// It does not answer where they begin and end.
    pub(crate) hangs: AtomicBool,
}

impl Watched {
    pub(crate) fn new(log: Arc<dyn Log>) -> Arc<Self> {
        let (opened, open, hangs) = Default::default();
        Arc::new(Self { log, opened, open, hangs })
    }
}

struct WatchedSource {
    source: Box<dyn Source>,
    open: Arc<AtomicUsize>,
}

impl Drop for WatchedSource {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Source for WatchedSource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        self.source.next(records_max).await
    }
}

#[async_trait]
impl Log for Watched {
    fn epoch(&self) -> &str {
        self.log.epoch()
    }

    fn is_compacted(&self, topic: &str) -> bool {
        self.log.is_compacted(topic)
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        self.log.sink(topic, partition).await
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let source = self.log.source(topic, partition, from).await?;
        if topic != topic::EVENTS {
            return Ok(source);
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        self.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(WatchedSource { source, open: Arc::clone(&self.open) }))
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        if topic == topic::EVENTS && self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
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

/// Makes a test of each backend of functions that take one: `on_both_logs! { REGIONS; name, … }`.
macro_rules! on_both_logs {
    ($regions:expr; $($name:ident),+ $(,)?) => {
        mod on_the_embedded_log {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(&crate::logs::Backend::embedded()).await;
            })+
        }
        mod on_kafka {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(&crate::logs::Backend::kafka(&$regions)).await;
            })+
        }
    };
}
pub(crate) use on_both_logs;
