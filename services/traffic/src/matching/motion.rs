//! What a fix says of where a vehicle is and how it moves, in the network's units.

use super::matcher::Moment;
use super::{Fix, MatchOptions};

/// Time over which velocity is estimated where vehicles send none, seconds: less lets noise count as
/// driving, more sees too late that a vehicle brakes.
pub(super) const VELOCITY_S: f32 = 1.5;

/// A fix's coordinates as the network has them.
pub(super) fn plane(fix: &Fix) -> [f32; 2] {
    fix.at.map(|metres| metres as f32)
}

/// A speed as it counts, whatever the vehicle sent.
pub(super) fn metres_per_s(options: &MatchOptions, speed_km_h: f32) -> f32 {
    (speed_km_h / 3.6).max(0.0).min(options.speed_m_per_s_max)
}

/// Velocity from positions: an exponential mean over [`VELOCITY_S`], so that noise does not count
/// as driving.
pub(super) fn velocity(newest: &Moment, at: [f32; 2], seconds: f32) -> [f32; 2] {
    let share = 1.0 / (seconds + VELOCITY_S);
    [0, 1].map(|axis| {
        let old = newest.velocity[axis];
        old + share * (at[axis] - newest.at[axis] - old * seconds)
    })
}

/// The direction that a fix carries, as a unit vector, unless the vehicle is too slow for it.
pub(super) fn bearing(options: &MatchOptions, fix: &Fix) -> Option<[f32; 2]> {
    let fast = fix.speed_km_h.is_some_and(|speed| speed >= options.bearing_speed_km_h_min);
    fix.bearing_deg.filter(|bearing| fast && bearing.is_finite()).map(unit_vector)
}

/// The unit vector of a bearing, by basic arithmetic alone so that every machine gets the same:
/// Taylor's series within 45 degrees of an axis, off by less than 0.00001.
fn unit_vector(bearing_deg: f32) -> [f32; 2] {
    let bearing_deg = bearing_deg.rem_euclid(360.0);
    let quarter = (bearing_deg / 90.0).round();
    let x = (bearing_deg - 90.0 * quarter).to_radians();
    let square = x * x;
    let sine = x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
    let cosine = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0));
    match quarter as u8 {
        0 | 4 => [sine, cosine],
        1 => [cosine, -sine],
        2 => [-sine, -cosine],
        _ => [-cosine, sine],
    }
}

/// A power, by basic arithmetic alone so that every machine gets the same.
pub(super) fn power(base: f32, exponent: f32) -> f32 {
    let mut whole = exponent as u32;
    let mut result = 1.0 + (base - 1.0) * (exponent - whole as f32);
    let mut square = base;
    while whole > 0 {
        if whole & 1 == 1 {
            result *= square;
        }
        square *= square;
        whole >>= 1;
    }
    result
}
