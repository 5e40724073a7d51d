//! What a new user sees: the demo in a real browser.

use std::time::Duration;

use super::browser::Page;
use super::process::{Folder, Server, root, wait_for};

const CITIES: [&str; 6] = ["helsinki", "espoo", "vantaa", "tampere", "turku", "oulu"];

#[test]
fn vehicles_of_all_cities_move_in_a_browser() {
    let folder = Folder::new();
    let data = folder.0.join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::start(&root().join("config/tilanne.toml"), &data);

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
        page.wait_until(city, "Object.keys(window.tilanne.state().vehicles).length >= 5");
        let count = "Object.values(window.tilanne.state().vehicles)";
        let places = format!(
            "JSON.stringify({count}.map(v => [v.id, v.report.position]).sort())"
        );
        let before = page.evaluate(&places);
        page.wait_until("movement", &format!("{places} !== {before}"));
        page.wait_until("feeds", "document.querySelectorAll('[data-feed]').length >= 2");
    }
    // A map that failed to draw is one colour; a PNG of it is tiny.
    std::thread::sleep(Duration::from_secs(1));
    assert!(page.screenshot().len() > 40_000, "the map seems to be blank");
}
