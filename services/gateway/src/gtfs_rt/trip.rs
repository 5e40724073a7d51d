//! Trip updates.

use std::sync::Arc;

use events::wire::gtfs_realtime as wire;
use events::wire::gtfs_realtime::trip_update::stop_time_update::ScheduleRelationship;
use events::wire::gtfs_realtime::trip_update::{
    StopTimeEvent as WireEvent, StopTimeUpdate as WireStop,
};
use events::{StopTimeEvent, StopTimeRelationship, StopTimeUpdate, TripRelationship};
use picture::{Object, Trip};

use super::{descriptor, is_known, seconds, string};

pub(super) fn entities(objects: &[Arc<Object>]) -> Vec<wire::FeedEntity> {
    let trips = objects.iter().filter_map(|object| match object.as_ref() {
        Object::Trip(trip) => Some(trip),
        _ => None,
    });
    let entities = trips.filter_map(|trip| {
        Some(wire::FeedEntity {
            id: trip.id.to_string(),
            trip_update: Some(update(trip)?),
            ..Default::default()
        })
    });
    entities.collect()
}

/// None when nobody could tell which trip it is, or nothing is said of any stop of a trip that
/// runs.
fn update(trip: &Trip) -> Option<wire::TripUpdate> {
    let update = &trip.update;
    let runs =
        !matches!(update.trip.relationship, TripRelationship::Canceled | TripRelationship::Deleted);
    let stops = if runs { stops(&update.stop_time_updates) } else { Vec::new() };
    if !is_known(&update.trip) || runs && stops.is_empty() {
        return None;
    }
    Some(wire::TripUpdate {
        trip: descriptor(&update.trip),
        vehicle: update
            .vehicle_id
            .as_ref()
            .map(|id| wire::VehicleDescriptor { id: Some(id.to_string()), ..Default::default() }),
        stop_time_update: stops,
        timestamp: Some(seconds(trip.event_time_ms)),
        delay: update.delay_s,
    })
}

/// What is said of the stops, in their order, each once, with times that do not go back.
fn stops(updates: &[StopTimeUpdate]) -> Vec<WireStop> {
    let mut said: Vec<WireStop> = updates.iter().filter_map(stop).collect();
    if said.iter().all(|stop| stop.stop_sequence.is_some()) {
        said.sort_by_key(|stop| stop.stop_sequence);
    }
    let mut stops: Vec<WireStop> = Vec::with_capacity(said.len());
    let mut last_sequence = None;
    let mut newest = i64::MIN;
    for stop in said {
        let goes_back = stop.stop_sequence.is_some() && stop.stop_sequence <= last_sequence;
        let is_same = stop.stop_sequence.is_none()
            && stops.last().is_some_and(|last| last.stop_id == stop.stop_id);
        let times = [stop.arrival, stop.departure].map(|event| event.and_then(|event| event.time));
        let is_earlier = times.iter().flatten().any(|&time| time < newest);
        if goes_back || is_same || is_earlier {
            continue;
        }
        last_sequence = stop.stop_sequence.or(last_sequence);
        newest = times.into_iter().flatten().fold(newest, i64::max);
        stops.push(stop);
    }
    stops
}

fn stop(update: &StopTimeUpdate) -> Option<WireStop> {
    let relationship = relationship(update.relationship);
    let has_times =
        !matches!(relationship, Some(ScheduleRelationship::NoData | ScheduleRelationship::Skipped));
    let arrival = update.arrival.filter(|_| has_times).and_then(event);
    let departure = update.departure.filter(|_| has_times).and_then(event);
    // Nobody leaves before coming.
    let departure = departure.filter(|departure| {
        let times = (arrival.and_then(|arrival| arrival.time), departure.time);
        !matches!(times, (Some(arrival), Some(departure)) if departure < arrival)
    });
    let is_named = update.stop_id.is_some() || update.stop_sequence.is_some();
    let says_something = !has_times || arrival.is_some() || departure.is_some();
    (is_named && says_something).then(|| WireStop {
        stop_sequence: update.stop_sequence,
        stop_id: string(update.stop_id.as_ref()),
        arrival,
        departure,
        schedule_relationship: relationship.map(Into::into),
    })
}

/// None when neither time nor delay is known.
fn event(event: StopTimeEvent) -> Option<WireEvent> {
    (event.time_ms.is_some() || event.delay_s.is_some()).then(|| WireEvent {
        delay: event.delay_s,
        time: event.time_ms.map(|time_ms| time_ms.div_euclid(1_000)),
        uncertainty: event.uncertainty_s.and_then(|seconds| i32::try_from(seconds).ok()),
    })
}

fn relationship(relationship: StopTimeRelationship) -> Option<ScheduleRelationship> {
    match relationship {
        StopTimeRelationship::Unspecified => None,
        StopTimeRelationship::Scheduled => Some(ScheduleRelationship::Scheduled),
        StopTimeRelationship::Skipped => Some(ScheduleRelationship::Skipped),
        StopTimeRelationship::NoData => Some(ScheduleRelationship::NoData),
        StopTimeRelationship::Unscheduled => Some(ScheduleRelationship::Unscheduled),
    }
}
