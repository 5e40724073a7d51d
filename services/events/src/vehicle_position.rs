//! One report of one transit vehicle.

use serde::Serialize;

use crate::wire;
use crate::{
    JourneyPhase, LocationSource, Mode, OccupancyStatus, Position, PositionError, StopStatus, Text,
    TripRelationship, VehicleEventKind,
};

/// The journey of a vehicle or an update; see `proto/tilanne/v1/vehicle_position.proto`
/// for units and meaning of each field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[allow(missing_docs)]
pub struct TripDescriptor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_s: Option<u32>,
    pub relationship: TripRelationship,
}

/// Traffic light priority request or answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SignalPriority {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub junction_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_group: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
}

/// One report of one vehicle, in degrees, km/h and seconds late; see
/// `proto/tilanne/v1/vehicle_position.proto` for units and meaning of each field.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct VehiclePosition {
    pub kind: VehicleEventKind,
    pub phase: JourneyPhase,
    pub mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearing_deg: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_km_h: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceleration_m_s2: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odometer_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doors_open: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy_percent: Option<u32>,
    pub occupancy_status: OccupancyStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip: Option<TripDescriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_short_name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headsign: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_stop_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<u32>,
    pub stop_status: StopStatus,
    pub location_source: LocationSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_priority: Option<SignalPriority>,
}

/// Text of the wire from short text.
pub(crate) fn string(text: Option<&Text>) -> Option<String> {
    text.map(ToString::to_string)
}

/// Short text from text of the wire.
pub(crate) fn short(text: Option<String>) -> Option<Text> {
    text.map(Text::from)
}

impl From<&TripDescriptor> for wire::TripDescriptor {
    fn from(trip: &TripDescriptor) -> Self {
        Self {
            trip_id: string(trip.trip_id.as_ref()),
            route_id: string(trip.route_id.as_ref()),
            direction_id: trip.direction_id,
            start_date: string(trip.start_date.as_ref()),
            start_time_s: trip.start_time_s,
            relationship: trip.relationship.into(),
        }
    }
}

impl From<wire::TripDescriptor> for TripDescriptor {
    fn from(trip: wire::TripDescriptor) -> Self {
        let relationship = trip.relationship();
        Self {
            trip_id: short(trip.trip_id),
            route_id: short(trip.route_id),
            direction_id: trip.direction_id,
            start_date: short(trip.start_date),
            start_time_s: trip.start_time_s,
            relationship,
        }
    }
}

impl From<&VehiclePosition> for wire::VehiclePosition {
    fn from(report: &VehiclePosition) -> Self {
        Self {
            kind: report.kind.into(),
            phase: report.phase.into(),
            mode: report.mode.into(),
            position: report.position.map(Into::into),
            bearing_deg: report.bearing_deg,
            speed_km_h: report.speed_km_h,
            acceleration_m_s2: report.acceleration_m_s2,
            odometer_m: report.odometer_m,
            delay_s: report.delay_s,
            doors_open: report.doors_open,
            occupancy_percent: report.occupancy_percent,
            occupancy_status: report.occupancy_status.into(),
            trip: report.trip.as_ref().map(Into::into),
            route_short_name: string(report.route_short_name.as_ref()),
            headsign: string(report.headsign.as_ref()),
            stop_id: string(report.stop_id.as_ref()),
            next_stop_id: string(report.next_stop_id.as_ref()),
            stop_sequence: report.stop_sequence,
            stop_status: report.stop_status.into(),
            location_source: report.location_source.into(),
            operator_id: string(report.operator_id.as_ref()),
            label: string(report.label.as_ref()),
            signal_priority: report.signal_priority.map(|signal| wire::SignalPriority {
                junction_id: signal.junction_id,
                request_id: signal.request_id,
                signal_group: signal.signal_group,
                granted: signal.granted,
            }),
        }
    }
}

impl TryFrom<wire::VehiclePosition> for VehiclePosition {
    type Error = PositionError;

    fn try_from(report: wire::VehiclePosition) -> Result<Self, PositionError> {
        Ok(Self {
            kind: report.kind(),
            phase: report.phase(),
            mode: report.mode(),
            occupancy_status: report.occupancy_status(),
            stop_status: report.stop_status(),
            location_source: report.location_source(),
            position: report.position.map(TryInto::try_into).transpose()?,
            bearing_deg: report.bearing_deg,
            speed_km_h: report.speed_km_h,
            acceleration_m_s2: report.acceleration_m_s2,
            odometer_m: report.odometer_m,
            delay_s: report.delay_s,
            doors_open: report.doors_open,
            occupancy_percent: report.occupancy_percent,
            trip: report.trip.map(Into::into),
            route_short_name: short(report.route_short_name),
            headsign: short(report.headsign),
            stop_id: short(report.stop_id),
            next_stop_id: short(report.next_stop_id),
            stop_sequence: report.stop_sequence,
            operator_id: short(report.operator_id),
            label: short(report.label),
            signal_priority: report.signal_priority.map(|signal| SignalPriority {
                junction_id: signal.junction_id,
                request_id: signal.request_id,
                signal_group: signal.signal_group,
                granted: signal.granted,
            }),
        })
    }
}
