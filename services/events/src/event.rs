//! The envelope that every event travels in, and the records of the event log.

use prost::Message;
use serde::Serialize;

use crate::{
    DetectorMeasurement, DetectorStation, EntityKind, FeedStatus, PositionError, SituationRecord,
    Tally, Text, TripUpdate, VehiclePosition, Verdict, Verdicts, WeatherMeasurement,
    WeatherStation, wire,
};

/// Where a record came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// The source within the feed, such as `mqtt` or `stations`.
    pub source: Text,
    /// The format that decoded it.
    pub format: Text,
}

/// What happened, in one of the event kinds.
// Nearly all events are vehicle positions: boxing the largest kind would cost each an allocation.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A vehicle reported.
    VehiclePosition(VehiclePosition),
    /// A trip's progress changed.
    TripUpdate(TripUpdate),
    /// A detector measured.
    DetectorMeasurement(DetectorMeasurement),
    /// Reference data of a detector station.
    DetectorStation(DetectorStation),
    /// A version of a traffic message or alert. Boxed: it is large and rare.
    SituationRecord(Box<SituationRecord>),
    /// The publisher no longer has the entity.
    Retraction(EntityKind),
    /// A road weather station measured.
    WeatherMeasurement(WeatherMeasurement),
    /// Reference data of a road weather station.
    WeatherStation(WeatherStation),
}

/// A checked event. Identity for de-duplication is (feed, entity, kind, event time).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Name of the feed in the configuration.
    pub feed: Text,
    /// Region whose picture the event belongs to; the partition of the log.
    pub region: Text,
    /// Id within the feed: a vehicle, trip, station or situation.
    pub entity: Text,
    /// When it was true, milliseconds since 1970-01-01 UTC.
    pub event_time_ms: i64,
    /// When we got it, milliseconds since 1970-01-01 UTC.
    pub received_time_ms: i64,
    /// What is doubtful about it.
    pub verdicts: Verdicts,
    /// Where it came from.
    pub provenance: Provenance,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

/// Why bytes of the log are no record. The log is ours: this is corruption or a newer version.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Not the protobuf message that it should be.
    #[error("not a log record: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// A position out of range.
    #[error("log record with a bad position: {0}")]
    Position(#[from] PositionError),
    /// A record or body kind that this version does not know.
    #[error("log record of an unknown kind; it was written by a newer version")]
    UnknownKind,
}

/// One record of the event log of a region.
#[derive(Clone, Debug, PartialEq)]
// Nearly all records are events.
#[allow(clippy::large_enum_variant)]
pub enum LogRecord {
    /// A checked event: one received record.
    Event(Event),
    /// Received records that ended in ingest.
    Tally(Tally),
    /// Watermark and health of a feed.
    FeedStatus(FeedStatus),
}

/// Moves every time in a record, so that a recording of the past can be played as the present.
pub trait Shift {
    /// Adds milliseconds to every time.
    fn shift_ms(&mut self, by_ms: i64);
}

impl Shift for Event {
    fn shift_ms(&mut self, by_ms: i64) {
        self.event_time_ms = self.event_time_ms.saturating_add(by_ms);
        self.received_time_ms = self.received_time_ms.saturating_add(by_ms);
        let move_all = |times: &mut [&mut Option<i64>]| {
            for time in times.iter_mut().filter_map(|time| time.as_mut()) {
                *time = time.saturating_add(by_ms);
            }
        };
        match &mut self.body {
            Body::VehiclePosition(_)
            | Body::DetectorStation(_)
            | Body::WeatherMeasurement(_)
            | Body::WeatherStation(_)
            | Body::Retraction(_) => {}
            Body::TripUpdate(update) => {
                for stop in &mut update.stop_time_updates {
                    for event in [&mut stop.arrival, &mut stop.departure].into_iter().flatten() {
                        move_all(&mut [&mut event.time_ms]);
                    }
                }
            }
            Body::DetectorMeasurement(measurement) => {
                move_all(&mut [&mut measurement.window_start_ms, &mut measurement.window_end_ms]);
            }
            Body::SituationRecord(record) => {
                record.version_time_ms = record.version_time_ms.saturating_add(by_ms);
                move_all(&mut [
                    &mut record.release_time_ms,
                    &mut record.start_time_ms,
                    &mut record.end_time_ms,
                ]);
            }
        }
    }
}

impl From<&Body> for wire::event::Body {
    fn from(body: &Body) -> Self {
        match body {
            Body::VehiclePosition(report) => Self::VehiclePosition(report.into()),
            Body::TripUpdate(update) => Self::TripUpdate(update.into()),
            Body::DetectorMeasurement(measurement) => {
                Self::DetectorMeasurement((*measurement).into())
            }
            Body::DetectorStation(station) => Self::DetectorStation(station.into()),
            Body::SituationRecord(record) => Self::SituationRecord(record.as_ref().into()),
            Body::Retraction(kind) => Self::Retraction(wire::Retraction { kind: (*kind).into() }),
            Body::WeatherMeasurement(measurement) => {
                Self::WeatherMeasurement((*measurement).into())
            }
            Body::WeatherStation(station) => Self::WeatherStation(station.into()),
        }
    }
}

impl TryFrom<wire::event::Body> for Body {
    type Error = WireError;

    fn try_from(body: wire::event::Body) -> Result<Self, WireError> {
        use wire::event::Body as Wire;
        Ok(match body {
            Wire::VehiclePosition(report) => Self::VehiclePosition(report.try_into()?),
            Wire::TripUpdate(update) => Self::TripUpdate(update.into()),
            Wire::DetectorMeasurement(measurement) => Self::DetectorMeasurement(measurement.into()),
            Wire::DetectorStation(station) => Self::DetectorStation(station.try_into()?),
            Wire::SituationRecord(record) => Self::SituationRecord(Box::new(record.try_into()?)),
            Wire::Retraction(retraction) => Self::Retraction(retraction.kind()),
            Wire::WeatherMeasurement(measurement) => Self::WeatherMeasurement(measurement.into()),
            Wire::WeatherStation(station) => Self::WeatherStation(station.try_into()?),
        })
    }
}

impl From<&Event> for wire::Event {
    fn from(event: &Event) -> Self {
        Self {
            feed: event.feed.to_string(),
            region: event.region.to_string(),
            entity: event.entity.to_string(),
            event_time_ms: event.event_time_ms,
            received_time_ms: event.received_time_ms,
            verdicts: event.verdicts.iter().map(Into::into).collect(),
            provenance: Some(wire::Provenance {
                source: event.provenance.source.to_string(),
                format: event.provenance.format.to_string(),
            }),
            body: Some((&event.body).into()),
        }
    }
}

impl TryFrom<wire::Event> for Event {
    type Error = WireError;

    fn try_from(event: wire::Event) -> Result<Self, WireError> {
        let verdicts = event.verdicts.iter().filter_map(|&verdict| Verdict::try_from(verdict).ok());
        let provenance = event.provenance.unwrap_or_default();
        Ok(Self {
            verdicts: verdicts.collect(),
            feed: event.feed.into(),
            region: event.region.into(),
            entity: event.entity.into(),
            event_time_ms: event.event_time_ms,
            received_time_ms: event.received_time_ms,
            provenance: Provenance {
                source: provenance.source.into(),
                format: provenance.format.into(),
            },
            body: event.body.ok_or(WireError::UnknownKind)?.try_into()?,
        })
    }
}

impl LogRecord {
    /// Bytes for the log.
    pub fn encode(&self) -> Vec<u8> {
        use wire::log_record::Record;
        let record = match self {
            Self::Event(event) => Record::Event(event.into()),
            Self::Tally(tally) => Record::Tally(tally.clone()),
            Self::FeedStatus(status) => Record::FeedStatus(status.clone()),
        };
        wire::LogRecord { record: Some(record) }.encode_to_vec()
    }

    /// Reads bytes of the log.
    ///
    /// ```
    /// use events::LogRecord;
    /// let status = LogRecord::FeedStatus(events::FeedStatus { feed: "hfp".into(), ..Default::default() });
    /// assert_eq!(LogRecord::decode(&status.encode()).unwrap(), status);
    /// assert!(LogRecord::decode(b"garbage").is_err());
    /// ```
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        wire::LogRecord::decode(bytes)?.try_into()
    }
}

impl TryFrom<wire::LogRecord> for LogRecord {
    type Error = WireError;

    fn try_from(record: wire::LogRecord) -> Result<Self, WireError> {
        use wire::log_record::Record;
        match record.record.ok_or(WireError::UnknownKind)? {
            Record::Event(event) => Ok(Self::Event(event.try_into()?)),
            Record::Tally(tally) => Ok(Self::Tally(tally)),
            Record::FeedStatus(status) => Ok(Self::FeedStatus(status)),
        }
    }
}
