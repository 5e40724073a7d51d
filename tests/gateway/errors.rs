//! Every error is a problem (RFC 9457) that says what, where, and what would be right.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::support::{app, app_with, get, get_with, request, send};

#[tokio::test]
async fn what_is_not_there_is_named() {
    let app = app();
    for (path, says) in [
        ("/nowhere", "nothing is at /nowhere; /openapi.json lists"),
        ("/v1/regions/", "nothing is at"),
        ("/v1/regions/atlantis", "no region \"atlantis\"; there are: kaupunki, toinen"),
        ("/v1/regions/atlantis/vehicles", "no region"),
        ("/v1/regions/kaupunki/ships", "layers are vehicles, detectors"),
        ("/v1/regions/kaupunki/ships/1", "no layer \"ships\""),
        ("/v1/regions/kaupunki/links/9-9-9/explain", "nothing is known of its traffic yet"),
        ("/v1/regions/atlantis/links/9-9-9/explain", "no region"),
        ("/v1/regions/kaupunki/vehicles/feed:9", "no \"feed:9\" in vehicles of kaupunki"),
        ("/assets/../Cargo.toml", "nothing is at"),
    ] {
        get(&app, path).await.assert_problem(404, says);
    }
}

#[tokio::test]
async fn queries_that_cannot_be_read_are_explained() {
    let app = app();
    let layer = "/v1/regions/kaupunki/vehicles";
    for (query, says) in [
        ("bbox=1,2,3", "west,south,east,north"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=", "bbox"),
        ("bbox=25,60,24,61", "west ≤ east"),
        ("bbox=24,60,25,91", "±90"),
        ("bbox=NaN,60,25,61", "bbox"),
        ("bbox=24,60,inf,61", "bbox"),
        ("limit=0", "limit: it must be 1 or more"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999999", "limit"),
        ("limit=1&limit=2", "duplicate field `limit`"),
        ("bbbox=1,2,3,4", "unknown field `bbbox`, expected one of `bbox`, `polygon`"),
    ] {
        let answer = get(&app, &format!("{layer}?{query}")).await;
        answer.assert_problem(400, says);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("query: "), "{query}");
    }
    for path in ["/v1/regions", "/v1/feeds", "/v1/config", "/v1/regions/kaupunki/vehicles/feed:1"] {
        get(&app, &format!("{path}?page=2")).await.assert_problem(400, "unknown field `page`");
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_explained() {
    let app = app();
    let answer = get(&app, "/v1/regions/kaupunki/vehicles/%ff").await;
    answer.assert_problem(400, "path: ");
}

#[tokio::test]
async fn methods_that_are_not_declared_get_a_405_with_allow() {
    let app = app();
    let custom = Method::from_bytes(b"BREW").unwrap();
    let methods =
        [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE];
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/v1/config",
        "/v1/feeds",
        "/v1/regions",
        "/v1/regions/kaupunki",
        "/v1/regions/kaupunki/vehicles",
        "/v1/regions/kaupunki/vehicles/feed:1",
        "/v1/regions/kaupunki/links/1-1-2",
        "/v1/regions/kaupunki/links/1-1-2/explain",
        "/v1/regions/kaupunki/gtfs-rt/alerts",
        "/v1/stream",
        "/v1/tiles/links",
        "/v1/tiles/links/0/0/0",
    ] {
        for method in methods.iter().chain([&custom]) {
            let answer = send(&app, request(method.clone(), path, &[])).await;
            answer.assert_problem(405, "");
            assert_eq!(answer.header(header::ALLOW), "GET,HEAD", "{method} {path}");
        }
    }
    let answer = send(&app, request(Method::POST, "/nowhere", &[])).await;
    answer.assert_problem(404, "nothing is at");
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let app = app();
    let body = Body::from(vec![b' '; 16 * 1024 + 1]);
    let request = Request::get("/v1/regions")
        .header(header::CONTENT_LENGTH, 16 * 1024 + 1)
        .body(body)
        .unwrap();
    send(&app, request).await.assert_problem(413, "body that is too large");
}

#[tokio::test]
async fn a_stream_without_a_handshake_says_what_it_is() {
    let app = app();
    let answer = get(&app, "/v1/stream").await;
    answer.assert_problem(426, "this is a WebSocket");
    assert_eq!(answer.header(header::UPGRADE), "websocket");
}

#[tokio::test]
async fn problems_are_not_kept_and_not_sniffed() {
    let app = app_with(gateway::Options::default());
    let answer = get_with(&app, "/nowhere", &[("accept", "text/html")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let problem = answer.json();
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(problem.as_object().unwrap().len(), 4);
    let long = format!("/{}", "x".repeat(5_000));
    let problem = get(&app, &long).await.json();
    assert!(problem["detail"].as_str().unwrap().len() <= 512);
    assert_eq!(problem["status"], json!(404));
}
