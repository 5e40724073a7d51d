//! Sums of what is emitted, in whole numbers: in any order, over any areas, they add up exactly.

use events::wire;
use traffic::emission::{LinkEstimate, Masses, POLLUTANTS, Pollutant, interval};

use crate::{EmissionAmount, EmissionRate, EmissionWindow};

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
    /// CO2 above free flow before signals and in queues, micrograms.
    pub(crate) signal_excess_ug: i64,
    pub(crate) queue_excess_ug: i64,
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

/// Half the width of an interval of nine of ten, in standard deviations.
pub(super) const HALF_WIDTH: f64 = 1.645;

/// Relative standard deviation of what a vehicle emits whose movement is known, but not its engine.
const TRANSIT_DEVIATION: f64 = 0.15;

/// Of a pollutant by its place.
fn amount(masses: &Masses, place: usize) -> f64 {
    masses.get(Pollutant::ALL[place])
}

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
        for (place, common) in self.common.iter_mut().enumerate() {
            *common += TRANSIT_DEVIATION * amount(&transit.masses, place);
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
        self.signal_excess_ug = self.signal_excess_ug.saturating_add(other.signal_excess_ug);
        self.queue_excess_ug = self.queue_excess_ug.saturating_add(other.queue_excess_ug);
    }

    /// Value and interval of what is above free flow, in the pollutant's unit. Factors and mixes err
    /// in proportion, as they do in all that is emitted.
    fn excess(&self, pollutant: Pollutant) -> [f64; 3] {
        let mass = self.masses.get(pollutant);
        let excess = mass - self.free_flow.get(pollutant);
        let index = pollutant.index();
        let common = if mass > 0.0 { self.common[index] / mass * excess } else { 0.0 };
        let half = HALF_WIDTH * (self.excess_sampling[index] + common.powi(2)).sqrt();
        [excess, excess - half, excess + half]
    }

    /// CO2 above free flow from the tailpipe, micrograms.
    pub(crate) fn excess_co2_ug(&self) -> i64 {
        self.masses.co2_ug() as i64 - self.free_flow.co2_ug() as i64
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
        EmissionWindow {
            duration_s,
            end_time_ms,
            vehicle_km: km(self.driven_mm),
            transit_vehicle_km: km(driven_mm),
            transit_passenger_km: (counted_mm > 0).then(|| km(passenger_mm)),
            transit_co2_g_passenger_km: self.transit.co2_g_passenger_km(),
            transit_co2_g_h: self.transit.masses.co2_ug() as f64 / 1e6 * per_hour,
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
