//! What others have recorded: every case under `tests/data/import/<kind>/<case>/` must give what its
//! `expected.txt` says. `UPDATE_EXPECT=1` writes what is found; read the difference.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ingest::RegionConfig;
use ingest::import::{self, Importing, READERS, Setup};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    format: String,
    start: Option<String>,
    #[serde(default)]
    mapping: bool,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn setup(format: &str) -> Setup {
    let region: RegionConfig = toml::from_str(&format!(
        "id = \"kaupunki\"\nname = \"Kaupunki\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [24.0, 60.0, 26.0, 61.0]\n[[feed]]\nname = \"feed\"\nformat = \"{format}\"\n"
    ))
    .unwrap();
    Setup {
        feed: region.feeds[0].clone(),
        region,
        time_zone: TimeZone::get("Europe/Helsinki").unwrap(),
        start: None,
        mapping: None,
        parquet: None,
        bytes_read: Arc::default(),
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The records as text, and what was left out.
fn found(kind: &str, folder: &Path) -> String {
    let case: Case =
        toml::from_str(&std::fs::read_to_string(folder.join("case.toml")).unwrap()).unwrap();
    let is_input = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        !["case.toml", "mapping.toml", "expected.txt"].contains(&name)
    };
    let inputs: Vec<PathBuf> = sorted(folder).into_iter().filter(is_input).collect();
    let start = case.start.map(|start| start.parse().unwrap());
    let mut setup = Setup { start, ..setup(&case.format) };
    if case.mapping {
        let text = std::fs::read_to_string(folder.join("mapping.toml")).unwrap();
        setup.mapping = Some(import::mapping(&text).unwrap());
    }
    // Messages name files: those of the case alone, wherever the repository is.
    let here = |text: String| text.replace(&format!("{}/", folder.display()), "");
    let mut text = String::new();
    let mut importing = match Importing::new(import::reader(kind).unwrap(), &inputs, setup) {
        Ok(importing) => importing,
        Err(error) => return here(format!("error {error}\n")),
    };
    for record in importing.by_ref() {
        let record = record.unwrap();
        assert_eq!(record.feed, "feed");
        let time = Timestamp::from_millisecond(record.received_time_ms).unwrap();
        let payload = String::from_utf8_lossy(&record.payload);
        writeln!(text, "{time} {} {}\n{payload}", record.source, record.topic).unwrap();
    }
    let imported = importing.imported();
    assert_eq!(imported.left_out, imported.reasons.len() as u64);
    for reason in &imported.reasons {
        writeln!(text, "left out {reason}").unwrap();
    }
    if imported.out_of_order > 0 {
        writeln!(text, "out of order {}", imported.out_of_order).unwrap();
    }
    for broken in &imported.broken {
        writeln!(text, "broken {broken}").unwrap();
    }
    here(text)
}

#[test]
fn every_case_gives_what_is_expected() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for reader in READERS {
        let cases = sorted(&root().join("tests/data/import").join(reader.name()));
        assert!(!cases.is_empty(), "{} has no cases", reader.name());
        for folder in cases {
            let found = found(reader.name(), &folder);
            let expected = folder.join("expected.txt");
            if update {
                std::fs::write(&expected, &found).unwrap();
            } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
                wrong.push(format!("{}\nfound:\n{found}", folder.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "set UPDATE_EXPECT=1 and read:\n{}", wrong.join("\n"));
}

#[test]
fn archives_that_are_packed_give_what_their_files_give() {
    let folder = tempfile::tempdir().unwrap();
    let files = root().join("tests/data/import/message/gtfs_rt");
    let zipped = folder.path().join("day.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    for name in ["earlier.json", "later.json"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        let bytes = std::fs::read(files.join(name)).unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    zip.finish().unwrap();
    let gzipped = folder.path().join("one.json.gz");
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(&gzipped).unwrap(),
        flate2::Compression::fast(),
    );
    std::io::Write::write_all(&mut gzip, &std::fs::read(files.join("later.json")).unwrap())
        .unwrap();
    gzip.finish().unwrap();

    let table = root().join("tests/data/import/hfp_csv/positions/2026-03-10T10.csv");
    let zstd = folder.path().join("2026-03-10T10.csv.zst");
    let bytes = std::fs::read(&table).unwrap();
    std::fs::write(&zstd, zstd::encode_all(bytes.as_slice(), 0).unwrap()).unwrap();
    let messages = |path: &Path| {
        let reader = import::reader("hfp_csv").unwrap();
        let importing = Importing::new(reader, &[path.to_owned()], setup("hfp")).unwrap();
        importing.map(|record| record.unwrap().payload).collect::<Vec<_>>()
    };
    assert_eq!(messages(&zstd).len(), 4);
    assert_eq!(messages(&zstd), messages(&table));

    let records = |path: &Path| {
        let reader = import::reader("message").unwrap();
        let importing = Importing::new(reader, &[path.to_owned()], setup("gtfs_rt")).unwrap();
        importing.map(|record| record.unwrap().received_time_ms).collect::<Vec<_>>()
    };
    assert_eq!(records(&zipped), [1_773_131_415_000, 1_773_131_430_000]);
    assert_eq!(records(&gzipped), [1_773_131_430_000]);

    // Cut off: what is missing is said, and nothing is made up.
    let bytes = std::fs::read(&gzipped).unwrap();
    std::fs::write(&gzipped, &bytes[..bytes.len() / 2]).unwrap();
    let reader = import::reader("message").unwrap();
    let mut importing =
        Importing::new(reader, std::slice::from_ref(&gzipped), setup("gtfs_rt")).unwrap();
    assert!(importing.next().is_none());
    assert_eq!(importing.imported().broken.len(), 1);
    std::fs::write(&zipped, b"PK no more").unwrap();
    let error = Importing::new(reader, &[zipped], setup("gtfs_rt")).err().unwrap();
    assert!(error.to_string().contains("day.zip"), "{error}");
}

#[test]
fn recorded_samples_are_imported() {
    let feeds = root().join("../shared/feeds");
    if !feeds.is_dir() {
        println!("skipped: {} is missing", feeds.display());
        return;
    }
    let count = |kind: &str, format: &str, path: &str| {
        let path = feeds.join(path);
        let paths = if path.is_dir() { sorted(&path) } else { vec![path] };
        let paths: Vec<PathBuf> = paths
            .into_iter()
            .filter(|path| path.is_file() && !path.to_string_lossy().ends_with("PROVENANCE.md"))
            .collect();
        let reader = import::reader(kind).unwrap();
        let mut importing = Importing::new(reader, &paths, setup(format)).unwrap();
        let times: Vec<i64> =
            importing.by_ref().map(|record| record.unwrap().received_time_ms).collect();
        assert!(times.is_sorted(), "{kind}");
        assert_eq!(importing.imported().broken, Vec::<String>::new());
        (times.len(), importing.imported().left_out)
    };
    // Lines as `wc` counts them; nothing is left out.
    assert_eq!(count("dump", "hfp", "transit/hfp-hsl-dumps"), (3_075, 0));
    assert_eq!(
        count("message", "gtfs_rt", "transit/gtfsrt-fi-bin/oulu-vehicle-position-20170217.bin"),
        (1, 0)
    );
    // Five passages in two minutes, and one that the detector says is faulty.
    assert_eq!(count("lamraw", "tilanne_json", "road/digitraffic-lamraw"), (2, 1));
}
