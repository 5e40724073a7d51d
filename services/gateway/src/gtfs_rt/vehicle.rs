//! Vehicle positions.

use std::sync::Arc;

use events::wire::gtfs_realtime as wire;
use events::wire::gtfs_realtime::vehicle_position::{
    OccupancyStatus as WireOccupancy, VehicleStopStatus,
};
use events::{JourneyPhase, Mode, OccupancyStatus, StopStatus, VehiclePosition};
use picture::{Object, Vehicle};
use rustc_hash::FxHashSet;

use super::{bare, descriptor, seconds, string};

/// Kilometres an hour in a metre a second.
const KM_H_PER_M_S: f32 = 3.6;

pub(super) fn entities(objects: &[Arc<Object>]) -> Vec<wire::FeedEntity> {
    let mut ids = FxHashSet::default();
    let vehicles = objects.iter().filter_map(|object| match object.as_ref() {
        Object::Vehicle(vehicle) if is_transit(&vehicle.report) => Some(vehicle),
        _ => None,
    });
    let entities = vehicles.filter_map(|vehicle| {
        let mut position = position(vehicle)?;
        // Vehicles of two feeds may have one number: then the second has its feed before it.
        let id = bare(&vehicle.id, &vehicle.feed);
        let id = if ids.insert(id) { id } else { vehicle.id.as_str() };
        position.vehicle.get_or_insert_default().id = Some(id.into());
        Some(wire::FeedEntity {
            id: vehicle.id.to_string(),
            vehicle: Some(position),
            ..Default::default()
        })
    });
    entities.collect()
}

/// Cars and lorries are no public transport; what does not say what it is, is when it has a trip.
fn is_transit(report: &VehiclePosition) -> bool {
    match report.mode {
        Mode::Bus | Mode::Tram | Mode::Train | Mode::Metro | Mode::Ferry | Mode::Robot => true,
        Mode::Unspecified => report.trip.is_some(),
        Mode::Car | Mode::Truck | Mode::Taxi => false,
    }
}

/// None without a place.
fn position(vehicle: &Vehicle) -> Option<wire::VehiclePosition> {
    let report = &vehicle.report;
    let place = report.position?;
    // Who drives empty, or will serve the trip later, does not serve it.
    let is_serving = matches!(report.phase, JourneyPhase::Ongoing | JourneyPhase::Unspecified);
    let stop_id = match report.stop_status {
        StopStatus::StoppedAt => report.stop_id.as_ref().or(report.next_stop_id.as_ref()),
        _ => report.next_stop_id.as_ref(),
    };
    Some(wire::VehiclePosition {
        trip: report.trip.as_ref().filter(|_| is_serving).map(descriptor),
        vehicle: Some(wire::VehicleDescriptor {
            label: string(report.label.as_ref()),
            ..Default::default()
        }),
        position: Some(wire::Position {
            latitude: place.latitude_deg as f32,
            longitude: place.longitude_deg as f32,
            bearing: report.bearing_deg,
            odometer: report.odometer_m,
            speed: report.speed_km_h.map(|speed_km_h| speed_km_h / KM_H_PER_M_S),
        }),
        current_stop_sequence: report.stop_sequence.filter(|_| is_serving),
        stop_id: string(stop_id.filter(|_| is_serving)),
        current_status: stop_status(report.stop_status).filter(|_| is_serving).map(Into::into),
        timestamp: Some(seconds(vehicle.position_time_ms.unwrap_or(vehicle.event_time_ms))),
        congestion_level: None,
        occupancy_status: occupancy(report.occupancy_status).map(Into::into),
        occupancy_percentage: report.occupancy_percent,
    })
}

fn stop_status(status: StopStatus) -> Option<VehicleStopStatus> {
    match status {
        StopStatus::Unspecified => None,
        StopStatus::IncomingAt => Some(VehicleStopStatus::IncomingAt),
        StopStatus::StoppedAt => Some(VehicleStopStatus::StoppedAt),
        StopStatus::InTransitTo => Some(VehicleStopStatus::InTransitTo),
    }
}

fn occupancy(status: OccupancyStatus) -> Option<WireOccupancy> {
    Some(match status {
        OccupancyStatus::Unspecified => return None,
        OccupancyStatus::Empty => WireOccupancy::Empty,
        OccupancyStatus::ManySeatsAvailable => WireOccupancy::ManySeatsAvailable,
        OccupancyStatus::FewSeatsAvailable => WireOccupancy::FewSeatsAvailable,
        OccupancyStatus::StandingRoomOnly => WireOccupancy::StandingRoomOnly,
        OccupancyStatus::CrushedStandingRoomOnly => WireOccupancy::CrushedStandingRoomOnly,
        OccupancyStatus::Full => WireOccupancy::Full,
        OccupancyStatus::NotAcceptingPassengers => WireOccupancy::NotAcceptingPassengers,
        OccupancyStatus::NoDataAvailable => WireOccupancy::NoDataAvailable,
        OccupancyStatus::NotBoardable => WireOccupancy::NotBoardable,
    })
}
