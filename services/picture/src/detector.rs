//! The detectors layer: reference data and measurements of each station in one object.
//!
//! A station stays when it falls silent, but its values go when they are too old: missing is not
//! zero.

mod season;
pub(crate) mod state;

use std::sync::Arc;

use compact_str::format_compact;
use events::{DetectorMeasurement, DetectorStation, Event, Text};

use crate::deadline::{Deadlines, NEVER};
use crate::fate::{Changes, EXPIRED, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
use crate::limits::LAYER_OBJECTS_MAX;
use crate::{Layer, Object, RemovalReason};
pub(crate) use season::{free_flow_speed_km_h, mmdd};
use state::DetectorState;

/// All detector stations of a region.
#[derive(Clone, Debug)]
pub(crate) struct Detectors {
    pub(crate) index: Index<DetectorState>,
    pub(crate) deadlines: Deadlines,
}

impl Detectors {
    pub(crate) fn new() -> Self {
        Self { index: Index::new(Layer::Detectors), deadlines: Deadlines::default() }
    }

    pub(crate) fn measurement(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        measurement: &DetectorMeasurement,
        changes: &mut Changes<'_>,
    ) -> Fate {
        if let Some(unwanted) = state::unwanted(measurement) {
            return unwanted;
        }
        if feed.is_due(feed.expires_ms(event.event_time_ms)) {
            return EXPIRED;
        }
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let state = &mut self.index.slot_mut(number).state;
        let fate = state.measure(event, measurement);
        self.show_if(fate == Fate::Applied, number, feed, &event.feed, changes);
        fate
    }

    pub(crate) fn station(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        station: &DetectorStation,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let state = &mut self.index.slot_mut(number).state;
        let fate = state.describe(event, station);
        self.show_if(fate == Fate::Applied, number, feed, &event.feed, changes);
        fate
    }

    /// The publisher no longer has the station.
    pub(crate) fn retract(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        changes: &mut Changes<'_>,
    ) -> Fate {
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let state = &mut self.index.slot_mut(number).state;
        if event.event_time_ms <= state.floor_ms {
            return Fate::Duplicate;
        }
        state.cut(event.event_time_ms);
        let forgotten = state.is_forgotten();
        self.show_if(true, number, feed, &event.feed, changes);
        if forgotten { Fate::Applied } else { OLDER }
    }

    /// Lets values go that the watermark has passed.
    pub(crate) fn expire(&mut self, feed: &FeedContext, name: &Text, changes: &mut Changes<'_>) {
        let due = self.deadlines.take_due(feed.number, feed.watermark_ms);
        let by_id = |number| (self.index.slot(number).id().clone(), number);
        let mut due: Vec<(Text, SlotNumber)> = due.into_iter().map(by_id).collect();
        due.sort_unstable();
        for (_, number) in due {
            let state = &mut self.index.slot_mut(number).state;
            state.filed_ms = NEVER;
            if state.is_forgotten() && feed.is_due(state.due_ms(feed)) {
                self.index.remove(number);
                continue;
            }
            let expired = state.expire_values(feed);
            self.show_if(expired, number, feed, name, changes);
        }
    }

    /// Shows the station as it is now, hides it when it is no longer in the picture, and files it.
    fn show_if(
        &mut self,
        differs: bool,
        number: SlotNumber,
        feed: &FeedContext,
        name: &Text,
        changes: &mut Changes<'_>,
    ) {
        let slot = self.index.slot_mut(number);
        let due_ms = slot.state.due_ms(feed);
        let filed_ms = &mut slot.state.filed_ms;
        self.deadlines.file(feed.number, number, filed_ms, due_ms);
        if !differs {
            return;
        }
        let id = slot.id().clone();
        if slot.state.is_shown() {
            let object = Object::Detector(slot.state.object(id, name.clone()));
            let object = Arc::new(object);
            self.index.show(number, Arc::clone(&object));
            changes.updated(object);
        } else if slot.object().is_some() {
            changes.removed(Layer::Detectors, id, RemovalReason::Retracted);
            self.index.hide(number);
        }
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(
        &mut self,
        feed: &FeedContext,
        id: Text,
        name: Text,
        state: DetectorState,
    ) {
        let due_ms = state.due_ms(feed);
        let object = state.is_shown().then(|| state.object(id.clone(), name));
        let number = self.index.insert(id, state);
        if let Some(object) = object {
            self.index.load(number, Arc::new(Object::Detector(object)));
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
        Some(self.index.insert(id, DetectorState::new(feed.number)))
    }
}
