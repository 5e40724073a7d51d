//! Particles that come from tyres, brakes and the road surface and not from the exhaust.
//!
//! Source: EMEP/EEA air pollutant emission inventory guidebook 2019, chapters 1.A.3.b.vi and
//! 1.A.3.b.vii, Tier 2. The formulas, the car's figures, the heavy vehicle's and the size fractions
//! are verified against the documentation of gtfs2emis (`emi_europe_emep_wear.R`). The van's and the
//! two-wheeler's are those of the German informative inventory report and were not read again. Two
//! things to know:
//!
//! * The guidebook's own Tier 1 figure for the brakes of a heavy vehicle (0.0327 g/km) is 1.6 times
//!   what Tier 2 gives at half load (0.0205 g/km). Tier 2 is used here.
//! * Only what is emitted directly is counted; dust that lay on the road is not. For winter traffic
//!   on a bare road the road term is [`super::studded`]'s in place of the one here, never both.

/// Tyre wear of a car, total suspended particles, g/km.
const TYRE_CAR_G_KM: f64 = 0.0107;

/// Brake wear of a car, total suspended particles, g/km.
const BRAKE_CAR_G_KM: f64 = 0.0075;

/// Axles of a heavy vehicle that are believed; a timber lorry with its trailer has nine.
const AXLES: (u8, u8) = (2, 11);

/// What wears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WearBody {
    /// A moped or motorcycle.
    TwoWheeler,
    /// A car.
    Car,
    /// A van of at most 3.5 t.
    Van,
    /// A lorry, bus or combination.
    Heavy {
        /// Axles of the whole combination, 2 to 11: city bus 2, articulated bus 3, combination 5 to 9.
        axles: u8,
        /// Load over the largest load, 0 to 1.
        load_factor: f64,
    },
}

/// How a battery vehicle differs from the same body with an engine. No guidebook gives these yet:
/// they are a choice, and left out by giving none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatteryWear {
    /// Brake wear over that with an engine; motors brake most of the time.
    pub brake_factor: f64,
    /// Mass over that with an engine; tyre wear goes with it.
    pub mass_ratio: f64,
}

impl BatteryWear {
    /// A battery car: brakes 0.4 (unverified; the literature has 0.3 to 0.5), mass 1.24 (Timmers &
    /// Achten, Non-exhaust PM emissions from electric vehicles, Atmospheric Environment 134, 2016:
    /// 24 percent heavier).
    pub const CAR: Self = Self { brake_factor: 0.4, mass_ratio: 1.24 };
}

/// Mass of particles by size class, g/km; each class contains the finer ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Particles {
    /// Total suspended particles.
    pub tsp_g_km: f64,
    /// Up to 10 micrometres.
    pub pm10_g_km: f64,
    /// Up to 2.5 micrometres.
    pub pm2_5_g_km: f64,
    /// Up to 1 micrometre; none where the guidebook has no share, as for the road surface.
    pub pm1_g_km: Option<f64>,
    /// Up to 0.1 micrometres; none as above.
    pub pm0_1_g_km: Option<f64>,
}

/// Wear of one vehicle by source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wear {
    /// Tyres.
    pub tyre: Particles,
    /// Brakes.
    pub brake: Particles,
    /// Road surface, without studs.
    pub road: Particles,
    /// How many inputs were out of range and moved to its end.
    pub clamped: u32,
}

impl Wear {
    /// All three together. The two finest classes lack the road surface's part, which nobody states.
    ///
    /// ```
    /// use traffic::emission::wear::{WearBody, wear};
    /// let car = wear(WearBody::Car, 30.0, None).unwrap().total();
    /// assert_eq!((car.pm10_g_km * 1e4).round(), 287.0);
    /// assert_eq!((car.pm2_5_g_km * 1e4).round(), 152.0);
    /// ```
    pub fn total(&self) -> Particles {
        let parts = [self.tyre, self.brake, self.road];
        let sum = |of: fn(&Particles) -> f64| parts.iter().map(of).sum();
        let known = |of: fn(&Particles) -> Option<f64>| {
            parts.iter().filter_map(of).reduce(|sum, part| sum + part)
        };
        Particles {
            tsp_g_km: sum(|part| part.tsp_g_km),
            pm10_g_km: sum(|part| part.pm10_g_km),
            pm2_5_g_km: sum(|part| part.pm2_5_g_km),
            pm1_g_km: known(|part| part.pm1_g_km),
            pm0_1_g_km: known(|part| part.pm0_1_g_km),
        }
    }
}

/// Correction of tyre wear for the mean speed: 1.39 below 40 km/h, falling to 0.902 at 90.
///
/// ```
/// assert_eq!(traffic::emission::wear::tyre_speed_factor(20.0), 1.39);
/// assert!((traffic::emission::wear::tyre_speed_factor(80.0) - 1.0008).abs() < 1e-12);
/// ```
pub fn tyre_speed_factor(speed_km_h: f64) -> f64 {
    match speed_km_h {
        speed if speed < 40.0 => 1.39,
        speed if speed <= 90.0 => -0.009_74 * speed + 1.78,
        _ => 0.902,
    }
}

/// Correction of brake wear for the mean speed: 1.67 below 40 km/h, falling to 0.185 at 95.
///
/// ```
/// assert_eq!(traffic::emission::wear::brake_speed_factor(20.0), 1.67);
/// assert!((traffic::emission::wear::brake_speed_factor(65.0) - 0.995).abs() < 1e-12);
/// ```
pub fn brake_speed_factor(speed_km_h: f64) -> f64 {
    match speed_km_h {
        speed if speed < 40.0 => 1.67,
        speed if speed <= 95.0 => -0.027 * speed + 2.75,
        _ => 0.185,
    }
}

/// Wear of one vehicle at a mean speed of 0 km/h or more, g/km. Tyres of a heavy vehicle:
/// 0.5 x axles x (1.41 + 1.38 x load) x car; brakes: 1.956 x (1 + 0.79 x load) x car. Axles and load
/// out of range are moved to its end and counted; no speed, a negative one or no number as load
/// gives nothing.
///
/// ```
/// use traffic::emission::wear::{BatteryWear, WearBody, wear};
/// let car = wear(WearBody::Car, 30.0, None).unwrap();
/// // Milligrams of PM10: tyres 8.9, brakes 12.3, road 7.5.
/// assert!((car.tyre.pm10_g_km - 0.008_924).abs() < 1e-6);
/// assert!((car.brake.pm10_g_km - 0.012_275).abs() < 1e-6);
/// assert!((car.road.pm10_g_km - 0.0075).abs() < 1e-6);
/// let battery = wear(WearBody::Car, 30.0, Some(&BatteryWear::CAR)).unwrap();
/// assert!(battery.brake.tsp_g_km < car.brake.tsp_g_km);
/// let bus = WearBody::Heavy { axles: 2, load_factor: 0.5 };
/// assert!((wear(bus, 30.0, None).unwrap().tyre.tsp_g_km - 0.031_233).abs() < 1e-6);
/// assert_eq!(wear(WearBody::Van, f64::NAN, None), None);
/// ```
pub fn wear(body: WearBody, speed_km_h: f64, battery: Option<&BatteryWear>) -> Option<Wear> {
    if !speed_km_h.is_finite() || speed_km_h < 0.0 {
        return None;
    }
    let mut clamped = 0;
    let (tyre, brake, road) = match body {
        WearBody::TwoWheeler => (0.0046, 0.0037, 0.0060),
        WearBody::Car => (TYRE_CAR_G_KM, BRAKE_CAR_G_KM, 0.0150),
        WearBody::Van => (0.0169, 0.0117, 0.0150),
        WearBody::Heavy { axles, load_factor } if !load_factor.is_nan() => {
            let (least, most) = AXLES;
            let within = (axles.clamp(least, most), load_factor.clamp(0.0, 1.0));
            clamped += u32::from(within.0 != axles);
            clamped += u32::from(!(0.0..=1.0).contains(&load_factor));
            let (axles, load) = within;
            let tyre = 0.5 * f64::from(axles) * (1.41 + 1.38 * load) * TYRE_CAR_G_KM;
            (tyre, 1.956 * (1.0 + 0.79 * load) * BRAKE_CAR_G_KM, 0.0760)
        }
        WearBody::Heavy { .. } => return None,
    };
    let (tyre_factor, brake_factor) = match battery {
        Some(it) if it.mass_ratio >= 0.0 && it.brake_factor >= 0.0 => {
            (it.mass_ratio, it.brake_factor)
        }
        Some(_) => return None,
        None => (1.0, 1.0),
    };
    let tyre = tyre * tyre_speed_factor(speed_km_h) * tyre_factor;
    let brake = brake * brake_speed_factor(speed_km_h) * brake_factor;
    Some(Wear {
        tyre: sizes(tyre, 0.600, 0.420, Some((0.060, 0.048))),
        brake: sizes(brake, 0.980, 0.390, Some((0.100, 0.080))),
        road: sizes(road, 0.50, 0.27, None),
        clamped,
    })
}

fn sizes(tsp_g_km: f64, pm10: f64, pm2_5: f64, finest: Option<(f64, f64)>) -> Particles {
    Particles {
        tsp_g_km,
        pm10_g_km: tsp_g_km * pm10,
        pm2_5_g_km: tsp_g_km * pm2_5,
        pm1_g_km: finest.map(|(pm1, _)| tsp_g_km * pm1),
        pm0_1_g_km: finest.map(|(_, pm0_1)| tsp_g_km * pm0_1),
    }
}
