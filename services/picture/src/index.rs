//! One layer's objects, found by id and by box, in dense memory that is cheap to update.
//!
//! An R-tree update costs microseconds, a vehicle moves every second. So the tree holds boxes that
//! are larger than the object by a margin: a moving object changes its slot only, and is put into
//! the tree anew when it leaves its box. Queries filter by the object's own envelope, so they are
//! exact.

use std::hash::Hasher;
use std::sync::Arc;

use events::Text;
use hashbrown::HashTable;
use network::BoundingBox;
use rstar::{AABB, RTree, RTreeObject};
use rustc_hash::FxHasher;

use crate::{Layer, Object};

/// Half a box around a vehicle: at 10 m/s one in about twenty reports a second leaves it, and at
/// one vehicle a hectare it adds a few candidates to a query.
const MOVING_MARGIN_M: f64 = 200.0;

/// Length of a degree of latitude, metres (sphere of radius 6,371,008.8 m).
const METRES_PER_DEGREE: f64 = 111_195.08;

/// Below this cosine of the latitude (89 degrees) a margin's width no longer grows.
const LATITUDE_COSINE_MIN: f64 = 0.017;

/// Number of a place in an index. Re-used after removal; means nothing outside and after a restart.
pub(crate) type SlotNumber = u32;

/// Box in the tree. `f32` halves the memory and is precise to 2 m at 180 degrees, so boxes are
/// rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    low: [f32; 2],
    high: [f32; 2],
    slot: SlotNumber,
}

impl RTreeObject for Entry {
    type Envelope = AABB<[f32; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low, self.high)
    }
}

impl Entry {
    fn around(envelope: &BoundingBox, margin_m: f64, slot: SlotNumber) -> Self {
        let north_deg = margin_m / METRES_PER_DEGREE;
        let cosine = envelope.north_deg.to_radians().cos();
        let east_deg = north_deg / cosine.max(LATITUDE_COSINE_MIN);
        Self {
            low: [
                ((envelope.west_deg - east_deg) as f32).next_down(),
                ((envelope.south_deg - north_deg) as f32).next_down(),
            ],
            high: [
                ((envelope.east_deg + east_deg) as f32).next_up(),
                ((envelope.north_deg + north_deg) as f32).next_up(),
            ],
            slot,
        }
    }

    fn covers(&self, envelope: &BoundingBox) -> bool {
        f64::from(self.low[0]) <= envelope.west_deg
            && f64::from(self.low[1]) <= envelope.south_deg
            && f64::from(self.high[0]) >= envelope.east_deg
            && f64::from(self.high[1]) >= envelope.north_deg
    }
}

/// One object with what its owner keeps beside it. The object is missing while it must be
/// remembered (a removed situation's version) but is not part of the picture.
#[derive(Clone, Debug)]
pub(crate) struct Slot<S> {
    id: Text,
    envelope: Option<BoundingBox>,
    entry: Option<Entry>,
    object: Option<Arc<Object>>,
    /// What the owner keeps.
    pub(crate) state: S,
}

impl<S> Slot<S> {
    /// Id of the object.
    pub(crate) fn id(&self) -> &Text {
        &self.id
    }

    /// The object, unless hidden, beside what the owner keeps.
    pub(crate) fn parts(&mut self) -> (Option<&Arc<Object>>, &mut S) {
        (self.object.as_ref(), &mut self.state)
    }

    /// The object, unless hidden.
    pub(crate) fn object(&self) -> Option<&Arc<Object>> {
        self.object.as_ref()
    }
}

/// The objects of one layer.
#[derive(Clone, Debug)]
pub(crate) struct Index<S> {
    margin_m: f64,
    slots: Vec<Option<Slot<S>>>,
    free: Vec<SlotNumber>,
    by_id: HashTable<SlotNumber>,
    tree: RTree<Entry>,
    objects: usize,
}

fn hash(feed: &str, entity: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(feed.as_bytes());
    hasher.write(entity.as_bytes());
    hasher.finish()
}

fn parts(id: &str) -> (&str, &str) {
    id.split_once(':').unwrap_or((id, ""))
}

fn hash_of_slot<S>(slots: &[Option<Slot<S>>], slot: SlotNumber) -> u64 {
    let (feed, entity) = parts(&taken(slots, slot).id);
    hash(feed, entity)
}

fn taken<S>(slots: &[Option<Slot<S>>], slot: SlotNumber) -> &Slot<S> {
    slots
        .get(slot as usize)
        .and_then(Option::as_ref)
        .expect("slot numbers come from this index and are not kept over a removal")
}

impl<S> Index<S> {
    pub(crate) fn new(layer: Layer) -> Self {
        let margin_m = if layer == Layer::Vehicles { MOVING_MARGIN_M } else { 0.0 };
        Self {
            margin_m,
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashTable::new(),
            tree: RTree::new(),
            objects: 0,
        }
    }

    /// Objects of the picture, hidden ones not counted.
    pub(crate) fn len(&self) -> usize {
        self.objects
    }

    /// Places in use, by hidden objects too.
    pub(crate) fn slots_used(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Where the object of a feed's entity is; builds no id.
    pub(crate) fn find(&self, feed: &str, entity: &str) -> Option<SlotNumber> {
        let is_it = |&slot: &SlotNumber| {
            let id = taken(&self.slots, slot).id.as_bytes();
            id.len() == feed.len() + 1 + entity.len()
                && id.ends_with(entity.as_bytes())
                && id.starts_with(feed.as_bytes())
        };
        self.by_id.find(hash(feed, entity), is_it).copied()
    }

    /// Where the object with an id is.
    pub(crate) fn find_id(&self, id: &str) -> Option<SlotNumber> {
        let (feed, entity) = parts(id);
        let is_it = |&slot: &SlotNumber| taken(&self.slots, slot).id == id;
        self.by_id.find(hash(feed, entity), is_it).copied()
    }

    pub(crate) fn slot(&self, slot: SlotNumber) -> &Slot<S> {
        taken(&self.slots, slot)
    }

    /// The slot of a number that may be of an object that was removed.
    pub(crate) fn get(&self, slot: SlotNumber) -> Option<&Slot<S>> {
        self.slots.get(slot as usize).and_then(Option::as_ref)
    }

    pub(crate) fn slot_mut(&mut self, slot: SlotNumber) -> &mut Slot<S> {
        self.slots
            .get_mut(slot as usize)
            .and_then(Option::as_mut)
            .expect("slot numbers come from this index and are not kept over a removal")
    }

    /// Takes a place for an id that the index does not have; the object is hidden until shown.
    pub(crate) fn insert(&mut self, id: Text, state: S) -> SlotNumber {
        let (feed, entity) = parts(&id);
        let hash = hash(feed, entity);
        let slot = Slot { id, envelope: None, entry: None, object: None, state };
        let number = if let Some(number) = self.free.pop() {
            self.slots[number as usize] = Some(slot);
            number
        } else {
            self.slots.push(Some(slot));
            (self.slots.len() - 1) as SlotNumber
        };
        let Self { by_id, slots, .. } = self;
        by_id.insert_unique(hash, number, |&other| hash_of_slot(slots, other));
        number
    }

    /// Gives the place back.
    pub(crate) fn remove(&mut self, number: SlotNumber) {
        self.hide(number);
        let hash = hash_of_slot(&self.slots, number);
        if let Ok(entry) = self.by_id.find_entry(hash, |&other| other == number) {
            entry.remove();
        }
        self.slots[number as usize] = None;
        self.free.push(number);
    }

    /// Gives the places back of all that are gone: the ids of those that were shown, in order.
    pub(crate) fn remove_all(&mut self, is_gone: impl Fn(&S) -> bool) -> Vec<Text> {
        let mut shown = Vec::new();
        for number in self.sorted() {
            let slot = self.slot(number);
            if is_gone(&slot.state) {
                shown.extend(slot.object().map(|_| slot.id().clone()));
                self.remove(number);
            }
        }
        shown
    }

    /// Puts an object in its place, new or in place of an older one.
    pub(crate) fn show(&mut self, number: SlotNumber, object: Arc<Object>) {
        let envelope = object.envelope();
        let slot = self.slot_mut(number);
        if slot.object.replace(object).is_none() {
            self.objects += 1;
        }
        self.place(number, envelope);
    }

    /// Like [`Self::show`] for many objects: queries find them after [`Self::build_tree`], which
    /// takes a tenth of the time of as many insertions.
    pub(crate) fn load(&mut self, number: SlotNumber, object: Arc<Object>) {
        let envelope = object.envelope();
        let margin_m = self.margin_m;
        let slot = self.slot_mut(number);
        slot.envelope = envelope;
        slot.entry = envelope.map(|envelope| Entry::around(&envelope, margin_m, number));
        if slot.object.replace(object).is_none() {
            self.objects += 1;
        }
    }

    /// Builds the tree of everything that was loaded.
    pub(crate) fn build_tree(&mut self) {
        let slots = self.slots.iter().flatten();
        self.tree = RTree::bulk_load(slots.filter_map(|slot| slot.entry).collect());
    }

    /// Takes the object out of the picture but keeps its place and state.
    pub(crate) fn hide(&mut self, number: SlotNumber) {
        if self.slot_mut(number).object.take().is_some() {
            self.objects -= 1;
        }
        self.place(number, None);
    }

    /// The object of a slot, to change it in place when nobody else holds it.
    pub(crate) fn object_mut(&mut self, number: SlotNumber) -> Option<&mut Arc<Object>> {
        self.slot_mut(number).object.as_mut()
    }

    /// The object of a slot that is known to be shown.
    pub(crate) fn shown(&self, number: SlotNumber) -> &Arc<Object> {
        let object = self.slot(number).object();
        object.expect("the caller has just shown it")
    }

    /// Looks where the object of a slot is now, after a change in place.
    pub(crate) fn place_again(&mut self, number: SlotNumber) {
        let envelope = self.slot(number).object().and_then(|object| object.envelope());
        self.place(number, envelope);
    }

    fn place(&mut self, number: SlotNumber, envelope: Option<BoundingBox>) {
        let margin_m = self.margin_m;
        let slot = self.slot_mut(number);
        if slot.envelope == envelope {
            return;
        }
        slot.envelope = envelope;
        let entry = match (slot.entry, envelope) {
            (Some(entry), Some(envelope)) if margin_m > 0.0 && entry.covers(&envelope) => return,
            (_, envelope) => envelope.map(|envelope| Entry::around(&envelope, margin_m, number)),
        };
        if let Some(old) = std::mem::replace(&mut slot.entry, entry) {
            self.tree.remove(&old);
        }
        if let Some(entry) = entry {
            self.tree.insert(entry);
        }
    }

    /// Objects whose envelope meets the box, in no particular order: it depends on history, so
    /// whoever needs an order sorts by id.
    pub(crate) fn query(&self, bbox: &BoundingBox) -> impl Iterator<Item = &Arc<Object>> {
        let wanted = Entry::around(bbox, 0.0, 0);
        let bbox = *bbox;
        self.tree
            .locate_in_envelope_intersecting(wanted.envelope())
            .map(|entry| taken(&self.slots, entry.slot))
            .filter(move |slot| slot.envelope.is_some_and(|own| meets(&own, &bbox)))
            .filter_map(|slot| slot.object.as_ref())
    }

    /// Places in use, ordered by id.
    pub(crate) fn sorted(&self) -> Vec<SlotNumber> {
        let mut numbers: Vec<_> = (0..self.slots.len() as SlotNumber)
            .filter(|&number| self.slots[number as usize].is_some())
            .collect();
        numbers.sort_unstable_by(|&a, &b| self.slot(a).id.cmp(&self.slot(b).id));
        numbers
    }

    /// Objects of the picture, ordered by id.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        let numbers = self.sorted().into_iter();
        numbers.filter_map(|number| self.slot(number).object())
    }
}

fn meets(a: &BoundingBox, b: &BoundingBox) -> bool {
    a.west_deg <= b.east_deg
        && a.east_deg >= b.west_deg
        && a.south_deg <= b.north_deg
        && a.north_deg >= b.south_deg
}
