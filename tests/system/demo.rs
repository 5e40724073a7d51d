//! What a new user sees: the demo in a real browser.

use std::time::Duration;

use serde_json::Value;

use super::browser::Page;
use super::process::{Folder, Server, root, wait_for};

const CITIES: [&str; 6] = ["helsinki", "espoo", "vantaa", "tampere", "turku", "oulu"];

/// Ids of vehicles in a city's box.
fn vehicles(server: &Server, regions: &Value, city: &str) -> Vec<Value> {
    let all = regions["regions"].as_array().unwrap();
    let is_city = |one: &&Value| one["id"] == city;
    let found = all.iter().find_map(|region| {
        let place = region["cities"].as_array()?.iter().find(is_city)?;
        Some((region["id"].as_str()?, place["bbox"].as_array()?))
    });
    let (region, bbox) = found.unwrap();
    let bbox: Vec<String> = bbox.iter().map(Value::to_string).collect();
    let path = format!("/v1/regions/{region}/vehicles?bbox={}&limit=1000", bbox.join(","));
    let answer = server.get(&path);
    let features = answer["features"].as_array().unwrap();
    features.iter().map(|feature| feature["id"].clone()).collect()
}

/// JavaScript that gives the places where vehicles are drawn at this moment.
fn drawn(ids: &[Value]) -> String {
    let ids = Value::from(ids.to_vec());
    format!("{ids}.map(id => window.tilanne.vehiclePosition(id)).filter(place => place)")
}

#[test]
fn vehicles_of_all_cities_move_in_a_browser() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let networks = folder.networks();
    let config = root().join("config/tilanne.toml");
    let server = Server::start_with(&config, &data, &["--networks", networks.to_str().unwrap()]);

    let regions = wait_for("vehicles in every region", || {
        let answer = server.get("/v1/regions");
        let regions = answer["regions"].as_array().cloned().unwrap_or_default();
        let layers = ["vehicles", "detectors", "situations"];
        let full = regions.iter().all(|region| {
            layers.iter().all(|layer| region["layers"][layer].as_u64().unwrap_or(0) > 0)
        });
        (regions.len() == 4 && full).then_some(answer)
    });
    assert_eq!(regions["origin"], "demo");

    let mut page = Page::open(&format!("http://{}/", server.address));
    page.wait_until("the page's picture", "window.tilanne?.state().connected === true");
    let banner = page.evaluate("document.querySelector('[data-testid=\"banner\"]').textContent");
    assert!(banner.as_str().unwrap().to_lowercase().contains("demo"), "{banner}");

    for city in CITIES {
        let button = format!("document.querySelector('[data-city=\"{city}\"]').click()");
        page.evaluate(&button);
        page.wait_until(city, "window.tilanne.state().vehicles >= 5");
        let places = drawn(&vehicles(&server, &regions, city));
        page.wait_until("drawn vehicles", &format!("{places}.length > 4"));
        let before = page.evaluate(&format!("JSON.stringify({places})"));
        page.wait_until("movement", &format!("JSON.stringify({places}) !== {before}"));
        page.wait_until("feeds", "document.querySelectorAll('[data-feed]').length >= 2");
    }
    for region in ["helsinki", "tampere", "turku", "oulu"] {
        let measured = wait_for("a measured street", || {
            let path = format!("/v1/regions/{region}/links?limit=1000");
            let answer = server.get(&path);
            let links = answer["features"].as_array().cloned().unwrap_or_default();
            links.into_iter().find(|link| link["properties"]["minute"]["method"] == "measured")
        });
        assert_eq!(measured["properties"]["name"], load_tests::streets::SYNTHETIC_NAME);
        let speed_km_h = &measured["properties"]["minute"]["speed_km_h"]["value"];
        assert!(speed_km_h.as_f64().unwrap() > 0.0, "{measured}");
    }
    // A map that failed to draw is one colour; a PNG of it is tiny.
    std::thread::sleep(Duration::from_secs(1));
    assert!(page.screenshot().len() > 40_000, "the map seems to be blank");
}
