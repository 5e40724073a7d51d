//! The public transport of a region: stops, routes, trips, and on which links they drive.

use events::Position;
use events::wire::Mode;

use crate::builder::rows;
use crate::import::gtfs::Feed;
use crate::import::{Finding, ImportReport};
use crate::network::LinkNumber;
use crate::texts::Texts;
use crate::{Network, trace};

/// A stop is on a link that passes within this distance, metres: the width of a bay and of half a
/// street, and the error of its place.
const STOP_REACH_M: f32 = 30.0;

/// Directions by which links of a route are kept: 0, 1 and both.
const DIRECTIONS: usize = 3;

/// A direction that the schedule does not say.
const UNSAID: u8 = 2;

/// Number of a stop, a route or a pattern.
pub type ScheduleNumber = u32;

/// Stops, routes and trips that touch a network, and how routes lie on its links. Part of a
/// [`Network`], made from GTFS by [`Network::with_schedule`]; empty without.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    pub(crate) stop_ids: Texts,
    pub(crate) stop_names: Texts,
    pub(crate) stop_codes: Texts,
    /// Latitude and longitude.
    pub(crate) stop_at: Vec<[f64; 2]>,
    pub(crate) route_ids: Texts,
    pub(crate) route_names: Texts,
    pub(crate) route_modes: Vec<u8>,
    pub(crate) pattern_route: Vec<u32>,
    pub(crate) pattern_direction: Vec<u8>,
    pub(crate) pattern_stop_starts: Vec<u32>,
    pub(crate) pattern_stops: Vec<u32>,
    pub(crate) pattern_shape: Vec<u32>,
    pub(crate) shape_starts: Vec<u32>,
    pub(crate) shape: Vec<[f32; 2]>,
    pub(crate) trip_ids: Texts,
    pub(crate) trip_pattern: Vec<u32>,
    /// Three rows a route: direction 0, direction 1, both.
    pub(crate) link_starts: Vec<u32>,
    pub(crate) links: Vec<u32>,
    /// A row a link, or nothing at all.
    pub(crate) on_link_starts: Vec<u32>,
    pub(crate) on_link_m: Vec<f32>,
    pub(crate) on_link_stop: Vec<u32>,
}

/// A place where vehicles stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop<'a> {
    /// Id, as vehicles and trips say it.
    pub id: &'a str,
    /// Name; empty when the schedule has none.
    pub name: &'a str,
    /// What its sign says beside the name, such as a number; empty when the schedule has none.
    pub code: &'a str,
    /// Where it is.
    pub at: Position,
}

/// A route's way in one direction: the stops in order and the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pattern<'a> {
    /// Route.
    pub route: ScheduleNumber,
    /// 0 or 1, as the schedule names them; `None` when it does not.
    pub direction: Option<u8>,
    /// Stops in order.
    pub stops: &'a [ScheduleNumber],
    /// Its line on the network's plane, metres; empty when nothing is known of it.
    pub shape: &'a [[f32; 2]],
}

impl Schedule {
    /// How many stops, routes and trips there are.
    pub fn counts(&self) -> [usize; 3] {
        [self.stop_ids.len(), self.route_ids.len(), self.trip_ids.len()]
    }

    /// A stop; numbers are those of [`Pattern::stops`].
    pub fn stop(&self, stop: ScheduleNumber) -> Option<Stop<'_>> {
        let number = stop as usize;
        let &[latitude_deg, longitude_deg] = self.stop_at.get(number)?;
        Some(Stop {
            id: self.stop_ids.get(number),
            name: self.stop_names.get(number),
            code: self.stop_codes.get(number),
            at: Position { longitude_deg, latitude_deg },
        })
    }

    /// All stops, by id.
    pub fn stops(&self) -> impl Iterator<Item = Stop<'_>> {
        (0..self.stop_ids.len() as u32).filter_map(|number| self.stop(number))
    }

    /// Numbers of the stops that a route calls at, in either direction, ascending; none when it is
    /// unknown.
    pub fn stops_of(&self, route_id: &str) -> Vec<ScheduleNumber> {
        let patterns = self.route(route_id).map_or(0..0, |route| self.patterns_of(route));
        let patterns = patterns.filter_map(|pattern| self.pattern(pattern));
        let mut stops: Vec<_> = patterns.flat_map(|pattern| pattern.stops).copied().collect();
        stops.sort_unstable();
        stops.dedup();
        stops
    }

    /// Number of a route by its id.
    pub fn route(&self, id: &str) -> Option<ScheduleNumber> {
        self.route_ids.find(id).map(|number| number as u32)
    }

    /// Id, short name and mode of a route.
    pub fn route_of(&self, route: ScheduleNumber) -> Option<(&str, &str, Mode)> {
        let number = route as usize;
        let mode = i32::from(*self.route_modes.get(number)?);
        let mode = Mode::try_from(mode).unwrap_or(Mode::Unspecified);
        Some((self.route_ids.get(number), self.route_names.get(number), mode))
    }

    /// Links that a route's buses drive on, in order of number; empty when the route is unknown or
    /// runs on no street. A direction is 0 or 1 as in GTFS (HFP counts from 1); `None` is both, and
    /// what the schedule gives no direction counts for either.
    ///
    /// ```
    /// let network = network::NetworkBuilder::new(events::Position::new(60.0, 25.0).unwrap()).build();
    /// assert!(network.schedule().route_links("550", Some(0)).is_empty());
    /// ```
    pub fn route_links(&self, route_id: &str, direction: Option<u8>) -> &[LinkNumber] {
        let Some(route) = self.route_ids.find(route_id) else { return &[] };
        let direction = direction.map_or(DIRECTIONS - 1, |direction| usize::from(direction.min(1)));
        row(&self.link_starts, &self.links, DIRECTIONS * route + direction)
    }

    /// Metres from a link's beginning of the stops on it, where buses of a route stop that drives
    /// there; ascending.
    pub fn stops_on(&self, link: LinkNumber) -> &[f32] {
        row(&self.on_link_starts, &self.on_link_m, link as usize)
    }

    /// Numbers of the stops of [`Self::stops_on`].
    pub fn stop_numbers_on(&self, link: LinkNumber) -> &[ScheduleNumber] {
        row(&self.on_link_starts, &self.on_link_stop, link as usize)
    }

    /// How many patterns there are; they are numbered from 0 in the order of their routes.
    pub fn patterns(&self) -> usize {
        self.pattern_route.len()
    }

    /// A pattern.
    pub fn pattern(&self, pattern: ScheduleNumber) -> Option<Pattern<'_>> {
        let number = pattern as usize;
        let direction = *self.pattern_direction.get(number)?;
        let shape = *self.pattern_shape.get(number)? as usize;
        Some(Pattern {
            route: *self.pattern_route.get(number)?,
            direction: (direction != UNSAID).then_some(direction),
            stops: row(&self.pattern_stop_starts, &self.pattern_stops, number),
            shape: row(&self.shape_starts, &self.shape, shape),
        })
    }

    /// Number of the pattern that a trip drives.
    pub fn trip_pattern(&self, trip_id: &str) -> Option<ScheduleNumber> {
        self.trip_ids.find(trip_id).and_then(|trip| self.trip_pattern.get(trip).copied())
    }

    /// Numbers of the patterns of a route, in both directions.
    pub fn patterns_of(&self, route: ScheduleNumber) -> std::ops::Range<ScheduleNumber> {
        let end = |limit: u32| self.pattern_route.partition_point(|&other| other < limit) as u32;
        end(route)..end(route.saturating_add(1))
    }

    /// Why it cannot be used, if so, with a network of so many links.
    pub(crate) fn check(&self, links: usize) -> Result<(), &'static str> {
        let [stops, routes, trips] = self.counts();
        let patterns = self.patterns();
        let texts = [
            &self.stop_ids,
            &self.stop_names,
            &self.stop_codes,
            &self.route_ids,
            &self.route_names,
            &self.trip_ids,
        ];
        if !texts.into_iter().all(Texts::sound) {
            return Err("a text of its schedule is cut off");
        }
        if [&self.stop_ids, &self.route_ids, &self.trip_ids].into_iter().any(|ids| !ids.sorted()) {
            return Err("ids of its schedule are not in order");
        }
        let lengths = [
            (self.stop_names.len(), stops),
            (self.stop_codes.len(), stops),
            (self.stop_at.len(), stops),
            (self.route_names.len(), routes),
            (self.route_modes.len(), routes),
            (self.pattern_direction.len(), patterns),
            (self.pattern_shape.len(), patterns),
            (self.trip_pattern.len(), trips),
            (self.on_link_m.len(), self.on_link_stop.len()),
        ];
        if lengths.iter().any(|(length, wanted)| length != wanted) {
            return Err("columns of its schedule differ in length");
        }
        let shapes = self.shape_starts.len().saturating_sub(1);
        let fits = |starts: &[u32], rows: usize, end: usize| {
            (rows == 0 && starts.is_empty() && end == 0)
                || crate::file::rows_fit(starts, rows, end, 0)
        };
        let on_links = self.on_link_starts.len().saturating_sub(1);
        if !fits(&self.pattern_stop_starts, patterns, self.pattern_stops.len())
            || !fits(&self.shape_starts, shapes, self.shape.len())
            || !fits(&self.link_starts, DIRECTIONS * routes, self.links.len())
            || !fits(&self.on_link_starts, on_links, self.on_link_m.len())
            || (on_links != 0 && on_links != links)
        {
            return Err("rows of its schedule do not fit");
        }
        let inside = |numbers: &[u32], end: usize| numbers.iter().all(|&n| (n as usize) < end);
        if !inside(&self.pattern_route, routes)
            || !self.pattern_route.is_sorted()
            || !inside(&self.pattern_stops, stops)
            || !inside(&self.pattern_shape, shapes)
            || !inside(&self.trip_pattern, patterns)
            || !inside(&self.links, links)
            || !inside(&self.on_link_stop, stops)
        {
            return Err("its schedule speaks of what it does not have");
        }
        let on_globe = |at: &[f64; 2]| at[0].abs() <= 90.0 && at[1].abs() <= 180.0;
        let finite = |at: &[f32; 2]| at[0].is_finite() && at[1].is_finite();
        if !self.stop_at.iter().all(on_globe)
            || !self.shape.iter().all(finite)
            || !self.on_link_m.iter().all(|metres| metres.is_finite())
        {
            return Err("a value of its schedule is out of its range");
        }
        Ok(())
    }
}

/// A row, empty when there is none.
fn row<'a, T>(starts: &[u32], values: &'a [T], row: usize) -> &'a [T] {
    match (starts.get(row), starts.get(row + 1)) {
        (Some(&start), Some(&end)) => &values[start as usize..end as usize],
        _ => &[],
    }
}

impl Network {
    /// The public transport on it; empty when the import had none.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// With the public transport of schedules. Routes that touch nothing of the network are left
    /// out; those of buses are laid on its links. Of what two schedules name alike the first counts.
    /// `progress` hears of patterns done and their total.
    #[must_use]
    pub fn with_schedule(
        mut self,
        feeds: &[Feed],
        report: &mut ImportReport,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Self {
        self.schedule = Maker::new(&self, feeds, report).make(progress);
        self.on_streets(report);
        self
    }

    fn on_streets(&self, report: &mut ImportReport) {
        let schedule = &self.schedule;
        let [stops, routes, trips] = schedule.counts();
        report.read("stops of the schedule kept", stops as u64);
        report.read("routes kept", routes as u64);
        report.read("trips kept", trips as u64);
        let with = |route: &usize| {
            !row(&schedule.link_starts, &schedule.links, DIRECTIONS * route + 2).is_empty()
        };
        report.read("routes on links", (0..routes).filter(with).count() as u64);
        report.read("stops on links", schedule.on_link_stop.len() as u64);
    }
}

/// One pattern of one of the schedules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    route: u32,
    direction: u8,
    feed: usize,
    pattern: usize,
}

/// Puts schedules together.
struct Maker<'a> {
    network: &'a Network,
    feeds: &'a [Feed],
    patterns: Vec<Place>,
    schedule: Schedule,
}

impl<'a> Maker<'a> {
    /// Numbers everything that touches the network.
    fn new(network: &'a Network, feeds: &'a [Feed], report: &mut ImportReport) -> Self {
        let plane = network.plane();
        let touches = |at: &Position| network.covers(plane.project(*at));
        let mut kept = Vec::new();
        let (mut routes, mut stops) = (Vec::new(), Vec::new());
        for (number, feed) in feeds.iter().enumerate() {
            for (index, pattern) in feed.patterns.iter().enumerate() {
                let mut at = pattern.stops.iter().map(|&stop| &feed.stops[stop as usize].at);
                if at.any(touches) || feed.shapes[pattern.shape as usize].iter().any(touches) {
                    kept.push((number, index));
                    let id = feed.routes[pattern.route as usize].id.as_str();
                    routes.push((id, number, pattern.route));
                    let ids = |&stop: &u32| (feed.stops[stop as usize].id.as_str(), number, stop);
                    stops.extend(pattern.stops.iter().map(ids));
                }
            }
        }
        for ids in [&mut routes, &mut stops] {
            ids.sort_unstable();
            ids.dedup();
            ids.dedup_by(|other, first| {
                let twice = other.0 == first.0;
                if twice {
                    report.find(Finding::IdOfTwoSchedules, other.0);
                }
                twice
            });
        }
        let route = |(_, feed, route): &(&str, usize, u32)| &feeds[*feed].routes[*route as usize];
        let stop = |(_, feed, stop): &(&str, usize, u32)| &feeds[*feed].stops[*stop as usize];
        let schedule = Schedule {
            stop_ids: Texts::new(stops.iter().map(|(id, _, _)| *id)),
            stop_names: Texts::new(stops.iter().map(|place| stop(place).name.as_str())),
            stop_codes: Texts::new(stops.iter().map(|place| stop(place).code.as_str())),
            stop_at: stops
                .iter()
                .map(|place| [stop(place).at.latitude_deg, stop(place).at.longitude_deg])
                .collect(),
            route_ids: Texts::new(routes.iter().map(|(id, _, _)| *id)),
            route_names: Texts::new(routes.iter().map(|place| route(place).name.as_str())),
            route_modes: routes.iter().map(|place| route(place).mode as u8).collect(),
            ..Schedule::default()
        };
        let mut patterns: Vec<Place> = kept
            .into_iter()
            .filter_map(|(feed, pattern)| {
                let of = &feeds[feed].patterns[pattern];
                let route = schedule.route_ids.find(&feeds[feed].routes[of.route as usize].id)?;
                let direction = of.direction.unwrap_or(UNSAID);
                // The route of that id may be another schedule's: a bus here, a tram elsewhere.
                let (_, first, number) = routes[route];
                let own = (first, number) == (feed, of.route);
                own.then_some(Place { route: route as u32, direction, feed, pattern })
            })
            .collect();
        patterns.sort_unstable();
        Self { network, feeds, patterns, schedule }
    }

    fn make(mut self, progress: &mut dyn FnMut(u64, u64)) -> Schedule {
        let mut pattern_stops = Vec::new();
        let mut shapes: Vec<(usize, u32)> = Vec::new();
        for (number, place) in self.patterns.iter().enumerate() {
            let feed = &self.feeds[place.feed];
            let pattern = &feed.patterns[place.pattern];
            let stops = pattern
                .stops
                .iter()
                .filter_map(|&stop| self.schedule.stop_ids.find(&feed.stops[stop as usize].id));
            pattern_stops.extend(stops.map(|stop| (number as u32, stop as u32)));
            shapes.push((place.feed, pattern.shape));
        }
        let count = self.patterns.len();
        (self.schedule.pattern_stop_starts, self.schedule.pattern_stops) =
            rows(count, &pattern_stops);
        self.schedule.pattern_route = self.patterns.iter().map(|place| place.route).collect();
        self.schedule.pattern_direction =
            self.patterns.iter().map(|place| place.direction).collect();
        shapes.sort_unstable();
        shapes.dedup();
        let shape_number = |place: &Place| {
            let shape = self.feeds[place.feed].patterns[place.pattern].shape;
            shapes.partition_point(|&other| other < (place.feed, shape)) as u32
        };
        self.schedule.pattern_shape = self.patterns.iter().map(shape_number).collect();
        let plane = self.network.plane();
        let points = shapes.iter().zip(0..).flat_map(|(&(feed, shape), number)| {
            let line = self.feeds[feed].shapes[shape as usize].iter();
            line.map(move |&at| (number, plane.project(at).map(|metres| metres as f32)))
        });
        (self.schedule.shape_starts, self.schedule.shape) =
            rows(shapes.len(), &points.collect::<Vec<_>>());
        self.trips();
        self.streets(progress);
        self.schedule
    }

    fn trips(&mut self) {
        let mut trips: Vec<(&str, usize, u32)> = Vec::new();
        let mut numbers: Vec<(usize, usize, u32)> = self
            .patterns
            .iter()
            .zip(0..)
            .map(|(place, n)| (place.feed, place.pattern, n))
            .collect();
        numbers.sort_unstable();
        for (number, feed) in self.feeds.iter().enumerate() {
            for (id, pattern) in &feed.trips {
                let at = numbers.partition_point(|&(feed, other, _)| {
                    (feed, other) < (number, *pattern as usize)
                });
                if let Some(&(feed, other, place)) = numbers.get(at)
                    && (feed, other) == (number, *pattern as usize)
                {
                    trips.push((id, number, place));
                }
            }
        }
        trips.sort_unstable();
        trips.dedup_by_key(|(id, _, _)| *id);
        self.schedule.trip_ids = Texts::new(trips.iter().map(|(id, _, _)| *id));
        self.schedule.trip_pattern = trips.into_iter().map(|(_, _, pattern)| pattern).collect();
    }

    /// Lays the routes of buses on links.
    fn streets(&mut self, progress: &mut dyn FnMut(u64, u64)) {
        let schedule = &self.schedule;
        let plane = self.network.plane();
        let mut route_links: Vec<(u32, u32)> = Vec::new();
        let mut stops: Vec<(u32, f32, u32)> = Vec::new();
        let bus = |pattern: &usize| {
            let route = schedule.pattern_route[*pattern];
            schedule.route_of(route).is_some_and(|(_, _, mode)| mode == Mode::Bus)
        };
        let mut patterns: Vec<usize> = (0..schedule.patterns()).filter(bus).collect();
        // Patterns of one shape lie on the same links, and matching them is what takes time.
        patterns.sort_by_key(|&pattern| schedule.pattern_shape[pattern]);
        let total = patterns.len() as u64;
        let mut matched: (Option<u32>, Vec<u32>) = (None, Vec::new());
        let mut tracer = trace::Tracer::new(self.network);
        for (done, pattern) in (0..).zip(patterns) {
            progress(done, total);
            let number = schedule.pattern_shape[pattern];
            if matched.0 != Some(number) {
                let line = row(&schedule.shape_starts, &schedule.shape, number as usize);
                matched = (Some(number), tracer.links(line));
            }
            let links = &matched.1;
            let route = schedule.pattern_route[pattern] * DIRECTIONS as u32;
            let direction = schedule.pattern_direction[pattern];
            let directions: &[u32] = match direction {
                0 => &[0, 2],
                1 => &[1, 2],
                _ => &[0, 1, 2],
            };
            for direction in directions {
                route_links.extend(links.iter().map(|&link| (route + direction, link)));
            }
            for &stop in row(&schedule.pattern_stop_starts, &schedule.pattern_stops, pattern) {
                let [latitude_deg, longitude_deg] = schedule.stop_at[stop as usize];
                let at = plane.project(Position { longitude_deg, latitude_deg });
                let points = links.iter().filter_map(|&link| {
                    self.network.nearest_point(link, at.map(|metres| metres as f32), STOP_REACH_M)
                });
                let nearest = points.min_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs()));
                stops.extend(nearest.map(|point| (point.link, point.along_m, stop)));
            }
        }
        progress(total, total);
        route_links.sort_unstable();
        route_links.dedup();
        stops.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        stops.dedup();
        let on_link_m: Vec<(u32, f32)> = stops.iter().map(|&(link, m, _)| (link, m)).collect();
        let [_, routes, _] = schedule.counts();
        let links = self.network.len();
        let schedule = &mut self.schedule;
        (schedule.link_starts, schedule.links) = rows(DIRECTIONS * routes, &route_links);
        (schedule.on_link_starts, schedule.on_link_m) = rows(links, &on_link_m);
        schedule.on_link_stop = stops.into_iter().map(|(_, _, stop)| stop).collect();
    }
}
