//! When to try again. Publishers ask for a pause between connections, not after failures: so what
//! is kept is the distance between two starts, and a connection that lived long is tried at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// Distance between tries: doubles from `min` to `max` while they fail.
#[derive(Debug)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
    started: Instant,
}

impl Backoff {
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, failures: 0, started: Instant::now() }
    }

    /// A try begins.
    pub(super) fn start(&mut self) {
        self.started = Instant::now();
    }

    /// The try failed, or its connection was lost. When to begin the next one: some time after what
    /// the distance asks for, so that many clients of a publisher do not come back together. A try that
    /// took long to fail is none that lived long.
    pub(super) fn retry_at(&mut self, was_connected: bool) -> Instant {
        let now = Instant::now();
        if was_connected && now.duration_since(self.started) >= self.min {
            self.failures = 0;
        }
        let distance = self.min.saturating_mul(1 << self.failures.min(16)).min(self.max);
        self.failures = self.failures.saturating_add(1);
        now.max(self.started + distance) + distance.mul_f64(0.25 * random_share())
    }
}

/// Random share from 0 to 1.
pub(super) fn random_share() -> f64 {
    random() as f64 / u64::MAX as f64
}

/// Random bits, good enough for spreading load: the keys of the standard library's hash maps are
/// random, and each new one differs.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
