//! `near`: the nearest objects, by true distance.

use std::sync::Arc;

use events::wire::AreaKind;
use events::{Geometry, Position};
use gateway::App;
use proptest::prelude::*;

use super::support::{
    REGION, app, area, feed, get, get_json, link, position, region, situation, updated, vehicle,
};

async fn nearest(app: &Arc<App>, query: &str) -> Vec<String> {
    let page = get_json(app, &format!("/v1/regions/{REGION}/{query}")).await;
    assert!(page["next"].is_null());
    let objects = page["objects"].as_array().unwrap().iter();
    objects.map(|object| object["id"].as_str().unwrap().into()).collect()
}

/// Great-circle distance by the spherical law of cosines, metres.
fn distance_m(a: Position, b: Position) -> f64 {
    let [a_lat, b_lat] = [a.latitude_deg, b.latitude_deg].map(f64::to_radians);
    let east = (b.longitude_deg - a.longitude_deg).to_radians();
    let cosine = a_lat.sin() * b_lat.sin() + a_lat.cos() * b_lat.cos() * east.cos();
    6_371_008.8 * cosine.clamp(-1.0, 1.0).acos()
}

#[tokio::test]
async fn nearest_is_by_distance_not_by_degrees() {
    let app = app();
    // At 60 degrees north a degree of longitude is half as long as one of latitude.
    region(&app).apply([vec![
        updated(1, vehicle("feed:east", Some(position(24.015, 60.0)))),
        updated(2, vehicle("feed:north", Some(position(24.0, 60.01)))),
        updated(3, vehicle("feed:far", Some(position(25.9, 60.9)))),
        updated(4, vehicle("feed:nowhere", None)),
    ]]);
    let all = nearest(&app, "vehicles?near=24.0,60.0&k=5").await;
    assert_eq!(all, ["feed:east", "feed:north", "feed:far"]);
    assert_eq!(nearest(&app, "vehicles?near=24.0,60.0&k=1").await, ["feed:east"]);
    let boxed = nearest(&app, "vehicles?near=24.0,60.0&k=1&bbox=23,60.005,25,61").await;
    assert_eq!(boxed, ["feed:north"], "with a box, the nearest in it");
    assert_eq!(nearest(&app, "vehicles?near=-24.0,-60.0&k=1").await.len(), 1, "from anywhere");
    let far = nearest(&app, "vehicles?near=179.9,89.99&k=2").await;
    assert_eq!(far, ["feed:far", "feed:north"]);
}

#[tokio::test]
async fn what_has_a_shape_is_as_near_as_its_nearest_point() {
    let app = app();
    let long = [position(24.0, 60.0), position(25.0, 60.0)];
    let short = [position(24.49, 60.02), position(24.51, 60.02)];
    region(&app).apply([vec![
        updated(1, link("long", &long)),
        updated(2, link("short", &short)),
        updated(3, area("cell:around", AreaKind::Cell, position(24.45, 59.95))),
        updated(4, area("cell:beside", AreaKind::Cell, position(24.56, 59.99))),
        updated(
            5,
            situation(
                "feed:both",
                Some(Geometry {
                    points: vec![position(20.0, 50.0)],
                    lines: vec![long.to_vec()],
                    polygons: Vec::new(),
                }),
            ),
        ),
    ]]);
    assert_eq!(nearest(&app, "links?near=24.5,60.001&k=1").await, ["long"]);
    assert_eq!(nearest(&app, "links?near=24.5,60.019").await, ["short", "long"]);
    assert_eq!(nearest(&app, "areas?near=24.54,60.0&k=1").await, ["cell:around"], "inside is 0 m");
    assert_eq!(nearest(&app, "areas?near=24.5551,60.0&k=1").await, ["cell:beside"]);
    assert_eq!(nearest(&app, "situations?near=24.5,60.0").await, ["feed:both"]);
}

#[tokio::test]
async fn places_and_numbers_that_cannot_be_are_explained() {
    let app = app();
    region(&app).apply([vec![updated(1, feed(1))]]);
    let layer = format!("/v1/regions/{REGION}/vehicles");
    for (query, says) in [
        ("near=24", "longitude,latitude"),
        ("near=24,91", "within ±180 and ±90"),
        ("near=NaN,60", "near: two numbers"),
        ("near=24,60,1", "near: two numbers"),
        ("near=", "near: two numbers"),
        ("near=24,60&k=0", "k: it must be 1 or more"),
        ("near=24,60&k=x", "k: invalid digit"),
        ("near=24,60&limit=3", "limit: not with near"),
        ("near=24,60&sort=id", "sort: not with near"),
        ("near=24,60&cursor=x", "cursor: not with near"),
        ("k=3", "k: goes with near"),
    ] {
        get(&app, &format!("{layer}?{query}")).await.assert_problem(400, says);
    }
    for layer in ["feeds", "trips"] {
        let path = format!("/v1/regions/{REGION}/{layer}?near=24,60");
        get(&app, &path).await.assert_problem(400, "has a place");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_nearest_are_those_of_an_exhaustive_search(
        places in proptest::collection::vec((23.0..27.0_f64, 59.0..62.0_f64), 1..60),
        from in (22.0..28.0_f64, 58.0..63.0_f64),
        k in 1_usize..20,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = app();
            let places: Vec<Position> = places.iter().map(|&(x, y)| position(x, y)).collect();
            let buses = places.iter().enumerate();
            let deltas = buses.map(|(n, &place)| {
                updated(n as u64, vehicle(&n.to_string(), Some(place)))
            });
            region(&app).apply([deltas.collect()]);
            let query = format!("vehicles?near={},{}&k={k}", from.0, from.1);
            let found = nearest(&app, &query).await;
            let from = position(from.0, from.1);
            let mut distances: Vec<f64> = places.iter().map(|&at| distance_m(from, at)).collect();
            let found = found.iter().map(|id| distances[id.parse::<usize>().unwrap()]);
            let found: Vec<f64> = found.collect();
            distances.sort_by(f64::total_cmp);
            assert_eq!(found.len(), k.min(places.len()));
            for (found, expected) in found.iter().zip(&distances) {
                assert!((found - expected).abs() < 0.5, "{found} m, {expected} m");
            }
        });
    }
}
