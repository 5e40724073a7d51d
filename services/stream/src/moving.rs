//! A log's history moves to another backend, with its identity: epoch and offsets stay what they are, so
//! that checkpoints, the archive and clients' cursors go on to mean the same.
//!
//! Deltas are not moved: the processor makes those after its checkpoint again. The topic `picture` of the
//! new log begins where that of the old one ends.

use bytes::Bytes;

use crate::{Append, Bounds, Log, StreamError, topic};

/// Topics whose records are moved.
const MOVED: [&str; 4] = [topic::ALERTS, topic::DEAD_LETTER, topic::EVENTS, topic::RAW];
/// Records that are moved at a time.
const RECORDS_PER_APPEND: usize = 1_024;
/// Bytes that are moved at a time; a log takes no more than some mebibytes at once.
const BYTES_PER_APPEND: usize = 4 << 20;

/// Where a log begins whose first records are elsewhere, or were never there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Identity of the log.
    pub epoch: String,
    /// First offset of each topic and partition.
    pub firsts: Vec<(&'static str, String, u64)>,
}

impl Beginning {
    /// Where another log has to begin that a log's history is moved to.
    pub async fn of(log: &dyn Log, regions: &[String]) -> Result<Self, StreamError> {
        let mut firsts = Vec::new();
        for region in regions {
            for topic in MOVED {
                firsts.push((topic, region.clone(), log.bounds(topic, region).await?.first));
            }
            let end = log.bounds(topic::PICTURE, region).await?.next;
            firsts.push((topic::PICTURE, region.clone(), end));
        }
        Ok(Self { epoch: log.epoch().to_owned(), firsts })
    }
}

/// Those of a log's regions that have something to move.
pub async fn regions_with_history(
    log: &dyn Log,
    regions: Vec<String>,
) -> Result<Vec<String>, StreamError> {
    let mut found = Vec::new();
    for region in regions {
        let mut has_history = false;
        for topic in MOVED {
            let Bounds { first, next } = log.bounds(topic, &region).await?;
            has_history |= first < next;
        }
        if has_history || log.checkpoint_next(&region).await?.is_some() {
            found.push(region);
        }
    }
    Ok(found)
}

/// What [`move_history`] has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Records that are in the new log.
    pub records: u64,
    /// Records that were to be moved.
    pub total: u64,
}

/// Moves what a log has of some regions to another one that begins with its [`Beginning`]. Nothing may
/// write to either meanwhile. One that was broken off goes on where it was. `cursor` is the key of a
/// producer's position to take along.
pub async fn move_history(
    from: &dyn Log,
    to: &dyn Log,
    regions: &[String],
    cursor: &str,
    mut progress: impl FnMut(Moved) + Send,
) -> Result<Moved, StreamError> {
    if from.epoch() != to.epoch() {
        return Err(StreamError::Corrupt(format!(
            "the new log is of epoch {}, the old one of {}: it has another history",
            to.epoch(),
            from.epoch()
        )));
    }
    let mut moved = Moved::default();
    for region in regions {
        for topic in MOVED {
            let Bounds { first, next } = from.bounds(topic, region).await?;
            moved.total += next - first;
        }
    }
    for region in regions {
        let position = from.cursor(region, cursor).await?.map(|value| (cursor.to_owned(), value));
        for topic in MOVED {
            let position = position.clone().filter(|_| topic == topic::EVENTS);
            let before = moved.records;
            let mut more = |records| {
                moved.records = before + records;
                progress(moved);
            };
            move_topic(from, to, topic, region, position, &mut more).await?;
        }
        if let Some(mut checkpoint) = from.checkpoint(region).await? {
            checkpoint.picture_next = to.bounds(topic::PICTURE, region).await?.next;
            to.save_checkpoint(region, checkpoint).await?;
        }
    }
    Ok(moved)
}

/// Moves a topic of a region, and tells how many records of it are there. The last of them has the
/// producer's position with it.
async fn move_topic(
    from: &dyn Log,
    to: &dyn Log,
    topic: &str,
    region: &str,
    position: Option<(String, Bytes)>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(), StreamError> {
    let Bounds { first, next: end } = from.bounds(topic, region).await?;
    let mut next = to.bounds(topic, region).await?.next;
    if next < first || next > end {
        return Err(StreamError::Corrupt(format!(
            "{topic} of {region} ends at {next} in the new log, which is none of {first} to {end}"
        )));
    }
    progress(next - first);
    let sink = to.sink(topic, region).await?;
    let mut source = from.source(topic, region, next).await?;
    while next < end {
        let left = usize::try_from(end - next).unwrap_or(usize::MAX);
        let mut append = Append::default();
        let mut bytes = 0;
        for record in source.next(left.min(RECORDS_PER_APPEND)).await? {
            next = record.offset + 1;
            bytes += record.payload.len();
            append.records.push(record.payload);
            if bytes >= BYTES_PER_APPEND && next < end {
                sink.append(std::mem::take(&mut append)).await?;
                bytes = 0;
            }
        }
        if next == end {
            append.cursor.clone_from(&position);
        }
        if !append.records.is_empty() {
            sink.append(append).await?;
        }
        progress(next - first);
    }
    sink.flush().await
}
