//! The events themselves, as they are in the log: from now, from a moment or from where a reader
//! was. Each reader reads the log at its own speed and keeps nothing but its place.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use events::{Event, LogRecord, Text};
use rustc_hash::FxHashSet;
use serde::Serialize;
use stream::{Bounds, Log, Source, StreamError, topic};
use tokio::time::{Instant, timeout, timeout_at};

use super::cursor::EventCursor;
use super::logged::{self, KINDS, Logged};
use crate::app::App;
use crate::live::LiveRegion;
use crate::problem::Problem;
use crate::select::{Asked, Selection};

/// Records read at a time.
const RECORDS_PER_READ: usize = 256;

/// Most records that are looked through before a reader is told how far it is: some 50 ms.
const RECORDS_PER_BATCH: usize = 16_384;

/// Longest time without a message: a reader that sees nothing of what it asked for still learns
/// that it is there, and how far.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// A client that takes longer for what was read is slow. To open the log anew takes about as long.
const PROMPT: Duration = Duration::from_millis(250);

/// Records around an offset among which one says when it was received: a tally does not.
const RECORDS_WITH_TIME: usize = 64;

/// What a reader says of the events it wants.
#[derive(Debug, Default)]
pub(crate) struct EventsAsked {
    pub(crate) kinds: Option<Vec<String>>,
    pub(crate) feeds: Option<Vec<String>>,
    /// Where it was. One of the three, or none for what comes from now on.
    pub(crate) cursor: Option<String>,
    pub(crate) offset: Option<u64>,
    /// When the events were received, from here on.
    pub(crate) time_ms: Option<i64>,
    pub(crate) of: Asked,
}

/// Events in the order of the log, and how far that brings the reader; without events only that.
#[derive(Debug, Serialize)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) region: Text,
    pub(crate) epoch: Text,
    pub(crate) cursor: String,
    pub(crate) events: Vec<Arc<Logged>>,
}

impl Batch {
    /// When the first of them was received.
    pub(super) fn oldest_ms(&self) -> Option<i64> {
        self.events.first().map(|logged| logged.event.received_time_ms)
    }
}

/// A reader of the events of a region.
pub(crate) struct EventReader {
    id: String,
    live: Arc<LiveRegion>,
    log: Arc<dyn Log>,
    /// None while a client is slow.
    source: Option<Box<dyn Source>>,
    epoch: Text,
    next: u64,
    /// Of the last record that was read.
    check: u32,
    kinds: Vec<&'static str>,
    feeds: Option<FxHashSet<Text>>,
    /// No event received before is wanted.
    from_ms: Option<i64>,
    selection: Selection,
}

impl EventReader {
    /// Opens the log where the reader wants to begin.
    pub(crate) async fn open(
        id: String,
        app: &App,
        live: &Arc<LiveRegion>,
        asked: &EventsAsked,
    ) -> Result<Self, Problem> {
        if asked.of.filter.is_some() {
            let detail =
                "unknown field `filter`: events are told apart by kinds, feeds, ids and place";
            return Err(Problem::bad_request(detail));
        }
        let kinds = kinds(asked.kinds.as_deref())?;
        let selection = Selection::watched(&asked.of, Vec::new(), live)?;
        let feeds = asked.feeds.as_deref();
        let feeds = feeds.map(|feeds| feeds.iter().map(Text::from).collect());
        let log = app.log(live)?;
        let region = &live.region().id;
        let (next, check) = start(log.as_ref(), region, asked).await?;
        let source = log.source(topic::EVENTS, region, next).await;
        Ok(Self {
            id,
            live: Arc::clone(live),
            log: Arc::clone(log),
            source: Some(source.map_err(|error| failed(&error))?),
            epoch: log.epoch().into(),
            next,
            check,
            kinds,
            feeds,
            from_ms: asked.time_ms,
            selection,
        })
    }

    /// The next events; waits for some, but not for long. Cancel-safe: what a dropped call has
    /// looked through had nothing.
    pub(crate) async fn next(&mut self) -> Result<Batch, Problem> {
        let quiet_until = Instant::now() + QUIET_MAX;
        let looked_through_until = self.next + RECORDS_PER_BATCH as u64;
        let mut events = Vec::new();
        while events.is_empty() && self.next < looked_through_until {
            match timeout_at(quiet_until, self.read()).await {
                Ok(read) => events = read?,
                Err(_) => break,
            }
        }
        Ok(self.batch(events))
    }

    /// Waits until a client has taken something. Who takes long lets go of the log meanwhile: those who
    /// read far from its end are only so many at a time, and others wait for their turn.
    pub(super) async fn while_taken<T>(&mut self, taking: impl Future<Output = T>) -> T {
        let mut taking = pin!(taking);
        if let Ok(taken) = timeout(PROMPT, taking.as_mut()).await {
            return taken;
        }
        self.source = None;
        taking.await
    }

    /// Events that are there now, and the cursor after them; waits for none.
    pub(crate) async fn page(&mut self) -> Result<(Vec<Arc<Logged>>, String), Problem> {
        let bounds = self.log.bounds(topic::EVENTS, &self.live.region().id).await;
        let end = bounds.map_err(|error| failed(&error))?.next;
        let looked_through_until = end.min(self.next + RECORDS_PER_BATCH as u64);
        let mut events = Vec::new();
        while events.len() < RECORDS_PER_READ && self.next < looked_through_until {
            events.append(&mut self.read().await?);
        }
        Ok((events, self.cursor().to_string()))
    }

    /// These events, with where they bring the reader.
    pub(crate) fn batch(&self, events: Vec<Arc<Logged>>) -> Batch {
        Batch {
            id: self.id.clone(),
            region: self.live.region().id.clone(),
            epoch: self.epoch.clone(),
            cursor: self.cursor().to_string(),
            events,
        }
    }

    /// The wanted ones of the next records; waits for some records. Cancel-safe.
    async fn read(&mut self) -> Result<Vec<Arc<Logged>>, Problem> {
        // Where there are many, others get their turn between two reads.
        tokio::task::yield_now().await;
        let region = &self.live.region().id;
        let source = if let Some(source) = &mut self.source {
            source
        } else {
            let opened = self.log.source(topic::EVENTS, region, self.next).await;
            self.source.insert(opened.map_err(|error| failed(&error))?)
        };
        let records = source.next(RECORDS_PER_READ).await.map_err(|error| failed(&error))?;
        if let Some(last) = records.last() {
            self.check = logged::check(last);
        }
        let mut events = Vec::new();
        for record in records {
            self.next = record.offset + 1;
            match self.live.recent_events().event(&record, &self.epoch) {
                Ok(logged) => events.extend(logged.filter(|logged| self.wants(&logged.event))),
                // As the processor does, which parks it: nobody would come past it.
                Err(error) => {
                    self.live.recent_events().leave_out(region, record.offset, &error);
                }
            }
        }
        Ok(events)
    }

    fn cursor(&self) -> EventCursor {
        let Self { epoch, next, check, .. } = self;
        EventCursor { epoch: epoch.clone(), next: *next, check: *check }
    }

    fn wants(&self, event: &Event) -> bool {
        self.kinds.contains(&logged::kind(&event.body))
            && self.feeds.as_ref().is_none_or(|feeds| feeds.contains(&event.feed))
            && self.from_ms.is_none_or(|from_ms| event.received_time_ms >= from_ms)
            && self.selection.has_event(event, &self.live)
    }
}

/// Offset to begin at, and what stands for the record before, if it is known.
async fn start(log: &dyn Log, region: &str, asked: &EventsAsked) -> Result<(u64, u32), Problem> {
    let said = [asked.cursor.is_some(), asked.offset.is_some(), asked.time_ms.is_some()];
    if said.into_iter().filter(|&is_said| is_said).count() > 1 {
        return Err(Problem::bad_request("say one of cursor, offset and time_ms"));
    }
    let bounds = log.bounds(topic::EVENTS, region).await.map_err(|error| failed(&error))?;
    if let Some(time_ms) = asked.time_ms {
        // Times of reception differ by less than a second from those before them, so what is searched
        // for is a second earlier; what is too early is left out when it is read.
        let next = seek(log, region, bounds, time_ms.saturating_sub(1_000)).await;
        return next.map(|next| (next, 0)).map_err(|error| failed(&error));
    }
    if let Some(cursor) = &asked.cursor {
        let cursor: EventCursor = cursor.parse()?;
        check_cursor(log, region, bounds, &cursor).await?;
        return Ok((cursor.next, cursor.check));
    }
    let next = asked.offset.unwrap_or(bounds.next);
    let Bounds { first, next: end } = bounds;
    if next < first {
        let detail = format!("events before offset {first} are gone; begin there, or later");
        return Err(Problem::new(StatusCode::GONE, detail));
    }
    if next > end {
        let detail = format!("there is no offset {next} yet; the next event gets {end}");
        return Err(Problem::bad_request(detail));
    }
    Ok((next, 0))
}

/// Whether a reader can go on at a cursor. Events are told before they are durable: a crash can take
/// the last ones with it, and others get their numbers.
async fn check_cursor(
    log: &dyn Log,
    region: &str,
    bounds: Bounds,
    cursor: &EventCursor,
) -> Result<(), Problem> {
    let gone = |what: &str| {
        let detail = format!("cursor: {what}; start anew with time_ms, or with none");
        Err(Problem::new(StatusCode::GONE, detail))
    };
    if cursor.epoch != log.epoch() {
        return gone("it is of another log");
    }
    if cursor.next < bounds.first {
        return gone(&format!("the events after it are gone, the oldest is {}", bounds.first));
    }
    if cursor.next > bounds.next {
        return gone("a crash has taken the end of the log that it is of");
    }
    let before = cursor.next.checked_sub(1).filter(|&before| before >= bounds.first);
    let Some(before) = before.filter(|_| cursor.check != 0) else {
        return Ok(());
    };
    let read = async {
        let mut source = log.source(topic::EVENTS, region, before).await?;
        source.next(1).await
    };
    let records = read.await.map_err(|error| failed(&error))?;
    if records.first().map(logged::check) != Some(cursor.check) {
        return gone("a crash has taken the end of the log that it is of");
    }
    Ok(())
}

/// The first offset from which on events are received at a time or later. Several feeds write, and
/// their times of reception differ by less than a second; readers leave out what is earlier.
async fn seek(
    log: &dyn Log,
    region: &str,
    bounds: Bounds,
    time_ms: i64,
) -> Result<u64, StreamError> {
    let (mut low, mut high) = (bounds.first, bounds.next);
    while low < high {
        let middle = low.midpoint(high);
        let mut source = log.source(topic::EVENTS, region, middle).await?;
        let left = usize::try_from(high - middle).unwrap_or(usize::MAX);
        let records = source.next(left.min(RECORDS_WITH_TIME)).await?;
        let received = records.iter().find_map(|record| match LogRecord::decode(&record.payload) {
            Ok(LogRecord::Event(event)) => Some(event.received_time_ms),
            Ok(LogRecord::FeedStatus(status)) => Some(status.received_time_ms),
            Ok(LogRecord::Tally(_)) | Err(_) => None,
        });
        // Where none says a time the search goes on before them, which only reads more.
        match received {
            Some(received_ms) if received_ms < time_ms => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

fn kinds(asked: Option<&[String]>) -> Result<Vec<&'static str>, Problem> {
    let Some(asked) = asked else {
        return Ok(KINDS.to_vec());
    };
    let known = |name: &String| {
        KINDS.into_iter().find(|kind| kind == name).ok_or_else(|| {
            let detail = format!("kinds: no kind {name:?}; there are {}", KINDS.join(", "));
            Problem::bad_request(detail)
        })
    };
    asked.iter().map(known).collect()
}

fn failed(error: &StreamError) -> Problem {
    match error {
        StreamError::Gone { first, .. } => {
            let detail = format!("the reader was too slow; the oldest event is at offset {first}");
            Problem::new(StatusCode::GONE, detail)
        }
        error => Problem::internal(error),
    }
}
