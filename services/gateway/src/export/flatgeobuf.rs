//! `FlatGeobuf`: features with an index that maps read in part.
//!
//! Source: <https://flatgeobuf.org/>.

use std::io::Write;

use events::Position;
use flatgeobuf::geozero::error::{GeozeroError, Result};
use flatgeobuf::geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor};
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use jiff::Timestamp;

use crate::answer::Answer;
use crate::column::{Cell, Form, Kind};
use crate::encode::Rows;
use crate::geometry::{Part, parts};

/// Most features of a file: the index is sorted in memory, some 200 bytes a feature.
const FEATURES_MAX: u64 = 10_000_000;

/// Between several texts in one property.
const BETWEEN: &str = ";";

/// A file that is being gathered, in a temporary one: the index, which comes first, is known last.
pub(super) struct Features {
    writer: FgbWriter<'static>,
    count: u64,
}

impl Features {
    pub(super) fn new(answer: &Answer, rows: &Rows) -> flatgeobuf::Result<Self> {
        let form = match rows.form {
            Form::Point => GeometryType::Point,
            Form::Line => GeometryType::LineString,
            Form::Polygon => GeometryType::Polygon,
            Form::Mixed | Form::None => GeometryType::Unknown,
        };
        let options = FgbWriterOptions {
            detect_type: false,
            promote_to_multi: false,
            // Longitude first is the order of the format.
            crs: FgbCrs { org: Some("EPSG"), code: 4326, ..FgbCrs::default() },
            ..FgbWriterOptions::default()
        };
        let mut writer = FgbWriter::create_with_options(answer.layer.as_str(), form, options)?;
        for column in &rows.columns {
            let kind = match column.kind {
                Kind::Text | Kind::Texts => ColumnType::String,
                Kind::Json => ColumnType::Json,
                Kind::Boolean => ColumnType::Bool,
                Kind::Integer => ColumnType::Long,
                Kind::Number => ColumnType::Double,
                Kind::Time => ColumnType::DateTime,
            };
            writer.add_column(&column.name, kind, |_, _| {});
        }
        Ok(Self { writer, count: 0 })
    }

    /// Features so far.
    pub(super) fn rows(&self) -> u64 {
        self.count
    }

    /// Adds the rows that have a place.
    pub(super) fn add(&mut self, rows: &Rows) -> Result<()> {
        let mut row = Vec::new();
        for (index, object) in rows.objects.iter().enumerate() {
            let shape = Shape(parts(object));
            if shape.0.is_empty() {
                continue;
            }
            if self.count == FEATURES_MAX {
                let detail = format!("FlatGeobuf is written of {FEATURES_MAX} rows at most");
                return Err(GeozeroError::Feature(detail));
            }
            self.count += 1;
            rows.read(index, &mut row);
            let mut failure = None;
            self.writer.add_feature_geom(shape, |feature| {
                let cells = rows.columns.iter().zip(&row).enumerate();
                for (index, (column, cell)) in cells {
                    let set = property(feature, index, &column.name, column.kind, cell);
                    failure = failure.take().or(set.err());
                }
            })?;
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes the file.
    pub(super) fn finish(self, to: &mut impl Write) -> flatgeobuf::Result<()> {
        self.writer.write(to)
    }
}

fn property(
    feature: &mut impl PropertyProcessor,
    index: usize,
    name: &str,
    kind: Kind,
    cell: &Cell,
) -> Result<()> {
    let joined;
    let value = match (kind, cell) {
        (_, Cell::Missing) => return Ok(()),
        (Kind::Json, Cell::Text(text)) => ColumnValue::Json(text),
        (_, Cell::Text(text)) => ColumnValue::String(text),
        (_, Cell::Texts(texts)) => {
            joined = texts.join(BETWEEN);
            ColumnValue::String(&joined)
        }
        (_, Cell::Boolean(value)) => ColumnValue::Bool(*value),
        (Kind::Time, Cell::Integer(time_ms)) => {
            let Ok(time) = Timestamp::from_millisecond(*time_ms) else { return Ok(()) };
            joined = time.to_string();
            ColumnValue::DateTime(&joined)
        }
        (_, Cell::Integer(value)) => ColumnValue::Long(*value),
        (_, Cell::Number(value)) => ColumnValue::Double(*value),
    };
    feature.property(index, name, &value).map(drop)
}

/// The geometry of an object.
struct Shape<'a>(Vec<Part<'a>>);

impl GeozeroGeometry for Shape<'_> {
    fn process_geom<P: GeomProcessor>(&self, to: &mut P) -> Result<()> {
        match self.0.as_slice() {
            [part] => tell(part, 0, to),
            parts => {
                to.geometrycollection_begin(parts.len(), 0)?;
                for (index, part) in parts.iter().enumerate() {
                    tell(part, index, to)?;
                }
                to.geometrycollection_end(0)
            }
        }
    }
}

fn tell<P: GeomProcessor>(part: &Part, index: usize, to: &mut P) -> Result<()> {
    match part {
        Part::Point(position) => {
            to.point_begin(index)?;
            points(&[*position], to)?;
            to.point_end(index)
        }
        Part::Line(positions) => {
            to.linestring_begin(true, positions.len(), index)?;
            points(positions, to)?;
            to.linestring_end(true, index)
        }
        Part::Polygon(rings) => {
            to.polygon_begin(true, rings.len(), index)?;
            for (index, ring) in rings.iter().enumerate() {
                to.linestring_begin(false, ring.len(), index)?;
                points(ring, to)?;
                to.linestring_end(false, index)?;
            }
            to.polygon_end(true, index)
        }
    }
}

fn points<P: GeomProcessor>(positions: &[Position], to: &mut P) -> Result<()> {
    for (index, position) in positions.iter().enumerate() {
        to.xy(position.longitude_deg, position.latitude_deg, index)?;
    }
    Ok(())
}
