//! Tiles that were made, for whoever asks for them next.

use std::sync::Arc;

use axum::body::Bytes;
use events::Text;
use picture::Layer;
use quick_cache::sync::{Cache as QuickCache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::Address;
use crate::answer::tag_of;
use crate::options::TileOptions;
use crate::problem::Problem;

/// Which state of a layer of a region a tile is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    pub(crate) region: Text,
    pub(crate) epoch: Text,
    /// Which of the views that the region has had: after a crash numbers may be used again.
    pub(crate) generation: u64,
    /// Number of the newest change of the layer, and index within its record.
    pub(crate) changed: Option<(u64, u32)>,
}

/// What a tile is made from: as long as it is the same, so is the tile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) layer: Layer,
    pub(crate) address: Address,
    pub(crate) fields: Option<String>,
    /// Of a past moment with what was known later.
    pub(crate) moment: Option<i64>,
    pub(crate) versions: Vec<Version>,
}

/// A tile.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) body: Bytes,
    pub(crate) tag: String,
}

impl Made {
    pub(crate) fn new(body: Vec<u8>) -> Self {
        let tag = tag_of(&body);
        Self { body: body.into(), tag }
    }
}

#[derive(Clone)]
struct Weight {
    /// Least weight of a tile, so that the number of tiles is bounded with their bytes.
    least: u64,
}

impl Weighter<Key, Arc<Made>> for Weight {
    fn weight(&self, _: &Key, made: &Arc<Made>) -> u64 {
        self.least.max(made.body.len() as u64)
    }
}

/// Tiles by what they were made from. Each is made once, also when many ask for it at once: all but
/// one wait for it.
pub(crate) struct Cache(QuickCache<Key, Arc<Made>, Weight>);

impl Cache {
    pub(crate) fn new(options: &TileOptions) -> Self {
        let entries = options.cache_entries_max.max(1);
        let bytes = options.cache_bytes_max as u64;
        // One shard: a tile of any size that is allowed fits.
        let built = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(bytes)
            .shards(1)
            .build();
        let least = (bytes / entries as u64).max(1);
        match built {
            Ok(options) => Self(QuickCache::with_options(
                options,
                Weight { least },
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            )),
            // All that it asks for is given.
            Err(_) => Self(QuickCache::with_weighter(entries, bytes, Weight { least })),
        }
    }

    /// The tile of a key, made when it is not there.
    pub(crate) async fn get(
        &self,
        key: &Key,
        make: impl Future<Output = Result<Arc<Made>, Problem>>,
    ) -> Result<Arc<Made>, Problem> {
        self.0.get_or_insert_async(key, make).await
    }
}
