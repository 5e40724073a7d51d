//! Formats of answers about objects. Every snapshot route offers all of them.

mod geojson;
mod json;
mod protobuf;

use crate::answer::Answer;

/// A format.
pub(crate) trait Encoder: Sync {
    /// Its name in `Accept` and `Content-Type`.
    fn media_type(&self) -> &'static str;
    /// The body.
    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError>;
}

/// Why an answer could not be encoded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    /// The JSON writer failed.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// All formats. The first is the answer to clients that do not say what they like.
pub(crate) const ENCODERS: &[&dyn Encoder] = &[&geojson::GeoJson, &json::Json, &protobuf::Protobuf];
