//! The situations layer: the newest version of each situation.
//!
//! Versions are ordered by version time, then version number, and may arrive in any order. A
//! situation that is over leaves the picture but its version is remembered, so that an older one
//! that arrives later does not bring it back; a newer one does, when it says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::format_compact;
use events::{Event, SituationPhase, SituationRecord, Text};

use crate::deadline::{Deadlines, FeedNumber, NEVER};
use crate::fate::{Changes, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
use crate::limits::LAYER_OBJECTS_MAX;
use crate::{Layer, Object, RemovalReason, Situation};

/// How long the version of a situation that is over is remembered, by the watermark. Publishers
/// repeat full data sets within minutes; a day covers an outage of ours over a night.
const REMEMBERED_MS: i64 = 86_400_000;

/// Order of the versions of a situation: version time, version number.
pub(crate) type VersionKey = (i64, u32);

/// What is kept of a situation beside its object.
#[derive(Clone, Debug)]
pub(crate) struct SituationState {
    pub(crate) feed: FeedNumber,
    pub(crate) filed_ms: i64,
    pub(crate) version: VersionKey,
    pub(crate) phase: SituationPhase,
    pub(crate) end_time_ms: Option<i64>,
    /// When the version was first and last received: one that is listed again after it was taken
    /// back counts again.
    pub(crate) received_first_ms: i64,
    pub(crate) received_last_ms: i64,
    /// Received and event time of the newest retraction.
    pub(crate) retracted_received_ms: i64,
    pub(crate) retracted_ms: i64,
}

impl SituationState {
    pub(crate) fn new(feed: FeedNumber) -> Self {
        Self {
            feed,
            filed_ms: NEVER,
            version: (i64::MIN, 0),
            phase: SituationPhase::Unspecified,
            end_time_ms: None,
            received_first_ms: i64::MIN,
            received_last_ms: i64::MIN,
            retracted_received_ms: i64::MIN,
            retracted_ms: i64::MIN,
        }
    }

    /// Why the situation is not in the picture; none when it is.
    fn over(&self, feed: &FeedContext) -> Option<RemovalReason> {
        match self.phase {
            SituationPhase::Retracted | SituationPhase::Cancelled => {
                return Some(RemovalReason::Retracted);
            }
            SituationPhase::Ended => return Some(RemovalReason::Ended),
            SituationPhase::Unspecified | SituationPhase::Active => {}
        }
        if self.received_last_ms <= self.retracted_received_ms {
            return Some(RemovalReason::Retracted);
        }
        let ended = self.end_time_ms.is_some_and(|end_ms| feed.is_due(end_ms));
        ended.then_some(RemovalReason::Ended)
    }

    /// When to look again: at its end, or when it need not be remembered any more.
    fn due_ms(&self, over: bool) -> i64 {
        if over {
            let newest_ms = self.version.0.max(self.retracted_ms);
            newest_ms.max(self.end_time_ms.unwrap_or(newest_ms)).saturating_add(REMEMBERED_MS)
        } else {
            self.end_time_ms.unwrap_or(NEVER)
        }
    }
}

/// All situations of a region.
#[derive(Clone, Debug)]
pub(crate) struct Situations {
    pub(crate) index: Index<SituationState>,
    pub(crate) deadlines: Deadlines,
    /// Work memory: by feed the start of its ingest since which all that is listed is known to be.
    swept_ms: BTreeMap<FeedNumber, i64>,
}

impl Situations {
    pub(crate) fn new() -> Self {
        Self {
            index: Index::new(Layer::Situations),
            deadlines: Deadlines::default(),
            swept_ms: BTreeMap::new(),
        }
    }

    pub(crate) fn version(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        record: &SituationRecord,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let known = self.index.find(&event.feed, &event.entity);
        let mut state = known.map_or_else(
            || SituationState::new(feed.number),
            |number| self.index.slot(number).state.clone(),
        );
        let version = (record.version_time_ms, record.version);
        if known.is_some() && version < state.version {
            return OLDER;
        }
        let again = known.is_some() && version == state.version;
        if again {
            state.received_first_ms = state.received_first_ms.min(event.received_time_ms);
            state.received_last_ms = state.received_last_ms.max(event.received_time_ms);
        } else {
            state.version = version;
            state.phase = record.phase;
            state.end_time_ms = record.end_time_ms;
            state.received_first_ms = event.received_time_ms;
            state.received_last_ms = event.received_time_ms;
        }
        let over = state.over(feed);
        let due_ms = state.due_ms(over.is_some());
        if known.is_none() && over.is_some() && feed.is_due(due_ms) {
            return Fate::Superseded("ended");
        }
        let Some(number) = known.or_else(|| self.insert(feed, event)) else {
            return LAYER_FULL;
        };
        let received_time_ms = state.received_first_ms;
        self.index.slot_mut(number).state = state;
        let was_shown = self.index.slot(number).object().is_some();
        let same = again && was_shown == over.is_none();
        match over {
            Some(reason) => self.hide(number, reason, changes),
            None if same => {}
            None => {
                let id = self.index.slot(number).id().clone();
                let situation = Arc::new(Object::Situation(Situation {
                    id,
                    feed: event.feed.clone(),
                    event_time_ms: event.event_time_ms,
                    received_time_ms,
                    record: record.clone(),
                    verdicts: event.verdicts,
                    effect: None,
                }));
                self.index.show(number, Arc::clone(&situation));
                changes.updated(situation);
            }
        }
        self.file(number, due_ms);
        if same { Fate::Duplicate } else { Fate::Applied }
    }

    /// The publisher no longer has the situation, as of when that was received.
    pub(crate) fn retract(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let known = self.index.find(&event.feed, &event.entity);
        let Some(number) = known.or_else(|| self.insert(feed, event)) else {
            return LAYER_FULL;
        };
        let state = &mut self.index.slot_mut(number).state;
        if event.received_time_ms <= state.retracted_received_ms {
            return Fate::Duplicate;
        }
        state.retracted_received_ms = event.received_time_ms;
        state.retracted_ms = state.retracted_ms.max(event.event_time_ms);
        let over = state.over(feed);
        let due_ms = state.due_ms(over.is_some());
        self.file(number, due_ms);
        match over {
            Some(reason) => {
                self.hide(number, reason, changes);
                Fate::Applied
            }
            None => OLDER,
        }
    }

    /// Ends what the watermark has passed, and forgets what was over long enough.
    pub(crate) fn expire(&mut self, feed: &FeedContext, changes: &mut Changes<'_>) {
        let due = self.deadlines.take_due(feed.number, feed.watermark_ms);
        let by_id = |number| (self.index.slot(number).id().clone(), number);
        let mut due: Vec<(Text, SlotNumber)> = due.into_iter().map(by_id).collect();
        due.sort_unstable();
        for (_, number) in due {
            let state = &mut self.index.slot_mut(number).state;
            state.filed_ms = NEVER;
            let over = state.over(feed);
            let due_ms = state.due_ms(over.is_some());
            if let Some(reason) = over {
                self.hide(number, reason, changes);
                if feed.is_due(due_ms) {
                    self.index.remove(number);
                    continue;
                }
            }
            self.file(number, due_ms);
        }
        if let Some(since_ms) = feed.relisted_since_ms
            && self.swept_ms.insert(feed.number, since_ms) != Some(since_ms)
        {
            self.sweep(feed, since_ms, changes);
        }
    }

    /// Takes out what was last listed before the feed's ingest started and not since: it ended while nobody
    /// listened, and the list that it was missing from was never seen.
    fn sweep(&mut self, feed: &FeedContext, since_ms: i64, changes: &mut Changes<'_>) {
        for number in self.index.sorted() {
            let slot = self.index.slot_mut(number);
            let is_gone = slot.object().is_some()
                && slot.state.feed == feed.number
                && slot.state.received_last_ms < since_ms;
            if is_gone {
                slot.state.retracted_received_ms = slot.state.received_last_ms;
                slot.state.retracted_ms = slot.state.retracted_ms.max(since_ms);
                let due_ms = slot.state.due_ms(true);
                self.hide(number, RemovalReason::Retracted, changes);
                self.file(number, due_ms);
            }
        }
    }

    /// Takes out all of a feed that is no more.
    pub(crate) fn forget(&mut self, feed: FeedNumber, changes: &mut Changes<'_>) {
        self.deadlines.forget(feed);
        self.swept_ms.remove(&feed);
        for id in self.index.remove_all(|state| state.feed == feed) {
            changes.removed(Layer::Situations, id, RemovalReason::Expired);
        }
    }

    fn hide(&mut self, number: SlotNumber, reason: RemovalReason, changes: &mut Changes<'_>) {
        let slot = self.index.slot(number);
        if slot.object().is_some() {
            changes.removed(Layer::Situations, slot.id().clone(), reason);
            self.index.hide(number);
        }
    }

    fn file(&mut self, number: SlotNumber, due_ms: i64) {
        let state = &mut self.index.slot_mut(number).state;
        self.deadlines.file(state.feed, number, &mut state.filed_ms, due_ms);
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(
        &mut self,
        feed: &FeedContext,
        id: Text,
        state: SituationState,
        object: Option<Object>,
    ) {
        let due_ms = state.due_ms(state.over(feed).is_some());
        let number = self.index.insert(id, state);
        if let Some(object) = object {
            self.index.load(number, Arc::new(object));
        }
        self.file(number, due_ms);
    }

    fn insert(&mut self, feed: &FeedContext, event: &Event) -> Option<SlotNumber> {
        if self.index.slots_used() >= LAYER_OBJECTS_MAX {
            return None;
        }
        let id = format_compact!("{}:{}", event.feed, event.entity);
        Some(self.index.insert(id, SituationState::new(feed.number)))
    }
}
