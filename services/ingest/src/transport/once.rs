//! One copy of a message when subscriptions overlap.
//!
//! A broker may send a message once for each matching filter of a connection: with HFP's geohash
//! filters every position came four times. The copies follow each other closely, so it is enough
//! to remember for a short while what came. Without overlapping filters nothing is compared, and a
//! message that a publisher really sent twice goes on: the picture finds duplicates by their time.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use rustc_hash::FxHashSet;
use tokio::time::Instant;

/// How long a message is remembered. Copies come within one round of the broker's loop.
const WINDOW: Duration = Duration::from_secs(2);
/// Most messages remembered: two seconds at 16,000 a second, ten times the largest feed's peak.
const MESSAGES_MAX: usize = 32_768;

/// Remembers hashes of recent messages. The hash has a random key, so that nobody can craft two
/// messages of the same hash.
#[derive(Debug, Default)]
pub(super) struct Once {
    key: RandomState,
    order: VecDeque<(Instant, u64)>,
    hashes: FxHashSet<u64>,
}

impl Once {
    /// Whether the same message came a moment ago.
    pub(super) fn is_copy(&mut self, topic: &str, payload: &[u8]) -> bool {
        let now = Instant::now();
        while let Some(&(at, hash)) = self.order.front() {
            if self.order.len() < MESSAGES_MAX && now.duration_since(at) < WINDOW {
                break;
            }
            self.order.pop_front();
            self.hashes.remove(&hash);
        }
        let hash = self.key.hash_one((topic, payload));
        let is_new = self.hashes.insert(hash);
        if is_new {
            self.order.push_back((now, hash));
        }
        !is_new
    }
}

/// Whether some topic matches both filters. Levels are compared one by one; `+` matches any level,
/// `#` any rest, the level before it included.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some(a), Some(b)) if a == b || a == "+" || b == "+" => {}
            _ => return false,
        }
    }
}
