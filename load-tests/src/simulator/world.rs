//! The data that the simulator is made of: regions, feeds, lines, stations and situations.
//!
//! It lies in `load-tests/data` and is compiled in, so that a recording needs no other file. Cities
//! are named there only.

use serde::Deserialize;

use super::ConfigError;

const FEEDS: &str = include_str!("../../data/feeds.toml");
const ROUTES: &str = include_str!("../../data/routes.toml");
const SITUATIONS: &str = include_str!("../../data/situations.toml");
const STATIONS: &str = include_str!("../../data/stations.toml");
const STREETS: &str = include_str!("../../data/streets.toml");
const WEATHER: &str = include_str!("../../data/weather.toml");

/// All of the data.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) regions: Vec<RegionData>,
    pub(crate) feeds: Vec<FeedData>,
    pub(crate) routes: Vec<RouteData>,
    pub(crate) stations: Vec<StationData>,
    pub(crate) situations: Vec<SituationData>,
    pub(crate) alerts: Vec<AlertData>,
    pub(crate) circuits: Vec<CircuitData>,
    pub(crate) jams: Vec<JamData>,
    pub(crate) weather: Vec<WeatherData>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionData {
    pub(crate) id: String,
    pub(crate) time_zone: String,
    pub(crate) bbox: network::BoundingBox,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FeedData {
    pub(crate) name: String,
    pub(crate) region: String,
    #[serde(flatten)]
    pub(crate) kind: FeedKind,
}

/// Which wire format a feed has, and its publisher's choices.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum FeedKind {
    /// Vehicle messages over MQTT, one a second and vehicle.
    Hfp,
    /// A document of alerts.
    GtfsRtAlerts {
        #[serde(flatten)]
        document: DocumentData,
    },
    /// A document of all vehicles.
    GtfsRtPositions {
        #[serde(flatten)]
        document: DocumentData,
        shape: PositionsShape,
    },
    /// A document of all trips of another feed's vehicles.
    GtfsRtTripUpdates {
        #[serde(flatten)]
        document: DocumentData,
        vehicles_of: String,
    },
    /// One vehicle a message over MQTT.
    GtfsRtMessages { agency: String, every_s: i64 },
    /// Detectors: documents, and values over MQTT.
    Tms,
    /// Traffic messages: documents, and messages over MQTT.
    TrafficMessages,
    /// Floating cars in our own JSON: a payload a second, each car in one of `every_s`.
    Cars { every_s: i64 },
    /// Road weather stations: documents.
    Weather,
}

/// A document that is fetched again and again.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DocumentData {
    /// The source within the feed.
    pub(crate) source: String,
    pub(crate) path: String,
    pub(crate) every_s: i64,
}

/// What a publisher of vehicle positions leaves out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PositionsShape {
    /// Trips are named by route, direction and start; start times are UTC.
    NoTripId,
    /// No entity says when it was measured; no bearing, no speed.
    HeaderTimeOnly,
}

/// Kinds of vehicles.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Bus,
    Ferry,
    Metro,
    Train,
    Tram,
}

impl Mode {
    /// The word of HFP topics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bus => "bus",
            Self::Ferry => "ferry",
            Self::Metro => "metro",
            Self::Train => "train",
            Self::Tram => "tram",
        }
    }
}

/// Where a line stops.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StopPlaces {
    /// At the mode's usual distance.
    #[default]
    Spread,
    /// At every waypoint.
    Waypoints,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RouteData {
    pub(crate) feed: String,
    pub(crate) mode: Mode,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The far end is the headsign of direction 1.
    pub(crate) ends: [String; 2],
    #[serde(default)]
    pub(crate) operator: u32,
    pub(crate) running_operator: Option<u32>,
    pub(crate) vehicles: u32,
    #[serde(default)]
    pub(crate) stops: StopPlaces,
    pub(crate) spacing_m: Option<f64>,
    pub(crate) speed_m_s: Option<f64>,
    /// Its trip began before midnight of the operating day before.
    #[serde(default)]
    pub(crate) night: bool,
    /// Asks traffic lights for green.
    #[serde(default)]
    pub(crate) signals: bool,
    /// Latitude and longitude.
    pub(crate) path: Vec<[f64; 2]>,
    /// The part of its path that lies on real streets.
    #[serde(skip)]
    pub(crate) real: Option<RealPart>,
}

/// Points of a line's path that lie on real streets.
#[derive(Clone, Debug)]
pub(crate) struct RealPart {
    /// First and last point.
    pub(crate) points: [usize; 2],
    /// The map's nodes there.
    pub(crate) nodes: [i64; 2],
}

/// A way along real streets for part of a line, in place of waypoints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetourData {
    pub(crate) feed: String,
    pub(crate) route: String,
    /// Waypoints that stay before it.
    pub(crate) before: usize,
    /// First waypoint that stays after it.
    pub(crate) after: usize,
    /// The map's nodes at its ends.
    pub(crate) nodes: [i64; 2],
    pub(crate) path: Vec<[f64; 2]>,
}

/// A closed way along real streets, for cars.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CircuitData {
    pub(crate) region: String,
    pub(crate) cars: u32,
    pub(crate) path: Vec<[f64; 2]>,
    /// Metres from the beginning, and the limit in km/h from there on.
    pub(crate) limits: Vec<[f64; 2]>,
    /// Stop lines at traffic lights, metres from the beginning.
    pub(crate) signals_m: Vec<f64>,
}

/// Traffic that hardly moves before a place, for a part of the recording.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JamData {
    pub(crate) region: String,
    /// Where it begins to grow backwards; latitude and longitude.
    pub(crate) head: [f64; 2],
    /// Direction of travel there.
    pub(crate) bearing_deg: f64,
    /// Its length when it is longest.
    pub(crate) length_m: f64,
    pub(crate) speed_km_h: f64,
    /// Shares of the recording between which it is there.
    pub(crate) from: f64,
    pub(crate) to: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StationData {
    pub(crate) region: String,
    pub(crate) id: u32,
    pub(crate) tms_number: u32,
    pub(crate) name: String,
    /// Latitude and longitude.
    pub(crate) position: [f64; 2],
    pub(crate) bearing_deg: u32,
    pub(crate) free_flow_km_h: f64,
    pub(crate) direction_1: Option<FlowData>,
    pub(crate) direction_2: Option<FlowData>,
    pub(crate) percent_unit: Option<String>,
    pub(crate) collection_status: Option<String>,
    pub(crate) state: Option<String>,
}

/// A road weather station.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeatherData {
    pub(crate) region: String,
    pub(crate) id: u32,
    pub(crate) name: String,
    /// Latitude and longitude.
    pub(crate) position: [f64; 2],
    pub(crate) air_c: f64,
    pub(crate) road_c: f64,
    /// The publisher's code of each sensor in the road.
    pub(crate) surface: Vec<u32>,
    pub(crate) rain_mm_h: f64,
    /// Water, snow and ice on the road.
    pub(crate) depth_mm: Option<[f64; 3]>,
    pub(crate) temperature_unit: Option<String>,
}

/// Traffic in one direction.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowData {
    /// Speed as a share of free-flow speed.
    pub(crate) share: f64,
    pub(crate) flow_veh_h: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SituationData {
    pub(crate) region: String,
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) situation_type: String,
    /// Also sent as messages, in the words of version 1.
    #[serde(default)]
    pub(crate) pushed: bool,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) comment: Option<String>,
    pub(crate) road: Option<u32>,
    pub(crate) severity: Option<String>,
    pub(crate) work: Option<WorkData>,
    /// Latitude and longitude, like all places here.
    pub(crate) point: Option<[f64; 2]>,
    #[serde(default)]
    pub(crate) lines: Vec<Vec<[f64; 2]>>,
    #[serde(default)]
    pub(crate) area: Vec<[f64; 2]>,
    pub(crate) versions: Vec<VersionData>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkData {
    #[serde(rename = "type")]
    pub(crate) work_type: String,
    pub(crate) description: String,
    pub(crate) lane: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionData {
    /// Share of the recording after which it is published.
    pub(crate) from: f64,
    pub(crate) phase: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertData {
    pub(crate) feed: String,
    pub(crate) id: String,
    pub(crate) cause: String,
    pub(crate) effect: String,
    pub(crate) severity: String,
    pub(crate) selector: SelectorData,
    pub(crate) header: Translations,
    pub(crate) description: Translations,
}

/// One of these, as the publisher has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SelectorData {
    Agency(String),
    Route(String),
    Stop(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Translations {
    pub(crate) fi: String,
    pub(crate) sv: String,
    pub(crate) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedsFile {
    region: Vec<RegionData>,
    feed: Vec<FeedData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoutesFile {
    route: Vec<RouteData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SituationsFile {
    situation: Vec<SituationData>,
    alert: Vec<AlertData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StationsFile {
    station: Vec<StationData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WeatherFile {
    station: Vec<WeatherData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreetsFile {
    detour: Vec<DetourData>,
    circuit: Vec<CircuitData>,
    jam: Vec<JamData>,
}

/// Reads one of the files.
fn file<'a, T: Deserialize<'a>>(name: &'static str, text: &'a str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Data { name, message: error.to_string() })
}

impl World {
    /// The data that comes with the simulator.
    pub(crate) fn read() -> Result<Self, ConfigError> {
        let mut world = Self::drawn()?;
        let streets: StreetsFile = file("streets.toml", STREETS)?;
        for detour in streets.detour {
            let is_its = |route: &&mut RouteData| {
                route.feed == detour.feed && route.id == detour.route && route.real.is_none()
            };
            let route = world.routes.iter_mut().find(is_its);
            let lies = |route: &&mut RouteData| {
                detour.before <= detour.after && detour.after <= route.path.len()
            };
            let route = route.filter(lies).ok_or_else(|| ConfigError::Data {
                name: "streets.toml",
                message: format!("no route {:?} with such waypoints: make it again", detour.route),
            })?;
            let points = [detour.before, detour.before + detour.path.len().saturating_sub(1)];
            route.path.splice(detour.before..detour.after, detour.path);
            route.real = Some(RealPart { points, nodes: detour.nodes });
        }
        world.circuits = streets.circuit;
        world.jams = streets.jam;
        Ok(world)
    }

    /// The data that was drawn by hand, without what was found on real streets.
    pub(crate) fn drawn() -> Result<Self, ConfigError> {
        let feeds: FeedsFile = file("feeds.toml", FEEDS)?;
        let routes: RoutesFile = file("routes.toml", ROUTES)?;
        let stations: StationsFile = file("stations.toml", STATIONS)?;
        let situations: SituationsFile = file("situations.toml", SITUATIONS)?;
        let weather: WeatherFile = file("weather.toml", WEATHER)?;
        Ok(Self {
            regions: feeds.region,
            feeds: feeds.feed,
            routes: routes.route,
            stations: stations.station,
            situations: situations.situation,
            alerts: situations.alert,
            circuits: Vec::new(),
            jams: Vec::new(),
            weather: weather.station,
        })
    }

    /// The region of that id.
    pub(crate) fn region(&self, id: &str) -> Result<&RegionData, ConfigError> {
        let region = self.regions.iter().find(|region| region.id == id);
        region.ok_or_else(|| ConfigError::Data {
            name: "feeds.toml",
            message: format!("a feed names region {id:?}, which is not there"),
        })
    }
}
