//! Formats, fed any bytes.

use events::{Event, RawRecord};
use ingest::format::{Decoder, DecoderContext, FORMATS, Format};
use jiff::tz::TimeZone;

/// When all records were received, Unix milliseconds.
const RECEIVED_TIME_MS: i64 = 1_700_000_000_000;

/// Lets a format decode a payload. The first byte chooses the format; then come a topic, a line feed
/// and the payload.
///
/// # Panics
///
/// When the decoder does, or rejects without a reason.
pub fn decode(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let format = FORMATS[usize::from(*choice) % FORMATS.len()];
    let topic_end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(0);
    let (topic, payload) = rest.split_at(topic_end);
    let payload = payload.strip_prefix(b"\n").unwrap_or(payload);
    let decoded = decoder(format).decode(&raw(&String::from_utf8_lossy(topic), payload));
    for reject in &decoded.rejects {
        assert!(!reject.message.is_empty(), "{} rejects without a reason", format.name());
    }
}

/// The events of a document in a format.
pub(crate) fn events(format: &str, document: &str) -> Vec<Event> {
    let format = FORMATS.iter().find(|known| known.name() == format).expect("a known format");
    decoder(*format).decode(&raw("", document.as_bytes())).events
}

fn decoder(format: &dyn Format) -> Box<dyn Decoder> {
    let context = DecoderContext {
        feed: "feed".into(),
        region: "kaupunki".into(),
        time_zone: TimeZone::fixed(jiff::tz::offset(2)),
    };
    let decoder = format.decoder(&context, &toml::Table::new());
    decoder.unwrap_or_else(|error| panic!("{}: {error}", format.name()))
}

fn raw(topic: &str, payload: &[u8]) -> RawRecord {
    RawRecord {
        feed: "feed".to_owned(),
        source: "source".to_owned(),
        topic: topic.to_owned(),
        received_time_ms: RECEIVED_TIME_MS,
        payload: payload.to_vec().into(),
    }
}
