//! GeoJSON (RFC 7946). What an answer says of itself stands beside the features as foreign
//! members. Text from feeds is data: whoever shows it escapes it.

use events::Position;
use picture::{Area, Emission, Link, Object, Situation};
use serde::{Serialize, Serializer};

use super::{EncodeError, Encoder};
use crate::answer::{Answer, Head, Shape};

pub(super) struct GeoJson;

#[derive(Serialize)]
#[serde(tag = "type")]
struct FeatureCollection<'a> {
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
    features: Vec<Feature<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct One<'a> {
    #[serde(flatten)]
    feature: Feature<'a>,
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "type")]
struct Feature<'a> {
    id: &'a str,
    geometry: Option<Geometry>,
    #[serde(serialize_with = "without_geometry")]
    properties: &'a Object,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Geometry {
    Point {
        coordinates: [f64; 2],
    },
    LineString {
        coordinates: Vec<[f64; 2]>,
    },
    Polygon {
        coordinates: Vec<Vec<[f64; 2]>>,
    },
    #[serde(rename = "GeometryCollection")]
    Collection {
        geometries: Vec<Geometry>,
    },
}

impl Encoder for GeoJson {
    fn media_type(&self) -> &'static str {
        "application/geo+json"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let layer = answer.layer.as_str();
        let head = &answer.head;
        let mut features = answer.objects.iter().map(|object| Feature {
            id: object.id(),
            geometry: geometry(object),
            properties: object,
        });
        Ok(match &answer.shape {
            Shape::One => {
                serde_json::to_vec(&features.next().map(|feature| One { feature, head, layer }))?
            }
            Shape::Page { next } => serde_json::to_vec(&FeatureCollection {
                head,
                layer,
                features: features.collect(),
                next: next.as_deref(),
            })?,
        })
    }
}

/// The object, but for the shape of a situation, a link, an area or their emission, which is the
/// feature's.
fn without_geometry<S: Serializer>(object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
    match object {
        Object::Situation(situation) if situation.record.geometry.is_some() => {
            let mut bare: Situation = situation.clone();
            bare.record.geometry = None;
            bare.serialize(serializer)
        }
        Object::Link(link) => Link { line: [].into(), ..link.clone() }.serialize(serializer),
        Object::Area(area) => Area { boundary: [].into(), ..area.clone() }.serialize(serializer),
        Object::Emission(emission) => {
            Emission { line: [].into(), ..emission.clone() }.serialize(serializer)
        }
        object => object.serialize(serializer),
    }
}

fn coordinates(position: &Position) -> [f64; 2] {
    [position.longitude_deg, position.latitude_deg]
}

fn line(positions: &[Position]) -> Vec<[f64; 2]> {
    positions.iter().map(coordinates).collect()
}

fn geometry(object: &Object) -> Option<Geometry> {
    match object {
        Object::Situation(situation) => shape(situation),
        Object::Link(link) => line_string(&link.line),
        Object::Area(area) => polygon(&area.boundary),
        Object::Emission(emission) if emission.kind.is_none() => line_string(&emission.line),
        Object::Emission(emission) => polygon(&emission.line),
        object => {
            let coordinates = coordinates(&object.position()?);
            Some(Geometry::Point { coordinates })
        }
    }
}

/// A line of one point is none (section 3.1.4).
fn line_string(positions: &[Position]) -> Option<Geometry> {
    (positions.len() >= 2).then(|| Geometry::LineString { coordinates: line(positions) })
}

/// A ring of less than a triangle is none (section 3.1.6).
fn polygon(ring: &[Position]) -> Option<Geometry> {
    (ring.len() >= 4).then(|| Geometry::Polygon { coordinates: vec![line(ring)] })
}

fn shape(situation: &Situation) -> Option<Geometry> {
    let shape = situation.record.geometry.as_ref()?;
    let points =
        shape.points.iter().map(|point| Geometry::Point { coordinates: coordinates(point) });
    let lines =
        shape.lines.iter().map(|positions| Geometry::LineString { coordinates: line(positions) });
    let polygons = shape.polygons.iter().map(|rings| Geometry::Polygon {
        coordinates: rings.iter().map(|ring| line(ring)).collect(),
    });
    let mut geometries: Vec<Geometry> = points.chain(lines).chain(polygons).collect();
    match geometries.len() {
        0 | 1 => geometries.pop(),
        _ => Some(Geometry::Collection { geometries }),
    }
}
