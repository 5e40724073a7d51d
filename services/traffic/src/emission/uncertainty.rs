//! How far off a factor may be.

use super::{HALF_WIDTH, Pollutant};

/// Relative standard deviation of the factors of a pollutant for a whole fleet on a link: an error
/// of the set, the same for all links and all hours, so that it does not average out in sums.
///
/// Sources: for national totals the guidebook's uncertainty study (Kouridis et al. 2010, JRC EUR
/// 24296; CO2 3 to 7 %, NOx 10 to 15 %, from memory) is a lower bound. A single fleet at a single
/// place is less sure: energy and CO2 of trips lie within 10 to 20 % of the curve, NOx of diesels
/// within a factor of 2. The figures between these are our own judgement.
///
/// ```
/// use traffic::emission::{Pollutant, factor_relative_sd};
/// assert!(factor_relative_sd(Pollutant::Nox) > factor_relative_sd(Pollutant::Energy));
/// ```
pub const fn factor_relative_sd(pollutant: Pollutant) -> f64 {
    match pollutant {
        Pollutant::Energy | Pollutant::Co2Fossil => 0.10,
        // The share of biofuel moves it, on top of the energy.
        Pollutant::Co2Biogenic => 0.20,
        Pollutant::Co2Upstream | Pollutant::Nox => 0.30,
        // For NO2, NOx and the share of NO2 in it.
        Pollutant::No2
        | Pollutant::PmExhaust
        | Pollutant::Co
        | Pollutant::Nmhc
        | Pollutant::Pm10Tyre
        | Pollutant::Pm10Brake
        | Pollutant::Pm10Road => 0.40,
        Pollutant::Ch4
        | Pollutant::N2o
        | Pollutant::Nh3
        | Pollutant::Pn
        | Pollutant::Pm25Tyre
        | Pollutant::Pm25Brake
        | Pollutant::Pm25Road => 0.50,
    }
}

/// Relative standard deviation of a mean over shares that are not surely known: each share has a
/// relative standard deviation, those of one group err together, groups err apart, and the shares
/// are scaled to sum to 1 again. Terms are (group, share, relative sd of the share, amount).
///
/// ```
/// use traffic::emission::share_relative_sd;
/// // Half emits 1, half 3. The first half's share is off by 20 %: the mean by 0.1 x (1 - 2) / 2.
/// let sd = share_relative_sd(&[(0, 0.5, 0.2, 1.0), (1, 0.5, 0.0, 3.0)]);
/// assert!((sd - 0.05).abs() < 1e-12);
/// // Where all emit the same, shares do not matter.
/// assert_eq!(share_relative_sd(&[(0, 0.5, 0.2, 2.0), (1, 0.5, 0.3, 2.0)]), 0.0);
/// ```
pub fn share_relative_sd(terms: &[(usize, f64, f64, f64)]) -> f64 {
    let mean: f64 = terms.iter().map(|(_, share, _, amount)| share * amount).sum();
    if mean <= 0.0 {
        return 0.0;
    }
    let groups = terms.iter().map(|(group, ..)| *group).max().map_or(0, |last| last + 1);
    let mut moved = vec![0.0; groups];
    for (group, share, sd, amount) in terms {
        moved[*group] += sd * share * (amount - mean);
    }
    moved.iter().map(|by| by * by).sum::<f64>().sqrt() / mean
}

/// Relative standard deviation of what a vehicle emits whose movement is known, but not its engine:
/// as of a fleet's factors, but not less than 0.15, since passengers, wind and slopes are those of
/// one way and do not average out. Own judgement.
///
/// ```
/// use traffic::emission::{Pollutant, factor_relative_sd, transit_relative_sd};
/// assert_eq!(transit_relative_sd(Pollutant::Energy), 0.15);
/// assert_eq!(transit_relative_sd(Pollutant::Nox), factor_relative_sd(Pollutant::Nox));
/// ```
pub const fn transit_relative_sd(pollutant: Pollutant) -> f64 {
    factor_relative_sd(pollutant).max(0.15)
}

/// The interval of one thing that is of a kind which is not known: of kinds as (share, amount) and
/// the relative standard deviation of an amount, as factors on their mean. It goes from the low end
/// of the kind below which there is one in twenty to the high end of that above which there is one
/// in twenty, so that it holds at least nine of ten.
///
/// ```
/// use traffic::emission::kinds_interval;
/// // Half of the buses are electric: from nothing to twice the mean, and what the factor may err.
/// let [low, high] = kinds_interval(&[(0.5, 0.0), (0.5, 600.0)], 0.15);
/// assert!(low == 0.0 && (high - 2.0 * 1.278).abs() < 1e-3);
/// // The kind is known: the factor alone.
/// let [low, high] = kinds_interval(&[(1.0, 600.0)], 0.15);
/// assert!((low - 0.782).abs() < 1e-3 && (high - 1.278).abs() < 1e-3);
/// ```
pub fn kinds_interval(kinds: &[(f64, f64)], relative_sd: f64) -> [f64; 2] {
    let whole: f64 = kinds.iter().map(|(share, _)| share).sum();
    let mean = kinds.iter().map(|(share, amount)| share * amount).sum::<f64>() / whole;
    if !(mean.is_finite() && mean > 0.0) {
        return [1.0; 2];
    }
    let mut ascending = kinds.to_vec();
    ascending.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (mut below, mut ends) = (0.0, [None; 2]);
    for (share, amount) in ascending {
        below += share / whole;
        // Shares of a file sum to 1 but for rounding.
        for (end, part) in ends.iter_mut().zip([ONE_OF_TWENTY, 1.0 - ONE_OF_TWENTY]) {
            if end.is_none() && below + 1e-9 >= part {
                *end = Some(amount / mean);
            }
        }
    }
    let [low, high] = ends.map(|end| end.unwrap_or(1.0));
    let spread = (HALF_WIDTH * relative_sd.powi(2).ln_1p().sqrt()).exp();
    [low / spread, high * spread]
}

/// What lies below an interval of nine of ten, and above it.
const ONE_OF_TWENTY: f64 = 0.05;
