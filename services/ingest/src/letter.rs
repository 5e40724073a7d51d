//! Dead letters of one payload: what was rejected or quarantined, with the bytes to drive it again.

use events::{DeadLetter, Outcome, RawRecord, bounded_id, bounded_text};

/// Most dead letters of one payload. A data set of which every entity is bad would else write its
/// bytes a thousand times; the first ones say what is wrong with the rest.
const LETTERS_MAX: usize = 16;
/// Most payload bytes that are kept in a dead letter: any message and most data sets whole.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Collects the dead letters of one payload. The payload itself is in the first one only.
pub(crate) struct Letters<'a> {
    raw: &'a RawRecord,
    kept: Vec<DeadLetter>,
    /// Those over the bound.
    more: usize,
}

impl<'a> Letters<'a> {
    pub(crate) fn new(raw: &'a RawRecord) -> Self {
        Self { raw, kept: Vec::new(), more: 0 }
    }

    pub(crate) fn add(&mut self, outcome: Outcome, reason: &str, field: &str, message: &str) {
        if self.kept.len() == LETTERS_MAX {
            self.more += 1;
            return;
        }
        let is_first = self.kept.is_empty();
        let mut message = bounded_text(message);
        let bytes_kept = self.raw.payload.len().min(PAYLOAD_BYTES_MAX);
        if is_first && bytes_kept < self.raw.payload.len() {
            let bytes = self.raw.payload.len();
            message = format!("{message} (payload of {bytes} bytes cut to {bytes_kept})");
        } else if !is_first {
            message.push_str(" (payload: see the first letter of this record)");
        }
        let payload = self.raw.payload.slice(..if is_first { bytes_kept } else { 0 });
        self.kept.push(DeadLetter {
            raw: Some(RawRecord {
                feed: self.raw.feed.clone(),
                source: self.raw.source.clone(),
                topic: self.raw.topic.clone(),
                received_time_ms: self.raw.received_time_ms,
                payload,
            }),
            outcome: outcome.into(),
            reason: reason.to_owned(),
            field: bounded_id(field).map(Into::into).unwrap_or_default(),
            message,
        });
    }

    pub(crate) fn finish(mut self) -> Vec<DeadLetter> {
        if let (Some(last), 1..) = (self.kept.last_mut(), self.more) {
            last.message = format!("{}; and {} more of this payload", last.message, self.more);
        }
        self.kept
    }
}
