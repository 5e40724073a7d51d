//! Road weather stations: where they are and what they measure.

use serde::Serialize;

use crate::vehicle_position::{short, string};
use crate::{CollectionStatus, Position, PositionError, RoadSurface, Text, WeatherQuantity, wire};

/// One value of one sensor; see `proto/tilanne/v1/weather.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct WeatherMeasurement {
    pub sensor_id: u32,
    pub quantity: WeatherQuantity,
    pub sensor_number: u32,
    pub value: f64,
    pub surface: RoadSurface,
}

/// Reference data of a station; see `proto/tilanne/v1/weather.proto`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct WeatherStation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    pub collection_status: CollectionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
}

impl WeatherQuantity {
    /// Lowest and highest value that can be; what is outside is a broken device, not weather. The
    /// coldest and hottest air of Finland were -51.5 and 37.2 °C, and dark roads in the sun are
    /// warmer than 60 °C.
    ///
    /// ```
    /// use events::WeatherQuantity;
    /// assert_eq!(WeatherQuantity::AirTemperatureC.range(), (-60.0, 60.0));
    /// assert_eq!(WeatherQuantity::WaterMm.range().0, 0.0);
    /// ```
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Unspecified => (f64::MIN, f64::MAX),
            Self::AirTemperatureC => (-60.0, 60.0),
            Self::RoadTemperatureC => (-60.0, 80.0),
            Self::RoadSurface => (0.0, 0.0),
            Self::PrecipitationMmH => (0.0, 500.0),
            Self::WaterMm | Self::SnowMm | Self::IceMm => (0.0, 100.0),
        }
    }
}

impl From<WeatherMeasurement> for wire::WeatherMeasurement {
    fn from(measurement: WeatherMeasurement) -> Self {
        Self {
            sensor_id: measurement.sensor_id,
            quantity: measurement.quantity.into(),
            sensor_number: measurement.sensor_number,
            value: measurement.value,
            surface: measurement.surface.into(),
        }
    }
}

impl From<wire::WeatherMeasurement> for WeatherMeasurement {
    fn from(measurement: wire::WeatherMeasurement) -> Self {
        Self {
            quantity: measurement.quantity(),
            surface: measurement.surface(),
            sensor_id: measurement.sensor_id,
            sensor_number: measurement.sensor_number,
            value: measurement.value,
        }
    }
}

impl From<&WeatherStation> for wire::WeatherStation {
    fn from(station: &WeatherStation) -> Self {
        Self {
            name: string(station.name.as_ref()),
            position: station.position.map(Into::into),
            collection_status: station.collection_status.into(),
            state: string(station.state.as_ref()),
        }
    }
}

impl TryFrom<wire::WeatherStation> for WeatherStation {
    type Error = PositionError;

    fn try_from(station: wire::WeatherStation) -> Result<Self, PositionError> {
        Ok(Self {
            collection_status: station.collection_status(),
            name: short(station.name),
            position: station.position.map(TryInto::try_into).transpose()?,
            state: short(station.state),
        })
    }
}
