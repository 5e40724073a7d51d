//! Live feeds: what breaks one is said in its status and leaves it and the others going.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use events::{Connection, DeadLetter, LogRecord};
use ingest::IngestError;
use prost::Message as _;
use stream::recording::Writer;
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, StreamError, topic};
use tokio_util::sync::CancellationToken;

use super::breaking_log::BreakingLog;
use super::fixture::{
    START_MS, TickingClock, accounted, bytes_of, events_of, hfp_feed, is, log, message, raw,
    read_until, region, statuses_of, was,
};

/// A recording with two messages of `buses`, garbage between, and one message of `trams`.
fn recording() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new(&mut file).unwrap();
    writer.write(&message(1, START_MS).raw("buses", START_MS + 100)).unwrap();
    writer.write(&raw("buses", START_MS + 150, "t", "garbage")).unwrap();
    writer.write(&message(7, START_MS).raw("trams", START_MS + 200)).unwrap();
    writer.write(&message(2, START_MS).raw("buses", START_MS + 300)).unwrap();
    writer.finish().unwrap();
    file
}

/// A feed that plays a recording.
fn file_feed(name: &str, path: &std::path::Path, options: &str) -> String {
    hfp_feed(name, "stale_after_s = 315360000\nidle_after_s = 315360000")
        + "[[feed.source]]\nname = \"file\"\ntransport = \"file\"\n[feed.source.options]\n"
        + &format!("path = {:?}\n{options}\n", path.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_of_recordings_end_and_so_does_ingest() {
    let file = recording();
    let feeds = file_feed("buses", file.path(), "speed = \"max\"")
        + &file_feed("copy", file.path(), "feed = \"trams\"\nspeed = 1000\nclock = \"recorded\"");
    let (_directory, log) = log();
    let clock = TickingClock::new(START_MS);
    let shutdown = CancellationToken::new();
    let regions = [region("test", &feeds)];
    ingest::run_feeds(log.clone(), &regions, clock, shutdown).await.unwrap();
    let ended = |records: &[LogRecord]| {
        is(records, "buses", Connection::Ended) && is(records, "copy", Connection::Ended)
    };
    let records = read_until(log.as_ref(), "test", ended).await;
    assert_eq!((events_of(&records, "buses").count(), accounted(&records, "buses")), (2, 3));
    assert_eq!(statuses_of(&records, "buses").last().unwrap().received_total, 3);
    let copy = events_of(&records, "copy").next().unwrap();
    assert_eq!((copy.event_time_ms, copy.feed.as_str()), (START_MS, "copy"));
    let letters = bytes_of(log.as_ref(), topic::DEAD_LETTER, "test").await;
    assert_eq!(letters.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_feeds_write_nothing_until_they_are_released() {
    let file = recording();
    let feeds = file_feed("buses", file.path(), "speed = \"max\"");
    let (_directory, log) = log();
    let hold = Arc::new(ingest::Hold::new(std::time::Duration::from_mins(1)));
    let regions = [region("test", &feeds)];
    let clock = TickingClock::new(START_MS);
    let shutdown = CancellationToken::new();
    let held = Arc::clone(&hold);
    ingest::run_held_feeds(log.clone(), &regions, clock, held, shutdown).await.unwrap();
    for topic in [topic::EVENTS, topic::DEAD_LETTER] {
        assert_eq!(log.bounds(topic, "test").await.unwrap().next, 0, "{topic}");
    }
    hold.release().await.unwrap();
    let ended = |records: &[LogRecord]| is(records, "buses", Connection::Ended);
    let records = read_until(log.as_ref(), "test", ended).await;
    assert_eq!((events_of(&records, "buses").count(), accounted(&records, "buses")), (2, 3));
    assert_eq!(bytes_of(log.as_ref(), topic::DEAD_LETTER, "test").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_feeds_keep_what_is_new() {
    let file = recording();
    let feeds = file_feed("buses", file.path(), "speed = \"max\"");
    let (_directory, log) = log();
    // All that is older than an instant goes: what is left is the last append.
    let hold = Arc::new(ingest::Hold::new(std::time::Duration::ZERO));
    let regions = [region("test", &feeds)];
    let clock = TickingClock::new(START_MS);
    let held = Arc::clone(&hold);
    let shutdown = CancellationToken::new();
    ingest::run_held_feeds(log.clone(), &regions, clock, held, shutdown).await.unwrap();
    hold.release().await.unwrap();
    let ended = |records: &[LogRecord]| is(records, "buses", Connection::Ended);
    let records = read_until(log.as_ref(), "test", ended).await;
    assert_eq!(events_of(&records, "buses").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_played_with_its_times_or_as_of_now() {
    let (one, two) = (message(1, START_MS), message(2, START_MS));
    let timed = format!("2026-03-02T06:00:00.500Z {} {}", one.topic(), one.payload());
    let untimed = format!("{} {}", two.topic(), two.payload());
    let lines = format!("{timed}\n{untimed}\n{} {{\"VP\": \n", two.topic());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let (_directory, log) = log();
    let clock = TickingClock::new(START_MS + 60_000);
    let regions = [region("test", &file_feed("buses", file.path(), "clock = \"recorded\""))];
    ingest::run_feeds(log.clone(), &regions, clock, CancellationToken::new()).await.unwrap();
    let ended = |records: &[LogRecord]| is(records, "buses", Connection::Ended);
    let records = read_until(log.as_ref(), "test", ended).await;
    let received: Vec<i64> = events_of(&records, "buses").map(|e| e.received_time_ms).collect();
    assert_eq!(received[0], START_MS + 500);
    assert!(received[1] >= START_MS + 60_000);
    assert_eq!((received.len(), accounted(&records, "buses")), (2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_small_records_gets_dead_letters_without_payload() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new(&file).unwrap();
    writer.write(&raw("buses", START_MS, "t", vec![b'x'; 200_000])).unwrap();
    writer.finish().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { record_bytes_max: 64 << 10, ..EmbeddedOptions::default() };
    let log = EmbeddedLog::open(directory.path(), options).unwrap();
    let clock = TickingClock::new(START_MS);
    let regions = [region("test", &file_feed("buses", file.path(), "speed = \"max\""))];
    ingest::run_feeds(log.clone(), &regions, clock, CancellationToken::new()).await.unwrap();
    let letters = bytes_of(log.as_ref(), topic::DEAD_LETTER, "test").await;
    let letter = DeadLetter::decode(&letters[0][..]).unwrap();
    assert_eq!(letter.raw.unwrap().payload.len(), 0);
    assert!(letter.message.contains("payload of 200000 bytes left out"), "{}", letter.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_without_a_source_or_file_says_so() {
    let nowhere = std::path::Path::new("/nowhere/recording");
    let feeds = hfp_feed("alone", "") + &file_feed("lost", nowhere, "");
    let (_directory, log) = log();
    let shutdown = CancellationToken::new();
    let regions = vec![region("test", &feeds)];
    let run = {
        let (log, shutdown) = (log.clone(), shutdown.clone());
        let clock = TickingClock::new(START_MS);
        tokio::spawn(async move { ingest::run_feeds(log, &regions, clock, shutdown).await })
    };
    let down = |records: &[LogRecord]| {
        is(records, "alone", Connection::Down) && is(records, "lost", Connection::Down)
    };
    let records = read_until(log.as_ref(), "test", down).await;
    let error = |feed| statuses_of(&records, feed).last().unwrap().error.clone().unwrap();
    assert_eq!(error("alone"), "no source is configured");
    assert!(error("lost").contains("/nowhere/recording"), "{}", error("lost"));
    shutdown.cancel();
    run.await.unwrap().unwrap();
}

/// A log that is broken once, at the first event of a feed.
fn broken_once(
    log: Arc<dyn Log>,
    feed: &'static str,
    breaks: fn() -> Result<(), StreamError>,
) -> Arc<BreakingLog> {
    let is_broken = AtomicBool::new(false);
    let is_of_feed = move |record: &Bytes| match LogRecord::decode(record) {
        Ok(LogRecord::Event(event)) => event.feed == feed,
        _ => false,
    };
    let before = move |append: &Append| {
        let is_hit = append.records.iter().any(is_of_feed);
        if is_hit && !is_broken.swap(true, Ordering::Relaxed) { breaks() } else { Ok(()) }
    };
    Arc::new(BreakingLog { log, before: Arc::new(before) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_crashes_is_restarted_alone() {
    let file = recording();
    let feeds = file_feed("buses", file.path(), "speed = \"max\"")
        + &file_feed("trams", file.path(), "speed = \"max\"");
    let (_directory, log) = log();
    let breaking = broken_once(log.clone(), "buses", || panic!("the test breaks this feed"));
    let clock = TickingClock::new(START_MS);
    let regions = [region("test", &feeds)];
    ingest::run_feeds(breaking, &regions, clock, CancellationToken::new()).await.unwrap();
    let ended = |records: &[LogRecord]| is(records, "buses", Connection::Ended);
    let records = read_until(log.as_ref(), "test", ended).await;
    let down = statuses_of(&records, "buses").find(|s| s.connection() == Connection::Down);
    let error = down.unwrap().error.clone().unwrap();
    assert!(error.contains("crashed") && error.contains("the test breaks this feed"), "{error}");
    // The second run counts from 0 and has everything.
    let last = statuses_of(&records, "buses").last().unwrap();
    assert_eq!(last.received_total, 3);
    assert_eq!(events_of(&records, "buses").count(), 2);
    let since: Vec<i64> = statuses_of(&records, "buses").map(|s| s.counting_since_ms).collect();
    assert!(since.is_sorted() && since.first() < since.last());
    assert!(!was(&records, "trams", Connection::Down));
    assert_eq!(accounted(&records, "trams"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_takes_no_more_ends_ingest() {
    let file = recording();
    let feeds = file_feed("buses", file.path(), "looped = true")
        + &file_feed("trams", file.path(), "looped = true");
    let (_directory, log) = log();
    let breaking = broken_once(log, "trams", || Err(StreamError::Storage("disk on fire".into())));
    let clock = TickingClock::new(START_MS);
    let regions = [region("test", &feeds)];
    let error = ingest::run_feeds(breaking, &regions, clock, CancellationToken::new()).await;
    assert!(matches!(error, Err(IngestError::Log(StreamError::Storage(_)))), "{error:?}");
}
