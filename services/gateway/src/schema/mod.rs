//! The shapes of answers, for the description of the API.
//!
//! Objects belong to crates that know no HTTP, so their shapes are described here once more. A test
//! holds the two together: every answer must fit its description.

mod collection;
mod emission;
mod message;
mod object;
mod problems;
mod street;
mod weather;

use events::wire;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};

pub(crate) use collection::{
    ArrowStream, Binary, City, DifferenceCollection, DifferencePage, FeatureAnswers,
    FeatureCollections, FileOfExport, FormatName, GtfsRtFeed, GtfsRtFormat, GtfsRtJson, GtfsRtKind,
    LayerName, Lines, One, OrSeries, Page, Table, VectorTile,
};
pub(crate) use message::{ClientMessage, CloudEvent, ServerMessage};
pub(crate) use object::{Feed, PictureObject};
pub(crate) use problems::{Problems, ProblemsOfBodies, ProblemsOfFiles, ProblemsOfFormats};
pub(crate) use street::Explanation;

/// Highest number that an enum of the wire may have; the largest has 18 values.
const ENUM_NUMBER_MAX: i32 = 127;

/// The names of an enum of the wire, which serde writes in snake case.
fn names<E: TryFrom<i32> + Serialize>() -> ObjectBuilder {
    let values = (0..=ENUM_NUMBER_MAX).filter_map(|number| E::try_from(number).ok());
    let values: Vec<serde_json::Value> =
        values.filter_map(|value| serde_json::to_value(value).ok()).collect();
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(values))
}

/// How fast what was recorded is played.
pub(crate) fn replay_speed() -> Schema {
    let number = ObjectBuilder::new().schema_type(SchemaType::new(Type::Number));
    let number = number.minimum(Some(0.01)).maximum(Some(10_000));
    let word = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let word = word.enum_values(Some(["max"]));
    Schema::OneOf(OneOfBuilder::new().item(number).item(word).build())
}

/// Names of [`wire::Connection`].
pub(crate) fn connection() -> ObjectBuilder {
    names::<wire::Connection>()
}
