//! Feeds of which nothing is heard any more, as they were taken out of the configuration: what they said
//! leaves the picture, and they themselves.
//!
//! A feed says its status each second, also when its publisher is silent; one that does not has no ingest.
//! That is told long before (see [`crate::alert`]). Until here it stays as it was last known, so that who
//! comes back after a long weekend sees that it is missing.

use events::Text;

use crate::deadline::FeedNumber;
use crate::fate::{Changes, FeedContext};
use crate::{Layer, Picture, RemovalReason};

/// So long after its last status, by those of the region's other feeds, a feed is forgotten,
/// milliseconds: a week.
const FORGOTTEN_AFTER_MS: i64 = 7 * 86_400_000;

impl Picture {
    /// Forgets feeds that are silent for too long at the time of another's status.
    pub(crate) fn forget_silent_feeds(&mut self, now_ms: i64, changes: &mut Changes<'_>) {
        let silent_since_ms = now_ms.saturating_sub(FORGOTTEN_AFTER_MS);
        for number in 0..self.feeds.len() {
            let feed = &self.feeds[number];
            if feed.shown.is_some() && feed.ledger.status_time_ms < silent_since_ms {
                let name = feed.ledger.id.clone();
                self.forget_feed(number as FeedNumber, name, changes);
            }
        }
    }

    fn forget_feed(&mut self, number: FeedNumber, name: Text, changes: &mut Changes<'_>) {
        // By a watermark at the end of time all that expires has done so.
        let over = FeedContext { watermark_ms: i64::MAX, ..self.context(number) };
        self.vehicles.expire(&over, self.streets.as_deref_mut(), changes);
        self.trips.expire(&over, changes);
        self.detectors.forget(number, changes);
        self.weather.forget(number, changes);
        self.situations.forget(number, changes);
        if let Some(streets) = &mut self.streets {
            streets.forget(number, &name);
        }
        self.feeds[number as usize].shown = None;
        changes.removed(Layer::Feeds, name, RemovalReason::Expired);
    }
}
