//! A feed over a real broker, seen in a real browser: it moves, it stops, the panel turns.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use load_tests::{publish, simulator};

use super::browser::Page;
use super::process::{Folder, Running, Server};

fn broker(folder: &Folder) -> (Running, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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
