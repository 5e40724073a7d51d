//! A feed's health and the ledger of its records.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Connection, Event, FeedStatus, Outcome, Tally, Text};

use crate::fate::Fate;
use crate::{Feed, FeedLimits, Object, ReasonCount};

/// Different reasons that are counted apart; there are about thirty. More are counted as
/// [`OTHER_REASON`].
const REASONS_MAX: usize = 128;

/// Reason that stands for those beyond [`REASONS_MAX`].
const OTHER_REASON: &str = "other";

/// Longest reason, bytes; reasons are words of our own code.
const REASON_BYTES_MAX: usize = 64;

/// Longest error text of a connection that is kept, bytes.
const ERROR_BYTES_MAX: usize = 1_024;

/// Watermark of a feed before its first status.
pub(crate) const NO_WATERMARK: i64 = i64::MIN;

/// Ledger and health of one feed.
#[derive(Clone, Debug)]
pub(crate) struct FeedState {
    pub(crate) limits: FeedLimits,
    /// The ledger as of now; its copy of the newest status is what the picture shows.
    pub(crate) ledger: Feed,
    pub(crate) reasons: BTreeMap<(Outcome, Text), u64>,
    /// Which start of ingest the door's count is of.
    pub(crate) counting_since_ms: i64,
    /// How far the door's count was ahead of ours when that start was first heard of.
    pub(crate) door_lead: i64,
    /// As of the newest status.
    pub(crate) shown: Option<Arc<Object>>,
}

impl FeedState {
    pub(crate) fn new(name: Text, limits: FeedLimits) -> Self {
        let ledger = Feed { id: name, watermark_ms: NO_WATERMARK, ..Feed::default() };
        Self {
            limits,
            ledger,
            reasons: BTreeMap::new(),
            counting_since_ms: i64::MIN,
            door_lead: 0,
            shown: None,
        }
    }

    /// Counts one received record.
    pub(crate) fn count_event(&mut self, event: &Event, fate: Fate) {
        let newest = |known: Option<i64>, new| Some(known.map_or(new, |known: i64| known.max(new)));
        self.ledger.last_received_ms = newest(self.ledger.last_received_ms, event.received_time_ms);
        self.ledger.last_event_ms = newest(self.ledger.last_event_ms, event.event_time_ms);
        self.ledger.received += 1;
        *self.total(fate.outcome()) += 1;
        if let Some(reason) = fate.reason() {
            self.count_reason(fate.outcome(), reason, 1);
        }
    }

    /// Counts records that ended in ingest.
    pub(crate) fn count_tally(&mut self, tally: &Tally) {
        for count in &tally.counts {
            let outcome = match count.outcome() {
                outcome @ (Outcome::Rejected | Outcome::Quarantined | Outcome::Dropped) => outcome,
                // Ingest cannot say these; the record is accounted for all the same.
                Outcome::Unspecified
                | Outcome::Applied
                | Outcome::Superseded
                | Outcome::Duplicate => Outcome::Dropped,
            };
            self.ledger.received = self.ledger.received.saturating_add(count.count);
            let total = self.total(outcome);
            *total = total.saturating_add(count.count);
            self.count_reason(outcome, &count.reason, count.count);
        }
    }

    /// Since when all that the publisher lists has been listed: that start of its ingest which is so long
    /// ago that all has come, while nothing is wrong.
    pub(crate) fn relisted_since_ms(&self) -> Option<i64> {
        let Feed { status_time_ms, connection, .. } = self.ledger;
        let since_ms = self.counting_since_ms;
        let is_listed = connection == Connection::Live
            && status_time_ms.saturating_sub(since_ms) > self.limits.relists_after_ms?;
        is_listed.then_some(since_ms)
    }

    /// Takes a status in and compares the door's count with ours.
    pub(crate) fn status(&mut self, status: &FeedStatus) -> Arc<Object> {
        let lead = status.received_total.wrapping_sub(self.ledger.received) as i64;
        if status.counting_since_ms == self.counting_since_ms {
            if lead != self.door_lead {
                self.ledger.imbalances += 1;
            }
        } else {
            self.counting_since_ms = status.counting_since_ms;
            self.door_lead = lead;
        }
        self.ledger.watermark_ms = status.watermark_ms;
        self.ledger.status_time_ms = status.received_time_ms;
        self.ledger.connection = Connection::try_from(status.connection).unwrap_or_default();
        self.ledger.error = status.error.as_deref().map(|error| cut(error, ERROR_BYTES_MAX));
        self.ledger.reasons = self.reason_counts();
        let shown = Arc::new(Object::Feed(self.ledger.clone()));
        self.shown = Some(Arc::clone(&shown));
        shown
    }

    /// The reasons as of now, ordered.
    pub(crate) fn reason_counts(&self) -> Vec<ReasonCount> {
        let reasons = self.reasons.iter();
        let counts = reasons.map(|(&(outcome, ref reason), &count)| ReasonCount {
            outcome,
            reason: reason.clone(),
            count,
        });
        counts.collect()
    }

    fn total(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Applied => &mut self.ledger.applied,
            Outcome::Superseded => &mut self.ledger.superseded,
            Outcome::Duplicate => &mut self.ledger.duplicate,
            Outcome::Rejected => &mut self.ledger.rejected,
            Outcome::Quarantined => &mut self.ledger.quarantined,
            Outcome::Dropped | Outcome::Unspecified => &mut self.ledger.dropped,
        }
    }

    fn count_reason(&mut self, outcome: Outcome, reason: &str, count: u64) {
        let key = (outcome, Text::from(cut(reason, REASON_BYTES_MAX)));
        let full = self.reasons.len() >= REASONS_MAX && !self.reasons.contains_key(&key);
        let key = if full { (outcome, Text::const_new(OTHER_REASON)) } else { key };
        let total = self.reasons.entry(key).or_default();
        *total = total.saturating_add(count);
    }
}

fn cut(text: &str, bytes_max: usize) -> String {
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default().into()
}
