//! Wear of tyres, brakes and roads.

use proptest::prelude::*;
use traffic::emission::studded::{RoadState, StuddedShares, WearVehicle, emitted_share, road_wear};
use traffic::emission::wear::{BatteryWear, Particles, WearBody, wear};

use super::{number, rows};

fn sizes(particles: &Particles) -> [f64; 5] {
    [
        particles.tsp_g_km,
        particles.pm10_g_km,
        particles.pm2_5_g_km,
        particles.pm1_g_km.unwrap_or(0.0),
        particles.pm0_1_g_km.unwrap_or(0.0),
    ]
}

#[test]
fn every_case_of_wear_holds() {
    let cases = rows("wear.csv");
    assert!(cases.len() > 80);
    for case in cases {
        let [body, axles, load, speed, battery, part, size, expected, tolerance] = &case[..] else {
            panic!("{case:?}")
        };
        let body = match body.as_str() {
            "two" => WearBody::TwoWheeler,
            "car" => WearBody::Car,
            "van" => WearBody::Van,
            _ => WearBody::Heavy { axles: axles.parse().unwrap(), load_factor: number(load) },
        };
        let battery = (battery == "car").then_some(BatteryWear::CAR);
        let wear = wear(body, number(speed), battery.as_ref()).unwrap();
        let particles = match part.as_str() {
            "tyre" => wear.tyre,
            "brake" => wear.brake,
            "road" => wear.road,
            _ => wear.total(),
        };
        let at = ["tsp", "pm10", "pm2.5", "pm1", "pm0.1"].iter().position(|name| name == size);
        let mg_km = sizes(&particles)[at.unwrap()] * 1e3;
        assert!((mg_km - number(expected)).abs() <= number(tolerance), "{case:?}: {mg_km}");
    }
}

#[test]
fn every_case_of_studded_tyres_holds() {
    for case in rows("studded.csv") {
        let [vehicle, speed, share, pavement, state, potential, emitted, tolerance] = &case[..]
        else {
            panic!("{case:?}")
        };
        let vehicle = if vehicle == "light" { WearVehicle::Light } else { WearVehicle::Heavy };
        let (state, water_mm) = match state.split_once(':') {
            Some((state, depth)) => (state, Some(number(depth))),
            None => (state.as_str(), None),
        };
        let state = match state {
            "dry" => RoadState::Dry,
            "moist" => RoadState::Moist { water_mm },
            "wet" => RoadState::Wet,
            "snow" => RoadState::Snow { water_mm },
            _ => RoadState::Ice { water_mm },
        };
        let wear =
            road_wear(vehicle, number(speed), number(share), number(pavement), state).unwrap();
        let near = |is: f64, expected: &str| (is - number(expected)).abs() <= number(tolerance);
        assert!(near(wear.potential.pm10_g_km, potential), "{case:?}: {wear:?}");
        assert!(near(wear.emitted.pm10_g_km, emitted), "{case:?}: {wear:?}");
    }
}

/// The share moves with the season, and places have their own.
#[test]
fn the_shares_that_come_along_are_sound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/emission/studded.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let shares = StuddedShares::parse("studded.csv", &text).unwrap();
    assert!((shares.at("oulu", 1, 15).unwrap().light - 0.796).abs() < 1e-12);
    assert!((shares.at("helsinki", 1, 15).unwrap().light - 0.65).abs() < 1e-12);
    for (month, day) in [(5, 1), (7, 15), (10, 15), (2, 29)] {
        let here = shares.at("turku", month, day).unwrap();
        assert_eq!(here.light > 0.0, month == 2, "{month}-{day}");
        assert!(here.heavy.abs() < 1e-12);
    }
    let november = shares.at("helsinki", 10, 30).unwrap().light;
    assert!(november > 0.3 && november < 0.34, "{november}");
    assert_eq!(shares.at("helsinki", 2, 30), None);
    assert_eq!(shares.at("helsinki", 13, 1), None);
    assert_eq!(shares.at("helsinki", 0, 1), None);
}

#[test]
fn a_broken_table_of_shares_is_refused_with_its_cell() {
    let head = "# about\nplace,day,light,heavy\n";
    for (rows, said) in [
        ("*,02-30,0,0\n", "t.csv:3: `day`: `02-30` is no day; write MM-DD"),
        ("*,01-01,x,0\n", "t.csv:3: `light`: `x` is no share; write 0 to 1"),
        ("*,01-01,0,NaN\n", "t.csv:3: `heavy`: `NaN` is no share; write 0 to 1"),
        ("*,01-01,0\n", "t.csv:3: 3 cells; write 4"),
        (",01-01,0,0\n", "t.csv:3: `place`: missing; write a city's id or `*`"),
        ("*,01-01,0,0\n\n*,01-01,0,0\n", "t.csv:5: `day`: `01-01` is given twice for `*`"),
        ("oulu,01-01,0,0\n", "t.csv:0: `place`: no place `*`; add the shares of everywhere else"),
    ] {
        let error = StuddedShares::parse("t.csv", &format!("{head}{rows}")).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
    let error = StuddedShares::parse("t.csv", "place,light\n").unwrap_err();
    assert_eq!(error.to_string(), "t.csv:1: not the columns; write `place,day,light,heavy`");
    assert!(StuddedShares::parse("t.csv", "# nothing\n").is_err());
}

#[test]
fn absurd_inputs_are_counted_or_give_nothing() {
    assert_eq!(wear(WearBody::Car, -1.0, None), None);
    assert_eq!(wear(WearBody::Car, f64::INFINITY, None), None);
    let broken = BatteryWear { brake_factor: f64::NAN, mass_ratio: 1.0 };
    assert_eq!(wear(WearBody::Car, 50.0, Some(&broken)), None);
    let heavy = |axles, load_factor| wear(WearBody::Heavy { axles, load_factor }, 50.0, None);
    assert_eq!(heavy(0, 1.7).unwrap().clamped, 2);
    assert_eq!(heavy(2, f64::NAN), None);
    let studded = |speed, share| road_wear(WearVehicle::Light, speed, share, 1.0, RoadState::Dry);
    assert_eq!(studded(300.0, 1.2).unwrap().clamped, 2);
    assert_eq!(studded(300.0, 1.2).unwrap().potential, studded(130.0, 1.0).unwrap().potential);
    assert_eq!(studded(f64::NAN, 0.5), None);
    assert_eq!(studded(50.0, f64::NAN), None);
    assert_eq!(studded(-1.0, 0.5), None);
}

fn bodies() -> impl Strategy<Value = WearBody> {
    let heavy = (any::<u8>(), -1.0..2.0_f64)
        .prop_map(|(axles, load_factor)| WearBody::Heavy { axles, load_factor });
    let light = [WearBody::TwoWheeler, WearBody::Car, WearBody::Van];
    prop_oneof![prop::sample::select(light.to_vec()), heavy]
}

fn states() -> impl Strategy<Value = RoadState> {
    (0..5_u8, prop::option::of(0.0..20.0_f64)).prop_map(|(state, water_mm)| match state {
        0 => RoadState::Dry,
        1 => RoadState::Moist { water_mm },
        2 => RoadState::Wet,
        3 => RoadState::Snow { water_mm },
        _ => RoadState::Ice { water_mm },
    })
}

proptest! {
    /// Finer particles are part of the coarser, nothing is negative, and speed never adds wear.
    #[test]
    fn wear_is_sound_at_any_speed(body in bodies(), speed in 0.0..300.0_f64, more in 0.0..50.0_f64) {
        let slow = wear(body, speed, None).unwrap();
        let fast = wear(body, speed + more, None).unwrap();
        for part in [slow.tyre, slow.brake, slow.road, slow.total()] {
            let sizes = sizes(&part);
            prop_assert!(sizes.iter().all(|size| size.is_finite() && *size >= 0.0));
            prop_assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]), "{sizes:?}");
        }
        // The guidebook's two branches meet at 40 km/h but for 0.0004.
        prop_assert!(fast.total().tsp_g_km <= slow.total().tsp_g_km * 1.0005);
    }

    /// What is emitted is part of what is worn off, and studs never lessen it.
    #[test]
    fn no_more_is_emitted_than_worn(
        speed in 0.0..300.0_f64, share in -0.5..1.5_f64, more in 0.0..0.5_f64, state in states(),
    ) {
        let wear = |share| road_wear(WearVehicle::Light, speed, share, 0.98, state).unwrap();
        let (fewer, studs) = (wear(share), wear(share + more));
        for (potential, emitted) in [
            (fewer.potential.total_g_km, fewer.emitted.total_g_km),
            (fewer.potential.pm10_g_km, fewer.emitted.pm10_g_km),
            (fewer.potential.pm2_5_g_km, fewer.emitted.pm2_5_g_km),
        ] {
            prop_assert!(potential.is_finite() && emitted >= 0.0 && potential >= emitted);
        }
        prop_assert!(studs.potential.total_g_km >= fewer.potential.total_g_km);
    }

    /// Water only ever retains.
    #[test]
    fn more_water_retains_more(depth in -1.0..1.0_f64, more in 0.0..0.1_f64) {
        prop_assert!(emitted_share(depth + more) <= emitted_share(depth));
        prop_assert!((0.0..=1.0).contains(&emitted_share(depth)));
    }
}
