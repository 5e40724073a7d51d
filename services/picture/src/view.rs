//! The read side: a picture followed by its deltas.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use events::Text;
use network::BoundingBox;

use crate::index::{Index, SlotNumber};
use crate::{Change, Delta, Layer, Object, Snapshot};

/// One layer with its objects by id, so that pages of it need no sorting.
#[derive(Clone, Debug)]
struct ViewLayer {
    index: Index<()>,
    by_id: BTreeMap<Text, SlotNumber>,
    /// Number of its newest change.
    last: Option<(u64, u32)>,
}

impl ViewLayer {
    fn new(layer: Layer) -> Self {
        Self { index: Index::new(layer), by_id: BTreeMap::new(), last: None }
    }

    fn update(&mut self, object: Arc<Object>) {
        let slot = self.find_or_insert(object.id());
        self.index.show(slot, object);
    }

    /// Like [`Self::update`]; the index's tree is built at the end.
    fn load(&mut self, object: Arc<Object>) {
        let slot = self.find_or_insert(object.id());
        self.index.load(slot, object);
    }

    fn find_or_insert(&mut self, id: &Text) -> SlotNumber {
        self.index.find_id(id).unwrap_or_else(|| {
            let slot = self.index.insert(id.clone(), ());
            self.by_id.insert(id.clone(), slot);
            slot
        })
    }

    fn remove(&mut self, id: &str) {
        if let Some(slot) = self.by_id.remove(id) {
            self.index.remove(slot);
        }
    }
}

/// A copy of a picture that follows it by deltas and answers queries. Objects are handed out as
/// shared pointers, so that a server can keep and encode them without copying.
#[derive(Clone, Debug)]
pub struct View {
    region: Text,
    epoch: Text,
    /// Number of the newest change that is in.
    last: Option<(u64, u32)>,
    layers: [ViewLayer; Layer::ALL.len()],
}

impl View {
    /// An empty view.
    pub fn new(region: Text, epoch: Text) -> Self {
        Self { region, epoch, last: None, layers: Layer::ALL.map(ViewLayer::new) }
    }

    /// A view at the sequence of the snapshot.
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        let mut view = Self::new(snapshot.region, snapshot.epoch);
        view.last = snapshot.sequence.map(|sequence| (sequence, u32::MAX));
        for object in snapshot.objects {
            view.layer_mut(object.layer()).load(object);
        }
        for layer in &mut view.layers {
            layer.index.build_tree();
            layer.last = view.last;
        }
        view
    }

    /// Takes a change in. Deltas must come in order; one that is in already (a processor that was
    /// killed writes its last ones again) is dropped, and the answer is `false`.
    pub fn apply(&mut self, delta: Delta) -> bool {
        let number = (delta.sequence, delta.index);
        if self.last.is_some_and(|last| number <= last) {
            return false;
        }
        self.last = Some(number);
        let layer = match delta.change {
            Change::Updated(object) => {
                let layer = self.layer_mut(object.layer());
                layer.update(object);
                layer
            }
            Change::Removed { layer, id, .. } => {
                let layer = self.layer_mut(layer);
                layer.remove(&id);
                layer
            }
        };
        layer.last = Some(number);
        true
    }

    /// Id of the region.
    pub fn region(&self) -> &Text {
        &self.region
    }

    /// Identity of the log that sequences belong to.
    pub fn epoch(&self) -> &Text {
        &self.epoch
    }

    /// Offset of the log record that made the newest change.
    pub fn sequence(&self) -> Option<u64> {
        self.last.map(|(sequence, _)| sequence)
    }

    /// Number of the newest change of a layer: as long as this is the same, so is the layer of this
    /// view.
    pub fn changed(&self, layer: Layer) -> Option<(u64, u32)> {
        self.layer(layer).last
    }

    /// Number of the newest change: the offset of its log record, and its index within. After a
    /// snapshot the index is the largest, as all of the record is in.
    pub fn number(&self) -> Option<(u64, u32)> {
        self.last
    }

    /// The object with an id.
    pub fn get(&self, layer: Layer, id: &str) -> Option<&Arc<Object>> {
        let index = &self.layer(layer).index;
        index.slot(index.find_id(id)?).object()
    }

    /// Objects that meet the box, in no particular order. A situation meets it when the box around
    /// its geometry does; objects without a place never do.
    pub fn query(&self, layer: Layer, bbox: &BoundingBox) -> impl Iterator<Item = &Arc<Object>> {
        self.layer(layer).index.query(bbox)
    }

    /// All objects of a layer, in id order.
    pub fn all(&self, layer: Layer) -> impl Iterator<Item = &Arc<Object>> {
        let ViewLayer { index, by_id, .. } = self.layer(layer);
        by_id.values().filter_map(|&slot| index.slot(slot).object())
    }

    /// The objects of a layer after an id, in id order: the next page.
    pub fn after(&self, layer: Layer, id: &str) -> impl Iterator<Item = &Arc<Object>> {
        let ViewLayer { index, by_id, .. } = self.layer(layer);
        by_id
            .range::<str, _>((Bound::Excluded(id), Bound::Unbounded))
            .filter_map(|(_, &slot)| index.slot(slot).object())
    }

    /// How many objects a layer has.
    pub fn len(&self, layer: Layer) -> usize {
        self.layer(layer).index.len()
    }

    /// All of it: equal, byte for byte, to the picture's snapshot at this sequence.
    pub fn snapshot(&self) -> Snapshot {
        let objects = Layer::ALL.into_iter().flat_map(|layer| self.all(layer));
        Snapshot {
            region: self.region.clone(),
            epoch: self.epoch.clone(),
            sequence: self.sequence(),
            objects: objects.cloned().collect(),
        }
    }

    fn layer(&self, layer: Layer) -> &ViewLayer {
        &self.layers[layer as usize]
    }

    fn layer_mut(&mut self, layer: Layer) -> &mut ViewLayer {
        &mut self.layers[layer as usize]
    }
}
