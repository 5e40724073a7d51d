//! A feed over a real broker, seen in a real browser: it moves, it stops, the panel turns.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use events::RawRecord;
use load_tests::{publish, simulator};
use serde_json::json;

use super::browser::Page;
use super::process::{Folder, Running, Server, wait_for};
use crate::ingest::broker::free_port;

fn broker(folder: &Folder) -> (Running, u16) {
    let port = free_port();
    let config = folder.write(
        "mosquitto.conf",
        &format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"),
    );
    let program = ["/usr/sbin/mosquitto", "mosquitto"]
        .into_iter()
        .find(|path| !path.starts_with('/') || std::path::Path::new(path).is_file())
        .unwrap();
    let child = Command::new(program)
        .arg("-c")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("mosquitto starts: `cargo xtask packages` installs it");
    (Running(child), port)
}

const REGION: &str = r#"
id = "harbour"
name = "Harbour"
time_zone = "Europe/Helsinki"
bbox = [24.2, 59.9, 25.6, 60.7]

[[city]]
id = "harbour"
name = "Harbour"
bbox = [24.2, 59.9, 25.6, 60.7]

[[feed]]
name = "buses"
title = "Buses"
attribution = "Test"
format = "hfp"
lateness_s = 2
expire_after_s = 60
idle_after_s = 3

[[feed.source]]
name = "mqtt"
transport = "mqtt"
[feed.source.options]
url = "mqtt://127.0.0.1:PORT"
topics = ["/hfp/v2/journey/#"]
retry_min_s = 1
retry_max_s = 2
"#;

const TOPIC: &str =
    "/hfp/v2/journey/ongoing/vp/bus/0018/00001/1001/1/Harbour/10:00/1/5/60;24/1/1/1";
const GARBAGE: &str = "{\"VP\":{\"veh\":";

fn publish_garbage(port: u16) {
    let garbage = RawRecord {
        topic: TOPIC.into(),
        payload: GARBAGE.as_bytes().into(),
        ..RawRecord::default()
    };
    let paced = publish::Paced { messages_per_s: 1, present: false };
    publish::mqtt(&format!("127.0.0.1:{port}"), [garbage], paced, || false).unwrap();
}

/// In one scrape of the metrics, the outcomes of the feed add up to what it received.
fn assert_ledger_adds_up(server: &Server) {
    let (status, text) = server.request("/metrics").unwrap();
    assert_eq!(status, 200);
    let sum_of = |name: &str| -> u64 {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    };
    let received = sum_of("tilanne_ledger_received_total{");
    assert!(received > 0, "{text}");
    assert_eq!(received, sum_of("tilanne_ledger_records_total{"), "{text}");
}

#[test]
fn the_panel_turns_when_a_feed_stops() {
    let folder = Folder::new();
    let (broker, port) = broker(&folder);
    folder.write("regions/harbour.toml", &REGION.replace("PORT", &port.to_string()));
    let config = folder.write("stop.toml", "regions = \"regions\"\ndata_dir = \"data\"\n");
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::start(&config, &data);

    let stop = Arc::new(AtomicBool::new(false));
    let publisher = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let messages = simulator::hfp_messages(3, 40, 40 * 600);
            let paced = publish::Paced { messages_per_s: 80, present: true };
            let stopped = || stop.load(Ordering::Relaxed);
            publish::mqtt(&format!("127.0.0.1:{port}"), messages, paced, stopped)
        }
    });

    let mut page = Page::open(&format!("http://{}/", server.address));
    page.wait_until("vehicles", "(window.tilanne?.state().vehicles ?? 0) >= 20");
    let state = "document.querySelector('[data-feed=\"buses\"]')?.dataset.state";
    page.wait_until("a live feed", &format!("{state} === 'live'"));
    let features = server.get("/v1/regions/harbour/vehicles?limit=1000")["features"].take();
    let ids: Vec<_> = features.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let ids = serde_json::Value::from(ids);
    let places = format!("JSON.stringify({ids}.map(id => window.tilanne.vehiclePosition(id)))");
    let before = page.evaluate(&places);
    page.wait_until("movement", &format!("{places} !== {before}"));

    publish_garbage(port);
    let letter = wait_for("the dead letter", || {
        let letters = server.get("/v1/regions/harbour/dead-letters?feed=buses");
        letters["letters"].get(0).cloned()
    });
    assert_eq!(letter["payload"], GARBAGE, "{letter}");
    assert_eq!((&letter["outcome"], &letter["topic"]), (&json!("rejected"), &json!(TOPIC)));
    assert!(!letter["message"].as_str().unwrap().is_empty(), "{letter}");
    page.wait_until("a feed that goes on", &format!("{state} === 'live'"));
    assert_ledger_adds_up(&server);

    stop.store(true, Ordering::Relaxed);
    publisher.join().unwrap().unwrap();
    page.wait_until("the idle feed", &format!("{state} !== 'live'"));
    drop(broker);
    page.wait_until("the broken feed", &format!("{state} === 'down'"));
    std::thread::sleep(Duration::from_millis(200));
    let feeds = server.get("/v1/feeds");
    let error = feeds["feeds"][0]["error"].as_str().unwrap_or_default();
    assert!(!error.is_empty(), "{feeds}");
}
