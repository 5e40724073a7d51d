//! One subscription: what a client was sent, and what must be sent so that it has what the view
//! has in its box. Reads nothing but the view; knows neither sockets nor time.

use std::collections::BTreeMap;
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
    objects_max: usize,
    held: Held,
    /// Number of the first change that the client has not seen.
    next: u64,
}

/// The newest of the changes of each object.
type Newest = FxHashMap<(Layer, Text), Arc<Applied>>;

impl Subscription {
    /// Starts with everything selected.
    pub(super) fn open(
        id: String,
        live: Arc<LiveRegion>,
        selection: Selection,
        objects_max: usize,
    ) -> Result<(Self, Frame), Problem> {
        let at =
            At { id, region: live.region().id.clone(), epoch: Text::default(), sequence: None };
        let mut subscription =
            Self { at, live, selection, objects_max, held: Held::default(), next: 0 };
        let frame = subscription.snapshot()?;
        Ok((subscription, frame))
    }

    pub(super) fn id(&self) -> &str {
        &self.at.id
    }

    pub(super) fn is_of(&self, live: &Arc<LiveRegion>) -> bool {
        Arc::ptr_eq(&self.live, live)
    }

    /// What the client lacks; nothing when that is nothing.
    pub(super) fn advance(&mut self) -> Result<Option<Frame>, Problem> {
        let (missed, next, sequence) = {
            let shared = self.live.read();
            if shared.next() == self.next {
                return Ok(None);
            }
            let missed = shared.missed(self.next);
            (missed, shared.next(), shared.view.sequence())
        };
        let Missed::Changes(changes) = missed else {
            metrics::counter!(telemetry::RESYNCS).increment(1);
            return self.snapshot().map(Some);
        };
        let mut delta = self.delta(sequence);
        self.next = next;
        let mut seen = FxHashSet::default();
        let mut coalesced = 0;
        for applied in changes.iter().rev() {
            if !self.selection.layers.contains(&applied.layer) {
                continue;
            }
            if seen.insert((applied.layer, &applied.id)) {
                self.take(applied, &mut delta);
            } else {
                coalesced += 1;
            }
        }
        metrics::counter!(telemetry::COALESCED).increment(coalesced);
        if self.held.len() > self.objects_max {
            return Err(self.too_many(self.held.len()));
        }
        if delta.updated.is_empty() && delta.removed.is_empty() {
            return Ok(None);
        }
        self.at.sequence = sequence;
        Ok(Some(Frame::Delta(delta)))
    }

    fn take(&mut self, applied: &Arc<Applied>, delta: &mut Delta) {
        let Applied { layer, id, outcome } = applied.as_ref();
        let reason = match outcome {
            Applying::Updated(encoded) if self.selection.has(&encoded.object) => {
                self.held.insert(&encoded.object);
                let updated = delta.updated.entry(layer.as_str()).or_default();
                updated.push(Updated::Shared(Arc::clone(applied)));
                return;
            }
            Applying::Updated(_) => Reason::Left,
            Applying::Removed(reason) => Reason::from(*reason),
        };
        if self.held.remove(*layer, id) {
            remove(delta, *layer, id.clone(), reason);
        }
    }

    /// Wants other objects of the same region: gives the difference, an empty one too, so that the
    /// client knows that it has what it asked for. When that is too much, all stays as it was.
    pub(super) fn select(&mut self, selection: Selection) -> Result<Frame, Problem> {
        let (objects, missed, next, sequence) = {
            let shared = self.live.read();
            let objects = selection.objects(&shared.view);
            let missed = shared.missed(self.next);
            (objects, missed, shared.next(), shared.view.sequence())
        };
        if objects.len() > self.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.selection = selection;
        let Missed::Changes(changes) = missed else {
            metrics::counter!(telemetry::RESYNCS).increment(1);
            return self.snapshot();
        };
        let key = |applied: Arc<Applied>| ((applied.layer, applied.id.clone()), applied);
        let newest: Newest = changes.into_iter().map(key).collect();
        let held = Held::of(&objects);
        let mut delta = self.delta(sequence);
        for object in objects {
            let (layer, id) = (object.layer(), object.id());
            if !self.held.has(layer, id) || newest.contains_key(&(layer, id.clone())) {
                let updated = delta.updated.entry(layer.as_str()).or_default();
                updated.push(Updated::Plain(object));
            }
        }
        for (layer, id) in self.held.iter().filter(|(layer, id)| !held.has(*layer, id)) {
            let applied = newest.get(&(layer, id.clone()));
            let reason = match applied.map(|applied| &applied.outcome) {
                Some(Applying::Removed(reason)) => Reason::from(*reason),
                Some(Applying::Updated(_)) | None => Reason::Left,
            };
            remove(&mut delta, layer, id.clone(), reason);
        }
        self.held = held;
        self.next = next;
        self.at.sequence = sequence;
        Ok(Frame::Delta(delta))
    }

    /// Everything selected, whatever the client has.
    fn snapshot(&mut self) -> Result<Frame, Problem> {
        let objects = {
            let shared = self.live.read();
            let objects = self.selection.objects(&shared.view);
            self.next = shared.next();
            self.at.sequence = shared.view.sequence();
            self.at.epoch = shared.view.epoch().clone();
            objects
        };
        if objects.len() > self.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.held = Held::of(&objects);
        let layers = self.selection.layers.iter();
        let mut by_layer: BTreeMap<&'static str, Vec<Arc<Object>>> =
            layers.map(|layer| (layer.as_str(), Vec::new())).collect();
        for object in objects {
            by_layer.entry(object.layer().as_str()).or_default().push(object);
        }
        Ok(Frame::Snapshot(Snapshot { at: self.at.clone(), objects: by_layer }))
    }

    /// An empty delta from where the client is to a sequence.
    fn delta(&self, sequence: Option<u64>) -> Delta {
        Delta {
            previous: self.at.sequence,
            at: At { sequence, ..self.at.clone() },
            updated: BTreeMap::new(),
            removed: BTreeMap::new(),
        }
    }

    fn too_many(&self, objects: usize) -> Problem {
        let detail = format!(
            "the box has {objects} objects, a subscription at most {}; take a smaller box",
            self.objects_max
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

fn remove(delta: &mut Delta, layer: Layer, id: Text, reason: Reason) {
    let removed = delta.removed.entry(layer.as_str()).or_default();
    removed.push(Removed { id, reason });
}
