//! Laws of the curves: never negative, never without end, continuous, and the parts are the whole.

// Zeros and ends of curves are meant exactly.
#![allow(clippy::float_cmp)]

use proptest::prelude::*;
use traffic::emission::{
    Conditions, FactorOptions, MAX_SPEED_KM_H, MixCurves, Pollutant, RoadKind, SPEED_STEP_KM_H,
    typical_stop_share,
};

use super::{mix, mixes, set, set_with};

fn class_curves(class: &str) -> MixCurves {
    set().class_curves(class, RoadKind::Street, &Conditions::default()).unwrap()
}

#[test]
fn every_class_has_curves_on_every_road_in_any_weather() {
    for class in set().classes().all() {
        for road in RoadKind::ALL {
            for (temperature_c, slope_percent, load_share) in
                [(15.0, 0.0, 0.5), (-30.0, 6.0, 1.0), (40.0, -6.0, 0.0), (0.0, -3.3, 0.7)]
            {
                let conditions = Conditions {
                    temperature_c,
                    slope_percent,
                    load_share,
                    ..Conditions::default()
                };
                let curves = set().class_curves(&class.id, road, &conditions).unwrap();
                for step in 0..=2_600 {
                    let speed_km_h = f64::from(step) / 20.0;
                    for (pollutant, rate) in Pollutant::ALL.iter().zip(curves.all(speed_km_h)) {
                        let (id, name) = (&class.id, pollutant.name());
                        assert!(rate >= 0.0 && rate.is_finite(), "{id} {name} {speed_km_h}");
                    }
                }
                assert!(curves.per_km(Pollutant::Energy, 30.0) > 0.0, "{}", class.id);
            }
        }
    }
}

#[test]
fn a_standing_car_emits_what_its_engine_does_and_a_battery_car_nothing() {
    let car = class_curves("car_petrol_euro_6d");
    let co2 = car.idle_g_s(Pollutant::Co2Fossil) + car.idle_g_s(Pollutant::Co2Biogenic);
    // 0.88 g/s warm; some of the cars on a street are cold.
    assert!((0.85..1.1).contains(&co2), "{co2} g/s");
    let bus = class_curves("bus_diesel_euro_vi");
    let co2 = bus.idle_g_s(Pollutant::Co2Fossil) + bus.idle_g_s(Pollutant::Co2Biogenic);
    assert!((2.3..2.7).contains(&co2), "{co2} g/s");
    let electric = class_curves("car_electric");
    for pollutant in [Pollutant::Co2Fossil, Pollutant::Nox, Pollutant::PmExhaust, Pollutant::Pn] {
        assert_eq!(electric.per_km(pollutant, 50.0), 0.0);
        assert_eq!(electric.given_share(pollutant), 1.0);
    }
    assert!(electric.per_km(Pollutant::Co2Upstream, 50.0) > 0.0);
    // Nobody has said how many particles a petrol car emits, which is not none.
    assert_eq!(car.given_share(Pollutant::Pn), 0.0);
}

#[test]
fn in_queues_emission_per_km_rises_as_the_speed_falls() {
    for class in
        ["car_petrol_euro_6", "car_diesel_euro_5", "van_diesel_euro_6", "bus_diesel_euro_vi"]
    {
        let curves = class_curves(class);
        for pollutant in [Pollutant::Co2Fossil, Pollutant::Nox, Pollutant::PmExhaust] {
            let mut before = f64::INFINITY;
            for tenths in 10..=120 {
                let per_km = curves.per_km(pollutant, f64::from(tenths) / 10.0);
                assert!(per_km < before * 1.000_001, "{class} {}", pollutant.name());
                before = per_km;
            }
        }
    }
    // Without idling, as in the annex itself, a standing car emits nothing.
    let plain = set_with(FactorOptions {
        idle: false,
        cold_start: false,
        low_temperature_nox: false,
        ..FactorOptions::default()
    });
    let curves =
        plain.class_curves("car_petrol_euro_6d", RoadKind::Street, &Conditions::default()).unwrap();
    assert_eq!(curves.idle_g_s(Pollutant::Co2Fossil), 0.0);
    let [at_3, at_5] = [3.0, 5.0].map(|speed| curves.per_km(Pollutant::Co2Fossil, speed));
    assert!((at_3 / at_5 - 1.0).abs() < 1e-12);
}

#[test]
fn cold_weather_costs_energy_and_the_nox_of_diesels() {
    let at = |class: &str, road: RoadKind, temperature_c: f64, pollutant: Pollutant| {
        let conditions = Conditions { temperature_c, ..Conditions::default() };
        set().class_curves(class, road, &conditions).unwrap().per_km(pollutant, 40.0)
    };
    let ratio = |class: &str, road: RoadKind, pollutant: Pollutant| {
        at(class, road, -20.0, pollutant) / at(class, road, 20.0, pollutant)
    };
    // A warm motorway: petrol as always, the diesel with 1.8 times the NOx, Euro 6 with 1.5.
    let petrol = ratio("car_petrol_euro_6", RoadKind::Motorway, Pollutant::Nox);
    assert!((petrol - 1.0).abs() < 1e-12);
    let diesel = ratio("car_diesel_euro_5", RoadKind::Motorway, Pollutant::Nox);
    assert!((diesel - 1.8).abs() < 1e-12, "{diesel}");
    let diesel = ratio("car_diesel_euro_6", RoadKind::Motorway, Pollutant::Nox);
    assert!((diesel - 1.5).abs() < 1e-12, "{diesel}");
    let off = set_with(FactorOptions { low_temperature_nox: false, ..FactorOptions::default() });
    let conditions = Conditions { temperature_c: -20.0, ..Conditions::default() };
    let curves = off.class_curves("car_diesel_euro_5", RoadKind::Motorway, &conditions).unwrap();
    let warm = at("car_diesel_euro_5", RoadKind::Motorway, 20.0, Pollutant::Nox);
    assert!((curves.per_km(Pollutant::Nox, 40.0) / warm - 1.0).abs() < 1e-12);
    // Residential streets are where engines are cold.
    let home = ratio("car_petrol_euro_6", RoadKind::Residential, Pollutant::Co2Fossil);
    let street = ratio("car_petrol_euro_6", RoadKind::Street, Pollutant::Co2Fossil);
    assert!(home > street && street > 1.1 && home < 2.0, "{home} {street}");
    let bus = ratio("bus_electric", RoadKind::Street, Pollutant::Energy);
    assert!((1.2..2.0).contains(&bus), "{bus}");
}

/// The battery bus of `config/emission/classes.csv` against the curve that it is made to fit.
#[test]
fn a_battery_bus_uses_what_is_said_of_it() {
    for (temperature_c, kwh_km) in
        [(18.0, 1.05), (5.0, 1.25), (-5.0, 1.45), (-15.0, 1.75), (-25.0, 2.0)]
    {
        let conditions = Conditions { temperature_c, ..Conditions::default() };
        let curves = set().class_curves("bus_electric", RoadKind::Street, &conditions).unwrap();
        let found = curves.per_km(Pollutant::Energy, 18.0) / 3.6;
        assert!((found - kwh_km).abs() < 0.12, "{temperature_c} °C: {found} kWh/km");
    }
}

#[test]
fn the_usual_stops_are_not_counted_twice() {
    for class in ["car_petrol_euro_6", "car_diesel_euro_6", "bus_diesel_euro_vi", "car_electric"] {
        let curves = class_curves(class);
        for tenths in 1..=1_290 {
            let speed_km_h = f64::from(tenths) / 10.0;
            let with_stops = curves.all_with_stops(speed_km_h, typical_stop_share(speed_km_h));
            for (index, plain) in curves.all(speed_km_h).into_iter().enumerate() {
                let (found, name) = (with_stops[index], Pollutant::ALL[index].name());
                assert!(
                    (found - plain).abs() <= 1e-6 * plain,
                    "{class} {name} {speed_km_h}: {found} {plain}"
                );
            }
        }
    }
    let curves = class_curves("car_diesel_euro_6");
    let idle = curves.idle_g_s(Pollutant::Co2Fossil);
    assert_eq!(curves.rate_with_stops_g_s(Pollutant::Co2Fossil, 0.0, 1.0), idle);
    // The same metres in the same time, once crawling, once in bursts between stops.
    let crawling = curves.rate_with_stops_g_s(Pollutant::Co2Fossil, 10.0, 0.0);
    let bursts = curves.rate_with_stops_g_s(Pollutant::Co2Fossil, 10.0, 0.7);
    assert!(crawling > 0.0 && bursts > 0.0);
}

#[test]
fn speeds_beyond_the_curves_count_as_their_ends() {
    let curves = class_curves("car_petrol_euro_6d");
    for (speed_km_h, same) in [(300.0, 130.0), (f64::INFINITY, 130.0), (-5.0, 0.0), (f64::NAN, 0.0)]
    {
        assert_eq!(curves.all(speed_km_h), curves.all(same));
        assert!(MixCurves::is_clamped(speed_km_h) && !MixCurves::is_clamped(same));
    }
    let absurd = Conditions {
        temperature_c: -60.0,
        slope_percent: f64::NAN,
        load_share: 7.0,
        mean_trip_km: 0.0,
        year: 3_000,
    };
    let curves = set().class_curves("car_petrol_euro_6d", RoadKind::Street, &absurd).unwrap();
    let clamps = curves.clamps();
    assert_eq!((clamps.temperature, clamps.slope, clamps.load, clamps.trip), (1, 1, 1, 1));
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let any = |range: std::ops::Range<f64>| prop_oneof![20 => range, 1 => any::<f64>()];
    (any(-35.0..45.0), any(-7.0..7.0), any(-0.2..1.2), any(1.0..30.0), 1990..2040_i32).prop_map(
        |(temperature_c, slope_percent, load_share, mean_trip_km, year)| Conditions {
            temperature_c,
            slope_percent,
            load_share,
            mean_trip_km,
            year,
        },
    )
}

fn speed() -> impl Strategy<Value = f64> {
    prop_oneof![20 => 0.0..135.0, 1 => any::<f64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn curves_are_steady_in_any_conditions(
        class in 0..set().classes().all().len(),
        road in 0..4_usize,
        conditions in conditions(),
        speeds in prop::collection::vec((speed(), -0.5..1.5), 1..40),
    ) {
        let class = &set().classes().all()[class];
        let curves = set().class_curves(&class.id, RoadKind::ALL[road], &conditions).unwrap();
        let scale: Vec<f64> = (0..=260)
            .map(|line| curves.all(f64::from(line) / 2.0))
            .fold(vec![0.0; Pollutant::COUNT], |most, all| {
                most.iter().zip(all).map(|(most, rate)| rate.max(*most)).collect()
            });
        for (speed_km_h, stopped) in speeds {
            let near = curves.all(speed_km_h + 1e-6);
            for (index, rate) in curves.all(speed_km_h).into_iter().enumerate() {
                let pollutant = Pollutant::ALL[index];
                prop_assert!(rate >= 0.0 && rate.is_finite());
                prop_assert!((near[index] - rate).abs() <= 1e-5 * scale[index] + 1e-300);
                let per_km = curves.per_km(pollutant, speed_km_h);
                prop_assert!(per_km >= 0.0 && per_km.is_finite());
                let with_stops = curves.rate_with_stops_g_s(pollutant, speed_km_h, stopped);
                prop_assert!(with_stops >= 0.0 && with_stops.is_finite());
            }
            let stops = curves.all_with_stops(speed_km_h, stopped);
            let near = curves.all_with_stops(speed_km_h + 1e-6, stopped + 1e-9);
            for index in 0..Pollutant::COUNT {
                prop_assert!(
                    (near[index] - stops[index]).abs() <= 2e-5 * scale[index] + 1e-300,
                    "{} {speed_km_h} {stopped}", Pollutant::ALL[index].name()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The table against the functions themselves, which `explain` evaluates, and the groups' parts
    /// against the whole.
    #[test]
    fn the_parts_are_the_whole_and_the_table_is_close(
        which in 0..mixes().len(),
        road in 0..4_usize,
        conditions in conditions(),
        speeds in prop::collection::vec(0.0..MAX_SPEED_KM_H, 10),
    ) {
        let (name, mix) = &mixes()[which];
        let road = RoadKind::ALL[road];
        let curves = set().mix_curves(mix, road, &conditions);
        for speed_km_h in speeds {
            let groups = set().explain(mix, road, &conditions, speed_km_h);
            let shares: f64 = groups.iter().map(|group| group.share).sum();
            prop_assert!((shares - 1.0).abs() < 1e-6);
            for (index, pollutant) in Pollutant::ALL.into_iter().enumerate() {
                let exact: f64 = groups.iter().map(|group| group.rates[index]).sum();
                let found = curves.rate_g_s(pollutant, speed_km_h);
                // Where a function of the annex is mended it has an edge, which the table cuts.
                let line = (speed_km_h / SPEED_STEP_KM_H).floor() * SPEED_STEP_KM_H;
                let [from, to] = [line, line + SPEED_STEP_KM_H]
                    .map(|line| curves.rate_g_s(pollutant, line));
                prop_assert!(
                    (found - exact).abs() <= 3e-2 * exact + (to - from).abs() + 1e-300,
                    "{name} {} {speed_km_h}: {found} {exact}", pollutant.name()
                );
            }
            // On a grid line it is exact.
            let line = speed_km_h.round();
            let exact: f64 =
                set().explain(mix, road, &conditions, line).iter().map(|it| it.rates[4]).sum();
            let found = curves.rate_g_s(Pollutant::Nox, line);
            prop_assert!((found - exact).abs() <= 1e-9 * exact + 1e-300);
        }
    }
}

#[test]
fn another_model_can_add_what_it_knows() {
    let curves = set()
        .mix_curves(&mix("fleet-finland.csv"), RoadKind::Street, &Conditions::default())
        .with_per_km(Pollutant::Pm10Brake, 0.9, |speed| if speed < 40.0 { 0.012 } else { 0.002 });
    assert_eq!(curves.given_share(Pollutant::Pm10Brake), 0.9);
    assert!((curves.per_km(Pollutant::Pm10Brake, 30.0) - 0.012).abs() < 1e-12);
    assert_eq!(curves.idle_g_s(Pollutant::Pm10Brake), 0.0);
    assert_eq!(curves.given_share(Pollutant::Pm10Road), 0.0);
}
