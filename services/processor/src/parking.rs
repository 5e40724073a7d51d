//! Records of `events` that do not decode, parked in `dead-letter`: with their bytes, where they were, and
//! why they were left out.
//!
//! Each is there before the checkpoint that includes it, so none is lost. Who goes on from an older
//! checkpoint comes by the same records again, and looks first which of them are there: so each is there
//! once, however often processors are killed. Only two that write a region at the same time may park one
//! twice, with the same `topic` and `field`.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use events::{DeadLetter, Outcome, RawRecord, bounded_text};
use prost::Message;
use stream::{Append, Bounds, Log, Record, Sink, StreamError, topic};

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
/// Letters that a standby keeps: of more than that the newest say what is wrong with the others.
const KEPT_MAX: usize = 64;
/// Bytes that are appended at a time.
const APPEND_BYTES_MAX: usize = 4 << 20;
/// Newest letters among which one looks for those that are there.
const LOOK_BACK: u64 = 1_024;
/// Letters that are read at a time.
const LETTERS_PER_READ: usize = 16;

/// The parking place of a region.
pub(crate) struct Parking {
    region: String,
    /// Offsets and letters that are to be written.
    waiting: VecDeque<(u64, DeadLetter)>,
    /// Opened for the first letter.
    open: Option<Open>,
}

struct Open {
    sink: Box<dyn Sink>,
    /// Offsets of the newest letters that are there from before.
    written: BTreeSet<u64>,
}

impl Parking {
    pub(crate) fn new(region: &str) -> Self {
        Self { region: region.to_owned(), waiting: VecDeque::new(), open: None }
    }

    /// Takes a record that does not decode.
    pub(crate) fn add(&mut self, record: &Record, reason: &str) {
        let raw = RawRecord {
            source: SOURCE.to_owned(),
            topic: log_topic(&self.region),
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
        self.waiting.push_back((record.offset, letter));
    }

    /// Lets go of all but some, where another processor parks them.
    pub(crate) fn bound(&mut self) {
        let more = self.waiting.len().saturating_sub(KEPT_MAX);
        self.waiting.drain(..more);
    }

    /// Forgets those before an offset, which are there.
    pub(crate) fn forget(&mut self, events_next: u64) {
        self.waiting.retain(|(offset, _)| *offset >= events_next);
    }

    /// Writes those that are not there yet.
    pub(crate) async fn write(&mut self, log: &dyn Log) -> Result<(), StreamError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => Open {
                sink: log.sink(topic::DEAD_LETTER, &self.region).await?,
                written: written(log, &self.region).await?,
            },
        };
        let Open { sink, written } = &*self.open.insert(open);
        let record_bytes_max = sink.record_bytes_max();
        let (mut part, mut bytes) = (Vec::new(), 0);
        for (offset, letter) in self.waiting.drain(..) {
            if written.contains(&offset) {
                continue;
            }
            let letter = encode(letter, record_bytes_max);
            if letter.len() > record_bytes_max {
                let region = &self.region;
                tracing::error!(region, offset, "the log takes no letter about this record");
                continue;
            }
            if bytes + letter.len() > APPEND_BYTES_MAX.min(record_bytes_max) && !part.is_empty() {
                append(sink.as_ref(), std::mem::take(&mut part)).await?;
                bytes = 0;
            }
            bytes += letter.len();
            part.push(letter);
        }
        if part.is_empty() { Ok(()) } else { append(sink.as_ref(), part).await }
    }

    /// Waits until all that was written is durable.
    pub(crate) async fn flush(&self) -> Result<(), StreamError> {
        match &self.open {
            Some(open) => open.sink.flush().await,
            None => Ok(()),
        }
    }
}

async fn append(sink: &dyn Sink, records: Vec<Bytes>) -> Result<(), StreamError> {
    sink.append(Append { records, cursor: None }).await.map(|_| ())
}

/// A letter as the log takes it: of a payload that is too large the first bytes, and a note of that.
fn encode(mut letter: DeadLetter, record_bytes_max: usize) -> Bytes {
    let raw = letter.raw.get_or_insert_default();
    let payload = std::mem::take(&mut raw.payload);
    let texts = letter.encoded_len() + LETTER_BYTES;
    let bytes_max = PAYLOAD_BYTES_MAX.min(record_bytes_max.saturating_sub(texts));
    let bytes = payload.len();
    if bytes > bytes_max {
        letter.message = format!("{} (record of {bytes} bytes cut to {bytes_max})", letter.message);
    }
    letter.raw.get_or_insert_default().payload = payload.slice(..bytes.min(bytes_max));
    letter.encode_to_vec().into()
}

/// Offsets that the newest letters are about.
async fn written(log: &dyn Log, region: &str) -> Result<BTreeSet<u64>, StreamError> {
    let Bounds { first, next } = log.bounds(topic::DEAD_LETTER, region).await?;
    let mut from = first.max(next.saturating_sub(LOOK_BACK));
    let mut written = BTreeSet::new();
    if from == next {
        return Ok(written);
    }
    let mut source = log.source(topic::DEAD_LETTER, region, from).await?;
    while from < next {
        for record in source.next(LETTERS_PER_READ).await? {
            from = record.offset + 1;
            written.extend(offset_of(&record.payload, region));
        }
    }
    Ok(written)
}

/// The offset that a letter is about, if it is one of these.
fn offset_of(payload: &[u8], region: &str) -> Option<u64> {
    let letter = DeadLetter::decode(payload).ok()?;
    let raw = letter.raw?;
    let is_ours = letter.reason == REASON && raw.source == SOURCE && raw.topic == log_topic(region);
    letter.field.strip_prefix(FIELD).filter(|_| is_ours)?.parse().ok()
}

/// Where records of the log come from, as letters say it.
fn log_topic(region: &str) -> String {
    format!("{}/{region}", topic::EVENTS)
}
