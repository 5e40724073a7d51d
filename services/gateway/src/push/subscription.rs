//! One subscription: what a client was sent, and what must be sent so that it has what the view
//! selects. Reads nothing but the view; knows neither sockets nor time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::http::StatusCode;
use events::Text;
use picture::{Layer, Object, RemovalReason};
use rustc_hash::{FxHashMap, FxHashSet};

use super::cursor::Cursor;
use super::message::{At, Delta, Frame, Removed, Snapshot, SnapshotReason, Updated};
use crate::live::{Applied, Applying, LiveRegion, Missed, Place, Progress};
use crate::options::PushOptions;
use crate::problem::Problem;
use crate::select::Selection;
use crate::telemetry;

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

    fn insert_id(&mut self, layer: Layer, id: &Text) {
        self.0[layer as usize].insert(id.clone());
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
    /// Where the client is in the history.
    place: Place,
    /// Of which of the views of the region that is.
    generation: u64,
    /// From where the client wants to read on, until that is known to be possible or not.
    resume: Option<Cursor>,
    /// Tag of the selection.
    tag: u32,
}

/// Bounds of a subscription.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most objects of the subscription.
    pub(super) objects_max: usize,
    /// Most objects of a frame.
    pub(super) frame_objects_max: usize,
}

impl Limits {
    pub(super) fn of(options: &PushOptions) -> Self {
        let PushOptions { objects_max, frame_objects_max, .. } = *options;
        Self { objects_max, frame_objects_max }
    }
}

/// What a delta is made of, read from the view at one moment.
struct Reading {
    missed: Missed,
    /// Objects that were pending and are still selected.
    pending: Vec<Arc<Object>>,
    /// All objects of the layers of which too many changes were missed.
    anew: Vec<Arc<Object>>,
    place: Place,
    sequence: Option<u64>,
}

/// Whether a client can read on from where it was.
enum Resuming {
    /// The view is still on its way there.
    NotYet,
    Possible,
    Impossible(SnapshotReason),
}

/// Objects that a frame has already.
type Sent = FxHashSet<(Layer, Text)>;

/// The newest of the changes of each object.
type Newest = FxHashMap<(Layer, Text), Arc<Applied>>;

impl Subscription {
    /// Starts with everything selected, or from where the client was. The first frame comes from
    /// [`Self::advance`].
    pub(super) fn new(
        id: String,
        live: Arc<LiveRegion>,
        selection: Selection,
        limits: Limits,
        resume: Option<Cursor>,
    ) -> Self {
        let region = live.region().id.clone();
        let at = At { id, region, epoch: Text::default(), sequence: None, cursor: None };
        Self {
            at,
            live,
            tag: selection.tag(),
            selection,
            limits,
            held: Held::default(),
            pending: VecDeque::new(),
            place: Place::default(),
            // Of no view: the first frame is a snapshot, unless the client resumes.
            generation: u64::MAX,
            resume,
        }
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
        if let Some(cursor) = self.resume.take() {
            let resuming = self.resuming(&cursor);
            return match resuming {
                Resuming::Possible => self.read_on(&cursor).map(Some),
                Resuming::Impossible(reason) => self.snapshot(reason).map(Some),
                Resuming::NotYet => {
                    self.resume = Some(cursor);
                    Ok(None)
                }
            };
        }
        let was_unfinished = self.is_unfinished();
        let reading = match self.read() {
            Ok(Some(reading)) => reading,
            Ok(None) => return Ok(None),
            Err(reason) => return self.snapshot(reason).map(Some),
        };
        let Reading { missed, pending, anew, place, sequence } = reading;
        let mut delta = self.delta(sequence);
        self.place = place;
        let mut sent = FxHashSet::default();
        for object in pending {
            self.held.insert(&object);
            sent.insert((object.layer(), object.id().clone()));
            update(&mut delta, object.layer(), Updated::Plain(object));
        }
        self.take(&missed.changes, &sent, &mut delta);
        if !missed.layers.is_empty() {
            self.read_anew(&missed.layers, &anew, &sent, &mut delta)?;
            delta.anew = missed.layers;
        }
        if self.held.len() > self.limits.objects_max {
            return Err(self.too_many(self.held.len()));
        }
        // Who was told of more must be told when there is none.
        if delta.updated.is_empty()
            && delta.removed.is_empty()
            && !was_unfinished
            && !self.is_unfinished()
        {
            return Ok(None);
        }
        Ok(Some(self.finished(delta)))
    }

    /// Whether the client can read on from a cursor.
    fn resuming(&self, cursor: &Cursor) -> Resuming {
        let is_on_its_way = self.live.progress() == Progress::CatchingUp;
        let shared = self.live.read();
        let is_of_log = cursor.epoch == *shared.view.epoch();
        let is_reached = cursor.place.number <= shared.place().number;
        if is_on_its_way && !(is_of_log && is_reached) {
            return Resuming::NotYet;
        }
        let is_kept = || shared.has_all_since(cursor.place.number, &self.selection.layers);
        if !is_of_log || !is_reached {
            return Resuming::Impossible(SnapshotReason::OtherLog);
        }
        if cursor.selection != self.tag {
            return Resuming::Impossible(SnapshotReason::OtherSelection);
        }
        match shared.remembers(cursor.place) {
            Some(true) if is_kept() => Resuming::Possible,
            Some(true) | None => Resuming::Impossible(SnapshotReason::HistoryOver),
            Some(false) => Resuming::Impossible(SnapshotReason::OtherLog),
        }
    }

    /// The first frame of a client that has everything up to a cursor. What it had then is not
    /// known, only what has changed since: it is told to forget whatever of that it should not have
    /// now, and may never have had.
    fn read_on(&mut self, cursor: &Cursor) -> Result<Frame, Problem> {
        metrics::counter!(telemetry::RESUMES).increment(1);
        let (objects, missed, sequence) = {
            let shared = self.live.read();
            let objects = self.selection.candidates(&shared.view);
            let Selection { layers, .. } = &self.selection;
            let within = self.selection.envelope();
            let missed = shared.missed(cursor.place.number, layers, within);
            self.place = shared.place();
            self.generation = shared.generation();
            self.at.epoch = shared.view.epoch().clone();
            (objects, missed, shared.view.sequence())
        };
        let objects = self.selection.narrow(objects);
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.at.sequence = cursor.place.number.map(|(sequence, _)| sequence);
        self.held = Held::of(&objects);
        let removed = missed.changes.iter().filter(|applied| match &applied.outcome {
            Applying::Updated(encoded) => !self.selection.has(&encoded.object),
            Applying::Removed(_) => true,
        });
        for applied in removed {
            self.held.insert_id(applied.layer, &applied.id);
        }
        let mut delta = self.delta(sequence);
        self.take(&missed.changes, &Sent::default(), &mut delta);
        Ok(self.finished(delta))
    }

    /// What has changed since the last frame, and the next of what is pending; none when neither.
    /// An error is why everything must be read again.
    fn read(&mut self) -> Result<Option<Reading>, SnapshotReason> {
        let Self { live, selection, pending, limits, .. } = self;
        let shared = live.read();
        if shared.generation() != self.generation {
            let is_first = self.generation == u64::MAX;
            let reason =
                if is_first { SnapshotReason::Subscribed } else { SnapshotReason::OtherLog };
            return Err(reason);
        }
        let place = shared.place();
        if place == self.place && pending.is_empty() {
            return Ok(None);
        }
        let within = selection.envelope();
        let missed = shared.missed(self.place.number, &selection.layers, within);
        let anew = match missed.layers.as_slice() {
            [] => Vec::new(),
            layers => selection.only(layers).candidates(&shared.view),
        };
        let first = pending.drain(..pending.len().min(limits.frame_objects_max));
        let found = first.filter_map(|(layer, id)| shared.view.get(layer, &id));
        let pending = found.cloned().collect();
        let sequence = shared.view.sequence();
        drop(shared);
        let (anew, pending) = (selection.narrow(anew), selection.narrow(pending));
        Ok(Some(Reading { missed, pending, anew, place, sequence }))
    }

    /// The frame of a delta, with where the client is when it has it.
    fn finished(&mut self, mut delta: Delta) -> Frame {
        delta.more = self.is_unfinished();
        delta.at.cursor = self.cursor();
        self.at.sequence = delta.at.sequence;
        Frame::Delta(delta)
    }

    /// Of a client that has all of its selection.
    fn cursor(&self) -> Option<String> {
        let Self { at, place, tag, .. } = self;
        let cursor = || Cursor { epoch: at.epoch.clone(), place: *place, selection: *tag };
        (!self.is_unfinished()).then(|| cursor().to_string())
    }

    /// The newest change of each object that is not sent already; what the frame has no room for
    /// becomes pending.
    fn take(&mut self, changes: &[Arc<Applied>], sent: &Sent, delta: &mut Delta) {
        let mut room = self.limits.frame_objects_max.saturating_sub(sent.len());
        let mut seen = FxHashSet::default();
        let mut coalesced = 0;
        for applied in changes.iter().rev() {
            let Applied { layer, id, outcome, .. } = applied.as_ref();
            let is_newest = seen.insert((*layer, id));
            if !is_newest || (!sent.is_empty() && sent.contains(&(*layer, id.clone()))) {
                coalesced += 1;
                continue;
            }
            let of_change = applied.since_ms;
            let reason = match outcome {
                Applying::Updated(encoded) if self.selection.has(&encoded.object) => {
                    if room == 0 {
                        self.pending.push_back((*layer, id.clone()));
                    } else {
                        room -= 1;
                        self.held.insert(&encoded.object);
                        delta.is_of(of_change);
                        update(delta, *layer, Updated::Shared(Arc::clone(applied)));
                    }
                    continue;
                }
                Applying::Updated(_) => RemovalReason::Left,
                Applying::Removed(reason) => *reason,
            };
            if self.held.remove(*layer, id) {
                delta.is_of(of_change);
                remove(delta, *layer, id.clone(), reason);
            }
        }
        delta.coalesced = coalesced;
        metrics::counter!(telemetry::COALESCED).increment(coalesced as u64);
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
            remove(delta, layer, id, RemovalReason::Left);
        }
        self.pending.retain(|(layer, _)| !layers.contains(layer));
        let keys = objects.iter().map(|object| (object.layer(), object.id().clone()));
        self.pending.extend(keys.filter(|key| !sent.contains(key)));
        Ok(())
    }

    /// Wants other objects of the same region: gives the difference, an empty one too, so that the
    /// client knows that it has what it asked for. When that is too much, all stays as it was.
    pub(super) fn select(&mut self, selection: Selection) -> Result<Option<Frame>, Problem> {
        let (objects, missed, place, generation, sequence) = {
            let shared = self.live.read();
            let objects = selection.candidates(&shared.view);
            let missed = shared.missed(self.place.number, &Layer::ALL, None);
            (objects, missed, shared.place(), shared.generation(), shared.view.sequence())
        };
        let objects = selection.narrow(objects);
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.tag = selection.tag();
        self.selection = selection;
        if generation != self.generation {
            return self.advance();
        }
        let Missed { changes, layers: anew } = missed;
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
                Some(Applying::Removed(reason)) => *reason,
                Some(Applying::Updated(_)) | None => RemovalReason::Left,
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
        self.place = place;
        Ok(Some(self.finished(delta)))
    }

    /// Everything selected, whatever the client has; as far as one frame goes, the rest is pending.
    fn snapshot(&mut self, reason: SnapshotReason) -> Result<Frame, Problem> {
        let objects = {
            let shared = self.live.read();
            let objects = self.selection.candidates(&shared.view);
            self.place = shared.place();
            self.generation = shared.generation();
            self.at.sequence = shared.view.sequence();
            self.at.epoch = shared.view.epoch().clone();
            objects
        };
        let mut objects = self.selection.narrow(objects);
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
        let at = At { cursor: self.cursor(), ..self.at.clone() };
        Ok(Frame::Snapshot(Snapshot { at, reason, more: self.is_unfinished(), objects: by_layer }))
    }

    /// An empty delta from where the client is to a sequence.
    fn delta(&self, sequence: Option<u64>) -> Delta {
        Delta {
            previous: self.at.sequence,
            more: false,
            oldest_ms: None,
            coalesced: 0,
            anew: Vec::new(),
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

fn remove(delta: &mut Delta, layer: Layer, id: Text, reason: RemovalReason) {
    let removed = delta.removed.entry(layer.as_str()).or_default();
    removed.push(Removed { id, reason });
}
