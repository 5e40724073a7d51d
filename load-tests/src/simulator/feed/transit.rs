//! What the GTFS-Realtime feeds have in common.

use events::wire::gtfs_realtime as rt;
use prost::Message;
use rt::feed_header::Incrementality;

use super::{Sent, Setting};
use crate::simulator::clock;
use crate::simulator::fleet::{Fix, Vehicle};
use crate::simulator::world::DocumentData;

/// A whole feed, which is fetched over HTTP again and again.
pub(super) struct Document {
    data: DocumentData,
    incrementality: Option<Incrementality>,
}

impl Document {
    pub(super) fn new(data: DocumentData, incrementality: Option<Incrementality>) -> Self {
        Self { data, incrementality }
    }

    /// Whether it is fetched in that second.
    pub(super) fn is_due(&self, setting: &Setting, second: i64) -> bool {
        setting.timeline.phase_s(second) % self.data.every_s == 0
    }

    /// The answer.
    pub(super) fn sent(&self, setting: &Setting, second: i64, entity: Vec<rt::FeedEntity>) -> Sent {
        let time_ms = setting.timeline.time_ms(second);
        let message = rt::FeedMessage { header: header(time_ms, self.incrementality), entity };
        Sent {
            received_time_ms: setting.answered_ms(second),
            source: self.data.source.clone(),
            topic: self.data.path.clone(),
            payload: message.encode_to_vec(),
        }
    }
}

pub(super) fn header(time_ms: i64, incrementality: Option<Incrementality>) -> rt::FeedHeader {
    rt::FeedHeader {
        gtfs_realtime_version: "2.0".into(),
        incrementality: incrementality.map(i32::from),
        timestamp: Some(unix_s(time_ms)),
    }
}

/// An entity with nothing in it.
pub(super) fn entity(id: String) -> rt::FeedEntity {
    rt::FeedEntity { id, ..rt::FeedEntity::default() }
}

/// Unsigned seconds since 1970, as the standard has times.
pub(super) fn unix_s(time_ms: i64) -> u64 {
    time_ms.div_euclid(1_000).max(0).unsigned_abs()
}

/// When the journey under way was to start.
pub(super) fn journey_start_ms(setting: &Setting, vehicle: &Vehicle, fix: &Fix) -> i64 {
    let half_ms = (vehicle.tour().period_s() * 500.0) as i64;
    let before_ms = vehicle.started_before_min * 60_000;
    setting.timeline.start_ms - before_ms + half_ms * fix.state.journey as i64
}

/// Names the journey under way; with a trip id where the publisher has stable ones.
pub(super) fn trip(
    setting: &Setting,
    vehicle: &Vehicle,
    fix: &Fix,
    start_time: String,
    with_trip_id: bool,
) -> rt::TripDescriptor {
    let start_ms = journey_start_ms(setting, vehicle, fix);
    let date = setting.local.date(start_ms);
    rt::TripDescriptor {
        trip_id: with_trip_id.then(|| trip_id(vehicle, fix)),
        route_id: Some(vehicle.route.id.clone()),
        direction_id: Some(fix.state.journey as u32),
        start_time: Some(start_time),
        start_date: Some(date.strftime("%Y%m%d").to_string()),
        schedule_relationship: None,
    }
}

/// A number that tells the vehicle and the way.
pub(super) fn trip_id(vehicle: &Vehicle, fix: &Fix) -> String {
    let journey = fix.state.journey;
    format!("{:05}{:05}{journey}", vehicle.index >> 24, vehicle.number)
}

/// `17:35:00` in local time.
pub(super) fn local_start(setting: &Setting, vehicle: &Vehicle, fix: &Fix) -> String {
    let start_ms = journey_start_ms(setting, vehicle, fix);
    format!("{}:00", setting.local.minute(start_ms))
}

/// `15:35:00` in UTC, against the standard, as one publisher has it.
pub(super) fn utc_start(setting: &Setting, vehicle: &Vehicle, fix: &Fix) -> String {
    let start_ms = journey_start_ms(setting, vehicle, fix);
    let utc = clock::LocalTime::new(jiff::tz::TimeZone::UTC);
    format!("{}:00", utc.minute(start_ms))
}
