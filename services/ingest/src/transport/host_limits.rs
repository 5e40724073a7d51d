//! One pace for all requests to a host, whichever source sends them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// When each host may be asked again. Hosts come from configuration, so their number is bounded.
#[derive(Debug, Default)]
pub struct HostLimits(Mutex<BTreeMap<String, Instant>>);

impl HostLimits {
    /// Waits for a turn to ask the host, `interval` after the turn before it.
    pub(super) async fn turn(&self, host: &str, interval: Duration) {
        let at = {
            let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let free = free.entry(host.to_owned()).or_insert(now);
            let at = (*free).max(now);
            *free = at + interval;
            at
        };
        sleep_until(at).await;
    }

    /// The host asked for a pause.
    pub(super) fn pause(&self, host: &str, pause: Duration) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause;
        let free = free.entry(host.to_owned()).or_insert(until);
        *free = (*free).max(until);
    }
}
