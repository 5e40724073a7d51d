//! The fleet averages that VTT's LIPASTO gives, with the mixes of those years.
//!
//! A factor set that is right within its own interval must have them inside: nine of ten values lie
//! within 1.65 relative standard deviations. Where ours differs, the reason is said at the figure.

use traffic::emission::{Conditions, MixCurves, Pollutant, RoadKind};

use super::{mix, set};

/// Nine of ten lie within so many standard deviations.
const HALF_WIDTH: f64 = 1.65;

fn curves(name: &str, road: RoadKind, conditions: &Conditions) -> MixCurves {
    set().mix_curves(&mix(name), road, conditions)
}

/// Holds that a published mean lies in the interval at a speed; gives ours over the published.
fn holds(curves: &MixCurves, pollutants: &[Pollutant], speed_km_h: f64, published: f64) -> f64 {
    let ours: f64 = pollutants.iter().map(|it| curves.per_km(*it, speed_km_h)).sum();
    // Errors of the parts go together.
    let errors = pollutants.iter().map(|it| {
        let sd = curves.factor_relative_sd(*it).hypot(curves.mix_relative_sd(*it));
        curves.per_km(*it, speed_km_h) * sd
    });
    let sd = errors.sum::<f64>() / ours;
    let [low, high] = [ours * (1.0 - HALF_WIDTH * sd), ours * (1.0 + HALF_WIDTH * sd)];
    let name = pollutants[0].name();
    eprintln!(
        "{name} at {speed_km_h} km/h: {ours:.4} ({low:.4} to {high:.4}), LIPASTO {published}"
    );
    assert!((low..=high).contains(&published), "{name}: {published} is not in {low} to {high}");
    ours / published
}

const CO2: [Pollutant; 2] = [Pollutant::Co2Fossil, Pollutant::Co2Biogenic];

/// LIPASTO, cars of 2011 on streets: CO2 211, NOx 0.34, PM 0.012, CO 1.5 g/km; 5 °C is Finland's
/// mean. The mean speed of its streets is not stated; 32 km/h is taken, that of Finnish towns.
///
/// CO2 is a tenth higher here, as a mean speed of 36 km/h would make it. NOx is half as much again:
/// real driving of Euro 4 and 5 diesels as of the 2019 annex and their NOx in the cold, which
/// LIPASTO of 2011 could not know. CO is higher because the annex's old petrol cars and their cold
/// starts are, and is held to a factor only.
#[test]
fn cars_of_2011_on_streets() {
    let conditions = Conditions { temperature_c: 5.0, year: 2011, ..Conditions::default() };
    let curves = curves("fleet-finland-2011.csv", RoadKind::Street, &conditions);
    let ratio = holds(&curves, &CO2, 32.0, 211.0);
    assert!((0.9..1.2).contains(&ratio), "{ratio}");
    holds(&curves, &[Pollutant::Nox], 32.0, 0.34);
    holds(&curves, &[Pollutant::PmExhaust], 32.0, 0.012);
    let ratio = curves.per_km(Pollutant::Co, 32.0) / 1.5;
    assert!((1.0..3.5).contains(&ratio), "{ratio}");
}

/// The same on highways: CO2 140, NOx 0.43 g/km. Finnish highways have 80 to 100 km/h.
#[test]
fn cars_of_2011_on_highways() {
    let conditions = Conditions { temperature_c: 5.0, year: 2011, ..Conditions::default() };
    let curves = curves("fleet-finland-2011.csv", RoadKind::Motorway, &conditions);
    holds(&curves, &CO2, 85.0, 140.0);
    holds(&curves, &[Pollutant::Nox], 85.0, 0.43);
    holds(&curves, &[Pollutant::PmExhaust], 85.0, 0.012);
}

/// LIPASTO, buses and coaches of 2012 to 2016: CO2 equivalents 731, NOx 5.29, PM 0.083, CO 1.55 g/km,
/// 34.3 l/100 km. Its mean is over streets and highways, at a speed that is not stated; 40 km/h here.
///
/// 731 g are 59.5 g for each MJ of those 34.3 l, so that they can only be fossil; ours is 4 % more.
/// Its litres are 10 % above ours, as heating in winter and stops at a mean of 40 km/h may be; NOx
/// agrees within a tenth.
#[test]
fn buses_of_2014() {
    let conditions = Conditions { temperature_c: 5.0, year: 2014, ..Conditions::default() };
    let curves = curves("fleet-finland-buses-2014.csv", RoadKind::Street, &conditions);
    let ratio = holds(&curves, &CO2[..1], 40.0, 731.0);
    assert!((0.9..1.15).contains(&ratio), "{ratio}");
    let ratio = holds(&curves, &[Pollutant::Nox], 40.0, 5.29);
    assert!((0.85..1.15).contains(&ratio), "{ratio}");
    holds(&curves, &[Pollutant::PmExhaust], 40.0, 0.083);
    holds(&curves, &[Pollutant::Co], 40.0, 1.55);
    // 34.3 l of 35.8 MJ.
    holds(&curves, &[Pollutant::Energy], 40.0, 34.3 * 35.8 / 100.0);
}

/// LIPASTO, combination of 76 t of Euro VI on the highway, empty and full: NOx 0.21 and 0.29, CO
/// 0.12 and 0.14, PM 0.0043 and 0.0056 g/km. Ours ends at 60 t, scaled by 1.1, and stands for a mix
/// of sizes, so it is only held to the order.
#[test]
fn combinations_on_the_highway() {
    for (load_share, nox, co, pm) in [(0.0, 0.21, 0.12, 0.0043), (1.0, 0.29, 0.14, 0.0056)] {
        let conditions = Conditions { load_share, ..Conditions::default() };
        let class = "articulated_diesel_euro_vi";
        let curves = set().class_curves(class, RoadKind::Motorway, &conditions).unwrap();
        for (pollutant, published) in
            [(Pollutant::Nox, nox), (Pollutant::Co, co), (Pollutant::PmExhaust, pm)]
        {
            let ratio = curves.per_km(pollutant, 80.0) / published;
            eprintln!("{} with load {load_share}: {ratio:.2} of LIPASTO", pollutant.name());
            assert!((0.33..3.0).contains(&ratio), "{}: {ratio}", pollutant.name());
        }
    }
}

/// What the Helsinki region's electric buses and renewable diesel leave of fossil CO2.
#[test]
fn buses_on_renewable_diesel_are_fossil_only_upstream() {
    let class =
        set().class_curves("bus_hvo_euro_vi", RoadKind::Street, &Conditions::default()).unwrap();
    let diesel =
        set().class_curves("bus_diesel_euro_vi", RoadKind::Street, &Conditions::default()).unwrap();
    assert!(class.per_km(Pollutant::Co2Fossil, 20.0) < 1e-12);
    assert!(class.per_km(Pollutant::Co2Biogenic, 20.0) > 900.0);
    let [ours, theirs] = [&class, &diesel].map(|it| it.per_km(Pollutant::Nox, 20.0));
    assert!((ours - theirs).abs() < 1e-12);
}
