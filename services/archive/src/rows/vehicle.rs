//! Reports of vehicles: nearly all rows there are.

use events::wire::{LogRecord, SignalPriority, TripDescriptor, VehiclePosition};

use super::position::position;
use super::trip_descriptor::trip_descriptor;
use super::{body, event_spec};
use crate::column::{Column, optional, word};
use crate::table::Spec;

body!(vehicle, vehicle_new, VehiclePosition);
position!(PLACE, vehicle, vehicle_new);
trip_descriptor!(TRIP, vehicle, vehicle_new);

fn signal(record: &mut LogRecord) -> Option<&mut SignalPriority> {
    vehicle(record)?.signal_priority.as_mut()
}

fn signal_new(record: &mut LogRecord) -> &mut SignalPriority {
    vehicle_new(record).signal_priority.get_or_insert_default()
}

fn report(record: &LogRecord) -> Option<&VehiclePosition> {
    use events::wire::{event::Body, log_record::Record};
    match record.record.as_ref()? {
        Record::Event(event) => match event.body.as_ref()? {
            Body::VehiclePosition(report) => Some(report),
            _ => None,
        },
        _ => None,
    }
}

fn is_bare(record: &LogRecord) -> bool {
    report(record).is_some_and(|report| {
        report.trip == Some(TripDescriptor::default())
            || report.signal_priority == Some(SignalPriority::default())
    })
}

fn tidy(record: &mut LogRecord, was_bare: bool) {
    let Some(report) = vehicle(record).filter(|_| !was_bare) else { return };
    if report.trip == Some(TripDescriptor::default()) {
        report.trip = None;
    }
    if report.signal_priority == Some(SignalPriority::default()) {
        report.signal_priority = None;
    }
}

pub(super) static POSITION: Spec<LogRecord> = {
    let mut spec: Spec<LogRecord> =
        event_spec!(VehiclePosition, VehiclePosition, vehicle_new, OWN, is_bare, tidy);
    spec.columns = &[super::ENVELOPE, PLACE, TRIP, OWN];
    spec
};

static OWN: &[Column<LogRecord>] = &[
    word!("kind_of_event", vehicle, vehicle_new, kind, VehicleEventKind, "VEHICLE_EVENT_KIND_"),
    word!("phase", vehicle, vehicle_new, phase, JourneyPhase, "JOURNEY_PHASE_"),
    word!("mode", vehicle, vehicle_new, mode, Mode, "MODE_"),
    optional!("bearing_deg", Float32, Dictionary, vehicle, vehicle_new, bearing_deg),
    optional!("speed_km_h", Float32, Dictionary, vehicle, vehicle_new, speed_km_h),
    optional!("acceleration_m_s2", Float32, Dictionary, vehicle, vehicle_new, acceleration_m_s2),
    optional!("odometer_m", Float64, Split, vehicle, vehicle_new, odometer_m),
    optional!("delay_s", Int32, Delta, vehicle, vehicle_new, delay_s),
    optional!("doors_open", Boolean, Plain, vehicle, vehicle_new, doors_open),
    optional!("occupancy_percent", UInt32, Dictionary, vehicle, vehicle_new, occupancy_percent),
    word!(
        "occupancy_status",
        vehicle,
        vehicle_new,
        occupancy_status,
        OccupancyStatus,
        "OCCUPANCY_STATUS_"
    ),
    optional!("route_short_name", Text, Dictionary, vehicle, vehicle_new, route_short_name),
    optional!("headsign", Text, Dictionary, vehicle, vehicle_new, headsign),
    optional!("stop_id", Text, Dictionary, vehicle, vehicle_new, stop_id),
    optional!("next_stop_id", Text, Dictionary, vehicle, vehicle_new, next_stop_id),
    optional!("stop_sequence", UInt32, Dictionary, vehicle, vehicle_new, stop_sequence),
    word!("stop_status", vehicle, vehicle_new, stop_status, StopStatus, "STOP_STATUS_"),
    word!(
        "location_source",
        vehicle,
        vehicle_new,
        location_source,
        LocationSource,
        "LOCATION_SOURCE_"
    ),
    optional!("operator_id", Text, Dictionary, vehicle, vehicle_new, operator_id),
    optional!("label", Text, Dictionary, vehicle, vehicle_new, label),
    optional!("junction_id", UInt32, Dictionary, signal, signal_new, junction_id),
    optional!("request_id", UInt32, Dictionary, signal, signal_new, request_id),
    optional!("signal_group", Int32, Dictionary, signal, signal_new, signal_group),
    optional!("signal_granted", Boolean, Plain, signal, signal_new, granted),
];
