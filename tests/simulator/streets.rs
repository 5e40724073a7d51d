//! The demo's streets: where vehicles and stations are, there is one.

use events::Position;
use load_tests::streets::{SYNTHETIC_NAME, network, regions};
use network::Network;

use super::{SMALL, cars, json, of_feed, reports};

/// Farthest from the middle of a street that a vehicle is on it: lane, wandering and rounding.
const ON_STREET_M: f64 = 15.0;

fn on_street(network: &Network, at: Position) -> bool {
    let mut near = Vec::new();
    network.near(network.plane().project(at), ON_STREET_M, &mut near);
    !near.is_empty()
}

#[test]
fn every_region_has_synthetic_streets_that_say_so() {
    for (region, bbox) in regions().unwrap() {
        let network = network(&region, None).unwrap();
        assert!(network.len() > 100, "{region}: {}", network.len());
        assert!(network.source().contains("synthetic"));
        for link in 0..network.len() as u32 {
            assert_eq!(network.name(link), SYNTHETIC_NAME);
            assert!(bbox.contains(network.middle(link)), "{region}");
            assert!(network.length_m(link) < 1_000.0, "{region}: {}", network.length_m(link));
            assert!(network.reverse(link).is_some(), "{region}: {}", network.id(link));
            assert!(!network.successors(link).is_empty(), "{region}: {}", network.id(link));
        }
        assert_eq!(network, self::network(&region, None).unwrap());
    }
}

#[test]
fn stations_stand_at_a_street_in_both_directions() {
    for (region, _) in regions().unwrap() {
        let network = network(&region, None).unwrap();
        let feed = format!("{region}-tms");
        let is_stations = |topic: &str| topic.ends_with("/stations");
        let mut records = of_feed(&SMALL, &feed).filter(|record| is_stations(&record.topic));
        let stations = json(records.next().unwrap());
        let features = stations["features"].as_array().unwrap();
        assert!(features.len() > 3);
        for station in features {
            let place = &station["geometry"]["coordinates"];
            let at = Position::new(place[1].as_f64().unwrap(), place[0].as_f64().unwrap());
            let bearing_deg = station["properties"]["bearing"].as_f64().unwrap() as f32;
            let ways = [bearing_deg, bearing_deg + 180.0]
                .map(|bearing_deg| network.tie_detector(at.unwrap(), bearing_deg).unwrap().link);
            assert_eq!(network.reverse(ways[0]), Some(ways[1]), "{station}");
        }
    }
}

#[test]
fn buses_and_cars_are_on_streets() {
    let network = network("helsinki", None).unwrap();
    let share = |places: &[Position]| {
        let on = places.iter().filter(|&&at| on_street(&network, at)).count();
        on as f64 / places.len() as f64
    };
    let cars: Vec<Position> =
        cars::cars().into_values().flatten().map(|report| report.position).collect();
    assert!(share(&cars) > 0.98, "{}", share(&cars));
    let buses: Vec<_> =
        of_feed(&SMALL, "hsl-hfp").filter(|record| record.topic.contains("/bus/")).collect();
    let buses: Vec<Position> = reports(&buses.into_iter().cloned().collect::<Vec<_>>())
        .into_values()
        .flatten()
        .map(|report| report.position)
        .collect();
    assert!(share(&buses) > 0.95, "{}", share(&buses));
}
