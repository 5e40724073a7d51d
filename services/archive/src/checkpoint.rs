//! Checkpoints of the picture: bytes to the archive, with the place in the log that they are of.

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use stream::STATE_BYTES_MAX;

use crate::{Archive, ArchiveError};

/// Folder beside those of the regions. Tools leave out folders that begin so.
const FOLDER: &str = "_checkpoints";
/// How they end.
const EXTENSION: &str = ".checkpoint";
/// They shrink to a third, and are read when somebody waits.
const ZSTD_LEVEL: i32 = 3;

/// A checkpoint as its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) region: String,
    pub(crate) epoch: String,
    /// Next offset of `events`.
    pub(crate) events_next: u64,
    /// All that is in was received by then.
    pub(crate) time_ms: i64,
    pub(crate) bytes: u64,
}

impl Saved {
    fn path(&self) -> Path {
        let Self { region, epoch, events_next, time_ms, .. } = self;
        format!("{FOLDER}/region={region}/{epoch}.{events_next:012}.{time_ms}{EXTENSION}").into()
    }

    fn parse(path: &str, bytes: u64) -> Option<Self> {
        let (folder, name) = path.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once('/')?;
        let region = folder.strip_prefix("region=")?.to_owned();
        let mut words = name.strip_suffix(EXTENSION)?.split('.');
        Some(Self {
            region,
            epoch: words.next()?.to_owned(),
            events_next: words.next()?.parse().ok()?,
            time_ms: words.next()?.parse().ok()?,
            bytes,
        })
    }
}

impl Archive {
    /// Keeps the state of a picture that includes all before an offset.
    pub(crate) async fn save_checkpoint(
        &self,
        saved: &Saved,
        state: Bytes,
    ) -> Result<(), ArchiveError> {
        let packed = tokio::task::spawn_blocking(move || zstd::bulk::compress(&state, ZSTD_LEVEL));
        let failed = |reason: String| ArchiveError::Write { kind: "checkpoint", reason };
        let packed = packed.await.map_err(|error| failed(error.to_string()))?;
        let packed = packed.map_err(|error| failed(error.to_string()))?;
        self.store.put(&saved.path(), Bytes::from(packed).into()).await?;
        Ok(())
    }

    /// Checkpoints of a region, oldest first.
    pub(crate) async fn checkpoints(&self, region: &str) -> Result<Vec<Saved>, ArchiveError> {
        let folder = Path::from(format!("{FOLDER}/region={region}"));
        let listed = self.store.list(Some(&folder));
        let listed = listed.map_ok(|object| Saved::parse(object.location.as_ref(), object.size));
        let saved: Vec<Option<Saved>> = listed.try_collect().await?;
        let mut saved: Vec<Saved> = saved.into_iter().flatten().collect();
        saved.sort_by_key(|saved| (saved.time_ms, saved.events_next));
        Ok(saved)
    }

    pub(crate) async fn remove_checkpoint(&self, saved: &Saved) -> Result<(), ArchiveError> {
        self.delete(&saved.path()).await
    }

    /// The state of a checkpoint.
    pub(crate) async fn state(&self, saved: &Saved) -> Result<Bytes, ArchiveError> {
        let path = saved.path();
        let packed = self.store.get(&path).await?.bytes().await?;
        let unpacked =
            tokio::task::spawn_blocking(move || zstd::bulk::decompress(&packed, STATE_BYTES_MAX));
        let failed = |reason: String| ArchiveError::Unreadable { path: path.to_string(), reason };
        let unpacked = unpacked.await.map_err(|error| failed(error.to_string()))?;
        unpacked.map(Bytes::from).map_err(|error| failed(error.to_string()))
    }
}
