//! Why bytes are no part of a picture.

use events::PositionError;

/// Why bytes are no delta, frame or snapshot. They are ours: this is corruption or a newer version.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the protobuf message that it should be.
    #[error("not a message of the picture: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// A position out of range.
    #[error("object with a bad position: {0}")]
    Position(#[from] PositionError),
    /// An object, layer or change that this version does not know.
    #[error("unknown {0}; it was written by a newer version")]
    UnknownKind(&'static str),
}
