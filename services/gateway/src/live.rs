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

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use events::Text;
use network::{BoundingBox, Region};
use picture::{Delta, Feed, Layer, Object, StreetSetup, View};
use serde::Serialize;
use stream::{Log, Passage, Passed};
use tokio::sync::watch;

use crate::app::Clock;
use crate::history::{Applied, History, Kept, Number, Place, Rings};
use crate::hops::{FrameTimes, Hops, Times};
use crate::push::RecentEvents;
use crate::telemetry;
use crate::watched::Watched;

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

/// The shared state of a region.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) view: View,
    rings: Rings,
    place: Place,
    /// Counts views: a reader of another one has to start anew.
    generation: u64,
    hops: Arc<Hops>,
    /// When the newest frames came onto the log, where that says so.
    frames: FrameTimes,
}

/// What a reader has not seen of the layers that it reads.
pub(crate) struct Missed {
    /// Oldest first within a layer.
    pub(crate) changes: Vec<Arc<Applied>>,
    /// More has changed in these than is kept.
    pub(crate) layers: Vec<Layer>,
}

impl Shared {
    /// Goes over to another view; gives what was before, to be let go where nobody waits for it.
    fn start(&mut self, view: View, history: History) -> Self {
        let place = Place { number: view.number(), check: 0 };
        let rings = history.up_to(place.number);
        let generation = self.generation + 1;
        let (hops, frames) = (Arc::clone(&self.hops), FrameTimes::after(place.number));
        std::mem::replace(self, Self { view, rings, place, generation, hops, frames })
    }

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
        let mut sample = (!self.frames.is_empty()).then(|| self.hops.sample()).flatten();
        for &layer in of {
            let within = within.filter(|_| layer != Layer::Feeds);
            match self.rings[layer as usize].since(after) {
                Some(newer) => {
                    for kept in newer.filter(|kept| kept.around.matters(within)) {
                        if let Some(sample) = &mut sample {
                            sample.add(kept, &self.frames);
                        }
                        missed.changes.push(Arc::clone(&kept.applied));
                    }
                }
                None => missed.layers.push(layer),
            }
        }
        if let Some(sample) = &sample {
            self.hops.sent(sample);
        }
        missed
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
    /// That it is followed on.
    log: OnceLock<Arc<dyn Log>>,
    recent_events: RecentEvents,
    /// With the stops of public transport.
    streets: OnceLock<Arc<StreetSetup>>,
    hops: Arc<Hops>,
}

impl std::fmt::Debug for LiveRegion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveRegion").field("region", &self.region).finish_non_exhaustive()
    }
}

impl LiveRegion {
    pub(crate) fn new(
        setup: RegionSetup,
        changes_max: usize,
        clock: Clock,
        pulse: watch::Sender<u64>,
    ) -> Self {
        let id = setup.region.id.clone();
        let names = setup.feeds.iter().map(|feed| feed.id.clone());
        let hops = Arc::new(Hops::new(Arc::clone(&clock), id.clone(), names));
        let shared = Shared {
            view: View::new(id, Text::default()),
            rings: Rings::default(),
            place: Place::default(),
            generation: 0,
            hops: Arc::clone(&hops),
            frames: FrameTimes::default(),
        };
        Self {
            region: setup.region,
            feeds: setup.feeds,
            shared: RwLock::new(shared),
            progress: RwLock::new(Progress::CatchingUp),
            changes_max,
            clock,
            pulse,
            log: OnceLock::new(),
            recent_events: RecentEvents::new(),
            streets: OnceLock::new(),
            hops,
        }
    }

    /// How long the reports of its feeds take, where the log that it is followed on says so.
    pub(crate) fn hops(&self) -> &Hops {
        &self.hops
    }

    /// Remembers the log that the region is followed on; the first one stays.
    pub(crate) fn set_log(&self, log: &Arc<dyn Log>) {
        self.log.get_or_init(|| Arc::clone(log));
    }

    /// The log that the region is followed on, once it is.
    pub(crate) fn log(&self) -> Option<&Arc<dyn Log>> {
        self.log.get()
    }

    /// Says which streets, with which stops, the region has; the first ones stay.
    pub fn set_streets(&self, streets: &Arc<StreetSetup>) {
        self.streets.get_or_init(|| Arc::clone(streets));
    }

    /// Its streets, once they are known and where it has any.
    pub(crate) fn streets(&self) -> Option<&Arc<StreetSetup>> {
        self.streets.get()
    }

    /// Its events that were read last.
    pub(crate) fn recent_events(&self) -> &RecentEvents {
        &self.recent_events
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
        self.reset_with_history(view, self.history());
    }

    /// Has regions start from other views, each as with [`Self::reset`], all at one moment. `then` is
    /// done while nobody can look at any of them: a clock that it sets is of the new views, for all.
    /// Give the regions always in the same order.
    pub fn reset_together(views: Vec<(&Self, View)>, then: impl FnOnce()) {
        let fresh: Vec<(&Self, View, History)> =
            views.into_iter().map(|(live, view)| (live, view, live.history())).collect();
        let (mut held, mut regions) = (Vec::new(), Vec::new());
        for (live, view, history) in fresh {
            let mut shared = live.shared.write().unwrap_or_else(PoisonError::into_inner);
            let before = shared.start(view, history);
            regions.push(live);
            held.push((shared, before));
        }
        then();
        // Views are let go once all may be looked at again: it takes long.
        let before: Vec<Shared> = held.into_iter().map(|(_, before)| before).collect();
        drop(before);
        regions.into_iter().for_each(Self::beat);
    }

    /// An empty history, to be filled for [`Self::reset_with_history`].
    pub fn history(&self) -> History {
        History::new(self.changes_max, (self.clock)())
    }

    /// Starts from another view, with the changes that led to it, as far back as they are there: who
    /// was connected before can resume from anywhere in them.
    pub fn reset_with_history(&self, view: View, history: History) {
        let before = {
            let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
            shared.start(view, history)
        };
        drop(before);
        self.beat();
    }

    /// Applies frames of changes, in the order of the log. What the view has already is skipped.
    pub fn apply(&self, frames: impl IntoIterator<Item = Vec<Delta>>) {
        let frames = frames.into_iter().map(|frame| (frame, Passed::default()));
        self.apply_passed(frames, None);
    }

    /// The same, where it is known how the frames came onto the log.
    pub(crate) fn apply_passed(
        &self,
        frames: impl IntoIterator<Item = (Vec<Delta>, Passed)>,
        passage: Option<&Passage>,
    ) {
        let mut frames = frames.into_iter();
        loop {
            let mut deltas = Vec::new();
            let mut watched = Watched::new(&self.region.id, passage);
            while deltas.len() < CHANGES_PER_HOLD
                && let Some((frame, passed)) = frames.next()
            {
                watched.frame(&frame, passed);
                deltas.extend(frame);
            }
            if deltas.is_empty() {
                return;
            }
            self.apply_at_once(deltas, watched);
        }
    }

    fn apply_at_once(&self, deltas: Vec<Delta>, mut watched: Watched<'_>) {
        let since_ms = (self.clock)();
        // What needs no view is made before the lock is taken.
        let prepared = deltas.into_iter().map(|delta| {
            let applied = Arc::new(Applied::new(&delta.change, since_ms));
            let envelope = applied.object().and_then(Object::envelope);
            (delta, applied, envelope)
        });
        let prepared: Vec<(Delta, Arc<Applied>, Option<BoundingBox>)> = prepared.collect();
        let changes = prepared.len();
        let (mut newest, mut said_ms) = (None, None);
        let mut shared = self.shared.write().unwrap_or_else(PoisonError::into_inner);
        for (delta, applied, after) in prepared {
            let number = (delta.sequence, delta.index);
            let before = shared.view.get(applied.layer, &applied.id);
            let times_before = before.and_then(|object| Times::of(object));
            let before = before.and_then(|object| object.envelope());
            if !shared.view.apply(delta) {
                continue;
            }
            let around = match (before, after) {
                (Some(before), Some(after)) => Some(before.union(after)),
                (before, after) => before.or(after),
            };
            watched.change(number, &applied, times_before, &mut shared.frames);
            let kept = Kept { number, around: around.into(), applied: Arc::clone(&applied) };
            shared.rings[applied.layer as usize].push(kept, self.changes_max);
            if let Some(Object::Feed(feed)) = applied.object() {
                said_ms = said_ms.max(Some(feed.status_time_ms));
            }
            newest = Some((number, applied));
        }
        if let Some((number, applied)) = newest {
            shared.place = Place { number: Some(number), check: applied.check() };
        }
        let sequence = shared.view.sequence();
        drop(shared);
        self.beat();
        self.hops.take(&watched.end());
        self.measure(changes, sequence, said_ms.map(|said_ms| since_ms.saturating_sub(said_ms)));
    }

    /// Wakes whoever waits for changes of any region.
    fn beat(&self) {
        self.pulse.send_modify(|beats| *beats += 1);
    }

    /// Only what follows a log: replays have views of regions with the same names.
    fn measure(&self, changes: usize, sequence: Option<u64>, shown_ms: Option<i64>) {
        if self.log.get().is_none() {
            return;
        }
        let region = || self.region.id.to_string();
        metrics::counter!(telemetry::VIEW_CHANGES, "region" => region()).increment(changes as u64);
        metrics::gauge!(telemetry::VIEW_SEQUENCE, "region" => region())
            .set(sequence.unwrap_or_default() as f64);
        if let Some(shown_ms) = shown_ms {
            metrics::histogram!(telemetry::SHOWN_SECONDS, "region" => region())
                .record(shown_ms.max(0) as f64 / 1_000.0);
        }
    }

    /// The view and its changes. Hold it briefly: the writer waits.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Shared> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The feeds of a view, by id.
pub(crate) fn feeds(view: &View) -> impl Iterator<Item = &Feed> {
    view.all(Layer::Feeds).filter_map(|object| match object.as_ref() {
        Object::Feed(feed) => Some(feed),
        _ => None,
    })
}
