//! JSON: the objects as the stream sends them.

use std::sync::Arc;

use picture::Object;
use serde::Serialize;

use super::{EncodeError, Encoder};
use crate::answer::{Answer, Head, Shape};

pub(super) struct Json;

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
    objects: &'a [Arc<Object>],
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct One<'a> {
    #[serde(flatten)]
    head: &'a Head,
    layer: &'static str,
    object: Option<&'a Object>,
}

impl Encoder for Json {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let layer = answer.layer.as_str();
        let head = &answer.head;
        Ok(match &answer.shape {
            Shape::One => serde_json::to_vec(&One {
                head,
                layer,
                object: answer.objects.first().map(AsRef::as_ref),
            })?,
            Shape::Page { next } => serde_json::to_vec(&Page {
                head,
                layer,
                objects: &answer.objects,
                next: next.as_deref(),
            })?,
        })
    }
}
