//! The trips layer: the newest update of each trip.

use std::sync::Arc;

use compact_str::format_compact;
use events::{Event, Text, TripUpdate};

use crate::deadline::{Deadlines, FeedNumber, NEVER};
use crate::fate::{Changes, EXPIRED, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
use crate::limits::LAYER_OBJECTS_MAX;
use crate::{Layer, Object, RemovalReason, Trip};

/// What is kept of a trip beside its object.
#[derive(Clone, Debug)]
pub(crate) struct TripState {
    pub(crate) feed: FeedNumber,
    pub(crate) filed_ms: i64,
    /// Event time of the newest update.
    pub(crate) newest_ms: i64,
    /// Updates of this time and before were taken back.
    pub(crate) floor_ms: i64,
}

impl TripState {
    pub(crate) fn new(feed: FeedNumber) -> Self {
        Self { feed, filed_ms: NEVER, newest_ms: i64::MIN, floor_ms: i64::MIN }
    }

    fn due_ms(&self, hidden: bool, feed: &FeedContext) -> i64 {
        if hidden {
            self.floor_ms.saturating_add(feed.limits.lateness_ms)
        } else {
            feed.expires_ms(self.newest_ms)
        }
    }
}

/// All trips of a region.
#[derive(Clone, Debug)]
pub(crate) struct Trips {
    pub(crate) index: Index<TripState>,
    pub(crate) deadlines: Deadlines,
}

impl Trips {
    pub(crate) fn new() -> Self {
        Self { index: Index::new(Layer::Trips), deadlines: Deadlines::default() }
    }

    pub(crate) fn update(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        update: &TripUpdate,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let time_ms = event.event_time_ms;
        if feed.is_due(feed.expires_ms(time_ms)) {
            return EXPIRED;
        }
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let slot = self.index.slot_mut(number);
        if time_ms <= slot.state.floor_ms || time_ms < slot.state.newest_ms {
            return OLDER;
        }
        if time_ms == slot.state.newest_ms {
            return Fate::Duplicate;
        }
        slot.state.newest_ms = time_ms;
        let due_ms = slot.state.due_ms(false, feed);
        if slot.state.filed_ms == NEVER {
            let filed_ms = &mut slot.state.filed_ms;
            self.deadlines.file(feed.number, number, filed_ms, due_ms);
        }
        let trip = Arc::new(Object::Trip(Trip {
            id: slot.id().clone(),
            feed: event.feed.clone(),
            event_time_ms: time_ms,
            received_time_ms: event.received_time_ms,
            update: update.clone(),
            verdicts: event.verdicts,
        }));
        self.index.show(number, Arc::clone(&trip));
        changes.updated(trip);
        Fate::Applied
    }

    /// The publisher no longer has the trip: updates of that time and before count no more.
    pub(crate) fn retract(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let time_ms = event.event_time_ms;
        if feed.is_due(feed.expires_ms(time_ms)) {
            return EXPIRED;
        }
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let slot = self.index.slot_mut(number);
        if time_ms == slot.state.floor_ms {
            return Fate::Duplicate;
        }
        let newer = time_ms >= slot.state.newest_ms;
        slot.state.floor_ms = slot.state.floor_ms.max(time_ms);
        if !newer {
            return OLDER;
        }
        let due_ms = slot.state.due_ms(true, feed);
        let filed_ms = &mut slot.state.filed_ms;
        self.deadlines.file(feed.number, number, filed_ms, due_ms);
        if slot.object().is_some() {
            changes.removed(Layer::Trips, slot.id().clone(), RemovalReason::Retracted);
            self.index.hide(number);
        }
        Fate::Applied
    }

    /// Removes what the watermark has passed.
    pub(crate) fn expire(&mut self, feed: &FeedContext, changes: &mut Changes<'_>) {
        let mut expired: Vec<(Text, SlotNumber)> = Vec::new();
        for number in self.deadlines.take_due(feed.number, feed.watermark_ms) {
            let slot = self.index.slot_mut(number);
            let due_ms = slot.state.due_ms(slot.object().is_none(), feed);
            if feed.is_due(due_ms) {
                expired.push((slot.id().clone(), number));
            } else {
                slot.state.filed_ms = NEVER;
                let filed_ms = &mut slot.state.filed_ms;
                self.deadlines.file(feed.number, number, filed_ms, due_ms);
            }
        }
        expired.sort_unstable();
        for (id, number) in expired {
            if self.index.slot(number).object().is_some() {
                changes.removed(Layer::Trips, id, RemovalReason::Expired);
            }
            self.index.remove(number);
        }
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(
        &mut self,
        feed: &FeedContext,
        id: Text,
        state: TripState,
        object: Option<Object>,
    ) {
        let due_ms = state.due_ms(object.is_none(), feed);
        let number = self.index.insert(id, state);
        if let Some(object) = object {
            self.index.load(number, Arc::new(object));
        }
        let filed_ms = &mut self.index.slot_mut(number).state.filed_ms;
        self.deadlines.file(feed.number, number, filed_ms, due_ms);
    }

    fn find_or_insert(&mut self, feed: &FeedContext, event: &Event) -> Option<SlotNumber> {
        if let Some(number) = self.index.find(&event.feed, &event.entity) {
            return Some(number);
        }
        if self.index.slots_used() >= LAYER_OBJECTS_MAX {
            return None;
        }
        let id = format_compact!("{}:{}", event.feed, event.entity);
        Some(self.index.insert(id, TripState::new(feed.number)))
    }
}
