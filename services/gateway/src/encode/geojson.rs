//! GeoJSON (RFC 7946). What an answer says of itself stands beside the features as foreign members; in
//! a series what is said of each moment stands behind all of them. Text from feeds is data: whoever
//! shows it escapes it.

use events::Position;
use picture::{Object, Situation};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::json::numbers;
use super::{EncodeError, Encoder, Series};
use crate::answer::{Answer, Head, Shape};
use crate::column::{Fields, Rule, Shaped};
use crate::diff::{self, Differences};
use crate::geometry::{Part, parts};
use crate::options::Origin;

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
    properties: Shown<'a>,
}

/// A geometry.
#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Geometry {
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

/// The object, but for the shape of a situation, a link, an area or their emission, which is the
/// feature's.
struct Properties<'a> {
    object: &'a Object,
    fields: Option<&'a Fields>,
}

/// Properties, at one of several moments.
struct Shown<'a> {
    at_ms: Option<i64>,
    properties: Properties<'a>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.at_ms, &self.properties) {
            (Some(at_ms), properties) => Timed { at_ms, properties }.serialize(serializer),
            (None, properties) => properties.serialize(serializer),
        }
    }
}

/// Properties with the moment before them.
#[derive(Serialize)]
struct Timed<'a> {
    at_ms: i64,
    #[serde(flatten)]
    properties: &'a Properties<'a>,
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.object {
            Object::Situation(situation) if situation.record.geometry.is_some() => {
                let mut bare: Situation = situation.clone();
                bare.record.geometry = None;
                self.picked(&bare, serializer)
            }
            Object::Link(object) => self.emptied(object, "line", serializer),
            Object::Area(object) => self.emptied(object, "boundary", serializer),
            Object::Emission(object) => self.emptied(object, "line", serializer),
            object => self.picked(object, serializer),
        }
    }
}

impl Properties<'_> {
    /// Without its line or boundary.
    fn emptied<S: Serializer>(
        &self,
        value: &impl Serialize,
        property: &'static str,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        self.picked(&Shaped { value, rule: Rule::Emptied(property) }, serializer)
    }

    fn picked<S: Serializer>(
        &self,
        object: &impl Serialize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match self.fields {
            Some(fields) => fields.serialize(object, serializer),
            None => object.serialize(serializer),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "FeatureCollection")]
struct DifferenceCollection<'a> {
    region: &'a str,
    layer: &'static str,
    before: &'a Head,
    after: &'a Head,
    features: Vec<DifferenceFeature<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "Feature")]
struct DifferenceFeature<'a> {
    id: &'a str,
    geometry: Option<Geometry>,
    properties: DifferenceProperties<'a>,
}

#[derive(Serialize)]
struct DifferenceProperties<'a> {
    id: &'a str,
    change: &'static str,
    #[serde(flatten)]
    numbers: Map<String, Value>,
}

impl Encoder for GeoJson {
    fn name(&self) -> &'static str {
        "geojson"
    }

    fn media_type(&self) -> &'static str {
        "application/geo+json"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let layer = answer.layer.as_str();
        let head = &answer.head;
        let mut features = features(answer);
        Ok(match &answer.shape {
            Shape::One => {
                serde_json::to_vec(&features.next().map(|feature| One { feature, head, layer }))?
            }
            Shape::Page { .. } | Shape::Moment { .. } | Shape::Changes(_) => {
                serde_json::to_vec(&FeatureCollection {
                    head,
                    layer,
                    features: features.collect(),
                    next: answer.next(),
                })?
            }
        })
    }

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        let Differences { layer, before, after, list, next, .. } = differences;
        let features = list.iter().map(|one| DifferenceFeature {
            id: one.id(),
            geometry: one.newest().and_then(|object| geometry(object)),
            properties: DifferenceProperties {
                id: one.id(),
                change: diff::name(one.change),
                numbers: numbers(differences, one),
            },
        });
        Ok(serde_json::to_vec(&DifferenceCollection {
            region: &after.region,
            layer: layer.as_str(),
            before,
            after,
            features: features.collect(),
            next: next.as_deref(),
        })?)
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Features { heads: Vec::new(), has_begun: false, has_more: false })
    }
}

fn features(answer: &Answer) -> impl Iterator<Item = Feature<'_>> {
    answer.objects.iter().enumerate().map(|(index, object)| Feature {
        id: object.id(),
        geometry: geometry(object),
        properties: Shown {
            at_ms: answer.at_ms(index),
            properties: Properties { object, fields: answer.fields.as_ref() },
        },
    })
}

/// One collection of the features of all moments. What is said of each moment stands behind them.
struct Features {
    heads: Vec<Box<RawValue>>,
    has_begun: bool,
    has_more: bool,
}

#[derive(Serialize)]
struct Opening<'a> {
    r#type: &'static str,
    region: &'a str,
    origin: Origin,
    layer: &'static str,
}

impl Series for Features {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let Head { region, origin, .. } = &answer.head;
        let mut part = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            let layer = answer.layer.as_str();
            let opening = Opening { r#type: "FeatureCollection", region, origin: *origin, layer };
            part = serde_json::to_vec(&opening)?;
            // The object goes on.
            part.pop();
            part.extend(br#","features":["#);
        }
        for feature in features(answer) {
            if std::mem::replace(&mut self.has_more, true) {
                part.push(b',');
            }
            serde_json::to_writer(&mut part, &feature)?;
        }
        if matches!(answer.shape, Shape::Moment { .. }) {
            self.heads.push(to_raw_value(&answer.head)?);
        }
        Ok(part)
    }

    fn end(&mut self) -> Result<Vec<u8>, EncodeError> {
        let mut part = br#"],"moments":"#.to_vec();
        serde_json::to_writer(&mut part, &self.heads)?;
        part.push(b'}');
        Ok(part)
    }
}

fn coordinates(position: &Position) -> [f64; 2] {
    [position.longitude_deg, position.latitude_deg]
}

fn line(positions: &[Position]) -> Vec<[f64; 2]> {
    positions.iter().map(coordinates).collect()
}

/// The geometry of an object, where it has one.
pub(super) fn geometry(object: &Object) -> Option<Geometry> {
    let mut geometries: Vec<Geometry> = parts(object).iter().map(Geometry::of).collect();
    match geometries.len() {
        0 | 1 => geometries.pop(),
        _ => Some(Geometry::Collection { geometries }),
    }
}

impl Geometry {
    fn of(part: &Part<'_>) -> Self {
        match part {
            Part::Point(position) => Self::Point { coordinates: coordinates(position) },
            Part::Line(positions) => Self::LineString { coordinates: line(positions) },
            Part::Polygon(rings) => {
                Self::Polygon { coordinates: rings.iter().map(|ring| line(ring)).collect() }
            }
        }
    }
}
