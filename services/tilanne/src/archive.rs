//! `tilanne archive`: what is archived, and its upkeep.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use ::archive::{Archive, Usage};
use anyhow::{Context, Result};
use clap::Subcommand;
use ingest::{Clock, SystemClock};

use crate::cli::ConfigArguments;
use crate::config;

/// Bytes of a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List files and bytes by region, day and kind.
    List(Arguments),
    /// Merge the files of days that are over and remove what is no longer kept, now.
    Upkeep(Arguments),
}

/// What both take.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Where the log and the checkpoints are kept, with the archive unless it is elsewhere.
    #[arg(long, env = "TILANNE_DATA_DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Does what the command says.
pub(crate) fn archive(command: &Command) -> Result<ExitCode> {
    let (Command::List(arguments) | Command::Upkeep(arguments)) = command;
    let options = config::archive(&arguments.config, arguments.data_dir.as_deref())?;
    let options = options.context("the configuration has no [archive]: nothing is archived")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let archive = Archive::open(options)?;
        if matches!(command, Command::Upkeep(_)) {
            let done = archive.upkeep(SystemClock.now_ms()).await?;
            eprintln!("{} files merged, {} removed", done.merged, done.removed);
        }
        print(&archive.usage().await?, arguments.json)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print(usage: &[Usage], json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(usage)?);
        return Ok(());
    }
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    println!("{:<12} {:<10} {:<22} {:>6} {:>12}", "region", "day", "kind", "files", "MiB");
    for Usage { region, day, kind, files, bytes, .. } in usage {
        let mebibytes = *bytes as f64 / MEBIBYTE;
        println!("{region:<12} {day:<10} {kind:<22} {files:>6} {mebibytes:>12.3}");
        *sums.entry(kind).or_default() += bytes;
    }
    for (kind, bytes) in sums {
        let mebibytes = bytes as f64 / MEBIBYTE;
        println!("{:<12} {:<10} {kind:<22} {:>6} {mebibytes:>12.3}", "all", "", "");
    }
    Ok(())
}
