//! GeoJSON shapes of situations. Broken parts occur in the wild (lines of no or one point, open
//! rings, projected metres for degrees): a broken part is taken out, the rest stays.

use std::fmt;

use events::{Geometry, Position};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::format::envelope::Checks;
use crate::format::json::{Number, Scalar};

/// Most positions of one situation that are read: those of all provinces are half of it.
const POSITIONS_MAX: usize = 1_000_000;

/// Of a shape with more positions about so many are kept, which fits an event twice. The largest
/// recorded province has 22,000; a message about several would have no place otherwise.
const POSITIONS_KEPT: usize = 25_000;

/// Fewest positions of a closed ring: a triangle and its first corner again.
const RING_POSITIONS_MIN: usize = 4;

/// A shape with its coordinates as text: how deep they nest depends on the type.
#[derive(Deserialize)]
pub(super) struct Shape<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Scalar<'a>,
    #[serde(borrow)]
    coordinates: Option<&'a RawValue>,
    /// Of a `GeometryCollection`.
    #[serde(default, borrow)]
    geometries: Option<Vec<Shape<'a>>>,
}

/// Longitude and latitude as given; more numbers (altitude) are left out.
struct Coordinate(Number, Number);

impl<'de> Deserialize<'de> for Coordinate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CoordinateVisitor)
    }
}

struct CoordinateVisitor;

impl<'de> Visitor<'de> for CoordinateVisitor {
    type Value = Coordinate;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of longitude and latitude")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Coordinate, A::Error> {
        let longitude = seq.next_element()?.unwrap_or_default();
        let latitude = seq.next_element()?.unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Coordinate(longitude, latitude))
    }
}

/// Collects valid parts until the bound is reached.
struct Parts<'c> {
    geometry: Geometry,
    positions: usize,
    checks: &'c mut Checks,
}

impl Shape<'_> {
    /// The valid parts; `None` when there are none.
    pub(super) fn geometry(&self, checks: &mut Checks) -> Option<Geometry> {
        let mut parts = Parts { geometry: Geometry::default(), positions: 0, checks };
        parts.shape(self);
        let Parts { mut geometry, positions, .. } = parts;
        if positions > POSITIONS_KEPT {
            thin(&mut geometry, positions);
        }
        (geometry != Geometry::default()).then_some(geometry)
    }
}

impl Parts<'_> {
    fn shape(&mut self, shape: &Shape) {
        for part in shape.geometries.iter().flatten() {
            self.shape(part);
        }
        let Some(coordinates) = shape.coordinates else {
            return;
        };
        let json = coordinates.get();
        let read = match shape.kind.text().unwrap_or_default() {
            "Point" => serde_json::from_str(json).map(|point| self.points(vec![point])),
            "MultiPoint" => serde_json::from_str(json).map(|points| self.points(points)),
            "LineString" => serde_json::from_str(json).map(|line| self.lines(vec![line])),
            "MultiLineString" => serde_json::from_str(json).map(|lines| self.lines(lines)),
            "Polygon" => serde_json::from_str(json).map(|rings| self.polygons(vec![rings])),
            "MultiPolygon" => serde_json::from_str(json).map(|polygons| self.polygons(polygons)),
            _ => return self.checks.took_out(),
        };
        if read.is_err() {
            self.checks.took_out();
        }
    }

    fn points(&mut self, points: Vec<Coordinate>) {
        for point in points {
            if let Some(path) = self.path(vec![point], 1) {
                self.geometry.points.extend(path);
            }
        }
    }

    fn lines(&mut self, lines: Vec<Vec<Coordinate>>) {
        for line in lines {
            if let Some(path) = self.path(line, 2) {
                self.geometry.lines.push(path);
            }
        }
    }

    /// A polygon needs its shell; a hole that is broken is left out.
    fn polygons(&mut self, polygons: Vec<Vec<Vec<Coordinate>>>) {
        for rings in polygons {
            let mut rings = rings.into_iter().map(|ring| self.ring(ring));
            let Some(Some(shell)) = rings.next() else {
                drop(rings);
                self.checks.took_out();
                continue;
            };
            let rings: Vec<_> = std::iter::once(shell).chain(rings.flatten()).collect();
            self.geometry.polygons.push(rings);
        }
    }

    fn ring(&mut self, ring: Vec<Coordinate>) -> Option<Vec<Position>> {
        let path = self.path(ring, RING_POSITIONS_MIN)?;
        if path.first() == path.last() {
            return Some(path);
        }
        self.checks.took_out();
        None
    }

    /// Positions of a part: all of them valid and at least so many, or none.
    fn path(&mut self, coordinates: Vec<Coordinate>, at_least: usize) -> Option<Vec<Position>> {
        let position = |Coordinate(longitude, latitude)| match (longitude, latitude) {
            (Number::Value(longitude_deg), Number::Value(latitude_deg)) => {
                Position::new(latitude_deg, longitude_deg).ok()
            }
            _ => None,
        };
        let count = coordinates.len();
        let fits = count >= at_least && self.positions + count <= POSITIONS_MAX;
        let path: Option<Vec<Position>> =
            fits.then(|| coordinates.into_iter().map(position).collect()).flatten();
        match &path {
            Some(_) => self.positions += count,
            None => self.checks.took_out(),
        }
        path
    }
}

/// Leaves out positions evenly, the same share of each part; none of the parts goes.
fn thin(geometry: &mut Geometry, positions: usize) {
    let thin = |path: &mut Vec<Position>, at_least: usize| {
        let count = path.len();
        let kept = (count * POSITIONS_KEPT / positions).max(at_least);
        if kept < count {
            // The first and the last stay, which keeps rings closed.
            let (last, gaps) = (count - 1, kept.saturating_sub(1).max(1));
            *path = (0..kept).map(|index| path[index * last / gaps]).collect();
        }
    };
    thin(&mut geometry.points, 1);
    geometry.lines.iter_mut().for_each(|line| thin(line, 2));
    geometry.polygons.iter_mut().flatten().for_each(|ring| thin(ring, RING_POSITIONS_MIN));
}
