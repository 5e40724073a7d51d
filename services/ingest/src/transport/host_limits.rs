//! One pace for all that goes to a host, whichever source it is from.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// When each host may be asked again. Hosts come from configuration, so their number is bounded.
#[derive(Debug, Default)]
pub struct HostLimits(Mutex<BTreeMap<String, Turns>>);

#[derive(Debug, Default)]
struct Turns {
    /// The last ones that were given, some in the future; as many as a pace asks for.
    given: VecDeque<Instant>,
    /// The host asked for a pause until then.
    paused_until: Option<Instant>,
}

/// So many turns in any period of such a length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) turns: usize,
    pub(super) period: Duration,
}

impl HostLimits {
    /// Waits for a turn.
    pub(super) async fn turn(&self, host: &str, pace: Pace) {
        let at = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let host = hosts.entry(host.to_owned()).or_default();
            let now = Instant::now();
            while host.given.len() > pace.turns {
                host.given.pop_front();
            }
            let oldest = host.given.front().filter(|_| host.given.len() == pace.turns);
            let free = oldest.map_or(now, |oldest| *oldest + pace.period);
            let at = free.max(host.paused_until.unwrap_or(now)).max(now);
            host.given.push_back(at);
            at
        };
        sleep_until(at).await;
    }

    /// The host asked for a pause.
    pub(super) fn pause(&self, host: &str, pause: Duration) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host.to_owned()).or_default();
        host.paused_until = host.paused_until.max(Some(Instant::now() + pause));
    }
}
