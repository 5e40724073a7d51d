//! Fintraffic's road weather stations: REST documents told apart by their shape, and MQTT messages
//! told by their topic.
//!
//! | input | gives |
//! | --- | --- |
//! | `/stations`, one or all | a `WeatherStation` each, with place and state |
//! | `/stations/data`, one or all | a `WeatherMeasurement` per sensor value that is known |
//! | `weather-v2/<station>/<sensor>` | a `WeatherMeasurement` |
//!
//! A station has some 65 sensors, of which the picture wants a dozen; the others are dropped and
//! counted. What lies on the road is a code, of which 0 says that the sensor is faulty. Option
//! `stations` lists the ids that are wanted.

mod sensor;

use events::{
    Body, Event, RawRecord, RoadSurface, Verdict, WeatherMeasurement, WeatherQuantity,
    WeatherStation, bounded_id,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::sensor::{Sensor, Surface};
use super::digitraffic::{self, Feature, Message, Part, SensorValue, Stations, Unit};
use super::envelope::{Checks, Envelope};
use super::instant::rfc3339_ms;
use super::json::{self, Number};
use super::{
    Decoded, Decoder, DecoderContext, Drop, DropReason, Format, OptionsError, Reject, RejectReason,
};

/// The format `digitraffic_weather`.
pub struct DigitrafficWeather;

impl Format for DigitrafficWeather {
    fn name(&self) -> &'static str {
        "digitraffic_weather"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        let stations = Stations::new(options)?;
        Ok(Box::new(WeatherDecoder { envelope: Envelope::new(context, self.name()), stations }))
    }
}

struct WeatherDecoder {
    envelope: Envelope,
    stations: Stations,
}

/// A station with its values.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[serde(expecting = "a station object")]
struct Station<'a> {
    #[serde(default)]
    id: Number,
    #[serde(borrow)]
    sensor_values: Option<Vec<&'a RawValue>>,
}

/// A value on its way to an event.
struct Reading<'a> {
    station: u32,
    sensor: &'static Sensor,
    sensor_id: u32,
    unit: Option<&'a str>,
    value: Number,
    time_ms: Option<i64>,
}

impl Decoder for WeatherDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        let mut decoded = Decoded::default();
        let topic = raw.topic.strip_prefix('/').unwrap_or(&raw.topic);
        let outcome =
            digitraffic::check_length(raw).and_then(|()| match topic.strip_prefix("weather-v2/") {
                Some(levels) => self.message(raw, levels, &mut decoded),
                None => self.document(raw, &mut decoded),
            });
        if let Err(reject) = outcome {
            decoded.rejects.push(reject);
        }
        decoded
    }
}

impl WeatherDecoder {
    fn message(&self, raw: &RawRecord, levels: &str, decoded: &mut Decoded) -> Result<(), Reject> {
        let Some((station, sensor_id)) = digitraffic::topic_ids(levels)? else {
            decoded.drops.push(Drop::new(DropReason::ServiceMessage, levels));
            return Ok(());
        };
        let message: Message = json::parse(&raw.payload, "payload")?;
        let field = format!("station[{station}] sensor {sensor_id}");
        let outcome = match (self.stations.unwanted(station, &field), Sensor::with_id(sensor_id)) {
            (Some(drop), _) => Err(drop),
            (None, None) => Err(Drop::new(DropReason::UnknownSensor, field)),
            (None, Some(sensor)) => {
                let reading = Reading {
                    station,
                    sensor,
                    sensor_id,
                    unit: None,
                    value: message.value,
                    // When the sender wrote the record, so an upper bound of when it was measured.
                    time_ms: digitraffic::message_time_ms(message.time),
                };
                self.measurement(raw, &reading, &field)?
            }
        };
        match outcome {
            Ok(event) => decoded.events.push(event),
            Err(drop) => decoded.drops.push(drop),
        }
        Ok(())
    }

    fn document(&mut self, raw: &RawRecord, decoded: &mut Decoded) -> Result<(), Reject> {
        let (updated_ms, parts) = digitraffic::parts(raw)?;
        decoded.made_time_ms = updated_ms;
        for (part, field) in parts {
            match part {
                Part::Feature(json) => self.feature(raw, json, &field, updated_ms, decoded),
                Part::Station(json) => self.station(raw, json, &field, decoded),
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
        let body = Body::WeatherStation(WeatherStation {
            name: feature.properties.name.text().and_then(bounded_id),
            position: feature.position(checks),
            collection_status: feature.collection_status(checks),
            state: feature.properties.state.text().and_then(bounded_id),
        });
        let entity = digitraffic::entity(id);
        let event = self.envelope.event(raw, entity, time_ms, checks.verdicts, body);
        decoded.events.push(event);
    }

    /// A station's values.
    fn station(&self, raw: &RawRecord, json: &[u8], field: &str, decoded: &mut Decoded) {
        let station: Station = match json::parse(json, field) {
            Ok(station) => station,
            Err(reject) => return decoded.rejects.push(reject),
        };
        let Some(id) = station.id.id() else {
            return decoded.rejects.push(digitraffic::no_id(field));
        };
        let Some(values) = station.sensor_values else {
            let message = "the station has no `sensorValues`";
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
        // The name decides; the id alone does only where there is no name.
        let sensor = match value.name.text() {
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
            sensor_id: id.or(sensor.id).unwrap_or_default(),
            unit: value.unit.text(),
            value: value.value,
            time_ms: value.measured_time.text().and_then(rfc3339_ms),
        };
        self.measurement(raw, &reading, &field)
    }

    fn measurement(
        &self,
        raw: &RawRecord,
        reading: &Reading,
        field: &str,
    ) -> Result<Result<Event, Drop>, Reject> {
        let sensor = reading.sensor;
        let checks = &mut Checks::default();
        if sensor.unit(reading.unit, field)? == Unit::Unstated {
            checks.verdicts.insert(Verdict::WrongUnit);
        }
        let (value, surface) = if sensor.quantity == WeatherQuantity::RoadSurface {
            let code = digitraffic::value_within(reading.value, 0.0, sensor::CODE_MAX, field)?;
            match Surface::of_code(code) {
                Surface::Known(surface) => (0.0, surface),
                Surface::Fault => return Ok(Err(Drop::new(DropReason::SensorFault, field))),
                Surface::Unknown => {
                    let message = format!("{code} is no code of a road's surface");
                    return Err(Reject::new(RejectReason::OutOfRange, field, message));
                }
            }
        } else {
            let (min, max) = sensor.quantity.range();
            let value = digitraffic::value_within(reading.value, min, max, field)?;
            (value, RoadSurface::Unspecified)
        };
        let Some(time_ms) = reading.time_ms else {
            return Err(Reject::missing(field, "the time of measurement is missing"));
        };
        let another_id = sensor.id.is_some_and(|id| id != reading.sensor_id);
        if self.stations.is_unlisted(reading.station) || another_id {
            checks.verdicts.insert(Verdict::IdUnknown);
        }
        let body = Body::WeatherMeasurement(WeatherMeasurement {
            sensor_id: reading.sensor_id,
            quantity: sensor.quantity,
            sensor_number: sensor.number,
            value,
            surface,
        });
        let entity = digitraffic::entity(reading.station);
        Ok(Ok(self.envelope.event(raw, entity, time_ms, checks.verdicts, body)))
    }
}
