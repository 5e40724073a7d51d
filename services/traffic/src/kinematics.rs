//! Distance, bearing and speed between fixes.

use events::Position;

/// Mean radius of the Earth, metres (IUGG 1980, R1).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Great-circle distance, metres, by the haversine formula (Sinnott, Virtues of the Haversine, Sky
/// and Telescope 68, 1984); off by at most 0.6 percent as the Earth is no sphere.
///
/// ```
/// let a = events::Position::new(60.0, 25.0).unwrap();
/// let b = events::Position::new(60.001, 25.0).unwrap();
/// assert!((traffic::distance_m(a, b) - 111.19).abs() < 0.01);
/// ```
pub fn distance_m(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.longitude_deg - a.longitude_deg).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()
}

/// Initial bearing from `a` to `b`, degrees clockwise from north, 0 to below 360.
///
/// ```
/// let a = events::Position::new(60.0, 25.0).unwrap();
/// let east = events::Position::new(60.0, 25.01).unwrap();
/// assert!((traffic::bearing_deg(a, east) - 90.0).abs() < 0.01);
/// ```
pub fn bearing_deg(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let lon = (b.longitude_deg - a.longitude_deg).to_radians();
    let east = lon.sin() * lat_b.cos();
    let north = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * lon.cos();
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

/// Speed that covers a distance in a time, km/h; infinite for no time and some distance.
///
/// ```
/// assert_eq!(traffic::speed_km_h(100.0, 10_000), 36.0);
/// ```
pub fn speed_km_h(distance_m: f64, duration_ms: i64) -> f64 {
    if distance_m == 0.0 { 0.0 } else { distance_m / duration_ms.abs() as f64 * 3_600.0 }
}
