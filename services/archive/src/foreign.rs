//! Tables of others, as texts: what somebody else has recorded in Parquet.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Rows that are read at a time.
const ROWS_PER_READ: usize = 4_096;

/// Rows of a file with the columns of these names, in their order, as texts. A missing value is an
/// empty text, a time RFC 3339, and one without a zone as it is written.
///
/// Errors say what is wrong with the file, which the caller names.
#[allow(clippy::type_complexity)]
pub fn foreign_rows(
    path: &Path,
    columns: &[&str],
) -> Result<Box<dyn Iterator<Item = Result<Vec<String>, String>>>, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let file = File::open(path).map_err(|error| said(&error))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| said(&error))?;
    let fields = reader.schema().fields();
    let mut places = Vec::with_capacity(columns.len());
    for name in columns {
        let Some(place) = fields.iter().position(|field| field.name() == name) else {
            let known: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
            return Err(format!("no column {name:?}; there are {}", known.join(", ")));
        };
        if !is_readable(fields[place].data_type()) {
            let kind = fields[place].data_type();
            return Err(format!("column {name:?}: {kind} is no text, number or time"));
        }
        places.push(place);
    }
    let mask = ProjectionMask::roots(reader.parquet_schema(), places.iter().copied());
    let reader = reader.with_projection(mask).with_batch_size(ROWS_PER_READ);
    let batches = reader.build().map_err(|error| said(&error))?;
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let rows = batches.flat_map(move |batch| match batch {
        Ok(batch) => (0..batch.num_rows()).map(|row| texts(&batch, &columns, row)).collect(),
        Err(error) => vec![Err(error.to_string())],
    });
    Ok(Box::new(rows))
}

fn is_readable(kind: &DataType) -> bool {
    use DataType::{Boolean, LargeUtf8, Timestamp, Utf8, Utf8View};
    kind.is_integer()
        || matches!(kind, DataType::Float32 | DataType::Float64)
        || matches!(kind, Boolean | Utf8 | LargeUtf8 | Utf8View | Timestamp(..))
}

fn texts(batch: &RecordBatch, columns: &[String], row: usize) -> Result<Vec<String>, String> {
    let texts = columns.iter().map(|name| {
        let column = batch.column_by_name(name).ok_or_else(|| format!("no column {name:?}"))?;
        if column.is_null(row) {
            return Ok(String::new());
        }
        text(column.as_ref(), row).ok_or_else(|| format!("column {name:?}: not read"))
    });
    texts.collect()
}

fn text(column: &dyn Array, row: usize) -> Option<String> {
    /// The value of a column of numbers.
    macro_rules! number {
        ($kind:ident) => {
            column.as_primitive::<$kind>().value(row)
        };
    }
    Some(match column.data_type() {
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => column.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        DataType::Int8 => number!(Int8Type).to_string(),
        DataType::Int16 => number!(Int16Type).to_string(),
        DataType::Int32 => number!(Int32Type).to_string(),
        DataType::Int64 => number!(Int64Type).to_string(),
        DataType::UInt8 => number!(UInt8Type).to_string(),
        DataType::UInt16 => number!(UInt16Type).to_string(),
        DataType::UInt32 => number!(UInt32Type).to_string(),
        DataType::UInt64 => number!(UInt64Type).to_string(),
        DataType::Float32 => number!(Float32Type).to_string(),
        DataType::Float64 => number!(Float64Type).to_string(),
        DataType::Timestamp(unit, zone) => {
            let time = match unit {
                TimeUnit::Second => Timestamp::from_second(number!(TimestampSecondType)),
                TimeUnit::Millisecond => {
                    Timestamp::from_millisecond(number!(TimestampMillisecondType))
                }
                TimeUnit::Microsecond => {
                    Timestamp::from_microsecond(number!(TimestampMicrosecondType))
                }
                TimeUnit::Nanosecond => {
                    Timestamp::from_nanosecond(number!(TimestampNanosecondType).into())
                }
            };
            let time = time.ok()?;
            match zone {
                Some(_) => time.to_string(),
                // A local time: which it is in UTC the file does not say.
                None => time.to_zoned(TimeZone::UTC).datetime().to_string(),
            }
        }
        _ => return None,
    })
}
