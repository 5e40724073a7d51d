//! Why the archive could not do something.

use stream::StreamError;

/// Why the archive could not do something. Names the file where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The disk or the object store failed, or is full. What was recorded before is safe, and the
    /// recorder tries again.
    #[error("archive storage failed: {0}")]
    Store(#[from] object_store::Error),
    /// A file is cut off, damaged, or no Parquet.
    #[error("{path}: not readable as Parquet: {reason}")]
    Unreadable {
        /// Which.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has columns of other types than this kind's.
    #[error("{path}: another schema: {what}")]
    OtherSchema {
        /// Which.
        path: String,
        /// Where it differs.
        what: String,
    },
    /// A file lacks a stretch of the log that should be there.
    #[error("offsets {first} to {last} of {topic}/{region} are not in the archive")]
    Missing {
        /// Topic.
        topic: &'static str,
        /// Region.
        region: String,
        /// First that is missing.
        first: u64,
        /// Last that is missing.
        last: u64,
    },
    /// Nothing is archived of so early a time.
    #[error("the archive of {region} begins at {first_ms} ms")]
    TooEarly {
        /// Region.
        region: String,
        /// Time of reception of its oldest record, milliseconds since 1970-01-01 UTC.
        first_ms: i64,
    },
    /// Nothing at all is archived of the region.
    #[error("nothing of {0} is archived yet")]
    Empty(String),
    /// Writing a file failed within: a defect of this program.
    #[error("cannot write {kind}: {reason}")]
    Write {
        /// Which kind.
        kind: &'static str,
        /// Why.
        reason: String,
    },
    /// The log failed.
    #[error("archive of {topic}/{region}: {source}")]
    Log {
        /// Topic.
        topic: &'static str,
        /// Region.
        region: String,
        /// What the log said.
        source: StreamError,
    },
}

impl ArchiveError {
    pub(crate) fn write(kind: crate::Kind, reason: impl std::fmt::Display) -> Self {
        Self::Write { kind: kind.as_str(), reason: reason.to_string() }
    }
}
