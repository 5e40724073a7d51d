//! A gateway over a small picture, asked anything.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, Uri, header};
use axum::response::Response;
use events::LogRecord;
use futures_util::{SinkExt, StreamExt};
use gateway::{App, FeedLabel, Options, Origin, Progress, RegionSetup};
use network::{City, Region};
use picture::Setup;
use serde_json::Value;
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, topic};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::formats;

/// What takes longer than this never ends.
const HANG: Duration = Duration::from_secs(20);

/// How much later than the newest event the clock is.
const AGE_MS: i64 = 2_000;

/// Id of the only region.
const REGION: &str = "kaupunki";

/// Ends each talk: the answer to it is an error that names it.
const FAREWELL: &str = "the last message";

/// What is in the picture: vehicles of a route, and a detector station.
const OBSERVED: &str = r#"
{"vehicle":"1","time":"2023-11-14T22:13:18Z","mode":"bus","latitude_deg":60.17,"longitude_deg":24.94,"speed_km_h":30,"bearing_deg":90,"route_id":"550"}
{"vehicle":"2","time":"2023-11-14T22:13:18Z","mode":"tram","latitude_deg":60.18,"longitude_deg":24.95,"speed_km_h":0}
{"vehicle":"3","time":"2023-11-14T22:13:18Z","mode":"car","latitude_deg":60.19,"longitude_deg":24.96}
{"station":"4","time":"2023-11-14T22:13:00Z","latitude_deg":60.2,"longitude_deg":24.97,"direction":1,"speed_km_h":62.5,"flow_veh_h":720}
"#;

/// The real router, server, log and processor, on one thread.
pub struct Gateway {
    runtime: Runtime,
    app: Arc<App>,
    /// Where the server listens.
    url: String,
    stop: CancellationToken,
    _log: tempfile::TempDir,
}

impl Gateway {
    /// Starts it; returns once the picture is there.
    ///
    /// # Panics
    ///
    /// When the log or a port of the loopback interface cannot be opened.
    #[must_use]
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder for the log");
        let stop = CancellationToken::new();
        let (app, url) = runtime.block_on(start(folder.path(), &stop));
        Self { runtime, app, url, stop, _log: folder }
    }

    /// Asks for the address that the first line is, with the `Accept` that the second line is.
    ///
    /// # Panics
    ///
    /// When there is no answer, a server error, or a refusal that does not say what to do.
    pub fn ask(&self, text: &str) {
        let (address, accept) = text.split_once('\n').unwrap_or((text, "*/*"));
        let Ok(uri) = address.parse::<Uri>() else { return };
        let Ok(request) = Request::get(uri).header(header::ACCEPT, accept).body(Body::empty())
        else {
            return;
        };
        self.runtime.block_on(async {
            let answer = gateway::router(Arc::clone(&self.app)).oneshot(request);
            let answer = timeout(HANG, answer).await.expect("an answer comes");
            check(answer.unwrap_or_else(|never| match never {})).await;
        });
    }

    /// Says each line on one connection of the stream.
    ///
    /// # Panics
    ///
    /// When the server does not answer to the end, answers what is no message, or ends the
    /// connection without saying why.
    pub fn say(&self, text: &str) {
        self.runtime.block_on(async {
            let talk = timeout(HANG, talk(&self.url, text));
            talk.await.expect("the talk ends");
        });
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn start(folder: &std::path::Path, stop: &CancellationToken) -> (Arc<App>, String) {
    let log = EmbeddedLog::open(folder, EmbeddedOptions::default()).expect("a log");
    let log: Arc<dyn Log> = log;
    let events = formats::events("tilanne_json", OBSERVED);
    let now_ms = events.iter().map(|event| event.event_time_ms).max().unwrap_or(0) + AGE_MS;
    let sink = log.sink(topic::EVENTS, REGION).await.expect("a sink");
    let records = events.into_iter().map(|event| LogRecord::Event(event).encode().into());
    let append = Append { records: records.collect(), cursor: None };
    sink.append(append).await.expect("the log takes the events");

    let region = processor::RegionConfig { region: REGION.into(), setup: Setup::default() };
    let options = processor::ProcessorOptions::default();
    tokio::spawn(processor::run_region(Arc::clone(&log), region, options, stop.clone()));
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let clock = Arc::new(move || now_ms);
    let app = App::new(Options::default(), Origin::Demo, vec![setup()], recorder.handle(), clock);
    let app = app.expect("default options are valid");
    let live = app.region(REGION).expect("the region of the setup");
    let follow = gateway::follow(log, Arc::clone(live), Setup::default(), stop.clone());
    tokio::spawn(follow);
    while live.progress() != Progress::Following || !is_there(&app).await {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("the port has an address");
    tokio::spawn(gateway::serve(listener, Arc::clone(&app), stop.clone()));
    (app, format!("ws://{address}/v1/stream"))
}

fn setup() -> RegionSetup {
    let bbox = [24.0, 60.0, 26.0, 61.0].try_into().expect("a box");
    let city = City { id: "keskus".into(), name: "Keskus".into(), bbox };
    let region =
        Region { id: REGION.into(), name: "Kaupunkiseutu".into(), bbox, cities: vec![city] };
    let feed = FeedLabel {
        id: "feed".into(),
        title: "Vehicles".into(),
        attribution: "A publisher, CC BY 4.0".into(),
    };
    RegionSetup { region, feeds: vec![feed] }
}

/// Whether the newest of what was observed is in the view.
async fn is_there(app: &Arc<App>) -> bool {
    let station = format!("/v1/regions/{REGION}/detectors/feed:4");
    let request = Request::get(station).body(Body::empty()).expect("an address");
    let answer = gateway::router(Arc::clone(app)).oneshot(request).await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

async fn check(answer: Response) {
    let status = answer.status();
    assert!(!status.is_server_error(), "{status}");
    let is = |wanted: &str| {
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|given| given == wanted)
    };
    if is("text/event-stream") {
        // It has no end. What opens it says where the reader is.
        let mut stream = answer.into_body().into_data_stream();
        let first = timeout(HANG, stream.next()).await.expect("a first event comes");
        first.expect("a first event").expect("an event that is whole");
        return;
    }
    let is_problem = is("application/problem+json");
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a whole body");
    if status.is_client_error() && status != StatusCode::NOT_ACCEPTABLE {
        assert!(is_problem, "{status} without a problem: {}", body.escape_ascii());
    }
    if is_problem {
        check_problem(&body);
    }
}

fn check_problem(body: &Bytes) {
    let problem: Value = serde_json::from_slice(body).expect("a problem is JSON");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(!detail.is_empty(), "a problem without detail: {problem}");
}

async fn talk(url: &str, text: &str) {
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("a connection");
    let farewell = serde_json::json!({"type": "unsubscribe", "id": FAREWELL}).to_string();
    for line in text.lines().chain([farewell.as_str()]) {
        // The server may have had enough; what it says then is read below.
        if socket.send(Message::text(line)).await.is_err() {
            break;
        }
    }
    loop {
        let message = match socket.next().await {
            Some(Ok(Message::Close(Some(close)))) => {
                assert!(!close.reason.is_empty(), "closed without a reason: {close}");
                return;
            }
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            // Sent into a connection that was being closed: the reason may be lost with it.
            Some(Err(_)) => return,
            other => panic!("the server ends with {other:?}"),
        };
        let message: Value = serde_json::from_str(&message).expect("the server says JSON");
        match message["type"].as_str() {
            Some("snapshot" | "delta" | "events") => {}
            Some("error") => {
                let detail = message["problem"]["detail"].as_str().unwrap_or_default();
                assert!(!detail.is_empty(), "an error without detail: {message}");
                if message["id"] == FAREWELL {
                    return;
                }
            }
            _ => panic!("not a message of the server: {message}"),
        }
    }
}
