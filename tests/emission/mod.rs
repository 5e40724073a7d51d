//! Emission factors: tables, curves, fleets, and what they must agree with.

mod anchors;
mod annex;
mod curves;
mod fleets;
mod links;
mod noise;
mod power;
mod register;
mod tables;
mod vsp;
mod wear;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use traffic::emission::{
    Conditions, EmissionModel, FactorFiles, FactorOptions, FactorSet, FleetMix, TransitTable,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A table of `config/emission`.
fn config(name: &str) -> String {
    read(&root().join("config/emission").join(name))
}

fn set_with(options: FactorOptions) -> FactorSet {
    let [hot, classes, fuels] =
        ["hot-emep-eea-2019.csv", "classes.csv", "fuels.csv"].map(|name| (name, config(name)));
    let files = FactorFiles {
        hot: (hot.0, &hot.1),
        classes: (classes.0, &classes.1),
        fuels: (fuels.0, &fuels.1),
    };
    FactorSet::parse("emep-eea-2019", &files, options).unwrap()
}

/// The factors that ship, read once.
fn set() -> &'static FactorSet {
    static SET: OnceLock<FactorSet> = OnceLock::new();
    SET.get_or_init(|| set_with(FactorOptions::default()))
}

/// The mixes that ship, by the name of their file.
fn mixes() -> Vec<(String, FleetMix)> {
    let folder = root().join("config/emission");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("fleet-"))
        .collect();
    names.sort();
    assert!(names.len() >= 5, "only {names:?}");
    let read = |name: String| {
        let mix = FleetMix::parse(&name, &config(&name), set().classes()).unwrap();
        (name, mix)
    };
    names.into_iter().map(read).collect()
}

fn mix(name: &str) -> FleetMix {
    FleetMix::parse(name, &config(name), set().classes()).unwrap()
}

/// Rows of a table of cases as cells by column, without comments; the header is the first row left.
pub(crate) fn rows(name: &str) -> Vec<Vec<String>> {
    let path = format!("{}/data/emission/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    lines.skip(1).map(cells).collect()
}

/// The number in a cell.
pub(crate) fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("`{cell}` is no number"))
}

/// A model of what ships: the shown set and the hot one, the country's fleet.
pub(crate) fn model() -> Arc<EmissionModel> {
    static MODEL: OnceLock<Arc<EmissionModel>> = OnceLock::new();
    let make = || {
        let hot = FactorOptions {
            cold_start: false,
            low_temperature_nox: false,
            idle: false,
            stop_and_go: false,
        };
        let sets = vec![set_with(FactorOptions::LIVE), set_with(hot)];
        let fleet = "fleet-finland.csv";
        let fleets = vec![FleetMix::parse(fleet, &config(fleet), set().classes()).unwrap()];
        let transit = "transit.csv";
        let transit = TransitTable::parse(transit, &config(transit), set().classes()).unwrap();
        let conditions = Conditions::default();
        Arc::new(EmissionModel { sets, fleets, transit, conditions })
    };
    Arc::clone(MODEL.get_or_init(make))
}
