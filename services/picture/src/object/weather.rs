//! Road weather stations as best known; see `proto/tilanne/v1/picture.proto` for each field.

use events::{RoadSurface, Text, Verdict, Verdicts, WeatherStation, wire};
use serde::Serialize;

use super::TimedValue;
use crate::DecodeError;

/// What lies on a road, with the time it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct TimedSurface {
    pub surface: RoadSurface,
    pub time_ms: i64,
}

/// A road weather station as best known. A missing value is unknown, not zero.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Weather {
    pub id: Text,
    pub feed: Text,
    /// Newest measurement, else newest reference data.
    pub event_time_ms: i64,
    pub received_time_ms: i64,
    pub station: WeatherStation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub air_temperature_c: Option<TimedValue>,
    /// The coldest of its sensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road_temperature_c: Option<TimedValue>,
    /// The worst of its sensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road_surface: Option<TimedSurface>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precipitation_mm_h: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub water_mm: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snow_mm: Option<TimedValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ice_mm: Option<TimedValue>,
    pub verdicts: Verdicts,
}

impl From<&Weather> for wire::Weather {
    fn from(weather: &Weather) -> Self {
        let surface = weather.road_surface.map(|TimedSurface { surface, time_ms }| {
            wire::TimedSurface { surface: surface.into(), time_ms }
        });
        Self {
            id: weather.id.to_string(),
            feed: weather.feed.to_string(),
            event_time_ms: weather.event_time_ms,
            received_time_ms: weather.received_time_ms,
            station: Some((&weather.station).into()),
            air_temperature_c: weather.air_temperature_c.map(Into::into),
            road_temperature_c: weather.road_temperature_c.map(Into::into),
            road_surface: surface,
            precipitation_mm_h: weather.precipitation_mm_h.map(Into::into),
            water_mm: weather.water_mm.map(Into::into),
            snow_mm: weather.snow_mm.map(Into::into),
            ice_mm: weather.ice_mm.map(Into::into),
            verdicts: weather.verdicts.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<wire::Weather> for Weather {
    type Error = DecodeError;

    fn try_from(weather: wire::Weather) -> Result<Self, DecodeError> {
        let station = weather.station.map(WeatherStation::try_from);
        let verdicts = weather.verdicts.iter().filter_map(|&n| Verdict::try_from(n).ok());
        let surface = weather
            .road_surface
            .map(|timed| TimedSurface { surface: timed.surface(), time_ms: timed.time_ms });
        Ok(Self {
            verdicts: verdicts.collect(),
            id: weather.id.into(),
            feed: weather.feed.into(),
            event_time_ms: weather.event_time_ms,
            received_time_ms: weather.received_time_ms,
            station: station.transpose()?.unwrap_or_default(),
            air_temperature_c: weather.air_temperature_c.map(Into::into),
            road_temperature_c: weather.road_temperature_c.map(Into::into),
            road_surface: surface,
            precipitation_mm_h: weather.precipitation_mm_h.map(Into::into),
            water_mm: weather.water_mm.map(Into::into),
            snow_mm: weather.snow_mm.map(Into::into),
            ice_mm: weather.ice_mm.map(Into::into),
        })
    }
}
