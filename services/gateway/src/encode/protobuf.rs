//! Protobuf: a `tilanne.v1.Snapshot` of the objects asked for. Its sequence is that of the
//! picture; the address of the next page is in the `Link` header. A series is one `tilanne.v1.Moment` after
//! another, each after its length as a varint; what differs is a `tilanne.v1.Differences`.

use events::wire;
use prost::Message;

use super::{EncodeError, Encoder, Series};
use crate::answer::Answer;
use crate::column::Cell;
use crate::diff::Differences;

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

    fn differences(&self, differences: &Differences) -> Result<Vec<u8>, EncodeError> {
        let objects = differences.list.iter().map(|one| {
            let number = |cell| match cell {
                Cell::Number(value) => Some(value),
                Cell::Integer(value) => Some(value as f64),
                _ => None,
            };
            let numbers = differences.cells(one).map(|(column, before, after, difference)| {
                let property = column.name.to_string();
                let (before, after) = (number(before), number(after));
                let difference = number(difference);
                wire::NumberDifference { property, before, after, difference }
            });
            let is_known = |one: &wire::NumberDifference| one.before.or(one.after).is_some();
            wire::ObjectDifference {
                id: one.id().to_owned(),
                change: one.change.into(),
                before: one.before.as_ref().map(|object| object.as_ref().into()),
                after: one.after.as_ref().map(|object| object.as_ref().into()),
                numbers: numbers.filter(is_known).collect(),
            }
        });
        let message = wire::Differences {
            region: differences.after.region.to_string(),
            layer: differences.layer.to_string(),
            before_ms: differences.before.time_ms,
            after_ms: differences.after.time_ms,
            objects: objects.collect(),
        };
        Ok(message.encode_to_vec())
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
