//! Alerts and the dashboard of Grafana name metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;

const FOLDER: &str = "config/observability";
/// What Prometheus' own names of a summary or a histogram end with.
const SUFFIXES: [&str; 3] = ["_sum", "_count", "_bucket"];

/// Words that begin so, in all files below a folder with one of these extensions.
fn names(folder: &Path, extensions: &[&str], names_in: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("target") {
                names(&path, extensions, names_in);
            }
            continue;
        }
        let is_wanted = path
            .extension()
            .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted));
        if !is_wanted {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        names_in.extend(words.filter(|word| word.starts_with("tilanne_")).map(str::to_owned));
    }
}

#[test]
fn alerts_and_panels_name_metrics_that_there_are() {
    let root = super::root();
    let (mut named, mut told) = (BTreeSet::new(), BTreeSet::new());
    names(&root.join(FOLDER), &["yml", "json"], &mut named);
    names(&root.join("services"), &["rs"], &mut told);
    assert!(named.len() > 20, "{named:?}");
    let is_told = |name: &String| {
        let base = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
        told.contains(name) || base.is_some_and(|base| told.contains(base))
    };
    let unknown: Vec<_> = named.iter().filter(|name| !is_told(name)).collect();
    assert!(unknown.is_empty(), "nothing tells {unknown:?}");
}
