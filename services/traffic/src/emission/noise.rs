//! Sound power of road traffic by CNOSSOS-EU, in octave bands from 63 Hz to 8 kHz.
//!
//! Source: Commission Directive (EU) 2015/996, annex, section 2.2, as amended by Commission Delegated
//! Directive (EU) 2021/1226, with the coefficients of appendix F. The equations here bear the numbers
//! of the annex. Coefficients, the corrections for junctions and gradients (uphill and downhill) and
//! the temperature's are verified against the implementation of Universite Gustave Eiffel and against
//! results of the Commission's own reference program in that implementation's tests.
//!
//! The source is a line: power per metre is that of one vehicle times vehicles per metre, `L_W' =
//! L_W + 10 lg(Q / (1000 v))`. Levels are in dB over 1 pW. The method holds from 20 to 130 km/h. A
//! link without flow has no noise, which is nothing here and never minus infinity.

mod interval;
mod table;

use std::ops::AddAssign;

pub use interval::{CategoryRange, NoiseInterval, noise_interval};
pub use table::{
    AMENDED_2021, CategoryCoefficients, NoiseCoefficients, NoiseSurface, ORIGINAL_2015,
};
use table::{STUDDED_DB, STUDDED_SPEED_DB};

/// Octave bands.
pub const OCTAVES: usize = 8;

/// Middle frequencies of the bands, Hz.
pub const OCTAVE_HZ: [u16; OCTAVES] = [63, 125, 250, 500, 1_000, 2_000, 4_000, 8_000];

/// A-weighting at the middle frequencies, dB (IEC 61672-1).
const A_WEIGHTING_DB: [f64; OCTAVES] = [-26.2, -16.1, -8.6, -3.2, 0.0, 1.2, 1.0, -1.1];

/// Categories of vehicles.
pub const CATEGORIES: usize = 5;

/// Speed of the coefficients, km/h.
const SPEED_REFERENCE_KM_H: f64 = 70.0;

/// Speeds for which the method holds, km/h.
const SPEED_KM_H: (f64, f64) = (20.0, 130.0);

/// Speeds for which the effect of studs is known, km/h.
const STUDDED_SPEED_KM_H: (f64, f64) = (50.0, 90.0);

/// Air temperature of the coefficients, degrees Celsius.
const TEMPERATURE_REFERENCE_C: f64 = 20.0;

/// Air temperatures that are believed, degrees Celsius.
const TEMPERATURE_C: (f64, f64) = (-45.0, 45.0);

/// Steepest gradient that counts, percent.
const GRADIENT_PERCENT: f64 = 12.0;

/// How far a junction is heard in how vehicles drive, metres.
const JUNCTION_M: f64 = 100.0;

/// A category of vehicles of the Directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoiseCategory {
    /// 1: cars, vans of at most 3.5 t.
    Light,
    /// 2: lorries and buses with two axles.
    MediumHeavy,
    /// 3: with three or more.
    Heavy,
    /// 4a: mopeds.
    Moped,
    /// 4b: motorcycles.
    Motorcycle,
}

impl NoiseCategory {
    /// All, in the order of the arrays here.
    pub const ALL: [Self; CATEGORIES] =
        [Self::Light, Self::MediumHeavy, Self::Heavy, Self::Moped, Self::Motorcycle];

    /// Two-wheelers have an engine and no tyres that are heard (equation 2.2.3).
    fn has_rolling(self) -> bool {
        !matches!(self, Self::Moped | Self::Motorcycle)
    }

    /// K of equation 2.2.10, dB/K.
    fn temperature_db_k(self) -> f64 {
        match self {
            Self::Light => 0.08,
            _ => 0.04,
        }
    }

    /// Correction of propulsion for the gradient, dB (equations 2.2.13 to 2.2.16), positive uphill.
    fn gradient_db(self, gradient_percent: f64, speed_km_h: f64) -> f64 {
        let (up, down) = (gradient_percent, -gradient_percent);
        match self {
            Self::Light if down > 6.0 => down - 6.0,
            Self::Light if up > 2.0 => speed_km_h / 100.0 * (up - 2.0) / 1.5,
            Self::MediumHeavy if down > 4.0 => (speed_km_h - 20.0) / 100.0 * (down - 4.0) / 0.7,
            Self::MediumHeavy if up > 0.0 => speed_km_h / 100.0 * up,
            Self::Heavy if down > 4.0 => (speed_km_h - 10.0) / 100.0 * (down - 4.0) / 0.5,
            Self::Heavy if up > 0.0 => speed_km_h / 100.0 * up / 0.8,
            _ => 0.0,
        }
    }
}

/// What an electric vehicle's propulsion is taken for; the Directive has no figures for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElectricPropulsion {
    /// Not heard at all: only tyres are.
    Silent,
    /// As an engine's, less so many dB in every band.
    Reduced {
        /// How much quieter, dB, 0 or more.
        by_db: f64,
    },
    /// As an engine's.
    AsEngine,
}

/// A junction near the middle of the link, where vehicles brake and accelerate (equations 2.2.17 and
/// 2.2.18).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoiseJunction {
    /// Traffic lights.
    Crossing {
        /// How far it is, metres.
        distance_m: f64,
    },
    /// A roundabout.
    Roundabout {
        /// How far it is, metres.
        distance_m: f64,
    },
}

impl NoiseJunction {
    /// Corrections of rolling and propulsion, dB; two-wheelers have none.
    fn corrections_db(self, category: NoiseCategory) -> (f64, f64) {
        let (distance_m, at) = match (self, category) {
            (_, NoiseCategory::Moped | NoiseCategory::Motorcycle) => return (0.0, 0.0),
            (Self::Crossing { distance_m }, NoiseCategory::Light) => (distance_m, (-4.5, 5.5)),
            (Self::Crossing { distance_m }, _) => (distance_m, (-4.0, 9.0)),
            (Self::Roundabout { distance_m }, NoiseCategory::Light) => (distance_m, (-4.4, 3.1)),
            (Self::Roundabout { distance_m }, _) => (distance_m, (-2.3, 6.7)),
        };
        let near = (1.0 - distance_m.abs() / JUNCTION_M).max(0.0);
        (at.0 * near, at.1 * near)
    }
}

/// Where and how vehicles drive: all that is not flow and speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseConditions {
    /// Share of light vehicles on studded tyres now, 0 to 1. The Directive's yearly mean is the share
    /// times months over 12.
    pub studded_share: f64,
    /// Air temperature, degrees Celsius, -45 to 45.
    pub temperature_c: f64,
    /// Gradient in the direction of travel, percent, positive uphill, -12 to 12.
    pub gradient_percent: f64,
    /// A junction, if one is near.
    pub junction: Option<NoiseJunction>,
    /// Surface.
    pub surface: &'static NoiseSurface,
    /// How an electric vehicle's propulsion sounds.
    pub electric: ElectricPropulsion,
}

impl Default for NoiseConditions {
    /// The Directive's reference: 20 degrees, level, far from junctions, no studs.
    fn default() -> Self {
        Self {
            studded_share: 0.0,
            temperature_c: TEMPERATURE_REFERENCE_C,
            gradient_percent: 0.0,
            junction: None,
            surface: &NoiseSurface::REFERENCE,
            electric: ElectricPropulsion::Silent,
        }
    }
}

/// Traffic of one category on a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CategoryTraffic {
    /// Flow, vehicles an hour, 0 or more.
    pub flow_veh_h: f64,
    /// Mean speed, km/h, 20 to 130.
    pub speed_km_h: f64,
    /// Share of electric vehicles, 0 to 1.
    pub electric_share: f64,
}

/// Traffic of a link by category, in the order of [`NoiseCategory::ALL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseInput {
    /// By category.
    pub traffic: [CategoryTraffic; CATEGORIES],
    /// The rest.
    pub conditions: NoiseConditions,
}

impl NoiseInput {
    /// All categories at one speed, no electric vehicles.
    pub fn new(
        speed_km_h: f64,
        flow_veh_h: [f64; CATEGORIES],
        conditions: NoiseConditions,
    ) -> Self {
        let category = |flow_veh_h| CategoryTraffic { flow_veh_h, speed_km_h, electric_share: 0.0 };
        Self { traffic: flow_veh_h.map(category), conditions }
    }
}

/// Sound power of a line, dB over 1 pW for each metre, or of one vehicle or an area, dB over 1 pW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoisePower {
    /// By band.
    pub octave_db: [f64; OCTAVES],
    /// All bands together, A-weighted.
    pub a_weighted_db: f64,
    /// How many inputs were out of range and moved to its end.
    pub clamped: u32,
}

/// A level as power over 1 pW.
fn power(level_db: f64) -> f64 {
    10.0_f64.powf(level_db / 10.0)
}

/// The reverse; nothing for no power or what is no number.
fn level_db(power: f64) -> Option<f64> {
    let level = 10.0 * power.log10();
    level.is_finite().then_some(level)
}

/// Moves a number into its range and counts that; no number stays none.
fn clamp(value: f64, (least, most): (f64, f64), clamped: &mut u32) -> f64 {
    *clamped += u32::from(value < least || value > most);
    value.clamp(least, most)
}

impl NoiseConditions {
    /// In range, with what was moved counted; nothing when something is no number.
    fn checked(mut self, clamped: &mut u32) -> Option<Self> {
        self.studded_share = clamp(self.studded_share, (0.0, 1.0), clamped);
        self.temperature_c = clamp(self.temperature_c, TEMPERATURE_C, clamped);
        let steepest = (-GRADIENT_PERCENT, GRADIENT_PERCENT);
        self.gradient_percent = clamp(self.gradient_percent, steepest, clamped);
        if let ElectricPropulsion::Reduced { by_db } = &mut self.electric {
            *by_db = clamp(*by_db, (0.0, f64::MAX), clamped);
        }
        let distance_m = match self.junction {
            None => 0.0,
            Some(
                NoiseJunction::Crossing { distance_m } | NoiseJunction::Roundabout { distance_m },
            ) => distance_m,
        };
        let quieter = match self.electric {
            ElectricPropulsion::Reduced { by_db } => by_db,
            _ => 0.0,
        };
        let numbers =
            [self.studded_share, self.temperature_c, self.gradient_percent, distance_m, quieter];
        numbers.iter().all(|number| !number.is_nan()).then_some(self)
    }

    /// Power of one vehicle by band over 1 pW, electric ones taken in by their share. All inputs in
    /// range.
    fn vehicle_power(
        &self,
        coefficients: &NoiseCoefficients,
        category: NoiseCategory,
        speed_km_h: f64,
        electric_share: f64,
    ) -> [f64; OCTAVES] {
        let of = &coefficients.categories[category as usize];
        let lg_speed = (speed_km_h / SPEED_REFERENCE_KM_H).log10();
        let linear_speed = (speed_km_h - SPEED_REFERENCE_KM_H) / SPEED_REFERENCE_KM_H;
        let (slowest, fastest) = STUDDED_SPEED_KM_H;
        let lg_studded = (speed_km_h.clamp(slowest, fastest) / SPEED_REFERENCE_KM_H).log10();
        let (junction_rolling, junction_propulsion) =
            self.junction.map_or((0.0, 0.0), |junction| junction.corrections_db(category));
        let cold = category.temperature_db_k() * (TEMPERATURE_REFERENCE_C - self.temperature_c);
        let gradient = category.gradient_db(self.gradient_percent, speed_km_h);
        let electric = match self.electric {
            ElectricPropulsion::Silent => 0.0,
            ElectricPropulsion::Reduced { by_db } => power(-by_db),
            ElectricPropulsion::AsEngine => 1.0,
        };
        let heard = 1.0 - electric_share + electric_share * electric;
        std::array::from_fn(|band| {
            let index = category as usize;
            let (alpha, beta) = if category.has_rolling() {
                (self.surface.octave_db[index][band], self.surface.speed_db[index])
            } else {
                (0.0, 0.0)
            };
            let rolling = if category.has_rolling() {
                let level =
                    of.rolling_db[band] + of.rolling_speed_db[band] * lg_speed + junction_rolling;
                let studs = if category == NoiseCategory::Light {
                    let delta = STUDDED_DB[band] + STUDDED_SPEED_DB[band] * lg_studded;
                    1.0 - self.studded_share + self.studded_share * power(delta)
                } else {
                    1.0
                };
                power(level + cold + alpha + beta * lg_speed) * studs
            } else {
                0.0
            };
            let level = of.propulsion_db[band] + of.propulsion_speed_db[band] * linear_speed;
            let propulsion = power(level + gradient + junction_propulsion + alpha.min(0.0));
            rolling + propulsion * heard
        })
    }
}

/// Sound power of one vehicle, dB over 1 pW; equations 2.2.2 to 2.2.20. Nothing for what is no
/// number.
///
/// ```
/// use traffic::emission::noise::{AMENDED_2021, NoiseCategory, NoiseConditions, vehicle_noise};
/// let level = |category, speed| {
///     let noise = vehicle_noise(&AMENDED_2021, category, speed, &NoiseConditions::default());
///     (noise.unwrap().a_weighted_db * 10.0).round() / 10.0
/// };
/// assert_eq!([30.0, 50.0, 80.0].map(|speed| level(NoiseCategory::Light, speed)), [92.5, 98.4, 104.9]);
/// assert_eq!(level(NoiseCategory::MediumHeavy, 50.0), 104.5);
/// assert_eq!(level(NoiseCategory::Heavy, 50.0), 107.2);
/// ```
pub fn vehicle_noise(
    coefficients: &NoiseCoefficients,
    category: NoiseCategory,
    speed_km_h: f64,
    conditions: &NoiseConditions,
) -> Option<NoisePower> {
    let mut clamped = 0;
    let conditions = conditions.checked(&mut clamped)?;
    let speed = clamp(speed_km_h, SPEED_KM_H, &mut clamped);
    NoisePower::of(conditions.vehicle_power(coefficients, category, speed, 0.0), clamped)
}

/// Sound power of a link's traffic for each metre, dB over 1 pW/m. Nothing where nothing drives or an
/// input that counts is no number. Speeds are moved into 20 to 130 km/h, other inputs into theirs,
/// and what was moved is counted.
///
/// ```
/// use traffic::emission::noise::{AMENDED_2021, NoiseConditions, NoiseInput, line_noise};
/// let cars = NoiseInput::new(50.0, [1_000.0, 0.0, 0.0, 0.0, 0.0], NoiseConditions::default());
/// let noise = line_noise(&AMENDED_2021, &cars).unwrap();
/// // 98.4 dB of a car and 10 lg(1000 / 50,000) dB for 20 cars a kilometre.
/// assert!((noise.a_weighted_db - 81.45).abs() < 0.005);
/// let queue = NoiseInput::new(3.0, [1_000.0, 0.0, 0.0, 0.0, 0.0], NoiseConditions::default());
/// assert_eq!(line_noise(&AMENDED_2021, &queue).unwrap().clamped, 1);
/// let empty = NoiseInput::new(50.0, [0.0; 5], NoiseConditions::default());
/// assert_eq!(line_noise(&AMENDED_2021, &empty), None);
/// ```
pub fn line_noise(coefficients: &NoiseCoefficients, input: &NoiseInput) -> Option<NoisePower> {
    let mut clamped = 0;
    let conditions = input.conditions.checked(&mut clamped)?;
    let mut sum = [0.0; OCTAVES];
    for (category, traffic) in NoiseCategory::ALL.into_iter().zip(&input.traffic) {
        let CategoryTraffic { flow_veh_h, speed_km_h, electric_share } = *traffic;
        let flow_veh_h = clamp(flow_veh_h, (0.0, f64::MAX), &mut clamped);
        if flow_veh_h == 0.0 {
            continue;
        }
        let speed = clamp(speed_km_h, SPEED_KM_H, &mut clamped);
        let electric = clamp(electric_share, (0.0, 1.0), &mut clamped);
        let one = conditions.vehicle_power(coefficients, category, speed, electric);
        for (sum, one) in sum.iter_mut().zip(one) {
            *sum += one * flow_veh_h / (1_000.0 * speed);
        }
    }
    NoisePower::of(sum, clamped)
}

impl NoisePower {
    /// Of powers by band over 1 pW.
    fn of(octave: [f64; OCTAVES], clamped: u32) -> Option<Self> {
        let mut octave_db = [0.0; OCTAVES];
        for (level, power) in octave_db.iter_mut().zip(octave) {
            *level = level_db(power)?;
        }
        Some(Self { octave_db, a_weighted_db: level_db(a_weighted(&octave))?, clamped })
    }
}

pub(super) fn a_weighted(octave: &[f64; OCTAVES]) -> f64 {
    octave.iter().zip(A_WEIGHTING_DB).map(|(band, weight)| band * power(weight)).sum()
}

/// Sound power of many lines together: the sum of power times length. As it is a sum of powers, areas
/// add up whichever way they are cut.
///
/// ```
/// use traffic::emission::noise::*;
/// let cars = NoiseInput::new(50.0, [1_000.0, 0.0, 0.0, 0.0, 0.0], NoiseConditions::default());
/// let line = line_noise(&AMENDED_2021, &cars).unwrap();
/// let mut area = NoiseSum::default();
/// assert_eq!(area.level(), None);
/// area.add(&line, 50.0);
/// area.add(&line, 50.0);
/// // 100 m are 20 dB above one metre.
/// assert!((area.level().unwrap().a_weighted_db - line.a_weighted_db - 20.0).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NoiseSum {
    /// Power by band, pW.
    pub octave_pw: [f64; OCTAVES],
    /// Power of all bands, A-weighted, pW.
    pub a_weighted_pw: f64,
    /// Inputs that were moved into range, in all.
    pub clamped: u64,
}

impl NoiseSum {
    /// Adds a line of a length, metres. A length that is no number or not above 0 adds nothing.
    pub fn add(&mut self, line: &NoisePower, length_m: f64) {
        if !(length_m.is_finite() && length_m > 0.0) {
            return;
        }
        for (sum, level) in self.octave_pw.iter_mut().zip(line.octave_db) {
            *sum += power(level) * length_m;
        }
        self.a_weighted_pw += power(line.a_weighted_db) * length_m;
        self.clamped += u64::from(line.clamped);
    }

    /// The level of all, dB over 1 pW; nothing where there is no sound.
    pub fn level(&self) -> Option<NoisePower> {
        let mut octave_db = [0.0; OCTAVES];
        for (level, power) in octave_db.iter_mut().zip(self.octave_pw) {
            *level = level_db(power)?;
        }
        let clamped = u32::try_from(self.clamped).unwrap_or(u32::MAX);
        Some(NoisePower { octave_db, a_weighted_db: level_db(self.a_weighted_pw)?, clamped })
    }
}

impl AddAssign for NoiseSum {
    fn add_assign(&mut self, other: Self) {
        for (sum, band) in self.octave_pw.iter_mut().zip(other.octave_pw) {
            *sum += band;
        }
        self.a_weighted_pw += other.a_weighted_pw;
        self.clamped += other.clamped;
    }
}
