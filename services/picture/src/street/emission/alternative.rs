//! What is emitted by the factor sets that stand beside the one that is shown.

use events::Text;
use traffic::emission::{LinkEstimate, Masses, Pollutant, interval, transit_relative_sd};

use crate::EmissionAlternative;

/// Figures of another set: CO2 from the tailpipe, NOx and exhaust particles. Parts of one figure are of
/// the same fuel in the same engines, so that they err together.
const FIGURES: [&[Pollutant]; 3] =
    [&[Pollutant::Co2Fossil, Pollutant::Co2Biogenic], &[Pollutant::Nox], &[Pollutant::PmExhaust]];

/// What some streets emit in a minute with another factor set, with its errors as those of
/// [`super::Sums`]; each with one number a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Other {
    /// Grams.
    amounts: [f64; 3],
    /// Sum of variances, square grams.
    sampling: [f64; 3],
    /// Sum of standard deviations, grams.
    common: [f64; 3],
}

impl Other {
    /// Numbers that it is kept as.
    pub(crate) const NUMBERS: usize = 9;

    /// Of the traffic on a link.
    pub(crate) fn of(estimate: &LinkEstimate) -> Self {
        let sum = |of: &dyn Fn(usize) -> f64| {
            FIGURES.map(|parts| parts.iter().map(|part| of(part.index())).sum::<f64>())
        };
        Self {
            amounts: sum(&|place| estimate.amounts[place]),
            sampling: sum(&|place| estimate.sampling[place].sqrt()).map(|of| of * of),
            common: sum(&|place| estimate.common[place]),
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let Self { amounts, sampling, common } = other;
        let mine = [&mut self.amounts, &mut self.sampling, &mut self.common];
        for (sums, parts) in mine.into_iter().zip([amounts, sampling, common]) {
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum += part;
            }
        }
    }

    /// With what vehicles that are known one by one emitted: they are metered by the shown set alone.
    fn with_transit(mut self, masses: &Masses) -> Self {
        for (figure, parts) in FIGURES.into_iter().enumerate() {
            for &part in parts {
                let mass = masses.get(part);
                self.amounts[figure] += mass;
                self.common[figure] += transit_relative_sd(part) * mass;
            }
        }
        self
    }

    /// As the object of an area has it, `transit` being what buses and trams emitted there.
    pub(crate) fn object(self, factor_set: Text, transit: &Masses) -> EmissionAlternative {
        let Self { amounts, sampling, common } = self.with_transit(transit);
        let [co2, nox, pm_exhaust]: [_; 3] = std::array::from_fn(|figure| {
            let deviation = sampling[figure].sqrt().hypot(common[figure]);
            let [low, high] = interval(amounts[figure], deviation);
            [amounts[figure], low, high].map(|grams| grams * 60.0)
        });
        let [[co2_g_h, co2_low_g_h, co2_high_g_h], [nox_g_h, nox_low_g_h, nox_high_g_h]] =
            [co2, nox];
        let [pm_exhaust_g_h, pm_exhaust_low_g_h, pm_exhaust_high_g_h] = pm_exhaust;
        EmissionAlternative {
            factor_set,
            co2_g_h,
            co2_low_g_h,
            co2_high_g_h,
            nox_g_h,
            nox_low_g_h,
            nox_high_g_h,
            pm_exhaust_g_h,
            pm_exhaust_low_g_h,
            pm_exhaust_high_g_h,
        }
    }

    /// The numbers that it is kept as.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> + use<> {
        let Self { amounts, sampling, common } = *self;
        [amounts, sampling, common].into_iter().flatten()
    }

    /// What was kept as these numbers.
    pub(crate) fn from_numbers(numbers: &[f64; Self::NUMBERS]) -> Self {
        let three = |from: usize| std::array::from_fn(|place| numbers[from + place]);
        Self { amounts: three(0), sampling: three(3), common: three(6) }
    }
}
