//! Objects of what traffic emits over the wire messages of `tilanne.v1`.

use events::wire;

use super::emission::{
    Emission, EmissionAlternative, EmissionAmount, EmissionBasis, EmissionRate, EmissionShare,
    EmissionTotal, EmissionWeather, EmissionWindow, Noise, VehicleEmission,
};
use super::street::Estimate;
use super::street_wire::{line_of, line_steps};

impl From<EmissionRate> for wire::EmissionRate {
    fn from(of: EmissionRate) -> Self {
        Self {
            pollutant: of.pollutant.into(),
            value: of.value,
            low: of.low,
            high: of.high,
            excess: of.excess,
            excess_low: of.excess_low,
            excess_high: of.excess_high,
        }
    }
}

impl From<wire::EmissionRate> for EmissionRate {
    fn from(of: wire::EmissionRate) -> Self {
        Self {
            pollutant: of.pollutant(),
            value: of.value,
            low: of.low,
            high: of.high,
            excess: of.excess,
            excess_low: of.excess_low,
            excess_high: of.excess_high,
        }
    }
}

impl From<EmissionAmount> for wire::EmissionAmount {
    fn from(of: EmissionAmount) -> Self {
        Self {
            pollutant: of.pollutant.into(),
            value: of.value,
            low: of.low,
            high: of.high,
            excess: of.excess,
            excess_low: of.excess_low,
            excess_high: of.excess_high,
        }
    }
}

impl From<wire::EmissionAmount> for EmissionAmount {
    fn from(of: wire::EmissionAmount) -> Self {
        Self {
            pollutant: of.pollutant(),
            value: of.value,
            low: of.low,
            high: of.high,
            excess: of.excess,
            excess_low: of.excess_low,
            excess_high: of.excess_high,
        }
    }
}

impl From<&EmissionWindow> for wire::EmissionWindow {
    fn from(of: &EmissionWindow) -> Self {
        Self {
            duration_s: of.duration_s,
            end_time_ms: of.end_time_ms,
            vehicle_km: of.vehicle_km,
            transit_vehicle_km: of.transit_vehicle_km,
            transit_passenger_km: of.transit_passenger_km,
            transit_co2_g_h: of.transit_co2_g_h,
            transit_co2_g_passenger_km: of.transit_co2_g_passenger_km,
            transit_co2_low_g_h: of.transit_co2_low_g_h,
            transit_co2_high_g_h: of.transit_co2_high_g_h,
            transit_co2_low_g_passenger_km: of.transit_co2_low_g_passenger_km,
            transit_co2_high_g_passenger_km: of.transit_co2_high_g_passenger_km,
            rates: of.rates.iter().copied().map(Into::into).collect(),
        }
    }
}

impl From<wire::EmissionWindow> for EmissionWindow {
    fn from(of: wire::EmissionWindow) -> Self {
        Self {
            duration_s: of.duration_s,
            end_time_ms: of.end_time_ms,
            vehicle_km: of.vehicle_km,
            transit_vehicle_km: of.transit_vehicle_km,
            transit_passenger_km: of.transit_passenger_km,
            transit_co2_g_h: of.transit_co2_g_h,
            transit_co2_g_passenger_km: of.transit_co2_g_passenger_km,
            transit_co2_low_g_h: of.transit_co2_low_g_h,
            transit_co2_high_g_h: of.transit_co2_high_g_h,
            transit_co2_low_g_passenger_km: of.transit_co2_low_g_passenger_km,
            transit_co2_high_g_passenger_km: of.transit_co2_high_g_passenger_km,
            rates: of.rates.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&EmissionTotal> for wire::EmissionTotal {
    fn from(of: &EmissionTotal) -> Self {
        Self {
            period: of.period.into(),
            start_time_ms: of.start_time_ms,
            end_time_ms: of.end_time_ms,
            complete: of.complete,
            windows: of.windows,
            vehicle_km: of.vehicle_km,
            amounts: of.amounts.iter().copied().map(Into::into).collect(),
        }
    }
}

impl From<wire::EmissionTotal> for EmissionTotal {
    fn from(of: wire::EmissionTotal) -> Self {
        Self {
            period: of.period(),
            start_time_ms: of.start_time_ms,
            end_time_ms: of.end_time_ms,
            complete: of.complete,
            windows: of.windows,
            vehicle_km: of.vehicle_km,
            amounts: of.amounts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&EmissionShare> for wire::EmissionShare {
    fn from(of: &EmissionShare) -> Self {
        Self {
            group: of.group.to_string(),
            vehicle_km: of.vehicle_km,
            co2: of.co2,
            nox: of.nox,
            pm: of.pm,
        }
    }
}

impl From<wire::EmissionShare> for EmissionShare {
    fn from(of: wire::EmissionShare) -> Self {
        Self {
            group: of.group.into(),
            vehicle_km: of.vehicle_km,
            co2: of.co2,
            nox: of.nox,
            pm: of.pm,
        }
    }
}

impl From<&EmissionBasis> for wire::EmissionBasis {
    fn from(of: &EmissionBasis) -> Self {
        Self {
            speed_km_h: of.speed_km_h,
            stopped_share: of.stopped_share,
            flow_veh_h: of.flow_veh_h,
            temperature_c: of.weather.temperature_c,
            gradient_percent: of.gradient_percent,
            gradient_known: of.gradient_known,
            studded_share: of.studded_share,
            road_state: of.weather.road_state.to_string(),
            mix: of.mix.to_string(),
            sampling_percent: of.sampling_percent,
            mix_percent: of.mix_percent,
            factor_percent: of.factor_percent,
            shares: of.shares.iter().map(Into::into).collect(),
            temperature_source: of.weather.temperature_source.into(),
            road_source: of.weather.road_source.into(),
            temperature_stations: of.weather.temperature_stations,
            road_stations: of.weather.road_stations,
        }
    }
}

impl From<&EmissionWeather> for wire::EmissionWeather {
    fn from(of: &EmissionWeather) -> Self {
        Self {
            temperature_c: of.temperature_c,
            temperature_source: of.temperature_source.into(),
            road_state: of.road_state.to_string(),
            road_source: of.road_source.into(),
            temperature_stations: of.temperature_stations,
            road_stations: of.road_stations,
        }
    }
}

impl From<wire::EmissionWeather> for EmissionWeather {
    fn from(of: wire::EmissionWeather) -> Self {
        Self {
            temperature_source: of.temperature_source(),
            road_source: of.road_source(),
            temperature_c: of.temperature_c,
            road_state: of.road_state.into(),
            temperature_stations: of.temperature_stations,
            road_stations: of.road_stations,
        }
    }
}

impl From<wire::EmissionBasis> for EmissionBasis {
    fn from(of: wire::EmissionBasis) -> Self {
        Self {
            weather: EmissionWeather {
                temperature_source: of.temperature_source(),
                road_source: of.road_source(),
                temperature_c: of.temperature_c,
                road_state: of.road_state.into(),
                temperature_stations: of.temperature_stations,
                road_stations: of.road_stations,
            },
            speed_km_h: of.speed_km_h,
            stopped_share: of.stopped_share,
            flow_veh_h: of.flow_veh_h,
            gradient_percent: of.gradient_percent,
            gradient_known: of.gradient_known,
            studded_share: of.studded_share,
            mix: of.mix.into(),
            sampling_percent: of.sampling_percent,
            mix_percent: of.mix_percent,
            factor_percent: of.factor_percent,
            shares: of.shares.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&EmissionAlternative> for wire::EmissionAlternative {
    fn from(of: &EmissionAlternative) -> Self {
        Self {
            factor_set: of.factor_set.to_string(),
            co2_g_h: of.co2_g_h,
            co2_low_g_h: of.co2_low_g_h,
            co2_high_g_h: of.co2_high_g_h,
            nox_g_h: of.nox_g_h,
            nox_low_g_h: of.nox_low_g_h,
            nox_high_g_h: of.nox_high_g_h,
            pm_exhaust_g_h: of.pm_exhaust_g_h,
            pm_exhaust_low_g_h: of.pm_exhaust_low_g_h,
            pm_exhaust_high_g_h: of.pm_exhaust_high_g_h,
        }
    }
}

impl From<wire::EmissionAlternative> for EmissionAlternative {
    fn from(of: wire::EmissionAlternative) -> Self {
        Self {
            factor_set: of.factor_set.into(),
            co2_g_h: of.co2_g_h,
            co2_low_g_h: of.co2_low_g_h,
            co2_high_g_h: of.co2_high_g_h,
            nox_g_h: of.nox_g_h,
            nox_low_g_h: of.nox_low_g_h,
            nox_high_g_h: of.nox_high_g_h,
            pm_exhaust_g_h: of.pm_exhaust_g_h,
            pm_exhaust_low_g_h: of.pm_exhaust_low_g_h,
            pm_exhaust_high_g_h: of.pm_exhaust_high_g_h,
        }
    }
}

impl From<&VehicleEmission> for wire::VehicleEmission {
    fn from(of: &VehicleEmission) -> Self {
        Self {
            event_time_ms: of.event_time_ms,
            vehicle_class: of.vehicle_class.to_string(),
            method: of.method.into(),
            power_kw: of.power_kw,
            power_low_kw: of.power_low_kw,
            power_high_kw: of.power_high_kw,
            co2_g_s: of.co2_g_s,
            co2_low_g_s: of.co2_low_g_s,
            co2_high_g_s: of.co2_high_g_s,
            distance_km: of.distance_km,
            energy_mj: of.energy_mj,
            energy_low_mj: of.energy_low_mj,
            energy_high_mj: of.energy_high_mj,
            co2_g: of.co2_g,
            co2_low_g: of.co2_low_g,
            co2_high_g: of.co2_high_g,
            nox_g: of.nox_g,
            nox_low_g: of.nox_low_g,
            nox_high_g: of.nox_high_g,
            pm_g: of.pm_g,
            pm_low_g: of.pm_low_g,
            pm_high_g: of.pm_high_g,
            co2_g_passenger_km: of.co2_g_passenger_km,
            co2_low_g_passenger_km: of.co2_low_g_passenger_km,
            co2_high_g_passenger_km: of.co2_high_g_passenger_km,
        }
    }
}

impl From<wire::VehicleEmission> for VehicleEmission {
    fn from(of: wire::VehicleEmission) -> Self {
        Self {
            method: of.method(),
            event_time_ms: of.event_time_ms,
            vehicle_class: of.vehicle_class.into(),
            power_kw: of.power_kw,
            power_low_kw: of.power_low_kw,
            power_high_kw: of.power_high_kw,
            co2_g_s: of.co2_g_s,
            co2_low_g_s: of.co2_low_g_s,
            co2_high_g_s: of.co2_high_g_s,
            distance_km: of.distance_km,
            energy_mj: of.energy_mj,
            energy_low_mj: of.energy_low_mj,
            energy_high_mj: of.energy_high_mj,
            co2_g: of.co2_g,
            co2_low_g: of.co2_low_g,
            co2_high_g: of.co2_high_g,
            nox_g: of.nox_g,
            nox_low_g: of.nox_low_g,
            nox_high_g: of.nox_high_g,
            pm_g: of.pm_g,
            pm_low_g: of.pm_low_g,
            pm_high_g: of.pm_high_g,
            co2_g_passenger_km: of.co2_g_passenger_km,
            co2_low_g_passenger_km: of.co2_low_g_passenger_km,
            co2_high_g_passenger_km: of.co2_high_g_passenger_km,
        }
    }
}

impl From<&Noise> for wire::Noise {
    fn from(of: &Noise) -> Self {
        Self { level_db: Some(of.level_db.into()), octave_db: of.octave_db.to_vec() }
    }
}

impl From<wire::Noise> for Noise {
    fn from(of: wire::Noise) -> Self {
        let mut octave_db = [0.0; 8];
        for (to, from) in octave_db.iter_mut().zip(of.octave_db) {
            *to = from;
        }
        Self { level_db: of.level_db.map_or(Estimate::default(), Into::into), octave_db }
    }
}

impl From<&Emission> for wire::Emission {
    fn from(of: &Emission) -> Self {
        Self {
            id: of.id.to_string(),
            event_time_ms: of.event_time_ms,
            kind: of.kind.map(Into::into),
            name: of.name.to_string(),
            factor_set: of.factor_set.to_string(),
            known_street_km: of.known_street_km,
            street_km: of.street_km,
            minute: Some((&of.minute).into()),
            five_minutes: Some((&of.five_minutes).into()),
            noise: of.noise.as_ref().map(Into::into),
            signal_excess_co2_g_h: of.signal_excess_co2_g_h,
            signal_excess_co2_low_g_h: of.signal_excess_co2_low_g_h,
            signal_excess_co2_high_g_h: of.signal_excess_co2_high_g_h,
            queue_excess_co2_g_h: of.queue_excess_co2_g_h,
            queue_excess_co2_low_g_h: of.queue_excess_co2_low_g_h,
            queue_excess_co2_high_g_h: of.queue_excess_co2_high_g_h,
            totals: of.totals.iter().map(Into::into).collect(),
            alternatives: of.alternatives.iter().map(Into::into).collect(),
            basis: of.basis.as_deref().map(Into::into),
            line: line_steps(&of.line),
            weather: of.weather.as_deref().map(Into::into),
        }
    }
}

impl From<wire::Emission> for Emission {
    fn from(of: wire::Emission) -> Self {
        Self {
            kind: of.kind.is_some().then(|| of.kind()),
            line: line_of(&of.line).into(),
            id: of.id.into(),
            event_time_ms: of.event_time_ms,
            name: of.name.into(),
            factor_set: of.factor_set.into(),
            known_street_km: of.known_street_km,
            street_km: of.street_km,
            minute: of.minute.unwrap_or_default().into(),
            five_minutes: of.five_minutes.unwrap_or_default().into(),
            noise: of.noise.map(Into::into),
            signal_excess_co2_g_h: of.signal_excess_co2_g_h,
            signal_excess_co2_low_g_h: of.signal_excess_co2_low_g_h,
            signal_excess_co2_high_g_h: of.signal_excess_co2_high_g_h,
            queue_excess_co2_g_h: of.queue_excess_co2_g_h,
            queue_excess_co2_low_g_h: of.queue_excess_co2_low_g_h,
            queue_excess_co2_high_g_h: of.queue_excess_co2_high_g_h,
            totals: of.totals.into_iter().map(Into::into).collect(),
            alternatives: of.alternatives.into_iter().map(Into::into).collect(),
            basis: of.basis.map(|basis| Box::new(basis.into())),
            weather: of.weather.map(|weather| Box::new(weather.into())),
        }
    }
}
