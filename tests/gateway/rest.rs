//! What the routes answer.

use std::io::Read;

use axum::http::{Method, StatusCode, header};
use events::Geometry;
use flate2::read::GzDecoder;
use gateway::Progress;
use picture::{Layer, Snapshot, View};
use serde_json::{Value, json};

use super::support::{
    NOW_MS, REGION, app, app_with, detector, feed, get, get_json, get_with, position, region,
    request, send, situation, updated, vehicle,
};

#[tokio::test]
async fn regions_say_what_is_in_them() {
    let app = app();
    region(&app).apply([vec![
        updated(3, vehicle("feed:1", Some(position(24.1, 60.1)))),
        updated(4, feed(1)),
    ]]);
    let answer = get(&app, "/v1/regions").await.json();
    assert_eq!(answer["origin"], "demo");
    assert_eq!(answer["time_ms"], NOW_MS);
    let first = &answer["regions"][0];
    assert_eq!(first["id"], REGION);
    assert_eq!(first["bbox"], json!([24.0, 60.0, 26.0, 61.0]));
    assert_eq!(first["cities"][0]["id"], "keskus");
    assert_eq!(first["epoch"], "log-1");
    assert_eq!(first["sequence"], 4);
    assert_eq!(first["layers"]["vehicles"], 1);
    assert_eq!(first["layers"]["situations"], 0);
    assert_eq!(first["feeds"][0]["attribution"], "A publisher, CC BY 4.0");
    assert_eq!(answer["regions"][1]["sequence"], Value::Null);
    let one = get(&app, &format!("/v1/regions/{REGION}")).await.json();
    assert_eq!(&one["region"], first);
    assert_eq!(one["feeds"][0]["age_ms"], 5_000);
}

#[tokio::test]
async fn answers_say_how_fresh_each_feed_is() {
    let app = app();
    region(&app).apply([vec![
        updated(3, vehicle("feed:1", Some(position(24.1, 60.1)))),
        updated(4, feed(1)),
    ]]);
    let expected = json!([{
        "id": "feed", "watermark_ms": NOW_MS - 5_000, "age_ms": 5_000, "connection": "live",
    }]);
    for path in ["vehicles", "vehicles/feed:1", "feeds/feed"] {
        let answer = get_json(&app, &format!("/v1/regions/{REGION}/{path}")).await;
        assert_eq!(answer["feeds"], expected, "{path}");
        assert_eq!(answer["sequence"], 4);
        assert_eq!(answer["epoch"], "log-1");
        assert_eq!(answer["origin"], "demo");
        assert_eq!(answer["time_ms"], NOW_MS);
    }
}

#[tokio::test]
async fn feeds_show_their_ledger_and_ages() {
    let app = app();
    region(&app).apply([vec![updated(4, feed(12))]]);
    let answer = get(&app, "/v1/feeds").await.json();
    assert_eq!(answer["origin"], "demo");
    let feed = &answer["feeds"][0];
    assert_eq!(feed["region"], REGION);
    assert_eq!(feed["id"], "feed");
    assert_eq!(feed["title"], "Vehicles");
    assert_eq!((&feed["received"], &feed["applied"]), (&json!(12), &json!(12)));
    assert_eq!(feed["watermark_age_ms"], 5_000);
    assert_eq!(feed["received_age_ms"], 700);
    assert_eq!(feed["connection"], "live");
}

#[tokio::test]
async fn formats_are_negotiated() {
    let app = app();
    region(&app).apply([vec![updated(3, vehicle("feed:1", Some(position(24.1, 60.1))))]]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    for (accept, media_type) in [
        ("", "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("application/*", "application/geo+json"),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/protobuf", "application/protobuf"),
        ("application/geo+json;q=0.1, application/json;q=0.2", "application/json"),
        ("text/html, */*;q=0.1, application/protobuf;q=0.5", "application/protobuf"),
        ("*/*, application/geo+json;q=0", "application/json"),
    ] {
        let answer = get_with(&app, &path, &[("accept", accept)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{accept}");
        assert_eq!(answer.header(header::CONTENT_TYPE), media_type, "{accept}");
        let vary = answer.headers.get_all(header::VARY).iter();
        assert!(vary.map(|vary| vary.to_str().unwrap()).any(|vary| vary == "accept"));
    }
    for accept in ["text/html", "application/geo+json;q=0", "nonsense", ";;;,"] {
        let answer = get_with(&app, &path, &[("accept", accept)]).await;
        answer.assert_problem(406, "application/geo+json, application/json, application/protobuf, application/x-ndjson, text/csv");
    }
}

#[tokio::test]
async fn protobuf_is_a_snapshot_of_what_was_asked_for() {
    let app = app();
    let bus = vehicle("feed:1", Some(position(24.1, 60.1)));
    region(&app).apply([vec![updated(3, bus.clone())]]);
    for path in ["vehicles", "vehicles/feed:1"] {
        let path = format!("/v1/regions/{REGION}/{path}");
        let answer = get_with(&app, &path, &[("accept", "application/protobuf")]).await;
        let snapshot = Snapshot::decode(&answer.body).unwrap();
        assert_eq!((snapshot.region.as_str(), snapshot.epoch.as_str()), (REGION, "log-1"));
        assert_eq!(snapshot.sequence, Some(3));
        assert_eq!(*snapshot.objects[0], bus);
    }
}

#[tokio::test]
async fn geojson_has_the_shape_once_and_text_as_it_came() {
    let app = app();
    let shape = Geometry {
        points: vec![position(24.1, 60.1)],
        lines: vec![vec![position(24.1, 60.1), position(24.2, 60.2)]],
        polygons: Vec::new(),
    };
    region(&app).apply([vec![
        updated(1, vehicle("feed:1", Some(position(24.1, 60.1)))),
        updated(2, vehicle("feed:2", None)),
        updated(3, situation("feed:s", Some(shape))),
    ]]);
    let vehicles = get(&app, &format!("/v1/regions/{REGION}/vehicles")).await.json();
    assert_eq!(vehicles["type"], "FeatureCollection");
    let first = &vehicles["features"][0];
    assert_eq!(first["type"], "Feature");
    assert_eq!(first["id"], "feed:1");
    assert_eq!(first["geometry"], json!({"type": "Point", "coordinates": [24.1, 60.1]}));
    assert_eq!(first["properties"]["report"]["headsign"], "<b>Asema & \"tori\"</b>");
    assert_eq!(first["properties"]["verdicts"], json!(["stale"]));
    assert_eq!(vehicles["features"][1]["geometry"], Value::Null);
    let path = format!("/v1/regions/{REGION}/situations/feed:s");
    let situation = get(&app, &path).await.json();
    assert_eq!(situation["type"], "Feature");
    assert_eq!(situation["geometry"]["type"], "GeometryCollection");
    assert_eq!(situation["geometry"]["geometries"][1]["type"], "LineString");
    assert_eq!(situation["properties"]["record"]["geometry"], Value::Null);
    assert_eq!(situation["sequence"], 3);
}

#[tokio::test]
async fn an_object_is_found_by_an_id_with_slashes_encoded_or_not() {
    let app = app();
    region(&app).apply([vec![updated(1, vehicle("feed:0018/ä 1", None))]]);
    for id in ["feed%3A0018%2F%C3%A4%201", "feed:0018/%C3%A4%201"] {
        let answer = get_json(&app, &format!("/v1/regions/{REGION}/vehicles/{id}")).await;
        assert_eq!(answer["object"]["id"], "feed:0018/ä 1");
    }
}

#[tokio::test]
async fn readiness_is_that_all_regions_follow() {
    let app = app();
    assert_eq!(get(&app, "/readyz").await.json()["status"], "ready");
    region(&app).set_progress(Progress::CatchingUp);
    get(&app, "/readyz").await.assert_problem(503, "kaupunki is still reading the log");
    region(&app).set_progress(Progress::Stopped("disk full".into()));
    get(&app, "/readyz").await.assert_problem(503, "kaupunki has stopped: disk full");
    assert_eq!(get(&app, "/healthz").await.json()["status"], "ok");
}

#[tokio::test]
async fn service_routes_answer() {
    let options = gateway::Options {
        map_style_url: Some("https://tiles.example.org/style.json".into()),
        ..Default::default()
    };
    let app = app_with(options);
    let config = get(&app, "/v1/config").await.json();
    assert_eq!(config["origin"], "demo");
    assert_eq!(config["map_style_url"], "https://tiles.example.org/style.json");
    assert_eq!(config["languages"][0], "en");
    let metrics = get(&app, "/metrics").await;
    assert!(metrics.header(header::CONTENT_TYPE).starts_with("text/plain; version=0.0.4"));
    assert_eq!(get(&app, "/openapi.json").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn a_tag_saves_the_body_until_the_picture_changes() {
    let app = app();
    region(&app).apply([vec![updated(1, detector("feed:d", position(24.1, 60.1)))]]);
    for path in ["", "/kaupunki", "/kaupunki/detectors", "/kaupunki/detectors/feed:d"] {
        let path = format!("/v1/regions{path}");
        let first = get(&app, &path).await;
        let tag = first.header(header::ETAG).to_owned();
        assert!(tag.starts_with("W/\""), "{path}");
        assert_eq!(first.header(header::CACHE_CONTROL), "no-cache");
        for known in [tag.as_str(), "*", &format!("\"other\", {tag}")] {
            let again = get_with(&app, &path, &[("if-none-match", known)]).await;
            assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
            assert_eq!(again.header(header::ETAG), tag);
            assert!(again.body.is_empty());
        }
        let other = get_with(&app, &path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, StatusCode::OK);
    }
    let path = format!("/v1/regions/{REGION}/detectors");
    let tags = |answer: super::support::Answer| answer.header(header::ETAG).to_owned();
    let before = tags(get(&app, &path).await);
    let json = [("accept", "application/json")];
    assert_ne!(before, tags(get_with(&app, &path, &json).await), "another format");
    assert_ne!(before, tags(get(&app, &format!("{path}?limit=1")).await), "another query");
    region(&app).apply([vec![updated(2, detector("feed:d", position(24.2, 60.1)))]]);
    assert_ne!(before, tags(get(&app, &path).await), "another picture");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = app();
    for path in ["/v1/regions", "/v1/regions/kaupunki/vehicles", "/healthz", "/"] {
        let answer = send(&app, request(Method::HEAD, path, &[])).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.is_empty());
        let full = get(&app, path).await;
        assert_eq!(answer.header(header::CONTENT_TYPE), full.header(header::CONTENT_TYPE));
    }
}

#[tokio::test]
async fn answers_are_compressed_on_request() {
    let app = app();
    let deltas = (0..50).map(|n| updated(n, vehicle(&format!("feed:{n:02}"), None)));
    region(&app).apply([deltas.collect()]);
    let path = format!("/v1/regions/{REGION}/vehicles");
    let plain = get(&app, &path).await;
    let small = get_with(&app, &path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(small.header(header::CONTENT_ENCODING), "gzip");
    assert!(small.body.len() < plain.body.len() / 4);
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(small.body.as_slice());
    std::io::Read::read_to_end(&mut reader, &mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    let zstd = get_with(&app, &path, &[("accept-encoding", "zstd, gzip;q=0.5")]).await;
    assert_eq!(zstd.header(header::CONTENT_ENCODING), "zstd");
}

#[tokio::test]
async fn pages_of_other_origins_may_read() {
    let app = app();
    let origin = ("origin", "https://example.org");
    let answer = get_with(&app, "/v1/regions", &[origin]).await;
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
    let preflight = [origin, ("access-control-request-method", "GET")];
    let answer = send(&app, request(Method::OPTIONS, "/v1/regions", &preflight)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_METHODS), "GET,HEAD");

    let options =
        gateway::Options { cors_origins: vec!["https://example.org".into()], ..Default::default() };
    let app = app_with(options);
    let answer = get_with(&app, "/v1/regions", &[origin]).await;
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "https://example.org");
    let answer = get_with(&app, "/v1/regions", &[("origin", "https://other.example")]).await;
    assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
}

#[tokio::test]
async fn the_page_is_there_and_may_run_only_its_own_code() {
    let app = app();
    let page = get(&app, "/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains("script-src 'self';") && policy.contains("worker-src 'self' blob:"));
    assert!(policy.contains("connect-src 'self';"), "{policy}");
}

#[tokio::test]
async fn an_empty_picture_is_an_empty_answer() {
    let app = app();
    for layer in Layer::ALL {
        let answer = get_json(&app, &format!("/v1/regions/toinen/{layer}")).await;
        assert_eq!(answer["objects"], json!([]));
        assert_eq!(answer["sequence"], Value::Null);
    }
    region(&app).reset(View::new(REGION.into(), "log-2".into()));
    let answer = get_json(&app, &format!("/v1/regions/{REGION}/feeds")).await;
    assert_eq!(answer["epoch"], "log-2");
}

#[tokio::test]
async fn the_dashboard_is_served_with_types_and_cache_times() {
    let app = app();
    let page = get(&app, "/").await;
    let html = String::from_utf8(page.body.clone()).unwrap();
    if html.contains("cargo xtask dashboard") {
        println!("skipped: the dashboard is not built");
        return;
    }
    assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
    assert_eq!(get(&app, "/index.html").await.body, page.body);
    let tag = page.header(header::ETAG);
    let again = get_with(&app, "/", &[("if-none-match", tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let scripts = html.split('"').filter(|part| part.rsplit('.').next() == Some("js"));
    for script in scripts.map(|path| format!("/{}", path.trim_start_matches(['.', '/']))) {
        let answer = get(&app, &script).await;
        assert_eq!(answer.status, StatusCode::OK, "{script}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert!(answer.header(header::CACHE_CONTROL).ends_with("immutable"), "{script}");
        for (taken, coding) in [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
            let packed = get_with(&app, &script, &[("accept-encoding", taken)]).await;
            assert_eq!(packed.header(header::CONTENT_ENCODING), coding, "{script} {taken}");
            assert_eq!(packed.header(header::CONTENT_TYPE), answer.header(header::CONTENT_TYPE));
            assert!(packed.body.len() < answer.body.len() / 2, "{script} {taken}");
            if coding == "gzip" {
                let mut whole = Vec::new();
                GzDecoder::new(&packed.body[..]).read_to_end(&mut whole).unwrap();
                assert_eq!(whole, answer.body, "{script}");
            }
        }
        let answer = send(&app, request(Method::POST, &script, &[])).await;
        answer.assert_problem(405, "");
        assert_eq!(answer.header(header::ALLOW), "GET,HEAD");
    }
}
