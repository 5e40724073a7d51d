//! Emission by speed as a table: one evaluation costs nanoseconds.

use super::low_speed::{CRAWL_KM_H, mean_speed_of_moving, typical_stop_share};
use super::{Clamps, Pollutant};

/// Step of the grid of speeds, km/h. The annex's bounds of speed are whole km/h, so that every
/// kink lies on a grid line.
pub const SPEED_STEP_KM_H: f64 = 0.5;

/// Faster counts as this, km/h: the end of the annex's functions for cars.
pub const MAX_SPEED_KM_H: f64 = 130.0;

/// Grid lines: 0 to [`MAX_SPEED_KM_H`].
pub(super) const LINES: usize = 261;

/// Amounts of all pollutants.
pub(super) type Amounts = [f64; Pollutant::COUNT];

/// A speed within the curves, at least `low`; what is no number is `low`.
pub(super) fn taken(speed_km_h: f64, low: f64) -> f64 {
    if speed_km_h > low { speed_km_h.min(MAX_SPEED_KM_H) } else { low }
}

/// Emission of a mean vehicle of a mix, or of one class, by mean speed.
///
/// The table holds *rates* (g/s), between whose grid lines it is linear. Below the annex's lowest
/// speeds the rate is linear in truth, so nothing is lost there; above, the difference to the
/// functions themselves is small: 3 % and less in the tests, more only within the half km/h at the
/// edge of a bridged pole on a slope.
///
/// Speeds above 130 km/h count as 130, below 0 and what is no number as 0; see
/// [`Self::is_clamped`].
#[derive(Clone, Debug, PartialEq)]
pub struct MixCurves {
    rates: Vec<Amounts>,
    given: Amounts,
    factor_sd: Amounts,
    mix_sd: Amounts,
    clamps: Clamps,
}

impl MixCurves {
    pub(super) fn new(
        rates: Vec<Amounts>,
        given: Amounts,
        factor_sd: Amounts,
        mix_sd: Amounts,
        clamps: Clamps,
    ) -> Self {
        debug_assert_eq!(rates.len(), LINES);
        Self { rates, given, factor_sd, mix_sd, clamps }
    }

    /// Whether a speed is taken as another: for the caller to count.
    pub fn is_clamped(speed_km_h: f64) -> bool {
        !(0.0..=MAX_SPEED_KM_H).contains(&speed_km_h)
    }

    /// The grid line below a speed and the share of the one above it.
    fn place(speed_km_h: f64) -> (usize, f64) {
        let lines = taken(speed_km_h, 0.0) / SPEED_STEP_KM_H;
        let low = (lines as usize).min(LINES - 2);
        (low, lines - low as f64)
    }

    /// Rate of a vehicle at a mean speed, g/s (energy MJ/s, particles 1/s): 0 or more.
    pub fn rate_g_s(&self, pollutant: Pollutant, speed_km_h: f64) -> f64 {
        let (low, share) = Self::place(speed_km_h);
        let index = pollutant.index();
        let (below, above) = (self.rates[low][index], self.rates[low + 1][index]);
        below + share * (above - below)
    }

    /// Rates of all pollutants, in the order of [`Pollutant::ALL`].
    pub fn all(&self, speed_km_h: f64) -> [f64; Pollutant::COUNT] {
        let (low, share) = Self::place(speed_km_h);
        let (below, above) = (&self.rates[low], &self.rates[low + 1]);
        std::array::from_fn(|index| below[index] + share * (above[index] - below[index]))
    }

    /// Amount per vehicle-km at a mean speed, g/km; speeds below 1 km/h count as 1, as it has no
    /// bound else: use rates in queues.
    pub fn per_km(&self, pollutant: Pollutant, speed_km_h: f64) -> f64 {
        let speed_km_h = taken(speed_km_h, 1.0);
        self.rate_g_s(pollutant, speed_km_h) * 3_600.0 / speed_km_h
    }

    /// Rate of a standing vehicle, g/s.
    pub fn idle_g_s(&self, pollutant: Pollutant) -> f64 {
        self.rates[0][pollutant.index()]
    }

    /// Rates of all pollutants where the stopped share of the time is known beside the mean speed,
    /// stops included: `(1 - p) M(V / (1 - p)) + p idle`, M being the rate while moving. How the
    /// usual stops are taken out of the curve first, so that they are not counted twice, is told in
    /// `low_speed.rs`. With the usual stopped share this is [`Self::all`]; at 0 km/h it
    /// is idle.
    ///
    /// For a vehicle that moved `s` km in `t_moving` and stood for `t_stopped`, V is
    /// `s / (t_moving + t_stopped)` and p is `t_stopped / (t_moving + t_stopped)`; the amount is the
    /// rate times the whole time. Nobody moves faster than 130 km/h: who would have to has stood
    /// less.
    pub fn all_with_stops(
        &self,
        mean_speed_km_h: f64,
        stopped_share: f64,
    ) -> [f64; Pollutant::COUNT] {
        let idle = &self.rates[0];
        let mean = taken(mean_speed_km_h, 0.0);
        if mean <= 0.0 {
            return *idle;
        }
        let stopped = if stopped_share > 0.0 { stopped_share.min(1.0) } else { 0.0 };
        let moving_share = (1.0 - stopped).max(mean / MAX_SPEED_KM_H);
        let moving_km_h = mean / moving_share;
        let crawl_km_h = CRAWL_KM_H / (1.0 - typical_stop_share(CRAWL_KM_H));
        // A crawl without stops: from standing to the slowest usual speed while moving.
        let (source_km_h, share) = if moving_km_h < crawl_km_h {
            (CRAWL_KM_H, moving_km_h / crawl_km_h)
        } else {
            (mean_speed_of_moving(moving_km_h), 1.0)
        };
        let usual = typical_stop_share(source_km_h);
        let at_source = self.all(source_km_h);
        // With the usual stops it must be the curve itself: also where that bends, below the lowest
        // speeds of the functions, and where it is less than its usual stops alone would be.
        let base_km_h = mean.max(CRAWL_KM_H);
        let (base_usual, at_base) = (typical_stop_share(base_km_h), self.all(base_km_h));
        let (mean_usual, at_mean) = (typical_stop_share(mean), self.all(mean));
        std::array::from_fn(|index| {
            let idle = idle[index];
            let while_moving = |at: f64, usual: f64| (at - usual * idle).max(0.0) / (1.0 - usual);
            let moving = while_moving(at_source[index], usual);
            let moving = idle + share * (moving - idle);
            let apart = while_moving(at_base[index], base_usual);
            let usually = mean_usual * idle + (1.0 - mean_usual) * apart;
            let scale = if usually > 0.0 { at_mean[index] / usually } else { 1.0 };
            (moving_share * moving + (1.0 - moving_share) * idle) * scale
        })
    }

    /// One pollutant of [`Self::all_with_stops`].
    pub fn rate_with_stops_g_s(
        &self,
        pollutant: Pollutant,
        mean_speed_km_h: f64,
        stopped_share: f64,
    ) -> f64 {
        self.all_with_stops(mean_speed_km_h, stopped_share)[pollutant.index()]
    }

    /// Share of the vehicle-km whose classes have a figure for the pollutant, 0 to 1. What has none
    /// adds nothing, which is not the same as emitting nothing.
    pub fn given_share(&self, pollutant: Pollutant) -> f64 {
        self.given[pollutant.index()]
    }

    /// Relative standard deviation of the factors, which all links share.
    pub fn factor_relative_sd(&self, pollutant: Pollutant) -> f64 {
        self.factor_sd[pollutant.index()]
    }

    /// Relative standard deviation that comes of not knowing the mix, at the usual speed of the
    /// kind of road; all links of a city share it.
    pub fn mix_relative_sd(&self, pollutant: Pollutant) -> f64 {
        self.mix_sd[pollutant.index()]
    }

    /// Values of the conditions that were taken as the nearest bound.
    pub fn clamps(&self) -> Clamps {
        self.clamps
    }

    /// Puts in a pollutant that another model gives, as g/km at each speed: wear, for one. The rate
    /// at 0 km/h is 0. `given_share` is the share of the vehicle-km that it speaks for.
    #[must_use]
    pub fn with_per_km(
        mut self,
        pollutant: Pollutant,
        given_share: f64,
        per_km: impl Fn(f64) -> f64,
    ) -> Self {
        for (line, rates) in self.rates.iter_mut().enumerate() {
            let speed_km_h = line as f64 * SPEED_STEP_KM_H;
            rates[pollutant.index()] = per_km(speed_km_h) * speed_km_h / 3_600.0;
        }
        self.given[pollutant.index()] = given_share;
        self
    }
}
