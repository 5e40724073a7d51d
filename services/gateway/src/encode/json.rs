//! JSON: the objects as the stream sends them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::geojson::{Geometry, geometry};
use super::{EncodeError, Encoder, Series};
use crate::answer::{Answer, Head, Picked, Shape};
use crate::column::Cell;
use crate::diff::{self, Difference, Differences, PARTS};

pub(super) struct Json;

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
    objects: Vec<Picked<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct One<'a> {
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
    object: Option<Picked<'a>>,
}

#[derive(Serialize)]
struct DifferencePage<'a> {
    region: &'a str,
    layer: &'static str,
    before: &'a Head,
    after: &'a Head,
    objects: Vec<Compared<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

/// An object that is not the same, as JSON.
#[derive(Serialize)]
pub(super) struct Compared<'a> {
    id: &'a str,
    change: &'static str,
    /// Of the object as it is, or was before it left.
    geometry: Option<Geometry>,
    #[serde(flatten)]
    numbers: Map<String, Value>,
}

impl<'a> Compared<'a> {
    pub(super) fn new(differences: &Differences, one: &'a Difference) -> Self {
        Self {
            id: one.id(),
            change: diff::name(one.change),
            geometry: one.newest().and_then(|object| geometry(object)),
            numbers: numbers(differences, one),
        }
    }
}

/// The numbers that are known before or after, by their paths: where an object has a number these have
/// what became of it.
pub(super) fn numbers(differences: &Differences, one: &Difference) -> Map<String, Value> {
    let json = |cell| match cell {
        Cell::Number(value) => Value::from(value),
        Cell::Integer(value) => Value::from(value),
        _ => Value::Null,
    };
    let mut numbers = Map::new();
    for (column, before, after, difference) in differences.cells(one) {
        if before == Cell::Missing && after == Cell::Missing {
            continue;
        }
        let place = column.name.split('.').try_fold(&mut numbers, |place, name| {
            place.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
        });
        if let Some(place) = place {
            let parts = [before, after, difference].map(json);
            place.extend(PARTS.map(String::from).into_iter().zip(parts));
        }
    }
    numbers
}

impl Encoder for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let layer = answer.layer.as_str();
        let head = &answer.head;
        Ok(match &answer.shape {
            Shape::One | Shape::Moment { is_one: true, .. } => {
                serde_json::to_vec(&One { head, layer, object: answer.picked().next() })?
            }
            Shape::Page { .. } | Shape::Moment { is_one: false, .. } | Shape::Changes(_) => {
                serde_json::to_vec(&Page {
                    head,
                    layer,
                    objects: answer.picked().collect(),
                    next: answer.next(),
                })?
            }
        })
    }

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        let Differences { layer, before, after, list, next, .. } = differences;
        Ok(serde_json::to_vec(&DifferencePage {
            region: &after.region,
            layer: layer.as_str(),
            before,
            after,
            objects: list.iter().map(|one| Compared::new(differences, one)).collect(),
            next: next.as_deref(),
        })?)
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Moments { is_first: true })
    }
}

/// A list of what is said of each moment alone.
struct Moments {
    is_first: bool,
}

impl Series for Moments {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let before = if std::mem::take(&mut self.is_first) { r#"{"moments":["# } else { "," };
        let mut part = before.as_bytes().to_vec();
        part.extend(Json.encode(answer)?);
        Ok(part)
    }

    fn end(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(b"]}".to_vec())
    }
}
