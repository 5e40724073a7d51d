//! Fintraffic's road traffic detectors (TMS, "LAM"): REST documents told apart by their shape, and
//! MQTT messages told by their topic.
//!
//! | input | gives |
//! | --- | --- |
//! | `/stations`, one or all | a `DetectorStation` each, with place and state |
//! | `/stations/sensor-constants` | a `DetectorStation` each, with constants only |
//! | `/stations/data`, one or all | a `DetectorMeasurement` per sensor value |
//! | `tms-v2/<station>/<sensor>` | a `DetectorMeasurement` |
//!
//! Flow is an hourly rate, never a count. A direction runs along the road address, not a compass.
//! A missing value is not zero. Option `stations` lists the ids that are wanted.

mod sensor;
mod station;

use std::collections::BTreeSet;

use compact_str::ToCompactString;
use events::{Body, DetectorMeasurement, Event, RawRecord, Text, Verdict};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::sensor::{Sensor, Unit};
use self::station::{Constant, Feature};
use super::envelope::{Checks, Envelope};
use super::instant::{rfc3339_ms, unix_ms};
use super::json::{self, Number, Scalar};
use super::options::Options;
use super::{
    Decoded, Decoder, DecoderContext, Drop, DropReason, Format, OptionsError, Reject, RejectReason,
};

/// Largest document that is read, bytes. All stations' data has 2.5 MB.
const PAYLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most stations of a register that are remembered; there are about 550.
const STATIONS_MAX: usize = 20_000;

/// The format `digitraffic_tms`.
pub struct DigitrafficTms;

impl Format for DigitrafficTms {
    fn name(&self) -> &'static str {
        "digitraffic_tms"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
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
        Ok(Box::new(TmsDecoder {
            envelope: Envelope::new(context, self.name()),
            wanted: wanted.transpose()?,
            register: BTreeSet::new(),
            tests: BTreeSet::new(),
        }))
    }
}

struct TmsDecoder {
    envelope: Envelope,
    /// Ids that are asked for; all when `None`.
    wanted: Option<BTreeSet<u32>>,
    /// Ids of the register, once it was read.
    register: BTreeSet<u32>,
    /// Ids of the publisher's test stations.
    tests: BTreeSet<u32>,
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

/// A station with its values or its constants.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a station object")]
struct Station<'a> {
    #[serde(default)]
    id: Number,
    #[serde(default, borrow)]
    data_updated_time: Scalar<'a>,
    #[serde(borrow)]
    sensor_values: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    sensor_constant_values: Option<Vec<Constant<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a sensor value object")]
struct SensorValue<'a> {
    #[serde(default)]
    id: Number,
    #[serde(default, borrow)]
    name: Scalar<'a>,
    #[serde(default, borrow)]
    measured_time: Scalar<'a>,
    #[serde(default, borrow)]
    unit: Scalar<'a>,
    #[serde(default)]
    value: Number,
    #[serde(default, borrow)]
    time_window_start: Scalar<'a>,
    #[serde(default, borrow)]
    time_window_end: Scalar<'a>,
}

/// Payload over MQTT: Unix seconds, no unit, no name.
#[derive(Deserialize)]
#[serde(expecting = "an object with `value` and `time`")]
struct Message {
    #[serde(default)]
    value: Number,
    #[serde(default)]
    time: Number,
    #[serde(default)]
    start: Number,
    #[serde(default)]
    end: Number,
}

/// A value on its way to an event.
struct Reading<'a> {
    station: u32,
    sensor: &'static Sensor,
    sensor_id: u32,
    unit: Option<&'a str>,
    value: Number,
    time_ms: Option<i64>,
    window_start_ms: Option<i64>,
    window_end_ms: Option<i64>,
}

impl Decoder for TmsDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        let length = raw.payload.len();
        if length > PAYLOAD_BYTES_MAX {
            let message = format!("{length} bytes; a document may have {PAYLOAD_BYTES_MAX}");
            return Decoded::reject(Reject::new(RejectReason::TooLarge, "payload", message));
        }
        let mut decoded = Decoded::default();
        let topic = raw.topic.strip_prefix('/').unwrap_or(&raw.topic);
        let outcome = match topic.strip_prefix("tms-v2/") {
            Some(levels) => self.message(raw, levels, &mut decoded),
            None => self.document(raw, &mut decoded),
        };
        if let Err(reject) = outcome {
            decoded.rejects.push(reject);
        }
        decoded
    }
}

impl TmsDecoder {
    fn message(&self, raw: &RawRecord, levels: &str, decoded: &mut Decoded) -> Result<(), Reject> {
        if levels.split('/').any(|level| level == "status") {
            decoded.drops.push(Drop::new(DropReason::ServiceMessage, levels));
            return Ok(());
        }
        let (station, sensor_id) = levels
            .split_once('/')
            .and_then(|(station, sensor)| Some((station.parse().ok()?, sensor.parse().ok()?)))
            .ok_or_else(|| {
                let message = format!("\"{levels}\" is not <station id>/<sensor id>");
                Reject::new(RejectReason::UnknownKind, "topic", message)
            })?;
        let message: Message = json::parse(&raw.payload, "payload")?;
        let time_ms = |number: Number| match number {
            Number::Value(number) if number.abs() < 1e15 => unix_ms(number as i64),
            _ => None,
        };
        let field = format!("station[{station}] sensor {sensor_id}");
        if let Some(drop) = self.unwanted(station, &field) {
            decoded.drops.push(drop);
            return Ok(());
        }
        let Some(sensor) = Sensor::with_id(sensor_id) else {
            decoded.drops.push(Drop::new(DropReason::UnknownSensor, field));
            return Ok(());
        };
        let reading = Reading {
            station,
            sensor,
            sensor_id,
            unit: None,
            value: message.value,
            // When the sender wrote the record, so an upper bound of when it was measured.
            time_ms: time_ms(message.time),
            window_start_ms: time_ms(message.start),
            window_end_ms: time_ms(message.end),
        };
        decoded.events.push(self.measurement(raw, &reading, &field)?);
        Ok(())
    }

    fn document(&mut self, raw: &RawRecord, decoded: &mut Decoded) -> Result<(), Reject> {
        let document: Document = json::parse(&raw.payload, "payload")?;
        let updated_ms = document.data_updated_time.text().and_then(rfc3339_ms);
        let whole: Option<&RawValue> =
            document.properties.or(document.sensor_values).or(document.sensor_constant_values);
        if let Some(features) = document.features {
            for (index, feature) in features.into_iter().enumerate() {
                let field = format!("features[{index}]");
                self.feature(raw, feature.get().as_bytes(), &field, updated_ms, decoded);
            }
        } else if let Some(stations) = document.stations {
            for (index, station) in stations.into_iter().enumerate() {
                let field = format!("stations[{index}]");
                self.station(raw, station.get().as_bytes(), &field, updated_ms, decoded);
            }
        } else if document.properties.is_some() {
            self.feature(raw, &raw.payload, "feature", updated_ms, decoded);
        } else if whole.is_some() {
            self.station(raw, &raw.payload, "station", updated_ms, decoded);
        } else {
            let message = "a document has `features`, `stations`, `sensorValues` or \
                `sensorConstantValues`; this one has none of them";
            return Err(Reject::new(RejectReason::UnknownKind, "payload", message));
        }
        Ok(())
    }

    /// A station of the register.
    fn feature(
        &mut self,
        raw: &RawRecord,
        json: &[u8],
        field: &str,
        updated_ms: Option<i64>,
        decoded: &mut Decoded,
    ) {
        let feature: Feature = match json::parse(json, field) {
            Ok(feature) => feature,
            Err(reject) => return decoded.rejects.push(reject),
        };
        let Some(id) = feature.station_id() else {
            let reject = Reject::missing(format!("{field}.id"), "the station has no id");
            return decoded.rejects.push(reject);
        };
        if self.register.len() < STATIONS_MAX {
            self.register.insert(id);
        }
        let name = feature.properties.name.text().unwrap_or_default();
        if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("TEST")) {
            self.tests.insert(id);
        } else {
            self.tests.remove(&id);
        }
        if let Some(drop) = self.unwanted(id, &format!("{field} {id}")) {
            return decoded.drops.push(drop);
        }
        let own_ms = feature.properties.data_updated_time.text().and_then(rfc3339_ms);
        let time_ms = updated_ms.or(own_ms).unwrap_or(raw.received_time_ms);
        let checks = &mut Checks::default();
        let body = Body::DetectorStation(feature.station(checks));
        let event = self.envelope.event(raw, entity(id), time_ms, checks.verdicts, body);
        decoded.events.push(event);
    }

    /// A station's values or constants.
    fn station(
        &self,
        raw: &RawRecord,
        json: &[u8],
        field: &str,
        updated_ms: Option<i64>,
        decoded: &mut Decoded,
    ) {
        let station: Station = match json::parse(json, field) {
            Ok(station) => station,
            Err(reject) => return decoded.rejects.push(reject),
        };
        let Some(id) = station.id.id() else {
            let reject = Reject::missing(format!("{field}.id"), "the station has no id");
            return decoded.rejects.push(reject);
        };
        if let Some(constants) = &station.sensor_constant_values {
            if let Some(drop) = self.unwanted(id, &format!("{field} {id}")) {
                return decoded.drops.push(drop);
            }
            let own_ms = station.data_updated_time.text().and_then(rfc3339_ms);
            let time_ms = updated_ms.or(own_ms).unwrap_or(raw.received_time_ms);
            let checks = &mut Checks::default();
            let body = Body::DetectorStation(station::constants(constants, checks));
            let event = self.envelope.event(raw, entity(id), time_ms, checks.verdicts, body);
            return decoded.events.push(event);
        }
        let Some(values) = station.sensor_values else {
            let message = "the station has neither `sensorValues` nor `sensorConstantValues`";
            return decoded.rejects.push(Reject::missing(field, message));
        };
        for (index, value) in values.into_iter().enumerate() {
            let field = format!("station[{id}].sensorValues[{index}]");
            match self.sensor_value(raw, id, value, &field) {
                Ok(Ok(event)) => decoded.events.push(event),
                Ok(Err(drop)) => decoded.drops.push(drop),
                Err(reject) => decoded.rejects.push(reject),
            }
        }
    }

    /// A value of the REST data: an event, or a drop of what is not wanted.
    fn sensor_value(
        &self,
        raw: &RawRecord,
        station: u32,
        json: &RawValue,
        field: &str,
    ) -> Result<Result<Event, Drop>, Reject> {
        let value: SensorValue = json::parse(json.get().as_bytes(), field)?;
        if let Some(drop) = self.unwanted(station, field) {
            return Ok(Err(drop));
        }
        let id = value.id.id();
        let name = value.name.text();
        // The name decides; the id alone does only where there is no name.
        let sensor = match name {
            Some(name) => Sensor::named(name),
            None => id.and_then(Sensor::with_id),
        };
        let Some(sensor) = sensor else {
            return Ok(Err(Drop::new(DropReason::UnknownSensor, field)));
        };
        let field = format!("{field} {}", sensor.name);
        let reading = Reading {
            station,
            sensor,
            sensor_id: id.unwrap_or(sensor.id),
            unit: value.unit.text(),
            value: value.value,
            time_ms: value.measured_time.text().and_then(rfc3339_ms),
            window_start_ms: value.time_window_start.text().and_then(rfc3339_ms),
            window_end_ms: value.time_window_end.text().and_then(rfc3339_ms),
        };
        self.measurement(raw, &reading, &field).map(Ok)
    }

    fn measurement(
        &self,
        raw: &RawRecord,
        reading: &Reading,
        field: &str,
    ) -> Result<Event, Reject> {
        let sensor = reading.sensor;
        let checks = &mut Checks::default();
        match sensor.unit(reading.unit) {
            Unit::Right => {}
            Unit::Unstated => checks.verdicts.insert(Verdict::WrongUnit),
            Unit::Wrong => {
                let unit: String = reading.unit.unwrap_or_default().chars().take(20).collect();
                let message = format!("\"{unit}\" is the unit of another quantity");
                return Err(Reject::new(RejectReason::WrongUnit, field, message));
            }
        }
        let value = match reading.value {
            Number::Value(value) => value,
            Number::Missing => return Err(Reject::missing(field, "the value is missing")),
            Number::Wrong => {
                let message = "the value is no number";
                return Err(Reject::new(RejectReason::WrongType, field, message));
            }
        };
        if !(0.0..=sensor.value_max()).contains(&value) {
            let message = format!("{value} is not from 0 to {}", sensor.value_max());
            return Err(Reject::new(RejectReason::OutOfRange, field, message));
        }
        let Some(time_ms) = reading.time_ms else {
            return Err(Reject::missing(field, "the time of measurement is missing"));
        };
        let is_unlisted = !self.register.is_empty() && !self.register.contains(&reading.station);
        if is_unlisted || reading.sensor_id != sensor.id {
            checks.verdicts.insert(Verdict::IdUnknown);
        }
        let body = Body::DetectorMeasurement(DetectorMeasurement {
            sensor_id: reading.sensor_id,
            quantity: sensor.quantity,
            direction: sensor.direction,
            window: sensor.window,
            value,
            window_start_ms: reading.window_start_ms,
            window_end_ms: reading.window_end_ms,
        });
        let entity = entity(reading.station);
        Ok(self.envelope.event(raw, entity, time_ms, checks.verdicts, body))
    }

    /// Why a station is not wanted, when it is not.
    fn unwanted(&self, station: u32, field: &str) -> Option<Drop> {
        if self.tests.contains(&station) {
            return Some(Drop::new(DropReason::TestStation, field));
        }
        let wanted = self.wanted.as_ref()?;
        (!wanted.contains(&station)).then(|| Drop::new(DropReason::NotRequested, field))
    }
}

fn entity(station: u32) -> Text {
    station.to_compact_string()
}
