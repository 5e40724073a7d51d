//! Kills, full disks, files that are damaged or missing, and logs that have moved on.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use archive::{Archive, ArchiveError, Kind, Segment, Topic, record};
use object_store::local::LocalFileSystem;
use stream::{EmbeddedLog, Log};
use tokio_util::sync::CancellationToken;

use super::generate::Dice;
use super::support::{
    Failing, NOW_MS, REGION, append, open_archive, open_log, options, read, record_all,
};

pub(super) fn failing(folder: &std::path::Path, puts_left: i64) -> (Arc<Failing>, Arc<Archive>) {
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder).unwrap());
    let failing = Arc::new(Failing::new(store, puts_left));
    let archive = Archive::on(Arc::<Failing>::clone(&failing), options(folder));
    (failing, archive)
}

/// Killed after any number of files of a stretch: nothing is doubled and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_a_stretch_doubles_and_loses_nothing() {
    for puts in 0..=11 {
        let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = open_log(log_folder.path());
        let records = Dice(puts).records(300, NOW_MS);
        append(log.as_ref(), &records[..200]).await;
        let (_, broken) = failing(folder.path(), puts as i64);
        record_all(&broken, &log).await;
        // More has come when the next recorder starts, so the stretch ends elsewhere.
        append(log.as_ref(), &records[200..]).await;
        let archive = open_archive(folder.path());
        record_all(&archive, &log).await;
        let back = read(&archive, log.epoch(), 0..u64::MAX).await;
        let wanted: Vec<_> = (0..).zip(records).collect();
        assert_eq!(back, wanted, "after {puts} files");
        let rows: usize = rows_by_kind(folder.path()).values().sum();
        assert_eq!(rows, 300, "after {puts} files, as a tool counts that takes all files");
    }
}

/// Rows of all files there are, as a tool reads them that knows nothing of stretches.
pub(super) fn rows_by_kind(folder: &std::path::Path) -> std::collections::BTreeMap<String, usize> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let mut rows = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                let kind = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
                let kind = kind.strip_prefix("kind=").unwrap().to_owned();
                let file = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
                let count = file.metadata().file_metadata().num_rows() as usize;
                *rows.entry(kind).or_default() += count;
            }
        }
    }
    rows
}

/// A full disk stops the recorder, not the log; when there is room again all of it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_out() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let records = Dice(9).records(300, NOW_MS);
    append(log.as_ref(), &records[..100]).await;
    let (store, archive) = failing(folder.path(), -1);
    record_all(&archive, &log).await;
    store.puts_left.store(2, Ordering::SeqCst);
    append(log.as_ref(), &records[100..]).await;
    let stop = CancellationToken::new();
    let dynamic: Arc<dyn Log> = Arc::<EmbeddedLog>::clone(&log);
    let mut options = archive.options().clone();
    options.roll_s = 1;
    let broken = Archive::on(Arc::<Failing>::clone(&store), options);
    let recorder =
        tokio::spawn(record(broken, dynamic, Topic::Events, REGION.into(), stop.clone()));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let spans = archive.spans(REGION, Topic::Events).await.unwrap();
    assert_eq!(spans.iter().map(|span| span.last).collect::<Vec<_>>(), [99]);
    store.puts_left.store(-1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    stop.cancel();
    recorder.await.unwrap().unwrap();
    let archive = open_archive(folder.path());
    let back = read(&archive, log.epoch(), 0..u64::MAX).await;
    assert_eq!(back, (0..).zip(records).collect::<Vec<_>>());
}

/// What retention takes before the recorder comes is counted, said, and left out.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_no_longer_has_is_counted() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings = stream::EmbeddedOptions {
        events_retention_bytes: 64 << 10,
        block_bytes_max: 4 << 10,
        tail_bytes_max: 1,
        ..stream::EmbeddedOptions::default()
    };
    let log = EmbeddedLog::open(log_folder.path(), settings).unwrap();
    let archive = open_archive(folder.path());
    let mut dice = Dice(3);
    append(log.as_ref(), &dice.records(50, NOW_MS)).await;
    record_all(&archive, &log).await;
    for round in 0..20 {
        append(log.as_ref(), &dice.records(1_000, NOW_MS + round * 60_000)).await;
    }
    let bounds = log.bounds(stream::topic::EVENTS, REGION).await.unwrap();
    assert!(bounds.first > 50, "retention has begun: {bounds:?}");
    let done = record_all(&archive, &log).await;
    assert_eq!(done.lost, bounds.first - 50);
    let spans = archive.spans(REGION, Topic::Events).await.unwrap();
    let offsets: Vec<(u64, u64)> = spans.iter().map(|span| (span.first, span.last)).collect();
    assert_eq!(offsets, [(0, 49), (bounds.first, bounds.next - 1)]);
}

/// Records that this version cannot read are left out, as the processor does, and are no gap.
#[tokio::test(flavor = "multi_thread")]
async fn records_of_another_version_are_no_gap() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let mut dice = Dice(4);
    append(log.as_ref(), &dice.records(50, NOW_MS)).await;
    record_all(&archive, &log).await;
    let sink = log.sink(stream::topic::EVENTS, REGION).await.unwrap();
    let records = vec!["garbage".into(), "more".into()];
    sink.append(stream::Append { records, cursor: None }).await.unwrap();
    record_all(&archive, &log).await;
    append(log.as_ref(), &dice.records(50, NOW_MS + 60_000)).await;
    record_all(&archive, &log).await;
    let spans = archive.spans(REGION, Topic::Events).await.unwrap();
    assert_eq!((spans.len(), spans[0].first, spans[0].last), (1, 0, 101));
    assert_eq!(read(&archive, log.epoch(), 0..u64::MAX).await.len(), 100);
}

async fn recorded(folder: &std::path::Path, count: usize) -> (Arc<Archive>, String, Vec<Segment>) {
    let log_folder = tempfile::tempdir().unwrap();
    let log = open_log(log_folder.path());
    let archive = open_archive(folder);
    let records = Dice(11).records(count, NOW_MS);
    append(log.as_ref(), &records).await;
    record_all(&archive, &log).await;
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    (archive, log.epoch().to_owned(), files)
}

async fn read_error(folder: &std::path::Path, epoch: &str) -> ArchiveError {
    let archive = open_archive(folder);
    let mut replay = archive.records(REGION, epoch, 0..u64::MAX).await.unwrap();
    loop {
        match replay.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("read as if nothing were wrong"),
            Err(error) => return error,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_off_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_, epoch, files) = recorded(folder.path(), 300).await;
    let file = files.iter().find(|file| file.kind == Kind::VehiclePosition).unwrap();
    let path = folder.path().join(file.path());
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = read_error(folder.path(), &epoch).await.to_string();
        assert!(error.contains(&file.path()), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, epoch, files) = recorded(folder.path(), 300).await;
    let path = |kind: Kind| {
        let file = files.iter().find(|file| file.kind == kind).unwrap();
        folder.path().join(file.path())
    };
    std::fs::copy(path(Kind::Tally), path(Kind::VehiclePosition)).unwrap();
    let error = read_error(folder.path(), &epoch).await;
    assert!(matches!(error, ArchiveError::OtherSchema { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_missing_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (_, epoch, files) = recorded(folder.path(), 300).await;
    let file = files.iter().find(|file| file.kind == Kind::TripUpdate).unwrap();
    std::fs::remove_file(folder.path().join(file.path())).unwrap();
    let error = read_error(folder.path(), &epoch).await;
    assert!(matches!(error, ArchiveError::Missing { topic: "trip_update", .. }), "{error}");
}

/// Two files that have some of the same: each offset comes once.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_overlap_give_each_record_once() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (early, late) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let records = Dice(12).records(300, NOW_MS);
    append(log.as_ref(), &records[..200]).await;
    record_all(&open_archive(early.path()), &log).await;
    append(log.as_ref(), &records[200..]).await;
    record_all(&open_archive(late.path()), &log).await;
    for from in [early.path(), late.path()] {
        let archive = open_archive(from);
        for file in archive.files(REGION, Topic::Events).await.unwrap() {
            let to = folder.path().join(file.path());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from.join(file.path()), to).unwrap();
        }
    }
    let archive = open_archive(folder.path());
    let back = read(&archive, log.epoch(), 0..u64::MAX).await;
    assert_eq!(back, (0..).zip(records).collect::<Vec<_>>());
}

/// Notes, thumbnails and half-written files of others do not matter.
#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (_, epoch, files) = recorded(folder.path(), 100).await;
    let beside = folder.path().join(files[0].path()).with_file_name("notes.txt");
    std::fs::write(&beside, "do not delete").unwrap();
    std::fs::write(folder.path().join("region=north.parquet"), "?").unwrap();
    let archive = open_archive(folder.path());
    assert_eq!(read(&archive, &epoch, 0..u64::MAX).await.len(), 100);
    archive.upkeep(NOW_MS + 3 * 86_400_000).await.unwrap();
    assert!(beside.is_file());
}
