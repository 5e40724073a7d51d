//! States of the layers over the messages of a checkpoint.

use events::{DetectorStation, Quantity, SituationPhase, Text, Verdict, Verdicts, wire};

use super::emission;
use super::message;
use super::street::{Written, put_probe};
use crate::alert::{Alerts, Matter};
use crate::deadline::NEVER;
use crate::detector::state::{DetectorState, STATION_FIELDS, Value};
use crate::feed::FeedState;
use crate::situation::SituationState;
use crate::street::{Moving, Streets};
use crate::trip::TripState;
use crate::vehicle::VehicleState;
use crate::vehicle::track::{Belief, Fix, Place, Track};
use crate::{DecodeError, Feed, FeedLimits, Object};

pub(super) fn numbers(verdicts: Verdicts) -> Vec<i32> {
    verdicts.iter().map(Into::into).collect()
}

pub(super) fn verdicts(numbers: &[i32]) -> Verdicts {
    let known = numbers.iter().filter_map(|&n| Verdict::try_from(n).ok());
    known.collect()
}

impl From<&FeedState> for message::Feed {
    fn from(feed: &FeedState) -> Self {
        let ledger = Feed { reasons: feed.reason_counts(), ..feed.ledger.clone() };
        let shown = feed.shown.as_deref().and_then(|object| match object {
            Object::Feed(feed) => Some(feed.into()),
            _ => None,
        });
        Self {
            ledger: Some((&ledger).into()),
            shown,
            counting_since_ms: feed.counting_since_ms,
            door_lead: feed.door_lead,
        }
    }
}

impl message::Feed {
    pub(super) fn state(self, limits: impl Fn(&str) -> FeedLimits) -> FeedState {
        let ledger: Feed = self.ledger.unwrap_or_default().into();
        let reasons = ledger.reasons.iter().map(|reason| {
            let key = (reason.outcome, reason.reason.clone());
            (key, reason.count)
        });
        FeedState {
            reasons: reasons.collect(),
            limits: limits(&ledger.id),
            ledger,
            counting_since_ms: self.counting_since_ms,
            door_lead: self.door_lead,
            shown: self.shown.map(|feed| Object::Feed(feed.into()).into()),
        }
    }
}

impl From<Place> for message::Place {
    fn from(place: Place) -> Self {
        Self {
            time_ms: place.time_ms,
            longitude_deg: place.longitude_deg,
            latitude_deg: place.latitude_deg,
        }
    }
}

impl From<message::Place> for Place {
    fn from(place: message::Place) -> Self {
        Self {
            time_ms: place.time_ms,
            longitude_deg: place.longitude_deg,
            latitude_deg: place.latitude_deg,
        }
    }
}

impl From<Belief> for message::Belief {
    fn from(belief: Belief) -> Self {
        Self {
            place: belief.place.map(Into::into),
            suspect: belief.suspect.map(Into::into),
            suspects: belief.suspects.into(),
            odometer_m: belief.odometer_m,
            moving_since_ms: belief.moving_since_ms,
            frozen: belief.frozen,
        }
    }
}

impl From<message::Belief> for Belief {
    fn from(belief: message::Belief) -> Self {
        Self {
            place: belief.place.map(Into::into),
            suspect: belief.suspect.map(Into::into),
            suspects: belief.suspects as u8,
            odometer_m: belief.odometer_m,
            moving_since_ms: belief.moving_since_ms,
            frozen: belief.frozen,
        }
    }
}

impl From<&Fix> for message::Fix {
    fn from(fix: &Fix) -> Self {
        Self {
            time_ms: fix.time_ms,
            longitude_deg: fix.longitude_deg,
            latitude_deg: fix.latitude_deg,
            odometer_m: fix.odometer_m,
            speed_km_h: fix.speed_km_h,
            rank: fix.rank.into(),
            kind: fix.kind.into(),
            bearing_deg: fix.bearing_deg,
            at_stop: fix.at_stop,
            occupancy_percent: fix.occupancy_percent.into(),
        }
    }
}

impl From<message::Fix> for Fix {
    fn from(fix: message::Fix) -> Self {
        Self {
            time_ms: fix.time_ms,
            longitude_deg: fix.longitude_deg,
            latitude_deg: fix.latitude_deg,
            odometer_m: fix.odometer_m,
            speed_km_h: fix.speed_km_h,
            rank: fix.rank as u8,
            kind: fix.kind as u8,
            bearing_deg: fix.bearing_deg,
            at_stop: fix.at_stop,
            occupancy_percent: fix.occupancy_percent as u8,
        }
    }
}

impl message::Vehicle {
    pub(super) fn new(
        id: &str,
        state: &VehicleState,
        object: Option<&Object>,
        streets: Option<&Streets>,
        links: &mut Written,
    ) -> Self {
        let object = match object {
            Some(Object::Vehicle(vehicle)) => Some(vehicle.into()),
            _ => None,
        };
        Self {
            id: id.into(),
            feed: state.feed,
            object,
            base: Some(state.track.base.into()),
            tip: Some(state.track.tip.into()),
            window: state.track.window.iter().map(Into::into).collect(),
            newest_ms: state.track.newest_ms,
            floor_ms: state.track.floor_ms,
            shown_time_ms: state.shown.0,
            shown_rank: state.shown.1.into(),
            shown_kind: state.shown.2.into(),
            verdicts: numbers(state.verdicts),
            base_time_ms: state.track.base_key.0,
            base_rank: state.track.base_key.1.into(),
            base_kind: state.track.base_key.2.into(),
            probe: state.moving.probe.as_deref().map(|probe| Box::new(put_probe(probe, links))),
            meter: state.moving.meter.as_deref().zip(streets).map(|(meter, streets)| {
                Box::new(emission::put_meter(meter, streets.meter_group(meter)))
            }),
            unsettled: state.unsettled,
        }
    }

    pub(super) fn state(&mut self) -> VehicleState {
        VehicleState {
            feed: self.feed,
            filed_ms: NEVER,
            track: Track {
                base: self.base.take().unwrap_or_default().into(),
                base_key: (self.base_time_ms, self.base_rank as u8, self.base_kind as u8),
                tip: self.tip.take().unwrap_or_default().into(),
                window: self.window.drain(..).map(Into::into).collect(),
                newest_ms: self.newest_ms,
                floor_ms: self.floor_ms,
            },
            shown: (self.shown_time_ms, self.shown_rank as u8, self.shown_kind as u8),
            verdicts: verdicts(&self.verdicts),
            moving: Moving::default(),
            unsettled: self.unsettled,
        }
    }
}

impl From<&Value> for message::Value {
    fn from(value: &Value) -> Self {
        Self {
            direction: value.direction,
            quantity: value.quantity.into(),
            rolling: value.rolling,
            sensor_id: value.sensor_id,
            time_ms: value.time_ms,
            reading: value.reading,
            verdicts: numbers(value.verdicts),
        }
    }
}

impl From<message::Value> for Value {
    fn from(value: message::Value) -> Self {
        Self {
            direction: value.direction,
            quantity: Quantity::try_from(value.quantity).unwrap_or_default(),
            rolling: value.rolling,
            sensor_id: value.sensor_id,
            time_ms: value.time_ms,
            reading: value.reading,
            verdicts: verdicts(&value.verdicts),
        }
    }
}

impl message::Detector {
    pub(super) fn new(id: &str, state: &DetectorState) -> Self {
        Self {
            id: id.into(),
            feed: state.feed,
            station: Some((&state.station).into()),
            field_times_ms: state.field_times_ms.to_vec(),
            station_time_ms: state.station_time_ms.0,
            station_received_ms: state.station_time_ms.1,
            station_verdicts: numbers(state.station_verdicts),
            values: state.values.iter().map(Into::into).collect(),
            measured_ms: state.measured_ms.0,
            measured_received_ms: state.measured_ms.1,
            floor_ms: state.floor_ms,
        }
    }

    pub(super) fn state(self) -> Result<DetectorState, DecodeError> {
        let times: Result<[i64; STATION_FIELDS], _> = self.field_times_ms.try_into();
        Ok(DetectorState {
            feed: self.feed,
            filed_ms: NEVER,
            station: DetectorStation::try_from(self.station.unwrap_or_default())?,
            field_times_ms: times.map_err(|_| DecodeError::UnknownKind("station field"))?,
            station_time_ms: (self.station_time_ms, self.station_received_ms),
            station_verdicts: verdicts(&self.station_verdicts),
            values: self.values.into_iter().map(Into::into).collect(),
            measured_ms: (self.measured_ms, self.measured_received_ms),
            floor_ms: self.floor_ms,
        })
    }
}

impl message::Situation {
    pub(super) fn new(id: &str, state: &SituationState, object: Option<&Object>) -> Self {
        let object = match object {
            Some(Object::Situation(situation)) => Some(situation.into()),
            _ => None,
        };
        Self {
            id: id.into(),
            feed: state.feed,
            object,
            version_time_ms: state.version.0,
            version: state.version.1,
            phase: state.phase.into(),
            end_time_ms: state.end_time_ms,
            received_first_ms: state.received_first_ms,
            received_last_ms: state.received_last_ms,
            retracted_received_ms: state.retracted_received_ms,
            retracted_ms: state.retracted_ms,
        }
    }

    pub(super) fn state(&self) -> SituationState {
        SituationState {
            feed: self.feed,
            filed_ms: NEVER,
            version: (self.version_time_ms, self.version),
            phase: SituationPhase::try_from(self.phase).unwrap_or_default(),
            end_time_ms: self.end_time_ms,
            received_first_ms: self.received_first_ms,
            received_last_ms: self.received_last_ms,
            retracted_received_ms: self.retracted_received_ms,
            retracted_ms: self.retracted_ms,
        }
    }
}

impl message::Trip {
    pub(super) fn new(id: &str, state: &TripState, object: Option<&Object>) -> Self {
        let object = match object {
            Some(Object::Trip(trip)) => Some(wire::Trip::from(trip)),
            _ => None,
        };
        Self {
            id: id.into(),
            feed: state.feed,
            object,
            newest_ms: state.newest_ms,
            floor_ms: state.floor_ms,
        }
    }

    pub(super) fn state(&self) -> TripState {
        TripState {
            feed: self.feed,
            filed_ms: NEVER,
            newest_ms: self.newest_ms,
            floor_ms: self.floor_ms,
        }
    }
}

impl From<&Alerts> for message::AlertsPart {
    fn from(alerts: &Alerts) -> Self {
        let matters = alerts.matters.values().map(|matter| message::MatterPart {
            alert: Some(matter.alert.clone()),
            is_wrong: matter.is_wrong,
            is_told: matter.is_told,
            changed_ms: matter.changed_ms,
        });
        Self { time_ms: alerts.time_ms, matters: matters.collect() }
    }
}

impl From<message::AlertsPart> for Alerts {
    fn from(part: message::AlertsPart) -> Self {
        let matters = part.matters.into_iter().map(|matter| {
            let message::MatterPart { alert, is_wrong, is_told, changed_ms } = matter;
            let alert = alert.unwrap_or_default();
            (Text::from(alert.id.as_str()), Matter { alert, is_wrong, is_told, changed_ms })
        });
        Self { time_ms: part.time_ms, matters: matters.collect(), ..Self::default() }
    }
}
