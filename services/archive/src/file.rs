//! Parquet: how a kind's files are written, and how they are read in part.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;

use crate::column::Packing;
use crate::geo::{BBOX, GEO_KEY, GEOMETRY, metadata};
use crate::rows::{self, RAW};
use crate::table::{OFFSET, REST, Spec, VERSION, VERSION_KEY};
use crate::{ArchiveError, Kind, Segment};

/// Rows of a row group, the unit of reading: some megabyte of positions, two minutes of a large
/// region, and what a reader holds of a kind at a time.
pub(crate) const ROW_GROUP_ROWS: usize = 1 << 17;
/// Level of zstd while recording. Level 3 is half as fast as 1 and saves a tenth; beyond there is
/// little.
const ZSTD_LEVEL: i32 = 3;
/// Level for days that are over, which are kept.
const ZSTD_LEVEL_KEPT: i32 = 9;
/// Rows of a page, the unit of skipping within a row group.
const PAGE_ROWS: usize = 20_000;
/// Key of how many rows of each kind the stretch has, in the files of the last kind.
const PARTS_KEY: &str = "tilanne.rows";
/// Columns by which readers leave out pages.
const SEARCHED: [&str; 8] = [
    OFFSET,
    "entity",
    "event_time",
    "received_time",
    "longitude_deg",
    "latitude_deg",
    "link",
    "window_end",
];

/// How the files of a kind are laid out.
pub(crate) struct Layout {
    pub(crate) kind: Kind,
    pub(crate) schema: SchemaRef,
    pub(crate) order: Option<(&'static str, &'static str)>,
    packings: Vec<(&'static str, Packing)>,
}

impl Layout {
    fn new<M: prost::Message + Default>(spec: &'static Spec<M>) -> Self {
        let (schema, packings) = (spec.schema(), spec.packings());
        Self { kind: spec.kind, schema, order: spec.order, packings }
    }

    /// Of a kind.
    pub(crate) fn of(kind: Kind) -> Self {
        match (rows::spec(kind), rows::street_spec(kind)) {
            (Some(spec), _) => Self::new(spec),
            (None, Some(spec)) => Self::new(spec),
            (None, None) => Self::new(&RAW),
        }
    }

    /// How a file is written; of a day that is over, smaller.
    pub(crate) fn properties(&self, parts: Option<&Parts>, is_kept: bool) -> WriterProperties {
        let level = if is_kept { ZSTD_LEVEL_KEPT } else { ZSTD_LEVEL };
        let level = ZstdLevel::try_new(level).unwrap_or_default();
        let mut metadata_pairs =
            vec![KeyValue::new(VERSION_KEY.to_owned(), format!("{} {VERSION}", self.kind))];
        if let Some(parts) = parts {
            metadata_pairs.push(KeyValue::new(PARTS_KEY.to_owned(), parts.to_text()));
        }
        let has_shapes = self.schema.column_with_name(GEOMETRY).is_some();
        if has_shapes {
            metadata_pairs.push(KeyValue::new(GEO_KEY.to_owned(), metadata().to_string()));
        }
        let mut builder = WriterProperties::builder()
            .set_created_by("tilanne".to_owned())
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_data_page_row_count_limit(PAGE_ROWS)
            // Row groups are flushed one by one; this is no bound that bites.
            .set_max_row_group_row_count(Some(2 * ROW_GROUP_ROWS))
            .set_sorting_columns(self.sorting_columns())
            .set_key_value_metadata(Some(metadata_pairs));
        for (name, packing) in &self.packings {
            let path = if *name == BBOX {
                continue;
            } else {
                ColumnPath::from(*name)
            };
            if *packing != Packing::Dictionary {
                let encoding = match packing {
                    Packing::Delta => Encoding::DELTA_BINARY_PACKED,
                    Packing::Split => Encoding::BYTE_STREAM_SPLIT,
                    Packing::Plain | Packing::Dictionary => Encoding::PLAIN,
                };
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path.clone(), encoding);
            }
            if SEARCHED.contains(name) {
                builder =
                    builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::Page);
            }
            if [REST, GEOMETRY, "payload"].contains(name) {
                builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
            }
        }
        builder.build()
    }

    fn sorting_columns(&self) -> Option<Vec<SortingColumn>> {
        let column = |name: &str| {
            let (index, _) = self.schema.column_with_name(name)?;
            let column_idx = i32::try_from(index).ok()?;
            Some(SortingColumn { column_idx, descending: false, nulls_first: false })
        };
        let (identity, time) = self.order?;
        Some(vec![column(identity)?, column(time)?])
    }
}

/// How many rows of each kind a stretch of a topic has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts(pub(crate) std::collections::BTreeMap<Kind, u64>);

impl Parts {
    fn to_text(&self) -> String {
        let parts = self.0.iter().map(|(kind, rows)| format!("{kind}={rows}"));
        parts.collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Self {
        let parts = text.split(',').filter_map(|part| {
            let (kind, rows) = part.split_once('=')?;
            Some((kind.parse().ok()?, rows.parse().ok()?))
        });
        Self(parts.collect())
    }

    /// Adds what another stretch has.
    pub(crate) fn add(&mut self, other: &Self) {
        for (kind, rows) in &other.0 {
            *self.0.entry(*kind).or_default() += rows;
        }
    }
}

/// Bytes of a file of one row group. Takes a second for a large one: not on a thread that serves.
pub(crate) fn encode(
    kind: Kind,
    batch: &RecordBatch,
    parts: Option<&Parts>,
) -> Result<Bytes, ArchiveError> {
    let layout = Layout::of(kind);
    let properties = layout.properties(parts, false);
    let failed = |error: ParquetError| ArchiveError::write(kind, error);
    let mut writer =
        ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(batch).map_err(failed)?;
    Ok(writer.into_inner().map_err(failed)?.into())
}

/// A row group of a file.
#[derive(Clone, Debug)]
pub(crate) struct RowGroup {
    pub(crate) index: usize,
    /// Offsets that are in it, first and last.
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) rows: usize,
}

/// Parts of a file of the store.
#[derive(Clone)]
struct Ranges {
    store: Arc<dyn ObjectStore>,
    path: Path,
    bytes: u64,
}

/// Bytes at the end of a file that are read at once with its length: most footers fit.
const FOOTER_BYTES: usize = 64 << 10;

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for Ranges {
    fn get_bytes(
        &mut self,
        range: std::ops::Range<u64>,
    ) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        async move { self.store.get_range(&self.path, range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<std::ops::Range<u64>>,
    ) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let bytes = self.bytes;
            let reader = ParquetMetaDataReader::new().with_prefetch_hint(Some(FOOTER_BYTES));
            Ok(Arc::new(reader.load_and_finish(self, bytes).await?))
        }
        .boxed()
    }
}

/// A file that is open.
#[derive(Clone)]
pub(crate) struct Opened {
    reader: Ranges,
    metadata: ArrowReaderMetadata,
    path: String,
}

impl Opened {
    /// Reads the footer, and checks that it is one of this kind.
    pub(crate) async fn open(
        store: &Arc<dyn ObjectStore>,
        segment: &Segment,
    ) -> Result<Self, ArchiveError> {
        let path = segment.path();
        let (store, location) = (Arc::clone(store), segment.location());
        let mut reader = Ranges { store, path: location, bytes: segment.bytes };
        let options = ArrowReaderOptions::new();
        let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await;
        let metadata = metadata.map_err(|error| unreadable(&path, &error))?;
        let opened = Self { reader, metadata, path };
        let said = opened.said(VERSION_KEY).unwrap_or_default();
        let (kind, version) = said.split_once(' ').unwrap_or_default();
        let version: Option<u32> = version.parse().ok();
        if kind != segment.kind.as_str() || version.is_none_or(|version| version > VERSION) {
            let wanted = format!("{} {VERSION}", segment.kind);
            let what = format!("{VERSION_KEY} is {said:?}, not {wanted:?}");
            return Err(ArchiveError::OtherSchema { path: opened.path, what });
        }
        Ok(opened)
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn said(&self, key: &str) -> Option<&str> {
        let pairs = self.metadata.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// How many rows of each kind the stretch has, where this is the file of the last kind.
    pub(crate) fn parts(&self) -> Option<Parts> {
        self.said(PARTS_KEY).map(Parts::parse)
    }

    /// Its row groups, in order.
    pub(crate) fn row_groups(&self) -> Result<Vec<RowGroup>, ArchiveError> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let groups = groups.map(|(index, group)| {
            let offsets = group.columns().iter().find(|column| {
                column.column_path().parts().first().is_some_and(|name| name == OFFSET)
            });
            let bounds = offsets.and_then(|column| match column.statistics()? {
                Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
                _ => None,
            });
            let rows = usize::try_from(group.num_rows()).unwrap_or_default();
            let (first, last) = bounds.ok_or_else(|| ArchiveError::OtherSchema {
                path: self.path.clone(),
                what: format!("row group {index} does not say which offsets it has"),
            })?;
            Ok(RowGroup { index, first: first as u64, last: last as u64, rows })
        });
        groups.collect()
    }

    /// The rows of a row group, all or some columns of them.
    pub(crate) async fn read(
        &self,
        group: &RowGroup,
        columns: Option<&[&str]>,
    ) -> Result<RecordBatch, ArchiveError> {
        let unreadable = |error: ParquetError| unreadable(&self.path, &error);
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(
            self.reader.clone(),
            self.metadata.clone(),
        );
        let mask = match columns {
            Some(names) => ProjectionMask::columns(builder.parquet_schema(), names.iter().copied()),
            None => ProjectionMask::all(),
        };
        let builder = builder.with_row_groups(vec![group.index]).with_projection(mask);
        let mut rows = builder.with_batch_size(group.rows.max(1)).build().map_err(unreadable)?;
        match rows.next().await {
            Some(batch) => batch.map_err(unreadable),
            None => Ok(RecordBatch::new_empty(Arc::clone(rows.schema()))),
        }
    }
}

fn unreadable(path: &str, error: &dyn std::fmt::Display) -> ArchiveError {
    ArchiveError::Unreadable { path: path.to_owned(), reason: error.to_string() }
}
