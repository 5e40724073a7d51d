//! Clients of Kafka: their settings, their log lines, and how they prove who they are.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use serde::Deserialize;

use super::options::{KafkaOptions, Mechanism};
use crate::StreamError;

/// Patience with one request to a broker.
pub(super) const REQUEST_PATIENCE: Duration = Duration::from_secs(10);
/// Pause between attempts.
pub(super) const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// What is set on every client.
pub(super) fn config(options: &KafkaOptions) -> Result<ClientConfig, StreamError> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &options.bootstrap_servers)
        .set("client.id", "tilanne")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.keepalive.enable", "true")
        // By default what a broker said that was just starting is believed for five minutes.
        .set("topic.metadata.refresh.interval.ms", "10000")
        // A broker that went without a word is found out within this.
        .set("socket.timeout.ms", "10000");
    let protocol = match (&options.tls, &options.sasl) {
        (None, None) => "plaintext",
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    };
    config.set("security.protocol", protocol);
    if let Some(tls) = &options.tls {
        let files = [
            ("ssl.ca.location", &tls.ca_file),
            ("ssl.certificate.location", &tls.certificate_file),
            ("ssl.key.location", &tls.key_file),
        ];
        for (key, file) in files {
            if let Some(file) = file {
                config.set(key, path(file)?);
            }
        }
    }
    if let Some(sasl) = &options.sasl {
        let mechanism = match sasl.mechanism {
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::ScramSha512 => "SCRAM-SHA-512",
            Mechanism::OauthBearer => "OAUTHBEARER",
        };
        config.set("sasl.mechanism", mechanism);
        if sasl.mechanism != Mechanism::OauthBearer {
            config.set("sasl.username", &sasl.user).set("sasl.password", sasl.password()?);
        }
    }
    Ok(config)
}

/// What is set on clients that read.
pub(super) fn reader_config(options: &KafkaOptions) -> Result<ClientConfig, StreamError> {
    let mut config = config(options)?;
    config
        // Needed by the library; who assigns partitions himself is in no group.
        .set("group.id", format!("{}readers", options.topic_prefix))
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "false")
        .set("fetch.wait.max.ms", "100")
        // By default a full queue is looked at again after a second.
        .set("fetch.queue.backoff.ms", "5")
        .set("queued.min.messages", "20000")
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.message.max.bytes", "4194304")
        .set("receive.message.max.bytes", (options.record_bytes_max + (64 << 20)).to_string());
    Ok(config)
}

fn path(file: &Path) -> Result<&str, StreamError> {
    file.to_str().ok_or_else(|| StreamError::Kafka(format!("{} is no UTF-8", file.display())))
}

/// Takes what a client says by itself.
pub(super) struct Context {
    token_file: Option<PathBuf>,
    /// The newest trouble, to be named where an operation fails of it.
    trouble: Mutex<Option<String>>,
}

impl Context {
    pub(super) fn new(options: &KafkaOptions) -> Self {
        let token_file = options.sasl.as_ref().and_then(|sasl| sasl.token_file.clone());
        Self { token_file, trouble: Mutex::new(None) }
    }

    /// The newest trouble, once.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => {
                tracing::warn!(target: "stream::kafka", fac, "{message}");
            }
            RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice => {
                tracing::info!(target: "stream::kafka", fac, "{message}");
            }
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "stream::kafka", fac, "{message}");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "stream::kafka", %error, "{reason}");
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        // "All brokers down" says less than what came before it.
        let is_vague = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if !is_vague || trouble.is_none() {
            *trouble = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(
        &self,
        _: Option<&str>,
    ) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        let file = self.token_file.as_ref().ok_or("sasl.token_file is missing")?;
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        token(text.trim()).map_err(|error| format!("{}: {error}", file.display()).into())
    }
}

impl ConsumerContext for Context {}

/// What a JSON Web Token says of itself; the broker is who checks it.
fn token(text: &str) -> Result<OAuthToken, String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
        exp: f64,
    }
    let claims = text.split('.').nth(1).ok_or("is no JSON Web Token")?;
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|error| error.to_string())?;
    let claims: Claims = serde_json::from_slice(&claims)
        .map_err(|error| format!("the token does not say sub and exp: {error}"))?;
    let lifetime_ms = (claims.exp * 1_000.0) as i64;
    Ok(OAuthToken { token: text.to_owned(), principal_name: claims.sub, lifetime_ms })
}

/// An error of the library with what the client had said before.
pub(super) fn failed(doing: &str, error: &KafkaError, context: &Context) -> StreamError {
    let because = context.trouble().map(|trouble| format!(": {trouble}")).unwrap_or_default();
    StreamError::Kafka(format!("{doing}: {error}{because}"))
}

/// Whether trying again may help. Partitions and topics that a broker does not know may be known again
/// in a moment: so it says when a leader is being chosen.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    error.rdkafka_error_code().is_none_or(|code| {
        !matches!(
            code,
            Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::InvalidArgument
                | Code::Fatal
        )
    })
}
