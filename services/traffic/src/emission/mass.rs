//! Amounts in whole numbers, so that sums are exact.

use super::Pollutant;

/// How many pollutants there are: the length of arrays by [`Pollutant::index`].
pub const POLLUTANTS: usize = Pollutant::COUNT;

/// Whole steps in a unit of amount.
const STEPS: f64 = 1e6;

/// Half the width of an interval of nine of ten of a normal variable, in standard deviations.
pub const HALF_WIDTH: f64 = 1.645;

/// Amounts of every pollutant: whole micrograms, of energy joules, of particles millions. Sums of
/// them are exact in any order. They hold 18 million tonnes of each.
///
/// ```
/// use traffic::emission::{Masses, Pollutant};
/// let mut grams = [0.0; Pollutant::COUNT];
/// grams[Pollutant::Nox.index()] = 0.1;
/// let mut sum = Masses::default();
/// for _ in 0..10 {
///     sum.add(&Masses::of(&grams));
/// }
/// assert_eq!(sum.get(Pollutant::Nox), 1.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masses(pub [u64; POLLUTANTS]);

impl Masses {
    /// Of amounts in grams, megajoules and 1e12 particles. What is below 0 or not a number is 0.
    pub fn of(amounts: &[f64; POLLUTANTS]) -> Self {
        // A float below 0, too large or not a number saturates or becomes 0.
        Self(amounts.map(|amount| (amount * STEPS).round() as u64))
    }

    /// Of one pollutant: grams, megajoules, 1e12 particles.
    pub fn get(&self, pollutant: Pollutant) -> f64 {
        self.0[pollutant.index()] as f64 / STEPS
    }

    /// CO2 from the tailpipe, fossil and biogenic, whole micrograms.
    pub fn co2_ug(&self) -> u64 {
        self.0[Pollutant::Co2Fossil.index()].saturating_add(self.0[Pollutant::Co2Biogenic.index()])
    }

    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(part);
        }
    }

    /// Takes another away; what is more than there is leaves 0.
    pub fn subtract(&mut self, other: &Self) {
        for (sum, part) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_sub(part);
        }
    }

    /// A part of it, `numerator` of `denominator`, rounded down; all of it where they are the same
    /// or the denominator is 0.
    #[must_use]
    pub fn part(&self, numerator: u64, denominator: u64) -> Self {
        if numerator >= denominator {
            return *self;
        }
        let part =
            |mass: u64| (u128::from(mass) * u128::from(numerator) / u128::from(denominator)) as u64;
        Self(self.0.map(part))
    }
}

/// The interval that holds the truth in nine of ten cases, of a value with a standard deviation:
/// log-normal, as neither traffic nor factors are below 0. The value lies between its ends.
///
/// ```
/// use traffic::emission::interval;
/// assert_eq!(interval(0.0, 1.0), [0.0, 0.0]);
/// let [low, high] = interval(100.0, 10.0);
/// assert!((low - 84.9).abs() < 0.1 && (high - 117.8).abs() < 0.1);
/// ```
pub fn interval(value: f64, deviation: f64) -> [f64; 2] {
    if value <= 0.0 || !deviation.is_finite() {
        return [0.0, 0.0];
    }
    let spread = (HALF_WIDTH * (deviation / value).powi(2).ln_1p().sqrt()).exp();
    [value / spread, value * spread]
}
