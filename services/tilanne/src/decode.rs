//! `tilanne decode`: what Tilanne makes of a message.
//!
//! Files go through the very pipeline and picture that run live; each event, reject and verdict is
//! one JSON line and the ledger is the last.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use events::{DeadLetter, Event, FeedStatus, LogRecord, Outcome, RawRecord, Text, Verdict};
use ingest::{Clock, FeedConfig, FeedPipeline, RegionConfig, SystemClock, format};
use picture::{Change, Feed, FeedLimits, Object, Picture, ReasonCount};
use serde::Serialize;
use serde_json::json;

use crate::config;

/// Largest file that is read: the largest recorded payload has 2 MB, a day's dump some hundreds.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// Decoding has no region to be outside of.
const WORLD: [f64; 4] = [-180.0, -90.0, 180.0, 90.0];
/// Stands in the events where a configured feed would have its names.
const NAME: &str = "decode";

/// What `decode` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Format of the files; a wrong name lists the known ones.
    #[arg(long)]
    format: String,
    /// MQTT topic or HTTP path that the payloads came with.
    #[arg(long)]
    topic: Option<String>,
    /// When the payloads were received, RFC 3339. Verdicts about age need it.
    #[arg(long)]
    received: Option<jiff::Timestamp>,
    /// Option of the format as in [feed.options], such as `route_from_topic=true`.
    #[arg(long = "option", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// IANA time zone of local times in the payloads; that of the first configured region without it.
    #[arg(long)]
    time_zone: Option<String>,
    /// Configuration to take the time zone from.
    #[arg(long, env = "TILANNE_CONFIG", default_value = "config/tilanne.toml")]
    config: PathBuf,
    /// Payloads, or dumps of `[receive-time] topic payload` lines.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Decodes the files and prints what came of them.
pub(crate) fn decode(arguments: &Arguments) -> Result<ExitCode> {
    format::format(&arguments.format).map_err(|error| anyhow::anyhow!(error.message))?;
    let region = region(arguments)?;
    let mut decoding = Decoding::new(&region)?;
    for file in &arguments.files {
        let bytes = read(file)?;
        decoding.file(arguments, &file.display().to_string(), &bytes)?;
    }
    decoding.ledger()?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let named = || format!("{}", file.display());
    let bytes = std::fs::metadata(file).with_context(named)?.len();
    if bytes > FILE_BYTES_MAX {
        bail!("{}: {bytes} bytes are over the limit of {FILE_BYTES_MAX}", file.display());
    }
    std::fs::read(file).with_context(named)
}

/// A region of the whole world with one feed of the format.
fn region(arguments: &Arguments) -> Result<RegionConfig> {
    let time_zone = match &arguments.time_zone {
        Some(time_zone) => time_zone.clone(),
        None => configured_time_zone(&arguments.config).unwrap_or_else(|| "UTC".into()),
    };
    let text = format!(
        "id = {NAME:?}\nname = {NAME:?}\ntime_zone = {time_zone:?}\nbbox = {WORLD:?}\n\
         [[feed]]\nname = {NAME:?}\nformat = {:?}\nquarantine = []\n[feed.options]\n{}\n",
        arguments.format,
        arguments.options.join("\n"),
    );
    let region: RegionConfig = toml::from_str(&text).context("--option takes KEY=VALUE")?;
    region.validate().map_err(|error| anyhow::anyhow!("{}: {}", error.key, error.message))?;
    Ok(region)
}

fn configured_time_zone(config: &Path) -> Option<String> {
    let regions = config::region_files(config).ok()?;
    regions.into_iter().next().map(|region| region.time_zone)
}

/// State of one call: the pipeline, the picture that gives the verdicts which need a past, output.
struct Decoding {
    pipeline: FeedPipeline,
    feed: FeedConfig,
    picture: Picture,
    before: Feed,
    offset: u64,
    output: BufWriter<std::io::StdoutLock<'static>>,
}

impl Decoding {
    fn new(region: &RegionConfig) -> Result<Self> {
        let feed = region.feeds.first().context("a feed")?.clone();
        let pipeline = FeedPipeline::new(&feed, region, 0)
            .map_err(|error| anyhow::anyhow!("{}: {}", error.key, error.message))?;
        let limits = BTreeMap::from([(Text::from(NAME), FeedLimits::default())]);
        Ok(Self {
            pipeline,
            feed,
            picture: Picture::new(NAME.into(), NAME.into(), limits),
            before: Feed::default(),
            offset: 0,
            output: BufWriter::new(std::io::stdout().lock()),
        })
    }

    fn file(&mut self, arguments: &Arguments, file: &str, bytes: &[u8]) -> Result<()> {
        let received_ms = arguments.received.map(jiff::Timestamp::as_millisecond);
        let topic = arguments.topic.as_deref().unwrap_or_default();
        let Some(lines) = format::dump::lines(bytes) else {
            return self.record(file, received_ms, topic, bytes);
        };
        for (line_received_ms, line_topic, payload) in lines {
            let topic = if line_topic.is_empty() { topic } else { line_topic };
            self.record(file, line_received_ms.or(received_ms), topic, payload)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        file: &str,
        received_ms: Option<i64>,
        topic: &str,
        payload: &[u8],
    ) -> Result<()> {
        let raw = RawRecord {
            feed: NAME.into(),
            // A file of its own is a source of its own: it does not continue the one before.
            source: file.into(),
            topic: topic.into(),
            // Without a known reception the present stands in: formats fall back to it.
            received_time_ms: received_ms.unwrap_or_else(|| SystemClock.now_ms()),
            payload: payload.to_vec().into(),
        };
        let output = self.pipeline.record(&raw, 0);
        for letter in &output.dead_letters {
            self.dead_letter(file, letter)?;
        }
        for record in output.records {
            self.applied(file, received_ms.is_some(), record)?;
        }
        Ok(())
    }

    fn dead_letter(&mut self, file: &str, letter: &DeadLetter) -> Result<()> {
        self.line(&json!({
            "type": if letter.outcome() == Outcome::Rejected { "reject" } else { "quarantine" },
            "file": file,
            "reason": letter.reason,
            "field": letter.field,
            "message": letter.message,
        }))
    }

    /// Prints a record and what the picture makes of it.
    fn applied(&mut self, file: &str, received_known: bool, mut record: LogRecord) -> Result<()> {
        if let LogRecord::Event(event) = &mut record
            && !received_known
        {
            // Age against a reception that nobody knows says nothing.
            let unaged = |verdict: &Verdict| !matches!(verdict, Verdict::Stale | Verdict::Future);
            event.verdicts = event.verdicts.iter().filter(unaged).collect();
        }
        let mut deltas = Vec::new();
        self.picture.apply(self.offset, &record, &mut deltas);
        self.offset += 1;
        let after = self.ledger_now();
        let before = std::mem::replace(&mut self.before, after);
        match record {
            LogRecord::Event(event) => self.event(file, &event, &before),
            LogRecord::Tally(tally) => {
                let dropped = |count: &&events::TallyCount| count.outcome() == Outcome::Dropped;
                for count in tally.counts.iter().filter(dropped) {
                    let (reason, number) = (&count.reason, count.count);
                    let line =
                        json!({ "type": "drop", "file": file, "reason": reason, "count": number });
                    self.line(&line)?;
                }
                Ok(())
            }
            LogRecord::FeedStatus(_) => Ok(()),
        }
    }

    /// The ledger after the last record: the picture tells it at a status, here without a watermark
    /// so that nothing expires.
    fn ledger_now(&mut self) -> Feed {
        let status = FeedStatus {
            feed: NAME.into(),
            received_total: self.pipeline.received_total(),
            ..FeedStatus::default()
        };
        let mut deltas = Vec::new();
        self.picture.apply(self.offset, &LogRecord::FeedStatus(status), &mut deltas);
        self.offset += 1;
        let feed = deltas.into_iter().find_map(|delta| match delta.change {
            Change::Updated(object) => match object.as_ref() {
                Object::Feed(feed) => Some(feed.clone()),
                _ => None,
            },
            Change::Removed { .. } => None,
        });
        feed.unwrap_or_else(|| self.before.clone())
    }

    fn event(&mut self, file: &str, event: &Event, before: &Feed) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'static str,
            file: &'a str,
            outcome: &'static str,
            #[serde(flatten)]
            event: &'a Event,
        }
        let outcome = outcome(before, &self.before);
        self.line(&Line { r#type: "event", file, outcome, event })?;
        let mut verdicts: Vec<String> = event.verdicts.iter().map(ingest::verdict_name).collect();
        match outcome {
            "duplicate" => verdicts.push(ingest::verdict_name(Verdict::Duplicate)),
            "superseded" => verdicts.push(ingest::verdict_name(Verdict::OutOfOrder)),
            "quarantined" => verdicts.extend(new_reasons(before, &self.before)),
            _ => {}
        }
        for verdict in verdicts {
            self.line(&json!({
                "type": "verdict",
                "file": file,
                "verdict": verdict,
                "entity": event.entity,
                "event_time_ms": event.event_time_ms,
            }))?;
        }
        Ok(())
    }

    fn ledger(&mut self) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'static str,
            format: &'a str,
            received: u64,
            applied: u64,
            superseded: u64,
            duplicate: u64,
            rejected: u64,
            quarantined: u64,
            dropped: u64,
            reasons: &'a [ReasonCount],
        }
        let feed = self.before.clone();
        let format = self.feed.format.clone();
        self.line(&Line {
            r#type: "ledger",
            format: &format,
            received: feed.received,
            applied: feed.applied,
            superseded: feed.superseded,
            duplicate: feed.duplicate,
            rejected: feed.rejected,
            quarantined: feed.quarantined,
            dropped: feed.dropped,
            reasons: &feed.reasons,
        })?;
        self.output.flush().or_else(closed_pipe_is_fine)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(line)?;
        writeln!(self.output, "{text}").or_else(closed_pipe_is_fine)
    }
}

/// `tilanne decode … | head` is no error.
fn closed_pipe_is_fine(error: std::io::Error) -> Result<()> {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    Err(error.into())
}

/// Which count of the ledger the picture raised.
fn outcome(before: &Feed, after: &Feed) -> &'static str {
    let raised = [
        ("applied", before.applied, after.applied),
        ("superseded", before.superseded, after.superseded),
        ("duplicate", before.duplicate, after.duplicate),
        ("dropped", before.dropped, after.dropped),
    ];
    let raised = raised.into_iter().find(|(_, before, after)| after > before);
    raised.map_or("quarantined", |(outcome, ..)| outcome)
}

/// Reasons that the ledger counts more of than before.
fn new_reasons<'a>(before: &'a Feed, after: &'a Feed) -> impl Iterator<Item = String> + 'a {
    let count_before = |reason: &ReasonCount| {
        let is_same =
            |other: &&ReasonCount| other.outcome == reason.outcome && other.reason == reason.reason;
        before.reasons.iter().find(is_same).map_or(0, |known| known.count)
    };
    let new = after.reasons.iter().filter(move |reason| reason.count > count_before(reason));
    new.map(|reason| reason.reason.to_string())
}
