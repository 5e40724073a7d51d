//! All of a region at one sequence.

use std::sync::Arc;

use events::{Text, wire};
use prost::Message;

use crate::{DecodeError, Object};

/// All of a region at one sequence, objects ordered by layer and id.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Id of the region.
    pub region: Text,
    /// Changes when numbering starts anew (another log).
    pub epoch: Text,
    /// All log records up to and including this offset are in; none is when missing.
    pub sequence: Option<u64>,
    /// By layer, then id.
    pub objects: Vec<Arc<Object>>,
}

impl Snapshot {
    /// Canonical bytes: equal pictures give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        let message = wire::Snapshot {
            region: self.region.to_string(),
            epoch: self.epoch.to_string(),
            sequence: self.sequence,
            objects: self.objects.iter().map(|o| o.as_ref().into()).collect(),
        };
        message.encode_to_vec()
    }

    /// Reads what [`Self::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let message = wire::Snapshot::decode(bytes)?;
        let objects = message.objects.into_iter();
        Ok(Self {
            objects: objects
                .map(|object| Ok(Arc::new(object.try_into()?)))
                .collect::<Result<_, DecodeError>>()?,
            region: message.region.into(),
            epoch: message.epoch.into(),
            sequence: message.sequence,
        })
    }

    /// BLAKE3 of the canonical bytes without the epoch, hexadecimal: two pictures are equal when
    /// their hashes are, whichever log they came from.
    pub fn hash(&self) -> String {
        let any_log = Self { epoch: Text::default(), ..self.clone() };
        blake3::hash(&any_log.encode()).to_hex().to_string()
    }
}
