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

use events::{Body, DetectorMeasurement, Event, RawRecord, Verdict};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::sensor::Sensor;
use self::station::Constant;
use super::digitraffic::{self, Feature, Message, Part, SensorValue, Stations, Unit};
use super::envelope::{Checks, Envelope};
use super::instant::rfc3339_ms;
use super::json::{self, Number, Scalar};
use super::{Decoded, Decoder, DecoderContext, Drop, DropReason, Format, OptionsError, Reject};

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
        let stations = Stations::new(options)?;
        Ok(Box::new(TmsDecoder { envelope: Envelope::new(context, self.name()), stations }))
    }
}

struct TmsDecoder {
    envelope: Envelope,
    stations: Stations,
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
        let mut decoded = Decoded::default();
        let topic = raw.topic.strip_prefix('/').unwrap_or(&raw.topic);
        let outcome =
            digitraffic::check_length(raw).and_then(|()| match topic.strip_prefix("tms-v2/") {
                Some(levels) => self.message(raw, levels, &mut decoded),
                None => self.document(raw, &mut decoded),
            });
        if let Err(reject) = outcome {
            decoded.rejects.push(reject);
        }
        decoded
    }
}

impl TmsDecoder {
    fn message(&self, raw: &RawRecord, levels: &str, decoded: &mut Decoded) -> Result<(), Reject> {
        let Some((station, sensor_id)) = digitraffic::topic_ids(levels)? else {
            decoded.drops.push(Drop::new(DropReason::ServiceMessage, levels));
            return Ok(());
        };
        let message: Message = json::parse(&raw.payload, "payload")?;
        let field = format!("station[{station}] sensor {sensor_id}");
        if let Some(drop) = self.stations.unwanted(station, &field) {
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
            time_ms: digitraffic::message_time_ms(message.time),
            window_start_ms: digitraffic::message_time_ms(message.start),
            window_end_ms: digitraffic::message_time_ms(message.end),
        };
        decoded.events.push(self.measurement(raw, &reading, &field)?);
        Ok(())
    }

    fn document(&mut self, raw: &RawRecord, decoded: &mut Decoded) -> Result<(), Reject> {
        let (updated_ms, parts) = digitraffic::parts(raw)?;
        decoded.made_time_ms = updated_ms;
        for (part, field) in parts {
            match part {
                Part::Feature(json) => self.feature(raw, json, &field, updated_ms, decoded),
                Part::Station(json) => self.station(raw, json, &field, updated_ms, decoded),
            }
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
        let parsed = json::parse(json, field)
            .and_then(|feature: Feature| Ok((feature.station_id(field)?, feature)));
        let (id, feature) = match parsed {
            Ok(parsed) => parsed,
            Err(reject) => return decoded.rejects.push(reject),
        };
        self.stations.register(&feature, id);
        if let Some(drop) = self.stations.unwanted(id, &format!("{field} {id}")) {
            return decoded.drops.push(drop);
        }
        let time_ms = feature.time_ms(updated_ms, raw);
        let checks = &mut Checks::default();
        let body = Body::DetectorStation(station::reference(&feature, checks));
        let entity = digitraffic::entity(id);
        let event = self.envelope.event(raw, entity, time_ms, checks.verdicts, body);
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
            return decoded.rejects.push(digitraffic::no_id(field));
        };
        if let Some(constants) = &station.sensor_constant_values {
            if let Some(drop) = self.stations.unwanted(id, &format!("{field} {id}")) {
                return decoded.drops.push(drop);
            }
            let own_ms = station.data_updated_time.text().and_then(rfc3339_ms);
            let time_ms = updated_ms.or(own_ms).unwrap_or(raw.received_time_ms);
            let checks = &mut Checks::default();
            let body = Body::DetectorStation(station::constants(constants, checks));
            let event =
                self.envelope.event(raw, digitraffic::entity(id), time_ms, checks.verdicts, body);
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
        if let Some(drop) = self.stations.unwanted(station, field) {
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
        if sensor.unit(reading.unit, field)? == Unit::Unstated {
            checks.verdicts.insert(Verdict::WrongUnit);
        }
        let value = digitraffic::value_within(reading.value, 0.0, sensor.value_max(), field)?;
        let Some(time_ms) = reading.time_ms else {
            return Err(Reject::missing(field, "the time of measurement is missing"));
        };
        if self.stations.is_unlisted(reading.station) || reading.sensor_id != sensor.id {
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
        let entity = digitraffic::entity(reading.station);
        Ok(self.envelope.event(raw, entity, time_ms, checks.verdicts, body))
    }
}
