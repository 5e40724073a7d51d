//! The archive of the real binary: what was answered is answered again, also after a kill.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::process::{Folder, Server, root, text, tilanne, wait_for};
use crate::s3::Bucket;

const PATHS: [&str; 4] = [
    "/v1/regions/helsinki/vehicles?format=json&limit=200",
    "/v1/regions/helsinki/feeds?format=json",
    "/v1/regions/helsinki/detectors?format=json&limit=50",
    "/v1/regions/tampere/vehicles?format=json",
];

/// Without the address of the next page: there the time is in it.
fn without_next(body: &str) -> String {
    let Some((before, rest)) = body.split_once("\"next\":\"") else { return body.to_owned() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    [before, after].concat()
}

/// Asks again for answers that were given.
fn check(server: &Server, given: &[(&str, String)], when: &str) {
    for (path, was) in given {
        let head: Value = serde_json::from_str(was).unwrap();
        let at = jiff::Timestamp::from_millisecond(head["time_ms"].as_i64().unwrap()).unwrap();
        let path = format!("{path}&at={at}&sequence={}", head["sequence"]);
        let (status, is) = server.request(&path).unwrap();
        assert_eq!(status, 200, "{when}: {path}: {is}");
        assert_eq!(without_next(&is), without_next(was), "{when}: {path}");
    }
}

#[test]
fn answers_are_had_again_after_a_kill() {
    answers_are_had_again("");
}

#[test]
fn answers_are_had_again_from_a_store_that_speaks_s3() {
    let s3 = Bucket::new().options();
    answers_are_had_again(&format!("s3 = {s3}\n"));
}

/// `place` is where the archive is, unless it is in the data directory.
fn answers_are_had_again(place: &str) {
    let folder = Folder::new();
    let demo = root().join("load-tests/demo/demo.recording").canonicalize().unwrap();
    let config = folder.write(
        "archive.toml",
        &format!(
            "regions = '{}'\ndata_dir = \"unused\"\nlog_level = \"warn\"\n\
             [replay]\nfile = '{}'\nspeed = 1.0\nlooped = true\nclock = \"present\"\n\
             [processor]\ncheckpoint_every_s = 1\n\
             [archive]\nroll_s = 2\ncheckpoint_every_s = 2\nraw = true\n{place}",
            root().join("config/regions").canonicalize().unwrap().display(),
            demo.display(),
        ),
    );
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let mut server = Server::start(&config, &data);
    // Of a region of which nothing has come yet there is no past.
    wait_for("something to see", || {
        let seen = |region: &str| {
            let page = server.get(&format!("/v1/regions/{region}/vehicles?format=json"));
            page["objects"].as_array().unwrap().len()
        };
        (seen("helsinki") > 50 && seen("tampere") > 0).then_some(())
    });
    let mut given = Vec::new();
    for _ in 0..8 {
        for path in PATHS {
            let (status, body) = server.request(path).unwrap();
            assert_eq!(status, 200, "{path}: {body}");
            given.push((path, body));
        }
        std::thread::sleep(Duration::from_millis(700));
    }
    check(&server, &given, "while it runs");
    // On Unix this is SIGKILL: nothing is flushed, no destructor runs.
    server.process.0.kill().unwrap();
    server.process.0.wait().unwrap();
    let server = Server::start(&config, &data);
    wait_for("the view", || {
        let page = server.get("/v1/regions/tampere/vehicles?format=json");
        (!page["objects"].as_array().unwrap().is_empty()).then_some(())
    });
    check(&server, &given, "after a kill");
    let listed = tilanne(["archive", "list", "--json", "--config"])
        .arg(&config)
        .arg("--data-dir")
        .arg(&data)
        .output()
        .unwrap();
    let (out, error) = text(&listed);
    assert!(listed.status.success(), "{error}");
    let listed: Value = serde_json::from_str(&out).unwrap();
    let has = |kind: &str| {
        let parts = listed.as_array().unwrap().iter();
        parts.filter(|part| part["kind"] == kind && part["region"] == "helsinki").count() > 0
    };
    assert!(["vehicle_position", "feed_status", "raw", "checkpoint"].into_iter().all(has), "{out}");
    assert!(server.get("/v1/archive")["bytes"].as_u64().unwrap() > 0);
    // What was received comes out as a recording.
    let recording = folder.0.join("received.recording");
    let written = tilanne(["archive", "recording", "--region", "tampere", "--config"])
        .arg(&config)
        .arg("--data-dir")
        .arg(&data)
        .arg("--output")
        .arg(&recording)
        .output()
        .unwrap();
    assert!(written.status.success(), "{}", text(&written).1);
    let records = stream::recording::Reader::open(&recording).unwrap();
    assert!(records.map(Result::unwrap).count() > 0);
    export(&config, &data, &folder, &listed);
}

/// A range as files for others' tools, while the server runs.
fn export(config: &Path, data: &Path, folder: &Folder, listed: &Value) {
    let parts = listed.as_array().unwrap().iter();
    let statuses =
        parts.filter(|part| part["kind"] == "feed_status" && part["region"] == "helsinki");
    let times =
        statuses.map(|part| [&part["from_ms"], &part["to_ms"]].map(|ms| ms.as_i64().unwrap()));
    let times: Vec<[i64; 2]> = times.collect();
    let time = |ms| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
    let from = time(times.iter().map(|[from_ms, _]| *from_ms).min().unwrap());
    let to = time(times.iter().map(|[_, to_ms]| *to_ms).max().unwrap());
    let run = |words: &[&str], output: &Path| {
        let mut command = tilanne(["export", "--region", "helsinki", "--config"]);
        command.arg(config).arg("--data-dir").arg(data).arg("--output").arg(output);
        command.args(["--from", &from]).args(words).output().unwrap()
    };
    for (name, words) in [
        ("all.parquet", &["--layer", "vehicles"][..]),
        ("all.fgb", &["--layer", "vehicles", "--bbox", "24.5,60.0,25.5,60.5"]),
        ("trams.csv", &["--layer", "vehicles", "--filter", "report.mode = 'tram'"]),
        ("steps.geojson", &["--layer", "feeds", "--step", "PT1S", "--fields", "watermark_ms"]),
        ("links.txt", &["--layer", "links", "--format", "ndjson"]),
    ] {
        let output = folder.0.join(name);
        let exported = run(&[words, &["--to", &to]].concat(), &output);
        let (_, said) = text(&exported);
        assert!(exported.status.success(), "{name}: {said}");
        assert!(said.contains(" rows, "), "{said}");
        assert!(name == "links.txt" || std::fs::metadata(&output).unwrap().len() > 200, "{name}");
        assert!(!folder.0.join(format!("{name}.unfinished")).exists());
    }
    for (name, words, says) in [
        ("a.xlsx", &["--layer", "vehicles", "--to", &to][..], "does not say a format"),
        ("a.csv", &["--layer", "vehicles", "--to", &to, "--format", "xls"], "no format \"xls\""),
        ("a.csv", &["--layer", "cars", "--to", &to], "cars"),
        ("a.csv", &["--layer", "vehicles", "--to", "2100-01-01T00:00:00Z"], "in the future"),
        ("a.csv", &["--layer", "vehicles", "--to", &to, "--step", "5"], "no duration"),
        ("no/a.csv", &["--layer", "vehicles", "--to", &to], "cannot be written"),
    ] {
        let failed = run(words, &folder.0.join(name));
        let (_, said) = text(&failed);
        assert!(!failed.status.success() && said.contains(says), "{name} {words:?}: {said}");
        assert!(!folder.0.join(name).exists());
    }
}
