//! What a client has.

use std::sync::Arc;

use events::Text;
use picture::{Layer, Object};
use rustc_hash::FxHashSet;

/// Ids that the client has, by layer.
#[derive(Debug, Default)]
pub(super) struct Held([FxHashSet<Text>; Layer::ALL.len()]);

impl Held {
    pub(super) fn of(objects: &[Arc<Object>]) -> Self {
        let mut held = Self::default();
        for object in objects {
            held.insert(object);
        }
        held
    }

    pub(super) fn insert(&mut self, object: &Object) {
        self.0[object.layer() as usize].insert(object.id().clone());
    }

    pub(super) fn insert_id(&mut self, layer: Layer, id: &Text) {
        self.0[layer as usize].insert(id.clone());
    }

    pub(super) fn has(&self, layer: Layer, id: &str) -> bool {
        self.0[layer as usize].contains(id)
    }

    pub(super) fn remove(&mut self, layer: Layer, id: &str) -> bool {
        self.0[layer as usize].remove(id)
    }

    /// Forgets what the other has not.
    pub(super) fn retain(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            own.retain(|id| other.contains(id));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(FxHashSet::len).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Layer, &Text)> {
        let layers = Layer::ALL.into_iter().zip(&self.0);
        layers.flat_map(|(layer, ids)| ids.iter().map(move |id| (layer, id)))
    }
}
