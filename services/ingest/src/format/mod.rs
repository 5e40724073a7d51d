//! Formats: bytes of one publisher's kind of feed become checked events. Pure: no I/O, no clock.
//!
//! A [`Format`] makes a [`Decoder`] for a feed; the decoder turns one [`RawRecord`] into
//! [`Decoded`]. Every record ends as exactly one event, reject or drop, so that the ledger can
//! account for it, and one bad record never takes its neighbours with it.
//!
//! | to add a format | touch |
//! | --- | --- |
//! | its code | `format/<name>.rs` or a folder of that name |
//! | the lists here | one `mod` line, one line of [`FORMATS`] |
//! | its cases | `tests/data/formats/<name>/` |

pub mod digitraffic_tms;
pub mod digitraffic_traffic_message;
pub mod digitraffic_weather;
pub mod dump;
pub mod gtfs_rt;
pub mod hfp;
pub mod tilanne_json;

mod digitraffic;
mod envelope;
pub(crate) mod instant;
mod json;
mod options;

use std::fmt;

use events::{Event, RawRecord, Text};
use serde::{Serialize, Serializer};

/// All formats, in alphabetical order.
pub const FORMATS: &[&dyn Format] = &[
    &digitraffic_tms::DigitrafficTms,
    &digitraffic_traffic_message::DigitrafficTrafficMessage,
    &digitraffic_weather::DigitrafficWeather,
    &gtfs_rt::GtfsRt,
    &hfp::Hfp,
    &tilanne_json::TilanneJson,
];

/// A kind of feed.
pub trait Format: Sync {
    /// The name that configuration uses.
    fn name(&self) -> &'static str;

    /// A decoder for one feed, with the feed's `[feed.options]`.
    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError>;
}

/// Turns the records of one feed into events. It may remember what the feed said before (which
/// alerts a full data set had), but it reads no clock: the same records give the same events.
pub trait Decoder: Send {
    /// Decodes one record as received.
    fn decode(&mut self, raw: &RawRecord) -> Decoded;
}

/// Whose records a decoder reads.
#[derive(Clone, Debug)]
pub struct DecoderContext {
    /// Name of the feed.
    pub feed: Text,
    /// The region that the feed belongs to.
    pub region: Text,
    /// The region's time zone: HFP and GTFS write local times of day.
    pub time_zone: jiff::tz::TimeZone,
}

/// What a received record held. The ledger counts `events + rejects + drops`.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Checked events.
    pub events: Vec<Event>,
    /// Records that could not be read.
    pub rejects: Vec<Reject>,
    /// Records that are not wanted.
    pub drops: Vec<Drop>,
    /// When the publisher made the whole, where that says so: milliseconds since 1970-01-01 UTC, by
    /// the publisher's clock and not by those of vehicles.
    pub made_time_ms: Option<i64>,
}

impl Decoded {
    /// How many records the ledger counts.
    pub fn records(&self) -> usize {
        self.events.len() + self.rejects.len() + self.drops.len()
    }

    fn event(event: Event) -> Self {
        Self { events: vec![event], ..Self::default() }
    }

    fn reject(reject: Reject) -> Self {
        Self { rejects: vec![reject], ..Self::default() }
    }

    fn dropped(reason: DropReason, field: impl Into<String>) -> Self {
        Self { drops: vec![Drop::new(reason, field)], ..Self::default() }
    }
}

/// A record that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The kind of fault.
    pub reason: RejectReason,
    /// Which part of the record: `VP.tst`, `entity[3] "23/81".vehicle`, `topic`.
    pub field: String,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl Reject {
    fn new(reason: RejectReason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, field: field.into(), message: message.into() }
    }

    fn missing(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(RejectReason::MissingField, field, message)
    }
}

/// Declares a field-less enum whose variants have a `snake_case` name in metrics and answers.
macro_rules! reasons {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// The name used in the ledger and in metrics.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

reasons! {
    /// Why a record could not be read.
    RejectReason {
        /// Truncated or broken syntax.
        Malformed = "malformed",
        /// A field of another type than the format says.
        WrongType = "wrong_type",
        /// A field without which the record means nothing.
        MissingField = "missing_field",
        /// A value that cannot be, in a record that is nothing but that value.
        OutOfRange = "out_of_range",
        /// A kind of message, document or event that the format does not have.
        UnknownKind = "unknown_kind",
        /// A value in a unit that it cannot have.
        WrongUnit = "wrong_unit",
        /// Larger than the bound of the format.
        TooLarge = "too_large",
        /// Another format altogether, such as an HTML error page with status 200.
        NotThisFormat = "not_this_format",
    }
}

reasons! {
    /// Why a readable record is not wanted.
    DropReason {
        /// A station or entity that the feed's options do not ask for.
        NotRequested = "not_requested",
        /// Passenger counts (HFP `apc`), which are no vehicle position.
        PassengerCount = "passenger_count",
        /// A value by which a sensor says that it is faulty.
        SensorFault = "sensor_fault",
        /// A message about the publisher's service, not about traffic.
        ServiceMessage = "service_message",
        /// A station of the publisher's own tests.
        TestStation = "test_station",
        /// An entity that is no vehicle, trip update or alert, or a deletion of an unknown one.
        UnknownEntity = "unknown_entity",
        /// A sensor that the format's table does not have.
        UnknownSensor = "unknown_sensor",
    }
}

/// A readable record that is not wanted, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drop {
    /// The kind of reason.
    pub reason: DropReason,
    /// Which part of the record.
    pub field: String,
}

impl Drop {
    fn new(reason: DropReason, field: impl Into<String>) -> Self {
        Self { reason, field: field.into() }
    }
}

/// A mistake in a feed's options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option `{key}`: {message}")]
pub struct OptionsError {
    /// The key in `[feed.options]`, or `format`.
    pub key: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// The format of a name.
///
/// ```
/// assert_eq!(ingest::format::format("hfp").unwrap().name(), "hfp");
/// let error = ingest::format::format("hpf").err().unwrap();
/// assert!(error.to_string().contains("known are digitraffic_tms, digitraffic_traffic_message"));
/// ```
pub fn format(name: &str) -> Result<&'static dyn Format, OptionsError> {
    let found = FORMATS.iter().find(|format| format.name() == name);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        OptionsError {
            key: "format".to_owned(),
            message: format!("no format \"{name}\"; known are {}", known.join(", ")),
        }
    })
}
