//! Pages: each object once, in order, to the end.

use axum::http::header;
use picture::{Layer, RemovalReason};

use super::support::{
    REGION, app, app_with, bbox, feed, get, get_json, ids, position, region, removed, updated,
    vehicle,
};

fn place(n: u64) -> events::Position {
    position(24.0 + n as f64 / 100.0, 60.5)
}

async fn follow(app: &std::sync::Arc<gateway::App>, path: &str) -> Vec<Vec<String>> {
    let mut next = Some(path.to_owned());
    let mut pages = Vec::new();
    while let Some(path) = next {
        let page = get_json(app, &path).await;
        pages.push(ids(&page["objects"]).into_iter().map(String::from).collect());
        next = page["next"].as_str().map(String::from);
    }
    pages
}

#[tokio::test]
async fn pages_end_after_the_last_object() {
    let app = app();
    let deltas = (0..25).map(|n| updated(n, vehicle(&format!("feed:{n:02}/ä&"), Some(place(n)))));
    region(&app).apply([deltas.collect()]);
    for query in ["limit=10", "bbox=24.0,60.0,26.0,61.0&limit=10"] {
        let pages = follow(&app, &format!("/v1/regions/{REGION}/vehicles?{query}")).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        let expected: Vec<String> = (0..25).map(|n| format!("feed:{n:02}/ä&")).collect();
        assert_eq!(pages.concat(), expected);
    }
    let pages = follow(&app, &format!("/v1/regions/{REGION}/vehicles?limit=25")).await;
    assert_eq!(pages.len(), 1, "a full last page has no next one");
}

#[tokio::test]
async fn a_box_selects_what_meets_it() {
    let app = app();
    let deltas = (0..25).map(|n| updated(n, vehicle(&format!("feed:{n:02}"), Some(place(n)))));
    let mut deltas: Vec<_> = deltas.collect();
    deltas.push(updated(30, vehicle("feed:nowhere", None)));
    deltas.push(updated(31, feed(1)));
    region(&app).apply([deltas]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    let some = get_json(&app, &format!("{path}?bbox=24.045,60.4,24.075,60.6")).await;
    assert_eq!(ids(&some["objects"]), ["feed:05", "feed:06", "feed:07"]);
    let none = get_json(&app, &format!("{path}?bbox=-10,-10,-9,-9")).await;
    assert_eq!(ids(&none["objects"]).len(), 0);
    let all = get_json(&app, &path).await;
    assert_eq!(ids(&all["objects"]).len(), 26, "those without a place too");
    let feeds = format!("/v1/regions/{REGION}/feeds?bbox=-10,-10,-9,-9");
    assert_eq!(ids(&get_json(&app, &feeds).await["objects"]), ["feed"], "feeds have no place");
    let boxed = bbox(24.045, 60.4, 24.075, 60.6);
    assert!(boxed.contains(place(5)));
}

#[tokio::test]
async fn the_limit_is_bounded_and_the_link_leads_on() {
    let options = gateway::Options { page_limit_max: 3, ..Default::default() };
    let app = app_with(options);
    let deltas = (0..5).map(|n| updated(n, vehicle(&format!("feed:{n}"), None)));
    region(&app).apply([deltas.collect()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for query in ["", "?limit=4", "?limit=1000000"] {
        let answer = get(&app, &format!("{path}{query}")).await;
        let page = answer.json();
        assert_eq!(page["features"].as_array().unwrap().len(), 3);
        let next = page["next"].as_str().unwrap();
        assert_eq!(answer.header(header::LINK), format!("<{next}>; rel=\"next\""));
        let last = get(&app, next).await;
        assert_eq!(last.json()["features"].as_array().unwrap().len(), 2);
        assert_eq!(last.header(header::LINK), "");
    }
}

#[tokio::test]
async fn pages_hold_while_the_picture_changes() {
    let app = app();
    let deltas = (0..6).map(|n| updated(n, vehicle(&format!("feed:{n}"), None)));
    region(&app).apply([deltas.collect()]);
    let path = format!("/v1/regions/{REGION}/vehicles?limit=3");
    let first = get_json(&app, &path).await;
    region(&app).apply([vec![
        removed(10, Layer::Vehicles, "feed:2", RemovalReason::Expired),
        removed(11, Layer::Vehicles, "feed:4", RemovalReason::Expired),
        updated(12, vehicle("feed:0a", None)),
    ]]);
    let second = get_json(&app, first["next"].as_str().unwrap()).await;
    assert_eq!(ids(&second["objects"]), ["feed:3", "feed:5"]);
}
