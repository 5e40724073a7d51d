//! GTFS-Realtime out: the rules of the standard, and ids that join the schedule.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use events::wire::gtfs_realtime::feed_header::Incrementality;
use events::wire::gtfs_realtime::{
    EntitySelector, FeedEntity, FeedMessage, TripUpdate as WireUpdate,
};
use events::{
    InformedEntity, JourneyPhase, Mode, SituationType, StopStatus, StopTimeEvent,
    StopTimeRelationship, StopTimeUpdate, TripDescriptor, TripRelationship, TripUpdate,
};
use gateway::App;
use picture::{Object, Trip};
use proptest::prelude::*;
use prost::Message;
use serde_json::Value;

use super::full::full_objects;
use super::support::{
    NOW_MS, REGION, app, get, get_with, position, region, situation, updated, vehicle,
};

const NOW_S: u64 = (NOW_MS / 1_000) as u64;

async fn feed(app: &Arc<App>, kind: &str) -> FeedMessage {
    let answer = get(app, &format!("/v1/regions/{REGION}/gtfs-rt/{kind}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-protobuf");
    let feed = FeedMessage::decode(answer.body.as_slice()).unwrap();
    assert_rules(&feed);
    feed
}

/// The rules of the canonical validator that need no schedule, by their numbers.
fn assert_rules(feed: &FeedMessage) {
    let header = &feed.header;
    assert_eq!(header.gtfs_realtime_version, "2.0", "E038");
    assert_eq!(header.incrementality, Some(Incrementality::FullDataset.into()), "E049");
    let time = header.timestamp.expect("E048");
    assert!((1_000_000_000..5_000_000_000).contains(&time), "E001");
    let mut ids = BTreeSet::new();
    let mut vehicles = BTreeSet::new();
    for entity in &feed.entity {
        assert!(ids.insert(&entity.id), "an entity is there once");
        assert_eq!(entity.is_deleted, None, "E039");
        if let Some(vehicle) = &entity.vehicle {
            assert!(vehicle.timestamp.expect("W001") <= time, "E012");
            let place = vehicle.position.as_ref().unwrap();
            assert!(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0, "E026");
            assert!(place.bearing.is_none_or(|bearing| (0.0..=360.0).contains(&bearing)), "E027");
            let id = vehicle.vehicle.as_ref().and_then(|vehicle| vehicle.id.as_ref());
            assert!(vehicles.insert(id.expect("W002")), "E052");
        }
        if let Some(update) = &entity.trip_update {
            assert!(update.timestamp.expect("W001") <= time, "E012");
            assert_stops(update);
        }
        if let Some(alert) = &entity.alert {
            assert!(!alert.informed_entity.is_empty(), "E032");
            for selector in &alert.informed_entity {
                assert_ne!(*selector, EntitySelector::default(), "E033");
            }
        }
    }
}

fn assert_stops(update: &WireUpdate) {
    let stops = &update.stop_time_update;
    let is_off = matches!(update.trip.schedule_relationship, Some(3 | 7));
    assert!(is_off || !stops.is_empty(), "E041");
    let mut newest = i64::MIN;
    for (at, stop) in stops.iter().enumerate() {
        assert!(stop.stop_sequence.is_some() || stop.stop_id.is_some(), "E040");
        let is_timeless = matches!(stop.schedule_relationship, Some(1 | 2));
        let events: Vec<_> = stop.arrival.iter().chain(&stop.departure).collect();
        assert!(is_timeless || !events.is_empty(), "E043");
        assert!(!is_timeless || events.is_empty(), "E042");
        assert!(events.iter().all(|event| event.time.is_some() || event.delay.is_some()), "E044");
        for time in events.iter().filter_map(|event| event.time) {
            assert!(time >= newest, "E022, E025");
            newest = time;
        }
        if let Some(before) = at.checked_sub(1).map(|before| &stops[before]) {
            let same = before.stop_sequence == stop.stop_sequence;
            assert!(!same || stop.stop_sequence.is_none(), "E036");
            assert!(stop.stop_sequence.is_some() || before.stop_id != stop.stop_id, "E037");
        }
    }
    let sequences = stops.iter().filter_map(|stop| stop.stop_sequence);
    assert!(sequences.is_sorted(), "E002");
}

fn journey() -> TripDescriptor {
    TripDescriptor {
        trip_id: Some("2550_20260101_1".into()),
        route_id: Some("2550".into()),
        direction_id: Some(1),
        start_date: Some("20260101".into()),
        start_time_s: Some(25 * 3_600 + 5 * 60),
        relationship: TripRelationship::Scheduled,
    }
}

fn bus(id: &str, phase: JourneyPhase) -> Object {
    let mut bus = vehicle(id, Some(position(24.5, 60.5)));
    if let Object::Vehicle(vehicle) = &mut bus {
        vehicle.report.trip = Some(journey());
        vehicle.report.phase = phase;
        vehicle.report.speed_km_h = Some(36.0);
        vehicle.report.next_stop_id = Some("1040601".into());
        vehicle.report.stop_status = StopStatus::InTransitTo;
    }
    bus
}

fn trip(id: &str, update: TripUpdate) -> Object {
    Object::Trip(Trip {
        id: id.into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS - 5_000,
        received_time_ms: NOW_MS,
        update,
        verdicts: events::Verdicts::default(),
    })
}

fn stop(sequence: u32, arrival_s: i64) -> StopTimeUpdate {
    StopTimeUpdate {
        stop_sequence: Some(sequence),
        stop_id: Some(format!("stop-{sequence}").into()),
        arrival: Some(StopTimeEvent {
            time_ms: Some(NOW_MS + 1_000 * arrival_s),
            delay_s: Some(60),
            uncertainty_s: Some(0),
        }),
        ..Default::default()
    }
}

fn only(feed: &FeedMessage) -> &FeedEntity {
    let [entity] = feed.entity.as_slice() else { panic!("{} entities", feed.entity.len()) };
    entity
}

#[tokio::test]
async fn vehicles_have_the_ids_of_the_schedule_and_units_of_the_standard() {
    let app = app();
    let mut car = vehicle("feed:car", Some(position(24.5, 60.5)));
    if let Object::Vehicle(vehicle) = &mut car {
        vehicle.report.mode = Mode::Car;
    }
    region(&app).apply([vec![
        updated(1, bus("feed:0018/423", JourneyPhase::Ongoing)),
        updated(2, car),
        updated(3, vehicle("feed:nowhere", None)),
    ]]);
    let feed = feed(&app, "vehicle-positions").await;
    assert_eq!(feed.header.timestamp, Some(NOW_S));
    let entity = only(&feed);
    assert_eq!(entity.id, "feed:0018/423");
    let vehicle = entity.vehicle.as_ref().unwrap();
    assert_eq!(vehicle.vehicle.as_ref().unwrap().id.as_deref(), Some("0018/423"));
    let trip = vehicle.trip.as_ref().unwrap();
    assert_eq!(trip.trip_id.as_deref(), Some("2550_20260101_1"));
    assert_eq!(trip.route_id.as_deref(), Some("2550"));
    assert_eq!(trip.start_time.as_deref(), Some("25:05:00"));
    assert_eq!(trip.start_date.as_deref(), Some("20260101"));
    assert_eq!(vehicle.stop_id.as_deref(), Some("1040601"));
    assert_eq!(vehicle.current_status, Some(2));
    let place = vehicle.position.unwrap();
    assert_eq!((place.latitude, place.longitude, place.speed), (60.5, 24.5, Some(10.0)));
    assert_eq!(vehicle.timestamp, Some(NOW_S - 2));
    assert_eq!(vehicle.occupancy_status, None, "not known is not empty");
}

#[tokio::test]
async fn who_drives_empty_serves_no_trip_and_one_number_is_one_vehicle() {
    let app = app();
    let mut double = bus("other:1", JourneyPhase::Ongoing);
    if let Object::Vehicle(vehicle) = &mut double {
        vehicle.feed = "other".into();
        // A clock that is ahead.
        vehicle.position_time_ms = Some(NOW_MS + 30_000);
    }
    region(&app)
        .apply([vec![updated(1, bus("feed:1", JourneyPhase::Deadrun)), updated(2, double)]]);
    let feed = feed(&app, "vehicle-positions").await;
    let [first, second] = feed.entity.as_slice() else { panic!() };
    let [first, second] = [first, second].map(|entity| entity.vehicle.as_ref().unwrap());
    assert_eq!((first.trip.as_ref(), first.stop_id.as_ref()), (None, None));
    assert_eq!(first.vehicle.as_ref().unwrap().id.as_deref(), Some("1"));
    assert_eq!(second.vehicle.as_ref().unwrap().id.as_deref(), Some("other:1"));
    assert_eq!(second.timestamp, Some(NOW_S), "not newer than the feed");
}

#[tokio::test]
async fn trips_say_what_is_known_of_their_stops() {
    let app = app();
    let update = |trip, stops| TripUpdate {
        trip,
        vehicle_id: Some("12".into()),
        delay_s: Some(60),
        stop_time_updates: stops,
    };
    let canceled = TripDescriptor { relationship: TripRelationship::Canceled, ..journey() };
    let unknown = TripDescriptor { route_id: Some("1".into()), ..Default::default() };
    let skipped = StopTimeUpdate { relationship: StopTimeRelationship::Skipped, ..stop(6, 300) };
    region(&app).apply([vec![
        updated(1, trip("feed:a", update(journey(), vec![skipped, stop(5, 100), stop(7, 90)]))),
        updated(2, trip("feed:b", update(canceled, vec![stop(1, 1)]))),
        updated(3, trip("feed:c", update(unknown, vec![stop(1, 1)]))),
        updated(4, trip("feed:d", update(journey(), vec![]))),
    ]]);
    let feed = feed(&app, "trip-updates").await;
    let ids: Vec<&str> = feed.entity.iter().map(|entity| entity.id.as_str()).collect();
    assert_eq!(ids, ["feed:a", "feed:b"]);
    let update = feed.entity[0].trip_update.as_ref().unwrap();
    assert_eq!(update.delay, Some(60));
    let stops: Vec<Option<u32>> =
        update.stop_time_update.iter().map(|stop| stop.stop_sequence).collect();
    assert_eq!(stops, [Some(5), Some(6)], "in order; 7 would be before 5");
    let arrival = update.stop_time_update[0].arrival.unwrap();
    assert_eq!((arrival.time, arrival.delay), (Some(NOW_S as i64 + 100), Some(60)));
    let canceled = feed.entity[1].trip_update.as_ref().unwrap();
    assert_eq!(canceled.trip.schedule_relationship, Some(3));
}

#[tokio::test]
async fn alerts_are_those_about_public_transport() {
    let app = app();
    let mut alert = situation("feed:alert", None);
    if let Object::Situation(situation) = &mut alert {
        let record = &mut situation.record;
        record.kind = SituationType::ServiceAlert;
        record.language = "fi".into();
        record.description = Some("Poikkeusreitti".into());
        record.start_time_ms = Some(NOW_MS - 60_000);
        record.cause = Some("construction".into());
        record.effect = Some("detour".into());
        record.informed_entities = vec![
            InformedEntity { route_id: Some("2550".into()), ..Default::default() },
            InformedEntity::default(),
        ];
    }
    region(&app).apply([vec![updated(1, alert), updated(2, situation("feed:road", None))]]);
    let feed = feed(&app, "alerts").await;
    let alert = only(&feed).alert.as_ref().unwrap();
    assert_eq!(alert.informed_entity.len(), 1);
    assert_eq!(alert.informed_entity[0].route_id.as_deref(), Some("2550"));
    assert_eq!((alert.cause, alert.effect), (Some(10), Some(4)));
    assert_eq!(alert.active_period[0].start, Some(NOW_S - 60));
    let header = &alert.header_text.as_ref().unwrap().translation[0];
    assert_eq!((header.text.as_str(), header.language.as_deref()), ("Road works", Some("fi")));
}

#[tokio::test]
async fn formats_tags_and_problems() {
    let app = app();
    let deltas = (1..).zip(full_objects()).map(|(n, object)| updated(n, object));
    region(&app).apply([deltas.collect()]);
    let path = format!("/v1/regions/{REGION}/gtfs-rt/vehicle-positions");
    for answer in [
        get_with(&app, &path, &[("accept", "application/json")]).await,
        get(&app, &format!("{path}?format=json")).await,
    ] {
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        let json: Value = answer.json();
        assert_eq!(json["header"]["gtfsRealtimeVersion"], "2.0");
        assert_eq!(json["entity"][0]["vehicle"]["trip"]["tripId"], "1");
    }
    let tag = get(&app, &path).await.header(header::ETAG).to_owned();
    let again = get_with(&app, &path, &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    get_with(&app, &path, &[("accept", "text/html")]).await.assert_problem(406, "x-protobuf");
    get(&app, &format!("{path}?format=xml")).await.assert_problem(400, "protobuf, json");
    get(&app, &format!("{path}?x=1")).await.assert_problem(400, "unknown field `x`");
    let none = format!("/v1/regions/{REGION}/gtfs-rt/shapes");
    get(&app, &none).await.assert_problem(404, "vehicle-positions, trip-updates, alerts");
    get(&app, "/v1/regions/atlantis/gtfs-rt/alerts").await.assert_problem(404, "no region");
    for kind in ["vehicle-positions", "trip-updates", "alerts"] {
        let empty = get(&app, &format!("/v1/regions/toinen/gtfs-rt/{kind}")).await;
        let empty = FeedMessage::decode(empty.body.as_slice()).unwrap();
        assert_rules(&empty);
        assert_eq!(empty.entity.len(), 0);
    }
}

fn any_event() -> impl Strategy<Value = Option<StopTimeEvent>> {
    let event = (proptest::option::of(0..100_i64), proptest::option::of(-9..9)).prop_map(
        |(time, delay_s)| StopTimeEvent {
            time_ms: time.map(|time| NOW_MS + 1_000 * time),
            delay_s,
            uncertainty_s: None,
        },
    );
    proptest::option::of(event)
}

fn any_stop() -> impl Strategy<Value = StopTimeUpdate> {
    let ids = (proptest::option::of(0..6_u32), proptest::option::of("[ab]"));
    let relationship = prop_oneof![
        Just(StopTimeRelationship::Unspecified),
        Just(StopTimeRelationship::Scheduled),
        Just(StopTimeRelationship::Skipped),
        Just(StopTimeRelationship::NoData),
    ];
    (ids, any_event(), any_event(), relationship).prop_map(
        |((stop_sequence, stop_id), arrival, departure, relationship)| StopTimeUpdate {
            stop_sequence,
            stop_id: stop_id.map(Into::into),
            arrival,
            departure,
            relationship,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever a publisher said of a trip, what goes out keeps the rules.
    #[test]
    fn no_update_breaks_a_rule(stops in proptest::collection::vec(any_stop(), 0..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = app();
            let update = TripUpdate {
                trip: journey(),
                stop_time_updates: stops.clone(),
                ..Default::default()
            };
            region(&app).apply([vec![updated(1, trip("feed:a", update))]]);
            feed(&app, "trip-updates").await;
        });
    }
}
