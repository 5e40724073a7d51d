//! Messages of an MQTT 3.1.1 broker, plain, over TLS, or in a WebSocket.
//!
//! | option | default | meaning |
//! | --- | --- | --- |
//! | `url` | | `mqtt://`, `mqtts://`, `ws://` or `wss://` with host, and port when not the usual one |
//! | `topics` | | 1 to 1,024 filters |
//! | `qos` | 0 | 0 or 1 |
//! | `keep_alive_s` | 30 | 5 to 300; digitransit asks for less than 60 |
//! | `client_id` | `tilanne` | beginning of the client id, up to 40 bytes; random bits follow |
//! | `retry_min_s`, `retry_max_s` | 30, 300 | least and most seconds between two connections |
//! | `connects_per_min_max` | 5 | connections in a minute of all sources of a host, 1 to 6,000 |
//! | `packet_bytes_max` | 1 MiB | largest message, 1 KiB to 64 MiB |
//! | `username_env`, `password_env` | | environment variables with the credentials |
//! | `ca_file` | | trust only the certificate authorities of this PEM file |

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use metrics::counter;
use reqwest::Url;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Packet, Publish, QoS, StateError,
    SubAck, SubscribeFilter, SubscribeReasonCode, TlsConfiguration,
};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::backoff::{Backoff, random};
use super::host_limits::Pace;
use super::once::{Once, overlap};
use super::{Arrival, SourceContext, Transport, TransportError, TransportKind, options, tls};
use crate::format::OptionsError;
use crate::metric;

/// Most filters of a connection: public brokers allow some hundreds.
const TOPICS_MAX: usize = 1_024;
/// Longest filter: topics of the largest feed have 300 bytes.
const TOPIC_BYTES_MAX: usize = 1_024;
/// Filters of one SUBSCRIBE packet: some brokers refuse large ones.
const TOPICS_PER_SUBSCRIBE: usize = 32;
/// Largest packet sent: a SUBSCRIBE packet of the longest filters.
const OUTGOING_BYTES_MAX: usize = TOPICS_PER_SUBSCRIBE * (TOPIC_BYTES_MAX + 8);
/// Requests waiting to be sent: all SUBSCRIBE packets of a connection, twice.
const REQUESTS_MAX: usize = 2 * TOPICS_MAX / TOPICS_PER_SUBSCRIBE;
/// Longest wait for a connection, seconds: name, TCP, TLS and CONNACK.
const CONNECT_TIMEOUT_S: u64 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    url: String,
    topics: Vec<String>,
    #[serde(default)]
    qos: u8,
    #[serde(default = "default_keep_alive_s")]
    keep_alive_s: u64,
    #[serde(default = "default_client_id")]
    client_id: String,
    #[serde(default = "default_retry_min_s")]
    retry_min_s: f64,
    #[serde(default = "default_retry_max_s")]
    retry_max_s: f64,
    #[serde(default = "default_connects_per_min_max")]
    connects_per_min_max: usize,
    #[serde(default = "default_packet_bytes_max")]
    packet_bytes_max: usize,
    username_env: Option<String>,
    password_env: Option<String>,
    ca_file: Option<PathBuf>,
}

fn default_keep_alive_s() -> u64 {
    30
}

fn default_client_id() -> String {
    "tilanne".into()
}

fn default_retry_min_s() -> f64 {
    30.0
}

fn default_retry_max_s() -> f64 {
    300.0
}

/// What the strictest publisher here allows an address.
fn default_connects_per_min_max() -> usize {
    5
}

fn default_packet_bytes_max() -> usize {
    1 << 20
}

impl Options {
    fn parse(table: &toml::Table) -> Result<(Self, Url), OptionsError> {
        let parsed: Self = options::parse(table)?;
        let url = options::address("url", &parsed.url, &["mqtt", "mqtts", "ws", "wss"])?;
        let require = |key: &str, holds: bool, message: &str| {
            if holds { Ok(()) } else { Err(options::error(key, message)) }
        };
        let count = parsed.topics.len();
        require("topics", (1..=TOPICS_MAX).contains(&count), "must be 1 to 1024 filters")?;
        for (index, topic) in parsed.topics.iter().enumerate() {
            let holds = topic.len() <= TOPIC_BYTES_MAX && rumqttc::valid_filter(topic);
            let message = format!("{topic:?} is no topic filter of up to 1024 bytes");
            require(&format!("topics[{index}]"), holds, &message)?;
        }
        require("qos", parsed.qos <= 1, "must be 0 or 1")?;
        let keep_alive = (5..=300).contains(&parsed.keep_alive_s);
        require("keep_alive_s", keep_alive, "must be 5 to 300 seconds")?;
        let id = &parsed.client_id;
        let holds = (1..=40).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        require("client_id", holds, "must be 1 to 40 printable ASCII characters")?;
        options::seconds("retry_min_s", parsed.retry_min_s, 0.1..=3_600.0)?;
        options::seconds("retry_max_s", parsed.retry_max_s, parsed.retry_min_s..=86_400.0)?;
        let connects = (1..=6_000).contains(&parsed.connects_per_min_max);
        require("connects_per_min_max", connects, "must be 1 to 6000")?;
        let bytes = (1_024..=64 << 20).contains(&parsed.packet_bytes_max);
        require("packet_bytes_max", bytes, "must be 1024 to 67108864 bytes")?;
        options::check_credentials(parsed.username_env.as_ref(), parsed.password_env.as_ref())?;
        Ok((parsed, url))
    }

    fn connection(&self, url: &Url) -> Result<MqttOptions, TransportError> {
        let id = format!("{}-{:012x}", self.client_id, random() & 0xffff_ffff_ffff);
        let default_port = match url.scheme() {
            "mqtt" => 1_883,
            "mqtts" => 8_883,
            "ws" => 80,
            _ => 443,
        };
        let port = url.port().unwrap_or(default_port);
        // A WebSocket's address is the whole URL; brackets of an IPv6 address are not part of it.
        let host = if url.scheme().starts_with("ws") {
            url.as_str()
        } else {
            url.host_str().unwrap_or_default().trim_matches(['[', ']'])
        };
        let mut connection = MqttOptions::new(id, host, port);
        let tls = || tls::client_config(self.ca_file.as_deref());
        let tls = || tls().map(|config| TlsConfiguration::Rustls(Arc::new(config)));
        connection.set_transport(match url.scheme() {
            "mqtt" => rumqttc::Transport::tcp(),
            "mqtts" => rumqttc::Transport::tls_with_config(tls()?),
            "ws" => rumqttc::Transport::ws(),
            _ => rumqttc::Transport::wss_with_config(tls()?),
        });
        connection.set_keep_alive(Duration::from_secs(self.keep_alive_s));
        connection.set_clean_session(true);
        connection.set_max_packet_size(self.packet_bytes_max, OUTGOING_BYTES_MAX);
        let credentials =
            options::credentials(self.username_env.as_ref(), self.password_env.as_ref())?;
        if let Some((username, password)) = credentials {
            connection.set_credentials(username, password);
        }
        Ok(connection)
    }
}

/// The kind; see the module.
pub(super) struct Mqtt;

impl TransportKind for Mqtt {
    fn name(&self) -> &'static str {
        "mqtt"
    }

    fn check(&self, options: &toml::Table) -> Result<Vec<String>, OptionsError> {
        let (options, _) = Options::parse(options)?;
        Ok(options.username_env.into_iter().chain(options.password_env).collect())
    }

    fn open(
        &self,
        context: SourceContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Transport>, TransportError> {
        let (options, url) = Options::parse(options)?;
        let (client, mut events) = AsyncClient::new(options.connection(&url)?, REQUESTS_MAX);
        events.network_options.set_connection_timeout(CONNECT_TIMEOUT_S);
        let topics = &options.topics;
        let overlaps = topics
            .iter()
            .enumerate()
            .any(|(index, one)| topics.iter().skip(index + 1).any(|other| overlap(one, other)));
        let backoff = Backoff::new(
            Duration::from_secs_f64(options.retry_min_s),
            Duration::from_secs_f64(options.retry_max_s),
        );
        Ok(Box::new(Subscriber {
            host: format!("mqtt {}", url.host_str().unwrap_or_default()),
            pace: Pace { turns: options.connects_per_min_max, period: Duration::from_mins(1) },
            endpoint: url.to_string(),
            context,
            client,
            events,
            qos: if options.qos == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce },
            once: overlaps.then(Once::default),
            packet_bytes_max: options.packet_bytes_max,
            topics: options.topics,
            backoff,
            is_connected: false,
            retry_at: None,
            unanswered: VecDeque::new(),
            refused: Vec::new(),
            left: VecDeque::new(),
            too_large: None,
            lost: None,
        }))
    }
}

/// A connection that comes back.
struct Subscriber {
    context: SourceContext,
    endpoint: String,
    /// Under which name the host's connections are paced.
    host: String,
    pace: Pace,
    client: AsyncClient,
    events: EventLoop,
    topics: Vec<String>,
    qos: QoS,
    /// Only with overlapping filters.
    once: Option<Once>,
    packet_bytes_max: usize,
    backoff: Backoff,
    is_connected: bool,
    retry_at: Option<Instant>,
    /// Filters of SUBSCRIBE packets in the order that the broker will answer them.
    unanswered: VecDeque<Vec<String>>,
    refused: Vec<String>,
    /// Messages that came before the connection was lost.
    left: VecDeque<Publish>,
    /// The message that cost the connection.
    too_large: Option<Arrival>,
    /// Why the connection was lost; said last.
    lost: Option<TransportError>,
}

#[async_trait]
impl Transport for Subscriber {
    async fn next(&mut self) -> Result<Arrival, TransportError> {
        loop {
            if let Some(waiting) = self.waiting() {
                return waiting;
            }
            if let Some(at) = self.retry_at {
                sleep_until(at).await;
                self.retry_at = None;
            }
            if !self.is_connected {
                self.context.hosts.turn(&self.host, self.pace).await;
                self.backoff.start();
            }
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => self.subscribe()?,
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    if let Some(answered) = self.subscribed(&answer) {
                        return answered;
                    }
                }
                Ok(Event::Incoming(Packet::Publish(message))) => {
                    if let Some(arrival) = self.message(message) {
                        return Ok(arrival);
                    }
                }
                Ok(_) => {}
                Err(error) => self.disconnected(&error),
            }
        }
    }
}

impl Subscriber {
    fn subscribe(&mut self) -> Result<(), TransportError> {
        counter!(metric::CONNECTS, &self.labels()).increment(1);
        self.is_connected = true;
        self.unanswered.clear();
        self.refused.clear();
        for topics in self.topics.chunks(TOPICS_PER_SUBSCRIBE) {
            let filter = |topic: &String| SubscribeFilter::new(topic.clone(), self.qos);
            let sent = self.client.try_subscribe_many(topics.iter().map(filter));
            sent.map_err(|error| TransportError::Answer {
                endpoint: self.endpoint.clone(),
                message: format!("cannot subscribe: {error}"),
            })?;
            self.unanswered.push_back(topics.to_vec());
        }
        Ok(())
    }

    /// Takes the answer to a subscription; says how it went once all are answered.
    fn subscribed(&mut self, answer: &SubAck) -> Option<Result<Arrival, TransportError>> {
        let topics = self.unanswered.pop_front()?;
        for (topic, code) in topics.into_iter().zip(&answer.return_codes) {
            if *code == SubscribeReasonCode::Failure {
                self.refused.push(topic);
            }
        }
        if !self.unanswered.is_empty() {
            return None;
        }
        let Some(first) = self.refused.first() else { return Some(Ok(Arrival::Connected)) };
        let message = format!(
            "the broker refused {} of {} topics, first {first:?}: may this user read it?",
            self.refused.len(),
            self.topics.len()
        );
        Some(Err(TransportError::Answer { endpoint: self.endpoint.clone(), message }))
    }

    fn message(&mut self, message: Publish) -> Option<Arrival> {
        let is_copy = |once: &mut Once| once.is_copy(&message.topic, &message.payload);
        if self.once.as_mut().is_some_and(is_copy) {
            counter!(metric::COPIES, &self.labels()).increment(1);
            return None;
        }
        Some(Arrival::Record(self.context.raw(&message.topic, message.payload), 0))
    }

    fn disconnected(&mut self, error: &ConnectionError) {
        let was_connected = std::mem::take(&mut self.is_connected);
        // The client would give these only after it is connected again.
        self.left.extend(self.events.state.events.drain(..).filter_map(|event| match event {
            Event::Incoming(Packet::Publish(message)) => Some(message),
            _ => None,
        }));
        let retry_at = self.backoff.retry_at(was_connected);
        self.retry_at = Some(retry_at);
        let message = explain(error, self.packet_bytes_max);
        // MQTT 3.1.1 cannot tell a broker what is too large, and a message can be left unread only
        // with its connection.
        if is_too_large(error) {
            let raw = self.context.raw("", Bytes::new());
            self.too_large = Some(Arrival::TooLarge(raw, message.clone()));
        }
        self.lost = Some(TransportError::Connection {
            endpoint: self.endpoint.clone(),
            message,
            retry_s: retry_at.duration_since(Instant::now()).as_secs(),
        });
    }

    fn labels(&self) -> [(&'static str, String); 2] {
        [("feed", self.context.feed.to_string()), ("source", self.context.source.to_string())]
    }

    /// What a lost connection left to say, in order.
    fn waiting(&mut self) -> Option<Result<Arrival, TransportError>> {
        while let Some(message) = self.left.pop_front() {
            if let Some(arrival) = self.message(message) {
                return Some(Ok(arrival));
            }
        }
        self.too_large.take().map(Ok).or_else(|| self.lost.take().map(Err))
    }
}

fn is_too_large(error: &ConnectionError) -> bool {
    matches!(
        error,
        ConnectionError::MqttState(StateError::Deserialization(
            rumqttc::Error::PayloadSizeLimitExceeded(_)
        ))
    )
}

fn explain(error: &ConnectionError, packet_bytes_max: usize) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => {
            format!("the broker refused the connection: {code:?}")
        }
        ConnectionError::NetworkTimeout => {
            format!("no connection within {CONNECT_TIMEOUT_S} s")
        }
        ConnectionError::MqttState(StateError::ConnectionAborted) => {
            "the broker closed the connection".into()
        }
        ConnectionError::MqttState(StateError::Deserialization(
            rumqttc::Error::PayloadSizeLimitExceeded(bytes),
        )) => format!("message of {bytes} bytes is over packet_bytes_max {packet_bytes_max}"),
        error => error.to_string(),
    }
}
