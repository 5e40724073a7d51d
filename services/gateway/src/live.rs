//! The live picture of one region as readers share it: a view, and the latest changes of it.
//!
//! One writer (the follower of the log) and many readers share a lock that each holds briefly:
//! readers take `Arc`s out and encode them outside. Changes and view move under the same lock, so
//! a reader that knows the number of the last change it has gets exactly what came after it. Numbers
//! are those of the log, so that they mean the same after a restart.
//! The changes are kept once for all clients, in a ring a layer: a client that does not read costs
//! no memory, and where it is further behind than the ring of a layer goes back, it reads the layer
//! from the view again. Traffic on the streets changes all at once when a window ends, which is more
//! than a ring has; that must not cost a client its vehicles, so no layer has room in another's.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use events::{Text, wire};
use network::{BoundingBox, Region};
use picture::{Change, Delta, Feed, Layer, Object, RemovalReason, View};
use prost::Message;
use serde::Serialize;
use serde_json::value::RawValue;
use stream::Log;
use tokio::sync::watch;

use crate::app::Clock;

/// Most changes that are applied in one hold of the lock: some milliseconds of work. Frames of
/// the log are not split, since a reader must not see half of a record.
const CHANGES_PER_HOLD: usize = 2_048;

/// What to call a feed and whom to thank for it; the licences of open data ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FeedLabel {
    /// Id of the feed.
    #[schema(value_type = String)]
    pub id: Text,
    /// Name to show.
    pub title: String,
    /// Publisher and licence, to show wherever its data is shown.
    pub attribution: String,
}

/// A region to serve.
#[derive(Clone, Debug)]
pub struct RegionSetup {
    /// Where it is and which cities it has.
    pub region: Region,
    /// Its feeds.
    pub feeds: Vec<FeedLabel>,
}

/// How far the view of a region is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Reads what was in the log when it started.
    CatchingUp,
    /// Has all that was in the log when it started, and follows.
    Following,
    /// Follows no more, and why.
    Stopped(String),
}

/// Number of a change: the offset of the log record that made it, and which of its changes it is.
pub(crate) type Number = (u64, u32);

/// One change, as clients get it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) layer: Layer,
    pub(crate) id: Text,
    /// When it came into the view.
    pub(crate) since_ms: i64,
    pub(crate) outcome: Applying,
}

#[derive(Debug)]
pub(crate) enum Applying {
    Updated(Encoded),
    Removed(RemovalReason),
}

impl Applied {
    fn new(change: &Change, since_ms: i64) -> Self {
        match change {
            Change::Updated(object) => Self {
                layer: object.layer(),
                id: object.id().clone(),
                since_ms,
                outcome: Applying::Updated(Encoded::new(Arc::clone(object))),
            },
            Change::Removed { layer, id, reason } => Self {
                layer: *layer,
                id: id.clone(),
                since_ms,
                outcome: Applying::Removed(*reason),
            },
        }
    }

    fn object(&self) -> Option<&Object> {
        match &self.outcome {
            Applying::Updated(encoded) => Some(&encoded.object),
            Applying::Removed(_) => None,
        }
    }

    /// Stands for what the change says: another change has another one.
    fn check(&self) -> u32 {
        let said = match &self.outcome {
            Applying::Updated(encoded) => encoded.protobuf(),
            Applying::Removed(reason) => reason.as_str_name().as_bytes(),
        };
        let named = [self.layer.as_str().as_bytes(), self.id.as_bytes(), said];
        // 0 stands for no change.
        crate::answer::hash32(&named.join(&0)).max(1)
    }
}

/// An object that is encoded once for all clients, when the first one needs it.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) object: Arc<Object>,
    json: OnceLock<Box<RawValue>>,
    protobuf: OnceLock<Box<[u8]>>,
}

impl Encoded {
    pub(crate) fn new(object: Arc<Object>) -> Self {
        Self { object, json: OnceLock::new(), protobuf: OnceLock::new() }
    }

    pub(crate) fn json(&self) -> &RawValue {
        self.json.get_or_init(|| {
            serde_json::value::to_raw_value(&self.object).expect("objects have only text keys")
        })
    }

    pub(crate) fn protobuf(&self) -> &[u8] {
        self.protobuf
            .get_or_init(|| wire::Object::from(self.object.as_ref()).encode_to_vec().into())
    }
}

/// A change in a ring, with what every reader asks of it.
#[derive(Debug)]
struct Kept {
    number: Number,
    around: Around,
    applied: Arc<Applied>,
}

/// Where a change matters: around the object as it was before, and as it is now. Who wants neither
/// place did not have the object and does not get it. Most changes are of no concern to most
/// readers, and this says so without a look at the object.
#[derive(Clone, Copy, Debug)]
enum Around {
    /// It has no place, before and after.
    Nowhere,
    Within(BoundingBox),
    /// Where it was before is not known.
    Anywhere,
}

impl Around {
    fn matters(&self, within: Option<&BoundingBox>) -> bool {
        match (self, within) {
            (Self::Anywhere, _) | (_, None) => true,
            (Self::Nowhere, Some(_)) => false,
            (Self::Within(around), Some(within)) => around.meets(within),
        }
    }
}

impl From<Option<BoundingBox>> for Around {
    fn from(bbox: Option<BoundingBox>) -> Self {
        bbox.map_or(Self::Nowhere, Self::Within)
    }
}

/// The latest changes of one layer.
#[derive(Debug, Default)]
struct Ring {
    /// Oldest first.
    changes: VecDeque<Kept>,
    /// All changes after this one are kept.
    complete_after: Option<Number>,
}

impl Ring {
    fn push(&mut self, kept: Kept, changes_max: usize) {
        if self.changes.len() == changes_max
            && let Some(oldest) = self.changes.pop_front()
        {
            self.complete_after = Some(oldest.number);
        }
        self.changes.push_back(kept);
    }

    /// Changes after a number; none when some of them are no longer kept.
    fn since(&self, after: Option<Number>) -> Option<impl Iterator<Item = &Kept>> {
        let skip = self.changes.partition_point(|kept| Some(kept.number) <= after);
        (after >= self.complete_after).then(|| self.changes.range(skip..))
    }

    fn find(&self, number: Number) -> Option<&Applied> {
        let index = self.changes.binary_search_by_key(&number, |kept| kept.number).ok()?;
        self.changes.get(index).map(|kept| kept.applied.as_ref())
    }
}

/// Where a reader is: the newest change that it has, and what that says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) number: Option<Number>,
    /// Another history has another one. 0 when the view was restored here, which only happens at
    /// what the log keeps for good.
    pub(crate) check: u32,
}

/// The shared state of a region.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) view: View,
    rings: [Ring; Layer::ALL.len()],
    place: Place,
    /// Counts views: a reader of another one has to start anew.
    generation: u64,
}

/// What a reader has not seen of the layers that it reads.
pub(crate) struct Missed {
    /// Oldest first within a layer.
    pub(crate) changes: Vec<Arc<Applied>>,
    /// More has changed in these than is kept.
    pub(crate) layers: Vec<Layer>,
}

impl Shared {
    /// Where a reader of the view is now.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Which of the views that the region has had this is.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// What has changed after a number, as far as that matters to who wants nothing outside a box.
    /// Feeds have no place: the box does not apply to them.
    pub(crate) fn missed(
        &self,
        after: Option<Number>,
        of: &[Layer],
        within: Option<&BoundingBox>,
    ) -> Missed {
        let mut missed = Missed { changes: Vec::new(), layers: Vec::new() };
        for &layer in of {
            let within = within.filter(|_| layer != Layer::Feeds);
            match self.rings[layer as usize].since(after) {
                Some(newer) => {
                    let newer = newer.filter(|kept| kept.around.matters(within));
                    missed.changes.extend(newer.map(|kept| Arc::clone(&kept.applied)));
                }
                None => missed.layers.push(layer),
            }
        }
        missed
    }

    /// Whether all changes after a number are kept.
    pub(crate) fn has_all_since(&self, after: Option<Number>, of: &[Layer]) -> bool {
        of.iter().all(|&layer| after >= self.rings[layer as usize].complete_after)
    }

    /// Whether a place is in the history of this view; none when that is no longer known. Numbers
    /// alone do not say so: a crash can take the end of the log with it, and what comes then gets
    /// the same numbers.
    pub(crate) fn remembers(&self, place: Place) -> Option<bool> {
        let Some(number) = place.number.filter(|_| place.check != 0) else {
            return Some(true);
        };
        let known = self.rings.iter().find_map(|ring| ring.find(number));
        known.map(|applied| applied.check() == place.check)
    }
}

/// A region being served.
pub struct LiveRegion {
    region: Region,
    feeds: Vec<FeedLabel>,
    shared: RwLock<Shared>,
    progress: RwLock<Progress>,
    changes_max: usize,
    clock: Clock,
    pulse: watch::Sender<u64>,
    log: LogHandle,
}

impl std::fmt::Debug for LiveRegion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRegion").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The log that the region is followed on.
#[derive(Default)]
struct LogHandle(OnceLock<Arc<dyn Log>>);

impl LiveRegion {
    pub(crate) fn new(
        setup: RegionSetup,
        changes_max: usize,
        clock: Clock,
        pulse: watch::Sender<u64>,
    ) -> Self {
        let shared = Shared {
            view: View::new(setup.region.id.clone(), Text::default()),
            rings: Default::default(),
            place: Place::default(),
            generation: 0,
        };
        Self {
            region: setup.region,
            feeds: setup.feeds,
            shared: RwLock::new(shared),
            progress: RwLock::new(Progress::CatchingUp),
            changes_max,
            clock,
            pulse,
            log: LogHandle::default(),
        }
    }

    /// Remembers the log that the region is followed on; the first one stays.
    pub(crate) fn set_log(&self, log: &Arc<dyn Log>) {
        self.log.0.get_or_init(|| Arc::clone(log));
    }

    /// The log that the region is followed on, once it is.
    pub(crate) fn log(&self) -> Option<&Arc<dyn Log>> {
        self.log.0.get()
    }

    /// Where it is and which cities it has.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Names and attributions of its feeds.
    pub fn feeds(&self) -> &[FeedLabel] {
        &self.feeds
    }

    /// How far the view is.
    pub fn progress(&self) -> Progress {
        let progress = self.progress.read();
        progress.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says how far the view is.
    pub fn set_progress(&self, progress: Progress) {
        *self.progress.write().unwrap_or_else(PoisonError::into_inner) = progress;
        // Who resumes may wait for it.
        self.beat();
    }

    /// Starts from another view. Every subscription gets a fresh snapshot.
    pub fn reset(&self, view: View) {
        self.reset_with_history(view, []);
    }

    /// Starts from another view, with the frames of changes that led to it, as far back as they are
    /// there: who was connected before can resume from anywhere in them.
    pub fn reset_with_history(&self, view: View, frames: impl IntoIterator<Item = Vec<Delta>>) {
        let since_ms = (self.clock)();
        let reached = view.number();
        let mut rings: [Ring; Layer::ALL.len()] = Default::default();
        let mut complete_after = reached;
        let mut newest: Option<Number> = None;
        for delta in frames.into_iter().flatten() {
            let number = (delta.sequence, delta.index);
            // A processor that was killed writes its last changes again.
            if newest >= Some(number) || Some(number) > reached {
                continue;
            }
            if newest.is_none() {
                complete_after = before(number);
            }
            newest = Some(number);
            let applied = Arc::new(Applied::new(&delta.change, since_ms));
            let kept = Kept { number, around: Around::Anywhere, applied };
            rings[kept.applied.layer as usize].push(kept, self.changes_max);
        }
        for ring in &mut rings {
            ring.complete_after = ring.complete_after.max(complete_after);
        }
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        let generation = shared.generation + 1;
        let place = Place { number: reached, check: 0 };
        *shared = Shared { view, rings, place, generation };
        drop(shared);
        self.beat();
    }

    /// Applies frames of changes, in the order of the log. What the view has already is skipped.
    pub fn apply(&self, frames: impl IntoIterator<Item = Vec<Delta>>) {
        let mut frames = frames.into_iter();
        loop {
            let mut deltas = Vec::new();
            while deltas.len() < CHANGES_PER_HOLD
                && let Some(frame) = frames.next()
            {
                deltas.extend(frame);
            }
            if deltas.is_empty() {
                return;
            }
            self.apply_at_once(deltas);
        }
    }

    fn apply_at_once(&self, deltas: Vec<Delta>) {
        let changes = deltas.len();
        let since_ms = (self.clock)();
        let mut newest = None;
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        for delta in deltas {
            let applied = Arc::new(Applied::new(&delta.change, since_ms));
            let number = (delta.sequence, delta.index);
            let before = shared.view.get(applied.layer, &applied.id);
            let before = before.and_then(|object| object.envelope());
            if !shared.view.apply(delta) {
                continue;
            }
            let after = applied.object().and_then(Object::envelope);
            let around = match (before, after) {
                (Some(before), Some(after)) => Some(before.union(after)),
                (before, after) => before.or(after),
            };
            let kept = Kept { number, around: around.into(), applied: Arc::clone(&applied) };
            shared.rings[applied.layer as usize].push(kept, self.changes_max);
            newest = Some((number, applied));
        }
        if let Some((number, applied)) = newest {
            shared.place = Place { number: Some(number), check: applied.check() };
        }
        let sequence = shared.view.sequence();
        drop(shared);
        self.beat();
        self.measure(changes, sequence);
    }

    /// Wakes whoever waits for changes of any region.
    fn beat(&self) {
        self.pulse.send_modify(|beats| *beats += 1);
    }

    fn measure(&self, changes: usize, sequence: Option<u64>) {
        let region = || self.region.id.to_string();
        metrics::counter!(crate::telemetry::VIEW_CHANGES, "region" => region())
            .increment(changes as u64);
        metrics::gauge!(crate::telemetry::VIEW_SEQUENCE, "region" => region())
            .set(sequence.unwrap_or_default() as f64);
    }

    /// The view and its changes. Hold it briefly: the writer waits.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Shared> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The largest number below another.
fn before((sequence, index): Number) -> Option<Number> {
    match index.checked_sub(1) {
        Some(index) => Some((sequence, index)),
        None => sequence.checked_sub(1).map(|sequence| (sequence, u32::MAX)),
    }
}

/// The feeds of a view, by id.
pub(crate) fn feeds(view: &View) -> impl Iterator<Item = &Feed> {
    view.all(Layer::Feeds).filter_map(|object| match object.as_ref() {
        Object::Feed(feed) => Some(feed),
        _ => None,
    })
}
