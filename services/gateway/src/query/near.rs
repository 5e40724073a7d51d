//! The parameter `near`: what is nearest to a place, by true distance.

use std::sync::Arc;

use events::Position;
use network::{BoundingBox, Plane};
use picture::{Layer, Object, View};

use crate::column::{Columns, Form};
use crate::geometry::{Part, parts};
use crate::problem::Problem;

/// Half of the first box that is looked at; each next one is twice as large. A city centre has some
/// tens of vehicles within.
const RADIUS_M: f64 = 250.0;

/// Half of the largest box: half of the globe's circumference, and so everything.
const RADIUS_M_MAX: f64 = 20_100_000.0;

/// Length of a degree of latitude, metres (sphere of radius 6,371,008.8 m).
const METRES_PER_DEGREE: f64 = 111_195.08;

/// Below this cosine of the latitude (89 degrees) a box reaches around the globe.
const LATITUDE_COSINE_MIN: f64 = 0.017;

/// Reads longitude and latitude in degrees.
pub(crate) fn parse(layer: Layer, text: &str) -> Result<Position, Problem> {
    let place = text.split_once(',').and_then(|(longitude, latitude)| {
        let longitude_deg = longitude.trim().parse().ok()?;
        let latitude_deg = latitude.trim().parse().ok()?;
        Position::new(latitude_deg, longitude_deg).ok()
    });
    let place = place.ok_or_else(|| {
        let detail = format!(
            "query: near: two numbers, longitude,latitude in degrees within ±180 and ±90, not \
             {text:?}"
        );
        Problem::bad_request(detail)
    })?;
    if Columns::of(layer).form == Form::None {
        let detail = format!("query: near: nothing in {layer} has a place");
        return Err(Problem::bad_request(detail));
    }
    Ok(place)
}

/// The box that holds all that is within a distance of a place.
fn around(place: Position, radius_m: f64) -> BoundingBox {
    let north_deg = radius_m / METRES_PER_DEGREE;
    let south = (place.latitude_deg - north_deg).max(-90.0);
    let north = (place.latitude_deg + north_deg).min(90.0);
    let cosine = south.abs().max(north.abs()).to_radians().cos();
    let east_deg = if cosine < LATITUDE_COSINE_MIN { 360.0 } else { north_deg / cosine };
    BoundingBox {
        west_deg: (place.longitude_deg - east_deg).max(-180.0),
        south_deg: south,
        east_deg: (place.longitude_deg + east_deg).min(180.0),
        north_deg: north,
    }
}

/// Great-circle distance, metres.
///
/// Source: haversine formula; Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984).
fn point_distance_m(a: Position, b: Position) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let cosines = a.latitude_deg.to_radians().cos() * b.latitude_deg.to_radians().cos();
    let haversine =
        half(a.latitude_deg, b.latitude_deg) + cosines * half(a.longitude_deg, b.longitude_deg);
    let radius_m = METRES_PER_DEGREE.to_degrees();
    2.0 * radius_m * haversine.sqrt().min(1.0).asin()
}

/// To the nearest point of a line: the point is found on a plane that touches the globe at the
/// place, its distance is true.
fn line_distance_m(from: Position, plane: &Plane, line: &[Position]) -> f64 {
    let segments = line.windows(2).map(|ends| {
        let [a, b] = [plane.project(ends[0]), plane.project(ends[1])];
        let [along, up] = [b[0] - a[0], b[1] - a[1]];
        let length = along * along + up * up;
        let share = if length > 0.0 { -(a[0] * along + a[1] * up) / length } else { 0.0 };
        let share = share.clamp(0.0, 1.0);
        point_distance_m(from, plane.unproject([a[0] + share * along, a[1] + share * up]))
    });
    segments.fold(f64::INFINITY, f64::min)
}

/// Whether a ring goes around a place: an odd number of its sides are east of it.
fn is_around(ring: &[Position], from: Position) -> bool {
    let sides = ring.windows(2).filter(|ends| {
        let [a, b] = [ends[0], ends[1]];
        let share = (from.latitude_deg - a.latitude_deg) / (b.latitude_deg - a.latitude_deg);
        let longitude_deg = a.longitude_deg + share * (b.longitude_deg - a.longitude_deg);
        (a.latitude_deg > from.latitude_deg) != (b.latitude_deg > from.latitude_deg)
            && longitude_deg > from.longitude_deg
    });
    sides.count() % 2 == 1
}

/// From a place to the nearest point of an object, metres; 0 within a polygon. None without a
/// geometry.
pub(crate) fn distance_m(from: Position, plane: &Plane, object: &Object) -> Option<f64> {
    let parts = parts(object);
    let distances = parts.iter().map(|part| match part {
        Part::Point(position) => point_distance_m(from, *position),
        Part::Line(line) => line_distance_m(from, plane, line),
        Part::Polygon(rings) => {
            // An even number of rings around it: outside, or in a hole.
            if rings.iter().filter(|ring| is_around(ring, from)).count() % 2 == 1 {
                return 0.0;
            }
            let sides = rings.iter().map(|ring| line_distance_m(from, plane, ring));
            sides.fold(f64::INFINITY, f64::min)
        }
    });
    distances.reduce(f64::min)
}

/// Objects among which the `count` nearest that are wanted are, found in the tree.
pub(crate) fn nearest(
    view: &View,
    layer: Layer,
    from: Position,
    count: usize,
    wanted: impl Fn(&Object) -> bool,
) -> Vec<Arc<Object>> {
    let plane = Plane::new(from);
    let mut radius_m = RADIUS_M;
    loop {
        let bbox = around(from, radius_m);
        let candidates = view.query(layer, &bbox).filter(|object| wanted(object));
        let found: Vec<&Arc<Object>> = candidates.collect();
        // Beyond the radius there may be nearer ones outside the box.
        let is_within = |object: &&&Arc<Object>| {
            distance_m(from, &plane, object).is_some_and(|distance_m| distance_m <= radius_m)
        };
        if radius_m > RADIUS_M_MAX
            || found.len() >= count && found.iter().filter(is_within).count() >= count
        {
            return found.into_iter().cloned().collect();
        }
        radius_m *= 2.0;
    }
}

/// The `count` nearest of these, nearest first; of equally near ones the lower id first.
pub(crate) fn first(from: Position, count: usize, of: Vec<Arc<Object>>) -> Vec<Arc<Object>> {
    let plane = Plane::new(from);
    let placed =
        of.into_iter().filter_map(|object| Some((distance_m(from, &plane, &object)?, object)));
    let mut placed: Vec<(f64, Arc<Object>)> = placed.collect();
    let order = |(a_m, a): &(f64, Arc<Object>), (b_m, b): &(f64, Arc<Object>)| {
        a_m.total_cmp(b_m).then_with(|| a.id().cmp(b.id()))
    };
    if placed.len() > count {
        placed.select_nth_unstable_by(count, order);
        placed.truncate(count);
    }
    placed.sort_unstable_by(order);
    placed.into_iter().map(|(_, object)| object).collect()
}
