//! The picture as GTFS-Realtime: all of a region in one feed of each kind.
//!
//! Ids are those of the publishers, without the names of our feeds, so that they join their
//! schedules. What the standard does not allow is left out, entity by entity: a stop without a time,
//! a time before that of the stop before, an alert that is about nothing.
//!
//! Source: <https://gtfs.org/documentation/realtime/reference/>, version 2.0.

mod alert;
mod trip;
mod vehicle;

use std::sync::Arc;

use events::wire::gtfs_realtime as wire;
use events::wire::gtfs_realtime::feed_header::Incrementality;
use events::wire::gtfs_realtime::trip_descriptor::ScheduleRelationship;
use events::{Text, TripDescriptor, TripRelationship};
use picture::{Layer, Object};

/// The version whose rules are kept.
const VERSION: &str = "2.0";

/// What a feed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    VehiclePositions,
    TripUpdates,
    Alerts,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::VehiclePositions, Self::TripUpdates, Self::Alerts];

    /// Its name in paths.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::VehiclePositions => "vehicle-positions",
            Self::TripUpdates => "trip-updates",
            Self::Alerts => "alerts",
        }
    }

    /// The layer that it is made from.
    pub(crate) fn layer(self) -> Layer {
        match self {
            Self::VehiclePositions => Layer::Vehicles,
            Self::TripUpdates => Layer::Trips,
            Self::Alerts => Layer::Situations,
        }
    }
}

/// The feed of these objects, made at a time.
pub(crate) fn feed(kind: Kind, objects: &[Arc<Object>], time_ms: i64) -> wire::FeedMessage {
    let mut entity = match kind {
        Kind::VehiclePositions => vehicle::entities(objects),
        Kind::TripUpdates => trip::entities(objects),
        Kind::Alerts => alert::entities(objects),
    };
    let timestamp = seconds(time_ms);
    // A source's clock may be ahead of ours: nothing in a feed may be newer than the feed.
    for entity in &mut entity {
        let vehicle = entity.vehicle.as_mut().and_then(|vehicle| vehicle.timestamp.as_mut());
        let trip = entity.trip_update.as_mut().and_then(|update| update.timestamp.as_mut());
        for time in vehicle.into_iter().chain(trip) {
            *time = (*time).min(timestamp);
        }
    }
    wire::FeedMessage {
        header: wire::FeedHeader {
            gtfs_realtime_version: VERSION.into(),
            incrementality: Some(Incrementality::FullDataset.into()),
            timestamp: Some(timestamp),
        },
        entity,
    }
}

/// POSIX seconds.
fn seconds(time_ms: i64) -> u64 {
    u64::try_from(time_ms.div_euclid(1_000)).unwrap_or_default()
}

fn string(text: Option<&Text>) -> Option<String> {
    text.map(ToString::to_string)
}

/// An id without the name of our feed.
fn bare<'a>(id: &'a str, feed: &str) -> &'a str {
    id.strip_prefix(feed).and_then(|rest| rest.strip_prefix(':')).unwrap_or(id)
}

/// `HH:MM:SS` since the start of the service day, past 24 hours too.
fn clock_time(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn descriptor(trip: &TripDescriptor) -> wire::TripDescriptor {
    wire::TripDescriptor {
        trip_id: string(trip.trip_id.as_ref()),
        route_id: string(trip.route_id.as_ref()),
        direction_id: trip.direction_id,
        start_time: trip.start_time_s.map(clock_time),
        start_date: string(trip.start_date.as_ref()),
        schedule_relationship: relationship(trip.relationship).map(Into::into),
    }
}

fn relationship(relationship: TripRelationship) -> Option<ScheduleRelationship> {
    Some(match relationship {
        TripRelationship::Unspecified => return None,
        TripRelationship::Scheduled => ScheduleRelationship::Scheduled,
        TripRelationship::Added => ScheduleRelationship::Added,
        TripRelationship::Unscheduled => ScheduleRelationship::Unscheduled,
        TripRelationship::Canceled => ScheduleRelationship::Canceled,
        TripRelationship::Replacement => ScheduleRelationship::Replacement,
        TripRelationship::Duplicated => ScheduleRelationship::Duplicated,
        TripRelationship::Deleted => ScheduleRelationship::Deleted,
    })
}

/// Whether a trip can be told from others: by its id, or by route, direction, day and time.
fn is_known(trip: &TripDescriptor) -> bool {
    trip.trip_id.is_some()
        || trip.route_id.is_some()
            && trip.direction_id.is_some()
            && trip.start_date.is_some()
            && trip.start_time_s.is_some()
}
