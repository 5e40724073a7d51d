//! A file on its way into the store.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::async_writer::AsyncFileWriter;
use parquet::errors::{ParquetError, Result};
use tokio::io::AsyncWriteExt;

/// Parts of a large file that are on their way at a time, of 10 MiB each: nobody waits for upkeep, and
/// each of them is in memory.
const PARTS_MAX: usize = 2;

/// A file that is there once it is complete, and not before: a small one is put at once, a larger one in
/// parts, which a store keeps, and is paid for, until the file is completed or aborted.
pub(crate) struct Upload {
    path: Path,
    writer: BufWriter,
    /// Whether the end was written: where that fails the writer has aborted by itself.
    is_ended: bool,
}

impl Upload {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, path: Path) -> Self {
        let writer = BufWriter::new(store, path.clone()).with_max_concurrency(PARTS_MAX);
        Self { path, writer, is_ended: false }
    }

    /// Gives it up: none of its parts stays.
    pub(crate) async fn abort(mut self) {
        if !self.is_ended
            && let Err(error) = self.writer.abort().await
        {
            let path = &self.path;
            tracing::warn!(%error, %path, "parts of a file may be left in the store");
        }
    }
}

impl AsyncFileWriter for Upload {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<()>> {
        async move {
            let written = self.writer.put(bytes).await;
            written.map_err(|error| ParquetError::External(Box::new(error)))
        }
        .boxed()
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        async move {
            self.is_ended = true;
            let ended = self.writer.shutdown().await;
            ended.map_err(|error| ParquetError::External(Box::new(error)))
        }
        .boxed()
    }
}
