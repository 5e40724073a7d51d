//! Sums of what is emitted, in whole numbers: in any order, over any areas, they add up exactly.

use events::wire;
use traffic::emission::{
    HALF_WIDTH, LinkEstimate, Masses, POLLUTANTS, Pollutant, interval, transit_relative_sd,
};

use crate::{EmissionAmount, EmissionRate, EmissionWindow, Estimate};

/// What was emitted on some streets in some time.
///
/// Two kinds of error are kept apart: what comes of not having seen everything, which differs from
/// link to link and window to window and averages out, as a sum of variances; and what comes of
/// factors and mixes, which is the same everywhere and does not, as a sum of deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    /// In all.
    pub(crate) masses: Masses,
    /// What the same traffic would emit at free flow.
    pub(crate) free_flow: Masses,
    /// Sum of variances, squares of units.
    pub(crate) sampling: [f64; POLLUTANTS],
    /// Sum of standard deviations, units.
    pub(crate) common: [f64; POLLUTANTS],
    /// Sum of variances of what is above free flow, squares of units.
    pub(crate) excess_sampling: [f64; POLLUTANTS],
    /// Streets that are in it, millimetres.
    pub(crate) street_mm: u64,
    /// Driven by all vehicles, millimetres.
    pub(crate) driven_mm: u64,
    /// Of that, by those known one by one.
    pub(crate) transit: Transit,
    /// CO2 above free flow before signals and in queues.
    pub(crate) signal_excess: ExcessCo2,
    pub(crate) queue_excess: ExcessCo2,
}

/// CO2 from the tailpipe above free flow, with its errors as those of [`Sums`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ExcessCo2 {
    /// Micrograms.
    pub(crate) ug: i64,
    /// Sum of variances, square grams.
    pub(crate) sampling: f64,
    /// Sum of standard deviations, grams; below 0 where congestion saves.
    pub(crate) common: f64,
}

impl ExcessCo2 {
    pub(crate) fn add(&mut self, other: &Self) {
        self.ug = self.ug.saturating_add(other.ug);
        self.sampling += other.sampling;
        self.common += other.common;
    }

    /// Of a minute, grams an hour.
    pub(crate) fn minute_g_h(&self) -> Estimate {
        let value = self.ug as f64 / 1e6;
        let half = HALF_WIDTH * self.sampling.sqrt().hypot(self.common);
        let [value, low, high] = [value, value - half, value + half].map(|grams| grams * 60.0);
        Estimate { value, low, high }
    }
}

/// What vehicles that are known one by one did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transit {
    pub(crate) masses: Masses,
    pub(crate) driven_mm: u64,
    /// Driven by all passengers together, and by the vehicles that say how full they are.
    pub(crate) passenger_mm: u64,
    pub(crate) counted_mm: u64,
    /// CO2 of these vehicles from the tailpipe, micrograms.
    pub(crate) counted_co2_ug: u64,
}

impl Transit {
    pub(crate) fn add(&mut self, other: &Self) {
        self.masses.add(&other.masses);
        self.driven_mm = self.driven_mm.saturating_add(other.driven_mm);
        self.passenger_mm = self.passenger_mm.saturating_add(other.passenger_mm);
        self.counted_mm = self.counted_mm.saturating_add(other.counted_mm);
        self.counted_co2_ug = self.counted_co2_ug.saturating_add(other.counted_co2_ug);
    }
}

/// From the tailpipe: of the same fuel in the same engines, so that they err together.
const CO2: [Pollutant; 2] = [Pollutant::Co2Fossil, Pollutant::Co2Biogenic];

/// Kilometres of millimetres.
fn km(millimetres: u64) -> f64 {
    millimetres as f64 / 1e6
}

impl Transit {
    /// Of the vehicles that say how full they are; none where they carried nobody.
    pub(crate) fn co2_g_passenger_km(&self) -> Option<f64> {
        let Self { passenger_mm, counted_co2_ug, .. } = *self;
        (passenger_mm > 0).then(|| counted_co2_ug as f64 / passenger_mm as f64)
    }

    /// Factors on its CO2, low and high, of the interval that holds the truth in nine of ten cases.
    fn co2_ends(&self) -> [f64; 2] {
        let whole: f64 = CO2.map(|of| self.masses.get(of)).iter().sum();
        let deviation: f64 =
            CO2.map(|of| transit_relative_sd(of) * self.masses.get(of)).iter().sum();
        if whole > 0.0 { interval(1.0, deviation / whole) } else { [1.0; 2] }
    }

    /// A part of it, `numerator` of `denominator`.
    pub(crate) fn part(&self, numerator: u64, denominator: u64) -> Self {
        let part = |whole: u64| {
            if numerator >= denominator {
                return whole;
            }
            (u128::from(whole) * u128::from(numerator) / u128::from(denominator)) as u64
        };
        Self {
            masses: self.masses.part(numerator, denominator),
            driven_mm: part(self.driven_mm),
            passenger_mm: part(self.passenger_mm),
            counted_mm: part(self.counted_mm),
            counted_co2_ug: part(self.counted_co2_ug),
        }
    }

    /// What is left when a part is taken away.
    pub(crate) fn minus(mut self, part: &Self) -> Self {
        self.masses.subtract(&part.masses);
        self.driven_mm = self.driven_mm.saturating_sub(part.driven_mm);
        self.passenger_mm = self.passenger_mm.saturating_sub(part.passenger_mm);
        self.counted_mm = self.counted_mm.saturating_sub(part.counted_mm);
        self.counted_co2_ug = self.counted_co2_ug.saturating_sub(part.counted_co2_ug);
        self
    }
}

impl Sums {
    /// Of the traffic on a link.
    pub(crate) fn of(estimate: &LinkEstimate) -> Self {
        Self {
            masses: Masses::of(&estimate.amounts),
            free_flow: Masses::of(&estimate.free_flow),
            sampling: estimate.sampling,
            common: estimate.common,
            excess_sampling: estimate.excess_sampling,
            driven_mm: (estimate.driven_m * 1_000.0).round() as u64,
            ..Self::default()
        }
    }

    /// Whether anything was emitted or driven. Who stands emits too.
    pub(crate) fn is_anything(&self) -> bool {
        self.driven_mm > 0 || self.masses != Masses::default()
    }

    /// With what vehicles that are known one by one emitted, which nobody takes for congestion: at
    /// free flow it would be the same.
    pub(crate) fn with_transit(mut self, transit: &Transit) -> Self {
        self.masses.add(&transit.masses);
        self.free_flow.add(&transit.masses);
        self.driven_mm = self.driven_mm.saturating_add(transit.driven_mm);
        self.transit.add(transit);
        for (pollutant, common) in Pollutant::ALL.into_iter().zip(&mut self.common) {
            *common += transit_relative_sd(pollutant) * transit.masses.get(pollutant);
        }
        self
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.masses.add(&other.masses);
        self.free_flow.add(&other.free_flow);
        for (sum, part) in self.sampling.iter_mut().zip(other.sampling) {
            *sum += part;
        }
        for (sum, part) in self.common.iter_mut().zip(other.common) {
            *sum += part;
        }
        for (sum, part) in self.excess_sampling.iter_mut().zip(other.excess_sampling) {
            *sum += part;
        }
        self.street_mm = self.street_mm.saturating_add(other.street_mm);
        self.driven_mm = self.driven_mm.saturating_add(other.driven_mm);
        self.transit.add(&other.transit);
        self.signal_excess.add(&other.signal_excess);
        self.queue_excess.add(&other.queue_excess);
    }

    /// What is above free flow and the standard deviation of factors and mixes in it, in the
    /// pollutant's unit: they err in proportion, as they do in all that is emitted.
    fn excess_and_common(&self, pollutant: Pollutant) -> [f64; 2] {
        let mass = self.masses.get(pollutant);
        let excess = mass - self.free_flow.get(pollutant);
        let common = self.common[pollutant.index()];
        [excess, if mass > 0.0 { common / mass * excess } else { 0.0 }]
    }

    /// Value and interval of what is above free flow, in the pollutant's unit.
    fn excess(&self, pollutant: Pollutant) -> [f64; 3] {
        let [excess, common] = self.excess_and_common(pollutant);
        let half = HALF_WIDTH * self.excess_sampling[pollutant.index()].sqrt().hypot(common);
        [excess, excess - half, excess + half]
    }

    /// CO2 from the tailpipe above free flow.
    pub(crate) fn excess_co2(&self) -> ExcessCo2 {
        let sampling = CO2.map(|of| self.excess_sampling[of.index()].sqrt());
        let common = CO2.map(|of| self.excess_and_common(of)[1]);
        ExcessCo2 {
            ug: self.masses.co2_ug() as i64 - self.free_flow.co2_ug() as i64,
            sampling: sampling.iter().sum::<f64>().powi(2),
            common: common.iter().sum(),
        }
    }

    /// Value and interval of a pollutant, in its unit.
    fn interval(&self, pollutant: Pollutant) -> [f64; 3] {
        let value = self.masses.get(pollutant);
        let index = pollutant.index();
        let deviation = (self.sampling[index] + self.common[index].powi(2)).sqrt();
        let [low, high] = interval(value, deviation);
        [value, low, high]
    }

    /// As a window's object has it.
    pub(crate) fn window(&self, duration_s: u32, end_time_ms: i64) -> EmissionWindow {
        let per_hour = 3_600.0 / f64::from(duration_s);
        let emitted = Pollutant::ALL.into_iter().filter(|&of| self.masses.get(of) > 0.0);
        let rates = emitted.map(|pollutant| {
            let [value, low, high] = self.interval(pollutant).map(|value| value * per_hour);
            let [excess, excess_low, excess_high] =
                self.excess(pollutant).map(|value| (value * per_hour) as f32);
            EmissionRate {
                pollutant: wire(pollutant),
                value,
                low: low as f32,
                high: high as f32,
                excess,
                excess_low,
                excess_high,
            }
        });
        let Transit { driven_mm, passenger_mm, counted_mm, .. } = self.transit;
        let transit_co2_g_h = self.transit.masses.co2_ug() as f64 / 1e6 * per_hour;
        let of_passengers = self.transit.co2_g_passenger_km();
        let ends = self.transit.co2_ends();
        let [transit_low, transit_high] = ends.map(|end| (transit_co2_g_h * end) as f32);
        let [passenger_low, passenger_high] =
            ends.map(|end| of_passengers.map(|each| (each * end) as f32));
        EmissionWindow {
            duration_s,
            end_time_ms,
            vehicle_km: km(self.driven_mm),
            transit_vehicle_km: km(driven_mm),
            transit_passenger_km: (counted_mm > 0).then(|| km(passenger_mm)),
            transit_co2_g_h,
            transit_co2_low_g_h: transit_low,
            transit_co2_high_g_h: transit_high,
            transit_co2_g_passenger_km: of_passengers,
            transit_co2_low_g_passenger_km: passenger_low,
            transit_co2_high_g_passenger_km: passenger_high,
            rates: rates.collect(),
        }
    }

    /// As a total's object has it.
    pub(crate) fn amounts(&self) -> Box<[EmissionAmount]> {
        let emitted = Pollutant::ALL.into_iter().filter(|&of| self.masses.get(of) > 0.0);
        let amounts = emitted.map(|pollutant| {
            let [value, low, high] = self.interval(pollutant);
            let [excess, excess_low, excess_high] = self.excess(pollutant);
            let pollutant = wire(pollutant);
            EmissionAmount { pollutant, value, low, high, excess, excess_low, excess_high }
        });
        amounts.collect()
    }
}

/// The wire's enum has an unspecified value before all others.
fn wire(pollutant: Pollutant) -> wire::Pollutant {
    wire::Pollutant::try_from(pollutant.index() as i32 + 1).unwrap_or_default()
}
