//! Processes of the real binary on the broker, with topics that no other run has, and what they say of
//! themselves.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde_json::Value;
use stream::{Append, KafkaLog, KafkaOptions, Log, Sink, topic};

use super::broker::{Broker, lasting, write};
use super::load::{self, region, region_file};
use crate::bench::BenchError;
use crate::bench::process::{Started, address, cpu_of, process_cpu};

/// How often the gateway is asked how far it is: seldom enough to take nothing from what is measured.
const POLL: Duration = Duration::from_millis(20);
/// Patience with anything that should come.
const PATIENCE: Duration = Duration::from_mins(2);
const REQUEST_PATIENCE: Duration = Duration::from_secs(20);
/// What the binary takes from its surroundings.
const VARIABLES: [&str; 6] = ["CONFIG", "DATA_DIR", "INSTANCE", "LISTEN", "LOG", "NETWORKS"];

/// Topics, a configuration, and a folder for processes.
pub(super) struct System {
    home: PathBuf,
    config: PathBuf,
    regions: usize,
    options: KafkaOptions,
    http: reqwest::Client,
    started: AtomicUsize,
}

/// A process; it is killed when this is dropped.
pub(super) struct Part {
    process: Started,
    /// `host:port` of its HTTP.
    pub(super) address: String,
}

/// Who does the work; the bench itself stands for ingest.
pub(super) const ROLES: [&str; 4] = ["ingest", "process", "serve", "broker"];

/// Processor time so far of [`ROLES`].
pub(super) struct Spent([Duration; 4]);

impl System {
    /// Makes the topics and the configuration of so many regions; `keys` are more of Kafka, `tables`
    /// of the main file.
    pub(super) async fn make(
        broker: &Broker,
        regions: usize,
        keys: &str,
        tables: &str,
    ) -> Result<Self, BenchError> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("run-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let home = broker.folder(&name)?;
        let files = broker.folder(&format!("{name}/regions"))?;
        let ids: Vec<String> = (0..regions).map(region).collect();
        for (number, id) in ids.iter().enumerate() {
            write(&files.join(format!("{id}.toml")), &region_file(number))?;
        }
        let kafka = format!(
            "bootstrap_servers = '{}'\ntopic_prefix = '{name}.'\n\
             checkpoint_directory = '{}'\n{keys}\n",
            broker.address,
            home.join("checkpoints").display()
        );
        let main = format!("regions = 'regions'\ndata_dir = 'data'\n{tables}[kafka]\n{kafka}");
        let config = home.join("tilanne.toml");
        write(&config, &main)?;
        let options: KafkaOptions = toml::from_str(&kafka).map_err(BenchError::new)?;
        let applied = stream::apply_topics(&options, &ids, &name, false).await;
        applied.map_err(BenchError::new)?;
        let http = reqwest::Client::builder().timeout(REQUEST_PATIENCE).build();
        let http = http.map_err(BenchError::new)?;
        Ok(Self { home, config, regions, options, http, started: AtomicUsize::new(0) })
    }

    /// Starts `tilanne` in a role, and waits until it has Kafka and listens.
    pub(super) fn start(&self, role: &str, arguments: &[&str]) -> Result<Part, BenchError> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let data = self.home.join(format!("{role}-{number}"));
        let log = data.with_extension("log");
        let this = std::env::current_exe().map_err(BenchError::new)?;
        let mut command = lasting(this.with_file_name("tilanne"));
        command.args([role, "--listen", "127.0.0.1:0", "--log-level", "warn", "--config"]);
        command.arg(&self.config).arg("--data-dir").arg(&data).args(arguments);
        for variable in VARIABLES {
            command.env_remove(format!("TILANNE_{variable}"));
        }
        let errors = File::create(&log).map_err(BenchError::new)?;
        command.stdout(Stdio::piped()).stderr(errors);
        let mut process = Started::new(&mut command, None)?;
        let address = address(&mut process).map_err(|error| said(&error, &log))?;
        Ok(Part { process, address })
    }

    /// Opens `events` of all regions, and waits until each is processed and shown.
    pub(super) async fn open(&self, gateway: &Part) -> Result<Vec<Arc<dyn Sink>>, BenchError> {
        let log = KafkaLog::connect(self.options.clone(), Some(PATIENCE)).await;
        let log = log.map_err(BenchError::new)?;
        let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
        for number in 0..self.regions {
            let sink = log.sink(topic::EVENTS, &region(number)).await.map_err(BenchError::new)?;
            sinks.push(sink.into());
        }
        self.pass(gateway, &sinks).await?;
        Ok(sinks)
    }

    /// Appends a mark to each region and waits until the gateway shows all of them, with all that was
    /// appended before.
    pub(super) async fn pass(
        &self,
        gateway: &Part,
        sinks: &[Arc<dyn Sink>],
    ) -> Result<(), BenchError> {
        let append = |sink: &Arc<dyn Sink>| {
            let (sink, records) = (Arc::clone(sink), vec![load::mark()]);
            async move { sink.append(Append { records, cursor: None }).await }
        };
        let marks = try_join_all(sinks.iter().map(append)).await.map_err(BenchError::new)?;
        let start = Instant::now();
        loop {
            let shown = self.sequences(gateway).await?;
            let is_shown = |(number, mark): (usize, &u64)| shown.get(&region(number)) >= Some(mark);
            if marks.iter().enumerate().all(is_shown) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                let home = self.home.display();
                return Err(BenchError(format!("{home}: {shown:?} are shown of {marks:?}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Sequences that the gateway shows, by region. Of all regions at once, since an answer about one
    /// hashes its picture.
    async fn sequences(&self, gateway: &Part) -> Result<BTreeMap<String, u64>, BenchError> {
        let answer = self.text(gateway, "/v1/regions").await?;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        let regions = answer["regions"].as_array().map_or(&[][..], Vec::as_slice);
        let sequence = |region: &Value| {
            Some((region["id"].as_str()?.to_owned(), region["sequence"].as_u64()?))
        };
        Ok(regions.iter().filter_map(sequence).collect())
    }

    /// Changes that a process has written so far. One that stands by writes none.
    pub(super) async fn written(&self, part: &Part) -> Result<f64, BenchError> {
        let metrics = self.text(part, "/metrics").await?;
        let own = metrics.lines().filter(|line| line.starts_with("tilanne_processor_deltas_total"));
        let counts = own.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(counts.sum())
    }

    async fn text(&self, part: &Part, path: &str) -> Result<String, BenchError> {
        let url = format!("http://{}{path}", part.address);
        let answer = self.http.get(url).send().await.map_err(BenchError::new)?;
        answer.text().await.map_err(BenchError::new)
    }

    /// Bytes on the disk of a topic of this run.
    pub(super) fn bytes(&self, broker: &Broker, topic: &str) -> Result<u64, BenchError> {
        broker.bytes(&self.options.topic(topic))
    }
}

/// An error with what the process had said.
fn said(error: &BenchError, log: &Path) -> BenchError {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    BenchError(format!("{error}: {text}"))
}

impl Part {
    /// Ends it at once, as a crash would.
    pub(super) fn kill(mut self) -> Result<(), BenchError> {
        self.process.child.kill().map_err(BenchError::new)
    }

    fn cpu(&self) -> Result<Duration, BenchError> {
        cpu_of(self.process.child.id())
    }
}

impl Spent {
    pub(super) fn so_far(
        process: &Part,
        serve: &Part,
        broker: &Broker,
    ) -> Result<Self, BenchError> {
        Ok(Self([process_cpu()?, process.cpu()?, serve.cpu()?, broker.cpu()?]))
    }

    /// Microseconds an event from then to now.
    pub(super) fn us_per_event(&self, now: &Self, events: usize) -> [f64; 4] {
        std::array::from_fn(|role| {
            let spent = now.0[role].saturating_sub(self.0[role]);
            spent.as_secs_f64() * 1e6 / events as f64
        })
    }
}
