//! `?at=TIME` of a city with streets, through the gateway's own route: the slice is archived, with the
//! checkpoints of a picture as the processor makes them, and asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use archive::Topic;
use bytes::Bytes;
use events::LogRecord;
use gateway::{App, Options, Origin, RegionSetup};
use picture::Picture;
use stream::{Append, Checkpoint, EmbeddedLog, EmbeddedOptions, Log, Sink, topic};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::city::City;
use super::record::{archived, open};
use super::recorded::Recorded;
use super::{Folder, SLICE_S};
use crate::bench::process::folder;
use crate::bench::{BenchError, Figure};

/// Records that are appended to the log together.
const BATCH_RECORDS: usize = 1_024;
/// Moments that are asked for.
const MOMENTS: i64 = 60;
/// Distance of moments, milliseconds: each minute of the slice is asked for at another second.
const STEP_MS: i64 = 19_000;
/// A moment near one that was asked for is this much later.
const NEAR_MS: i64 = 1_000;
/// Pause between looks at what is archived.
const PAUSE: Duration = Duration::from_millis(20);

/// Answers of moments not asked for before, of the same again, and of moments near them.
pub(in crate::bench) fn as_of(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let slice = Recorded::new(&city, SLICE_S)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(BenchError::new)?;
    let folder = Folder(folder("replay-archive")?);
    let checkpoint_bytes = fill(&city, &slice, &folder, &runtime)?;
    each(Figure::known("as_of_checkpoint", checkpoint_bytes as f64 / 1e6, "MB"));
    let server = Server::new(&city, &slice, &folder, runtime)?;
    for layer in ["vehicles", "links"] {
        let (mut cold_ms, mut again_ms, mut near_ms) = (Vec::new(), Vec::new(), Vec::new());
        // Other moments for each layer: views are kept, whatever is asked of them.
        let shift_ms = if layer == "vehicles" { 0 } else { 7_000 };
        // From the last to the first: what comes after the last answer is made by going on from there.
        for moment in (0..MOMENTS).rev() {
            let at_ms = slice.start_ms() + 20_000 + shift_ms + moment * STEP_MS;
            cold_ms.push(server.ask(layer, at_ms)?);
            again_ms.push(server.ask(layer, at_ms)?);
            near_ms.push(server.ask(layer, at_ms + NEAR_MS)?);
        }
        let cases =
            [("cold", cold_ms, 2_000.0), ("again", again_ms, 300.0), ("near", near_ms, 300.0)];
        for (case, times_ms, target_ms) in cases {
            let name = format!("as_of_{layer}_{case}");
            each(Figure::known(format!("{name}_p50"), share(times_ms.clone(), 0.5), "ms"));
            let p99 = share(times_ms, 0.99);
            each(Figure::below(format!("{name}_p99"), p99, "ms", target_ms));
        }
    }
    Ok(())
}

fn share(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let at = (figures.len().saturating_sub(1) as f64 * share).ceil() as usize;
    figures.get(at).copied().unwrap_or(f64::NAN)
}

/// Archives the slice; gives the size of the last checkpoint.
fn fill(
    city: &City,
    slice: &Recorded,
    folder: &Folder,
    runtime: &Runtime,
) -> Result<usize, BenchError> {
    let log = EmbeddedLog::open(&folder.0.join("log"), EmbeddedOptions::default());
    let log: Arc<dyn Log> = log.map_err(BenchError::new)?;
    let archive = open(&folder.0)?;
    let region = city.config.id.to_string();
    let stop = CancellationToken::new();
    let recorder = archive::record(
        Arc::clone(&archive),
        Arc::clone(&log),
        Topic::Events,
        region.clone(),
        stop.clone(),
    );
    let recorder = runtime.spawn(recorder);
    let sink = runtime.block_on(log.sink(topic::EVENTS, &region)).map_err(BenchError::new)?;
    // What the options that ship say of how often.
    let every_ms = archive::ArchiveOptions::default().checkpoint_every_s as i64 * 1_000;
    let mut filling = Filling {
        picture: city.picture(true, log.epoch()),
        log: Arc::clone(&log),
        sink,
        checkpoints: folder.0.join(format!("archive/_checkpoints/region={region}")),
        region: region.clone(),
        batch: Vec::new(),
        next: 0,
        deltas: Vec::new(),
        due_ms: slice.start_ms() + 10_000,
        every_ms,
        bytes: 0,
    };
    let mut failed = None;
    let regions = std::slice::from_ref(&city.config);
    ingest::play_all(slice.reader()?, regions, |_, record| {
        if failed.is_none() {
            failed = runtime.block_on(filling.take(&record)).err();
        }
    })
    .map_err(BenchError::new)?;
    if let Some(error) = failed {
        return Err(error);
    }
    runtime.block_on(async {
        filling.append().await?;
        archived(&archive, &region, filling.next).await?;
        stop.cancel();
        recorder.await.map_err(BenchError::new)?.map_err(BenchError::new)?;
        log.close().await.map_err(BenchError::new)
    })?;
    Ok(filling.bytes)
}

/// What is written to the log, and the picture of it.
struct Filling {
    picture: Picture,
    log: Arc<dyn Log>,
    sink: Box<dyn Sink>,
    /// Folder of the archive's checkpoints.
    checkpoints: std::path::PathBuf,
    region: String,
    batch: Vec<Bytes>,
    next: u64,
    deltas: Vec<picture::Delta>,
    /// When the next checkpoint is due, by reception.
    due_ms: i64,
    every_ms: i64,
    bytes: usize,
}

impl Filling {
    async fn take(&mut self, record: &LogRecord) -> Result<(), BenchError> {
        let received_ms = match record {
            LogRecord::FeedStatus(status) => status.received_time_ms,
            _ => i64::MIN,
        };
        if received_ms >= self.due_ms {
            self.due_ms += self.every_ms;
            self.checkpoint().await?;
        }
        self.picture.apply(self.next, record, &mut self.deltas);
        self.deltas.clear();
        self.batch.push(record.encode().into());
        self.next += 1;
        if self.batch.len() == BATCH_RECORDS { self.append().await } else { Ok(()) }
    }

    async fn append(&mut self) -> Result<(), BenchError> {
        let records = std::mem::take(&mut self.batch);
        if records.is_empty() {
            return Ok(());
        }
        let append = Append { records, cursor: None };
        self.sink.append(append).await.map(drop).map_err(BenchError::new)
    }

    /// Saves the picture, and waits until the recorder has copied it.
    async fn checkpoint(&mut self) -> Result<(), BenchError> {
        self.append().await?;
        self.sink.flush().await.map_err(BenchError::new)?;
        let state = Bytes::from(self.picture.checkpoint());
        self.bytes = state.len();
        let before = self.count();
        let checkpoint = Checkpoint { events_next: self.next, picture_next: 0, state };
        let saved = self.log.save_checkpoint(&self.region, checkpoint).await;
        saved.map_err(BenchError::new)?;
        while self.count() == before {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn count(&self) -> usize {
        std::fs::read_dir(&self.checkpoints).map_or(0, Iterator::count)
    }
}

/// A server of the archive.
struct Server {
    address: String,
    region: String,
    runtime: Runtime,
    client: reqwest::Client,
    shutdown: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Server {
    fn new(
        city: &City,
        slice: &Recorded,
        folder: &Folder,
        runtime: Runtime,
    ) -> Result<Self, BenchError> {
        let options = Options { page_limit_max: gateway::PAGE_LIMIT_MAX, ..Options::default() };
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let setup = RegionSetup { region: city.config.region(), feeds: Vec::new() };
        let now_ms = slice.start_ms() + slice.seconds() as i64 * 1_000;
        let clock = Arc::new(move || now_ms);
        let app = App::new(options, Origin::Replay, vec![setup], recorder.handle(), clock);
        let app = app.map_err(BenchError::new)?;
        let setups = BTreeMap::from([(city.config.id.clone(), city.setup.clone())]);
        app.set_archive(open(&folder.0)?, setups);
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.map_err(BenchError::new)?;
        let address = listener.local_addr().map_err(BenchError::new)?.to_string();
        let shutdown = CancellationToken::new();
        runtime.spawn(gateway::serve(listener, app, shutdown.clone()));
        let client = reqwest::Client::builder().gzip(false).build().map_err(BenchError::new)?;
        let region = city.config.id.to_string();
        Ok(Self { address, region, runtime, client, shutdown })
    }

    /// Milliseconds until an answer is there to its last byte.
    fn ask(&self, layer: &str, at_ms: i64) -> Result<f64, BenchError> {
        let at = jiff::Timestamp::from_millisecond(at_ms).map_err(BenchError::new)?;
        let Self { address, region, .. } = self;
        let limit = gateway::PAGE_LIMIT_MAX;
        let url = format!("http://{address}/v1/regions/{region}/{layer}?limit={limit}&at={at}");
        self.runtime.block_on(async {
            let start = Instant::now();
            let answer = self.client.get(&url).send().await.map_err(BenchError::new)?;
            let status = answer.status();
            let body = answer.bytes().await.map_err(BenchError::new)?;
            let spent_ms = start.elapsed().as_secs_f64() * 1_000.0;
            if !status.is_success() {
                let body = String::from_utf8_lossy(&body).into_owned();
                return Err(BenchError(format!("{url}: {status} {body}")));
            }
            Ok(spent_ms)
        })
    }
}
