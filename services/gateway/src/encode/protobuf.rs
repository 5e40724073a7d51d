//! Protobuf: a `tilanne.v1.Snapshot` of the objects asked for. Its sequence is that of the
//! picture; the address of the next page is in the `Link` header.

use events::wire;
use prost::Message;

use super::{EncodeError, Encoder};
use crate::answer::Answer;

pub(super) struct Protobuf;

impl Encoder for Protobuf {
    fn name(&self) -> &'static str {
        "protobuf"
    }

    fn media_type(&self) -> &'static str {
        "application/protobuf"
    }

    fn encode(&self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let objects = answer.objects.iter().map(|object| object.as_ref().into());
        let snapshot = wire::Snapshot {
            region: answer.head.region.to_string(),
            epoch: answer.head.epoch.to_string(),
            sequence: answer.head.sequence,
            objects: objects.collect(),
        };
        Ok(snapshot.encode_to_vec())
    }
}
