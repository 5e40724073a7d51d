//! Every case under `tests/data/formats/<format>/`: `<case>.case` must give `<case>.json`, one line
//! per event, reject and drop. `UPDATE_EXPECT=1` writes what is found; read the difference.

use std::path::{Path, PathBuf};

use events::Event;
use ingest::format::{Decoded, FORMATS};
use serde_json::{Value, json};

use super::case::Case;
use super::{decoder, root};

/// Cases of a format, by name.
pub(super) fn files(format: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/data/formats").join(format);
    let entries = std::fs::read_dir(&folder).expect("every format has a folder of cases");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    files.sort();
    files
}

pub(super) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_case_gives_what_is_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for format in FORMATS {
        let files = files(format.name());
        assert!(!files.is_empty(), "{} has no cases", format.name());
        for path in files {
            let case = Case::parse(&read(&path));
            let mut feed = decoder(format.name(), &case.options);
            let found: String = case.messages.iter().map(|raw| lines(&feed.decode(raw))).collect();
            let expected = path.with_extension("json");
            if update {
                std::fs::write(&expected, &found).expect("expectations can be written");
            } else if read(&expected) != found {
                wrong.push(format!("{}\nfound:\n{found}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "set UPDATE_EXPECT=1 and read:\n{}", wrong.join("\n"));
}

#[test]
fn every_expectation_has_its_case() {
    for format in FORMATS {
        let folder = root().join("tests/data/formats").join(format.name());
        for entry in std::fs::read_dir(folder).expect("every format has a folder of cases") {
            let path = entry.expect("the folder can be listed").path();
            assert!(path.with_extension("case").is_file(), "{} is left over", path.display());
        }
    }
}

/// One line per record, without what is null, unspecified, or the same in all cases.
fn lines(decoded: &Decoded) -> String {
    let events = decoded.events.iter().map(|event| json!({ "event": event_json(event) }));
    let rejects = decoded.rejects.iter().map(|reject| json!({ "reject": reject }));
    let drops = decoded.drops.iter().map(|drop| json!({ "drop": drop }));
    let lines = events.chain(rejects).chain(drops).map(|mut line| {
        prune(&mut line);
        format!("{line}\n")
    });
    lines.collect()
}

fn event_json(event: &Event) -> Value {
    assert_eq!(event.feed, "feed");
    assert_eq!(event.region, "region");
    // Through text: a float of 32 bits as a `Value` would show its digits of 64.
    let text = serde_json::to_string(event).expect("events serialize");
    let mut value: Value = serde_json::from_str(&text).expect("JSON reads back");
    let fields = value.as_object_mut().expect("an event is an object");
    for same in ["feed", "region", "provenance", "received_time_ms"] {
        fields.remove(same);
    }
    let time = jiff::Timestamp::from_millisecond(event.event_time_ms).expect("a legal time");
    fields.insert("event_time".to_owned(), json!(time.to_string()));
    value
}

fn prune(value: &mut Value) {
    let says_nothing = |field: &Value| {
        field.is_null()
            || field == "unspecified"
            || field.as_array().is_some_and(Vec::is_empty)
            || field.as_object().is_some_and(serde_json::Map::is_empty)
    };
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|_, field| !says_nothing(field));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}
