//! `tilanne replay`: an archived day, or recordings, through the live code at any speed.
//!
//! The same input and version give the same hashes on any machine and at any speed: every change and
//! the final picture go into a hash for each region.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use ::archive::{Archive, Topic};
use ::replay::{Input, Lane, Order, Replay, SavedState, Start, Status};
use anyhow::{Context, Result, bail, ensure};
use events::Text;
use gateway::{App, Origin, RegionSetup, ReplayState, ReplayedRegion};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use picture::Setup;
use serde::Serialize;
use stream::Speed;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::config::{self, Loaded};
use crate::{run, setups};

/// Lines of standard input that wait.
const LINES_MAX: usize = 16;
/// What can be said on standard input.
const ORDERS: &str = "pause, play, speed TIMES|max, seek TIME, step [SECONDS], loop on|off, end";

/// What `replay` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A day of the archive (of UTC, by reception, such as 2026-11-26), or recordings, which are
    /// merged by time.
    #[arg(required = true, value_name = "DAY|FILE")]
    what: Vec<String>,
    /// Region; all without it.
    #[arg(long = "region")]
    regions: Vec<String>,
    /// First moment to show (RFC 3339); the picture is as it was then.
    #[arg(long)]
    from: Option<Timestamp>,
    /// Last moment.
    #[arg(long)]
    to: Option<Timestamp>,
    /// Times real time, or max; max unless it is shown.
    #[arg(long)]
    speed: Option<Speed>,
    /// At the end from the beginning again.
    #[arg(long = "loop")]
    looped: bool,
    /// Stand at the first moment until told to play.
    #[arg(long)]
    paused: bool,
    /// What is to be otherwise (TOML: tables `regions.ID`, `feeds.NAME`, `emission`): the result is of
    /// that.
    #[arg(long, conflicts_with = "state")]
    what_if: Option<PathBuf>,
    /// Table of what differs from how it was, over the time that was played (CSV).
    #[arg(long, requires = "what_if")]
    differences: Option<PathBuf>,
    /// Show it: page, API and stream at this address, in the replay's time. Standard input takes
    /// orders, one a line.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// File that keeps progress: the same command goes on there after a kill.
    #[arg(long)]
    state: Option<PathBuf>,
    /// So often progress is kept, s.
    #[arg(long, default_value_t = 10.0, requires = "state")]
    state_every: f64,
    /// Print the hashes of picture, changes and indicators.
    #[arg(long)]
    hash: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Where the log is kept, with the archive unless it is elsewhere.
    #[arg(long, env = "TILANNE_DATA_DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArguments,
}

/// What came of all.
#[derive(Serialize)]
struct Report {
    picture: String,
    deltas: String,
    indicators: String,
    records: u64,
    /// Time that the records are of, s.
    replayed_s: f64,
    regions: Vec<ReplayedRegion>,
}

/// Replays, and prints what came of it.
pub(crate) fn replay(arguments: &Arguments) -> Result<ExitCode> {
    let loaded = config::load(&arguments.config)?;
    run::start_logging(match (arguments.listen, arguments.regions.as_slice()) {
        (Some(_), _) => "info",
        (None, []) => "warn",
        // The feeds of the other regions are left out because they were not asked for.
        (None, _) => "warn,ingest::player=error",
    })?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(play(arguments, loaded))?;
    // What still reads ahead is of no use.
    runtime.shutdown_background();
    match report {
        Some((report, start)) => print(arguments, &report, start)?,
        None => eprintln!("ended before its end"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn play(arguments: &Arguments, loaded: Loaded) -> Result<Option<(Report, Instant)>> {
    let state_every = Duration::try_from_secs_f64(arguments.state_every)
        .with_context(|| format!("--state-every {}", arguments.state_every))?;
    let input = input(arguments, &loaded).await?;
    let is_shown = arguments.listen.is_some();
    let usual = if is_shown { Speed::default() } else { Speed::Max };
    let saved = arguments.state.as_ref().map(|path| {
        let of = stands_for(&input, &loaded);
        SavedState::new(path, of.to_hex().as_str(), state_every)
    });
    let start = Start {
        speed: arguments.speed.unwrap_or(usual),
        looped: arguments.looped,
        paused: arguments.paused,
        saved,
        compared: arguments.what_if.as_ref().map(|_| Arc::default()),
    };
    let time_ms = Arc::new(AtomicI64::new(0));
    let stop = CancellationToken::new();
    let what_if = arguments.what_if.as_deref().map(|path| otherwise(path, &loaded)).transpose()?;
    let show = Show::new(&loaded, &input, &time_ms)?;
    let mut pictures = Vec::new();
    if let Some(setups) = what_if {
        let (after, before) = (show.app(&setups)?, show.app(&loaded.setups)?);
        after.set_baseline(Arc::clone(&before));
        pictures.push(Lane { setups, app: Some(after) });
        pictures.push(Lane { setups: loaded.setups.clone(), app: Some(before) });
    } else {
        let app = is_shown.then(|| show.app(&loaded.setups)).transpose()?;
        pictures.push(Lane { setups: loaded.setups.clone(), app });
    }
    if let (Some(listen), Some(app)) =
        (arguments.listen, pictures.first().and_then(|l| l.app.as_ref()))
    {
        serve(listen, app, &stop).await?;
    }
    let began = Instant::now();
    let compared = start.compared.clone();
    let replay = Replay::start(input, pictures, start, time_ms)?;
    let mut status = replay.watch();
    let mut lines =
        if is_shown || std::io::stdin().is_terminal() { Some(read_lines()) } else { None };
    let mut bar = Bar::new("replaying");
    let mut told_to_stop = std::pin::pin!(run::told_to_stop());
    loop {
        tokio::select! {
            line = next_line(&mut lines) => match line {
                Some(line) => match order(&line) {
                    Ok(None) => break,
                    Ok(Some(order)) => {
                        replay.order(order).await;
                        say(&replay.status());
                    }
                    Err(error) => eprintln!("{error:#}; there are: {ORDERS}"),
                },
                // Whoever gave orders has gone; it plays on.
                None => lines = None,
            },
            changed = status.changed() => {
                changed.context("the replay has ended by itself")?;
                let now = status.borrow_and_update().clone();
                progress(&mut bar, &now);
                match now.state {
                    ReplayState::Failed if !is_shown => {
                        bar.clear();
                        bail!("{}", now.error.unwrap_or_default());
                    }
                    ReplayState::Ended if !is_shown => break,
                    _ => {}
                }
            }
            result = &mut told_to_stop => {
                result?;
                break;
            }
        }
    }
    bar.clear();
    stop.cancel();
    if let Some((path, compared)) = arguments.differences.as_ref().zip(compared) {
        let named = || path.display().to_string();
        let file = std::fs::File::create(path).with_context(named)?;
        let compared = compared.lock().unwrap_or_else(PoisonError::into_inner);
        compared.write(std::io::BufWriter::new(file)).with_context(named)?;
    }
    let status = replay.status();
    let is_ended = status.state == ReplayState::Ended && !status.result.is_empty();
    Ok(is_ended.then(|| (report(status), began)))
}

/// Another input, configuration or program is another replay. Large files are told apart by their
/// sizes and times.
fn stands_for(input: &Input, loaded: &Loaded) -> blake3::Hash {
    let mut files: Vec<PathBuf> = std::env::current_exe().into_iter().collect();
    if let Input::Recorded { files: recordings, .. } = input {
        files.extend(recordings.iter().cloned());
    }
    for region in &loaded.regions {
        files.extend(region.network.iter().cloned());
        files.extend(region.areas.iter().map(|area| area.file.clone()));
    }
    let factors = loaded.config.emission.iter().flat_map(std::fs::read_dir).flatten().flatten();
    files.extend(factors.map(|entry| entry.path()));
    files.sort();
    let mut said = format!("{input:?} {:?}", loaded.regions);
    for path in files {
        let known = std::fs::metadata(&path).map(|file| (file.len(), file.modified().ok())).ok();
        let _ = write!(said, " {} {known:?}", path.display());
    }
    blake3::hash(said.as_bytes())
}

/// What is to be replayed.
async fn input(arguments: &Arguments, loaded: &Loaded) -> Result<Input> {
    let names: Vec<Text> = loaded.regions.iter().map(|region| region.id.clone()).collect();
    for region in &arguments.regions {
        ensure!(
            names.iter().any(|name| name == region),
            "--region: there is no region {region:?} but {}",
            names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
        );
    }
    let is_wanted =
        |id: &Text| arguments.regions.is_empty() || arguments.regions.iter().any(|one| id == one);
    let (from_ms, to_ms) = (
        arguments.from.map(Timestamp::as_millisecond),
        arguments.to.map(Timestamp::as_millisecond),
    );
    if let (Some(from_ms), Some(to_ms)) = (from_ms, to_ms) {
        ensure!(from_ms < to_ms, "--to: it must be after --from");
    }
    let day = match arguments.what.as_slice() {
        [one] if !std::path::Path::new(one).exists() => one.parse::<Date>().ok(),
        _ => None,
    };
    let Some(day) = day else {
        let files = arguments.what.iter().map(PathBuf::from).collect();
        let regions = loaded.regions.iter().filter(|region| is_wanted(&region.id)).cloned();
        return Ok(Input::Recorded { files, regions: regions.collect(), from_ms, to_ms });
    };
    let config = &loaded.config;
    let archive = config.archive.clone().context("the configuration has no [archive]")?;
    let data_dir = arguments.data_dir.as_ref().unwrap_or(&config.data_dir);
    let archive = Archive::open(config::placed(archive, data_dir))?;
    let (first_ms, last_ms) = day_ms(day)?;
    let mut regions = Vec::new();
    let (mut archived_from_ms, mut archived_to_ms) = (i64::MAX, i64::MIN);
    for region in names.into_iter().filter(is_wanted) {
        let spans = archive.spans(&region, Topic::Events).await?;
        let of_day = spans.iter().filter(|span| span.from_ms <= last_ms && span.to_ms >= first_ms);
        let Some((from_ms, to_ms)) = of_day
            .map(|span| (span.from_ms, span.to_ms))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        else {
            eprintln!("nothing of {region} is archived on {day}");
            continue;
        };
        archived_from_ms = archived_from_ms.min(from_ms);
        archived_to_ms = archived_to_ms.max(to_ms);
        regions.push(region);
    }
    ensure!(
        !regions.is_empty(),
        "nothing is archived on {day}; `tilanne archive list` says what is"
    );
    // From before the first record, so that it counts too.
    let from_ms = from_ms.unwrap_or(first_ms).max(archived_from_ms - 1);
    let to_ms = to_ms.unwrap_or(last_ms).min(archived_to_ms);
    ensure!(from_ms < to_ms, "nothing is archived between --from and --to");
    Ok(Input::Archived { archive, regions, from_ms, to_ms })
}

/// First and last millisecond of a day of UTC.
fn day_ms(day: Date) -> Result<(i64, i64)> {
    let at = |day: Date| Ok::<_, jiff::Error>(day.to_zoned(TimeZone::UTC)?.timestamp());
    let next = at(day.checked_add(1.day())?)?.as_millisecond();
    Ok((at(day)?.as_millisecond(), next - 1))
}

/// What the pictures must know where something is otherwise.
fn otherwise(path: &Path, loaded: &Loaded) -> Result<BTreeMap<Text, Setup>> {
    let named = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(named)?;
    let what_if = toml::from_str(&text).with_context(named)?;
    let setups_if = setups::setups_if(loaded.regions.clone(), loaded.config.emission.clone());
    setups_if(&what_if).map_err(anyhow::Error::msg).with_context(named)
}

/// What pictures of a replay are shown with.
struct Show<'a> {
    loaded: &'a Loaded,
    regions: Vec<RegionSetup>,
    archive: Option<Arc<Archive>>,
    metrics: gateway::MetricsHandle,
    time_ms: Arc<AtomicI64>,
}

impl<'a> Show<'a> {
    fn new(loaded: &'a Loaded, input: &Input, time_ms: &Arc<AtomicI64>) -> Result<Self> {
        let wanted = input.regions();
        let regions = loaded.regions.iter().filter(|region| wanted.contains(&region.id));
        let regions: Vec<_> = regions.cloned().collect();
        let archive = match input {
            Input::Archived { archive, .. } => Some(Arc::clone(archive)),
            Input::Recorded { .. } => None,
        };
        Ok(Self {
            loaded,
            regions: run::shown(&regions, &loaded.setups, Origin::Replay),
            archive,
            metrics: metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?,
            time_ms: Arc::clone(time_ms),
        })
    }

    fn app(&self, setups: &BTreeMap<Text, Setup>) -> Result<Arc<App>> {
        let clock = Arc::clone(&self.time_ms);
        let clock = Arc::new(move || clock.load(Ordering::Relaxed));
        let options = self.loaded.config.gateway.clone();
        let (regions, metrics) = (self.regions.clone(), self.metrics.clone());
        let app = App::new(options, Origin::Replay, regions, metrics, clock)?;
        app.set_without_log();
        app.set_streets(setups);
        if let Some(archive) = &self.archive {
            app.set_archive(Arc::clone(archive), setups.clone());
        }
        Ok(app)
    }
}

/// Serves a replay until it is told to stop.
async fn serve(listen: SocketAddr, app: &Arc<App>, stop: &CancellationToken) -> Result<()> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("address {listen}"))?;
    println!("The replay is at http://{}/", listener.local_addr()?);
    tokio::spawn(gateway::serve(listener, Arc::clone(app), stop.clone()));
    Ok(())
}

/// Lines of standard input, read by a thread of their own: nothing can interrupt it.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(LINES_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn next_line(lines: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

/// What a line asks for; none: to end.
fn order(line: &str) -> Result<Option<Order>> {
    let mut words = line.split_whitespace();
    let (Some(word), argument) = (words.next(), words.next()) else {
        bail!("an empty line is no order");
    };
    ensure!(words.next().is_none(), "{line:?} has too many words");
    let order = match (word, argument) {
        ("pause", None) => Order { paused: Some(true), ..Order::default() },
        ("play", None) => Order { paused: Some(false), ..Order::default() },
        ("speed", Some(speed)) => {
            let speed = speed.parse().with_context(|| format!("{line:?}"))?;
            Order { speed: Some(speed), ..Order::default() }
        }
        ("seek", Some(time)) => {
            let time: Timestamp = time.parse().with_context(|| format!("{line:?}"))?;
            Order { seek_ms: Some(time.as_millisecond()), ..Order::default() }
        }
        ("step", seconds) => {
            let seconds: f64 =
                seconds.unwrap_or("1").parse().with_context(|| format!("{line:?}"))?;
            ensure!(seconds > 0.0, "{line:?}: a step goes on, so it must be more than 0");
            Order { step_ms: Some((seconds * 1_000.0) as i64), ..Order::default() }
        }
        ("loop", Some("on")) => Order { looped: Some(true), ..Order::default() },
        ("loop", Some("off")) => Order { looped: Some(false), ..Order::default() },
        ("end", None) => return Ok(None),
        _ => bail!("{line:?} is no order"),
    };
    Ok(Some(order))
}

fn say(status: &Status) {
    let time = Timestamp::from_millisecond(status.time_ms).unwrap_or_default();
    let state = match status.state {
        ReplayState::Reaching => "on its way to",
        ReplayState::Playing => "plays at",
        ReplayState::Paused => "stands at",
        ReplayState::Ended => "has ended at",
        ReplayState::Failed => "cannot go on at",
    };
    println!("{state} {time}, {} times", status.speed);
}

fn progress(bar: &mut Bar, status: &Status) {
    let (Some(from_ms), Some(to_ms)) = (status.from_ms, status.to_ms) else { return };
    let done = |to_ms: i64| u64::try_from(to_ms - from_ms).unwrap_or(0);
    bar.show(done(status.time_ms), done(to_ms));
}

fn report(status: Status) -> Report {
    let all = |hash: fn(&ReplayedRegion) -> &str| {
        let mut hasher = blake3::Hasher::new();
        for region in &status.result {
            hasher.update(hash(region).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    };
    let from_ms = status.from_ms.unwrap_or(status.time_ms);
    Report {
        picture: all(|region| &region.picture_hash),
        deltas: all(|region| &region.deltas_hash),
        indicators: all(|region| &region.indicators_hash),
        records: status.records,
        replayed_s: (status.time_ms - from_ms) as f64 / 1_000.0,
        regions: status.result,
    }
}

fn print(arguments: &Arguments, report: &Report, start: Instant) -> Result<()> {
    if arguments.json {
        println!("{}", serde_json::to_string(report)?);
        return Ok(());
    }
    for region in &report.regions {
        println!("{}: {} objects, {} deltas", region.region, region.objects, region.deltas);
        if arguments.hash {
            println!("  picture    {}", region.picture_hash);
            println!("  deltas     {}", region.deltas_hash);
            println!("  indicators {}", region.indicators_hash);
        }
    }
    if arguments.hash {
        println!("picture    {}", report.picture);
        println!("deltas     {}", report.deltas);
        println!("indicators {}", report.indicators);
    }
    let seconds = start.elapsed().as_secs_f64();
    let (rate, times) = (report.records as f64 / seconds, report.replayed_s / seconds);
    eprintln!(
        "{} log records of {:.0} s in {seconds:.1} s: {rate:.0} a second, {times:.0} times real time",
        report.records, report.replayed_s
    );
    Ok(())
}
