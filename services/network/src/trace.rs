//! Lays the line of a route on links: the way over the network that stays nearest to the line.
//!
//! A Viterbi search over the links near points of the line, after Newson and Krumm (2009): the cost
//! of a point is the square of its distance, that of a step the difference between the way over the
//! network and the straight line. The constants suit drawn lines, not satellite fixes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::network::{LinkNumber, LinkPoint};
use crate::{LinkFlags, Network};

/// Distance of the points that are looked at, metres: below the length of most links.
const STEP_M: f32 = 30.0;

/// Links so near are candidates, metres: lines are often drawn along another carriageway.
const REACH_M: f64 = 30.0;

/// Standard deviation of a line's distance from the street, metres.
const DEVIATION_M: f32 = 8.0;

/// Mean difference of the way over the network and the straight line, metres.
const DETOUR_M: f32 = 10.0;

/// Links whose direction differs more than this are no candidates, degrees.
const TURN_DEG_MAX: f32 = 60.0;

/// Candidates of a point at most, the nearest ones: more only cost time.
const CANDIDATES_MAX: usize = 8;

/// A step over the network is searched so far beyond the straight line, metres.
const SEARCH_M: f32 = 120.0;

/// Finds the links under lines.
pub(crate) struct Tracer<'a> {
    network: &'a Network,
    near: Vec<LinkPoint>,
}

/// A candidate of a point.
struct Candidate {
    at: LinkPoint,
    cost: f32,
    /// Candidate of the point before.
    before: Option<usize>,
}

impl<'a> Tracer<'a> {
    pub(crate) fn new(network: &'a Network) -> Self {
        Self { network, near: Vec::new() }
    }

    /// Links under a line, in order of number, each once. Where the line leaves the network nothing
    /// is given.
    pub(crate) fn links(&mut self, line: &[[f32; 2]]) -> Vec<LinkNumber> {
        let mut links = Vec::new();
        let mut columns: Vec<Vec<Candidate>> = Vec::new();
        let mut before: Option<[f32; 2]> = None;
        for (at, bearing_deg) in points(line) {
            let mut column = self.candidates(at, bearing_deg);
            if let (Some(last), Some(from)) = (columns.last(), before) {
                let straight_m = (at[0] - from[0]).hypot(at[1] - from[1]);
                self.step(last, &mut column, straight_m);
                column.retain(|candidate| candidate.before.is_some());
                if column.is_empty() {
                    self.collect(&columns, &mut links);
                    columns.clear();
                    column = self.candidates(at, bearing_deg);
                }
            }
            if !column.is_empty() {
                columns.push(column);
            }
            before = Some(at);
        }
        self.collect(&columns, &mut links);
        links.sort_unstable();
        links.dedup();
        links
    }

    fn candidates(&mut self, at: [f32; 2], bearing_deg: f32) -> Vec<Candidate> {
        self.near.clear();
        if !at.iter().all(|metres| metres.is_finite()) {
            return Vec::new();
        }
        self.network.near(at.map(f64::from), REACH_M, &mut self.near);
        self.near.retain(|point| {
            let turn = (point.bearing_deg - bearing_deg).rem_euclid(360.0);
            turn.min(360.0 - turn) <= TURN_DEG_MAX
                && !self.network.flags(point.link).has(LinkFlags::FERRY)
        });
        self.near.sort_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs()));
        self.near.truncate(CANDIDATES_MAX);
        let cost = |at: &LinkPoint| (at.offset_m / DEVIATION_M).powi(2) / 2.0;
        self.near.iter().map(|at| Candidate { at: *at, cost: cost(at), before: None }).collect()
    }

    /// Finds the best way to each candidate.
    fn step(&self, last: &[Candidate], column: &mut [Candidate], straight_m: f32) {
        let own: Vec<f32> = column.iter().map(|candidate| candidate.cost).collect();
        for candidate in &mut *column {
            candidate.cost = f32::INFINITY;
        }
        for (index, from) in last.iter().enumerate() {
            let reached = self.reached(from.at, straight_m + SEARCH_M);
            for (to, own) in column.iter_mut().zip(&own) {
                let Some(way_m) = way_m(&reached, from.at, to.at) else { continue };
                let cost = from.cost + own + (way_m - straight_m).abs() / DETOUR_M;
                if cost < to.cost {
                    to.cost = cost;
                    to.before = Some(index);
                }
            }
        }
    }

    /// Metres from a point to the beginnings of links within reach, and the link before each.
    fn reached(&self, from: LinkPoint, limit_m: f32) -> BTreeMap<LinkNumber, (f32, LinkNumber)> {
        let mut reached = BTreeMap::new();
        let mut open = BinaryHeap::new();
        let left_m = self.network.length_m(from.link) - from.along_m;
        let mut visit = |open: &mut BinaryHeap<_>, at_m: f32, link: LinkNumber| {
            if at_m > limit_m {
                return;
            }
            for &next in self.network.successors(link) {
                let best = reached.get(&next).is_none_or(|&(other_m, _)| at_m < other_m);
                if best {
                    reached.insert(next, (at_m, link));
                    // Metres are 0 or more, and such numbers are in the order of their bits.
                    open.push(Reverse((at_m.to_bits(), next)));
                }
            }
        };
        visit(&mut open, left_m.max(0.0), from.link);
        while let Some(Reverse((bits, link))) = open.pop() {
            visit(&mut open, f32::from_bits(bits) + self.network.length_m(link), link);
        }
        reached
    }

    /// The links of the best way through columns.
    fn collect(&self, columns: &[Vec<Candidate>], links: &mut Vec<LinkNumber>) {
        let Some(last) = columns.last() else { return };
        let best = (0..last.len()).min_by(|&a, &b| last[a].cost.total_cmp(&last[b].cost));
        let Some(mut index) = best else { return };
        // One point alone says little: a crossing street is as near.
        if columns.len() < 2 {
            return;
        }
        for number in (0..columns.len()).rev() {
            let candidate = &columns[number][index];
            links.push(candidate.at.link);
            let Some(before) = candidate.before else { break };
            let from = &columns[number - 1][before];
            if from.at.link != candidate.at.link {
                let straight_m = self.network.length_m(from.at.link) + 2.0 * STEP_M + SEARCH_M;
                let reached = self.reached(from.at, straight_m);
                let mut link = candidate.at.link;
                while let Some(&(_, previous)) = reached.get(&link) {
                    if previous == from.at.link {
                        break;
                    }
                    links.push(previous);
                    link = previous;
                }
            }
            index = before;
        }
    }
}

/// How far a drawn line may run backwards on a link, metres.
const BACK_M: f32 = 5.0;

/// Metres of the way between two points.
fn way_m(
    reached: &BTreeMap<LinkNumber, (f32, LinkNumber)>,
    from: LinkPoint,
    to: LinkPoint,
) -> Option<f32> {
    if from.link == to.link && to.along_m + BACK_M >= from.along_m {
        return Some((to.along_m - from.along_m).max(0.0));
    }
    reached.get(&to.link).map(|(way_m, _)| way_m + to.along_m)
}

/// Longest line that is looked at, metres: longer ones are no city's.
const LINE_M_MAX: f32 = 1_000_000.0;

/// Points along a line, one a step, with the line's direction there.
fn points(line: &[[f32; 2]]) -> Vec<([f32; 2], f32)> {
    let mut points = Vec::new();
    let mut next_m = 0.0;
    let mut along_m = 0.0;
    for pair in line.windows(2) {
        let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let length_m = step[0].hypot(step[1]);
        if !length_m.is_finite() || length_m <= 0.0 {
            continue;
        }
        if along_m + length_m > LINE_M_MAX {
            break;
        }
        let bearing_deg = step[0].atan2(step[1]).to_degrees();
        while next_m <= along_m + length_m {
            let part = (next_m - along_m) / length_m;
            points.push(([0, 1].map(|axis| pair[0][axis] + part * step[axis]), bearing_deg));
            next_m += STEP_M;
        }
        along_m += length_m;
    }
    points
}
