//! Tidiness: short files with a purpose, no city in code, nothing left unfinished.

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;
/// rustfmt keeps code within 100; a row of a table in a comment cannot be broken.
const COLUMNS_MAX: usize = 110;

/// Cities and regions are configuration; code that names one would not serve the next.
const CITIES: [&str; 6] = ["helsinki", "espoo", "vantaa", "tampere", "turku", "oulu"];

/// Marks of unfinished work, written apart so that this file does not match itself.
const UNFINISHED: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X "), concat!("HA", "CK")];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let skipped = ["target", "node_modules", "dist", "data", "wire"].contains(&name.as_str());
        if path.is_dir() && !skipped {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in folders {
        rust_files(&super::root().join(folder), &mut found);
    }
    assert!(found.len() > 10, "found only {found:?}");
    found.sort();
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (path, text) in files(&["services", "tests", "load-tests", "xtask"]) {
        let path = path.display();
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines: split it");
        assert!(text.starts_with("//!"), "{path} does not begin with what it is for (//!)");
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            let long_text = line.contains("r#\"") || line.contains("://") || line.contains('"');
            assert!(
                columns <= COLUMNS_MAX || long_text,
                "{path}:{}: {columns} columns",
                number + 1
            );
            let unfinished = UNFINISHED.iter().find(|mark| line.contains(**mark));
            assert!(unfinished.is_none(), "{path}:{}: {unfinished:?}", number + 1);
        }
    }
}

#[test]
fn code_names_no_city() {
    for (path, text) in files(&["services"]) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default().to_lowercase();
            let city = CITIES.iter().find(|city| code.contains(**city));
            assert!(city.is_none(), "{}:{}: names {city:?}", path.display(), number + 1);
        }
    }
}
