//! Plays a recording of all feeds through all pipelines: the core, without clock or I/O.
//!
//! What goes on happens in *steps*: a record, a second of received time at which every feed says
//! its status, or the end. The steps depend on the recording alone, so a replay writes the same
//! records each time, and the number of steps done says exactly where to go on after a crash.

use std::collections::{BTreeMap, BTreeSet};

use events::{Connection, LogRecord, RawRecord, Text};
use stream::StreamError;

use crate::config::RegionConfig;
use crate::error::IngestError;
use crate::pipeline::{FeedPipeline, Output};

/// Distance of statuses, received time.
const TICK_MS: i64 = 1_000;
/// Most statuses of a feed in a gap of the recording: an hour. Of a longer gap only the last hour
/// is ticked through; every window and expiry is over by then.
const TICKS_PER_GAP_MAX: i64 = 3_600;
/// Last millisecond of the year 9999: a damaged time must not make seconds tick for ever.
const RECEIVED_MS_MAX: i64 = 253_402_300_799_999;
/// Most names of feeds that are in the recording but not configured, for the log.
const UNKNOWN_MAX: usize = 64;

/// All pipelines of a replay, and where it is.
pub(crate) struct PlayerCore {
    regions: Vec<Text>,
    /// In the order of feed names, so that statuses have an order of their own.
    feeds: BTreeMap<Text, PlayedFeed>,
    unknown: BTreeSet<String>,
    unknown_total: u64,
    next_tick_ms: i64,
    now_ms: i64,
    steps: u64,
}

struct PlayedFeed {
    region: usize,
    pipeline: FeedPipeline,
}

impl PlayerCore {
    /// A replay whose first record is received at `start_ms`, shifted.
    pub(crate) fn new(regions: &[RegionConfig], start_ms: i64) -> Result<Self, IngestError> {
        let mut feeds = BTreeMap::new();
        for (index, region) in regions.iter().enumerate() {
            for feed in &region.feeds {
                let pipeline = FeedPipeline::new(feed, region, start_ms)
                    .map_err(|error| IngestError::options(&region.id, error))?;
                feeds.insert(feed.name.clone(), PlayedFeed { region: index, pipeline });
            }
        }
        Ok(Self {
            regions: regions.iter().map(|region| region.id.clone()).collect(),
            feeds,
            unknown: BTreeSet::new(),
            unknown_total: 0,
            next_tick_ms: tick_after(bounded(start_ms)),
            now_ms: bounded(start_ms),
            steps: 0,
        })
    }

    /// Ids of the regions; the steps name them by their index.
    pub(crate) fn regions(&self) -> &[Text] {
        &self.regions
    }

    /// Steps done.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Records of feeds that are not configured.
    pub(crate) fn unknown_total(&self) -> u64 {
        self.unknown_total
    }

    /// The second to tick before what happens at a received time. `None` when that can happen.
    pub(crate) fn tick_before(&mut self, received_ms: i64) -> Option<i64> {
        let received_ms = bounded(received_ms);
        let earliest_ms = received_ms.saturating_sub(TICKS_PER_GAP_MAX * TICK_MS);
        if self.next_tick_ms < earliest_ms {
            self.next_tick_ms = tick_after(earliest_ms);
        }
        (self.next_tick_ms <= received_ms).then_some(self.next_tick_ms)
    }

    /// A step: every feed says its status at the second that [`Self::tick_before`] gave.
    pub(crate) fn tick(&mut self, each: &mut dyn FnMut(usize, Output)) {
        let tick_ms = self.next_tick_ms;
        self.next_tick_ms = tick_ms.saturating_add(TICK_MS);
        self.say(tick_ms, Connection::Live, each);
    }

    /// A step: a record. Says the feed's name when no feed of that name is configured, the first
    /// time.
    pub(crate) fn record<'a>(
        &mut self,
        raw: &'a RawRecord,
        shift_ms: i64,
        each: &mut dyn FnMut(usize, Output),
    ) -> Option<&'a str> {
        self.steps += 1;
        self.now_ms = self.now_ms.max(bounded(raw.received_time_ms.saturating_add(shift_ms)));
        if let Some(feed) = self.feeds.get_mut(raw.feed.as_str()) {
            each(feed.region, feed.pipeline.record(raw, shift_ms));
            return None;
        }
        self.unknown_total += 1;
        let is_new = self.unknown.len() < UNKNOWN_MAX && self.unknown.insert(raw.feed.clone());
        is_new.then_some(raw.feed.as_str())
    }

    /// A step: the recording is over, and everything up to its last received time is complete.
    pub(crate) fn end(&mut self, each: &mut dyn FnMut(usize, Output)) {
        self.say(self.now_ms, Connection::Ended, each);
    }

    fn say(&mut self, at_ms: i64, connection: Connection, each: &mut dyn FnMut(usize, Output)) {
        self.steps += 1;
        self.now_ms = self.now_ms.max(at_ms);
        for feed in self.feeds.values_mut() {
            let status = feed.pipeline.status(at_ms, connection, None);
            let records = vec![status];
            each(feed.region, Output { records, ..Output::default() });
        }
    }
}

fn bounded(received_ms: i64) -> i64 {
    received_ms.clamp(0, RECEIVED_MS_MAX)
}

/// The first whole second after a time.
fn tick_after(time_ms: i64) -> i64 {
    time_ms.div_euclid(TICK_MS).saturating_add(1).saturating_mul(TICK_MS)
}

/// Plays a recording once, with its own times, and hands each record of the log to `each`: for
/// every region the very records, in the very order, that [`crate::play`] writes.
pub fn play_all(
    recording: impl Iterator<Item = Result<RawRecord, StreamError>>,
    regions: &[RegionConfig],
    mut each: impl FnMut(&str, LogRecord),
) -> Result<(), IngestError> {
    let mut recording = recording.fuse();
    let Some(first) = recording.next().transpose()? else { return Ok(()) };
    let start_ms = first.received_time_ms;
    let names: Vec<Text> = regions.iter().map(|region| region.id.clone()).collect();
    let mut each = |region: usize, output: Output| {
        let name = names.get(region).map_or("", Text::as_str);
        output.records.into_iter().for_each(|record| each(name, record));
    };
    let mut core = PlayerCore::new(regions, start_ms)?;
    for raw in std::iter::once(Ok(first)).chain(recording) {
        let raw = raw?;
        while core.tick_before(raw.received_time_ms).is_some() {
            core.tick(&mut each);
        }
        if let Some(feed) = core.record(&raw, 0, &mut each) {
            warn_unknown(feed);
        }
    }
    core.end(&mut each);
    Ok(())
}

/// Says once that a recording has records of a feed that is not configured.
pub(crate) fn warn_unknown(feed: &str) {
    tracing::warn!(feed, "the recording has records of a feed that no region configures; left out");
}
