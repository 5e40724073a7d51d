//! What streets emit, window by window, as grams an hour of the main pollutants: derived, as the
//! states of the streets are.

use events::wire::{
    Delta, Emission, EmissionRate, EmissionWindow, Pollutant, delta::Change, object::Object,
};

use super::street::{clear, figure, name};
use crate::Kind;
use crate::column::{Column, Packing, Slot, shown, words};
use crate::geo;
use crate::table::Spec;

fn emission(delta: &mut Delta) -> Option<&Emission> {
    match delta.change.as_ref()? {
        Change::Updated(object) => match object.object.as_ref()? {
            Object::Emission(emission) => Some(emission),
            _ => None,
        },
        Change::Removed(_) => None,
    }
}

/// When the window of a change ended.
pub(super) fn end_ms(delta: &mut Delta) -> Option<i64> {
    emission(delta).map(|emission| emission.event_time_ms)
}

fn five(delta: &mut Delta) -> Option<&EmissionWindow> {
    emission(delta)?.five_minutes.as_ref().filter(|window| window.duration_s > 0)
}

fn rate(delta: &mut Delta, pollutant: Pollutant) -> Option<&EmissionRate> {
    five(delta)?.rates.iter().find(|rate| rate.pollutant() == pollutant)
}

/// Links by window of five minutes. Geometry and name are in their states.
pub(super) static LINK_EMISSION: Spec<Delta> = Spec {
    kind: Kind::LinkEmission,
    columns: &[LINK, RATES],
    order: Some(("link", "window_end")),
    make: |_| {},
    is_bare: |_| false,
    tidy: clear,
};

/// Areas by window of five minutes.
pub(super) static AREA_EMISSION: Spec<Delta> = Spec {
    kind: Kind::AreaEmission,
    columns: &[AREA, RATES],
    order: Some(("area", "window_end")),
    make: |_| {},
    is_bare: |_| false,
    tidy: clear,
};

static LINK: &[Column<Delta>] = &[
    shown!("sequence", Int64, Delta, |delta| Some(delta.sequence as i64)),
    shown!("link", Text, Dictionary, |delta| Some(emission(delta)?.id.clone())),
    shown!("window_end", Time, Delta, |delta| Some(emission(delta)?.event_time_ms)),
];

static AREA: &[Column<Delta>] = &[
    shown!("sequence", Int64, Delta, |delta| Some(delta.sequence as i64)),
    shown!("area", Text, Dictionary, |delta| Some(emission(delta)?.id.clone())),
    shown!("window_end", Time, Delta, |delta| Some(emission(delta)?.event_time_ms)),
    name!("kind_of_area", AreaKind, "AREA_KIND_", |delta| emission(delta)?.kind),
    shown!("name", Text, Dictionary, |delta| Some(emission(delta)?.name.clone())),
    shown!("geometry", Bytes, Plain, |delta| geo::ring_wkb(&emission(delta)?.line)),
    Column {
        name: "bbox",
        packing: Packing::Plain,
        slot: Slot::Bounds(|delta| geo::ring_bounds(&emission(delta)?.line)),
    },
];

/// Columns of both.
static RATES: &[Column<Delta>] = &[
    shown!("factor_set", Text, Dictionary, |delta| Some(emission(delta)?.factor_set.clone())),
    figure!("known_street_km", |delta| Some(emission(delta)?.known_street_km)),
    figure!("vehicle_km", |delta| Some(five(delta)?.vehicle_km)),
    figure!("transit_vehicle_km", |delta| Some(five(delta)?.transit_vehicle_km)),
    figure!("transit_co2_g_h", |delta| Some(five(delta)?.transit_co2_g_h)),
    figure!("energy_mj_h", |delta| Some(rate(delta, Pollutant::Energy)?.value)),
    figure!("co2_fossil_g_h", |delta| Some(rate(delta, Pollutant::Co2Fossil)?.value)),
    figure!("co2_fossil_low_g_h", |delta| {
        Some(f64::from(rate(delta, Pollutant::Co2Fossil)?.low))
    }),
    figure!("co2_fossil_high_g_h", |delta| {
        Some(f64::from(rate(delta, Pollutant::Co2Fossil)?.high))
    }),
    figure!("co2_fossil_excess_g_h", |delta| {
        Some(f64::from(rate(delta, Pollutant::Co2Fossil)?.excess))
    }),
    figure!("co2_fossil_excess_low_g_h", |delta| {
        Some(f64::from(rate(delta, Pollutant::Co2Fossil)?.excess_low))
    }),
    figure!("co2_fossil_excess_high_g_h", |delta| {
        Some(f64::from(rate(delta, Pollutant::Co2Fossil)?.excess_high))
    }),
    figure!("co2_biogenic_g_h", |delta| Some(rate(delta, Pollutant::Co2Biogenic)?.value)),
    figure!("nox_g_h", |delta| Some(rate(delta, Pollutant::Nox)?.value)),
    figure!("pm_exhaust_g_h", |delta| Some(rate(delta, Pollutant::PmExhaust)?.value)),
    figure!("noise_level_db", |delta| {
        Some(emission(delta)?.noise.as_ref()?.level_db.as_ref()?.value)
    }),
];
