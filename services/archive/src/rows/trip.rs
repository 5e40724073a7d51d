//! Progress of trips. The times at their stops are a list in a list; they stay in the rest.

use events::wire::{LogRecord, TripDescriptor};

use super::trip_descriptor::trip_descriptor;
use super::{body, event_spec};
use crate::column::{Column, optional, shown};
use crate::table::Spec;

body!(update, update_new, TripUpdate);
trip_descriptor!(TRIP, update, update_new);

/// An update is of a trip: none and one that says nothing are the same.
fn tidy(record: &mut LogRecord, _was_bare: bool) {
    if let Some(update) = update(record)
        && update.trip == Some(TripDescriptor::default())
    {
        update.trip = None;
    }
}

pub(super) static UPDATE: Spec<LogRecord> = {
    let mut spec: Spec<LogRecord> =
        event_spec!(TripUpdate, TripUpdate, update_new, OWN, |_| false, tidy);
    spec.columns = &[super::ENVELOPE, TRIP, OWN];
    spec
};

static OWN: &[Column<LogRecord>] = &[
    optional!("vehicle_id", Text, Dictionary, update, update_new, vehicle_id),
    optional!("delay_s", Int32, Delta, update, update_new, delay_s),
    shown!("stops", UInt32, Dictionary, |record| {
        Some(update(record)?.stop_time_updates.len() as u32)
    }),
];
