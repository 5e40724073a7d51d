//! Checkpoints of earlier programs, which lie in `tests/data/checkpoints` by the day that they were
//! written: an upgrade goes on from them, because what was learned over weeks is in no log any more.
//!
//! `UPDATE_EXPECT=1` writes that of [`NEWEST`] where there is none; it never writes over one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use events::{LogRecord, Mode};
use picture::{AreaKind, Emission, Picture};

use super::emissions::{counted, emissions, of_kind, with_transit};
use super::jam;
use super::world::{apply, network, setup_with};

/// Day of the newest of them. A change of what is kept wants another.
const NEWEST: &str = "2026-11-27";

/// Cars and buses before, in and after a jam.
fn log() -> Vec<LogRecord> {
    with_transit(counted(1_800, jam), Mode::Bus)
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/checkpoints")
}

/// What an operator would miss first: which objects there are, and the totals of the day.
fn known(picture: &Picture) -> (BTreeSet<String>, Emission) {
    let snapshot = picture.snapshot();
    let ids = snapshot.objects.iter().map(|object| format!("{:?} {}", object.layer(), object.id()));
    let all = emissions(picture);
    (ids.collect(), of_kind(&all, Some(AreaKind::Region))[0].clone())
}

#[test]
fn a_checkpoint_of_an_earlier_program_is_gone_on_from() {
    let log = log();
    let (before, after) = log.split_at(log.len() / 2);
    let mut picture = super::world::picture();
    apply(&mut picture, before);
    let checkpoint = picture.checkpoint();
    apply(&mut picture, after);
    let (ids, region) = known(&picture);
    let total = |region: &Emission| region.totals.iter().map(|total| total.windows).sum::<u32>();
    assert!(total(&region) > 0, "{:?}", region.totals);

    let newest = folder().join(format!("{NEWEST}.checkpoint"));
    if std::env::var_os("UPDATE_EXPECT").is_some() && !newest.exists() {
        std::fs::write(&newest, &checkpoint).unwrap();
    }
    assert!(newest.is_file(), "{}: UPDATE_EXPECT=1 writes it", newest.display());
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let setup = setup_with(network(false));
        let mut upgraded = Picture::restore("region".into(), "log".into(), setup, &bytes)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        apply(&mut upgraded, after);
        let (found, found_region) = known(&upgraded);
        assert_eq!(found, ids, "{}", path.display());
        assert_eq!(total(&found_region), total(&region), "{}", path.display());
        assert_eq!(found_region.alternatives.len(), 1, "{}", path.display());
    }
}
