//! Makes a network from its links, whatever they were read from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use events::Position;

use crate::grid::Grid;
use crate::network::{NO_GRADIENT, NO_LINK};
use crate::texts::Texts;
use crate::{LinkFlags, LinkId, Network, Plane, RoadClass, Schedule};

/// One directed link to put into a network.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLink {
    /// Identity; `from` and `to` are the nodes at which links meet.
    pub id: LinkId,
    /// Its line in the direction of travel, two positions or more.
    pub line: Vec<Position>,
    /// Metres at its beginning and its end that lie inside a junction; what is more than nine
    /// tenths of the link together is cut to that.
    pub setback_m: [f32; 2],
    /// Kind of street.
    pub class: RoadClass,
    /// Lanes in this direction; 0 counts as 1.
    pub lanes: u8,
    /// Summer and winter limit, km/h.
    pub speed_limit_km_h: [u8; 2],
    /// What else holds.
    pub flags: LinkFlags,
    /// Name of the street, or empty.
    pub name: String,
}

/// A turn that is not allowed: from one link into another, over the node where they meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForbiddenTurn {
    /// The link one comes from.
    pub from: LinkId,
    /// The link one must not turn into.
    pub to: LinkId,
}

/// Collects links and turn restrictions and makes a [`Network`] of them.
///
/// ```
/// use events::Position;
/// use network::{LinkFlags, LinkId, NetworkBuilder, NewLink, RoadClass};
///
/// let at = |east: f64| Position::new(60.0, 25.0 + east).unwrap();
/// let link = |from: i64, to: i64| NewLink {
///     id: LinkId { way: 7, from, to },
///     line: vec![at(from as f64 * 0.001), at(to as f64 * 0.001)],
///     setback_m: [0.0, 0.0],
///     class: RoadClass::Residential,
///     lanes: 1,
///     speed_limit_km_h: [40, 40],
///     flags: LinkFlags::default(),
///     name: "Puistotie".into(),
/// };
/// let mut builder = NetworkBuilder::new(at(0.0));
/// builder.link(link(1, 2));
/// builder.link(link(2, 3));
/// let network = builder.build();
/// assert_eq!(network.successors(0), [1]);
/// assert_eq!(network.name(1), "Puistotie");
/// ```
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
    origin: Position,
    links: BTreeMap<LinkId, NewLink>,
    forbidden: BTreeSet<ForbiddenTurn>,
    source: String,
}

impl NetworkBuilder {
    /// An empty network whose plane touches the globe at `origin`.
    pub fn new(origin: Position) -> Self {
        Self { origin, links: BTreeMap::new(), forbidden: BTreeSet::new(), source: String::new() }
    }

    /// Adds a link; a later one with the same id takes its place. A line of fewer than two
    /// positions is left out, and the answer is `false`.
    pub fn link(&mut self, link: NewLink) -> bool {
        let has_line = link.line.len() >= 2;
        if has_line {
            self.links.insert(link.id, link);
        }
        has_line
    }

    /// Forbids a turn. One that speaks of unknown links changes nothing.
    pub fn forbid(&mut self, turn: ForbiddenTurn) {
        self.forbidden.insert(turn);
    }

    /// Says what the links were read from, to show.
    pub fn source(&mut self, source: String) {
        self.source = source;
    }

    /// The network, links in the order of their ids.
    pub fn build(self) -> Network {
        let plane = Plane::new(self.origin);
        let numbers: BTreeMap<LinkId, u32> = self.links.keys().copied().zip(0..).collect();
        let mut nodes: Vec<i64> = self.links.keys().flat_map(|id| [id.from, id.to]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let node = |id: i64| nodes.partition_point(|&other| other < id) as u32;
        let mut network = Network {
            identity: Arc::default(),
            origin: self.origin,
            ids: Vec::new(),
            ends: Vec::new(),
            shape_starts: vec![0],
            shape: Vec::new(),
            length_m: Vec::new(),
            setback_m: Vec::new(),
            class: Vec::new(),
            lanes: Vec::new(),
            speed_limit_km_h: Vec::new(),
            flags: Vec::new(),
            gradient_per_mille: vec![NO_GRADIENT; self.links.len()],
            reverse: Vec::new(),
            successor_starts: Vec::new(),
            successors: Vec::new(),
            predecessor_starts: Vec::new(),
            predecessors: Vec::new(),
            name: Vec::new(),
            names: Vec::new(),
            grid: Grid::new(std::iter::empty()),
            source: self.source,
            report: Texts::default(),
            schedule: Schedule::default(),
        };
        let mut names: BTreeMap<&str, u32> = BTreeMap::new();
        for (id, link) in &self.links {
            network.ids.push([id.way, id.from, id.to]);
            network.ends.push([node(id.from), node(id.to)]);
            let points = link.line.iter().map(|&at| plane.project(at));
            network.shape.extend(points.map(|[x, y]| [x as f32, y as f32]));
            network.shape_starts.push(network.shape.len() as u32);
            let steps = link.line.windows(2).map(|pair| geodesic_m(pair[0], pair[1]));
            let length_m = (steps.sum::<f64>() as f32).max(LENGTH_M_MIN);
            network.length_m.push(length_m);
            network.setback_m.push(fitting(link.setback_m, length_m));
            network.class.push(link.class as u8);
            network.lanes.push(link.lanes.max(1));
            network.speed_limit_km_h.push(link.speed_limit_km_h);
            network.flags.push(link.flags.0);
            let back = LinkId { way: id.way, from: id.to, to: id.from };
            // A loop's other direction has the same id, so a loop has none.
            let back = numbers.get(&back).filter(|_| id.from != id.to);
            network.reverse.push(back.copied().unwrap_or(NO_LINK));
            let next = names.len() as u32;
            let name = *names.entry(&link.name).or_insert(next);
            if name == next {
                network.names.push(link.name.clone());
            }
            network.name.push(name);
        }
        network.connect(nodes.len(), &self.forbidden);
        let starts = network.shape_starts.windows(2);
        let lines = starts.map(|pair| &network.shape[pair[0] as usize..pair[1] as usize]);
        network.grid = Grid::new(lines);
        network
    }
}

/// A link is never shorter, so that a speed over it is finite.
const LENGTH_M_MIN: f32 = 0.1;

/// Junctions never take more of a link.
const SETBACK_SHARE_MAX: f32 = 0.9;

/// Setbacks cut so that some of the link is left.
fn fitting(setback_m: [f32; 2], length_m: f32) -> [f32; 2] {
    let [begin_m, end_m] = setback_m.map(|metres| metres.max(0.0));
    let share = (SETBACK_SHARE_MAX * length_m / (begin_m + end_m)).min(1.0);
    // Nothing set back gives infinity and then 1.
    [begin_m * share, end_m * share]
}

/// Mean radius of the Earth, metres (IUGG 1980, R1).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Length of a short step on the sphere, metres: the plane at its own middle latitude.
pub(crate) fn geodesic_m(a: Position, b: Position) -> f64 {
    let middle = f64::midpoint(a.latitude_deg, b.latitude_deg).to_radians();
    let east = (b.longitude_deg - a.longitude_deg).to_radians() * middle.cos();
    let north = (b.latitude_deg - a.latitude_deg).to_radians();
    EARTH_RADIUS_M * east.hypot(north)
}

impl Network {
    /// Fills in which links follow which, for as many nodes.
    fn connect(&mut self, nodes: usize, forbidden: &BTreeSet<ForbiddenTurn>) {
        let mut leaving = vec![Vec::new(); nodes];
        for (link, [from, _]) in self.ends.iter().enumerate() {
            leaving[*from as usize].push(link as u32);
        }
        let mut turns = Vec::new();
        for from in 0..self.ids.len() as u32 {
            let node = self.ends[from as usize][1] as usize;
            let back = self.reverse[from as usize];
            // Only at a dead end is the way on the way back.
            let dead_end = leaving[node].iter().all(|&to| to == back);
            let turn = |to| ForbiddenTurn { from: self.id(from), to: self.id(to) };
            for &to in &leaving[node] {
                if (to != back || dead_end) && !forbidden.contains(&turn(to)) {
                    turns.push((from, to));
                }
            }
        }
        (self.successor_starts, self.successors) = rows(self.ids.len(), &turns);
        let mut turns: Vec<_> = turns.into_iter().map(|(from, to)| (to, from)).collect();
        turns.sort_unstable();
        (self.predecessor_starts, self.predecessors) = rows(self.ids.len(), &turns);
    }
}

/// Pairs that are sorted by their first number, as the second ones in rows and where rows start.
pub(crate) fn rows<T: Copy>(count: usize, pairs: &[(u32, T)]) -> (Vec<u32>, Vec<T>) {
    let mut starts = vec![0; count + 1];
    for (row, _) in pairs {
        starts[*row as usize + 1] += 1;
    }
    for row in 0..count {
        starts[row + 1] += starts[row];
    }
    (starts, pairs.iter().map(|&(_, value)| value).collect())
}
