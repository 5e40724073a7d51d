//! The recorder: follows a topic of a region and writes it down, stretch by stretch.
//!
//! A stretch is gathered in memory as columns, bounded in rows and bytes, and written when it is
//! large or old enough, when a day begins, and at shutdown. Before it is written the log has it on
//! its disk, so that a crash never takes from the log what the archive has under the same numbers. A
//! store that fails, or is full, is tried again; meanwhile the recorder reads no further, and what
//! comes waits in the log. What retention takes from there meanwhile is counted as lost.

mod gather;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use bytes::Bytes;
use metrics::{counter, gauge};
use stream::{Log, Record, Source, StreamError};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::checkpoint::Saved;
use crate::file::{self, Layout, Parts};
use crate::{Archive, ArchiveError, Day, Kind, Segment, Topic};
use gather::{Decoded, Gather};

/// Records that are read at a time.
const RECORDS_PER_READ: usize = 1_024;
/// Pauses between attempts to write.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_mins(1);
/// Ends of reads that are remembered with their times, to say when a checkpoint was received: more
/// than fit in the time between a checkpoint and its copy.
const MARKS_MAX: usize = 4_096;

/// What a recorder has done when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Rows that were written.
    pub rows: u64,
    /// Bytes of files that were written.
    pub bytes: u64,
    /// Records that retention had taken from the log before they were read.
    pub lost: u64,
    /// Offset at which the next one goes on.
    pub next: u64,
}

/// Records a topic of a region until shutdown; then writes what it has, unless that fails.
///
/// An error is one of the log: start it again. Errors of the store are waited out.
pub async fn record(
    archive: Arc<Archive>,
    log: Arc<dyn Log>,
    topic: Topic,
    region: String,
    shutdown: CancellationToken,
) -> Result<Recorded, ArchiveError> {
    let mut recorder = Recorder::open(archive, log, topic, region).await?;
    let mut source = recorder.source().await?;
    loop {
        let old = recorder.written_at;
        let due = recorder.checkpoint_due;
        let records = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            () = sleep_until(due), if topic == Topic::Events => {
                recorder.checkpoint().await;
                continue;
            }
            () = sleep_until(old), if recorder.stretch.is_some() => {
                if !recorder.write(&shutdown).await? {
                    break;
                }
                continue;
            }
            records = source.next(RECORDS_PER_READ) => records,
        };
        match records {
            Ok(records) => {
                for record in records {
                    if !recorder.take(&record, &shutdown).await? {
                        return Ok(recorder.done);
                    }
                }
                recorder.mark().await?;
            }
            Err(StreamError::Gone { first, .. }) => {
                // A stretch has no gap in it.
                if !recorder.write(&shutdown).await? {
                    break;
                }
                recorder.skip_to(first);
                source = recorder.source().await?;
            }
            Err(error) => return Err(recorder.failed(error)),
        }
    }
    recorder.write(&shutdown).await?;
    recorder.checkpoint().await;
    Ok(recorder.done)
}

/// What is gathered so far.
struct Stretch {
    first: u64,
    last: u64,
    /// None while nothing in it says when it came.
    from_ms: Option<i64>,
}

struct Recorder {
    archive: Arc<Archive>,
    log: Arc<dyn Log>,
    topic: Topic,
    region: String,
    /// Offset of the next record.
    next: u64,
    /// Latest time of reception so far.
    time_ms: Option<i64>,
    gather: Gather,
    stretch: Option<Stretch>,
    /// When what is gathered has to be written.
    written_at: Instant,
    checkpoint_due: Instant,
    /// Offsets up to which was read, each with the latest time of reception before it.
    marks: VecDeque<(u64, i64)>,
    /// A checkpoint of what is not read yet.
    waiting: Option<(u64, Bytes)>,
    /// Offset of the newest checkpoint that is kept.
    checkpoint_next: Option<u64>,
    done: Recorded,
}

impl Recorder {
    async fn open(
        archive: Arc<Archive>,
        log: Arc<dyn Log>,
        topic: Topic,
        region: String,
    ) -> Result<Self, ArchiveError> {
        let epoch = log.epoch().to_owned();
        let failed =
            |source| ArchiveError::Log { topic: topic.as_str(), region: region.clone(), source };
        let bounds = log.bounds(topic.as_str(), &region).await.map_err(failed)?;
        let spans = waited(|| archive.take_up(&region, topic, &epoch)).await;
        let resume = spans.iter().map(|span| span.last + 1).max();
        let is_resumed = resume.is_some();
        let time_ms = spans.iter().map(|span| span.to_ms).max();
        let now = Instant::now();
        let next = resume.unwrap_or(bounds.first);
        let mut recorder = Self {
            archive,
            log,
            topic,
            region,
            next,
            time_ms,
            gather: Gather::new(topic),
            stretch: None,
            written_at: now,
            checkpoint_due: now,
            marks: VecDeque::new(),
            waiting: None,
            checkpoint_next: None,
            done: Recorded { next, ..Recorded::default() },
        };
        if is_resumed && bounds.first > next {
            recorder.skip_to(bounds.first);
        }
        if topic == Topic::Picture && recorder.next > bounds.first {
            // The frame before says which change was the last.
            recorder.lead().await?;
        }
        let (region, next) = (&recorder.region, recorder.next);
        tracing::info!(%region, topic = topic.as_str(), next, "recorder starts");
        Ok(recorder)
    }

    async fn lead(&mut self) -> Result<(), ArchiveError> {
        let source = self.log.source(self.topic.as_str(), &self.region, self.next - 1).await;
        let mut source = source.map_err(|error| self.failed(error))?;
        let before = source.next(1).await.map_err(|error| self.failed(error))?;
        // It may be gone, where newer ones take its place.
        let before = before.first().filter(|record| record.offset < self.next);
        let decoded = before.and_then(|record| Decoded::new(self.topic, &record.payload));
        if let (Some(Decoded::Deltas(deltas)), Gather::Picture { last, .. }) =
            (decoded, &mut self.gather)
        {
            *last = deltas.last().map(|delta| (delta.sequence, delta.index));
        }
        Ok(())
    }

    fn failed(&self, source: StreamError) -> ArchiveError {
        ArchiveError::Log { topic: self.topic.as_str(), region: self.region.clone(), source }
    }

    async fn source(&self) -> Result<Box<dyn Source>, ArchiveError> {
        let source = self.log.source(self.topic.as_str(), &self.region, self.next).await;
        source.map_err(|error| self.failed(error))
    }

    fn labels(&self) -> [(&'static str, String); 2] {
        [("region", self.region.clone()), ("topic", self.topic.as_str().to_owned())]
    }

    /// Retention has taken what was to come.
    fn skip_to(&mut self, first: u64) {
        let lost = first.saturating_sub(self.next);
        self.done.lost += lost;
        counter!("tilanne_archive_lost_records_total", &self.labels()).increment(lost);
        let (region, topic, next) = (&self.region, self.topic.as_str(), self.next);
        tracing::error!(
            %region, topic, next, first, lost,
            "the log no longer has what was to be recorded: keep it for longer than the recorder may \
             be down"
        );
        self.next = first;
    }

    /// Adds a record; false when it is time to end.
    async fn take(
        &mut self,
        record: &Record,
        shutdown: &CancellationToken,
    ) -> Result<bool, ArchiveError> {
        let mut decoded = Decoded::new(self.topic, &record.payload);
        if decoded.is_none() {
            counter!("tilanne_archive_undecodable_total", &self.labels()).increment(1);
            let (region, topic, offset) = (&self.region, self.topic.as_str(), record.offset);
            tracing::error!(%region, topic, offset, "record left out: it is none of this version");
        }
        let own_ms = decoded.as_mut().and_then(Decoded::time_ms);
        let time_ms = match (self.time_ms, own_ms) {
            (Some(before), Some(own)) => Some(before.max(own)),
            (before, own) => before.or(own),
        };
        let began_ms = self.stretch.as_ref().and_then(|stretch| stretch.from_ms);
        let begins_day = began_ms.zip(time_ms).is_some_and(|(a, b)| Day::of(a) != Day::of(b));
        // Where newer changes have taken the place of older ones, a gap is no loss.
        let is_gap = record.offset > self.next && !self.log.is_compacted(self.topic.as_str());
        let is_noted = is_gap || begins_day || self.gather.is_full();
        if is_noted && !self.write(shutdown).await? {
            return Ok(false);
        }
        self.time_ms = time_ms;
        if self.stretch.is_none() {
            let roll = Duration::from_secs(self.archive.options().roll_s);
            self.written_at = Instant::now() + roll;
        }
        let stretch = self.stretch.get_or_insert(Stretch {
            first: record.offset,
            last: record.offset,
            from_ms: time_ms,
        });
        stretch.from_ms = stretch.from_ms.or(time_ms);
        stretch.last = record.offset;
        if let Some(decoded) = decoded {
            self.gather.append(record.offset, decoded);
        }
        self.next = record.offset + 1;
        Ok(true)
    }

    /// Writes what is gathered; tries until it is written. False when the shutdown came first.
    async fn write(&mut self, shutdown: &CancellationToken) -> Result<bool, ArchiveError> {
        let Some(stretch) = self.stretch.take() else { return Ok(true) };
        if self.gather.rows() == 0 && self.topic == Topic::Picture {
            // Frames without streets: nothing to keep. Of what is read back a stretch without rows
            // is written too, or it would look like a gap.
            return Ok(true);
        }
        let to_ms = self.time_ms.unwrap_or_default();
        let files = self.files(&stretch, to_ms)?;
        let sink = self.log.sink(self.topic.as_str(), &self.region).await;
        let sink = sink.map_err(|error| self.failed(error))?;
        sink.flush().await.map_err(|error| self.failed(error))?;
        let mut pause = RETRY_FIRST;
        for (segment, bytes) in files {
            while let Err(error) = self.archive.put(&segment.location(), bytes.clone()).await {
                counter!("tilanne_archive_errors_total", &self.labels()).increment(1);
                let path = segment.path();
                tracing::error!(%path, %error, "not archived; trying again");
                if shutdown.is_cancelled() {
                    return Ok(false);
                }
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(false),
                    () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY_MAX),
                }
            }
            let labels = [("region", self.region.clone()), ("kind", segment.kind.to_string())];
            counter!("tilanne_archive_files_total", &labels).increment(1);
            counter!("tilanne_archive_bytes_total", &labels).increment(bytes.len() as u64);
            self.done.bytes += bytes.len() as u64;
        }
        self.done.next = stretch.last + 1;
        Ok(true)
    }

    /// The files of a stretch, that of the last kind last.
    fn files(
        &mut self,
        stretch: &Stretch,
        to_ms: i64,
    ) -> Result<Vec<(Segment, Bytes)>, ArchiveError> {
        let last_kind = self.topic.last_kind();
        let mut batches = self.gather.finish()?;
        if !batches.iter().any(|(kind, _)| *kind == last_kind) {
            let schema = Layout::of(last_kind).schema;
            batches.push((last_kind, RecordBatch::new_empty(schema)));
        }
        batches.retain(|(kind, batch)| *kind == last_kind || batch.num_rows() > 0);
        batches.sort_by_key(|(kind, _)| *kind == last_kind);
        let rows = batches.iter().map(|(kind, batch)| (*kind, batch.num_rows() as u64));
        let parts = Parts(rows.collect());
        self.done.rows += parts.0.values().sum::<u64>();
        for (kind, rows) in &parts.0 {
            let labels = [("region", self.region.clone()), ("kind", kind.to_string())];
            counter!("tilanne_archive_rows_total", &labels).increment(*rows);
        }
        let from_ms = stretch.from_ms.unwrap_or(to_ms);
        let segment = |kind: Kind, bytes: u64| Segment {
            region: self.region.clone(),
            day: Day::of(from_ms),
            kind,
            epoch: self.log.epoch().to_owned(),
            first: stretch.first,
            last: stretch.last,
            from_ms,
            to_ms,
            every_s: 0,
            bytes,
        };
        let encode = |(kind, batch): (Kind, RecordBatch)| {
            let bytes = file::encode(kind, &batch, (kind == last_kind).then_some(&parts))?;
            Ok((segment(kind, bytes.len() as u64), bytes))
        };
        // Packing a stretch takes a second or less, and other tasks run meanwhile.
        blocking(|| batches.into_iter().map(encode).collect())
    }

    /// Remembers when what was read so far had been received, and keeps a checkpoint that waited
    /// for it.
    async fn mark(&mut self) -> Result<(), ArchiveError> {
        let bounds = self.log.bounds(self.topic.as_str(), &self.region).await;
        let bounds = bounds.map_err(|error| self.failed(error))?;
        let lag = bounds.next.saturating_sub(self.next);
        gauge!("tilanne_archive_lag_records", &self.labels()).set(lag as f64);
        if self.topic != Topic::Events {
            return Ok(());
        }
        if let Some(time_ms) = self.time_ms {
            if self.marks.len() == MARKS_MAX {
                self.marks.pop_front();
            }
            self.marks.push_back((self.next, time_ms));
        }
        if self.waiting.as_ref().is_some_and(|(events_next, _)| *events_next <= self.next)
            && let Some((events_next, state)) = self.waiting.take()
        {
            self.keep(events_next, state).await;
        }
        Ok(())
    }

    /// Copies the processor's newest checkpoint, if it is another one.
    async fn checkpoint(&mut self) {
        if self.topic != Topic::Events {
            return;
        }
        let every = Duration::from_secs(self.archive.options().checkpoint_every_s);
        self.checkpoint_due = Instant::now() + every;
        match self.log.checkpoint(&self.region).await {
            Ok(Some(checkpoint)) if self.checkpoint_next != Some(checkpoint.events_next) => {
                if checkpoint.events_next > self.next {
                    // One that waits already is reached sooner.
                    self.waiting.get_or_insert((checkpoint.events_next, checkpoint.state));
                } else {
                    self.keep(checkpoint.events_next, checkpoint.state).await;
                }
            }
            Ok(_) => {
                // The processor's first one comes soon.
                if self.checkpoint_next.is_none() {
                    self.checkpoint_due = Instant::now() + RETRY_FIRST.min(every);
                }
            }
            Err(error) => tracing::warn!(region = %self.region, %error, "no checkpoint was read"),
        }
    }

    async fn keep(&mut self, events_next: u64, state: Bytes) {
        // The first mark at or after it: what is before the checkpoint was received by then.
        let mark = self.marks.iter().find(|(next, _)| *next >= events_next);
        let Some(time_ms) = mark.map(|(_, time_ms)| *time_ms).or(self.time_ms) else { return };
        let saved = Saved {
            region: self.region.clone(),
            epoch: self.log.epoch().to_owned(),
            events_next,
            time_ms,
            bytes: 0,
        };
        match self.archive.save_checkpoint(&saved, state).await {
            Ok(()) => self.checkpoint_next = Some(events_next),
            Err(error) => {
                counter!("tilanne_archive_errors_total", &self.labels()).increment(1);
                tracing::error!(region = %self.region, %error, "a checkpoint was not archived");
            }
        }
    }
}

/// Tries until the store answers.
async fn waited<T, F: Future<Output = Result<T, ArchiveError>>>(ask: impl Fn() -> F) -> T {
    let mut pause = RETRY_FIRST;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => tracing::error!(%error, "the archive does not answer; trying again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}

/// Runs something long beside the other tasks of this thread, where the runtime can.
fn blocking<T>(run: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(run),
        _ => run(),
    }
}
