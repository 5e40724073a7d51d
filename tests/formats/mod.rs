//! The formats of `ingest`: what each makes of each trap that the publishers set.
//!
//! `cases` walks `tests/data/formats/<format>/`, `samples` reads the recorded feeds where they are
//! present, `properties` throws broken bytes at every decoder, `front` holds what is not decoding.

mod case;
mod cases;
mod front;
mod properties;
mod samples;

use std::path::PathBuf;

use events::RawRecord;
use ingest::format::{Decoded, Decoder, DecoderContext, format};

/// The repository's root: the folder above that has the public contract in it.
fn root() -> PathBuf {
    let start = std::env::current_dir().expect("tests run in a folder");
    let above = start.ancestors().find(|folder| folder.join("proto/tilanne").is_dir());
    above.expect("tests run inside the repository").to_owned()
}

/// A decoder of a feed named "feed" in a region on Finnish time.
fn decoder(name: &str, options: &str) -> Box<dyn Decoder> {
    let context = DecoderContext {
        feed: "feed".into(),
        region: "region".into(),
        time_zone: jiff::tz::TimeZone::get("Europe/Helsinki").expect("a zone of the database"),
    };
    let options: toml::Table = options.parse().expect("options are TOML");
    let format = format(name).expect("a format of the list");
    format.decoder(&context, &options).expect("options of the format")
}

/// A record received at the start of 2026.
fn raw(topic: &str, payload: &[u8]) -> RawRecord {
    RawRecord {
        feed: "feed".to_owned(),
        source: "source".to_owned(),
        topic: topic.to_owned(),
        received_time_ms: 1_767_225_600_000,
        payload: payload.to_vec().into(),
    }
}

/// Decodes one record with a new decoder.
fn decode(name: &str, topic: &str, payload: &[u8]) -> Decoded {
    decoder(name, "").decode(&raw(topic, payload))
}
