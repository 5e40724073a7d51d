//! Where the records of a region go: its partitions of the topics `events` and `dead-letter`.

use std::sync::Arc;

use bytes::Bytes;
use events::{DeadLetter, LogRecord, RawRecord};
use metrics::{counter, histogram};
use prost::Message;
use stream::{Append, Log, Sink, StreamError, topic};

use crate::hold::{HeldSink, Hold};
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
    /// Where they are wanted as they were received.
    raw: Option<Arc<dyn Sink>>,
}

impl Outlet {
    pub(crate) async fn open(
        log: &dyn Log,
        region: &str,
        log_raw: bool,
        hold: Option<&Arc<Hold>>,
    ) -> Result<Self, StreamError> {
        let open = async |topic| -> Result<Arc<dyn Sink>, StreamError> {
            let sink: Arc<dyn Sink> = log.sink(topic, region).await?.into();
            Ok(match hold.map(Arc::clone) {
                Some(hold) => Arc::new(HeldSink { sink, hold }),
                None => sink,
            })
        };
        Ok(Self {
            raw: if log_raw { Some(open(topic::RAW).await?) } else { None },
            region: region.to_owned(),
            events: open(topic::EVENTS).await?,
            dead_letters: open(topic::DEAD_LETTER).await?,
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
        let sink = self.dead_letters.as_ref();
        let mut rest = letters;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|letter| {
                bytes += letter.encoded_len();
                bytes <= APPEND_BYTES_MAX
            });
            let (part, after) = rest.split_at(fits.count().max(1));
            rest = after;
            let encoded = |letters: &[DeadLetter]| Append {
                records: letters.iter().map(|letter| letter.encode_to_vec().into()).collect(),
                cursor: None,
            };
            match sink.append(encoded(part)).await {
                Err(StreamError::TooLarge { .. }) => {}
                appended => {
                    appended?;
                    continue;
                }
            }
            // One of them is too large: the others stay whole.
            for letter in part {
                match sink.append(encoded(std::slice::from_ref(letter))).await {
                    Err(StreamError::TooLarge { .. }) => {
                        sink.append(encoded(&[without_payload(letter)])).await?
                    }
                    appended => appended?,
                };
            }
        }
        Ok(())
    }

    /// Whether records are wanted as they were received.
    pub(crate) fn wants_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// Appends encoded records as they were received, where they are wanted. They come before what is
    /// made of them. One that a log does not take is a dead letter, and is found there.
    pub(crate) async fn append_raw(&self, records: Vec<Bytes>) -> Result<(), StreamError> {
        let Some(raw) = &self.raw else { return Ok(()) };
        let mut part = Vec::new();
        let mut bytes = 0;
        for record in records {
            if bytes + record.len() > APPEND_BYTES_MAX && !part.is_empty() {
                append_part(raw.as_ref(), std::mem::take(&mut part)).await?;
                bytes = 0;
            }
            bytes += record.len();
            part.push(record);
        }
        if part.is_empty() { Ok(()) } else { append_part(raw.as_ref(), part).await }
    }

    /// Waits until everything is durable.
    pub(crate) async fn flush(&self) -> Result<(), StreamError> {
        if let Some(raw) = &self.raw {
            raw.flush().await?;
        }
        self.dead_letters.flush().await?;
        self.events.flush().await
    }
}

/// A record as it was received, for the log.
pub(crate) fn encode_raw(raw: &RawRecord) -> Bytes {
    raw.encode_to_vec().into()
}

async fn append_part(sink: &dyn Sink, records: Vec<Bytes>) -> Result<(), StreamError> {
    let append = |records| sink.append(Append { records, cursor: None });
    match append(records.clone()).await {
        Err(StreamError::TooLarge { .. }) => {}
        appended => return appended.map(|_| ()),
    }
    // One of them is too large: the others go on by themselves.
    for record in records {
        match append(vec![record]).await {
            Err(StreamError::TooLarge { bytes, bytes_max }) => {
                tracing::warn!(bytes, bytes_max, "a record is too large to be logged as received");
                counter!(metric::RAW_LEFT_OUT).increment(1);
            }
            appended => appended.map(|_| ())?,
        }
    }
    Ok(())
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
