//! The `http_poll` transport against a real web server: what it takes, asks and refuses.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use bytes::Bytes;
use events::{Connection, LogRecord};
use futures_util::stream;
use ingest::transport::{Arrival, HostLimits, SourceContext, Transport, TransportError, transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::fixture::{
    START_MS, TickingClock, accounted, hfp_feed, is, log, message, read_until, region, statuses_of,
    was,
};

type Answer = Box<dyn FnOnce(&HeaderMap) -> Response<Body> + Send>;

/// A server that gives its answers in order, and what it was asked.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

async fn answer(State(script): State<Script>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    script.asked.lock().unwrap().push((uri.to_string(), headers.clone()));
    let next = script.answers.lock().unwrap().pop_front();
    next.map_or_else(|| plain(StatusCode::OK, "after the script"), |answer| answer(&headers))
}

async fn serve(answers: Vec<Answer>) -> Server {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let script =
        Script { answers: Arc::new(Mutex::new(answers.into())), asked: Arc::clone(&asked) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(script);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { address, asked }
}

fn plain(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(status).body(body.into()).unwrap()
}

fn with(status: StatusCode, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let builder = headers
        .iter()
        .fold(Response::builder(), |builder, (name, value)| builder.header(*name, *value));
    builder.status(status).body(body.into()).unwrap()
}

fn always(response: Response<Body>) -> Answer {
    Box::new(move |_| response)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// A source that asks for `/data` ten times a second, with more options.
fn open(address: &str, options: &str) -> Result<Box<dyn Transport>, TransportError> {
    let resource = if options.contains("resource =") {
        ""
    } else {
        "resource = [{ path = \"/data\", every_s = 0.1 }]\n"
    };
    let text = format!("url = \"{address}\"\nrequests_per_min_max = 6000\n{resource}{options}\n");
    let context = SourceContext {
        feed: "feed".into(),
        source: "source".into(),
        clock: TickingClock::new(START_MS),
        hosts: Arc::new(HostLimits::default()),
        payload_bytes_max: 1 << 20,
    };
    transport("http_poll").unwrap().open(context, &toml::from_str(&text).unwrap())
}

async fn next(transport: &mut Box<dyn Transport>) -> Result<Arrival, TransportError> {
    let next = tokio::time::timeout(Duration::from_secs(30), transport.next());
    next.await.expect("the transport waits for nothing")
}

/// The next arrival that is not about the connection.
async fn arrival(transport: &mut Box<dyn Transport>) -> Arrival {
    loop {
        match next(transport).await.unwrap() {
            Arrival::Connected => {}
            arrival => return arrival,
        }
    }
}

async fn body(transport: &mut Box<dyn Transport>) -> Bytes {
    match arrival(transport).await {
        Arrival::Record(raw, 0) => raw.payload,
        other => panic!("{other:?}"),
    }
}

async fn failure(transport: &mut Box<dyn Transport>) -> String {
    loop {
        match next(transport).await {
            Err(error) => return error.to_string(),
            Ok(Arrival::Connected) => {}
            Ok(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_record_says_where_it_is_from() {
    let server = serve(vec![]).await;
    let mut transport = open(&server.address, "headers = { Digitraffic-User = \"me\" }").unwrap();
    let Arrival::Record(raw, 0) = next(&mut transport).await.unwrap() else { panic!() };
    assert_eq!((raw.feed.as_str(), raw.source.as_str()), ("feed", "source"));
    assert_eq!(raw.topic, "/data");
    assert!(raw.received_time_ms >= START_MS);
    assert!(matches!(next(&mut transport).await.unwrap(), Arrival::Connected));
    let asked = server.asked.lock().unwrap();
    let (path, headers) = &asked[0];
    assert_eq!(path, "/data");
    assert_eq!(headers["digitraffic-user"], "me");
    assert_eq!(headers["accept-encoding"], "gzip");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("tilanne/"));
}

#[tokio::test]
async fn only_news_is_asked_for() {
    let tagged = [("etag", "\"v1\""), ("last-modified", "Mon, 02 Mar 2026 06:00:00 GMT")];
    let server = serve(vec![
        always(with(StatusCode::OK, &tagged, "one")),
        always(plain(StatusCode::NOT_MODIFIED, "")),
        always(plain(StatusCode::OK, "two")),
    ])
    .await;
    let mut transport = open(&server.address, "").unwrap();
    assert_eq!(body(&mut transport).await, "one");
    assert!(matches!(arrival(&mut transport).await, Arrival::Unchanged));
    assert_eq!(body(&mut transport).await, "two");
    assert_eq!(body(&mut transport).await, "after the script");
    let asked = server.asked.lock().unwrap();
    let conditional: Vec<bool> =
        asked.iter().map(|(_, headers)| headers.contains_key("if-none-match")).collect();
    assert_eq!(conditional[..4], [false, true, true, false]);
    assert_eq!(asked[1].1["if-modified-since"], "Mon, 02 Mar 2026 06:00:00 GMT");
}

#[tokio::test]
async fn gzip_is_inflated_and_bounded() {
    let zipped = [("content-encoding", "gzip")];
    let mut cut = gzip(&vec![7; 100_000]);
    cut.truncate(cut.len() / 2);
    let server = serve(vec![
        always(with(StatusCode::OK, &zipped, gzip(b"small when inflated"))),
        always(with(StatusCode::OK, &zipped, gzip(&vec![0; 20 << 20]))),
        always(with(StatusCode::OK, &zipped, cut)),
        always(with(StatusCode::OK, &zipped, "no gzip at all")),
    ])
    .await;
    let mut transport = open(&server.address, "").unwrap();
    assert_eq!(body(&mut transport).await, "small when inflated");
    let Arrival::TooLarge(raw, message) = arrival(&mut transport).await else { panic!() };
    assert_eq!((raw.topic.as_str(), raw.payload.len()), ("/data", 0));
    assert!(message.contains("/data: body is over payload_bytes_max 1048576"), "{message}");
    for _ in 0..2 {
        let error = failure(&mut transport).await;
        assert!(error.contains("cut off or not valid gzip"), "{error}");
    }
    assert_eq!(body(&mut transport).await, "after the script");
}

#[tokio::test]
async fn an_endless_body_is_left_at_the_bound() {
    let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![1; 65_536])));
    let server = serve(vec![always(plain(StatusCode::OK, Body::from_stream(chunks)))]).await;
    let mut transport = open(&server.address, "").unwrap();
    assert!(matches!(arrival(&mut transport).await, Arrival::TooLarge(..)));
    assert_eq!(body(&mut transport).await, "after the script");
}

#[tokio::test]
async fn failures_say_what_and_where_and_the_next_request_is_made() {
    let cases: Vec<(Response<Body>, &str)> = vec![
        (plain(StatusCode::INTERNAL_SERVER_ERROR, "oops"), "answered 500"),
        (plain(StatusCode::NOT_ACCEPTABLE, ""), "answered 406 Not Acceptable: it cannot answer"),
        (plain(StatusCode::UNAUTHORIZED, ""), "check username_env"),
        (plain(StatusCode::NOT_FOUND, ""), "check the path"),
        (plain(StatusCode::NO_CONTENT, ""), "answered 204"),
        (with(StatusCode::OK, &[("content-type", "text/html; charset=utf-8")], "x"), "a web page"),
        (plain(StatusCode::OK, " \n<!DOCTYPE HTML><html>"), "a web page"),
        (with(StatusCode::FOUND, &[("location", "/data")], ""), "after the script"),
    ];
    let (responses, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let server = serve(responses.into_iter().map(always).collect()).await;
    for expected in expected {
        // Each with a transport of its own, as failures of the same one are further apart.
        let mut transport = open(&server.address, "").unwrap();
        if expected == "after the script" {
            assert_eq!(body(&mut transport).await, expected);
            continue;
        }
        let error = failure(&mut transport).await;
        assert!(error.contains(expected), "{error}");
        assert!(error.starts_with(&format!("{}/data: ", server.address)), "{error}");
    }
    let mut transport = open(&server.address, "").unwrap();
    assert_eq!(body(&mut transport).await, "after the script");
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let to_itself = || always(with(StatusCode::FOUND, &[("location", "/data")], ""));
    let server = serve((0..6).map(|_| to_itself()).collect()).await;
    let mut transport = open(&server.address, "").unwrap();
    let error = failure(&mut transport).await;
    assert!(error.contains("redirects too often"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_given_the_pause_that_it_asks_for() {
    let too_many = StatusCode::TOO_MANY_REQUESTS;
    let past = "Mon, 02 Mar 2026 05:00:00 GMT";
    let server = serve(vec![
        always(with(too_many, &[("retry-after", "1")], "")),
        always(with(StatusCode::SERVICE_UNAVAILABLE, &[("retry-after", past)], "")),
    ])
    .await;
    let mut transport = open(&server.address, "").unwrap();
    let error = failure(&mut transport).await;
    assert!(error.contains("429") && error.contains("asking again after 1 s"), "{error}");
    let error = failure(&mut transport).await;
    assert!(error.contains("503") && error.contains("asking again after 0 s"), "{error}");
    assert_eq!(body(&mut transport).await, "after the script");
    let long = [("retry-after", "999999999")];
    let server = serve(vec![always(with(too_many, &long, ""))]).await;
    let error = failure(&mut open(&server.address, "").unwrap()).await;
    assert!(error.contains("asking again after 3600 s"), "{error}");
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let slow = stream::pending::<Result<Bytes, std::io::Error>>();
    let server = serve(vec![always(plain(StatusCode::OK, Body::from_stream(slow)))]).await;
    let mut transport = open(&server.address, "timeout_s = 0.2").unwrap();
    let error = failure(&mut transport).await;
    assert!(error.contains("no whole answer in time"), "{error}");
    assert_eq!(body(&mut transport).await, "after the script");
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_not_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for body in ["{\"cut\":", "{\"whole\":1}"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 2_048];
            let _ = socket.read(&mut request).await.unwrap();
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n";
            socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    let mut transport = open(&address, "").unwrap();
    let error = failure(&mut transport).await;
    assert!(error.contains("cut off"), "{error}");
    assert_eq!(body(&mut transport).await, "{\"whole\":1}");
}

#[tokio::test]
async fn a_source_is_well_when_all_its_resources_are() {
    let server = serve(vec![
        always(plain(StatusCode::OK, "a")),
        always(plain(StatusCode::BAD_GATEWAY, "")),
        always(plain(StatusCode::OK, "b")),
    ])
    .await;
    let resources =
        "resource = [{ path = \"/a\", every_s = 600 }, { path = \"/b\", every_s = 0.1 }]";
    let mut transport = open(&server.address, resources).unwrap();
    assert_eq!(body(&mut transport).await, "a");
    let error = failure(&mut transport).await;
    assert!(error.contains("/b: answered 502"), "{error}");
    let Arrival::Record(raw, 0) = next(&mut transport).await.unwrap() else { panic!() };
    assert_eq!((raw.topic.as_str(), &raw.payload[..]), ("/b", &b"b"[..]));
    assert!(matches!(next(&mut transport).await.unwrap(), Arrival::Connected));
}

#[tokio::test]
async fn secrets_come_from_the_environment_or_the_source_says_so() {
    let options =
        "username_env = \"TILANNE_TEST_NO_USER\"\npassword_env = \"TILANNE_TEST_NO_USER\"";
    let error = open("http://127.0.0.1", options).err().unwrap().to_string();
    assert!(error.contains("TILANNE_TEST_NO_USER is not set: it holds the user name"), "{error}");
    let error = open("http://127.0.0.1", "headers_env = { key = \"TILANNE_TEST_NO_KEY\" }");
    assert!(error.err().unwrap().to_string().contains("TILANNE_TEST_NO_KEY is not set"));
    // Any variable that is surely set will do as a secret.
    let server = serve(vec![]).await;
    let path = std::env::var("PATH").unwrap();
    let options =
        "username_env = \"PATH\"\npassword_env = \"PATH\"\nheaders_env = { key = \"PATH\" }";
    body(&mut open(&server.address, options).unwrap()).await;
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked[0].1["key"], path.as_str());
    assert!(asked[0].1["authorization"].to_str().unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn nobody_there_is_said() {
    let mut transport = open("http://127.0.0.1:1", "").unwrap();
    let error = failure(&mut transport).await;
    assert!(error.contains("127.0.0.1:1/data: cannot connect"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_lives_on_answers_without_news_while_its_neighbour_fails() {
    let tagged = |body: String| with(StatusCode::OK, &[("etag", "\"v1\"")], body);
    let mut answers = vec![always(tagged(message(1, START_MS).payload()))];
    answers.extend((0..100).map(|_| always(plain(StatusCode::NOT_MODIFIED, ""))));
    let good = serve(answers).await;
    let failing = |_: usize| always(plain(StatusCode::INTERNAL_SERVER_ERROR, ""));
    let bad = serve((0..100).map(failing).collect()).await;
    let source = |server: &Server| {
        format!(
            "[[feed.source]]\nname = \"web\"\ntransport = \"http_poll\"\n\
             [feed.source.options]\nurl = \"{}\"\nrequests_per_min_max = 6000\n\
             resource = [{{ path = \"/data\", every_s = 0.1 }}]\n",
            server.address
        )
    };
    let keys = "stale_after_s = 315360000\nidle_after_s = 600";
    let feeds = hfp_feed("good", keys) + &source(&good) + &hfp_feed("bad", keys) + &source(&bad);
    let (_directory, log) = log();
    let shutdown = CancellationToken::new();
    let run = {
        let (log, shutdown, regions) = (log.clone(), shutdown.clone(), [region("test", &feeds)]);
        let clock = TickingClock::new(START_MS);
        tokio::spawn(async move { ingest::run_feeds(log, &regions, clock, shutdown).await })
    };
    let enough = |records: &[LogRecord]| {
        let asked = good.asked.lock().unwrap().len();
        asked > 3 && is(records, "good", Connection::Live) && is(records, "bad", Connection::Down)
    };
    let records = read_until(log.as_ref(), "test", enough).await;
    shutdown.cancel();
    run.await.unwrap().unwrap();
    assert_eq!(accounted(&records, "good"), 1);
    assert!(!was(&records, "good", Connection::Down));
    let error = statuses_of(&records, "bad").last().unwrap().error.clone().unwrap();
    assert_eq!(error, format!("web: {}/data: answered 500 Internal Server Error", bad.address));
}
