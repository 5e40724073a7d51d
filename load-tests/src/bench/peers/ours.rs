//! We ourselves: updates through the durable log and the processor until they are in the view that
//! is served, questions over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{LogRecord, Position, Text};
use gateway::{App, Options, Origin, RegionSetup};
use network::Region;
use picture::{FeedLimits, Setup};
use serde_json::Value;
use stream::{Append, EmbeddedLog, EmbeddedOptions, Log, Sink, topic};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::super::core::{FEED, REGION, START_MS, report};
use super::super::process::{folder, resident_bytes, runtime};
use super::{
    AREA, BATCH, BenchError, Figure, HITS, MEASURED, Measured, NEAREST, OBJECTS, box_of,
    check_hits, place, rate,
};

/// Batches that are on their way to the log at a time, as with several feeds.
const IN_FLIGHT: usize = 16;
const PATIENCE: Duration = Duration::from_mins(1);
/// What the peers know of an object: its id and place, as rows.
const PLACES: &str = "&format=csv&fields=id";

/// A processor and a gateway on a log of their own.
struct World {
    runtime: Runtime,
    sink: Arc<dyn Sink>,
    address: String,
    stop: CancellationToken,
    home: std::path::PathBuf,
    rounds: usize,
}

/// A client of the gateway.
struct Client {
    http: reqwest::Client,
    runtime: Runtime,
}

pub(super) fn measure(each: &mut dyn FnMut(Figure)) -> Result<Measured, BenchError> {
    let before = resident_bytes("self")?;
    let mut world = World::start()?;
    world.drive()?;
    let bytes = resident_bytes("self")?.saturating_sub(before);
    let start = Instant::now();
    let mut positions = 0;
    while start.elapsed() < MEASURED {
        world.drive()?;
        positions += OBJECTS;
    }
    let updates_s = positions as f64 / start.elapsed().as_secs_f64();

    let within = |shape: &'static str| {
        rate(Client::new, |client, number| {
            let [west, south, east, north] = box_of(number);
            let query = format!("bbox={west},{south},{east},{north}&limit={}{shape}", 10 * HITS);
            client.objects(&world.address, &query)
        })
    };
    let (boxes_s, hits) = within(PLACES)?;
    check_hits("ours", hits, HITS)?;
    let (whole_s, hits) = within("&format=ndjson")?;
    check_hits("ours", hits, HITS)?;
    each(Figure::known("ours_bbox_all_attributes", whole_s, "queries/s"));
    let (nearest_s, hits) = rate(Client::new, |client, number| {
        let [longitude_deg, latitude_deg] = place(number % OBJECTS, 0);
        let query = format!("near={longitude_deg},{latitude_deg}&k={NEAREST}{PLACES}");
        client.objects(&world.address, &query)
    })?;
    check_hits("ours", hits, NEAREST)?;
    let bytes_an_object = bytes as f64 / OBJECTS as f64;
    Ok(Measured { name: "ours", updates_s, boxes_s, nearest_s, bytes_an_object })
}

impl World {
    fn start() -> Result<Self, BenchError> {
        let home = folder("ours")?;
        let runtime = Runtime::new().map_err(BenchError::new)?;
        let stop = CancellationToken::new();
        let started = runtime.block_on(start(&home, &stop))?;
        let (sink, address) = started;
        Ok(Self { runtime, sink, address, stop, home, rounds: 0 })
    }

    /// A report of each vehicle; returns when the last is in the view.
    fn drive(&mut self) -> Result<(), BenchError> {
        let round = self.rounds;
        self.rounds += 1;
        let record = |object: usize| {
            let [longitude_deg, latitude_deg] = place(object, round);
            let mut event = report(object, Position { longitude_deg, latitude_deg });
            event.event_time_ms += 1_000 * round as i64;
            event.received_time_ms = event.event_time_ms;
            LogRecord::Event(event).encode().into()
        };
        let last = (OBJECTS * self.rounds - 1) as u64;
        let objects: Vec<usize> = (0..OBJECTS).collect();
        self.runtime.block_on(async {
            let mut on_their_way = tokio::task::JoinSet::new();
            for batch in objects.chunks(BATCH) {
                let records = batch.iter().map(|&object| record(object)).collect();
                let sink = Arc::clone(&self.sink);
                if on_their_way.len() == IN_FLIGHT {
                    appended(on_their_way.join_next().await)?;
                }
                on_their_way
                    .spawn(async move { sink.append(Append { records, cursor: None }).await });
            }
            while let Some(ended) = on_their_way.join_next().await {
                appended(Some(ended))?;
            }
            self.seen(last).await
        })
    }

    async fn seen(&self, last: u64) -> Result<(), BenchError> {
        let url = format!("http://{}/v1/regions", self.address);
        let start = Instant::now();
        loop {
            let answer = reqwest::get(&url).await.map_err(BenchError::new)?;
            let answer = answer.text().await.map_err(BenchError::new)?;
            let answer: Value = serde_json::from_str(&answer).map_err(BenchError::new)?;
            let sequence = &answer["regions"][0]["sequence"];
            if sequence.as_u64() >= Some(last) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(BenchError(format!("the view stays at {sequence}")));
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn appended<T, E: std::fmt::Display>(
    ended: Option<Result<Result<T, E>, tokio::task::JoinError>>,
) -> Result<(), BenchError> {
    match ended {
        Some(Ok(Ok(_))) | None => Ok(()),
        Some(Ok(Err(error))) => Err(BenchError::new(error)),
        Some(Err(error)) => Err(BenchError::new(error)),
    }
}

async fn start(
    home: &std::path::Path,
    stop: &CancellationToken,
) -> Result<(Arc<dyn Sink>, String), BenchError> {
    let log = EmbeddedLog::open(home, EmbeddedOptions::default()).map_err(BenchError::new)?;
    let log: Arc<dyn Log> = log;
    let sink = log.sink(topic::EVENTS, REGION).await.map_err(BenchError::new)?;
    let limits = BTreeMap::from([(Text::from(FEED), FeedLimits::default())]);
    let setup = Setup::from(limits);
    let region = processor::RegionConfig { region: REGION.into(), setup: setup.clone() };
    let options = processor::ProcessorOptions::default();
    tokio::spawn(processor::run_region(Arc::clone(&log), region, options, stop.clone()));

    let region = Region { id: REGION.into(), name: "Bench".into(), bbox: AREA, cities: Vec::new() };
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let regions = vec![RegionSetup { region, feeds: Vec::new() }];
    let clock = Arc::new(|| START_MS);
    let app = App::new(Options::default(), Origin::Replay, regions, recorder.handle(), clock);
    let app = app.map_err(BenchError::new)?;
    let live = app.region(REGION).ok_or_else(|| BenchError::new("the region is not served"))?;
    tokio::spawn(gateway::follow(log, Arc::clone(live), setup, stop.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(BenchError::new)?;
    let address = listener.local_addr().map_err(BenchError::new)?.to_string();
    tokio::spawn(gateway::serve(listener, app, stop.clone()));
    Ok((sink.into(), address))
}

impl Client {
    fn new() -> Result<Self, BenchError> {
        let http = reqwest::Client::builder().gzip(false).build().map_err(BenchError::new)?;
        Ok(Self { http, runtime: runtime()? })
    }

    /// Objects of an answer.
    fn objects(&self, address: &str, query: &str) -> Result<usize, BenchError> {
        let url = format!("http://{address}/v1/regions/{REGION}/vehicles?{query}");
        let answer = self.runtime.block_on(async {
            let answer = self.http.get(url).send().await?.error_for_status()?;
            answer.bytes().await
        });
        let answer = answer.map_err(BenchError::new)?;
        // A line an object, as the peers' clients get a row; that of the names is none.
        let lines = String::from_utf8_lossy(&answer).matches('\n').count();
        Ok(lines - usize::from(answer.starts_with(b"id,")))
    }
}
