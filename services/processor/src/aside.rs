//! Records that a processor writes beside the picture, each once.
//!
//! Each is there before the checkpoint that includes what it is about, so none is lost. Who goes on from
//! an older checkpoint comes by the same ones again, and looks first which of them are there: so each is
//! there once, however often processors are killed. Only two that write a region at the same time may
//! write one twice, with the same key.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use stream::{Append, Bounds, Log, Sink, StreamError};

/// Bytes that are appended at a time.
const APPEND_BYTES_MAX: usize = 4 << 20;
/// Records that are read at a time.
const RECORDS_PER_READ: usize = 16;

/// Offset of the record of `events` that it is about, and which of those about it.
pub(crate) type Key = (u64, String);

/// A record of one of these topics.
pub(crate) trait Note {
    /// The topic.
    const TOPIC: &'static str;
    /// How many of them a standby keeps: the newest.
    const KEPT_MAX: usize;
    /// Among how many of the newest records one looks for those that are there.
    const LOOK_BACK: u64;
    fn key(&self) -> Key;
    /// As the log takes it: in so many bytes, if that can be.
    fn encode(self, bytes_max: usize) -> Bytes;
    /// Key of a record of the topic, if it is one of these.
    fn key_in(payload: &[u8], region: &str) -> Option<Key>;
}

/// What a region has to write to a topic, and its place there.
pub(crate) struct Aside<N> {
    region: String,
    waiting: VecDeque<N>,
    /// Opened for the first one.
    open: Option<Open>,
}

struct Open {
    sink: Box<dyn Sink>,
    /// Those of the newest that are there from before.
    written: BTreeSet<Key>,
}

impl<N: Note> Aside<N> {
    pub(crate) fn new(region: &str) -> Self {
        Self { region: region.to_owned(), waiting: VecDeque::new(), open: None }
    }

    /// Takes one that is to be written.
    pub(crate) fn add(&mut self, note: N) {
        self.waiting.push_back(note);
    }

    /// Lets go of all but some, where another processor writes them.
    pub(crate) fn bound(&mut self) {
        let more = self.waiting.len().saturating_sub(N::KEPT_MAX);
        self.waiting.drain(..more);
    }

    /// Forgets those before an offset, which are there.
    pub(crate) fn forget(&mut self, events_next: u64) {
        self.waiting.retain(|note| note.key().0 >= events_next);
    }

    /// Writes those that are not there yet.
    pub(crate) async fn write(&mut self, log: &dyn Log) -> Result<(), StreamError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let open = match self.open.take() {
            Some(open) => open,
            None => Open {
                sink: log.sink(N::TOPIC, &self.region).await?,
                written: written::<N>(log, &self.region).await?,
            },
        };
        let Open { sink, written } = &*self.open.insert(open);
        let record_bytes_max = sink.record_bytes_max();
        let (mut part, mut bytes) = (Vec::new(), 0);
        for note in self.waiting.drain(..) {
            let key = note.key();
            if written.contains(&key) {
                continue;
            }
            let record = note.encode(record_bytes_max);
            if record.len() > record_bytes_max {
                let (region, topic, offset) = (&self.region, N::TOPIC, key.0);
                tracing::error!(region, topic, offset, "the log takes no record as large as this");
                continue;
            }
            if bytes + record.len() > APPEND_BYTES_MAX.min(record_bytes_max) && !part.is_empty() {
                append(sink.as_ref(), std::mem::take(&mut part)).await?;
                bytes = 0;
            }
            bytes += record.len();
            part.push(record);
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

/// Keys of the newest that are there.
async fn written<N: Note>(log: &dyn Log, region: &str) -> Result<BTreeSet<Key>, StreamError> {
    let Bounds { first, next } = log.bounds(N::TOPIC, region).await?;
    let mut from = first.max(next.saturating_sub(N::LOOK_BACK));
    let mut written = BTreeSet::new();
    if from == next {
        return Ok(written);
    }
    let mut source = log.source(N::TOPIC, region, from).await?;
    while from < next {
        for record in source.next(RECORDS_PER_READ).await? {
            from = record.offset + 1;
            written.extend(N::key_in(&record.payload, region));
        }
    }
    Ok(written)
}
