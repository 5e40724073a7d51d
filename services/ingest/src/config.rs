//! What a region file configures: the region, its cities, its feeds and their sources.
//!
//! Every key has a documented bound; [`RegionConfig::validate`] names the key path of the first
//! value outside (`feed[2].source[0].options.url`), so that the program can point at the line.

use std::collections::BTreeSet;

use events::{AlertKind, Text, Verdict, Verdicts};
use network::{BoundingBox, City, PolygonKind, Region};
use serde::{Deserialize, Deserializer};

use crate::format::{self, Decoder, DecoderContext, OptionsError};
use crate::transport;

/// Longest id of a region, city, feed or source: it is shown in tables and is part of object ids.
const ID_BYTES_MAX: usize = 32;
/// Most files of polygons of a region: a few kinds for a few cities.
const AREA_FILES_MAX: usize = 64;
/// Most feeds of a region: each is a task with queues of its own.
const FEEDS_MAX: usize = 256;
/// Most sources of a feed: each is a task with a connection of its own.
const SOURCES_MAX: usize = 16;
/// Longest time that a threshold may be set to, seconds: ten years.
const SECONDS_MAX: i64 = 315_360_000;
/// Longest time that a minute of the streets may wait for late answers, seconds: minutes that are
/// open take memory.
const CLOSE_AFTER_S_MAX: i64 = 600;
/// Seconds of a day: nothing is wrong for longer before it is told.
const DAY_S: i64 = 86_400;
/// Longest queue that a threshold may be, metres: a hundred kilometres.
const QUEUE_M_MAX: f64 = 100_000.0;
/// Most bytes that one payload may be allowed: all queues of a feed hold a few of them.
const PAYLOAD_BYTES_LIMIT: usize = 256 << 20;

/// A region file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionConfig {
    /// Id, 1 to 32 of `a-z 0-9 -`.
    pub id: Text,
    /// Name to show.
    pub name: Text,
    /// IANA time zone of local times in the feeds, such as `Europe/Helsinki`.
    pub time_zone: String,
    /// West, south, east, north in degrees; what lies outside is dropped at the door.
    pub bbox: BoundingBox,
    /// Street network, made by `tilanne network import`; relative to the file. Without it there are
    /// no links, queues and areas.
    pub network: Option<std::path::PathBuf>,
    /// A minute of the streets is closed so long after the feeds have passed it, 0 to 600 s; 6. Set
    /// it to more than the time between the fixes of most vehicles.
    #[serde(default = "default_close_after_s")]
    pub close_after_s: i64,
    /// Ids of links that are closed to all traffic, whatever messages say.
    #[serde(default)]
    pub closed_links: Vec<String>,
    /// Days that are like Sundays: `MM-DD`, `easter+N`, `easter-N` (days), `saturday MM-DD MM-DD`
    /// (the Saturday between two days).
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Usual air temperature of each month from January on, -50 to 40 °C: for emissions, where
    /// nobody measures it. 5 °C all year when missing.
    pub temperature_c: Option<[f64; 12]>,
    /// Polygons over which the state of the streets is summed.
    #[serde(default, rename = "area")]
    pub areas: Vec<AreaConfig>,
    /// What operators are told of.
    #[serde(default)]
    pub alerts: AlertsConfig,
    /// Cities to select in the dashboard.
    #[serde(default, rename = "city")]
    pub cities: Vec<CityConfig>,
    /// Feeds.
    #[serde(default, rename = "feed")]
    pub feeds: Vec<FeedConfig>,
    /// Whether records go onto the log as they were received too: for an archive that wants them. No
    /// key of a region's file.
    #[serde(skip)]
    pub log_raw: bool,
}

/// A file of polygons.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AreaConfig {
    /// `city`, `district` or `postal_area`.
    pub kind: PolygonKind,
    /// GeoJSON in degrees; relative to the region's file.
    pub file: std::path::PathBuf,
    /// Property of the features that is their id.
    pub id: String,
    /// Property that is their name; the id when missing.
    pub name: Option<String>,
}

/// What operators of a region are told of, in the table `[alerts]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// How long something is wrong before it is told, and right before it is over, 0 to 86,400 s; 120.
    pub lasts_s: i64,
    /// Shorter queues are not told, 0 to 100,000 m; 0.
    pub queue_length_m_min: f64,
    /// Queues that cost a vehicle less are not told, 0 to 86,400 s; 0.
    pub queue_delay_s_min: f64,
    /// What is told of: `queue`, `contradiction`, `feed`, `ledger`; all.
    #[serde(deserialize_with = "alert_kinds")]
    pub kinds: Vec<AlertKind>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        let kinds = alert_kind_names().map(|(kind, _)| kind).collect();
        Self { lasts_s: 120, queue_length_m_min: 0.0, queue_delay_s_min: 0.0, kinds }
    }
}

impl AlertsConfig {
    fn validate(&self) -> Result<(), OptionsError> {
        let within = |value: f64, max: f64| (0.0..=max).contains(&value);
        let lasts = (0..=DAY_S).contains(&self.lasts_s);
        check("lasts_s", lasts, || format!("must be 0 to {DAY_S}, not {}", self.lasts_s))?;
        let length = within(self.queue_length_m_min, QUEUE_M_MAX);
        check("queue_length_m_min", length, || format!("must be 0 to {QUEUE_M_MAX} m"))?;
        let delay = within(self.queue_delay_s_min, DAY_S as f64);
        check("queue_delay_s_min", delay, || format!("must be 0 to {DAY_S} s"))
    }
}

/// Kinds of alerts with their names in configuration.
fn alert_kind_names() -> impl Iterator<Item = (AlertKind, String)> {
    let all = (1..).map_while(|number| AlertKind::try_from(number).ok());
    all.map(|kind| {
        let name = kind.as_str_name();
        (kind, name.strip_prefix("ALERT_KIND_").unwrap_or(name).to_ascii_lowercase())
    })
}

fn alert_kinds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AlertKind>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let kind = |name: &String| {
        let found = alert_kind_names().find(|(_, known)| known == name);
        found.map(|(kind, _)| kind).ok_or_else(|| {
            let known: Vec<String> = alert_kind_names().map(|(_, known)| known).collect();
            let known = known.join(", ");
            serde::de::Error::custom(format!("no kind of alert \"{name}\"; known are {known}"))
        })
    };
    names.iter().map(kind).collect()
}

/// A city of a region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityConfig {
    /// Id, 1 to 32 of `a-z 0-9 -`.
    pub id: Text,
    /// Name to show.
    pub name: Text,
    /// West, south, east, north in degrees.
    pub bbox: BoundingBox,
}

/// A feed: sources of one publisher that go through one decoder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Name, unique over all regions, 1 to 32 of `a-z 0-9 -`.
    pub name: Text,
    /// Title to show; the name when missing.
    #[serde(default)]
    pub title: String,
    /// Whom to name as the source, with the licence.
    #[serde(default)]
    pub attribution: String,
    /// Name of the format.
    pub format: String,
    /// Events this much older than the newest are late, 0 to ten years; 10.
    #[serde(default = "default_lateness_s")]
    pub lateness_s: i64,
    /// Objects not heard of for so long leave the picture, 1 s to ten years; 120.
    #[serde(default = "default_expire_after_s")]
    pub expire_after_s: i64,
    /// Silent this long is idle, 1 s to ten years; 30. For a source that is polled, set it to more
    /// than the distance of its polls.
    #[serde(default = "default_idle_after_s")]
    pub idle_after_s: i64,
    /// Reports older than this at reception get the verdict `stale`, 1 s to ten years; 600.
    #[serde(default = "default_stale_after_s")]
    pub stale_after_s: i64,
    /// Reports this far ahead of reception get the verdict `future`, 0 to ten years; 60.
    #[serde(default = "default_future_after_s")]
    pub future_after_s: i64,
    /// Speeds over it are impossible and taken out, 1 to 2,000 km/h; 220, the fastest train here.
    #[serde(default = "default_speed_km_h_max")]
    pub speed_km_h_max: f64,
    /// Verdicts that keep a record out of the picture; `["future"]`.
    #[serde(default = "default_quarantine", deserialize_with = "verdicts")]
    pub quarantine: Verdicts,
    /// Payloads over it are rejected as `too_large` unread, 1 KiB to 256 MiB; 32 MiB.
    #[serde(default = "default_payload_bytes_max")]
    pub payload_bytes_max: usize,
    /// Options of the format.
    #[serde(default)]
    pub options: toml::Table,
    /// Where the records come from.
    #[serde(default, rename = "source")]
    pub sources: Vec<SourceConfig>,
}

/// A connection of a feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// Name within the feed, 1 to 32 of `a-z 0-9 -`.
    pub name: Text,
    /// Name of the transport.
    pub transport: String,
    /// Options of the transport.
    #[serde(default)]
    pub options: toml::Table,
}

fn default_close_after_s() -> i64 {
    6
}

fn default_lateness_s() -> i64 {
    10
}

fn default_expire_after_s() -> i64 {
    120
}

fn default_idle_after_s() -> i64 {
    30
}

fn default_stale_after_s() -> i64 {
    600
}

fn default_future_after_s() -> i64 {
    60
}

fn default_speed_km_h_max() -> f64 {
    220.0
}

fn default_quarantine() -> Verdicts {
    Verdicts::default().with(Verdict::Future)
}

fn default_payload_bytes_max() -> usize {
    32 << 20
}

/// The name of a verdict in configuration and in the ledger.
///
/// ```
/// assert_eq!(ingest::verdict_name(events::Verdict::IdUnknown), "id_unknown");
/// ```
pub fn verdict_name(verdict: Verdict) -> String {
    let name = verdict.as_str_name();
    name.strip_prefix("VERDICT_").unwrap_or(name).to_ascii_lowercase()
}

fn verdicts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Verdicts, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let verdict = |name: &String| {
        let all = || (1..).map_while(|number| Verdict::try_from(number).ok());
        all().find(|&verdict| verdict_name(verdict) == *name).ok_or_else(|| {
            let known: Vec<String> = all().map(verdict_name).collect();
            let known = known.join(", ");
            serde::de::Error::custom(format!("no verdict \"{name}\"; known are {known}"))
        })
    };
    names.iter().map(verdict).collect()
}

/// Monthly means of air temperature that a place may have.
const TEMPERATURE_C: std::ops::RangeInclusive<f64> = -50.0..=40.0;

impl RegionConfig {
    /// Checks every value, with the feeds' formats and transports and their options. Connects to
    /// nothing. The error's key is the path in the file.
    pub fn validate(&self) -> Result<(), OptionsError> {
        check_id("id", &self.id)?;
        check_text("name", &self.name)?;
        self.time_zone()?;
        self.holiday_days()?;
        let in_range = (0..=CLOSE_AFTER_S_MAX).contains(&self.close_after_s);
        check("close_after_s", in_range, || format!("must be 0 to {CLOSE_AFTER_S_MAX} s"))?;
        let temperatures = self.temperature_c.iter().flatten();
        let sound = temperatures.clone().all(|degrees| TEMPERATURE_C.contains(degrees));
        check("temperature_c", sound, || "each month must be -50 to 40 °C".to_owned())?;
        self.alerts.validate().map_err(|error| under("alerts", error))?;
        let mut ids = BTreeSet::new();
        for (index, city) in self.cities.iter().enumerate() {
            let at = |key: &str| format!("city[{index}].{key}");
            check_id(&at("id"), &city.id)?;
            check_text(&at("name"), &city.name)?;
            check_unique(&mut ids, &at("id"), &city.id)?;
        }
        check("area", self.areas.len() <= AREA_FILES_MAX, || format!("at most {AREA_FILES_MAX}"))?;
        let within = self.feeds.len() <= FEEDS_MAX;
        check("feed", within, || format!("at most {FEEDS_MAX} feeds"))?;
        let mut names = BTreeSet::new();
        for (index, feed) in self.feeds.iter().enumerate() {
            let in_feed = |error: OptionsError| under(&format!("feed[{index}]"), error);
            check_unique(&mut names, "name", &feed.name).map_err(in_feed)?;
            self.validate_feed(feed).map_err(in_feed)?;
        }
        Ok(())
    }

    fn validate_feed(&self, feed: &FeedConfig) -> Result<(), OptionsError> {
        feed.validate()?;
        feed.decoder(&self.id, self.time_zone()?)?;
        let mut names = BTreeSet::new();
        for (index, source) in feed.sources.iter().enumerate() {
            let in_source = |error: OptionsError| under(&format!("source[{index}]"), error);
            check_id("name", &source.name).map_err(in_source)?;
            check_unique(&mut names, "name", &source.name).map_err(in_source)?;
            transport::check(source).map_err(in_source)?;
        }
        Ok(())
    }

    /// The region's part that the rest of the system knows.
    pub fn region(&self) -> Region {
        let city = |city: &CityConfig| City {
            id: city.id.clone(),
            name: city.name.clone(),
            bbox: city.bbox,
        };
        Region {
            id: self.id.clone(),
            name: self.name.clone(),
            bbox: self.bbox,
            cities: self.cities.iter().map(city).collect(),
        }
    }

    /// The time zone of local times in the feeds.
    pub fn time_zone(&self) -> Result<jiff::tz::TimeZone, OptionsError> {
        jiff::tz::TimeZone::get(&self.time_zone).map_err(|error| OptionsError {
            key: "time_zone".into(),
            message: format!("must be an IANA name such as Area/Place: {error}"),
        })
    }

    /// Environment variables that the sources name and that are not set, as
    /// `VARIABLE (feed, source)`.
    pub fn missing_environment(&self) -> Vec<String> {
        let sources = self.feeds.iter().flat_map(|feed| {
            let named = |source: &SourceConfig| {
                let names = transport::environment(source).into_iter();
                let missing = names.filter(|name| std::env::var_os(name).is_none());
                let line = |name| format!("{name} ({}, {})", feed.name, source.name);
                missing.map(line).collect::<Vec<_>>()
            };
            feed.sources.iter().flat_map(named).collect::<Vec<_>>()
        });
        sources.collect()
    }
}

impl FeedConfig {
    /// So long after a start all that the publisher lists has been listed, seconds: a document that is
    /// polled is the whole of what it is about. None where nothing is polled.
    pub fn relists_after_s(&self) -> Option<i64> {
        let is_polled = self.sources.iter().any(|source| source.transport == "http_poll");
        is_polled.then(|| self.idle_after_s.saturating_mul(2))
    }

    fn validate(&self) -> Result<(), OptionsError> {
        check_id("name", &self.name)?;
        let seconds = [
            ("lateness_s", self.lateness_s, 0),
            ("expire_after_s", self.expire_after_s, 1),
            ("idle_after_s", self.idle_after_s, 1),
            ("stale_after_s", self.stale_after_s, 1),
            ("future_after_s", self.future_after_s, 0),
        ];
        for (key, value, min) in seconds {
            let in_range = (min..=SECONDS_MAX).contains(&value);
            check(key, in_range, || format!("must be {min} to {SECONDS_MAX}, not {value}"))?;
        }
        let speed_km_h = self.speed_km_h_max;
        check("speed_km_h_max", (1.0..=2_000.0).contains(&speed_km_h), || {
            format!("must be 1 to 2000, not {speed_km_h}")
        })?;
        let bytes = self.payload_bytes_max;
        check("payload_bytes_max", (1_024..=PAYLOAD_BYTES_LIMIT).contains(&bytes), || {
            format!("must be 1024 to {PAYLOAD_BYTES_LIMIT}, not {bytes}")
        })?;
        let within = self.sources.len() <= SOURCES_MAX;
        check("source", within, || format!("at most {SOURCES_MAX} sources"))
    }

    /// A decoder of the feed's format with the feed's options.
    pub(crate) fn decoder(
        &self,
        region: &Text,
        time_zone: jiff::tz::TimeZone,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        let context = DecoderContext { feed: self.name.clone(), region: region.clone(), time_zone };
        let format = format::format(&self.format)?;
        format.decoder(&context, &self.options).map_err(|error| under("options", error))
    }
}

fn check(key: &str, holds: bool, message: impl FnOnce() -> String) -> Result<(), OptionsError> {
    if holds { Ok(()) } else { Err(OptionsError { key: key.to_owned(), message: message() }) }
}

fn check_id(key: &str, id: &str) -> Result<(), OptionsError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let holds = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(allowed);
    check(key, holds, || format!("must be 1 to {ID_BYTES_MAX} of a-z, 0-9 and -, not {id:?}"))
}

fn check_text(key: &str, text: &str) -> Result<(), OptionsError> {
    let holds = !text.trim().is_empty() && text.len() <= events::ID_BYTES_MAX;
    check(key, holds, || format!("must have 1 to {} bytes", events::ID_BYTES_MAX))
}

fn check_unique<'a>(
    seen: &mut BTreeSet<&'a str>,
    key: &str,
    id: &'a str,
) -> Result<(), OptionsError> {
    check(key, seen.insert(id), || format!("{id:?} is there twice"))
}

/// An error of a part, with the key path of the part before its own.
fn under(path: &str, error: OptionsError) -> OptionsError {
    OptionsError { key: format!("{path}.{}", error.key), message: error.message }
}
