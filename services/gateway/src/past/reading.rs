//! Records of the past, read on a thread of their own while the picture takes in those before.

use std::vec::IntoIter;

use archive::{ArchiveError, Replay};
use events::LogRecord;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::walk::Failure;

/// Records that are handed over together.
const BATCH_RECORDS: usize = 512;
/// Batches that wait. One more is being read, and one used.
const BATCHES_MAX: usize = 4;

/// A record with its offset.
pub(super) type Numbered = (u64, LogRecord);
type Batch = Result<Vec<Numbered>, ArchiveError>;

/// Records in the order of the log, but for those of another version, which the processor leaves out
/// as well.
pub(super) struct Reading {
    batch: IntoIter<Numbered>,
    batches: Receiver<Batch>,
    thread: JoinHandle<Replay>,
    /// What the thread gave back at its end; later records come from here one by one.
    replay: Option<Replay>,
    /// Where the thread ends.
    end: u64,
}

impl Reading {
    /// Begins to read; within a runtime.
    pub(super) fn start(replay: Replay) -> Self {
        let end = replay.end();
        let (sender, batches) = mpsc::channel(BATCHES_MAX);
        let runtime = Handle::current();
        // Unpacking a row group holds a thread for a tenth of a second.
        let thread =
            tokio::task::spawn_blocking(move || runtime.block_on(read_all(replay, sender)));
        Self { batch: Vec::new().into_iter(), batches, thread, replay: None, end }
    }

    /// Offset before which all is that it can give.
    pub(super) fn end(&self) -> u64 {
        self.replay.as_ref().map_or(self.end, Replay::end)
    }

    /// The next record; none at the end. After an error it is of no more use.
    pub(super) async fn next(&mut self) -> Result<Option<Numbered>, Failure> {
        loop {
            if let Some(record) = self.batch.next() {
                return Ok(Some(record));
            }
            if let Some(replay) = &mut self.replay {
                return Ok(next(replay).await?);
            }
            match self.batches.recv().await {
                Some(batch) => self.batch = batch?.into_iter(),
                None => self.replay = Some((&mut self.thread).await.map_err(Failure::internal)?),
            }
        }
    }

    /// Once there was none: goes on with what the log got since. Whether there is more.
    pub(super) async fn extend(&mut self) -> Result<bool, Failure> {
        match &mut self.replay {
            Some(replay) => Ok(replay.extend().await?),
            None => Ok(false),
        }
    }
}

/// Hands over all that there is, until an error, or until nobody wants more. What comes before an
/// error is good: the moment may be over there.
async fn read_all(mut replay: Replay, sender: Sender<Batch>) -> Replay {
    loop {
        let mut batch = Vec::with_capacity(BATCH_RECORDS);
        let filled = fill(&mut replay, &mut batch).await;
        let is_last = batch.len() < BATCH_RECORDS;
        if sender.send(Ok(batch)).await.is_err() {
            return replay;
        }
        if let Err(error) = filled {
            // Who had enough does not hear it.
            let _ = sender.send(Err(error)).await;
        }
        if is_last {
            return replay;
        }
    }
}

async fn fill(replay: &mut Replay, batch: &mut Vec<Numbered>) -> Result<(), ArchiveError> {
    while batch.len() < BATCH_RECORDS
        && let Some(record) = next(replay).await?
    {
        batch.push(record);
    }
    Ok(())
}

async fn next(replay: &mut Replay) -> Result<Option<Numbered>, ArchiveError> {
    while let Some((offset, record)) = replay.next().await? {
        if let Ok(record) = LogRecord::try_from(record) {
            return Ok(Some((offset, record)));
        }
    }
    Ok(None)
}
