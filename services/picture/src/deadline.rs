//! When an object has to be looked at next, by feed.
//!
//! An update costs nothing here: each object is filed once under a time at which it cannot have
//! been due before, and is filed anew when that time comes and it was heard of meanwhile. So what
//! happens depends on the objects' own due times only, never on when they were filed.

use std::collections::BTreeSet;

use crate::index::SlotNumber;

/// Number of a feed in a picture, in the order of first appearance; means nothing outside.
pub(crate) type FeedNumber = u32;

/// Due time of an object that is never due.
pub(crate) const NEVER: i64 = i64::MAX;

/// Deadlines of one layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    by_feed: Vec<BTreeSet<(i64, SlotNumber)>>,
}

impl Deadlines {
    /// Files an object under its due time, unless it is filed under an earlier one. `filed_ms` is
    /// where the object remembers that; [`NEVER`] when it is not filed.
    pub(crate) fn file(
        &mut self,
        feed: FeedNumber,
        slot: SlotNumber,
        filed_ms: &mut i64,
        due_ms: i64,
    ) {
        if due_ms >= *filed_ms {
            return;
        }
        let feed = feed as usize;
        if self.by_feed.len() <= feed {
            self.by_feed.resize_with(feed + 1, BTreeSet::new);
        }
        if *filed_ms != NEVER {
            self.by_feed[feed].remove(&(*filed_ms, slot));
        }
        self.by_feed[feed].insert((due_ms, slot));
        *filed_ms = due_ms;
    }

    /// Takes out all that is filed of a feed.
    pub(crate) fn forget(&mut self, feed: FeedNumber) {
        if let Some(filed) = self.by_feed.get_mut(feed as usize) {
            filed.clear();
        }
    }

    /// Takes out what is filed before the watermark: the owner acts on it or files it anew.
    pub(crate) fn take_due(&mut self, feed: FeedNumber, watermark_ms: i64) -> Vec<SlotNumber> {
        let Some(filed) = self.by_feed.get_mut(feed as usize) else {
            return Vec::new();
        };
        let later = filed.split_off(&(watermark_ms, 0));
        let due = std::mem::replace(filed, later);
        due.into_iter().map(|(_, slot)| slot).collect()
    }
}
