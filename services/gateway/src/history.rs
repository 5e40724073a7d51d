//! The latest changes of a region, as clients get them: once for all of them, in a ring a layer.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use events::{Text, wire};
use network::BoundingBox;
use picture::{Change, Delta, Layer, Object, RemovalReason};
use prost::Message;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::answer::Picked;
use crate::column::Fields;

/// Number of a change: the offset of the log record that made it, and which of its changes it is.
pub(crate) type Number = (u64, u32);

/// One change, as clients get it.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) layer: Layer,
    pub(crate) id: Text,
    /// When it came into the view.
    pub(crate) since_ms: i64,
    pub(crate) outcome: Applying,
}

#[derive(Debug)]
pub(crate) enum Applying {
    Updated(Encoded),
    Removed(RemovalReason),
}

impl Applied {
    pub(crate) fn new(change: &Change, since_ms: i64) -> Self {
        match change {
            Change::Updated(object) => Self {
                layer: object.layer(),
                id: object.id().clone(),
                since_ms,
                outcome: Applying::Updated(Encoded::new(Arc::clone(object))),
            },
            Change::Removed { layer, id, reason } => Self {
                layer: *layer,
                id: id.clone(),
                since_ms,
                outcome: Applying::Removed(*reason),
            },
        }
    }

    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.outcome {
            Applying::Updated(encoded) => Some(&encoded.object),
            Applying::Removed(_) => None,
        }
    }

    /// Stands for what the change says: another change has another one.
    pub(crate) fn check(&self) -> u32 {
        let said = match &self.outcome {
            Applying::Updated(encoded) => encoded.protobuf(),
            Applying::Removed(reason) => reason.as_str_name().as_bytes(),
        };
        let named = [self.layer.as_str().as_bytes(), self.id.as_bytes(), said];
        // 0 stands for no change.
        crate::answer::hash32(&named.join(&0)).max(1)
    }
}

/// An object that is encoded once for all clients, when the first one needs it.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) object: Arc<Object>,
    json: OnceLock<Box<RawValue>>,
    /// What was asked for first of only a part of it. Most who do so ask for the same.
    part: OnceLock<(u32, Box<RawValue>)>,
    protobuf: OnceLock<Box<[u8]>>,
}

impl Encoded {
    pub(crate) fn new(object: Arc<Object>) -> Self {
        let (json, part, protobuf) = Default::default();
        Self { object, json, part, protobuf }
    }

    pub(crate) fn json(&self) -> &RawValue {
        self.json.get_or_init(|| raw(&self.object))
    }

    /// Serializes it, or what was asked for of it.
    pub(crate) fn serialize<S: Serializer>(
        &self,
        fields: Option<&Fields>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let Some(fields) = fields else { return self.json().serialize(serializer) };
        let picked = Picked { object: &self.object, fields: Some(fields) };
        let (tag, part) = self.part.get_or_init(|| (fields.tag(), raw(&picked)));
        if *tag == fields.tag() { part.serialize(serializer) } else { picked.serialize(serializer) }
    }

    pub(crate) fn protobuf(&self) -> &[u8] {
        self.protobuf
            .get_or_init(|| wire::Object::from(self.object.as_ref()).encode_to_vec().into())
    }
}

fn raw(object: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(object).expect("objects have only text keys")
}

/// A change in a ring, with what every reader asks of it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) number: Number,
    pub(crate) around: Around,
    pub(crate) applied: Arc<Applied>,
}

/// Where a change matters: around the object as it was before, and as it is now. Who wants neither
/// place did not have the object and does not get it. Most changes are of no concern to most
/// readers, and this says so without a look at the object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Around {
    /// It has no place, before and after.
    Nowhere,
    Within(BoundingBox),
    /// Where it was before is not known.
    Anywhere,
}

impl Around {
    pub(crate) fn matters(&self, within: Option<&BoundingBox>) -> bool {
        match (self, within) {
            (Self::Anywhere, _) | (_, None) => true,
            (Self::Nowhere, Some(_)) => false,
            (Self::Within(around), Some(within)) => around.meets(within),
        }
    }
}

impl From<Option<BoundingBox>> for Around {
    fn from(bbox: Option<BoundingBox>) -> Self {
        bbox.map_or(Self::Nowhere, Self::Within)
    }
}

/// The latest changes of one layer.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// Oldest first.
    changes: VecDeque<Kept>,
    /// All changes after this one are kept.
    complete_after: Option<Number>,
}

impl Ring {
    pub(crate) fn push(&mut self, kept: Kept, changes_max: usize) {
        if self.changes.len() == changes_max
            && let Some(oldest) = self.changes.pop_front()
        {
            self.complete_after = Some(oldest.number);
        }
        self.changes.push_back(kept);
    }

    /// Changes after a number; none when some of them are no longer kept.
    pub(crate) fn since(&self, after: Option<Number>) -> Option<impl Iterator<Item = &Kept>> {
        let skip = self.changes.partition_point(|kept| Some(kept.number) <= after);
        (after >= self.complete_after).then(|| self.changes.range(skip..))
    }

    pub(crate) fn find(&self, number: Number) -> Option<&Applied> {
        let index = self.changes.binary_search_by_key(&number, |kept| kept.number).ok()?;
        self.changes.get(index).map(|kept| kept.applied.as_ref())
    }
}

/// Where a reader is: the newest change that it has, and what that says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) number: Option<Number>,
    /// Another history has another one. 0 when the view was restored here, which only happens at
    /// what the log keeps for good.
    pub(crate) check: u32,
}

/// Changes that led to a view, oldest first: as many of each layer as its ring keeps.
#[derive(Debug)]
pub struct History {
    rings: Rings,
    /// Of the first change.
    begins: Option<Number>,
    newest: Option<Number>,
    changes_max: usize,
    since_ms: i64,
}

/// A ring for each layer.
pub(crate) type Rings = [Ring; Layer::ALL.len()];

impl History {
    pub(crate) fn new(changes_max: usize, since_ms: i64) -> Self {
        Self { rings: Rings::default(), begins: None, newest: None, changes_max, since_ms }
    }

    /// Adds the changes of the next frame.
    pub fn add(&mut self, frame: Vec<Delta>) {
        for delta in frame {
            let number = (delta.sequence, delta.index);
            // A processor that was killed writes its last changes again.
            if self.newest >= Some(number) {
                continue;
            }
            self.begins = self.begins.or(Some(number));
            self.newest = Some(number);
            let applied = Arc::new(Applied::new(&delta.change, self.since_ms));
            let kept = Kept { number, around: Around::Anywhere, applied };
            self.rings[kept.applied.layer as usize].push(kept, self.changes_max);
        }
    }

    /// The rings of a view that has all up to a number.
    pub(crate) fn up_to(mut self, reached: Option<Number>) -> Rings {
        let complete_after = self.begins.map_or(reached, before).min(reached);
        for ring in &mut self.rings {
            ring.changes
                .truncate(ring.changes.partition_point(|kept| Some(kept.number) <= reached));
            ring.complete_after = ring.complete_after.max(complete_after);
        }
        self.rings
    }
}

/// The largest number below another.
fn before((sequence, index): Number) -> Option<Number> {
    match index.checked_sub(1) {
        Some(index) => Some((sequence, index)),
        None => sequence.checked_sub(1).map(|sequence| (sequence, u32::MAX)),
    }
}
