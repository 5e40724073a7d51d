//! Files of exports, one format after another.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use archive::TableFile;
use arrow_array::RecordBatch;
use picture::Layer;
use serde::{Deserialize, Serialize};

use super::flatgeobuf::Features;
use crate::answer::Answer;
use crate::column::{Columns, Form};
use crate::encode::{ENCODERS, Rows, Series, shaped_batch};
use crate::problem::Problem;

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// Arrow IPC stream.
    Arrow,
    /// CSV with a header.
    Csv,
    /// `FlatGeobuf` with its spatial index; rows without a place are left out.
    FlatGeobuf,
    /// One GeoJSON feature collection.
    GeoJson,
    /// A JSON object a line.
    NdJson,
    /// Parquet; `GeoParquet` 1.1 where objects have a place.
    Parquet,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Arrow, Self::Csv, Self::FlatGeobuf, Self::GeoJson, Self::NdJson, Self::Parquet];

    /// Its name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::Csv => "csv",
            Self::FlatGeobuf => "flatgeobuf",
            Self::GeoJson => "geojson",
            Self::NdJson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// How names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Arrow => "arrows",
            Self::FlatGeobuf => "fgb",
            other => other.as_str(),
        }
    }

    /// The format of a name, or of the end of a file's name.
    ///
    /// ```
    /// use gateway::ExportFormat;
    /// assert_eq!(ExportFormat::named("fgb"), Some(ExportFormat::FlatGeobuf));
    /// assert_eq!(ExportFormat::named("geoparquet"), Some(ExportFormat::Parquet));
    /// assert_eq!(ExportFormat::named("xlsx"), None);
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "geoparquet" => Some(Self::Parquet),
            "arrow" => Some(Self::Arrow),
            name => Self::ALL.into_iter().find(|of| of.as_str() == name || of.extension() == name),
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::FlatGeobuf => "application/flatgeobuf",
            Self::GeoJson => "application/geo+json",
            Self::NdJson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether it can hold a layer.
    pub(super) fn check(self, layer: Layer) -> Result<(), Problem> {
        if self == Self::FlatGeobuf && Columns::of(layer).form == Form::None {
            let detail =
                format!("format: nothing in {layer} has a place, which is what flatgeobuf is for");
            return Err(Problem::bad_request(detail));
        }
        Ok(())
    }
}

/// A file that counts its bytes, and takes no more than so many.
struct Counted {
    file: BufWriter<fs::File>,
    bytes: Arc<AtomicU64>,
    bytes_max: u64,
}

impl Write for Counted {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        if self.bytes.load(Ordering::Relaxed) + part.len() as u64 > self.bytes_max {
            let detail = format!(
                "the file would have more than {} bytes, the most that an export may have; take a \
                 shorter range, fewer fields or a longer step",
                self.bytes_max
            );
            return Err(io::Error::other(detail));
        }
        let count = self.file.write(part)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What writes a format. There is one an export.
#[allow(clippy::large_enum_variant)]
enum Writer {
    Series(Counted, Box<dyn Series>),
    Table(Counted),
    Parquet(TableFile<Counted>),
    Features(Counted, Option<Features>),
}

/// A file that is being written.
pub(super) struct File {
    /// None only while a Parquet file begins.
    writer: Option<Writer>,
    bytes: Arc<AtomicU64>,
    rows: u64,
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    let status = axum::http::StatusCode::INSUFFICIENT_STORAGE;
    Problem::new(status, format!("the file cannot be written: {error}"))
}

impl File {
    pub(super) fn create(
        path: &Path,
        format: ExportFormat,
        bytes_max: u64,
    ) -> Result<Self, Problem> {
        let file = fs::File::create(path)
            .map_err(|error| failed(&format!("{}: {error}", path.display())))?;
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Counted { file: BufWriter::new(file), bytes: Arc::clone(&bytes), bytes_max };
        let named = ENCODERS.iter().find(|encoder| encoder.name() == format.as_str());
        let writer = match (format, named) {
            (ExportFormat::Parquet, _) => Writer::Table(counted),
            (ExportFormat::FlatGeobuf, _) => Writer::Features(counted, None),
            (_, Some(encoder)) => Writer::Series(counted, encoder.series()),
            (_, None) => return Err(Problem::internal(&"a format has no encoder")),
        };
        Ok(Self { writer: Some(writer), bytes, rows: 0 })
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Adds the objects of an answer.
    pub(super) fn write(&mut self, answer: &Answer) -> Result<(), Problem> {
        let writer = self.writer.take().ok_or_else(|| Problem::internal(&"the file is closed"))?;
        self.writer = Some(writer.write(answer)?);
        self.rows += answer.objects.len() as u64;
        Ok(())
    }

    /// Ends the file: its rows and bytes, on the disk.
    pub(super) fn finish(mut self) -> Result<(u64, u64), Problem> {
        let writer = self.writer.take().ok_or_else(|| Problem::internal(&"the file is closed"))?;
        let mut counted = match writer {
            Writer::Series(mut counted, mut series) => {
                let end = series.end().map_err(|error| failed(&error))?;
                counted.write_all(&end).map_err(|error| failed(&error))?;
                counted
            }
            Writer::Table(counted) | Writer::Features(counted, None) => counted,
            Writer::Parquet(table) => table.finish().map_err(|error| failed(&error))?,
            Writer::Features(mut counted, Some(features)) => {
                self.rows = features.rows();
                features.finish(&mut counted).map_err(|error| failed(&error))?;
                counted
            }
        };
        counted.flush().map_err(|error| failed(&error))?;
        let file = counted.file.into_inner().map_err(|error| failed(&error))?;
        file.sync_all().map_err(|error| failed(&error))?;
        Ok((self.rows, self.bytes()))
    }
}

impl Writer {
    fn write(self, answer: &Answer) -> Result<Self, Problem> {
        Ok(match self {
            Self::Series(mut counted, mut series) => {
                let part = series.moment(answer).map_err(|error| failed(&error))?;
                counted.write_all(&part).map_err(|error| failed(&error))?;
                Self::Series(counted, series)
            }
            Self::Table(counted) => {
                let (batch, bounds) = table(answer)?;
                let head = &answer.head;
                let said = [
                    ("region", head.region.as_str()),
                    ("origin", head.origin.as_str()),
                    ("layer", answer.layer.as_str()),
                ];
                let mut table = TableFile::new(counted, &batch.schema(), said)
                    .map_err(|error| failed(&error))?;
                table.write(&batch, &bounds).map_err(|error| failed(&error))?;
                Self::Parquet(table)
            }
            Self::Parquet(mut file) => {
                let (batch, bounds) = table(answer)?;
                file.write(&batch, &bounds).map_err(|error| failed(&error))?;
                Self::Parquet(file)
            }
            Self::Features(counted, features) => {
                let rows = Rows::of(answer);
                let mut features = match features {
                    Some(features) => features,
                    None => Features::new(answer, &rows).map_err(|error| failed(&error))?,
                };
                features.add(&rows).map_err(|error| failed(&error))?;
                Self::Features(counted, Some(features))
            }
        })
    }
}

/// West, south, east and north of each row that has a place.
type Bounds = Vec<Option<[f64; 4]>>;

/// Rows with their geometry as WKB, and the boxes around it.
fn table(answer: &Answer) -> Result<(RecordBatch, Bounds), Problem> {
    let rows = Rows::of(answer);
    let batch = shaped_batch(&rows).map_err(|error| failed(&error))?;
    let bounds = rows.objects.iter().map(|object| {
        let bbox = object.envelope()?;
        Some([bbox.west_deg, bbox.south_deg, bbox.east_deg, bbox.north_deg])
    });
    Ok((batch, bounds.collect()))
}
