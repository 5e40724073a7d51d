//! A simulated day as the payloads that a city would send.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::iter::Peekable;
use std::path::Path;

use events::RawRecord;
use flate2::read::GzDecoder;
use picture::StreetOptions;
use serde::Deserialize;
use stream::StreamError;

use crate::bench::BenchError;

pub(super) const CARS: &str = "cars";
pub(super) const BUSES: &str = "buses";
pub(super) const DETECTORS: &str = "detectors";

/// From the second of the fixes to their reception.
const VEHICLES_DELAY_MS: i64 = 400;
/// From the end of a detector's minute to its reception.
const DETECTORS_DELAY_MS: i64 = 2_000;
/// Numbers of vehicles are drawn once a vehicle and scaled to whole seconds by this, as the naive
/// baseline does it.
const PHASES: f64 = 1e6;

/// Which cars report, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) name: &'static str,
    /// Of all cars, 0 to 1.
    pub(super) share: f64,
    pub(super) every_s: i64,
}

impl Case {
    /// Every car, every second.
    pub(super) const ALL: Self = Self { name: "all", share: 1.0, every_s: 1 };

    /// What `close_after_ms` of the region is set to: what was driven since a fix is known with the
    /// next one.
    pub(super) fn close_after_ms(&self) -> i64 {
        let apart_ms = if self.every_s > 1 { self.every_s * 1_000 } else { 0 };
        StreetOptions::default().close_after_ms + apart_ms
    }

    /// Whether a car reports in a second since the beginning of the day.
    fn has(&self, draw: f64, second: i64) -> bool {
        draw < self.share && (second + (draw * PHASES) as i64) % self.every_s == 0
    }
}

/// A car's place in 0 to 1: it reports where the share is above.
fn draw(vehicle: &str) -> f64 {
    f64::from(crc32fast::hash(format!("p{vehicle}").as_bytes())) / 2_f64.powi(32)
}

/// Raw records of a day in the order of their reception.
pub(super) struct Recording {
    vehicles: Peekable<Lines>,
    detectors: Peekable<Lines>,
    case: Case,
    draws: HashMap<String, f64>,
    start_s: i64,
    ready: VecDeque<RawRecord>,
    failed: Option<BenchError>,
}

impl Recording {
    pub(super) fn open(folder: &Path, case: Case) -> Result<Self, BenchError> {
        let mut vehicles = Lines::open(&folder.join("vehicles.jsonl.gz"))?.peekable();
        let first = vehicles.next_if(Result::is_err).transpose()?;
        let first = vehicles.peek().and_then(|line| line.as_ref().ok()).or(first.as_ref());
        let first_s = first.ok_or_else(|| BenchError::new("a day without vehicles"))?.time_s;
        Ok(Self {
            vehicles,
            // The first vehicle may enter after the beginning, which is at a full hour.
            start_s: first_s - first_s.rem_euclid(3_600),
            detectors: Lines::open(&folder.join("detectors.jsonl.gz"))?.peekable(),
            case,
            draws: HashMap::new(),
            ready: VecDeque::new(),
            failed: None,
        })
    }

    /// When the day begins, Unix milliseconds.
    pub(super) fn start_ms(&self) -> i64 {
        self.start_s * 1_000
    }

    /// Makes the records of the next second in which anything was sent.
    fn fill(&mut self) -> Result<(), BenchError> {
        while self.ready.is_empty() {
            let next = |lines: &mut Peekable<Lines>, delay_ms| match lines.peek() {
                Some(Ok(line)) => Some(line.time_s * 1_000 + delay_ms),
                Some(Err(_)) => Some(i64::MIN),
                None => None,
            };
            let vehicles_ms = next(&mut self.vehicles, VEHICLES_DELAY_MS);
            let detectors_ms = next(&mut self.detectors, DETECTORS_DELAY_MS);
            match (vehicles_ms, detectors_ms) {
                (None, None) => return Ok(()),
                (Some(vehicles_ms), detectors_ms)
                    if detectors_ms.is_none_or(|detectors_ms| vehicles_ms <= detectors_ms) =>
                {
                    self.second(vehicles_ms)?;
                }
                (_, Some(at_ms)) => {
                    let mut payload = Vec::new();
                    take_second(&mut self.detectors, |line| payload.extend(line.text.bytes()))?;
                    self.ready.push_back(raw(DETECTORS, at_ms, payload));
                }
                (Some(_), None) => {}
            }
        }
        Ok(())
    }

    /// The vehicles of one second.
    fn second(&mut self, received_ms: i64) -> Result<(), BenchError> {
        let Self { vehicles, case, draws, start_s, ready, .. } = self;
        let (mut cars, mut buses) = (Vec::new(), Vec::new());
        take_second(vehicles, |line| {
            if line.is_bus {
                buses.extend(line.text.bytes());
            } else {
                let draw = match draws.get(&line.vehicle) {
                    Some(&draw) => draw,
                    None => *draws.entry(line.vehicle.clone()).or_insert(draw(&line.vehicle)),
                };
                if case.has(draw, line.time_s - *start_s) {
                    cars.extend(line.text.bytes());
                }
            }
        })?;
        for (feed, payload) in [(CARS, cars), (BUSES, buses)] {
            if !payload.is_empty() {
                ready.push_back(raw(feed, received_ms, payload));
            }
        }
        Ok(())
    }

    /// Why the records ended early, if they did.
    pub(super) fn finish(self) -> Result<(), BenchError> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl Iterator for &mut Recording {
    type Item = Result<RawRecord, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed.is_none() {
            self.failed = self.fill().err();
        }
        self.ready.pop_front().map(Ok)
    }
}

/// Takes the lines of the second of the next one.
fn take_second(lines: &mut Peekable<Lines>, mut each: impl FnMut(&Line)) -> Result<(), BenchError> {
    let mut second = None;
    let mut is_of_it = |line: &Result<Line, BenchError>| match line {
        Ok(line) => *second.get_or_insert(line.time_s) == line.time_s,
        Err(_) => true,
    };
    while let Some(line) = lines.next_if(&mut is_of_it) {
        each(&line?);
    }
    Ok(())
}

fn raw(feed: &str, received_time_ms: i64, payload: Vec<u8>) -> RawRecord {
    RawRecord {
        feed: feed.into(),
        source: "simulation".into(),
        received_time_ms,
        payload: payload.into(),
        ..RawRecord::default()
    }
}

/// One report.
struct Line {
    text: String,
    time_s: i64,
    vehicle: String,
    is_bus: bool,
}

/// What must be known of a report to choose it.
#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    time: &'a str,
    #[serde(borrow, default)]
    vehicle: &'a str,
    #[serde(borrow, default)]
    mode: &'a str,
}

struct Lines {
    reader: BufReader<GzDecoder<File>>,
    path: String,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, BenchError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| BenchError(format!("{name}: {error}")))?;
        Ok(Self { reader: BufReader::new(GzDecoder::new(file)), path: name })
    }

    fn read(&mut self) -> Result<Option<Line>, BenchError> {
        let wrong = |error: &dyn std::fmt::Display| BenchError(format!("{}: {error}", self.path));
        let mut text = String::new();
        if self.reader.read_line(&mut text).map_err(|error| wrong(&error))? == 0 {
            return Ok(None);
        }
        let report: Report = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
        let time: jiff::Timestamp = report.time.parse().map_err(|error| wrong(&error))?;
        let (vehicle, is_bus) = (report.vehicle.to_owned(), report.mode == "bus");
        Ok(Some(Line { time_s: time.as_second(), vehicle, is_bus, text }))
    }
}

impl Iterator for Lines {
    type Item = Result<Line, BenchError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
