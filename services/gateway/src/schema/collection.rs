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
    /// The object; null only at a moment of a series when it was not there.
    #[schema(required = true)]
    object: Option<PictureObject>,
}

/// What there is, or that at each of several moments.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum OrSeries<T: ToSchema> {
    /// Without `from`, `to` and `step`.
    One(T),
    /// With them.
    Series(Series<T>),
}

/// What there was at each of several moments.
#[derive(ToSchema)]
pub(crate) struct Series<T: ToSchema> {
    /// In the order of time, each as `at` gives it.
    moments: Vec<Option<T>>,
}

/// GeoJSON of one moment or of several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum FeatureCollections {
    /// Without `from`, `to` and `step`.
    One(FeatureCollection),
    /// With them.
    Series(FeatureSeries),
}

/// GeoJSON of one object at one moment or at several.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum FeatureAnswers {
    /// Without `from`, `to` and `step`.
    One(Box<FeatureAnswer>),
    /// With them.
    Series(FeatureSeries),
}

/// Objects at several moments as GeoJSON (RFC 7946).
#[derive(ToSchema)]
pub(crate) struct FeatureSeries {
    /// Always `FeatureCollection`.
    #[schema(rename = "type", pattern = "^FeatureCollection$")]
    kind: String,
    /// Region.
    region: String,
    /// Where the picture comes from.
    origin: crate::options::Origin,
    /// Layer.
    layer: LayerName,
    /// By moment, then as in an answer of one moment. Properties begin with `at_ms`.
    features: Vec<Feature>,
    /// What is said of each moment.
    moments: Vec<Head>,
}

/// What became of an object.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum ChangeName {
    Appeared,
    Left,
    Changed,
}

/// A page of what differs between two moments.
#[derive(ToSchema)]
pub(crate) struct DifferencePage {
    /// Region.
    region: String,
    /// Layer.
    layer: LayerName,
    /// What is said of the first picture.
    before: Head,
    /// What is said of the second picture.
    after: Head,
    /// By id.
    objects: Vec<ObjectDifference>,
    /// Address of the next page; missing on the last.
    #[schema(required = false)]
    next: Option<String>,
}

/// An object that is not the same. Beside these it has, where the object has a number, an object with
/// `before`, `after` and `difference`, each null where it is not known.
#[derive(ToSchema)]
pub(crate) struct ObjectDifference {
    /// Id of the object.
    id: String,
    /// What became of it.
    change: ChangeName,
    /// GeoJSON geometry of the object as it is, or was before it left; null without.
    geometry: Option<BTreeMap<String, serde_json::Value>>,
    /// Numbers before, after, and after minus before, by the parts of their names.
    #[serde(flatten)]
    numbers: BTreeMap<String, serde_json::Value>,
}

/// A page of what differs between two moments as GeoJSON (RFC 7946).
#[derive(ToSchema)]
pub(crate) struct DifferenceCollection {
    /// Always `FeatureCollection`.
    #[schema(rename = "type", pattern = "^FeatureCollection$")]
    kind: String,
    /// Region.
    region: String,
    /// Layer.
    layer: LayerName,
    /// What is said of the first picture.
    before: Head,
    /// What is said of the second picture.
    after: Head,
    /// By id.
    features: Vec<DifferenceFeature>,
    /// Address of the next page; missing on the last.
    #[schema(required = false)]
    next: Option<String>,
}

/// An object that is not the same, as GeoJSON.
#[derive(ToSchema)]
pub(crate) struct DifferenceFeature {
    /// Always `Feature`.
    #[schema(rename = "type", pattern = "^Feature$")]
    kind: String,
    /// Id of the object.
    id: String,
    /// Its geometry as it is, or was before it left; null without.
    geometry: Option<BTreeMap<String, serde_json::Value>>,
    /// `id`, `change`, and the numbers before, after, and after minus before.
    properties: BTreeMap<String, serde_json::Value>,
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

/// NDJSON: an object as JSON on each line.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(crate) struct Lines(String);

/// CSV (RFC 4180) with a header: an object a row, properties by their paths in JSON, the place as
/// `longitude_deg` and `latitude_deg` or as `wkt`. Text that a spreadsheet could take for a formula
/// is prefixed with `'`.
#[derive(ToSchema)]
#[schema(value_type = String)]
pub(crate) struct Table(String);

/// Arrow IPC stream: an object a row, properties by their paths in JSON, `geometry` as
/// GeoArrow; what the answer says of itself is in the metadata of the schema.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct ArrowStream(Vec<u8>);

/// A file: Parquet (GeoParquet 1.1 where objects have a place), `FlatGeobuf`, Arrow, GeoJSON, NDJSON or
/// CSV. Rows begin with `at_ms`.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct FileOfExport(Vec<u8>);

/// A Mapbox vector tile, version 2.1.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct VectorTile(Vec<u8>);

/// A format of answers about objects.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum FormatName {
    GeoJson,
    Json,
    Protobuf,
    NdJson,
    Csv,
    Arrow,
}

/// A format of GTFS-Realtime.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum GtfsRtFormat {
    Protobuf,
    Json,
}

/// What a feed of GTFS-Realtime is about.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
pub(crate) enum GtfsRtKind {
    VehiclePositions,
    TripUpdates,
    Alerts,
}

/// Protobuf: `transit_realtime.FeedMessage`.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct GtfsRtFeed(Vec<u8>);

/// The same as protobuf JSON.
#[derive(ToSchema)]
pub(crate) struct GtfsRtJson {
    /// Version, incrementality and time.
    header: BTreeMap<String, serde_json::Value>,
    /// Vehicles, trip updates or alerts; missing when there is none.
    #[schema(required = false)]
    entity: Option<Vec<BTreeMap<String, serde_json::Value>>>,
}
