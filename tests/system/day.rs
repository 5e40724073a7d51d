//! An analyst's day: a recording becomes an archive, which is replayed and drawn.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::process::{Folder, Server, block_on, client, root, text, tilanne, wait_for};
use crate::judges;

/// The day when a recording was received, and the last moment of it.
fn day(recording: &Path) -> (String, i64) {
    let reader = stream::recording::Reader::open(recording).unwrap();
    let times_ms = reader.map(|raw| raw.unwrap().received_time_ms);
    let last_ms = times_ms.max().unwrap();
    let time = jiff::Timestamp::from_millisecond(last_ms).unwrap();
    (time.to_string()[..10].to_owned(), last_ms)
}

fn regions(output: &std::process::Output) -> Vec<Value> {
    let (out, error) = text(output);
    assert!(output.status.success(), "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    report["regions"].as_array().unwrap().clone()
}

fn say(server: &Server, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("http://{}{path}", server.address);
    block_on(async move {
        let request = client().request(method, url).header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    })
}

/// Changes of the live view of Helsinki, as its metric counts them; none while there are none.
fn view_changes(server: &Server) -> Option<String> {
    let (_, metrics) = server.request("/metrics").unwrap();
    let of = "tilanne_gateway_view_changes_total{region=\"helsinki\"} ";
    let count = metrics.lines().find_map(|line| line.strip_prefix(of));
    count.map(str::to_owned)
}

/// The day with another configuration, beside how it was.
fn what_if(server: &Server, day: &str) {
    let busiest = "/v1/regions/helsinki/links?sort=-five_minutes.flow_veh_h.value&limit=1";
    let links = wait_for("the view", || {
        let page = server.get(&format!("{busiest}&format=json"));
        page["objects"][0]["id"].as_str().map(str::to_owned)
    });
    let parts = server.get("/v1/archive");
    let events = parts["parts"].as_array().unwrap().iter();
    let mut events = events.filter(|part| part["day"] == day && part["kind"] == "feed_status");
    let from_ms = events.find(|part| part["region"] == "helsinki").unwrap()["from_ms"].clone();
    let from = jiff::Timestamp::from_millisecond(from_ms.as_i64().unwrap()).unwrap();
    let what_if = serde_json::json!({
        "regions": { "helsinki": { "closed_links": [links] } },
        "feeds": { "hsl-hfp": { "expire_after_s": 30 } },
        "emission": { "shown": "emep-eea-2019-hot", "fleets": { "default": "fleet-finland-2011.csv" } },
    });
    let start = |what_if: &Value| {
        let request = serde_json::json!({
            "regions": ["helsinki"], "from": from.to_string(), "speed": "max", "what_if": what_if,
        });
        say(server, reqwest::Method::POST, "/v1/replays", &request)
    };
    let changes = view_changes(server);
    let (status, started) = start(&what_if);
    assert_eq!(status, 201, "{started}");
    assert_eq!(started["baseline"], "/replays/1.baseline/");
    let ended = wait_for("the end of a what-if", || {
        let status = server.get("/v1/replays/1");
        assert_ne!(status["state"], "failed", "{status}");
        (status["state"] == "ended").then_some(status)
    });
    let picture = |of: &str| server.get(&format!("/replays/{of}/v1/regions/helsinki"));
    assert_eq!(picture("1")["picture_hash"], ended["result"][0]["picture"]);
    assert_ne!(picture("1")["picture_hash"], picture("1.baseline")["picture_hash"]);
    let live = server.get("/v1/regions/helsinki");
    assert_eq!(live["picture_hash"], picture("1.baseline")["picture_hash"], "live is as it was");
    assert_eq!(view_changes(server), changes, "metrics are of the live views");
    let flow = |of: &str| {
        let link = server.get(&format!("{of}/v1/regions/helsinki/links/{links}?format=json"));
        link["object"]["five_minutes"]["flow_veh_h"]["value"].as_f64().unwrap()
    };
    assert!(
        flow("/replays/1") < 1.0 && flow("/replays/1.baseline") > 50.0,
        "{}",
        flow("/replays/1")
    );
    let set = |of: &str| {
        let page = server.get(&format!("{of}/v1/regions/helsinki/area_emissions?format=json"));
        page["objects"][0]["factor_set"].as_str().unwrap().to_owned()
    };
    assert_ne!(set("/replays/1"), set("/replays/1.baseline"));
    // The difference, as a layer at this moment and as a table over the time.
    let diff = server.get("/replays/1/v1/regions/helsinki/diff/area_emissions?format=json&limit=5");
    let page = diff.to_string();
    assert!(page.contains("\"changed\"") && page.contains("difference"), "{page}");
    let (status, _) = server.request("/replays/1/v1/regions/helsinki/diff/links?after=x").unwrap();
    assert_eq!(status, 400);
    let (status, table) = server.request("/v1/replays/1/differences").unwrap();
    assert_eq!(status, 200);
    assert!(
        table.starts_with("region,layer,id,property,looks,before,after,difference\n"),
        "{table}"
    );
    let closed = format!("helsinki,links,{links},five_minutes.flow_veh_h.value,");
    let row =
        table.lines().find(|row| row.starts_with(&closed)).expect("the closed link has a row");
    let cells: Vec<&str> = row.split(',').collect();
    assert_eq!(cells[6], "0", "{row}");
    assert!(table.contains("helsinki,area_emissions,region"), "areas have rows too");
    let (status, _) = server.request("/v1/replays/2/differences").unwrap();
    assert_eq!(status, 404);
    for (what_if, words) in [
        (serde_json::json!({ "regions": { "atlantis": {} } }), "there is no region \"atlantis\""),
        (serde_json::json!({ "feeds": { "x": {} } }), "there is no feed \"x\""),
        (
            serde_json::json!({ "regions": { "helsinki": { "closed_links": ["1"] } } }),
            "no id of a link",
        ),
        (
            serde_json::json!({ "regions": { "helsinki": { "closed_links": ["1-2-3"] } } }),
            "it has no link 1-2-3",
        ),
        (serde_json::json!({ "emission": { "shown": "mine" } }), "there is no set \"mine\""),
        (
            serde_json::json!({ "emission": { "fleets": { "default": "../emission.toml" } } }),
            "is no name of a file beside this one",
        ),
        (serde_json::json!({ "weather": {} }), "weather"),
    ] {
        let (status, refused) = start(&what_if);
        assert_eq!(status, 400, "{what_if}: {refused}");
        assert!(refused["detail"].as_str().unwrap().contains(words), "{what_if}: {refused}");
    }
}

#[test]
fn a_recorded_day_is_replayed_to_the_same_hashes_and_drawn_by_a_notebook() {
    let folder = Folder::new();
    let recording = root().join("load-tests/demo/demo.recording").canonicalize().unwrap();
    let text_of = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let demo = text_of("config/tilanne.toml");
    let feeds = &demo[demo.find("[[feeds.").unwrap()..];
    let config = folder.write(
        "day.toml",
        &format!(
            "networks = {:?}\nregions = {:?}\nemission = {:?}\ndata_dir = \"unused\"\n\
             log_level = \"warn\"\n[replay]\nfile = {recording:?}\nspeed = \"max\"\n\
             [archive]\nroll_s = 3\ncheckpoint_every_s = 30\nkeep_days = 36500\n{feeds}",
            folder.networks(),
            root().join("config/regions").canonicalize().unwrap(),
            root().join("config/emission").canonicalize().unwrap(),
        ),
    );
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let command = |what: &str| {
        let mut command = tilanne(["replay", "--hash", "--json", "--region", "helsinki"]);
        command.arg(what).arg("--config").arg(&config).arg("--data-dir").arg(&data);
        command
    };
    let decoded = regions(&command(recording.to_str().unwrap()).output().unwrap());
    let mut server = Server::start(&config, &data);
    let last = &decoded[0]["sequence"];
    let hash = wait_for("the end of the recording", || {
        let (status, body) = server.request("/v1/regions/helsinki").unwrap();
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        let is_last = status == 200 && answer["region"]["sequence"] == *last;
        is_last.then(|| answer["picture_hash"].clone())
    });
    assert_eq!(hash, decoded[0]["picture"]);
    let (day, last_ms) = day(&recording);
    wait_for("the archive of it", || {
        let parts = server.get("/v1/archive")["parts"].as_array().cloned().unwrap();
        let mut events = parts.iter().filter(|part| part["kind"] == "feed_status");
        let is_whole = |part: &Value| part["to_ms"].as_i64().unwrap() >= last_ms;
        events.find(|part| part["region"] == "helsinki" && is_whole(part)).map(|_| ())
    });
    // It writes what it has gathered of streets before it ends.
    let id = server.process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    server.process.0.wait().unwrap();

    // As it was logged, and decoded anew: the same.
    let archived = regions(&command(&day).output().unwrap());
    assert_eq!(archived, decoded);

    what_if(&Server::start(&config, &data), &day);

    let Some(python) = judges::python("notebook-requirements.txt") else { return };
    let mut judge = Command::new(python);
    judge.arg(judges::script("notebook.py"));
    judge.arg(root().join("services/clients/python/examples/day.ipynb"));
    judge.env("TILANNE_ARCHIVE", data.join("archive"));
    let output = judges::run(&mut judge);
    assert!(output.status.success(), "{}", judges::said(&output));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made, serde_json::json!({ "pictures": 4, "tables": 3 }));
}
