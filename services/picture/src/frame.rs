//! Frames of the `picture` topic: the deltas of one batch of log records, each as its length and
//! the wire's Delta.

use events::wire;
use prost::Message;

use crate::{DecodeError, Delta};

/// Bytes of a frame.
pub fn encode(deltas: &[Delta]) -> Vec<u8> {
    encode_bounded(deltas, usize::MAX).pop().unwrap_or_default()
}

/// Bytes of as many frames as it takes to keep each within a bound, unless a single delta is
/// larger.
///
/// ```
/// use picture::{Change, Delta, Layer, RemovalReason, frame};
/// let change = Change::Removed {
///     layer: Layer::Trips,
///     id: "hsl:1".into(),
///     reason: RemovalReason::Expired,
/// };
/// let delta = |index| Delta { sequence: 7, index, change: change.clone() };
/// let deltas = [delta(0), delta(1), delta(2)];
/// let frames = frame::encode_bounded(&deltas, 2 * frame::encode(&deltas[1..2]).len());
/// assert_eq!(frames.len(), 2);
/// assert_eq!(frame::decode(&frames.concat()).unwrap(), deltas);
/// ```
pub fn encode_bounded(deltas: &[Delta], bytes_max: usize) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut frame = Vec::new();
    for delta in deltas {
        let bytes = wire::Delta::from(delta).encode_length_delimited_to_vec();
        if !frame.is_empty() && frame.len() + bytes.len() > bytes_max {
            frames.push(std::mem::take(&mut frame));
        }
        frame.extend(bytes);
    }
    if !frame.is_empty() {
        frames.push(frame);
    }
    frames
}

/// Reads a frame.
///
/// ```
/// use picture::{Change, Delta, Layer, RemovalReason, frame};
/// let removed = |id: &str| Change::Removed {
///     layer: Layer::Trips,
///     id: id.into(),
///     reason: RemovalReason::Expired,
/// };
/// let deltas = [
///     Delta { sequence: 7, index: 0, change: removed("hsl:1") },
///     Delta { sequence: 7, index: 1, change: removed("hsl:2") },
/// ];
/// assert_eq!(frame::decode(&frame::encode(&deltas)).unwrap(), deltas);
/// assert!(frame::decode(b"garbage").is_err());
/// ```
pub fn decode(mut bytes: &[u8]) -> Result<Vec<Delta>, DecodeError> {
    let mut deltas = Vec::new();
    while !bytes.is_empty() {
        deltas.push(wire::Delta::decode_length_delimited(&mut bytes)?.try_into()?);
    }
    Ok(deltas)
}
