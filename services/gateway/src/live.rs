//! The live picture of one region as readers share it: a view, and the latest changes of it.
//!
//! One writer (the follower of the log) and many readers share a lock that each holds briefly:
//! readers take `Arc`s out and encode them outside. Changes and view move under the same lock, so
//! a reader that knows the number of the last change it has gets exactly what came after it.
//! The changes are kept once for all clients, in a ring a layer: a client that does not read costs
//! no memory, and where it is further behind than the ring of a layer goes back, it reads the layer
//! from the view again. Traffic on the streets changes all at once when a window ends, which is more
//! than a ring has; that must not cost a client its vehicles, so no layer has room in another's.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use events::Text;
use network::{BoundingBox, Region};
use picture::{Change, Delta, Feed, Layer, Object, RemovalReason, View};
use serde::Serialize;
use serde_json::value::RawValue;
use stream::Log;
use tokio::sync::watch;

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

/// One change, as clients get it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) layer: Layer,
    pub(crate) id: Text,
    pub(crate) outcome: Applying,
}

#[derive(Debug)]
pub(crate) enum Applying {
    Updated(Encoded),
    Removed(RemovalReason),
}

/// An object whose JSON is made once, when the first client needs it.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) object: Arc<Object>,
    json: OnceLock<Box<RawValue>>,
}

impl Encoded {
    pub(crate) fn json(&self) -> &RawValue {
        self.json.get_or_init(|| {
            serde_json::value::to_raw_value(&self.object).expect("objects have only text keys")
        })
    }
}

/// The latest changes of one layer.
#[derive(Debug, Default)]
struct Ring {
    /// With their numbers, oldest first.
    changes: VecDeque<(u64, Arc<Applied>)>,
    /// Number after that of the newest change that is no longer kept.
    forgotten: u64,
}

impl Ring {
    fn push(&mut self, number: u64, applied: Arc<Applied>, changes_max: usize) {
        if self.changes.len() == changes_max
            && let Some((oldest, _)) = self.changes.pop_front()
        {
            self.forgotten = oldest + 1;
        }
        self.changes.push_back((number, applied));
    }

    /// Changes from a number on; none when some of them are no longer kept.
    fn since(&self, from: u64) -> Option<impl Iterator<Item = &Arc<Applied>>> {
        let skip = self.changes.partition_point(|(number, _)| *number < from);
        let newer = self.changes.range(skip..).map(|(_, applied)| applied);
        (from >= self.forgotten).then_some(newer)
    }
}

/// The shared state of a region.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) view: View,
    rings: [Ring; Layer::ALL.len()],
    /// Number of the next change, counted from the start of the process.
    next: u64,
    /// Number of the first change of this view.
    first: u64,
}

/// What a reader has not seen of the layers that it reads.
pub(crate) enum Missed {
    Since {
        /// Oldest first within a layer.
        changes: Vec<Arc<Applied>>,
        /// More has changed in these than is kept.
        layers: Vec<Layer>,
    },
    /// The view is another one.
    Everything,
}

impl Shared {
    /// Number that the next change will have: what a reader of the view now has not seen.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn missed(&self, from: u64, of: &[Layer]) -> Missed {
        if from < self.first {
            return Missed::Everything;
        }
        let mut changes = Vec::new();
        let mut layers = Vec::new();
        for &layer in of {
            match self.rings[layer as usize].since(from) {
                Some(newer) => changes.extend(newer.cloned()),
                None => layers.push(layer),
            }
        }
        Missed::Since { changes, layers }
    }
}

/// A region being served.
#[derive(Debug)]
pub struct LiveRegion {
    region: Region,
    feeds: Vec<FeedLabel>,
    shared: RwLock<Shared>,
    progress: RwLock<Progress>,
    changes_max: usize,
    pulse: watch::Sender<u64>,
    log: LogHandle,
}

/// The log that the region is followed on.
#[derive(Default)]
struct LogHandle(OnceLock<Arc<dyn Log>>);

impl std::fmt::Debug for LogHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LogHandle").field(&self.0.get().is_some()).finish()
    }
}

impl LiveRegion {
    pub(crate) fn new(setup: RegionSetup, changes_max: usize, pulse: watch::Sender<u64>) -> Self {
        let view = View::new(setup.region.id.clone(), Text::default());
        Self {
            region: setup.region,
            feeds: setup.feeds,
            shared: RwLock::new(Shared { view, rings: Default::default(), next: 0, first: 0 }),
            progress: RwLock::new(Progress::CatchingUp),
            changes_max,
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
    }

    /// Starts from another view. Every subscription gets a fresh snapshot.
    pub fn reset(&self, view: View) {
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        shared.view = view;
        shared.rings = Default::default();
        // A number that no reader has: each is behind.
        shared.next += 1;
        shared.first = shared.next;
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
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        for delta in deltas {
            self.apply_one(&mut shared, delta);
        }
        let sequence = shared.view.sequence();
        drop(shared);
        self.beat();
        self.measure(changes, sequence);
    }

    fn apply_one(&self, shared: &mut Shared, delta: Delta) {
        let applied = match &delta.change {
            Change::Updated(object) => Applied {
                layer: object.layer(),
                id: object.id().clone(),
                outcome: Applying::Updated(Encoded {
                    object: Arc::clone(object),
                    json: OnceLock::new(),
                }),
            },
            Change::Removed { layer, id, reason } => {
                Applied { layer: *layer, id: id.clone(), outcome: Applying::Removed(*reason) }
            }
        };
        if !shared.view.apply(delta) {
            return;
        }
        let ring = &mut shared.rings[applied.layer as usize];
        ring.push(shared.next, Arc::new(applied), self.changes_max);
        shared.next += 1;
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

/// Objects of a layer in a box; all of them, those without a place too, when there is no box.
/// Feeds have no place: a box does not apply to them.
pub(crate) fn select(view: &View, layer: Layer, bbox: Option<&BoundingBox>) -> Vec<Arc<Object>> {
    match bbox {
        Some(bbox) if layer != Layer::Feeds => view.query(layer, bbox).cloned().collect(),
        _ => view.all(layer).cloned().collect(),
    }
}

/// Whether [`select`] finds the object.
pub(crate) fn selects(object: &Object, bbox: Option<&BoundingBox>) -> bool {
    match (bbox, object) {
        (None, _) | (_, Object::Feed(_)) => true,
        (Some(bbox), _) => object.envelope().is_some_and(|envelope| {
            envelope.west_deg <= bbox.east_deg
                && envelope.east_deg >= bbox.west_deg
                && envelope.south_deg <= bbox.north_deg
                && envelope.north_deg >= bbox.south_deg
        }),
    }
}

/// The feeds of a view, by id.
pub(crate) fn feeds(view: &View) -> impl Iterator<Item = &Feed> {
    view.all(Layer::Feeds).filter_map(|object| match object.as_ref() {
        Object::Feed(feed) => Some(feed),
        _ => None,
    })
}
