//! One subscription: what a client was sent, and what must be sent so that it has what the view
//! selects. Reads nothing but the view; knows neither sockets nor time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::http::StatusCode;
use events::Text;
use picture::{Layer, Object, RemovalReason};
use rustc_hash::{FxHashMap, FxHashSet};

use super::cursor::Cursor;
use super::held::Held;
use super::message::{At, Delta, Frame, Removed, Snapshot, SnapshotReason, Updated};
use super::picks::Wanted;
use crate::history::{Applied, Applying, Place};
use crate::live::{LiveRegion, Missed, Progress};
use crate::options::PushOptions;
use crate::problem::Problem;
use crate::select::Selection;
use crate::telemetry;

/// A subscription of one client to one region.
pub(super) struct Subscription {
    at: At,
    live: Arc<LiveRegion>,
    wanted: Wanted,
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
    /// With what has changed since, and all that may be selected, of one moment.
    Possible {
        changes: Vec<Arc<Applied>>,
        candidates: Vec<Arc<Object>>,
        sequence: Option<u64>,
    },
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
        wanted: Wanted,
        limits: Limits,
        resume: Option<Cursor>,
    ) -> Self {
        let region = live.region().id.clone();
        let at = At { id, region, epoch: Text::default(), sequence: None, cursor: None };
        Self {
            at,
            live,
            tag: wanted.tag(),
            wanted,
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

    /// Whether [`Self::advance`] may have something to say.
    pub(super) fn has_news(&self) -> bool {
        let is_as_it_was = || {
            let shared = self.live.read();
            shared.generation() == self.generation && shared.place() == self.place
        };
        self.is_unfinished() || self.resume.is_some() || !is_as_it_was()
    }

    /// Whether it may take so long that others should not have to wait for it.
    pub(super) fn is_costly(&self) -> bool {
        self.wanted.selection.is_costly()
    }

    /// Does something with it on a thread of its own.
    pub(super) async fn aside<T: Send + 'static>(
        mut self,
        act: impl FnOnce(&mut Self) -> T + Send + 'static,
    ) -> Result<(Self, T), Problem> {
        let acting = tokio::task::spawn_blocking(move || {
            let done = act(&mut self);
            (self, done)
        });
        acting.await.map_err(|error| Problem::internal(&error))
    }

    /// Whether something waits for the next frame, changes or not.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What the client lacks; nothing when that is nothing.
    pub(super) fn advance(&mut self) -> Result<Option<Frame>, Problem> {
        if let Some(cursor) = self.resume.take() {
            return self.come_back(cursor);
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

    /// The first frame of a client that was here before; none while the view is on its way to where
    /// it was. What the client had there is not known, only what has changed since: it is told to
    /// forget whatever of that it should not have now, and may never have had.
    fn come_back(&mut self, cursor: Cursor) -> Result<Option<Frame>, Problem> {
        let (changes, candidates, sequence) = match self.resuming(&cursor) {
            Resuming::Possible { changes, candidates, sequence } => (changes, candidates, sequence),
            Resuming::Impossible(reason) => return self.snapshot(reason).map(Some),
            Resuming::NotYet => {
                self.resume = Some(cursor);
                return Ok(None);
            }
        };
        metrics::counter!(telemetry::RESUMES).increment(1);
        let objects = self.wanted.selection.narrow(candidates);
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        self.at.sequence = cursor.place.number.map(|(sequence, _)| sequence);
        self.held = Held::of(&objects);
        for applied in &changes {
            self.held.insert_id(applied.layer, &applied.id);
        }
        let mut delta = self.delta(sequence);
        self.take(&changes, &Sent::default(), &mut delta);
        Ok(Some(self.finished(delta)))
    }

    /// Whether the client can read on from a cursor. What it then gets is read in the same hold of
    /// the view: a moment later some of it may no longer be kept.
    fn resuming(&mut self, cursor: &Cursor) -> Resuming {
        let is_on_its_way = self.live.progress() == Progress::CatchingUp;
        let shared = self.live.read();
        let is_of_log = cursor.epoch == *shared.view.epoch();
        let is_reached = cursor.place.number <= shared.place().number;
        if is_on_its_way && !(is_of_log && is_reached) {
            return Resuming::NotYet;
        }
        if !is_of_log || !is_reached {
            return Resuming::Impossible(SnapshotReason::OtherLog);
        }
        if cursor.selection != self.tag {
            return Resuming::Impossible(SnapshotReason::OtherSelection);
        }
        match shared.remembers(cursor.place) {
            Some(true) => {}
            Some(false) => return Resuming::Impossible(SnapshotReason::OtherLog),
            None => return Resuming::Impossible(SnapshotReason::HistoryOver),
        }
        let Selection { layers, .. } = &self.wanted.selection;
        let missed = shared.missed(cursor.place.number, layers, self.wanted.selection.envelope());
        if !missed.layers.is_empty() {
            return Resuming::Impossible(SnapshotReason::HistoryOver);
        }
        self.place = shared.place();
        self.generation = shared.generation();
        self.at.epoch = shared.view.epoch().clone();
        Resuming::Possible {
            changes: missed.changes,
            candidates: self.wanted.selection.candidates(&shared.view),
            sequence: shared.view.sequence(),
        }
    }

    /// What has changed since the last frame, and the next of what is pending; none when neither.
    /// An error is why everything must be read again.
    fn read(&mut self) -> Result<Option<Reading>, SnapshotReason> {
        let Self { live, wanted: Wanted { selection, .. }, pending, limits, .. } = self;
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
        let mut waiting: Option<Sent> = None;
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
                Applying::Updated(encoded) if self.wanted.selection.has(&encoded.object) => {
                    if room == 0 {
                        let waiting =
                            waiting.get_or_insert_with(|| self.pending.iter().cloned().collect());
                        let key = (*layer, id.clone());
                        // What waits already keeps its place.
                        if waiting.insert(key.clone()) {
                            self.pending.push_back(key);
                        }
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
        // What waits already keeps its place: from the beginning again, a client that stays behind would
        // never come to the end.
        self.pending.retain(|(layer, id)| !layers.contains(layer) || there.has(*layer, id));
        let waiting: Sent = self.pending.iter().cloned().collect();
        let keys = objects.iter().map(|object| (object.layer(), object.id().clone()));
        self.pending.extend(keys.filter(|key| !sent.contains(key) && !waiting.contains(key)));
        Ok(())
    }

    /// Wants something else of the same region: gives the difference, an empty one too, so that the
    /// client knows that it has what it asked for. When that is too much, all stays as it was.
    pub(super) fn select(&mut self, wanted: Wanted) -> Result<Option<Frame>, Problem> {
        let selection = &wanted.selection;
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
        self.tag = wanted.tag();
        let before = std::mem::replace(&mut self.wanted, wanted);
        if generation != self.generation {
            return self.advance();
        }
        let Missed { changes, layers: anew } = missed;
        let key = |applied: Arc<Applied>| ((applied.layer, applied.id.clone()), applied);
        let newest: Newest = changes.into_iter().map(key).collect();
        let there = Held::of(&objects);
        let is_told = |layer| before.picks.of(layer) == self.wanted.picks.of(layer);
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
                && !unfinished.contains(&key)
                && is_told(key.0);
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
            let objects = self.wanted.selection.candidates(&shared.view);
            self.place = shared.place();
            self.generation = shared.generation();
            self.at.sequence = shared.view.sequence();
            self.at.epoch = shared.view.epoch().clone();
            objects
        };
        let mut objects = self.wanted.selection.narrow(objects);
        if objects.len() > self.limits.objects_max {
            return Err(self.too_many(objects.len()));
        }
        let rest = objects.split_off(objects.len().min(self.limits.frame_objects_max));
        self.pending = rest.iter().map(|object| (object.layer(), object.id().clone())).collect();
        self.held = Held::of(&objects);
        let layers = self.wanted.selection.layers.iter();
        let mut by_layer: BTreeMap<Layer, Vec<Arc<Object>>> =
            layers.map(|&layer| (layer, Vec::new())).collect();
        for object in objects {
            by_layer.entry(object.layer()).or_default().push(object);
        }
        let at = At { cursor: self.cursor(), ..self.at.clone() };
        let (more, picks) = (self.is_unfinished(), Arc::clone(&self.wanted.picks));
        Ok(Frame::Snapshot(Snapshot { at, reason, more, objects: by_layer, picks }))
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
            picks: Arc::clone(&self.wanted.picks),
        }
    }

    fn too_many(&self, objects: usize) -> Problem {
        let detail = format!(
            "the selection has {objects} objects, a subscription at most {}; select a smaller area, fewer layers, or with a filter",
            self.limits.objects_max
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

fn update(delta: &mut Delta, layer: Layer, object: Updated) {
    delta.updated.entry(layer).or_default().push(object);
}

fn remove(delta: &mut Delta, layer: Layer, id: Text, reason: RemovalReason) {
    let removed = delta.removed.entry(layer).or_default();
    removed.push(Removed { id, reason });
}
