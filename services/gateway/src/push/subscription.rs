//! One subscription: what a client was sent, and what must be sent so that it has what the view
//! has in its box. Reads nothing but the view; knows neither sockets nor time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::http::StatusCode;
use events::Text;
use network::BoundingBox;
use picture::{Layer, Object, View};
use rustc_hash::{FxHashMap, FxHashSet};

use super::message::{At, Delta, Frame, Reason, Removed, Snapshot, Updated};
use crate::live::{self, Applied, Applying, LiveRegion, Missed};
use crate::problem::Problem;
use crate::telemetry;

/// Which objects a client wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Selection {
    /// Each once, in order.
    pub(super) layers: Vec<Layer>,
    /// None: all, those without a place too.
    pub(super) bbox: Option<BoundingBox>,
}

impl Selection {
    fn has(&self, object: &Object) -> bool {
        self.layers.contains(&object.layer()) && live::selects(object, self.bbox.as_ref())
    }

    fn objects(&self, view: &View) -> Vec<Arc<Object>> {
        let layers = self.layers.iter();
        layers.flat_map(|&layer| live::select(view, layer, self.bbox.as_ref())).collect()
    }
}

/// Ids that the client has, by layer.
#[derive(Debug, Default)]
struct Held([FxHashSet<Text>; Layer::ALL.len()]);

impl Held {
    fn of(objects: &[Arc<Object>]) -> Self {
        let mut held = Self::default();
        for object in objects {
            held.insert(object);
        }
        held
    }

    fn insert(&mut self, object: &Object) {
        self.0[object.layer() as usize].insert(object.id().clone());
    }

    fn has(&self, layer: Layer, id: &str) -> bool {
        self.0[layer as usize].contains(id)
    }

    fn remove(&mut self, layer: Layer, id: &str) -> bool {
        self.0[layer as usize].remove(id)
    }

    /// Forgets what the other has not.
    fn retain(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            own.retain(|id| other.contains(id));
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(FxHashSet::len).sum()
    }

    fn iter(&self) -> impl Iterator<Item = (Layer, &Text)> {
        let layers = Layer::ALL.into_iter().zip(&self.0);
        layers.flat_map(|(layer, ids)| ids.iter().map(move |id| (layer, id)))
    }
}

/// A subscription of one client to one region.
pub(super) struct Subscription {
    at: At,
    live: Arc<LiveRegion>,
    selection: Selection,
    limits: Limits,
    held: Held,
    /// What had no room in the frames so far, in order. Ids, not objects: by the time that they are
    /// sent there may be newer ones, and the old ones should not be kept until then.
    pending: VecDeque<(Layer, Text)>,
    /// Number of the first change that the client has not seen.
    next: u64,
}

/// Bounds of a subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most objects of the subscription.
    pub(super) objects_max: usize,
    /// Most objects of a frame.
    pub(super) frame_objects_max: usize,
}

/// What a delta is made of, read from the view at one moment.
struct Reading {
    missed: Missed,
    /// Objects that were pending and are still selected.
    pending: Vec<Arc<Object>>,
    /// All objects of the layers of which too many changes were missed.
    anew: Vec<Arc<Object>>,
    next: u64,
    sequence: Option<u64>,
}

/// Objects that a frame needs no more of.
type Sent = FxHashSet<(Layer, Text)>;

/// The newest of the changes of each object.
type Newest = FxHashMap<(Layer, Text), Arc<Applied>>;

impl Subscription {
    /// Starts with everything selected.
    pub(super) fn open(
        id: String,
        live: Arc<LiveRegion>,
        selection: Selection,
        limits: Limits,
    ) -> Result<(Self, Frame), Problem> {
        let at =
            At { id, region: live.region().id.clone(), epoch: Text::default(), sequence: None };
        let (held, pending) = (Held::default(), VecDeque::new());
        let mut subscription = Self { at, live, selection, limits, held, pending, next: 0 };
        let frame = subscription.snapshot()?;
        Ok((subscription, frame))
    }

    pub(super) fn id(&self) -> &str {
        &self.at.id
    }

    pub(super) fn is_of(&self, live: &Arc<LiveRegion>) -> bool {
        Arc::ptr_eq(&self.live, live)
    }

    /// Whether something waits for the next frame, changes or not.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What the client lacks; nothing when that is nothing.
    pub(super) fn advance(&mut self) -> Result<Option<Frame>, Problem> {
        let was_unfinished = self.is_unfinished();
        let Some(Reading { missed, pending, anew, next, sequence }) = self.read() else {
            return Ok(None);
        };
        let Missed::Since { changes, layers } = missed else {
            return self.snapshot().map(Some);
        };
        let mut delta = self.delta(sequence);
        self.next = next;
        let mut sent = FxHashSet::default();
        for object in pending {
            self.held.insert(&object);
            sent.insert((object.layer(), object.id().clone()));
            update(&mut delta, object.layer(), Updated::Plain(object));
        }
        self.take(&changes, &mut sent, &mut delta);
        if !layers.is_empty() {
            self.read_anew(&layers, &anew, &sent, &mut delta)?;
        }
        if self.held.len() > self.limits.objects_max {
            return Err(self.too_many(self.held.len()));
        }
        delta.more = self.is_unfinished();
        // Who was told of more must be told when there is none.
        if delta.updated.is_empty() && delta.removed.is_empty() && !was_unfinished && !delta.more {
            return Ok(None);
        }
        self.at.sequence = sequence;
        Ok(Some(Frame::Delta(delta)))
    }

    /// What has changed since the last frame, and the next of what is pending; none when neither.
    fn read(&mut self) -> Option<Reading> {
        let Self { live, selection, pending, limits, .. } = self;
        let shared = live.read();
        let next = shared.next();
        if next == self.next && pending.is_empty() {
            return None;
        }
        let missed = shared.missed(self.next, &selection.layers);
        let anew = match &missed {
            Missed::Since { layers, .. } => {
                let of = |&layer| live::select(&shared.view, layer, selection.bbox.as_ref());
                layers.iter().flat_map(of).collect()
            }
            Missed::Everything => Vec::new(),
        };
        let first = pending.drain(..pending.len().min(limits.frame_objects_max));
        let found = first.filter_map(|(layer, id)| shared.view.get(layer, &id));
        let pending = found.filter(|object| selection.has(object)).cloned().collect();
        Some(Reading { missed, pending, anew, next, sequence: shared.view.sequence() })
    }

    /// The newest change of each object that is not sent already; what the frame has no room for
    /// becomes pending.
    fn take(&mut self, changes: &[Arc<Applied>], sent: &mut Sent, delta: &mut Delta) {
        let mut room = self.limits.frame_objects_max.saturating_sub(sent.len());
        let mut coalesced = 0;
        for applied in changes.iter().rev() {
            let Applied { layer, id, outcome } = applied.as_ref();
            if !sent.insert((*layer, id.clone())) {
                coalesced += 1;
                continue;
            }
            let reason = match outcome {
                Applying::Updated(encoded) if self.selection.has(&encoded.object) => {
                    if room == 0 {
                        self.pending.push_back((*layer, id.clone()));
                    } else {
                        room -= 1;
                        self.held.insert(&encoded.object);
                        update(delta, *layer, Updated::Shared(Arc::clone(applied)));
                    }
                    continue;
                }
                Applying::Updated(_) => Reason::Left,
                Applying::Removed(reason) => Reason::from(*reason),
            };
            if self.held.remove(*layer, id) {
                remove(delta, *layer, id.clone(), reason);
            }
        }
        metrics::counter!(telemetry::COALESCED).increment(coalesced);
    }

    /// Forgets what has gone from layers whose changes are not known one by one, and makes all that
    /// they have pending.
    fn read_anew(
        &mut self,
        layers: &[Layer],
        objects: &[Arc<Object>],
        sent: &Sent,
        delta: &mut Delta,
    ) -> Result<(), Problem> {
        metrics::counter!(telemetry::RESYNCS).increment(layers.len() as u64);
        let others = self.held.iter().filter(|(layer, _)| !layers.contains(layer)).count();
        if others + objects.len() > self.limits.objects_max {
            return Err(self.too_many(others + objects.len()));
        }
        let there = Held::of(objects);
        let held = self.held.iter().filter(|(layer, _)| layers.contains(layer));
        let gone = held.filter(|(layer, id)| !there.has(*layer, id));
        let gone: Vec<(Layer, Text)> = gone.map(|(layer, id)| (layer, id.clone())).collect();
        for (layer, id) in gone {
            self.held.remove(layer, &id);
            remove(delta, layer, id, Reason::Left);
        }
        self.pending.retain(|(layer, _)| !layers.contains(layer));
        let keys = objects.iter().map(|object| (object.layer(), object.id().clone()));
        self.pending.extend(keys.filter(|key| !sent.contains(key)));
        Ok(())
    }

    /// Wants other objects of the same region: gives the difference, an empty one too, so that the
    /// client knows that it has what it asked for. When that is too much, all stays as it was.
    pub(super) fn select(&mut self, selection: Selection) -> Result<Frame, Problem> {
        let (objects, missed, next, sequence) = {
            let shared = self.live.read();
            let objects = selection.objects(&shared.view);
            let missed = shared.missed(self.next, &Layer::ALL);
            (objects, missed, shared.next(), shared.view.sequence())
        };
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.selection = selection;
        let Missed::Since { changes, layers: anew } = missed else {
            return self.snapshot();
        };
        let key = |applied: Arc<Applied>| ((applied.layer, applied.id.clone()), applied);
        let newest: Newest = changes.into_iter().map(key).collect();
        let there = Held::of(&objects);
        let mut delta = self.delta(sequence);
        // What was pending is not there in its newest version either.
        let unfinished: Sent = self.pending.drain(..).collect();
        let gone = self.held.iter().filter(|(layer, id)| !there.has(*layer, id));
        for (layer, id) in gone {
            let applied = newest.get(&(layer, id.clone()));
            let reason = match applied.map(|applied| &applied.outcome) {
                Some(Applying::Removed(reason)) => Reason::from(*reason),
                Some(Applying::Updated(_)) | None => Reason::Left,
            };
            remove(&mut delta, layer, id.clone(), reason);
        }
        self.held.retain(&there);
        let mut room = self.limits.frame_objects_max;
        for object in objects {
            let key = (object.layer(), object.id().clone());
            let has_newest = self.held.has(key.0, &key.1)
                && !newest.contains_key(&key)
                && !anew.contains(&key.0)
                && !unfinished.contains(&key);
            if has_newest {
                continue;
            }
            if room == 0 {
                self.pending.push_back(key);
                continue;
            }
            room -= 1;
            self.held.insert(&object);
            update(&mut delta, key.0, Updated::Plain(object));
        }
        delta.more = self.is_unfinished();
        self.next = next;
        self.at.sequence = sequence;
        Ok(Frame::Delta(delta))
    }

    /// Everything selected, whatever the client has; as far as one frame goes, the rest is pending.
    fn snapshot(&mut self) -> Result<Frame, Problem> {
        let mut objects = {
            let shared = self.live.read();
            let objects = self.selection.objects(&shared.view);
            self.next = shared.next();
            self.at.sequence = shared.view.sequence();
            self.at.epoch = shared.view.epoch().clone();
            objects
        };
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        let rest = objects.split_off(objects.len().min(self.limits.frame_objects_max));
        self.pending = rest.iter().map(|object| (object.layer(), object.id().clone())).collect();
        self.held = Held::of(&objects);
        let layers = self.selection.layers.iter();
        let mut by_layer: BTreeMap<&'static str, Vec<Arc<Object>>> =
            layers.map(|layer| (layer.as_str(), Vec::new())).collect();
        for object in objects {
            by_layer.entry(object.layer().as_str()).or_default().push(object);
        }
        let (at, more) = (self.at.clone(), self.is_unfinished());
        Ok(Frame::Snapshot(Snapshot { at, more, objects: by_layer }))
    }

    /// An empty delta from where the client is to a sequence.
    fn delta(&self, sequence: Option<u64>) -> Delta {
        Delta {
            previous: self.at.sequence,
            more: false,
            at: At { sequence, ..self.at.clone() },
            updated: BTreeMap::new(),
            removed: BTreeMap::new(),
        }
    }

    fn too_many(&self, objects: usize) -> Problem {
        let detail = format!(
            "the box has {objects} objects, a subscription at most {}; take a smaller box",
            self.limits.objects_max
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

fn update(delta: &mut Delta, layer: Layer, object: Updated) {
    delta.updated.entry(layer.as_str()).or_default().push(object);
}

fn remove(delta: &mut Delta, layer: Layer, id: Text, reason: Reason) {
    let removed = delta.removed.entry(layer.as_str()).or_default();
    removed.push(Removed { id, reason });
}
