//! NDJSON: an object as JSON on each line. The address of the next page is in the `Link` header.

use super::{EncodeError, Encoder};
use crate::answer::Answer;

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
}
