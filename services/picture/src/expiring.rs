//! What vehicles and trips have in common: an object that is not heard of leaves the picture, and is
//! remembered, hidden, for as long as something late about it may still come.

use std::sync::Arc;

use compact_str::format_compact;
use events::{Event, Text};

use crate::deadline::{Deadlines, NEVER};
use crate::fate::{Changes, FeedContext};
use crate::index::{Index, SlotNumber};
use crate::limits::LAYER_OBJECTS_MAX;
use crate::{Layer, Object, RemovalReason};

/// State of an object that expires.
pub(crate) trait Expiring {
    /// When to look at it again: when it expires or, hidden, need not be remembered any more.
    fn due_ms(&self, hidden: bool, feed: &FeedContext) -> i64;
    /// Where it remembers under which time it is filed.
    fn filed_ms(&mut self) -> &mut i64;
}

/// Removes what the watermark has passed, in the order of ids. `gone` sees each state last.
pub(crate) fn expire<S: Expiring>(
    index: &mut Index<S>,
    deadlines: &mut Deadlines,
    layer: Layer,
    feed: &FeedContext,
    changes: &mut Changes<'_>,
    mut gone: impl FnMut(&mut S),
) {
    let mut expired: Vec<(Text, SlotNumber)> = Vec::new();
    for number in deadlines.take_due(feed.number, feed.watermark_ms) {
        let slot = index.slot_mut(number);
        let due_ms = slot.state.due_ms(slot.object().is_none(), feed);
        if feed.is_due(due_ms) {
            expired.push((slot.id().clone(), number));
        } else {
            let filed_ms = slot.state.filed_ms();
            *filed_ms = NEVER;
            deadlines.file(feed.number, number, filed_ms, due_ms);
        }
    }
    expired.sort_unstable();
    for (id, number) in expired {
        if index.slot(number).object().is_some() {
            changes.removed(layer, id, RemovalReason::Expired);
        }
        gone(&mut index.slot_mut(number).state);
        index.remove(number);
    }
}

/// Puts in what a checkpoint says; the index's tree is built at the end.
pub(crate) fn restore<S: Expiring>(
    index: &mut Index<S>,
    deadlines: &mut Deadlines,
    feed: &FeedContext,
    (id, state, object): (Text, S, Option<Object>),
) -> SlotNumber {
    let due_ms = state.due_ms(object.is_none(), feed);
    let number = index.insert(id, state);
    if let Some(object) = object {
        index.load(number, Arc::new(object));
    }
    deadlines.file(feed.number, number, index.slot_mut(number).state.filed_ms(), due_ms);
    number
}

/// The slot of an event's entity, a new one with `state` when it has none; `None` when the layer is
/// full.
pub(crate) fn find_or_insert<S>(
    index: &mut Index<S>,
    event: &Event,
    state: impl FnOnce() -> S,
) -> Option<SlotNumber> {
    if let Some(number) = index.find(&event.feed, &event.entity) {
        return Some(number);
    }
    if index.slots_used() >= LAYER_OBJECTS_MAX {
        return None;
    }
    let id = format_compact!("{}:{}", event.feed, event.entity);
    Some(index.insert(id, state()))
}
