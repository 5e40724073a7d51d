//! Rows that are gathered for a stretch, and records of the log as they become rows.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use bytes::Bytes;
use events::wire::{Delta, LogRecord, RawRecord};
use prost::Message;

use crate::file::ROW_GROUP_ROWS;
use crate::rows::{self, RAW};
use crate::table::Table;
use crate::{ArchiveError, Kind, Topic};

/// Bytes of one stretch in memory, about. With the copies that are made while it is written, each
/// recorder takes three times this at most.
const STRETCH_BYTES_MAX: usize = 48 << 20;

/// Rows of a stretch, by kind. There is one a recorder.
#[allow(clippy::large_enum_variant)]
pub(super) enum Gather {
    Events(BTreeMap<Kind, Table<LogRecord>>),
    Picture { tables: BTreeMap<Kind, Table<Delta>>, last: Option<(u64, u32)> },
    Raw(Table<RawRecord>),
}

impl Gather {
    pub(super) fn new(topic: Topic) -> Self {
        match topic {
            Topic::Events => Self::Events(BTreeMap::new()),
            Topic::Picture => Self::Picture { tables: BTreeMap::new(), last: None },
            Topic::Raw => Self::Raw(Table::new(&RAW)),
        }
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Events(tables) => tables.values().map(Table::rows).sum(),
            Self::Picture { tables, .. } => tables.values().map(Table::rows).sum(),
            Self::Raw(table) => table.rows(),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let bytes = match self {
            Self::Events(tables) => tables.values().map(Table::bytes).sum(),
            Self::Picture { tables, .. } => tables.values().map(Table::bytes).sum(),
            Self::Raw(table) => table.bytes(),
        };
        self.rows() >= ROW_GROUP_ROWS || bytes >= STRETCH_BYTES_MAX
    }

    /// Adds what a record of the log says.
    pub(super) fn append(&mut self, offset: u64, decoded: Decoded) {
        match (self, decoded) {
            (Self::Events(tables), Decoded::Event(kind, record)) => {
                if let Some(spec) = rows::spec(kind) {
                    tables.entry(kind).or_insert_with(|| Table::new(spec)).append(offset, *record);
                }
            }
            (Self::Raw(table), Decoded::Raw(record)) => table.append(offset, *record),
            (Self::Picture { tables, last }, Decoded::Deltas(deltas)) => {
                for delta in deltas {
                    let number = (delta.sequence, delta.index);
                    // A processor that was killed writes its last ones again.
                    if last.is_some_and(|last| number <= last) {
                        continue;
                    }
                    *last = Some(number);
                    let kind = rows::street_kind(&delta);
                    if let Some((kind, spec)) = kind.zip(kind.and_then(rows::street_spec)) {
                        let table = tables.entry(kind).or_insert_with(|| Table::new(spec));
                        table.append(offset, delta);
                    }
                }
            }
            _ => {}
        }
    }

    /// The rows, ordered, and an empty gathering in their place.
    pub(super) fn finish(&mut self) -> Result<Vec<(Kind, RecordBatch)>, ArchiveError> {
        match self {
            Self::Events(tables) => {
                let tables = std::mem::take(tables).into_iter();
                tables.map(|(kind, table)| Ok((kind, table.finish()?))).collect()
            }
            Self::Picture { tables, .. } => {
                let tables = std::mem::take(tables).into_iter();
                tables.map(|(kind, table)| Ok((kind, table.finish()?))).collect()
            }
            Self::Raw(table) => {
                let table = std::mem::replace(table, Table::new(&RAW));
                Ok(vec![(Kind::Raw, table.finish()?)])
            }
        }
    }
}

/// A record of the log, read.
pub(super) enum Decoded {
    Event(Kind, Box<LogRecord>),
    Deltas(Vec<Delta>),
    Raw(Box<RawRecord>),
}

impl Decoded {
    pub(super) fn new(topic: Topic, payload: &Bytes) -> Option<Self> {
        match topic {
            Topic::Events => {
                let record = LogRecord::decode(payload.as_ref()).ok()?;
                let kind = rows::kind(&record)?;
                Some(Self::Event(kind, Box::new(record)))
            }
            Topic::Picture => {
                let mut frame = payload.as_ref();
                let mut deltas = Vec::new();
                while !frame.is_empty() {
                    deltas.push(Delta::decode_length_delimited(&mut frame).ok()?);
                }
                Some(Self::Deltas(deltas))
            }
            Topic::Raw => Some(Self::Raw(Box::new(RawRecord::decode(payload.clone()).ok()?))),
        }
    }

    /// When it was received, or of what time it is.
    pub(super) fn time_ms(&mut self) -> Option<i64> {
        match self {
            Self::Event(_, record) => rows::received_ms(record),
            Self::Deltas(deltas) => deltas.iter_mut().filter_map(rows::street_end_ms).max(),
            Self::Raw(record) => Some(record.received_time_ms),
        }
    }
}
