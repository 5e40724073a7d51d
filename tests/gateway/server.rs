//! The server around the routes: connections, time limits, metrics.

use std::time::Duration;

use axum::http::Method;
use gateway::{Options, PushOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::support::{HANG, app_with, region, request, send, server, updated, vehicle};

async fn ask(socket: &mut TcpStream) -> String {
    let head = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    socket.write_all(head).await.unwrap();
    let mut buffer = [0; 4096];
    let read = socket.read(&mut buffer).await.unwrap();
    String::from_utf8(buffer[..read].to_vec()).unwrap()
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let app = app_with(Options { connections_max: 1, ..Default::default() });
    let server = server(&app).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200 OK"));
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let mut refusal = String::new();
    second.read_to_string(&mut refusal).await.unwrap();
    let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    assert!(head.contains("content-type: application/problem+json"));
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head} {}", body.len());
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["status"], 503);
    assert!(ask(&mut first).await.starts_with("HTTP/1.1 200 OK"), "the first is served on");
    drop(first);
    loop {
        let mut next = TcpStream::connect(server.address).await.unwrap();
        if ask(&mut next).await.starts_with("HTTP/1.1 200 OK") {
            break;
        }
    }
}

/// The kernel gives up such a connection on Linux alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_that_takes_nothing_makes_room() {
    let push = PushOptions { ping_interval_ms: 100, idle_timeout_ms: 200, ..Default::default() };
    let app = app_with(Options { connections_max: 1, push, ..Default::default() });
    // 32 MB: more than sockets buffer.
    let vehicles = (0..512).map(|n| {
        let mut object = vehicle(&format!("feed:{n}"), None);
        if let picture::Object::Vehicle(vehicle) = &mut object {
            vehicle.report.headsign = Some("x".repeat(1 << 16).into());
        }
        updated(n + 1, object)
    });
    region(&app).apply([vehicles.collect()]);
    let server = server(&app).await;
    let mut stalled = TcpStream::connect(server.address).await.unwrap();
    let head = b"GET /v1/regions/kaupunki/vehicles HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stalled.write_all(head).await.unwrap();
    // Its answer has begun, and it reads no more.
    stalled.readable().await.unwrap();
    let makes_room = async {
        loop {
            let mut next = TcpStream::connect(server.address).await.unwrap();
            let mut status = [0; 15];
            let head = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
            let asked = next.write_all(head).await.is_ok();
            if asked && next.read_exact(&mut status).await.is_ok() && &status == b"HTTP/1.1 200 OK"
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(HANG, makes_room).await.expect("its place is free again");
    drop(stalled);
}

#[tokio::test]
async fn the_server_stops_while_a_connection_idles() {
    let app = app_with(Options::default());
    let server = server(&app).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    assert!(ask(&mut idle).await.starts_with("HTTP/1.1 200 OK"));
    server.shutdown.cancel();
    server.task.await.unwrap();
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
}

#[test]
fn an_answer_that_takes_too_long_is_a_problem() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let app = app_with(Options { request_timeout_ms: 100, ..Default::default() });
    region(&app).apply([vec![updated(1, vehicle("feed:1", None))]]);
    // Answers are encoded on threads of their own: there is one, and it is taken.
    let (done, wait) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || wait.recv());
    let path = "/v1/regions/kaupunki/vehicles";
    let answer = runtime.block_on(send(&app, request(Method::GET, path, &[])));
    done.send(()).unwrap();
    answer.assert_problem(408, "took too long");
}

#[test]
fn requests_are_counted_by_route() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        let app = app_with(Options::default());
        for path in ["/v1/regions/kaupunki", "/v1/regions/atlantis", "/a", "/b"] {
            runtime.block_on(send(&app, request(Method::GET, path, &[])));
        }
    });
    let page = handle.render();
    for line in [
        "tilanne_gateway_requests_total{route=\"/v1/regions/{region}\",method=\"GET\",status=\"200\"} 1",
        "tilanne_gateway_requests_total{route=\"/v1/regions/{region}\",method=\"GET\",status=\"404\"} 1",
        "tilanne_gateway_requests_total{route=\"none\",method=\"GET\",status=\"404\"} 2",
    ] {
        assert!(page.contains(line), "{page}");
    }
}
