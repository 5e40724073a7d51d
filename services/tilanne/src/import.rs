//! `tilanne import`: what others have recorded becomes a recording of ours, which `tilanne replay`
//! and `tilanne run --replay` play.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use ingest::import::{self, Importing, Setup};
use jiff::tz::TimeZone;
use stream::recording::Writer;

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::config;

/// Records between two looks at the progress.
const RECORDS_PER_LOOK: u64 = 1_024;

/// What `import` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Kind of the files: dump (MQTT messages, one a line), message (one a file, or a zip of them),
    /// table (CSV, Parquet), lamraw (passages at Digitraffic's detectors), sumo (floating cars, induction
    /// loops).
    #[arg(long = "as", value_name = "KIND")]
    kind: String,
    /// Configured feed that the records are to be of; rows of tables want one of `tilanne_json`.
    #[arg(long)]
    feed: String,
    /// Recording to write; a file that is there is not replaced.
    #[arg(long, short)]
    output: PathBuf,
    /// Time zone of local times in the files; the region's without it.
    #[arg(long)]
    time_zone: Option<String>,
    /// When what does not say so was received, or when a simulation began, RFC 3339.
    #[arg(long)]
    start: Option<jiff::Timestamp>,
    /// What the columns of a table mean (TOML).
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[command(flatten)]
    config: ConfigArguments,
    /// Files, and folders with all that is in them; `.gz` is unpacked.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Imports, and says what came of it.
pub(crate) fn import(arguments: &Arguments) -> Result<ExitCode> {
    let reader = import::reader(&arguments.kind)?;
    let bytes_read = Arc::new(AtomicU64::new(0));
    let setup = setup(arguments, Arc::clone(&bytes_read))?;
    let files = files(&arguments.files)?;
    let sizes = files.iter().map(|file| std::fs::metadata(file).map_or(0, |file| file.len()));
    let bytes: u64 = sizes.sum();
    if arguments.output.exists() {
        bail!("{}: it is there already; name another file", arguments.output.display());
    }
    let mut importing = Importing::new(reader, &files, setup)?;
    // It has looked at the beginning of each file.
    bytes_read.store(0, Ordering::Relaxed);

    // A half-written recording never has the name of a whole one.
    let part = arguments.output.with_added_extension("part");
    let output = File::create(&part).with_context(|| part.display().to_string())?;
    let mut writer = Writer::new(BufWriter::new(output))?;
    let (start, mut bar) = (Instant::now(), Bar::new("importing"));
    let rate = |records: u64| records as f64 / start.elapsed().as_secs_f64().max(1e-3);
    let mut records = 0_u64;
    for record in importing.by_ref() {
        writer.write(&record?)?;
        records += 1;
        if records.is_multiple_of(RECORDS_PER_LOOK) {
            let done = bytes_read.load(Ordering::Relaxed);
            bar.show_with(done, bytes, || format!("{:.0} records/s", rate(records)));
        }
    }
    bar.clear();
    let output = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    output.sync_all()?;
    std::fs::rename(&part, &arguments.output)?;

    let imported = importing.imported();
    eprintln!(
        "{}: {records} records of {} files, {:.0} records/s",
        arguments.output.display(),
        imported.files.1,
        rate(records)
    );
    for reason in &imported.reasons {
        eprintln!("left out: {reason}");
    }
    if imported.left_out > imported.reasons.len() as u64 {
        eprintln!("left out: {} rows in all", imported.left_out);
    }
    for broken in &imported.broken {
        eprintln!("broken: {broken}");
    }
    let is_whole = imported.broken.is_empty() && records > 0;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn setup(arguments: &Arguments, bytes_read: Arc<AtomicU64>) -> Result<Setup> {
    let regions = config::region_files(&arguments.config.config)?;
    let feeds = || regions.iter().flat_map(|region| &region.feeds);
    let of = |name: &str| {
        let region = regions.iter().find(|region| region.feeds.iter().any(|f| f.name == name))?;
        Some((region, region.feeds.iter().find(|feed| feed.name == name)?))
    };
    let Some((region, feed)) = of(&arguments.feed) else {
        let names: Vec<&str> = feeds().map(|feed| feed.name.as_str()).collect();
        bail!("--feed: there is no feed {:?} but {}", arguments.feed, names.join(", "));
    };
    let time_zone = arguments.time_zone.as_ref().unwrap_or(&region.time_zone);
    let time_zone = TimeZone::get(time_zone).with_context(|| format!("--time-zone {time_zone}"))?;
    let mapping = match &arguments.mapping {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| path.display().to_string())?;
            Some(import::mapping(&text).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let (feed, region) = (feed.clone(), region.clone());
    let (start, parquet) = (arguments.start, Some(::archive::foreign_rows as import::OpenParquet));
    Ok(Setup { feed, region, time_zone, start, mapping, parquet, bytes_read })
}

/// The files, and those in the folders, in the order of their names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let mut found = Vec::new();
            walk(path, &mut found)?;
            found.sort_unstable();
            files.append(&mut found);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!("there is no file in {}", named[0].display());
    }
    Ok(files)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        if path.is_dir() {
            walk(&path, found)?;
        } else if !is_hidden {
            found.push(path);
        }
    }
    Ok(())
}
