//! Protobuf: a `tilanne.v1.Snapshot` of the objects asked for. Its sequence is that of the
//! picture; the address of the next page is in the `Link` header. A series is one `tilanne.v1.Moment` after
//! another, each after its length as a varint.

use events::wire;
use prost::Message;

use super::{EncodeError, Encoder, Series};
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
        Ok(snapshot(answer).encode_to_vec())
    }

    fn series(&self) -> Box<dyn Series> {
        Box::new(Moments)
    }
}

fn snapshot(answer: &Answer) -> wire::Snapshot {
    let objects = answer.objects.iter().map(|object| object.as_ref().into());
    wire::Snapshot {
        region: answer.head.region.to_string(),
        epoch: answer.head.epoch.to_string(),
        sequence: answer.head.sequence,
        objects: objects.collect(),
    }
}

/// `tilanne.v1.Moment`, each after its length.
struct Moments;

impl Series for Moments {
    fn moment(&mut self, answer: &Answer) -> Result<Vec<u8>, EncodeError> {
        let (at_ms, snapshot) = (answer.head.time_ms, Some(snapshot(answer)));
        Ok(wire::Moment { at_ms, snapshot }.encode_length_delimited_to_vec())
    }
}
