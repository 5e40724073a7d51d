//! What a processor must know.

use std::time::Duration;

use events::Text;
use picture::Setup;
use serde::Deserialize;

/// Longest time between checkpoints, s, whatever is asked for: retention keeps events for a day.
const CHECKPOINT_EVERY_S_MAX: u64 = 86_400;

/// A region to process.
#[derive(Clone, Debug)]
pub struct RegionConfig {
    /// Its id, which is the partition of the log.
    pub region: Text,
    /// What its picture must know.
    pub setup: Setup,
}

/// How to process: table `[processor]` of the configuration. Every key is optional.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessorOptions {
    /// Records of one batch, which becomes one append. A batch is applied without a pause, so it
    /// bounds how long the task holds its thread: at a million a second, a few milliseconds.
    pub batch_records_max: usize,
    /// A checkpoint at the latest after so much time in which something was applied: bounds how
    /// much a restart reads again.
    pub checkpoint_every_s: u64,
    /// A checkpoint at the latest after so many records: bounds the same while catching up.
    pub checkpoint_every_records: u64,
}

impl Default for ProcessorOptions {
    fn default() -> Self {
        Self {
            batch_records_max: 2_048,
            checkpoint_every_s: 30,
            checkpoint_every_records: 1_000_000,
        }
    }
}

impl ProcessorOptions {
    /// [`Self::checkpoint_every_s`], at most a day.
    pub(crate) fn checkpoint_every(&self) -> Duration {
        Duration::from_secs(self.checkpoint_every_s.min(CHECKPOINT_EVERY_S_MAX))
    }
}
