//! Progress of a trip along its stops.

use serde::Serialize;

use crate::vehicle_position::{short, string};
use crate::{StopTimeRelationship, Text, TripDescriptor, wire};

/// Predicted or observed progress of one trip; see `proto/tilanne/v1/trip_update.proto`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TripUpdate {
    pub trip: TripDescriptor,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<i32>,
    pub stop_time_updates: Vec<StopTimeUpdate>,
}

/// One stop of a trip update.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StopTimeUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<StopTimeEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departure: Option<StopTimeEvent>,
    pub relationship: StopTimeRelationship,
}

/// Arrival or departure at a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct StopTimeEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty_s: Option<u32>,
}

impl From<StopTimeEvent> for wire::StopTimeEvent {
    fn from(event: StopTimeEvent) -> Self {
        Self { time_ms: event.time_ms, delay_s: event.delay_s, uncertainty_s: event.uncertainty_s }
    }
}

impl From<wire::StopTimeEvent> for StopTimeEvent {
    fn from(event: wire::StopTimeEvent) -> Self {
        Self { time_ms: event.time_ms, delay_s: event.delay_s, uncertainty_s: event.uncertainty_s }
    }
}

impl From<&TripUpdate> for wire::TripUpdate {
    fn from(update: &TripUpdate) -> Self {
        let stops = update.stop_time_updates.iter().map(|stop| wire::StopTimeUpdate {
            stop_sequence: stop.stop_sequence,
            stop_id: string(stop.stop_id.as_ref()),
            arrival: stop.arrival.map(Into::into),
            departure: stop.departure.map(Into::into),
            relationship: stop.relationship.into(),
        });
        Self {
            trip: Some((&update.trip).into()),
            vehicle_id: string(update.vehicle_id.as_ref()),
            delay_s: update.delay_s,
            stop_time_updates: stops.collect(),
        }
    }
}

impl From<wire::TripUpdate> for TripUpdate {
    fn from(update: wire::TripUpdate) -> Self {
        let stops = update.stop_time_updates.into_iter().map(|stop| StopTimeUpdate {
            relationship: stop.relationship(),
            stop_sequence: stop.stop_sequence,
            stop_id: short(stop.stop_id),
            arrival: stop.arrival.map(Into::into),
            departure: stop.departure.map(Into::into),
        });
        Self {
            stop_time_updates: stops.collect(),
            trip: update.trip.unwrap_or_default().into(),
            vehicle_id: short(update.vehicle_id),
            delay_s: update.delay_s,
        }
    }
}
