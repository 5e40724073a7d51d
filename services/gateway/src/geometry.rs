//! Where an object is, for every format that says so.

use events::Position;
use picture::Object;

/// A point, a line of at least two points, or a polygon: its shell, then its holes, each a closed
/// ring of at least four points.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part<'a> {
    Point(Position),
    Line(&'a [Position]),
    Polygon(Vec<&'a [Position]>),
}

/// The parts of an object's geometry. What has too few points for a shape is none (RFC 7946,
/// sections 3.1.4 and 3.1.6), as OGC Simple Features has it too.
pub(crate) fn parts(object: &Object) -> Vec<Part<'_>> {
    match object {
        Object::Situation(situation) => {
            let Some(shape) = &situation.record.geometry else { return Vec::new() };
            let points = shape.points.iter().map(|&point| Part::Point(point));
            let lines = shape.lines.iter().filter_map(|positions| line(positions));
            let polygons = shape.polygons.iter().filter_map(|rings| {
                let rings = rings.iter().map(Vec::as_slice).filter(|ring| is_ring(ring));
                let rings: Vec<_> = rings.collect();
                (!rings.is_empty()).then_some(Part::Polygon(rings))
            });
            points.chain(lines).chain(polygons).collect()
        }
        Object::Link(link) => line(&link.line).into_iter().collect(),
        Object::Area(area) => polygon(&area.boundary).into_iter().collect(),
        Object::Emission(emission) if emission.kind.is_none() => {
            line(&emission.line).into_iter().collect()
        }
        Object::Emission(emission) => polygon(&emission.line).into_iter().collect(),
        Object::Vehicle(_)
        | Object::Detector(_)
        | Object::Trip(_)
        | Object::Feed(_)
        | Object::Queue(_)
        | Object::Weather(_) => object.position().map(Part::Point).into_iter().collect(),
    }
}

fn line(positions: &[Position]) -> Option<Part<'_>> {
    (positions.len() >= 2).then_some(Part::Line(positions))
}

fn is_ring(ring: &[Position]) -> bool {
    ring.len() >= 4
}

fn polygon(ring: &[Position]) -> Option<Part<'_>> {
    is_ring(ring).then(|| Part::Polygon(vec![ring]))
}

/// Well-known text (OGC 06-103r4, section 7): longitude, then latitude; empty without a geometry.
pub(crate) fn wkt(parts: &[Part<'_>]) -> String {
    match parts {
        [] => String::new(),
        [part] => part.wkt(),
        parts => {
            let parts: Vec<String> = parts.iter().map(Part::wkt).collect();
            format!("GEOMETRYCOLLECTION ({})", parts.join(", "))
        }
    }
}

/// Well-known binary (OGC 06-103r4, section 8), little-endian; none without a geometry.
pub(crate) fn wkb(parts: &[Part<'_>]) -> Option<Vec<u8>> {
    const COLLECTION: u32 = 7;
    let mut bytes = Vec::new();
    match parts {
        [] => return None,
        [part] => part.wkb(&mut bytes),
        parts => {
            begin(&mut bytes, COLLECTION);
            count(&mut bytes, parts.len());
            for part in parts {
                part.wkb(&mut bytes);
            }
        }
    }
    Some(bytes)
}

fn begin(bytes: &mut Vec<u8>, kind: u32) {
    const LITTLE_ENDIAN: u8 = 1;
    bytes.push(LITTLE_ENDIAN);
    bytes.extend(kind.to_le_bytes());
}

fn count(bytes: &mut Vec<u8>, of: usize) {
    bytes.extend((of as u32).to_le_bytes());
}

fn coordinates(bytes: &mut Vec<u8>, positions: &[Position]) {
    for position in positions {
        bytes.extend(position.longitude_deg.to_le_bytes());
        bytes.extend(position.latitude_deg.to_le_bytes());
    }
}

fn text(positions: &[Position]) -> String {
    let points = positions.iter().map(|point| {
        let Position { longitude_deg, latitude_deg } = point;
        format!("{longitude_deg} {latitude_deg}")
    });
    format!("({})", points.collect::<Vec<_>>().join(", "))
}

impl Part<'_> {
    fn wkt(&self) -> String {
        match self {
            Self::Point(position) => format!("POINT {}", text(&[*position])),
            Self::Line(positions) => format!("LINESTRING {}", text(positions)),
            Self::Polygon(rings) => {
                let rings: Vec<String> = rings.iter().map(|ring| text(ring)).collect();
                format!("POLYGON ({})", rings.join(", "))
            }
        }
    }

    fn wkb(&self, bytes: &mut Vec<u8>) {
        const POINT: u32 = 1;
        const LINE: u32 = 2;
        const POLYGON: u32 = 3;
        match self {
            Self::Point(position) => {
                begin(bytes, POINT);
                coordinates(bytes, &[*position]);
            }
            Self::Line(positions) => {
                begin(bytes, LINE);
                count(bytes, positions.len());
                coordinates(bytes, positions);
            }
            Self::Polygon(rings) => {
                begin(bytes, POLYGON);
                count(bytes, rings.len());
                for ring in rings {
                    count(bytes, ring.len());
                    coordinates(bytes, ring);
                }
            }
        }
    }
}
