//! Objects with everything that they can have.

use events::wire::AreaKind;
use events::{
    CollectionStatus, DetectorConstant, Geometry, InformedEntity, Position, RoadSurface,
    SignalPriority, StopTimeEvent, StopTimeUpdate, TripDescriptor, TripUpdate, Verdict,
    WeatherStation,
};
use picture::{
    EmissionMethod, Object, ReasonCount, SituationEffect, TimedSurface, TimedValue, Trip,
    VehicleEmission, VehicleMatch, Weather,
};

use super::emitted::emission;
use super::support::{NOW_MS, area, detector, feed, link, position, queue, situation, vehicle};

fn metered() -> VehicleEmission {
    VehicleEmission {
        event_time_ms: NOW_MS - 3_000,
        vehicle_class: "bus".into(),
        method: EmissionMethod::SecondBySecond,
        power_kw: 61.5,
        power_low_kw: 48.0,
        power_high_kw: 78.5,
        co2_g_s: 4.5,
        co2_low_g_s: 0.0,
        co2_high_g_s: 11.5,
        distance_km: 2.5,
        energy_mj: 31.0,
        energy_low_mj: 24.25,
        energy_high_mj: 39.5,
        co2_g: 2_000.0,
        co2_low_g: 0.0,
        co2_high_g: 5_100.0,
        nox_g: 0.75,
        nox_low_g: 0.25,
        nox_high_g: 1.5,
        pm_g: 0.0125,
        pm_low_g: 0.0,
        pm_high_g: 0.0625,
        co2_g_passenger_km: Some(64.0),
        co2_low_g_passenger_km: Some(0.0),
        co2_high_g_passenger_km: Some(163.5),
    }
}

/// A road weather station with all that one can measure.
fn weather(id: &str, place: Position) -> Object {
    let timed = |value| Some(TimedValue { value, time_ms: NOW_MS - 60_000 });
    Object::Weather(Weather {
        id: id.into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS - 60_000,
        received_time_ms: NOW_MS - 1_000,
        station: WeatherStation {
            name: Some("Silta".into()),
            position: Some(place),
            collection_status: CollectionStatus::Gathering,
            state: Some("OK".into()),
        },
        air_temperature_c: timed(-5.5),
        road_temperature_c: timed(-4.5),
        road_surface: Some(TimedSurface { surface: RoadSurface::Ice, time_ms: NOW_MS - 60_000 }),
        precipitation_mm_h: timed(0.5),
        water_mm: timed(0.0),
        snow_mm: timed(0.25),
        ice_mm: timed(0.125),
        verdicts: [events::Verdict::WrongUnit].into_iter().collect(),
    })
}

/// One object of each layer with everything that it can have.
pub(crate) fn full_objects() -> Vec<Object> {
    let place = position(24.5, 60.5);
    let trip = TripDescriptor {
        trip_id: Some("1".into()),
        route_id: Some("2".into()),
        direction_id: Some(1),
        start_date: Some("20260101".into()),
        start_time_s: Some(90_000),
        ..Default::default()
    };
    let mut bus = vehicle("feed:bus", Some(place));
    if let Object::Vehicle(vehicle) = &mut bus {
        vehicle.report.trip = Some(trip.clone());
        vehicle.report.signal_priority =
            Some(SignalPriority { granted: Some(true), ..Default::default() });
        vehicle.report.speed_km_h = Some(30.5);
        vehicle.report.delay_s = Some(-60);
        vehicle.emission = Some(Box::new(metered()));
        vehicle.matched = Some(Box::new(VehicleMatch {
            event_time_ms: NOW_MS,
            link: "1-2-3".into(),
            along_m: 12.5,
            confidence: 0.93,
            unknown: "tunnel".into(),
        }));
    }
    let mut station = detector("feed:station", place);
    if let Object::Detector(detector) = &mut station {
        let value = Some(TimedValue { value: 1.5, time_ms: NOW_MS });
        detector.station.constants = vec![DetectorConstant::default()];
        detector.directions[0].flow_veh_h = value;
        detector.directions[0].speed_share_percent = value;
        detector.verdicts = [Verdict::Frozen].into_iter().collect();
    }
    let line = vec![place, place];
    let mut works = situation(
        "feed:works",
        Some(Geometry {
            points: vec![place],
            lines: vec![line.clone()],
            polygons: vec![vec![line]],
        }),
    );
    if let Object::Situation(situation) = &mut works {
        situation.record.informed_entities =
            vec![InformedEntity { trip: Some(trip.clone()), ..Default::default() }];
        situation.record.features = vec!["Lane closed".into()];
        situation.record.end_time_ms = Some(NOW_MS);
        situation.effect = Some(Box::new(SituationEffect {
            event_time_ms: NOW_MS,
            links: vec!["1-2-3".into()],
            links_measured: 1,
            speed_share_percent: Some(97.0),
            delay_s: Some(4.0),
            contradicted: true,
            excess_co2_g_h: Some(1_200.0),
            excess_co2_low_g_h: Some(-150.0),
            excess_co2_high_g_h: Some(2_550.0),
        }));
    }
    let progress = Object::Trip(Trip {
        id: "feed:trip".into(),
        feed: "feed".into(),
        event_time_ms: NOW_MS,
        received_time_ms: NOW_MS,
        update: TripUpdate {
            trip,
            stop_time_updates: vec![StopTimeUpdate {
                arrival: Some(StopTimeEvent::default()),
                ..Default::default()
            }],
            ..Default::default()
        },
        verdicts: events::Verdicts::default(),
    });
    let mut health = feed(1);
    if let Object::Feed(feed) = &mut health {
        feed.reasons = vec![ReasonCount {
            outcome: events::Outcome::Applied,
            reason: "none".into(),
            count: 1,
        }];
    }
    let street = link("1-2-3", &[place, position(24.6, 60.5)]);
    let jam = queue("1-2-3@1", &["1-2-3"], place);
    let kinds = [AreaKind::Region, AreaKind::City, AreaKind::District, AreaKind::Cell];
    let areas = kinds.map(|kind| area(&format!("{kind:?}:x"), kind, place));
    let emitted = [
        emission("1-2-3", None, &[place, position(24.6, 60.5)]),
        emission("region:x", Some(AreaKind::Region), &[place; 4]),
    ];
    let road = weather("feed:road", place);
    let mut objects = vec![bus, station, works, progress, health, street, jam, road];
    objects.extend(emitted);
    objects.extend(areas);
    objects
}
