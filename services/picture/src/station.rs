//! What layers of stations have in common: reference data and measurements of each station in one
//! object.
//!
//! A station stays when it falls silent, but its values go when they are too old: missing is not
//! zero.

use std::sync::Arc;

use compact_str::format_compact;
use events::{Event, Text};

use crate::deadline::{Deadlines, FeedNumber, NEVER};
use crate::fate::{Changes, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
use crate::limits::LAYER_OBJECTS_MAX;
use crate::{Layer, Object, RemovalReason};

/// What is known of one station.
pub(crate) trait StationState {
    /// Where its object is.
    const LAYER: Layer;

    /// Nothing yet.
    fn new(feed: FeedNumber) -> Self;

    /// Which feed it is of.
    fn feed(&self) -> FeedNumber;

    /// Where it remembers under which time it is filed.
    fn filed_ms(&mut self) -> &mut i64;

    /// What is of this time and before was taken back.
    fn floor_ms(&self) -> i64;

    /// Forgets everything of a time and before.
    fn cut(&mut self, floor_ms: i64);

    /// Lets values go that are too old; whether the object differs.
    fn expire_values(&mut self, feed: &FeedContext) -> bool;

    /// Whether the station is in the picture: something is known, and it was not taken down.
    fn is_shown(&self) -> bool;

    /// Whether nothing is known but that it was taken back.
    fn is_forgotten(&self) -> bool;

    /// When to look again: when the oldest value expires, or when a retraction need not be
    /// remembered any more.
    fn due_ms(&self, feed: &FeedContext) -> i64;

    /// The object as of now.
    fn object(&self, id: Text, feed: Text) -> Object;
}

/// All stations of a kind in a region.
#[derive(Clone, Debug)]
pub(crate) struct Stations<S> {
    pub(crate) index: Index<S>,
    pub(crate) deadlines: Deadlines,
}

impl<S: StationState> Stations<S> {
    pub(crate) fn new() -> Self {
        Self { index: Index::new(S::LAYER), deadlines: Deadlines::default() }
    }

    /// Takes in what an event says of its station, and shows that.
    pub(crate) fn take(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        changes: &mut Changes<'_>,
        take: impl FnOnce(&mut S) -> Fate,
    ) -> Fate {
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let fate = take(&mut self.index.slot_mut(number).state);
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
        if event.event_time_ms <= state.floor_ms() {
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
            *state.filed_ms() = NEVER;
            if state.is_forgotten() && feed.is_due(state.due_ms(feed)) {
                self.index.remove(number);
                continue;
            }
            let expired = state.expire_values(feed);
            self.show_if(expired, number, feed, name, changes);
        }
    }

    /// Takes out all stations of a feed that is no more.
    pub(crate) fn forget(&mut self, feed: FeedNumber, changes: &mut Changes<'_>) {
        self.deadlines.forget(feed);
        for id in self.index.remove_all(|state| state.feed() == feed) {
            changes.removed(S::LAYER, id, RemovalReason::Expired);
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
        self.deadlines.file(feed.number, number, slot.state.filed_ms(), due_ms);
        if !differs {
            return;
        }
        let id = slot.id().clone();
        if slot.state.is_shown() {
            let object = Arc::new(slot.state.object(id, name.clone()));
            self.index.show(number, Arc::clone(&object));
            changes.updated(object);
        } else if slot.object().is_some() {
            changes.removed(S::LAYER, id, RemovalReason::Retracted);
            self.index.hide(number);
        }
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(&mut self, feed: &FeedContext, id: Text, name: Text, state: S) {
        let due_ms = state.due_ms(feed);
        let object = state.is_shown().then(|| state.object(id.clone(), name));
        let number = self.index.insert(id, state);
        if let Some(object) = object {
            self.index.load(number, Arc::new(object));
        }
        let filed_ms = self.index.slot_mut(number).state.filed_ms();
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
        Some(self.index.insert(id, S::new(feed.number)))
    }
}
