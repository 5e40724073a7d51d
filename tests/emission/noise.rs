//! Sound power of traffic.

use proptest::prelude::*;
use serde::Deserialize;
use traffic::emission::noise::{
    AMENDED_2021, CATEGORIES, CategoryRange, CategoryTraffic, ElectricPropulsion, NoiseCategory,
    NoiseCoefficients, NoiseConditions, NoiseInput, NoiseJunction, NoisePower, NoiseSum,
    NoiseSurface, ORIGINAL_2015, line_noise, noise_interval, vehicle_noise,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    vehicle: Vec<Vehicle>,
    line: Vec<Line>,
    worked: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vehicle {
    category: usize,
    speed_km_h: f64,
    a_weighted_db: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    speeds_km_h: [f64; CATEGORIES],
    flows_veh_h: [f64; CATEGORIES],
    temperature_c: f64,
    studded_share: f64,
    gradient_percent: f64,
    crossing_m: Option<f64>,
    roundabout_m: Option<f64>,
    surface_db: Option<[[f64; 8]; 3]>,
    surface_speed_db: Option<[f64; 3]>,
    bands: Vec<[f64; 2]>,
}

impl Line {
    /// The largest difference from what a band should be, dB.
    fn difference_db(&self, coefficients: &NoiseCoefficients) -> f64 {
        let crossing = self.crossing_m.map(|distance_m| NoiseJunction::Crossing { distance_m });
        let roundabout =
            self.roundabout_m.map(|distance_m| NoiseJunction::Roundabout { distance_m });
        let surface = self.surface_db.map(|octave_db| {
            let speed_db = self.surface_speed_db.unwrap();
            &*Box::leak(Box::new(NoiseSurface { octave_db, speed_db }))
        });
        let conditions = NoiseConditions {
            studded_share: self.studded_share,
            temperature_c: self.temperature_c,
            gradient_percent: self.gradient_percent,
            junction: crossing.or(roundabout),
            surface: surface.unwrap_or(&NoiseSurface::REFERENCE),
            electric: ElectricPropulsion::Silent,
        };
        let mut input = NoiseInput::new(0.0, self.flows_veh_h, conditions);
        for (traffic, speed) in input.traffic.iter_mut().zip(self.speeds_km_h) {
            traffic.speed_km_h = speed;
        }
        let noise = line_noise(coefficients, &input).unwrap();
        assert_eq!(noise.clamped, 0, "{}", self.name);
        let off = |[band, level]: &[f64; 2]| (noise.octave_db[*band as usize] - level).abs();
        self.bands.iter().map(off).fold(0.0, f64::max)
    }
}

#[test]
fn every_case_of_noise_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/emission/noise.toml");
    let cases: Cases = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for Vehicle { category, speed_km_h, a_weighted_db } in cases.vehicle {
        let category = NoiseCategory::ALL[category];
        let here = NoiseConditions::default();
        let noise = vehicle_noise(&AMENDED_2021, category, speed_km_h, &here).unwrap();
        let off = noise.a_weighted_db - a_weighted_db;
        assert!(off.abs() <= 0.051, "{category:?} at {speed_km_h} km/h: {}", noise.a_weighted_db);
    }
    assert!(cases.line.len() >= 6 && cases.worked.len() >= 5);
    for line in cases.line {
        let off = line.difference_db(&ORIGINAL_2015);
        assert!(off < 0.01, "{}: {off} dB", line.name);
    }
    for line in cases.worked {
        let off = line.difference_db(&AMENDED_2021);
        assert!(off < 2e-6, "{}: {off} dB", line.name);
    }
}

/// Our tables against those that the shared folder has, where it is there.
#[test]
fn the_coefficients_are_those_of_the_directive() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/emissions/coefficients/cnossos_road_2020_vehicles.csv"
    );
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let mut compared = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let set = if cells[0].starts_with("EU2021") { &AMENDED_2021 } else { &ORIGINAL_2015 };
        let at = ["1", "2", "3", "4a", "4b"].iter().position(|name| *name == cells[1]).unwrap();
        let of = &set.categories[at];
        let ours = match cells[3] {
            "ar" => of.rolling_db,
            "br" => of.rolling_speed_db,
            "ap" => of.propulsion_db,
            "bp" => of.propulsion_speed_db,
            _ => continue,
        };
        for (ours, theirs) in ours.iter().zip(&cells[4..]) {
            assert!((ours - super::number(theirs)).abs() < 1e-12, "{line}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * 5 * 4 * 8);
}

fn cars(speed_km_h: f64, conditions: NoiseConditions) -> Option<NoisePower> {
    line_noise(&AMENDED_2021, &NoiseInput::new(speed_km_h, [900.0, 0.0, 0.0, 0.0, 0.0], conditions))
}

#[test]
fn absurd_inputs_are_counted_or_give_nothing() {
    let here = NoiseConditions::default();
    assert_eq!(cars(300.0, here).unwrap().clamped, 1);
    let level = |speed| cars(speed, here).unwrap().a_weighted_db;
    assert!((level(300.0) - level(130.0)).abs() < 1e-12);
    assert_eq!(cars(f64::NAN, here), None);
    assert_eq!(cars(50.0, NoiseConditions { temperature_c: -60.0, ..here }).unwrap().clamped, 1);
    assert_eq!(cars(50.0, NoiseConditions { temperature_c: f64::NAN, ..here }), None);
    assert_eq!(cars(50.0, NoiseConditions { studded_share: 1.1, ..here }).unwrap().clamped, 1);
    assert_eq!(cars(50.0, NoiseConditions { gradient_percent: 30.0, ..here }).unwrap().clamped, 1);
    let nowhere = Some(NoiseJunction::Crossing { distance_m: f64::NAN });
    assert_eq!(cars(50.0, NoiseConditions { junction: nowhere, ..here }), None);
    let mut input = NoiseInput::new(50.0, [-5.0, 0.0, 0.0, 0.0, 0.0], here);
    assert_eq!(line_noise(&AMENDED_2021, &input), None);
    input.traffic[0].flow_veh_h = f64::NAN;
    assert_eq!(line_noise(&AMENDED_2021, &input), None);
    // Who does not drive needs no speed.
    input.traffic[0].flow_veh_h = 100.0;
    input.traffic[1].speed_km_h = f64::NAN;
    assert!(line_noise(&AMENDED_2021, &input).is_some());
}

#[test]
fn electric_cars_are_quieter_where_propulsion_is_heard() {
    let level = |speed_km_h, electric_share, electric| {
        let conditions = NoiseConditions { electric, ..NoiseConditions::default() };
        let mut input = NoiseInput::new(speed_km_h, [900.0, 0.0, 0.0, 0.0, 0.0], conditions);
        input.traffic[0].electric_share = electric_share;
        line_noise(&AMENDED_2021, &input).unwrap().a_weighted_db
    };
    let saved = |speed| {
        level(speed, 0.0, ElectricPropulsion::Silent)
            - level(speed, 1.0, ElectricPropulsion::Silent)
    };
    assert!(saved(25.0) > 2.0 && saved(80.0) < 0.5, "{} {}", saved(25.0), saved(80.0));
    let as_engine = level(30.0, 1.0, ElectricPropulsion::AsEngine);
    let engine = level(30.0, 0.0, ElectricPropulsion::Silent);
    assert!((as_engine - engine).abs() < 1e-9);
    let reduced = level(30.0, 1.0, ElectricPropulsion::Reduced { by_db: 5.0 });
    assert!(level(30.0, 1.0, ElectricPropulsion::Silent) < reduced && reduced < engine);
}

#[test]
fn studs_and_cold_and_setts_are_louder() {
    let here = NoiseConditions::default();
    let level = |conditions| cars(50.0, conditions).unwrap().a_weighted_db;
    assert!(level(NoiseConditions { studded_share: 0.65, ..here }) > level(here) + 2.0);
    let cold = level(NoiseConditions { temperature_c: -10.0, ..here }) - level(here);
    assert!((2.0..=2.4).contains(&cold), "{cold}");
    let setts = level(NoiseConditions { surface: &NoiseSurface::PAVING, ..here }) - level(here);
    assert!((5.0..=7.0).contains(&setts), "{setts}");
}

fn traffic() -> impl Strategy<Value = [CategoryTraffic; CATEGORIES]> {
    let one = (0.0..2_000.0_f64, 0.0..200.0_f64, 0.0..1.0_f64).prop_map(
        |(flow_veh_h, speed_km_h, electric_share)| CategoryTraffic {
            flow_veh_h: if flow_veh_h < 400.0 { 0.0 } else { flow_veh_h },
            speed_km_h,
            electric_share,
        },
    );
    [one.clone(), one.clone(), one.clone(), one.clone(), one]
}

fn conditions() -> impl Strategy<Value = NoiseConditions> {
    let junction = prop_oneof![
        Just(None),
        (-200.0..200.0_f64).prop_map(|distance_m| Some(NoiseJunction::Crossing { distance_m })),
        (-200.0..200.0_f64).prop_map(|distance_m| Some(NoiseJunction::Roundabout { distance_m })),
    ];
    let surface = prop::sample::select(vec![
        &NoiseSurface::REFERENCE,
        &NoiseSurface::STONE_MASTIC_8,
        &NoiseSurface::PAVING,
        &NoiseSurface::PAVING_HERRING_BONE,
        &NoiseSurface::QUIET_PAVING,
        &NoiseSurface::THIN_LAYER_A,
    ]);
    let electric = prop_oneof![
        Just(ElectricPropulsion::Silent),
        Just(ElectricPropulsion::AsEngine),
        (-3.0..20.0_f64).prop_map(|by_db| ElectricPropulsion::Reduced { by_db }),
    ];
    (-0.2..1.2_f64, -80.0..60.0_f64, -20.0..20.0_f64, junction, surface, electric).prop_map(
        |(studded_share, temperature_c, gradient_percent, junction, surface, electric)| {
            NoiseConditions {
                studded_share,
                temperature_c,
                gradient_percent,
                junction,
                surface,
                electric,
            }
        },
    )
}

proptest! {
    /// Always numbers, louder with more flow, the same whichever way an area is cut.
    #[test]
    fn noise_is_sound(
        traffic in traffic(), conditions in conditions(), factor in 1.0..3.0_f64,
        cut in 0.01..0.99_f64,
    ) {
        let input = NoiseInput { traffic, conditions };
        let flows = traffic.iter().any(|category| category.flow_veh_h > 0.0);
        let noise = line_noise(&AMENDED_2021, &input);
        prop_assert_eq!(noise.is_some(), flows);
        let Some(noise) = noise else { return Ok(()) };
        prop_assert!(noise.octave_db.iter().all(|level| level.is_finite()));
        let mut more = input;
        more.traffic.iter_mut().for_each(|category| category.flow_veh_h *= factor);
        let louder = line_noise(&AMENDED_2021, &more).unwrap();
        // The same mix at the same speed: 10 lg of the factor, to the bit of rounding.
        let gained = louder.a_weighted_db - noise.a_weighted_db;
        prop_assert!((gained - 10.0 * factor.log10()).abs() < 1e-9, "{gained}");

        let [mut whole, mut first, mut second] = [NoiseSum::default(); 3];
        whole.add(&noise, 100.0);
        first.add(&noise, 100.0 * cut);
        second.add(&noise, 100.0 * (1.0 - cut));
        first += second;
        prop_assert!((first.a_weighted_pw / whole.a_weighted_pw - 1.0).abs() < 1e-9);
        let gained = whole.level().unwrap().a_weighted_db - noise.a_weighted_db;
        prop_assert!((gained - 20.0).abs() < 1e-9, "{gained}");
    }

    /// More of any one category is louder in every band.
    #[test]
    fn any_vehicle_adds(traffic in traffic(), conditions in conditions(), which in 0..CATEGORIES) {
        let Some(noise) = line_noise(&AMENDED_2021, &NoiseInput { traffic, conditions }) else {
            return Ok(());
        };
        let mut more = NoiseInput { traffic, conditions };
        more.traffic[which].flow_veh_h += 100.0;
        let louder = line_noise(&AMENDED_2021, &more).unwrap();
        for (louder, level) in louder.octave_db.iter().zip(noise.octave_db) {
            prop_assert!(*louder >= level);
        }
    }

    /// Traffic anywhere in the ranges is within the bounds.
    #[test]
    fn bounds_hold_what_may_be(
        traffic in traffic(), conditions in conditions(), spread in 0.0..0.6_f64,
        flows in prop::array::uniform5(-1.0..1.0_f64), speeds in prop::array::uniform5(-1.0..1.0_f64),
    ) {
        let ranges = traffic.map(|category| {
            let around = |value: f64| [value * (1.0 - spread), value, value * (1.0 + spread)];
            CategoryRange {
                flow_veh_h: around(category.flow_veh_h),
                speed_km_h: around(category.speed_km_h),
                electric_share: category.electric_share,
            }
        });
        let Some(bounds) = noise_interval(&AMENDED_2021, &ranges, &conditions) else {
            prop_assert!(traffic.iter().all(|category| category.flow_veh_h == 0.0));
            return Ok(());
        };
        let low = bounds.low.unwrap();
        prop_assert!(low.a_weighted_db <= bounds.mid.a_weighted_db + 1e-9);
        prop_assert!(bounds.mid.a_weighted_db <= bounds.high.a_weighted_db + 1e-9);
        let mut other = NoiseInput { traffic, conditions };
        for ((category, flow), speed) in other.traffic.iter_mut().zip(flows).zip(speeds) {
            category.flow_veh_h *= 1.0 + spread * flow;
            category.speed_km_h *= 1.0 + spread * speed;
        }
        let noise = line_noise(&AMENDED_2021, &other).unwrap();
        prop_assert!(noise.a_weighted_db >= low.a_weighted_db - 0.05);
        prop_assert!(noise.a_weighted_db <= bounds.high.a_weighted_db + 0.05);
        for band in 0..8 {
            prop_assert!(noise.octave_db[band] >= low.octave_db[band] - 0.05);
            prop_assert!(noise.octave_db[band] <= bounds.high.octave_db[band] + 0.05);
        }
    }
}
