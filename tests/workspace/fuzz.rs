//! What the fuzz targets begin with and what they have found is tried in every run, see
//! `cargo xtask fuzz`.

use std::path::PathBuf;

use fuzz::Gateway;

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = super::root().join("tests/data/fuzz").join(target);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "found only {paths:?}");
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn texts(target: &str) -> impl Iterator<Item = String> {
    inputs(target).into_iter().map(|(path, bytes)| {
        String::from_utf8(bytes).unwrap_or_else(|_| panic!("{} is not text", path.display()))
    })
}

#[test]
fn formats_take_what_fuzzers_have_found() {
    for (_, bytes) in inputs("formats") {
        fuzz::formats::decode(&bytes);
    }
}

#[test]
fn queries_that_fuzzers_have_found_are_answered() {
    let gateway = Gateway::start();
    texts("query").for_each(|text| gateway.ask(&text));
}

#[test]
fn subscriptions_that_fuzzers_have_found_are_answered() {
    let gateway = Gateway::start();
    texts("subscription").for_each(|text| gateway.say(&text));
}
