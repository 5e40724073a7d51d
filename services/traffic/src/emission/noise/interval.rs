//! Bounds of noise where flow, mix and speed are known with bounds.

use super::{
    CATEGORIES, CategoryTraffic, NoiseCategory, NoiseCoefficients, NoiseConditions, NoiseInput,
    NoisePower, OCTAVES, SPEED_KM_H, a_weighted, clamp, level_db, line_noise,
};

/// Speeds tried between the ends of a range; the extremes between them are missed by under 0.05 dB.
const RANGE_STEPS: u32 = 16;

/// What the traffic of one category may be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CategoryRange {
    /// Lowest, likely and highest flow, vehicles an hour.
    pub flow_veh_h: [f64; 3],
    /// Lowest, likely and highest mean speed, km/h.
    pub speed_km_h: [f64; 3],
    /// Share of electric vehicles, 0 to 1.
    pub electric_share: f64,
}

/// A level with its bounds. Flow, mix and speed make them; the method's own error comes on top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseInterval {
    /// Least; nothing where there may be no traffic at all.
    pub low: Option<NoisePower>,
    /// Likely.
    pub mid: NoisePower,
    /// Most.
    pub high: NoisePower,
}

/// Bounds of the sound power of a link's traffic, dB over 1 pW/m. Each category may be anywhere in
/// its ranges of flow and speed, independent of the others. As a line gets louder or quieter with
/// speed (fewer vehicles are on it at once), all speeds of the range are looked at. Levels by band are
/// bounds of that band, the A-weighted one of the whole, so the bands of a bound do not add up to it.
/// Nothing as for [`line_noise`], and for a range whose numbers are not in order.
///
/// ```
/// use traffic::emission::noise::*;
/// let cars = CategoryRange {
///     flow_veh_h: [300.0, 400.0, 500.0],
///     speed_km_h: [30.0, 40.0, 50.0],
///     electric_share: 0.0,
/// };
/// let mut traffic = [CategoryRange { speed_km_h: [40.0; 3], ..CategoryRange::default() }; 5];
/// traffic[0] = cars;
/// let noise = noise_interval(&AMENDED_2021, &traffic, &NoiseConditions::default()).unwrap();
/// assert!(noise.low.unwrap().a_weighted_db < noise.mid.a_weighted_db);
/// assert!(noise.mid.a_weighted_db < noise.high.a_weighted_db);
/// ```
pub fn noise_interval(
    coefficients: &NoiseCoefficients,
    traffic: &[CategoryRange; CATEGORIES],
    conditions: &NoiseConditions,
) -> Option<NoiseInterval> {
    let mid = traffic.map(|range| CategoryTraffic {
        flow_veh_h: range.flow_veh_h[1],
        speed_km_h: range.speed_km_h[1],
        electric_share: range.electric_share,
    });
    let mid = line_noise(coefficients, &NoiseInput { traffic: mid, conditions: *conditions })?;
    let mut clamped = 0;
    let conditions = conditions.checked(&mut clamped)?;
    // Bands, then the A-weighted sum.
    let (mut least, mut most) = ([0.0; OCTAVES + 1], [0.0; OCTAVES + 1]);
    for (category, range) in NoiseCategory::ALL.into_iter().zip(traffic) {
        let [flow_low, _, flow_high] =
            range.flow_veh_h.map(|flow| clamp(flow, (0.0, f64::MAX), &mut clamped));
        if !in_order(range.flow_veh_h) {
            return None;
        }
        if flow_high == 0.0 {
            continue;
        }
        let [slow, likely, fast] =
            range.speed_km_h.map(|speed| clamp(speed, SPEED_KM_H, &mut clamped));
        if !in_order([slow, likely, fast]) {
            return None;
        }
        let electric = clamp(range.electric_share, (0.0, 1.0), &mut clamped);
        let steps = (0..=RANGE_STEPS)
            .map(|step| slow + (fast - slow) * f64::from(step) / f64::from(RANGE_STEPS));
        let (mut quiet, mut loud) = ([f64::INFINITY; OCTAVES + 1], [0.0_f64; OCTAVES + 1]);
        for speed in steps.chain([likely]) {
            let one = conditions.vehicle_power(coefficients, category, speed, electric);
            let all = one.into_iter().chain([a_weighted(&one)]);
            for ((quiet, loud), power) in quiet.iter_mut().zip(&mut loud).zip(all) {
                *quiet = quiet.min(power / speed);
                *loud = loud.max(power / speed);
            }
        }
        for (sum, quiet) in least.iter_mut().zip(quiet) {
            *sum += quiet * flow_low / 1_000.0;
        }
        for (sum, loud) in most.iter_mut().zip(loud) {
            *sum += loud * flow_high / 1_000.0;
        }
    }
    let bound = |powers: [f64; OCTAVES + 1]| {
        let mut octave_db = [0.0; OCTAVES];
        for (level, power) in octave_db.iter_mut().zip(powers) {
            *level = level_db(power)?;
        }
        Some(NoisePower { octave_db, a_weighted_db: level_db(powers[OCTAVES])?, clamped })
    };
    Some(NoiseInterval { low: bound(least), mid, high: bound(most)? })
}

fn in_order([low, mid, high]: [f64; 3]) -> bool {
    low <= mid && mid <= high
}
