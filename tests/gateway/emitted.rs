//! What a link or an area emits, with everything that this can say.

use events::Position;
use events::wire::{AreaKind, EmissionPeriod, Pollutant, WeatherSource};
use picture::{
    Emission, EmissionAlternative, EmissionAmount, EmissionBasis, EmissionRate, EmissionShare,
    EmissionTotal, EmissionWeather, EmissionWindow, Estimate, Noise, Object,
};

use super::support::NOW_MS;

const EMITTED: [Pollutant; 3] = [Pollutant::Energy, Pollutant::Co2Fossil, Pollutant::Nox];

/// What is emitted in a window, and everything that this can say.
fn emission_window(duration_s: u32) -> EmissionWindow {
    let rates = EMITTED.map(|pollutant| EmissionRate {
        pollutant,
        value: 3_210.5,
        low: 2_500.0,
        high: 4_100.0,
        excess: -12.5,
        excess_low: -40.5,
        excess_high: 15.5,
    });
    EmissionWindow {
        duration_s,
        end_time_ms: NOW_MS - 30_000,
        vehicle_km: 12.5,
        transit_vehicle_km: 1.5,
        transit_passenger_km: Some(22.5),
        transit_co2_g_h: 900.0,
        transit_co2_g_passenger_km: Some(38.5),
        transit_co2_low_g_h: 700.0,
        transit_co2_high_g_h: 1_150.0,
        transit_co2_low_g_passenger_km: Some(30.0),
        transit_co2_high_g_passenger_km: Some(49.25),
        rates: rates.into(),
    }
}

/// What a link emits, or with a kind an area, and everything that this can say.
pub(crate) fn emission(id: &str, kind: Option<AreaKind>, line: &[Position]) -> Object {
    let amounts = EMITTED.map(|pollutant| EmissionAmount {
        pollutant,
        value: 53.5,
        low: 41.0,
        high: 68.5,
        excess: 4.5,
        excess_low: 1.5,
        excess_high: 7.5,
    });
    let total = |period, complete| EmissionTotal {
        period,
        start_time_ms: NOW_MS - 3_600_000,
        end_time_ms: NOW_MS - 60_000,
        complete,
        windows: 11,
        vehicle_km: 140.0,
        amounts: amounts.into(),
    };
    let share = EmissionShare {
        group: "car_diesel".into(),
        vehicle_km: 0.25,
        co2: 0.25,
        nox: 0.5,
        pm: 0.125,
    };
    let weather = EmissionWeather {
        temperature_c: -5.0,
        temperature_source: WeatherSource::Measured,
        road_state: "dry".into(),
        road_source: WeatherSource::Usual,
        temperature_stations: 3,
        road_stations: 0,
    };
    let basis = EmissionBasis {
        speed_km_h: 21.5,
        stopped_share: 0.25,
        flow_veh_h: 610.0,
        weather: weather.clone(),
        gradient_percent: 0.0,
        gradient_known: true,
        studded_share: 0.75,
        mix: "Finland 2025 main".into(),
        sampling_percent: 20.5,
        mix_percent: 4.0,
        factor_percent: 10.0,
        shares: vec![share].into(),
    };
    let totals = [EmissionPeriod::Hour, EmissionPeriod::Day, EmissionPeriod::Week];
    let totals = totals.into_iter().flat_map(|period| [total(period, false), total(period, true)]);
    Object::Emission(Emission {
        id: id.into(),
        event_time_ms: NOW_MS - 30_000,
        kind,
        name: "Mannerheimintie".into(),
        factor_set: "set 1".into(),
        known_street_km: 0.125,
        street_km: 0.125,
        minute: emission_window(60),
        five_minutes: emission_window(300),
        noise: Some(Noise {
            level_db: Estimate { value: 81.5, low: 79.0, high: 84.0 },
            octave_db: [60.5, 65.0, 70.0, 75.0, 80.0, 75.0, 70.0, 65.0],
        }),
        signal_excess_co2_g_h: 100.0,
        signal_excess_co2_low_g_h: 60.0,
        signal_excess_co2_high_g_h: 140.0,
        queue_excess_co2_g_h: 50.0,
        queue_excess_co2_low_g_h: -10.0,
        queue_excess_co2_high_g_h: 110.0,
        totals: if kind.is_some() { totals.collect() } else { Vec::new() },
        alternatives: vec![EmissionAlternative {
            factor_set: "other 2".into(),
            co2_g_h: 3_000.0,
            co2_low_g_h: 2_000.0,
            co2_high_g_h: 4_100.0,
            nox_g_h: 5.5,
            nox_low_g_h: 2.5,
            nox_high_g_h: 9.25,
            pm_exhaust_g_h: 0.25,
            pm_exhaust_low_g_h: 0.0,
            pm_exhaust_high_g_h: 0.75,
        }],
        basis: kind.is_none().then(|| Box::new(basis)),
        weather: kind.is_some().then(|| Box::new(weather)),
        line: line.into(),
    })
}
