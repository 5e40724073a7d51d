//! Links, queues and areas: every route, format and way to ask, and what becomes of very many.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use events::Position;
use events::wire::AreaKind;
use gateway::{Options, PushOptions};
use picture::{Area, Layer, Link, Object, RemovalReason, Snapshot, View};
use serde_json::{Value, json};

use super::client::Client;
use super::support::{
    NOW_MS, REGION, app, app_with, area, feed, get, get_json, get_with, ids, link, position, queue,
    region, removed, server, updated, vehicle, window,
};

/// A line of 100 m or so that begins here, in the millionths of a degree of the wire.
fn line(longitude_deg: f64, latitude_deg: f64) -> [Position; 3] {
    let millionths = |degrees: f64| (degrees * 1e6).round() / 1e6;
    [0.0, 0.001, 0.002]
        .map(|east| position(millionths(longitude_deg + east), millionths(latitude_deg)))
}

const KINDS: [(&str, AreaKind); 4] = [
    ("region:kaupunki", AreaKind::Region),
    ("city:keskus", AreaKind::City),
    ("district:kallio", AreaKind::District),
    ("cell:8911260a5abffff", AreaKind::Cell),
];

/// Two links, a queue on the first, and an area of every kind further and further east.
fn streets() -> Vec<Object> {
    let mut objects = vec![
        link("17-1-2", &line(24.1, 60.1)),
        link("17-2-1", &line(24.3, 60.1)),
        queue("17-1-2@5", &["17-1-2", "18-7-1"], position(24.102, 60.1)),
        feed(1),
    ];
    for (n, (id, kind)) in (0..).zip(KINDS) {
        objects.push(area(id, kind, position(24.0 + f64::from(n) / 2.0, 60.2)));
    }
    objects
}

fn app_of_streets() -> std::sync::Arc<gateway::App> {
    let app = app();
    region(&app).apply([(1..).zip(streets()).map(|(n, object)| updated(n, object)).collect()]);
    app
}

#[tokio::test]
async fn layers_of_streets_are_found_by_box_and_by_id() {
    let app = app_of_streets();
    let path = |rest: &str| format!("/v1/regions/{REGION}/{rest}");
    for (query, expected) in [
        ("links", &["17-1-2", "17-2-1"][..]),
        ("links?bbox=24.05,60.0,24.15,60.2", &["17-1-2"]),
        // The box meets a line in the middle of it, where it has no point.
        ("links?bbox=24.1003,60.0,24.1004,60.2", &["17-1-2"]),
        ("links?bbox=24.15,60.0,24.2,60.2", &[]),
        ("queues?bbox=24.1,60.0,24.2,60.2", &["17-1-2@5"]),
        ("queues?bbox=24.2,60.0,24.3,60.2", &[]),
        ("areas?bbox=24.5,60.2,24.7,60.3", &["city:keskus"]),
        ("areas?bbox=24.0,60.0,26.0,61.0&limit=2", &["cell:8911260a5abffff", "city:keskus"]),
    ] {
        let page = get_json(&app, &path(query)).await;
        assert_eq!(ids(&page["objects"]), expected, "{query}");
        assert_eq!(page["feeds"][0]["age_ms"], 5_000, "{query}");
    }
    for (id, kind) in KINDS {
        let answer = get_json(&app, &path(&format!("areas/{id}"))).await;
        let name = kind.as_str_name().trim_start_matches("AREA_KIND_").to_lowercase();
        assert_eq!(answer["object"]["kind"], name);
    }
    let next = get_json(&app, &path("areas?limit=3")).await["next"].clone();
    let rest = get_json(&app, next.as_str().unwrap()).await;
    assert_eq!(ids(&rest["objects"]), ["region:kaupunki"]);
}

#[tokio::test]
async fn what_is_made_from_all_feeds_says_how_fresh_all_are() {
    let app = app_of_streets();
    for id in ["links/17-1-2", "queues/17-1-2@5", "areas/city:keskus"] {
        let answer = get_json(&app, &format!("/v1/regions/{REGION}/{id}")).await;
        assert_eq!(answer["feeds"][0]["id"], "feed", "{id}");
    }
}

#[tokio::test]
async fn numbers_and_words_of_a_link_are_those_of_the_picture() {
    let app = app_of_streets();
    let answer = get_json(&app, &format!("/v1/regions/{REGION}/links/17-1-2")).await;
    let link = &answer["object"];
    assert_eq!(link["class"], "primary");
    assert_eq!(link["line"][2], json!({"longitude_deg": 24.102, "latitude_deg": 60.1}));
    let window = &link["five_minutes"];
    assert_eq!(window["speed_km_h"], json!({"value": 21.5, "low": 17.0, "high": 26.0}));
    assert_eq!((&window["method"], &window["flow_method"]), (&json!("fused"), &json!("inferred")));
    assert_eq!((&window["level_of_service"], &window["hcm_level"]), (&json!("slow"), &json!("d")));
    assert_eq!(window["evidence"], Value::Null, "it is in the explanation");
    let answer = get_json(&app, &format!("/v1/regions/{REGION}/queues/17-1-2@5")).await;
    assert_eq!(answer["object"]["trend"], "growing");
}

#[tokio::test]
async fn geojson_draws_lines_heads_and_boundaries() {
    let app = app_of_streets();
    let geometry = async |id: &str| {
        let answer = get(&app, &format!("/v1/regions/{REGION}/{id}")).await.json();
        assert_eq!(answer["type"], "Feature", "{id}");
        assert!(answer["properties"]["line"].as_array().is_none_or(Vec::is_empty), "{id}");
        assert!(answer["properties"]["boundary"].as_array().is_none_or(Vec::is_empty), "{id}");
        answer["geometry"].clone()
    };
    let coordinates = json!([[24.1, 60.1], [24.101, 60.1], [24.102, 60.1]]);
    let expected = json!({"type": "LineString", "coordinates": coordinates});
    assert_eq!(geometry("links/17-1-2").await, expected);
    let expected = json!({"type": "Point", "coordinates": [24.102, 60.1]});
    assert_eq!(geometry("queues/17-1-2@5").await, expected);
    let polygon = geometry("areas/region:kaupunki").await;
    assert_eq!(polygon["type"], "Polygon");
    let ring = polygon["coordinates"][0].as_array().unwrap();
    assert_eq!((ring.len(), &ring[0]), (5, &ring[4]));
}

#[tokio::test]
async fn a_shape_that_is_none_is_null_in_geojson() {
    let app = app();
    let Object::Area(cell) = area("cell:x", AreaKind::Cell, position(24.1, 60.1)) else {
        unreachable!()
    };
    region(&app).apply([vec![
        updated(1, link("1-1-2", &[position(24.1, 60.1)])),
        updated(2, link("1-2-3", &[])),
        updated(3, Object::Area(Area { boundary: [].into(), ..cell })),
    ]]);
    for id in ["links/1-1-2", "links/1-2-3", "areas/cell:x"] {
        let answer = get(&app, &format!("/v1/regions/{REGION}/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json()["geometry"], Value::Null, "{id}");
    }
}

#[tokio::test]
async fn protobuf_has_the_evidence_too() {
    let app = app_of_streets();
    for layer in [Layer::Links, Layer::Queues, Layer::Areas] {
        let path = format!("/v1/regions/{REGION}/{layer}");
        let answer = get_with(&app, &path, &[("accept", "application/protobuf")]).await;
        let decoded = Snapshot::decode(&answer.body).unwrap();
        let mut expected: Vec<Object> =
            streets().into_iter().filter(|object| object.layer() == layer).collect();
        expected.sort_by(|a, b| a.id().cmp(b.id()));
        let decoded: Vec<Object> = decoded.objects.iter().map(|one| (**one).clone()).collect();
        assert_eq!(decoded, expected);
    }
}

#[tokio::test]
async fn an_explanation_has_every_source_and_the_result() {
    let app = app_of_streets();
    let answer = get(&app, &format!("/v1/regions/{REGION}/links/17-1-2/explain")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = answer.json();
    assert_eq!((&answer["region"], &answer["sequence"]), (&json!(REGION), &json!(8)));
    assert_eq!(answer["feeds"][0]["age_ms"], 5_000);
    for (key, seconds) in [("minute", 60), ("five_minutes", 300)] {
        let sources = answer[key].as_array().unwrap();
        let kinds: Vec<&Value> = sources.iter().map(|source| &source["kind"]).collect();
        assert_eq!(kinds, ["profile", "buses", "cars", "detector"], "in the order of use");
        let weights: f64 = sources.iter().map(|source| source["weight"].as_f64().unwrap()).sum();
        assert!((weights - 1.0).abs() < 1e-9, "{weights}");
        let cars = json!({
            "kind": "cars", "speed_km_h": 19.0, "deviation_km_h": 3.5, "weight": 0.5, "count": 5,
        });
        assert_eq!(sources[2], cars);
        assert_eq!(sources[3]["note"], "stuck");
        assert_eq!(answer["link"][key], serde_json::to_value(window(seconds)).unwrap());
    }
    let link = &answer["link"];
    assert_eq!(link["free_flow_speed_km_h"], 46.0);
    assert_eq!(link["typical_speed_km_h"], 30.0);
    assert_eq!(link["detectors"], json!(["feed:d"]));
    assert_eq!(link["situations"], json!(["feed:s"]));
    assert_eq!(answer["queues"], json!(["17-1-2@5"]));
    let other = get_json(&app, &format!("/v1/regions/{REGION}/links/17-2-1/explain")).await;
    assert_eq!(other["queues"], json!([]), "the other direction does not queue");
}

#[tokio::test]
async fn a_link_without_evidence_has_an_empty_explanation() {
    let app = app();
    let Object::Link(mut bare) = link("1-1-2", &line(24.1, 60.1)) else { unreachable!() };
    bare.minute.evidence.clear();
    let bare =
        Link { typical_speed_km_h: None, five_minutes: picture::LinkWindow::default(), ..bare };
    region(&app).apply([vec![updated(1, Object::Link(bare))]]);
    let answer = get_json(&app, &format!("/v1/regions/{REGION}/links/1-1-2/explain")).await;
    assert_eq!((&answer["minute"], &answer["five_minutes"]), (&json!([]), &json!([])));
    assert_eq!(answer["link"]["typical_speed_km_h"], Value::Null);
    assert_eq!(answer["link"]["five_minutes"]["method"], "unspecified");
}

#[tokio::test]
async fn explanations_are_of_links_alone_and_clash_with_no_object() {
    let app = app_of_streets();
    region(&app).apply([vec![updated(20, vehicle("feed:1/explain", None))]]);
    let path = |rest: &str| format!("/v1/regions/{REGION}/{rest}");
    let problem = get(&app, &path("links/9-9-9/explain")).await;
    problem.assert_problem(404, "no \"9-9-9\" in links of kaupunki: the network has no such link");
    get(&app, "/v1/regions/atlantis/links/1/explain").await.assert_problem(404, "no region");
    get(&app, &path("links/17-1-2/explain?x=1")).await.assert_problem(400, "unknown field `x`");
    get(&app, &path("links/%ff/explain")).await.assert_problem(400, "path: ");
    get(&app, &path("links/17-1-2/other"))
        .await
        .assert_problem(404, "no \"17-1-2/other\" in links");
    get(&app, &path("queues/17-1-2@5/explain"))
        .await
        .assert_problem(404, "no \"17-1-2@5/explain\"");
    let vehicle = get_json(&app, &path("vehicles/feed:1/explain")).await;
    assert_eq!(vehicle["object"]["id"], "feed:1/explain");
    let tag = get(&app, &path("links/17-1-2/explain")).await.headers["etag"].clone();
    let known = [("if-none-match", tag.to_str().unwrap())];
    let again = get_with(&app, &path("links/17-1-2/explain"), &known).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_stream_has_the_layers_of_streets_by_box() {
    let app = app_of_streets();
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    let layers = ["areas", "queues", "links"];
    client.subscribe(&layers, json!([24.0, 60.0, 24.2, 60.25])).await;
    let snapshot = client.frame().await;
    assert_eq!(ids(&snapshot["objects"]["links"]), ["17-1-2"]);
    assert_eq!(ids(&snapshot["objects"]["queues"]), ["17-1-2@5"]);
    assert_eq!(ids(&snapshot["objects"]["areas"]), ["region:kaupunki"]);
    assert_eq!(snapshot["more"], Value::Null);

    let Object::Link(mut slower) = link("17-1-2", &line(24.1, 60.1)) else { unreachable!() };
    slower.minute.speed_km_h.value = 9.0;
    region(&app).apply([vec![
        updated(30, Object::Link(slower)),
        updated(31, link("17-2-1", &line(24.3, 60.1))),
        removed(32, Layer::Queues, "17-1-2@5", RemovalReason::Ended),
    ]]);
    let delta = client.frame().await;
    assert_eq!(ids(&delta["updated"]["links"]), ["17-1-2"], "the other is not in the box");
    assert_eq!(delta["updated"]["links"][0]["minute"]["speed_km_h"]["value"], 9.0);
    assert_eq!(delta["removed"], json!({"queues": [{"id": "17-1-2@5", "reason": "ended"}]}));
    assert_eq!(delta["time_ms"], NOW_MS);
}

fn push(push: PushOptions) -> Options {
    Options { push, ..Default::default() }
}

/// Takes frames until one says that there is no more. Gives how many there were, and the most
/// objects of one.
async fn take_all(client: &mut Client, layer: &str, seen: &mut Vec<String>) -> (usize, usize) {
    let mut sequence = None;
    let (mut frames, mut most) = (0, 0);
    loop {
        let frame = client.frame().await;
        let updated =
            if frame["type"] == "snapshot" { &frame["objects"] } else { &frame["updated"] };
        let ids = ids(&updated[layer]);
        most = most.max(ids.len());
        seen.extend(ids.into_iter().map(String::from));
        if let Some(sequence) = sequence.replace(frame["sequence"].clone()) {
            assert_eq!(frame["previous"], sequence, "each follows the one before");
        }
        frames += 1;
        if frame["more"].is_null() {
            return (frames, most);
        }
        assert_eq!(frame["more"], true);
    }
}

#[tokio::test]
async fn what_is_too_large_for_one_message_goes_on_in_the_next() {
    let app = app_with(push(PushOptions { frame_objects_max: 4, ..Default::default() }));
    let links = |sequence| {
        (0..10).map(move |n| updated(sequence, link(&format!("1-{n}-0"), &line(24.1, 60.1))))
    };
    for (n, delta) in (1..).zip(links(0)) {
        region(&app).apply([vec![picture::Delta { sequence: n, ..delta }]]);
    }
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["links"], json!([24.0, 60.0, 25.0, 61.0])).await;
    let expected: Vec<String> = (0..10).map(|n| format!("1-{n}-0")).collect();
    let mut seen = Vec::new();
    assert_eq!(take_all(&mut client, "links", &mut seen).await, (3, 4));
    seen.sort();
    assert_eq!(seen, expected, "each once");

    // A whole window at once.
    region(&app).apply([links(20)
        .zip(0..)
        .map(|(delta, index)| picture::Delta { index, ..delta })
        .collect()]);
    seen.clear();
    assert_eq!(take_all(&mut client, "links", &mut seen).await, (3, 4));
    seen.sort();
    assert_eq!(seen, expected);

    // Another box, in the middle of what goes on.
    client.subscribe(&["links"], json!([25.0, 60.0, 25.5, 61.0])).await;
    let delta = client.frame().await;
    assert_eq!(delta["removed"]["links"].as_array().unwrap().len(), 10);
    client.subscribe(&["links"], json!([24.0, 60.0, 25.0, 61.0])).await;
    seen.clear();
    assert_eq!(take_all(&mut client, "links", &mut seen).await, (3, 4));
    seen.sort();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_wave_of_links_costs_no_client_its_vehicles() {
    let app = app_with(push(PushOptions { backlog_changes_max: 4, ..Default::default() }));
    region(&app).apply([vec![updated(1, vehicle("feed:1", Some(position(24.1, 60.1))))]]);
    let server = server(&app).await;
    let mut traffic = Client::connect(&server).await;
    let mut both = Client::connect(&server).await;
    let everywhere = json!([24.0, 60.0, 25.0, 61.0]);
    traffic.subscribe(&["vehicles"], everywhere.clone()).await;
    traffic.frame().await;
    both.subscribe(&["vehicles", "links"], everywhere).await;
    both.frame().await;
    let mut wave = vec![updated(2, vehicle("feed:1", Some(position(24.2, 60.1))))];
    for n in 0..10 {
        let link = link(&format!("1-{n}-0"), &line(24.1, 60.1));
        wave.push(picture::Delta { index: n + 1, ..updated(2, link) });
    }
    region(&app).apply([wave]);
    let delta = traffic.frame().await;
    assert_eq!(
        (&delta["type"], ids(&delta["updated"]["vehicles"])),
        (&json!("delta"), vec!["feed:1"])
    );
    let mut seen = Vec::new();
    take_all(&mut both, "links", &mut seen).await;
    assert_eq!(seen.len(), 10);
    // Behind again: what is no longer there is forgotten.
    region(&app).reset(View::new(REGION.into(), "log-1".into()));
    assert_eq!(both.frame().await["type"], "snapshot");
}

/// A hundred thousand links are all that a client may have, and change all at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_links_in_view_stay_within_bounds() {
    const LINKS: u32 = 100_000;
    let app = app();
    let wave = |sequence: u64| {
        (0..LINKS).map(move |n| {
            let (east, north) = (f64::from(n % 400) / 400.0, f64::from(n / 400) / 250.0);
            let link = link(&format!("{n}-1-2"), &line(24.0 + east, 60.0 + north));
            picture::Delta { index: n, ..updated(sequence, link) }
        })
    };
    region(&app).apply([wave(1).collect()]);
    let server = server(&app).await;
    let mut client = Client::connect(&server).await;
    client.subscribe(&["links"], json!([23.0, 59.0, 27.0, 62.0])).await;
    let mut seen = Vec::new();
    let (frames, most) = take_all(&mut client, "links", &mut seen).await;
    assert_eq!((frames, most, seen.len()), (25, 4_096, LINKS as usize));
    let mut small = Client::connect(&server).await;
    small.subscribe(&["links", "feeds"], json!([24.0, 60.0, 24.1, 60.1])).await;
    small.frame().await;

    let deltas = wave(2).collect();
    let start = Instant::now();
    region(&app).apply([deltas]);
    println!("{LINKS} changes of one record are applied in {:?}", start.elapsed());
    let start = Instant::now();
    let frame = small.frame().await;
    println!("a small box has them after {:?}", start.elapsed());
    assert!(frame["updated"]["links"].is_array() || frame["more"] == true);
    seen.clear();
    let (frames, most) = take_all(&mut client, "links", &mut seen).await;
    println!("all of them take {:?} in {frames} frames", start.elapsed());
    assert!(most <= 4_096);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), LINKS as usize);
    assert!(start.elapsed() < Duration::from_mins(1));

    // One more than a client may have.
    region(&app).apply([vec![updated(3, link("one-too-many", &line(24.0, 60.0)))]]);
    let problem = loop {
        let frame = client.frame().await;
        if frame["type"] == "error" {
            break frame["problem"].clone();
        }
    };
    assert_eq!(problem["status"], 413);
    assert!(problem["detail"].as_str().unwrap().contains("select a smaller area"), "{problem}");
}
