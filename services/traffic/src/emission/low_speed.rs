//! Queues: what the curves by average speed do not say.
//!
//! The annex's functions end at 5 to 12 km/h and are held there: per km constant, so that a queue
//! that hardly moves would emit hardly anything. Instead the *rate* (g/s) goes linearly from the
//! rate of a standing vehicle at 0 km/h to the function's own at its lowest speed. Per km it then
//! rises as 1/V, and a standing vehicle emits what its idling engine does.
//!
//! # Stop and go
//!
//! On streets traffic slower than 25 km/h stands part of the time and drives the rest: on simulated
//! days of central Helsinki the mean share of time standing is 1 - V / 25, within 0.05, from 2 to
//! 25 km/h, and the speed while moving stays at 23 to 26 km/h. With
//! [`FactorOptions::stop_and_go`](super::FactorOptions) the rate below 25 km/h is that mixture:
//! `E = EF(V_moving) km + idle t_stopped`. It comes nearer to second-by-second models than the
//! curve (`load-tests/results/accuracy.md`), which was measured on cycles that hardly have queues.
//!
//! # Stops are counted once
//!
//! A curve by average speed is measured on cycles that have stops: at 19 km/h a car usually stands
//! a quarter of the time. Where the time stood is known beside the mean speed, adding
//! `idle × stopped time` to the curve at the moving speed would count the usual stops twice, because
//! the curve at the moving speed has the usual stops of *that* speed in it. So the curve is taken
//! apart first. With the usual share of time standing s(V),
//!
//! `R(V) = (1 - s(V)) M(V / (1 - s(V))) + s(V) idle`
//!
//! defines M, the rate while moving as a function of the speed while moving. A link with mean speed
//! V and stopped share p then emits `(1 - p) M(V / (1 - p)) + p idle`: the plain curve where p is as
//! usual, more where a vehicle crawls without stopping, and exactly idle where all stand.

/// Mean speed km/h, and the usual share of time standing at it. The phases of the WLTC (UN global
/// technical regulation 15): low 18.9 km/h 26.5 %, medium 39.5 km/h 11.1 %, high 56.7 km/h 6.8 %,
/// extra high 92.0 km/h 2.2 %, from memory; the New York City Cycle: 11.4 km/h 35 %, from memory.
/// Below, moving traffic keeps that cycle's 17.5 km/h and stands the more.
const USUAL_STOPS: [[f64; 2]; 7] = [
    [0.0, 1.0],
    [11.4, 0.35],
    [18.9, 0.265],
    [39.5, 0.111],
    [56.7, 0.068],
    [92.0, 0.022],
    [130.0, 0.0],
];

/// Mean speed below which traffic on streets stops and goes.
pub(super) const STOP_AND_GO_KM_H: f64 = 25.0;

/// Share of time that traffic on streets usually stands at a mean speed: `1 - V / 25`, 0 from 25 km/h
/// on.
///
/// ```
/// use traffic::emission::stop_and_go_share;
/// assert_eq!([0.0, 10.0, 50.0].map(stop_and_go_share), [1.0, 0.6, 0.0]);
/// ```
pub fn stop_and_go_share(mean_speed_km_h: f64) -> f64 {
    (1.0 - mean_speed_km_h.max(0.0) / STOP_AND_GO_KM_H).max(0.0)
}

/// Below this mean speed the usual speed while moving is one and the same, km/h.
pub(super) const CRAWL_KM_H: f64 = 11.4;

/// Usual share of time that a vehicle stands when its mean speed, stops included, is this; 1 at
/// 0 km/h, falling to 0 at 130.
///
/// ```
/// use traffic::emission::typical_stop_share;
/// assert_eq!(typical_stop_share(0.0), 1.0);
/// assert!((typical_stop_share(18.9) - 0.265).abs() < 1e-12);
/// assert_eq!(typical_stop_share(200.0), 0.0);
/// ```
pub fn typical_stop_share(mean_speed_km_h: f64) -> f64 {
    let mut before = USUAL_STOPS[0];
    for point in USUAL_STOPS {
        if mean_speed_km_h <= point[0] {
            if point[0] <= before[0] {
                return point[1];
            }
            let share = ((mean_speed_km_h - before[0]) / (point[0] - before[0])).max(0.0);
            return before[1] + share * (point[1] - before[1]);
        }
        before = point;
    }
    0.0
}

/// Usual speed while moving, km/h, at a mean speed with its usual stops; rises with it from 17.5.
///
/// ```
/// use traffic::emission::moving_speed_km_h;
/// assert!((moving_speed_km_h(18.9) - 25.71).abs() < 0.01);
/// assert!((moving_speed_km_h(3.0) - 17.54).abs() < 0.01);
/// ```
pub fn moving_speed_km_h(mean_speed_km_h: f64) -> f64 {
    let mean = mean_speed_km_h.max(CRAWL_KM_H);
    mean / (1.0 - typical_stop_share(mean))
}

/// The mean speed whose usual speed while moving is this, km/h: the inverse of
/// [`moving_speed_km_h`], by bisection, for speeds of 17.54 and more.
pub(super) fn mean_speed_of_moving(moving_km_h: f64) -> f64 {
    let [mut low, mut high] = [CRAWL_KM_H, 130.0];
    // 30 halvings of 120 km/h are far below any speed that matters.
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if moving_speed_km_h(middle) < moving_km_h { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Rate below the lowest speed of a function: from that of standing, at 0 km/h, linearly to that of
/// the function at its lowest speed. All rates g/s.
///
/// ```
/// use traffic::emission::idle_to_minimum;
/// assert_eq!(idle_to_minimum(0.9, 0.6, 0.0, 5.0), 0.9);
/// assert_eq!(idle_to_minimum(0.9, 0.6, 5.0, 5.0), 0.6);
/// assert!((idle_to_minimum(0.9, 0.6, 2.5, 5.0) - 0.75).abs() < 1e-12);
/// ```
pub fn idle_to_minimum(idle: f64, at_minimum: f64, speed_km_h: f64, minimum_km_h: f64) -> f64 {
    if minimum_km_h <= 0.0 || speed_km_h >= minimum_km_h {
        return at_minimum;
    }
    let share = (speed_km_h / minimum_km_h).max(0.0);
    idle + (at_minimum - idle) * share
}
