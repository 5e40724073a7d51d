//! JSON values whose type the publishers do not keep to, and what a broken document is.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::envelope::Checks;
use super::{Reject, RejectReason};

/// A number: written as such or in a string.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Number {
    /// Absent, null, or an empty string.
    #[default]
    Missing,
    /// Finite.
    Value(f64),
    /// Something else stood there.
    Wrong,
}

impl Number {
    /// The number; a wrong value is noted as taken out.
    pub(super) fn get(self, checks: &mut Checks) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Value(number) => Some(number),
            Self::Wrong => {
                checks.took_out();
                None
            }
        }
    }

    fn of_text(text: &str) -> Self {
        // Such as a direction, once a message.
        if let &[digit @ b'0'..=b'9'] = text.as_bytes() {
            return Self::Value(f64::from(digit - b'0'));
        }
        let text = text.trim();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Self::Value(number),
            _ if text.is_empty() => Self::Missing,
            _ => Self::Wrong,
        }
    }

    /// A whole number from 0 up; anything else is no identity.
    pub(super) fn id(self) -> Option<u32> {
        match self {
            Self::Value(number) if number.fract() == 0.0 && number >= 0.0 => {
                (number <= f64::from(u32::MAX)).then_some(number as u32)
            }
            _ => None,
        }
    }
}

/// A text, or a number where the publisher should have sent text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar<'a> {
    /// Absent or null.
    #[default]
    Missing,
    /// A text, borrowed unless it had escapes.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// Something else stood there.
    Wrong,
}

impl From<Scalar<'_>> for Number {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Missing => Self::Missing,
            Scalar::Text(text) => Self::of_text(&text),
            Scalar::Integer(number) => Self::Value(number as f64),
            Scalar::Float(number) => Self::Value(number),
            Scalar::Wrong => Self::Wrong,
        }
    }
}

impl Scalar<'_> {
    /// The text, when it is one and not empty.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Scalar::deserialize(deserializer).map(Self::from)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Missing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Wrong)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Wrong)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Wrong)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(number).map_or(Scalar::Wrong, Scalar::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }
}

/// Reads JSON text. One check of the encoding for the whole is faster than one per string.
pub(super) fn parse<'a, T: Deserialize<'a>>(payload: &'a [u8], field: &str) -> Result<T, Reject> {
    let payload = without_bom(payload);
    let parsed = match std::str::from_utf8(payload) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(payload),
    };
    parsed.map_err(|error| reject(payload, &error, field))
}

/// Reads JSON text into a seed, which keeps what it had read when the text turns out broken.
pub(super) fn parse_seed<'a, S: DeserializeSeed<'a, Value = ()>>(
    payload: &'a [u8],
    seed: S,
) -> Result<(), Reject> {
    let payload = without_bom(payload);
    let mut deserializer = serde_json::Deserializer::from_slice(payload);
    let read = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    read.map_err(|error| reject(payload, &error, "payload"))
}

/// Bytes of a preview of a bad payload in a message.
const PREVIEW_BYTES: usize = 60;

/// Why bytes are not the JSON that they should be. Error pages are told apart from broken
/// documents, because the remedy differs.
pub(super) fn reject(payload: &[u8], error: &serde_json::Error, field: &str) -> Reject {
    let start = payload.trim_ascii_start();
    if start.is_empty() {
        return Reject::new(RejectReason::Malformed, field, "the payload is empty");
    }
    if start.first() == Some(&b'<') {
        return not_this_format(start, field, "is HTML or XML");
    }
    match error.classify() {
        serde_json::error::Category::Data => reject_data(error, field),
        serde_json::error::Category::Eof => {
            let message = format!("the JSON is cut off: {error}");
            Reject::new(RejectReason::Malformed, field, message)
        }
        _ if !matches!(start.first(), Some(b'{' | b'[')) => {
            not_this_format(start, field, "is not JSON")
        }
        _ => Reject::new(RejectReason::Malformed, field, error.to_string()),
    }
}

/// Why sound JSON is not the message that it should be.
pub(super) fn reject_data(error: &serde_json::Error, field: &str) -> Reject {
    let message = error.to_string();
    let reason = if message.starts_with("missing field") {
        RejectReason::MissingField
    } else {
        RejectReason::WrongType
    };
    Reject::new(reason, field, message)
}

/// A reject of bytes of another format, with how they start.
pub(super) fn not_this_format(payload: &[u8], field: &str, what: &str) -> Reject {
    let head = payload.get(..PREVIEW_BYTES).unwrap_or(payload);
    let preview: String = String::from_utf8_lossy(head).escape_debug().collect();
    let message = format!("the payload {what}, it starts with \"{preview}\"");
    Reject::new(RejectReason::NotThisFormat, field, message)
}

/// A payload without the byte order mark that some publishers put first.
fn without_bom(payload: &[u8]) -> &[u8] {
    payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload)
}
