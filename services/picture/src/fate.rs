//! What became of a record, and where its changes go.

use std::sync::Arc;

use events::{Outcome, Text};

use crate::deadline::FeedNumber;
use crate::{Change, Delta, FeedLimits, Layer, Object, RemovalReason};

/// What became of an event on its arrival, for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Applied,
    Superseded(&'static str),
    Duplicate,
    Quarantined(&'static str),
    Dropped(&'static str),
}

/// Older than what the picture has of the entity, or than what can still change it.
pub(crate) const OLDER: Fate = Fate::Superseded("older");
/// So old that the object would have expired already.
pub(crate) const EXPIRED: Fate = Fate::Superseded("expired");
/// The layer has no place for a new object.
pub(crate) const LAYER_FULL: Fate = Fate::Dropped("layer_full");

impl Fate {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Applied => Outcome::Applied,
            Self::Superseded(_) => Outcome::Superseded,
            Self::Duplicate => Outcome::Duplicate,
            Self::Quarantined(_) => Outcome::Quarantined,
            Self::Dropped(_) => Outcome::Dropped,
        }
    }

    /// Reason beside the outcome; none where the outcome says it all.
    pub(crate) fn reason(self) -> Option<&'static str> {
        match self {
            Self::Applied | Self::Duplicate => None,
            Self::Superseded(reason) | Self::Quarantined(reason) | Self::Dropped(reason) => {
                Some(reason)
            }
        }
    }
}

/// What a layer must know of the feed of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedContext {
    pub(crate) number: FeedNumber,
    pub(crate) limits: FeedLimits,
    /// Of the newest status; the beginning of time before the first one.
    pub(crate) watermark_ms: i64,
    /// Since when everything that its publisher lists has been listed again; none where that is not
    /// known.
    pub(crate) relisted_since_ms: Option<i64>,
}

impl FeedContext {
    /// When something last heard of at a time leaves the picture.
    pub(crate) fn expires_ms(&self, heard_ms: i64) -> i64 {
        heard_ms.saturating_add(self.limits.expire_after_ms)
    }

    /// Whether the watermark has passed a due time.
    pub(crate) fn is_due(&self, due_ms: i64) -> bool {
        due_ms < self.watermark_ms
    }
}

/// Numbers the changes of one log record and puts them out.
pub(crate) struct Changes<'a> {
    out: &'a mut Vec<Delta>,
    sequence: u64,
    index: u32,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(sequence: u64, out: &'a mut Vec<Delta>) -> Self {
        Self { out, sequence, index: 0 }
    }

    pub(crate) fn updated(&mut self, object: Arc<Object>) {
        self.push(Change::Updated(object));
    }

    pub(crate) fn removed(&mut self, layer: Layer, id: Text, reason: RemovalReason) {
        self.push(Change::Removed { layer, id, reason });
    }

    fn push(&mut self, change: Change) {
        self.out.push(Delta { sequence: self.sequence, index: self.index, change });
        self.index += 1;
    }
}
