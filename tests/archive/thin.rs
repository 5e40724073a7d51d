//! Of older days, one row a period.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use archive::{Archive, ArchiveOptions, Day, Kind, Topic, Upkeep};
use events::{LogRecord, wire};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use stream::Log;

use super::judge::streets;
use super::support::{NOW_MS, REGION, append, open_log, options, read, record_all, record_topic};

const DAY_MS: i64 = 86_400_000;
/// Vehicles of each of two feeds, which call them by the same names.
const VEHICLES: i64 = 7;

/// A vehicle was somewhere: feed, entity and time.
type Seen = (String, String, i64);

fn position(feed: &str, vehicle: i64, time_ms: i64, received_time_ms: i64) -> LogRecord {
    let report = wire::VehiclePosition {
        position: Some(wire::Position { longitude_deg: 24.9, latitude_deg: 60.2 }),
        ..wire::VehiclePosition::default()
    };
    let event = wire::Event {
        feed: feed.into(),
        region: REGION.into(),
        entity: vehicle.to_string(),
        event_time_ms: time_ms,
        received_time_ms,
        body: Some(wire::event::Body::VehiclePosition(report)),
        ..wire::Event::default()
    };
    wire::LogRecord { record: Some(wire::log_record::Record::Event(event)) }.try_into().unwrap()
}

/// A minute and a half of a day: each vehicle each second, some seconds sent late.
fn of_day(day: i64) -> Vec<LogRecord> {
    let begin_ms = NOW_MS + day * DAY_MS;
    let mut records = Vec::new();
    for second in 0..90 {
        for vehicle in 0..VEHICLES {
            for feed in ["bus", "tram"] {
                let late_s = if (second + vehicle) % 13 == 0 { 4 } else { 0 };
                let time_ms = begin_ms + (second - late_s) * 1_000 + vehicle;
                records.push(position(feed, vehicle, time_ms, begin_ms + second * 1_000));
            }
        }
    }
    records
}

fn seen(record: &LogRecord) -> Seen {
    let LogRecord::Event(event) = record else { panic!("{record:?}") };
    (event.feed.to_string(), event.entity.to_string(), event.event_time_ms)
}

fn thinned(folder: &Path, rules: &str) -> ArchiveOptions {
    let rules: ArchiveOptions = toml::from_str(rules).unwrap();
    rules.validate().unwrap();
    ArchiveOptions { thin: rules.thin, ..options(folder) }
}

/// Files of a kind, by their paths in the archive.
fn files(folder: &Path, kind: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let region = folder.join(format!("region={REGION}"));
    for day in std::fs::read_dir(region).unwrap() {
        let Ok(files) = std::fs::read_dir(day.unwrap().path().join(format!("kind={kind}"))) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, path);
        }
    }
    found
}

/// Rows of a file as others' tools see them: two texts and a time, by the names of their columns.
fn rows(path: &Path, names: [&str; 2], time: &str) -> Vec<Seen> {
    let file = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(Result::unwrap);
    let of = |row: parquet::record::Row| {
        let place =
            |name: &str| row.get_column_iter().position(|(found, _)| found == name).unwrap();
        let text = |name| row.get_string(place(name)).cloned().unwrap_or_default();
        (text(names[0]), text(names[1]), row.get_timestamp_millis(place(time)).unwrap())
    };
    rows.map(of).collect()
}

/// Three days of positions, of which the oldest is thinned.
async fn kept(folder: &Path) -> (Arc<Archive>, String, Vec<Vec<LogRecord>>, Upkeep) {
    let log_folder = tempfile::tempdir().unwrap();
    let log = open_log(log_folder.path());
    let rules = "thin = { vehicle_position = { after_days = 1, every_s = 10 } }";
    let archive = Archive::open(thinned(folder, rules)).unwrap();
    let days: Vec<_> = (0..3).map(of_day).collect();
    for day in &days {
        for part in day.chunks(500) {
            append(log.as_ref(), part).await;
            record_all(&archive, &log).await;
        }
    }
    let done = archive.upkeep(NOW_MS + 2 * DAY_MS + 3_600_000).await.unwrap();
    (archive, log.epoch().to_owned(), days, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_older_days_the_first_row_of_each_period_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, epoch, days, done) = kept(folder.path()).await;
    assert_eq!(done.thinned, 1, "{done:?}");
    let files = files(folder.path(), "vehicle_position");
    let mut left: BTreeMap<String, BTreeSet<Seen>> = BTreeMap::new();
    for (name, path) in &files {
        let day = name.split('/').nth(1).unwrap().to_owned();
        let is_old = day == format!("day={}", Day::of(NOW_MS));
        assert_eq!(name.ends_with(".every-10s.parquet"), is_old, "{name}");
        left.entry(day).or_default().extend(rows(path, ["feed", "entity"], "event_time"));
    }
    for (number, records) in (0..).zip(&days) {
        let all = records.iter().map(seen);
        let expected: BTreeSet<Seen> = if number == 0 {
            let mut first: BTreeMap<(String, String, i64), Seen> = BTreeMap::new();
            for (feed, entity, time_ms) in all {
                let period = (feed.clone(), entity.clone(), time_ms.div_euclid(10_000));
                let seen = first.entry(period).or_insert((feed, entity, time_ms));
                seen.2 = seen.2.min(time_ms);
            }
            first.into_values().collect()
        } else {
            all.collect()
        };
        let day = format!("day={}", Day::of(NOW_MS + number * DAY_MS));
        assert_eq!(left[&day], expected, "{day}");
    }
    let usage = archive.usage().await.unwrap();
    let every = usage.iter().filter(|usage| usage.kind == "vehicle_position");
    assert_eq!(every.map(|usage| usage.every_s).collect::<Vec<_>>(), [10, 0, 0]);

    // Once is enough, and whole days are read as before.
    let again = archive.upkeep(NOW_MS + 2 * DAY_MS + 3_600_000).await.unwrap();
    assert_eq!((again.merged, again.thinned, again.removed), (0, 0, 0));
    let first = days[0].len() as u64;
    let records: Vec<_> = (first..).zip(days[1..].concat()).collect();
    assert!(read(&archive, &epoch, first..u64::MAX).await == records);
    // Of the thinned day nobody gets a picture with vehicles missing.
    let mut replay = archive.records(REGION, &epoch, 0..u64::MAX).await.unwrap();
    let error = replay.next().await.unwrap_err().to_string();
    assert!(error.contains("vehicle_position"), "{error}");
}

/// Killed between the going of the whole file and the coming of the thinned one.
#[tokio::test(flavor = "multi_thread")]
async fn thinning_that_was_cut_short_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    kept(folder.path()).await;
    let before = files(folder.path(), "vehicle_position");
    let (name, path) = before.iter().find(|(name, _)| name.contains("every-")).unwrap();
    let staged = folder.path().join("_staging").join(format!("{name}.staged"));
    std::fs::create_dir_all(staged.parent().unwrap()).unwrap();
    std::fs::rename(path, &staged).unwrap();
    let archive = Archive::open(options(folder.path())).unwrap();
    archive.upkeep(NOW_MS + 2 * DAY_MS + 3_600_000).await.unwrap();
    assert!(!staged.exists());
    assert_eq!(files(folder.path(), "vehicle_position"), before);
}

/// States are thinned too, also those whose file says what of their topic is whole.
#[tokio::test(flavor = "multi_thread")]
async fn states_stay_at_the_end_of_each_period() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    streets(&log).await;
    let rules = "[thin]\nlink_state = { after_days = 2, every_s = 300 }\n\
                 area_emission = { after_days = 2, every_s = 600 }";
    let archive = Archive::open(thinned(folder.path(), rules)).unwrap();
    let recorded = record_topic(&archive, &log, Topic::Picture).await;
    assert!(recorded.rows > 0);
    let spans = archive.spans(REGION, Topic::Picture).await.unwrap();
    archive.upkeep(NOW_MS + 3 * DAY_MS).await.unwrap();
    let files = files(folder.path(), "link_state");
    let [path] = files.values().collect::<Vec<_>>()[..] else { panic!("{files:?}") };
    let left: BTreeSet<Seen> = rows(path, ["link", "link"], "window_end").into_iter().collect();
    let expected = [0, 5, 10, 15].iter().flat_map(|minute| {
        ["1-2-3", "1-3-2"].map(|id| (id.into(), id.into(), NOW_MS + minute * 60_000))
    });
    assert_eq!(left, expected.collect());
    assert!(
        archive
            .files(REGION, Topic::Picture)
            .await
            .unwrap()
            .iter()
            .any(|file| { file.kind == Kind::AreaEmission && file.every_s == 600 })
    );
    // The recorder knows where it was.
    assert_eq!(archive.spans(REGION, Topic::Picture).await.unwrap(), spans);
    assert_eq!(record_topic(&archive, &log, Topic::Picture).await.rows, 0);
}

#[test]
fn rules_that_cannot_be_are_refused() {
    for (rules, why) in [
        (
            "thin = { raw = { after_days = 1, every_s = 10 } }",
            "no kind \"raw\" that can be thinned",
        ),
        ("thin = { vehicles = { after_days = 1, every_s = 10 } }", "there is area_emission"),
        ("thin = { vehicle_position = { after_days = 1, every_s = 1 } }", "every_s is 1"),
        ("thin = { vehicle_position = { after_days = 0, every_s = 10 } }", "after_days is 0"),
        ("thin = { link_state = { after_days = 30, every_s = 300 } }", "less than the 30 days"),
        (
            "keep_days = { link_state = 4 }\nthin = { link_state = { after_days = 4, every_s = 300 } }",
            "less than the 4 days",
        ),
    ] {
        let options: ArchiveOptions = toml::from_str(rules).unwrap();
        let error = options.validate().unwrap_err();
        assert_eq!(error.key, "thin", "{rules}");
        assert!(error.message.contains(why), "{rules}: {}", error.message);
    }
    let wrong = "thin = { link_state = { after_days = 4 } }";
    let error = toml::from_str::<ArchiveOptions>(wrong).unwrap_err().to_string();
    assert!(error.contains("every_s"), "{error}");
}
