//! What is written is read back, and an offset is once in the files.

use archive::{Kind, Topic};
use proptest::prelude::*;
use stream::Log;

use super::generate::Dice;
use super::support::{NOW_MS, REGION, append, open_archive, open_log, read, record_all};

fn check_roundtrip(seed: u64, count: usize) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = open_log(log_folder.path());
        let archive = open_archive(folder.path());
        let records = Dice(seed).records(count, NOW_MS);
        append(log.as_ref(), &records).await;
        let done = record_all(&archive, &log).await;
        assert_eq!((done.rows, done.next, done.lost), (count as u64, count as u64, 0));
        let back = read(&archive, log.epoch(), 0..u64::MAX).await;
        let wanted: Vec<_> = (0..).zip(records).collect();
        for (found, wanted) in back.iter().zip(&wanted) {
            assert_eq!(found, wanted);
        }
        assert_eq!(back.len(), wanted.len());
        // A part of it is that part.
        let part = read(&archive, log.epoch(), 7..count as u64 / 2).await;
        assert_eq!(part, wanted[7..count / 2]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_record_is_read_back_as_it_was(seed in any::<u64>()) {
        check_roundtrip(seed, 400);
    }
}

#[test]
fn many_records_are_read_back() {
    check_roundtrip(1, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stretch_has_a_file_a_kind_and_the_last_kind_always() {
    let (log_folder, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open_log(log_folder.path());
    let archive = open_archive(folder.path());
    let records = Dice(5).records(500, NOW_MS);
    append(log.as_ref(), &records).await;
    record_all(&archive, &log).await;
    let files = archive.files(REGION, Topic::Events).await.unwrap();
    let kinds: Vec<Kind> = files.iter().map(|file| file.kind).collect();
    let mut all = Topic::Events.kinds().to_vec();
    all.sort();
    assert_eq!(kinds, all);
    assert!(files.iter().all(|file| (file.first, file.last) == (0, 499)));
    assert!(files.iter().all(|file| file.day.to_string() == "2026-11-26"));
    let path = folder.path().join(files[0].path());
    assert!(path.is_file(), "{}", path.display());
}
