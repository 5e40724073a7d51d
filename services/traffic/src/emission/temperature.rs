//! What cold weather does to warm engines and to batteries.

/// Temperature of the tests that the hot functions come from, °C.
const REFERENCE_C: f64 = 20.0;

/// The most that cold weather adds to the NOx of a diesel.
const DIESEL_NOX_MAX: f64 = 1.8;

/// Below this electric vehicles heat, °C.
const HEATING_BELOW_C: f64 = 17.5;

/// Factor on the NOx of a warm diesel in cold weather: `1 + k (20 - T)`, at most
/// 1.8 and at least 1, where k is the class's `cold_nox_per_k`.
///
/// Sources: Grange et al. (2019), Strong temperature dependence for light-duty diesel vehicle NOx
/// emissions, ES&T: remote sensing of 300,000 vehicles; Euro 3 to 5 alike, Euro 6 less, petrol not
/// at all, 38 % more over Europe than at laboratory temperatures. HBEFA 3.3 in the German
/// Environment Agency's release: 30 to 80 % more at German temperatures. The slope 0.025 per kelvin
/// for Euro 3 to 5 (25 % more at 10 °C, 50 % at 0 °C) and half of it for Euro 6 is our reading of
/// these; the factor can be switched off in [`FactorOptions`](super::FactorOptions).
///
/// ```
/// use traffic::emission::diesel_nox_factor;
/// assert_eq!(diesel_nox_factor(0.025, 0.0), 1.5);
/// assert_eq!(diesel_nox_factor(0.025, 25.0), 1.0);
/// assert_eq!(diesel_nox_factor(0.025, -40.0), 1.8);
/// ```
pub fn diesel_nox_factor(per_k: f64, temperature_c: f64) -> f64 {
    (1.0 + per_k * (REFERENCE_C - temperature_c)).clamp(1.0, DIESEL_NOX_MAX)
}

/// Energy of heating an electric vehicle, MJ per hour of driving or standing: `heating_w_per_k`
/// for each kelvin below 17.5 °C.
///
/// For buses of 12 m this stands for the curve 1.05 kWh/km at 15 to 20 °C, 1.25 at 5, 1.45 at -5,
/// 1.75 at -15 and 2.0 at -25 at 18 km/h: 400 W/K gives 1.05, 1.33, 1.55, 1.77, 1.99.
///
/// ```
/// use traffic::emission::heating_mj_h;
/// let kwh_per_km = 1.05 + heating_mj_h(400.0, -25.0) / 3.6 / 18.0;
/// assert!((kwh_per_km - 1.994).abs() < 0.001);
/// assert_eq!(heating_mj_h(400.0, 20.0), 0.0);
/// ```
pub fn heating_mj_h(heating_w_per_k: f64, temperature_c: f64) -> f64 {
    heating_w_per_k * (HEATING_BELOW_C - temperature_c).max(0.0) * 3_600.0 / 1e6
}
