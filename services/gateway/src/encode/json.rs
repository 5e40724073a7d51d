//! JSON: the objects as the stream sends them.

use serde::Serialize;

use super::{EncodeError, Encoder, Series};
use crate::answer::{Answer, Head, Picked, Shape};

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
            Shape::Page { .. } | Shape::Moment { is_one: false, .. } => {
                serde_json::to_vec(&Page {
                    head,
                    layer,
                    objects: answer.picked().collect(),
                    next: answer.next(),
                })?
            }
        })
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
