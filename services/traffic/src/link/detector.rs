//! What a detector says about the link that it stands on.

/// Means of a detector over a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectorReading {
    /// End of the newest time that is in it, Unix milliseconds.
    pub end_ms: i64,
    /// Mean of the vehicles that passed, km/h.
    pub speed_km_h: Option<f64>,
    /// Vehicles an hour.
    pub flow_veh_h: Option<f64>,
    /// Share of time that a vehicle stood over it, percent.
    pub occupancy_percent: Option<f64>,
    /// It has sent the same speed for long: it is broken.
    pub stuck: bool,
}

/// Weight of the region's slope in that of a link, in squared relative deviations.
const POOLED: f64 = 0.05;

/// A slope before anything was learned: a link's speed falls about as its detector's.
const SLOPE: f64 = 0.7;

/// Vehicles of one window that count.
const VEHICLES_MAX: f64 = 5.0;

/// Weights do not grow beyond it, see the profile.
const WEIGHT_MAX: f64 = 5_000.0;

/// Covered for longer than that while nothing passes: a queue stands on it, percent.
const BLOCKED_PERCENT: f64 = 50.0;

/// Relative deviation of a detector on which a queue stands.
const BLOCKED: f64 = -0.9;

/// The relation between a link's speed and its detector's, as running sums of a regression of
/// relative deviations through the origin: `link / usual - 1 = slope × (spot / usual spot - 1)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DetectorRelation {
    /// Vehicles, and their speeds in m/s together: the usual speed at the detector.
    pub vehicles: f64,
    /// See above.
    pub speeds: f64,
    /// Sum of products of the deviations.
    pub xy: f64,
    /// Sum of squares of the detector's deviations.
    pub xx: f64,
}

impl DetectorRelation {
    /// How far the detector is from its usual speed, relatively; none when that is not known or it
    /// saw nothing.
    ///
    /// ```
    /// use traffic::link::{DetectorReading, DetectorRelation};
    /// let relation = DetectorRelation { vehicles: 100.0, speeds: 1_000.0, ..Default::default() };
    /// let reading = DetectorReading {
    ///     end_ms: 0,
    ///     speed_km_h: Some(18.0),
    ///     flow_veh_h: Some(600.0),
    ///     occupancy_percent: None,
    ///     stuck: false,
    /// };
    /// assert_eq!(relation.deviation(&reading), Some(-0.5));
    /// ```
    pub fn deviation(&self, reading: &DetectorReading) -> Option<f64> {
        if reading.stuck || self.vehicles <= 0.0 {
            return None;
        }
        let none_passed = reading.flow_veh_h == Some(0.0);
        let covered = reading.occupancy_percent.is_some_and(|share| share > BLOCKED_PERCENT);
        if none_passed {
            return covered.then_some(BLOCKED);
        }
        let usual_m_s = self.speeds / self.vehicles;
        Some(reading.speed_km_h? / 3.6 / usual_m_s - 1.0)
    }

    /// The slope, given the sums of all links together.
    pub fn slope(&self, all: &Self) -> f64 {
        let pooled = if all.xx > POOLED { all.xy / all.xx } else { SLOPE };
        (self.xy + POOLED * pooled) / (self.xx + POOLED)
    }

    /// Learns from a window of so many minutes: the detector's speed, and the link's relative
    /// deviation from its usual speed where that was measured. Gives what was added.
    #[must_use = "the sums of all links take it too"]
    pub fn learn(
        &mut self,
        reading: &DetectorReading,
        minutes: f64,
        link_deviation: Option<f64>,
    ) -> Self {
        let mut added = Self::default();
        let Some(speed_km_h) = reading.speed_km_h.filter(|_| !reading.stuck) else { return added };
        let vehicles = reading.flow_veh_h.map_or(1.0, |flow| flow * minutes / 60.0);
        if vehicles <= 0.0 {
            return added;
        }
        if let (Some(x), Some(y)) = (self.deviation(reading), link_deviation) {
            let weight = vehicles.min(VEHICLES_MAX);
            (added.xy, added.xx) = (weight * x * y, weight * x * x);
        }
        (added.vehicles, added.speeds) = (vehicles, vehicles * speed_km_h / 3.6);
        self.add(&added);
        if self.vehicles > WEIGHT_MAX {
            let share = WEIGHT_MAX / self.vehicles;
            self.vehicles *= share;
            self.speeds *= share;
            self.xy *= share;
            self.xx *= share;
        }
        added
    }

    /// Adds sums.
    pub fn add(&mut self, other: &Self) {
        self.vehicles += other.vehicles;
        self.speeds += other.speeds;
        self.xy += other.xy;
        self.xx += other.xx;
    }
}
