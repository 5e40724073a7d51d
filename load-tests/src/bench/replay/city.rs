//! The city of the day: streets that are made up, and the shipped configuration of the capital's region
//! in whose box they lie, as the binary makes a picture's setup of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::Text;
use ingest::RegionConfig;
use network::Network;
use picture::{Calendar, EmissionClimate, FeedLimits, Setup, StreetOptions, StreetSetup};
use serde::Deserialize;
use traffic::emission::studded::StuddedShares;
use traffic::emission::{
    Climate, Conditions, EmissionModel, FactorFiles, FactorOptions, FactorSet, FleetMix,
    TransitTable,
};

use crate::bench::BenchError;
use crate::streets;

/// Blocks along each side: 50,624 links.
const BLOCKS: u32 = 112;
/// The southern and western corner, latitude and longitude.
const CORNER_DEG: [f64; 2] = [60.14, 24.80];

/// Streets, feeds, and what pictures must know.
pub(super) struct City {
    pub(super) network: Network,
    pub(super) config: RegionConfig,
    /// With streets and emissions.
    pub(super) setup: Setup,
}

impl City {
    pub(super) fn new() -> Result<Self, BenchError> {
        let network = streets::city(BLOCKS, CORNER_DEG).map_err(BenchError::new)?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
        let config: RegionConfig = parse(&root.join("regions/helsinki.toml"))?;
        let options = StreetOptions {
            calendar: Calendar::new(
                config.utc_offsets().map_err(BenchError::new)?,
                config.holiday_days().map_err(BenchError::new)?,
            ),
            close_after_ms: config.close_after_s.saturating_mul(1_000),
            ..StreetOptions::default()
        };
        let streets = StreetSetup::new(network.clone(), &config.region(), options);
        let streets = Factors::read(&root.join("emission"))?.add(streets, &config);
        let setup =
            Setup { limits: limits(&config), streets: Some(Arc::new(streets)), ..Setup::default() };
        Ok(Self { network, config, setup })
    }

    /// The same without streets.
    pub(super) fn without_streets(&self) -> Setup {
        Setup { streets: None, ..self.setup.clone() }
    }
}

fn limits(config: &RegionConfig) -> BTreeMap<Text, FeedLimits> {
    let limits = config.feeds.iter().map(|feed| {
        let limits = FeedLimits {
            lateness_ms: feed.lateness_s.saturating_mul(1_000),
            expire_after_ms: feed.expire_after_s.saturating_mul(1_000),
            speed_km_h_max: feed.speed_km_h_max,
            ..FeedLimits::default()
        };
        (feed.name.clone(), limits)
    });
    limits.collect()
}

/// What the file of the folder of factors names.
#[derive(Deserialize)]
struct Named {
    shown: String,
    set: Vec<NamedSet>,
    vehicles: NamedVehicles,
    fleets: BTreeMap<Text, PathBuf>,
}

#[derive(Deserialize)]
struct NamedSet {
    name: String,
    hot: PathBuf,
    classes: PathBuf,
    fuels: PathBuf,
    #[serde(default = "on")]
    cold_start: bool,
    #[serde(default = "on")]
    low_temperature_nox: bool,
    #[serde(default = "on")]
    idle: bool,
    #[serde(default = "on")]
    stop_and_go: bool,
}

#[derive(Deserialize)]
struct NamedVehicles {
    transit: PathBuf,
    studded: PathBuf,
}

fn on() -> bool {
    true
}

/// The shipped factors, all sets and fleets of them.
struct Factors {
    model: EmissionModel,
    fleets: BTreeMap<Text, usize>,
    studded: StuddedShares,
}

impl Factors {
    fn read(folder: &Path) -> Result<Self, BenchError> {
        let Named { shown, set, vehicles, fleets } = parse(&folder.join("emission.toml"))?;
        let text = |name: &Path| read(&folder.join(name));
        let mut sets = Vec::new();
        for set in set {
            let [hot, classes, fuels] = [&set.hot, &set.classes, &set.fuels].map(|name| text(name));
            let (hot, classes, fuels) = (hot?, classes?, fuels?);
            let files = FactorFiles {
                hot: ("hot", &hot),
                classes: ("classes", &classes),
                fuels: ("fuels", &fuels),
            };
            let options = FactorOptions {
                cold_start: set.cold_start,
                low_temperature_nox: set.low_temperature_nox,
                idle: set.idle,
                stop_and_go: set.stop_and_go,
            };
            let made = FactorSet::parse(&set.name, &files, options).map_err(BenchError::new)?;
            let at = if set.name == shown { 0 } else { sets.len() };
            sets.insert(at, made);
        }
        let first = sets.first().ok_or_else(|| BenchError::new("emission.toml has no set"))?;
        let fleet = |name: &Path| {
            FleetMix::parse("fleet", &text(name)?, first.classes()).map_err(BenchError::new)
        };
        let missing = || BenchError::new("emission.toml has no default fleet");
        let default = fleets.get("default").ok_or_else(missing)?;
        let (mut names, mut mixes) = (vec![default], vec![fleet(default)?]);
        let mut numbers = BTreeMap::new();
        for (city, name) in &fleets {
            let known = names.iter().position(|known| *known == name);
            let number = if let Some(number) = known {
                number
            } else {
                names.push(name);
                mixes.push(fleet(name)?);
                names.len() - 1
            };
            numbers.insert(city.clone(), number);
        }
        let transit = TransitTable::parse("transit", &text(&vehicles.transit)?, first.classes());
        let transit = transit.map_err(BenchError::new)?;
        let studded = StuddedShares::parse("studded", &text(&vehicles.studded)?);
        let conditions = Conditions::default();
        Ok(Self {
            model: EmissionModel { sets, fleets: mixes, transit, conditions },
            fleets: numbers,
            studded: studded.map_err(BenchError::new)?,
        })
    }

    fn add(self, streets: StreetSetup, config: &RegionConfig) -> StreetSetup {
        let city = config.cities.first().map_or_else(|| config.id.clone(), |city| city.id.clone());
        let climate = EmissionClimate {
            climate: config.temperature_c.map(Climate).unwrap_or_default(),
            studded: Some((Arc::new(self.studded), city)),
        };
        streets.with_emission(Arc::new(self.model), &self.fleets, climate)
    }
}

fn read(path: &Path) -> Result<String, BenchError> {
    std::fs::read_to_string(path)
        .map_err(|error| BenchError(format!("{}: {error}", path.display())))
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, BenchError> {
    toml::from_str(&read(path)?).map_err(|error| BenchError(format!("{}: {error}", path.display())))
}
