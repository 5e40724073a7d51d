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
    /// Direction that the vehicle sent with the fix.
    pub(super) bearing: Option<[f32; 2]>,
    /// Whether the vehicle stands at the new fix.
    pub(super) stands: bool,
    /// Whether it stood at the old one too.
    pub(super) stood: bool,
    /// Variance of how far it moved if it did, square metres.
    pub(super) stood_m2: f32,
}

impl Step {
    /// The same step of a vehicle that has not moved.
    pub(super) fn standing(&self) -> Self {
        Self { drive_m: 0.0, drive_m2: self.stood_m2, ..*self }
    }
}

/// How the estimate before a step changes when the one after it does: `gain * change + shift`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Hindsight {
    pub(super) gain: f32,
    pub(super) shift_m: f32,
}

impl Hindsight {
    /// What the belief `to`, which `driven_m` down the way came of `from`, says about that.
    ///
    /// The smoother of Rauch, Tung & Striebel (Maximum likelihood estimates of linear dynamic
    /// systems, AIAA Journal 3, 1965) for the model of [`advance`]: three observations of the error
    /// `e` of the old distance, by the filter with variance `p`, by the drive with `q`, and by
    /// `noise' = rho noise + fresh`, where `noise` falls as the distance grows.
    pub(super) fn new(from: &Belief, to: &Belief, step: &Step, driven_m: f32) -> Self {
        let noise_m = dot(from.noise_m, from.ahead);
        let surprise_m = step.rho * noise_m - dot(to.noise_m, to.ahead);
        let by_drive = 1.0 / step.drive_m2;
        let by_noise = step.rho / step.fresh_m2;
        let weight = 1.0 / from.variance_m2 + by_drive + step.rho * by_noise;
        Self {
            gain: (by_drive + by_noise) / weight,
            shift_m: ((driven_m - step.drive_m) * by_drive + surprise_m * by_noise) / weight,
        }
    }
}

/// The belief after a step from `from` to a link on which `expected_m` (negative: before its
/// beginning) is the distance that the vehicle's speed would give, and the cost of that, nats.
/// `foot` is the point of the link at which it is taken to be straight, lane offset included, and
/// `within_m` the part of the link on which the vehicle can be.
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
    within_m: [f32; 2],
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
    let along_m = free_m.max(within_m[0]).min(within_m[1]);
    let outside_m = free_m - along_m;
    let cost = 0.5 * (dot(residual, solve(residual)) + outside_m * outside_m / variance_m2);
    let moved_m = along_m - foot.along_m;
    let noise_m = [0, 1].map(|axis| step.at[axis] - foot.at[axis] - ahead[axis] * moved_m);
    (Belief { along_m, variance_m2, noise_m, ahead }, cost)
}

/// What [`advance`] costs at least: what the residual across the new link says alone, on which the
/// distance along it has no bearing.
pub(super) fn cost_across(from: &Belief, step: &Step, foot: &Foot) -> f32 {
    let across = |v: [f32; 2]| v[0] * foot.ahead[1] - v[1] * foot.ahead[0];
    let residual = [0, 1].map(|axis| step.at[axis] - foot.at[axis] - step.rho * from.noise_m[axis]);
    let (residual_m, turn) = (across(residual), step.rho * across(from.ahead));
    0.5 * residual_m * residual_m / (step.fresh_m2 + from.variance_m2 * turn * turn)
}

/// The estimate is never taken to be better: lines of maps are not.
const VARIANCE_M2_MIN: f32 = 0.25;
