//! Shapes as Well-Known Binary with boxes, and what GeoParquet 1.1 says of the columns.
//!
//! Sources: <https://geoparquet.org/releases/v1.1.0/>, OGC 06-103r4 (WKB).

use bytes::Bytes;
use events::wire::{Geometry, Path, Position};
use serde_json::{Value, json};

/// Name of the column of shapes.
pub(crate) const GEOMETRY: &str = "geometry";
/// Name of the column of boxes.
pub(crate) const BBOX: &str = "bbox";
/// Key of what GeoParquet says, in a file's metadata.
pub(crate) const GEO_KEY: &str = "geo";

/// Codes of WKB.
const LITTLE_ENDIAN: u8 = 1;
const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const COLLECTION: u32 = 7;
/// Of the lines of links and areas, units a degree.
const LINE_UNITS: f64 = 1e6;

/// A box around something, degrees.
// Units are last in names.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) west_deg: f64,
    pub(crate) south_deg: f64,
    pub(crate) east_deg: f64,
    pub(crate) north_deg: f64,
}

impl Bounds {
    fn of(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        points.into_iter().fold(None, |bounds: Option<Self>, (x, y)| {
            let Some(b) = bounds else {
                return Some(Self { west_deg: x, south_deg: y, east_deg: x, north_deg: y });
            };
            Some(Self {
                west_deg: b.west_deg.min(x),
                south_deg: b.south_deg.min(y),
                east_deg: b.east_deg.max(x),
                north_deg: b.north_deg.max(y),
            })
        })
    }
}

fn point(position: &Position) -> (f64, f64) {
    (position.longitude_deg, position.latitude_deg)
}

fn points(path: &Path) -> Vec<(f64, f64)> {
    path.positions.iter().map(point).collect()
}

/// The box around a shape; none where there is no shape to write.
pub(crate) fn bounds(geometry: &Geometry) -> Option<Bounds> {
    wkb(geometry)?;
    let rings = geometry.polygons.iter().flat_map(|polygon| &polygon.rings);
    let paths = geometry.lines.iter().chain(rings);
    let positions = geometry.points.iter().chain(paths.flat_map(|path| &path.positions));
    Bounds::of(positions.map(point))
}

/// A shape as WKB: the part itself where there is one, else a collection. Lines of one point and
/// rings that are not closed by four are none, and are left out.
pub(crate) fn wkb(geometry: &Geometry) -> Option<Bytes> {
    let mut parts = Vec::new();
    for position in &geometry.points {
        let mut part = header(POINT);
        put(&mut part, &[point(position)]);
        parts.push(part);
    }
    parts.extend(geometry.lines.iter().filter_map(|path| line(&points(path))));
    for polygon in &geometry.polygons {
        let rings: Vec<Vec<(f64, f64)>> = polygon.rings.iter().map(points).collect();
        parts.extend(polygon_part(&rings));
    }
    if parts.len() > 1 {
        let mut all = header(COLLECTION);
        all.extend((parts.len() as u32).to_le_bytes());
        all.extend(parts.concat());
        return Some(all.into());
    }
    parts.pop().map(Bytes::from)
}

fn polygon_part(rings: &[Vec<(f64, f64)>]) -> Option<Vec<u8>> {
    let is_ring = |ring: &&Vec<(f64, f64)>| ring.len() >= 4 && ring.first() == ring.last();
    let whole: Vec<&Vec<(f64, f64)>> = rings.iter().filter(is_ring).collect();
    // Without its shell a polygon is nothing.
    if whole.first() != rings.first().as_ref() || whole.is_empty() {
        return None;
    }
    let mut part = header(POLYGON);
    part.extend((whole.len() as u32).to_le_bytes());
    for ring in whole {
        part.extend((ring.len() as u32).to_le_bytes());
        put(&mut part, ring);
    }
    Some(part)
}

fn line(points: &[(f64, f64)]) -> Option<Vec<u8>> {
    if points.len() < 2 {
        return None;
    }
    let mut part = header(LINE);
    part.extend((points.len() as u32).to_le_bytes());
    put(&mut part, points);
    Some(part)
}

fn header(code: u32) -> Vec<u8> {
    let mut part = vec![LITTLE_ENDIAN];
    part.extend(code.to_le_bytes());
    part
}

fn put(part: &mut Vec<u8>, points: &[(f64, f64)]) {
    for (x, y) in points {
        part.extend(x.to_le_bytes());
        part.extend(y.to_le_bytes());
    }
}

/// Points of a line of the wire: differences in millionths of a degree.
pub(crate) fn unfolded(line: &[i32]) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (0_i64, 0_i64);
    let pairs = line.chunks_exact(2).map(|pair| {
        x += i64::from(pair[0]);
        y += i64::from(pair[1]);
        (x as f64 / LINE_UNITS, y as f64 / LINE_UNITS)
    });
    pairs.collect()
}

/// A line of the wire as WKB.
pub(crate) fn line_wkb(folded: &[i32]) -> Option<Bytes> {
    line(&unfolded(folded)).map(Bytes::from)
}

/// A closed ring of the wire as WKB.
pub(crate) fn ring_wkb(folded: &[i32]) -> Option<Bytes> {
    polygon_part(&[unfolded(folded)]).map(Bytes::from)
}

/// The box around a line of the wire; none where there is no line to write.
pub(crate) fn line_bounds(folded: &[i32]) -> Option<Bounds> {
    line_wkb(folded)?;
    Bounds::of(unfolded(folded))
}

/// The box around a closed ring of the wire; none where there is no ring to write.
pub(crate) fn ring_bounds(folded: &[i32]) -> Option<Bounds> {
    ring_wkb(folded)?;
    Bounds::of(unfolded(folded))
}

/// What GeoParquet says of a file: longitude and latitude on WGS84, any kind of shape, and which
/// column has the boxes.
pub(crate) fn metadata() -> Value {
    let covering = |edge: &str| json!([BBOX, edge]);
    json!({
        "version": "1.1.0",
        "primary_column": GEOMETRY,
        "columns": {GEOMETRY: {
            "encoding": "WKB",
            "geometry_types": [],
            "covering": {"bbox": {
                "xmin": covering("xmin"),
                "ymin": covering("ymin"),
                "xmax": covering("xmax"),
                "ymax": covering("ymax"),
            }},
        }},
    })
}
