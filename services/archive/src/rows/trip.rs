//! Progress of trips. The times at their stops are a list in a list; they stay in the rest.

use events::wire::{LogRecord, TripDescriptor};

use super::{body, event_spec};
use crate::column::{Column, optional, shown, word};
use crate::table::Spec;

body!(update, update_new, TripUpdate);

fn trip(record: &mut LogRecord) -> Option<&mut TripDescriptor> {
    update(record)?.trip.as_mut()
}

fn trip_new(record: &mut LogRecord) -> &mut TripDescriptor {
    update_new(record).trip.get_or_insert_default()
}

/// An update is of a trip: none and one that says nothing are the same.
fn tidy(record: &mut LogRecord, _was_bare: bool) {
    if let Some(update) = update(record)
        && update.trip == Some(TripDescriptor::default())
    {
        update.trip = None;
    }
}

pub(super) static UPDATE: Spec<LogRecord> =
    event_spec!(TripUpdate, TripUpdate, update_new, OWN, |_| false, tidy);

static OWN: &[Column<LogRecord>] = &[
    optional!("trip_id", Text, Dictionary, trip, trip_new, trip_id),
    optional!("route_id", Text, Dictionary, trip, trip_new, route_id),
    optional!("direction_id", UInt32, Dictionary, trip, trip_new, direction_id),
    optional!("start_date", Text, Dictionary, trip, trip_new, start_date),
    optional!("start_time_s", UInt32, Dictionary, trip, trip_new, start_time_s),
    word!(
        "trip_relationship",
        trip,
        trip_new,
        relationship,
        TripRelationship,
        "TRIP_RELATIONSHIP_"
    ),
    optional!("vehicle_id", Text, Dictionary, update, update_new, vehicle_id),
    optional!("delay_s", Int32, Delta, update, update_new, delay_s),
    shown!("stops", UInt32, Dictionary, |record| {
        Some(update(record)?.stop_time_updates.len() as u32)
    }),
];
