//! Both backends of the log, for tests that must hold on each: [`on_both_logs!`].

use std::sync::Arc;

use stream::{EmbeddedLog, EmbeddedOptions, KafkaLog, KafkaOptions, Log};
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
