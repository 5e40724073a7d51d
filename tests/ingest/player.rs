//! The player: the same records each time, also after a crash anywhere; loops in which time goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use events::{Connection, LogRecord, RawRecord};
use ingest::{IngestError, PlayerClock, PlayerOptions, RegionConfig, Speed, play, play_all};
use stream::recording::{Reader, Writer};
use stream::{Append, Log, StreamError, topic};
use tokio_util::sync::CancellationToken;

use super::breaking_log::BreakingLog;
use super::fixture::{
    START_MS, TickingClock, accounted, bytes_of, events_of, hfp_feed, is, log, message, raw,
    read_until, region, statuses_of,
};
use crate::logs::{Backend, on_both_logs};

on_both_logs! {
    REGIONS;
    at_a_pace_the_log_gets_what_the_pure_player_gives,
    as_fast_as_it_goes_it_gets_the_same_once_and_another_recording_is_refused,
    a_replay_that_is_cut_off_anywhere_goes_on_where_it_was,
    in_a_loop_time_goes_on_from_the_present,
}

const REGIONS: [&str; 2] = ["one", "two"];

/// The regions; the order of their feeds is not that of the feeds' names.
fn regions() -> Vec<RegionConfig> {
    vec![
        region(REGIONS[0], &(hfp_feed("trams", "") + &hfp_feed("buses", ""))),
        region(REGIONS[1], &hfp_feed("ferries", "")),
    ]
}

/// Half a minute of three feeds: garbage, a feed that no region has, a gap, and times that go back.
fn records() -> Vec<RawRecord> {
    let mut records = Vec::new();
    for second in 0..20_i64 {
        let at_ms = START_MS + second * 700 + if second > 12 { 15_000 } else { 0 };
        let vehicle = u32::try_from(second % 4).unwrap();
        records.push(message(vehicle, at_ms - 100).raw("buses", at_ms));
        match second % 5 {
            0 => records.push(message(9, at_ms - 200).raw("ferries", at_ms - 50)),
            1 => records.push(message(5, at_ms).raw("trams", at_ms + 10)),
            2 => records.push(raw("trams", at_ms + 20, "t", "garbage")),
            3 => records.push(message(1, at_ms).raw("unknown", at_ms + 30)),
            _ => {}
        }
    }
    records
}

fn recording(records: &[RawRecord]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new(&mut file).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn options(file: &tempfile::NamedTempFile, speed: Speed) -> PlayerOptions {
    let file = file.path().to_owned();
    PlayerOptions { file, speed, looped: false, clock: PlayerClock::Recorded }
}

/// What a replay must write, by region.
fn expected(file: &tempfile::NamedTempFile) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut expected: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let recording = Reader::open(file.path()).unwrap();
    play_all(recording, &regions(), |region, record| {
        expected.entry(region.to_owned()).or_default().push(record.encode());
    })
    .unwrap();
    expected
}

async fn play_on(log: Arc<dyn Log>, options: &PlayerOptions) -> Result<(), IngestError> {
    // The clock is not to matter.
    let clock = TickingClock::new(42);
    play(log, &regions(), options, clock, CancellationToken::new()).await
}

async fn written(log: &dyn Log) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut written = BTreeMap::new();
    for region in REGIONS {
        written.insert(region.to_owned(), bytes_of(log, topic::EVENTS, region).await);
    }
    written
}

async fn at_a_pace_the_log_gets_what_the_pure_player_gives(backend: &Backend) {
    let file = recording(&records());
    let log = backend.open().await;
    play_on(Arc::clone(&log), &options(&file, Speed::Times(500.0))).await.unwrap();
    assert_eq!(written(log.as_ref()).await, expected(&file));
}

#[test]
fn statuses_come_each_second_in_the_order_of_names_and_end_completes_the_feeds() {
    let file = recording(&records());
    let mut all = Vec::new();
    let recording = Reader::open(file.path()).unwrap();
    play_all(recording, &regions(), |region, record| all.push((region.to_owned(), record)))
        .unwrap();
    let of = |id: &str| {
        let of = all.iter().filter(|(region, _)| region == id).map(|(_, record)| record.clone());
        of.collect::<Vec<LogRecord>>()
    };
    let one = of("one");
    let statuses: Vec<_> = all
        .iter()
        .filter_map(|(_, record)| match record {
            LogRecord::FeedStatus(status) => Some(status),
            _ => None,
        })
        .collect();
    let names: Vec<&str> = statuses.iter().map(|status| status.feed.as_str()).collect();
    assert!(names.chunks(3).all(|names| names == ["buses", "ferries", "trams"]), "{names:?}");
    for (second, statuses) in (1..).zip(statuses.chunks(3)) {
        for status in statuses.iter().filter(|s| s.connection() != Connection::Ended) {
            assert_eq!(status.received_time_ms, START_MS + second * 1_000);
        }
    }
    for feed in ["buses", "trams"] {
        let last = statuses_of(&one, feed).last().unwrap();
        assert_eq!(last.connection(), Connection::Ended);
        assert_eq!(last.watermark_ms, START_MS + 19 * 700 + 15_000);
        assert_eq!(last.received_total, accounted(&one, feed));
        assert_eq!(last.counting_since_ms, START_MS);
    }
    assert!(is(&of("two"), "ferries", Connection::Ended));
}

#[test]
fn damaged_times_and_long_gaps_do_not_make_seconds_tick_for_ever() {
    let times = [START_MS, i64::MIN, START_MS + 365 * 86_400_000, i64::MAX, START_MS, i64::MAX];
    let recording = times.map(|at_ms| Ok(message(1, START_MS).raw("buses", at_ms)));
    let (mut statuses, mut received) = (0, 0);
    play_all(recording.into_iter(), &regions(), |_, record| {
        if let LogRecord::FeedStatus(status) = record
            && status.feed == "buses"
        {
            statuses += 1;
            received = status.received_total;
        }
    })
    .unwrap();
    assert_eq!(received, 6);
    assert!(statuses <= 2 * 3_601 + 1, "{statuses}");
}

async fn as_fast_as_it_goes_it_gets_the_same_once_and_another_recording_is_refused(
    backend: &Backend,
) {
    let file = recording(&records());
    let log = backend.open().await;
    for _ in 0..2 {
        play_on(Arc::clone(&log), &options(&file, Speed::Max)).await.unwrap();
        assert_eq!(written(log.as_ref()).await, expected(&file));
    }
    let other = recording(&records()[3..]);
    let error = play_on(log, &options(&other, Speed::Max)).await.unwrap_err();
    assert!(matches!(error, IngestError::OtherRecording { .. }), "{error}");
}

const END: &str = "the test ends this log";

/// A log that accepts a number of appends and then fails as a full disk does.
fn mortal(log: Arc<dyn Log>, appends: usize) -> Arc<BreakingLog> {
    let left = AtomicUsize::new(appends);
    let before = move |_: &Append| {
        let take = |left: usize| left.checked_sub(1);
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.map(|_| ()).map_err(|_| StreamError::Storage(END.into()))
    };
    Arc::new(BreakingLog { log, before: Arc::new(before) })
}

/// Ends the replay after ever more appends and goes on, until it is through.
async fn a_replay_that_is_cut_off_anywhere_goes_on_where_it_was(backend: &Backend) {
    let file = recording(&records());
    // The pace makes each moment an append of its own.
    let options = options(&file, Speed::Times(25.0));
    let log = backend.open().await;
    let mut cuts = 0;
    for appends in 0.. {
        let played = play_on(mortal(Arc::clone(&log), appends), &options).await;
        let Err(error) = played else { break };
        assert!(error.to_string().contains(END), "{error}");
        cuts += 1;
    }
    log.close().await.unwrap();
    drop(log);
    let log = backend.open().await;
    assert_eq!(written(log.as_ref()).await, expected(&file));
    assert!(cuts > 3, "only {cuts} places to cut at");
}

async fn in_a_loop_time_goes_on_from_the_present(backend: &Backend) {
    let file = recording(&records());
    let mut options = options(&file, Speed::Times(2_000.0));
    options.looped = true;
    options.clock = PlayerClock::Present;
    let log = backend.open().await;
    let shutdown = CancellationToken::new();
    let now_ms = START_MS + 86_400_000;
    let run = {
        let (log, shutdown) = (log.clone(), shutdown.clone());
        let clock = TickingClock::new(now_ms);
        tokio::spawn(async move { play(log, &regions(), &options, clock, shutdown).await })
    };
    let enough = |records: &[LogRecord]| events_of(records, "buses").count() >= 60;
    let records = read_until(log.as_ref(), "one", enough).await;
    shutdown.cancel();
    run.await.unwrap().unwrap();
    let times: Vec<i64> = events_of(&records, "buses").map(|e| e.event_time_ms).collect();
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert_eq!(times[0], now_ms - 100);
    // The recording's period and a second: 28,300 ms + 1,000 ms.
    assert_eq!(times[20] - times[0], 29_300);
    let watermarks: Vec<i64> = statuses_of(&records, "buses").map(|s| s.watermark_ms).collect();
    assert!(watermarks.is_sorted());
    for status in statuses_of(&records, "buses") {
        assert_eq!((status.connection(), status.counting_since_ms), (Connection::Live, now_ms));
    }
}

#[test]
fn options_are_read_from_toml() {
    let options: PlayerOptions = toml::from_str("file = \"a\"").unwrap();
    assert_eq!((options.speed, options.looped), (Speed::Times(1.0), false));
    assert_eq!(options.clock, PlayerClock::Recorded);
    let text = "file = \"a\"\nspeed = \"max\"\nlooped = true\nclock = \"present\"";
    let options: PlayerOptions = toml::from_str(text).unwrap();
    assert_eq!(options.validate().unwrap_err().key, "clock");
    for speed in ["0", "-1", "\"fast\"", "20000"] {
        let text = format!("file = \"a\"\nspeed = {speed}");
        assert!(toml::from_str::<PlayerOptions>(&text).is_err(), "{speed}");
    }
}

#[tokio::test]
async fn a_damaged_or_missing_recording_is_an_error_that_names_it() {
    let file = recording(&records());
    let bytes = std::fs::read(file.path()).unwrap();
    std::fs::write(file.path(), &bytes[..bytes.len() - 40]).unwrap();
    let (_directory, log) = log();
    let error = play_on(log.clone(), &options(&file, Speed::Max)).await.unwrap_err();
    assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    std::fs::remove_file(file.path()).unwrap();
    let error = play_on(log, &options(&file, Speed::Max)).await.unwrap_err();
    assert!(matches!(error, IngestError::Recording { .. }), "{error}");
}
