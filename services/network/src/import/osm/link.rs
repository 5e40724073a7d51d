//! From ways to directed links.

use std::collections::{BTreeMap, BTreeSet};

use events::Position;

use super::junction::{self, Arms};
use super::read::{NOWHERE, Nodes, Row, Streets};
use super::restriction::Restriction;
use super::{OsmError, speed};
use crate::builder::geodesic_m;
use crate::import::{Finding, ImportReport};
use crate::{BoundingBox, LinkFlags, LinkId, NetworkBuilder, NewLink, RoadClass};

/// Degrees of the map's integers.
const UNITS_PER_DEGREE: f64 = 1e7;

/// Lights so far before the end of a link are the ones of the junction there, metres.
const SIGNAL_REACH_M: f64 = 25.0;

/// Two nodes further apart than this are no street, metres; the longest ferry line takes less.
const STEP_M_MAX: f64 = 200_000.0;

/// Sides of a cell of the count of streets, units of 1e-7 degree: 556 m, and as much at 60 degrees
/// north.
const CELL: [i32; 2] = [50_000, 100_000];

/// Streets of a built-up area, km a square kilometre. Finnish settlements have 8 to 20, the country
/// outside 1 to 2.
const BUILT_UP_KM_KM2: f64 = 4.0;

/// A piece of a way between two nodes where links end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) row: u32,
    /// First and last node in `refs`.
    pub(super) first: u32,
    pub(super) last: u32,
}

/// The streets with the places of their nodes.
pub(super) struct Map {
    pub(super) rows: Vec<Row>,
    /// Numbers of nodes, way by way.
    pub(super) refs: Vec<u32>,
    names: Vec<String>,
    pub(super) restrictions: Vec<Restriction>,
    pub(super) ids: Vec<i64>,
    pub(super) at: Vec<[i32; 2]>,
    signals: Vec<(u32, u8)>,
    /// Way by way, in the order of the ways' nodes.
    pub(super) segments: Vec<Segment>,
    /// First segment of each way, and the end of the last.
    starts: Vec<u32>,
    /// Segments at each node.
    pub(super) arms: Arms,
}

impl Map {
    /// Cuts the ways.
    pub(super) fn new(
        streets: Streets,
        nodes: Nodes,
        bbox: Option<BoundingBox>,
        report: &mut ImportReport,
    ) -> Result<Self, OsmError> {
        let Streets { rows, refs, names, restrictions } = streets;
        let Nodes { ids, at, signals } = nodes;
        let number = |id: &i64| ids.partition_point(|other| other < id) as u32;
        let refs: Vec<u32> = refs.iter().map(number).collect();
        for (node, _) in at.iter().enumerate().filter(|(_, at)| **at == NOWHERE) {
            report.find(Finding::NodeMissing, format_args!("node {}", ids[node]));
        }
        // How often streets use a node, up to 2.
        let mut uses = vec![0_u8; ids.len()];
        for row in &rows {
            for &node in &refs[row.first as usize..row.end as usize] {
                uses[node as usize] = (uses[node as usize] + 1).min(2);
            }
        }
        let mut map = Self {
            rows,
            refs,
            names,
            restrictions,
            ids,
            at,
            signals,
            segments: Vec::new(),
            starts: vec![0],
            arms: Arms::default(),
        };
        for row in 0..map.rows.len() {
            map.cut(row as u32, &uses, bbox, report);
            map.starts.push(map.segments.len() as u32);
        }
        if map.segments.is_empty() {
            let why = if bbox.is_some() { " within the box" } else { ": their nodes are missing" };
            return Err(OsmError::NoStreet(why));
        }
        map.arms = Arms::new(&map);
        Ok(map)
    }

    /// Appends the segments of a way.
    fn cut(&mut self, row: u32, uses: &[u8], bbox: Option<BoundingBox>, report: &mut ImportReport) {
        let Row { id, first, end, .. } = self.rows[row as usize];
        let known = |at: u32| self.at[self.refs[at as usize] as usize] != NOWHERE;
        let mut pieces = Vec::new();
        let mut start = None;
        for at in first..end {
            if !known(at) {
                start = None;
                continue;
            }
            let Some(from) = start else {
                start = Some(at);
                continue;
            };
            let run_ends = at + 1 == end || !known(at + 1);
            if run_ends || uses[self.refs[at as usize] as usize] > 1 {
                pieces.push((from, at));
                start = Some(at);
            }
        }
        // Ends that links of this way have already, for an id must name one link.
        let mut ends = BTreeSet::new();
        pieces.reverse();
        let mut kept = Vec::new();
        while let Some((from, to)) = pieces.pop() {
            let [a, b] = [from, to].map(|at| self.refs[at as usize]);
            if a != b && ends.insert((a.min(b), a.max(b))) {
                kept.push((from, to));
                continue;
            }
            let steps = to - from;
            if a == b && steps >= 3 {
                // A loop of two links would have the same ends twice.
                let [one, two] = [from + steps / 3, from + 2 * steps / 3];
                pieces.extend([(two, to), (one, two), (from, one)]);
            } else if steps >= 2 {
                let middle = from + steps / 2;
                pieces.extend([(middle, to), (from, middle)]);
            } else {
                report.find(
                    Finding::LinkTwice,
                    format_args!("way {id} at node {}", self.ids[a as usize]),
                );
            }
        }
        for (first, last) in kept {
            let line = &self.refs[first as usize..=last as usize];
            let places = line.iter().map(|&node| self.position(node));
            let mut steps = places.clone().zip(places.clone().skip(1));
            if bbox.is_some_and(|bbox| !steps.any(|(a, b)| touches(bbox, a, b))) {
                continue;
            }
            if places.clone().zip(places.skip(1)).any(|(a, b)| geodesic_m(a, b) > STEP_M_MAX) {
                report.find(Finding::LinkTooLong, format_args!("way {id}"));
                continue;
            }
            self.segments.push(Segment { row, first, last });
        }
    }

    /// Segments of a row.
    pub(super) fn segments_of(&self, row: usize) -> &[Segment] {
        &self.segments[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Nodes where a segment begins and ends.
    pub(super) fn ends(&self, segment: Segment) -> [u32; 2] {
        [segment.first, segment.last].map(|at| self.refs[at as usize])
    }

    /// All nodes of a segment.
    pub(super) fn line(&self, segment: Segment) -> &[u32] {
        &self.refs[segment.first as usize..=segment.last as usize]
    }

    /// Id of the link of a segment with the way's nodes (0) or against them (1).
    pub(super) fn id(&self, segment: Segment, direction: usize) -> LinkId {
        let ends = self.ends(segment).map(|node| self.ids[node as usize]);
        let way = self.rows[segment.row as usize].id;
        LinkId { way, from: ends[direction], to: ends[1 - direction] }
    }

    /// Whether a segment may be driven with the way's nodes (0) or against them (1).
    pub(super) fn open(&self, segment: Segment, direction: usize) -> bool {
        self.rows[segment.row as usize].street.directions[direction].is_some()
    }

    /// Place of a node that has one.
    pub(super) fn position(&self, node: u32) -> Position {
        let [latitude, longitude] = self.at[node as usize];
        Position {
            latitude_deg: f64::from(latitude) / UNITS_PER_DEGREE,
            longitude_deg: f64::from(longitude) / UNITS_PER_DEGREE,
        }
    }

    /// The middle of all segments.
    pub(super) fn center(&self) -> Position {
        let mut bounds = [[i32::MAX; 2], [i32::MIN; 2]];
        for node in self.segments.iter().flat_map(|&segment| self.line(segment)) {
            for (axis, &value) in self.at[*node as usize].iter().enumerate() {
                bounds[0][axis] = bounds[0][axis].min(value);
                bounds[1][axis] = bounds[1][axis].max(value);
            }
        }
        let middle = |axis: usize| {
            f64::midpoint(bounds[0][axis].into(), bounds[1][axis].into()) / UNITS_PER_DEGREE
        };
        Position { latitude_deg: middle(0), longitude_deg: middle(1) }
    }

    /// Hands all links to the builder.
    pub(super) fn links(&self, builder: &mut NetworkBuilder, report: &mut ImportReport) {
        let density = self.density();
        for &segment in &self.segments {
            let row = &self.rows[segment.row as usize];
            let street = &row.street;
            let line: Vec<Position> =
                self.line(segment).iter().map(|&node| self.position(node)).collect();
            if line.iter().all(|at| *at == line[0]) {
                report.find(Finding::LinkWithoutLength, format_args!("way {}", row.id));
            }
            let built_up = street.built_up.unwrap_or_else(|| self.dense(&density, segment));
            let implied = speed::implied_km_h(street.class, street.motorroad, built_up);
            let setbacks = self.arms.setbacks_m(self, segment);
            for direction in [0, 1] {
                let Some(way) = street.directions[direction] else { continue };
                let limits = way.limits;
                let mut flags = street.flags.with(way.flags);
                if limits.summer_km_h.is_none() || limits.by_law {
                    flags = flags.with(LinkFlags::LIMIT_IMPLIED);
                }
                if self.ends_at_lights(segment, direction, &line) {
                    flags = flags.with(LinkFlags::SIGNAL);
                }
                let mut line = line.clone();
                let [mut begin, mut end] = setbacks;
                if direction == 1 {
                    line.reverse();
                    (begin, end) = (end, begin);
                }
                builder.link(NewLink {
                    id: self.id(segment, direction),
                    line,
                    setback_m: [begin, junction::with_stop_line(end)],
                    class: street.class,
                    lanes: way.lanes,
                    speed_limit_km_h: [
                        limits.summer_km_h.unwrap_or(implied[0]),
                        limits.winter_km_h.unwrap_or(implied[1]),
                    ],
                    flags,
                    name: self.names[row.name as usize].clone(),
                });
            }
        }
    }

    /// Whether a link ends at traffic lights that hold for it.
    fn ends_at_lights(&self, segment: Segment, direction: usize, line: &[Position]) -> bool {
        let nodes = self.line(segment);
        let lights = |node: u32| {
            let at = self.signals.binary_search_by_key(&node, |&(node, _)| node).ok()?;
            Some(self.signals[at].1)
        };
        let holds = |directions: u8| directions & (1 << direction) != 0;
        let last = nodes.len() - 1;
        // The n-th node before the link's end.
        let before = |n: usize| if direction == 0 { last - n } else { n };
        let end = nodes[before(0)];
        // Where streets meet, directions speak of one of their ways and nobody knows of which.
        let here = |directions| self.arms.at(end).len() > 2 || holds(directions);
        if lights(end).is_some_and(here) {
            return true;
        }
        let mut distance_m = 0.0;
        for n in 1..last {
            distance_m += geodesic_m(line[before(n - 1)], line[before(n)]);
            if distance_m > SIGNAL_REACH_M {
                break;
            }
            if lights(nodes[before(n)]).is_some_and(holds) {
                return true;
            }
        }
        false
    }

    /// Kilometres of streets in each cell.
    fn density(&self) -> BTreeMap<[i32; 2], f64> {
        let mut km = BTreeMap::new();
        for &segment in &self.segments {
            let class = self.rows[segment.row as usize].street.class;
            if matches!(class, RoadClass::Service | RoadClass::Ferry) {
                continue;
            }
            for pair in self.line(segment).windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|node| self.position(node));
                *km.entry(self.cell(pair[0])).or_default() += geodesic_m(a, b) / 1_000.0;
            }
        }
        km
    }

    fn cell(&self, node: u32) -> [i32; 2] {
        let at = self.at[node as usize];
        [0, 1].map(|axis| at[axis].div_euclid(CELL[axis]))
    }

    /// Whether there are as many streets around a segment as in a built-up area.
    fn dense(&self, density: &BTreeMap<[i32; 2], f64>, segment: Segment) -> bool {
        let line = self.line(segment);
        let middle = line[line.len() / 2];
        let [row, column] = self.cell(middle);
        let columns = |row: i32| density.range([row, column - 1]..=[row, column + 1]);
        let km: f64 = (row - 1..=row + 1).flat_map(columns).map(|(_, km)| km).sum();
        let degrees = CELL.map(|side| 3.0 * f64::from(side) / UNITS_PER_DEGREE);
        let km_per_degree = 111.195;
        let shrinks = self.position(middle).latitude_deg.to_radians().cos();
        let km2 = degrees[0] * degrees[1] * km_per_degree * km_per_degree * shrinks;
        km >= BUILT_UP_KM_KM2 * km2
    }
}

/// Whether the box around a step and a box have a point in common.
fn touches(bbox: BoundingBox, a: Position, b: Position) -> bool {
    a.longitude_deg.min(b.longitude_deg) <= bbox.east_deg
        && a.longitude_deg.max(b.longitude_deg) >= bbox.west_deg
        && a.latitude_deg.min(b.latitude_deg) <= bbox.north_deg
        && a.latitude_deg.max(b.latitude_deg) >= bbox.south_deg
}
