//! Road traffic detectors: where they are and what they measure.

use serde::Serialize;

use crate::vehicle_position::{short, string};
use crate::{CollectionStatus, MeasurementWindow, Position, PositionError, Quantity, Text, wire};

/// One value of one sensor; see `proto/tilanne/v1/detector.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DetectorMeasurement {
    pub sensor_id: u32,
    pub quantity: Quantity,
    pub direction: u32,
    pub window: MeasurementWindow,
    pub value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_start_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_end_ms: Option<i64>,
}

/// Reference data of a station; see `proto/tilanne/v1/detector.proto`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DetectorStation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearing_deg: Option<f32>,
    pub collection_status: CollectionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tms_number: Option<u32>,
    pub constants: Vec<DetectorConstant>,
}

/// A published constant of one direction, valid in a part of the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct DetectorConstant {
    pub direction: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_flow_speed_km_h: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_flow_veh_h: Option<f64>,
    pub valid_from_mmdd: u32,
    pub valid_to_mmdd: u32,
}

impl From<DetectorMeasurement> for wire::DetectorMeasurement {
    fn from(measurement: DetectorMeasurement) -> Self {
        Self {
            sensor_id: measurement.sensor_id,
            quantity: measurement.quantity.into(),
            direction: measurement.direction,
            window: measurement.window.into(),
            value: measurement.value,
            window_start_ms: measurement.window_start_ms,
            window_end_ms: measurement.window_end_ms,
        }
    }
}

impl From<wire::DetectorMeasurement> for DetectorMeasurement {
    fn from(measurement: wire::DetectorMeasurement) -> Self {
        Self {
            quantity: measurement.quantity(),
            window: measurement.window(),
            sensor_id: measurement.sensor_id,
            direction: measurement.direction,
            value: measurement.value,
            window_start_ms: measurement.window_start_ms,
            window_end_ms: measurement.window_end_ms,
        }
    }
}

impl From<&DetectorStation> for wire::DetectorStation {
    fn from(station: &DetectorStation) -> Self {
        let constants = station.constants.iter().map(|constant| wire::DetectorConstant {
            direction: constant.direction,
            free_flow_speed_km_h: constant.free_flow_speed_km_h,
            max_flow_veh_h: constant.max_flow_veh_h,
            valid_from_mmdd: constant.valid_from_mmdd,
            valid_to_mmdd: constant.valid_to_mmdd,
        });
        Self {
            name: string(station.name.as_ref()),
            position: station.position.map(Into::into),
            bearing_deg: station.bearing_deg,
            collection_status: station.collection_status.into(),
            state: string(station.state.as_ref()),
            tms_number: station.tms_number,
            constants: constants.collect(),
        }
    }
}

impl TryFrom<wire::DetectorStation> for DetectorStation {
    type Error = PositionError;

    fn try_from(station: wire::DetectorStation) -> Result<Self, PositionError> {
        let collection_status = station.collection_status();
        let constants = station.constants.into_iter().map(|constant| DetectorConstant {
            direction: constant.direction,
            free_flow_speed_km_h: constant.free_flow_speed_km_h,
            max_flow_veh_h: constant.max_flow_veh_h,
            valid_from_mmdd: constant.valid_from_mmdd,
            valid_to_mmdd: constant.valid_to_mmdd,
        });
        Ok(Self {
            name: short(station.name),
            position: station.position.map(TryInto::try_into).transpose()?,
            bearing_deg: station.bearing_deg,
            collection_status,
            state: short(station.state),
            tms_number: station.tms_number,
            constants: constants.collect(),
        })
    }
}
