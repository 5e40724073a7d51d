//! How streets meet at a node, and how much of each lies inside the junction.

use super::link::{Map, Segment};

/// Width of a lane, metres: between the 3.0 of city streets and the 3.5 of main roads.
const LANE_M: f32 = 3.2;

/// From the edge of the crossing street to the stop line, metres: a crossing of pedestrians.
const STOP_LINE_M: f32 = 3.0;

/// What leaves within this angle of straight on is the same street, and of straight back a fork of
/// it, degrees.
const ALONG_DEG: f64 = 30.0;

/// Segments at each node.
#[derive(Debug, Default)]
pub(super) struct Arms {
    /// First arm of each node, and the end of the last.
    starts: Vec<u32>,
    arms: Vec<Segment>,
}

impl Arms {
    pub(super) fn new(map: &Map) -> Self {
        let mut starts = vec![0_u32; map.ids.len() + 1];
        let ends = || {
            map.segments.iter().flat_map(|&segment| map.ends(segment).map(|node| (node, segment)))
        };
        for (node, _) in ends() {
            starts[node as usize + 1] += 1;
        }
        for node in 0..map.ids.len() {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut arms = vec![Segment { row: 0, first: 0, last: 0 }; 2 * map.segments.len()];
        for (node, segment) in ends() {
            arms[next[node as usize] as usize] = segment;
            next[node as usize] += 1;
        }
        Self { starts, arms }
    }

    /// Segments that end at a node, in order.
    pub(super) fn at(&self, node: u32) -> &[Segment] {
        let node = node as usize;
        &self.arms[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    /// Metres of a segment that lie inside the junctions at its first and last node: half the width
    /// of the widest street that crosses there.
    pub(super) fn setbacks_m(&self, map: &Map, segment: Segment) -> [f32; 2] {
        map.ends(segment).map(|node| {
            let arms = self.at(node);
            if arms.len() <= 2 {
                return 0.0;
            }
            let comes = bearing_deg(map, segment, node);
            let crosses = |arm: &&Segment| {
                let turn = (bearing_deg(map, **arm, node) - comes).rem_euclid(180.0);
                let itself = (arm.first, arm.last) == (segment.first, segment.last);
                !itself && (ALONG_DEG..=180.0 - ALONG_DEG).contains(&turn)
            };
            let width = |arm: &Segment| map.rows[arm.row as usize].street.lanes() as f32 * LANE_M;
            arms.iter().filter(crosses).map(width).fold(0.0, f32::max) / 2.0
        })
    }
}

/// With the way to the stop line, where there is a junction.
pub(super) fn with_stop_line(setback_m: f32) -> f32 {
    if setback_m > 0.0 { setback_m + STOP_LINE_M } else { 0.0 }
}

/// Direction in which a segment leaves a node, degrees clockwise from north.
fn bearing_deg(map: &Map, segment: Segment, node: u32) -> f64 {
    let line = map.line(segment);
    let here = map.at[node as usize];
    let mut other = line.iter().map(|&node| map.at[node as usize]).filter(|&at| at != here);
    let next = if line[0] == node { other.next() } else { other.next_back() };
    let Some(next) = next else { return 0.0 };
    let [north, east] = [0, 1].map(|axis| f64::from(next[axis]) - f64::from(here[axis]));
    let shrinks = map.position(node).latitude_deg.to_radians().cos();
    (east * shrinks).atan2(north).to_degrees()
}
