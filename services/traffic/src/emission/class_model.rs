//! What one class of vehicles emits under some conditions, by speed.

use super::curves::Amounts;
use super::hot::IN_ANNEX;
use super::low_speed::STOP_AND_GO_KM_H;
use super::rates::{Point, rate_at};
use super::{
    Conditions, FuelFactors, HotFunction, Pollutant, VehicleClass, cold_factor, heating_mj_h,
    idle_to_minimum,
};

/// Functions of one pollutant with weights, on a slope and on the level.
pub(super) struct Weighted {
    pub(super) terms: Vec<(HotFunction, f64)>,
    level: Vec<(HotFunction, f64)>,
    pub(super) min_speed_km_h: f64,
}

impl Weighted {
    pub(super) fn new(terms: Vec<(HotFunction, f64)>, level: Vec<(HotFunction, f64)>) -> Self {
        let lowest = terms.iter().chain(&level).map(|(it, _)| it.speed_km_h()[0]);
        let min_speed_km_h = lowest.fold(0.0, f64::max);
        Self { terms, level, min_speed_km_h }
    }

    /// Per km on the level, below the lowest speed as there: who stands is on no slope.
    fn level_per_km(&self, speed_km_h: f64) -> f64 {
        sum(&self.level, speed_km_h.max(self.min_speed_km_h))
    }

    fn per_km(&self, speed_km_h: f64) -> f64 {
        sum(&self.terms, speed_km_h)
    }
}

fn sum(terms: &[(HotFunction, f64)], speed_km_h: f64) -> f64 {
    terms.iter().map(|(function, weight)| weight * function.steady(speed_km_h)).sum()
}

/// One kind of vehicle of the annex within a class.
pub(super) struct Part {
    pub(super) weight: f64,
    pub(super) idle_mj_s: f64,
    pub(super) functions: [Weighted; IN_ANNEX.len()],
}

impl Part {
    /// Hot rates, g/s, in the order of [`IN_ANNEX`].
    fn rates(&self, speed_km_h: f64, idle: bool) -> [f64; IN_ANNEX.len()] {
        let energy = &self.functions[0];
        std::array::from_fn(|place| {
            let function = &self.functions[place];
            let min = function.min_speed_km_h;
            if function.terms.is_empty() {
                return 0.0;
            }
            if speed_km_h >= min || !idle {
                return function.per_km(speed_km_h) * speed_km_h / 3_600.0;
            }
            // Standing, it uses what its class does, and emits for each MJ what it does when slow.
            let energy_at_minimum = energy.level_per_km(min);
            let standing = match place {
                0 => self.idle_mj_s,
                _ if energy_at_minimum > 0.0 => {
                    self.idle_mj_s * function.level_per_km(min) / energy_at_minimum
                }
                _ => 0.0,
            };
            let at_minimum = function.per_km(min) * min / 3_600.0;
            idle_to_minimum(standing, at_minimum, speed_km_h, min)
        })
    }
}

/// A class under conditions.
pub(super) struct ClassModel<'a> {
    pub(super) class: &'a VehicleClass,
    pub(super) conditions: &'a Conditions,
    pub(super) cold_weight: f64,
    pub(super) nox_factor: f64,
    pub(super) idle: bool,
    pub(super) stop_and_go: bool,
    pub(super) fuel_factors: FuelFactors,
    pub(super) grid_factors: FuelFactors,
    pub(super) fuel: Vec<Part>,
    pub(super) electric: Vec<Part>,
    pub(super) given: [bool; Pollutant::COUNT],
    /// By place in [`IN_ANNEX`].
    pub(super) measured: Vec<(usize, &'a [Point])>,
}

impl ClassModel<'_> {
    /// Rates of all pollutants at a speed, g/s.
    pub(super) fn rates(&self, speed_km_h: f64) -> Amounts {
        if !self.stop_and_go || speed_km_h >= STOP_AND_GO_KM_H || !self.measured.is_empty() {
            return self.curve(speed_km_h);
        }
        let (standing, driving) = (self.curve(0.0), self.curve(STOP_AND_GO_KM_H));
        let share = speed_km_h.max(0.0) / STOP_AND_GO_KM_H;
        std::array::from_fn(|at| standing[at] + share * (driving[at] - standing[at]))
    }

    /// The same by the curve of mean speeds.
    fn curve(&self, speed_km_h: f64) -> Amounts {
        let class = self.class;
        let mut rates = [0.0; Pollutant::COUNT];
        for part in &self.fuel {
            for (pollutant, rate) in IN_ANNEX.into_iter().zip(part.rates(speed_km_h, self.idle)) {
                rates[pollutant.index()] += part.weight * rate;
            }
        }
        for &(place, points) in &self.measured {
            rates[IN_ANNEX[place].index()] = rate_at(points, speed_km_h);
        }
        let km_s = speed_km_h / 3_600.0;
        let on_fuel = 1.0 - class.electric_share;
        let constants = [(Pollutant::N2o, class.n2o_g_km), (Pollutant::Nh3, class.nh3_g_km)];
        for (pollutant, per_km) in constants {
            if let Some(per_km) = per_km {
                rates[pollutant.index()] = on_fuel * per_km * km_s;
            }
        }
        if self.cold_weight > 0.0 {
            for pollutant in IN_ANNEX {
                rates[pollutant.index()] *= cold_factor(
                    class.cold,
                    pollutant,
                    speed_km_h,
                    self.conditions.temperature_c,
                    self.conditions.mean_trip_km,
                    self.cold_weight,
                );
            }
        }
        rates[Pollutant::Nox.index()] *= self.nox_factor;
        rates[Pollutant::No2.index()] = rates[Pollutant::Nox.index()] * class.no2_share;
        let fuel_mj_s = rates[Pollutant::Energy.index()];
        let grid_mj_s = self.grid_mj_s(speed_km_h);
        rates[Pollutant::Energy.index()] += grid_mj_s;
        rates[Pollutant::Pn.index()] = fuel_mj_s * class.pn_mj.unwrap_or(0.0);
        rates[Pollutant::Co2Fossil.index()] = fuel_mj_s * self.fuel_factors.fossil_g_mj;
        rates[Pollutant::Co2Biogenic.index()] = fuel_mj_s * self.fuel_factors.biogenic_g_mj;
        rates[Pollutant::Co2Upstream.index()] = fuel_mj_s * self.fuel_factors.upstream_g_mj
            + grid_mj_s * self.grid_factors.upstream_g_mj;
        rates
    }

    /// Power from the grid: of driving, auxiliaries and heating, MJ/s.
    fn grid_mj_s(&self, speed_km_h: f64) -> f64 {
        let class = self.class;
        let driving = self.electric.iter().map(|part| {
            // Electric motors do not idle: below its lowest speed a function is held per km.
            let per_km = part.functions[0].per_km(speed_km_h);
            part.weight * per_km * speed_km_h / 3_600.0
        });
        let standing = class.auxiliary_w / 1e6
            + heating_mj_h(class.heating_w_per_k, self.conditions.temperature_c) / 3_600.0;
        let standing = if self.idle { class.electric_share * standing } else { 0.0 };
        driving.sum::<f64>() + standing
    }
}
