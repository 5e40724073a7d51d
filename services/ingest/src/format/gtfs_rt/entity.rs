//! Vehicle positions and trip updates of GTFS-Realtime as events.

use events::wire::gtfs_realtime as wire;
use events::wire::gtfs_realtime::trip_descriptor::ScheduleRelationship;
use events::wire::gtfs_realtime::trip_update::{self, stop_time_update};
use events::wire::gtfs_realtime::vehicle_position::{
    OccupancyStatus as WireOccupancy, VehicleStopStatus,
};
use events::{
    JourneyPhase, OccupancyStatus, Position, StopStatus, StopTimeEvent, StopTimeRelationship,
    StopTimeUpdate, Text, TripDescriptor, TripRelationship, TripUpdate, VehicleEventKind,
    VehiclePosition, bounded_id,
};

use super::GtfsRtDecoder;
use super::topic::Topic;
use crate::format::envelope::Checks;
use crate::format::instant::{DAY_S, Day, time_of_day_s, unix_ms};

/// Most stops of a trip update that are kept; the longest recorded trip has 103.
const STOPS_MAX: usize = 1_000;

/// Largest share of capacity that is believed, percent: crush loads are published above 100.
const OCCUPANCY_PERCENT_MAX: u32 = 300;

/// Largest odometer reading that is believed, metres: some count a vehicle's whole life.
const ODOMETER_M_MAX: f64 = 10_000_000_000.0;

/// An id, `None` when absent or blank.
pub(super) fn id(text: Option<&String>) -> Option<Text> {
    text.and_then(|text| bounded_id(text))
}

/// A number of Unix time; one that cannot be is noted as taken out, 0 stands for absent.
pub(super) fn time_ms(seconds: Option<u64>, checks: &mut Checks) -> Option<i64> {
    let seconds = seconds.filter(|&seconds| seconds != 0)?;
    let time = i64::try_from(seconds).ok().and_then(unix_ms);
    if time.is_none() {
        checks.took_out();
    }
    time
}

/// The vehicle's own id, else its trip's, else the entity's.
pub(super) fn vehicle_entity(vehicle: &wire::VehiclePosition, entity_id: &str) -> Option<Text> {
    let descriptor = vehicle.vehicle.as_ref();
    let trip = vehicle.trip.as_ref();
    id(descriptor.and_then(|descriptor| descriptor.id.as_ref()))
        .or_else(|| id(trip.and_then(|trip| trip.trip_id.as_ref())))
        .or_else(|| bounded_id(entity_id))
}

/// The trip's id; a duplicate of a trip shares that, so it and trips without an id go by the
/// entity's, or by what identifies the trip where the publisher has no stable trip ids.
pub(super) fn trip_entity(trip: &wire::TripDescriptor, entity_id: &str) -> Option<Text> {
    if trip.schedule_relationship == Some(ScheduleRelationship::Duplicated.into()) {
        return bounded_id(entity_id);
    }
    id(trip.trip_id.as_ref()).or_else(|| {
        let (route, date, time) = (&trip.route_id, &trip.start_date, &trip.start_time);
        let (Some(route), Some(date), Some(time)) = (route, date, time) else {
            return bounded_id(entity_id);
        };
        let direction = trip.direction_id.unwrap_or_default();
        bounded_id(&format!("{route}/{direction}/{date}/{time}"))
    })
}

impl GtfsRtDecoder {
    pub(super) fn vehicle(
        &mut self,
        vehicle: &wire::VehiclePosition,
        topic: Option<&Topic>,
        event_time_ms: i64,
        checks: &mut Checks,
    ) -> VehiclePosition {
        let place = vehicle.position.as_ref();
        let trip = vehicle.trip.as_ref().map(|trip| self.trip(trip, event_time_ms, checks));
        let status = vehicle.current_status.and_then(|status| status.try_into().ok());
        let stop_id = id(vehicle.stop_id.as_ref());
        let is_at_stop = status == Some(VehicleStopStatus::StoppedAt);
        let mut report = VehiclePosition {
            kind: VehicleEventKind::Position,
            phase: if trip.is_some() { JourneyPhase::Ongoing } else { JourneyPhase::Unspecified },
            mode: self.options.mode,
            position: position(place, checks),
            bearing_deg: place
                .and_then(|place| place.bearing)
                .and_then(|bearing| checks.bearing_deg(f64::from(bearing))),
            speed_km_h: place
                .and_then(|place| place.speed)
                .and_then(|speed| checks.speed_km_h(f64::from(speed))),
            odometer_m: place
                .and_then(|place| place.odometer)
                .and_then(|odometer| checks.within(odometer, 0.0..=ODOMETER_M_MAX)),
            occupancy_percent: vehicle.occupancy_percentage.and_then(|percent| {
                let max = f64::from(OCCUPANCY_PERCENT_MAX);
                checks.within(f64::from(percent), 0.0..=max).map(|percent| percent as u32)
            }),
            occupancy_status: occupancy(vehicle.occupancy_status),
            trip,
            stop_id: stop_id.clone().filter(|_| is_at_stop),
            next_stop_id: stop_id.filter(|_| !is_at_stop),
            stop_sequence: vehicle.current_stop_sequence,
            stop_status: stop_status(status),
            label: id(vehicle.vehicle.as_ref().and_then(|vehicle| vehicle.label.as_ref())),
            ..VehiclePosition::default()
        };
        if let Some(topic) = topic {
            self.complete(&mut report, topic);
        }
        report
    }

    /// Adds what only the topic says.
    fn complete(&self, report: &mut VehiclePosition, topic: &Topic) {
        if topic.mode != events::Mode::Unspecified {
            report.mode = topic.mode;
        }
        report.headsign.clone_from(&topic.headsign);
        report.route_short_name.clone_from(&topic.short_name);
        if report.next_stop_id.is_none() && report.stop_id.is_none() {
            report.next_stop_id.clone_from(&topic.next_stop_id);
        }
        // Some vehicles carry their destination as label.
        if report.label == report.headsign {
            report.label = None;
        }
        let trip = report.trip.get_or_insert_default();
        if trip.route_id.is_none() || self.options.route_from_topic {
            trip.route_id = topic.route_id.clone().or(trip.route_id.take());
        }
        trip.direction_id = trip.direction_id.or(topic.direction_id);
        if trip.start_time_s.is_none() {
            trip.start_time_s = topic.start.as_deref().and_then(time_of_day_s);
        }
        if *trip == TripDescriptor::default() {
            report.trip = None;
        }
    }

    pub(super) fn trip(
        &mut self,
        trip: &wire::TripDescriptor,
        event_time_ms: i64,
        checks: &mut Checks,
    ) -> TripDescriptor {
        let date = id(trip.start_date.as_ref());
        let day = date.as_deref().and_then(Day::parse_compact);
        let time = id(trip.start_time.as_ref());
        let start_s = time.as_deref().and_then(time_of_day_s);
        if date.is_some() && day.is_none() || time.is_some() && start_s.is_none() {
            checks.took_out();
        }
        let direction_id = trip.direction_id.filter(|&direction| direction <= 1);
        if direction_id != trip.direction_id {
            checks.took_out();
        }
        TripDescriptor {
            trip_id: id(trip.trip_id.as_ref()),
            route_id: id(trip.route_id.as_ref()),
            direction_id,
            start_date: date.filter(|_| day.is_some()),
            start_time_s: start_s.map(|start_s| self.local_start_s(start_s, day, event_time_ms)),
            relationship: relationship(trip.schedule_relationship),
        }
    }

    /// One publisher writes start times in UTC though the standard wants them local.
    fn local_start_s(&mut self, start_s: u32, day: Option<Day>, event_time_ms: i64) -> u32 {
        if !self.options.start_time_is_utc {
            return start_s;
        }
        let midnight_s = match day {
            Some(day) => day.since_epoch * DAY_S,
            None => event_time_ms.div_euclid(DAY_S * 1_000) * DAY_S,
        };
        let local_s = self.clock.local_s((midnight_s + i64::from(start_s)) * 1_000);
        u32::try_from(local_s - midnight_s).unwrap_or(start_s)
    }

    pub(super) fn trip_update(
        &mut self,
        update: &wire::TripUpdate,
        event_time_ms: i64,
        checks: &mut Checks,
    ) -> TripUpdate {
        if update.stop_time_update.len() > STOPS_MAX {
            checks.took_out();
        }
        let vehicle = update.vehicle.as_ref();
        let stops = update.stop_time_update.iter().take(STOPS_MAX);
        TripUpdate {
            trip: self.trip(&update.trip, event_time_ms, checks),
            vehicle_id: id(vehicle.and_then(|vehicle| vehicle.id.as_ref())),
            delay_s: update.delay.and_then(|delay_s| checks.delay_s(f64::from(delay_s))),
            stop_time_updates: stops.map(|stop| stop_time_update(stop, checks)).collect(),
        }
    }
}

/// Degrees from the 32-bit floats of the wire. They carry no more than a millionth: without
/// rounding, 60.19542 would become 60.19542007446289.
fn position(place: Option<&wire::Position>, checks: &mut Checks) -> Option<Position> {
    let degrees = |value: f32| (f64::from(value) * 1e6).round() / 1e6;
    let latitude_deg = place.map(|place| degrees(place.latitude));
    let longitude_deg = place.map(|place| degrees(place.longitude));
    checks.position(latitude_deg, longitude_deg)
}

fn stop_time_update(stop: &trip_update::StopTimeUpdate, checks: &mut Checks) -> StopTimeUpdate {
    let mut event = |event: Option<trip_update::StopTimeEvent>| {
        event.map(|event| StopTimeEvent {
            time_ms: time_ms(event.time.and_then(|time| time.try_into().ok()), checks),
            delay_s: event.delay.and_then(|delay_s| checks.delay_s(f64::from(delay_s))),
            uncertainty_s: event.uncertainty.and_then(|seconds| seconds.try_into().ok()),
        })
    };
    StopTimeUpdate {
        arrival: event(stop.arrival),
        departure: event(stop.departure),
        stop_sequence: stop.stop_sequence,
        stop_id: id(stop.stop_id.as_ref()),
        relationship: stop_relationship(stop.schedule_relationship),
    }
}

fn relationship(number: Option<i32>) -> TripRelationship {
    use ScheduleRelationship as Wire;
    match number.and_then(|number| Wire::try_from(number).ok()) {
        None => TripRelationship::Unspecified,
        Some(Wire::Scheduled) => TripRelationship::Scheduled,
        Some(Wire::Added | Wire::New) => TripRelationship::Added,
        Some(Wire::Unscheduled) => TripRelationship::Unscheduled,
        Some(Wire::Canceled) => TripRelationship::Canceled,
        Some(Wire::Replacement) => TripRelationship::Replacement,
        Some(Wire::Duplicated) => TripRelationship::Duplicated,
        Some(Wire::Deleted) => TripRelationship::Deleted,
    }
}

fn stop_relationship(number: Option<i32>) -> StopTimeRelationship {
    use stop_time_update::ScheduleRelationship as Wire;
    match number.and_then(|number| Wire::try_from(number).ok()) {
        None => StopTimeRelationship::Unspecified,
        Some(Wire::Scheduled) => StopTimeRelationship::Scheduled,
        Some(Wire::Skipped) => StopTimeRelationship::Skipped,
        Some(Wire::NoData) => StopTimeRelationship::NoData,
        Some(Wire::Unscheduled) => StopTimeRelationship::Unscheduled,
    }
}

fn stop_status(status: Option<VehicleStopStatus>) -> StopStatus {
    match status {
        None => StopStatus::Unspecified,
        Some(VehicleStopStatus::IncomingAt) => StopStatus::IncomingAt,
        Some(VehicleStopStatus::StoppedAt) => StopStatus::StoppedAt,
        Some(VehicleStopStatus::InTransitTo) => StopStatus::InTransitTo,
    }
}

/// Unset stays unset: the wire's default, 0, would read as empty.
fn occupancy(number: Option<i32>) -> OccupancyStatus {
    use WireOccupancy as Wire;
    match number.and_then(|number| Wire::try_from(number).ok()) {
        None => OccupancyStatus::Unspecified,
        Some(Wire::Empty) => OccupancyStatus::Empty,
        Some(Wire::ManySeatsAvailable) => OccupancyStatus::ManySeatsAvailable,
        Some(Wire::FewSeatsAvailable) => OccupancyStatus::FewSeatsAvailable,
        Some(Wire::StandingRoomOnly) => OccupancyStatus::StandingRoomOnly,
        Some(Wire::CrushedStandingRoomOnly) => OccupancyStatus::CrushedStandingRoomOnly,
        Some(Wire::Full) => OccupancyStatus::Full,
        Some(Wire::NotAcceptingPassengers) => OccupancyStatus::NotAcceptingPassengers,
        Some(Wire::NoDataAvailable) => OccupancyStatus::NoDataAvailable,
        Some(Wire::NotBoardable) => OccupancyStatus::NotBoardable,
    }
}
