//! The speed of a link in a window from everything that is known: one filter.
//!
//! All of it is sums of metres over sums of seconds. What is believed beforehand is worth some
//! seconds of driving at the believed speed (a conjugate prior, as in empirical Bayes; Efron &
//! Morris, Stein's Estimation Rule and Its Competitors, JASA 1973), more of them where the link's
//! windows differ little from each other:
//!
//! 1. *slow*: the profile of this hour, turned by the detector's deviation, with what was seen in
//!    this minute and, discounted, in those before it;
//! 2. *window*: the slow speed with what was seen in the window itself;
//! 3. the mean that is asked for is of the cars of this window, of which the ones seen are a part:
//!    those count as they are, the others at the speed of step 2.
//!
//! Parameters were fitted on simulated days of central Helsinki that no figure is reported of.

use super::{EdieSum, Typical};

/// Discount of what was seen by each minute.
const DISCOUNT: f64 = 0.7;

/// Worth of the profile, seconds, times the square of the spread, and its limits.
const PROFILE_S: f64 = 3.0;
const PROFILE_S_RANGE: (f64, f64) = (5.0, 200.0);

/// With a detector it is worth more by this factor.
const DETECTOR_FACTOR: f64 = 2.0;

/// Worth of the slow speed, the same way.
const SLOW_S: f64 = 6.0;
const SLOW_S_RANGE: (f64, f64) = (10.0, 400.0);

/// Worth of a second of a bus against one of a car.
const BUS: f64 = 0.4;

/// A bus at its stop on a street of one lane holds up the traffic for so much of its time.
const BLOCKING: f64 = 0.7;

/// Cars at least that are taken to be on the link in a window, at the usual speed.
const CARS_MIN: f64 = 4.0;

/// Half the width of the interval in spreads; nine of ten windows lie inside.
const HALF_WIDTH: f64 = 1.65;

/// Where no car was seen, a minute differs more from what is usual than the mean deviation of seen
/// minutes says: those have more cars.
const UNSEEN_MINUTE: f64 = 1.2;

/// Share of the variance that seeing every car takes away: fixes have errors too.
const SEEN: f64 = 0.8;

/// Nothing is slower on average than that share of the usual.
const SHARE_MIN: f64 = 0.05;

/// Seconds, to divide by.
const TINY_S: f64 = 1e-3;

/// What was seen in a window, and what is known beforehand.
#[derive(Clone, Copy, Debug)]
pub struct SpeedInput {
    /// Length of the window, minutes.
    pub minutes: f64,
    /// Of the link between its junctions, metres.
    pub length_m: f64,
    /// Lanes of it.
    pub lanes: u8,
    /// Cars that were seen.
    pub cars: EdieSum,
    /// Buses that were seen, their stops left out.
    pub buses: EdieSum,
    /// Time that buses stood at stops, seconds.
    pub dwell_s: f64,
    /// Speed of buses over speed of cars.
    pub bus_ratio: f64,
    /// Usual speed of such a window at this hour.
    pub typical: Typical,
    /// What the detector's deviation makes of it, relatively: 0 is as usual.
    pub detector: Option<f64>,
    /// Seconds that all cars are expected to be on the link in the window; 0 when not known.
    pub expected_s: f64,
}

/// What a source says, and how much it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Metres per second.
    pub speed_m_s: f64,
    /// Share of the result, 0 to 1.
    pub weight: f64,
}

/// An estimated speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeedEstimate {
    /// Metres per second, above 0.
    pub speed_m_s: f64,
    /// Half the interval that holds the truth in nine of ten cases.
    pub half_width_m_s: f64,
    /// Cars of this window.
    pub cars: Share,
    /// Buses of this window.
    pub buses: Share,
    /// Minutes before it.
    pub previous: Share,
    /// The profile, or the detector with it.
    pub prior: Share,
}

impl SpeedEstimate {
    /// The interval, km/h; the lower end is 0 or more.
    pub fn interval_km_h(&self) -> [f64; 2] {
        let ends = [self.speed_m_s - self.half_width_m_s, self.speed_m_s + self.half_width_m_s];
        ends.map(|end| end.max(0.0) * 3.6)
    }
}

/// What was seen on a link, later minutes counting more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpeedFilter {
    /// Discounted metres of the minutes before the newest one.
    pub before_m: f64,
    /// And seconds.
    pub before_s: f64,
    /// Of the newest minute.
    pub minute_m: f64,
    /// See above.
    pub minute_s: f64,
}

impl SpeedFilter {
    /// Goes on by a minute in which cars and buses were seen.
    pub fn minute(&mut self, cars: &EdieSum, buses: &EdieSum, bus_ratio: f64) {
        self.before_m = DISCOUNT * (self.before_m + self.minute_m);
        self.before_s = DISCOUNT * (self.before_s + self.minute_s);
        (self.minute_m, self.minute_s) = seen(cars, buses, bus_ratio);
    }

    /// Seconds of what was seen that still count.
    pub fn remembered_s(&self) -> f64 {
        self.before_s + self.minute_s
    }

    /// The speed of a window that ends with the newest minute.
    ///
    /// ```
    /// use traffic::link::{EdieSum, SpeedFilter, SpeedInput, Typical};
    /// let mut input = SpeedInput {
    ///     minutes: 5.0,
    ///     length_m: 200.0,
    ///     lanes: 1,
    ///     cars: EdieSum::default(),
    ///     buses: EdieSum::default(),
    ///     dwell_s: 0.0,
    ///     bus_ratio: 0.9,
    ///     typical: Typical { speed_m_s: 10.0, spread: 0.2 },
    ///     detector: None,
    ///     expected_s: 200.0,
    /// };
    /// let mut filter = SpeedFilter::default();
    /// // Nothing was seen: the usual speed with its whole spread.
    /// let usual = filter.speed(&input);
    /// assert!((usual.speed_m_s - 10.0).abs() < 1e-9 && (usual.half_width_m_s - 3.3).abs() < 1e-9);
    /// // Three cars at half the speed pull it down and make it surer.
    /// input.cars = EdieSum {
    ///     distance_mm: 600_000,
    ///     time_ms: 120_000,
    ///     vehicles: 3,
    ///     passages: 3,
    ///     stopped_ms: 0,
    /// };
    /// filter.minute(&input.cars, &input.buses, input.bus_ratio);
    /// let slower = filter.speed(&input);
    /// assert!(slower.speed_m_s < 7.0 && slower.speed_m_s > 5.0);
    /// let sum = slower.cars.weight + slower.previous.weight + slower.prior.weight;
    /// assert!((sum - 1.0).abs() < 1e-9);
    /// ```
    pub fn speed(&self, input: &SpeedInput) -> SpeedEstimate {
        let Typical { speed_m_s: usual, spread } = input.typical;
        let square = (spread * spread).max(1e-4);
        let worth = |seconds: f64, (low, high): (f64, f64)| (seconds / square).clamp(low, high);
        let (prior_m_s, factor) = match input.detector {
            Some(deviation) => (usual * (1.0 + deviation).max(SHARE_MIN), DETECTOR_FACTOR),
            None => (usual, 1.0),
        };
        let prior_s = worth(PROFILE_S, PROFILE_S_RANGE) * factor;
        let (all_m, all_s) = (self.before_m + self.minute_m, self.before_s + self.minute_s);
        let blocked = if input.lanes == 1 {
            (1.0 - BLOCKING * input.dwell_s / (60.0 * input.minutes)).max(0.2)
        } else {
            1.0
        };
        let slow = (all_m + prior_s * prior_m_s) / (all_s + prior_s) * blocked;
        let slow_s = worth(SLOW_S, SLOW_S_RANGE);
        let (seen_m, seen_s) = seen(&input.cars, &input.buses, input.bus_ratio);
        let window = (seen_m + slow_s * slow) / (seen_s + slow_s);
        let (cars_m, cars_s) = metres_and_seconds(&input.cars);
        let least_s = CARS_MIN * input.length_m / usual;
        let rest_s = (input.expected_s.max(least_s) - cars_s).max(0.0) + TINY_S;
        let speed_m_s = ((cars_m + rest_s * window) / (cars_s + rest_s)).max(usual * SHARE_MIN);
        let known = cars_s / (cars_s + rest_s);
        let ratio = window.max(usual * SHARE_MIN) / usual;
        let unseen = if cars_s <= 0.0 && input.minutes <= 1.0 { UNSEEN_MINUTE } else { 1.0 };
        let half_width_m_s = HALF_WIDTH
            * unseen
            * usual
            * spread
            * (1.0 - SEEN * known).sqrt()
            * (1.0 + 0.5 * logarithm(ratio).abs());
        // Shares: of the cars seen, of the window, of the slow speed.
        let of_window = 1.0 - known;
        let of_slow = of_window * slow_s / (seen_s + slow_s);
        let buses_s = BUS * input.buses.time_ms as f64 / 1_000.0;
        let part = |in_window_s: f64, in_slow_s: f64| {
            of_window * in_window_s / (seen_s + slow_s) + of_slow * in_slow_s / (all_s + prior_s)
        };
        let minute_share = if seen_s > 0.0 { self.minute_s / seen_s } else { 0.0 };
        // Of a long window only the last minute is in the slow speed as such.
        let (slow_cars_s, slow_buses_s) =
            (cars_s * minute_share.min(1.0), buses_s * minute_share.min(1.0));
        let speed = |metres: f64, seconds: f64| {
            if seconds > 0.0 { metres / seconds } else { 0.0 }
        };
        SpeedEstimate {
            speed_m_s,
            half_width_m_s,
            cars: Share {
                speed_m_s: speed(cars_m, cars_s),
                weight: known + part(cars_s, slow_cars_s),
            },
            buses: Share {
                speed_m_s: speed(seen_m - cars_m, buses_s),
                weight: part(buses_s, slow_buses_s),
            },
            previous: Share {
                speed_m_s: speed(self.before_m, self.before_s),
                weight: part(0.0, all_s - slow_cars_s - slow_buses_s),
            },
            prior: Share { speed_m_s: prior_m_s, weight: part(0.0, prior_s) },
        }
    }
}

/// Metres and seconds of what was seen, in those of cars.
fn seen(cars: &EdieSum, buses: &EdieSum, bus_ratio: f64) -> (f64, f64) {
    let (cars_m, cars_s) = metres_and_seconds(cars);
    let (buses_m, buses_s) = metres_and_seconds(buses);
    (cars_m + BUS * buses_m / bus_ratio, cars_s + BUS * buses_s)
}

fn metres_and_seconds(sum: &EdieSum) -> (f64, f64) {
    (sum.distance_mm as f64 / 1_000.0, sum.time_ms as f64 / 1_000.0)
}

/// About the natural logarithm near 1, by basic arithmetic alone so that every machine gets the
/// same (the first term of its series in `(x - 1) / (x + 1)`).
fn logarithm(ratio: f64) -> f64 {
    2.0 * (ratio - 1.0) / (ratio + 1.0)
}
