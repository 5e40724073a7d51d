//! Tables that leave the archive's own layout: Parquet for others' tools.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::ArchiveError;
use crate::file::ROW_GROUP_ROWS;
use crate::geo::{BBOX, Bounds, GEO_KEY, GEOMETRY, metadata};
use crate::table::{boxes, edges};

/// Level of zstd: twice as fast as the one for days that are kept, and a tenth larger.
const ZSTD_LEVEL: i32 = 3;

/// A Parquet file of batches: zstd, row groups of 131,072 rows, of which it keeps one in memory. Where
/// the rows have a column `geometry` of WKB it is GeoParquet 1.1 with a box for each row.
///
/// ```
/// use std::sync::Arc;
///
/// use archive::TableFile;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
/// let batch = RecordBatch::try_from_iter([("vehicles", numbers)]).unwrap();
/// let mut file = TableFile::new(Vec::new(), &batch.schema(), [("region", "oulu")]).unwrap();
/// file.write(&batch, &[]).unwrap();
/// let bytes = file.finish().unwrap();
/// assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
/// ```
pub struct TableFile<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    has_shapes: bool,
}

fn failed(error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Write { kind: "table", reason: error.to_string() }
}

impl<W: Write + Send> TableFile<W> {
    /// Begins a file of batches of this schema, which says these words of itself.
    pub fn new<'a>(
        to: W,
        schema: &Schema,
        said: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ArchiveError> {
        let has_shapes = schema.column_with_name(GEOMETRY).is_some();
        let mut pairs: Vec<KeyValue> = said
            .into_iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()))
            .collect();
        let mut fields = schema.fields().to_vec();
        if has_shapes {
            pairs.push(KeyValue::new(GEO_KEY.to_owned(), metadata().to_string()));
            let edges = arrow_schema::DataType::Struct(edges());
            fields.push(Arc::new(Field::new(BBOX, edges, true)));
        }
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let level = ZstdLevel::try_new(ZSTD_LEVEL).unwrap_or_default();
        let properties = WriterProperties::builder()
            .set_created_by("tilanne".to_owned())
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_column_statistics_enabled(ColumnPath::from(GEOMETRY), EnabledStatistics::None)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_key_value_metadata(Some(pairs))
            .build();
        let writer = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties));
        Ok(Self { writer: writer.map_err(failed)?, schema, has_shapes })
    }

    /// Adds rows. `bounds` are west, south, east and north in degrees of each, where it has a geometry;
    /// without a column of geometries they are not looked at.
    pub fn write(
        &mut self,
        batch: &RecordBatch,
        bounds: &[Option<[f64; 4]>],
    ) -> Result<(), ArchiveError> {
        let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
        if self.has_shapes {
            let bounds = bounds.iter().map(|edges| {
                edges.map(|[west_deg, south_deg, east_deg, north_deg]| Bounds {
                    west_deg,
                    south_deg,
                    east_deg,
                    north_deg,
                })
            });
            arrays.push(boxes(&bounds.collect::<Vec<_>>()));
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(failed)?;
        self.writer.write(&batch).map_err(failed)
    }

    /// Ends the file, and gives back what it was written to.
    pub fn finish(self) -> Result<W, ArchiveError> {
        self.writer.into_inner().map_err(|error: ParquetError| failed(error))
    }
}
