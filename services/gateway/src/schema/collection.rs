//! Answers about objects, in each format.

#![allow(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::PictureObject;
use crate::answer::Head;

/// A city of a region.
#[derive(ToSchema)]
pub(crate) struct City {
    /// Id.
    id: String,
    /// Name to show.
    name: String,
    /// West, south, east, north.
    bbox: [f64; 4],
}

/// A layer of the picture.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum LayerName {
    Vehicles,
    Detectors,
    Situations,
    Trips,
    Feeds,
    Links,
    Queues,
    Areas,
    LinkEmissions,
    AreaEmissions,
    Weather,
}

/// A page of objects.
#[derive(ToSchema)]
pub(crate) struct Page {
    #[schema(inline)]
    #[serde(flatten)]
    head: Head,
    /// Layer.
    layer: LayerName,
    /// By id.
    objects: Vec<PictureObject>,
    /// Address of the next page; missing on the last.
    #[schema(required = false)]
    next: Option<String>,
}

/// One object.
#[derive(ToSchema)]
pub(crate) struct One {
    #[schema(inline)]
    #[serde(flatten)]
    head: Head,
    /// Layer.
    layer: LayerName,
    /// The object.
    object: PictureObject,
}

/// A page of objects as GeoJSON (RFC 7946).
#[derive(ToSchema)]
pub(crate) struct FeatureCollection {
    /// Always `FeatureCollection`.
    #[schema(rename = "type", pattern = "^FeatureCollection$")]
    kind: String,
    #[schema(inline)]
    #[serde(flatten)]
    head: Head,
    /// Layer.
    layer: LayerName,
    /// By id.
    features: Vec<Feature>,
    /// Address of the next page; missing on the last.
    #[schema(required = false)]
    next: Option<String>,
}

/// One object as GeoJSON.
#[derive(ToSchema)]
pub(crate) struct FeatureAnswer {
    #[schema(inline)]
    #[serde(flatten)]
    feature: Feature,
    #[schema(inline)]
    #[serde(flatten)]
    head: Head,
    /// Layer.
    layer: LayerName,
}

/// An object as GeoJSON.
#[derive(ToSchema)]
pub(crate) struct Feature {
    /// Always `Feature`.
    #[schema(rename = "type", pattern = "^Feature$")]
    kind: String,
    /// Id of the object.
    id: String,
    /// GeoJSON geometry: a point, of a link a line, of an area a polygon; of a situation any, or a
    /// collection of several; null without.
    geometry: Option<BTreeMap<String, serde_json::Value>>,
    /// The object; here the geometry of a situation is null, and the line of a link and the boundary
    /// of an area are empty.
    properties: PictureObject,
}

/// Protobuf: `tilanne.v1.Snapshot` with the objects asked for.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Binary(Vec<u8>);
