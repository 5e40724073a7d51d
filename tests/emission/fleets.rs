//! The mixes that ship.

use traffic::emission::{Body, Conditions, Pollutant, RoadKind};

use super::{mix, mixes, set};

#[test]
fn every_mix_is_whole_and_says_where_it_is_from() {
    for (name, mix) in mixes() {
        assert!(mix.source.len() > 5 && mix.licence.len() > 2, "{name}");
        assert!((2010..2030).contains(&mix.year), "{name}");
        for road in RoadKind::ALL {
            let sum: f64 = mix.rows(road).iter().map(|row| row.share).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{name} {}: {sum}", road.name());
            let noise: f64 = mix.noise_shares(road, set().classes()).iter().sum();
            assert!((noise - 1.0).abs() < 1e-6, "{name}: {noise}");
            let curves = set().mix_curves(&mix, road, &Conditions::default());
            for pollutant in [Pollutant::Energy, Pollutant::Nox, Pollutant::N2o] {
                assert!(curves.given_share(pollutant) > 0.97, "{name} {}", pollutant.name());
                let sd = curves.mix_relative_sd(pollutant);
                assert!((0.0..0.5).contains(&sd), "{name} {}: {sd}", pollutant.name());
            }
        }
    }
}

/// Buses and trams are known apart, so the mix of the street must not have them too.
#[test]
fn the_traffic_of_streets_has_no_buses_and_the_buses_are_buses() {
    for (name, mix) in mixes() {
        let share = |body: Body| mix.body_share(body, RoadKind::Street, set().classes());
        let buses = share(Body::Bus) + share(Body::Coach) + share(Body::Tram);
        let wanted = if name.contains("buses") { 1.0 } else { 0.0 };
        assert!((buses - wanted).abs() < 1e-6, "{name}: {buses}");
    }
}

#[test]
fn where_more_drive_electric_less_is_burnt() {
    let co2 = |name: &str| {
        let curves = set().mix_curves(&mix(name), RoadKind::Street, &Conditions::default());
        curves.per_km(Pollutant::Co2Fossil, 30.0)
    };
    let [helsinki, finland, tampere] =
        ["fleet-helsinki.csv", "fleet-finland.csv", "fleet-tampere.csv"].map(co2);
    assert!(helsinki < finland && finland < tampere, "{helsinki} {finland} {tampere}");
}

/// One evaluation of all pollutants costs nanoseconds. The bound is far above, so that a slow
/// machine does not fail it; what it costs here is in the benches.
#[test]
fn an_evaluation_is_cheap() {
    let conditions = Conditions::default();
    let begin = std::time::Instant::now();
    let curves = set().mix_curves(&mix("fleet-finland.csv"), RoadKind::Street, &conditions);
    let made = begin.elapsed();
    let begin = std::time::Instant::now();
    let mut sum = 0.0;
    for step in 0..1_000_000_u32 {
        sum += curves.all(f64::from(step % 1_300) / 10.0)[4];
    }
    let all = begin.elapsed();
    assert!(sum > 0.0);
    println!("curves in {made:?}, a million evaluations of all pollutants in {all:?}");
    assert!(all.as_secs_f64() < 2.0, "{all:?}");
    assert!(made.as_secs_f64() < 1.0, "{made:?}");
}
