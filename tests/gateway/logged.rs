//! A gateway on a log of its own.

use std::sync::Arc;

use axum::body::Bytes;
use gateway::{App, Options, Origin};
use picture::Setup;
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::support::{REGION, app_of, caught_up, follow};

/// An app whose first region follows an empty log of its own, until this is dropped.
pub(crate) struct Logged {
    pub(crate) app: Arc<App>,
    pub(crate) log: Arc<dyn Log>,
    shutdown: CancellationToken,
    _folder: TempDir,
}

impl Logged {
    pub(crate) async fn new(origin: Origin) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log: Arc<dyn Log> =
            EmbeddedLog::open(folder.path(), EmbeddedOptions::default()).unwrap();
        let app = app_of(Options::default(), origin);
        let shutdown = CancellationToken::new();
        follow(&app, &log, Setup::default(), &shutdown);
        caught_up(&app).await;
        Self { app, log, shutdown, _folder: folder }
    }

    /// Appends records of the first region to a topic.
    pub(crate) async fn append(&self, topic: &str, records: Vec<Bytes>) {
        let sink = self.log.sink(topic, REGION).await.unwrap();
        sink.append(Append { records, cursor: None }).await.unwrap();
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
