//! What a bus or tram that is known by itself emits, from fix to fix.

use std::collections::VecDeque;

use events::Position;
use events::wire::EmissionMethod;
use smallvec::SmallVec;
use traffic::distance_m;
use traffic::emission::power::{Fed, PowerConditions, PowerMeter, PowerSample, PowerStep};
use traffic::emission::{Masses, POLLUTANTS, Pollutant, TransitCurves, TransitInterval, in_units};

use super::sums::Transit;
use crate::VehicleEmission;
use crate::vehicle::track;

/// Answers of map matching come late by a few fixes; what was emitted in so many waits for them.
const WAITING_MAX: usize = 64;

/// Who has stood for longer has switched the engine off, milliseconds: at the end of the line.
const PARKED_MS: i64 = 240_000;

/// Of so long a silence nothing is known, milliseconds.
const SILENT_MS: i64 = 600_000;

/// Mean speed of a bus in a city before its own is known, km/h.
const USUAL_KM_H: f64 = 20.0;

/// Mean speeds below that are of who waits, not of who drives, km/h.
const SEGMENT_KM_H_MIN: f64 = 5.0;

/// Passengers over places where a vehicle does not say.
const USUAL_OCCUPANCY: f64 = 0.2;

/// What a vehicle does now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Now {
    /// Time of the fix.
    pub(crate) time_ms: i64,
    pub(crate) power_kw: f64,
    pub(crate) co2_g_s: f64,
    /// Whether it is known second by second.
    pub(crate) by_second: bool,
}

/// What a vehicle drives in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransitRoad {
    pub(crate) temperature_c: f64,
    /// Rise over length in the direction of travel, of the link that it was last known to be on.
    pub(crate) slope: f64,
}

impl TransitRoad {
    fn conditions(self, passengers: f64) -> PowerConditions {
        let Self { temperature_c, slope } = self;
        PowerConditions { passengers, slope, temperature_c }
    }

    /// What a kind of vehicle emits there at a mean speed.
    fn rates(self, kind: &TransitCurves, speed_km_h: f64) -> [f64; POLLUTANTS] {
        kind.rates(self.slope * 100.0).map_or([0.0; POLLUTANTS], |rates| rates.all(speed_km_h))
    }
}

/// The newest fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Last {
    pub(crate) time_ms: i64,
    pub(crate) position: Position,
    /// Passengers over places, where the vehicle said.
    pub(crate) occupancy: Option<f64>,
}

/// What is kept of a vehicle.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    /// Its group in the table of vehicles known one by one.
    pub(crate) group: u16,
    /// One for each kind that it may be.
    pub(crate) meters: SmallVec<[PowerMeter; 2]>,
    /// What braking gave back and driving has not used yet, MJ, 0 or less; for each kind.
    pub(crate) credit_mj: SmallVec<[f64; 2]>,
    /// Mean speed over the newest 500 m, for what does not follow power, km/h.
    pub(crate) segment_km_h: f64,
    /// How long it has stood without a break.
    pub(crate) stood_ms: i64,
    pub(crate) last: Option<Last>,
    pub(crate) now: Now,
    /// Since it was first seen.
    pub(crate) total: Transit,
    /// What waits for map matching, by the time of the fix.
    pub(crate) waiting: VecDeque<(i64, Transit)>,
}

impl Meter {
    pub(crate) fn new(group: u16) -> Self {
        Self {
            group,
            meters: SmallVec::new(),
            credit_mj: SmallVec::new(),
            segment_km_h: USUAL_KM_H,
            stood_ms: 0,
            last: None,
            now: Now::default(),
            total: Transit::default(),
            waiting: VecDeque::new(),
        }
    }

    /// Takes a settled fix in, in the order of event time.
    /// Gives what it emitted since the fix before.
    pub(crate) fn feed(
        &mut self,
        fix: &track::Fix,
        kinds: &[TransitCurves],
        road: &TransitRoad,
    ) -> Transit {
        let Some(position) = fix.position() else { return Transit::default() };
        self.meters.resize_with(kinds.len(), PowerMeter::default);
        self.credit_mj.resize(kinds.len(), 0.0);
        let occupancy = fix.occupancy_share();
        let last = self.last.replace(Last { time_ms: fix.time_ms, position, occupancy });
        let straight_m = last.map(|last| distance_m(last.position, position));
        let elapsed_ms = last.map_or(0, |last| fix.time_ms - last.time_ms);
        let sample = PowerSample {
            time_ms: fix.time_ms,
            speed_m_s: speed_m_s(fix, straight_m, elapsed_ms),
            odometer_m: (!fix.odometer_m.is_nan()).then_some(f64::from(fix.odometer_m)),
            doors_open: Some(fix.at_stop),
        };
        let mut amounts = [0.0; POLLUTANTS];
        let mut sum = Sum::default();
        for (place, kind) in kinds.iter().enumerate() {
            let passengers = occupancy.unwrap_or(USUAL_OCCUPANCY) * kind.power.capacity;
            let conditions = road.conditions(passengers);
            let Fed::Step(step) = self.meters[place].feed(&kind.power, &conditions, &sample) else {
                continue;
            };
            sum.known = true;
            sum.by_second |= step.gap.is_none();
            sum.driven_m += kind.share * step.distance_m;
            sum.passenger_m += kind.share * step.distance_m * passengers;
            self.second_by_second(place, kind, road, &step, &mut amounts);
            if let Some(gap) = step.gap.filter(|gap| gap.to_ms - gap.from_ms <= SILENT_MS) {
                let gap_m = gap.distance_m.or(straight_m).unwrap_or_default();
                average_speed(kind, road, gap_m, (gap.to_ms - gap.from_ms) as f64, &mut amounts);
                sum.driven_m += kind.share * gap_m;
                sum.passenger_m += kind.share * gap_m * passengers;
            }
        }
        if !sum.known {
            return Transit::default();
        }
        self.take_in(fix.time_ms, elapsed_ms, amounts, &sum, occupancy.is_some())
    }

    /// Tells the seconds that still wait for a later fix, when none comes. Gives what it emitted in
    /// them.
    pub(crate) fn finish(&mut self, kinds: &[TransitCurves], road: &TransitRoad) -> Transit {
        let Some(Last { time_ms, occupancy, .. }) = self.last else { return Transit::default() };
        let mut amounts = [0.0; POLLUTANTS];
        let mut sum = Sum::default();
        let mut seconds = 0;
        self.meters.resize_with(kinds.len(), PowerMeter::default);
        self.credit_mj.resize(kinds.len(), 0.0);
        for (place, kind) in kinds.iter().enumerate() {
            let passengers = occupancy.unwrap_or(USUAL_OCCUPANCY) * kind.power.capacity;
            let conditions = road.conditions(passengers);
            let step = self.meters[place].finish(&kind.power, &conditions);
            seconds = seconds.max(step.seconds);
            sum.by_second = true;
            sum.driven_m += kind.share * step.distance_m;
            sum.passenger_m += kind.share * step.distance_m * passengers;
            self.second_by_second(place, kind, road, &step, &mut amounts);
        }
        if seconds == 0 {
            return Transit::default();
        }
        self.take_in(time_ms, i64::from(seconds) * 1_000, amounts, &sum, occupancy.is_some())
    }

    /// Adds what followed the vehicle's power.
    fn second_by_second(
        &mut self,
        place: usize,
        kind: &TransitCurves,
        road: &TransitRoad,
        step: &PowerStep,
        amounts: &mut [f64; POLLUTANTS],
    ) {
        if let Some(segment) = step.segment.filter(|segment| segment.whole) {
            self.segment_km_h = segment.speed_km_h().max(SEGMENT_KM_H_MIN);
        }
        let credit_mj = &mut self.credit_mj[place];
        let electric_mj = step.electric_mj - step.regenerated_mj + *credit_mj;
        *credit_mj = electric_mj.min(0.0);
        let electric_mj = electric_mj.max(0.0);
        let hours = step.distance_m / 1_000.0 / self.segment_km_h;
        let rates = road.rates(kind, self.segment_km_h);
        for (place, (amount, rate)) in amounts.iter_mut().zip(rates).enumerate() {
            *amount += kind.share
                * match Pollutant::ALL[place] {
                    Pollutant::Energy => step.fuel_mj + electric_mj,
                    Pollutant::Co2Fossil => step.fuel_mj * kind.fuel.fossil_g_mj,
                    Pollutant::Co2Biogenic => step.fuel_mj * kind.fuel.biogenic_g_mj,
                    Pollutant::Co2Upstream => {
                        step.fuel_mj * kind.fuel.upstream_g_mj
                            + electric_mj * kind.electricity.upstream_g_mj
                    }
                    _ => rate * hours * 3_600.0,
                };
        }
    }

    fn take_in(
        &mut self,
        time_ms: i64,
        elapsed_ms: i64,
        amounts: [f64; POLLUTANTS],
        sum: &Sum,
        counted: bool,
    ) -> Transit {
        let millimetres = |metres: f64| (metres * 1_000.0).round() as u64;
        let driven_mm = millimetres(sum.driven_m);
        self.stood_ms = if driven_mm == 0 { self.stood_ms.saturating_add(elapsed_ms) } else { 0 };
        let emitted = if self.stood_ms > PARKED_MS {
            Transit::default()
        } else {
            let masses = Masses::of(&in_units(amounts));
            Transit {
                counted_co2_ug: if counted { masses.co2_ug() } else { 0 },
                masses,
                driven_mm,
                passenger_mm: if counted { millimetres(sum.passenger_m) } else { 0 },
                counted_mm: if counted { driven_mm } else { 0 },
            }
        };
        let per_s = 1_000.0 / elapsed_ms.max(1) as f64;
        self.now = Now {
            time_ms,
            power_kw: emitted.masses.get(Pollutant::Energy) * 1_000.0 * per_s,
            co2_g_s: emitted.masses.co2_ug() as f64 / 1e6 * per_s,
            by_second: sum.by_second,
        };
        self.total.add(&emitted);
        let full = self.waiting.len() >= WAITING_MAX;
        match self.waiting.back_mut().filter(|_| full) {
            Some((newest_ms, last)) => {
                *newest_ms = time_ms;
                last.add(&emitted);
            }
            None => self.waiting.push_back((time_ms, emitted)),
        }
        emitted
    }

    /// What was emitted until a time and had no place until now.
    pub(crate) fn take(&mut self, until_ms: i64) -> Transit {
        let mut taken = Transit::default();
        let due = self.waiting.partition_point(|(time_ms, _)| *time_ms <= until_ms);
        for (_, emitted) in self.waiting.drain(..due) {
            taken.add(&emitted);
        }
        taken
    }

    /// As the vehicle's object has it.
    pub(crate) fn object(
        &self,
        class: &str,
        interval: &TransitInterval,
    ) -> Option<Box<VehicleEmission>> {
        let Now { time_ms, power_kw, co2_g_s, by_second } = self.now;
        if time_ms == 0 {
            return None;
        }
        let Transit { masses, driven_mm, .. } = &self.total;
        let co2_g = masses.co2_ug() as f64 / 1e6;
        let driven_km = *driven_mm as f64 / 1e6;
        let ends = |value: f64, factors: [f64; 2]| factors.map(|factor| (value * factor) as f32);
        let TransitInterval { energy, co2, nox, pm_exhaust } = *interval;
        let (energy_mj, nox_g) = (masses.get(Pollutant::Energy), masses.get(Pollutant::Nox));
        let pm_g = masses.get(Pollutant::PmExhaust);
        let co2_g_passenger_km = self.total.co2_g_passenger_km();
        let [power_low_kw, power_high_kw] = ends(power_kw, energy);
        let [co2_low_g_s, co2_high_g_s] = ends(co2_g_s, co2);
        let [energy_low_mj, energy_high_mj] = ends(energy_mj, energy);
        let [co2_low_g, co2_high_g] = ends(co2_g, co2);
        let [nox_low_g, nox_high_g] = ends(nox_g, nox);
        let [pm_low_g, pm_high_g] = ends(pm_g, pm_exhaust);
        let of_passengers = co2_g_passenger_km.map(|each| ends(each, co2));
        Some(Box::new(VehicleEmission {
            event_time_ms: time_ms,
            vehicle_class: class.into(),
            method: if by_second {
                EmissionMethod::SecondBySecond
            } else {
                EmissionMethod::AverageSpeed
            },
            power_kw,
            power_low_kw,
            power_high_kw,
            co2_g_s,
            co2_low_g_s,
            co2_high_g_s,
            distance_km: driven_km,
            energy_mj,
            energy_low_mj,
            energy_high_mj,
            co2_g,
            co2_low_g,
            co2_high_g,
            nox_g,
            nox_low_g,
            nox_high_g,
            pm_g,
            pm_low_g,
            pm_high_g,
            co2_g_passenger_km,
            co2_low_g_passenger_km: of_passengers.map(|[low, _]| low),
            co2_high_g_passenger_km: of_passengers.map(|[_, high]| high),
        }))
    }
}

/// What the kinds that a vehicle may be come to together.
#[derive(Default)]
struct Sum {
    known: bool,
    by_second: bool,
    driven_m: f64,
    passenger_m: f64,
}

/// What the vehicle says, else how far it came.
fn speed_m_s(fix: &track::Fix, straight_m: Option<f64>, elapsed_ms: i64) -> f64 {
    if !fix.speed_km_h.is_nan() {
        return f64::from(fix.speed_km_h) / 3.6;
    }
    match straight_m {
        Some(metres) if elapsed_ms > 0 => metres / (elapsed_ms as f64 / 1_000.0),
        _ => f64::NAN,
    }
}

/// Adds what a vehicle emits on a way of which only length and time are known.
fn average_speed(
    kind: &TransitCurves,
    road: &TransitRoad,
    metres: f64,
    time_ms: f64,
    amounts: &mut [f64; POLLUTANTS],
) {
    let seconds = time_ms / 1_000.0;
    if seconds <= 0.0 {
        return;
    }
    let rates = road.rates(kind, metres / seconds * 3.6);
    for (amount, rate) in amounts.iter_mut().zip(rates) {
        *amount += kind.share * rate * seconds;
    }
}
