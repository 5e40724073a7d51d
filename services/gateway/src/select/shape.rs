//! Places that objects are asked for in.

use events::Position;
use geo::{Distance, Euclidean, Intersects};
use geo_types::{Coord, Geometry, LineString, Point, Polygon};
use network::{BoundingBox, Plane};
use picture::Object;

use crate::geometry::{Part, parts};
use crate::problem::Problem;

/// Most corners of a polygon or points of a line: each costs at every object looked at.
const POINTS_MAX: usize = 1_000;

/// Smallest polygon, square degrees: a hundredth of a square metre, above what is left of nothing by
/// rounding.
const AREA_MIN_DEG2: f64 = 1e-12;

/// Narrowest and widest corridor, metres.
const WIDTH_M: std::ops::RangeInclusive<f64> = 1.0..=100_000.0;

/// A place that objects are asked for in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Met by what has its own box meet it.
    Box(BoundingBox),
    /// Met by what meets it, exactly.
    Polygon { outline: Polygon, envelope: BoundingBox },
    /// Met by what is no farther from the line than half the width. The line is in metres of the
    /// plane.
    Corridor { line: LineString, half_m: f64, plane: Plane, envelope: BoundingBox },
}

impl Shape {
    /// A polygon by its corners.
    pub(crate) fn polygon(corners: &[[f64; 2]]) -> Result<Self, Problem> {
        let corners = positions(corners, "polygon", 3)?;
        let shape = Self::ring(&corners).filter(|shape| match shape {
            Self::Polygon { outline, .. } => geo::Area::unsigned_area(outline) > AREA_MIN_DEG2,
            _ => false,
        });
        shape.ok_or_else(|| Problem::bad_request("polygon: its corners enclose nothing"))
    }

    /// What is within half the width of a line.
    pub(crate) fn corridor(points: &[[f64; 2]], width_m: f64) -> Result<Self, Problem> {
        let points = positions(points, "corridor.line", 2)?;
        if !WIDTH_M.contains(&width_m) {
            let (least, most) = (WIDTH_M.start(), WIDTH_M.end());
            let detail = format!("corridor.width_m is {width_m}, it must be {least} to {most}");
            return Err(Problem::bad_request(detail));
        }
        let around = envelope(&points).ok_or_else(no_points)?;
        let plane = Plane::new(around.center());
        let half_m = width_m / 2.0;
        let corner = |longitude_deg, latitude_deg| Position { latitude_deg, longitude_deg };
        let [west_m, south_m] = plane.project(corner(around.west_deg, around.south_deg));
        let [east_m, north_m] = plane.project(corner(around.east_deg, around.north_deg));
        let low = plane.unproject([west_m - half_m, south_m - half_m]);
        let high = plane.unproject([east_m + half_m, north_m + half_m]);
        let envelope = BoundingBox {
            west_deg: low.longitude_deg,
            south_deg: low.latitude_deg,
            east_deg: high.longitude_deg,
            north_deg: high.latitude_deg,
        };
        let line = points.iter().map(|&point| projected(&plane, point)).collect();
        Ok(Self::Corridor { line, half_m, plane, envelope })
    }

    /// A polygon with this boundary; none of less than a triangle.
    pub(crate) fn ring(boundary: &[Position]) -> Option<Self> {
        let envelope = envelope(boundary)?;
        let exterior: LineString = boundary.iter().map(|&position| coordinate(position)).collect();
        let outline = Polygon::new(exterior, Vec::new());
        (boundary.len() >= 3).then_some(Self::Polygon { outline, envelope })
    }

    /// The box around it.
    pub(crate) fn envelope(&self) -> BoundingBox {
        match self {
            Self::Box(bbox) => *bbox,
            Self::Polygon { envelope, .. } | Self::Corridor { envelope, .. } => *envelope,
        }
    }

    /// Whether the object is there, or part of it.
    pub(crate) fn meets(&self, object: &Object) -> bool {
        let Some(around) = object.envelope() else {
            return false;
        };
        if !self.envelope().meets(&around) {
            return false;
        }
        match self {
            Self::Box(_) => true,
            Self::Polygon { outline, .. } => {
                geometries(object, &coordinate).iter().any(|part| outline.intersects(part))
            }
            Self::Corridor { line, half_m, plane, .. } => {
                let parts = geometries(object, &|position| projected(plane, position));
                parts.iter().any(|part| distance(part, line) <= *half_m)
            }
        }
    }

    /// Whether a position is there.
    pub(crate) fn contains(&self, position: Position) -> bool {
        match self {
            Self::Box(bbox) => bbox.contains(position),
            Self::Polygon { outline, .. } => outline.intersects(&coordinate(position)),
            Self::Corridor { line, half_m, plane, .. } => {
                let point = Geometry::Point(Point(projected(plane, position)));
                distance(&point, line) <= *half_m
            }
        }
    }
}

fn distance(part: &Geometry, line: &LineString) -> f64 {
    match part {
        Geometry::Point(point) => Euclidean.distance(point, line),
        Geometry::LineString(other) => Euclidean.distance(other, line),
        Geometry::Polygon(polygon) => Euclidean.distance(polygon, line),
        _ => f64::INFINITY,
    }
}

/// The parts of an object, with positions turned into coordinates in some way.
fn geometries(object: &Object, to: &dyn Fn(Position) -> Coord) -> Vec<Geometry> {
    let line = |positions: &[Position]| -> LineString {
        positions.iter().map(|&position| to(position)).collect()
    };
    let geometry = |part: Part<'_>| match part {
        Part::Point(position) => Geometry::Point(Point(to(position))),
        Part::Line(positions) => Geometry::LineString(line(positions)),
        Part::Polygon(rings) => {
            let mut rings = rings.into_iter().map(line);
            let shell = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
            Geometry::Polygon(Polygon::new(shell, rings.collect()))
        }
    };
    parts(object).into_iter().map(geometry).collect()
}

fn coordinate(position: Position) -> Coord {
    Coord { x: position.longitude_deg, y: position.latitude_deg }
}

fn projected(plane: &Plane, position: Position) -> Coord {
    let [x, y] = plane.project(position);
    Coord { x, y }
}

fn positions(points: &[[f64; 2]], key: &str, least: usize) -> Result<Vec<Position>, Problem> {
    if !(least..=POINTS_MAX).contains(&points.len()) {
        let detail =
            format!("{key}: it has {} points, {least} to {POINTS_MAX} are possible", points.len());
        return Err(Problem::bad_request(detail));
    }
    let position = |&[longitude_deg, latitude_deg]: &[f64; 2]| {
        Position::new(latitude_deg, longitude_deg)
            .map_err(|error| Problem::bad_request(format!("{key}: {error}; longitude comes first")))
    };
    points.iter().map(position).collect()
}

fn no_points() -> Problem {
    Problem::bad_request("corridor.line: it has no points")
}

fn envelope(positions: &[Position]) -> Option<BoundingBox> {
    let point_box = |position: &Position| BoundingBox {
        west_deg: position.longitude_deg,
        south_deg: position.latitude_deg,
        east_deg: position.longitude_deg,
        north_deg: position.latitude_deg,
    };
    positions.iter().map(point_box).reduce(BoundingBox::union)
}

/// The box that two boxes share; one that nothing meets, when they share none.
pub(super) fn intersection(a: BoundingBox, b: BoundingBox) -> BoundingBox {
    BoundingBox {
        west_deg: a.west_deg.max(b.west_deg),
        south_deg: a.south_deg.max(b.south_deg),
        east_deg: a.east_deg.min(b.east_deg),
        north_deg: a.north_deg.min(b.north_deg),
    }
}
