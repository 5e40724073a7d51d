//! How long reports take from hop to hop, by feed: from their source to us, onto the log, into the picture,
//! to the clients.
//!
//! Measured of what comes into a live view, and shown over the last minutes. Nothing of it is in the
//! picture: a past moment or a replay has none.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use events::Text;
use metrics::Histogram;
use picture::Object;
use serde::Serialize;
use stream::Passed;

use crate::app::Clock;
use crate::history::{Kept, Number};
use crate::telemetry;

/// The window: this minute and those before it.
const MINUTES: usize = 5;
const MINUTE_MS: i64 = 60_000;
/// Counts of a histogram: times below 16 ms each, then eight to a doubling, up to a day and a half.
const BUCKETS: usize = 208;
const TIME_MS_MAX: u64 = (1 << 28) - 1;
/// Frames of clients are looked into so often, in each region.
const SAMPLE_EVERY_MS: i64 = 100;
/// What has been in the view for longer, waits for the client's sake: one that was away, or that takes
/// little. The longest interval of frames that can be configured.
const CLIENT_MS: i64 = 10_000;
/// Frames of the log whose times are remembered.
const FRAMES_MAX: usize = 2_048;

/// How long the reports of a feed took over the last five minutes, this one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct FeedHops {
    /// From the time that a report says to its reception.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_to_received: Option<HopTimes>,
    /// From its reception to the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    received_to_logged: Option<HopTimes>,
    /// From the log into the picture, whose change is logged then.
    #[serde(skip_serializing_if = "Option::is_none")]
    logged_to_applied: Option<HopTimes>,
    /// From there to a frame for a client of the stream; missing while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_to_sent: Option<HopTimes>,
}

/// Times of a hop, within seven percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct HopTimes {
    /// Half of them took no longer.
    p50_ms: u64,
    /// 99 of 100 took no longer.
    p99_ms: u64,
    /// How many were measured.
    count: u64,
}

/// A report that came into the view.
pub(crate) struct Report {
    pub(crate) feed: Text,
    pub(crate) times: Times,
    pub(crate) passed: Passed,
}

/// When a report was true and when it was received, milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) event_ms: i64,
    pub(crate) received_ms: i64,
}

impl Times {
    /// Those of an object's newest report; none of what is made of many.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        let (event_ms, received_ms) = match object {
            Object::Vehicle(vehicle) => (vehicle.event_time_ms, vehicle.received_time_ms),
            Object::Trip(trip) => (trip.event_time_ms, trip.received_time_ms),
            Object::Detector(detector) => (detector.event_time_ms, detector.received_time_ms),
            Object::Situation(situation) => (situation.event_time_ms, situation.received_time_ms),
            Object::Weather(weather) => (weather.event_time_ms, weather.received_time_ms),
            Object::Feed(_)
            | Object::Link(_)
            | Object::Queue(_)
            | Object::Area(_)
            | Object::Emission(_) => return None,
        };
        Some(Self { event_ms, received_ms })
    }

    /// Whether these are of a report that is newer than the one that was shown.
    pub(crate) fn are_news(self, before: Option<Self>) -> bool {
        before.is_none_or(|before| self.event_ms > before.event_ms)
    }
}

/// The hops of a region's feeds.
pub(crate) struct Hops {
    clock: Clock,
    region: Text,
    feeds: Mutex<BTreeMap<Text, FeedWindows>>,
    /// When a frame of a client is looked into again.
    sample_due_ms: AtomicI64,
}

#[derive(Default)]
struct FeedWindows {
    source: Window,
    logged: Window,
    applied: Window,
    sent: Window,
    sent_seconds: Option<Histogram>,
}

/// Changes in a client's frame that is looked into.
pub(crate) struct Sample {
    now_ms: i64,
    /// How long they took since they were applied, by feed, milliseconds.
    sent: BTreeMap<Text, Vec<i64>>,
}

impl std::fmt::Debug for Hops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hops").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Hops {
    /// Of feeds with these names; there is no room for others.
    pub(crate) fn new(clock: Clock, region: Text, feeds: impl Iterator<Item = Text>) -> Self {
        let feeds = feeds.map(|feed| (feed, FeedWindows::default())).collect();
        Self { clock, region, feeds: Mutex::new(feeds), sample_due_ms: AtomicI64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Text, FeedWindows>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes reports that are in the view now.
    pub(crate) fn take(&self, reports: &[Report]) {
        if reports.is_empty() {
            return;
        }
        let now_ms = (self.clock)();
        let mut feeds = self.lock();
        for Report { feed, times, passed } in reports {
            let Some(windows) = feeds.get_mut(feed) else { continue };
            let Times { event_ms, received_ms } = *times;
            windows.source.add(now_ms, event_ms, received_ms);
            let Some(logged_ms) = passed.event_appended_ms else { continue };
            windows.logged.add(now_ms, received_ms, logged_ms);
            if let Some(applied_ms) = passed.appended_ms {
                windows.applied.add(now_ms, logged_ms, applied_ms);
            }
        }
    }

    /// A sample of what is sent, when it is time for one.
    pub(crate) fn sample(&self) -> Option<Sample> {
        let now_ms = (self.clock)();
        let due_ms = self.sample_due_ms.load(Ordering::Relaxed);
        // The clock of the machine may have been set back.
        let is_due = now_ms >= due_ms || now_ms < due_ms - SAMPLE_EVERY_MS;
        let next_ms = now_ms + SAMPLE_EVERY_MS;
        let due = &self.sample_due_ms;
        let (order, lost) = (Ordering::Relaxed, Ordering::Relaxed);
        let is_ours = is_due && due.compare_exchange(due_ms, next_ms, order, lost).is_ok();
        is_ours.then(|| Sample { now_ms, sent: BTreeMap::new() })
    }

    /// Takes a sample.
    pub(crate) fn sent(&self, sample: &Sample) {
        let mut feeds = self.lock();
        for (feed, times_ms) in &sample.sent {
            let Some(windows) = feeds.get_mut(feed) else { continue };
            let seconds = windows.sent_seconds.get_or_insert_with(|| {
                let labels = [("region", self.region.to_string()), ("feed", feed.to_string())];
                metrics::histogram!(telemetry::SENT_SECONDS, &labels)
            });
            for time_ms in times_ms {
                seconds.record(*time_ms as f64 / 1_000.0);
                windows.sent.add(sample.now_ms, 0, *time_ms);
            }
        }
    }

    /// What is known of a feed; none while that is nothing.
    pub(crate) fn of(&self, feed: &str) -> Option<FeedHops> {
        let now_ms = (self.clock)();
        let feeds = self.lock();
        let windows = feeds.get(feed)?;
        let hops = FeedHops {
            source_to_received: windows.source.times(now_ms),
            received_to_logged: windows.logged.times(now_ms),
            logged_to_applied: windows.applied.times(now_ms),
            applied_to_sent: windows.sent.times(now_ms),
        };
        (hops.source_to_received.is_some() || hops.applied_to_sent.is_some()).then_some(hops)
    }
}

impl Sample {
    /// Adds a change that a client gets.
    pub(crate) fn add(&mut self, kept: &Kept, frames: &FrameTimes) {
        let Some(object) = kept.applied.object() else { return };
        if self.now_ms.saturating_sub(kept.applied.since_ms) > CLIENT_MS {
            return;
        }
        let Some(applied_ms) = frames.applied_ms(kept.number) else { return };
        let sent_ms = self.now_ms.saturating_sub(applied_ms).max(0);
        match self.sent.get_mut(object.feed()) {
            Some(times_ms) => times_ms.push(sent_ms),
            None => drop(self.sent.insert(object.feed().clone(), vec![sent_ms])),
        }
    }
}

/// When the newest frames of the log were appended, by the number of their last change.
#[derive(Debug, Default)]
pub(crate) struct FrameTimes {
    frames: VecDeque<(Number, i64)>,
    /// Nothing is known of changes up to this one.
    unknown: Option<Number>,
}

impl FrameTimes {
    /// Of a view that has all up to a number.
    pub(crate) fn after(unknown: Option<Number>) -> Self {
        Self { frames: VecDeque::new(), unknown }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Adds the next change.
    pub(crate) fn push(&mut self, number: Number, appended_ms: Option<i64>) {
        match (appended_ms, self.frames.back_mut()) {
            (Some(appended_ms), Some((last, known_ms))) if *known_ms == appended_ms => {
                *last = number;
            }
            (Some(appended_ms), _) => {
                if self.frames.len() == FRAMES_MAX {
                    self.unknown = self.frames.pop_front().map(|(number, _)| number);
                }
                self.frames.push_back((number, appended_ms));
            }
            (None, _) => *self = Self::after(Some(number)),
        }
    }

    fn applied_ms(&self, number: Number) -> Option<i64> {
        let place = self.frames.partition_point(|(last, _)| *last < number);
        let (_, applied_ms) = self.frames.get(place)?;
        (Some(number) > self.unknown).then_some(*applied_ms)
    }
}

/// Times of the last minutes.
#[derive(Default)]
struct Window {
    /// Minutes since 1970-01-01 UTC and their counts, oldest first.
    minutes: VecDeque<(i64, Box<[u32]>)>,
}

impl Window {
    /// Clocks of two machines may differ: what seems to arrive before it left took no time.
    fn add(&mut self, now_ms: i64, from_ms: i64, to_ms: i64) {
        let minute = now_ms.div_euclid(MINUTE_MS);
        if self.minutes.back().is_none_or(|(newest, _)| *newest != minute) {
            // The oldest counts are used again.
            let full = self.minutes.len() == MINUTES;
            let counts = full.then(|| self.minutes.pop_front()).flatten().map(|(_, counts)| counts);
            let mut counts = counts.unwrap_or_else(|| vec![0; BUCKETS].into());
            counts.fill(0);
            self.minutes.push_back((minute, counts));
        }
        let time_ms = u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or_default();
        if let Some((_, counts)) = self.minutes.back_mut() {
            let count = &mut counts[bucket(time_ms)];
            *count = count.saturating_add(1);
        }
    }

    fn times(&self, now_ms: i64) -> Option<HopTimes> {
        let minute = now_ms.div_euclid(MINUTE_MS);
        let oldest = minute - (MINUTES as i64 - 1);
        let mut sums = [0; BUCKETS];
        for (_, counts) in self.minutes.iter().filter(|(at, _)| (oldest..=minute).contains(at)) {
            sums.iter_mut().zip(counts.iter()).for_each(|(sum, count)| *sum += u64::from(*count));
        }
        let count = sums.iter().sum::<u64>();
        let of_100 = |part: u64| {
            let rank = (count * part).div_ceil(100);
            let mut below = 0;
            let place = sums.iter().position(|sum| {
                below += sum;
                below >= rank
            });
            middle_ms(place.unwrap_or(BUCKETS - 1))
        };
        (count > 0).then(|| HopTimes { p50_ms: of_100(50), p99_ms: of_100(99), count })
    }
}

/// Where a time is counted.
fn bucket(time_ms: u64) -> usize {
    let time_ms = time_ms.min(TIME_MS_MAX);
    let Some(doublings) = time_ms.checked_ilog2().and_then(|log| log.checked_sub(4)) else {
        return time_ms as usize;
    };
    16 + doublings as usize * 8 + (time_ms >> (doublings + 1)) as usize % 8
}

/// The middle of what is counted in a place.
fn middle_ms(bucket: usize) -> u64 {
    let Some(above) = bucket.checked_sub(16) else { return bucket as u64 };
    let (doublings, eighth) = (above / 8, above as u64 % 8);
    ((8 + eighth) << (doublings + 1)) + (1 << doublings)
}
