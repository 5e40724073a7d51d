//! Verdicts that need no past: about the event's own time, values and place.
//!
//! Those that need the entity's past (duplicate, out of order, teleport, frozen) are given in the
//! picture, where the past is.

use events::{
    Body, Event, Position, Quantity, SituationRecord, Text, VehiclePosition, Verdict, Verdicts,
};
use network::BoundingBox;
use rustc_hash::FxHashSet;

use crate::config::FeedConfig;

/// Drop reason of what lies outside the region.
pub(crate) const OUTSIDE_REGION: &str = "outside_region";
/// Stations outside the region that are remembered, because their measurements name no place. Ten
/// times the stations of the largest national feed.
const OUTSIDE_MAX: usize = 8_192;
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
    /// It goes on, with its verdicts.
    Pass,
    /// Its verdict keeps it out.
    Quarantined(Verdict),
    /// It is not of this region.
    OutsideRegion,
    /// Nothing but a value that cannot be.
    OutOfRange { field: &'static str, message: String },
}

/// Thresholds of a feed and what is known to lie outside its region.
pub(crate) struct Gate {
    stale_after_ms: i64,
    future_after_ms: i64,
    speed_km_h_max: f64,
    quarantine: Verdicts,
    bbox: BoundingBox,
    outside: FxHashSet<Text>,
}

impl Gate {
    pub(crate) fn new(feed: &FeedConfig, bbox: BoundingBox) -> Self {
        Self {
            stale_after_ms: feed.stale_after_s.saturating_mul(1_000),
            future_after_ms: feed.future_after_s.saturating_mul(1_000),
            speed_km_h_max: feed.speed_km_h_max,
            quarantine: feed.quarantine,
            bbox,
            outside: FxHashSet::default(),
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
            return Decision::OutsideRegion;
        }
        let kept_out = event.verdicts.intersection(self.quarantine).iter().next();
        kept_out.map_or(Decision::Pass, Decision::Quarantined)
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

    fn is_outside(&mut self, event: &Event) -> bool {
        match &event.body {
            Body::VehiclePosition(report) => {
                report.position.is_some_and(|position| !self.bbox.contains(position))
            }
            Body::DetectorStation(station) => self.is_station_outside(event, station.position),
            Body::WeatherStation(station) => self.is_station_outside(event, station.position),
            Body::DetectorMeasurement(_) | Body::WeatherMeasurement(_) => {
                self.outside.contains(&event.entity)
            }
            Body::SituationRecord(record) => !touches(record, &self.bbox),
            Body::TripUpdate(_) | Body::Retraction(_) => false,
        }
    }

    /// Remembers stations outside the region: their measurements name no place.
    /// What says nothing of the place, as constants of its sensors do, changes nothing.
    fn is_station_outside(&mut self, event: &Event, position: Option<Position>) -> bool {
        let Some(position) = position else { return self.outside.contains(&event.entity) };
        let outside = !self.bbox.contains(position);
        if !outside {
            self.outside.remove(&event.entity);
        } else if self.outside.len() < OUTSIDE_MAX {
            self.outside.insert(event.entity.clone());
        }
        outside
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
