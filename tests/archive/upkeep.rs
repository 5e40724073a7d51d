//! Days that are over, and what is no longer kept.

use std::sync::Arc;

use archive::{Archive, ArchiveOptions, Kind, Topic};
use events::wire;
use prost::Message;
use stream::Log;

use super::crash::rows_by_kind;
use super::generate::Dice;
use super::judge::streets;
use super::support::{
    NOW_MS, REGION, append, open_archive, open_log, options, read, record_all, record_topic,
};

const DAY_MS: i64 = 86_400_000;

/// A log of some short stretches a day, recorded; with the number of records.
async fn days(
    folder: &std::path::Path,
    options: ArchiveOptions,
    days: i64,
) -> (Arc<Archive>, String, Vec<(u64, events::LogRecord)>) {
    let log_folder = tempfile::tempdir().unwrap();
    let log = open_log(log_folder.path());
    let archive = Archive::open(options).unwrap();
    let mut dice = Dice(21);
    let mut all = Vec::new();
    for day in 0..days {
        for round in 0..3 {
            let records = dice.records(200, NOW_MS + day * DAY_MS + round * 60_000);
            append(log.as_ref(), &records).await;
            record_all(&archive, &log).await;
            all.extend(records);
        }
    }
    assert!(folder.is_dir());
    (archive, log.epoch().to_owned(), (0..).zip(all).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_over_become_one_file_a_kind() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, epoch, records) = days(folder.path(), options(folder.path()), 2).await;
    let before = rows_by_kind(folder.path());
    let done = archive.upkeep(NOW_MS + DAY_MS + 3_600_000).await.unwrap();
    assert!(done.merged > 20 && done.removed == 0, "{done:?}");
    assert_eq!(rows_by_kind(folder.path()), before);
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let of_day = |day: &str| {
        let is_of =
            |file: &&archive::Segment| file.day.to_string() == day && file.kind == Kind::FeedStatus;
        files.iter().filter(is_of).count()
    };
    assert_eq!(of_day("2026-11-26"), 1);
    assert_eq!(of_day("2026-11-27"), 3, "the day is not over");
    assert_eq!(read(&archive, &epoch, 0..u64::MAX).await, records);
    // Once is enough.
    let again = archive.upkeep(NOW_MS + DAY_MS + 3_600_000).await.unwrap();
    assert_eq!((again.merged, again.removed), (0, 0));
}

/// Who reads for minutes, as a replay does, has files merged under his hands.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_meanwhile_goes_on_in_the_merged_files() {
    for read_before in [0, 1, 150, 350, 599] {
        let folder = tempfile::tempdir().unwrap();
        let (archive, epoch, records) = days(folder.path(), options(folder.path()), 1).await;
        let mut replay = archive.records(REGION, &epoch, 0..u64::MAX).await.unwrap();
        let mut found = Vec::new();
        while let Some((offset, record)) = replay.next().await.unwrap() {
            found.push((offset, events::LogRecord::try_from(record).unwrap()));
            if found.len() == read_before + 1 {
                let done = archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
                assert!(done.merged > 0);
            }
        }
        assert!(found == records, "after {read_before}: {} of {}", found.len(), records.len());
    }
}

/// The last stretch of a day may have no rows of a kind: who is stopped for the night has not closed the
/// minute.
#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_without_rows_takes_none_of_those_before_it() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    streets(&log).await;
    record_topic(&archive, &log, Topic::Picture).await;
    let area = wire::Area {
        id: "city:keskus".into(),
        event_time_ms: NOW_MS + 1_200_000,
        ..wire::Area::default()
    };
    let object = wire::Object { object: Some(wire::object::Object::Area(area)) };
    let change = wire::delta::Change::Updated(object);
    let delta = wire::Delta { sequence: 1 << 40, index: 0, change: Some(change) };
    let sink = log.sink(stream::topic::PICTURE, REGION).await.unwrap();
    let records = vec![delta.encode_length_delimited_to_vec().into()];
    sink.append(stream::Append { records, cursor: None }).await.unwrap();
    record_topic(&archive, &log, Topic::Picture).await;
    let before = rows_by_kind(folder.path());
    assert_eq!((before["link_state"], before["area_state"]), (40, 21));
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    let files = archive.files(REGION, Topic::Picture).await.unwrap();
    assert_eq!(files.iter().filter(|file| file.kind == Kind::LinkState).count(), 1);
    assert_eq!(rows_by_kind(folder.path()), before);
}

/// What cannot be read must not keep the rest from being merged, and old days from going.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_stays_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.keep_days = toml::from_str::<ArchiveOptions>("keep_days = 2").unwrap().keep_days;
    let (archive, ..) = days(folder.path(), options, 4).await;
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let of = |day: i64, kind: Kind| {
        let day = archive::Day::of(NOW_MS + day * DAY_MS);
        files.iter().filter(move |file| file.day == day && file.kind == kind)
    };
    for file in of(1, Kind::VehiclePosition).take(1) {
        let path = folder.path().join(file.path());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    let done = archive.upkeep(NOW_MS + 3 * DAY_MS).await.unwrap();
    let [failed] = &done.failed[..] else { panic!("{done:?}") };
    assert!(failed.starts_with("3 from region=") && failed.contains("not readable"), "{failed}");
    assert!(done.merged > 20 && done.removed > 0, "{done:?}");
    let is_there = |file: &&archive::Segment| folder.path().join(file.path()).is_file();
    assert_eq!(of(1, Kind::VehiclePosition).filter(is_there).count(), 3, "nothing is lost");
    assert_eq!(of(1, Kind::FeedStatus).filter(is_there).count(), 0, "they are merged");
    assert_eq!(of(0, Kind::Tally).filter(is_there).count(), 0, "they are gone");
}

/// Killed while a merged file takes the place of the small ones: the next round finishes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_was_cut_short_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, epoch, records) = days(folder.path(), options(folder.path()), 1).await;
    let small = archive.files(REGION, Topic::Events).await.unwrap();
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    let merged = archive.files(REGION, Topic::Events).await.unwrap();
    let target = merged.iter().find(|file| file.kind == Kind::VehiclePosition).unwrap();
    let whole = folder.path().join(target.path());
    // As it was in the middle: staged, and some of the small ones gone.
    let staged = folder.path().join("_staging").join(format!("{}.staged", target.path()));
    std::fs::create_dir_all(staged.parent().unwrap()).unwrap();
    std::fs::rename(&whole, &staged).unwrap();
    let left = small.iter().rfind(|file| file.kind == Kind::VehiclePosition).unwrap();
    std::fs::write(folder.path().join(left.path()), "not even whole").unwrap();
    let archive = open_archive(folder.path());
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    assert!(whole.is_file() && !staged.exists());
    assert_eq!(read(&archive, &epoch, 0..u64::MAX).await, records);
}

/// Killed while the file that says what is whole changes its place: a recorder that starts before
/// upkeep must not take the files of the other kinds for unfinished ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_finishes_a_merge_before_it_removes_what_is_unfinished() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let mut dice = Dice(21);
    let mut all = Vec::new();
    for round in 0..2 {
        let records = dice.records(200, NOW_MS + round * 60_000);
        append(log.as_ref(), &records).await;
        record_all(&archive, &log).await;
        all.extend(records);
    }
    archive.upkeep(NOW_MS + DAY_MS).await.unwrap();
    let merged = archive.files(REGION, Topic::Events).await.unwrap();
    let target = merged.iter().find(|file| file.kind == Kind::FeedStatus).unwrap();
    let whole = folder.path().join(target.path());
    let staged = folder.path().join("_staging").join(format!("{}.staged", target.path()));
    std::fs::create_dir_all(staged.parent().unwrap()).unwrap();
    std::fs::rename(&whole, &staged).unwrap();
    let archive = open_archive(folder.path());
    let recorded = record_all(&archive, &log).await;
    assert_eq!(recorded.rows, 0, "nothing is recorded again");
    assert!(whole.is_file() && !staged.exists());
    let records: Vec<_> = (0..).zip(all).collect();
    assert_eq!(read(&archive, log.epoch(), 0..u64::MAX).await, records);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.keep_days = toml::from_str::<ArchiveOptions>("keep_days = { default = 2, tally = 1 }")
        .unwrap()
        .keep_days;
    let (archive, ..) = days(folder.path(), options, 4).await;
    let done = archive.upkeep(NOW_MS + 3 * DAY_MS).await.unwrap();
    assert!(done.removed > 0, "{done:?}");
    let usage = archive.usage().await.unwrap();
    let days_of = |kind: &str| {
        let days = usage.iter().filter(|usage| usage.kind == kind).map(|usage| usage.day.as_str());
        days.collect::<Vec<_>>()
    };
    assert_eq!(days_of("vehicle_position"), ["2026-11-27", "2026-11-28", "2026-11-29"]);
    assert_eq!(days_of("tally"), ["2026-11-28", "2026-11-29"]);
    // A recorder that starts removes nothing of what is kept.
    let log_folder = tempfile::tempdir().unwrap();
    record_all(&archive, &open_log(log_folder.path())).await;
    assert_eq!(archive.usage().await.unwrap(), usage);
    // What is not all there any more is not read as if it were.
    let spans = archive.spans(REGION, Topic::Events).await.unwrap();
    let mut replay =
        archive.records(REGION, &spans[0].epoch, spans[0].first..u64::MAX).await.unwrap();
    let error = loop {
        match replay.next().await {
            Ok(found) => assert!(found.is_some(), "read as if nothing were wrong"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("tally"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_goes_where_there_is_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, ..) = days(folder.path(), options(folder.path()), 3).await;
    let bytes = archive.bytes().await.unwrap();
    let bound = (bytes / 2).max(1 << 20);
    let mut small = options(folder.path());
    small.bytes_max = bound;
    let archive = Archive::open(small).unwrap();
    let done = archive.upkeep(NOW_MS + 2 * DAY_MS + 600_000).await.unwrap();
    assert!(done.bytes <= bound, "{done:?} of {bytes}");
    assert_eq!(done.removed > 0, bytes > bound);
}
