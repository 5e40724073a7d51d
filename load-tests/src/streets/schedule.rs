//! The schedule of the simulated lines: where they stop and which way they go, as GTFS.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;

use events::Position;
use network::gtfs::{Feed, GtfsError, GtfsFiles, read_gtfs};
use network::{ImportReport, Network};

use super::SYNTHETIC_NAME;
use crate::simulator::world::{Mode, World};
use crate::simulator::{ConfigError, Route};

/// What the name of a stop begins with that is on no street with a name of its own.
const SYNTHETIC_STOP: &str = "Synthetic stop";
/// A stop is named after a street within this distance, metres.
const NAMED_AFTER_M: f64 = 70.0;

/// The network with the stops and ways of its region's lines; ids are those that the simulated feeds
/// send. Stops at the ends have the names of the ends, others those of streets there.
///
/// ```
/// use load_tests::streets;
///
/// let network = streets::with_schedule("turku", streets::network("turku", None)?)?;
/// assert!(network.schedule().stops().any(|stop| stop.name == "Satama"));
/// # Ok::<_, load_tests::simulator::ConfigError>(())
/// ```
pub fn with_schedule(region: &str, network: Network) -> Result<Network, ConfigError> {
    let world = World::read()?;
    let lines = Route::all_of(&world, region);
    if lines.is_empty() {
        return Ok(network);
    }
    let mut report = ImportReport::default();
    let feed = schedule(&lines, &network, &mut report).map_err(|error| ConfigError::Data {
        name: "routes.toml",
        message: format!("no schedule of {region}: {error}"),
    })?;
    Ok(network.with_schedule(&[feed], &mut report, &mut |_, _| {}))
}

fn schedule(
    lines: &[Route],
    network: &Network,
    report: &mut ImportReport,
) -> Result<Feed, GtfsError> {
    let mut tables = Tables::default();
    tables.row("stops.txt", ["stop_id", "stop_name", "stop_code", "stop_lat", "stop_lon"]);
    tables.row("routes.txt", ["route_id", "route_short_name", "route_type"]);
    tables.row("trips.txt", ["trip_id", "route_id", "direction_id", "shape_id"]);
    tables.row("stop_times.txt", ["trip_id", "stop_sequence", "stop_id"]);
    tables.row("shapes.txt", ["shape_id", "shape_pt_sequence", "shape_pt_lat", "shape_pt_lon"]);
    for line in lines {
        let names = stop_names(line, network);
        let kind = route_type(line.mode).to_string();
        tables.row("routes.txt", [line.id.as_str(), &line.name, &kind]);
        for direction in 0..2 {
            let trip = format!("{} {direction}", line.id);
            tables.row("trips.txt", [&trip, &line.id, &direction.to_string(), &trip]);
            for (place, at) in line.way(direction).into_iter().enumerate() {
                let [latitude, longitude] = degrees(at);
                tables.row("shapes.txt", [&trip, &place.to_string(), &latitude, &longitude]);
            }
            for (sequence, stop) in line.stops(direction).into_iter().enumerate() {
                let id = line.stop_number(stop, direction + 1).to_string();
                let code = format!("{}-{}", line.name, stop + 1);
                let [latitude, longitude] = degrees(line.stop_place(stop, direction));
                tables.row("stops.txt", [&id, &names[stop], &code, &latitude, &longitude]);
                tables.row("stop_times.txt", [&trip, &(sequence + 1).to_string(), &id]);
            }
        }
    }
    read_gtfs(&mut tables, report, &mut |_, _| {})
}

/// Names of a line's stops as direction 1 calls at them: of ends, of streets, or made up.
fn stop_names(line: &Route, network: &Network) -> Vec<String> {
    let stops = line.stops(0);
    let mut names: Vec<String> = Vec::with_capacity(stops.len());
    for &stop in &stops {
        let name = if stop == 0 {
            line.ends[0].clone()
        } else if stop + 1 == stops.len() {
            line.ends[1].clone()
        } else {
            let streets = streets_near(network, line, stop);
            // Stops along one street are named after those that cross it.
            let last = names.last().map(String::as_str);
            let other = streets.iter().find(|name| Some(**name) != last);
            other.or(streets.first()).map_or_else(
                || format!("{SYNTHETIC_STOP} {}-{}", line.name, stop + 1),
                |name| (*name).to_owned(),
            )
        };
        names.push(name);
    }
    names
}

/// Names of real streets near a stop, the nearest first.
fn streets_near<'a>(network: &'a Network, line: &Route, stop: usize) -> Vec<&'a str> {
    let mut near = Vec::new();
    let at = network.plane().project(line.stop_place(stop, 0));
    network.near(at, NAMED_AFTER_M, &mut near);
    near.sort_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs()));
    let mut names = Vec::new();
    for name in near.iter().map(|point| network.name(point.link)) {
        if !name.is_empty() && name != SYNTHETIC_NAME && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Source: <https://gtfs.org/documentation/schedule/reference/#routestxt>.
fn route_type(mode: Mode) -> u8 {
    match mode {
        Mode::Tram => 0,
        Mode::Metro => 1,
        Mode::Train => 2,
        Mode::Bus => 3,
        Mode::Ferry => 4,
    }
}

/// The files of a schedule, by name.
#[derive(Default)]
struct Tables(BTreeMap<&'static str, String>);

impl Tables {
    fn row<const N: usize>(&mut self, file: &'static str, values: [&str; N]) {
        let text = self.0.entry(file).or_default();
        for (place, value) in values.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing to a text does not fail.
            let _ = write!(text, "{comma}\"{}\"", value.replace('"', "\"\""));
        }
        text.push('\n');
    }
}

fn degrees(at: Position) -> [String; 2] {
    [at.latitude_deg.to_string(), at.longitude_deg.to_string()]
}

impl GtfsFiles for Tables {
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError> {
        Ok(self.0.get(name).map(|text| Box::new(text.as_bytes()) as Box<dyn Read>))
    }
}
