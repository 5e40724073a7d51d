//! `tilanne import`: what others have recorded becomes a recording of ours, which `tilanne replay`
//! and `tilanne run --replay` play.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use events::RawRecord;
use ingest::import::{self, Importing, Setup};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use stream::recording::Writer;

use crate::bar::Bar;
use crate::cli::ConfigArguments;
use crate::config;

/// Records between two looks at the progress.
const RECORDS_PER_LOOK: u64 = 1_024;

/// What `import` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Kind of the files: dump (MQTT messages, one a line), `hfp_csv` (HFP as its publisher archives
    /// it), message (one a file, or a zip of them), table (CSV, Parquet), lamraw (passages at Digitraffic's
    /// detectors), sumo (floating cars, induction loops).
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
    /// So often it is kept how far the import is, s: the same command goes on there after an
    /// interruption.
    #[arg(long, default_value_t = 5.0)]
    keep_every: f64,
    #[command(flatten)]
    config: ConfigArguments,
    /// Files, and folders with all that is in them; `.gz` and `.zst` are unpacked.
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

    let Arguments { kind, feed, time_zone, start, mapping, keep_every, .. } = arguments;
    let of = format!("{kind} {feed} {time_zone:?} {start:?} {mapping:?} {:?}", with_sizes(&files)?);
    let keep_every = Duration::try_from_secs_f64(*keep_every)
        .with_context(|| format!("--keep-every {keep_every}"))?;
    let mut output = Output::open(&arguments.output, of, keep_every)?;
    let done_before = output.records;
    if done_before > 0 {
        eprintln!("going on after {done_before} records that are there already");
    }
    let (start, mut bar) = (Instant::now(), Bar::new("importing"));
    let rate = |records: u64| records as f64 / start.elapsed().as_secs_f64().max(1e-3);
    let mut records = 0_u64;
    for record in importing.by_ref() {
        let record = record?;
        records += 1;
        if records > done_before {
            output.write(&record)?;
        }
        if records.is_multiple_of(RECORDS_PER_LOOK) {
            let done = bytes_read.load(Ordering::Relaxed);
            bar.show_with(done, bytes, || format!("{:.0} records/s", rate(records)));
        }
    }
    bar.clear();
    output.finish(&arguments.output)?;

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
    if imported.out_of_order > 0 {
        eprintln!(
            "out of order: {} records stand after others that are more than 10 s newer, and count as \
             received late; sort the files by time",
            imported.out_of_order
        );
    }
    for broken in &imported.broken {
        eprintln!("broken: {broken}");
    }
    let is_whole = imported.broken.is_empty() && records > 0;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Files with their sizes: others are another import.
fn with_sizes(files: &[PathBuf]) -> Result<Vec<(&Path, u64)>> {
    let sized = files.iter().map(|file| {
        let length = std::fs::metadata(file).with_context(|| file.display().to_string())?.len();
        Ok((file.as_path(), length))
    });
    sized.collect()
}

/// The recording that is written. Under another name until it is whole: a half-written one never has
/// the name of a whole one. Beside it stands how far it is, so that an import that was interrupted
/// goes on.
struct Output {
    writer: Writer<File>,
    part: PathBuf,
    progress: PathBuf,
    /// What is imported.
    of: String,
    records: u64,
    kept: Instant,
    keep_every: Duration,
}

/// How far an import is.
#[derive(Serialize, Deserialize)]
struct Progress {
    of: String,
    records: u64,
    bytes: u64,
}

impl Output {
    fn open(output: &Path, of: String, keep_every: Duration) -> Result<Self> {
        let part = output.with_added_extension("part");
        let progress = output.with_added_extension("progress");
        let known = std::fs::read(&progress).ok();
        let known = known.and_then(|known| serde_json::from_slice::<Progress>(&known).ok());
        let named = || part.display().to_string();
        let known = known.filter(|known| known.of == of);
        let (writer, records) = match known.zip(File::options().write(true).open(&part).ok()) {
            Some((known, mut file)) if file.metadata()?.len() >= known.bytes => {
                file.set_len(known.bytes).with_context(named)?;
                file.seek(SeekFrom::End(0)).with_context(named)?;
                (Writer::resume(file)?, known.records)
            }
            _ => {
                // Else that of another import would be taken for this one's.
                let _ = std::fs::remove_file(&progress);
                (Writer::new(File::create(&part).with_context(named)?)?, 0)
            }
        };
        let kept = Instant::now();
        Ok(Self { writer, part, progress, of, records, kept, keep_every })
    }

    fn write(&mut self, record: &RawRecord) -> Result<()> {
        self.writer.write(record)?;
        self.records += 1;
        if self.kept.elapsed() >= self.keep_every {
            self.keep()?;
        }
        Ok(())
    }

    /// What is written until now is not done again.
    fn keep(&mut self) -> Result<()> {
        let mut bytes = 0;
        self.writer.end_block(|file| {
            file.sync_data()?;
            bytes = file.stream_position()?;
            Ok(())
        })?;
        let progress = Progress { of: self.of.clone(), records: self.records, bytes };
        let beside = self.progress.with_added_extension("new");
        std::fs::write(&beside, serde_json::to_vec(&progress)?)?;
        std::fs::rename(&beside, &self.progress)?;
        self.kept = Instant::now();
        Ok(())
    }

    fn finish(self, output: &Path) -> Result<()> {
        self.writer.finish()?.sync_all()?;
        std::fs::rename(&self.part, output)?;
        match std::fs::remove_file(&self.progress) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
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
