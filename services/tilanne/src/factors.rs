//! The folder of emission factors: one file says which tables are used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::Text;
use gateway::EmissionWhatIf;
use serde::Deserialize;
use traffic::emission::studded::StuddedShares;
use traffic::emission::{
    Conditions, EmissionModel, FactorFiles, FactorOptions, FactorSet, FleetMix, RateTable,
    TableError, TransitTable,
};

/// The file that names the others.
const FILE: &str = "emission.toml";

/// Name of the fleet of cities that have none.
const DEFAULT: &str = "default";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Name of the set whose figures are shown.
    shown: String,
    #[serde(rename = "set")]
    sets: Vec<Set>,
    vehicles: Vehicles,
    /// Files of fleets by the id of a city, and `default`.
    fleets: BTreeMap<Text, PathBuf>,
    #[serde(default)]
    trips: Trips,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    name: String,
    hot: PathBuf,
    classes: PathBuf,
    fuels: PathBuf,
    /// Rates that were measured, in place of the annex's.
    rates: Option<PathBuf>,
    #[serde(default = "on")]
    cold_start: bool,
    #[serde(default = "on")]
    low_temperature_nox: bool,
    #[serde(default = "on")]
    idle: bool,
    #[serde(default = "on")]
    stop_and_go: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vehicles {
    transit: PathBuf,
    studded: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trips {
    mean_km: f64,
    load_share: f64,
}

impl Default for Trips {
    fn default() -> Self {
        let Conditions { mean_trip_km, load_share, .. } = Conditions::default();
        Self { mean_km: mean_trip_km, load_share }
    }
}

impl File {
    fn change(&mut self, what_if: &EmissionWhatIf) -> Result<(), String> {
        let EmissionWhatIf { shown, fleets, mean_trip_km, load_share } = what_if;
        self.shown = shown.clone().unwrap_or_else(|| std::mem::take(&mut self.shown));
        for (city, name) in fleets {
            // Whoever says it may not read other files.
            let is_plain = Path::new(name).components().count() == 1 && !name.starts_with('.');
            if !is_plain {
                return Err(format!(
                    "fleets.{city}: {name:?} is no name of a file beside this one"
                ));
            }
            self.fleets.insert(city.clone(), name.into());
        }
        self.trips.mean_km = mean_trip_km.unwrap_or(self.trips.mean_km);
        self.trips.load_share = load_share.unwrap_or(self.trips.load_share);
        Ok(())
    }
}

fn on() -> bool {
    true
}

/// Everything that the folder says.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    pub(crate) model: Arc<EmissionModel>,
    /// Number of a city's fleet, by its id.
    pub(crate) fleets: BTreeMap<Text, usize>,
    pub(crate) studded: Arc<StuddedShares>,
}

/// Why a folder of factors cannot be used. Names file and place, and says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FactorsError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or not of the expected keys and types.
    #[error("{}: {source}", path.display())]
    Parse {
        /// File.
        path: PathBuf,
        /// Says line and column itself.
        source: Box<toml::de::Error>,
    },
    /// A value that cannot be.
    #[error("{}: {message}", path.display())]
    Value {
        /// File.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A table is wrong.
    #[error("{0}")]
    Table(String),
}

/// Reads a folder of factors.
pub(crate) fn read(folder: &Path) -> Result<Factors, FactorsError> {
    read_if(folder, &EmissionWhatIf::default())
}

/// The same where something is otherwise. What is named there is a file of the folder.
pub(crate) fn read_if(folder: &Path, what_if: &EmissionWhatIf) -> Result<Factors, FactorsError> {
    let path = folder.join(FILE);
    let text = text_of(&path)?;
    let mut file: File = toml::from_str(&text)
        .map_err(|source| FactorsError::Parse { path: path.clone(), source: Box::new(source) })?;
    let value = |message: String| FactorsError::Value { path: path.clone(), message };
    file.change(what_if).map_err(value)?;
    let mut sets =
        file.sets.iter().map(|set| factor_set(folder, set)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<&str> = sets.iter().map(FactorSet::name).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(value(format!("set: {:?} is there twice; give each its name", twice.1)));
    }
    let Some(shown) = names.iter().position(|name| *name == file.shown) else {
        let message =
            format!("shown: there is no set {:?}; sets are {}", file.shown, names.join(", "));
        return Err(value(message));
    };
    sets[..=shown].rotate_right(1);
    // Fleets and vehicles are made of classes that every set must have.
    let (mut fleets, mut numbers) = (Vec::new(), BTreeMap::new());
    let Some(default) = file.fleets.get(DEFAULT) else {
        return Err(value(format!(
            "fleets: {DEFAULT} is missing: the file of all other cities' fleet"
        )));
    };
    let mut files: Vec<&PathBuf> = vec![default];
    for (city, name) in &file.fleets {
        let number = files.iter().position(|known| *known == name).unwrap_or_else(|| {
            files.push(name);
            files.len() - 1
        });
        numbers.insert(city.clone(), number);
    }
    let transit = folder.join(&file.vehicles.transit);
    let transit_text = text_of(&transit)?;
    let mut table = None;
    for set in &sets {
        let read = TransitTable::parse(&shown_path(&transit), &transit_text, set.classes());
        table.get_or_insert(read.map_err(|error| FactorsError::Table(error.to_string()))?);
    }
    for name in files {
        let path = folder.join(name);
        let text = text_of(&path)?;
        let mut fleet = None;
        for set in &sets {
            let read = FleetMix::parse(&shown_path(&path), &text, set.classes());
            fleet.get_or_insert(read.map_err(|error| FactorsError::Table(error.to_string()))?);
        }
        fleets.extend(fleet);
    }
    let studded = folder.join(&file.vehicles.studded);
    let studded = StuddedShares::parse(&shown_path(&studded), &text_of(&studded)?)
        .map_err(|error| FactorsError::Table(error.to_string()))?;
    let Trips { mean_km, load_share } = file.trips;
    let conditions = Conditions { mean_trip_km: mean_km, load_share, ..Conditions::default() };
    let (clamped, clamps) = conditions.clamped();
    if clamps.total() > 0 {
        let Conditions { mean_trip_km, load_share, .. } = clamped;
        let message = format!(
            "trips: mean_km and load_share must be in range; the nearest are {mean_trip_km} and {load_share}"
        );
        return Err(value(message));
    }
    let transit = table.unwrap_or_default();
    let model = Arc::new(EmissionModel { sets, fleets, transit, conditions });
    Ok(Factors { model, fleets: numbers, studded: Arc::new(studded) })
}

fn factor_set(folder: &Path, set: &Set) -> Result<FactorSet, FactorsError> {
    let read = |name: &PathBuf| {
        let path = folder.join(name);
        Ok((shown_path(&path), text_of(&path)?))
    };
    let (hot, classes, fuels) = (read(&set.hot)?, read(&set.classes)?, read(&set.fuels)?);
    let files = FactorFiles {
        hot: (&hot.0, &hot.1),
        classes: (&classes.0, &classes.1),
        fuels: (&fuels.0, &fuels.1),
    };
    let options = FactorOptions {
        cold_start: set.cold_start,
        low_temperature_nox: set.low_temperature_nox,
        idle: set.idle,
        stop_and_go: set.stop_and_go,
    };
    let wrong = |error: TableError| FactorsError::Table(error.to_string());
    let made = FactorSet::parse(&set.name, &files, options).map_err(wrong)?;
    let Some(rates) = &set.rates else { return Ok(made) };
    let (name, text) = read(rates)?;
    let rates = RateTable::parse(&name, &text, made.classes()).map_err(wrong)?;
    Ok(made.with_rates(rates))
}

fn shown_path(path: &Path) -> String {
    path.display().to_string()
}

fn text_of(path: &Path) -> Result<String, FactorsError> {
    std::fs::read_to_string(path).map_err(|source| FactorsError::Read { path: path.into(), source })
}
