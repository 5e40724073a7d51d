//! Coefficients of CNOSSOS-EU: appendix F of the annex, in its two editions.

use super::{CATEGORIES, OCTAVES};

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
pub(super) const STUDDED_DB: [f64; OCTAVES] = [0.0, 0.0, 0.0, 2.6, 2.9, 1.5, 2.3, 9.2];
/// See above.
pub(super) const STUDDED_SPEED_DB: [f64; OCTAVES] =
    [0.0, 0.0, 0.0, -3.1, -6.4, -14.0, -22.4, -11.4];

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
