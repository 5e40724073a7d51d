//! A recording as the source of one feed, at its own pace or faster.
//!
//! | option | default | meaning |
//! | --- | --- | --- |
//! | `path` | | the recording, or a dump of MQTT messages, one a line |
//! | `feed` | the feed's name | whose records to take |
//! | `speed` | 1 | received seconds a second, 0.01 to 10,000, or `"max"` |
//! | `looped` | false | begin again at the end |
//! | `clock` | `present` | `present`: times move so that each pass begins now; `recorded`: as they are |
//!
//! All feeds of a recording together, in their common order, are what the player is for. Lines of a
//! dump that do not say when they were received are received now.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use events::RawRecord;
use serde::Deserialize;
use stream::recording::Reader;
use stream::{Speed, StreamError};
use tokio::time::{Instant, sleep_until};

use super::{Arrival, SourceContext, Transport, TransportError, TransportKind, options};
use crate::ahead::{self, Records};
use crate::format::{OptionsError, dump};
use crate::playback::PlayerClock;

/// Largest dump, bytes: it is read whole.
const DUMP_BYTES_MAX: u64 = 256 << 20;
/// Longest sleep between two records: a damaged time must not stop the feed for good.
const SLEEP_MAX: Duration = Duration::from_hours(1);
/// Pause before a file that cannot be read is tried again, and between two passes.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: PathBuf,
    feed: Option<String>,
    #[serde(default)]
    speed: Speed,
    #[serde(default)]
    looped: bool,
    #[serde(default = "default_clock")]
    clock: PlayerClock,
}

fn default_clock() -> PlayerClock {
    PlayerClock::Present
}

/// The kind; see the module.
pub(super) struct File;

impl TransportKind for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn check(&self, options: &toml::Table) -> Result<Vec<String>, OptionsError> {
        options::parse::<Options>(options).map(|_| Vec::new())
    }

    fn open(
        &self,
        context: SourceContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Transport>, TransportError> {
        let options: Options = options::parse(options)?;
        let feed = options.feed.clone().unwrap_or_else(|| context.feed.to_string());
        Ok(Box::new(Pass { context, options, feed, state: State::Closed(Instant::now()) }))
    }
}

/// Reads the recording again and again, or once.
struct Pass {
    context: SourceContext,
    options: Options,
    feed: String,
    state: State,
}

/// A record, and whether it says when it was received.
type Read = (RawRecord, bool);

enum State {
    /// Opens the file then.
    Closed(Instant),
    /// Reads; the first record's time as recorded and when it was given.
    Open(Records<Result<Read, TransportError>>, Option<(i64, Instant, i64)>),
    Ended,
}

#[async_trait]
impl Transport for Pass {
    async fn next(&mut self) -> Result<Arrival, TransportError> {
        loop {
            match &mut self.state {
                State::Ended => return Ok(Arrival::Ended),
                State::Closed(at) => {
                    sleep_until(*at).await;
                    let records = read_ahead(self.options.path.clone(), self.feed.clone());
                    self.state = State::Open(records, None);
                    return Ok(Arrival::Connected);
                }
                State::Open(records, start) => {
                    let Some(raw) = records.next().await else {
                        self.state = if self.options.looped {
                            State::Closed(Instant::now() + AGAIN_AFTER)
                        } else {
                            State::Ended
                        };
                        continue;
                    };
                    let raw = match raw {
                        Ok((raw, true)) => raw,
                        Ok((raw, false)) => {
                            return Ok(Arrival::Record(self.received_now(raw), 0));
                        }
                        Err(error) => {
                            // What is cut off is as good as at its end: from the beginning again it would
                            // be played as new.
                            let is_over = start.is_some() && !self.options.looped;
                            self.state = if is_over {
                                State::Ended
                            } else {
                                State::Closed(Instant::now() + 60 * AGAIN_AFTER)
                            };
                            return Err(error);
                        }
                    };
                    let now =
                        || (raw.received_time_ms, Instant::now(), self.context.clock.now_ms());
                    let &mut (first_ms, started, started_ms) = start.get_or_insert_with(now);
                    let played_ms = raw.received_time_ms.saturating_sub(first_ms);
                    wait(started, played_ms, self.options.speed).await;
                    let shift_ms = match self.options.clock {
                        PlayerClock::Recorded => 0,
                        PlayerClock::Present => started_ms.saturating_sub(first_ms),
                    };
                    return Ok(Arrival::Record(self.own(raw), shift_ms));
                }
            }
        }
    }
}

impl Pass {
    fn received_now(&self, raw: RawRecord) -> RawRecord {
        self.context.raw(&raw.topic, raw.payload)
    }

    /// The record as one of this source.
    fn own(&self, mut raw: RawRecord) -> RawRecord {
        raw.feed = self.context.feed.to_string();
        raw.source = self.context.source.to_string();
        raw
    }
}

async fn wait(started: Instant, played_ms: i64, speed: Speed) {
    let Speed::Times(times) = speed else { return };
    let played_ms = u64::try_from(played_ms).unwrap_or_default();
    let after = Duration::try_from_secs_f64(played_ms as f64 / 1_000.0 / times);
    let due = after.ok().and_then(|after| started.checked_add(after));
    let latest = Instant::now() + SLEEP_MAX;
    sleep_until(due.map_or(latest, |due| due.min(latest))).await;
}

/// Reads one feed's records on a thread of their own.
fn read_ahead(path: PathBuf, feed: String) -> Records<Result<Read, TransportError>> {
    ahead::read_ahead(move |ahead| {
        let failed = |error: StreamError| {
            let message = error.to_string();
            TransportError::File { path: path.clone(), message }
        };
        let records = match Reader::open(&path) {
            Ok(reader) => reader,
            Err(error) => {
                // It is no recording, so it may be a dump.
                match read_dump(&path) {
                    Some(dump) => {
                        // Its bytes are there already.
                        dump.into_iter().all(|read| ahead.put(Ok(read), 0));
                    }
                    None => {
                        ahead.put(Err(failed(error)), 0);
                    }
                }
                return;
            }
        };
        for raw in records {
            let is_other = raw.as_ref().is_ok_and(|raw| raw.feed != feed);
            let bytes = raw.as_ref().map_or(0, |raw| raw.payload.len());
            let read = raw.map(|raw| (raw, true)).map_err(failed);
            if !is_other && !ahead.put(read, bytes) {
                return;
            }
        }
    })
}

/// The messages of a dump, when the file is one.
fn read_dump(path: &Path) -> Option<Vec<Read>> {
    let is_small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= DUMP_BYTES_MAX);
    let bytes = Bytes::from(if is_small { std::fs::read(path).ok()? } else { return None });
    let read = |(received_ms, topic, payload): dump::DumpLine<'_>| {
        let raw = RawRecord {
            topic: topic.to_owned(),
            received_time_ms: received_ms.unwrap_or_default(),
            payload: bytes.slice_ref(payload),
            ..RawRecord::default()
        };
        (raw, received_ms.is_some())
    };
    Some(dump::lines(&bytes)?.map(read).collect())
}
