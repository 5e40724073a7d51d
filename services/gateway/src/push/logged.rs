//! Events as they are in the log, decoded and encoded once for all who read them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use events::{Body, Event, LogRecord, Text, WireError, wire};
use prost::Message;
use quick_cache::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use stream::Record;

use super::cursor::EventCursor;
use crate::telemetry;

/// Events of a region that are kept for the next reader, some 2 kB each with both encodings. Readers
/// at the end of the log, nearly all, are within less than a second of each other.
const KEPT_MAX: usize = 4_096;

/// Records of a region that do not decode and are told of; the dead letters have the others too.
const LEFT_OUT_MAX: usize = 1_024;

/// Kinds of events, as in JSON and in the types of CloudEvents.
pub(crate) const KINDS: [&str; 8] = [
    "vehicle_position",
    "trip_update",
    "detector_measurement",
    "detector_station",
    "situation_record",
    "retraction",
    "weather_measurement",
    "weather_station",
];

/// An event of the log.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) offset: u64,
    pub(crate) event: Event,
    /// Of its record.
    check: u32,
    epoch: Text,
    json: OnceLock<Box<RawValue>>,
    protobuf: OnceLock<Box<[u8]>>,
}

impl Logged {
    /// A `tilanne.v1.StreamEvent`.
    pub(super) fn protobuf(&self) -> &[u8] {
        self.protobuf.get_or_init(|| {
            let event = Some((&self.event).into());
            wire::StreamEvent { offset: self.offset, event }.encode_to_vec().into()
        })
    }

    /// Cursor of a reader that has it.
    pub(crate) fn cursor(&self) -> EventCursor {
        let Self { offset, check, epoch, .. } = self;
        EventCursor { epoch: epoch.clone(), next: offset + 1, check: *check }
    }

    /// A CloudEvent (specification 1.0.2, structured mode), with the extension `sequence`.
    fn cloud_event(&self) -> serde_json::Result<Box<RawValue>> {
        #[derive(Serialize)]
        struct CloudEvent<'a> {
            specversion: &'static str,
            id: String,
            source: String,
            #[serde(rename = "type")]
            kind: String,
            subject: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            time: Option<String>,
            datacontenttype: &'static str,
            sequence: String,
            data: &'a Event,
        }
        let Self { offset, epoch, event, .. } = self;
        let time = jiff::Timestamp::from_millisecond(event.event_time_ms);
        serde_json::value::to_raw_value(&CloudEvent {
            specversion: "1.0",
            id: format!("{epoch}~{offset}"),
            source: format!("/v1/regions/{}/events", event.region),
            kind: format!("tilanne.v1.{}", kind(&event.body)),
            subject: format!("{}:{}", event.feed, event.entity),
            time: time.ok().map(|time| time.to_string()),
            datacontenttype: "application/json",
            // Its order is that of texts.
            sequence: format!("{offset:020}"),
            data: event,
        })
    }
}

/// As a CloudEvent.
impl Serialize for Logged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json =
            self.json.get_or_init(|| self.cloud_event().expect("events have only text keys"));
        json.serialize(serializer)
    }
}

/// The events of a region that were read last.
pub(crate) struct RecentEvents {
    events: Cache<u64, Arc<Logged>>,
    /// Offsets of records that were left out.
    left_out: Mutex<BTreeSet<u64>>,
}

impl RecentEvents {
    pub(crate) fn new() -> Self {
        Self { events: Cache::new(KEPT_MAX), left_out: Mutex::default() }
    }

    /// The event that a record is; none where it is something else.
    pub(super) fn event(
        &self,
        record: &Record,
        epoch: &Text,
    ) -> Result<Option<Arc<Logged>>, WireError> {
        let check = check(record);
        if let Some(known) = self.events.get(&record.offset).filter(|known| known.check == check) {
            return Ok(Some(known));
        }
        let LogRecord::Event(event) = LogRecord::decode(&record.payload)? else {
            return Ok(None);
        };
        let logged = Arc::new(Logged {
            offset: record.offset,
            event,
            check,
            epoch: epoch.clone(),
            json: OnceLock::new(),
            protobuf: OnceLock::new(),
        });
        self.events.insert(record.offset, Arc::clone(&logged));
        Ok(Some(logged))
    }

    /// Says that a record does not decode: once, however many readers come past it.
    pub(super) fn leave_out(&self, region: &str, offset: u64, error: &WireError) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out.len() < LEFT_OUT_MAX && left_out.insert(offset) {
            metrics::counter!(telemetry::EVENTS_LEFT_OUT, "region" => region.to_owned())
                .increment(1);
            tracing::warn!(region, offset, %error, "an event that does not decode is left out");
        }
    }
}

/// Stands for a record.
pub(super) fn check(record: &Record) -> u32 {
    // 0 stands for none.
    crate::answer::hash32(&record.payload).max(1)
}

pub(super) fn kind(body: &Body) -> &'static str {
    match body {
        Body::VehiclePosition(_) => KINDS[0],
        Body::TripUpdate(_) => KINDS[1],
        Body::DetectorMeasurement(_) => KINDS[2],
        Body::DetectorStation(_) => KINDS[3],
        Body::SituationRecord(_) => KINDS[4],
        Body::Retraction(_) => KINDS[5],
        Body::WeatherMeasurement(_) => KINDS[6],
        Body::WeatherStation(_) => KINDS[7],
    }
}
