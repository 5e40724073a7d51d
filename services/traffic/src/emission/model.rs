//! Everything that emissions of a region follow from, put together.

use super::noise::{CATEGORIES, ElectricPropulsion, NoiseConditions};
use super::power::PowerModel;
use super::studded::{FINNISH_PAVEMENT, WearVehicle, road_wear};
use super::wear::{BatteryWear, Wear, WearBody, wear};
use super::{
    Body, Conditions, ELECTRICITY, FactorSet, FleetMix, FuelFactors, GroupShare, MixCurves,
    POLLUTANTS, Pollutant, RoadKind, SoundCurves, TransitGroup, TransitInterval, TransitKind,
    TransitTable, VehicleClass, Weather, kinds_interval, transit_relative_sd,
};

/// Speeds for which it is told what each group of vehicles emits, km/h.
const EXPLAINED_KM_H: [f64; 6] = [5.0, 15.0, 25.0, 40.0, 60.0, 90.0];

/// Vehicles of a mix differ from one another as they do at this speed, km/h.
const SPREAD_KM_H: f64 = 30.0;

/// Factors for fleets, weather and roads: what a configuration says.
#[derive(Clone, Debug)]
pub struct EmissionModel {
    /// Sets of factors, at least one. The first is shown, the others stand beside it.
    pub sets: Vec<FactorSet>,
    /// Mixes of the traffic without public transport.
    pub fleets: Vec<FleetMix>,
    /// Vehicles that are known one by one.
    pub transit: TransitTable,
    /// What is known of roads and trips.
    pub conditions: Conditions,
}

/// Streets that are alike for what is emitted on them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreetGroup {
    /// Number of the fleet that drives on them.
    pub fleet: usize,
    /// Kind of road.
    pub road: RoadKind,
    /// Slope in the direction of travel, percent, positive uphill.
    pub slope_percent: f64,
}

impl StreetGroup {
    /// Slope for which curves are made, percent, of a gradient: the annex's own grid, every two
    /// from -6 to 6.
    ///
    /// ```
    /// use traffic::emission::StreetGroup;
    /// assert_eq!([-9.0, -1.2, 0.9, 5.1].map(StreetGroup::slope_percent), [-6.0, -2.0, 0.0, 6.0]);
    /// ```
    pub fn slope_percent(gradient_percent: f64) -> f64 {
        let [lowest, highest] = Conditions::SLOPE_PERCENT;
        // What rounds to a zero below zero is level, too.
        2.0 * (gradient_percent.clamp(lowest, highest) / 2.0).round() + 0.0
    }
}

/// Vehicles of a mix under some conditions: curves and how far to trust them.
#[derive(Clone, Debug)]
pub struct TrafficCurves {
    /// Rates by speed.
    pub rates: MixCurves,
    /// Sound power by speed.
    pub sound: SoundCurves,
    /// Relative standard deviation of what one vehicle of the mix emits, against their mean.
    pub vehicle_spread: [f64; POLLUTANTS],
    /// What groups of vehicles have to do with it, by speed.
    pub groups: Vec<(f64, Vec<GroupShare>)>,
}

impl EmissionModel {
    /// Curves of what drives on some streets in some weather, by the number of the factor set.
    ///
    /// # Panics
    ///
    /// When there is no set or fleet of that number.
    pub fn curves(&self, set: usize, on: &StreetGroup, weather: &Weather) -> TrafficCurves {
        let StreetGroup { fleet, road, slope_percent } = *on;
        let (set, mix) = (&self.sets[set], &self.fleets[fleet]);
        let conditions = Conditions { slope_percent, ..self.conditions(weather) };
        let rates = set.mix_curves(mix, road, &conditions);
        let rates = with_wear(rates, &wearing(set, mix, road), &conditions, weather);
        let groups = EXPLAINED_KM_H
            .map(|speed_km_h| (speed_km_h, set.explain(mix, road, &conditions, speed_km_h)));
        TrafficCurves {
            rates,
            sound: sound(set, mix, on, weather),
            vehicle_spread: vehicle_spread(set, mix, road, &conditions),
            groups: groups.into(),
        }
    }

    /// Conditions of a weather.
    pub fn conditions(&self, weather: &Weather) -> Conditions {
        let Weather { temperature_c, year, .. } = *weather;
        Conditions { temperature_c, year, ..self.conditions }
    }
}

/// One kind that a vehicle known by itself may be, in some weather.
#[derive(Clone, Debug)]
pub struct TransitCurves {
    /// How likely it is, 0 to 1.
    pub share: f64,
    /// Power second by second.
    pub power: PowerModel,
    /// Rates by mean speed, by slope in percent as in [`StreetGroup::slope_percent`].
    pub by_slope: Vec<(f64, MixCurves)>,
    /// CO2 of its fuel.
    pub fuel: FuelFactors,
    /// CO2 of its electricity.
    pub electricity: FuelFactors,
}

impl TransitCurves {
    /// Rates on the slope that is nearest to a gradient in percent; `None` of curves without any.
    pub fn rates(&self, gradient_percent: f64) -> Option<&MixCurves> {
        let apart = |slope: &(f64, MixCurves)| (slope.0 - gradient_percent).abs();
        let nearest = self.by_slope.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.map(|(_, rates)| rates)
    }
}

impl EmissionModel {
    /// Curves of the kinds of every group of vehicles known one by one, by the first set's factors, on
    /// each of some slopes, percent.
    pub fn transit_curves(
        &self,
        slopes_percent: &[f64],
        weather: &Weather,
    ) -> Vec<Vec<TransitCurves>> {
        let conditions = self.conditions(weather);
        let Some(set) = self.sets.first() else { return Vec::new() };
        let kind = |kind: &TransitKind| {
            let class = set.classes().get(&kind.class)?;
            let body = body_of(class).map(|(body, vehicle, battery)| (1.0, body, vehicle, battery));
            let body = body.into_iter().collect();
            let on = |&slope_percent: &f64| {
                let conditions = Conditions { slope_percent, ..conditions };
                let rates = set.class_curves(&kind.class, RoadKind::Street, &conditions)?;
                Some((slope_percent, with_wear(rates, &body, &conditions, weather)))
            };
            let factors = |fuel| set.fuels().factors(fuel, conditions.year).unwrap_or_default();
            Some(TransitCurves {
                share: kind.share,
                power: kind.power,
                by_slope: slopes_percent.iter().map(on).collect::<Option<_>>()?,
                fuel: factors(class.fuel.as_str()),
                electricity: factors(ELECTRICITY),
            })
        };
        let groups = self.transit.groups().iter();
        groups.map(|group| group.kinds.iter().filter_map(kind).collect()).collect()
    }

    /// How far single vehicles of every group may be from what their group most likely emits. Kinds
    /// differ as they do at a mean speed of 30 km/h, in the usual weather.
    pub fn transit_intervals(&self) -> Vec<TransitInterval> {
        let Some(set) = self.sets.first() else { return Vec::new() };
        let rates = |kind: &TransitKind| {
            let curves = set.class_curves(&kind.class, RoadKind::Street, &self.conditions)?;
            Some((kind.share, curves.all(SPREAD_KM_H)))
        };
        let interval = |group: &TransitGroup| {
            let kinds: Vec<_> = group.kinds.iter().filter_map(rates).collect();
            let of = |pollutants: &[Pollutant]| {
                let amount = |rates: &[f64; POLLUTANTS]| {
                    pollutants.iter().map(|of| rates[of.index()]).sum::<f64>()
                };
                let kinds: Vec<_> = kinds.iter().map(|(share, of)| (*share, amount(of))).collect();
                kinds_interval(&kinds, transit_relative_sd(pollutants[0]))
            };
            TransitInterval {
                energy: of(&[Pollutant::Energy]),
                co2: of(&[Pollutant::Co2Fossil, Pollutant::Co2Biogenic]),
                nox: of(&[Pollutant::Nox]),
                pm_exhaust: of(&[Pollutant::PmExhaust]),
            }
        };
        self.transit.groups().iter().map(interval).collect()
    }
}

/// Bodies of a mix, with their shares.
type Wearing = Vec<(f64, WearBody, WearVehicle, bool)>;

fn wearing(set: &FactorSet, mix: &FleetMix, road: RoadKind) -> Wearing {
    let classes = mix.classes(road, set.classes());
    classes
        .filter_map(|(row, class)| body_of(class).map(|of| (row.share, of.0, of.1, of.2)))
        .collect()
}

/// How a class wears its tyres, brakes and road; and whether it is a battery vehicle. Rails wear
/// otherwise.
fn body_of(class: &VehicleClass) -> Option<(WearBody, WearVehicle, bool)> {
    let body = match class.body {
        Body::Car => WearBody::Car,
        Body::Van => WearBody::Van,
        Body::Motorcycle => WearBody::TwoWheeler,
        Body::Rigid | Body::Articulated | Body::Bus | Body::Coach => {
            WearBody::Heavy { axles: class.axles, load_factor: HALF_LOAD }
        }
        Body::Tram => return None,
    };
    let vehicle = match body {
        WearBody::Heavy { .. } => WearVehicle::Heavy,
        _ => WearVehicle::Light,
    };
    Some((body, vehicle, class.is_electric()))
}

/// Load of a lorry or bus over its largest, where nothing is known.
const HALF_LOAD: f64 = 0.5;

/// What wear puts into the air, in the order of its parts.
const WEAR: [Pollutant; 6] = [
    Pollutant::Pm10Tyre,
    Pollutant::Pm10Brake,
    Pollutant::Pm10Road,
    Pollutant::Pm25Tyre,
    Pollutant::Pm25Brake,
    Pollutant::Pm25Road,
];

/// Puts wear into curves. Roads wear as in the guidebook, which knows no studs, and by what studs
/// add to that.
fn with_wear(
    curves: MixCurves,
    wearing: &Wearing,
    conditions: &Conditions,
    weather: &Weather,
) -> MixCurves {
    let load_factor = conditions.load_share;
    let of_speed = |speed_km_h: f64| {
        let mut sum = [0.0; 6];
        for &(share, body, vehicle, electric) in wearing {
            let body = match body {
                WearBody::Heavy { axles, .. } => WearBody::Heavy { axles, load_factor },
                body => body,
            };
            let battery = electric.then_some(&BatteryWear::CAR);
            let Some(Wear { tyre, brake, road, .. }) = wear(body, speed_km_h, battery) else {
                continue;
            };
            let studs = studs(vehicle, speed_km_h, weather);
            let parts = [
                tyre.pm10_g_km,
                brake.pm10_g_km,
                road.pm10_g_km + studs[0],
                tyre.pm2_5_g_km,
                brake.pm2_5_g_km,
                road.pm2_5_g_km + studs[1],
            ];
            for (sum, part) in sum.iter_mut().zip(parts) {
                *sum += share * part;
            }
        }
        sum
    };
    let given: f64 = wearing.iter().map(|&(share, ..)| share).sum();
    WEAR.into_iter().enumerate().fold(curves, |curves, (place, pollutant)| {
        curves.with_per_km(pollutant, given, |speed_km_h| of_speed(speed_km_h)[place])
    })
}

/// PM10 and PM2.5 that studs add to the road wear of the same vehicle without, into the air now,
/// g/km.
fn studs(vehicle: WearVehicle, speed_km_h: f64, weather: &Weather) -> [f64; 2] {
    let share = match vehicle {
        WearVehicle::Light => weather.studded.light,
        WearVehicle::Heavy => weather.studded.heavy,
    };
    let of = |share| road_wear(vehicle, speed_km_h, share, FINNISH_PAVEMENT, weather.road);
    match (of(share), of(0.0)) {
        (Some(with), Some(without)) => [
            (with.emitted.pm10_g_km - without.emitted.pm10_g_km).max(0.0),
            (with.emitted.pm2_5_g_km - without.emitted.pm2_5_g_km).max(0.0),
        ],
        _ => [0.0; 2],
    }
}

/// Noise of a mix. Electric vehicles are heard by their tyres alone.
fn sound(set: &FactorSet, mix: &FleetMix, on: &StreetGroup, weather: &Weather) -> SoundCurves {
    let mut shares = [0.0; CATEGORIES];
    let mut electric = [0.0; CATEGORIES];
    for (row, class) in mix.classes(on.road, set.classes()) {
        // Category 4 is of two kinds: mopeds, and motorcycles, which most are.
        let place = match class.noise_category {
            category @ 1..=3 => usize::from(category) - 1,
            4 => CATEGORIES - 1,
            _ => continue,
        };
        shares[place] += row.share;
        electric[place] += row.share * class.electric_share;
    }
    for (electric, share) in electric.iter_mut().zip(shares) {
        *electric = if share > 0.0 { *electric / share } else { 0.0 };
    }
    let conditions = NoiseConditions {
        studded_share: weather.studded.light,
        temperature_c: weather.temperature_c,
        gradient_percent: on.slope_percent,
        electric: ElectricPropulsion::Silent,
        ..NoiseConditions::default()
    };
    SoundCurves::new(shares, electric, conditions)
}

/// How far one vehicle's emission is from the mean of its mix, relatively: the standard deviation
/// over the mix's classes.
fn vehicle_spread(
    set: &FactorSet,
    mix: &FleetMix,
    road: RoadKind,
    conditions: &Conditions,
) -> [f64; POLLUTANTS] {
    let (mut mean, mut square) = ([0.0; POLLUTANTS], [0.0; POLLUTANTS]);
    for (row, class) in mix.classes(road, set.classes()) {
        let Some(curves) = set.class_curves(&class.id, road, conditions) else { continue };
        for (place, rate) in curves.all(SPREAD_KM_H).into_iter().enumerate() {
            mean[place] += row.share * rate;
            square[place] += row.share * rate * rate;
        }
    }
    std::array::from_fn(|place| {
        let mean = mean[place];
        if mean > 0.0 { (square[place] / (mean * mean) - 1.0).max(0.0).sqrt() } else { 0.0 }
    })
}
