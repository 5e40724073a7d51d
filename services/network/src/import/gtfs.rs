//! Reads a schedule in GTFS: stops, routes, trips and their lines.
//!
//! Source: <https://gtfs.org/documentation/schedule/reference/>. A schedule that contradicts itself is
//! read as far as it makes sense: each piece that does not is left out, counted and reported. Missing
//! files are as if they were empty; without routes and trips there is no schedule.

mod table;

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use events::Position;
use events::wire::Mode;

use super::{Finding, ImportReport};
use table::each_row;

/// Most rows of a table: four times the stop times of the largest region we know.
const ROWS_MAX: u64 = 50_000_000;

/// Longest id or name that is kept, bytes.
const TEXT_BYTES_MAX: usize = 255;

/// Most bytes of a table, unpacked: a packed file can hold far more than a disk.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// Tables that are read, in order.
const TABLES: u64 = 5;

/// Why files are no schedule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GtfsError {
    /// A file cannot be read.
    #[error("cannot read {file}: {message}")]
    Read {
        /// Which.
        file: String,
        /// Why.
        message: String,
    },
    /// Too many rows.
    #[error("{file} has more than {ROWS_MAX} rows: cut the schedule to the region")]
    TooLarge {
        /// Which.
        file: String,
    },
    /// Neither routes nor trips.
    #[error("no GTFS schedule: no readable route and trip in routes.txt and trips.txt")]
    NoSchedule,
}

/// The files of a schedule, packed or in a folder.
pub trait GtfsFiles {
    /// Opens a file by its name, such as `stops.txt`; `None` when there is none.
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError>;
}

/// A packed schedule (`.zip`); its files may lie in a folder.
pub struct GtfsZip<R> {
    archive: zip::ZipArchive<R>,
}

impl<R: Read + Seek> GtfsZip<R> {
    /// Reads the list of files.
    ///
    /// ```
    /// use network::gtfs::GtfsZip;
    /// let text = std::io::Cursor::new(b"no archive".to_vec());
    /// assert!(GtfsZip::new(text).is_err());
    /// ```
    pub fn new(reader: R) -> Result<Self, GtfsError> {
        let archive = zip::ZipArchive::new(reader).map_err(|error| GtfsError::Read {
            file: "the zip archive".into(),
            message: error.to_string(),
        })?;
        Ok(Self { archive })
    }
}

impl<R: Read + Seek> GtfsFiles for GtfsZip<R> {
    fn open(&mut self, name: &str) -> Result<Option<Box<dyn Read + '_>>, GtfsError> {
        let is_it = |path: &String| {
            // Some systems put files of their own beside each, in a folder of its own.
            path.rsplit('/').next() == Some(name) && !path.starts_with("__MACOSX")
        };
        let paths = self.archive.file_names().flatten().map(|path| path.to_string());
        let nearest = paths.filter(is_it).min_by_key(|path| (path.len(), path.clone()));
        let Some(path) = nearest else { return Ok(None) };
        let file = self
            .archive
            .by_name(&path)
            .map_err(|error| GtfsError::Read { file: path.clone(), message: error.to_string() })?;
        Ok(Some(Box::new(file.take(FILE_BYTES_MAX))))
    }
}

/// A place where vehicles stop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stop {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What its sign says beside the name, such as a number; empty without.
    pub(crate) code: String,
    pub(crate) at: Position,
}

/// A line with a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Route {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) mode: Mode,
}

/// Trips of one route that call at the same stops on the same line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeedPattern {
    pub(crate) route: u32,
    pub(crate) direction: Option<u8>,
    pub(crate) stops: Vec<u32>,
    pub(crate) shape: u32,
}

/// A schedule, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    pub(crate) stops: Vec<Stop>,
    pub(crate) routes: Vec<Route>,
    pub(crate) patterns: Vec<FeedPattern>,
    pub(crate) shapes: Vec<Vec<Position>>,
    /// Id and pattern.
    pub(crate) trips: Vec<(String, u32)>,
}

/// A trip before its stops are known.
struct Trip {
    id: String,
    route: u32,
    direction: Option<u8>,
    shape: Option<u32>,
}

/// Reads a schedule. `progress` hears of tables done and their total.
pub fn read_gtfs(
    files: &mut dyn GtfsFiles,
    report: &mut ImportReport,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Feed, GtfsError> {
    let (stops, stop_numbers) = stops(files, report)?;
    progress(1, TABLES);
    let (routes, route_numbers) = routes(files, report)?;
    progress(2, TABLES);
    let (mut shapes, shape_numbers) = shapes(files, report)?;
    progress(3, TABLES);
    let (trips, trip_numbers) = trips(files, &route_numbers, &shape_numbers, report)?;
    progress(4, TABLES);
    if routes.is_empty() || trips.is_empty() {
        return Err(GtfsError::NoSchedule);
    }
    let calls = stop_times(files, &trip_numbers, &stop_numbers, report)?;
    progress(5, TABLES);
    report.read("stops", stops.len() as u64);
    report.read("routes", routes.len() as u64);
    report.read("trips", trips.len() as u64);
    let mut patterns: BTreeMap<FeedPattern, u32> = BTreeMap::new();
    let mut lines: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    let mut of_trips = Vec::with_capacity(trips.len());
    let mut rest = &calls[..];
    for (number, trip) in (0..).zip(trips) {
        let count = rest.partition_point(|call| call.trip == number);
        let (own, others) = rest.split_at(count);
        rest = others;
        let sequence = sequence(own, &trip.id, report);
        if sequence.is_empty() {
            report.find(Finding::TripWithoutStops, &trip.id);
        }
        let shape = trip.shape.unwrap_or_else(|| {
            *lines.entry(sequence.clone()).or_insert_with(|| {
                // Nothing better than straight lines from stop to stop is known.
                shapes.push(sequence.iter().map(|&stop| stops[stop as usize].at).collect());
                shapes.len() as u32 - 1
            })
        });
        let Trip { id, route, direction, .. } = trip;
        let next = patterns.len() as u32;
        let pattern = FeedPattern { route, direction, stops: sequence, shape };
        of_trips.push((id, *patterns.entry(pattern).or_insert(next)));
    }
    // Numbers as the patterns came, put in order.
    let mut patterns: Vec<(u32, FeedPattern)> =
        patterns.into_iter().map(|(pattern, number)| (number, pattern)).collect();
    patterns.sort_unstable_by_key(|(number, _)| *number);
    let patterns = patterns.into_iter().map(|(_, pattern)| pattern).collect();
    Ok(Feed { stops, routes, patterns, shapes, trips: of_trips })
}

/// Numbers by id.
type Numbers = BTreeMap<String, u32>;

fn stops(
    files: &mut dyn GtfsFiles,
    report: &mut ImportReport,
) -> Result<(Vec<Stop>, Numbers), GtfsError> {
    let (mut stops, mut numbers) = (Vec::new(), Numbers::new());
    let columns = ["stop_id", "stop_name", "stop_code", "stop_lat", "stop_lon"];
    each_row(files, "stops.txt", columns, report, |row, report| {
        let [id, name, code, latitude, longitude] = row;
        if numbers.contains_key(id) {
            report.find(Finding::StopTwice, id);
            return;
        }
        let at = latitude.parse().ok().zip(longitude.parse().ok());
        let Some(at) = at.and_then(|(latitude, longitude)| Position::new(latitude, longitude).ok())
        else {
            report.find(Finding::StopWithoutPlace, id);
            return;
        };
        numbers.insert(id.to_owned(), stops.len() as u32);
        let [id, name, code] = [id, name, code].map(str::to_owned);
        stops.push(Stop { id, name, code, at });
    })?;
    Ok((stops, numbers))
}

fn routes(
    files: &mut dyn GtfsFiles,
    report: &mut ImportReport,
) -> Result<(Vec<Route>, Numbers), GtfsError> {
    let (mut routes, mut numbers) = (Vec::new(), Numbers::new());
    let columns = ["route_id", "route_short_name", "route_long_name", "route_type"];
    each_row(files, "routes.txt", columns, report, |[id, short, long, kind], report| {
        if numbers.contains_key(id) {
            report.find(Finding::RouteTwice, id);
            return;
        }
        let mode = kind.parse().ok().and_then(mode).unwrap_or_else(|| {
            report.find(Finding::RouteTypeUnknown, format_args!("{kind:?} of route {id}"));
            Mode::Unspecified
        });
        let name = if short.is_empty() { long } else { short };
        numbers.insert(id.to_owned(), routes.len() as u32);
        routes.push(Route { id: id.to_owned(), name: name.to_owned(), mode });
    })?;
    Ok((routes, numbers))
}

/// Mode of a route type: the basic ones, and the extended ones of 100 to 1700.
///
/// Source: <https://developers.google.com/transit/gtfs/reference/extended-route-types>.
fn mode(route_type: u32) -> Option<Mode> {
    Some(match route_type {
        0 | 5 | 900..=999 => Mode::Tram,
        1 | 12 | 400..=699 => Mode::Metro,
        2 | 7 | 100..=199 | 300..=399 | 1_400..=1_499 => Mode::Train,
        3 | 11 | 200..=299 | 700..=899 => Mode::Bus,
        4 | 1_000..=1_099 | 1_200..=1_299 => Mode::Ferry,
        1_500..=1_599 => Mode::Taxi,
        // In the air, or whatever else.
        6 | 1_100..=1_199 | 1_300..=1_399 | 1_600..=1_702 => Mode::Unspecified,
        _ => return None,
    })
}

fn shapes(
    files: &mut dyn GtfsFiles,
    report: &mut ImportReport,
) -> Result<(Vec<Vec<Position>>, Numbers), GtfsError> {
    let mut numbers = Numbers::new();
    let mut points: Vec<(u32, u32, Position)> = Vec::new();
    let columns = ["shape_id", "shape_pt_sequence", "shape_pt_lat", "shape_pt_lon"];
    each_row(
        files,
        "shapes.txt",
        columns,
        report,
        |[id, sequence, latitude, longitude], report| {
            let at = latitude.parse().ok().zip(longitude.parse().ok());
            let at = at.and_then(|(latitude, longitude)| Position::new(latitude, longitude).ok());
            let (Some(at), Ok(sequence)) = (at, sequence.parse()) else {
                report.find(Finding::ShapePointUnreadable, format_args!("shape {id}"));
                return;
            };
            let next = numbers.len() as u32;
            let shape = numbers.get(id).copied().unwrap_or_else(|| {
                numbers.insert(id.to_owned(), next);
                next
            });
            points.push((shape, sequence, at));
        },
    )?;
    points.sort_by_key(|&(shape, sequence, _)| (shape, sequence));
    let mut shapes = vec![Vec::new(); numbers.len()];
    for (shape, _, at) in points {
        shapes[shape as usize].push(at);
    }
    Ok((shapes, numbers))
}

fn trips(
    files: &mut dyn GtfsFiles,
    routes: &Numbers,
    shapes: &Numbers,
    report: &mut ImportReport,
) -> Result<(Vec<Trip>, Numbers), GtfsError> {
    let (mut trips, mut numbers) = (Vec::new(), Numbers::new());
    let columns = ["trip_id", "route_id", "direction_id", "shape_id"];
    each_row(files, "trips.txt", columns, report, |[id, route, direction, shape], report| {
        if numbers.contains_key(id) {
            report.find(Finding::TripTwice, id);
            return;
        }
        let Some(&route) = routes.get(route) else {
            report.find(Finding::TripOfUnknownRoute, id);
            return;
        };
        let direction = direction.parse().ok().filter(|&direction: &u8| direction <= 1);
        let known = shapes.get(shape).copied();
        if known.is_none() && !shape.is_empty() {
            report.find(Finding::ShapeUnknown, format_args!("shape {shape} of trip {id}"));
        }
        numbers.insert(id.to_owned(), trips.len() as u32);
        trips.push(Trip { id: id.to_owned(), route, direction, shape: known });
    })?;
    Ok((trips, numbers))
}

/// One stop of one trip.
#[derive(Clone, Copy, Debug)]
struct Call {
    trip: u32,
    sequence: u32,
    stop: u32,
    /// Seconds since the beginning of the service day, over 24 hours in the night; `None` between
    /// timed stops.
    times_s: [Option<u32>; 2],
}

/// All stops of all trips, in order.
fn stop_times(
    files: &mut dyn GtfsFiles,
    trips: &Numbers,
    stops: &Numbers,
    report: &mut ImportReport,
) -> Result<Vec<Call>, GtfsError> {
    let mut calls = Vec::new();
    // Rows of a trip follow each other.
    let mut newest: Option<(String, u32)> = None;
    let columns = ["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"];
    each_row(files, "stop_times.txt", columns, report, |row, report| {
        let [trip_id, stop, sequence, arrival, departure] = row;
        let same = newest.as_ref().filter(|(id, _)| id == trip_id).map(|&(_, trip)| trip);
        let Some(trip) = same.or_else(|| trips.get(trip_id).copied()) else {
            report.find(Finding::StopTimeOfUnknownTrip, trip_id);
            return;
        };
        if same.is_none() {
            newest = Some((trip_id.to_owned(), trip));
        }
        let Some(&stop) = stops.get(stop) else {
            report.find(
                Finding::StopTimeOfUnknownStop,
                format_args!("stop {stop} of trip {trip_id}"),
            );
            return;
        };
        let Ok(sequence) = sequence.parse() else {
            report.find(Finding::StopTimeUnreadable, format_args!("trip {trip_id}"));
            return;
        };
        let mut time = |text: &str| {
            let time_s = time_s(text);
            if time_s.is_none() && !text.is_empty() {
                report.find(Finding::StopTimeUnreadable, format_args!("trip {trip_id}"));
            }
            time_s
        };
        calls.push(Call { trip, sequence, stop, times_s: [time(arrival), time(departure)] });
    })?;
    calls.sort_by_key(|call| (call.trip, call.sequence));
    Ok(calls)
}

/// Seconds of `25:10:00`; `None` when it is no time.
fn time_s(text: &str) -> Option<u32> {
    /// Trips of more than a week are trains across continents.
    const HOURS_MAX: u32 = 200;
    let mut parts = text.split(':').map(|part| part.trim().parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = hours <= HOURS_MAX && minutes < 60 && seconds < 60 && parts.next().is_none();
    fits.then_some(3_600 * hours + 60 * minutes + seconds)
}

/// Stops of a trip in order. Times that go back are counted; the order is that of the numbers.
fn sequence(calls: &[Call], trip: &str, report: &mut ImportReport) -> Vec<u32> {
    let mut stops = Vec::with_capacity(calls.len());
    let mut before: Option<u32> = None;
    let mut newest_s = 0;
    let mut back = false;
    for call in calls {
        if before == Some(call.sequence) {
            report.find(Finding::StopTimeTwice, format_args!("trip {trip}"));
            continue;
        }
        before = Some(call.sequence);
        for time_s in call.times_s.into_iter().flatten() {
            back |= time_s < newest_s;
            newest_s = newest_s.max(time_s);
        }
        stops.push(call.stop);
    }
    if back {
        report.find(Finding::TimesGoBack, format_args!("trip {trip}"));
    }
    stops
}
