//! Events that are followed: headers in Kafka, and spans of all processes at a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use events::{
    Body, Event, JourneyPhase, LogRecord, Position, Provenance, VehicleEventKind, VehiclePosition,
    Verdicts,
};
use picture::Setup;
use processor::{ProcessorOptions, RegionConfig, run_region};
use prost::Message as _;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use stream::{Append, KafkaOptions, Passage, TraceContext, Tracer, topic};
use tokio_util::sync::CancellationToken;

use super::broker;
use super::roles::World;
use crate::logs::Backend;
use crate::system::process::wait_for;

const REGION: &str = "helsinki";
/// Changes that a followed event may take to come back out of the picture's log.
const PATIENCE: Duration = Duration::from_secs(30);

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn event(number: i64) -> LogRecord {
    let event_time_ms = now_ms() - 1_000 + number;
    LogRecord::Event(Event {
        feed: "bus".into(),
        region: REGION.into(),
        entity: format!("{number}").into(),
        event_time_ms,
        received_time_ms: event_time_ms + 100,
        verdicts: Verdicts::default(),
        provenance: Provenance::default(),
        body: Body::VehiclePosition(VehiclePosition {
            kind: VehicleEventKind::Position,
            phase: JourneyPhase::Ongoing,
            position: Some(Position::new(60.2, 24.9).unwrap()),
            ..VehiclePosition::default()
        }),
    })
}

/// Headers of a topic's first records, as text by name, as any client of Kafka reads them.
fn headers(options: &KafkaOptions, topic: &str, count: usize) -> Vec<BTreeMap<String, String>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &options.bootstrap_servers)
        .set("group.id", "nobody")
        .create()
        .unwrap();
    let mut assignment = rdkafka::TopicPartitionList::new();
    let name = options.topic(topic);
    assignment.add_partition_offset(&name, 0, rdkafka::Offset::Beginning).unwrap();
    consumer.assign(&assignment).unwrap();
    let records = (0..count).map(|_| {
        let message = consumer.poll(PATIENCE).expect("a record comes").unwrap();
        let headers = message.headers().unwrap().iter();
        let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
        headers.map(|header| (header.key.to_owned(), text(header.value))).collect()
    });
    records.collect()
}

fn trace(headers: &BTreeMap<String, String>) -> Option<TraceContext> {
    let header = headers.get("traceparent")?;
    let context = TraceContext::parse(header.as_bytes());
    assert!(context.is_some(), "{header} is no traceparent");
    assert_eq!(context.unwrap().to_string(), *header);
    context
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_followed_event_has_the_headers_of_its_trace() {
    const EVENTS: usize = 6;
    let started_ms = now_ms();
    let backend = Backend::kafka(&[REGION]);
    let log = Passage::around(backend.open().await, Arc::new(now_ms), Tracer::new(3, None));
    let (config, options) = (
        RegionConfig { region: REGION.into(), setup: Setup::default() },
        ProcessorOptions::default(),
    );
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(run_region(Arc::clone(&log), config, options, shutdown.clone()));
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    let records = (0..EVENTS).map(|number| event(number as i64).encode().into()).collect();
    sink.append(Append { records, cursor: None }).await.unwrap();

    let mut source = log.source(topic::PICTURE, REGION, 0).await.unwrap();
    let mut changes = Vec::new();
    while changes.len() < EVENTS {
        let records = tokio::time::timeout(PATIENCE, source.next(100)).await.unwrap().unwrap();
        changes.extend(records.iter().map(|record| source.passed(record.offset)));
    }
    shutdown.cancel();
    running.await.unwrap().unwrap();

    let Backend::Kafka { options, .. } = &backend else { unreachable!() };
    let options = options.clone();
    let read = move || {
        let of = |topic| headers(&options, topic, EVENTS);
        (of(topic::EVENTS), of(topic::PICTURE))
    };
    let (events, deltas) = tokio::task::spawn_blocking(read).await.unwrap();
    let followed = |records: &[BTreeMap<_, _>]| records.iter().map(trace).collect::<Vec<_>>();
    let (begun, applied) = (followed(&events), followed(&deltas));
    let is_followed = |steps: &[Option<TraceContext>]| -> Vec<bool> {
        steps.iter().map(Option::is_some).collect()
    };
    // One in three, from the first on.
    assert_eq!(is_followed(&begun), [true, false, false, true, false, false]);
    assert_eq!(is_followed(&applied), is_followed(&begun));
    for (first, next) in begun.iter().zip(&applied) {
        let (Some(first), Some(next)) = (first, next) else { continue };
        assert_eq!(first.trace_id, next.trace_id);
        assert_ne!(first.span_id, next.span_id);
    }
    assert_ne!(begun[0].unwrap().trace_id, begun[3].unwrap().trace_id);
    for (headers, passed) in deltas.iter().zip(&changes) {
        assert_eq!(headers["schema"], "tilanne.v1.Delta");
        let logged_ms: i64 = headers["event-appended-ms"].parse().unwrap();
        assert_eq!(passed.event_appended_ms, Some(logged_ms));
        let applied_ms = passed.appended_ms.unwrap();
        assert!(started_ms <= logged_ms && logged_ms <= applied_ms && applied_ms <= now_ms());
    }
    let told: Vec<_> = changes.iter().map(|passed| passed.trace).collect();
    assert_eq!(told, applied);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_followed_unless_it_is_asked_for() {
    let backend = Backend::kafka(&[REGION]);
    let log = Passage::around(backend.open().await, Arc::new(now_ms), Tracer::new(0, None));
    let sink = log.sink(topic::EVENTS, REGION).await.unwrap();
    let records = (0..3).map(|number| event(number).encode().into()).collect();
    sink.append(Append { records, cursor: None }).await.unwrap();
    let Backend::Kafka { options, .. } = &backend else { unreachable!() };
    let options = options.clone();
    let read = move || headers(&options, topic::EVENTS, 3);
    for headers in tokio::task::spawn_blocking(read).await.unwrap() {
        assert_eq!(headers.keys().collect::<Vec<_>>(), ["schema"]);
    }
}

/// What a collector is sent, as far as this test reads it.
#[derive(Clone, PartialEq, prost::Message)]
struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ResourceSpans {
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector on a port of its own, in a thread of its own.
fn collector() -> (SocketAddr, Spans) {
    let spans = Spans::default();
    let taken = Arc::clone(&spans);
    let (told, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let take = move |body: Bytes| async move {
                let request = ExportRequest::decode(body).unwrap();
                let scopes = request.resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
                taken.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
            };
            let router = Router::new().route("/v1/traces", post(take));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    (address.recv().unwrap(), spans)
}

/// The spans of a trace that all three processes took part in, first to last.
fn whole_trace(spans: &[Span]) -> Option<[Span; 3]> {
    let named = |name: &'static str| spans.iter().filter(move |span| span.name == name);
    named("show").find_map(|show| {
        let is_parent = |parent: &Span, child: &Span| {
            parent.trace_id == child.trace_id && parent.id == child.parent_id
        };
        let apply = named("apply").find(|apply| is_parent(apply, show))?;
        let log = named("log").find(|log| is_parent(log, apply))?;
        Some([log.clone(), apply.clone(), show.clone()])
    })
}

#[test]
fn a_collector_gets_one_trace_through_three_processes() {
    let (address, spans) = collector();
    let world = World::new(broker::shared(), &broker::prefix(), 4.0);
    let config = std::fs::read_to_string(&world.config).unwrap();
    let traces = format!("[traces]\none_in = 20\notlp_url = \"http://{address}\"\n[kafka]");
    std::fs::write(&world.config, config.replace("[kafka]", &traces)).unwrap();
    world.apply();
    let parts = ["serve-1", "process-1", "ingest-1"].map(|name| world.start(name));
    let trace = wait_for("a trace", || whole_trace(&spans.lock().unwrap()));
    let [log, apply, show] = &trace;
    assert!(log.parent_id.is_empty(), "{log:?}");
    assert_eq!(log.trace_id.len(), 16);
    assert!(trace.iter().all(|span| span.start_time_unix_nano <= span.end_time_unix_nano));
    assert!(apply.start_time_unix_nano <= show.end_time_unix_nano);
    for part in parts {
        part.stop();
    }
    let all = spans.lock().unwrap();
    let ids: BTreeSet<_> = all.iter().map(|span| &span.id).collect();
    assert_eq!(ids.len(), all.len(), "no span has the id of another");
}
