//! What road weather stations have to do with what the traffic of the street emits.

use std::sync::Arc;

use events::wire::Pollutant;
use events::{
    Body, CollectionStatus, LogRecord, RoadSurface, WeatherMeasurement, WeatherQuantity,
    WeatherStation,
};
use picture::{
    AreaKind, Emission, EmissionBasis, EmissionClimate, EmissionWeather, Object, Picture, Weather,
    WeatherSource,
};
use proptest::prelude::*;
use traffic::emission::studded::StuddedShares;

use super::emissions::counted;
use super::world::{
    FEED, START_MS, apply, at, event, link_id, network, object, setup_in, status, streets,
};
use super::{FREE, after, restored};

const SKY: &str = "sky";

/// A station beside the street.
fn weather_station(id: &str, collection_status: CollectionStatus) -> LogRecord {
    let station = WeatherStation {
        position: Some(at(300.0)),
        collection_status,
        ..WeatherStation::default()
    };
    event(SKY, id, START_MS, Body::WeatherStation(station))
}

/// What a station measures at a second: air and road.
fn weather(id: &str, second: i64, air_c: f64, surface: RoadSurface) -> [LogRecord; 2] {
    let time_ms = START_MS + second * 1_000;
    let value = |quantity, value, surface| {
        let body = WeatherMeasurement {
            sensor_id: quantity as u32,
            quantity,
            sensor_number: 1,
            value,
            surface,
        };
        event(SKY, id, time_ms, Body::WeatherMeasurement(body))
    };
    [
        value(WeatherQuantity::AirTemperatureC, air_c, RoadSurface::Unspecified),
        value(WeatherQuantity::RoadSurface, 0.0, surface),
    ]
}

/// Cars that are counted, and each half minute what the stations say then, with a status of their
/// feed each second.
fn with_weather(
    seconds: i64,
    says: impl Fn(i64) -> Vec<(&'static str, f64, RoadSurface)>,
) -> Vec<LogRecord> {
    let mut log = Vec::new();
    for id in ["a", "b", "c"] {
        log.push(weather_station(id, CollectionStatus::Gathering));
    }
    for record in counted(seconds, |_, _| FREE) {
        let second = match &record {
            LogRecord::FeedStatus(status) if status.feed == FEED => {
                Some((status.received_time_ms - START_MS) / 1_000)
            }
            _ => None,
        };
        log.push(record);
        let Some(second) = second else { continue };
        if second % 30 == 0 {
            for (id, air_c, surface) in says(second) {
                log.extend(weather(id, second, air_c, surface));
            }
        }
        log.push(status(SKY, second));
    }
    log
}

/// What is emitted on a block.
pub(super) fn emission(picture: &Picture, block: i64) -> Emission {
    let found = picture.snapshot().objects.into_iter().find_map(|object| match object.as_ref() {
        Object::Emission(emission) if emission.id == link_id(block) => Some(emission.clone()),
        _ => None,
    });
    found.expect("something is emitted there")
}

fn basis(picture: &Picture) -> EmissionBasis {
    *emission(picture, 2).basis.expect("a link says what it was computed from")
}

fn of_region(picture: &Picture) -> EmissionWeather {
    let found = picture.snapshot().objects.into_iter().find_map(|object| match object.as_ref() {
        Object::Emission(emission) if emission.kind == Some(AreaKind::Region) => {
            emission.weather.clone()
        }
        _ => None,
    });
    *found.expect("the region says its weather")
}

fn station(picture: &Picture, id: &str) -> Weather {
    match object(picture, &format!("{SKY}:{id}")) {
        Some(Object::Weather(weather)) => weather,
        other => panic!("{id} is {other:?}"),
    }
}

/// The street where eight of ten cars have studded tyres.
fn studded(log: &[LogRecord]) -> Picture {
    let shares = "place,day,light,heavy\n*,01-01,0.8,0\n*,05-01,0.8,0\n";
    let shares = StuddedShares::parse("studded.csv", shares).unwrap();
    let studded = Some((Arc::new(shares), "town".into()));
    let climate = EmissionClimate { studded, ..EmissionClimate::default() };
    let setup = setup_in(network(false), climate);
    let mut picture = Picture::new("region".into(), "log".into(), setup);
    apply(&mut picture, log);
    picture
}

#[test]
fn a_wet_road_and_cold_air_change_what_is_emitted_and_say_so() {
    let usual = studded(&counted(720, |_, _| FREE));
    let seen = basis(&usual).weather;
    assert_eq!(seen.temperature_source, WeatherSource::Usual);
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (5.0, "dry"));
    assert_eq!((seen.road_source, seen.road_stations), (WeatherSource::Usual, 0));

    let wet = RoadSurface::Wet;
    let cold = studded(&with_weather(720, |_| vec![("a", -12.4, wet), ("b", -11.9, wet)]));
    let seen = basis(&cold).weather;
    assert_eq!(seen.temperature_source, WeatherSource::Measured);
    assert_eq!(seen.road_source, WeatherSource::Measured);
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (-12.0, "wet"));
    assert_eq!((seen.temperature_stations, seen.road_stations), (2, 2));
    assert_eq!(of_region(&cold), seen);

    let [warm, cold] = [usual, cold].map(|picture| emission(&picture, 2).five_minutes);
    assert!(warm.vehicle_km > 1.0 && (warm.vehicle_km - cold.vehicle_km).abs() < 1e-9);
    for pollutant in [Pollutant::Co2Fossil, Pollutant::Nox, Pollutant::Energy] {
        let (warm, cold) = (warm.rate(pollutant), cold.rate(pollutant));
        assert!(cold > 1.02 * warm, "{pollutant:?}: {warm} {cold}");
    }
    // A wet road keeps what studs take off it.
    let road = [warm.rate(Pollutant::Pm10Road), cold.rate(Pollutant::Pm10Road)];
    assert!(road[1] > 0.0 && road[1] < 0.1 * road[0], "{road:?}");
    let tyre = [warm.rate(Pollutant::Pm10Tyre), cold.rate(Pollutant::Pm10Tyre)];
    assert!(tyre[0] > 0.0 && (tyre[0] - tyre[1]).abs() < 1e-9, "{tyre:?}");
}

#[test]
fn stations_that_fall_silent_leave_what_is_usual() {
    let log = with_weather(780, |second| match second {
        0..420 => vec![("a", -3.0, RoadSurface::Ice)],
        _ => Vec::new(),
    });
    let until = |second: i64| {
        let at = log.iter().position(|record| match record {
            LogRecord::FeedStatus(status) => {
                status.feed == SKY && status.received_time_ms > START_MS + second * 1_000
            }
            _ => false,
        });
        after(&log[..at.unwrap_or(log.len())])
    };
    let measured = until(500);
    let seen = basis(&measured).weather;
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (-3.0, "ice"));
    assert!(station(&measured, "a").air_temperature_c.is_some());
    // Its values expire two minutes after they were measured; the station itself stays.
    let silent = until(779);
    assert_eq!(station(&silent, "a").air_temperature_c, None);
    let seen = basis(&silent).weather;
    assert_eq!(seen.temperature_source, WeatherSource::Usual);
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (5.0, "dry"));
}

#[test]
fn a_liar_a_removed_station_and_one_without_a_place_do_not_make_the_weather() {
    let mut log = vec![weather_station("gone", CollectionStatus::RemovedTemporarily)];
    log.extend(with_weather(420, |_| {
        let (dry, snow) = (RoadSurface::Dry, RoadSurface::Snow);
        vec![
            ("a", 7.2, dry),
            ("b", 6.8, dry),
            // It lies.
            ("c", 60.0, snow),
            ("gone", -30.0, snow),
            ("nowhere", -30.0, snow),
        ]
    }));
    let seen = basis(&after(&log)).weather;
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (7.0, "dry"));
    assert_eq!((seen.temperature_stations, seen.road_stations), (3, 3));
}

#[test]
fn a_degree_holds_while_the_air_is_about_half_way_to_the_next() {
    let picture = after(&with_weather(600, |second| {
        // From 2.0 up to 2.7 and back again and again.
        let air_c = if second % 120 == 0 { 2.0 } else { 2.7 };
        vec![("a", air_c, RoadSurface::Moist)]
    }));
    let seen = basis(&picture).weather;
    assert_eq!((seen.temperature_c, seen.road_state.as_str()), (2.0, "moist"));
}

/// Weather that changes all the time.
fn changing() -> Vec<LogRecord> {
    with_weather(480, |second| {
        let step = second / 30;
        let surfaces = [RoadSurface::Dry, RoadSurface::Wet, RoadSurface::Snow, RoadSurface::Ice];
        let surface = |of: i64| surfaces[(step + of) as usize % 4];
        vec![
            ("a", 4.0 - step as f64, surface(0)),
            ("b", 3.0 - step as f64, surface(1)),
            ("c", 5.0 - step as f64, surface(step)),
        ]
    })
}

#[test]
fn the_weather_outlives_a_checkpoint_at_any_record() {
    let log = changing();
    let whole = after(&log);
    assert_eq!(basis(&whole).weather.temperature_source, WeatherSource::Measured);
    let mut picture = super::world::picture();
    for part in log.chunks(log.len() / 17) {
        picture = restored(&picture);
        apply(&mut picture, part);
    }
    assert_eq!(picture.checkpoint(), whole.checkpoint());
    assert_eq!(picture.snapshot().encode(), whole.snapshot().encode());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    /// Measurements and fixes that arrive in another order within the lateness bound give the same
    /// weather and the same emissions.
    #[test]
    fn the_order_of_arrival_does_not_matter(ways_ms in proptest::collection::vec(0_i64..9_000, 97)) {
        let log = changing();
        let arrival_ms = |index: usize, record: &LogRecord| match record {
            LogRecord::Event(event) => event.event_time_ms + ways_ms[index % ways_ms.len()],
            LogRecord::FeedStatus(status) => status.received_time_ms,
            LogRecord::Tally(_) => 0,
        };
        let mut late: Vec<(i64, LogRecord)> = log
            .iter()
            .enumerate()
            .map(|(index, record)| (arrival_ms(index, record), record.clone()))
            .collect();
        late.sort_by_key(|(arrival_ms, _)| *arrival_ms);
        let late: Vec<LogRecord> = late.into_iter().map(|(_, record)| record).collect();
        let (late, in_order) = (after(&late), after(&log));
        prop_assert_eq!(streets(&late), streets(&in_order));
        for id in ["a", "b", "c"] {
            prop_assert_eq!(station(&late, id), station(&in_order, id));
        }
    }
}
