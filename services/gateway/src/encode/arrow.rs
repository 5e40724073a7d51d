//! Arrow IPC stream: a record batch, columns by their paths in the JSON and of their types. The
//! geometry is in a GeoArrow column of degrees on WGS84, longitude first; what an answer says of
//! itself is in the schema's metadata. A series is a batch a moment, whose first column is the moment.
//!
//! Sources: <https://arrow.apache.org/docs/format/Columnar.html>,
//! <https://geoarrow.org/extension-types.html>.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder,
    StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, Float64Array, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, TimeUnit};
use events::Position;
use picture::Object;

use super::rows::Rows;
use super::{EncodeError, Encoder, Series};
use crate::answer::{Answer, Shape};
use crate::column::{Cell, Form, Kind};
use crate::diff::Differences;
use crate::geometry::{Part, parts, wkb};
use crate::past::Moments;

pub(super) struct Arrow;

/// Time zone of all times.
const UTC: &str = "UTC";

/// Name of the column of the geometry.
const GEOMETRY: &str = "geometry";

/// Longitude and latitude on WGS84, in degrees.
const CRS: &str = r#"{"crs":"OGC:CRS84","crs_type":"authority_code"}"#;

impl Encoder for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.apache.arrow.stream"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        stream(&batch(&Rows::of(answer), metadata(answer)?)?)
    }

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        let Differences { layer, before, after, next, .. } = differences;
        let mut metadata = HashMap::from([
            ("region".to_owned(), after.region.to_string()),
            ("layer".to_owned(), layer.to_string()),
            ("before".to_owned(), serde_json::to_string(before)?),
            ("after".to_owned(), serde_json::to_string(after)?),
        ]);
        if let Some(next) = next {
            metadata.insert("next".to_owned(), next.clone());
        }
        stream(&batch(&Rows::of_differences(differences), metadata)?)
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Batches { writer: None })
    }
}

/// A batch a moment, under one schema.
struct Batches {
    writer: Option<StreamWriter<Vec<u8>>>,
}

impl Series for Batches {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let batch = batch(&Rows::of(answer), HashMap::new())?;
        let writer = if let Some(writer) = &mut self.writer {
            writer
        } else {
            let fields = batch.schema().fields().clone();
            let schema = Schema::new_with_metadata(fields, metadata(answer)?);
            self.writer.insert(StreamWriter::try_new(Vec::new(), &schema)?)
        };
        writer.write(&batch)?;
        Ok(std::mem::take(writer.get_mut()))
    }

    fn end(&mut self) -> Result<Vec<u8>, EncodeError> {
        match self.writer.take() {
            Some(writer) => Ok(writer.into_inner()?),
            None => Ok(Vec::new()),
        }
    }
}

/// Rows as a batch, geometries as GeoArrow.
fn batch(rows: &Rows, metadata: HashMap<String, String>) -> Result<RecordBatch, EncodeError> {
    let (mut fields, mut arrays) = columns(rows);
    if let Some((name, array)) = geometry(rows.form, &rows.objects)? {
        let metadata =
            [("ARROW:extension:name", name), ("ARROW:extension:metadata", CRS)].map(owned);
        let field = Field::new(GEOMETRY, array.data_type().clone(), true);
        fields.push(field.with_metadata(HashMap::from(metadata)));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    Ok(RecordBatch::try_new(schema, arrays)?)
}

/// Rows as a batch, geometries as WKB: what files of GeoParquet have.
pub(crate) fn shaped_batch(rows: &Rows) -> Result<RecordBatch, EncodeError> {
    let (mut fields, mut arrays) = columns(rows);
    if rows.form != Form::None {
        let (_, array) = shapes(rows.objects.iter().map(|object| wkb(&parts(object))));
        fields.push(Field::new(GEOMETRY, DataType::Binary, true));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

fn shapes(shapes: impl Iterator<Item = Option<Vec<u8>>>) -> (&'static str, ArrayRef) {
    let mut bytes = BinaryBuilder::new();
    for shape in shapes {
        bytes.append_option(shape);
    }
    ("geoarrow.wkb", ArrayBuilder::finish(&mut bytes))
}

/// All columns but that of the geometry.
fn columns(rows: &Rows) -> (Vec<Field>, Vec<ArrayRef>) {
    let mut builders: Vec<Builder> =
        rows.columns.iter().map(|column| Builder::of(column.kind)).collect();
    let mut row = Vec::new();
    for index in 0..rows.objects.len() {
        rows.read(index, &mut row);
        for (builder, cell) in builders.iter_mut().zip(&row) {
            builder.append(cell);
        }
    }
    let fields = rows.columns.iter();
    let fields = fields.map(|one| Field::new(one.name.as_ref(), data_type(one.kind), true));
    (fields.collect(), builders.iter_mut().map(Builder::finish).collect())
}

/// A batch as a whole stream.
fn stream(batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}

fn owned((key, value): (&str, &str)) -> (String, String) {
    (key.into(), value.into())
}

/// What the answer says of itself, each by its name in JSON; of a series what holds for all of it.
fn metadata(answer: &Answer) -> Result<HashMap<String, String>, serde_json::Error> {
    let head = &answer.head;
    let mut metadata = HashMap::from([
        ("region".to_owned(), head.region.to_string()),
        ("origin".to_owned(), head.origin.as_str().to_owned()),
        ("layer".to_owned(), answer.layer.to_string()),
    ]);
    if let Shape::Moment { of: Moments { from_ms, to_ms, step_ms }, .. } = answer.shape {
        let numbers = [("from_ms", from_ms), ("to_ms", to_ms), ("step_ms", step_ms)];
        metadata.extend(numbers.map(|(key, number)| (key.to_owned(), number.to_string())));
        return Ok(metadata);
    }
    if let Shape::Changes(_) = answer.shape {
        return Ok(metadata);
    }
    metadata.extend([
        ("epoch".to_owned(), head.epoch.to_string()),
        ("time_ms".to_owned(), head.time_ms.to_string()),
        ("feeds".to_owned(), serde_json::to_string(&head.feeds)?),
    ]);
    if let Some(sequence) = head.sequence {
        metadata.insert("sequence".to_owned(), sequence.to_string());
    }
    if let Some(next) = answer.next() {
        metadata.insert("next".to_owned(), next.to_owned());
    }
    Ok(metadata)
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Texts => DataType::new_list(DataType::Utf8, true),
        Kind::Boolean => DataType::Boolean,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
    }
}

/// Builds the array of a column. A cell that is not of the column's kind is missing.
enum Builder {
    Text(StringBuilder),
    Texts(ListBuilder<StringBuilder>),
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Time(TimestampMillisecondBuilder),
}

impl Builder {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Json => Self::Text(StringBuilder::new()),
            Kind::Texts => Self::Texts(ListBuilder::new(StringBuilder::new())),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Number => Self::Number(Float64Builder::new()),
            Kind::Time => Self::Time(TimestampMillisecondBuilder::new().with_timezone(UTC)),
        }
    }

    fn append(&mut self, cell: &Cell) {
        match (self, cell) {
            (Self::Text(to), Cell::Text(text)) => to.append_value(text),
            (Self::Text(to), _) => to.append_null(),
            (Self::Texts(to), Cell::Texts(texts)) => to.append_value(texts.iter().map(Some)),
            (Self::Texts(to), _) => to.append_null(),
            (Self::Boolean(to), Cell::Boolean(value)) => to.append_value(*value),
            (Self::Boolean(to), _) => to.append_null(),
            (Self::Integer(to), Cell::Integer(value)) => to.append_value(*value),
            (Self::Integer(to), _) => to.append_null(),
            (Self::Number(to), Cell::Number(value)) => to.append_value(*value),
            (Self::Number(to), _) => to.append_null(),
            (Self::Time(to), Cell::Integer(value)) => to.append_value(*value),
            (Self::Time(to), _) => to.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(of) => ArrayBuilder::finish(of),
            Self::Texts(of) => ArrayBuilder::finish(of),
            Self::Boolean(of) => ArrayBuilder::finish(of),
            Self::Integer(of) => ArrayBuilder::finish(of),
            Self::Number(of) => ArrayBuilder::finish(of),
            Self::Time(of) => ArrayBuilder::finish(of),
        }
    }
}

/// The column of the geometry, with the name of its extension type.
fn geometry(
    form: Form,
    objects: &[&Object],
) -> Result<Option<(&'static str, ArrayRef)>, ArrowError> {
    let parts: Vec<_> = objects.iter().map(|object| parts(object)).collect();
    let firsts = parts.iter().map(|parts| parts.first());
    Ok(Some(match form {
        Form::None => return Ok(None),
        Form::Point => {
            let places = firsts.map(|part| match part {
                Some(&Part::Point(position)) => Some(position),
                _ => None,
            });
            let places: Vec<_> = places.collect();
            let nulls = places.iter().map(Option::is_some).collect();
            let unknown = Position { longitude_deg: f64::NAN, latitude_deg: f64::NAN };
            let places = places.iter().map(|place| place.unwrap_or(unknown));
            ("geoarrow.point", Arc::new(points(places, Some(nulls))?))
        }
        Form::Line => {
            let lines = firsts.map(|part| match part {
                Some(&Part::Line(positions)) => Some(positions),
                _ => None,
            });
            let lines: Vec<_> = lines.collect();
            let vertices = lines.iter().flatten().copied().flatten().copied();
            let array = list(
                "vertices",
                lines.iter().map(|line| line.map_or(0, <[Position]>::len)),
                Arc::new(points(vertices, None)?),
                Some(lines.iter().map(Option::is_some).collect()),
            )?;
            ("geoarrow.linestring", Arc::new(array))
        }
        Form::Polygon => {
            let polygons = firsts.map(|part| match part {
                Some(Part::Polygon(rings)) => Some(rings.as_slice()),
                _ => None,
            });
            let polygons: Vec<_> = polygons.collect();
            let rings = || polygons.iter().flatten().copied().flatten();
            let vertices = rings().copied().flatten().copied();
            let vertices = Arc::new(points(vertices, None)?);
            let rings = list("vertices", rings().map(|ring| ring.len()), vertices, None)?;
            let array = list(
                "rings",
                polygons.iter().map(|rings| rings.map_or(0, <[_]>::len)),
                Arc::new(rings),
                Some(polygons.iter().map(Option::is_some).collect()),
            )?;
            ("geoarrow.polygon", Arc::new(array))
        }
        Form::Mixed => shapes(parts.iter().map(|parts| wkb(parts))),
    }))
}

fn points(
    of: impl Iterator<Item = Position> + Clone,
    nulls: Option<NullBuffer>,
) -> Result<StructArray, ArrowError> {
    let x = Float64Array::from_iter_values(of.clone().map(|position| position.longitude_deg));
    let y = Float64Array::from_iter_values(of.map(|position| position.latitude_deg));
    let fields = ["x", "y"].map(|name| Field::new(name, DataType::Float64, false));
    StructArray::try_new(Fields::from(fields.to_vec()), vec![Arc::new(x), Arc::new(y)], nulls)
}

fn list(
    name: &str,
    lengths: impl Iterator<Item = usize>,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ListArray, ArrowError> {
    use arrow_array::Array;
    let field = Field::new(name, values.data_type().clone(), false);
    ListArray::try_new(Arc::new(field), OffsetBuffer::from_lengths(lengths), values, nulls)
}
