//! Crates depend on each other one way only, from the design's layers.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate and the crates of ours that it may use.
const EDGES: [(&str, &[&str]); 11] = [
    ("events", &[]),
    ("network", &["events"]),
    ("traffic", &["events", "network"]),
    ("stream", &["events"]),
    ("archive", &["events", "stream"]),
    ("picture", &["events", "network", "traffic"]),
    ("ingest", &["events", "network", "stream"]),
    ("processor", &["events", "picture", "stream"]),
    ("gateway", &["archive", "events", "network", "picture", "stream"]),
    ("replay", &["archive", "events", "gateway", "ingest", "picture", "stream"]),
    (
        "tilanne",
        &[
            "archive",
            "events",
            "gateway",
            "ingest",
            "network",
            "picture",
            "processor",
            "replay",
            "stream",
            "traffic",
        ],
    ),
];

/// Crates that do no I/O and know no async: what they must not depend on.
const PURE: [&str; 4] = ["events", "network", "traffic", "picture"];
const IMPURE: [&str; 10] = [
    "tokio",
    "reqwest",
    "rumqttc",
    "axum",
    "rdkafka",
    "arrow",
    "parquet",
    "object_store",
    "rand",
    "fjall",
];

#[test]
fn crates_depend_one_way() {
    let manifest = super::root().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
    let services = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.manifest_path.as_str().contains("/services/"));
    let mut allowed: BTreeMap<_, _> = EDGES.into_iter().collect();
    let ours: BTreeSet<_> = EDGES.iter().map(|(name, _)| *name).collect();
    for package in services {
        let name = package.name.as_str();
        let may = allowed.remove(name).unwrap_or_else(|| panic!("{name} has no row in EDGES"));
        let uses = package.dependencies.iter().filter(|used| used.kind == DependencyKind::Normal);
        for used in uses {
            let used = used.name.as_str();
            assert!(!ours.contains(used) || may.contains(&used), "{name} must not use {used}");
            let impure = PURE.contains(&name) && IMPURE.contains(&used);
            assert!(!impure, "{name} does no I/O and knows no async, so it must not use {used}");
        }
    }
    assert!(allowed.is_empty(), "rows in EDGES without a crate: {allowed:?}");
}
