//! Case files: messages as text, one after the other, so that a case can be read and reviewed.
//!
//! ```text
//! # What the case is about.
//! options: mode = "bus"
//! topic: /hfp/v2/...
//!
//! {"VP": {...}}
//! ---
//! topic: ... of the second message
//!
//! {...}
//! ```
//! Other keys: `source`, `received` (an instant), `encode` (`protobuf` from protobuf JSON, `gzip`,
//! `gzip+base64`, `hex`), `cut` (bytes that are kept), `append` (hex bytes that are added).

use std::io::Write;

use base64::Engine;
use events::RawRecord;
use events::wire::gtfs_realtime::FeedMessage;
use prost::Message;

/// A case: options for one decoder, and the messages that it gets.
#[derive(Default)]
pub(super) struct Case {
    pub(super) options: String,
    pub(super) messages: Vec<RawRecord>,
}

impl Case {
    /// Reads a case file.
    pub(super) fn parse(text: &str) -> Self {
        let mut case = Self::default();
        for block in text.split("\n---\n") {
            let (head, payload) = block.split_once("\n\n").unwrap_or((block, ""));
            case.message(head, payload.trim_end_matches('\n'));
        }
        case
    }

    fn message(&mut self, head: &str, payload: &str) {
        let mut raw = super::raw("", b"");
        let mut encoding = "";
        let mut cut = None;
        let mut appended = Vec::new();
        for line in head.lines().filter(|line| !line.starts_with('#')) {
            let (key, value) = line.split_once(": ").expect("a head line is `key: value`");
            match key {
                "options" => self.options = format!("{}\n{value}", self.options),
                "topic" => value.clone_into(&mut raw.topic),
                "source" => value.clone_into(&mut raw.source),
                "received" => {
                    let instant: jiff::Timestamp = value.parse().expect("an instant");
                    raw.received_time_ms = instant.as_millisecond();
                }
                "encode" => encoding = value,
                "cut" => cut = value.parse().ok(),
                "append" => appended = hex(value),
                _ => panic!("no key `{key}` in case files"),
            }
        }
        let mut bytes = encode(encoding, payload);
        bytes.truncate(cut.unwrap_or(usize::MAX));
        bytes.extend(appended);
        raw.payload = bytes.into();
        self.messages.push(raw);
    }
}

fn encode(encoding: &str, payload: &str) -> Vec<u8> {
    match encoding {
        "" => payload.as_bytes().to_vec(),
        "gzip" => gzip(payload.as_bytes()),
        "gzip+base64" => {
            let engine = base64::engine::general_purpose::STANDARD;
            engine.encode(gzip(payload.as_bytes())).into_bytes()
        }
        "hex" => hex(payload),
        "protobuf" => {
            let message: FeedMessage = serde_json::from_str(payload).expect("protobuf JSON");
            message.encode_to_vec()
        }
        _ => panic!("no encoding `{encoding}` in case files"),
    }
}

/// Packs bytes as the MQTT feed of traffic messages does.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

/// Bytes of hex digits with any white space between them.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).expect("two hex digits");
    digits.chunks_exact(2).map(byte).collect()
}
