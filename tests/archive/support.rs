//! Logs and archives in temporary folders, and stores that fail.

use std::fmt;
use std::ops::Range;
use std::path::Path as FsPath;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use archive::{Archive, ArchiveOptions, Recorded, Topic, record};
use async_trait::async_trait;
use bytes::Bytes;
use events::LogRecord;
use futures_util::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, topic};
use tokio_util::sync::CancellationToken;

pub(super) const REGION: &str = "north";
/// 2026-11-26T10:00:00Z.
pub(super) const NOW_MS: i64 = 1_795_687_200_000;

pub(super) fn open_log(directory: &FsPath) -> Arc<EmbeddedLog> {
    EmbeddedLog::open(directory, EmbeddedOptions::default()).unwrap()
}

pub(super) fn options(directory: &FsPath) -> ArchiveOptions {
    ArchiveOptions { directory: Some(directory.into()), ..ArchiveOptions::default() }
}

pub(super) fn open_archive(directory: &FsPath) -> Arc<Archive> {
    Archive::open(options(directory)).unwrap()
}

/// Appends records to the topic of events.
pub(super) async fn append(log: &dyn Log, records: &[LogRecord]) {
    append_to(log, REGION, records).await;
}

/// The same of a region.
pub(super) async fn append_to(log: &dyn Log, region: &str, records: &[LogRecord]) {
    let sink = log.sink(topic::EVENTS, region).await.unwrap();
    for records in records.chunks(1_000) {
        let records = records.iter().map(|record| Bytes::from(record.encode())).collect();
        sink.append(Append { records, cursor: None }).await.unwrap();
    }
    sink.flush().await.unwrap();
}

/// Runs a recorder until it has read all that is in the log.
pub(super) async fn record_all(archive: &Arc<Archive>, log: &Arc<EmbeddedLog>) -> Recorded {
    record_topic(archive, log, Topic::Events).await
}

pub(super) async fn record_topic(
    archive: &Arc<Archive>,
    log: &Arc<EmbeddedLog>,
    topic: Topic,
) -> Recorded {
    record_of(archive, log, REGION, topic).await
}

/// The same of a region.
pub(super) async fn record_of(
    archive: &Arc<Archive>,
    log: &Arc<EmbeddedLog>,
    region: &str,
    topic: Topic,
) -> Recorded {
    let stop = CancellationToken::new();
    let dynamic: Arc<dyn Log> = Arc::<EmbeddedLog>::clone(log);
    let recorder = record(Arc::clone(archive), dynamic, topic, region.to_owned(), stop.clone());
    let recorder = tokio::spawn(recorder);
    // It says nothing of how far it is: so much is read well within this time.
    let records = log.bounds(topic.as_str(), region).await.unwrap().next;
    tokio::time::sleep(Duration::from_millis(300 + records / 50)).await;
    stop.cancel();
    recorder.await.unwrap().unwrap()
}

/// All records of a stretch, as they are read back.
pub(super) async fn read(
    archive: &Arc<Archive>,
    epoch: &str,
    offsets: Range<u64>,
) -> Vec<(u64, LogRecord)> {
    let mut replay = archive.records(REGION, epoch, offsets).await.unwrap();
    let mut records = Vec::new();
    while let Some((offset, record)) = replay.next().await.unwrap() {
        records.push((offset, LogRecord::try_from(record).unwrap()));
    }
    records
}

/// A store that fails after so many writes, as a full disk does; below 0 it never does.
#[derive(Debug)]
pub(super) struct Failing {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) puts_left: Arc<AtomicI64>,
    /// Uploads that were begun, and neither completed nor aborted.
    pub(super) uploads: Arc<AtomicI64>,
    /// The next checkpoint that is read goes just before.
    pub(super) is_going: AtomicBool,
}

/// An upload whose parts are writes.
#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    puts_left: Arc<AtomicI64>,
    uploads: Arc<AtomicI64>,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failing")
    }
}

fn put(puts_left: &AtomicI64) -> Result<()> {
    let left = puts_left.load(Ordering::SeqCst);
    if left == 0 {
        let source = "no space left on device".into();
        return Err(Error::Generic { store: "Failing", source });
    }
    puts_left.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

impl Failing {
    pub(super) fn new(store: Arc<dyn ObjectStore>, puts_left: i64) -> Self {
        let (puts_left, uploads) = (Arc::new(AtomicI64::new(puts_left)), Arc::default());
        Self { store, puts_left, uploads, is_going: AtomicBool::new(false) }
    }

    fn put(&self) -> Result<()> {
        put(&self.puts_left)
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        match put(&self.puts_left) {
            Ok(()) => self.inner.put_part(data),
            Err(error) => Box::pin(async move { Err(error) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        self.uploads.fetch_sub(1, Ordering::SeqCst);
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.uploads.fetch_sub(1, Ordering::SeqCst);
        self.inner.abort().await
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.put()?;
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.put()?;
        let inner = self.store.put_multipart_opts(location, options).await?;
        self.uploads.fetch_add(1, Ordering::SeqCst);
        let (puts_left, uploads) = (Arc::clone(&self.puts_left), Arc::clone(&self.uploads));
        Ok(Box::new(Upload { inner, puts_left, uploads }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let is_checkpoint = location.as_ref().ends_with(".checkpoint");
        if is_checkpoint && self.is_going.swap(false, Ordering::SeqCst) {
            self.store.delete(location).await?;
        }
        self.store.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.store.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.put()?;
        self.store.copy_opts(from, to, options).await
    }
}
