//! Where the records of a region go: its partitions of the topics `events` and `dead-letter`.

use std::sync::Arc;

use bytes::Bytes;
use events::{DeadLetter, LogRecord};
use metrics::histogram;
use prost::Message;
use stream::{Append, Log, Sink, StreamError, topic};

use crate::metric;

/// Most bytes of one append. Larger batches gain nothing, make readers wait, and a log refuses
/// those that are over its own bounds.
const APPEND_BYTES_MAX: usize = 4 << 20;

/// The writing ends of one region, shared by its feeds.
#[derive(Clone)]
pub(crate) struct Outlet {
    region: String,
    events: Arc<dyn Sink>,
    dead_letters: Arc<dyn Sink>,
}

impl Outlet {
    pub(crate) async fn open(log: &dyn Log, region: &str) -> Result<Self, StreamError> {
        Ok(Self {
            region: region.to_owned(),
            events: log.sink(topic::EVENTS, region).await?.into(),
            dead_letters: log.sink(topic::DEAD_LETTER, region).await?.into(),
        })
    }

    /// Appends what came of some input, in parts when there is much.
    pub(crate) async fn append(
        &self,
        records: &[LogRecord],
        letters: &[DeadLetter],
    ) -> Result<(), StreamError> {
        self.append_letters(letters).await?;
        let records = records.iter().map(|record| record.encode().into()).collect();
        self.append_events(records, None).await
    }

    /// Appends encoded records with how far the input was read: as one unit, unless they are more
    /// than a log takes at once; then the position goes with the last part.
    pub(crate) async fn append_events(
        &self,
        records: Vec<Bytes>,
        cursor: Option<(String, Bytes)>,
    ) -> Result<(), StreamError> {
        let mut part = Vec::new();
        let mut bytes = 0;
        for record in records {
            if bytes + record.len() > APPEND_BYTES_MAX && !part.is_empty() {
                self.append_part(std::mem::take(&mut part), None).await?;
                bytes = 0;
            }
            bytes += record.len();
            part.push(record);
        }
        if part.is_empty() { Ok(()) } else { self.append_part(part, cursor).await }
    }

    async fn append_part(
        &self,
        records: Vec<Bytes>,
        cursor: Option<(String, Bytes)>,
    ) -> Result<(), StreamError> {
        histogram!(metric::APPEND, "region" => self.region.clone()).record(records.len() as f64);
        self.events.append(Append { records, cursor }).await.map(|_| ())
    }

    /// Appends dead letters. They come before the tally that counts them, so that what is counted
    /// as rejected can be found.
    pub(crate) async fn append_letters(&self, letters: &[DeadLetter]) -> Result<(), StreamError> {
        for letter in letters {
            let append = |letter: &DeadLetter| {
                let records = vec![letter.encode_to_vec().into()];
                self.dead_letters.append(Append { records, cursor: None })
            };
            match append(letter).await {
                Err(StreamError::TooLarge { .. }) => append(&without_payload(letter)).await?,
                appended => appended?,
            };
        }
        Ok(())
    }

    /// Waits until everything is durable.
    pub(crate) async fn flush(&self) -> Result<(), StreamError> {
        self.dead_letters.flush().await?;
        self.events.flush().await
    }
}

/// A letter for a log that is set to take only small records.
fn without_payload(letter: &DeadLetter) -> DeadLetter {
    let mut letter = letter.clone();
    if let Some(raw) = &mut letter.raw {
        let bytes = raw.payload.len();
        raw.payload.clear();
        letter.message = format!("{} (payload of {bytes} bytes left out)", letter.message);
    }
    letter
}
