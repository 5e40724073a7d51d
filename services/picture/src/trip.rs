//! The trips layer: the newest update of each trip.

use std::sync::Arc;

use events::{Event, Text, TripUpdate};

use crate::deadline::{Deadlines, FeedNumber, NEVER};
use crate::expiring::{self, Expiring};
use crate::fate::{Changes, EXPIRED, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
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
}

impl Expiring for TripState {
    fn due_ms(&self, hidden: bool, feed: &FeedContext) -> i64 {
        if hidden {
            self.floor_ms.saturating_add(feed.limits.lateness_ms)
        } else {
            feed.expires_ms(self.newest_ms)
        }
    }

    fn filed_ms(&mut self) -> &mut i64 {
        &mut self.filed_ms
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
        expiring::expire(&mut self.index, &mut self.deadlines, Layer::Trips, feed, changes, |_| {});
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(
        &mut self,
        feed: &FeedContext,
        id: Text,
        state: TripState,
        object: Option<Object>,
    ) {
        let restored = (id, state, object);
        expiring::restore(&mut self.index, &mut self.deadlines, feed, restored);
    }

    fn find_or_insert(&mut self, feed: &FeedContext, event: &Event) -> Option<SlotNumber> {
        expiring::find_or_insert(&mut self.index, event, || TripState::new(feed.number))
    }
}
