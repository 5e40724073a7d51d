//! Vector tiles: what is where, once, and TileJSON.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use events::wire::AreaKind;
use events::{Geometry, Position};
use gateway::{App, Options, TileOptions};
use network::RoadClass;
use picture::{Layer, Object, RemovalReason};
use proptest::prelude::*;
use serde_json::json;

use super::emitted::emission;
use super::full::full_objects;
use super::support::{
    Answer, REGION, app, app_with, area as square, feed, get, get_with, link, position, region,
    removed, request, send, situation, updated, vehicle,
};
use super::tile_message::{Drawn, area, features};

/// Where a position is in the world, tiles east and south at a zoom; by the formula with a
/// logarithm.
fn tiles(position: Position, zoom: u32) -> [f64; 2] {
    let count = f64::from(1_u32 << zoom);
    let latitude = position.latitude_deg.to_radians();
    let south = (latitude.tan() + 1.0 / latitude.cos()).ln();
    [
        (position.longitude_deg + 180.0) / 360.0 * count,
        (1.0 - south / std::f64::consts::PI) / 2.0 * count,
    ]
}

/// Address of the tile that a position is in.
fn address(layer: &str, position: Position, zoom: u32) -> String {
    let [x, y] = tiles(position, zoom).map(f64::floor);
    format!("/v1/tiles/{layer}/{zoom}/{x}/{y}")
}

/// Where a position is in its tile.
fn units(position: Position, zoom: u32) -> [i32; 2] {
    tiles(position, zoom).map(|tile| (tile.fract() * 4096.0).round() as i32)
}

async fn drawn(app: &Arc<App>, path: &str) -> Vec<Drawn> {
    let answer = get(app, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/vnd.mapbox-vector-tile");
    let layer = path.split('/').nth(3).unwrap();
    features(&answer.body, layer)
}

fn street(id: &str, class: RoadClass, line: &[Position]) -> Object {
    let mut street = link(id, line);
    if let Object::Link(link) = &mut street {
        link.class = class;
    }
    street
}

#[tokio::test]
async fn a_point_is_where_web_mercator_has_it() {
    let app = app();
    let place = position(24.941_8, 60.171_4);
    region(&app).apply([vec![updated(1, vehicle("feed:1", Some(place)))]]);
    for zoom in [0, 5, 12, 16, 22] {
        let drawn = drawn(&app, &address("vehicles", place, zoom)).await;
        assert_eq!(drawn.len(), 1, "{zoom}");
        assert_eq!((drawn[0].kind, &drawn[0].parts), (1, &vec![vec![units(place, zoom)]]));
        let properties = &drawn[0].properties;
        assert_eq!(properties["id"], "feed:1");
        assert_eq!(properties["region"], REGION);
        assert_eq!(properties["report.mode"], "bus");
        assert_eq!(properties["report.headsign"], "<b>Asema & \"tori\"</b>");
        assert_eq!(properties["event_time_ms"].as_f64(), Some(1_699_999_998_000.0));
        assert!(drawn[0].id > 0 && drawn[0].id < 1 << 53, "a number of JavaScript");
    }
    let [x, y] = tiles(place, 14).map(f64::floor);
    let beside = format!("/v1/tiles/vehicles/14/{}/{y}", x + 1.0);
    assert_eq!(drawn(&app, &beside).await.len(), 0, "an empty tile has no bytes");
}

#[tokio::test]
async fn every_layer_with_a_place_has_tiles_and_a_description_of_them() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    for layer in Layer::ALL {
        let json = get(&app, &format!("/v1/tiles/{layer}")).await;
        if matches!(layer, Layer::Trips | Layer::Feeds) {
            json.assert_problem(404, "there are tiles of vehicles, detectors, situations, links");
            continue;
        }
        let json = json.json();
        assert_eq!(json["tilejson"], "3.0.0");
        assert_eq!(json["vector_layers"][0]["id"], layer.as_str());
        assert_eq!(json["bounds"], json!([24.0, 60.0, 26.0, 61.0]));
        assert_eq!(json["attribution"], "A publisher, CC BY 4.0");
        let fields = json["vector_layers"][0]["fields"].as_object().unwrap();
        let features = drawn(&app, &address(layer.as_str(), position(24.5, 60.5), 13)).await;
        // The area of `full_objects` whose emission is there has no size.
        assert!(!features.is_empty() || layer == Layer::AreaEmissions, "{layer}");
        for (name, value) in features.iter().flat_map(|feature| &feature.properties) {
            let kind = match fields[name].as_str().unwrap() {
                "Number" => value.is_number(),
                "String" => value.is_string(),
                "Boolean" => value.is_boolean(),
                other => panic!("{other}"),
            };
            assert!(kind, "{layer} {name}: {value}");
        }
    }
}

#[tokio::test]
async fn tiles_have_whole_addresses_where_the_host_is_known() {
    let app = app();
    for (headers, expected) in [
        (vec![("host", "tilanne.example:8080")], "http://tilanne.example:8080/v1/tiles/links/"),
        (
            vec![("host", "tilanne.example"), ("x-forwarded-proto", "https")],
            "https://tilanne.example/v1/tiles/links/",
        ),
        (vec![("host", "[::1]:80")], "http://[::1]:80/v1/tiles/links/"),
        (vec![("host", "a/b\"<script>")], "/v1/tiles/links/"),
        (vec![], "/v1/tiles/links/"),
    ] {
        let answer = get_with(&app, "/v1/tiles/links", &headers).await.json();
        assert_eq!(answer["tiles"], json!([format!("{expected}{{z}}/{{x}}/{{y}}")]));
    }
}

#[tokio::test]
async fn fields_choose_other_properties() {
    let app = app();
    let place = position(24.5, 60.5);
    region(&app).apply([vec![updated(1, vehicle("feed:1", Some(place)))]]);
    let path = address("vehicles", place, 12);
    let some = drawn(&app, &format!("{path}?fields=verdicts,report.kind")).await;
    let expected = json!({
        "id": "feed:1", "report.kind": "unspecified", "verdicts": "stale", "region": REGION,
    });
    assert_eq!(serde_json::to_value(&some[0].properties).unwrap(), expected);
    get(&app, &format!("{path}?fields=nonsense")).await.assert_problem(400, "no \"nonsense\"");
    get(&app, &format!("{path}?bbox=1")).await.assert_problem(400, "unknown field `bbox`");
}

#[tokio::test]
async fn lines_go_on_in_the_next_tile() {
    let app = app();
    let line: Vec<Position> =
        (0..80).map(|n| position(24.4 + f64::from(n) / 100.0, 60.5)).collect();
    region(&app).apply([vec![updated(1, street("1-2-3", RoadClass::Primary, &line))]]);
    let [x, y] = tiles(line[0], 10).map(f64::floor);
    let mut ends = Vec::new();
    for x in [x, x + 1.0, x + 2.0] {
        let features = drawn(&app, &format!("/v1/tiles/links/10/{x}/{y}")).await;
        let [feature] = features.as_slice() else { panic!("{features:?}") };
        assert_eq!((feature.kind, feature.parts.len()), (2, 1));
        let part = &feature.parts[0];
        // A straight line needs no more than its ends.
        assert_eq!(part.len(), 2);
        ends.push([part[0][0], part[1][0]]);
    }
    assert_eq!(ends[0][1], 4096 + 64, "drawn across the edge");
    assert_eq!(ends[1], [-64, 4096 + 64]);
    assert_eq!(ends[2][0], -64);
}

#[tokio::test]
async fn rings_are_wound_as_shells_and_holes_and_closed_at_the_edge() {
    let app = app();
    let ring = |west: f64, south: f64, size: f64| {
        let corners = [(0.0, 0.0), (size, 0.0), (size, size), (0.0, size), (0.0, 0.0)];
        corners.map(|(east, north)| position(west + east, south + north)).to_vec()
    };
    let mut hole = ring(24.52, 60.42, 0.02);
    let shells = [ring(24.5, 60.4, 0.1), {
        let mut shell = ring(24.5, 60.4, 0.1);
        shell.reverse();
        shell
    }];
    for (n, shell) in (0_u64..).zip(shells) {
        hole.reverse();
        let polygons = vec![vec![shell, hole.clone()]];
        let shape = Geometry { points: vec![position(24.55, 60.45)], lines: vec![], polygons };
        region(&app).apply([vec![updated(n, situation("feed:s", Some(shape)))]]);
        let features = drawn(&app, &address("situations", position(24.55, 60.45), 8)).await;
        let kinds: Vec<i32> = features.iter().map(|feature| feature.kind).collect();
        assert_eq!(kinds, [1, 3], "one feature a type, with the same id");
        assert_eq!(features[0].id, features[1].id);
        let [shell, hole] = features[1].parts.as_slice() else { panic!("{features:?}") };
        assert!(area(shell) > 0 && area(hole) < 0);
        assert_eq!((shell.len(), hole.len()), (4, 4));
        // All of a tile within the shell: its edge with the buffer.
        let features = drawn(&app, &address("situations", position(24.58, 60.48), 14)).await;
        let all = &features[0].parts[0];
        let (low, high) = (-64, 4096 + 64);
        assert!(all.iter().flatten().all(|units| *units == low || *units == high), "{all:?}");
        assert_eq!(area(all), 2 * i64::from(high - low).pow(2));
    }
    // Within the hole the shell is all of the tile, and so is the hole.
    let features = drawn(&app, &address("situations", position(24.53, 60.43), 16)).await;
    assert_eq!(features[0].parts.iter().map(|ring| area(ring)).sum::<i64>(), 0);
}

#[tokio::test]
async fn numbers_have_three_digits_and_whole_ones_all() {
    let app = app();
    let mut street = link("1", &[position(24.5, 60.5), position(24.52, 60.5)]);
    if let Object::Link(link) = &mut street {
        link.length_m = 1234.5;
        link.free_flow_speed_km_h = 46.251;
        link.typical_speed_km_h = Some(0.0);
        link.five_minutes.delay_s = -0.012_345;
    }
    region(&app).apply([vec![updated(1, street)]]);
    let fields = "length_m,free_flow_speed_km_h,typical_speed_km_h,five_minutes.delay_s,lanes,\
        event_time_ms";
    let path = address("links", position(24.5, 60.5), 14);
    let features = drawn(&app, &format!("{path}?fields={fields}")).await;
    let properties = serde_json::to_value(&features[0].properties).unwrap();
    let expected = json!({
        "id": "1", "length_m": 1230.0, "free_flow_speed_km_h": 46.3, "typical_speed_km_h": 0.0,
        "five_minutes.delay_s": -0.0123, "lanes": 2, "event_time_ms": 1_699_999_970_000_i64,
        "region": REGION,
    });
    assert_eq!(properties, expected);
}

#[tokio::test]
async fn streets_are_drawn_from_the_zoom_of_their_class_on() {
    let app = app();
    let line = [position(24.5, 60.5), position(24.52, 60.5)];
    let classes = [
        (RoadClass::Motorway, 0),
        (RoadClass::Primary, 8),
        (RoadClass::Secondary, 10),
        (RoadClass::Tertiary, 12),
        (RoadClass::Residential, 13),
    ];
    let streets = classes.iter().map(|(class, _)| street(class.as_str(), *class, &line));
    let emitted = classes.iter().map(|(class, _)| emission(class.as_str(), None, &line));
    let deltas = (1..).zip(streets.chain(emitted)).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    for layer in ["links", "link_emissions"] {
        for zoom in 7..=14 {
            let features = drawn(&app, &address(layer, line[0], zoom)).await;
            let ids = features.iter().map(|feature| feature.properties["id"].as_str().unwrap());
            let mut expected: Vec<&str> = classes
                .iter()
                .filter(|(_, least)| zoom >= *least)
                .map(|(class, _)| class.as_str())
                .collect();
            expected.sort_unstable();
            assert_eq!(ids.collect::<Vec<_>>(), expected, "{layer} {zoom}");
        }
    }
    assert!(drawn(&app, "/v1/tiles/links/0/0/0").await.is_empty(), "smaller than a pixel");
}

#[tokio::test]
async fn a_tile_has_what_all_regions_have_in_it() {
    let app = app();
    let place = position(24.5, 60.5);
    let other = app.region("toinen").unwrap();
    region(&app).apply([vec![updated(1, vehicle("feed:1", Some(place)))]]);
    other.apply([vec![updated(1, vehicle("feed:2", Some(place)))]]);
    let features = drawn(&app, &address("vehicles", place, 14)).await;
    let regions = features.iter().map(|feature| feature.properties["region"].as_str().unwrap());
    assert_eq!(regions.collect::<Vec<_>>(), [REGION, "toinen"]);
}

#[tokio::test]
async fn a_tile_has_a_bound() {
    let tiles = TileOptions { objects_max: 3, ..Default::default() };
    let app = app_with(Options { tiles, ..Default::default() });
    let line = [position(24.5, 60.5), position(24.52, 60.5)];
    let ids = ["a", "b", "c", "d", "main"];
    let streets = ids.map(|id| {
        let class = if id == "main" { RoadClass::Trunk } else { RoadClass::Residential };
        street(id, class, &line)
    });
    let deltas = (1..).zip(streets).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let features = drawn(&app, &address("links", line[0], 14)).await;
    let ids = features.iter().map(|feature| feature.properties["id"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), ["a", "b", "main"], "main streets first, then by id");
}

#[tokio::test]
async fn a_tag_saves_the_tile_until_its_layer_changes_in_it() {
    let app = app();
    let place = position(24.5, 60.5);
    let line = [place, position(24.52, 60.5)];
    region(&app).apply([vec![updated(1, street("1", RoadClass::Primary, &line))]]);
    let path = address("links", place, 14);
    let first = get(&app, &path).await;
    let tag = first.header(header::ETAG).to_owned();
    assert_eq!(first.header(header::CACHE_CONTROL), "no-cache");
    let ask = async || get_with(&app, &path, &[("if-none-match", &tag)]).await.status;
    assert_eq!(ask().await, StatusCode::NOT_MODIFIED);
    region(&app).apply([vec![updated(2, vehicle("feed:1", Some(place)))]]);
    assert_eq!(ask().await, StatusCode::NOT_MODIFIED, "another layer");
    let far = [position(25.9, 60.9), position(25.92, 60.9)];
    region(&app).apply([vec![updated(3, street("2", RoadClass::Primary, &far))]]);
    assert_eq!(ask().await, StatusCode::NOT_MODIFIED, "elsewhere");
    region(&app).apply([vec![removed(4, Layer::Links, "1", RemovalReason::Expired)]]);
    assert_eq!(ask().await, StatusCode::OK);
    region(&app).reset(picture::View::new(REGION.into(), "log-2".into()));
    assert_eq!(get(&app, &path).await.body.len(), 0, "another log");
}

/// How many tiles were made, of the metrics page.
fn made(page: &str) -> u64 {
    let line = page.lines().find(|line| line.starts_with("tilanne_gateway_tiles_made_total{"));
    line.and_then(|line| line.rsplit(' ').next()).map_or(0, |count| count.parse().unwrap())
}

#[test]
fn a_tile_that_many_ask_for_is_made_once() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        for (cache_bytes_max, expected) in [(1 << 20, 2), (0, 2 + 42)] {
            let tiles = TileOptions { cache_bytes_max, ..Default::default() };
            let app = app_with(Options { tiles, ..Default::default() });
            let place = position(24.5, 60.5);
            let path = address("vehicles", place, 14);
            let ask = async || {
                let asking = (0..20).map(|_| send(&app, request(Method::GET, &path, &[])));
                let answers: Vec<Answer> = futures_util::future::join_all(asking).await;
                assert!(answers.windows(2).all(|two| two[0].body == two[1].body));
                answers[0].body.clone()
            };
            runtime.block_on(async {
                region(&app).apply([vec![updated(1, vehicle("feed:1", Some(place)))]]);
                let first = ask().await;
                region(&app).apply([vec![updated(2, vehicle("feed:2", Some(place)))]]);
                assert_ne!(ask().await, first);
                region(&app).apply([vec![updated(3, feed(1))]]);
                ask().await;
            });
            let count = made(&handle.render());
            assert!(count == expected || cache_bytes_max == 0 && count > 2, "{count}");
        }
    });
}

#[tokio::test]
async fn addresses_that_are_none_are_explained() {
    let app = app();
    for (path, status, says) in [
        ("links/23/0/0", 400, "z is \"23\", it must be 0 to 22"),
        ("links/-1/0/0", 400, "z is \"-1\""),
        ("links/x/0/0", 400, "z is \"x\""),
        ("links/3/8/0", 400, "x is \"8\", it must be 0 to 7 at z 3"),
        ("links/3/0/8", 400, "y is \"8\", it must be 0 to 7 at z 3"),
        ("links/3/0/0.mvt", 400, "y is \"0.mvt\""),
        ("links/3/0/99999999999", 400, "it must be 0 to 7"),
        ("feeds/0/0/0", 404, "nothing in feeds has a place; there are tiles of vehicles"),
        ("ships/0/0/0", 404, "no layer \"ships\""),
        ("ships", 404, "no layer \"ships\""),
        ("links/0/0", 404, "nothing is at"),
    ] {
        get(&app, &format!("/v1/tiles/{path}")).await.assert_problem(status, says);
    }
    get(&app, "/v1/tiles/links?x=1").await.assert_problem(400, "unknown field");
}

#[tokio::test]
async fn areas_of_any_size_are_drawn_at_any_zoom() {
    let app = app();
    let corner = position(24.5, 60.5);
    region(&app).apply([vec![updated(1, square("cell:1", AreaKind::Cell, corner))]]);
    for zoom in 6..=22 {
        let features = drawn(&app, &address("areas", position(24.55, 60.55), zoom)).await;
        assert_eq!(features.len(), 1, "{zoom}");
        assert!(features[0].parts.len() == 1 && area(&features[0].parts[0]) > 0);
    }
}

/// Distance of a point from a line, units.
fn distance(point: [f64; 2], line: &[[f64; 2]]) -> f64 {
    let distances = line.windows(2).map(|ends| {
        let [a, b] = [ends[0], ends[1]];
        let step = [b[0] - a[0], b[1] - a[1]];
        let length = step[0] * step[0] + step[1] * step[1];
        let along = (point[0] - a[0]) * step[0] + (point[1] - a[1]) * step[1];
        let share = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
        (point[0] - a[0] - share * step[0]).hypot(point[1] - a[1] - share * step[1])
    });
    distances.fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// What is drawn is within the tile, and nothing of a line in the tile is missing.
    #[test]
    fn a_line_is_whole_in_its_tiles(
        points in proptest::collection::vec((24.4..24.6_f64, 60.4..60.6_f64), 2..12),
        zoom in 10_u32..16,
        at in 0_usize..12,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = app();
            let line: Vec<Position> = points.iter().map(|&(x, y)| position(x, y)).collect();
            region(&app).apply([vec![updated(1, street("1", RoadClass::Motorway, &line))]]);
            let middle = line[at % line.len()];
            let features = drawn(&app, &address("links", middle, zoom)).await;
            let parts: Vec<Vec<[f64; 2]>> = features
                .iter()
                .flat_map(|feature| &feature.parts)
                .map(|part| part.iter().map(|point| point.map(f64::from)).collect())
                .collect();
            let edge = parts.iter().flatten().flatten();
            assert!(edge.clone().all(|units| (-64.0..=4160.0).contains(units)));
            let [x, y] = tiles(middle, zoom).map(f64::floor);
            for point in &line {
                let [east, south] = tiles(*point, zoom);
                let point = [(east - x) * 4096.0, (south - y) * 4096.0];
                if point.iter().all(|units| (0.0..=4096.0).contains(units)) {
                    let near = parts.iter().map(|part| distance(point, part));
                    let near = near.fold(f64::INFINITY, f64::min);
                    assert!(near < 3.0, "{near} units from where it was");
                }
            }
        });
    }
}
