//! How one hypothesis takes in a fix: the Kalman filter over distance.

use super::line::{Foot, dot};

/// Where a vehicle is if it is on one link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    /// Metres from the link's beginning.
    pub(super) along_m: f32,
    /// Variance of that, square metres.
    pub(super) variance_m2: f32,
    /// What the last fix was off by: the state of the noise, metres.
    pub(super) noise_m: [f32; 2],
    /// Unit vector in the direction of travel.
    pub(super) ahead: [f32; 2],
}

/// What is known about the step between two fixes, whatever the link.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The new fix, in the plane.
    pub(super) at: [f32; 2],
    /// Expected distance, metres.
    pub(super) drive_m: f32,
    /// Variance of that, square metres.
    pub(super) drive_m2: f32,
    /// Correlation of the noise of the two fixes.
    pub(super) rho: f32,
    /// Variance that the noise gains, square metres.
    pub(super) fresh_m2: f32,
}

/// The belief after a step from `from` to a link on which `expected_m` (negative: before its
/// beginning) is the distance that the vehicle's speed would give, and the cost of that, nats.
/// `foot` is the point of the link at which it is taken to be straight, lane offset included.
///
/// Fix and position are linked by `fix = position + noise` with `noise' = rho noise + fresh`, so
/// with the old noise known up to the error `e` of the old distance and `q` the error of the
/// drive, `fix' - foot - rho noise = (ahead' - rho ahead) e + ahead' q + fresh`: two equations
/// in one unknown distance, solved in closed form.
pub(super) fn advance(
    from: &Belief,
    step: &Step,
    foot: &Foot,
    expected_m: f32,
    length_m: f32,
) -> (Belief, f32) {
    let ahead = foot.ahead;
    let beyond_m = expected_m - foot.along_m;
    let residual = [0, 1].map(|axis| {
        step.at[axis] - foot.at[axis] - step.rho * from.noise_m[axis] - ahead[axis] * beyond_m
    });
    let by_error = [0, 1].map(|axis| ahead[axis] - step.rho * from.ahead[axis]);
    let (p, q, r) = (from.variance_m2, step.drive_m2, step.fresh_m2);
    let covariance = [0, 1].map(|axis| p * by_error[axis] + q * ahead[axis]);
    let entry = |a: usize, b: usize| p * by_error[a] * by_error[b] + q * ahead[a] * ahead[b];
    let (xx, xy, yy) = (r + entry(0, 0), entry(0, 1), r + entry(1, 1));
    let determinant = xx * yy - xy * xy;
    let solve = |v: [f32; 2]| {
        [(yy * v[0] - xy * v[1]) / determinant, (xx * v[1] - xy * v[0]) / determinant]
    };
    let gain = solve(covariance);
    let free_m = expected_m + dot(gain, residual);
    let variance_m2 = (p + q - dot(gain, covariance)).max(VARIANCE_M2_MIN);
    let along_m = free_m.clamp(0.0, length_m);
    let outside_m = free_m - along_m;
    let cost = 0.5 * (dot(residual, solve(residual)) + outside_m * outside_m / variance_m2);
    let moved_m = along_m - foot.along_m;
    let noise_m = [0, 1].map(|axis| step.at[axis] - foot.at[axis] - ahead[axis] * moved_m);
    (Belief { along_m, variance_m2, noise_m, ahead }, cost)
}

/// The estimate is never taken to be better: lines of maps are not.
const VARIANCE_M2_MIN: f32 = 0.25;
