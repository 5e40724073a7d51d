//! Rows of a kind on their way to a file and back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float32Builder, Float64Builder, Int32Builder, Int64Builder,
    StringBuilder, TimestampMillisecondBuilder, UInt32Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType, UInt32Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StructArray, UInt32Array,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use arrow_select::take::take;
use prost::Message;

use crate::column::{Column, Name, Packing, Slot};
use crate::geo::Bounds;
use crate::{ArchiveError, Kind};

/// Name of the column of the place in the log.
pub(crate) const OFFSET: &str = "offset";
/// Name of the column of what no other column has.
pub(crate) const REST: &str = "rest";
/// Key of the version in a schema's metadata.
pub(crate) const VERSION_KEY: &str = "tilanne.archive";
/// Version of the columns. A program reads files of its own version and of older ones.
pub(crate) const VERSION: u32 = 1;
/// Bytes that a row takes in memory beside its texts.
const ROW_BYTES: usize = 200;

/// What the rows of a kind are made of.
pub(crate) struct Spec<M: 'static> {
    pub(crate) kind: Kind,
    pub(crate) columns: &'static [&'static [Column<M>]],
    /// Columns by which rows are ordered, an identity and a time; then by place in the log.
    pub(crate) order: Option<(&'static str, &'static str)>,
    /// Prepares the message that a row is read into.
    pub(crate) make: fn(&mut M),
    /// Takes away what is left without a value and comes back by itself. Told whether the parts that
    /// may be there without a value were so before.
    pub(crate) tidy: fn(&mut M, bool),
    /// Whether a part is there that says nothing by itself.
    pub(crate) is_bare: fn(&M) -> bool,
}

impl<M: Message + Default> Spec<M> {
    fn columns(&self) -> impl Iterator<Item = &'static Column<M>> {
        self.columns.iter().flat_map(|columns| columns.iter())
    }

    /// Columns of the file.
    pub(crate) fn schema(&self) -> SchemaRef {
        let offset = Field::new(OFFSET, DataType::Int64, false);
        let named =
            self.columns().map(|column| Field::new(column.name, column.slot.data_type(), true));
        let rest = Field::new(REST, DataType::Binary, true);
        let fields: Vec<Field> = [offset].into_iter().chain(named).chain([rest]).collect();
        let version = (VERSION_KEY.to_owned(), format!("{} {VERSION}", self.kind));
        Arc::new(Schema::new_with_metadata(fields, HashMap::from([version])))
    }

    /// How the columns are packed.
    pub(crate) fn packings(&self) -> Vec<(&'static str, Packing)> {
        let named = self.columns().map(|column| (column.name, column.packing));
        [(OFFSET, Packing::Delta)]
            .into_iter()
            .chain(named)
            .chain([(REST, Packing::Plain)])
            .collect()
    }
}

impl<M> Slot<M> {
    fn data_type(&self) -> DataType {
        match self {
            Self::Boolean(..) => DataType::Boolean,
            Self::Bounds(..) => DataType::Struct(edges()),
            Self::Bytes(..) => DataType::Binary,
            Self::Float32(..) => DataType::Float32,
            Self::Float64(..) => DataType::Float64,
            Self::Int32(..) => DataType::Int32,
            Self::Int64(..) => DataType::Int64,
            Self::Text(..) | Self::Word(..) => DataType::Utf8,
            Self::Time(..) => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::UInt32(..) => DataType::UInt32,
        }
    }

    fn values(&self) -> Values {
        match self {
            Self::Boolean(..) => Values::Boolean(BooleanBuilder::new()),
            Self::Bounds(..) => Values::Bounds(Vec::new()),
            Self::Bytes(..) => Values::Bytes(BinaryBuilder::new()),
            Self::Float32(..) => Values::Float32(Float32Builder::new()),
            Self::Float64(..) => Values::Float64(Float64Builder::new()),
            Self::Int32(..) => Values::Int32(Int32Builder::new()),
            Self::Int64(..) => Values::Int64(Int64Builder::new()),
            Self::Text(..) | Self::Word(..) => Values::Text(StringBuilder::new()),
            Self::Time(..) => Values::Time(TimestampMillisecondBuilder::new()),
            Self::UInt32(..) => Values::UInt32(UInt32Builder::new()),
        }
    }
}

/// Builds the array of a column.
enum Values {
    Boolean(BooleanBuilder),
    Bounds(Vec<Option<Bounds>>),
    Bytes(BinaryBuilder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Text(StringBuilder),
    Time(TimestampMillisecondBuilder),
    UInt32(UInt32Builder),
}

impl Values {
    /// Appends what the column takes out of a message; gives the bytes of text and the like.
    fn append<M>(&mut self, slot: &Slot<M>, message: &mut M) -> usize {
        match (self, slot) {
            (Self::Boolean(values), Slot::Boolean(take, _)) => values.append_option(take(message)),
            (Self::Bounds(values), Slot::Bounds(take)) => values.push(take(message)),
            (Self::Float32(values), Slot::Float32(take, _)) => values.append_option(take(message)),
            (Self::Float64(values), Slot::Float64(take, _)) => values.append_option(take(message)),
            (Self::Int32(values), Slot::Int32(take, _)) => values.append_option(take(message)),
            (Self::Int64(values), Slot::Int64(take, _)) => values.append_option(take(message)),
            (Self::Time(values), Slot::Time(take, _)) => values.append_option(take(message)),
            (Self::UInt32(values), Slot::UInt32(take, _)) => values.append_option(take(message)),
            (Self::Bytes(values), Slot::Bytes(take, _)) => {
                let value = take(message);
                values.append_option(value.as_deref());
                return value.map_or(0, |value| value.len());
            }
            (Self::Text(values), Slot::Text(take, _)) => {
                let value = take(message);
                values.append_option(value.as_deref());
                return value.map_or(0, |value| value.len());
            }
            (Self::Text(values), Slot::Word(take, _, words)) => {
                let mut name = Name::default();
                values.append_option(take(message).and_then(|value| words.word(value, &mut name)));
            }
            // Values are made by the slot.
            _ => {}
        }
        0
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(values) => Arc::new(values.finish()),
            Self::Bounds(values) => boxes(&std::mem::take(values)),
            Self::Bytes(values) => Arc::new(values.finish()),
            Self::Float32(values) => Arc::new(values.finish()),
            Self::Float64(values) => Arc::new(values.finish()),
            Self::Int32(values) => Arc::new(values.finish()),
            Self::Int64(values) => Arc::new(values.finish()),
            Self::Text(values) => Arc::new(values.finish()),
            Self::Time(values) => {
                let times = values.finish();
                Arc::new(times.with_timezone("UTC"))
            }
            Self::UInt32(values) => Arc::new(values.finish()),
        }
    }
}

/// The edges of a box, by GeoParquet's names.
pub(crate) fn edges() -> Fields {
    let edge = |name| Field::new(name, DataType::Float64, true);
    ["xmin", "ymin", "xmax", "ymax"].into_iter().map(edge).collect()
}

/// A column of boxes.
pub(crate) fn boxes(values: &[Option<Bounds>]) -> ArrayRef {
    let edge = |of: fn(&Bounds) -> f64| -> ArrayRef {
        let values = values.iter().map(|bounds| bounds.as_ref().map(of));
        Arc::new(values.collect::<Float64Array>())
    };
    let arrays = vec![
        edge(|bounds| bounds.west_deg),
        edge(|bounds| bounds.south_deg),
        edge(|bounds| bounds.east_deg),
        edge(|bounds| bounds.north_deg),
    ];
    let are_there = values.iter().map(Option::is_some).collect::<NullBuffer>();
    Arc::new(StructArray::new(edges(), arrays, Some(are_there)))
}

/// Rows that are gathered.
pub(crate) struct Table<M: 'static> {
    spec: &'static Spec<M>,
    columns: Vec<(&'static Column<M>, Values)>,
    offsets: Int64Builder,
    rest: BinaryBuilder,
    rows: usize,
    text_bytes: usize,
}

impl<M: Message + Default> Table<M> {
    pub(crate) fn new(spec: &'static Spec<M>) -> Self {
        let columns = spec.columns().map(|column| (column, column.slot.values()));
        Self {
            spec,
            columns: columns.collect(),
            offsets: Int64Builder::new(),
            rest: BinaryBuilder::new(),
            rows: 0,
            text_bytes: 0,
        }
    }

    /// Adds a row.
    pub(crate) fn append(&mut self, offset: u64, mut message: M) {
        let was_bare = (self.spec.is_bare)(&message);
        self.offsets.append_value(offset as i64);
        for (column, values) in &mut self.columns {
            self.text_bytes += values.append(&column.slot, &mut message);
        }
        (self.spec.tidy)(&mut message, was_bare);
        let rest = message.encode_to_vec();
        self.text_bytes += rest.len();
        self.rest.append_option((!rest.is_empty()).then_some(rest));
        self.rows += 1;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// What it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.rows * ROW_BYTES + self.text_bytes
    }

    /// The rows, in order.
    pub(crate) fn finish(mut self) -> Result<RecordBatch, ArchiveError> {
        let failed = |error: &dyn std::fmt::Display| ArchiveError::write(self.spec.kind, error);
        let offsets: ArrayRef = Arc::new(self.offsets.finish());
        let named = self.columns.iter_mut().map(|(_, values)| values.finish());
        let rest: ArrayRef = Arc::new(self.rest.finish());
        let arrays: Vec<ArrayRef> = [offsets].into_iter().chain(named).chain([rest]).collect();
        let batch = RecordBatch::try_new(self.spec.schema(), arrays).map_err(|e| failed(&e))?;
        sorted(&batch, self.spec.order).map_err(|e| failed(&e))
    }
}

/// The rows of a batch, ordered.
pub(crate) fn sorted(
    batch: &RecordBatch,
    order: Option<(&str, &str)>,
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let places: Vec<u32> = match order {
        Some((identity, time)) => {
            let column = |name: &str| batch.column_by_name(name);
            let (Some(identities), Some(times)) = (column(identity), column(time)) else {
                return Ok(batch.clone());
            };
            let identities = identities.as_string::<i32>();
            let times = times.as_primitive::<TimestampMillisecondType>();
            let mut places: Vec<(&str, i64, u32)> = (0..batch.num_rows())
                .map(|row| (identities.value(row), times.value(row), row as u32))
                .collect();
            places.sort_unstable();
            places.into_iter().map(|(_, _, row)| row).collect()
        }
        None => return Ok(batch.clone()),
    };
    let places = UInt32Array::from(places);
    let arrays = batch.columns().iter().map(|array| take(array, &places, None));
    RecordBatch::try_new(batch.schema(), arrays.collect::<Result<_, _>>()?)
}

/// The wanted rows of a batch in the order of the log. They are read back one by one: in that order
/// each is next to the one before in every column, not somewhere in megabytes.
pub(crate) fn in_log_order(
    batch: &RecordBatch,
    wanted: &std::ops::Range<u64>,
) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let offsets = batch.column_by_name(OFFSET);
    let offsets = offsets.and_then(|array| array.as_primitive_opt::<Int64Type>());
    // Who reads the rows says that there is no such column.
    let Some(offsets) = offsets else { return Ok(batch.clone()) };
    let offsets = offsets.values().iter().map(|&offset| offset as u64).zip(0_u32..);
    let mut places: Vec<(u64, u32)> = offsets.filter(|(at, _)| wanted.contains(at)).collect();
    places.sort_unstable();
    let places: UInt32Array = places.into_iter().map(|(_, row)| row).collect();
    let arrays = batch.columns().iter().map(|array| take(array, &places, None));
    RecordBatch::try_new(batch.schema(), arrays.collect::<Result<_, _>>()?)
}

/// Reads the rows of a batch back.
pub(crate) struct Rows<M: 'static> {
    spec: &'static Spec<M>,
    offsets: Int64Array,
    columns: Vec<(&'static Column<M>, ArrayRef)>,
    rest: Option<BinaryArray>,
}

impl<M: Message + Default> Rows<M> {
    /// Checks that the columns are those of the kind. Columns that an older file lacks are missing
    /// values; what a newer one has more is left.
    pub(crate) fn new(
        spec: &'static Spec<M>,
        batch: &RecordBatch,
        path: &str,
    ) -> Result<Self, ArchiveError> {
        let other = |what: String| ArchiveError::OtherSchema { path: path.to_owned(), what };
        let typed = |name: &str, wanted: &DataType| match batch.column_by_name(name) {
            Some(array) if array.data_type() == wanted => Ok(Some(Arc::clone(array))),
            Some(array) => {
                Err(other(format!("column {name} is {}, not {wanted}", array.data_type())))
            }
            None => Ok(None),
        };
        let offsets = typed(OFFSET, &DataType::Int64)?;
        let offsets = offsets.ok_or_else(|| other(format!("there is no column {OFFSET}")))?;
        let mut columns = Vec::new();
        for column in spec.columns() {
            if let Some(array) = typed(column.name, &column.slot.data_type())? {
                columns.push((column, array));
            }
        }
        let rest = typed(REST, &DataType::Binary)?;
        let rest = rest.map(|array| array.as_binary::<i32>().clone());
        let offsets = offsets.as_primitive::<Int64Type>().clone();
        Ok(Self { spec, offsets, columns, rest })
    }

    /// Places in the log, row by row.
    pub(crate) fn offsets(&self) -> &[i64] {
        self.offsets.values()
    }

    /// The message of a row.
    pub(crate) fn message(&self, row: usize) -> Result<M, prost::DecodeError> {
        let rest =
            self.rest.as_ref().filter(|array| array.is_valid(row)).map(|array| array.value(row));
        let mut message = M::decode(rest.unwrap_or_default())?;
        (self.spec.make)(&mut message);
        for (column, array) in &self.columns {
            if array.is_valid(row) {
                put(&column.slot, array, row, &mut message);
            }
        }
        Ok(message)
    }
}

fn put<M>(slot: &Slot<M>, array: &ArrayRef, row: usize, message: &mut M) {
    match slot {
        Slot::Boolean(_, put) => put(message, array.as_boolean().value(row)),
        Slot::Bounds(..) => {}
        Slot::Bytes(_, put) => {
            put(message, bytes::Bytes::copy_from_slice(array.as_binary::<i32>().value(row)));
        }
        Slot::Float32(_, put) => put(message, array.as_primitive::<Float32Type>().value(row)),
        Slot::Float64(_, put) => put(message, array.as_primitive::<Float64Type>().value(row)),
        Slot::Int32(_, put) => put(message, array.as_primitive::<Int32Type>().value(row)),
        Slot::Int64(_, put) => put(message, array.as_primitive::<Int64Type>().value(row)),
        Slot::Text(_, put) => put(message, array.as_string::<i32>().value(row).to_owned()),
        Slot::Time(_, put) => {
            put(message, array.as_primitive::<TimestampMillisecondType>().value(row));
        }
        Slot::UInt32(_, put) => put(message, array.as_primitive::<UInt32Type>().value(row)),
        Slot::Word(_, put, words) => {
            if let Some(value) = words.parse(array.as_string::<i32>().value(row)) {
                put(message, value);
            }
        }
    }
}
