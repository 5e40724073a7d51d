//! Resources of a web server, asked for again and again.
//!
//! | option | default | meaning |
//! | --- | --- | --- |
//! | `url` | | `http://` or `https://` address that the paths are relative to |
//! | `resource` | | 1 to 64 tables with `path` and `every_s` (0.1 to 604,800; 60) |
//! | `headers` | | headers to send, such as `Digitraffic-User` |
//! | `headers_env` | | headers whose value is in an environment variable, such as a key |
//! | `username_env`, `password_env` | | environment variables of HTTP Basic credentials |
//! | `requests_per_min_max` | 60 | pace of all requests to this host, 1 to 6,000 |
//! | `timeout_s` | 30 | longest time of a whole answer, 0.1 to 600 |
//! | `ca_file` | | trust only the certificate authorities of this PEM file |
//!
//! Every request asks for gzip and, when the last answer allowed it, only for news (`ETag`,
//! `Last-Modified`). The topic of a record is the resource's path.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::backoff::random_share;
use super::host_limits::Pace;
use super::http_answer::{Answer, Failure, Reader, causes};
use super::{Arrival, SourceContext, Transport, TransportError, TransportKind, options, tls};
use crate::format::OptionsError;

/// Most resources of a source.
const RESOURCES_MAX: usize = 64;
/// Most headers of a request.
const HEADERS_MAX: usize = 32;
/// Most redirects of a request: publishers move a path once, and to https once.
const REDIRECTS_MAX: usize = 5;
/// First pause after a failure, unless the resource is asked for more often.
const RETRY_FIRST: Duration = Duration::from_secs(30);
/// Longest pause after failures.
const RETRY_MAX: Duration = Duration::from_mins(5);
/// Who asks: publishers want to know.
const USER_AGENT: &str = concat!("tilanne/", env!("CARGO_PKG_VERSION"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    url: String,
    #[serde(rename = "resource")]
    resources: Vec<ResourceOptions>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    headers_env: BTreeMap<String, String>,
    username_env: Option<String>,
    password_env: Option<String>,
    #[serde(default = "default_requests_per_min_max")]
    requests_per_min_max: u32,
    #[serde(default = "default_timeout_s")]
    timeout_s: f64,
    ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceOptions {
    path: String,
    #[serde(default = "default_every_s")]
    every_s: f64,
}

fn default_requests_per_min_max() -> u32 {
    60
}

fn default_timeout_s() -> f64 {
    30.0
}

fn default_every_s() -> f64 {
    60.0
}

impl Options {
    fn parse(table: &toml::Table) -> Result<(Self, Vec<Resource>), OptionsError> {
        let parsed: Self = options::parse(table)?;
        let base = options::address("url", &parsed.url, &["http", "https"])?;
        if !(1..=RESOURCES_MAX).contains(&parsed.resources.len()) {
            let message = format!("must be 1 to {RESOURCES_MAX} tables");
            return Err(options::error("resource", message));
        }
        let resource = |(index, resource): (usize, &ResourceOptions)| {
            let at = |key: &str| format!("resource[{index}].{key}");
            let url = base.join(&resource.path).map_err(|cause| {
                options::error(&at("path"), format!("{:?}: {cause}", resource.path))
            })?;
            let url = options::address(&at("path"), url.as_str(), &["http", "https"])?;
            let every = options::seconds(&at("every_s"), resource.every_s, 0.1..=604_800.0)?;
            Ok(Resource::new(url, resource.path.clone(), every))
        };
        let resources = parsed.resources.iter().enumerate().map(resource);
        let resources = resources.collect::<Result<Vec<_>, OptionsError>>()?;
        if parsed.headers.len() + parsed.headers_env.len() > HEADERS_MAX {
            let message = format!("must be at most {HEADERS_MAX}, with headers_env");
            return Err(options::error("headers", message));
        }
        for (name, value) in &parsed.headers {
            header(name, value).map_err(|cause| options::error("headers", cause))?;
        }
        for name in parsed.headers_env.keys() {
            header(name, "").map_err(|cause| options::error("headers_env", cause))?;
        }
        if !(1..=6_000).contains(&parsed.requests_per_min_max) {
            return Err(options::error("requests_per_min_max", "must be 1 to 6000"));
        }
        options::seconds("timeout_s", parsed.timeout_s, 0.1..=600.0)?;
        options::check_credentials(parsed.username_env.as_ref(), parsed.password_env.as_ref())?;
        Ok((parsed, resources))
    }

    fn headers(&self) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &str, key: &str, is_secret: bool| {
            let (name, mut value) =
                header(name, value).map_err(|cause| options::error(key, cause))?;
            value.set_sensitive(is_secret);
            headers.insert(name, value);
            Ok::<(), TransportError>(())
        };
        for (name, value) in &self.headers {
            add(name, value, "headers", false)?;
        }
        for (name, variable) in &self.headers_env {
            add(name, &options::variable(variable, "value of a header")?, "headers_env", true)?;
        }
        Ok(headers)
    }

    fn client(&self, needs_tls: bool) -> Result<Client, TransportError> {
        // Without an https address the trust store is not read: it may not be there.
        let tls = if needs_tls {
            tls::client_config(self.ca_file.as_deref())?
        } else {
            tls::trusting_nobody()
        };
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .gzip(true)
            .default_headers(self.headers()?)
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::limited(REDIRECTS_MAX))
            .timeout(Duration::from_secs_f64(self.timeout_s))
            .build();
        client.map_err(|error| options::error("url", causes(&error)).into())
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let header_name = name.parse().map_err(|_| format!("{name:?} is no header name"))?;
    let value = value.parse().map_err(|_| format!("the value of {name:?} cannot be sent"))?;
    Ok((header_name, value))
}

/// The kind; see the module.
pub(super) struct HttpPoll;

impl TransportKind for HttpPoll {
    fn name(&self) -> &'static str {
        "http_poll"
    }

    fn check(&self, options: &toml::Table) -> Result<Vec<String>, OptionsError> {
        let (options, _) = Options::parse(options)?;
        let credentials = options.username_env.into_iter().chain(options.password_env);
        Ok(credentials.chain(options.headers_env.into_values()).collect())
    }

    fn open(
        &self,
        context: SourceContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Transport>, TransportError> {
        let (options, resources) = Options::parse(options)?;
        let credentials =
            options::credentials(options.username_env.as_ref(), options.password_env.as_ref())?;
        let needs_tls = resources.iter().any(|resource| resource.url.scheme() == "https");
        let reader = Reader {
            client: options.client(needs_tls)?,
            credentials,
            bytes_max: context.payload_bytes_max,
        };
        // Evenly, not all at the beginning of a minute.
        let period = Duration::from_mins(1) / options.requests_per_min_max;
        let pace = Pace { turns: 1, period };
        Ok(Box::new(Poller { context, reader, resources, pace, waiting: VecDeque::new() }))
    }
}

/// A resource and what is known of it.
pub(super) struct Resource {
    pub(super) url: Url,
    path: String,
    every: Duration,
    due: Instant,
    failures: u32,
    /// Of the last answer with a body.
    pub(super) etag: Option<HeaderValue>,
    /// Of the last answer with a body.
    pub(super) last_modified: Option<HeaderValue>,
    /// Whether the log says already that it will be switched off.
    pub(super) is_end_said: bool,
}

impl Resource {
    fn new(url: Url, path: String, every: Duration) -> Self {
        Self {
            url,
            path,
            every,
            due: Instant::now(),
            failures: 0,
            etag: None,
            last_modified: None,
            is_end_said: false,
        }
    }

    fn answered(&mut self) {
        self.failures = 0;
        // From the planned time on, so that the pace holds; missed turns are not made up for.
        self.due = (self.due + self.every).max(Instant::now());
    }

    fn failed(&mut self, pause: Option<Duration>) {
        // What is asked for twice a day is not waited for half a day: without a register of stations the
        // measurements have no place.
        let first = self.every.min(RETRY_FIRST);
        let wait = first.saturating_mul(1 << self.failures.min(16)).min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        let wait = wait.mul_f64(1.0 + 0.25 * random_share());
        self.due = Instant::now() + wait.max(pause.unwrap_or_default());
    }
}

/// Asks for one resource after the other, each when it is due.
struct Poller {
    context: SourceContext,
    reader: Reader,
    resources: Vec<Resource>,
    pace: Pace,
    waiting: VecDeque<Arrival>,
}

#[async_trait]
impl Transport for Poller {
    async fn next(&mut self) -> Result<Arrival, TransportError> {
        if let Some(arrival) = self.waiting.pop_front() {
            return Ok(arrival);
        }
        let next = self.resources.iter_mut().min_by_key(|resource| resource.due);
        let resource = next.expect("there is a resource: the options are checked");
        sleep_until(resource.due).await;
        let host = resource.url.host_str().unwrap_or_default().to_owned();
        self.context.hosts.turn(&host, self.pace).await;
        let now_ms = self.context.clock.now_ms();
        let arrival = match self.reader.read(resource, now_ms).await {
            Ok(Answer::Body(body)) => Arrival::Record(self.context.raw(&resource.path, body), 0),
            Ok(Answer::TooLarge(message)) => {
                let raw = self.context.raw(&resource.path, bytes::Bytes::new());
                Arrival::TooLarge(raw, format!("{}: {message}", resource.url))
            }
            Ok(Answer::Unchanged) => Arrival::Unchanged,
            Err(Failure { message, pause }) => {
                if let Some(pause) = pause {
                    self.context.hosts.pause(&host, pause);
                }
                resource.failed(pause);
                let endpoint = resource.url.to_string();
                return Err(TransportError::Answer { endpoint, message });
            }
        };
        resource.answered();
        if self.resources.iter().all(|resource| resource.failures == 0) {
            self.waiting.push_back(Arrival::Connected);
        }
        Ok(arrival)
    }
}
