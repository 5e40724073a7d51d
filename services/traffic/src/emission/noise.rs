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

use std::ops::AddAssign;

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

/// Speeds tried between the ends of a range; the extremes between them are missed by under 0.05 dB.
const RANGE_STEPS: u32 = 16;

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

/// Coefficients of one category: a level at 70 km/h and its change with speed, of rolling and of
/// propulsion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoryCoefficients {
    /// `A_R`, dB.
    pub rolling_db: [f64; OCTAVES],
    /// `B_R`, dB per tenfold speed.
    pub rolling_speed_db: [f64; OCTAVES],
    /// `A_P`, dB.
    pub propulsion_db: [f64; OCTAVES],
    /// `B_P`, dB per 70 km/h.
    pub propulsion_speed_db: [f64; OCTAVES],
}

/// A set of coefficients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseCoefficients {
    /// What it is called.
    pub name: &'static str,
    /// By category.
    pub categories: [CategoryCoefficients; CATEGORIES],
}

/// `B_P` from 500 Hz up is one number in each category of vehicles with four wheels.
const fn upper(first: [f64; 3], rest: f64) -> [f64; OCTAVES] {
    [first[0], first[1], first[2], rest, rest, rest, rest, rest]
}

/// `B_R` and `B_P` are the same in both sets.
const LIGHT_ROLLING: [f64; OCTAVES] = [30.0, 41.5, 38.9, 25.7, 32.5, 37.2, 39.0, 40.0];
const MEDIUM_ROLLING: [f64; OCTAVES] = [30.0, 35.8, 32.6, 23.8, 30.1, 36.2, 38.3, 40.1];
const HEAVY_ROLLING: [f64; OCTAVES] = [30.0, 33.5, 31.3, 25.4, 31.8, 37.1, 38.6, 40.6];
const LIGHT_PROPULSION: [f64; OCTAVES] = upper([-1.3, 7.2, 7.7], 8.0);
const MEDIUM_PROPULSION: [f64; OCTAVES] = upper([-1.9, 4.7, 6.4], 6.5);
const HEAVY_PROPULSION: [f64; OCTAVES] = upper([0.0, 3.0, 4.6], 5.0);
const MOPED_PROPULSION: [f64; OCTAVES] = [4.2, 7.4, 9.8, 11.6, 15.7, 18.9, 20.3, 20.6];
const MOTORCYCLE_PROPULSION: [f64; OCTAVES] = [3.2, 5.9, 11.9, 11.6, 11.5, 12.6, 11.1, 12.0];
const SILENT: [f64; OCTAVES] = [0.0; OCTAVES];

/// Table F-1 as amended by Directive (EU) 2021/1226: what holds today.
pub const AMENDED_2021: NoiseCoefficients = NoiseCoefficients {
    name: "CNOSSOS-EU 2021/1226",
    categories: [
        CategoryCoefficients {
            rolling_db: [83.1, 89.2, 87.7, 93.1, 100.1, 96.7, 86.8, 76.2],
            rolling_speed_db: LIGHT_ROLLING,
            propulsion_db: [97.9, 92.5, 90.7, 87.2, 84.7, 88.0, 84.4, 77.1],
            propulsion_speed_db: LIGHT_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: [88.7, 93.2, 95.7, 100.9, 101.7, 95.1, 87.8, 83.6],
            rolling_speed_db: MEDIUM_ROLLING,
            propulsion_db: [105.5, 100.2, 100.5, 98.7, 101.0, 97.8, 91.2, 85.0],
            propulsion_speed_db: MEDIUM_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: [91.7, 96.2, 98.2, 104.9, 105.1, 98.5, 91.1, 85.6],
            rolling_speed_db: HEAVY_ROLLING,
            propulsion_db: [108.8, 104.2, 103.5, 102.9, 102.6, 98.5, 93.8, 87.5],
            propulsion_speed_db: HEAVY_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: SILENT,
            rolling_speed_db: SILENT,
            propulsion_db: [93.0, 93.0, 93.5, 95.3, 97.2, 100.4, 95.8, 90.9],
            propulsion_speed_db: MOPED_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: SILENT,
            rolling_speed_db: SILENT,
            propulsion_db: [99.9, 101.9, 96.7, 94.4, 95.2, 94.7, 92.1, 88.6],
            propulsion_speed_db: MOTORCYCLE_PROPULSION,
        },
    ],
};

/// Table F-1 of Directive (EU) 2015/996 as first published, for comparison with older maps.
pub const ORIGINAL_2015: NoiseCoefficients = NoiseCoefficients {
    name: "CNOSSOS-EU 2015/996",
    categories: [
        CategoryCoefficients {
            rolling_db: [79.7, 85.7, 84.5, 90.2, 97.3, 93.9, 84.1, 74.3],
            rolling_speed_db: LIGHT_ROLLING,
            propulsion_db: [94.5, 89.2, 88.0, 85.9, 84.2, 86.9, 83.3, 76.1],
            propulsion_speed_db: LIGHT_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: [84.0, 88.7, 91.5, 96.7, 97.4, 90.9, 83.8, 80.5],
            rolling_speed_db: MEDIUM_ROLLING,
            propulsion_db: [101.0, 96.5, 98.8, 96.8, 98.6, 95.2, 88.8, 82.7],
            propulsion_speed_db: MEDIUM_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: [87.0, 91.7, 94.1, 100.7, 100.8, 94.3, 87.1, 82.5],
            rolling_speed_db: HEAVY_ROLLING,
            propulsion_db: [104.4, 100.6, 101.7, 101.0, 100.1, 95.9, 91.3, 85.3],
            propulsion_speed_db: HEAVY_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: SILENT,
            rolling_speed_db: SILENT,
            propulsion_db: [88.0, 87.5, 89.5, 93.7, 96.6, 98.8, 93.9, 88.7],
            propulsion_speed_db: MOPED_PROPULSION,
        },
        CategoryCoefficients {
            rolling_db: SILENT,
            rolling_speed_db: SILENT,
            propulsion_db: [95.0, 97.2, 92.7, 92.9, 94.7, 93.2, 90.1, 86.5],
            propulsion_speed_db: MOTORCYCLE_PROPULSION,
        },
    ],
};

/// Effect of studs at 70 km/h and its change with speed, dB (equation 2.2.6, table F-2).
const STUDDED_DB: [f64; OCTAVES] = [0.0, 0.0, 0.0, 2.6, 2.9, 1.5, 2.3, 9.2];
const STUDDED_SPEED_DB: [f64; OCTAVES] = [0.0, 0.0, 0.0, -3.1, -6.4, -14.0, -22.4, -11.4];

/// A road surface against the reference, a mean of dense asphalt concrete and stone mastic asphalt,
/// two to seven years old: table F-4 as amended by 2021/1226. Categories 1, 2 and 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseSurface {
    /// Alpha, dB.
    pub octave_db: [[f64; OCTAVES]; 3],
    /// Beta, dB per tenfold speed.
    pub speed_db: [f64; 3],
}

impl NoiseSurface {
    /// The reference: asphalt. Coarse Finnish stone mastic is louder; how much has no figure here.
    pub const REFERENCE: Self = Self { octave_db: [[0.0; OCTAVES]; 3], speed_db: [0.0; 3] };

    /// NL05, stone mastic asphalt with grains up to 8 mm: a quiet surface of cities.
    pub const STONE_MASTIC_8: Self = Self {
        octave_db: [[6.0, 0.3, 0.3, 0.0, -0.6, -1.2, -0.7, -0.7], SILENT, SILENT],
        speed_db: [-1.4, 0.0, 0.0],
    };

    /// NL10, paving stones in herring-bone.
    pub const PAVING_HERRING_BONE: Self = Self {
        octave_db: [
            [27.0, 16.2, 14.7, 6.1, 3.0, -1.0, 1.2, 4.5],
            [29.5, 20.0, 17.6, 8.0, 6.2, -1.0, 3.1, 5.2],
            [29.4, 21.2, 18.2, 8.4, 5.6, -1.0, 3.0, 5.8],
        ],
        speed_db: [2.5; 3],
    };

    /// NL11, paving stones not in herring-bone, the setts of old streets.
    pub const PAVING: Self = Self {
        octave_db: [
            [31.4, 19.7, 16.8, 8.4, 7.2, 3.3, 7.8, 9.1],
            [34.0, 23.6, 19.8, 10.5, 11.7, 8.2, 12.2, 10.0],
            [33.8, 24.7, 20.4, 10.9, 10.9, 6.8, 12.0, 10.8],
        ],
        speed_db: [2.9; 3],
    };

    /// NL12, quiet paving stones.
    pub const QUIET_PAVING: Self = Self {
        octave_db: [
            [26.8, 13.7, 11.9, 3.9, -1.8, -5.8, -2.7, 0.2],
            [9.2, 5.7, 4.8, 2.3, 4.4, 5.1, 5.4, 0.9],
            [9.1, 6.6, 5.2, 2.6, 3.9, 3.9, 5.2, 1.1],
        ],
        speed_db: [-1.7, 0.0, 0.0],
    };

    /// NL13, thin layer A.
    pub const THIN_LAYER_A: Self = Self {
        octave_db: [
            [10.4, 0.7, -0.6, -1.2, -3.0, -4.8, -3.4, -1.4],
            [13.8, 5.4, 3.9, -0.4, -1.8, -2.1, -0.7, -0.2],
            [14.1, 6.1, 4.1, -0.4, -1.8, -2.1, -0.7, -0.2],
        ],
        speed_db: [-2.9, 0.5, 0.3],
    };
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
/// assert!((noise.a_weighted_db - 81.4).abs() < 0.05);
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
