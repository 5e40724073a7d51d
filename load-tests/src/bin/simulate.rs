//! Writes a recording of simulated feeds: `cargo run --release -p load-tests --bin simulate`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use load_tests::simulator::{Config, ConfigError, Faults, Simulation};
use stream::recording::Writer;

const USAGE: &str = "usage: simulate --out FILE [--minutes M] [--seed S] [--scale X]
       [--geohash-level-max L] [--start-ms T] [--faults none|default|all|NAME,NAME...]
";

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
enum SimulateError {
    #[error("{0}\n{USAGE}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Recording(#[from] stream::StreamError),
    #[error("{0}: {1}")]
    Output(String, io::Error),
}

fn main() -> ExitCode {
    match simulate(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(arguments: impl Iterator<Item = String>) -> Result<(), SimulateError> {
    let (out, config) = parse(arguments)?;
    let not_written = |error| SimulateError::Output(out.clone(), error);
    let file = File::create(&out).map_err(not_written)?;
    let mut writer = Writer::new(BufWriter::new(file))?;
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for record in Simulation::new(config)? {
        writer.write(&record)?;
        let (records, bytes) = counts.entry(record.feed).or_default();
        *records += 1;
        *bytes += (record.topic.len() + record.payload.len()) as u64;
    }
    let file = writer.finish()?.into_inner().map_err(|error| not_written(error.into_error()))?;
    let size = file.metadata().map_err(not_written)?.len();
    print(&out, size, &counts).map_err(|error| SimulateError::Output("stdout".into(), error))
}

fn print(out: &str, size: u64, counts: &BTreeMap<String, (u64, u64)>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for (feed, (records, bytes)) in counts {
        writeln!(stdout, "{feed:28} {records:>9} records {bytes:>12} bytes")?;
    }
    let records: u64 = counts.values().map(|(records, _)| records).sum();
    let bytes: u64 = counts.values().map(|(_, bytes)| bytes).sum();
    writeln!(stdout, "{:28} {records:>9} records {bytes:>12} bytes", "all")?;
    writeln!(stdout, "{out}: {size} bytes")
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(String, Config), SimulateError> {
    let mut config = Config::default();
    let mut out = None;
    while let Some(flag) = arguments.next() {
        let value =
            arguments.next().ok_or_else(|| SimulateError::Usage(format!("{flag} has no value")))?;
        match flag.as_str() {
            "--out" => out = Some(value),
            "--minutes" => config.duration_s = number::<u32>(&flag, &value)?.saturating_mul(60),
            "--seed" => config.seed = number(&flag, &value)?,
            "--scale" => config.scale = number(&flag, &value)?,
            "--start-ms" => config.start_ms = number(&flag, &value)?,
            "--geohash-level-max" => config.geohash_level_max = number(&flag, &value)?,
            "--faults" => config.faults = Faults::parse(&value)?,
            _ => return Err(SimulateError::Usage(format!("no flag {flag}"))),
        }
    }
    let out = out.ok_or_else(|| SimulateError::Usage("--out is missing".into()))?;
    Ok((out, config))
}

fn number<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, SimulateError> {
    value
        .parse()
        .map_err(|_| SimulateError::Usage(format!("{flag} {value:?} is not such a number")))
}
