//! Publishing generated messages to a real broker at a steady rate.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use events::RawRecord;
use rumqttc::{Client, MqttOptions, Packet, QoS};

/// Messages on their way to the broker; the rest waits in the generator.
const QUEUE_MESSAGES: usize = 1_000;
/// Pauses shorter than this are left to the next one: timers are not finer.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// How fast, and with which times.
#[derive(Clone, Copy, Debug)]
pub struct Paced {
    /// Rate, messages per second.
    pub messages_per_s: u32,
    /// Whether HFP payloads get the present as `tst` and `tsi`.
    pub present: bool,
}

/// Publishers so far: a broker ends the older of two connections with the same id.
static PUBLISHERS: AtomicU64 = AtomicU64::new(0);

/// Why publishing ended early.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Not `host:port`.
    #[error("{0} is not host:port")]
    Address(String),
    /// The broker cannot be reached or closed the connection.
    #[error("broker: {0}")]
    Broker(String),
}

/// Publishes messages at `QoS` 0 until they end or `stopped` says so; gives how many were sent.
pub fn mqtt(
    broker: &str,
    messages: impl IntoIterator<Item = RawRecord>,
    paced: Paced,
    stopped: impl Fn() -> bool,
) -> Result<u64, PublishError> {
    mqtt_observed(broker, messages, paced, stopped, |_, _| {})
}

/// Like [`mqtt`], and tells of each message as it is handed to the client, with the `tst` it got.
pub fn mqtt_observed(
    broker: &str,
    messages: impl IntoIterator<Item = RawRecord>,
    paced: Paced,
    stopped: impl Fn() -> bool,
    mut sent: impl FnMut(&RawRecord, i64),
) -> Result<u64, PublishError> {
    let address = broker.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = address.ok_or_else(|| PublishError::Address(broker.into()))?;
    let number = PUBLISHERS.fetch_add(1, Ordering::Relaxed);
    let id = format!("publisher-{}-{number}", std::process::id());
    let mut options = MqttOptions::new(id, host, port);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut connection) = Client::new(options, QUEUE_MESSAGES);
    // Waiting for acknowledgements (Nagle) would add up to 40 ms of our own to what is measured.
    connection.eventloop.network_options.set_tcp_nodelay(true);
    let network = std::thread::spawn(move || {
        for notification in connection.iter() {
            match notification {
                Ok(rumqttc::Event::Outgoing(rumqttc::Outgoing::Disconnect)) => return Ok(()),
                Ok(rumqttc::Event::Incoming(Packet::Disconnect)) => break,
                Ok(_) => {}
                Err(error) => return Err(PublishError::Broker(error.to_string())),
            }
        }
        Ok(())
    });

    let start = Instant::now();
    let mut count = 0_u64;
    for mut message in messages {
        if stopped() {
            break;
        }
        let due = start + Duration::from_secs_f64(count as f64 / f64::from(paced.messages_per_s));
        let pause = due.saturating_duration_since(Instant::now());
        if pause >= PAUSE_MIN {
            std::thread::sleep(pause);
        }
        let mut time_ms = message.received_time_ms;
        if paced.present {
            time_ms = now_ms();
            message.payload = at_time(&message.payload, time_ms).into();
        }
        sent(&message, time_ms);
        let published = client.publish(&message.topic, QoS::AtMostOnce, false, message.payload);
        if published.is_err() {
            break;
        }
        count += 1;
    }
    // Refused when the connection is gone already; its own error is the one to report.
    let _ = client.disconnect();
    network.join().unwrap_or_else(|_| Err(PublishError::Broker("network thread died".into())))?;
    Ok(count)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// An HFP payload with another `tst` and `tsi`; anything else as it is.
fn at_time(payload: &[u8], time_ms: i64) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(payload) else {
        return payload.to_vec();
    };
    let Some(fields) = value.as_object_mut().and_then(|object| object.values_mut().next()) else {
        return payload.to_vec();
    };
    fields["tsi"] = time_ms.div_euclid(1_000).into();
    fields["tst"] = rfc3339(time_ms).into();
    value.to_string().into_bytes()
}

/// UTC with milliseconds, as HFP writes `tst`.
fn rfc3339(time_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(time_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
