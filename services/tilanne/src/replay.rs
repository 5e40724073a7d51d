//! `tilanne replay`: a recording through the whole pipeline as fast as it goes.
//!
//! The same input and version give the same hashes on any machine: records become events, events
//! the picture, and every delta and the final picture go into a hash for each region.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use events::{LogRecord, Text};
use picture::Picture;
use serde::Serialize;

use crate::cli::ConfigArguments;
use crate::config;

/// Stands for the log's identity, so that the hashes do not depend on where the log was made.
const EPOCH: &str = "replay";

/// What `replay` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Recording.
    file: PathBuf,
    /// Print the hash of the picture and of the deltas.
    #[arg(long)]
    hash: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigArguments,
}

/// What came of one region.
#[derive(Serialize)]
struct RegionReport {
    region: Text,
    /// Offset of the last log record.
    sequence: Option<u64>,
    objects: usize,
    deltas: u64,
    #[serde(rename = "picture")]
    picture_hash: String,
    #[serde(rename = "deltas_hash")]
    deltas_hash: String,
}

/// What came of all.
#[derive(Serialize)]
struct Report {
    picture: String,
    deltas: String,
    records: u64,
    regions: Vec<RegionReport>,
}

struct Replayed {
    picture: Picture,
    next: u64,
    deltas: u64,
    hasher: blake3::Hasher,
}

/// Replays the file and prints what came of it.
pub(crate) fn replay(arguments: &Arguments) -> Result<ExitCode> {
    let loaded = config::load(&arguments.config)?;
    let named = || format!("recording {}", arguments.file.display());
    let reader = stream::recording::Reader::open(&arguments.file).with_context(named)?;
    let mut regions: BTreeMap<Text, Replayed> = BTreeMap::new();
    for region in &loaded.regions {
        let setup = loaded.setups.get(&region.id).cloned().unwrap_or_default();
        let picture = Picture::new(region.id.clone(), EPOCH.into(), setup);
        let hasher = blake3::Hasher::new();
        regions.insert(region.id.clone(), Replayed { picture, next: 0, deltas: 0, hasher });
    }
    let start = Instant::now();
    let mut out = Vec::new();
    let each = |region: &str, record: LogRecord| {
        let Some(replayed) = regions.get_mut(region) else { return };
        replayed.picture.apply(replayed.next, &record, &mut out);
        replayed.next += 1;
        for delta in out.drain(..) {
            replayed.deltas += 1;
            replayed.hasher.update(&delta.encode());
        }
    };
    let mut records = 0_u64;
    let counted = reader.inspect(|_| records += 1);
    ingest::play_all(counted, &loaded.regions, each).with_context(named)?;
    let report = report(records, regions);
    print(arguments, &report, start)?;
    Ok(ExitCode::SUCCESS)
}

fn report(records: u64, regions: BTreeMap<Text, Replayed>) -> Report {
    let (mut pictures, mut deltas) = (blake3::Hasher::new(), blake3::Hasher::new());
    let regions = regions.into_iter().map(|(region, replayed)| {
        let snapshot = replayed.picture.snapshot();
        let report = RegionReport {
            region,
            sequence: snapshot.sequence,
            objects: snapshot.objects.len(),
            deltas: replayed.deltas,
            picture_hash: snapshot.hash(),
            deltas_hash: replayed.hasher.finalize().to_hex().to_string(),
        };
        pictures.update(report.picture_hash.as_bytes());
        deltas.update(report.deltas_hash.as_bytes());
        report
    });
    let regions = regions.collect();
    Report {
        picture: pictures.finalize().to_hex().to_string(),
        deltas: deltas.finalize().to_hex().to_string(),
        records,
        regions,
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
            println!("  picture {}", region.picture_hash);
            println!("  deltas  {}", region.deltas_hash);
        }
    }
    if arguments.hash {
        println!("picture {}", report.picture);
        println!("deltas  {}", report.deltas);
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = report.records as f64 / seconds;
    eprintln!("{} records in {seconds:.1} s, {rate:.0} a second", report.records);
    Ok(())
}
