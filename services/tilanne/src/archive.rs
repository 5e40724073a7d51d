//! `tilanne archive`: what is archived, and its upkeep.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ::archive::{Archive, Topic, Upkeep, Usage};
use anyhow::{Context, Result};
use clap::Subcommand;
use ingest::{Clock, SystemClock};
use stream::recording::Writer;

use crate::cli::ConfigArguments;
use crate::config;

/// Bytes of a mebibyte.
const MEBIBYTE: f64 = 1_048_576.0;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List files and bytes by region, day and kind.
    List(Arguments),
    /// Write what was received in a region, as it was received, as a recording: to decode or to play
    /// again.
    Recording(RecordingArguments),
    /// Merge the files of days that are over and remove what is no longer kept, as `run` does every
    /// ten minutes; not while it runs.
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

/// What to put into a recording.
#[derive(clap::Args)]
pub(crate) struct RecordingArguments {
    /// Region.
    #[arg(long)]
    region: String,
    /// Received at this time or later (RFC 3339).
    #[arg(long)]
    from: Option<jiff::Timestamp>,
    /// Received before this time.
    #[arg(long)]
    to: Option<jiff::Timestamp>,
    /// File to write.
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    arguments: Arguments,
}

/// Does what the command says.
pub(crate) fn archive(command: &Command) -> Result<ExitCode> {
    let arguments = match command {
        Command::List(arguments) | Command::Upkeep(arguments) => arguments,
        Command::Recording(recording) => &recording.arguments,
    };
    let options = config::archive(&arguments.config, arguments.data_dir.as_deref())?;
    let options = options.context("the configuration has no [archive]: nothing is archived")?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS provider is installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let archive = Archive::open(options)?;
        match command {
            Command::List(_) => {}
            Command::Upkeep(_) => {
                let done = archive.upkeep(SystemClock.now_ms()).await?;
                let Upkeep { merged, thinned, removed, failed, .. } = done;
                eprintln!("{merged} files merged, {thinned} thinned, {removed} removed");
                let stay = failed.join("\n");
                anyhow::ensure!(failed.is_empty(), "files that stay as they are:\n{stay}");
            }
            Command::Recording(recording) => return write(&archive, recording).await,
        }
        print(&archive.usage().await?, arguments.json)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a recording, all logs that were kept one after another.
async fn write(archive: &Arc<Archive>, recording: &RecordingArguments) -> Result<()> {
    let RecordingArguments { region, from, to, output, .. } = recording;
    let from_ms = from.map_or(i64::MIN, jiff::Timestamp::as_millisecond);
    let to_ms = to.map_or(i64::MAX, jiff::Timestamp::as_millisecond);
    let spans = archive.spans(region, Topic::Raw).await?;
    let mut epochs: Vec<&str> = spans.iter().map(|span| span.epoch.as_str()).collect();
    epochs.dedup();
    anyhow::ensure!(
        !epochs.is_empty(),
        "nothing of region {region} is archived as it was received; it is where archive.raw is true"
    );
    let named = || output.display().to_string();
    let file = std::fs::File::create(output).with_context(named)?;
    let mut writer = Writer::new(std::io::BufWriter::new(file)).with_context(named)?;
    let mut count = 0_u64;
    for epoch in epochs {
        let mut records = archive.raw_records(region, epoch).await?;
        while let Some((_, record)) = records.next().await? {
            if (from_ms..to_ms).contains(&record.received_time_ms) {
                writer.write(&record).with_context(named)?;
                count += 1;
            }
        }
    }
    writer.finish().with_context(named)?;
    eprintln!("{count} records in {}", output.display());
    Ok(())
}

fn print(usage: &[Usage], json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(usage)?);
        return Ok(());
    }
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    println!("{:<12} {:<10} {:<22} {:>6} {:>12}", "region", "day", "kind", "files", "MiB");
    for Usage { region, day, kind, every_s, files, bytes, .. } in usage {
        let mebibytes = *bytes as f64 / MEBIBYTE;
        let thinned = match every_s {
            0 => String::new(),
            every_s => format!("  one row in {every_s} s"),
        };
        println!("{region:<12} {day:<10} {kind:<22} {files:>6} {mebibytes:>12.3}{thinned}");
        *sums.entry(kind).or_default() += bytes;
    }
    for (kind, bytes) in sums {
        let mebibytes = bytes as f64 / MEBIBYTE;
        println!("{:<12} {:<10} {kind:<22} {:>6} {mebibytes:>12.3}", "all", "", "");
    }
    Ok(())
}
