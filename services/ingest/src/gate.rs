//! Verdicts that need no past: about the event's own time, values and place.
//!
//! Those that need the entity's past (duplicate, out of order, teleport, frozen) are given in the
//! picture, where the past is.

use events::{
    Body, EntityKind, Event, Position, Quantity, SituationRecord, Text, VehiclePosition, Verdict,
    Verdicts,
};
use network::BoundingBox;
use rustc_hash::FxHashMap;

use crate::config::FeedConfig;

/// Drop reason of what lies outside the region.
pub(crate) const OUTSIDE_REGION: &str = "outside_region";
/// Stations and situations of a feed that are remembered. Ten times the stations of the largest
/// national feed; of more it is not known whether they are outside.
const KNOWN_MAX: usize = 8_192;
/// Last millisecond of the year 9999: a later time is a wrong unit, and arithmetic on it overflows.
const EVENT_TIME_MS_MAX: i64 = 253_402_300_799_999;
/// Largest delay, ahead or late, that a report may claim: two days, seconds.
const DELAY_S_MAX: u32 = 172_800;
/// Largest flow of a detector, vehicles an hour: a lane carries 2,500, a cross-section has 8.
const FLOW_VEH_H_MAX: f64 = 20_000.0;
/// Largest share of free-flow speed or capacity, percent.
const SHARE_PERCENT_MAX: f64 = 1_000.0;

/// What becomes of an event.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    /// It goes on, with its verdicts. What was let in before it was known to be outside the region
    /// goes on as a retraction.
    Pass,
    /// Its verdict keeps it out.
    Quarantined(Verdict),
    /// It is not of this region.
    OutsideRegion,
    /// Nothing but a value that cannot be.
    OutOfRange { field: &'static str, message: String },
}

/// What is known of a station or a situation.
enum Known {
    /// A station that is outside the region: its measurements name no place.
    Outside,
    /// It is inside, or came before the register that says where it is. Event time of the newest
    /// that went on.
    LetIn { newest_ms: i64 },
}

/// Thresholds of a feed and what is known to lie inside and outside its region.
pub(crate) struct Gate {
    stale_after_ms: i64,
    future_after_ms: i64,
    speed_km_h_max: f64,
    quarantine: Verdicts,
    bbox: BoundingBox,
    known: FxHashMap<Text, Known>,
}

impl Gate {
    pub(crate) fn new(feed: &FeedConfig, bbox: BoundingBox) -> Self {
        Self {
            stale_after_ms: feed.stale_after_s.saturating_mul(1_000),
            future_after_ms: feed.future_after_s.saturating_mul(1_000),
            speed_km_h_max: feed.speed_km_h_max,
            quarantine: feed.quarantine,
            bbox,
            known: FxHashMap::default(),
        }
    }

    /// Takes out values that cannot be, adds verdicts, and says whether the event goes on.
    pub(crate) fn decide(&mut self, event: &mut Event) -> Decision {
        if !(0..=EVENT_TIME_MS_MAX).contains(&event.event_time_ms) {
            let message = format!("{} ms is outside 1970 to 9999", event.event_time_ms);
            return Decision::OutOfRange { field: "event_time_ms", message };
        }
        self.judge_time(event);
        if let Some((field, message)) = self.judge_values(event) {
            return Decision::OutOfRange { field, message };
        }
        if self.is_outside(event) {
            return if self.shut_out(event) { Decision::Pass } else { Decision::OutsideRegion };
        }
        let kept_out = event.verdicts.intersection(self.quarantine).iter().next();
        if let Some(verdict) = kept_out {
            return Decision::Quarantined(verdict);
        }
        self.let_in(event);
        Decision::Pass
    }

    fn judge_time(&self, event: &mut Event) {
        let age_ms = event.received_time_ms.saturating_sub(event.event_time_ms);
        if age_ms < 0 && age_ms.saturating_neg() > self.future_after_ms {
            event.verdicts.insert(Verdict::Future);
        }
        // What stays true until it is changed is not stale because it was said long ago.
        let is_report = matches!(
            event.body,
            Body::VehiclePosition(_)
                | Body::TripUpdate(_)
                | Body::DetectorMeasurement(_)
                | Body::WeatherMeasurement(_)
        );
        if is_report && age_ms > self.stale_after_ms {
            event.verdicts.insert(Verdict::Stale);
        }
    }

    /// Field and message when the event is nothing but the bad value.
    fn judge_values(&self, event: &mut Event) -> Option<(&'static str, String)> {
        match &mut event.body {
            Body::VehiclePosition(report) => {
                let (out_of_range, too_fast) = take_out(report, self.speed_km_h_max);
                if out_of_range {
                    event.verdicts.insert(Verdict::OutOfRange);
                }
                if too_fast {
                    event.verdicts.insert(Verdict::ImpossibleSpeed);
                }
                None
            }
            Body::DetectorMeasurement(measurement) => {
                let max = match measurement.quantity {
                    Quantity::Unspecified => f64::MAX,
                    Quantity::SpeedKmH => self.speed_km_h_max,
                    Quantity::FlowVehH => FLOW_VEH_H_MAX,
                    Quantity::SpeedSharePercent | Quantity::FlowSharePercent => SHARE_PERCENT_MAX,
                    Quantity::OccupancyPercent => 100.0,
                };
                let value = measurement.value;
                let holds = (0.0..=max).contains(&value);
                (!holds).then(|| ("value", format!("{value} is outside 0 to {max}")))
            }
            Body::WeatherMeasurement(measurement) => {
                let (min, max) = measurement.quantity.range();
                let value = measurement.value;
                let holds = (min..=max).contains(&value);
                (!holds).then(|| ("value", format!("{value} is outside {min} to {max}")))
            }
            Body::TripUpdate(_)
            | Body::DetectorStation(_)
            | Body::WeatherStation(_)
            | Body::SituationRecord(_)
            | Body::Retraction(_) => None,
        }
    }

    fn is_outside(&self, event: &Event) -> bool {
        let station = |position: Option<Position>| match position {
            Some(position) => !self.bbox.contains(position),
            // Measurements, and constants of sensors, say nothing of the place.
            None => matches!(self.known.get(&event.entity), Some(Known::Outside)),
        };
        match &event.body {
            Body::VehiclePosition(report) => {
                report.position.is_some_and(|position| !self.bbox.contains(position))
            }
            Body::DetectorStation(described) => station(described.position),
            Body::WeatherStation(described) => station(described.position),
            Body::DetectorMeasurement(_) | Body::WeatherMeasurement(_) => station(None),
            Body::SituationRecord(record) => !touches(record, &self.bbox),
            Body::TripUpdate(_) | Body::Retraction(_) => false,
        }
    }

    /// Remembers what goes on of a station or a situation.
    fn let_in(&mut self, event: &Event) {
        if let Body::Retraction(EntityKind::Situation) = event.body {
            self.known.remove(&event.entity);
        }
        if lasting(&event.body).is_none() {
            return;
        }
        let newest_ms = event.event_time_ms;
        if let Some(known) = self.known.get_mut(&event.entity) {
            let before_ms = match known {
                Known::LetIn { newest_ms } => *newest_ms,
                Known::Outside => i64::MIN,
            };
            *known = Known::LetIn { newest_ms: newest_ms.max(before_ms) };
        } else if self.known.len() < KNOWN_MAX {
            self.known.insert(event.entity.clone(), Known::LetIn { newest_ms });
        }
    }

    /// Remembers that a station is outside. When something was let in of it, or of a situation that
    /// has moved out, the event becomes what takes that back: it would stay in the picture for ever,
    /// of a station even without a place. True then, which is once.
    fn shut_out(&mut self, event: &mut Event) -> bool {
        let Some(kind) = lasting(&event.body) else { return false };
        let entity = &event.entity;
        let before = if kind == EntityKind::Situation {
            // Each version says where it is; one that comes late says nothing of where it is now.
            let is_late = |known: &Known| match known {
                Known::LetIn { newest_ms } => event.event_time_ms < *newest_ms,
                Known::Outside => false,
            };
            if self.known.get(entity).is_some_and(is_late) {
                return false;
            }
            self.known.remove(entity)
        } else if self.known.len() < KNOWN_MAX || self.known.contains_key(entity) {
            self.known.insert(entity.clone(), Known::Outside)
        } else {
            None
        };
        let Some(Known::LetIn { newest_ms }) = before else { return false };
        // A register may be hours older than what it says the place of.
        event.event_time_ms = event.event_time_ms.max(newest_ms);
        event.verdicts = Verdicts::default();
        event.body = Body::Retraction(kind);
        true
    }
}

/// Kind of an entity that stays in the picture until it is taken back.
fn lasting(body: &Body) -> Option<EntityKind> {
    match body {
        Body::DetectorMeasurement(_) | Body::DetectorStation(_) => Some(EntityKind::Detector),
        Body::WeatherMeasurement(_) | Body::WeatherStation(_) => Some(EntityKind::Weather),
        Body::SituationRecord(_) => Some(EntityKind::Situation),
        Body::VehiclePosition(_) | Body::TripUpdate(_) | Body::Retraction(_) => None,
    }
}

/// Takes values out of a report that no vehicle can have; says whether there was one out of range,
/// and whether it was too fast.
fn take_out(report: &mut VehiclePosition, speed_km_h_max: f64) -> (bool, bool) {
    fn keep<T: Copy>(value: &mut Option<T>, holds: impl FnOnce(T) -> bool) -> bool {
        let out = value.is_some_and(|value| !holds(value));
        if out {
            *value = None;
        }
        out
    }
    let too_fast = keep(&mut report.speed_km_h, |speed| f64::from(speed) <= speed_km_h_max);
    let out_of_range = keep(&mut report.speed_km_h, |speed| speed >= 0.0)
        | keep(&mut report.bearing_deg, |bearing| (0.0..=360.0).contains(&bearing))
        | keep(&mut report.acceleration_m_s2, f32::is_finite)
        | keep(&mut report.odometer_m, |odometer| odometer.is_finite() && odometer >= 0.0)
        | keep(&mut report.delay_s, |delay| delay.unsigned_abs() <= DELAY_S_MAX);
    (out_of_range, too_fast)
}

/// Whether a situation may touch the box. One without a shape says nothing of its place and stays.
fn touches(record: &SituationRecord, bbox: &BoundingBox) -> bool {
    let Some(geometry) = &record.geometry else { return true };
    let point = |position: &events::Position| BoundingBox {
        west_deg: position.longitude_deg,
        east_deg: position.longitude_deg,
        south_deg: position.latitude_deg,
        north_deg: position.latitude_deg,
    };
    let envelope = geometry.positions().map(point).reduce(BoundingBox::union);
    envelope.is_none_or(|envelope| {
        envelope.west_deg <= bbox.east_deg
            && envelope.east_deg >= bbox.west_deg
            && envelope.south_deg <= bbox.north_deg
            && envelope.north_deg >= bbox.south_deg
    })
}
