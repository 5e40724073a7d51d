//! GTFS-Realtime: whole feeds, single messages, trip updates, alerts.

use events::wire::gtfs_realtime as rt;
use events::{Position, RawRecord};
use prost::Message;
use rt::feed_header::Incrementality;
use rt::trip_update::StopTimeUpdate;

use super::{Reported, SMALL, of_feed};

const POSITION_FEEDS: [&str; 3] = ["oulu-gtfs-rt", "tampere-gtfs-rt", "turku-gtfs-rt"];

fn message(record: &RawRecord) -> rt::FeedMessage {
    rt::FeedMessage::decode(&record.payload[..]).unwrap()
}

fn messages(feed: &str) -> Vec<rt::FeedMessage> {
    of_feed(&SMALL, feed).map(message).collect()
}

/// Where the vehicles of a feed say they are.
pub(super) fn reported(record: &RawRecord) -> Vec<(String, Reported)> {
    if !POSITION_FEEDS.contains(&record.feed.as_str()) {
        return Vec::new();
    }
    let message = message(record);
    let header_s = message.header.timestamp;
    let entities = message.entity.into_iter();
    entities
        .filter_map(|entity| {
            let vehicle = entity.vehicle?;
            let place = vehicle.position?;
            let latitude_deg = f64::from(place.latitude);
            let reported = Reported {
                time_ms: vehicle.timestamp.or(header_s)?.cast_signed() * 1_000,
                position: Position::new(latitude_deg, f64::from(place.longitude)).unwrap(),
                speed_m_s: place.speed.map(f64::from),
            };
            Some((entity.id, reported))
        })
        .collect()
}

#[test]
fn one_publisher_has_no_trip_ids_and_utc_starts() {
    let messages = messages("tampere-gtfs-rt");
    assert_eq!(messages.len(), 90);
    for message in &messages {
        assert_eq!(message.header.incrementality(), Incrementality::FullDataset);
        assert!(message.entity.len() >= 9);
        for vehicle in message.entity.iter().map(|entity| entity.vehicle.as_ref().unwrap()) {
            let trip = vehicle.trip.as_ref().unwrap();
            assert_eq!(trip.trip_id, None);
            // The recording starts at 13:30 UTC, 15:30 local time.
            assert!(trip.start_time().starts_with("12:") || trip.start_time().starts_with("13:"));
            assert!(vehicle.timestamp.is_some() && vehicle.position.unwrap().bearing.is_some());
        }
    }
}

#[test]
fn one_publisher_has_times_in_the_header_only() {
    for message in messages("oulu-gtfs-rt") {
        assert!(message.header.timestamp.is_some());
        assert_eq!(message.header.incrementality, None);
        for vehicle in message.entity.iter().map(|entity| entity.vehicle.as_ref().unwrap()) {
            let position = vehicle.position.unwrap();
            assert_eq!(vehicle.timestamp, None);
            assert_eq!((position.bearing, position.speed), (None, None));
        }
    }
}

#[test]
fn single_messages_have_the_journey_in_their_topics() {
    let (mut bearings, mut speeds, mut count) = (0, 0, 0);
    for record in of_feed(&SMALL, "turku-gtfs-rt") {
        let levels: Vec<&str> = record.topic.split('/').collect();
        assert_eq!(levels[1..4], ["gtfsrt", "vp", "FOLI"], "{}", record.topic);
        assert_eq!(levels.len(), 21, "{}", record.topic);
        let message = message(record);
        assert_eq!(message.header.incrementality(), Incrementality::Differential);
        let [entity] = &message.entity[..] else { panic!("one entity a message") };
        let vehicle = entity.vehicle.as_ref().unwrap();
        let trip = vehicle.trip.as_ref().unwrap();
        assert_eq!((levels[7], levels[10]), (trip.route_id(), trip.trip_id()));
        assert_eq!(levels[13], entity.id);
        let position = vehicle.position.unwrap();
        bearings += usize::from(position.bearing.is_some());
        speeds += usize::from(position.speed.is_some());
        count += 1;
    }
    assert!(bearings < count && bearings * 10 > count * 7);
    assert!(speeds < count && speeds * 10 > count * 7);
}

#[test]
fn trip_updates_predict_the_stops_to_come() {
    for message in messages("tampere-trip-updates") {
        let now_s = message.header.timestamp().cast_signed();
        assert!(!message.entity.is_empty());
        for update in message.entity.iter().map(|entity| entity.trip_update.as_ref().unwrap()) {
            let calls = &update.stop_time_update;
            assert!(!calls.is_empty() && update.trip.trip_id.is_some());
            assert!(calls.is_sorted_by_key(StopTimeUpdate::stop_sequence));
            assert!(calls.is_sorted_by_key(|call| call.arrival.unwrap().time()));
            for call in calls {
                let [arrival, departure] = [call.arrival.unwrap(), call.departure.unwrap()];
                assert!(departure.time() >= arrival.time());
                assert!(departure.time() >= now_s && departure.time() < now_s + 180);
                assert_eq!(arrival.delay, update.delay);
            }
        }
    }
}

#[test]
fn alerts_select_one_thing_each_in_three_languages() {
    let messages = messages("hsl-gtfs-rt-alerts");
    assert_eq!(messages.len(), 3);
    for alert in messages[0].entity.iter().map(|entity| entity.alert.as_ref().unwrap()) {
        let [selector] = &alert.informed_entity[..] else { panic!("one selector") };
        let selected = [&selector.agency_id, &selector.route_id, &selector.stop_id];
        assert_eq!(selected.iter().filter(|id| id.is_some()).count(), 1);
        assert_eq!(alert.header_text.as_ref().unwrap().translation.len(), 3);
    }
}
