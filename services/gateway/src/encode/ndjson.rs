//! NDJSON: an object as JSON on each line. The address of the next page is in the `Link` header. In a
//! series each line begins with its moment, `at_ms`.

use serde::Serialize;

use super::json::Compared;
use super::{EncodeError, Encoder, Series};
use crate::answer::{Answer, Picked};
use crate::diff::Differences;

pub(super) struct NdJson;

impl Encoder for NdJson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn media_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let mut lines = Vec::new();
        for object in answer.picked() {
            // Line breaks in text are escaped in JSON.
            serde_json::to_writer(&mut lines, &object)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        let mut lines = Vec::new();
        for one in &differences.list {
            serde_json::to_writer(&mut lines, &Compared::new(differences, one))?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Lines)
    }
}

/// Lines whose first property is the moment.
struct Lines;

#[derive(Serialize)]
struct Timed<'a> {
    at_ms: Option<i64>,
    #[serde(flatten)]
    object: Picked<'a>,
}

impl Series for Lines {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let mut lines = Vec::new();
        for (index, object) in answer.picked().enumerate() {
            let at_ms = answer.at_ms(index);
            serde_json::to_writer(&mut lines, &Timed { at_ms, object })?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}
