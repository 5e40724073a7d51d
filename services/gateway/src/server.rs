//! Accepts connections, as many as are allowed, and lets them end when the server stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::route::router;
use crate::telemetry;

/// Longest time that a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for open requests to end when the server stops; then they are cut off.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause when no connection can be accepted, as when the process is out of file descriptors: the
/// reason passes when others end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Streams of one HTTP/2 connection at a time; browsers ask for 100.
const HTTP2_STREAMS_MAX: u32 = 100;

/// Longest time to tell a client that it is one too many.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// Refusals told at a time; beyond, connections are closed without a word.
const REFUSALS_MAX: usize = 64;

/// What a client reads that is one too many.
const REFUSAL: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\nretry-after: 5\r\nconnection: close\r\n\
    content-length: 137\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\
    \"detail\":\"the server has all the connections it takes; come back later\"}";

/// Serves until shutdown, then lets open requests end for some seconds.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: CancellationToken) {
    // Streams end with the server, also when this future is dropped.
    let _closing = app.closing.clone().drop_guard();
    let connections_max = app.options.connections_max;
    let idle_timeout_ms = app.options.push.idle_timeout_ms;
    let service = router(Arc::clone(&app));
    let graceful = GracefulShutdown::new();
    let refusals = Arc::new(tokio::sync::Semaphore::new(REFUSALS_MAX));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if graceful.count() < connections_max {
            limit_silence(&socket, idle_timeout_ms);
            connect(socket, service.clone(), &graceful);
        } else {
            metrics::counter!(telemetry::CONNECTIONS_REFUSED).increment(1);
            if let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() {
                tokio::spawn(async move {
                    let _ = timeout(REFUSAL_TIMEOUT, refuse(socket)).await;
                    drop(permit);
                });
            }
        }
    }
    app.closing.cancel();
    drop(listener);
    let ended = async {
        graceful.shutdown().await;
        // Each client of the stream holds one of these until it is told.
        app.clients.acquire_many(app.options.push.clients_max as u32).await.map(drop)
    };
    if timeout(SHUTDOWN_TIMEOUT, ended).await.is_err() {
        tracing::warn!("requests were cut off: they did not end in time");
    }
}

fn connect(socket: TcpStream, service: Router, graceful: &GracefulShutdown) {
    // A frame goes out when it is written: waiting for more would add up to 40 ms.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_TIMEOUT)
        .max_concurrent_streams(HTTP2_STREAMS_MAX);
    let service = TowerToHyperService::new(service);
    let watcher = graceful.watcher();
    tokio::spawn(async move {
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
        metrics::gauge!(telemetry::CONNECTIONS).increment(1.0);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
        metrics::gauge!(telemetry::CONNECTIONS).decrement(1.0);
    });
}

/// Has the kernel give up a client that takes nothing of what is sent for so long: its connection, and
/// what an answer holds meanwhile, would be kept for as long as it likes.
#[cfg(target_os = "linux")]
fn limit_silence(socket: &TcpStream, timeout_ms: u64) {
    let timeout_ms = u32::try_from(timeout_ms).unwrap_or(u32::MAX);
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(socket, timeout_ms) {
        tracing::debug!(%error, "cannot set TCP_USER_TIMEOUT");
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_silence(_: &TcpStream, _: u64) {}

async fn refuse(mut socket: TcpStream) -> std::io::Result<()> {
    socket.write_all(REFUSAL.as_bytes()).await?;
    socket.shutdown().await
}
