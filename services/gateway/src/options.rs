//! What an operator can choose about the gateway, with defaults and bounds.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most objects that a page may be configured to hold: 10,000 vehicles are some 6 MB of JSON.
pub const PAGE_LIMIT_MAX: usize = 10_000;

/// Table `[gateway]` of the configuration. Every key is optional.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Address to listen on. Only this machine unless said otherwise.
    pub listen: SocketAddr,
    /// Background map style for the dashboard (a MapLibre style document, http or https).
    pub map_style_url: Option<String>,
    /// Languages that the dashboard offers, the first is its default.
    pub languages: Vec<String>,
    /// Origins whose pages may read the API; `"*"` lets all. The data is public and the API knows
    /// no cookies, so all may by default.
    pub cors_origins: Vec<String>,
    /// Longest time to answer a request, 100 to 600,000 ms.
    pub request_timeout_ms: u64,
    /// Largest request body, at most 1 MiB. No route wants one.
    pub body_bytes_max: usize,
    /// Most HTTP connections at a time, those of the stream not counted: 1 to 65,536. The next
    /// ones get a 503.
    pub connections_max: usize,
    /// Most objects a page, and the number when `limit` is not given: 1 to [`PAGE_LIMIT_MAX`].
    pub page_limit_max: usize,
    /// Most moments of a series (`from`, `to`, `step`), 1 to 100,000: each is made and sent by itself,
    /// and only what is said of it is kept to the end, some kilobytes in GeoJSON.
    pub moments_max: usize,
    /// The WebSocket stream.
    pub push: PushOptions,
    /// Vector tiles.
    pub tiles: TileOptions,
    /// Exports.
    pub exports: ExportOptions,
}

/// Table `[gateway.exports]`: files that clients ask for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportOptions {
    /// Most exports that there are at a time, waiting and done ones too: 1 to 10,000.
    pub jobs_max: usize,
    /// Most bytes of a file, 1 KiB to 1 TiB.
    pub bytes_max: u64,
    /// How long a file is kept, 1 to 31,536,000 s.
    pub keep_s: u64,
}

/// Table `[gateway.tiles]`: vector tiles.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TileOptions {
    /// Most tiles that are kept, 1 to 1,000,000: a screen shows some 20 of a layer.
    pub cache_entries_max: usize,
    /// Most bytes of tiles that are kept, at most 4 GiB; 0 keeps none.
    pub cache_bytes_max: usize,
    /// Most objects of a tile, 1 to 1,000,000. What has more is drawn by its main streets first; the
    /// default is some 2 MB, which a browser draws in a frame.
    pub objects_max: usize,
}

/// Table `[gateway.push]`: the WebSocket stream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushOptions {
    /// Most clients at a time, 1 to 65,536; the next ones get a 503.
    pub clients_max: usize,
    /// Most subscriptions of one client, 1 to 64.
    pub subscriptions_max: usize,
    /// Shortest time between two frames of a client, 1 to 10,000 ms. What changes several times
    /// within is sent once. The first change after a pause goes out at once.
    pub flush_interval_ms: u64,
    /// Changes that a region keeps of each layer for clients that are behind, 1 to 1,000,000.
    /// Whoever is further behind gets the layer anew. Shared by all clients: a stalled one costs
    /// nothing. The default is 1.6 s of 5,000 changes/s, and some 10 MB a layer that moves so fast.
    pub backlog_changes_max: usize,
    /// Most objects of one subscription, 1 to 1,000,000: bounds what is remembered of what a client
    /// has. Whoever asks for more is told to take a smaller box.
    pub objects_max: usize,
    /// Most objects of one frame, 1 to 100,000; what is more follows in the next ones. The default
    /// is 5 MB of links, which a client has to hold at a time, and the server for each client.
    pub frame_objects_max: usize,
    /// Longest message from a client, 256 to 1,048,576 bytes.
    pub message_bytes_max: usize,
    /// Messages that are not understood before the client is disconnected, at most 10,000.
    pub errors_max: usize,
    /// Time between pings, 100 to 3,600,000 ms.
    pub ping_interval_ms: u64,
    /// A client of which nothing, not even a pong, came for so long is disconnected: longer than
    /// the ping interval. On Linux also one of any route that takes nothing of its answer.
    pub idle_timeout_ms: u64,
    /// A client that has not taken a frame after so long is disconnected, 100 to 3,600,000 ms.
    pub stall_timeout_ms: u64,
    /// Serves `/echo`, which sends each message back. For tests alone: no configuration can say it.
    #[serde(skip)]
    pub echo: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            map_style_url: None,
            languages: ["en", "fi", "sv"].map(String::from).to_vec(),
            cors_origins: vec!["*".into()],
            request_timeout_ms: 10_000,
            body_bytes_max: 16 * 1024,
            connections_max: 4_096,
            page_limit_max: 1_000,
            moments_max: 1_500,
            push: PushOptions::default(),
            tiles: TileOptions::default(),
            exports: ExportOptions::default(),
        }
    }
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { jobs_max: 32, bytes_max: 4 << 30, keep_s: 86_400 }
    }
}

impl Default for TileOptions {
    fn default() -> Self {
        Self { cache_entries_max: 4_096, cache_bytes_max: 64 << 20, objects_max: 20_000 }
    }
}

impl Default for PushOptions {
    fn default() -> Self {
        Self {
            clients_max: 1_000,
            subscriptions_max: 8,
            flush_interval_ms: 10,
            backlog_changes_max: 8_192,
            objects_max: 100_000,
            frame_objects_max: 4_096,
            message_bytes_max: 16 * 1024,
            errors_max: 16,
            ping_interval_ms: 20_000,
            idle_timeout_ms: 60_000,
            stall_timeout_ms: 60_000,
            echo: false,
        }
    }
}

/// A choice that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// A number outside its bounds.
    #[error("gateway.{key} is {value}, it must be {min} to {max}")]
    OutOfRange {
        /// Key within the table.
        key: &'static str,
        /// As configured.
        value: u64,
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A background style that no browser would load.
    #[error("gateway.map_style_url {0:?} does not start with http:// or https://")]
    MapStyleUrl(String),
    /// An origin that no request could have.
    #[error("gateway.cors_origins has {0:?}, it must be \"*\" or like https://example.org")]
    CorsOrigin(String),
    /// No language.
    #[error("gateway.languages is empty, it must name at least one language")]
    Languages,
    /// Clients would be cut off between two pings.
    #[error("gateway.push.idle_timeout_ms must be longer than gateway.push.ping_interval_ms")]
    IdleTimeout,
    /// Two regions of the same name.
    #[error("region {0:?} is there twice")]
    RegionTwice(String),
}

impl Options {
    /// Checks the bounds.
    ///
    /// ```
    /// let mut options = gateway::Options::default();
    /// assert_eq!(options.validate(), Ok(()));
    /// options.page_limit_max = 0;
    /// let error = options.validate().unwrap_err();
    /// assert_eq!(error.to_string(), "gateway.page_limit_max is 0, it must be 1 to 10000");
    /// ```
    pub fn validate(&self) -> Result<(), OptionsError> {
        let push = &self.push;
        let tiles = &self.tiles;
        let exports = &self.exports;
        for (key, value, range) in [
            ("request_timeout_ms", self.request_timeout_ms, 100..=600_000),
            ("body_bytes_max", self.body_bytes_max as u64, 0..=1 << 20),
            ("connections_max", self.connections_max as u64, 1..=65_536),
            ("page_limit_max", self.page_limit_max as u64, 1..=PAGE_LIMIT_MAX as u64),
            ("moments_max", self.moments_max as u64, 1..=100_000),
            ("push.clients_max", push.clients_max as u64, 1..=65_536),
            ("push.subscriptions_max", push.subscriptions_max as u64, 1..=64),
            ("push.flush_interval_ms", push.flush_interval_ms, 1..=10_000),
            ("push.backlog_changes_max", push.backlog_changes_max as u64, 1..=1_000_000),
            ("push.objects_max", push.objects_max as u64, 1..=1_000_000),
            ("push.frame_objects_max", push.frame_objects_max as u64, 1..=100_000),
            ("push.message_bytes_max", push.message_bytes_max as u64, 256..=1 << 20),
            ("push.errors_max", push.errors_max as u64, 0..=10_000),
            ("push.ping_interval_ms", push.ping_interval_ms, 100..=3_600_000),
            ("push.idle_timeout_ms", push.idle_timeout_ms, 200..=7_200_000),
            ("push.stall_timeout_ms", push.stall_timeout_ms, 100..=3_600_000),
            ("tiles.cache_entries_max", tiles.cache_entries_max as u64, 1..=1_000_000),
            ("tiles.cache_bytes_max", tiles.cache_bytes_max as u64, 0..=4 << 30),
            ("exports.jobs_max", exports.jobs_max as u64, 1..=10_000),
            ("exports.bytes_max", exports.bytes_max, 1 << 10..=1 << 40),
            ("exports.keep_s", exports.keep_s, 1..=31_536_000),
            ("tiles.objects_max", tiles.objects_max as u64, 1..=1_000_000),
        ] {
            bounded(key, value, &range)?;
        }
        if push.idle_timeout_ms <= push.ping_interval_ms {
            return Err(OptionsError::IdleTimeout);
        }
        if self.languages.is_empty() {
            return Err(OptionsError::Languages);
        }
        match &self.map_style_url {
            Some(url) if !is_http(url) => Err(OptionsError::MapStyleUrl(url.clone())),
            _ => self.cors_origins.iter().try_for_each(|origin| check_origin(origin)),
        }
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }
}

fn bounded(key: &'static str, value: u64, range: &RangeInclusive<u64>) -> Result<(), OptionsError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(OptionsError::OutOfRange { key, value, min: *range.start(), max: *range.end() })
}

fn is_http(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace()))
}

fn check_origin(origin: &str) -> Result<(), OptionsError> {
    let host = origin.splitn(3, '/').nth(2).unwrap_or_default();
    let is_header = axum::http::HeaderValue::from_str(origin).is_ok();
    if origin == "*" || (is_http(origin) && is_header && !host.contains('/')) {
        Ok(())
    } else {
        Err(OptionsError::CorsOrigin(origin.into()))
    }
}

/// Where what is shown comes from. Every answer says so: a demo never looks live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The bundled recording.
    Demo,
    /// The publishers, now.
    Live,
    /// A recording that the operator chose.
    Replay,
}

impl Origin {
    /// Its name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Live => "live",
            Self::Replay => "replay",
        }
    }
}
