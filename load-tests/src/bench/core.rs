//! Figures of the pure core, on one thread: decoding, applying, querying, memory.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use events::{
    Body, Event, LogRecord, Mode, Position, Provenance, RawRecord, Text, VehicleEventKind,
    VehiclePosition, Verdicts,
};
use ingest::{FeedPipeline, RegionConfig};
use network::BoundingBox;
use picture::{Delta, FeedLimits, Layer, Picture, View};

use super::process::resident_bytes;
use super::{BenchError, Figure, median};
use crate::simulator;

const RUNS: usize = 5;
pub(super) const REGION: &str = "bench";
pub(super) const FEED: &str = "vehicles";
/// Event time of all first reports.
pub(super) const START_MS: i64 = 1_800_000_000_000;

/// HFP from topic and payload to checked event, gate included. As many distinct messages as the
/// recorded ones that the target was set with: in a running system a message is in the cache, as it
/// has just come from the socket.
pub(super) fn hfp(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    const DISTINCT: usize = 4_096;
    const ROUNDS: usize = 60;
    let messages = simulator::hfp_messages(1, 1_000, DISTINCT);
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let mut pipeline = pipeline()?;
        let start = Instant::now();
        let mut events = 0;
        for _ in 0..ROUNDS {
            events += messages.iter().map(|raw| decoded(&mut pipeline, raw)).sum::<usize>();
        }
        rates.push((DISTINCT * ROUNDS) as f64 / start.elapsed().as_secs_f64());
        if events < DISTINCT * ROUNDS * 9 / 10 {
            return Err(BenchError::new(format!("only {events} messages became events")));
        }
    }
    each(Figure::at_least("hfp_decode", median(rates), "messages/s", 800_000.0));
    Ok(())
}

fn pipeline() -> Result<FeedPipeline, BenchError> {
    let config = format!(
        "id = \"{REGION}\"\nname = \"Bench\"\ntime_zone = \"Europe/Helsinki\"\n\
         bbox = [24.2, 59.9, 25.6, 60.7]\n[[feed]]\nname = \"{FEED}\"\nformat = \"hfp\"\n"
    );
    let region: RegionConfig = toml::from_str(&config).map_err(BenchError::new)?;
    FeedPipeline::new(&region.feeds[0], &region, 0).map_err(BenchError::new)
}

fn decoded(pipeline: &mut FeedPipeline, raw: &RawRecord) -> usize {
    let output = black_box(pipeline.record(raw, 0));
    output.records.iter().filter(|record| matches!(record, LogRecord::Event(_))).count()
}

/// `Picture::apply` of vehicle positions.
pub(super) fn apply(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for (name, vehicles, target) in
        [("apply_10k_vehicles", 10_000, 1_000_000.0), ("apply_1m_vehicles", 1_000_000, 300_000.0)]
    {
        let mut fleet = Fleet::new(vehicles);
        let mut picture = picture();
        let mut out = Vec::new();
        fleet.each_applied(&mut picture, &mut out);
        let mut rates = Vec::new();
        for _ in 0..RUNS {
            fleet.drive();
            let start = Instant::now();
            let mut deltas = 0;
            for (record, offset) in fleet.records.iter().zip(fleet.offset..) {
                picture.apply(offset, record, &mut out);
                deltas += out.len();
                out.clear();
            }
            rates.push(vehicles as f64 / start.elapsed().as_secs_f64());
            fleet.offset += vehicles as u64;
            if deltas < vehicles {
                return Err(BenchError::new(format!("{deltas} deltas of {vehicles} moves")));
            }
        }
        each(Figure::at_least(name, median(rates), "positions/s", target));
    }
    Ok(())
}

/// Box query of 1,000 of 100,000 objects on the read side.
pub(super) fn query(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    const VEHICLES: usize = 100_000;
    let mut fleet = Fleet::new(VEHICLES);
    let mut picture = picture();
    let mut out = Vec::new();
    fleet.each_applied(&mut picture, &mut out);
    let view = View::from_snapshot(picture.snapshot());
    // A hundredth of the area, so about a thousand vehicles.
    let share = 0.1;
    let mut times_ms = Vec::new();
    let mut hits = Vec::new();
    for step in 0..200 {
        let [west, south, east, north]: [f64; 4] = AREA.into();
        let at = f64::from(step) / 200.0 * (1.0 - share);
        let bbox = [
            west + (east - west) * at,
            south + (north - south) * at,
            west + (east - west) * (at + share),
            south + (north - south) * (at + share),
        ];
        let bbox = BoundingBox::try_from(bbox).map_err(BenchError::new)?;
        let start = Instant::now();
        let found = view.query(Layer::Vehicles, &bbox).map(black_box).count();
        times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
        hits.push(found as f64);
    }
    each(Figure::known("query_hits", median(hits), "objects"));
    each(Figure::below("query_1k_of_100k", median(times_ms), "ms", 0.5));
    Ok(())
}

/// Resident memory of the picture, per vehicle.
pub(super) fn memory(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    const VEHICLES: usize = 100_000;
    let mut fleet = Fleet::new(VEHICLES);
    let before = resident_bytes("self")?;
    let mut picture = picture();
    let mut out = Vec::new();
    // As many reports as the default lateness bound remembers at one a second.
    for _ in 0..12 {
        fleet.each_applied(&mut picture, &mut out);
        fleet.drive();
    }
    let after = resident_bytes("self")?;
    black_box(&picture);
    let bytes = after.saturating_sub(before) as f64 / VEHICLES as f64;
    each(Figure::known("memory_per_vehicle", bytes, "bytes"));
    Ok(())
}

pub(super) const AREA: BoundingBox =
    BoundingBox { west_deg: 24.2, south_deg: 59.9, east_deg: 25.6, north_deg: 60.7 };

fn picture() -> Picture {
    let limits = BTreeMap::from([(Text::from(FEED), FeedLimits::default())]);
    Picture::new(REGION.into(), "bench".into(), limits)
}

/// Vehicles spread over an area that drive 10 m between reports.
struct Fleet {
    records: Vec<LogRecord>,
    offset: u64,
}

impl Fleet {
    fn new(vehicles: usize) -> Self {
        let record = |index| LogRecord::Event(report(index, spread(index)));
        Self { records: (0..vehicles).map(record).collect(), offset: 0 }
    }

    fn drive(&mut self) {
        for record in &mut self.records {
            let LogRecord::Event(event) = record else { continue };
            event.event_time_ms += 1_000;
            event.received_time_ms += 1_000;
            let Body::VehiclePosition(report) = &mut event.body else { continue };
            if let Some(position) = &mut report.position {
                // 10 m north: 10 / 111,195 degrees.
                position.latitude_deg += 0.000_09;
            }
        }
    }

    fn each_applied(&mut self, picture: &mut Picture, out: &mut Vec<Delta>) {
        for record in &self.records {
            picture.apply(self.offset, record, out);
            out.clear();
            self.offset += 1;
        }
    }
}

/// The place of an object of many: a low-discrepancy sequence (Roberts 2018, R2) spreads them over
/// the area without a random source.
pub(super) fn spread(index: usize) -> Position {
    let place = |step: f64| (0.5 + step * index as f64).fract();
    let [west, south, east, north]: [f64; 4] = AREA.into();
    Position {
        longitude_deg: west + (east - west) * place(0.754_877_666_246_693),
        latitude_deg: south + (north - south) * place(0.569_840_290_998_053),
    }
}

pub(super) fn report(index: usize, position: Position) -> Event {
    Event {
        feed: FEED.into(),
        region: REGION.into(),
        entity: Text::from(format!("{:04}/{:05}", index / 100_000, index % 100_000)),
        event_time_ms: START_MS,
        received_time_ms: START_MS + 100,
        verdicts: Verdicts::default(),
        provenance: Provenance { source: "mqtt".into(), format: "hfp".into() },
        body: Body::VehiclePosition(VehiclePosition {
            kind: VehicleEventKind::Position,
            mode: Mode::Bus,
            position: Some(position),
            bearing_deg: Some(0.0),
            speed_km_h: Some(36.0),
            delay_s: Some(60),
            route_short_name: Some("550".into()),
            headsign: Some("Central Station".into()),
            ..VehiclePosition::default()
        }),
    }
}
