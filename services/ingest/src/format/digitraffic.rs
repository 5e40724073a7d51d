//! What Fintraffic's measuring stations have in common, whatever they measure: REST documents told
//! apart by their shape, messages told by their topic, units, and which stations are wanted.

use std::collections::BTreeSet;

use compact_str::ToCompactString;
use events::{CollectionStatus, RawRecord, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope::Checks;
use super::instant::{rfc3339_ms, unix_ms};
use super::json::{self, Number, Scalar};
use super::options::Options;
use super::{Drop, DropReason, OptionsError, Reject, RejectReason};

/// Largest document that is read, bytes. All stations' data has 2.5 MB.
const PAYLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most stations of a register that are remembered; there are about 550 of each kind.
const STATIONS_MAX: usize = 20_000;

/// What the source system writes for "dimensionless" and "coded".
const PLACEHOLDERS: [&str; 4] = ["***", "///", "###", "???"];

/// Rejects a payload that is larger than any document.
pub(super) fn check_length(raw: &RawRecord) -> Result<(), Reject> {
    let length = raw.payload.len();
    if length <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    let message = format!("{length} bytes; a document may have {PAYLOAD_BYTES_MAX}");
    Err(Reject::new(RejectReason::TooLarge, "payload", message))
}

/// Any of the documents: what it is shows in which list it has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object")]
struct Document<'a> {
    #[serde(default, borrow)]
    data_updated_time: Scalar<'a>,
    #[serde(borrow)]
    features: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    stations: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    sensor_values: Option<&'a RawValue>,
    #[serde(borrow)]
    sensor_constant_values: Option<&'a RawValue>,
}

/// What a document is made of.
pub(super) enum Part<'a> {
    /// A station of the register.
    Feature(&'a [u8]),
    /// A station's values or constants.
    Station(&'a [u8]),
}

/// When a document was made, and its parts with how a message calls them.
pub(super) type Parts<'a> = (Option<i64>, Vec<(Part<'a>, String)>);

/// Takes a document apart.
pub(super) fn parts(raw: &RawRecord) -> Result<Parts<'_>, Reject> {
    let document: Document = json::parse(&raw.payload, "payload")?;
    let updated_ms = document.data_updated_time.text().and_then(rfc3339_ms);
    let is_station = document.sensor_values.or(document.sensor_constant_values).is_some();
    let parts = if let Some(features) = document.features {
        numbered("features", features, Part::Feature)
    } else if let Some(stations) = document.stations {
        numbered("stations", stations, Part::Station)
    } else if document.properties.is_some() {
        vec![(Part::Feature(&raw.payload), "feature".to_owned())]
    } else if is_station {
        vec![(Part::Station(&raw.payload), "station".to_owned())]
    } else {
        let message = "a document has `features`, `stations`, `sensorValues` or \
            `sensorConstantValues`; this one has none of them";
        return Err(Reject::new(RejectReason::UnknownKind, "payload", message));
    };
    Ok((updated_ms, parts))
}

fn numbered<'a>(
    list: &str,
    values: Vec<&'a RawValue>,
    part: fn(&'a [u8]) -> Part<'a>,
) -> Vec<(Part<'a>, String)> {
    let values = values.into_iter().enumerate();
    let numbered = |(index, value): (usize, &'a RawValue)| {
        (part(value.get().as_bytes()), format!("{list}[{index}]"))
    };
    values.map(numbered).collect()
}

/// A station of the register.
#[derive(Deserialize)]
#[serde(expecting = "a GeoJSON feature")]
pub(super) struct Feature<'a> {
    #[serde(default)]
    id: Number,
    #[serde(borrow)]
    pub(super) properties: Properties<'a>,
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    /// Longitude, latitude, and an altitude that is often a dummy.
    #[serde(default)]
    coordinates: Vec<Number>,
}

/// Properties in the spelling of v1; the old v3 has `roadStationId` for `id`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "an object of properties")]
pub(super) struct Properties<'a> {
    #[serde(default)]
    id: Number,
    #[serde(default)]
    road_station_id: Number,
    /// Of traffic detectors only.
    #[serde(default)]
    pub(super) tms_number: Number,
    #[serde(default, borrow)]
    pub(super) name: Scalar<'a>,
    /// Of traffic detectors only.
    #[serde(default)]
    pub(super) bearing: Number,
    #[serde(default, borrow)]
    collection_status: Scalar<'a>,
    #[serde(default, borrow)]
    pub(super) state: Scalar<'a>,
    #[serde(default, borrow)]
    data_updated_time: Scalar<'a>,
}

impl Feature<'_> {
    /// The station's id; never computed from the number used in raw data files.
    pub(super) fn station_id(&self, field: &str) -> Result<u32, Reject> {
        let properties = &self.properties;
        let id = properties.id.id().or_else(|| properties.road_station_id.id());
        id.or_else(|| self.id.id()).ok_or_else(|| no_id(field))
    }

    /// When it was true: as the document says, else the station, else when it was received.
    pub(super) fn time_ms(&self, updated_ms: Option<i64>, raw: &RawRecord) -> i64 {
        let own_ms = || self.properties.data_updated_time.text().and_then(rfc3339_ms);
        updated_ms.or_else(own_ms).unwrap_or(raw.received_time_ms)
    }

    /// Where it stands.
    pub(super) fn position(&self, checks: &mut Checks) -> Option<events::Position> {
        let coordinates = self.geometry.as_ref().map(|geometry| &geometry.coordinates);
        let mut degrees =
            |index: usize| coordinates?.get(index).copied().and_then(|degrees| degrees.get(checks));
        let (longitude_deg, latitude_deg) = (degrees(0), degrees(1));
        checks.position(latitude_deg, longitude_deg)
    }

    /// Whether it gathers data.
    pub(super) fn collection_status(&self, checks: &mut Checks) -> CollectionStatus {
        match self.properties.collection_status.text() {
            None => CollectionStatus::Unspecified,
            Some("GATHERING") => CollectionStatus::Gathering,
            Some("REMOVED_TEMPORARILY") => CollectionStatus::RemovedTemporarily,
            Some("REMOVED_PERMANENTLY") => CollectionStatus::RemovedPermanently,
            Some(_) => {
                checks.took_out();
                CollectionStatus::Unspecified
            }
        }
    }
}

/// A value of a station's data.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a sensor value object")]
pub(super) struct SensorValue<'a> {
    #[serde(default)]
    pub(super) id: Number,
    #[serde(default, borrow)]
    pub(super) name: Scalar<'a>,
    #[serde(default, borrow)]
    pub(super) measured_time: Scalar<'a>,
    #[serde(default, borrow)]
    pub(super) unit: Scalar<'a>,
    #[serde(default)]
    pub(super) value: Number,
    #[serde(default, borrow)]
    pub(super) time_window_start: Scalar<'a>,
    #[serde(default, borrow)]
    pub(super) time_window_end: Scalar<'a>,
}

/// Payload over MQTT: Unix seconds, no unit, no name.
#[derive(Deserialize)]
#[serde(expecting = "an object with `value` and `time`")]
pub(super) struct Message {
    #[serde(default)]
    pub(super) value: Number,
    #[serde(default)]
    pub(super) time: Number,
    #[serde(default)]
    pub(super) start: Number,
    #[serde(default)]
    pub(super) end: Number,
}

/// Station and sensor of the levels of a topic after its prefix; none of a message about the service.
pub(super) fn topic_ids(levels: &str) -> Result<Option<(u32, u32)>, Reject> {
    if levels.split('/').any(|level| level == "status") {
        return Ok(None);
    }
    let ids = levels
        .split_once('/')
        .and_then(|(station, sensor)| Some((station.parse().ok()?, sensor.parse().ok()?)));
    ids.map(Some).ok_or_else(|| {
        let message = format!("\"{levels}\" is not <station id>/<sensor id>");
        Reject::new(RejectReason::UnknownKind, "topic", message)
    })
}

/// Milliseconds of a time of a message.
pub(super) fn message_time_ms(number: Number) -> Option<i64> {
    match number {
        Number::Value(number) if number.abs() < 1e15 => unix_ms(number as i64),
        _ => None,
    }
}

/// A value that is there and in range; an error where the record is nothing but a bad value.
pub(super) fn value_within(number: Number, min: f64, max: f64, field: &str) -> Result<f64, Reject> {
    let value = match number {
        Number::Value(value) => value,
        Number::Missing => return Err(Reject::missing(field, "the value is missing")),
        Number::Wrong => {
            let message = "the value is no number";
            return Err(Reject::new(RejectReason::WrongType, field, message));
        }
    };
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    let message = format!("{value} is not from {min} to {max}");
    Err(Reject::new(RejectReason::OutOfRange, field, message))
}

/// What a unit says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// The quantity's own, or none given.
    Right,
    /// A placeholder where a unit belongs: it neither confirms nor denies.
    Unstated,
}

/// Checks a unit. Of a quantity without an `own` unit, or that is published with placeholders as
/// often as with its unit, a placeholder is right.
pub(super) fn unit(
    given: Option<&str>,
    own: &[&str],
    placeholder_is_right: bool,
    field: &str,
) -> Result<Unit, Reject> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else {
        return Ok(Unit::Right);
    };
    match PLACEHOLDERS.contains(&given) {
        true if placeholder_is_right => Ok(Unit::Right),
        true => Ok(Unit::Unstated),
        false if own.contains(&given) => Ok(Unit::Right),
        false => {
            let given: String = given.chars().take(20).collect();
            let message = format!("\"{given}\" is the unit of another quantity");
            Err(Reject::new(RejectReason::WrongUnit, field, message))
        }
    }
}

/// Which stations there are, and which are wanted. Option `stations` lists their ids.
pub(super) struct Stations {
    /// Ids that are asked for; all when `None`.
    wanted: Option<BTreeSet<u32>>,
    /// Ids of the register, once it was read.
    register: BTreeSet<u32>,
    /// Ids of the publisher's test stations.
    tests: BTreeSet<u32>,
}

impl Stations {
    pub(super) fn new(options: &toml::Table) -> Result<Self, OptionsError> {
        let options = Options::new(options, &["stations"])?;
        let wanted = options.texts("stations")?.map(|ids| {
            let id = |id: &String| {
                id.parse().map_err(|_| OptionsError {
                    key: "stations".to_owned(),
                    message: format!("\"{id}\" is no station id such as 23101"),
                })
            };
            ids.iter().map(id).collect::<Result<BTreeSet<u32>, _>>()
        });
        Ok(Self { wanted: wanted.transpose()?, register: BTreeSet::new(), tests: BTreeSet::new() })
    }

    /// Notes a station of the register.
    pub(super) fn register(&mut self, feature: &Feature, id: u32) {
        if self.register.len() < STATIONS_MAX {
            self.register.insert(id);
        }
        let name = feature.properties.name.text().unwrap_or_default();
        if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("TEST")) {
            if self.tests.len() < STATIONS_MAX {
                self.tests.insert(id);
            }
        } else {
            self.tests.remove(&id);
        }
    }

    /// Whether the register was read and does not have the station.
    pub(super) fn is_unlisted(&self, station: u32) -> bool {
        !self.register.is_empty() && !self.register.contains(&station)
    }

    /// Why a station is not wanted, when it is not.
    pub(super) fn unwanted(&self, station: u32, field: &str) -> Option<Drop> {
        if self.tests.contains(&station) {
            return Some(Drop::new(DropReason::TestStation, field));
        }
        let wanted = self.wanted.as_ref()?;
        (!wanted.contains(&station)).then(|| Drop::new(DropReason::NotRequested, field))
    }
}

/// A station without an id.
pub(super) fn no_id(field: &str) -> Reject {
    Reject::missing(format!("{field}.id"), "the station has no id")
}

pub(super) fn entity(station: u32) -> Text {
    station.to_compact_string()
}
