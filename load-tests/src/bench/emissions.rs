//! Figures of emissions: how many are worked out a second, and what they add to the whole step.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use traffic::emission::studded::{RoadState, StuddedShare};
use traffic::emission::{
    Conditions, EmissionModel, FactorFiles, FactorOptions, FactorSet, FleetMix, LinkTraffic,
    Pollutant, RoadKind, StreetGroup, TransitTable, Weather,
};

use super::{BenchError, Figure, median, streets};

const RUNS: usize = 5;
/// Links that are worked out in a run.
const LINKS: usize = 100_000;

/// What ships, for the whole country.
pub(super) fn shipped() -> Result<Arc<EmissionModel>, BenchError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/emission");
    let text = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path)
            .map_err(|error| BenchError(format!("{}: {error}", path.display())))
    };
    let (hot, classes) = (text("hot-emep-eea-2019.csv")?, text("classes.csv")?);
    let fuels = text("fuels.csv")?;
    let files = FactorFiles {
        hot: ("hot", &hot),
        classes: ("classes", &classes),
        fuels: ("fuels", &fuels),
    };
    let set = FactorSet::parse("shipped", &files, FactorOptions::LIVE).map_err(BenchError::new)?;
    let fleet = FleetMix::parse("fleet", &text("fleet-finland.csv")?, set.classes());
    let fleets = vec![fleet.map_err(BenchError::new)?];
    let transit = TransitTable::parse("transit", &text("transit.csv")?, set.classes());
    let transit = transit.map_err(BenchError::new)?;
    let conditions = Conditions::default();
    Ok(Arc::new(EmissionModel { sets: vec![set], fleets, transit, conditions }))
}

/// Pollutants of links in windows worked out a second, with their intervals and free flow; and how
/// long the curves of another weather take.
pub(super) fn evaluations(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let model = shipped()?;
    let weather = Weather {
        temperature_c: -5.0,
        road: RoadState::Dry,
        studded: StuddedShare { light: 0.8, heavy: 0.0 },
        year: 2026,
    };
    let on = StreetGroup { fleet: 0, road: RoadKind::Street, slope_percent: 0.0 };
    let mut times_ms = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        black_box(model.curves(0, &on, &weather));
        times_ms.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    each(Figure::known("emissions_curves_of_a_mix", median(times_ms), "ms"));
    let curves = model.curves(0, &on, &weather);
    let traffic: Vec<LinkTraffic> = (0..LINKS)
        .map(|link| {
            let speed = 2.0 + (link % 97) as f64;
            let flow = 20.0 + (link % 1_013) as f64;
            LinkTraffic {
                length_m: 30.0 + (link % 331) as f64,
                lanes: 1.0 + (link % 3) as f64,
                duration_s: 60.0,
                flow_veh_h: [flow, 0.7 * flow, 1.3 * flow],
                speed_km_h: [speed, 0.8 * speed, 1.2 * speed],
                free_flow_speed_km_h: 50.0,
            }
        })
        .collect();
    let mut rates = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        for traffic in &traffic {
            black_box(curves.estimate(black_box(traffic)));
        }
        let evaluations = (LINKS * Pollutant::COUNT) as f64;
        rates.push(evaluations / start.elapsed().as_secs_f64());
    }
    let name = "emissions_link_pollutants";
    each(Figure::at_least(name, median(rates), "evaluations/s", 2_000_000.0));
    Ok(())
}

/// What emissions add to the cost of a fix, from fix to areas, with a fifth of the vehicles buses and
/// the flow of all links known.
pub(super) fn step(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let model = shipped()?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for run in 0..3 {
        without.push(streets::rate_with(None, run)?);
        with.push(streets::rate_with(Some(&model), run)?);
    }
    let (without, with) = (median(without), median(with));
    each(Figure::known("emissions_fixes_without", without, "fixes/s"));
    each(Figure::known("emissions_fixes_with", with, "fixes/s"));
    each(Figure::below("emissions_add_to_a_fix", (without / with - 1.0) * 100.0, "%", 15.0));
    Ok(())
}
