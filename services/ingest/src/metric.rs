//! Names of the metrics of this crate, all in one place.
//!
//! | name | kind | labels | meaning |
//! | --- | --- | --- | --- |
//! | `tilanne_ingest_received_total` | counter | `feed` | records counted at the door |
//! | `tilanne_ingest_events_total` | counter | `feed` | records logged as events |
//! | `tilanne_ingest_rejected_total` | counter | `feed`, `reason` | records that could not be read |
//! | `tilanne_ingest_quarantined_total` | counter | `feed`, `reason` | kept out by a verdict |
//! | `tilanne_ingest_dropped_total` | counter | `feed`, `reason` | records not wanted |
//! | `tilanne_ingest_copies_total` | counter | `feed`, `source` | second copies that a broker sent |
//! | `tilanne_ingest_bytes_total` | counter | `feed`, `source` | payload bytes received |
//! | `tilanne_ingest_errors_total` | counter | `feed`, `source` | failed connections and requests |
//! | `tilanne_ingest_connects_total` | counter | `feed`, `source` | connections made |
//! | `tilanne_ingest_restarts_total` | counter | `feed` | restarts of a feed after a crash |
//! | `tilanne_ingest_queue_records` | gauge | `feed` | records waiting for the pipeline |
//! | `tilanne_ingest_append_records` | histogram | `region` | log records of one append |
//! | `tilanne_ingest_held_lost_total` | counter | | appends of a standby that had no room |
//! | `tilanne_ingest_source_seconds` | histogram | `region`, `feed` | event to reception, one a batch |
//! | `tilanne_ingest_logged_seconds` | histogram | `region`, `feed` | reception to log, one a batch |
//! | `tilanne_ingest_watermark_age_seconds` | gauge | `feed` | received time less watermark |
//! | `tilanne_ingest_raw_left_out_total` | counter | | too large to be logged as received |
//! | `tilanne_ingest_unknown_feed_total` | counter | | recording records of feeds not configured |

use events::{LogRecord, Outcome};
use metrics::{counter, gauge, histogram};

pub(crate) const RECEIVED: &str = "tilanne_ingest_received_total";
pub(crate) const EVENTS: &str = "tilanne_ingest_events_total";
pub(crate) const REJECTED: &str = "tilanne_ingest_rejected_total";
pub(crate) const QUARANTINED: &str = "tilanne_ingest_quarantined_total";
pub(crate) const DROPPED: &str = "tilanne_ingest_dropped_total";
pub(crate) const COPIES: &str = "tilanne_ingest_copies_total";
pub(crate) const BYTES: &str = "tilanne_ingest_bytes_total";
pub(crate) const ERRORS: &str = "tilanne_ingest_errors_total";
pub(crate) const CONNECTS: &str = "tilanne_ingest_connects_total";
pub(crate) const RESTARTS: &str = "tilanne_ingest_restarts_total";
pub(crate) const QUEUE: &str = "tilanne_ingest_queue_records";
pub(crate) const APPEND: &str = "tilanne_ingest_append_records";
pub(crate) const HELD_LOST: &str = "tilanne_ingest_held_lost_total";
pub(crate) const SOURCE: &str = "tilanne_ingest_source_seconds";
pub(crate) const LOGGED: &str = "tilanne_ingest_logged_seconds";
pub(crate) const WATERMARK_AGE: &str = "tilanne_ingest_watermark_age_seconds";
pub(crate) const RAW_LEFT_OUT: &str = "tilanne_ingest_raw_left_out_total";
pub(crate) const UNKNOWN_FEED: &str = "tilanne_ingest_unknown_feed_total";

/// Counts what a feed's pipeline put out.
pub(crate) fn count(feed: &str, records: &[LogRecord]) {
    let mut events = 0;
    for record in records {
        match record {
            LogRecord::Event(_) => events += 1,
            LogRecord::Tally(tally) => tally.counts.iter().for_each(|tally| {
                let name = match tally.outcome() {
                    Outcome::Quarantined => QUARANTINED,
                    Outcome::Dropped => DROPPED,
                    _ => REJECTED,
                };
                let labels = [("feed", feed.to_owned()), ("reason", tally.reason.clone())];
                counter!(name, &labels).increment(tally.count);
                counter!(RECEIVED, "feed" => feed.to_owned()).increment(tally.count);
            }),
            LogRecord::FeedStatus(status) => {
                let age_ms = status.received_time_ms.saturating_sub(status.watermark_ms);
                gauge!(WATERMARK_AGE, "feed" => feed.to_owned()).set(age_ms as f64 / 1_000.0);
            }
        }
    }
    if events > 0 {
        counter!(RECEIVED, "feed" => feed.to_owned()).increment(events);
        counter!(EVENTS, "feed" => feed.to_owned()).increment(events);
    }
}

/// Times of the newest event of a batch that is on the log now.
pub(crate) fn latency(feed: &str, records: &[LogRecord], now_ms: i64) {
    let events = records.iter().rev();
    let mut events = events.filter_map(|record| match record {
        LogRecord::Event(event) => Some(event),
        _ => None,
    });
    let Some(event) = events.next() else { return };
    let seconds = |from_ms: i64, to_ms: i64| to_ms.saturating_sub(from_ms).max(0) as f64 / 1_000.0;
    let source_s = seconds(event.event_time_ms, event.received_time_ms);
    let labels = [("region", event.region.to_string()), ("feed", feed.to_owned())];
    histogram!(SOURCE, &labels).record(source_s);
    let logged_s = seconds(event.received_time_ms, now_ms);
    histogram!(LOGGED, &labels).record(logged_s);
}
