//! Checkpoints: files in a folder or a store that all processors and gateways see.
//!
//! Each is a file of its own whose name says which offsets it is of, so that one which a stalled
//! processor writes late never takes the place of a newer one: the newest is the one of the latest
//! offset, whenever it was written.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{Checkpoint, STATE_BYTES_MAX, StreamError};

/// Newest checkpoints of a region that are kept: who reads one while the next two are written still
/// finds it.
const KEPT: usize = 3;
/// Times that a folder is looked at whose files go while they are read.
const LOOKS_MAX: usize = 3;
/// They shrink to a third.
const ZSTD_LEVEL: i32 = 1;
const EXTENSION: &str = "checkpoint";
/// Of the file's own, before the packed state.
const HEADER_BYTES: usize = 8;

pub(super) struct Checkpoints {
    store: Arc<dyn ObjectStore>,
    epoch: String,
}

struct Named {
    path: Path,
    events_next: u64,
}

impl Checkpoints {
    pub(super) fn new(store: Arc<dyn ObjectStore>, epoch: String) -> Self {
        Self { store, epoch }
    }

    fn folder(&self, region: &str) -> Path {
        Path::from_iter(["epoch=".to_owned() + &self.epoch, "region=".to_owned() + region])
    }

    /// Those of a region, oldest offset first.
    async fn list(&self, region: &str) -> Result<Vec<Named>, StreamError> {
        let folder = self.folder(region);
        let found: Vec<_> =
            self.store.list(Some(&folder)).try_collect().await.map_err(|error| failed(&error))?;
        let named = found.into_iter().filter_map(|object| {
            let name = object.location.filename()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
            let events_next = name.parse().ok()?;
            Some(Named { events_next, path: object.location })
        });
        let mut named: Vec<Named> = named.collect();
        named.sort_by_key(|named| named.events_next);
        Ok(named)
    }

    pub(super) async fn save(
        &self,
        region: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        let Checkpoint { events_next, picture_next, state } = checkpoint;
        let packed = tokio::task::spawn_blocking(move || zstd::bulk::compress(&state, ZSTD_LEVEL));
        let packed = packed.await.map_err(|_| StreamError::Closed)?;
        let packed = packed.map_err(|error| StreamError::Checkpoints(error.to_string()))?;
        let mut file = BytesMut::with_capacity(HEADER_BYTES + packed.len());
        file.put_u64(picture_next);
        file.put_slice(&packed);
        let path = self.folder(region).join(format!("{events_next:020}.{EXTENSION}"));
        self.store.put(&path, file.freeze().into()).await.map_err(|error| failed(&error))?;
        let mut old = self.list(region).await?;
        old.truncate(old.len().saturating_sub(KEPT));
        for Named { path, .. } in old {
            match self.store.delete(&path).await {
                // Another one has removed it.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&error)),
            }
        }
        Ok(())
    }

    /// The offset of the newest one.
    pub(super) async fn newest_next(&self, region: &str) -> Result<Option<u64>, StreamError> {
        Ok(self.list(region).await?.last().map(|named| named.events_next))
    }

    /// The newest one that can be read.
    pub(super) async fn newest(&self, region: &str) -> Result<Option<Checkpoint>, StreamError> {
        for _ in 0..LOOKS_MAX {
            let listed = self.list(region).await?;
            let is_empty = listed.is_empty();
            let found = self.first_of(listed).await?;
            if is_empty || found.is_some() {
                return Ok(found);
            }
            // All were replaced, or are damaged. A processor that took that for "none" would begin anew.
        }
        Err(StreamError::Checkpoints(format!("those of {region} cannot be read")))
    }

    async fn first_of(&self, listed: Vec<Named>) -> Result<Option<Checkpoint>, StreamError> {
        for Named { path, events_next } in listed.into_iter().rev() {
            let file = match self.store.get(&path).await {
                Ok(found) => found.bytes().await.map_err(|error| failed(&error))?,
                Err(object_store::Error::NotFound { .. }) => continue,
                Err(error) => return Err(failed(&error)),
            };
            if let Some((picture_next, state)) = unpack(file).await {
                return Ok(Some(Checkpoint { events_next, picture_next, state }));
            }
            tracing::error!(%path, "checkpoint left aside: it is damaged");
        }
        Ok(None)
    }
}

async fn unpack(mut file: Bytes) -> Option<(u64, Bytes)> {
    if file.len() < HEADER_BYTES {
        return None;
    }
    let picture_next = file.get_u64();
    let unpack = move || zstd::bulk::decompress(&file, STATE_BYTES_MAX).ok();
    let state = tokio::task::spawn_blocking(unpack).await.ok()??;
    Some((picture_next, state.into()))
}

fn failed(error: &object_store::Error) -> StreamError {
    StreamError::Checkpoints(error.to_string())
}
