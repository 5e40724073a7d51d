//! Why a region's processor stopped.

use stream::StreamError;

/// Why a region's processor stopped before it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessorError {
    /// The log failed. Restarting the processor is safe.
    #[error("region {region}: {source}")]
    Stream {
        /// Region.
        region: String,
        /// What failed.
        source: StreamError,
    },
    /// Retention removed events that the checkpoint does not include yet.
    #[error(
        "region {region}: the checkpoint wants events from offset {wanted}, but the oldest kept is \
         {first}; keep events for longer than the processor may be down, or begin a new log"
    )]
    EventsGone {
        /// Region.
        region: String,
        /// Offset that comes after the checkpoint.
        wanted: u64,
        /// Oldest offset there is.
        first: u64,
    },
    /// The checkpoint includes events that the log does not have: the log was cut.
    #[error(
        "region {region}: the checkpoint includes events up to offset {wanted}, but the log ends \
         at {next}; bring the log back that it belongs to, or begin a new one"
    )]
    EventsMissing {
        /// Region.
        region: String,
        /// Offset that comes after the checkpoint.
        wanted: u64,
        /// Offset that the next event gets.
        next: u64,
    },
    /// Encoding a checkpoint panicked: a defect of this program.
    #[error("region {region}: a checkpoint could not be encoded: {message}")]
    Checkpoint {
        /// Region.
        region: String,
        /// The panic's words.
        message: String,
    },
}
