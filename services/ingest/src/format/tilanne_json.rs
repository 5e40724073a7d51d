//! Our own JSON, for a source that can write what we ask for: floating cars and detectors.
//!
//! A payload is JSON objects one after the other, usually one a line. Each is one report: of a
//! vehicle (`vehicle`), or of a detector station (`station`), with its place, with what it measured,
//! or with both. Units are in the names. `time` is RFC 3339; nothing else is required but the id.
//!
//! ```json
//! {"vehicle":"7","time":"2026-03-10T08:30:15Z","mode":"car","latitude_deg":60.17,
//!  "longitude_deg":24.94,"speed_km_h":31.5,"bearing_deg":95}
//! {"station":"12","time":"2026-03-10T08:31:00Z","latitude_deg":60.17,"longitude_deg":24.94,"bearing_deg":95}
//! {"station":"12","time":"2026-03-10T08:31:00Z","direction":1,"window_s":60,"speed_km_h":28.4,
//!  "flow_veh_h":540,"occupancy_percent":7.5}
//! ```
//! A measurement gives one event for each quantity, so each is a record of the ledger.

use events::{
    Body, CollectionStatus, DetectorMeasurement, DetectorStation, MeasurementWindow, Mode,
    Quantity, RawRecord, Text, VehicleEventKind, VehiclePosition, bounded_id,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope::{Checks, Envelope};
use super::json::{Number, Scalar};
use super::options::Options;
use super::{
    Decoded, Decoder, DecoderContext, Format, OptionsError, Reject, RejectReason, instant, json,
};

/// Reports of one payload; a source that has more sends several payloads.
const REPORTS_MAX: usize = 100_000;

/// Largest payload that is taken; 100,000 reports have about 15 MiB.
const PAYLOAD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Fastest mean speed that a detector is believed, km/h.
const DETECTOR_SPEED_KM_H_MAX: f64 = 250.0;

/// Largest flow of one direction that is believed, veh/h: ten full lanes.
const FLOW_VEH_H_MAX: f64 = 25_000.0;

/// The format `tilanne_json`.
pub struct TilanneJson;

impl Format for TilanneJson {
    fn name(&self) -> &'static str {
        "tilanne_json"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        Options::new(options, &[])?;
        Ok(Box::new(TilanneJsonDecoder { envelope: Envelope::new(context, self.name()) }))
    }
}

struct TilanneJsonDecoder {
    envelope: Envelope,
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object with `vehicle` or `station`")]
struct Report<'a> {
    #[serde(borrow, default)]
    vehicle: Scalar<'a>,
    #[serde(borrow, default)]
    station: Scalar<'a>,
    #[serde(borrow, default)]
    time: Scalar<'a>,
    #[serde(borrow, default)]
    mode: Scalar<'a>,
    #[serde(borrow, default)]
    name: Scalar<'a>,
    #[serde(default)]
    latitude_deg: Number,
    #[serde(default)]
    longitude_deg: Number,
    #[serde(default)]
    bearing_deg: Number,
    #[serde(default)]
    speed_km_h: Number,
    #[serde(default)]
    direction: Number,
    #[serde(default)]
    window_s: Number,
    #[serde(default)]
    flow_veh_h: Number,
    #[serde(default)]
    occupancy_percent: Number,
}

impl Decoder for TilanneJsonDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        let length = raw.payload.len();
        if length > PAYLOAD_BYTES_MAX {
            let message = format!("{length} bytes; a payload may have {PAYLOAD_BYTES_MAX}");
            return Decoded::reject(Reject::new(RejectReason::TooLarge, "payload", message));
        }
        let mut decoded = Decoded::default();
        let reports = serde_json::Deserializer::from_slice(&raw.payload).into_iter::<&RawValue>();
        for (index, report) in reports.enumerate() {
            let field = format!("report[{index}]");
            if index == REPORTS_MAX {
                let message = format!("the payload has more than {REPORTS_MAX} reports");
                decoded.rejects.push(Reject::new(RejectReason::TooLarge, field, message));
                break;
            }
            let result = match report {
                Ok(report) => self.report(raw, report.get().as_bytes(), &field, &mut decoded),
                // What comes after broken syntax cannot be told apart from it.
                Err(error) => Err(json::reject(&raw.payload, &error, &field)),
            };
            decoded.rejects.extend(result.err());
        }
        if decoded.records() == 0 {
            let message = "the payload is empty; expected JSON objects";
            decoded.rejects.push(Reject::new(RejectReason::Malformed, "payload", message));
        }
        decoded
    }
}

impl TilanneJsonDecoder {
    fn report(
        &self,
        raw: &RawRecord,
        bytes: &[u8],
        field: &str,
        decoded: &mut Decoded,
    ) -> Result<(), Reject> {
        // A list would be read as the fields in order.
        if bytes.first() != Some(&b'{') {
            let message = "must be a JSON object with `vehicle` or `station`";
            return Err(Reject::new(RejectReason::WrongType, field, message));
        }
        let report: Report = json::parse(bytes, field)?;
        let time = report.time.text().and_then(instant::rfc3339_ms).ok_or_else(|| {
            Reject::missing(
                format!("{field}.time"),
                "an RFC 3339 time such as 2026-03-10T08:30:15Z",
            )
        })?;
        match (id(&report.vehicle), id(&report.station)) {
            (Some(vehicle), None) => {
                let checks = &mut Checks::default();
                let body = Body::VehiclePosition(report.vehicle_position(field, checks)?);
                let event = self.envelope.event(raw, vehicle, time, checks.verdicts, body);
                decoded.events.push(event);
                Ok(())
            }
            (None, Some(station)) => self.station(raw, &report, &station, time, field, decoded),
            _ => Err(Reject::missing(field, "either `vehicle` or `station` must be an id")),
        }
    }

    fn station(
        &self,
        raw: &RawRecord,
        report: &Report,
        station: &Text,
        time_ms: i64,
        field: &str,
        decoded: &mut Decoded,
    ) -> Result<(), Reject> {
        let before = decoded.records();
        if report.latitude_deg != Number::Missing || report.longitude_deg != Number::Missing {
            let checks = &mut Checks::default();
            let body = Body::DetectorStation(report.detector_station(checks));
            let event = self.envelope.event(raw, station.clone(), time_ms, checks.verdicts, body);
            decoded.events.push(event);
        }
        let quantities = [
            (Quantity::SpeedKmH, report.speed_km_h, "speed_km_h", DETECTOR_SPEED_KM_H_MAX, 1),
            (Quantity::FlowVehH, report.flow_veh_h, "flow_veh_h", FLOW_VEH_H_MAX, 2),
            (Quantity::OccupancyPercent, report.occupancy_percent, "occupancy_percent", 100.0, 3),
        ];
        for (quantity, value, name, value_max, sensor) in quantities {
            let value = match value {
                Number::Missing => continue,
                Number::Value(value) if (0.0..=value_max).contains(&value) => value,
                Number::Value(_) | Number::Wrong => {
                    let message = format!("must be a number from 0 to {value_max}");
                    let reject =
                        Reject::new(RejectReason::OutOfRange, format!("{field}.{name}"), message);
                    decoded.rejects.push(reject);
                    continue;
                }
            };
            let (direction, window, window_s) = report.window(field)?;
            let body = Body::DetectorMeasurement(DetectorMeasurement {
                sensor_id: direction * 10 + sensor,
                quantity,
                direction,
                window,
                value,
                window_start_ms: Some(time_ms.saturating_sub(window_s * 1_000)),
                window_end_ms: Some(time_ms),
            });
            let verdicts = Checks::default().verdicts;
            decoded.events.push(self.envelope.event(raw, station.clone(), time_ms, verdicts, body));
        }
        if decoded.records() == before {
            return Err(Reject::missing(field, "a station says where it is or what it measured"));
        }
        Ok(())
    }
}

impl Report<'_> {
    fn vehicle_position(
        &self,
        field: &str,
        checks: &mut Checks,
    ) -> Result<VehiclePosition, Reject> {
        let mode = match self.mode.text() {
            None => Mode::Unspecified,
            Some(name) => {
                *MODES.iter().find(|(known, _)| *known == name).map(|(_, mode)| mode).ok_or_else(
                    || {
                        let known: Vec<&str> = MODES.iter().map(|&(name, _)| name).collect();
                        let message = format!("{name:?} is none of {}", known.join(", "));
                        Reject::new(RejectReason::UnknownKind, format!("{field}.mode"), message)
                    },
                )?
            }
        };
        let speed = self.speed_km_h.get(checks);
        let bearing = self.bearing_deg.get(checks);
        let (latitude, longitude) = (self.latitude_deg.get(checks), self.longitude_deg.get(checks));
        Ok(VehiclePosition {
            kind: VehicleEventKind::Position,
            mode,
            position: checks.position(latitude, longitude),
            speed_km_h: speed.and_then(|speed| checks.speed_km_h(speed / 3.6)),
            bearing_deg: bearing.and_then(|bearing| checks.bearing_deg(bearing)),
            ..VehiclePosition::default()
        })
    }

    fn detector_station(&self, checks: &mut Checks) -> DetectorStation {
        let (latitude, longitude) = (self.latitude_deg.get(checks), self.longitude_deg.get(checks));
        let bearing = self.bearing_deg.get(checks);
        DetectorStation {
            name: self.name.text().and_then(bounded_id),
            position: checks.position(latitude, longitude),
            bearing_deg: bearing.and_then(|bearing| checks.bearing_deg(bearing)),
            collection_status: CollectionStatus::Gathering,
            ..DetectorStation::default()
        }
    }

    /// Direction, kind of window and its length in seconds; direction 1 and a minute when left out.
    fn window(&self, field: &str) -> Result<(u32, MeasurementWindow, i64), Reject> {
        let direction = match self.direction {
            Number::Missing => 1,
            direction => direction.id().filter(|id| (1..=2).contains(id)).ok_or_else(|| {
                let message = "must be 1 (along the station's bearing) or 2 (against it)";
                Reject::new(RejectReason::OutOfRange, format!("{field}.direction"), message)
            })?,
        };
        let window_s = match self.window_s {
            Number::Missing => 60,
            window => window.id().unwrap_or(0),
        };
        let window = match window_s {
            60 => MeasurementWindow::Fixed1Min,
            300 => MeasurementWindow::Fixed5Min,
            3_600 => MeasurementWindow::Fixed60Min,
            _ => {
                let message = "must be 60, 300 or 3600";
                let field = format!("{field}.window_s");
                return Err(Reject::new(RejectReason::OutOfRange, field, message));
            }
        };
        Ok((direction, window, window_s.into()))
    }
}

const MODES: [(&str, Mode); 9] = [
    ("bus", Mode::Bus),
    ("car", Mode::Car),
    ("ferry", Mode::Ferry),
    ("metro", Mode::Metro),
    ("robot", Mode::Robot),
    ("taxi", Mode::Taxi),
    ("train", Mode::Train),
    ("tram", Mode::Tram),
    ("truck", Mode::Truck),
];

/// An id, written as text or as a whole number.
fn id(scalar: &Scalar) -> Option<Text> {
    match scalar {
        Scalar::Integer(number) => bounded_id(&number.to_string()),
        scalar => scalar.text().and_then(bounded_id),
    }
}
