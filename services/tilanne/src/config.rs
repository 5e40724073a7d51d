//! The configuration: one main file, and one file a region in a folder.
//!
//! Everything that differs by city or by choice is here and nowhere in code. Each value can be set
//! in the file; address, data directory and log level by environment and flag too (see `cli.rs`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use events::Text;
use ingest::{FeedConfig, PlayerOptions, RegionConfig};
use network::AreaPolygonError;
use picture::Setup;
use serde::Deserialize;

use crate::cli::ConfigArguments;
use crate::factors::{self, Factors, FactorsError};
use crate::locate;
use crate::setups::setups;
use crate::traces::TraceOptions;

/// The main file, such as `config/tilanne.toml`. Paths in it are relative to its folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Folder of the region files; each `*.toml` in it is a region.
    pub(crate) regions: PathBuf,
    /// Where the log and the checkpoints are kept.
    pub(crate) data_dir: PathBuf,
    /// Folder of street networks: `REGION.network` is the network of a region whose file names
    /// none. A region without such a file has no streets.
    pub(crate) networks: Option<PathBuf>,
    /// Folder of emission factors and fleets. Without it nothing is said of emissions.
    pub(crate) emission: Option<PathBuf>,
    /// Feeds that a region has with this main file only, by region.
    #[serde(default)]
    pub(crate) feeds: BTreeMap<Text, Vec<FeedConfig>>,
    /// Which log lines to print: error, warn, info, debug, trace, or filters such as
    /// `info,ingest=debug`.
    #[serde(default = "default_log_level")]
    pub(crate) log_level: String,
    /// What a recording is called in every answer; `replay` unless it is the bundled demonstration.
    #[serde(default)]
    pub(crate) origin: ReplayOrigin,
    /// Plays a recording in place of all feeds' own sources.
    pub(crate) replay: Option<PlayerOptions>,
    /// The embedded log.
    #[serde(default)]
    pub(crate) log: stream::EmbeddedOptions,
    /// The log in Apache Kafka, in place of the embedded one.
    pub(crate) kafka: Option<stream::KafkaOptions>,
    /// Processors.
    #[serde(default)]
    pub(crate) processor: processor::ProcessorOptions,
    /// Which events are followed.
    #[serde(default)]
    pub(crate) traces: TraceOptions,
    /// HTTP.
    #[serde(default)]
    pub(crate) gateway: gateway::Options,
    /// Where and what to archive; without it nothing is.
    pub(crate) archive: Option<::archive::ArchiveOptions>,
    /// Replays of what is archived.
    #[serde(default)]
    pub(crate) replays: ::replay::HostOptions,
}

/// What a recording is called.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplayOrigin {
    /// The bundled demonstration.
    Demo,
    /// A recording of somebody's own.
    #[default]
    Replay,
}

/// Why a configuration cannot be used. Names the file and the line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A file or folder cannot be read.
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
    /// Well-formed, but a value cannot be.
    #[error("{}:{line}: {key}: {message}", path.display())]
    Value {
        /// File.
        path: PathBuf,
        /// Line in it.
        line: usize,
        /// Key path in it.
        key: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The street network of a region cannot be used.
    #[error("region {region}: network {}: {message}", path.display())]
    Network {
        /// Region.
        region: Text,
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// A file of polygons cannot be used.
    #[error("{}: {source}", path.display())]
    Polygons {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: AreaPolygonError,
    },
    /// The emission factors cannot be used.
    #[error(transparent)]
    Factors(#[from] FactorsError),
    /// The folder of regions has no region.
    #[error("{} has no *.toml file: a region is one file there", .0.display())]
    NoRegion(PathBuf),
}

/// A configuration with its regions.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The main file.
    pub(crate) config: Config,
    /// Region files in the order of their ids.
    pub(crate) regions: Vec<RegionConfig>,
    /// Emission factors, if there are any.
    pub(crate) factors: Option<Factors>,
    /// What the picture of each region must know, by id.
    pub(crate) setups: BTreeMap<Text, Setup>,
}

fn default_log_level() -> String {
    "info".into()
}

/// Reads and checks the main file and all region files.
pub(crate) fn load(arguments: &ConfigArguments) -> Result<Loaded, ConfigError> {
    let path = &arguments.config;
    let (mut config, text) = main_file(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    config.regions = folder.join(&config.regions);
    config.data_dir = folder.join(&config.data_dir);
    if let Some(replay) = &mut config.replay {
        replay.file = folder.join(&replay.file);
    }
    if let Some(directory) = config.archive.as_mut().and_then(|archive| archive.directory.as_mut())
    {
        *directory = folder.join(&directory);
    }
    if let Some(kafka) = &mut config.kafka {
        place_kafka(kafka, folder);
    }
    let mut regions = load_regions(&config.regions)?;
    let is_raw_archived = config.archive.as_ref().is_some_and(|archive| archive.raw);
    for region in &mut regions {
        region.log_raw = is_raw_archived;
    }
    add_feeds(&mut regions, &mut config.feeds).map_err(|wrong| value_error(path, &text, wrong))?;
    // A flag's path is the user's own, not the file's.
    let networks = config.networks.take().map(|networks| folder.join(networks));
    config.networks = arguments.networks.clone().or(networks);
    if let Some(networks) = &config.networks {
        for region in regions.iter_mut().filter(|region| region.network.is_none()) {
            let file = networks.join(format!("{}.network", region.id));
            region.network = file.is_file().then_some(file);
        }
    }
    config.emission = config.emission.take().map(|emission| folder.join(emission));
    let factors = config.emission.as_deref().map(factors::read).transpose()?;
    let setups = setups(&regions, factors.as_ref())?;
    Ok(Loaded { config, regions, factors, setups })
}

/// Puts an archive into the data directory where nothing else is said.
pub(crate) fn placed(
    mut archive: ::archive::ArchiveOptions,
    data_dir: &Path,
) -> ::archive::ArchiveOptions {
    if archive.s3.is_none() {
        archive.directory.get_or_insert_with(|| data_dir.join("archive"));
    }
    archive
}

/// What a main file says of the archive, checked; without reading what else it names.
pub(crate) fn archive(
    arguments: &ConfigArguments,
    data_dir: Option<&Path>,
) -> Result<Option<::archive::ArchiveOptions>, ConfigError> {
    let path = &arguments.config;
    let (config, _) = main_file(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    // A flag's path is the user's own, not the file's.
    let data_dir = data_dir.map_or_else(|| folder.join(&config.data_dir), Path::to_path_buf);
    Ok(config.archive.map(|mut archive| {
        archive.directory = archive.directory.map(|directory| folder.join(directory));
        placed(archive, &data_dir)
    }))
}

/// What making topics needs: a main file, and its region files without what they name.
pub(crate) fn for_topics(
    arguments: &ConfigArguments,
) -> Result<(Config, Vec<RegionConfig>), ConfigError> {
    let path = &arguments.config;
    let (mut config, _) = main_file(path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let regions = load_regions(&folder.join(&config.regions))?;
    config.data_dir = folder.join(&config.data_dir);
    if let Some(kafka) = &mut config.kafka {
        place_kafka(kafka, folder);
    }
    Ok((config, regions))
}

/// Paths of the main file are relative to its folder.
fn place_kafka(kafka: &mut stream::KafkaOptions, folder: &Path) {
    let place = |path: &mut Option<PathBuf>| *path = path.take().map(|path| folder.join(path));
    place(&mut kafka.checkpoint_directory);
    if let Some(tls) = &mut kafka.tls {
        for file in [&mut tls.ca_file, &mut tls.certificate_file, &mut tls.key_file] {
            place(file);
        }
    }
    if let Some(sasl) = &mut kafka.sasl {
        place(&mut sasl.token_file);
    }
}

/// A main file with its own values checked, and its text.
fn main_file(path: &Path) -> Result<(Config, String), ConfigError> {
    let (config, text) = parse::<Config>(path)?;
    validate(&config).map_err(|wrong| value_error(path, &text, wrong))?;
    Ok((config, text))
}

/// The error of a value: key path and message, with its line.
fn value_error(path: &Path, text: &str, (key, message): (String, String)) -> ConfigError {
    ConfigError::Value { path: path.into(), line: locate::line(text, &key), key, message }
}

/// Region files of a main file, without what they name.
pub(crate) fn region_files(path: &Path) -> Result<Vec<RegionConfig>, ConfigError> {
    let (config, _) = parse::<Config>(path)?;
    load_regions(&path.parent().unwrap_or(Path::new(".")).join(config.regions))
}

/// Key path and message of the first value of the main file that cannot be.
fn validate(config: &Config) -> Result<(), (String, String)> {
    config.traces.check()?;
    if let Some(replay) = &config.replay {
        replay.validate().map_err(|error| (format!("replay.{}", error.key), error.message))?;
    }
    if let Some(kafka) = &config.kafka {
        kafka.check().map_err(|error| (format!("kafka.{}", error.key), error.message))?;
    }
    if let Some(archive) = &config.archive {
        archive.validate().map_err(|error| (format!("archive.{}", error.key), error.message))?;
    }
    config.replays.validate().map_err(|(key, message)| (format!("replays.{key}"), message))?;
    config.gateway.validate().map_err(|error| {
        let message = error.to_string();
        // The message begins with the key path.
        let key = message.split_whitespace().next().unwrap_or("gateway").to_owned();
        (key, message)
    })
}

/// Gives the regions the main file's feeds. The error is of the main file: key path and message.
fn add_feeds(
    regions: &mut [RegionConfig],
    feeds: &mut BTreeMap<Text, Vec<FeedConfig>>,
) -> Result<(), (String, String)> {
    for (id, feeds) in std::mem::take(feeds) {
        let key = format!("feeds.{id}");
        let taken: Vec<Text> =
            regions.iter().flat_map(|region| &region.feeds).map(|feed| feed.name.clone()).collect();
        if let Some(feed) = feeds.iter().find(|feed| taken.contains(&feed.name)) {
            return Err((key, format!("feed {:?} is in a region file already", feed.name)));
        }
        let Some(region) = regions.iter_mut().find(|region| region.id == id) else {
            return Err((key, format!("there is no region {id:?}")));
        };
        region.feeds.extend(feeds);
        region.validate().map_err(|error| (key, format!("{}: {}", error.key, error.message)))?;
    }
    Ok(())
}

/// Reads and checks the region files of a folder.
pub(crate) fn load_regions(folder: &Path) -> Result<Vec<RegionConfig>, ConfigError> {
    let read = |source| ConfigError::Read { path: folder.into(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        files.push(entry.map_err(read)?.path());
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        return Err(ConfigError::NoRegion(folder.into()));
    }
    let mut regions: Vec<RegionConfig> = Vec::new();
    let mut owners: BTreeMap<Text, PathBuf> = BTreeMap::new();
    for file in files {
        let (mut region, text) = parse::<RegionConfig>(&file)?;
        if let Some(network) = &mut region.network {
            *network = folder.join(&network);
        }
        for area in &mut region.areas {
            area.file = folder.join(&area.file);
        }
        let value_error = |key: String, message: String| ConfigError::Value {
            line: locate::line(&text, &key),
            path: file.clone(),
            key,
            message,
        };
        region.validate().map_err(|error| value_error(error.key, error.message))?;
        if regions.iter().any(|other| other.id == region.id) {
            let message = format!("region {:?} is in another file already", region.id);
            return Err(value_error("id".into(), message));
        }
        for (index, feed) in region.feeds.iter().enumerate() {
            if let Some(other) = owners.insert(feed.name.clone(), file.clone()) {
                let message = format!("feed {:?} is in {} already", feed.name, other.display());
                return Err(value_error(format!("feed[{index}].name"), message));
            }
        }
        regions.push(region);
    }
    regions.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(regions)
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<(T, String), ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.into(), source })?;
    let value = toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.into(), source: Box::new(source) })?;
    Ok((value, text))
}
