//! `fields` and `format`: what of an object, and how.

use axum::http::header;
use serde_json::json;

use super::full::full_objects;
use super::support::{REGION, app, get, get_with, region, updated};

fn full() -> std::sync::Arc<gateway::App> {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    app
}

#[tokio::test]
async fn json_has_what_was_asked_for_and_the_id() {
    let app = full();
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, expected) in [
        ("feed", json!({"id": "feed:bus", "feed": "feed"})),
        (
            "report.mode,report.trip.route_id",
            json!({"id": "feed:bus", "report": {"mode": "bus", "trip": {"route_id": "2"}}}),
        ),
        ("id", json!({"id": "feed:bus"})),
        ("verdicts, id", json!({"id": "feed:bus", "verdicts": ["stale"]})),
        (
            "report.position",
            json!({
                "id": "feed:bus",
                "report": {"position": {"longitude_deg": 24.5, "latitude_deg": 60.5}}
            }),
        ),
    ] {
        let query = query.replace(", ", ",%20");
        let json = get(&app, &format!("{path}?format=json&fields={query}")).await.json();
        assert_eq!(json["objects"], json!([expected]), "{query}");
        let one = get(&app, &format!("{path}/feed:bus?format=json&fields={query}")).await.json();
        assert_eq!(one["object"], expected, "{query}");
        let lines = get(&app, &format!("{path}?format=ndjson&fields={query}")).await.json();
        assert_eq!(lines, expected, "{query}");
        let geojson = get(&app, &format!("{path}?fields={query}")).await.json();
        assert_eq!(geojson["features"][0]["properties"], expected, "{query}");
        assert_eq!(geojson["features"][0]["geometry"]["type"], "Point", "always there");
    }
    let all = get(&app, &format!("{path}?format=json&fields=report")).await.json();
    let report = all["objects"][0]["report"].as_object().unwrap();
    assert_eq!((report["mode"].as_str(), report["speed_km_h"].as_f64()), (Some("bus"), Some(30.5)));
    let station =
        format!("/v1/regions/{REGION}/detectors?format=json&fields=directions.0.direction");
    let directions = get(&app, &station).await.json()["objects"][0]["directions"].clone();
    assert_eq!(directions[0]["speed_km_h"]["value"], 80.0, "lists are whole");
}

#[tokio::test]
async fn tables_have_the_columns_that_were_asked_for() {
    let app = full();
    let path = format!("/v1/regions/{REGION}/links");
    let csv = get(&app, &format!("{path}?format=csv&fields=name,five_minutes.speed_km_h")).await;
    let text = String::from_utf8(csv.body).unwrap();
    let expected = "id,name,five_minutes.speed_km_h.value,five_minutes.speed_km_h.low,\
        five_minutes.speed_km_h.high,wkt\r\n\
        1-2-3,Mannerheimintie,21.5,17,26,\"LINESTRING (24.5 60.5, 24.6 60.5)\"\r\n";
    assert_eq!(text, expected);
}

#[tokio::test]
async fn names_that_are_none_are_answered_with_those_that_are() {
    let app = full();
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (query, says) in [
        ("fields=speed", "fields: no \"speed\" in vehicles; there is report.speed_km_h"),
        ("fields=report.speed_km_h,nonsense", "no \"nonsense\" in vehicles; there is id, feed"),
        ("fields=", "fields: no \"\""),
        ("fields=repo", "no \"repo\""),
        ("fields=report.", "no \"report.\""),
        ("sort=speed", "sort: no \"speed\" in vehicles; there is report.speed_km_h"),
        ("sort=-verdicts", "sort: verdicts is a list"),
        ("sort=report", "sort: no \"report\""),
        ("format=xml", "no \"xml\"; there is geojson, json, protobuf, ndjson, csv, arrow"),
        ("format=JSON", "no \"JSON\""),
    ] {
        get(&app, &format!("{path}?{query}")).await.assert_problem(400, says);
    }
    let many = vec!["id"; 257].join(",");
    get(&app, &format!("{path}?fields={many}")).await.assert_problem(400, "it must be 1 to 256");
    let one = format!("{path}/feed:bus?fields=speed");
    get(&app, &one).await.assert_problem(400, "report.speed_km_h");
}

#[tokio::test]
async fn the_format_parameter_wins_over_accept() {
    let app = full();
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (format, content_type) in [
        ("geojson", "application/geo+json"),
        ("json", "application/json"),
        ("ndjson", "application/x-ndjson"),
        ("csv", "text/csv; charset=utf-8; header=present"),
        ("protobuf", "application/protobuf"),
        ("arrow", "application/vnd.apache.arrow.stream"),
    ] {
        for path in [&path, &format!("{path}/feed:bus")] {
            let path = format!("{path}?format={format}");
            let answer = get_with(&app, &path, &[("accept", "text/html")]).await;
            assert_eq!(answer.header(header::CONTENT_TYPE), content_type, "{path}");
            assert_eq!(answer.headers["tilanne-origin"], "demo", "a demo never looks live");
        }
    }
}
