//! Lines and rings cut at the edge of a tile, with no more points than its units can show.

use geo::Simplify;
use geo_types::{Coord, LineString};

use super::{BUFFER, EXTENT};

/// How far a line may be from where it was, units: a quarter of a pixel of a tile that is drawn 512
/// pixels wide.
const TOLERANCE: f64 = 2.0;

const LOW: f64 = -BUFFER;
const HIGH: f64 = EXTENT as f64 + BUFFER;

type Point = [f64; 2];

fn is_inside([x, y]: Point) -> bool {
    (LOW..=HIGH).contains(&x) && (LOW..=HIGH).contains(&y)
}

/// The points that are needed to be no farther than the tolerance from all of them.
fn simplified(points: Vec<Point>) -> Vec<Point> {
    if points.len() <= 2 {
        return points;
    }
    let line: LineString = points.into_iter().map(Coord::from).collect();
    line.simplify(TOLERANCE).into_iter().map(Into::into).collect()
}

/// Whole units, no point twice in a row.
fn whole(points: impl IntoIterator<Item = Point>) -> Vec<[i32; 2]> {
    let points = points.into_iter().map(|point| point.map(|units| units.round() as i32));
    let mut points: Vec<[i32; 2]> = points.collect();
    points.dedup();
    points
}

/// The point, when it is in the tile or near it.
pub(super) fn point(point: Point) -> Option<[i32; 2]> {
    is_inside(point).then(|| point.map(|units| units.round() as i32))
}

/// The parts of a line that are in the tile.
pub(super) fn line(points: Vec<Point>) -> Vec<Vec<[i32; 2]>> {
    let points = simplified(points);
    let parts =
        if points.iter().all(|&point| is_inside(point)) { vec![points] } else { cut(&points) };
    parts.into_iter().map(whole).filter(|part| part.len() >= 2).collect()
}

fn cut(points: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for ends in points.windows(2) {
        let Some([from, to]) = segment(ends[0], ends[1]) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment that is in the tile.
///
/// Source: Liang and Barsky, A new concept and method for line clipping, ACM Transactions on
/// Graphics 3 (1984).
fn segment(a: Point, b: Point) -> Option<[Point; 2]> {
    let [mut enter, mut leave] = [0.0_f64, 1.0_f64];
    for axis in [0, 1] {
        let step = b[axis] - a[axis];
        for (step, room) in [(-step, a[axis] - LOW), (step, HIGH - a[axis])] {
            if step == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if step < 0.0 {
                enter = enter.max(room / step);
            } else {
                leave = leave.min(room / step);
            }
        }
    }
    let at = |share: f64| match share {
        0.0 => a,
        1.0 => b,
        share => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])],
    };
    (enter <= leave).then(|| [at(enter), at(leave)])
}

/// A ring in the tile, its first point not repeated; none when nothing of it is left. Its area is
/// above 0 for a shell and below 0 for a hole (section 4.3.3.3), whichever way it was drawn.
pub(super) fn ring(mut points: Vec<Point>, is_hole: bool) -> Option<Vec<[i32; 2]>> {
    if points.len() > 4 {
        points = simplified(points);
    }
    if !points.iter().all(|&point| is_inside(point)) {
        points = cut_ring(points);
    }
    let mut ring = whole(points);
    if ring.first() == ring.last() {
        ring.pop();
    }
    let area = area(&ring);
    if ring.len() < 3 || area == 0 {
        return None;
    }
    if (area < 0) != is_hole {
        ring.reverse();
    }
    Some(ring)
}

/// Twice the area, by the surveyor's formula.
fn area(ring: &[[i32; 2]]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let parts = ring
        .iter()
        .zip(next)
        .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]));
    parts.sum()
}

/// The part of a ring that is in the tile, one edge after the other.
///
/// Source: Sutherland and Hodgman, Reentrant polygon clipping, Communications of the ACM 17 (1974).
fn cut_ring(mut points: Vec<Point>) -> Vec<Point> {
    for (axis, edge, sign) in [(0, LOW, 1.0), (0, HIGH, -1.0), (1, LOW, 1.0), (1, HIGH, -1.0)] {
        let room = |point: Point| (point[axis] - edge) * sign;
        let before = points.last().into_iter().chain(&points).copied();
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (from, &to) in before.zip(&points) {
            let [from_room, to_room] = [room(from), room(to)];
            if (from_room < 0.0) != (to_room < 0.0) {
                let share = from_room / (from_room - to_room);
                kept.push([
                    from[0] + share * (to[0] - from[0]),
                    from[1] + share * (to[1] - from[1]),
                ]);
            }
            if to_room >= 0.0 {
                kept.push(to);
            }
        }
        points = kept;
    }
    points
}
