//! Records as they were received.

use events::wire::RawRecord;

use crate::Kind;
use crate::column::{Column, required};
use crate::table::Spec;

/// As the columns of other kinds find what they are of.
#[allow(clippy::unnecessary_wraps)]
fn raw(record: &mut RawRecord) -> Option<&mut RawRecord> {
    Some(record)
}

fn raw_new(record: &mut RawRecord) -> &mut RawRecord {
    record
}

/// In the order of their arrival, as they would be decoded again.
pub(crate) static RAW: Spec<RawRecord> = Spec {
    kind: Kind::Raw,
    columns: &[OWN],
    order: None,
    make: |_| {},
    is_bare: |_| false,
    tidy: |_, _| {},
};

static OWN: &[Column<RawRecord>] = &[
    required!("feed", Text, Dictionary, raw, raw_new, feed),
    required!("source", Text, Dictionary, raw, raw_new, source),
    required!("topic", Text, Plain, raw, raw_new, topic),
    required!("received_time", Time, Delta, raw, raw_new, received_time_ms),
    required!("payload", Bytes, Plain, raw, raw_new, payload),
];
