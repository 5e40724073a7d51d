//! `tilanne topics`: the topics of the log in Kafka.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Subcommand;
use stream::{
    Beginning, EmbeddedLog, EmbeddedOptions, KafkaLog, KafkaOptions, Log, Moved, apply_topics,
    begin_topics, move_history, regions_with_history,
};

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::config;
use crate::run::start_logging;

/// How long brokers may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to do with topics.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make what is missing, set what differs, give each region its partition. Safe to run again.
    Apply {
        #[command(flatten)]
        config: ConfigArguments,
        /// Change nothing; say what would be, and fail when that is something.
        #[arg(long)]
        check: bool,
    },
    /// Move the history of the embedded log in the data directory to Kafka: events, alerts, dead
    /// letters, records as received, and the newest checkpoints, with their offsets. Nothing may run
    /// meanwhile.
    Import(MoveArguments),
    /// Move the history in Kafka to an embedded log in the data directory. Nothing may run meanwhile.
    Export(MoveArguments),
}

/// What moving a history takes.
#[derive(clap::Args)]
pub(crate) struct MoveArguments {
    #[command(flatten)]
    config: ConfigArguments,
    /// Where the embedded log is, or is to be; before the file's `data_dir`.
    #[arg(long, env = "TILANNE_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Move although the log has regions that are not configured; they stay where they are.
    #[arg(long)]
    leave_unconfigured: bool,
}

pub(crate) fn topics(command: &Command) -> Result<ExitCode> {
    let config = match command {
        Command::Apply { config, .. } => config,
        Command::Import(arguments) | Command::Export(arguments) => &arguments.config,
    };
    let (main, regions) = config::for_topics(config)?;
    start_logging("warn")?;
    let kafka = main.kafka.with_context(|| {
        format!("{} has no table [kafka], so its log is embedded", config.config.display())
    })?;
    let regions: Vec<String> = regions.into_iter().map(|region| region.id.to_string()).collect();
    // Checkpoints may be in a store that is reached over TLS.
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Apply { check, .. } => apply(&kafka, &regions, *check).await,
            Command::Import(arguments) | Command::Export(arguments) => {
                let data_dir = arguments.data_dir.clone().unwrap_or(main.data_dir);
                let mut kafka = kafka;
                if kafka.checkpoint_s3.is_none() {
                    let folder = data_dir.join("checkpoints");
                    kafka.checkpoint_directory.get_or_insert(folder);
                }
                let moving = Moving {
                    is_import: matches!(command, Command::Import(_)),
                    may_leave: arguments.leave_unconfigured,
                    data_dir,
                    regions,
                };
                moving.run(kafka, main.log).await
            }
        }
    })
}

async fn apply(kafka: &KafkaOptions, regions: &[String], is_check: bool) -> Result<ExitCode> {
    let applied = apply_topics(kafka, regions, &new_epoch(), is_check).await?;
    for line in &applied.unchanged {
        println!("as it should be: {line}");
    }
    let verb = if is_check { "to do" } else { "done" };
    for line in &applied.changes {
        println!("{verb}: {line}");
    }
    let is_wrong = is_check && !applied.changes.is_empty();
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A history that is to move.
struct Moving {
    is_import: bool,
    /// Whether regions may stay behind that are not configured.
    may_leave: bool,
    data_dir: PathBuf,
    regions: Vec<String>,
}

impl Moving {
    async fn run(&self, kafka: KafkaOptions, options: EmbeddedOptions) -> Result<ExitCode> {
        let Self { is_import, data_dir, regions, .. } = self;
        let failed = || format!("data directory {}", data_dir.display());
        let (embedded, in_kafka) = if *is_import {
            // An empty log must not be made here, and then moved in place of the one that was meant.
            anyhow::ensure!(
                EmbeddedLog::is_in(data_dir),
                "{} has no log; name the data directory that has it with --data-dir",
                data_dir.display()
            );
            // What goes meanwhile would make it another log than the one that was begun to be moved.
            let options = options.without_retention();
            let embedded = EmbeddedLog::open(data_dir, options).with_context(failed)?;
            self.check_others(embedded.as_ref(), embedded.regions()).await?;
            let beginning = Beginning::of(embedded.as_ref(), regions).await?;
            begin_topics(&kafka, regions, &beginning).await?;
            (embedded, KafkaLog::connect(kafka, Some(PATIENCE)).await?)
        } else {
            let in_kafka = KafkaLog::connect(kafka, Some(PATIENCE)).await?;
            self.check_others(in_kafka.as_ref(), in_kafka.regions()).await?;
            let beginning = Beginning::of(in_kafka.as_ref(), regions).await?;
            std::fs::create_dir_all(data_dir).with_context(failed)?;
            (EmbeddedLog::begin(data_dir, options, &beginning).with_context(failed)?, in_kafka)
        };
        let (from, to): (&dyn Log, &dyn Log) =
            if *is_import { (&*embedded, &*in_kafka) } else { (&*in_kafka, &*embedded) };
        let mut bar = Bar::new("moving");
        let show = |Moved { records, total }: Moved| bar.show(records, total);
        let moved = move_history(from, to, regions, ingest::PLAYER_CURSOR, show).await?;
        bar.clear();
        to.close().await?;
        println!("{} records of {} regions moved", moved.records, regions.len());
        Ok(ExitCode::SUCCESS)
    }

    /// Names the regions of a log that would stay behind, before anything moves: what has begun without
    /// them does not take their offsets later.
    async fn check_others(&self, log: &dyn Log, mut all: Vec<String>) -> Result<()> {
        all.retain(|region| !self.regions.contains(region));
        let others = regions_with_history(log, all).await?.join(", ");
        if others.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(
            self.may_leave,
            "the log has regions that are not configured: {others}; nothing was moved. Put their \
             files into the folder of regions, or leave their history with --leave-unconfigured"
        );
        println!("not configured, so left where they are: {others}");
        Ok(())
    }
}

/// An identity that no other log has.
fn new_epoch() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}{:x}", since.as_nanos(), std::process::id())
}
