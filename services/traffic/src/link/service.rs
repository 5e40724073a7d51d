//! How good traffic on a link is.

use events::wire::HcmLevel;

/// Level of service of an urban street by the Highway Capacity Manual from the share of free-flow
/// speed, percent, 0 or more: A above 85, B above 67, C above 50, D above 40, E above 30, else F.
///
/// Source: HCM 2010 and its 6th edition, urban street facilities, travel speed as a percentage of
/// base free-flow speed, while demand is below capacity.
///
/// ```
/// use events::wire::HcmLevel;
/// assert_eq!(traffic::link::hcm_level(60.0), HcmLevel::C);
/// assert_eq!(traffic::link::hcm_level(30.0), HcmLevel::F);
/// ```
pub fn hcm_level(speed_share_percent: f64) -> HcmLevel {
    match speed_share_percent {
        share if share > 85.0 => HcmLevel::A,
        share if share > 67.0 => HcmLevel::B,
        share if share > 50.0 => HcmLevel::C,
        share if share > 40.0 => HcmLevel::D,
        share if share > 30.0 => HcmLevel::E,
        share if share >= 0.0 => HcmLevel::F,
        _ => HcmLevel::Unspecified,
    }
}

/// Time to drive a length (metres) at a speed (km/h), seconds; at walking pace or faster, so that
/// standing traffic does not take for ever.
///
/// ```
/// assert_eq!(traffic::link::travel_time_s(100.0, 36.0), 10.0);
/// assert_eq!(traffic::link::travel_time_s(100.0, 0.0), 360.0);
/// ```
pub fn travel_time_s(length_m: f64, speed_km_h: f64) -> f64 {
    length_m * 3.6 / speed_km_h.max(SPEED_KM_H_MIN)
}

/// Slower than that nobody travels: walking on is faster.
const SPEED_KM_H_MIN: f64 = 1.0;

/// Metres of road that a standing car takes with the gap to the next: jam density of urban lanes is
/// 140 to 150 veh/km (`1,000 / 145`).
const STANDING_M: f64 = 6.9;

/// Length of the standing traffic on a link, metres, 0 to its length: of the density (veh/km, of
/// all lanes) the share that stands (0 to 1), packed on the lanes.
///
/// ```
/// // 60 veh/km on 100 m, half of them standing, in one lane.
/// let queue_m = traffic::link::standing_m(100.0, 1, 60.0, 0.5);
/// assert!((queue_m - 20.7).abs() < 0.01);
/// ```
pub fn standing_m(length_m: f64, lanes: u8, density_veh_km: f64, stopped_share: f64) -> f64 {
    let vehicles = density_veh_km / 1_000.0 * length_m * stopped_share;
    (vehicles * STANDING_M / f64::from(lanes.max(1))).min(length_m)
}
