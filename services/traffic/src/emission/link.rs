//! What the traffic on a link emits, from its flow and its speed.

use super::{HALF_WIDTH, POLLUTANTS, Pollutant, TrafficCurves};

/// Weight of each end of an interval of nine of ten in the mean of a function of a normal variable:
/// with three points it has the variable's variance, `2 × weight × 1.645² = 1` (Julier and Uhlmann,
/// Unscented filtering and nonlinear estimation, Proceedings of the IEEE 92, 2004).
const END_WEIGHT: f64 = 0.5 / (HALF_WIDTH * HALF_WIDTH);

/// Road that a standing vehicle takes up, metres: at a jam density of 145 vehicles a lane and
/// kilometre (usual for cities is 140 to 150).
const STANDING_M: f64 = 6.9;

/// Traffic is never slower than that, km/h: who stands for a whole window drives on in the next.
const SPEED_KM_H_MIN: f64 = 0.5;

/// Particles are counted in units of so many.
const PARTICLES: f64 = 1e12;

/// Traffic on a link in a window of time. Intervals are value, low and high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkTraffic {
    /// Length, metres.
    pub length_m: f64,
    /// Lanes.
    pub lanes: f64,
    /// Length of the window, seconds.
    pub duration_s: f64,
    /// Vehicles an hour.
    pub flow_veh_h: [f64; 3],
    /// Space-mean speed, km/h.
    pub speed_km_h: [f64; 3],
    /// The same when nothing is in the way.
    pub free_flow_speed_km_h: f64,
}

/// What it emits in the window, by pollutant: grams, megajoules, 1e12 particles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkEstimate {
    /// Most likely.
    pub amounts: [f64; POLLUTANTS],
    /// Of the same traffic at free flow.
    pub free_flow: [f64; POLLUTANTS],
    /// Variance of what was not seen: flow, speed, and which vehicles there were. It differs from
    /// link to link and averages out.
    pub sampling: [f64; POLLUTANTS],
    /// Standard deviation of factors and mix: the same error everywhere, it does not.
    pub common: [f64; POLLUTANTS],
    /// Variance of what was not seen, of the amount above free flow. An error of flow or composition
    /// is in both amounts, in proportion; one of the speed in the first alone.
    pub excess_sampling: [f64; POLLUTANTS],
    /// Driven by all vehicles, metres.
    pub driven_m: f64,
}

/// Particles in units of 1e12; the rest as it is.
pub fn in_units(mut amounts: [f64; POLLUTANTS]) -> [f64; POLLUTANTS] {
    amounts[Pollutant::Pn.index()] /= PARTICLES;
    amounts
}

impl TrafficCurves {
    /// What a link emits in a window.
    ///
    /// Vehicle-seconds on the link are flow × travel time, not more than stand bumper to bumper on
    /// its lanes; each emits by the curve's rate at the link's speed. The amount is the mean over the
    /// speeds that may be, not that of the mean speed: in a queue, where the speed is little known,
    /// most is emitted if it is the slow end that is true, and sums over a city would be too low.
    ///
    /// The variance is that of the flow, of the speed (from the emission at both ends of its interval)
    /// and of the composition: of `n` vehicles the mean differs from the mix's by
    /// `vehicle_spread / sqrt(n)`.
    pub fn estimate(&self, traffic: &LinkTraffic) -> LinkEstimate {
        let LinkTraffic { length_m, duration_s, free_flow_speed_km_h, .. } = *traffic;
        let [flow, flow_low, flow_high] = traffic.flow_veh_h.map(|flow| flow.max(0.0));
        let vehicles = flow * duration_s / 3_600.0;
        let standing_s = traffic.lanes.max(1.0) * (length_m / STANDING_M).max(1.0) * duration_s;
        let at = |speed_km_h: f64| {
            let spent_s = vehicles * 3.6 * length_m / speed_km_h.max(SPEED_KM_H_MIN);
            let spent_s = spent_s.min(standing_s);
            in_units(self.rates.all(speed_km_h).map(|rate| rate * spent_s))
        };
        let [speed, speed_low, speed_high] = traffic.speed_km_h;
        let [middle, slow, fast] = [speed, speed_low, speed_high].map(at);
        let amounts: [f64; POLLUTANTS] = std::array::from_fn(|place| {
            middle[place] + END_WEIGHT * (slow[place] + fast[place] - 2.0 * middle[place])
        });
        let free_flow = at(free_flow_speed_km_h.max(speed));
        let flow_cv = if flow > 0.0 {
            (flow_high - flow_low).max(0.0) / (2.0 * HALF_WIDTH * flow)
        } else {
            0.0
        };
        let mut sampling = [0.0; POLLUTANTS];
        let mut common = [0.0; POLLUTANTS];
        let mut excess_sampling = [0.0; POLLUTANTS];
        for (place, pollutant) in Pollutant::ALL.into_iter().enumerate() {
            let amount = amounts[place];
            let by_speed = (slow[place] - fast[place]) / (2.0 * HALF_WIDTH);
            let mix_cv = self.vehicle_spread[place] / vehicles.max(1.0).sqrt();
            let of = |amount: f64| {
                (amount * flow_cv).powi(2) + by_speed.powi(2) + (amount * mix_cv).powi(2)
            };
            sampling[place] = of(amount);
            excess_sampling[place] = of(amount - free_flow[place]);
            let [factors, mix] =
                [self.rates.factor_relative_sd(pollutant), self.rates.mix_relative_sd(pollutant)];
            common[place] = amount * factors.hypot(mix);
        }
        let driven_m = vehicles * length_m;
        LinkEstimate { amounts, free_flow, sampling, common, excess_sampling, driven_m }
    }
}
