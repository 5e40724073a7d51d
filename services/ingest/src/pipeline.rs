//! The pipeline of one feed: a payload goes in, records of the log come out. A pure state machine:
//! received time comes in with the records, so that a replay runs the very code that runs live.
//!
//! | step | what it does |
//! | --- | --- |
//! | size | a payload over the feed's bound is one rejected record, unread |
//! | decode | the feed's format makes events, rejects and drops; their number is the door's count |
//! | shift | a recording of the past that is played as the present gets its times moved |
//! | gate | verdicts, and what they keep out (`gate.rs`) |
//! | tally | what does not go on is counted by outcome and reason, in one record |
//!
//! The ledger balances after every call: `received_total` = events put out + tally counts put out.

use std::collections::BTreeMap;

use events::{
    Body, Connection, DeadLetter, Event, FeedStatus, LogRecord, Outcome, RawRecord, Shift, Tally,
    TallyCount, Text, wire,
};
use prost::Message;

use crate::config::{FeedConfig, RegionConfig, verdict_name};
use crate::format::{Decoded, Decoder, OptionsError, RejectReason};
use crate::gate::{Decision, Gate, OUTSIDE_REGION};
use crate::letter::Letters;
use crate::watermark::{Watermark, WatermarkLimits};

/// Largest event on the log, bytes encoded. The largest recorded situation, an area of 360 KB of
/// JSON, has a third of it.
const EVENT_BYTES_MAX: usize = 1 << 20;
/// Longest error text of a status, bytes.
const ERROR_BYTES_MAX: usize = 512;

/// What came of one payload.
#[derive(Debug, Default)]
pub struct Output {
    /// For the topic `events`: events in the payload's order, then at most one tally.
    pub records: Vec<LogRecord>,
    /// For the topic `dead-letter`.
    pub dead_letters: Vec<DeadLetter>,
}

/// State of one feed from the start of its ingest.
///
/// ```
/// use events::{LogRecord, RawRecord};
/// let region: ingest::RegionConfig = toml::from_str(
///     r#"
///     id = "test"
///     name = "Test"
///     time_zone = "Europe/Helsinki"
///     bbox = [24.2, 59.9, 25.6, 60.7]
///     [[feed]]
///     name = "buses"
///     format = "hfp"
///     "#,
/// )
/// .unwrap();
/// let mut pipeline = ingest::FeedPipeline::new(&region.feeds[0], &region, 0).unwrap();
/// let raw = RawRecord { feed: "buses".into(), payload: "{".into(), ..Default::default() };
/// let output = pipeline.record(&raw, 0);
/// let LogRecord::Tally(tally) = &output.records[0] else { panic!() };
/// assert_eq!((tally.counts[0].reason.as_str(), tally.counts[0].count), ("malformed", 1));
/// assert_eq!(output.dead_letters[0].raw.as_ref(), Some(&raw));
/// assert_eq!(pipeline.received_total(), 1);
/// ```
pub struct FeedPipeline {
    feed: Text,
    payload_bytes_max: usize,
    decoder: Box<dyn Decoder>,
    gate: Gate,
    watermark: Watermark,
    counting_since_ms: i64,
    received_total: u64,
    put_out_total: u64,
}

impl FeedPipeline {
    /// A pipeline that counts from `counting_since_ms` on.
    pub fn new(
        config: &FeedConfig,
        region: &RegionConfig,
        counting_since_ms: i64,
    ) -> Result<Self, OptionsError> {
        let limits = WatermarkLimits {
            lateness_ms: config.lateness_s.saturating_mul(1_000),
            idle_after_ms: config.idle_after_s.saturating_mul(1_000),
        };
        Ok(Self {
            feed: config.name.clone(),
            payload_bytes_max: config.payload_bytes_max,
            decoder: config.decoder(&region.id, region.time_zone()?)?,
            gate: Gate::new(config, region.bbox),
            watermark: Watermark::new(limits, counting_since_ms),
            counting_since_ms,
            received_total: 0,
            put_out_total: 0,
        })
    }

    /// Takes a payload. `shift_ms` is added to every time, its reception's included.
    pub fn record(&mut self, raw: &RawRecord, shift_ms: i64) -> Output {
        let received_ms = raw.received_time_ms.saturating_add(shift_ms);
        let bytes = raw.payload.len();
        if bytes > self.payload_bytes_max {
            let message = format!("{bytes} bytes are over the bound of {}", self.payload_bytes_max);
            return self.too_large(raw, shift_ms, &message);
        }
        let decoded = self.decoder.decode(raw);
        self.received_total += decoded.records() as u64;
        if decoded.records() == 0 {
            self.watermark.heard(received_ms);
        } else {
            self.watermark.record(received_ms);
        }
        self.settle(raw, decoded, shift_ms)
    }

    /// Takes a payload that was not even kept because of its size: one rejected record.
    pub fn too_large(&mut self, raw: &RawRecord, shift_ms: i64, message: &str) -> Output {
        self.received_total += 1;
        self.watermark.record(raw.received_time_ms.saturating_add(shift_ms));
        let mut settling = Settling::new(raw);
        settling.rejected(RejectReason::TooLarge.as_str(), "payload", message);
        self.finish(settling)
    }

    /// The publisher answered that it has nothing new.
    pub fn unchanged(&mut self, now_ms: i64) {
        self.watermark.heard(now_ms);
    }

    /// The feed's state at a received time, with the watermark. A live connection that says nothing
    /// for the feed's `idle_after_s` is idle.
    pub fn status(
        &mut self,
        now_ms: i64,
        connection: Connection,
        error: Option<&str>,
    ) -> LogRecord {
        if connection == Connection::Ended {
            self.watermark.end(now_ms);
        } else {
            self.watermark.advance(now_ms);
        }
        let connection = match connection {
            Connection::Live if self.watermark.is_idle() => Connection::Idle,
            connection => connection,
        };
        let error = error.map(|error| {
            let end = error.floor_char_boundary(ERROR_BYTES_MAX);
            error.get(..end).unwrap_or_default().to_owned()
        });
        LogRecord::FeedStatus(FeedStatus {
            feed: self.feed.to_string(),
            watermark_ms: self.watermark.complete_ms(),
            received_time_ms: self.watermark.now_ms(),
            connection: connection.into(),
            error,
            received_total: self.received_total,
            counting_since_ms: self.counting_since_ms,
        })
    }

    /// Records counted at the door.
    pub fn received_total(&self) -> u64 {
        self.received_total
    }

    fn settle(&mut self, raw: &RawRecord, decoded: Decoded, shift_ms: i64) -> Output {
        let mut settling = Settling::new(raw);
        // A tally is rare: room for it would double what one message costs. Records of the log are as
        // large as events, so that the list of these becomes the list of those.
        let records = decoded.events.into_iter().filter_map(|mut event| {
            if shift_ms != 0 {
                event.shift_ms(shift_ms);
            }
            self.settle_event(event, &mut settling)
        });
        let records = records.collect();
        settling.records = records;
        for reject in decoded.rejects {
            settling.rejected(reject.reason.as_str(), &reject.field, &reject.message);
        }
        for drop in decoded.drops {
            settling.count(Outcome::Dropped, drop.reason.as_str().into());
        }
        self.finish(settling)
    }

    fn settle_event(&mut self, mut event: Event, settling: &mut Settling<'_>) -> Option<LogRecord> {
        match self.gate.decide(&mut event) {
            Decision::Pass => {
                if let Some(bytes) = too_large(&event) {
                    let message = format!("event of {bytes} bytes is over {EVENT_BYTES_MAX}");
                    let reason = RejectReason::TooLarge.as_str();
                    settling.rejected(reason, &event.entity, &message);
                    return None;
                }
                self.watermark.event(event.event_time_ms, event.received_time_ms);
                return Some(LogRecord::Event(event));
            }
            Decision::Quarantined(verdict) => {
                let reason = verdict_name(verdict);
                let message = format!(
                    "event time {} ms, received {} ms",
                    event.event_time_ms, event.received_time_ms
                );
                settling.letters.add(Outcome::Quarantined, &reason, &event.entity, &message);
                settling.count(Outcome::Quarantined, reason.into());
            }
            Decision::OutsideRegion => settling.count(Outcome::Dropped, OUTSIDE_REGION.into()),
            Decision::OutOfRange { field, message } => {
                let field = format!("{} {field}", event.entity);
                settling.rejected(RejectReason::OutOfRange.as_str(), &field, &message);
            }
        }
        None
    }

    fn finish(&mut self, settling: Settling<'_>) -> Output {
        let mut records = settling.records;
        self.put_out_total += records.len() as u64;
        if !settling.counts.is_empty() {
            let count = |((outcome, reason), count): ((Outcome, Text), u64)| TallyCount {
                outcome: outcome.into(),
                reason: reason.into(),
                count,
            };
            let counts: Vec<TallyCount> = settling.counts.into_iter().map(count).collect();
            self.put_out_total += counts.iter().map(|tally| tally.count).sum::<u64>();
            records.push(LogRecord::Tally(Tally { feed: self.feed.to_string(), counts }));
        }
        debug_assert_eq!(self.received_total, self.put_out_total, "ledger of {}", self.feed);
        Output { records, dead_letters: settling.letters.finish() }
    }
}

/// Size of an event that is over the bound. Only kinds with lists inside can be: the texts of the
/// others are bounded by the formats.
fn too_large(event: &Event) -> Option<usize> {
    let has_lists = matches!(event.body, Body::SituationRecord(_) | Body::TripUpdate(_));
    let bytes = if has_lists { wire::Event::from(event).encoded_len() } else { 0 };
    (bytes > EVENT_BYTES_MAX).then_some(bytes)
}

/// What one payload has come to so far.
struct Settling<'a> {
    records: Vec<LogRecord>,
    counts: BTreeMap<(Outcome, Text), u64>,
    letters: Letters<'a>,
}

impl<'a> Settling<'a> {
    fn new(raw: &'a RawRecord) -> Self {
        Self { records: Vec::new(), counts: BTreeMap::new(), letters: Letters::new(raw) }
    }

    fn count(&mut self, outcome: Outcome, reason: Text) {
        *self.counts.entry((outcome, reason)).or_default() += 1;
    }

    fn rejected(&mut self, reason: &'static str, field: &str, message: &str) {
        self.letters.add(Outcome::Rejected, reason, field, message);
        self.count(Outcome::Rejected, Text::const_new(reason));
    }
}
