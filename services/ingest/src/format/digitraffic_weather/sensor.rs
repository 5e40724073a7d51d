//! The sensors of road weather stations that the picture wants, their units and codes.

use events::{RoadSurface, WeatherQuantity};

use crate::format::Reject;
use crate::format::digitraffic::{self, Unit};

/// One sensor.
#[derive(Debug)]
pub(super) struct Sensor {
    /// Over MQTT the only mark; over REST a check of the name. None where it is not published.
    pub(super) id: Option<u32>,
    pub(super) name: &'static str,
    pub(super) quantity: WeatherQuantity,
    /// Which of the station's sensors of that quantity.
    pub(super) number: u32,
}

/// The largest code of what lies on a road.
pub(super) const CODE_MAX: f64 = 9.0;

/// What a code says of the road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Known(RoadSurface),
    /// The sensor says that it is faulty.
    Fault,
    Unknown,
}

impl Surface {
    /// The publisher's codes of `KELI_1` and its like, see the sensor value descriptions in the
    /// register: 1 dry, 2 moist, 3 wet, 4 wet and salty, 5 frost, 6 snow, 7 ice, 8 probably moist
    /// and salty, 9 slushy.
    pub(super) fn of_code(code: f64) -> Self {
        const CODES: [Option<RoadSurface>; 10] = [
            None,
            Some(RoadSurface::Dry),
            Some(RoadSurface::Moist),
            Some(RoadSurface::Wet),
            Some(RoadSurface::Wet),
            Some(RoadSurface::Frost),
            Some(RoadSurface::Snow),
            Some(RoadSurface::Ice),
            Some(RoadSurface::Moist),
            Some(RoadSurface::Slush),
        ];
        if code.fract() != 0.0 {
            return Self::Unknown;
        }
        match CODES.get(code as usize) {
            Some(Some(surface)) => Self::Known(*surface),
            Some(None) => Self::Fault,
            None => Self::Unknown,
        }
    }
}

impl Sensor {
    /// The sensor of a name, in today's spelling or the older one without umlauts.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SENSORS.iter().find(|sensor| sensor.name == name)
    }

    /// The sensor of an id.
    pub(super) fn with_id(id: u32) -> Option<&'static Self> {
        SENSORS.iter().find(|sensor| sensor.id == Some(id))
    }

    /// Whether the value can be in this unit. A code has none.
    pub(super) fn unit(&self, given: Option<&str>, field: &str) -> Result<Unit, Reject> {
        let own: &[&str] = match self.quantity {
            WeatherQuantity::AirTemperatureC | WeatherQuantity::RoadTemperatureC => &["°C", "C"],
            WeatherQuantity::PrecipitationMmH => &["mm/h"],
            WeatherQuantity::WaterMm | WeatherQuantity::SnowMm | WeatherQuantity::IceMm => &["mm"],
            WeatherQuantity::RoadSurface | WeatherQuantity::Unspecified => &[],
        };
        digitraffic::unit(given, own, own.is_empty(), field)
    }
}

const fn sensor(
    id: Option<u32>,
    name: &'static str,
    quantity: WeatherQuantity,
    number: u32,
) -> Sensor {
    Sensor { id, name, quantity, number }
}

/// ILMA = air, TIE = road, KELI = what lies on the road, SADE = rain, VEDEN, LUMEN and JÄÄN MÄÄRÄ =
/// amount of water, snow and ice, which optical sensors give as a depth of water.
#[rustfmt::skip]
const SENSORS: [Sensor; 19] = {
    use WeatherQuantity::{
        AirTemperatureC, IceMm, PrecipitationMmH, RoadSurface, RoadTemperatureC, SnowMm, WaterMm,
    };
    [
        sensor(Some(1), "ILMA", AirTemperatureC, 1),
        sensor(Some(3), "TIE_1", RoadTemperatureC, 1),
        sensor(Some(5), "TIE_2", RoadTemperatureC, 2),
        sensor(Some(95), "TIE_3", RoadTemperatureC, 3),
        sensor(Some(105), "TIE_4", RoadTemperatureC, 4),
        sensor(Some(27), "KELI_1", RoadSurface, 1),
        sensor(Some(28), "KELI_2", RoadSurface, 2),
        sensor(Some(99), "KELI_3", RoadSurface, 3),
        sensor(Some(109), "KELI_4", RoadSurface, 4),
        sensor(Some(23), "SADE_INTENSITEETTI", PrecipitationMmH, 1),
        sensor(None, "VEDEN_MÄÄRÄ1", WaterMm, 1),
        sensor(None, "VEDEN_MÄÄRÄ2", WaterMm, 2),
        sensor(Some(126), "VEDEN_MAARA3", WaterMm, 3),
        sensor(None, "LUMEN_MÄÄRÄ1", SnowMm, 1),
        sensor(None, "LUMEN_MÄÄRÄ2", SnowMm, 2),
        sensor(Some(127), "LUMEN_MAARA3", SnowMm, 3),
        sensor(None, "JÄÄN_MÄÄRÄ1", IceMm, 1),
        sensor(None, "JÄÄN_MÄÄRÄ2", IceMm, 2),
        sensor(Some(128), "JAAN_MAARA3", IceMm, 3),
    ]
};
