//! Records of the topic `events` in the order of the log again: files of each kind, row group by row
//! group, then what is in the log only.

use std::collections::VecDeque;
use std::sync::Arc;

use events::wire::{LogRecord, RawRecord};
use prost::Message;
use stream::{Log, Record, Source, StreamError, topic};

use crate::archive::{Held, Moment};
use crate::checkpoint::Saved;
use crate::kind_rows::KindRows;
use crate::{Archive, ArchiveError, Topic, rows};

/// Records of the log that are read at a time.
const RECORDS_PER_READ: usize = 1_024;
/// A checkpoint this much older than the moment is taken where there is one: each feed says once a
/// second how it is, so that the newest change has the same number as it had live.
const SETTLED_MS: i64 = 2_000;
/// Times that a moment is looked up whose checkpoint goes before it is read.
const LOOKS_MAX: usize = 3;

/// Records in the order of the log.
pub struct Replay {
    archive: Arc<Archive>,
    held: Held,
    kinds: Vec<KindRows<LogRecord>>,
    next: u64,
    end: u64,
    /// Records received later are not wanted, nor what comes after the first of them.
    until_ms: Option<i64>,
    log: Option<Tail>,
    ended: bool,
}

/// What is in the log only.
struct Tail {
    log: Arc<dyn Log>,
    region: String,
    source: Option<Box<dyn Source>>,
    /// Records that were read and not given yet.
    read: VecDeque<Record>,
    /// Offset after the records that were left out.
    next: u64,
    /// Offset that the log's next record gets: what comes later is later.
    end: u64,
}

impl Tail {
    fn new(log: Arc<dyn Log>, region: String, end: u64) -> Self {
        Self { log, region, source: None, read: VecDeque::new(), next: 0, end }
    }
}

impl Replay {
    pub(crate) fn archived(
        archive: Arc<Archive>,
        held: Held,
        epoch: &str,
        offsets: std::ops::Range<u64>,
    ) -> Self {
        let specs = Topic::Events.kinds().iter().filter_map(|&kind| rows::spec(kind));
        let kinds = specs.map(|spec| KindRows::new(spec, &held, epoch, &offsets));
        let kinds = kinds.collect();
        Self {
            archive,
            held,
            kinds,
            next: offsets.start,
            end: offsets.end,
            until_ms: None,
            log: None,
            ended: false,
        }
    }

    /// Ends before the first record that was received later than this, milliseconds since 1970-01-01
    /// UTC.
    pub fn until_ms(&mut self, time_ms: i64) {
        self.until_ms = Some(time_ms);
    }

    /// Goes on with what the log got since, where it follows one: whether there is more.
    pub async fn extend(&mut self) -> Result<bool, ArchiveError> {
        let Some(tail) = &mut self.log else { return Ok(false) };
        let bounds = tail.log.bounds(topic::EVENTS, &tail.region).await;
        let bounds = bounds.map_err(|source| ArchiveError::Log {
            topic: topic::EVENTS,
            region: tail.region.clone(),
            source,
        })?;
        let is_more = bounds.next > tail.end;
        tail.end = tail.end.max(bounds.next);
        self.ended &= !is_more;
        Ok(is_more)
    }

    /// Offset before which all is that it can give.
    pub fn end(&self) -> u64 {
        self.end.max(self.log.as_ref().map_or(0, |tail| tail.end))
    }

    /// The next record; none at the end. An offset comes once, also where two files have it.
    pub async fn next(&mut self) -> Result<Option<(u64, LogRecord)>, ArchiveError> {
        let found = if self.ended { None } else { self.advance().await? };
        let is_later = |record: &LogRecord| {
            let received_ms = rows::received_ms(record);
            self.until_ms.is_some_and(|until_ms| received_ms.is_some_and(|at_ms| at_ms > until_ms))
        };
        match found {
            Some((offset, record)) if !is_later(&record) => {
                self.next = offset + 1;
                Ok(Some((offset, record)))
            }
            _ => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<(u64, LogRecord)>, ArchiveError> {
        if let Some(found) = self.next_archived().await? {
            return Ok(Some(found));
        }
        match &mut self.log {
            Some(tail) => tail.next(self.next.max(self.end)).await,
            None => Ok(None),
        }
    }

    async fn next_archived(&mut self) -> Result<Option<(u64, LogRecord)>, ArchiveError> {
        let mut nearest: Option<(u64, usize)> = None;
        for (index, kind) in self.kinds.iter_mut().enumerate() {
            let peeked = kind.peek(&self.archive, &self.held, self.next, self.end).await?;
            if let Some(offset) = peeked
                && nearest.is_none_or(|(least, _)| offset < least)
            {
                nearest = Some((offset, index));
            }
        }
        let Some((offset, index)) = nearest else { return Ok(None) };
        Ok(Some((offset, self.kinds[index].take()?)))
    }
}

/// Records as they were received, in the order in which they came.
pub struct RawReplay {
    archive: Arc<Archive>,
    held: Held,
    rows: KindRows<RawRecord>,
    next: u64,
}

impl RawReplay {
    /// The next record; none at the end.
    pub async fn next(&mut self) -> Result<Option<(u64, RawRecord)>, ArchiveError> {
        let peeked = self.rows.peek(&self.archive, &self.held, self.next, u64::MAX).await?;
        let Some(offset) = peeked else { return Ok(None) };
        self.next = offset + 1;
        Ok(Some((offset, self.rows.take()?)))
    }
}

impl Archive {
    /// Records of a region as they were received, of one log, in the order in which they came.
    pub async fn raw_records(
        self: &Arc<Self>,
        region: &str,
        epoch: &str,
    ) -> Result<RawReplay, ArchiveError> {
        let held = self.held(region, Topic::Raw).await?;
        let rows = KindRows::new(&rows::RAW, &held, epoch, &(0..u64::MAX));
        Ok(RawReplay { archive: Arc::clone(self), held, rows, next: 0 })
    }
}

impl Tail {
    async fn next(&mut self, from: u64) -> Result<Option<(u64, LogRecord)>, ArchiveError> {
        let failed = |source: StreamError| ArchiveError::Log {
            topic: topic::EVENTS,
            region: self.region.clone(),
            source,
        };
        loop {
            while let Some(record) = self.read.pop_front() {
                // What the processor leaves out is left out here.
                if (from..self.end).contains(&record.offset)
                    && let Ok(decoded) = LogRecord::decode(record.payload.as_ref())
                {
                    return Ok(Some((record.offset, decoded)));
                }
                self.next = record.offset + 1;
            }
            let at = from.max(self.next);
            if at >= self.end {
                return Ok(None);
            }
            if self.source.is_none() {
                let source = self.log.source(topic::EVENTS, &self.region, at).await;
                self.source = Some(source.map_err(failed)?);
            }
            let Some(source) = &mut self.source else { return Ok(None) };
            self.read = source.next(RECORDS_PER_READ).await.map_err(failed)?.into();
        }
    }
}

/// The log that was written at a time.
async fn epoch_at(
    held: &Held,
    tail: Option<&mut Tail>,
    bounds: Option<stream::Bounds>,
    region: &str,
    at_ms: i64,
) -> Result<String, ArchiveError> {
    let archived = held.spans.iter().rev().find(|span| span.from_ms <= at_ms);
    let archived = archived.map(|span| span.epoch.clone());
    let (Some(tail), Some(bounds)) = (tail, bounds) else {
        return archived.ok_or_else(|| too_early(held, region));
    };
    let epoch = tail.log.epoch().to_owned();
    let is_recorded = held.spans.iter().any(|span| span.epoch == epoch);
    if is_recorded || bounds.first == bounds.next {
        return archived.ok_or_else(|| too_early(held, region));
    }
    // Nothing of the log that is being written is archived yet.
    let mut first_ms = None;
    let mut from = bounds.first;
    while first_ms.is_none() {
        let Some((offset, record)) = tail.next(from).await? else { break };
        first_ms = rows::received_ms(&record);
        from = offset + 1;
    }
    // What comes first is wanted again.
    *tail = Tail::new(Arc::clone(&tail.log), tail.region.clone(), tail.end);
    match (first_ms, archived) {
        (Some(first_ms), _) if first_ms <= at_ms => Ok(epoch),
        (_, Some(archived)) => Ok(archived),
        (Some(first_ms), None) if held.spans.is_empty() => {
            Err(ArchiveError::TooEarly { region: region.to_owned(), first_ms })
        }
        _ => Err(too_early(held, region)),
    }
}

/// The archive begins later.
fn too_early(held: &Held, region: &str) -> ArchiveError {
    match held.spans.first() {
        Some(span) => ArchiveError::TooEarly { region: region.to_owned(), first_ms: span.from_ms },
        None => ArchiveError::Empty(region.to_owned()),
    }
}

impl Archive {
    /// What is needed to make the picture of a region as it was known at a time: all that had been
    /// received by then, in the order of the log, from the newest checkpoint before. `log` is the log
    /// that is being recorded, for what is not archived yet.
    pub async fn moment(
        self: &Arc<Self>,
        log: Option<&Arc<dyn Log>>,
        region: &str,
        at_ms: i64,
    ) -> Result<Moment, ArchiveError> {
        for _ in 1..LOOKS_MAX {
            match self.look_up(log, region, at_ms).await {
                // The rules have just taken the checkpoint: now another one is the nearest.
                Err(ArchiveError::Store(object_store::Error::NotFound { .. })) => self.changed(),
                found => return found,
            }
        }
        self.look_up(log, region, at_ms).await
    }

    async fn look_up(
        self: &Arc<Self>,
        log: Option<&Arc<dyn Log>>,
        region: &str,
        at_ms: i64,
    ) -> Result<Moment, ArchiveError> {
        let held = self.held(region, Topic::Events).await?;
        let failed = |source: StreamError| ArchiveError::Log {
            topic: topic::EVENTS,
            region: region.to_owned(),
            source,
        };
        let mut tail = None;
        let mut bounds = None;
        if let Some(log) = log {
            let own = log.bounds(topic::EVENTS, region).await.map_err(failed)?;
            bounds = Some(own);
            let (log, region) = (Arc::clone(log), region.to_owned());
            tail = Some(Tail::new(log, region, own.next));
        }
        let epoch = epoch_at(&held, tail.as_mut(), bounds, region, at_ms).await?;
        // Offsets that are archived, and from where on only the log has them.
        let own = held.spans.iter().filter(|span| span.epoch == epoch && span.from_ms <= at_ms);
        let newest = own.clone().next_back().cloned();
        let is_logged = |log: &Arc<dyn Log>| log.epoch() == epoch;
        let tail = tail.filter(|tail| is_logged(&tail.log));
        let checkpoint = self.checkpoint_at(region, &epoch, at_ms).await?;
        let from = checkpoint.as_ref().map_or(0, |saved| saved.events_next);
        let archived_end = newest.as_ref().map_or(from, |span| span.last + 1).max(from);
        let missing = |first: u64, last: u64| ArchiveError::Missing {
            topic: topic::EVENTS,
            region: region.to_owned(),
            first,
            last,
        };
        let is_archived = from < archived_end;
        if is_archived {
            let span = held.span(&epoch, from);
            let has_all = span.is_some_and(|span| span.last + 1 == archived_end);
            if !has_all && checkpoint.is_none() {
                return Err(self.before_checkpoints(&held, region, &epoch).await);
            }
            if !has_all {
                let first = span.map_or(from, |span| span.last + 1);
                return Err(missing(first, newest.map_or(first, |span| span.first).max(first)));
            }
        }
        let later = held.spans.iter().find(|span| span.epoch == epoch && span.first > archived_end);
        if let (None, Some(newest), Some(later)) = (&tail, &newest, later)
            && newest.to_ms <= at_ms
        {
            // What was lost may or may not be later than the moment: nobody knows.
            return Err(missing(archived_end, later.first - 1));
        }
        let logged_first = bounds.filter(|_| tail.is_some()).map(|bounds| bounds.first);
        if let (Some(first), Some(tail)) = (logged_first, &tail)
            && first > archived_end
            && tail.end > archived_end
        {
            if checkpoint.is_none() && !is_archived {
                return Err(self.before_checkpoints(&held, region, &epoch).await);
            }
            // What came after may or may not be later than the moment: nobody knows.
            let is_over = newest.is_some_and(|span| span.to_ms > at_ms);
            if !is_over {
                return Err(missing(archived_end, first - 1));
            }
        }
        let state = match &checkpoint {
            Some(saved) => Some((saved.events_next, self.state(saved).await?)),
            None => None,
        };
        let mut records = Replay::archived(Arc::clone(self), held, &epoch, from..archived_end);
        records.until_ms = Some(at_ms);
        // Who reads on beyond the moment must not be led over what is neither archived nor logged.
        records.log = tail.filter(|_| logged_first.is_none_or(|first| first <= archived_end));
        Ok(Moment { epoch, checkpoint: state, records })
    }

    /// There are records of that time, but none to begin with: the first checkpoint came later.
    async fn before_checkpoints(&self, held: &Held, region: &str, epoch: &str) -> ArchiveError {
        let saved = match self.checkpoints(region).await {
            Ok(saved) => saved,
            Err(error) => return error,
        };
        match saved.iter().find(|saved| saved.epoch == epoch) {
            Some(first) => {
                ArchiveError::TooEarly { region: region.to_owned(), first_ms: first.time_ms }
            }
            None => too_early(held, region),
        }
    }

    /// The newest checkpoint of a log before a time.
    async fn checkpoint_at(
        &self,
        region: &str,
        epoch: &str,
        at_ms: i64,
    ) -> Result<Option<Saved>, ArchiveError> {
        let mut own = self.checkpoints(region).await?;
        own.retain(|saved| saved.epoch == epoch && saved.time_ms <= at_ms);
        let settled =
            own.iter().rev().find(|saved| saved.time_ms <= at_ms.saturating_sub(SETTLED_MS));
        Ok(settled.or(own.last()).cloned())
    }
}
