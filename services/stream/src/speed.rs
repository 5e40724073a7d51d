//! How fast what was recorded is played.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Times real time: slower nobody watches, faster no machine is.
const TIMES: RangeInclusive<f64> = 0.01..=10_000.0;
/// The word for no pace.
const MAX: &str = "max";

/// How fast what was recorded is played: in text a number of 0.01 to 10,000, or `max`.
///
/// ```
/// use stream::Speed;
/// assert_eq!("max".parse(), Ok(Speed::Max));
/// assert_eq!("2.5".parse(), Ok(Speed::Times(2.5)));
/// assert!("0".parse::<Speed>().is_err());
/// assert_eq!(Speed::Times(2.5).to_string(), "2.5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// Received seconds a second.
    Times(f64),
    /// As fast as it goes.
    Max,
}

/// Why a text is no speed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 0.01 to 10000, or max, not {0}")]
pub struct NoSpeed(String);

impl Default for Speed {
    fn default() -> Self {
        Self::Times(1.0)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => times.fmt(f),
            Self::Max => f.write_str(MAX),
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = NoSpeed;

    fn from_str(text: &str) -> Result<Self, NoSpeed> {
        let times = text.parse().ok().filter(|times| TIMES.contains(times));
        match (text, times) {
            (MAX, _) => Ok(Self::Max),
            (_, Some(times)) => Ok(Self::Times(times)),
            _ => Err(NoSpeed(text.to_owned())),
        }
    }
}

impl Serialize for Speed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Times(times) => serializer.serialize_f64(*times),
            Self::Max => serializer.serialize_str(MAX),
        }
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number, or max")]
        enum Written {
            Number(f64),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}
