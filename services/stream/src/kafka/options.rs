//! What can be set on the log in Apache Kafka.

use std::path::PathBuf;

use serde::Deserialize;

use crate::log::topic;
use crate::{StoreOptions, StreamError};

/// Longest name that Kafka gives a topic, less the longest of ours.
const PREFIX_BYTES_MAX: usize = 200;
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// Table `[kafka]` of the configuration: with it the log is in Apache Kafka, and roles run as processes
/// of their own.
///
/// ```
/// let options: stream::KafkaOptions = toml::from_str("bootstrap_servers = 'kafka:9092'").unwrap();
/// assert_eq!(options.check(), Ok(()));
/// assert_eq!(options.topic("events"), "tilanne.events");
/// let options: stream::KafkaOptions = toml::from_str("").unwrap();
/// assert_eq!(options.check().unwrap_err().key, "bootstrap_servers");
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaOptions {
    /// Brokers to ask for the others, `host:port` with commas between.
    pub bootstrap_servers: String,
    /// What the names of topics and groups begin with, so that deployments share a cluster.
    pub topic_prefix: String,
    /// Encrypts connections.
    pub tls: Option<Tls>,
    /// Says who we are.
    pub sasl: Option<Sasl>,
    /// What batches are for.
    pub tuning: Tuning,
    /// Where checkpoints are: a folder that all processors and gateways see. The binary takes a folder
    /// in the data directory where nothing is said.
    pub checkpoint_directory: Option<PathBuf>,
    /// S3-compatible store for checkpoints, in place of a folder.
    pub checkpoint_s3: Option<StoreOptions>,
    /// A process that sends no heartbeat for so long has lost its regions, 1,000 to 300,000 ms. Brokers
    /// take no less than their `group.min.session.timeout.ms`.
    pub session_timeout_ms: u32,
    /// Name of this process among its like, the same after a restart (static membership): one that is
    /// back within the session keeps its regions without a rebalance.
    pub instance: Option<String>,
    /// Whether this process keeps the regions warm that others have, to take over in an instant.
    pub standby: bool,
    /// Copies of each partition, for `tilanne topics apply`.
    pub replication_factor: u16,
    /// Largest record, bytes: a whole data set of situations, kept raw in the dead letters.
    pub record_bytes_max: usize,
    /// Milliseconds that topics keep records, for `tilanne topics apply`.
    pub retention_ms: Retention,
}

/// How long topics keep records, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Records as received.
    pub raw: u64,
    /// Checked events.
    pub events: u64,
    /// Deltas; the newest of each object stays as long.
    pub picture: u64,
    /// What was rejected.
    pub dead_letter: u64,
    /// What operators are told of.
    pub alerts: u64,
}

/// Encryption of connections. An empty table trusts the certificates of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Certificates to trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate, PEM, where brokers ask for one.
    pub certificate_file: Option<PathBuf>,
    /// Its key, PEM.
    pub key_file: Option<PathBuf>,
}

/// Who we are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// How that is proved.
    pub mechanism: Mechanism,
    /// User, for SCRAM.
    #[serde(default)]
    pub user: String,
    /// Environment variable that has the password, for SCRAM: no secret stands in a file.
    #[serde(default)]
    pub password_env: String,
    /// File with the token, for OAUTHBEARER: a JSON Web Token that something else renews, as agents of
    /// clouds do. Read again before it expires.
    pub token_file: Option<PathBuf>,
}

/// How it is proved who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Mechanism {
    /// Password, salted and hashed with SHA-256.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// Password, salted and hashed with SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    /// A token.
    #[serde(rename = "OAUTHBEARER")]
    OauthBearer,
}

/// What batches are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tuning {
    /// Records leave within a millisecond.
    #[default]
    Latency,
    /// Records wait up to 20 ms for others, in batches of up to a mebibyte.
    Throughput,
}

impl Tuning {
    /// Milliseconds that a record waits for others.
    pub(super) fn linger_ms(self) -> &'static str {
        match self {
            Self::Latency => "1",
            Self::Throughput => "20",
        }
    }

    /// Bytes of a batch.
    pub(super) fn batch_bytes(self) -> &'static str {
        match self {
            Self::Latency => "262144",
            Self::Throughput => "1048576",
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            raw: DAY_MS,
            events: DAY_MS,
            picture: DAY_MS,
            dead_letter: 7 * DAY_MS,
            alerts: 7 * DAY_MS,
        }
    }
}

impl Retention {
    /// That of a topic; a topic that is not known here is kept as events are.
    pub(super) fn of(self, name: &str) -> u64 {
        match name {
            topic::RAW => self.raw,
            topic::PICTURE => self.picture,
            topic::DEAD_LETTER => self.dead_letter,
            topic::ALERTS => self.alerts,
            _ => self.events,
        }
    }
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            topic_prefix: "tilanne.".into(),
            tls: None,
            sasl: None,
            tuning: Tuning::default(),
            checkpoint_directory: None,
            checkpoint_s3: None,
            session_timeout_ms: 6_000,
            instance: None,
            standby: false,
            replication_factor: 1,
            record_bytes_max: 8 << 20,
            retention_ms: Retention::default(),
        }
    }
}

/// A choice that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct KafkaOptionsError {
    /// Key within the table.
    pub key: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl KafkaOptions {
    /// The name of a topic in Kafka.
    pub fn topic(&self, topic: &str) -> String {
        format!("{}{topic}", self.topic_prefix)
    }

    /// Says which choice cannot be.
    pub fn check(&self) -> Result<(), KafkaOptionsError> {
        let wrong = |key, message: String| Err(KafkaOptionsError { key, message });
        if self.bootstrap_servers.trim().is_empty() {
            return wrong("bootstrap_servers", "names no broker; say host:port".into());
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if self.topic_prefix.len() > PREFIX_BYTES_MAX || !self.topic_prefix.bytes().all(is_plain) {
            return wrong(
                "topic_prefix",
                format!("must be at most {PREFIX_BYTES_MAX} of a-z, A-Z, 0-9, '.', '_', '-'"),
            );
        }
        if self.checkpoint_directory.is_some() && self.checkpoint_s3.is_some() {
            return wrong("checkpoint_s3", "either a directory or s3, not both".into());
        }
        if !(1_000..=300_000).contains(&self.session_timeout_ms) {
            let message = format!("is {}, it must be 1000 to 300000", self.session_timeout_ms);
            return wrong("session_timeout_ms", message);
        }
        if self.replication_factor == 0 {
            return wrong("replication_factor", "is 0, it must be 1 or more".into());
        }
        if !(1 << 20..=64 << 20).contains(&self.record_bytes_max) {
            let message = format!("is {}, it must be 1 MiB to 64 MiB", self.record_bytes_max);
            return wrong("record_bytes_max", message);
        }
        self.sasl.as_ref().map_or(Ok(()), Sasl::check)
    }
}

impl Sasl {
    fn check(&self) -> Result<(), KafkaOptionsError> {
        let wrong = |key, message: &str| Err(KafkaOptionsError { key, message: message.into() });
        match self.mechanism {
            Mechanism::OauthBearer if self.token_file.is_none() => {
                wrong("sasl.token_file", "OAUTHBEARER needs a file with the token")
            }
            Mechanism::ScramSha256 | Mechanism::ScramSha512 if self.user.is_empty() => {
                wrong("sasl.user", "SCRAM needs a user")
            }
            Mechanism::ScramSha256 | Mechanism::ScramSha512 if self.password_env.is_empty() => {
                wrong(
                    "sasl.password_env",
                    "SCRAM needs the name of an environment variable that has the password",
                )
            }
            _ => Ok(()),
        }
    }

    /// The password, from the environment.
    pub(super) fn password(&self) -> Result<String, StreamError> {
        std::env::var(&self.password_env).map_err(|_| {
            let name = &self.password_env;
            StreamError::Kafka(format!("environment variable {name} has no password for Kafka"))
        })
    }
}
