//! Objects over the wire messages of `tilanne.v1`.

use events::{DetectorStation, Outcome, Text, Verdict, Verdicts, wire};

use super::{
    Detector, DetectorDirection, Feed, Object, ReasonCount, Situation, TimedValue, Trip, Vehicle,
};
use crate::DecodeError;

fn verdict_numbers(verdicts: Verdicts) -> Vec<i32> {
    verdicts.iter().map(Into::into).collect()
}

fn verdict_set(numbers: &[i32]) -> Verdicts {
    let known = numbers.iter().filter_map(|&n| Verdict::try_from(n).ok());
    known.collect()
}

impl From<&Vehicle> for wire::Vehicle {
    fn from(vehicle: &Vehicle) -> Self {
        Self {
            id: vehicle.id.to_string(),
            feed: vehicle.feed.to_string(),
            event_time_ms: vehicle.event_time_ms,
            received_time_ms: vehicle.received_time_ms,
            report: Some((&vehicle.report).into()),
            position_time_ms: vehicle.position_time_ms,
            verdicts: verdict_numbers(vehicle.verdicts),
            r#match: vehicle.matched.as_deref().map(Into::into),
            emission: vehicle.emission.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<wire::Vehicle> for Vehicle {
    type Error = DecodeError;

    fn try_from(vehicle: wire::Vehicle) -> Result<Self, DecodeError> {
        Ok(Self {
            id: vehicle.id.into(),
            feed: vehicle.feed.into(),
            event_time_ms: vehicle.event_time_ms,
            received_time_ms: vehicle.received_time_ms,
            report: vehicle.report.unwrap_or_default().try_into()?,
            position_time_ms: vehicle.position_time_ms,
            verdicts: verdict_set(&vehicle.verdicts),
            matched: vehicle.r#match.map(|matched| Box::new(matched.into())),
            emission: vehicle.emission.map(|emission| Box::new(emission.into())),
        })
    }
}

impl From<&Trip> for wire::Trip {
    fn from(trip: &Trip) -> Self {
        Self {
            id: trip.id.to_string(),
            feed: trip.feed.to_string(),
            event_time_ms: trip.event_time_ms,
            received_time_ms: trip.received_time_ms,
            update: Some((&trip.update).into()),
            verdicts: verdict_numbers(trip.verdicts),
        }
    }
}

impl From<wire::Trip> for Trip {
    fn from(trip: wire::Trip) -> Self {
        Self {
            id: trip.id.into(),
            feed: trip.feed.into(),
            event_time_ms: trip.event_time_ms,
            received_time_ms: trip.received_time_ms,
            update: trip.update.unwrap_or_default().into(),
            verdicts: verdict_set(&trip.verdicts),
        }
    }
}

impl From<TimedValue> for wire::TimedValue {
    fn from(timed: TimedValue) -> Self {
        Self { value: timed.value, time_ms: timed.time_ms }
    }
}

impl From<wire::TimedValue> for TimedValue {
    fn from(timed: wire::TimedValue) -> Self {
        Self { value: timed.value, time_ms: timed.time_ms }
    }
}

impl From<DetectorDirection> for wire::DetectorDirection {
    fn from(direction: DetectorDirection) -> Self {
        Self {
            direction: direction.direction,
            speed_km_h: direction.speed_km_h.map(Into::into),
            flow_veh_h: direction.flow_veh_h.map(Into::into),
            speed_share_percent: direction.speed_share_percent.map(Into::into),
            flow_share_percent: direction.flow_share_percent.map(Into::into),
            occupancy_percent: direction.occupancy_percent.map(Into::into),
            level_of_service: direction.level_of_service.into(),
            free_flow_speed_km_h: direction.free_flow_speed_km_h,
        }
    }
}

impl From<wire::DetectorDirection> for DetectorDirection {
    fn from(direction: wire::DetectorDirection) -> Self {
        Self {
            level_of_service: direction.level_of_service(),
            direction: direction.direction,
            speed_km_h: direction.speed_km_h.map(Into::into),
            flow_veh_h: direction.flow_veh_h.map(Into::into),
            speed_share_percent: direction.speed_share_percent.map(Into::into),
            flow_share_percent: direction.flow_share_percent.map(Into::into),
            occupancy_percent: direction.occupancy_percent.map(Into::into),
            free_flow_speed_km_h: direction.free_flow_speed_km_h,
        }
    }
}

impl From<&Detector> for wire::Detector {
    fn from(detector: &Detector) -> Self {
        let directions = detector.directions.iter().copied();
        Self {
            id: detector.id.to_string(),
            feed: detector.feed.to_string(),
            event_time_ms: detector.event_time_ms,
            received_time_ms: detector.received_time_ms,
            station: Some((&detector.station).into()),
            directions: directions.map(Into::into).collect(),
            verdicts: verdict_numbers(detector.verdicts),
        }
    }
}

impl TryFrom<wire::Detector> for Detector {
    type Error = DecodeError;

    fn try_from(detector: wire::Detector) -> Result<Self, DecodeError> {
        let station = detector.station.map(DetectorStation::try_from);
        Ok(Self {
            id: detector.id.into(),
            feed: detector.feed.into(),
            event_time_ms: detector.event_time_ms,
            received_time_ms: detector.received_time_ms,
            station: station.transpose()?.unwrap_or_default(),
            directions: detector.directions.into_iter().map(Into::into).collect(),
            verdicts: verdict_set(&detector.verdicts),
        })
    }
}

impl From<&Situation> for wire::Situation {
    fn from(situation: &Situation) -> Self {
        Self {
            id: situation.id.to_string(),
            feed: situation.feed.to_string(),
            event_time_ms: situation.event_time_ms,
            received_time_ms: situation.received_time_ms,
            record: Some((&situation.record).into()),
            verdicts: verdict_numbers(situation.verdicts),
            effect: situation.effect.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<wire::Situation> for Situation {
    type Error = DecodeError;

    fn try_from(situation: wire::Situation) -> Result<Self, DecodeError> {
        Ok(Self {
            id: situation.id.into(),
            feed: situation.feed.into(),
            event_time_ms: situation.event_time_ms,
            received_time_ms: situation.received_time_ms,
            record: situation.record.unwrap_or_default().try_into()?,
            verdicts: verdict_set(&situation.verdicts),
            effect: situation.effect.map(|effect| Box::new(effect.into())),
        })
    }
}

impl From<&Feed> for wire::Feed {
    fn from(feed: &Feed) -> Self {
        let reasons = feed.reasons.iter().map(|reason| wire::TallyCount {
            outcome: reason.outcome.into(),
            reason: reason.reason.to_string(),
            count: reason.count,
        });
        Self {
            id: feed.id.to_string(),
            watermark_ms: feed.watermark_ms,
            status_time_ms: feed.status_time_ms,
            connection: feed.connection.into(),
            error: feed.error.clone(),
            received: feed.received,
            applied: feed.applied,
            superseded: feed.superseded,
            duplicate: feed.duplicate,
            rejected: feed.rejected,
            quarantined: feed.quarantined,
            dropped: feed.dropped,
            reasons: reasons.collect(),
            last_received_ms: feed.last_received_ms,
            last_event_ms: feed.last_event_ms,
            imbalances: feed.imbalances,
        }
    }
}

impl From<wire::Feed> for Feed {
    fn from(feed: wire::Feed) -> Self {
        let connection = feed.connection();
        let reasons = feed.reasons.into_iter().map(|reason| ReasonCount {
            outcome: Outcome::try_from(reason.outcome).unwrap_or_default(),
            reason: Text::from(reason.reason),
            count: reason.count,
        });
        Self {
            connection,
            reasons: reasons.collect(),
            id: feed.id.into(),
            watermark_ms: feed.watermark_ms,
            status_time_ms: feed.status_time_ms,
            error: feed.error,
            received: feed.received,
            applied: feed.applied,
            superseded: feed.superseded,
            duplicate: feed.duplicate,
            rejected: feed.rejected,
            quarantined: feed.quarantined,
            dropped: feed.dropped,
            last_received_ms: feed.last_received_ms,
            last_event_ms: feed.last_event_ms,
            imbalances: feed.imbalances,
        }
    }
}

impl From<&Object> for wire::Object {
    fn from(object: &Object) -> Self {
        use wire::object::Object as Wire;
        let object = match object {
            Object::Vehicle(vehicle) => Wire::Vehicle(vehicle.into()),
            Object::Detector(detector) => Wire::Detector(detector.into()),
            Object::Situation(situation) => Wire::Situation(situation.into()),
            Object::Trip(trip) => Wire::Trip(trip.into()),
            Object::Feed(feed) => Wire::Feed(feed.into()),
            Object::Link(link) => Wire::Link(link.into()),
            Object::Queue(queue) => Wire::Queue(queue.into()),
            Object::Area(area) => Wire::Area(area.into()),
            Object::Emission(emission) => Wire::Emission(emission.into()),
            Object::Weather(weather) => Wire::Weather(weather.into()),
        };
        Self { object: Some(object) }
    }
}

impl TryFrom<wire::Object> for Object {
    type Error = DecodeError;

    fn try_from(object: wire::Object) -> Result<Self, DecodeError> {
        use wire::object::Object as Wire;
        Ok(match object.object.ok_or(DecodeError::UnknownKind("object"))? {
            Wire::Vehicle(vehicle) => Self::Vehicle(vehicle.try_into()?),
            Wire::Detector(detector) => Self::Detector(detector.try_into()?),
            Wire::Situation(situation) => Self::Situation(situation.try_into()?),
            Wire::Trip(trip) => Self::Trip(trip.into()),
            Wire::Feed(feed) => Self::Feed(feed.into()),
            Wire::Link(link) => Self::Link(link.try_into()?),
            Wire::Queue(queue) => Self::Queue(queue.into()),
            Wire::Area(area) => Self::Area(area.into()),
            Wire::Emission(emission) => Self::Emission(emission.into()),
            Wire::Weather(weather) => Self::Weather(weather.try_into()?),
        })
    }
}
