//! Records as they were received: onto the log where they are wanted, into the archive, and back.

use std::sync::Arc;

use archive::Topic;
use events::RawRecord;
use ingest::{PlayerClock, PlayerOptions, RegionConfig, Speed, SystemClock};
use stream::recording::{Reader, Writer};
use stream::{EmbeddedLog, Log};
use tokio_util::sync::CancellationToken;

use super::support::{NOW_MS, REGION, open_archive, open_log, record_topic};

fn region(log_raw: bool) -> RegionConfig {
    let text = r#"
        id = "north"
        name = "North"
        time_zone = "Europe/Helsinki"
        bbox = [20.0, 59.0, 31.0, 70.0]
        [[feed]]
        name = "cars"
        format = "tilanne_json"
    "#;
    RegionConfig { log_raw, ..toml::from_str(text).unwrap() }
}

fn records() -> Vec<RawRecord> {
    let record = |number: i64| RawRecord {
        feed: "cars".into(),
        source: "mqtt".into(),
        topic: format!("cars/{number}"),
        received_time_ms: NOW_MS + number * 500,
        // Some are no JSON: for an audit these matter most.
        payload: if number % 7 == 0 { vec![0xFF; 9].into() } else { "{}".into() },
    };
    (0..200).map(record).collect()
}

fn write(file: &std::path::Path) {
    let mut writer = Writer::new(std::fs::File::create(file).unwrap()).unwrap();
    for record in records() {
        writer.write(&record).unwrap();
    }
    writer.finish().unwrap();
}

async fn play(log: &Arc<EmbeddedLog>, file: &std::path::Path, log_raw: bool) {
    let options = PlayerOptions {
        file: file.into(),
        speed: Speed::Max,
        looped: false,
        clock: PlayerClock::Recorded,
    };
    let dynamic: Arc<dyn Log> = Arc::<EmbeddedLog>::clone(log);
    let clock = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    ingest::play(dynamic, &[region(log_raw)], &options, clock, stop).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_received_comes_back_as_it_was() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("a.recording");
    write(&file);
    assert_eq!(Reader::open(&file).unwrap().count(), 200);
    let log = open_log(log_folder.path());
    play(&log, &file, true).await;
    let archive = open_archive(&folder.path().join("archive"));
    let done = record_topic(&archive, &log, Topic::Raw).await;
    assert_eq!((done.rows, done.lost), (200, 0));
    let mut replay = archive.raw_records(REGION, log.epoch()).await.unwrap();
    let mut back = Vec::new();
    while let Some((offset, record)) = replay.next().await.unwrap() {
        assert_eq!(offset, back.len() as u64);
        back.push(record);
    }
    assert_eq!(back, records());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_logged_as_received_where_nobody_wants_it() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = folder.path().join("a.recording");
    write(&file);
    let log = open_log(log_folder.path());
    play(&log, &file, false).await;
    assert_eq!(log.bounds(stream::topic::RAW, REGION).await.unwrap().next, 0);
    assert!(log.bounds(stream::topic::EVENTS, REGION).await.unwrap().next > 0);
}
