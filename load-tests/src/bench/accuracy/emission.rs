//! What the traffic emits, against what it emits in the simulation.
//!
//! The truth is HBEFA 4, which is commercial: it is here to be compared with, and no factor of ours
//! is made from it. For a comparison of the method itself a set of factors is calibrated on the day
//! before, as a city would do with its own measurements. Weather is mild and engines are warm.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use events::Text;
use network::{Areas, Region};
use picture::{AreaKind, Emission, EmissionClimate, EmissionRate, Pollutant as Wire};
use traffic::emission::{
    Conditions, EmissionModel, FactorFiles, FactorOptions, FactorSet, FleetMix, Pollutant,
    RateTable, RoadKind, TransitTable,
};

use super::score::{number, rows};
use super::streets::Streets;
use crate::bench::{BenchError, Figure};

/// wMAPE, percent: of CO2 by link and five minutes, by link over all of the day, by cell and quarter
/// of an hour, and of the whole network by quarter of an hour.
const LINK_GOAL: f64 = 28.0;
const LINK_DAY_GOAL: f64 = 9.0;
const CELL_GOAL: f64 = 12.0;
const NETWORK_GOAL: f64 = 2.0;
/// When speed and flow are the true ones: as published, calibrated, and NOx of known types.
const PUBLISHED_GOAL: f64 = 18.0;
const CALIBRATED_GOAL: f64 = 10.0;
const NOX_GOAL: f64 = 7.0;
/// Naive figures of these, from `../shared/accuracy`: the average-speed curve as published, the same
/// refitted on the day before, and that by type.
const PUBLISHED_NAIVE: f64 = 27.0;
const CALIBRATED_NAIVE: f64 = 15.2;
const NOX_NAIVE: f64 = 9.5;

/// Windows of five minutes in a quarter of an hour.
const QUARTER: i64 = 3;

/// Usual temperature of the scored days, °C: that of the hot functions.
const MILD_C: f64 = 20.0;

/// Most likely, low and high, grams of CO2 in a window.
pub(super) type Emitted = [f64; 3];

/// What was published, by edge and window of five minutes.
pub(super) type EmittedWindows = BTreeMap<(Text, i64), Emitted>;

/// CO2 from the tailpipe in the five minutes of an object, grams.
pub(super) fn emitted(emission: &Emission) -> Emitted {
    let is_co2 =
        |rate: &&EmissionRate| matches!(rate.pollutant, Wire::Co2Fossil | Wire::Co2Biogenic);
    let parts = emission.five_minutes.rates.iter().filter(is_co2);
    let of = |rate: &EmissionRate| [rate.value, rate.low.into(), rate.high.into()];
    parts.map(of).fold([0.0; 3], |sum, part| [0, 1, 2].map(|at| sum[at] + part[at] / 12.0))
}

/// Sets of factors and the simulation's fleet.
#[derive(Clone)]
pub(super) struct Factors {
    pub(super) model: Arc<EmissionModel>,
    published: FactorSet,
}

impl Factors {
    /// The shipped factors, and those with the rates of the day before.
    pub(super) fn read(folder: &Path) -> Result<Self, BenchError> {
        let text = |path: &Path| {
            std::fs::read_to_string(path)
                .map_err(|error| BenchError(format!("{}: {error}", path.display())))
        };
        let shipped = Path::new("config/emission");
        let hot = text(&shipped.join("hot-emep-eea-2019.csv"))?;
        let classes = text(&shipped.join("classes.csv"))?;
        let fuels = text(&shipped.join("fuels.csv"))?;
        let files = FactorFiles {
            hot: ("hot", &hot),
            classes: ("classes", &classes),
            fuels: ("fuels", &fuels),
        };
        let warm =
            FactorOptions { cold_start: false, low_temperature_nox: false, ..FactorOptions::LIVE };
        let published = FactorSet::parse("published", &files, warm).map_err(BenchError::new)?;
        let rates = rate_table(&folder.join("rates.csv"), &published)?;
        let calibrated = published.clone().with_rates(rates);
        let shares = rows(&folder.join("shares.csv"), |[class, share]| {
            Some((class.to_owned(), number::<f64>(share)?))
        })?;
        let mut mix = String::from(
            "# name: simulation\n# year: 2025\n# source: the simulation\n# licence: its own\n\
             road,class,share,relative_sd\n",
        );
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        for (class, share) in shares {
            let _ = writeln!(mix, "street,{class},{},0.05", share / sum);
        }
        let fleet =
            FleetMix::parse("simulation", &mix, calibrated.classes()).map_err(BenchError::new)?;
        let model = EmissionModel {
            sets: vec![calibrated],
            fleets: vec![fleet],
            // Buses are no part of the truth.
            transit: TransitTable::default(),
            conditions: Conditions::default(),
        };
        Ok(Self { model: Arc::new(model), published })
    }

    /// The weather of the days.
    pub(super) fn climate() -> EmissionClimate {
        EmissionClimate { climate: traffic::emission::Climate([MILD_C; 12]), studded: None }
    }
}

/// CO2 of the tables is that of the energy of the class's fuel.
fn rate_table(path: &Path, set: &FactorSet) -> Result<RateTable, BenchError> {
    let mut text = String::from("class,pollutant,speed_km_h,rate_g_s\n");
    let read = rows(path, |[class, pollutant, speed_km_h, rate]| {
        let (class, pollutant) = (class.to_owned(), pollutant.to_owned());
        Some((class, pollutant, number::<f64>(speed_km_h)?, number::<f64>(rate)?))
    })?;
    for (class, pollutant, speed_km_h, rate) in read {
        let known = set.classes().get(&class);
        let fuel = known.and_then(|known| set.fuels().factors(&known.fuel, YEAR));
        let fuel = fuel.ok_or_else(|| BenchError(format!("{class}: no fuel")))?;
        let (pollutant, rate) = match pollutant.as_str() {
            "co2_g" => ("energy_mj", rate / (fuel.fossil_g_mj + fuel.biogenic_g_mj)),
            _ => ("nox", rate),
        };
        let _ = writeln!(text, "{class},{pollutant},{speed_km_h},{rate}");
    }
    RateTable::parse("rates", &text, set.classes()).map_err(BenchError::new)
}

/// Year of the fuels: CO2 in all does not depend on it.
const YEAR: i32 = 2025;

/// A true value of an edge in five minutes.
pub(super) struct Cell {
    edge: Text,
    window: i64,
    co2_g: f64,
    nox_g: f64,
    seconds: f64,
    speed_km_h: f64,
    scored: bool,
    class: Option<Text>,
}

/// The truth of a day.
pub(super) struct Truth {
    cells: Vec<Cell>,
    by_type: Vec<Cell>,
}

impl Truth {
    pub(super) fn read(folder: &Path) -> Result<Self, BenchError> {
        let cells = rows(
            &folder.join("emission_300s.csv"),
            |[edge, window, co2_g, nox_g, seconds, speed, scored]| {
                Some(Cell {
                    edge: edge.into(),
                    window: number(window)?,
                    co2_g: number(co2_g)?,
                    nox_g: number(nox_g)?,
                    seconds: number(seconds)?,
                    speed_km_h: number(speed)?,
                    scored: scored == "1",
                    class: None,
                })
            },
        )?;
        let by_type = rows(
            &folder.join("emission_types_300s.csv"),
            |[edge, window, class, co2_g, nox_g, seconds, speed]| {
                Some(Cell {
                    edge: edge.into(),
                    window: number(window)?,
                    co2_g: number(co2_g)?,
                    nox_g: number(nox_g)?,
                    seconds: number(seconds)?,
                    speed_km_h: number(speed)?,
                    scored: true,
                    class: Some(class.into()),
                })
            },
        )?;
        Ok(Self { cells, by_type })
    }

    fn scored(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.scored)
    }
}

/// Sums of estimates and truth, by key.
struct Sums<K: Ord>(BTreeMap<K, [f64; 2]>);

impl<K: Ord> Sums<K> {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn add(&mut self, key: K, estimate: f64, truth: f64) {
        let [estimates, truths] = self.0.entry(key).or_default();
        *estimates += estimate;
        *truths += truth;
    }

    /// Sum of estimates over sum of truth, less 100.
    fn bias_percent(&self) -> f64 {
        let [estimates, truths] =
            self.0.values().fold([0.0; 2], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
        (estimates / truths - 1.0) * 100.0
    }

    fn wmape_percent(&self) -> f64 {
        let (mut error, mut sum) = (0.0, 0.0);
        for [estimate, truth] in self.0.values() {
            error += (estimate - truth).abs();
            sum += truth;
        }
        error / sum * 100.0
    }
}

/// The model alone, with the true speed and vehicle-seconds of each window.
pub(super) fn model(
    factors: &Factors,
    truth: &Truth,
    day: &str,
    each: &mut dyn FnMut(Figure),
) -> Result<(), BenchError> {
    let conditions = Conditions { temperature_c: MILD_C, ..Conditions::default() };
    let fleet = &factors.model.fleets[0];
    let sets = [("published", &factors.published), ("calibrated", &factors.model.sets[0])];
    for (name, set) in sets {
        let curves = set.mix_curves(fleet, RoadKind::Street, &conditions);
        let mut sums = Sums::new();
        for cell in truth.scored() {
            let rates = curves.all(cell.speed_km_h);
            sums.add((&cell.edge, cell.window), co2(&rates) * cell.seconds, cell.co2_g);
        }
        let (goal, naive) = match name {
            "published" => (PUBLISHED_GOAL, PUBLISHED_NAIVE),
            _ => (CALIBRATED_GOAL, CALIBRATED_NAIVE),
        };
        let name = format!("co2_model_{name}/{day}");
        each(Figure::below(name, sums.wmape_percent(), "%", goal).against(Some(naive)));
    }
    let set = &factors.model.sets[0];
    let mut by_class = BTreeMap::new();
    let (mut of_co2, mut of_nox) = (Sums::new(), Sums::new());
    for cell in &truth.by_type {
        let Some(class) = &cell.class else { continue };
        if !by_class.contains_key(class) {
            let curves = set.class_curves(class, RoadKind::Street, &conditions);
            let curves = curves.ok_or_else(|| BenchError(format!("no class {class}")))?;
            by_class.insert(class.clone(), curves);
        }
        let rates = by_class[class].all(cell.speed_km_h);
        let key = (&cell.edge, cell.window);
        of_co2.add(key, co2(&rates) * cell.seconds, cell.co2_g);
        of_nox.add(key, rates[Pollutant::Nox.index()] * cell.seconds, cell.nox_g);
    }
    let name = format!("co2_model_calibrated_types_known/{day}");
    let figure = Figure::below(name, of_co2.wmape_percent(), "%", CALIBRATED_GOAL);
    each(figure.against(Some(CALIBRATED_NAIVE)));
    let name = format!("nox_model_calibrated_types_known/{day}");
    each(Figure::below(name, of_nox.wmape_percent(), "%", NOX_GOAL).against(Some(NOX_NAIVE)));
    Ok(())
}

fn co2(rates: &[f64; Pollutant::COUNT]) -> f64 {
    rates[Pollutant::Co2Fossil.index()] + rates[Pollutant::Co2Biogenic.index()]
}

/// What was published by the pipeline. What is not known counts as 0.
pub(super) fn end_to_end(
    streets: &Streets,
    region: &Region,
    published: &EmittedWindows,
    truth: &Truth,
    name: &str,
    baseline: impl Fn(&str) -> Option<f64>,
    each: &mut dyn FnMut(Figure),
) {
    let areas = Areas::new(&streets.network, region);
    let mut cell_of: BTreeMap<&Text, u32> = BTreeMap::new();
    for link in 0..streets.network.len() as u32 {
        let id = Text::from(streets.network.id(link).to_string());
        let Some(edge) = streets.edges.get(&id) else { continue };
        let is_cell = |area: &&u32| areas.all()[**area as usize].kind == AreaKind::Cell;
        cell_of.extend(areas.of(link).iter().find(is_cell).map(|&cell| (edge, cell)));
    }
    let (mut link, mut day) = (Sums::new(), Sums::new());
    let (mut cells, mut network) = (Sums::new(), Sums::new());
    let (mut inside, mut count, mut width) = (0.0, 0.0, 0.0);
    for cell in &truth.cells {
        let key = (cell.edge.clone(), cell.window);
        let inner = streets.inner_share.get(&cell.edge).copied().unwrap_or(1.0);
        let published = published.get(&key).copied().unwrap_or_default();
        let [value, low, high] = published.map(|grams| grams * inner);
        let quarter = cell.window.div_euclid(QUARTER);
        if let Some(area) = cell_of.get(&cell.edge) {
            cells.add((*area, quarter), value, cell.co2_g);
        }
        network.add(quarter, value, cell.co2_g);
        if cell.scored {
            inside += f64::from((low..=high).contains(&cell.co2_g));
            count += 1.0;
            width += high - low;
            day.add(&cell.edge, value, cell.co2_g);
            link.add(key, value, cell.co2_g);
        }
    }
    let mut put = |quantity: &str, figure: f64, goal: f64| {
        let figure = Figure::below(format!("{quantity}/{name}"), figure, "%", goal);
        each(figure.against(baseline(quantity)));
    };
    put("co2_link_300s", link.wmape_percent(), LINK_GOAL);
    put("co2_link_2h", day.wmape_percent(), LINK_DAY_GOAL);
    put("co2_cell_15min", cells.wmape_percent(), CELL_GOAL);
    put("co2_network_15min", network.wmape_percent(), NETWORK_GOAL);
    let bias_percent = network.bias_percent();
    each(Figure::known(format!("co2_bias/{name}"), bias_percent, "%"));
    let sum: f64 = truth.scored().map(|cell| cell.co2_g).sum();
    let holds = inside / count * 100.0;
    let figure = Figure::at_least(format!("co2_interval_holds_300s/{name}"), holds, "%", 85.0);
    each(Figure { met: Some((85.0..=95.0).contains(&holds)), ..figure });
    let width = width / sum * 100.0;
    each(Figure::known(format!("co2_interval_width_300s/{name}"), width, "% of CO2"));
}
