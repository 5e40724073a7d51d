//! `tilanne run`: the whole system in one process; `ingest`, `process` and `serve`: a part of it, on the
//! log in Kafka.
//!
//! Started from the log outwards and stopped from the feeds inwards, so that nothing that was
//! received is left behind: ingest ends and has everything in the log, then the processors save a
//! checkpoint while the gateway lets its clients go, then the log closes. What a processor has not
//! applied yet is in the log and is applied at the next start.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ::archive::Archive;
use anyhow::{Context, Result};
use events::Text;
use gateway::{App, FeedLabel, Origin, RegionSetup};
use ingest::{Clock, PlayerClock, PlayerOptions, RegionConfig, Speed, SystemClock};
use picture::Setup;
use replay::{Host, HostSetup};
use stream::Passage;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli::RunArguments;
use crate::config::{self, Config, Loaded, ReplayOrigin};
use crate::parts::{Backend, Parts, Recording, flatten, ingest};
use crate::{fingerprint, recorder, setups, traces};

/// Source of the demo's data.
const SIMULATED: &str = "simulated by Tilanne";
/// How long the parts get to end in good order before the process ends anyway.
pub(crate) const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles {
    pub(crate) ingest: bool,
    pub(crate) process: bool,
    pub(crate) serve: bool,
}

impl Roles {
    pub(crate) const ALL: Self = Self { ingest: true, process: true, serve: true };
    pub(crate) const INGEST: Self = Self { ingest: true, process: false, serve: false };
    pub(crate) const PROCESS: Self = Self { ingest: false, process: true, serve: false };
    pub(crate) const SERVE: Self = Self { ingest: false, process: false, serve: true };
}

/// Runs until the process is told to stop.
pub(crate) fn run(arguments: &RunArguments, roles: Roles) -> Result<ExitCode> {
    let mut loaded = config::load(&arguments.config)?;
    overrule(&mut loaded.config, arguments);
    start_logging(&loaded.config.log_level)?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(loaded, roles))?;
    Ok(ExitCode::SUCCESS)
}

/// Flags and environment go before the file.
fn overrule(config: &mut Config, arguments: &RunArguments) {
    if let Some(data_dir) = &arguments.data_dir {
        config.data_dir.clone_from(data_dir);
    }
    if let Some(listen) = arguments.listen {
        config.gateway.listen = listen;
    }
    if let Some(log_level) = &arguments.log_level {
        config.log_level.clone_from(log_level);
    }
    if let Some(kafka) = &mut config.kafka {
        kafka.instance = arguments.instance.clone().or(kafka.instance.take());
        kafka.standby |= arguments.standby;
    }
    if let Some(file) = &arguments.replay {
        // As if it happened now: with its own times all of it would look stale.
        config.replay = Some(PlayerOptions {
            file: file.clone(),
            speed: Speed::default(),
            looped: false,
            clock: PlayerClock::Present,
        });
        config.origin = ReplayOrigin::Replay;
    }
}

pub(crate) fn start_logging(log_level: &str) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(log_level).with_context(|| {
        format!("log_level {log_level:?} is no filter such as info,ingest=debug")
    })?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    Ok(())
}

async fn serve(loaded: Loaded, roles: Roles) -> Result<()> {
    let Loaded { config, regions, setups, factors } = loaded;
    let data_dir = &config.data_dir;
    std::fs::create_dir_all(data_dir).with_context(|| data_dir.display().to_string())?;
    let listen = config.gateway.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("address {listen}"))?;
    let address = listener.local_addr()?;
    let metrics = recorder::install()?;
    let (tracer, exporting) = traces::start(&config.traces)?;
    let mut backend = tokio::select! {
        backend = Backend::open(&config, roles) => backend?,
        told = told_to_stop() => return told,
    };
    let clock = Arc::new(|| SystemClock.now_ms());
    backend.log = Passage::around(Arc::clone(&backend.log), clock, tracer);
    let log = Arc::clone(&backend.log);
    // Who does not serve pictures answers for his own health and metrics only.
    let shown = if roles.serve { regions.as_slice() } else { &[] };
    let app = app_with(&config, shown, &setups, metrics.clone())?;
    let archive = config.archive.clone().map(|archive| config::placed(archive, data_dir));
    let archive = archive.map(Archive::open).transpose().context("archive")?;

    let stop = Stop::default();
    let mut parts = Parts::default();
    parts.metrics(metrics.clone(), &stop.gateway);
    if let Some(exporting) = exporting {
        parts.traces(exporting, &stop.gateway);
    }
    if let Some(archive) = archive.as_ref().filter(|_| roles.serve) {
        past(&app, archive, &config, &regions, &setups, metrics)?;
    }
    if roles.process {
        let fingerprints = fingerprint::all(&regions, &setups, factors.as_ref());
        parts.recording = archive.map(Recording::new).transpose()?;
        parts.processors(&backend, &setups, fingerprints, &config, &stop.processors);
        parts.upkeep(&stop.processors);
    }
    if roles.serve {
        parts.views(&log, &setups, &app, &stop.gateway);
    }
    parts.tasks.spawn({
        let stop = stop.gateway.clone();
        async move {
            gateway::serve(listener, app, stop).await;
            Ok(())
        }
    });
    let ingest = ingest(backend, regions, config, roles, stop.ingest.clone());
    let mut ingest = tokio::spawn(ingest);
    println!("Tilanne is at http://{address}/");

    let mut ingest_ended = false;
    let result = loop {
        tokio::select! {
            result = told_to_stop() => break result,
            Some(ended) = parts.tasks.join_next() => break flatten(ended).and_then(|()| {
                Err(anyhow::anyhow!("a part of the system ended by itself"))
            }),
            ended = &mut ingest, if !ingest_ended => {
                ingest_ended = true;
                // A recording that was played to its end is no reason to stop showing it.
                if let Err(error) = flatten(ended) {
                    break Err(error);
                }
            }
        }
    };
    if let Err(error) = &result {
        tracing::error!("stopping: {error:#}");
    }
    stop.ingest.cancel();
    if !ingest_ended && tokio::time::timeout(SHUTDOWN_PATIENCE, ingest).await.is_err() {
        tracing::warn!("feeds did not end in time");
    }
    parts.end(&stop).await;
    log.close().await?;
    result
}

/// Tells the parts to stop: ingest first, then the others.
#[derive(Default)]
pub(crate) struct Stop {
    pub(crate) ingest: CancellationToken,
    pub(crate) processors: CancellationToken,
    pub(crate) gateway: CancellationToken,
}

/// Lets the gateway answer for the past.
fn past(
    app: &Arc<App>,
    archive: &Arc<Archive>,
    config: &Config,
    regions: &[RegionConfig],
    setups: &BTreeMap<Text, Setup>,
    metrics: gateway::MetricsHandle,
) -> Result<()> {
    app.set_archive(Arc::clone(archive), setups.clone());
    let exports = config.data_dir.join("exports");
    app.set_exports(&exports).with_context(|| exports.display().to_string())?;
    let options = config.replays.clone();
    if options.replays_max == 0 {
        return Ok(());
    }
    // What is replayed is of the same feeds, and as real as they are.
    let shown = shown(regions, setups, origin(config));
    let setup_of = |one: RegionSetup| {
        let setup = setups.get(&one.region.id).cloned().unwrap_or_default();
        (one, setup)
    };
    app.set_replays(Host::start(HostSetup {
        options,
        gateway: config.gateway.clone(),
        regions: shown.into_iter().map(setup_of).collect(),
        archive: Arc::clone(archive),
        setups_if: setups::setups_if(regions.to_vec(), config.emission.clone()),
        metrics,
    }));
    Ok(())
}

fn origin(config: &Config) -> Origin {
    match (&config.replay, config.origin) {
        (None, _) => Origin::Live,
        (Some(_), ReplayOrigin::Demo) => Origin::Demo,
        (Some(_), ReplayOrigin::Replay) => Origin::Replay,
    }
}

/// The gateway's state with a configuration.
pub(crate) fn app_with(
    config: &Config,
    regions: &[RegionConfig],
    setups: &BTreeMap<Text, Setup>,
    metrics: gateway::MetricsHandle,
) -> Result<Arc<App>> {
    let origin = origin(config);
    let shown = shown(regions, setups, origin);
    let clock = Arc::new(|| SystemClock.now_ms());
    let app = App::new(config.gateway.clone(), origin, shown, metrics, clock)?;
    app.set_streets(setups);
    Ok(app)
}

/// What the gateway says of the regions.
pub(crate) fn shown(
    regions: &[RegionConfig],
    setups: &BTreeMap<Text, Setup>,
    origin: Origin,
) -> Vec<RegionSetup> {
    let regions = regions.iter().map(|region| {
        let mut feeds: Vec<FeedLabel> =
            region.feeds.iter().map(|feed| label(feed, origin)).collect();
        let streets = setups.get(&region.id).and_then(|setup| setup.streets.as_ref());
        let source = streets.map_or("", |streets| streets.network().source());
        // The page shows each attribution of the feeds once, and streets have no feed of their own.
        let first = feeds.first().map(|feed| feed.attribution.clone());
        for feed in feeds.iter_mut().filter(|_| !source.is_empty()) {
            if Some(&feed.attribution) == first.as_ref() {
                feed.attribution = format!("{} · {source}", feed.attribution);
            }
        }
        RegionSetup { region: region.region(), feeds }
    });
    regions.collect()
}

fn label(feed: &ingest::FeedConfig, origin: Origin) -> FeedLabel {
    let title = if feed.title.is_empty() { feed.name.to_string() } else { feed.title.clone() };
    // The publishers are not to be thanked, or blamed, for what our simulator made.
    let attribution =
        if origin == Origin::Demo { SIMULATED.to_owned() } else { feed.attribution.clone() };
    FeedLabel { id: feed.name.clone(), title, attribution }
}

/// Waits for Ctrl-C or the service manager's signal.
pub(crate) async fn told_to_stop() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    Ok(())
}
