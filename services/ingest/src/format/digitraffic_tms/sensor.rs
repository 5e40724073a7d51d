//! The published sensors of a station, and the units that their values come in.

use events::{MeasurementWindow, Quantity};

use crate::format::Reject;
use crate::format::digitraffic::{self, Unit};

/// One published sensor.
#[derive(Debug)]
pub(super) struct Sensor {
    /// Over MQTT the only mark; over REST a check of the name, as old documentation swaps ids.
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) quantity: Quantity,
    pub(super) direction: u32,
    pub(super) window: MeasurementWindow,
}

impl Sensor {
    /// The sensor of a name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SENSORS.iter().find(|sensor| sensor.name == name)
    }

    /// The sensor of an id.
    pub(super) fn with_id(id: u32) -> Option<&'static Self> {
        SENSORS.iter().find(|sensor| sensor.id == id)
    }

    /// Whether the value can be in this unit. Percent sensors are published with a placeholder as
    /// often as with their unit.
    pub(super) fn unit(&self, given: Option<&str>, field: &str) -> Result<Unit, Reject> {
        let (own, percent) = match self.quantity {
            Quantity::SpeedKmH => ("km/h", false),
            Quantity::FlowVehH => ("kpl/h", false),
            _ => ("%", true),
        };
        digitraffic::unit(given, &[own], percent, field)
    }

    /// Largest value that can be; above is a broken device, not traffic.
    pub(super) fn value_max(&self) -> f64 {
        match self.quantity {
            Quantity::SpeedKmH => 300.0,
            Quantity::FlowVehH => 20_000.0,
            _ => 1_000.0,
        }
    }
}

const fn sensor(
    id: u32,
    name: &'static str,
    quantity: Quantity,
    direction: u32,
    window: MeasurementWindow,
) -> Sensor {
    Sensor { id, name, quantity, direction, window }
}

/// KESKINOPEUS = mean speed, OHITUKSET = passes, LIUKUVA = rolling, KIINTEA = fixed,
/// VVAPAAS = of free-flow speed, MS = of the maximum flow.
#[rustfmt::skip]
const SENSORS: [Sensor; 18] = {
    use MeasurementWindow::{Fixed5Min, Fixed60Min, Rolling5Min};
    use Quantity::{
        FlowSharePercent as FlowShare, FlowVehH, SpeedKmH, SpeedSharePercent as SpeedShare,
    };
    [
        sensor(5054, "OHITUKSET_60MIN_KIINTEA_SUUNTA1", FlowVehH, 1, Fixed60Min),
        sensor(5055, "OHITUKSET_60MIN_KIINTEA_SUUNTA2", FlowVehH, 2, Fixed60Min),
        sensor(5056, "KESKINOPEUS_60MIN_KIINTEA_SUUNTA1", SpeedKmH, 1, Fixed60Min),
        sensor(5057, "KESKINOPEUS_60MIN_KIINTEA_SUUNTA2", SpeedKmH, 2, Fixed60Min),
        sensor(5058, "KESKINOPEUS_5MIN_KIINTEA_SUUNTA1_VVAPAAS1", SpeedShare, 1, Fixed5Min),
        sensor(5061, "KESKINOPEUS_5MIN_KIINTEA_SUUNTA2_VVAPAAS2", SpeedShare, 2, Fixed5Min),
        sensor(5064, "OHITUKSET_5MIN_KIINTEA_SUUNTA1_MS1", FlowShare, 1, Fixed5Min),
        sensor(5067, "OHITUKSET_60MIN_KIINTEA_SUUNTA1_MS1", FlowShare, 1, Fixed60Min),
        sensor(5068, "OHITUKSET_5MIN_KIINTEA_SUUNTA2_MS2", FlowShare, 2, Fixed5Min),
        sensor(5071, "OHITUKSET_60MIN_KIINTEA_SUUNTA2_MS2", FlowShare, 2, Fixed60Min),
        sensor(5116, "OHITUKSET_5MIN_LIUKUVA_SUUNTA1", FlowVehH, 1, Rolling5Min),
        sensor(5119, "OHITUKSET_5MIN_LIUKUVA_SUUNTA2", FlowVehH, 2, Rolling5Min),
        sensor(5122, "KESKINOPEUS_5MIN_LIUKUVA_SUUNTA1", SpeedKmH, 1, Rolling5Min),
        sensor(5125, "KESKINOPEUS_5MIN_LIUKUVA_SUUNTA2", SpeedKmH, 2, Rolling5Min),
        sensor(5158, "KESKINOPEUS_5MIN_LIUKUVA_SUUNTA1_VVAPAAS1", SpeedShare, 1, Rolling5Min),
        sensor(5161, "KESKINOPEUS_5MIN_LIUKUVA_SUUNTA2_VVAPAAS2", SpeedShare, 2, Rolling5Min),
        sensor(5164, "OHITUKSET_5MIN_LIUKUVA_SUUNTA1_MS1", FlowShare, 1, Rolling5Min),
        sensor(5168, "OHITUKSET_5MIN_LIUKUVA_SUUNTA2_MS2", FlowShare, 2, Rolling5Min),
    ]
};
