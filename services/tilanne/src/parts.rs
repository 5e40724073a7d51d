//! The parts of a running system: the log, processors, recorders, views and feeds, as tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::archive::{Archive, Background, Topic};
use anyhow::{Context, Result};
use events::Text;
use gateway::App;
use ingest::{Clock, RegionConfig, SystemClock};
use picture::Setup;
use stream::{EmbeddedLog, KafkaLog, Log};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::assigned;
use crate::config::Config;
use crate::orders::Orders;
use crate::run::{Roles, SHUTDOWN_PATIENCE, Stop};
use crate::traces::Exporting;

/// Pause before a view that lost its log is started again.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);
/// What a standby of ingest keeps beyond twice the session.
const HOLD_MARGIN: Duration = Duration::from_secs(5);
/// How often histograms are tidied.
const METRICS_EVERY: Duration = Duration::from_secs(5);
/// Groups of processes that share the regions, after the prefix of the topics.
const INGEST: &str = "ingest";
const PROCESSORS: &str = "processors";

/// The log, and Kafka where it is there.
pub(crate) struct Backend {
    pub(crate) log: Arc<dyn Log>,
    kafka: Option<Arc<KafkaLog>>,
}

impl Backend {
    pub(crate) async fn open(config: &Config, roles: Roles) -> Result<Self> {
        let data_dir = &config.data_dir;
        if let Some(options) = &config.kafka {
            let mut options = options.clone();
            if options.checkpoint_s3.is_none() {
                if options.checkpoint_directory.is_none() && roles != Roles::ALL {
                    tracing::warn!(
                        "checkpoints are in this process's own data directory: name a folder that all \
                         processes see with kafka.checkpoint_directory, or kafka.checkpoint_s3"
                    );
                }
                options.checkpoint_directory.get_or_insert_with(|| data_dir.join("checkpoints"));
            }
            let kafka = KafkaLog::connect(options, None).await?;
            let log: Arc<dyn Log> = Arc::<KafkaLog>::clone(&kafka);
            return Ok(Self { log, kafka: Some(kafka) });
        }
        anyhow::ensure!(
            roles == Roles::ALL,
            "parts of the system share a log in Kafka: add a table [kafka] to the configuration, or \
             use `tilanne run`"
        );
        let log = EmbeddedLog::open(data_dir, config.log.clone())
            .with_context(|| format!("data directory {}", data_dir.display()))?;
        Ok(Self { log, kafka: None })
    }
}

/// What writes the archive: its store, and threads that give way to all else.
#[derive(Clone)]
pub(crate) struct Recording {
    archive: Arc<Archive>,
    threads: Arc<Background>,
}

impl Recording {
    pub(crate) fn new(archive: Arc<Archive>) -> Result<Self> {
        let threads = Background::new().context("threads of the archive")?;
        Ok(Self { archive, threads: Arc::new(threads) })
    }
}

/// Running tasks.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) tasks: JoinSet<Result<()>>,
    /// Where processors are recorded.
    pub(crate) recording: Option<Recording>,
}

impl Parts {
    /// Processors, with recorders of what they read and write. `fingerprints` tell processors of other
    /// versions and configurations apart, where several share the regions.
    pub(crate) fn processors(
        &mut self,
        backend: &Backend,
        setups: &BTreeMap<Text, Setup>,
        fingerprints: BTreeMap<Text, String>,
        config: &Config,
        stop: &CancellationToken,
    ) {
        let options = config.processor;
        let region_of = |id: &Text, setup: &Setup| processor::RegionConfig {
            region: id.clone(),
            setup: setup.clone(),
        };
        let Some(kafka) = backend.kafka.clone() else {
            for (id, setup) in setups {
                if let Some(recording) = &self.recording {
                    recorders(&mut self.tasks, &backend.log, recording, id, stop);
                }
                let log = Arc::clone(&backend.log);
                let run = processor::run_region(log, region_of(id, setup), options, stop.clone());
                let id = id.clone();
                self.tasks.spawn(async move { run.await.with_context(|| format!("region {id}")) });
            }
            return;
        };
        let (log, setups) = (Arc::clone(&backend.log), setups.clone());
        let recording = self.recording.clone();
        let standby = config.kafka.as_ref().is_some_and(|kafka| kafka.standby);
        let stop = stop.clone();
        self.tasks.spawn(async move {
            let work = |id: Text, orders: Orders| {
                let setup = setups.get(&id).cloned().unwrap_or_default();
                let beside = {
                    let (log, recording, id) = (Arc::clone(&log), recording.clone(), id.clone());
                    move |stop: &CancellationToken| {
                        let mut tasks = JoinSet::new();
                        if let Some(recording) = &recording {
                            recorders(&mut tasks, &log, recording, &id, stop);
                        }
                        tasks
                    }
                };
                let region = region_of(&id, &setup);
                let log = Arc::clone(&log);
                tokio::spawn(assigned::process(log, region, options, standby, beside, orders))
            };
            let regions = setups.keys().cloned();
            assigned::share(&kafka, PROCESSORS, regions, &fingerprints, stop, work).await
        });
    }

    pub(crate) fn views(
        &mut self,
        log: &Arc<dyn Log>,
        setups: &BTreeMap<Text, Setup>,
        app: &Arc<App>,
        stop: &CancellationToken,
    ) {
        for (id, setup) in setups {
            let Some(live) = app.region(id).cloned() else { continue };
            let log = Arc::clone(log);
            let setup = setup.clone();
            let stop = stop.clone();
            self.tasks.spawn(async move {
                while !stop.is_cancelled() {
                    let follow = gateway::follow(
                        Arc::clone(&log),
                        Arc::clone(&live),
                        setup.clone(),
                        stop.clone(),
                    );
                    if let Err(error) = follow.await {
                        tracing::error!(%error, "view stopped, starting it again");
                        tokio::time::sleep(FOLLOW_PAUSE).await;
                    }
                }
                Ok(())
            });
        }
    }

    /// Takes in what histograms were told, which else waits, and grows, until somebody asks for metrics.
    pub(crate) fn metrics(&mut self, metrics: gateway::MetricsHandle, stop: &CancellationToken) {
        let stop = stop.clone();
        self.tasks.spawn(async move {
            let mut ticks = tokio::time::interval(METRICS_EVERY);
            while stop.run_until_cancelled(ticks.tick()).await.is_some() {
                metrics.run_upkeep();
            }
            Ok(())
        });
    }

    /// Exports the spans of what is followed.
    pub(crate) fn traces(&mut self, exporting: Exporting, stop: &CancellationToken) {
        let run = exporting.run(stop.clone());
        self.tasks.spawn(async move {
            run.await;
            Ok(())
        });
    }

    /// Merges small files of the archive and removes what its rules no longer keep.
    pub(crate) fn upkeep(&mut self, stop: &CancellationToken) {
        let Some(recording) = &self.recording else { return };
        let archive = Arc::clone(&recording.archive);
        let upkeep = ::archive::upkeep(archive, || SystemClock.now_ms(), stop.clone());
        let run = async move {
            upkeep.await;
            Ok(())
        };
        self.tasks.spawn_on(run, recording.threads.handle());
    }

    /// Ends the processors and the gateway.
    pub(crate) async fn end(mut self, stop: &Stop) {
        stop.processors.cancel();
        stop.gateway.cancel();
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = flatten(ended) {
                    tracing::error!("while stopping: {error:#}");
                }
            }
        };
        if tokio::time::timeout(SHUTDOWN_PATIENCE, all).await.is_err() {
            tracing::warn!("not everything ended in time");
        }
    }
}

/// Recorders of what the archive wants of a region.
fn recorders(
    tasks: &mut JoinSet<Result<()>>,
    log: &Arc<dyn Log>,
    recording: &Recording,
    region: &Text,
    stop: &CancellationToken,
) {
    let Recording { archive, threads } = recording;
    let options = archive.options();
    let wanted =
        [(Topic::Events, true), (Topic::Picture, options.streets), (Topic::Raw, options.raw)];
    for (topic, _) in wanted.into_iter().filter(|(_, is_wanted)| *is_wanted) {
        let (archive, log) = (Arc::clone(archive), Arc::clone(log));
        let (region, stop) = (region.to_string(), stop.clone());
        let run = async move {
            while !stop.is_cancelled() {
                let (archive, log) = (Arc::clone(&archive), Arc::clone(&log));
                let record = ::archive::record(archive, log, topic, region.clone(), stop.clone());
                if let Err(error) = record.await {
                    tracing::error!(%error, "recorder stopped, starting it again");
                    tokio::time::sleep(FOLLOW_PAUSE).await;
                }
            }
            Ok(())
        };
        tasks.spawn_on(run, threads.handle());
    }
}

/// Reads the feeds, or plays the recording, of a process that does that.
pub(crate) async fn ingest(
    backend: Backend,
    regions: Vec<RegionConfig>,
    config: Config,
    roles: Roles,
    stop: CancellationToken,
) -> Result<()> {
    let Backend { log, kafka } = backend;
    if !roles.ingest {
        return Ok(());
    }
    let clock = Arc::new(SystemClock);
    if let Some(replay) = config.replay {
        return Ok(ingest::play(log, &regions, &replay, clock, stop).await?);
    }
    let Some(kafka) = kafka else {
        return Ok(ingest::run_feeds(log, &regions, clock, stop).await?);
    };
    let options = config.kafka.unwrap_or_default();
    // Longer than another process is missed, and than it then takes to hear of it.
    let session = Duration::from_millis(options.session_timeout_ms.into());
    let keep = options.standby.then_some(2 * session + HOLD_MARGIN);
    let ids: Vec<Text> = regions.iter().map(|region| region.id.clone()).collect();
    let work = |id: Text, orders: Orders| {
        let region = regions.iter().find(|region| region.id == id).cloned();
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let region = region.context("the region is not configured")?;
            assigned::ingest(log, region, keep, orders).await
        })
    };
    assigned::share(&kafka, INGEST, ids.into_iter(), &BTreeMap::new(), stop, work).await
}

pub(crate) fn flatten<E>(ended: Result<Result<(), E>, tokio::task::JoinError>) -> Result<()>
where
    anyhow::Error: From<E>,
{
    Ok(ended??)
}
