//! `tilanne topics`: the topics of the log in Kafka.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Subcommand;
use stream::apply_topics;

use crate::cli::ConfigArguments;
use crate::config;
use crate::run::start_logging;

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
}

pub(crate) fn topics(command: &Command) -> Result<ExitCode> {
    let Command::Apply { config, check } = command;
    let (main, regions) = config::for_topics(config)?;
    start_logging("warn")?;
    let kafka = main.kafka.with_context(|| {
        format!("{} has no table [kafka], so its log is embedded", config.config.display())
    })?;
    let regions: Vec<String> = regions.into_iter().map(|region| region.id.to_string()).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let applied = runtime.block_on(apply_topics(&kafka, &regions, &new_epoch(), *check))?;
    for line in &applied.unchanged {
        println!("as it should be: {line}");
    }
    let verb = if *check { "to do" } else { "done" };
    for line in &applied.changes {
        println!("{verb}: {line}");
    }
    let is_wrong = *check && !applied.changes.is_empty();
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// An identity that no other log has.
fn new_epoch() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}{:x}", since.as_nanos(), std::process::id())
}
