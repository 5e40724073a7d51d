//! When something is due on the clock of a replay.

use std::time::Duration;

use stream::Speed;
use tokio::time::Instant;

/// Longest sleep of a replay that plays: so often its clock goes on where nothing happens.
pub(crate) const SLEEP_MAX: Duration = Duration::from_millis(20);
/// A replay that is so much behind its pace, real time, has it start anew: it would rush through
/// what comes after a busy hour.
const BEHIND_MAX_MS: f64 = 1_000.0;

/// When something is due.
pub(crate) struct Pace {
    pub(crate) speed: Speed,
    since: Instant,
    since_ms: i64,
}

impl Pace {
    pub(crate) fn new(speed: Speed, since_ms: i64) -> Self {
        Self { speed, since: Instant::now(), since_ms }
    }

    /// The latest moment that is due.
    pub(crate) fn due_ms(&self) -> i64 {
        match self.speed {
            Speed::Max => i64::MAX,
            Speed::Times(times) => {
                let passed_ms = self.since.elapsed().as_secs_f64() * 1_000.0 * times;
                self.since_ms.saturating_add(passed_ms as i64)
            }
        }
    }

    /// How long it is until a moment is due.
    pub(crate) fn until(&self, at_ms: i64) -> Duration {
        match self.speed {
            Speed::Max => Duration::ZERO,
            Speed::Times(times) => {
                let left_ms = at_ms.saturating_sub(self.due_ms()).max(0) as f64 / times;
                Duration::try_from_secs_f64(left_ms / 1_000.0).unwrap_or(SLEEP_MAX)
            }
        }
    }

    /// Whether it is far behind when only all up to a moment is done.
    pub(crate) fn is_behind(&self, done_ms: i64) -> bool {
        match self.speed {
            Speed::Max => false,
            Speed::Times(times) => {
                self.due_ms().saturating_sub(done_ms) as f64 > BEHIND_MAX_MS * times
            }
        }
    }
}
