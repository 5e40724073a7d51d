//! Cases in `tests/data/picture`, found by walking. `UPDATE_EXPECT=1` writes them as they are.

use std::path::{Path, PathBuf};

use super::script;

fn folder() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = manifest.ancestors().map(|root| root.join("tests/data/picture"));
    folders.into_iter().find(|folder| folder.is_dir()).expect("the repository has test data")
}

fn check(path: &Path) -> Option<String> {
    let expected = std::fs::read_to_string(path).unwrap();
    let found = script::run(&expected);
    if found == expected {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, found).unwrap();
        return None;
    }
    let line = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    Some(format!("{}, line {line:?}, gives\n{found}", path.display()))
}

#[test]
fn cases() {
    let mut paths: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let failures: Vec<_> = paths.iter().filter_map(|path| check(path)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
