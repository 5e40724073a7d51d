//! Vehicle-specific power and the operating modes of MOVES.
//!
//! Source: US EPA, MOVES (public domain): Exhaust Emission Rates for Light-Duty Onroad Vehicles and
//! Population and Activity of Onroad Vehicles in MOVES3, 2020, tables of `sourceUseTypePhysics` and
//! of operating modes. Coefficients and modes are verified against the port of the University of
//! California (MOVESTAR). The rates describe the fleet of the United States: they are good for the
//! shape of an emission over power, not for its level in Finland.

/// Acceleration of gravity, m/s2.
const GRAVITY_M_S2: f64 = 9.81;

/// Metres per second in a mile per hour (exact).
const MPH_M_S: f64 = 0.447_04;

/// Source types of MOVES that matter here, with the road load of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceType {
    /// 11.
    Motorcycle,
    /// 21.
    PassengerCar,
    /// 31, a sport utility vehicle or pickup.
    PassengerTruck,
    /// 32, a van.
    LightCommercialTruck,
    /// 41, a coach.
    IntercityBus,
    /// 42, a city bus.
    TransitBus,
    /// 51.
    RefuseTruck,
    /// 52, a delivery lorry.
    SingleUnitShortHaul,
    /// 53.
    SingleUnitLongHaul,
    /// 61.
    CombinationShortHaul,
    /// 62.
    CombinationLongHaul,
}

impl SourceType {
    /// Rolling term A, kW s/m; rotating term B, kW s2/m2; drag term C, kW s3/m3; mass, t; fixed mass
    /// factor, t.
    const fn road_load(self) -> [f64; 5] {
        match self {
            Self::Motorcycle => [0.0251, 0.0, 0.000_315, 0.285, 0.285],
            Self::PassengerCar => [0.156_461, 0.002_002, 0.000_493, 1.4788, 1.4788],
            Self::PassengerTruck => [0.221_12, 0.002_838, 0.000_698, 1.866_86, 1.866_86],
            Self::LightCommercialTruck => [0.235_008, 0.003_039, 0.000_748, 2.059_79, 2.059_79],
            Self::IntercityBus => [1.295_15, 0.0, 0.003_715, 19.5937, 17.1],
            Self::TransitBus => [1.0944, 0.0, 0.003_587, 16.556, 17.1],
            Self::RefuseTruck => [1.417_05, 0.0, 0.003_572, 20.6845, 17.1],
            Self::SingleUnitShortHaul => [0.561_933, 0.0, 0.001_603, 7.641_59, 17.1],
            Self::SingleUnitLongHaul => [0.498_699, 0.0, 0.001_474, 6.250_47, 17.1],
            Self::CombinationShortHaul => [1.963_54, 0.0, 0.004_031, 29.3275, 17.1],
            Self::CombinationLongHaul => [2.081_26, 0.0, 0.004_188, 31.4038, 17.1],
        }
    }
}

/// Power over mass, kW/t, at a speed of 0 m/s or more: vehicle-specific power of light vehicles,
/// scaled tractive power of heavy ones. `(A v + B v^2 + C v^3 + M v (a + g sin(slope))) / f`, the
/// slope given as rise over run. Nothing for what is no number or a negative speed.
///
/// ```
/// use traffic::emission::vsp::{SourceType, specific_power_kw_t};
/// let cruising = specific_power_kw_t(SourceType::PassengerCar, 10.0, 0.0, 0.0).unwrap();
/// assert!((cruising - 1.526_785).abs() < 1e-6);
/// let pulling_away = specific_power_kw_t(SourceType::TransitBus, 5.0, 1.0, 0.0).unwrap();
/// assert!((pulling_away - 5.187_156).abs() < 1e-6);
/// ```
pub fn specific_power_kw_t(
    source: SourceType,
    speed_m_s: f64,
    acceleration_m_s2: f64,
    slope: f64,
) -> Option<f64> {
    let [rolling, rotating, drag, mass_t, fixed_t] = source.road_load();
    let pull = acceleration_m_s2 + GRAVITY_M_S2 * slope.atan().sin();
    let power = speed_m_s * (rolling + speed_m_s * (rotating + speed_m_s * drag) + mass_t * pull);
    (speed_m_s >= 0.0 && power.is_finite()).then_some(power / fixed_t)
}

/// Vehicle-specific power of a car in its classic form, kW/t: `v (1.1 a + 9.81 sin(slope) + 0.132) +
/// 0.000302 v^3` (Jimenez-Palacios, Understanding and quantifying motor vehicle emissions with
/// vehicle specific power and TILDAS remote sensing, MIT 1999). The figures are unverified: the form
/// was found in secondary sources only.
///
/// ```
/// let power = traffic::emission::vsp::car_power_kw_t(10.0, 0.5, 0.0).unwrap();
/// assert!((power - 7.122).abs() < 1e-9);
/// ```
pub fn car_power_kw_t(speed_m_s: f64, acceleration_m_s2: f64, slope: f64) -> Option<f64> {
    let pull = 1.1 * acceleration_m_s2 + GRAVITY_M_S2 * slope.atan().sin() + 0.132;
    let power = speed_m_s * pull + 0.000_302 * speed_m_s.powi(3);
    (speed_m_s >= 0.0 && power.is_finite()).then_some(power)
}

/// The same of a city bus, kW/t: `v (a + 9.81 sin(slope) + 0.092) + 0.00021 v^3` (Zhai, Frey &
/// Rouphail, A vehicle-specific power approach to speed- and facility-specific emissions estimates
/// for diesel transit buses, Environmental Science and Technology 42, 2008). The form is verified,
/// its two figures are not.
///
/// ```
/// let power = traffic::emission::vsp::bus_power_kw_t(10.0, 0.5, 0.0).unwrap();
/// assert!((power - 6.13).abs() < 1e-9);
/// ```
pub fn bus_power_kw_t(speed_m_s: f64, acceleration_m_s2: f64, slope: f64) -> Option<f64> {
    let pull = acceleration_m_s2 + GRAVITY_M_S2 * slope.atan().sin() + 0.092;
    let power = speed_m_s * pull + 0.000_21 * speed_m_s.powi(3);
    (speed_m_s >= 0.0 && power.is_finite()).then_some(power)
}

/// Operating mode of MOVES of a second, from its speed, the accelerations of it and of the two
/// seconds before, newest first, and its specific power. 0 is braking (at least 2 mph/s, or more than
/// 1 mph/s for three seconds), 1 idling (below 1 mph), 11 to 40 driving in three bands of speed.
/// Nothing for what is no number.
///
/// ```
/// use traffic::emission::vsp::operating_mode;
/// assert_eq!(operating_mode(0.0, [0.0; 3], 0.0), Some(1));
/// assert_eq!(operating_mode(10.0, [0.0; 3], 1.53), Some(12));
/// assert_eq!(operating_mode(10.0, [-0.9, 0.0, 0.0], -8.0), Some(0));
/// assert_eq!(operating_mode(15.0, [-0.5; 3], -5.0), Some(0));
/// assert_eq!(operating_mode(15.0, [0.0; 3], 31.0), Some(30));
/// ```
pub fn operating_mode(speed_m_s: f64, accelerations_m_s2: [f64; 3], power_kw_t: f64) -> Option<u8> {
    let numbers = [speed_m_s, power_kw_t].into_iter().chain(accelerations_m_s2);
    if !numbers.into_iter().all(f64::is_finite) {
        return None;
    }
    let [newest, ..] = accelerations_m_s2;
    let braking = |acceleration: &f64| *acceleration < -MPH_M_S;
    let mode = if newest <= -2.0 * MPH_M_S || accelerations_m_s2.iter().all(braking) {
        0
    } else if speed_m_s < MPH_M_S {
        1
    } else if speed_m_s < 25.0 * MPH_M_S {
        bin(power_kw_t, &[(0.0, 11), (3.0, 12), (6.0, 13), (9.0, 14), (12.0, 15)], 16)
    } else if speed_m_s < 50.0 * MPH_M_S {
        let bins = [(0.0, 21), (3.0, 22), (6.0, 23), (9.0, 24), (12.0, 25), (18.0, 27)];
        bin(power_kw_t, &bins, bin(power_kw_t, &[(24.0, 28), (30.0, 29)], 30))
    } else {
        bin(power_kw_t, &[(6.0, 33), (12.0, 35), (18.0, 37), (24.0, 38), (30.0, 39)], 40)
    };
    Some(mode)
}

/// The mode of the first bin whose end lies above the power.
fn bin(power_kw_t: f64, ends: &[(f64, u8)], else_mode: u8) -> u8 {
    ends.iter().find(|(end, _)| power_kw_t < *end).map_or(else_mode, |(_, mode)| *mode)
}

/// CO2 of a passenger car in an operating mode, g/s; nothing for a number that is no mode. The rates
/// are those of MOVES in g/h.
///
/// ```
/// let idling = traffic::emission::vsp::car_co2_g_s(1).unwrap();
/// assert!((idling - 0.884).abs() < 1e-3);
/// assert_eq!(traffic::emission::vsp::car_co2_g_s(2), None);
/// ```
pub fn car_co2_g_s(mode: u8) -> Option<f64> {
    let g_h = match mode {
        0 => 3_441.53,
        1 => 3_183.81,
        11 => 5_006.47,
        12 => 6_913.02,
        13 => 9_607.54,
        14 => 12_139.70,
        15 => 14_476.27,
        16 => 17_484.48,
        21 => 6_811.02,
        22 => 7_752.86,
        23 => 9_442.48,
        24 => 12_114.09,
        25 => 16_166.32,
        27 => 21_311.89,
        28 => 28_726.79,
        29 => 39_355.87,
        30 => 49_422.53,
        33 => 9_703.66,
        35 => 15_560.00,
        37 => 20_269.50,
        38 => 26_430.27,
        39 => 35_204.60,
        40 => 44_877.45,
        _ => return None,
    };
    Some(g_h / 3_600.0)
}
