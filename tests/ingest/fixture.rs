//! What the tests of ingest share: a region, messages, a clock, and reading the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use events::{Connection, Event, FeedStatus, LogRecord, RawRecord};
use ingest::{Clock, RegionConfig};
use stream::{EmbeddedLog, EmbeddedOptions, Log, topic};

/// 2026-03-02T06:00:00Z, a Monday.
pub(crate) const START_MS: i64 = 1_772_431_200_000;

/// No wait in these tests is longer than some seconds; a test that hangs must end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A region with the given feeds, as TOML tables.
pub(crate) fn region(id: &str, feeds: &str) -> RegionConfig {
    let text = format!(
        "id = \"{id}\"\nname = \"Test\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [24.0, 60.0, 26.0, 61.0]\n{feeds}"
    );
    let region: RegionConfig = toml::from_str(&text).unwrap();
    region.validate().unwrap();
    region
}

/// A feed of HFP messages with more keys.
pub(crate) fn hfp_feed(name: &str, keys: &str) -> String {
    format!("[[feed]]\nname = \"{name}\"\nformat = \"hfp\"\n{keys}\n")
}

/// An HFP message of a vehicle at a time.
pub(crate) fn message(vehicle: u32, time_ms: i64) -> Message {
    Message { vehicle, time_ms, latitude: 60.2, longitude: 24.9, speed_m_s: 10.0 }
}

/// What an HFP message of these tests says.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    pub(crate) vehicle: u32,
    pub(crate) time_ms: i64,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) speed_m_s: f64,
}

impl Message {
    pub(crate) fn topic(&self) -> String {
        let vehicle = self.vehicle;
        format!(
            "/hfp/v2/journey/ongoing/vp/bus/0018/{vehicle:05}/2550/2/East/08:00/1100101/5/\
             60;24/19/73/44"
        )
    }

    pub(crate) fn payload(&self) -> String {
        let Self { vehicle, time_ms, latitude, longitude, speed_m_s } = self;
        let (s, ms) = (time_ms.div_euclid(1_000), time_ms.rem_euclid(1_000));
        let of_day = s.rem_euclid(86_400);
        let (h, m, s_of_m) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        let day = date(s.div_euclid(86_400));
        format!(r#"{{"VP":{{"desi":"550","dir":"2","oper":18,"veh":{vehicle},"#)
            + &format!(
                r#""tst":"{day}T{h:02}:{m:02}:{s_of_m:02}.{ms:03}Z","tsi":{s},"spd":{speed_m_s},"#
            )
            + &format!(
                r#""hdg":90,"lat":{latitude},"long":{longitude},"acc":0.1,"dl":-60,"odo":100,"#
            )
            + &format!(
                r#""drst":0,"oday":"{day}","start":"08:00","loc":"GPS","stop":null,"route":"2550"}}}}"#
            )
    }

    /// As received by a feed.
    pub(crate) fn raw(&self, feed: &str, received_ms: i64) -> RawRecord {
        raw(feed, received_ms, &self.topic(), self.payload())
    }
}

/// Date of a day after 1970-01-01 (civil from days, Howard Hinnant's chrono algorithms).
fn date(day: i64) -> String {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (d, m) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let y = yoe + era * 400 + i64::from(m <= 2);
    format!("{y:04}-{m:02}-{d:02}")
}

pub(crate) fn raw(
    feed: &str,
    received_ms: i64,
    topic: &str,
    payload: impl Into<Vec<u8>>,
) -> RawRecord {
    RawRecord {
        feed: feed.into(),
        source: "test".into(),
        topic: topic.into(),
        received_time_ms: received_ms,
        payload: payload.into().into(),
    }
}

/// A clock that goes on by a second each time that it is read.
pub(crate) struct TickingClock(AtomicI64);

impl TickingClock {
    pub(crate) fn new(start_ms: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(start_ms)))
    }
}

impl Clock for TickingClock {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }
}

/// A log in a directory that goes when it is dropped.
pub(crate) fn log() -> (tempfile::TempDir, Arc<EmbeddedLog>) {
    let directory = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(directory.path(), EmbeddedOptions::default()).unwrap();
    (directory, log)
}

/// Reads a region's events until they are enough.
pub(crate) async fn read_until(
    log: &dyn Log,
    region: &str,
    mut is_enough: impl FnMut(&[LogRecord]) -> bool,
) -> Vec<LogRecord> {
    let mut source = log.source(topic::EVENTS, region, 0).await.unwrap();
    let mut records = Vec::new();
    let read = async {
        while !is_enough(&records) {
            for record in source.next(1_000).await.unwrap() {
                records.push(LogRecord::decode(&record.payload).unwrap());
            }
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, read).await.is_ok();
    assert!(in_time, "not enough after {PATIENCE:?}: {records:#?}");
    records
}

/// All records of a topic of a region, as bytes.
pub(crate) async fn bytes_of(log: &dyn Log, topic: &str, region: &str) -> Vec<Vec<u8>> {
    let bounds = log.bounds(topic, region).await.unwrap();
    let mut source = log.source(topic, region, bounds.first).await.unwrap();
    let mut records = Vec::new();
    while bounds.first + (records.len() as u64) < bounds.next {
        let next = source.next(1_000).await.unwrap();
        records.extend(next.into_iter().map(|record| record.payload.to_vec()));
    }
    records
}

pub(crate) fn events_of<'a>(
    records: &'a [LogRecord],
    feed: &'a str,
) -> impl Iterator<Item = &'a Event> {
    records.iter().filter_map(move |record| match record {
        LogRecord::Event(event) if event.feed == feed => Some(event),
        _ => None,
    })
}

pub(crate) fn statuses_of<'a>(
    records: &'a [LogRecord],
    feed: &'a str,
) -> impl Iterator<Item = &'a FeedStatus> {
    records.iter().filter_map(move |record| match record {
        LogRecord::FeedStatus(status) if status.feed == feed => Some(status),
        _ => None,
    })
}

/// Records of a feed that ended for a reason.
pub(crate) fn tally_of(records: &[LogRecord], feed: &str, reason: &str) -> u64 {
    let counts = records.iter().filter_map(|record| match record {
        LogRecord::Tally(tally) if tally.feed == feed => Some(&tally.counts),
        _ => None,
    });
    counts.flatten().filter(|count| count.reason == reason).map(|count| count.count).sum()
}

/// Everything that a feed's records account for.
pub(crate) fn accounted(records: &[LogRecord], feed: &str) -> u64 {
    let tallied = records.iter().map(|record| match record {
        LogRecord::Tally(tally) if tally.feed == feed => {
            tally.counts.iter().map(|count| count.count).sum()
        }
        _ => 0,
    });
    tallied.sum::<u64>() + events_of(records, feed).count() as u64
}

/// Whether a feed has said that it is so.
pub(crate) fn was(records: &[LogRecord], feed: &str, connection: Connection) -> bool {
    statuses_of(records, feed).any(|status| status.connection() == connection)
}

/// Whether the last status of a feed says that it is so.
pub(crate) fn is(records: &[LogRecord], feed: &str, connection: Connection) -> bool {
    statuses_of(records, feed).last().is_some_and(|status| status.connection() == connection)
}
