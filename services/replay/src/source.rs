//! Where the records of a replay come from: archived events, or recordings that are decoded again.
//!
//! A producer reads ahead in a task of its own, some thousand records, and hands on what the log
//! would have: for each region the very records, in the very order, with the offsets of its log.
//! Regions have nothing to do with each other; theirs are put together by the time of reception.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use archive::{Archive, Span, Topic};
use bytes::Bytes;
use events::{LogRecord, RawRecord, Text};
use ingest::RegionConfig;
use stream::StreamError;
use stream::recording::Reader;
use tokio::sync::mpsc;

use crate::ReplayError;

/// Items that are handed over at a time: each hand-over wakes a thread.
const BATCH_ITEMS: usize = 512;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 8;
/// Records as they were received, and bytes of their payloads, that are handed over from who reads them to
/// who decodes them; so many batches wait.
const RAW_RECORDS: usize = 512;
const RAW_BYTES: usize = 1 << 20;
const RAW_BATCHES_AHEAD: usize = 8;
/// Identity of the log that a recording would have made: the hashes must not depend on where.
const EPOCH: &str = "replay";

/// What to replay.
#[derive(Clone, Debug)]
pub enum Input {
    /// What is archived, as it was logged: what was rejected then is not decoded again.
    Archived {
        /// Where.
        archive: Arc<Archive>,
        /// Regions.
        regions: Vec<Text>,
        /// First moment to show, milliseconds since 1970-01-01 UTC. The picture is that of the live
        /// system then, all that came before included.
        from_ms: i64,
        /// Last moment: what was received later is not in.
        to_ms: i64,
    },
    /// Recordings, decoded anew. Several are merged by time of reception.
    Recorded {
        /// Files.
        files: Vec<PathBuf>,
        /// What their feeds are.
        regions: Vec<RegionConfig>,
        /// First moment to show; the picture has all that comes before.
        from_ms: Option<i64>,
        /// Last moment.
        to_ms: Option<i64>,
    },
}

/// A record of a region, or its beginning.
#[derive(Debug)]
pub(crate) struct Item {
    /// Index of the region.
    pub(crate) region: usize,
    /// Time of reception; of what says none, that of what came before.
    pub(crate) time_ms: i64,
    pub(crate) what: What,
}

/// Records are read ahead by the hundred, and nearly all items are records.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub(crate) enum What {
    /// A picture begins: empty, or from a checkpoint.
    Begin { epoch: Text, state: Option<Bytes> },
    /// A record with its offset.
    Record(u64, LogRecord),
}

impl Input {
    /// Ids of the regions; items name them by their index.
    pub fn regions(&self) -> Vec<Text> {
        match self {
            Self::Archived { regions, .. } => regions.clone(),
            Self::Recorded { regions, .. } => {
                regions.iter().map(|region| region.id.clone()).collect()
            }
        }
    }

    /// The first moment to show; none: that of the first record.
    pub(crate) fn first_ms(&self) -> Option<i64> {
        match self {
            Self::Archived { from_ms, .. } => Some(*from_ms),
            Self::Recorded { from_ms, .. } => *from_ms,
        }
    }

    /// The last moment, where there is one.
    pub(crate) fn last_ms(&self) -> Option<i64> {
        match self {
            Self::Archived { to_ms, .. } => Some(*to_ms),
            Self::Recorded { to_ms, .. } => *to_ms,
        }
    }

    /// Begins to read, so that the picture at `from_ms` and all after it can be made: from the
    /// nearest checkpoint, or from the beginning.
    pub(crate) fn open(&self, from_ms: i64) -> Source {
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let out = Out { sender, batch: Vec::with_capacity(BATCH_ITEMS) };
        let stop = Arc::new(AtomicBool::new(false));
        match self.clone() {
            Self::Archived { archive, regions, to_ms, .. } => {
                tokio::spawn(read_archive(archive, regions, from_ms, to_ms, out));
            }
            Self::Recorded { files, regions, to_ms, .. } => {
                let stop = Arc::clone(&stop);
                tokio::task::spawn_blocking(move || {
                    read_recordings(&files, &regions, to_ms, &stop, out);
                });
            }
        }
        Source { receiver, batch: VecDeque::new(), stop }
    }
}

/// What is read ahead.
pub(crate) struct Source {
    receiver: mpsc::Receiver<Result<Vec<Item>, ReplayError>>,
    batch: VecDeque<Item>,
    stop: Arc<AtomicBool>,
}

impl Source {
    /// The next item stays; none at the end. Nothing is lost when this is dropped before it is
    /// ready.
    pub(crate) async fn peek(&mut self) -> Result<Option<&Item>, ReplayError> {
        while self.batch.is_empty() {
            match self.receiver.recv().await {
                Some(batch) => self.batch = batch?.into(),
                None => return Ok(None),
            }
        }
        Ok(self.batch.front())
    }

    /// Items that are there already and not later than a time, at most so many. A beginning comes
    /// alone: with it all that was shown of its region is of another log.
    pub(crate) fn take(&mut self, until_ms: i64, items_max: usize) -> Vec<Item> {
        let is_due = |item: &&Item| item.time_ms <= until_ms;
        let is_record = |item: &&Item| matches!(item.what, What::Record(..));
        let due = self.batch.iter().take(items_max).take_while(is_due);
        let records = due.clone().take_while(is_record).count();
        let count = records.max(due.count().min(1));
        self.batch.drain(..count).collect()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Where a producer puts its items.
struct Out {
    sender: mpsc::Sender<Result<Vec<Item>, ReplayError>>,
    batch: Vec<Item>,
}

impl Out {
    /// The batch, when it is full.
    fn push(&mut self, item: Item) -> Option<Vec<Item>> {
        self.batch.push(item);
        (self.batch.len() >= BATCH_ITEMS).then(|| self.take())
    }

    fn take(&mut self) -> Vec<Item> {
        std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH_ITEMS))
    }
}

fn received_ms(record: &LogRecord) -> Option<i64> {
    match record {
        LogRecord::Event(event) => Some(event.received_time_ms),
        LogRecord::FeedStatus(status) => Some(status.received_time_ms),
        LogRecord::Tally(_) => None,
    }
}

/// What is left to read of a region's archive.
struct Archived {
    archive: Arc<Archive>,
    region: Text,
    index: usize,
    to_ms: i64,
    /// Stretches after the one that is open.
    spans: VecDeque<Span>,
    records: Option<archive::Replay>,
    /// Of the log of the stretch that is open.
    epoch: String,
    time_ms: i64,
}

impl Archived {
    /// The stretch that has the moment, from its nearest checkpoint on, and those after it.
    async fn open(
        archive: &Arc<Archive>,
        region: &Text,
        index: usize,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<(Self, Item), ReplayError> {
        let mut spans = archive.spans(region, Topic::Events).await?;
        spans.retain(|span| span.from_ms <= to_ms && span.to_ms >= from_ms);
        let Some(first) = spans.first().cloned() else {
            return Err(ReplayError::Nothing { region: region.clone(), from_ms, to_ms });
        };
        let mut archived = Self {
            archive: Arc::clone(archive),
            region: region.clone(),
            index,
            to_ms,
            spans: spans.into_iter().skip(1).collect(),
            records: None,
            epoch: String::new(),
            time_ms: from_ms.max(first.from_ms),
        };
        let begin = archived.begin(&first).await?;
        Ok((archived, begin))
    }

    async fn begin(&mut self, span: &Span) -> Result<Item, ReplayError> {
        let region = self.region.as_str();
        let at_ms = self.time_ms.max(span.from_ms);
        let moment = self.archive.moment(None, region, at_ms).await?;
        let (next, state) = match moment.checkpoint {
            Some((next, state)) => (next, Some(state)),
            None => (0, None),
        };
        let offsets = next..span.last + 1;
        let mut records = self.archive.records(region, &moment.epoch, offsets).await?;
        records.until_ms(self.to_ms);
        self.records = Some(records);
        self.epoch.clone_from(&moment.epoch);
        let what = What::Begin { epoch: Text::from(moment.epoch), state };
        Ok(Item { region: self.index, time_ms: i64::MIN, what })
    }

    async fn next(&mut self) -> Result<Option<Item>, ReplayError> {
        loop {
            let Some(records) = &mut self.records else { return Ok(None) };
            if let Some((offset, record)) = records.next().await? {
                // What the processor leaves out is left out here.
                let Ok(record) = LogRecord::try_from(record) else { continue };
                self.time_ms = received_ms(&record).unwrap_or(self.time_ms).max(self.time_ms);
                let what = What::Record(offset, record);
                return Ok(Some(Item { region: self.index, time_ms: self.time_ms, what }));
            }
            let Some(span) = self.spans.pop_front() else { return Ok(None) };
            if span.epoch == self.epoch {
                // Not bridged: nobody knows what the picture was after it.
                return Err(ReplayError::Gap {
                    region: self.region.clone(),
                    from_ms: self.time_ms,
                    to_ms: span.from_ms,
                });
            }
            // Another log: there the live picture began anew.
            self.time_ms = span.from_ms;
            let begin = self.begin(&span).await?;
            return Ok(Some(Item { time_ms: self.time_ms, ..begin }));
        }
    }
}

async fn read_archive(
    archive: Arc<Archive>,
    regions: Vec<Text>,
    from_ms: i64,
    to_ms: i64,
    mut out: Out,
) {
    if let Err(error) = merge_archive(&archive, &regions, from_ms, to_ms, &mut out).await {
        let _ = out.sender.send(Err(error)).await;
    }
}

async fn merge_archive(
    archive: &Arc<Archive>,
    regions: &[Text],
    from_ms: i64,
    to_ms: i64,
    out: &mut Out,
) -> Result<(), ReplayError> {
    let mut readers = Vec::with_capacity(regions.len());
    for (index, region) in regions.iter().enumerate() {
        let (mut reader, begin) = Archived::open(archive, region, index, from_ms, to_ms).await?;
        out.batch.push(begin);
        let next = reader.next().await?;
        readers.push((reader, next));
    }
    loop {
        let earliest = readers
            .iter()
            .enumerate()
            .filter_map(|(index, (_, next))| next.as_ref().map(|item| (item.time_ms, index)));
        let Some((_, index)) = earliest.min() else { break };
        let (reader, slot) = &mut readers[index];
        let next = reader.next().await;
        // What was read before an error is good.
        let Some(item) = slot.take() else { continue };
        let mut full = out.push(item);
        if next.is_err() {
            let batch = full.take().unwrap_or_else(|| out.take());
            let _ = out.sender.send(Ok(batch)).await;
        }
        *slot = next?;
        if let Some(batch) = full
            && out.sender.send(Ok(batch)).await.is_err()
        {
            return Ok(());
        }
    }
    let batch = out.take();
    let _ = out.sender.send(Ok(batch)).await;
    Ok(())
}

/// Records of several recordings by time of reception, and of the same time in the order of files.
struct Merged {
    readers: Vec<Reader<std::fs::File>>,
    /// The next record of each file.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    records: Vec<Option<RawRecord>>,
    failed: Option<StreamError>,
}

impl Merged {
    fn open(files: &[PathBuf]) -> Result<Self, StreamError> {
        let readers = files.iter().map(Reader::open).collect::<Result<Vec<_>, _>>()?;
        let records = vec![None; readers.len()];
        let mut merged = Self { readers, heads: BinaryHeap::new(), records, failed: None };
        for file in 0..merged.readers.len() {
            merged.advance(file)?;
        }
        Ok(merged)
    }

    fn advance(&mut self, file: usize) -> Result<(), StreamError> {
        if let Some(raw) = self.readers[file].next().transpose()? {
            self.heads.push(Reverse((raw.received_time_ms, file)));
            self.records[file] = Some(raw);
        }
        Ok(())
    }
}

impl Iterator for Merged {
    type Item = Result<RawRecord, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.heads.clear();
            return Some(Err(error));
        }
        let Reverse((_, file)) = self.heads.pop()?;
        let raw = self.records[file].take();
        // What was read before an error is good.
        self.failed = self.advance(file).err();
        raw.map(Ok)
    }
}

/// Hands records on until nobody wants more.
fn hand_on(
    records: impl Iterator<Item = Result<RawRecord, StreamError>>,
    sender: &SyncSender<Vec<Result<RawRecord, StreamError>>>,
) {
    let (mut batch, mut bytes) = (Vec::with_capacity(RAW_RECORDS), 0);
    for record in records {
        bytes += record.as_ref().map_or(0, |raw| raw.payload.len());
        batch.push(record);
        if batch.len() >= RAW_RECORDS || bytes >= RAW_BYTES {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(RAW_RECORDS));
            if sender.send(full).is_err() {
                return;
            }
            bytes = 0;
        }
    }
    // Who wanted it may be gone.
    let _ = sender.send(batch);
}

/// Reads on one thread and decodes on another.
fn read_recordings(
    files: &[PathBuf],
    regions: &[RegionConfig],
    to_ms: Option<i64>,
    stop: &AtomicBool,
    mut out: Out,
) {
    let sender = out.sender.clone();
    let send = |batch: Vec<Item>| {
        if sender.blocking_send(Ok(batch)).is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let mut next = vec![0_u64; regions.len()];
    for region in 0..regions.len() {
        let what = What::Begin { epoch: EPOCH.into(), state: None };
        out.batch.push(Item { region, time_ms: i64::MIN, what });
    }
    let mut time_ms = i64::MIN;
    let each = |name: &str, record: LogRecord| {
        let Some(region) = regions.iter().position(|region| region.id == name) else { return };
        time_ms = received_ms(&record).unwrap_or(time_ms).max(time_ms);
        let what = What::Record(next[region], record);
        next[region] += 1;
        if let Some(batch) = out.push(Item { region, time_ms, what }) {
            send(batch);
        }
    };
    let played = Merged::open(files).map_err(ReplayError::Recording).and_then(|merged| {
        let is_wanted = |raw: &Result<RawRecord, StreamError>| {
            let is_in = |raw: &RawRecord| to_ms.is_none_or(|to_ms| raw.received_time_ms <= to_ms);
            !stop.load(Ordering::Relaxed) && raw.as_ref().map_or(true, is_in)
        };
        std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(RAW_BATCHES_AHEAD);
            scope.spawn(move || hand_on(merged.take_while(is_wanted), &sender));
            Ok(ingest::play_all(receiver.into_iter().flatten(), regions, each)?)
        })
    });
    send(std::mem::take(&mut out.batch));
    if let Err(error) = played {
        let _ = sender.blocking_send(Err(error));
    }
}
