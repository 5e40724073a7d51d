//! How records pass the log: when each came onto it, and of which trace it is.
//!
//! [`Passage::around`] puts this around a log. Within a process it is remembered by offset; what other
//! processes appended, Kafka says. Nothing of it is in a record, so records are the same whenever they
//! were appended.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use events::LogRecord;

use crate::log::topic;
use crate::trace::{Span, TraceContext, Tracer};
use crate::{Append, Bounds, Checkpoint, Log, Record, Sink, Source, StreamError};

/// Appends of a partition that are remembered: what is further behind is not measured.
const APPENDS_MAX: usize = 4_096;
/// Followed records of a partition that are remembered.
const FOLLOWED_MAX: usize = 256;
/// How often a reader lets others go first until an append is over, and then waits so long, so often.
const YIELDS: usize = 100;
const PAUSE: Duration = Duration::from_millis(1);
const PAUSES_MAX: usize = 1_000;

/// Says the time, milliseconds since 1970-01-01 UTC.
pub type PassageClock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What is known of how a record came onto the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// When it was appended, milliseconds since 1970-01-01 UTC.
    pub appended_ms: Option<i64>,
    /// When the event that it was made of was.
    pub event_appended_ms: Option<i64>,
    /// The last step of its trace, where it is followed.
    pub trace: Option<TraceContext>,
}

impl Passed {
    /// This, and of another what is missing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            appended_ms: self.appended_ms.or(other.appended_ms),
            event_appended_ms: self.event_appended_ms.or(other.event_appended_ms),
            trace: self.trace.or(other.trace),
        }
    }
}

/// A record to append with what may go with it.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    /// What it is the newest of, on a compacted topic.
    pub key: Option<Bytes>,
    /// The record.
    pub payload: Bytes,
    /// How what it is made of came here.
    pub passed: Passed,
}

/// What this process knows of the records that pass its log.
pub struct Passage {
    clock: PassageClock,
    tracer: Tracer,
    partitions: Mutex<BTreeMap<Partition, Arc<Mutex<Marks>>>>,
}

/// Topic and region.
type Partition = (String, String);

/// What is remembered of a topic's partition.
#[derive(Default)]
struct Marks {
    /// First offset, the one after the last, and when: by offset.
    appends: VecDeque<(u64, u64, i64)>,
    /// Offset and step of records that are followed.
    followed: VecDeque<(u64, TraceContext)>,
    /// Appends that are not over.
    pending: usize,
}

impl Marks {
    fn append(&mut self, first: u64, count: u64, now_ms: i64) {
        // Feeds append at the same time, and may come here in another order.
        let place = self.appends.partition_point(|(other, ..)| *other <= first);
        self.appends.insert(place, (first, first + count, now_ms));
        if self.appends.len() > APPENDS_MAX {
            self.appends.pop_front();
        }
    }

    fn follow(&mut self, offset: u64, step: TraceContext) {
        if self.followed.len() == FOLLOWED_MAX {
            self.followed.pop_front();
        }
        self.followed.push_back((offset, step));
    }

    fn appended_ms(&self, offset: u64) -> Option<i64> {
        let place = self.appends.partition_point(|(first, ..)| *first <= offset);
        let (_, next, at_ms) = self.appends.get(place.checked_sub(1)?)?;
        (offset < *next).then_some(*at_ms)
    }

    /// Whether a record that is there may be one of an append that is not over.
    fn is_early(&self, offset: u64) -> bool {
        self.pending > 0 && self.appends.back().is_none_or(|(_, next, _)| offset >= *next)
    }

    fn step(&self, offset: u64) -> Option<TraceContext> {
        let mut newest = self.followed.iter().rev();
        newest.find(|(followed, _)| *followed == offset).map(|(_, step)| *step)
    }
}

fn lock(marks: &Mutex<Marks>) -> std::sync::MutexGuard<'_, Marks> {
    marks.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Passage {
    /// Puts it around a log: [`Log::passage`] of that gives it to all who read and write there.
    pub fn around(log: Arc<dyn Log>, clock: PassageClock, tracer: Tracer) -> Arc<dyn Log> {
        let passage = Arc::new(Self { clock, tracer, partitions: Mutex::default() });
        Arc::new(Passing { log, passage })
    }

    /// The time now, milliseconds since 1970-01-01 UTC.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Where spans go.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    fn marks(&self, topic: &str, region: &str) -> Arc<Mutex<Marks>> {
        let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(partitions.entry((topic.to_owned(), region.to_owned())).or_default())
    }

    /// Remembers the step that applied an event, for who reads what came of it here.
    pub fn applied(&self, region: &str, event: u64, step: TraceContext) {
        lock(&self.marks(APPLIED, region)).follow(event, step);
    }

    /// What is known of changes that the event at an offset made: by that event, as far as it passed
    /// here.
    pub fn of_event(&self, region: &str, event: u64) -> Passed {
        Passed {
            appended_ms: None,
            event_appended_ms: lock(&self.marks(topic::EVENTS, region)).appended_ms(event),
            trace: lock(&self.marks(APPLIED, region)).step(event),
        }
    }
}

/// Stands for a topic: steps that applied events, by the event's offset.
const APPLIED: &str = "";

/// Topics on which it is of interest.
fn is_measured(topic: &str) -> bool {
    [topic::EVENTS, topic::PICTURE].contains(&topic)
}

/// A log whose records are watched on their way.
struct Passing {
    log: Arc<dyn Log>,
    passage: Arc<Passage>,
}

#[async_trait]
impl Log for Passing {
    fn epoch(&self) -> &str {
        self.log.epoch()
    }

    fn is_compacted(&self, topic: &str) -> bool {
        self.log.is_compacted(topic)
    }

    fn passage(&self) -> Option<&Arc<Passage>> {
        Some(&self.passage)
    }

    async fn sink(&self, topic: &str, partition: &str) -> Result<Box<dyn Sink>, StreamError> {
        let sink = self.log.sink(topic, partition).await?;
        if !is_measured(topic) {
            return Ok(sink);
        }
        let passage = Arc::clone(&self.passage);
        let marks = passage.marks(topic, partition);
        let region = partition.to_owned();
        Ok(Box::new(PassingSink { sink, passage, marks, region, begins: topic == topic::EVENTS }))
    }

    async fn source(
        &self,
        topic: &str,
        partition: &str,
        from: u64,
    ) -> Result<Box<dyn Source>, StreamError> {
        let source = self.log.source(topic, partition, from).await?;
        if !is_measured(topic) {
            return Ok(source);
        }
        let marks = self.passage.marks(topic, partition);
        Ok(Box::new(PassingSource { source, marks, read: VecDeque::new() }))
    }

    async fn bounds(&self, topic: &str, partition: &str) -> Result<Bounds, StreamError> {
        self.log.bounds(topic, partition).await
    }

    async fn save_checkpoint(
        &self,
        partition: &str,
        checkpoint: Checkpoint,
    ) -> Result<(), StreamError> {
        self.log.save_checkpoint(partition, checkpoint).await
    }

    async fn checkpoint(&self, partition: &str) -> Result<Option<Checkpoint>, StreamError> {
        self.log.checkpoint(partition).await
    }

    async fn checkpoint_next(&self, partition: &str) -> Result<Option<u64>, StreamError> {
        self.log.checkpoint_next(partition).await
    }

    async fn cursor(&self, partition: &str, key: &str) -> Result<Option<Bytes>, StreamError> {
        self.log.cursor(partition, key).await
    }

    async fn close(&self) -> Result<(), StreamError> {
        self.log.close().await
    }
}

struct PassingSink {
    sink: Box<dyn Sink>,
    passage: Arc<Passage>,
    marks: Arc<Mutex<Marks>>,
    region: String,
    /// Whether traces begin here.
    begins: bool,
}

/// Counts an append while it lasts, however it ends.
struct Pending<'a>(&'a Mutex<Marks>);

impl<'a> Pending<'a> {
    fn new(marks: &'a Mutex<Marks>) -> Self {
        lock(marks).pending += 1;
        Self(marks)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        lock(self.0).pending -= 1;
    }
}

/// An event that is followed from here: its place in the append, its first step and itself.
type Begun = (usize, TraceContext, Bytes);

impl PassingSink {
    fn begin(&self, records: &[Bytes]) -> Vec<Begun> {
        let begun =
            records.iter().enumerate().filter(|_| self.begins).filter_map(|(at, record)| {
                self.passage.tracer.begin().map(|step| (at, step, record.clone()))
            });
        begun.collect()
    }

    /// Remembers an append that is over.
    fn note(&self, first: u64, count: usize, begun: Vec<Begun>) {
        if count == 0 {
            return;
        }
        let now_ms = self.passage.now_ms();
        {
            let mut marks = lock(&self.marks);
            marks.append(first, count as u64, now_ms);
            for (at, step, _) in &begun {
                marks.follow(first + *at as u64, *step);
            }
        }
        for (_, context, record) in begun {
            // A status or a tally was received by nobody: it begins when it is logged.
            let event = match LogRecord::decode(&record) {
                Ok(LogRecord::Event(event)) => Some(event),
                _ => None,
            };
            let mut attributes = vec![("tilanne.region", self.region.clone())];
            let mut start_ms = now_ms;
            if let Some(event) = event {
                start_ms = event.received_time_ms.min(now_ms);
                attributes.push(("tilanne.feed", event.feed.to_string()));
                attributes.push(("tilanne.entity", event.entity.to_string()));
                attributes.push(("tilanne.event_time_ms", event.event_time_ms.to_string()));
            }
            let name = "log";
            let end_ms = now_ms;
            let span = Span { context, parent: None, name, start_ms, end_ms, attributes };
            self.passage.tracer.tell(span);
        }
    }
}

#[async_trait]
impl Sink for PassingSink {
    async fn append(&self, append: Append) -> Result<u64, StreamError> {
        let _pending = Pending::new(&self.marks);
        let begun = self.begin(&append.records);
        let count = append.records.len();
        let first = if begun.is_empty() {
            self.sink.append(append).await?
        } else {
            let Append { records, cursor } = append;
            let parcel = |payload| Parcel { payload, ..Parcel::default() };
            let mut parcels: Vec<Parcel> = records.into_iter().map(parcel).collect();
            for (at, step, _) in &begun {
                parcels[*at].passed.trace = Some(*step);
            }
            self.sink.append_parcels(parcels, cursor).await?
        };
        self.note(first, count, begun);
        Ok(first)
    }

    async fn append_keyed(&self, records: Vec<(Bytes, Bytes)>) -> Result<u64, StreamError> {
        let _pending = Pending::new(&self.marks);
        let count = records.len();
        let first = self.sink.append_keyed(records).await?;
        self.note(first, count, Vec::new());
        Ok(first)
    }

    async fn append_parcels(
        &self,
        parcels: Vec<Parcel>,
        cursor: Option<(String, Bytes)>,
    ) -> Result<u64, StreamError> {
        let _pending = Pending::new(&self.marks);
        let count = parcels.len();
        let first = self.sink.append_parcels(parcels, cursor).await?;
        self.note(first, count, Vec::new());
        Ok(first)
    }

    fn record_bytes_max(&self) -> usize {
        self.sink.record_bytes_max()
    }

    async fn flush(&self) -> Result<(), StreamError> {
        self.sink.flush().await
    }
}

struct PassingSource {
    source: Box<dyn Source>,
    marks: Arc<Mutex<Marks>>,
    /// Read and not given yet.
    read: VecDeque<Record>,
}

impl PassingSource {
    /// Whether what was read is there before it is known how it came.
    fn is_early(&self) -> bool {
        let last = self.read.back().map(|record| record.offset);
        last.is_some_and(|offset| {
            lock(&self.marks).is_early(offset) && self.source.passed(offset).appended_ms.is_none()
        })
    }
}

#[async_trait]
impl Source for PassingSource {
    async fn next(&mut self, records_max: usize) -> Result<Vec<Record>, StreamError> {
        if self.read.is_empty() {
            self.read = self.source.next(records_max).await?.into();
        }
        // The append that it came with is over in a moment; if not, its way is not measured.
        for attempt in 0..YIELDS + PAUSES_MAX {
            if !self.is_early() {
                break;
            }
            if attempt < YIELDS {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(PAUSE).await;
            }
        }
        let count = self.read.len().min(records_max.max(1));
        Ok(self.read.drain(..count).collect())
    }

    fn passed(&self, offset: u64) -> Passed {
        let marks = lock(&self.marks);
        let (appended_ms, trace) = (marks.appended_ms(offset), marks.step(offset));
        self.source.passed(offset).or(Passed { appended_ms, event_appended_ms: None, trace })
    }
}
