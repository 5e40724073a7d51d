//! `sort`, `since_ms` and `until_ms`: pages in an order, of a time.

use std::sync::Arc;

use gateway::App;
use picture::{Delta, Object};
use proptest::prelude::*;

use super::support::{NOW_MS, REGION, app, get, get_json, position, region, updated, vehicle};

fn bus(id: &str, speed_km_h: Option<f32>, age_ms: i64) -> Object {
    let mut bus = vehicle(id, Some(position(24.5, 60.5)));
    if let Object::Vehicle(vehicle) = &mut bus {
        vehicle.report.speed_km_h = speed_km_h;
        vehicle.event_time_ms = NOW_MS - age_ms;
    }
    bus
}

async fn follow(app: &Arc<App>, path: &str) -> Vec<Vec<String>> {
    let mut next = Some(path.to_owned());
    let mut pages = Vec::new();
    while let Some(path) = next {
        let page = get_json(app, &path).await;
        let objects = page["objects"].as_array().unwrap().iter();
        pages.push(objects.map(|object| object["id"].as_str().unwrap().into()).collect());
        next = page["next"].as_str().map(String::from);
    }
    pages
}

fn some_buses() -> Vec<Delta> {
    let speeds = [Some(30.5), None, Some(-0.0), Some(7.25), Some(30.5), None, Some(120.0)];
    let buses = speeds.into_iter().enumerate().map(|(n, speed_km_h)| {
        updated(n as u64, bus(&format!("feed:{n}"), speed_km_h, 1_000 * n as i64))
    });
    buses.collect()
}

#[tokio::test]
async fn pages_are_in_the_order_of_a_property_and_what_has_none_is_last() {
    let app = app();
    region(&app).apply([some_buses()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, expected) in [
        ("sort=report.speed_km_h", "2304615"),
        ("sort=-report.speed_km_h", "6043215"),
        ("sort=event_time_ms", "6543210"),
        ("sort=-event_time_ms", "0123456"),
        ("sort=-id", "6543210"),
        ("sort=report.mode", "0123456"),
        ("sort=report.speed_km_h&bbox=24,60,25,61", "2304615"),
        ("sort=report.doors_open", "0123456"),
    ] {
        for limit in [1, 2, 3, 7, 100] {
            let pages = follow(&app, &format!("{path}?{query}&limit={limit}")).await;
            let ids = pages.concat().concat().replace("feed:", "");
            assert_eq!(ids, expected, "{query} {limit}");
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == limit));
        }
    }
}

#[tokio::test]
async fn a_sorted_page_goes_on_after_what_has_changed() {
    let app = app();
    region(&app).apply([some_buses()]);
    let path = format!("/v1/regions/{REGION}/vehicles?sort=report.speed_km_h&limit=2");
    let first = get_json(&app, &path).await;
    region(&app).apply([vec![
        updated(10, bus("feed:3", Some(90.0), 0)),
        updated(11, bus("feed:9", Some(1.0), 0)),
        updated(12, bus("feed:8", Some(8.0), 0)),
    ]]);
    let rest = follow(&app, first["next"].as_str().unwrap()).await.concat().concat();
    assert_eq!(rest.replace("feed:", ""), "8043615", "3 moved on, 9 is before the page");
}

#[tokio::test]
async fn only_what_is_of_the_time_is_there() {
    let app = app();
    region(&app).apply([some_buses()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    let at = |seconds: i64| NOW_MS - 1_000 * seconds;
    for (query, expected) in [
        (format!("since_ms={}", at(2)), "012"),
        (format!("until_ms={}", at(2)), "3456"),
        (format!("since_ms={}&until_ms={}", at(4), at(2)), "34"),
        (format!("since_ms={0}&until_ms={0}", at(4)), ""),
        (format!("since_ms={}&bbox=24,60,25,61&limit=2", at(2)), "012"),
        (format!("until_ms={}&sort=-report.speed_km_h&limit=1", at(3)), "645"),
    ] {
        let ids = follow(&app, &format!("{path}?{query}")).await.concat().concat();
        assert_eq!(ids.replace("feed:", ""), expected, "{query}");
    }
}

#[tokio::test]
async fn orders_and_times_that_cannot_be_are_explained() {
    let app = app();
    region(&app).apply([some_buses()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, says) in [
        ("since_ms=2&until_ms=1", "until_ms: it must not be before since_ms"),
        ("since_ms=yesterday", "since_ms: invalid digit"),
        ("sort=feed&cursor=feed:1", "not from `next` of a page in this order"),
        ("sort=feed&cursor=x%1Ffeed:1", "not from `next`"),
        ("sort=feed&cursor=nx%1Ffeed:1", "not from `next`"),
        ("sort=feed&cursor=%1F", "not from `next`"),
    ] {
        get(&app, &format!("{path}?{query}")).await.assert_problem(400, says);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Any values and limits: the pages together are the sorted objects.
    #[test]
    fn pages_are_the_sorted_objects(
        speeds in proptest::collection::vec(proptest::option::of(-1e6_f32..1e6), 1..40),
        limit in 1_usize..12,
        is_descending: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = app();
            let buses = speeds.iter().enumerate();
            let deltas = buses.map(|(n, speed)| updated(n as u64, bus(&format!("{n:03}"), *speed, 0)));
            region(&app).apply([deltas.collect()]);
            let sign = if is_descending { "-" } else { "" };
            let path = format!("/v1/regions/{REGION}/vehicles?sort={sign}report.speed_km_h");
            let pages = follow(&app, &format!("{path}&limit={limit}")).await;
            let mut expected: Vec<(usize, Option<f32>)> =
                speeds.iter().copied().enumerate().collect();
            expected.sort_by(|(_, a), (_, b)| match (a, b) {
                (Some(a), Some(b)) if is_descending => b.total_cmp(a),
                (Some(a), Some(b)) => a.total_cmp(b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            let expected: Vec<String> = expected.iter().map(|(n, _)| format!("{n:03}")).collect();
            assert_eq!(pages.concat(), expected);
        });
    }
}
