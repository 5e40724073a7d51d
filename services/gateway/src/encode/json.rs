//! JSON: the objects as the stream sends them.

use serde::Serialize;

use super::{EncodeError, Encoder};
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
            Shape::One => serde_json::to_vec(&One { head, layer, object: answer.picked().next() })?,
            Shape::Page { next } => serde_json::to_vec(&Page {
                head,
                layer,
                objects: answer.picked().collect(),
                next: next.as_deref(),
            })?,
        })
    }
}
