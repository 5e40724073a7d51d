//! Transports: where payloads come from. They know protocols and nothing of what is inside.
//!
//! | to add a transport | touch |
//! | --- | --- |
//! | its code | `transport/<name>.rs` |
//! | the lists here | one `mod` line, one line of [`TRANSPORTS`] |

mod backoff;
mod file;
mod host_limits;
mod http_answer;
mod http_poll;
mod mqtt;
mod once;
mod options;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use events::{RawRecord, Text};

use crate::clock::Clock;
use crate::config::SourceConfig;
use crate::format::OptionsError;
pub use host_limits::HostLimits;

/// All transports, in alphabetical order.
pub const TRANSPORTS: &[&dyn TransportKind] = &[&file::File, &http_poll::HttpPoll, &mqtt::Mqtt];

/// A protocol that sources can use.
pub trait TransportKind: Sync {
    /// The name that configuration uses.
    fn name(&self) -> &'static str;

    /// Checks the options of a source without connecting to anything, and names the environment
    /// variables that they ask for.
    fn check(&self, options: &toml::Table) -> Result<Vec<String>, OptionsError>;

    /// Makes ready to connect: reads credentials and certificates.
    fn open(
        &self,
        context: SourceContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Transport>, TransportError>;
}

/// One source of a feed.
#[async_trait]
pub trait Transport: Send {
    /// Waits for what comes next, and connects first when it must.
    ///
    /// After an error the transport is not broken: the next call waits as long as politeness to the
    /// publisher asks for and tries again.
    async fn next(&mut self) -> Result<Arrival, TransportError>;
}

/// What came from a source.
#[derive(Debug)]
pub enum Arrival {
    /// A payload. The shift is added to its times, when a recording of the past plays as present.
    Record(RawRecord, i64),
    /// A payload over the bound that was not read; the text says how large. The record names its
    /// topic, when that is known, and holds no payload.
    TooLarge(RawRecord, String),
    /// The publisher answered that it has nothing new.
    Unchanged,
    /// All of the source is well now.
    Connected,
    /// Nothing will come any more.
    Ended,
}

/// Whose transport it is, and what it shares with others.
#[derive(Clone)]
pub struct SourceContext {
    /// Name of the feed.
    pub feed: Text,
    /// Name of the source within the feed.
    pub source: Text,
    /// Says the received time.
    pub clock: Arc<dyn Clock>,
    /// Shared by all sources that ask the same hosts.
    pub hosts: Arc<HostLimits>,
    /// Bound of a payload.
    pub payload_bytes_max: usize,
}

impl SourceContext {
    fn raw(&self, topic: &str, payload: Bytes) -> RawRecord {
        RawRecord {
            feed: self.feed.to_string(),
            source: self.source.to_string(),
            topic: topic.to_owned(),
            received_time_ms: self.clock.now_ms(),
            payload,
        }
    }
}

/// Why a source gives nothing at the moment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// Its options cannot be.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// An environment variable that the options name is not set.
    #[error("environment variable {name} is not set: it holds the {purpose}")]
    MissingVariable {
        /// Name of the variable.
        name: String,
        /// What it is for.
        purpose: &'static str,
    },
    /// A file cannot be read.
    #[error("{}: {message}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// No connection, or it was lost.
    #[error("{endpoint}: {message}; next try in {retry_s} s")]
    Connection {
        /// Address without credentials.
        endpoint: String,
        /// What happened.
        message: String,
        /// Seconds until the next try.
        retry_s: u64,
    },
    /// The publisher answered, but not with data.
    #[error("{endpoint}: {message}")]
    Answer {
        /// Address without credentials.
        endpoint: String,
        /// What it answered and what to do.
        message: String,
    },
}

/// The transport of a name.
///
/// ```
/// let error = ingest::transport::transport("mqttt").err().unwrap();
/// assert!(error.to_string().contains("file, http_poll, mqtt"));
/// ```
pub fn transport(name: &str) -> Result<&'static dyn TransportKind, OptionsError> {
    let found = TRANSPORTS.iter().find(|transport| transport.name() == name);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = TRANSPORTS.iter().map(|transport| transport.name()).collect();
        OptionsError {
            key: "transport".to_owned(),
            message: format!("no transport \"{name}\"; known are {}", known.join(", ")),
        }
    })
}

/// Checks a source's transport and its options; the error's key is the path within the source.
pub(crate) fn check(source: &SourceConfig) -> Result<(), OptionsError> {
    let checked = transport(&source.transport)?.check(&source.options);
    checked.map(|_| ()).map_err(|error| OptionsError {
        key: format!("options.{}", error.key),
        message: error.message,
    })
}

/// Environment variables that a source asks for.
pub(crate) fn environment(source: &SourceConfig) -> Vec<String> {
    let checked = transport(&source.transport).and_then(|kind| kind.check(&source.options));
    checked.unwrap_or_default()
}

/// Makes a source ready to connect.
pub(crate) fn open(
    source: &SourceConfig,
    context: SourceContext,
) -> Result<Box<dyn Transport>, TransportError> {
    transport(&source.transport)?.open(context, &source.options)
}
