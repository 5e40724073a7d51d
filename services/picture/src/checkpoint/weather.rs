//! Road weather as messages of a checkpoint.

use events::{RoadSurface, WeatherQuantity, WeatherStation, wire};
use prost::Message;
use traffic::emission::MeasuredWeather;
use traffic::emission::studded::RoadState;

use super::convert::{numbers, verdicts};
use crate::DecodeError;
use crate::deadline::NEVER;
use crate::weather::state::{STATION_FIELDS, Value, WeatherState};

/// The weather that open minutes are worked out with, as stations have it.
#[derive(Clone, PartialEq, Message)]
pub(super) struct MeasuredPart {
    #[prost(double, optional, tag = "1")]
    pub(super) temperature_c: Option<f64>,
    #[prost(uint32, tag = "2")]
    pub(super) temperature_stations: u32,
    /// State of the roads: dry, moist, wet, snow, ice from 1 on; 0 where it is not known.
    #[prost(uint32, tag = "3")]
    pub(super) road: u32,
    #[prost(double, optional, tag = "4")]
    pub(super) water_mm: Option<f64>,
    #[prost(uint32, tag = "5")]
    pub(super) road_stations: u32,
}

/// A value of a sensor of a road weather station.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ValuePart {
    #[prost(enumeration = "wire::WeatherQuantity", tag = "1")]
    pub(super) quantity: i32,
    #[prost(uint32, tag = "2")]
    pub(super) number: u32,
    #[prost(int64, tag = "3")]
    pub(super) time_ms: i64,
    #[prost(uint32, tag = "4")]
    pub(super) sensor_id: u32,
    #[prost(double, tag = "5")]
    pub(super) reading: f64,
    #[prost(enumeration = "wire::RoadSurface", tag = "6")]
    pub(super) surface: i32,
    #[prost(enumeration = "wire::Verdict", repeated, tag = "7")]
    pub(super) verdicts: Vec<i32>,
}

/// A road weather station; the object follows from the rest.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WeatherPart {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(uint32, tag = "2")]
    pub(super) feed: u32,
    #[prost(message, optional, tag = "3")]
    pub(super) station: Option<wire::WeatherStation>,
    #[prost(int64, repeated, tag = "4")]
    pub(super) field_times_ms: Vec<i64>,
    #[prost(int64, tag = "5")]
    pub(super) station_time_ms: i64,
    #[prost(int64, tag = "6")]
    pub(super) station_received_ms: i64,
    #[prost(enumeration = "wire::Verdict", repeated, tag = "7")]
    pub(super) station_verdicts: Vec<i32>,
    #[prost(message, repeated, tag = "8")]
    pub(super) values: Vec<ValuePart>,
    #[prost(int64, tag = "9")]
    pub(super) measured_ms: i64,
    #[prost(int64, tag = "10")]
    pub(super) measured_received_ms: i64,
    #[prost(int64, tag = "11")]
    pub(super) floor_ms: i64,
}

impl From<&Value> for ValuePart {
    fn from(value: &Value) -> Self {
        Self {
            quantity: value.quantity.into(),
            number: value.number,
            time_ms: value.time_ms,
            sensor_id: value.sensor_id,
            reading: value.reading,
            surface: value.surface.into(),
            verdicts: numbers(value.verdicts),
        }
    }
}

impl From<ValuePart> for Value {
    fn from(value: ValuePart) -> Self {
        Self {
            quantity: WeatherQuantity::try_from(value.quantity).unwrap_or_default(),
            number: value.number,
            time_ms: value.time_ms,
            sensor_id: value.sensor_id,
            reading: value.reading,
            surface: RoadSurface::try_from(value.surface).unwrap_or_default(),
            verdicts: verdicts(&value.verdicts),
        }
    }
}

impl WeatherPart {
    pub(super) fn new(id: &str, state: &WeatherState) -> Self {
        Self {
            id: id.into(),
            feed: state.feed,
            station: Some((&state.station).into()),
            field_times_ms: state.field_times_ms.to_vec(),
            station_time_ms: state.station_time_ms.0,
            station_received_ms: state.station_time_ms.1,
            station_verdicts: numbers(state.station_verdicts),
            values: state.values.iter().map(Into::into).collect(),
            measured_ms: state.measured_ms.0,
            measured_received_ms: state.measured_ms.1,
            floor_ms: state.floor_ms,
        }
    }

    pub(super) fn state(self) -> Result<WeatherState, DecodeError> {
        let times: Result<[i64; STATION_FIELDS], _> = self.field_times_ms.try_into();
        Ok(WeatherState {
            feed: self.feed,
            filed_ms: NEVER,
            station: WeatherStation::try_from(self.station.unwrap_or_default())?,
            field_times_ms: times.map_err(|_| DecodeError::UnknownKind("station field"))?,
            station_time_ms: (self.station_time_ms, self.station_received_ms),
            station_verdicts: verdicts(&self.station_verdicts),
            values: self.values.into_iter().map(Into::into).collect(),
            measured_ms: (self.measured_ms, self.measured_received_ms),
            floor_ms: self.floor_ms,
        })
    }
}

impl From<&MeasuredWeather> for MeasuredPart {
    fn from(weather: &MeasuredWeather) -> Self {
        let (road, water_mm) = match weather.road {
            None => (0, None),
            Some(RoadState::Dry) => (1, None),
            Some(RoadState::Moist { water_mm }) => (2, water_mm),
            Some(RoadState::Wet) => (3, None),
            Some(RoadState::Snow { water_mm }) => (4, water_mm),
            Some(RoadState::Ice { water_mm }) => (5, water_mm),
        };
        Self {
            temperature_c: weather.temperature_c,
            temperature_stations: weather.temperature_stations,
            road,
            water_mm,
            road_stations: weather.road_stations,
        }
    }
}

impl From<&MeasuredPart> for MeasuredWeather {
    fn from(weather: &MeasuredPart) -> Self {
        let water_mm = weather.water_mm;
        Self {
            temperature_c: weather.temperature_c,
            temperature_stations: weather.temperature_stations,
            road: match weather.road {
                1 => Some(RoadState::Dry),
                2 => Some(RoadState::Moist { water_mm }),
                3 => Some(RoadState::Wet),
                4 => Some(RoadState::Snow { water_mm }),
                5 => Some(RoadState::Ice { water_mm }),
                _ => None,
            },
            road_stations: weather.road_stations,
        }
    }
}
