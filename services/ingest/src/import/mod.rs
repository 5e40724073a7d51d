//! What others have recorded, as records that can be played: their files become the raw records that
//! a configured feed would have received.
//!
//! A [`Reader`] knows a kind of file. Messages in the publishers' own formats are taken as they are;
//! rows of tables become reports of `tilanne_json`, one a row, so that they go through the same
//! gates as a live feed. Several files are merged by time; where two overlap, what they both have is
//! there twice, which the picture counts as duplicates.
//!
//! | to add a kind of file | touch |
//! | --- | --- |
//! | its code | `import/<name>.rs` |
//! | the list here | one `mod` line, one line of [`READERS`] |
//! | its cases | `tests/data/import/<name>/` |

mod dump;
mod hfp_csv;
mod lamraw;
mod local_time;
mod merge;
mod message;
mod rows;
mod sumo;
mod table;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::RawRecord;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{FeedConfig, RegionConfig};
use crate::format::OptionsError;

pub use merge::{Imported, Importing};

/// All kinds of files, in alphabetical order.
pub const READERS: &[&dyn Reader] = &[
    &dump::Dump,
    &hfp_csv::HfpCsv,
    &lamraw::Lamraw,
    &message::Message,
    &sumo::Sumo,
    &table::Table,
];

/// Longest line of a text file, bytes: the largest payload of a feed by far.
const LINE_BYTES_MAX: usize = 32 << 20;

/// A kind of file.
pub trait Reader: Sync {
    /// The name that the command line uses.
    fn name(&self) -> &'static str;

    /// Format of the records that it makes; none when they are in whatever format the feed has.
    fn format(&self) -> Option<&'static str>;

    /// The records of a file, in its order. The iterator ends after an error.
    fn records(&self, file: &Path, setup: &Arc<Setup>) -> Result<Records, ImportError>;
}

/// Records of a file: each with the time of its reception, or why a part of the file was left out.
pub type Records = Box<dyn Iterator<Item = Result<Part, ImportError>>>;

/// A part of a file.
pub enum Part {
    /// A record as the feed would have received it.
    Record(RawRecord),
    /// A row that cannot be used, and why; the rest of the file can.
    LeftOut(String),
}

/// What is imported for which feed, and what the files do not say themselves.
pub struct Setup {
    /// The feed that the records are to be of.
    pub feed: FeedConfig,
    /// Its region.
    pub region: RegionConfig,
    /// Zone of local times, in place of the region's.
    pub time_zone: TimeZone,
    /// When the first thing in a file was received that does not say so, or the start of a simulation.
    pub start: Option<Timestamp>,
    /// What the columns of a table mean.
    pub mapping: Option<table::Mapping>,
    /// Reads tables of Parquet; none where nothing can.
    pub parquet: Option<OpenParquet>,
    /// Counts the bytes of the files that were read, packed ones as they are packed.
    pub bytes_read: Arc<AtomicU64>,
}

/// Opens a file of Parquet: its rows with the columns of these names, in their order, as texts; a
/// missing value is an empty one, a time is RFC 3339. An error says what is wrong with the file.
pub type OpenParquet = fn(&Path, &[&str]) -> Result<TextRows, String>;

/// Rows of texts, or why the rest cannot be read.
pub type TextRows = Box<dyn Iterator<Item = Result<Vec<String>, String>>>;

/// Why an import cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file that cannot be read, or not to its end.
    #[error("{}: {message}", path.display())]
    File {
        /// File.
        path: PathBuf,
        /// What, where and what to do.
        message: String,
    },
    /// What was asked for does not go together.
    #[error("{}: {}", _0.key, _0.message)]
    Options(OptionsError),
}

impl ImportError {
    pub(crate) fn file(path: &Path, message: impl std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), message: message.to_string() }
    }

    fn option(key: &str, message: impl Into<String>) -> Self {
        Self::Options(OptionsError { key: key.to_owned(), message: message.into() })
    }
}

/// The reader of a name.
pub fn reader(name: &str) -> Result<&'static dyn Reader, ImportError> {
    READERS.iter().find(|reader| reader.name() == name).copied().ok_or_else(|| {
        let names: Vec<_> = READERS.iter().map(|reader| reader.name()).collect();
        ImportError::option(
            "as",
            format!("no kind of file {name:?}; there are {}", names.join(", ")),
        )
    })
}

/// What the columns of a table mean, from TOML.
///
/// ```
/// let mapping = ingest::import::mapping(
///     "time = 'ts'\n[columns]\nvehicle = 'veh'\nlatitude_deg = 'lat'\nlongitude_deg = 'lon'\n",
/// );
/// assert!(mapping.is_ok());
/// let error = ingest::import::mapping("time = 'ts'\n[columns]\ncolour = 'c'\n").unwrap_err();
/// assert!(error.to_string().contains("colour"));
/// ```
pub fn mapping(text: &str) -> Result<table::Mapping, ImportError> {
    table::Mapping::parse(text)
}

impl Setup {
    /// A record of the feed.
    fn record(&self, file: &Path, topic: &str, received_time_ms: i64, payload: Vec<u8>) -> Part {
        Part::Record(RawRecord {
            feed: self.feed.name.to_string(),
            // A file of its own is a source of its own: it does not continue the one before.
            source: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            topic: topic.to_owned(),
            received_time_ms,
            payload: payload.into(),
        })
    }
}

struct Counted(File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A file's text or bytes, unpacked where its name ends in `.gz` or `.zst`.
fn open(path: &Path, setup: &Setup) -> Result<Box<dyn BufRead>, ImportError> {
    let failed = |error: std::io::Error| ImportError::file(path, error);
    let file = File::open(path).map_err(failed)?;
    let file = BufReader::new(Counted(file, Arc::clone(&setup.bytes_read)));
    Ok(match path.extension().and_then(OsStr::to_str) {
        Some("gz") => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Some("zst") => {
            let unpacked = zstd::Decoder::with_buffer(file).map_err(failed)?;
            Box::new(BufReader::new(unpacked))
        }
        _ => Box::new(file),
    })
}

/// The next line without its end; none at the end of the file.
fn next_line(input: &mut dyn BufRead, path: &Path) -> Result<Option<Vec<u8>>, ImportError> {
    let mut line = Vec::new();
    let mut bounded = input.take(LINE_BYTES_MAX as u64 + 1);
    bounded.read_until(b'\n', &mut line).map_err(|error| ImportError::file(path, error))?;
    if line.len() > LINE_BYTES_MAX {
        let message = format!("a line of more than {LINE_BYTES_MAX} bytes: is it text?");
        return Err(ImportError::file(path, message));
    }
    if line.is_empty() {
        return Ok(None);
    }
    let end = line.trim_ascii_end().len();
    line.truncate(end);
    Ok(Some(line))
}
