//! How buses between their stops drive compared with the cars of a link.

use super::EdieSum;

/// Time of buses at which a link's own ratio counts half, seconds.
const HALF_S: f64 = 200.0;

/// Sums do not grow beyond it, seconds, see the profile.
const TIME_S_MAX: f64 = 50_000.0;

/// Metres at which what all links together say counts half, against no difference at all.
const POOLED_M: f64 = 2_000.0;

/// Ratios that may be: others come of who stood where the other drove.
const RATIO: std::ops::RangeInclusive<f64> = 0.2..=2.0;

/// Slower than that cars are not taken for a ratio, m/s.
const SPEED_MIN: f64 = 1.0;

/// Sums of the cars and the buses of a link, stops of buses left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BusRelation {
    /// Cars: metres and seconds.
    pub cars_m: f64,
    /// See above.
    pub cars_s: f64,
    /// Buses: metres and seconds.
    pub buses_m: f64,
    /// See above.
    pub buses_s: f64,
}

/// The same of all links of a region together: what buses drove, and what cars would have driven in
/// that time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BusRelations {
    /// Metres of buses.
    pub buses_m: f64,
    /// Metres of cars at their mean speed of the same link in the same time.
    pub cars_m: f64,
}

impl BusRelation {
    /// Speed of buses over speed of cars, given that of all links.
    ///
    /// ```
    /// use traffic::link::{BusRelation, BusRelations, EdieSum};
    /// let (mut link, mut all) = (BusRelation::default(), BusRelations::default());
    /// assert_eq!(link.ratio(&all), 1.0);
    /// let sum = |metres: u64| EdieSum {
    ///     distance_mm: metres * 1_000,
    ///     time_ms: 100_000,
    ///     ..EdieSum::default()
    /// };
    /// (0..100).for_each(|_| link.learn(&mut all, &sum(1_000), &sum(800)));
    /// assert!((link.ratio(&all) - 0.8).abs() < 0.01);
    /// // Where no car is ever seen, nothing is known of the difference.
    /// let mut only_buses = BusRelation::default();
    /// (0..100).for_each(|_| only_buses.learn(&mut all, &EdieSum::default(), &sum(800)));
    /// assert!((only_buses.ratio(&all) - 0.8).abs() < 0.01);
    /// ```
    pub fn ratio(&self, all: &BusRelations) -> f64 {
        let pooled = (all.buses_m + POOLED_M) / (all.cars_m + POOLED_M);
        // A ratio is of both: what only one of them did says nothing.
        let ratio = if self.cars_s > 0.0 {
            let cars_m_s = (self.cars_m / self.cars_s).max(SPEED_MIN);
            (self.buses_m + HALF_S * pooled * cars_m_s) / (cars_m_s * (self.buses_s + HALF_S))
        } else {
            pooled
        };
        ratio.clamp(*RATIO.start(), *RATIO.end())
    }

    /// Learns from a window.
    pub fn learn(&mut self, all: &mut BusRelations, cars: &EdieSum, buses: &EdieSum) {
        let (metres, seconds) = (
            |sum: &EdieSum| sum.distance_mm as f64 / 1_000.0,
            |sum: &EdieSum| sum.time_ms as f64 / 1_000.0,
        );
        self.cars_m += metres(cars);
        self.cars_s += seconds(cars);
        self.buses_m += metres(buses);
        self.buses_s += seconds(buses);
        if self.cars_s > 0.0 {
            all.buses_m += metres(buses);
            all.cars_m += seconds(buses) * self.cars_m / self.cars_s;
        }
        let share = (TIME_S_MAX / self.cars_s.max(self.buses_s)).min(1.0);
        self.cars_m *= share;
        self.cars_s *= share;
        self.buses_m *= share;
        self.buses_s *= share;
    }
}
