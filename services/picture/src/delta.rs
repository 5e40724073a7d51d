//! Changes of the picture, numbered so that a reader can drop what it has.

use std::sync::Arc;

use events::{Text, wire};
use prost::Message;

use crate::{DecodeError, Layer, Object, RemovalReason};

/// What happened to one object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New or different. Shared with the picture that made it: handing it on copies nothing.
    Updated(Arc<Object>),
    /// Gone.
    Removed {
        /// Where it was.
        layer: Layer,
        /// Which one.
        id: Text,
        /// Why.
        reason: RemovalReason,
    },
}

/// One change of the picture. A run after a crash gives the same numbers again.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// Offset of the log record that made the change.
    pub sequence: u64,
    /// One record can change several objects: 0, 1, ... within the record.
    pub index: u32,
    /// The change.
    pub change: Change,
}

impl From<&Delta> for wire::Delta {
    fn from(delta: &Delta) -> Self {
        let change = match &delta.change {
            Change::Updated(object) => wire::delta::Change::Updated(object.as_ref().into()),
            Change::Removed { layer, id, reason } => wire::delta::Change::Removed(wire::Removal {
                layer: wire::Layer::from(*layer).into(),
                id: id.to_string(),
                reason: (*reason).into(),
            }),
        };
        Self { sequence: delta.sequence, index: delta.index, change: Some(change) }
    }
}

impl TryFrom<wire::Delta> for Delta {
    type Error = DecodeError;

    fn try_from(delta: wire::Delta) -> Result<Self, DecodeError> {
        let change = match delta.change.ok_or(DecodeError::UnknownKind("change"))? {
            wire::delta::Change::Updated(object) => Change::Updated(Arc::new(object.try_into()?)),
            wire::delta::Change::Removed(removal) => Change::Removed {
                layer: removal.layer().try_into()?,
                reason: removal.reason(),
                id: removal.id.into(),
            },
        };
        Ok(Self { sequence: delta.sequence, index: delta.index, change })
    }
}

impl Delta {
    /// What the change is of: its layer and id. Of two changes with the same key the later one is all
    /// that a reader needs.
    ///
    /// ```
    /// use picture::{Change, Delta, Layer, RemovalReason};
    /// let change = Change::Removed {
    ///     layer: Layer::Trips,
    ///     id: "hsl:1".into(),
    ///     reason: RemovalReason::Expired,
    /// };
    /// assert_eq!(Delta { sequence: 7, index: 0, change }.key(), "trips/hsl:1");
    /// ```
    pub fn key(&self) -> String {
        let (layer, id) = match &self.change {
            Change::Updated(object) => (object.layer(), object.id()),
            Change::Removed { layer, id, .. } => (*layer, id),
        };
        format!("{}/{id}", layer.as_str())
    }

    /// Bytes of the wire's Delta.
    pub fn encode(&self) -> Vec<u8> {
        wire::Delta::from(self).encode_to_vec()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// ```
    /// use picture::{Change, Delta, Layer, RemovalReason};
    /// let change = Change::Removed {
    ///     layer: Layer::Trips,
    ///     id: "hsl:1".into(),
    ///     reason: RemovalReason::Expired,
    /// };
    /// let delta = Delta { sequence: 7, index: 0, change };
    /// assert_eq!(Delta::decode(&delta.encode()).unwrap(), delta);
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        wire::Delta::decode(bytes)?.try_into()
    }
}
