//! Objects of what traffic emits; see `proto/tilanne/v1/emission.proto` for each field.

use std::sync::Arc;

use events::wire::{AreaKind, EmissionMethod, EmissionPeriod, Pollutant, WeatherSource};
use events::{Position, Text};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::street::Estimate;

/// One pollutant now, grams an hour; of energy megajoules, of particle numbers 1e12.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionRate {
    #[serde(skip)]
    pub pollutant: Pollutant,
    pub value: f64,
    pub low: f32,
    pub high: f32,
    pub excess: f32,
    pub excess_low: f32,
    pub excess_high: f32,
}

/// One pollutant in all, in grams; of energy in megajoules, of particle numbers in 1e12.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionAmount {
    #[serde(skip)]
    pub pollutant: Pollutant,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub excess: f64,
    pub excess_low: f64,
    pub excess_high: f64,
}

/// Emission in one window of event time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionWindow {
    pub duration_s: u32,
    pub end_time_ms: i64,
    pub vehicle_km: f64,
    pub transit_vehicle_km: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_passenger_km: Option<f64>,
    pub transit_co2_g_h: f64,
    pub transit_co2_low_g_h: f32,
    pub transit_co2_high_g_h: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_co2_g_passenger_km: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_co2_low_g_passenger_km: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit_co2_high_g_passenger_km: Option<f32>,
    /// By pollutant, those that are nothing left out. In JSON an object by the pollutants' names.
    #[serde(serialize_with = "rates_by_name")]
    pub rates: Box<[EmissionRate]>,
}

impl EmissionWindow {
    /// Grams an hour of a pollutant (of energy megajoules, of particle numbers 1e12).
    pub fn rate(&self, pollutant: Pollutant) -> f64 {
        self.rates.iter().find(|rate| rate.pollutant == pollutant).map_or(0.0, |rate| rate.value)
    }
}

/// Sound power of traffic, CNOSSOS-EU: of a link per metre, of an area in all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Noise {
    pub level_db: Estimate,
    pub octave_db: [f32; 8],
}

/// What was emitted in an hour, a day or a week of local time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionTotal {
    pub period: EmissionPeriod,
    pub start_time_ms: i64,
    pub end_time_ms: i64,
    pub complete: bool,
    pub windows: u32,
    pub vehicle_km: f64,
    /// By pollutant, as [`EmissionWindow::rates`].
    #[serde(serialize_with = "amounts_by_name")]
    pub amounts: Box<[EmissionAmount]>,
}

/// What a group of vehicles has to do with it; shares are 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionShare {
    pub group: Text,
    pub vehicle_km: f64,
    pub co2: f64,
    pub nox: f64,
    pub pm: f64,
}

/// The weather that emissions of an area were computed with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionWeather {
    pub temperature_c: f64,
    pub temperature_source: WeatherSource,
    pub road_state: Text,
    pub road_source: WeatherSource,
    pub temperature_stations: u32,
    pub road_stations: u32,
}

/// What the emission of a link was computed from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionBasis {
    pub speed_km_h: f64,
    pub stopped_share: f64,
    pub flow_veh_h: f64,
    /// Weather of the region.
    #[serde(flatten)]
    pub weather: EmissionWeather,
    pub gradient_percent: f64,
    pub gradient_known: bool,
    pub studded_share: f64,
    pub mix: Text,
    pub sampling_percent: f64,
    pub mix_percent: f64,
    pub factor_percent: f64,
    /// Shared by links of one mix.
    pub shares: Arc<[EmissionShare]>,
}

/// The same with another factor set.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct EmissionAlternative {
    pub factor_set: Text,
    pub co2_g_h: f64,
    pub co2_low_g_h: f64,
    pub co2_high_g_h: f64,
    pub nox_g_h: f64,
    pub nox_low_g_h: f64,
    pub nox_high_g_h: f64,
    pub pm_exhaust_g_h: f64,
    pub pm_exhaust_low_g_h: f64,
    pub pm_exhaust_high_g_h: f64,
}

/// What the traffic on a link or in an area emits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Emission {
    /// Of the link or the area.
    pub id: Text,
    pub event_time_ms: i64,
    /// Of an area; none of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<AreaKind>,
    pub name: Text,
    pub factor_set: Text,
    pub known_street_km: f64,
    pub street_km: f64,
    pub minute: EmissionWindow,
    pub five_minutes: EmissionWindow,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    pub signal_excess_co2_g_h: f64,
    pub signal_excess_co2_low_g_h: f64,
    pub signal_excess_co2_high_g_h: f64,
    pub queue_excess_co2_g_h: f64,
    pub queue_excess_co2_low_g_h: f64,
    pub queue_excess_co2_high_g_h: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<EmissionTotal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<EmissionAlternative>,
    /// Not in JSON: whoever wants to know asks for the explanation of a link.
    #[serde(skip)]
    pub basis: Option<Box<EmissionBasis>>,
    /// Of areas but cells; of a link it is in the basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weather: Option<Box<EmissionWeather>>,
    /// Line of the link or boundary of the area. Shared by all versions.
    pub line: Arc<[Position]>,
}

/// What one vehicle emits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct VehicleEmission {
    pub event_time_ms: i64,
    pub vehicle_class: Text,
    pub method: EmissionMethod,
    pub power_kw: f64,
    pub power_low_kw: f32,
    pub power_high_kw: f32,
    pub co2_g_s: f64,
    pub co2_low_g_s: f32,
    pub co2_high_g_s: f32,
    pub distance_km: f64,
    pub energy_mj: f64,
    pub energy_low_mj: f32,
    pub energy_high_mj: f32,
    pub co2_g: f64,
    pub co2_low_g: f32,
    pub co2_high_g: f32,
    pub nox_g: f64,
    pub nox_low_g: f32,
    pub nox_high_g: f32,
    pub pm_g: f64,
    pub pm_low_g: f32,
    pub pm_high_g: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub co2_g_passenger_km: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub co2_low_g_passenger_km: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub co2_high_g_passenger_km: Option<f32>,
}

fn rates_by_name<S: Serializer>(rates: &[EmissionRate], to: S) -> Result<S::Ok, S::Error> {
    by_name(rates.iter().map(|rate| (rate.pollutant, rate)), to)
}

fn amounts_by_name<S: Serializer>(amounts: &[EmissionAmount], to: S) -> Result<S::Ok, S::Error> {
    by_name(amounts.iter().map(|amount| (amount.pollutant, amount)), to)
}

fn by_name<S: Serializer, T: Serialize>(
    of: impl ExactSizeIterator<Item = (Pollutant, T)>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(of.len()))?;
    for (pollutant, value) in of {
        map.serialize_entry(&pollutant, &value)?;
    }
    map.end()
}
