//! What can be set on the embedded log, and why each bound is what it is.

use serde::Deserialize;

use crate::StreamError;
use crate::log::topic;

/// Largest payload that any setting may allow: blocks are decoded in memory, one at a time.
pub(super) const RECORD_BYTES_LIMIT: usize = 64 << 20;

/// Settings of an [`EmbeddedLog`](super::EmbeddedLog); every one has a default.
///
/// ```
/// let options: stream::EmbeddedOptions = toml::from_str("fsync_interval_ms = 10").unwrap();
/// assert_eq!(options.fsync_interval_ms, 10);
/// assert_eq!(options.record_bytes_max, 8 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedOptions {
    /// Longest that an appended record waits for its fsync, so the most that a crash can take.
    /// 50 ms: 20 fsyncs a second cost a disk nothing, and blocks stay large enough to compress.
    pub fsync_interval_ms: u64,
    /// Records that wait at most before a commit starts early. 10,000: a commit of them takes
    /// about 10 ms, so an interval cannot pile up work for the next one.
    pub fsync_records_max: usize,
    /// Bytes appended and not yet durable, over all partitions; appends wait beyond it.
    /// 32 MiB: a second of the fastest feeds while the disk is busy, and small beside the process.
    pub pending_bytes_max: usize,
    /// Largest record. 8 MiB: a whole data set of situations, kept raw in the dead letters.
    pub record_bytes_max: usize,
    /// Bytes of records in one stored block, the unit of reading, compression and retention (a
    /// larger record is a block of its own). 256 KiB: zstd gains little beyond, and a reader who
    /// wants one record decodes no more than this.
    pub block_bytes_max: usize,
    /// Newest bytes of each topic of a partition kept in memory, from which live readers are
    /// served. 8 MiB: several seconds of the largest region; who is further behind reads the disk.
    pub tail_bytes_max: usize,
    /// Pages that the storage engine caches. 16 MiB: the log is written once and read in order,
    /// so only the inner pages of its tree are worth keeping.
    pub cache_bytes: usize,
    /// Checks every page of the log when it is opened, not only after a crash, so that damage is
    /// found before anything is built on it. About a second for each gibibyte of log.
    pub check_on_open: bool,
    /// Bytes of `events` kept on disk in each partition. 1 GiB: hours of the largest region, and
    /// after a crash the whole log is checked at about a gibibyte a second.
    pub events_retention_bytes: u64,
    /// Age in seconds beyond which `events` go. A day: longer histories belong to the archive.
    pub events_retention_age_s: u64,
    /// Bytes of `picture` kept on disk in each partition. 256 MiB: views start from a checkpoint
    /// and need the deltas since then only.
    pub picture_retention_bytes: u64,
    /// Age in seconds beyond which `picture` goes. An hour: many checkpoints back.
    pub picture_retention_age_s: u64,
    /// Bytes of `dead-letter` kept on disk in each partition. 256 MiB: a feed that fails as a
    /// whole must not push out the events.
    pub dead_letter_retention_bytes: u64,
    /// Age in seconds beyond which `dead-letter` goes. A week: people look at it, on workdays.
    pub dead_letter_retention_age_s: u64,
    /// Bytes of `alerts` kept on disk in each partition. 16 MiB: some hundred thousand.
    pub alerts_retention_bytes: u64,
    /// Age in seconds beyond which `alerts` go. A week: those of a night and of last Monday.
    pub alerts_retention_age_s: u64,
    /// Bytes of `raw` kept on disk in each partition. 512 MiB: half of what `events` may have, since
    /// it is on its way to the archive only.
    pub raw_retention_bytes: u64,
    /// Age in seconds beyond which `raw` goes. A day: longer than the archive may be away.
    pub raw_retention_age_s: u64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            fsync_interval_ms: 50,
            fsync_records_max: 10_000,
            pending_bytes_max: 32 << 20,
            record_bytes_max: 8 << 20,
            block_bytes_max: 256 << 10,
            tail_bytes_max: 8 << 20,
            cache_bytes: 16 << 20,
            check_on_open: true,
            events_retention_bytes: 1 << 30,
            events_retention_age_s: 24 * 3600,
            picture_retention_bytes: 256 << 20,
            picture_retention_age_s: 3600,
            dead_letter_retention_bytes: 256 << 20,
            dead_letter_retention_age_s: 7 * 24 * 3600,
            alerts_retention_bytes: 16 << 20,
            alerts_retention_age_s: 7 * 24 * 3600,
            raw_retention_bytes: 512 << 20,
            raw_retention_age_s: 24 * 3600,
        }
    }
}

/// How much of a topic is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    pub(super) bytes_max: u64,
    pub(super) age_ms_max: u64,
}

impl EmbeddedOptions {
    /// Says which setting cannot work.
    pub(super) fn check(&self) -> Result<(), StreamError> {
        let failure = |message: String| Err(StreamError::Storage(message));
        if !(1..=RECORD_BYTES_LIMIT).contains(&self.record_bytes_max) {
            return failure(format!(
                "record_bytes_max = {} is outside 1 to {RECORD_BYTES_LIMIT}",
                self.record_bytes_max
            ));
        }
        if !(1..=RECORD_BYTES_LIMIT).contains(&self.block_bytes_max) {
            return failure(format!(
                "block_bytes_max = {} is outside 1 to {RECORD_BYTES_LIMIT}",
                self.block_bytes_max
            ));
        }
        if self.pending_bytes_max < 2 * self.record_bytes_max
            || self.pending_bytes_max > u32::MAX as usize / 2
        {
            return failure(format!(
                "pending_bytes_max = {} is outside 2 * record_bytes_max = {} to {}",
                self.pending_bytes_max,
                2 * self.record_bytes_max,
                u32::MAX / 2
            ));
        }
        Ok(())
    }

    /// The same, but nothing goes: for a log that is moved elsewhere.
    #[must_use]
    pub fn without_retention(self) -> Self {
        Self {
            events_retention_bytes: u64::MAX,
            events_retention_age_s: u64::MAX,
            picture_retention_bytes: u64::MAX,
            picture_retention_age_s: u64::MAX,
            dead_letter_retention_bytes: u64::MAX,
            dead_letter_retention_age_s: u64::MAX,
            alerts_retention_bytes: u64::MAX,
            alerts_retention_age_s: u64::MAX,
            raw_retention_bytes: u64::MAX,
            raw_retention_age_s: u64::MAX,
            ..self
        }
    }

    /// Retention of a topic; one that is not known here is kept as events are.
    pub(super) fn retention(&self, topic: &str) -> Retention {
        let (bytes_max, age_s) = match topic {
            topic::PICTURE => (self.picture_retention_bytes, self.picture_retention_age_s),
            topic::DEAD_LETTER => {
                (self.dead_letter_retention_bytes, self.dead_letter_retention_age_s)
            }
            topic::ALERTS => (self.alerts_retention_bytes, self.alerts_retention_age_s),
            topic::RAW => (self.raw_retention_bytes, self.raw_retention_age_s),
            _ => (self.events_retention_bytes, self.events_retention_age_s),
        };
        Retention { bytes_max, age_ms_max: age_s.saturating_mul(1000) }
    }
}
