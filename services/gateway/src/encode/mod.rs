//! Formats of answers about objects. Every snapshot route offers all of them.

mod arrow;
mod csv;
mod geojson;
mod json;
mod ndjson;
mod protobuf;
mod rows;

pub(crate) use self::arrow::shaped_batch;
pub(crate) use self::rows::Rows;
use crate::answer::Answer;
use crate::diff::Differences;

/// A format.
pub(crate) trait Encoder: Sync {
    /// Its name in the parameter `format`.
    fn name(&self) -> &'static str;
    /// Its name in `Accept`.
    fn media_type(&self) -> &'static str;
    /// Its name in `Content-Type`, with what there is to say about it.
    fn content_type(&self) -> &'static str {
        self.media_type()
    }
    /// The body.
    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError>;
    /// The body of what differs between two pictures.
    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError>;
    /// Encodes the answers of several moments into one body.
    fn series(&self) -> Box<dyn Series>;
}

/// One body of the answers of several moments, whose objects say of which they are.
pub(crate) trait Series: Send {
    /// The part of the next moment; that of the first begins the body.
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError>;
    /// What ends the body.
    fn end(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(Vec::new())
    }
}

/// Why an answer could not be encoded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    /// The JSON writer failed.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The CSV writer failed.
    #[error("not CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// The Arrow writer failed.
    #[error("not Arrow: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
}

/// All formats. The first is the answer to clients that do not say what they like.
pub(crate) const ENCODERS: &[&dyn Encoder] = &[
    &geojson::GeoJson,
    &json::Json,
    &protobuf::Protobuf,
    &ndjson::NdJson,
    &csv::Csv,
    &arrow::Arrow,
];
