//! Why a replay cannot go on.

use archive::ArchiveError;
use events::Text;
use ingest::IngestError;
use stream::StreamError;

/// Why a replay cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A recording cannot be read.
    #[error(transparent)]
    Recording(#[from] StreamError),
    /// The feeds of a recording are configured wrongly.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Nothing of that time is archived.
    #[error("nothing of {region} is archived from {} to {}", time(*from_ms), time(*to_ms))]
    Nothing {
        /// Region.
        region: Text,
        /// First moment, milliseconds since 1970-01-01 UTC.
        from_ms: i64,
        /// Last moment.
        to_ms: i64,
    },
    /// Part of the log was not recorded, or is no longer kept.
    #[error(
        "the archive of {region} has a gap from {} to {}: replay what is before or after it",
        time(*from_ms),
        time(*to_ms)
    )]
    Gap {
        /// Region.
        region: Text,
        /// Last moment before it, milliseconds since 1970-01-01 UTC.
        from_ms: i64,
        /// First moment after it.
        to_ms: i64,
    },
    /// A picture could not be made, as from a checkpoint of another version.
    #[error("the picture of {region} could not be made: {message}")]
    Picture {
        /// Region.
        region: Text,
        /// What is wrong.
        message: String,
    },
    /// The state that a replay was to go on from is not one.
    #[error(
        "the state of the replay is damaged, or of another replay: {0}; remove it to begin anew"
    )]
    State(String),
}

/// A time as people read it.
pub(crate) fn time(time_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(time_ms);
    time.map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
}
