//! `tilanne import`: what was interrupted goes on, and the result is the same.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::process::{Folder, text, tilanne, wait_for};

const MAPPING: &str = "time = 't'\ntime_format = 'unix_s'\n[columns]\nvehicle = 'v'\n\
    latitude_deg = 'lat'\nlongitude_deg = 'lon'\n";
const ROWS: u32 = 400_000;

fn records(recording: &Path) -> Vec<events::RawRecord> {
    stream::recording::Reader::open(recording).unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_import_that_was_killed_goes_on() {
    let folder = Folder::new();
    let mut table = String::from("t,v,lat,lon\n");
    for row in 0..ROWS {
        let (time, vehicle) = (1_795_687_200 + row / 100, row % 100);
        writeln!(table, "{time},{vehicle},60.17,24.{:05}", row % 90_000).unwrap();
    }
    let table = folder.write("cars.csv", &table);
    let mapping = folder.write("mapping.toml", MAPPING);
    let import = |output: &Path| {
        let mut command = tilanne(["import", "--as", "table", "--feed", "helsinki-cars"]);
        command.arg("--mapping").arg(&mapping).args(["--keep-every", "0.02", "--output"]);
        command.arg(output).arg("--config").arg(folder.0.join("cars.toml")).arg(&table);
        command
    };
    folder.write(
        "cars.toml",
        &format!(
            "regions = {:?}\ndata_dir = \"unused\"\n",
            folder.0.join("regions").display().to_string()
        ),
    );
    std::fs::create_dir(folder.0.join("regions")).unwrap();
    folder.write(
        "regions/helsinki.toml",
        "id = \"helsinki\"\nname = \"Helsinki\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [23.8, 59.9, 25.6, 60.8]\n[[feed]]\nname = \"helsinki-cars\"\n\
         format = \"tilanne_json\"\n[[feed.source]]\ntransport = \"file\"\npath = \"unused\"\n",
    );
    let whole = folder.0.join("whole.recording");
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        let (_, error) = text(&output);
        assert!(output.status.success(), "{error}");
        error
    };
    run(&mut import(&whole));
    let killed = folder.0.join("killed.recording");
    let progress = folder.0.join("killed.recording.progress");
    let done = || {
        let bytes = std::fs::read(&progress).ok()?;
        serde_json::from_slice::<serde_json::Value>(&bytes).ok()?["records"].as_u64()
    };
    let mut before = 0;
    for _ in 0..3 {
        let mut process = import(&killed).stderr(Stdio::null()).spawn().unwrap();
        before = wait_for("progress", || done().filter(|&records| records > before));
        process.kill().unwrap();
        process.wait().unwrap();
        assert!(!killed.exists(), "it was over before it was killed");
    }
    let error = run(&mut import(&killed));
    assert!(error.contains("going on after"), "{error}");
    assert!(!progress.exists());
    let (is, was) = (records(&killed), records(&whole));
    assert_eq!(is.len(), ROWS as usize);
    assert!(is == was, "what was interrupted is not what was not");
    // Another import does not go on with what is left of this one.
    std::fs::remove_file(&killed).unwrap();
    let mut process = import(&killed).stderr(Stdio::null()).spawn().unwrap();
    wait_for("progress", done);
    process.kill().unwrap();
    process.wait().unwrap();
    let error = run(import(&killed).args(["--start", "2026-11-26T10:00:00Z"]));
    assert!(!error.contains("going on after"), "{error}");
    assert!(records(&killed) == was);
}
