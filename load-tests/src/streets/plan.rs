//! Made-up streets: straight lines that meet where they cross.

use std::collections::{BTreeMap, BTreeSet};

use network::{LinkFlags, LinkId, NewLink, Plane, RoadClass};

use super::{SYNTHETIC_NAME, position};
use crate::simulator::world::{Mode, RouteData, StationData, World};

/// Points nearer to each other are one, metres.
const SNAP_M: f64 = 12.0;
/// Links are cut at the next point after so long, metres.
const LINK_M: f64 = 400.0;
/// A line at this speed or faster runs on a main road, m/s.
const MAIN_ROAD_M_S: f64 = 15.0;
/// Straight stretch of a road on either side of its measuring station, metres.
const STATION_M: f64 = 500.0;
/// Road before the first and after the last station, metres.
const ROAD_END_M: f64 = 1_500.0;
/// Stations farther apart are of two roads, metres.
const ROAD_GAP_M: f64 = 12_000.0;
/// Metres of a link that lie inside a junction.
const SETBACK_M: f32 = 8.0;
/// First id of made-up ways and nodes: far above those of the map, exact in a double.
const ID_FIRST: i64 = 9_000_000_000_000;

/// What a street is like; the least is the most important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    class: RoadClass,
    limit_km_h: u8,
    lanes: u8,
}

const CITY: Kind = Kind { class: RoadClass::Tertiary, limit_km_h: 40, lanes: 1 };
const CITY_MAIN: Kind = Kind { class: RoadClass::Secondary, limit_km_h: 50, lanes: 1 };
const MAIN: Kind = Kind { class: RoadClass::Primary, limit_km_h: 80, lanes: 2 };

/// Directed links of all streets of a region; without those that the real map has.
pub(super) fn links(world: &World, region: &str, has_real: bool) -> Vec<NewLink> {
    let Ok(data) = world.region(region) else { return Vec::new() };
    let plane = Plane::new(data.bbox.center());
    let mut ground = Ground::new(plane);
    let feeds: Vec<&str> = world
        .feeds
        .iter()
        .filter(|feed| feed.region == region)
        .map(|feed| feed.name.as_str())
        .collect();
    let buses =
        |route: &&RouteData| route.mode == Mode::Bus && feeds.contains(&route.feed.as_str());
    for route in world.routes.iter().filter(buses) {
        ground.line(route, has_real);
    }
    // Where ways were found on real streets, cars need streets without the map too.
    let is_mapped =
        |route: &RouteData| route.real.is_some() && feeds.contains(&route.feed.as_str());
    if !has_real && world.routes.iter().any(is_mapped) {
        for circuit in world.circuits.iter().filter(|circuit| circuit.region == region) {
            ground.path(&circuit.path, CITY);
        }
    }
    let stations: Vec<&StationData> =
        world.stations.iter().filter(|station| station.region == region).collect();
    for road in roads(&plane, &stations) {
        ground.road(&road);
    }
    ground.cross();
    ground.links()
}

/// Points and the stretches between them.
#[derive(Clone, Debug)]
struct Ground {
    plane: Plane,
    points: Vec<[f64; 2]>,
    /// Points that are nodes of the real map.
    nodes: BTreeMap<usize, i64>,
    /// Pairs of points, the smaller first, with how many lines run there.
    stretches: BTreeMap<[usize; 2], (Kind, u32)>,
}

impl Ground {
    fn new(plane: Plane) -> Self {
        Self { plane, points: Vec::new(), nodes: BTreeMap::new(), stretches: BTreeMap::new() }
    }

    /// The point at a place, which may be there already.
    fn point(&mut self, at: [f64; 2]) -> usize {
        let near = |other: &[f64; 2]| distance_m(*other, at) < SNAP_M;
        self.points.iter().position(near).unwrap_or_else(|| {
            self.points.push(at);
            self.points.len() - 1
        })
    }

    fn stretch(&mut self, from: usize, to: usize, kind: Kind) {
        if from != to {
            let key = [from.min(to), from.max(to)];
            let (best, lines) = self.stretches.entry(key).or_insert((kind, 0));
            *best = (*best).min(kind);
            *lines += 1;
        }
    }

    /// Streets along a bus line, but not where it follows real ones.
    fn line(&mut self, route: &RouteData, has_real: bool) {
        let kind =
            if route.speed_m_s.is_some_and(|speed| speed >= MAIN_ROAD_M_S) { MAIN } else { CITY };
        let Some(real) = route.real.as_ref().filter(|_| has_real) else {
            return self.path(&route.path, kind);
        };
        let [first, last] = real.points;
        for (point, node) in real.points.into_iter().zip(real.nodes) {
            // Real nodes are apart even where they are near each other.
            let at = self.plane.project(position(route.path[point]));
            if !self.nodes.values().any(|&other| other == node) {
                self.points.push(at);
                self.nodes.insert(self.points.len() - 1, node);
            }
        }
        let joined = |ground: &Self, node: i64| {
            ground.nodes.iter().find(|(_, other)| **other == node).map(|(point, _)| *point)
        };
        let before: Vec<usize> = route.path[..first].iter().map(|&at| self.point_at(at)).collect();
        let after: Vec<usize> =
            route.path[last + 1..].iter().map(|&at| self.point_at(at)).collect();
        let into = joined(self, real.nodes[0]).filter(|_| !before.is_empty());
        let out = joined(self, real.nodes[1]).filter(|_| !after.is_empty());
        let before: Vec<usize> = before.into_iter().chain(into).collect();
        let after: Vec<usize> = out.into_iter().chain(after).collect();
        for pair in before.windows(2).chain(after.windows(2)) {
            self.stretch(pair[0], pair[1], kind);
        }
    }

    fn point_at(&mut self, at: [f64; 2]) -> usize {
        self.point(self.plane.project(position(at)))
    }

    fn path(&mut self, path: &[[f64; 2]], kind: Kind) {
        let points: Vec<usize> = path.iter().map(|&at| self.point_at(at)).collect();
        for pair in points.windows(2) {
            self.stretch(pair[0], pair[1], kind);
        }
    }

    fn road(&mut self, road: &Road) {
        let points: Vec<usize> = road.points.iter().map(|&at| self.point(at)).collect();
        for pair in points.windows(2) {
            self.stretch(pair[0], pair[1], road.kind);
        }
    }

    /// Cuts all stretches where they cross, and at points beside them.
    fn cross(&mut self) {
        let stretches = std::mem::take(&mut self.stretches);
        let ends: Vec<[[f64; 2]; 2]> =
            stretches.keys().map(|ends| ends.map(|point| self.points[point])).collect();
        for (index, one) in ends.iter().enumerate() {
            for other in &ends[index + 1..] {
                if let Some(at) = crossing(one, other) {
                    self.point(at);
                }
            }
        }
        for (ends, (kind, lines)) in stretches {
            let [from, to] = ends.map(|point| self.points[point]);
            let length_m = distance_m(from, to);
            let mut cuts: Vec<(f64, usize)> = Vec::new();
            for (point, &at) in self.points.iter().enumerate() {
                let along_m = ((at[0] - from[0]) * (to[0] - from[0])
                    + (at[1] - from[1]) * (to[1] - from[1]))
                    / length_m;
                let share = (along_m / length_m).clamp(0.0, 1.0);
                let foot = [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]));
                let inner = along_m > 0.0 && along_m < length_m;
                if inner && !ends.contains(&point) && distance_m(foot, at) < SNAP_M {
                    cuts.push((along_m, point));
                }
            }
            cuts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let inner = cuts.into_iter().map(|(_, point)| point);
            let points: Vec<usize> = [ends[0]].into_iter().chain(inner).chain([ends[1]]).collect();
            for pair in points.windows(2) {
                let key = [pair[0].min(pair[1]), pair[0].max(pair[1])];
                let (best, count) = self.stretches.entry(key).or_insert((kind, 0));
                *best = (*best).min(kind);
                *count += lines;
            }
        }
        for (kind, lines) in self.stretches.values_mut() {
            if *kind == CITY && *lines > 1 {
                *kind = CITY_MAIN;
            }
        }
    }

    /// Links in both directions, from junction to junction.
    fn links(&self) -> Vec<NewLink> {
        let mut around: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &[from, to] in self.stretches.keys() {
            around.entry(from).or_default().push(to);
            around.entry(to).or_default().push(from);
        }
        let kind =
            |a: usize, b: usize| self.stretches.get(&[a.min(b), a.max(b)]).map(|(kind, _)| *kind);
        // Nothing happens at it: the street goes on as it is.
        let passes = |point: usize| {
            let others = &around[&point];
            others.len() == 2
                && !self.nodes.contains_key(&point)
                && kind(point, others[0]) == kind(point, others[1])
        };
        let mut left: BTreeSet<[usize; 2]> = self.stretches.keys().copied().collect();
        let mut links = Vec::new();
        // First from where something happens; what is left then are rings.
        for rings in [false, true] {
            for &start in around.keys() {
                if passes(start) && !rings {
                    continue;
                }
                for &first in &around[&start] {
                    let mut chain = vec![start, first];
                    if !left.remove(&[start.min(first), start.max(first)]) {
                        continue;
                    }
                    let mut length_m = distance_m(self.points[start], self.points[first]);
                    let mut here = first;
                    loop {
                        let before = chain[chain.len() - 2];
                        let next = around[&here].iter().copied().find(|&next| next != before);
                        let Some(next) = next.filter(|_| passes(here)) else { break };
                        if !left.remove(&[here.min(next), here.max(next)]) {
                            break;
                        }
                        if length_m > LINK_M {
                            self.link(&chain, links.len() as i64, &around, &mut links);
                            chain = vec![here];
                            length_m = 0.0;
                        }
                        length_m += distance_m(self.points[here], self.points[next]);
                        chain.push(next);
                        here = next;
                    }
                    self.link(&chain, links.len() as i64, &around, &mut links);
                }
            }
        }
        links
    }

    /// Both directions of one link; one that is long is cut into equal parts.
    fn link(
        &self,
        chain: &[usize],
        way: i64,
        around: &BTreeMap<usize, Vec<usize>>,
        out: &mut Vec<NewLink>,
    ) {
        let [Some(&first), Some(&second)] = [chain.first(), chain.get(1)] else { return };
        let Some((kind, _)) = self.stretches.get(&[first.min(second), first.max(second)]) else {
            return;
        };
        let mut line: Vec<[f64; 2]> = Vec::new();
        for pair in chain.windows(2) {
            let [from, to] = [self.points[pair[0]], self.points[pair[1]]];
            let parts = (distance_m(from, to) / LINK_M).ceil().max(1.0) as usize;
            for part in 0..parts {
                let share = part as f64 / parts as f64;
                line.push([0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis])));
            }
        }
        let last = chain[chain.len() - 1];
        line.push(self.points[last]);
        // Parts of a long straight stretch are links of their own.
        let mut starts = vec![0];
        let mut length_m = 0.0;
        for (index, pair) in line.windows(2).enumerate() {
            length_m += distance_m(pair[0], pair[1]);
            if length_m > LINK_M && index + 2 < line.len() {
                starts.push(index + 1);
                length_m = 0.0;
            }
        }
        starts.push(line.len() - 1);
        let node =
            |point: usize| self.nodes.get(&point).copied().unwrap_or(ID_FIRST + point as i64);
        // Apart from the numbers of points.
        let inner = |index: usize| ID_FIRST * 2 + way * 1_000 + index as i64;
        let junction = |point: usize| around.get(&point).map_or(0, Vec::len);
        for pair in starts.windows(2) {
            let is_first = pair[0] == 0;
            let is_last = pair[1] == line.len() - 1;
            let from = if is_first { node(first) } else { inner(pair[0]) };
            let to = if is_last { node(last) } else { inner(pair[1]) };
            let arms = [
                if is_first { junction(first) } else { 0 },
                if is_last { junction(last) } else { 0 },
            ];
            let positions: Vec<_> =
                line[pair[0]..=pair[1]].iter().map(|&at| self.plane.unproject(at)).collect();
            let there = one_way(way, [from, to], positions, arms, *kind);
            let mut back = there.clone();
            back.line.reverse();
            back.id = LinkId { from: to, to: from, ..there.id };
            back.setback_m.reverse();
            back.flags = flags(arms[0], *kind);
            out.extend([there, back]);
        }
    }
}

fn one_way(
    way: i64,
    [from, to]: [i64; 2],
    line: Vec<events::Position>,
    arms: [usize; 2],
    kind: Kind,
) -> NewLink {
    let setback = |arms: usize| if arms > 2 { SETBACK_M } else { 0.0 };
    NewLink {
        id: LinkId { way: ID_FIRST + way, from, to },
        line,
        setback_m: arms.map(setback),
        class: kind.class,
        lanes: kind.lanes,
        speed_limit_km_h: [kind.limit_km_h; 2],
        flags: flags(arms[1], kind),
        name: SYNTHETIC_NAME.to_owned(),
    }
}

/// Streets of the city that cross have lights; roads have bridges there.
fn flags(arms: usize, kind: Kind) -> LinkFlags {
    let lights = arms > 3 && kind >= CITY_MAIN;
    let flags = LinkFlags::LIMIT_IMPLIED;
    if lights { flags.with(LinkFlags::SIGNAL) } else { flags }
}

/// A road through measuring stations.
#[derive(Debug)]
struct Road {
    points: Vec<[f64; 2]>,
    kind: Kind,
}

/// Roads by the number that begins their stations' names, straight at each station.
fn roads(plane: &Plane, stations: &[&StationData]) -> Vec<Road> {
    let mut numbered: BTreeMap<&str, Vec<&StationData>> = BTreeMap::new();
    for station in stations {
        let number = station.name.split('_').next().unwrap_or_default();
        numbered.entry(number).or_default().push(station);
    }
    let mut roads = Vec::new();
    for mut stations in numbered.into_values() {
        let at = |station: &StationData| plane.project(position(station.position));
        // Along the direction of the first: roads do not turn round.
        let forth = direction(f64::from(stations[0].bearing_deg));
        let along = |station: &StationData| dot(at(station), forth);
        stations.sort_by(|a, b| along(a).total_cmp(&along(b)));
        let mut part: Vec<&StationData> = Vec::new();
        for station in stations {
            let gap_m = part.last().map_or(0.0, |last| distance_m(at(last), at(station)));
            if gap_m > ROAD_GAP_M {
                roads.push(road(plane, &part, forth));
                part.clear();
            }
            part.push(station);
        }
        roads.push(road(plane, &part, forth));
    }
    roads
}

fn road(plane: &Plane, stations: &[&StationData], forth: [f64; 2]) -> Road {
    let places: Vec<[f64; 2]> =
        stations.iter().map(|station| plane.project(position(station.position))).collect();
    let mut points = Vec::new();
    for (index, station) in stations.iter().enumerate() {
        let mut heading = direction(f64::from(station.bearing_deg));
        if dot(heading, forth) < 0.0 {
            heading = heading.map(|part| -part);
        }
        let reach_m = |other: Option<&[f64; 2]>| {
            other.map_or(ROAD_END_M, |&other| STATION_M.min(distance_m(other, places[index]) / 3.0))
        };
        let before_m = reach_m(index.checked_sub(1).and_then(|before| places.get(before)));
        let after_m = reach_m(places.get(index + 1));
        for along_m in [-before_m, 0.0, after_m] {
            points.push([0, 1].map(|axis| places[index][axis] + along_m * heading[axis]));
        }
    }
    let free_flow_km_h = stations.iter().map(|station| station.free_flow_km_h).fold(0.0, f64::max);
    let class = if free_flow_km_h >= 100.0 { RoadClass::Motorway } else { RoadClass::Trunk };
    Road { points, kind: Kind { class, limit_km_h: free_flow_km_h as u8, lanes: 2 } }
}

/// East and north of a direction in degrees clockwise from north.
fn direction(bearing_deg: f64) -> [f64; 2] {
    let (east, north) = bearing_deg.to_radians().sin_cos();
    [east, north]
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

fn distance_m(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Where two stretches cross, ends included.
fn crossing(one: &[[f64; 2]; 2], other: &[[f64; 2]; 2]) -> Option<[f64; 2]> {
    let step = |stretch: &[[f64; 2]; 2]| [0, 1].map(|axis| stretch[1][axis] - stretch[0][axis]);
    let (a, b) = (step(one), step(other));
    let between = [other[0][0] - one[0][0], other[0][1] - one[0][1]];
    let cross = |a: [f64; 2], b: [f64; 2]| a[0] * b[1] - a[1] * b[0];
    let turn = cross(a, b);
    if turn == 0.0 {
        return None;
    }
    let along_one = cross(between, b) / turn;
    let along_other = cross(between, a) / turn;
    let within = |share: f64| (0.0..=1.0).contains(&share);
    (within(along_one) && within(along_other))
        .then(|| [one[0][0] + along_one * a[0], one[0][1] + along_one * a[1]])
}
