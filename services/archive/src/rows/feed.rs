//! How feeds were, and what ended at the door.

use events::wire::{FeedStatus, LogRecord, Tally, log_record::Record};

use super::joined;
use crate::Kind;
use crate::column::{Column, Packing, Slot, optional, required, shown, word};
use crate::table::Spec;

fn status(record: &mut LogRecord) -> Option<&mut FeedStatus> {
    match record.record.as_mut()? {
        Record::FeedStatus(status) => Some(status),
        _ => None,
    }
}

fn status_new(record: &mut LogRecord) -> &mut FeedStatus {
    if status(record).is_none() {
        record.record = Some(Record::FeedStatus(FeedStatus::default()));
    }
    match &mut record.record {
        Some(Record::FeedStatus(status)) => status,
        _ => unreachable!("a status was put there"),
    }
}

fn tally(record: &mut LogRecord) -> Option<&mut Tally> {
    match record.record.as_mut()? {
        Record::Tally(tally) => Some(tally),
        _ => None,
    }
}

fn tally_new(record: &mut LogRecord) -> &mut Tally {
    if tally(record).is_none() {
        record.record = Some(Record::Tally(Tally::default()));
    }
    match &mut record.record {
        Some(Record::Tally(tally)) => tally,
        _ => unreachable!("a tally was put there"),
    }
}

pub(super) static STATUS: Spec<LogRecord> = Spec {
    kind: Kind::FeedStatus,
    columns: &[STATUSES],
    order: Some(("feed", "received_time")),
    make: |record| {
        status_new(record);
    },
    is_bare: |_| false,
    tidy: |record, _| {
        if status(record).is_some_and(|status| *status == FeedStatus::default()) {
            record.record = None;
        }
    },
};

static STATUSES: &[Column<LogRecord>] = &[
    required!("feed", Text, Dictionary, status, status_new, feed),
    required!("received_time", Time, Delta, status, status_new, received_time_ms),
    required!("watermark", Time, Delta, status, status_new, watermark_ms),
    word!("connection", status, status_new, connection, Connection, "CONNECTION_"),
    optional!("error", Text, Dictionary, status, status_new, error),
    Column {
        name: "received_total",
        packing: Packing::Delta,
        slot: Slot::Int64(
            |record| Some(std::mem::take(&mut status(record)?.received_total) as i64),
            |record, total| status_new(record).received_total = total as u64,
        ),
    },
    required!("counting_since", Time, Delta, status, status_new, counting_since_ms),
];

/// Counts by outcome and reason, a list, stay in the rest.
pub(super) static TALLY: Spec<LogRecord> = Spec {
    kind: Kind::Tally,
    columns: &[TALLIES],
    order: None,
    make: |record| {
        tally_new(record);
    },
    is_bare: |_| false,
    tidy: |record, _| {
        if tally(record).is_some_and(|tally| *tally == Tally::default()) {
            record.record = None;
        }
    },
};

static TALLIES: &[Column<LogRecord>] = &[
    required!("feed", Text, Dictionary, tally, tally_new, feed),
    shown!("records", Int64, Delta, |record| {
        let counts = tally(record)?.counts.iter();
        Some(counts.fold(0_u64, |sum, count| sum.saturating_add(count.count)) as i64)
    }),
    shown!("reasons", Text, Dictionary, |record| {
        let reasons: Vec<&str> =
            tally(record)?.counts.iter().map(|count| count.reason.as_str()).collect();
        joined(&reasons)
    }),
];
