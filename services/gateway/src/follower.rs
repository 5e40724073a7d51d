//! Keeps the view of a region: restores it from the log's checkpoint, then reads the `picture`
//! topic on. The gateway only reads; the processor is the one writer of the picture.

use std::sync::Arc;

use events::Text;
use picture::{Delta, Picture, Setup, Snapshot, View};
use stream::{Log, Record, Source, StreamError, topic};
use tokio_util::sync::CancellationToken;

use crate::history::History;
use crate::live::{LiveRegion, Progress};

/// Records before the checkpoint that are kept as history, so that clients can resume after a
/// restart: some seconds to minutes.
const HISTORY_RECORDS: u64 = 512;

/// The same of a log whose records are one change each.
const HISTORY_CHANGES: u64 = 65_536;

/// Of these, records read at a time: a frame may have a mebibyte, and what a ring has no room for is
/// dropped after each read.
const HISTORY_RECORDS_PER_READ: usize = 16;
/// The same of a log whose records are one change each.
const HISTORY_CHANGES_PER_READ: usize = 2_048;

/// Records read at a time: enough to catch up quickly, few enough to decode in milliseconds.
const RECORDS_PER_READ: usize = 256;
/// The same of a log whose records are one change each.
const CHANGES_PER_READ: usize = 2_048;

/// Why a view cannot be kept. The supervisor starts [`follow`] again after a pause.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The log failed, or has removed what is needed and has no newer checkpoint.
    #[error("cannot read the picture of {region}: {error}")]
    Log {
        /// Region.
        region: Text,
        /// What the log said.
        error: StreamError,
    },
    /// The checkpoint is not one, or is of another version.
    #[error("cannot restore the picture of {region} from its checkpoint: {error}")]
    Checkpoint {
        /// Region.
        region: Text,
        /// What is wrong with it.
        error: String,
    },
    /// A record of the topic is no frame of deltas.
    #[error("record {offset} of picture/{region} is no frame of deltas: {error}")]
    Frame {
        /// Region.
        region: Text,
        /// Its offset.
        offset: u64,
        /// What is wrong with it.
        error: String,
    },
}

/// Follows the picture of a region until shutdown. `setup` is that of the processor, which the
/// checkpoint is restored with.
pub async fn follow(
    log: Arc<dyn Log>,
    live: Arc<LiveRegion>,
    setup: Setup,
    shutdown: CancellationToken,
) -> Result<(), FollowError> {
    live.set_log(&log);
    let following = run(log.as_ref(), &live, &setup);
    let result = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        Err(error) = following => error,
    };
    live.set_progress(Progress::Stopped(result.to_string()));
    Err(result)
}

async fn run(
    log: &dyn Log,
    live: &LiveRegion,
    setup: &Setup,
) -> Result<std::convert::Infallible, FollowError> {
    let region = &live.region().id;
    let failed = |error| FollowError::Log { region: region.clone(), error };
    live.set_progress(Progress::CatchingUp);
    let start = restore(log, live, setup).await?;
    let (mut source, mut next, goal) = open(log, region, start).await.map_err(failed)?;
    let is_compacted = log.is_compacted(topic::PICTURE);
    let per_read = if is_compacted { CHANGES_PER_READ } else { RECORDS_PER_READ };
    loop {
        if next >= goal && live.progress() == Progress::CatchingUp {
            live.set_progress(Progress::Following);
            tracing::info!(%region, next, "the view has caught up");
        }
        let records = source.next(per_read).await.map_err(failed)?;
        next = records.last().map_or(next, |record| record.offset + 1);
        let frames = decode(region, &records)?;
        // How long what was read anew at the start has been on the log says nothing of hops.
        let watching = live.progress() == Progress::Following;
        match log.passage().filter(|_| watching) {
            Some(passage) => {
                let passed = records.iter().map(|record| source.passed(record.offset));
                live.apply_passed(frames.into_iter().zip(passed), Some(passage));
            }
            None => live.apply(frames),
        }
    }
}

/// Puts the checkpoint's picture, or an empty one, in the view and says where to read on.
async fn restore(log: &dyn Log, live: &LiveRegion, setup: &Setup) -> Result<u64, FollowError> {
    let region = live.region().id.clone();
    let epoch = Text::from(log.epoch());
    let checkpoint = log.checkpoint(&region).await;
    let checkpoint =
        checkpoint.map_err(|error| FollowError::Log { region: region.clone(), error })?;
    let Some(checkpoint) = checkpoint else {
        live.reset(View::new(region, epoch));
        return Ok(0);
    };
    let picture = Picture::restore(region.clone(), epoch, setup.clone(), &checkpoint.state);
    let picture = picture.map_err(|error| FollowError::Checkpoint {
        region: region.clone(),
        error: error.to_string(),
    })?;
    // As the log says it: there the points of lines are in whole steps. Who resumes has objects from
    // the log, and must have the same as the view, byte for byte.
    let snapshot = Snapshot::decode(&picture.snapshot().encode());
    let snapshot = snapshot.map_err(|error| FollowError::Checkpoint {
        region: region.clone(),
        error: error.to_string(),
    })?;
    let history = history(log, live, checkpoint.picture_next).await;
    live.reset_with_history(View::from_snapshot(snapshot), history);
    Ok(checkpoint.picture_next)
}

/// The changes of the last records before an offset, those of them that are still there. Without
/// them clients get a snapshot where they could have resumed, which is no reason to serve nothing.
async fn history(log: &dyn Log, live: &LiveRegion, end: u64) -> History {
    let mut history = live.history();
    match remember(log, &live.region().id, end, &mut history).await {
        Ok(()) => history,
        Err(error) => {
            tracing::warn!(%error, "no client can resume from before the checkpoint");
            live.history()
        }
    }
}

async fn remember(
    log: &dyn Log,
    region: &Text,
    end: u64,
    history: &mut History,
) -> Result<(), FollowError> {
    let failed = |error| FollowError::Log { region: region.clone(), error };
    let first = log.bounds(topic::PICTURE, region).await.map_err(failed)?.first;
    let (records, per_read) = if log.is_compacted(topic::PICTURE) {
        (HISTORY_CHANGES, HISTORY_CHANGES_PER_READ)
    } else {
        (HISTORY_RECORDS, HISTORY_RECORDS_PER_READ)
    };
    let mut next = first.max(end.saturating_sub(records));
    if next >= end {
        return Ok(());
    }
    let mut source = log.source(topic::PICTURE, region, next).await.map_err(failed)?;
    while next < end {
        let left = usize::try_from(end - next).unwrap_or(usize::MAX);
        let records = source.next(left.min(per_read)).await.map_err(failed)?;
        next = records.last().map_or(next, |record| record.offset + 1);
        decode(region, &records)?.into_iter().for_each(|frame| history.add(frame));
    }
    Ok(())
}

/// The source, its position, and the position at which everything that is there now is read.
async fn open(
    log: &dyn Log,
    region: &str,
    start: u64,
) -> Result<(Box<dyn Source>, u64, u64), StreamError> {
    let goal = log.bounds(topic::PICTURE, region).await?.next;
    let source = log.source(topic::PICTURE, region, start).await?;
    Ok((source, start, goal))
}

fn decode(region: &Text, records: &[Record]) -> Result<Vec<Vec<Delta>>, FollowError> {
    let decoded = records.iter().map(|record| {
        picture::frame::decode(&record.payload).map_err(|error| FollowError::Frame {
            region: region.clone(),
            offset: record.offset,
            error: error.to_string(),
        })
    });
    decoded.collect()
}
