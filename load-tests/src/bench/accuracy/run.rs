//! A day through the whole pipeline: payloads, log records, picture, published links.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use events::{LogRecord, Text};
use ingest::RegionConfig;
use picture::{
    Change, Delta, Emission, Estimate, FeedLimits, Link, LinkWindow, Object, Picture, Setup,
    StreetOptions, StreetSetup,
};
use traffic::link::Calendar;

use super::emission::{self, EmittedWindows, Factors};
use super::feed::{self, Case, Recording};
use super::streets::Streets;
use crate::bench::BenchError;

const REGION: &str = "accuracy";

/// Local time of all days, seconds ahead of UTC: Helsinki in summer.
const OFFSET_S: i32 = 3 * 3_600;

/// A published value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) speed_km_h: Estimate,
    /// None where nothing is known.
    pub(super) flow_veh_h: Option<Estimate>,
}

/// What was published of windows of one length: by edge and the window's number since the beginning
/// of the day.
pub(super) type Windows = BTreeMap<(Text, i64), Value>;

/// What was published of a day.
#[derive(Debug, Default)]
pub(super) struct Estimates {
    minute: Windows,
    five_minutes: Windows,
    emitted: EmittedWindows,
    /// From the end of each window to its publication, by reception, seconds.
    minute_delays_s: Vec<f64>,
    five_minutes_delays_s: Vec<f64>,
}

impl Estimates {
    /// Those of a minute or of five.
    pub(super) fn windows(&self, window_s: u32) -> &Windows {
        if window_s == 60 { &self.minute } else { &self.five_minutes }
    }

    /// What was published to be emitted in windows of five minutes.
    pub(super) fn emitted(&self) -> &EmittedWindows {
        &self.emitted
    }

    /// From the ends of windows to their publication, seconds.
    pub(super) fn delays_s(&self, window_s: u32) -> &[f64] {
        if window_s == 60 { &self.minute_delays_s } else { &self.five_minutes_delays_s }
    }

    /// Takes a link's newest windows in, published at a received time. The first value of a window
    /// is the one that was of use.
    fn take(&mut self, edge: &Text, link: &Link, start_ms: i64, now_ms: i64) {
        let minute = (&link.minute, &mut self.minute, &mut self.minute_delays_s);
        let five_minutes =
            (&link.five_minutes, &mut self.five_minutes, &mut self.five_minutes_delays_s);
        for (window, windows, delays_s) in [minute, five_minutes] {
            if window.end_time_ms <= start_ms {
                continue;
            }
            let number =
                (window.end_time_ms - start_ms) / (i64::from(window.duration_s) * 1_000) - 1;
            if let Entry::Vacant(vacant) = windows.entry((edge.clone(), number)) {
                vacant.insert(value(window));
                delays_s.push((now_ms - window.end_time_ms) as f64 / 1_000.0);
            }
        }
    }
}

impl Estimates {
    /// Takes what a link emitted in the newest five minutes in.
    fn take_emission(&mut self, edge: &Text, emission: &Emission, start_ms: i64) {
        let end_ms = emission.five_minutes.end_time_ms;
        if end_ms > start_ms {
            let number = (end_ms - start_ms) / 300_000 - 1;
            let emitted = emission::emitted(emission);
            self.emitted.entry((edge.clone(), number)).or_insert(emitted);
        }
    }
}

fn value(window: &LinkWindow) -> Value {
    Value { speed_km_h: window.speed_km_h, flow_veh_h: window.flow_veh_h }
}

/// A picture that has lived through days.
pub(super) struct Past {
    picture: Picture,
    /// Offset of the next log record.
    next: u64,
    config: RegionConfig,
}

/// Lives through days in which every car reports every second.
pub(super) fn learn(
    streets: &Streets,
    folder: &Path,
    days: &[&str],
    close_after_ms: i64,
    factors: &Factors,
) -> Result<Past, BenchError> {
    let config = config(streets)?;
    let limits = config.feeds.iter().map(|feed| {
        let limits = FeedLimits {
            lateness_ms: feed.lateness_s * 1_000,
            expire_after_ms: feed.expire_after_s * 1_000,
            speed_km_h_max: feed.speed_km_h_max,
            ..FeedLimits::default()
        };
        (feed.name.clone(), limits)
    });
    let options = StreetOptions {
        calendar: Calendar::new(vec![(i64::MIN, OFFSET_S)], []),
        close_after_ms,
        ..StreetOptions::default()
    };
    let setup = StreetSetup::new(streets.network.clone(), &config.region(), options).with_emission(
        Arc::clone(&factors.model),
        &BTreeMap::new(),
        Factors::climate(),
    );
    let setup =
        Setup { limits: limits.collect(), streets: Some(Arc::new(setup)), ..Setup::default() };
    let picture = Picture::new(REGION.into(), REGION.into(), setup);
    let mut past = Past { picture, next: 0, config };
    for day in days {
        past.live(&folder.join(day), Case::ALL, |_, _, _| {})?;
    }
    Ok(past)
}

/// The region around the network, with the feeds of the simulation.
pub(super) fn config(streets: &Streets) -> Result<RegionConfig, BenchError> {
    let positions =
        (0..streets.network.len() as u32).flat_map(|link| streets.network.positions(link));
    let (mut west, mut south, mut east, mut north) = (180.0_f64, 90.0_f64, -180.0_f64, -90.0_f64);
    for position in positions {
        west = west.min(position.longitude_deg);
        south = south.min(position.latitude_deg);
        east = east.max(position.longitude_deg);
        north = north.max(position.latitude_deg);
    }
    let feeds = [feed::CARS, feed::BUSES, feed::DETECTORS];
    let feeds =
        feeds.map(|name| format!("[[feed]]\nname = \"{name}\"\nformat = \"tilanne_json\"\n"));
    // Noise carries fixes a little over the edge.
    let margin = 0.002;
    let config = format!(
        "id = \"{REGION}\"\nname = \"Accuracy\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [{}, {}, {}, {}]\n{}",
        west - margin,
        south - margin,
        east + margin,
        north + margin,
        feeds.concat()
    );
    toml::from_str(&config).map_err(BenchError::new)
}

impl Past {
    /// What is published of a day that comes after.
    pub(super) fn estimate(
        &self,
        streets: &Streets,
        folder: &Path,
        day: &str,
        case: &Case,
    ) -> Result<Estimates, BenchError> {
        let mut present =
            Self { picture: self.picture.clone(), next: self.next, config: self.config.clone() };
        let mut estimates = Estimates::default();
        for object in present.picture.snapshot().objects {
            let Object::Link(link) = object.as_ref() else { continue };
            if let Some(edge) = streets.edges.get(&link.id) {
                estimates.five_minutes.insert((edge.clone(), -1), value(&link.five_minutes));
            }
        }
        present.live(&folder.join(day), *case, |start_ms, now_ms, delta| {
            let Change::Updated(object) = &delta.change else { return };
            let Some(edge) = streets.edges.get(object.id()) else { return };
            match object.as_ref() {
                Object::Link(link) => estimates.take(edge, link, start_ms, now_ms),
                Object::Emission(emission) => estimates.take_emission(edge, emission, start_ms),
                _ => {}
            }
        })?;
        Ok(estimates)
    }

    /// Takes a day in as `tilanne replay` does, each record as the log keeps it; hands each change
    /// on with the beginning of the day and the received time, Unix milliseconds.
    fn live(
        &mut self,
        folder: &Path,
        case: Case,
        mut each: impl FnMut(i64, i64, &Delta),
    ) -> Result<(), BenchError> {
        let mut recording = Recording::open(folder, case)?;
        let start_ms = recording.start_ms();
        let mut now_ms = start_ms;
        let mut deltas = Vec::new();
        let mut failed = None;
        let Self { picture, next, config } = self;
        let regions = std::slice::from_ref(&*config);
        ingest::play_all(&mut recording, regions, |_, record: LogRecord| {
            match &record {
                LogRecord::Event(event) => now_ms = now_ms.max(event.received_time_ms),
                LogRecord::FeedStatus(status) => now_ms = now_ms.max(status.received_time_ms),
                LogRecord::Tally(_) => {}
            }
            match LogRecord::decode(&record.encode()) {
                Ok(record) => picture.apply(*next, &record, &mut deltas),
                Err(error) => failed = Some(BenchError::new(error)),
            }
            *next += 1;
            deltas.drain(..).for_each(|delta| each(start_ms, now_ms, &delta));
        })
        .map_err(BenchError::new)?;
        recording.finish()?;
        failed.map_or(Ok(()), Err)
    }
}
