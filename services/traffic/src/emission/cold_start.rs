//! Engines and catalysts that are not yet warm.
//!
//! EMEP/EEA guidebook 2019, 1.A.3.b.i-iv, 3.4.2: `E_cold = β bc N M e_hot (Q - 1)`, where β is the
//! share of distance that is driven cold, `Q = eCold/eHot`, and bc reduces β for later catalysts.
//! A live link does not know which of its vehicles are cold, so its hot rate is multiplied by
//! `1 + w β bc (Q - 1)`, w being [`RoadKind::cold_weight`](super::RoadKind::cold_weight).
//!
//! # Which figures
//!
//! Petrol: the quotients of Euro 1 with 1.4 to 2.0 l, and bc of Euro 2, 3 and 4 and later. Diesel:
//! CO 1.9 - 0.03 T, NOx 1.3 - 0.013 T, VOC 3.1 - 0.09 T, PM 3.1 - 0.1 T, fuel 1.34 - 0.008 T, with bc of
//! 1.23 (Euro 5) and 0.43 (Euro 6) for NOx and 0.05 for PM behind a filter. These were compared with a
//! second public implementation of the guidebook and agree; a table that goes round with petrol
//! equations in the diesel rows, a fuel slope of -0.1 and a PM slope of -0.008 was not used. The
//! quotients are stated from -20 °C (petrol) and -10 °C (diesel); here they go on linearly to -30 °C.
//! The guidebook has none for heavy vehicles.

use super::{ColdGroup, Pollutant};

/// Range of speeds of the quotients, km/h.
const SPEED_KM_H: [f64; 2] = [5.0, 45.0];

/// The petrol formulas change at 25 km/h with a step; here they pass into each other between.
const BLEND_KM_H: [f64; 2] = [20.0, 30.0];

/// Share of distance driven with a cold engine: `0.6474 - 0.02545 l - (0.00974 - 0.000385 l) T`,
/// within 0 to 1, for a mean trip of l km and T °C.
///
/// ```
/// use traffic::emission::beta;
/// assert!((beta(12.4, 0.0) - 0.33182).abs() < 1e-9);
/// assert!((beta(12.4, -10.0) - 0.38148).abs() < 1e-9);
/// assert_eq!(beta(50.0, 0.0), 0.0);
/// ```
pub fn beta(mean_trip_km: f64, temperature_c: f64) -> f64 {
    let per_c = 0.00974 - 0.000_385 * mean_trip_km;
    (0.6474 - 0.02545 * mean_trip_km - per_c * temperature_c).clamp(0.0, 1.0)
}

/// eCold/eHot, at least 1, and the reduction bc of β for the class's Euro stage. Pollutants without
/// a quotient have 1.
///
/// ```
/// use traffic::emission::{ColdGroup, Pollutant, cold_quotient};
/// let (quotient, reduction) = cold_quotient(ColdGroup::Petrol1, Pollutant::Co, 20.0, 0.0);
/// assert!((quotient - 6.186).abs() < 1e-9 && reduction == 1.0);
/// let (quotient, reduction) = cold_quotient(ColdGroup::Petrol4, Pollutant::Energy, 20.0, -10.0);
/// assert!((quotient - 1.56).abs() < 1e-9 && reduction == 1.0);
/// assert_eq!(cold_quotient(ColdGroup::Diesel6, Pollutant::Nox, 20.0, 0.0), (1.3, 0.43));
/// assert_eq!(cold_quotient(ColdGroup::None, Pollutant::Nox, 20.0, 0.0), (1.0, 1.0));
/// ```
pub fn cold_quotient(
    group: ColdGroup,
    pollutant: Pollutant,
    speed_km_h: f64,
    temperature_c: f64,
) -> (f64, f64) {
    let speed = speed_km_h.clamp(SPEED_KM_H[0], SPEED_KM_H[1]);
    let t = temperature_c;
    let reductions = match group {
        ColdGroup::None => return (1.0, 1.0),
        ColdGroup::Diesel4 | ColdGroup::Diesel5 | ColdGroup::Diesel6 => {
            let quotient: f64 = match pollutant {
                Pollutant::Energy => 1.34 - 0.008 * t,
                Pollutant::Co => 1.9 - 0.03 * t,
                Pollutant::Nox => 1.3 - 0.013 * t,
                Pollutant::Nmhc => 3.1 - 0.09 * t,
                Pollutant::PmExhaust => 3.1 - 0.1 * t,
                _ => 1.0,
            };
            let reduction = match (group, pollutant) {
                (ColdGroup::Diesel5, Pollutant::Nox) => 1.23,
                (ColdGroup::Diesel6, Pollutant::Nox) => 0.43,
                (ColdGroup::Diesel5 | ColdGroup::Diesel6, Pollutant::PmExhaust) => 0.05,
                _ => 1.0,
            };
            return (quotient.max(1.0), reduction);
        }
        // Before catalysts: CO 3.7 - 0.09 T, NOx 1.14 - 0.006 T, VOC 2.8 - 0.06 T, fuel as below.
        ColdGroup::Petrol0 => {
            let quotient: f64 = match pollutant {
                Pollutant::Energy => 1.47 - 0.009 * t,
                Pollutant::Co => 3.7 - 0.09 * t,
                Pollutant::Nox => 1.14 - 0.006 * t,
                Pollutant::Nmhc => 2.8 - 0.06 * t,
                _ => 1.0,
            };
            return (quotient.max(1.0), 1.0);
        }
        ColdGroup::Petrol1 => [1.0, 1.0, 1.0],
        ColdGroup::Petrol2 => [0.72, 0.72, 0.56],
        ColdGroup::Petrol3 => [0.62, 0.32, 0.32],
        ColdGroup::Petrol4 => [0.18, 0.18, 0.18],
    };
    let (quotient, reduction) = match pollutant {
        Pollutant::Energy => (1.47 - 0.009 * t, 1.0),
        Pollutant::Co if t > 15.0 => (0.0503 * speed - 0.363 * t + 8.604, reductions[0]),
        Pollutant::Co => {
            let slow = |speed: f64| 0.121 * speed - 0.146 * t + 3.766;
            let fast = |speed: f64| 0.299 * speed - 0.286 * t - 0.58;
            (blend(speed, slow, fast), reductions[0])
        }
        Pollutant::Nox => {
            let slow = |speed: f64| 0.0458 * speed + 0.007_47 * t + 0.764;
            let fast = |speed: f64| 0.0484 * speed + 0.0228 * t + 0.685;
            (blend(speed, slow, fast), reductions[1])
        }
        Pollutant::Nmhc if t > 15.0 => (0.0476 * speed - 0.477 * t + 13.44, reductions[2]),
        Pollutant::Nmhc => {
            let slow = |speed: f64| 0.157 * speed - 0.207 * t + 7.009;
            let fast = |speed: f64| 0.282 * speed - 0.338 * t + 4.098;
            (blend(speed, slow, fast), reductions[2])
        }
        _ => (1.0, 1.0),
    };
    (quotient.max(1.0), reduction)
}

/// One formula below the range of blending, the other above, both in part within.
fn blend(speed: f64, slow: impl Fn(f64) -> f64, fast: impl Fn(f64) -> f64) -> f64 {
    let share = ((speed - BLEND_KM_H[0]) / (BLEND_KM_H[1] - BLEND_KM_H[0])).clamp(0.0, 1.0);
    (1.0 - share) * slow(speed) + share * fast(speed)
}

/// Factor on a hot rate for the vehicles that are cold: 1 or more.
///
/// ```
/// use traffic::emission::{ColdGroup, Pollutant, cold_factor};
/// // A frosty morning costs a car on a street a quarter more petrol.
/// let factor = cold_factor(ColdGroup::Petrol4, Pollutant::Energy, 20.0, -10.0, 12.4, 1.2);
/// assert!((factor - 1.2564).abs() < 1e-3);
/// ```
pub fn cold_factor(
    group: ColdGroup,
    pollutant: Pollutant,
    speed_km_h: f64,
    temperature_c: f64,
    mean_trip_km: f64,
    weight: f64,
) -> f64 {
    let (quotient, reduction) = cold_quotient(group, pollutant, speed_km_h, temperature_c);
    let share = (weight * beta(mean_trip_km, temperature_c)).min(1.0);
    1.0 + share * reduction * (quotient - 1.0)
}
