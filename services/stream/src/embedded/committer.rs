//! The one thread that writes: it gathers what was appended for a moment and makes it durable in
//! one transaction with one fsync.

use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Shared;
use super::partition::cost_bytes;
use crate::StreamError;

/// How often retention looks at topics that nothing is appended to.
const SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// What the appenders tell the committer.
#[derive(Default)]
pub(super) struct Doorbell {
    state: Mutex<Waiting>,
    rung: Condvar,
}

#[derive(Default)]
struct Waiting {
    since: Option<Instant>,
    records: usize,
    bytes: usize,
    /// Someone waits for the fsync.
    urgent: bool,
    closing: bool,
}

impl Doorbell {
    /// Notes records that wait for a commit.
    pub(super) fn appended(&self, records: usize, bytes: usize, bounds: &Bounds) {
        let mut waiting = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = waiting.since.is_none();
        waiting.since.get_or_insert_with(Instant::now);
        waiting.records += records;
        waiting.bytes += bytes;
        // The committer sleeps until the interval is over; it is woken to start the interval and
        // when a bound is reached, not by every append.
        if first || bounds.reached(&waiting) {
            self.rung.notify_one();
        }
    }

    /// Asks for a commit now.
    pub(super) fn urgent(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).urgent = true;
        self.rung.notify_one();
    }

    /// Asks for the last commit.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closing = true;
        self.rung.notify_one();
    }

    /// Sleeps until a commit is due; true when it is the last.
    fn wait(&self, bounds: &Bounds) -> bool {
        let mut waiting = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if waiting.closing || waiting.urgent || bounds.reached(&waiting) {
                break;
            }
            let left = waiting.since.map(|since| bounds.interval.saturating_sub(since.elapsed()));
            waiting = match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let woken = self.rung.wait_timeout(waiting, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let woken = self.rung.wait_timeout(waiting, SWEEP_INTERVAL);
                    let (woken, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
                    waiting = woken;
                    if timeout.timed_out() {
                        break;
                    }
                    waiting
                }
            };
        }
        let closing = waiting.closing;
        *waiting = Waiting { closing, ..Waiting::default() };
        closing
    }
}

/// When a commit is due.
pub(super) struct Bounds {
    pub(super) interval: Duration,
    pub(super) records_max: usize,
    pub(super) bytes_max: usize,
}

impl Bounds {
    fn reached(&self, waiting: &Waiting) -> bool {
        waiting.records >= self.records_max || waiting.bytes >= self.bytes_max
    }
}

/// Commits until the log is closed or the disk fails, then lets go of the file.
pub(super) fn run(shared: &Shared) -> Result<(), StreamError> {
    let commits = std::panic::catch_unwind(AssertUnwindSafe(|| commit_until_closed(shared)));
    let result = commits.unwrap_or_else(|_| {
        let error = StreamError::Storage("committer panicked".to_owned());
        shared.stop(Some(&error));
        Err(error)
    });
    if let Err(error) = &result {
        tracing::error!(%error, "log stopped");
    }
    for partition in shared.partitions() {
        partition.stopped();
    }
    let closed = shared.store.close();
    result.and(closed)
}

fn commit_until_closed(shared: &Shared) -> Result<(), StreamError> {
    let mut swept = Instant::now();
    loop {
        let last = shared.doorbell.wait(&shared.bounds);
        let sweep = swept.elapsed() >= SWEEP_INTERVAL;
        if sweep {
            swept = Instant::now();
        }
        commit(shared, sweep)?;
        if last {
            return Ok(());
        }
    }
}

/// One group commit of everything that waits.
fn commit(shared: &Shared, sweep: bool) -> Result<(), StreamError> {
    let mut partitions = Vec::new();
    let mut commits = Vec::new();
    let mut waiting = Vec::new();
    for partition in shared.partitions() {
        if let Some(taken) = partition.take(&shared.options, sweep) {
            partitions.push(partition);
            commits.push(taken.commit);
            waiting.extend(taken.waiting);
        }
    }
    if !commits.is_empty() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now_ms = now.unwrap_or_default().as_millis() as i64;
        // Stopped before `waiting` is dropped: who waits learns why.
        shared.store.commit(&mut commits, now_ms).inspect_err(|error| shared.stop(Some(error)))?;
    }
    let mut bytes = 0;
    for (partition, commit) in partitions.iter().zip(&commits) {
        partition.committed(commit, shared.options.tail_bytes_max);
        let records = commit.topics.iter().flat_map(|topic| &topic.records);
        bytes += records.map(cost_bytes).sum::<usize>();
    }
    shared.room.add_permits(bytes);
    for sender in waiting {
        // Who no longer waits has been dropped; that is no failure.
        let _ = sender.send(());
    }
    Ok(())
}
