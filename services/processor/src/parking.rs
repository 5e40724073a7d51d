//! Records of `events` that do not decode, parked in `dead-letter`: with their bytes, where they were, and
//! why they were left out.

use bytes::Bytes;
use events::{DeadLetter, Outcome, RawRecord, bounded_text};
use prost::Message;
use stream::{Record, topic};

use crate::aside::{Key, Note};

/// Source of these letters: no feed has one without a name of its own.
const SOURCE: &str = "log";
/// Reason of these letters.
const REASON: &str = "undecodable";
/// What their field begins with, before the offset.
const FIELD: &str = "offset ";
/// Most bytes of a record that are kept, as of what feeds send.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a letter beside its texts and its payload.
const LETTER_BYTES: usize = 256;

/// A letter about a record that does not decode.
pub(crate) struct Parked {
    offset: u64,
    letter: DeadLetter,
}

impl Parked {
    /// `reason` is what is wrong with the record.
    pub(crate) fn new(region: &str, record: &Record, reason: &str) -> Self {
        let raw = RawRecord {
            source: SOURCE.to_owned(),
            topic: log_topic(region),
            payload: record.payload.clone(),
            ..RawRecord::default()
        };
        let letter = DeadLetter {
            raw: Some(raw),
            outcome: Outcome::Rejected.into(),
            reason: REASON.to_owned(),
            field: format!("{FIELD}{}", record.offset),
            message: bounded_text(reason),
        };
        Self { offset: record.offset, letter }
    }
}

impl Note for Parked {
    const TOPIC: &'static str = topic::DEAD_LETTER;
    /// Of more than that the newest say what is wrong with the others.
    const KEPT_MAX: usize = 64;
    const LOOK_BACK: u64 = 1_024;

    fn key(&self) -> Key {
        (self.offset, String::new())
    }

    /// Of a payload that is too large the first bytes, and a note of that.
    fn encode(self, bytes_max: usize) -> Bytes {
        let mut letter = self.letter;
        let raw = letter.raw.get_or_insert_default();
        let payload = std::mem::take(&mut raw.payload);
        let texts = letter.encoded_len() + LETTER_BYTES;
        let payload_max = PAYLOAD_BYTES_MAX.min(bytes_max.saturating_sub(texts));
        let bytes = payload.len();
        if bytes > payload_max {
            letter.message =
                format!("{} (record of {bytes} bytes cut to {payload_max})", letter.message);
        }
        letter.raw.get_or_insert_default().payload = payload.slice(..bytes.min(payload_max));
        letter.encode_to_vec().into()
    }

    fn key_in(payload: &[u8], region: &str) -> Option<Key> {
        let letter = DeadLetter::decode(payload).ok()?;
        let raw = letter.raw?;
        let is_ours =
            letter.reason == REASON && raw.source == SOURCE && raw.topic == log_topic(region);
        let offset = letter.field.strip_prefix(FIELD).filter(|_| is_ours)?.parse().ok()?;
        Some((offset, String::new()))
    }
}

/// Where records of the log come from, as letters say it.
fn log_topic(region: &str) -> String {
    format!("{}/{region}", topic::EVENTS)
}
