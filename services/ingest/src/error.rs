//! What ends ingest.

use std::path::PathBuf;

use stream::StreamError;

use crate::format::OptionsError;

/// Why ingest cannot go on. Trouble of a single feed or record is no reason: it is in the feed's
/// status, the ledger and the dead letters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A configuration that cannot be.
    #[error("region {region}: {}: {}", error.key, error.message)]
    Options {
        /// Id of the region.
        region: String,
        /// Key and what is wrong.
        error: OptionsError,
    },
    /// The player's options cannot be.
    #[error("player: {0}")]
    Player(OptionsError),
    /// The log takes or gives nothing more.
    #[error(transparent)]
    Log(#[from] StreamError),
    /// A recording cannot be read.
    #[error("recording {}: {message}", path.display())]
    Recording {
        /// File.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The log holds the beginning of another recording's replay.
    #[error(
        "the log holds a replay of another recording, begun at {held_ms}, not {wanted_ms}: give \
         this replay a data directory of its own"
    )]
    OtherRecording {
        /// First received time of the recording whose replay the log holds.
        held_ms: i64,
        /// First received time of the recording to play.
        wanted_ms: i64,
    },
    /// A supervisor crashed, which is a defect.
    #[error("a feed's supervisor crashed: {0}")]
    Crashed(String),
}

impl IngestError {
    pub(crate) fn options(region: &str, error: OptionsError) -> Self {
        Self::Options { region: region.to_owned(), error }
    }
}
