//! What traffic emits, as it is in JSON.

#![allow(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use events::wire;
use utoipa::ToSchema;

use super::names;
use super::object::Position;
use super::street::Estimate;
use super::weather::EmissionWeather;

/// One pollutant now, grams an hour; of energy megajoules, of particle numbers 1e12.
#[derive(ToSchema)]
pub(crate) struct EmissionRate {
    /// Most likely value.
    value: f64,
    /// Lower end of the interval that holds the truth in nine of ten cases, as far as it is known.
    low: f64,
    /// Upper end.
    high: f64,
    /// Now minus the same traffic at free flow; below 0 where congestion saves.
    excess: f64,
    /// Lower end of the interval of the excess.
    excess_low: f64,
    /// Upper end.
    excess_high: f64,
}

/// One pollutant in all, grams; of energy megajoules, of particle numbers 1e12.
#[derive(ToSchema)]
pub(crate) struct EmissionAmount {
    /// Most likely value.
    value: f64,
    /// Lower end of the interval that holds the truth in nine of ten cases, as far as it is known.
    low: f64,
    /// Upper end.
    high: f64,
    /// Minus the same traffic at free flow.
    excess: f64,
    /// Lower end of the interval of the excess.
    excess_low: f64,
    /// Upper end.
    excess_high: f64,
}

/// Emission in one window of event time.
#[derive(ToSchema)]
pub(crate) struct EmissionWindow {
    /// 60 or 300; 0 before the first window is over.
    duration_s: u32,
    /// End of the window.
    end_time_ms: i64,
    /// Driven in the window.
    vehicle_km: f64,
    /// Of them by vehicles known one by one: public transport.
    transit_vehicle_km: f64,
    /// Carried by those of them that say how full they are.
    #[schema(required = false)]
    transit_passenger_km: Option<f64>,
    /// CO2 of these vehicles from the tailpipe, fossil and biogenic.
    transit_co2_g_h: f64,
    /// Lower end of its interval.
    transit_co2_low_g_h: f64,
    /// Upper end of its interval.
    transit_co2_high_g_h: f64,
    /// CO2 per kilometre of a passenger, of those of them that say how full they are.
    #[schema(required = false)]
    transit_co2_g_passenger_km: Option<f64>,
    /// Lower end of its interval.
    #[schema(required = false)]
    transit_co2_low_g_passenger_km: Option<f64>,
    /// Upper end of its interval.
    #[schema(required = false)]
    transit_co2_high_g_passenger_km: Option<f64>,
    /// By pollutant: `energy` (MJ), `co2_fossil`, `co2_biogenic`, `co2_upstream`, `nox`, `no2` (part
    /// of `nox`), `pm_exhaust`, `pn` (1e12), `co`, `nmhc`, `ch4`, `n2o`, `nh3`, and wear: `pm10_tyre`,
    /// `pm10_brake`, `pm10_road`, `pm25_tyre`, `pm25_brake`, `pm25_road`. What is nothing is left out.
    rates: BTreeMap<String, EmissionRate>,
}

/// Sound power of traffic, CNOSSOS-EU: of a link per metre, of an area in all.
#[derive(ToSchema)]
pub(crate) struct Noise {
    /// A-weighted.
    level_db: Estimate,
    /// Octave bands of 63 Hz to 8 kHz, not weighted.
    #[schema(min_items = 8, max_items = 8)]
    octave_db: Vec<f64>,
}

/// What was emitted in an hour, a day or a week of local time.
#[derive(ToSchema)]
pub(crate) struct EmissionTotal {
    /// Which.
    #[schema(schema_with = names::<wire::EmissionPeriod>)]
    period: String,
    /// When it began.
    start_time_ms: i64,
    /// End of the newest window in it.
    end_time_ms: i64,
    /// Whether it is over.
    complete: bool,
    /// Five-minute windows in it, with a state of the streets.
    windows: u32,
    /// Driven.
    vehicle_km: f64,
    /// By pollutant, as `rates`.
    amounts: BTreeMap<String, EmissionAmount>,
}

/// The newest minute with another factor set. Buses and trams are metered by the shown set in each.
/// `low` and `high` hold the truth in nine of ten cases.
#[derive(ToSchema)]
pub(crate) struct EmissionAlternative {
    /// Its name and version.
    factor_set: String,
    /// From the tailpipe, fossil and biogenic.
    co2_g_h: f64,
    co2_low_g_h: f64,
    co2_high_g_h: f64,
    /// As NO2.
    nox_g_h: f64,
    nox_low_g_h: f64,
    nox_high_g_h: f64,
    /// From the tailpipe.
    pm_exhaust_g_h: f64,
    pm_exhaust_low_g_h: f64,
    pm_exhaust_high_g_h: f64,
}

/// What the traffic on a link or in an area emits.
#[derive(ToSchema)]
pub(crate) struct Emission {
    /// Of the link or the area.
    id: String,
    /// End of the newest window.
    event_time_ms: i64,
    /// What the area is; missing of a link.
    #[schema(required = false, schema_with = names::<wire::AreaKind>)]
    kind: Option<String>,
    /// Name to show.
    name: String,
    /// Name and version of the factors.
    factor_set: String,
    /// Length of the streets whose traffic is in it.
    known_street_km: f64,
    /// Length of all its streets, each direction by itself.
    street_km: f64,
    /// One minute.
    minute: EmissionWindow,
    /// Five minutes.
    five_minutes: EmissionWindow,
    /// Missing where nothing drives.
    #[schema(required = false)]
    noise: Option<Noise>,
    /// Of the excess of CO2, what is before signals.
    signal_excess_co2_g_h: f64,
    /// Lower end of its interval.
    signal_excess_co2_low_g_h: f64,
    /// Upper end of its interval.
    signal_excess_co2_high_g_h: f64,
    /// Of the excess of CO2, what is in queues.
    queue_excess_co2_g_h: f64,
    /// Lower end of its interval.
    queue_excess_co2_low_g_h: f64,
    /// Upper end of its interval.
    queue_excess_co2_high_g_h: f64,
    /// Running and last hour, day and week; of areas only.
    #[schema(required = false)]
    totals: Option<Vec<EmissionTotal>>,
    /// The newest minute with other factor sets.
    #[schema(required = false)]
    alternatives: Option<Vec<EmissionAlternative>>,
    /// Weather of the region that it was computed with; of areas but cells.
    #[schema(required = false)]
    weather: Option<EmissionWeather>,
    /// Line of the link or boundary of the area; empty in GeoJSON, where the geometry has it.
    line: Vec<Position>,
}

/// What one vehicle emits.
#[derive(ToSchema)]
pub(crate) struct VehicleEmission {
    /// Time of the fix up to which it is known.
    event_time_ms: i64,
    /// Its class, or the mix that stands for it.
    vehicle_class: String,
    /// How it is known.
    #[schema(schema_with = names::<wire::EmissionMethod>)]
    method: String,
    /// Between the last two fixes, of fuel and battery.
    power_kw: f64,
    /// Lower end of its interval.
    power_low_kw: f64,
    /// Upper end of its interval.
    power_high_kw: f64,
    /// Between the last two fixes, from the tailpipe.
    co2_g_s: f64,
    /// Lower end of its interval.
    co2_low_g_s: f64,
    /// Upper end of its interval.
    co2_high_g_s: f64,
    /// Since it was first seen.
    distance_km: f64,
    /// Since it was first seen, of fuel and battery.
    energy_mj: f64,
    /// Lower end of its interval.
    energy_low_mj: f64,
    /// Upper end of its interval.
    energy_high_mj: f64,
    /// Since it was first seen, from the tailpipe, fossil and biogenic.
    co2_g: f64,
    /// Lower end of its interval.
    co2_low_g: f64,
    /// Upper end of its interval.
    co2_high_g: f64,
    /// Since it was first seen, as NO2.
    nox_g: f64,
    /// Lower end of its interval.
    nox_low_g: f64,
    /// Upper end of its interval.
    nox_high_g: f64,
    /// Since it was first seen, from the tailpipe.
    pm_g: f64,
    /// Lower end of its interval.
    pm_low_g: f64,
    /// Upper end of its interval.
    pm_high_g: f64,
    /// CO2 per kilometre of a passenger; missing where it does not say how full it is.
    #[schema(required = false)]
    co2_g_passenger_km: Option<f64>,
    /// Lower end of its interval.
    #[schema(required = false)]
    co2_low_g_passenger_km: Option<f64>,
    /// Upper end of its interval.
    #[schema(required = false)]
    co2_high_g_passenger_km: Option<f64>,
}

/// What a group of vehicles has to do with the emission of a link; shares are 0 to 1.
#[derive(ToSchema)]
pub(crate) struct EmissionShare {
    /// Such as `car_diesel`.
    group: String,
    /// Of the traffic's vehicle-km.
    vehicle_km: f64,
    /// Of its CO2 from the tailpipe.
    co2: f64,
    /// Of its NOx.
    nox: f64,
    /// Of its exhaust particles.
    pm: f64,
}

/// What the emission of a link was computed from.
#[derive(ToSchema)]
pub(crate) struct EmissionBasis {
    /// Of the cars.
    speed_km_h: f64,
    /// Share of time that traffic of this speed usually stands.
    stopped_share: f64,
    /// Of the cars.
    flow_veh_h: f64,
    /// Of the air: the median of the stations, in steps of one degree.
    temperature_c: f64,
    /// Where that is from: `measured` by stations that were heard of lately, else what is `usual`.
    #[schema(schema_with = names::<wire::WeatherSource>)]
    temperature_source: String,
    /// Stations behind it.
    temperature_stations: u32,
    /// Of the street, upwards, in steps of two; 0 where it is not known.
    gradient_percent: f64,
    /// Whether the height of the ground is known there.
    gradient_known: bool,
    /// Of the cars.
    studded_share: f64,
    /// Such as `dry` or `snow`.
    road_state: String,
    /// Where that is from; the usual road is dry.
    #[schema(schema_with = names::<wire::WeatherSource>)]
    road_source: String,
    /// Stations behind it.
    road_stations: u32,
    /// Name, year and kind of road of the fleet.
    mix: String,
    /// Part of the relative standard deviation of CO2 that comes of flow, speed and which vehicles
    /// there were; differs from link to link.
    sampling_percent: f64,
    /// Part that comes of the mix; the same on all links.
    mix_percent: f64,
    /// Part that comes of the factors; the same on all links.
    factor_percent: f64,
    /// Groups of vehicles, the largest share first.
    shares: Vec<EmissionShare>,
}

/// A link's emission with all that is behind it.
#[derive(ToSchema)]
pub(crate) struct ExplainedEmission {
    /// The values.
    emission: Emission,
    /// What the newest window's were computed from.
    #[schema(required = false)]
    basis: Option<EmissionBasis>,
}
