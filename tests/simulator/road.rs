//! Detectors and traffic messages.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use events::RawRecord;
use events::wire::LevelOfService;
use flate2::read::GzDecoder;
use serde_json::Value;

use super::{SMALL, json};

fn with_topic<'a>(records: &'a [RawRecord], topic: &'a str) -> impl Iterator<Item = &'a RawRecord> {
    records.iter().filter(move |record| record.topic == topic)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

#[test]
fn stations_and_constants_come_first_and_values_every_minute() {
    let records = &SMALL;
    for feed in ["helsinki-tms", "oulu-tms", "tampere-tms", "turku-tms"] {
        let topics: Vec<&str> =
            super::of_feed(records, feed).map(|record| record.topic.as_str()).collect();
        let documents = topics.iter().filter(|topic| topic.starts_with("/api/")).count();
        assert_eq!(documents, 2 + 3, "{feed}");
        assert!(topics[..3].iter().all(|topic| topic.starts_with("/api/")), "{feed}");
        assert!(topics.iter().any(|topic| topic.starts_with("tms-v2/")), "{feed}");
    }
}

#[test]
fn stations_have_what_is_odd_about_real_ones() {
    let records = &SMALL;
    let stations: Vec<Value> = with_topic(records, "/api/tms/v1/stations")
        .flat_map(|record| list(&json(record), "features").to_vec())
        .collect();
    assert_eq!(stations.len(), 31);
    let property = |key: &str, value: &str| {
        stations.iter().filter(|station| station["properties"][key] == value).count()
    };
    assert_eq!(property("collectionStatus", "REMOVED_TEMPORARILY"), 1);
    assert!(property("state", "FAULT_DOUBT") == 1);
    let same_numbers =
        stations.iter().filter(|station| station["id"] == station["properties"]["tmsNumber"]);
    assert_eq!(same_numbers.count(), 2);
    let constants = with_topic(records, "/api/tms/v1/stations/sensor-constants");
    let wrapping =
        constants.flat_map(|record| list(&json(record), "stations").to_vec()).any(|station| {
            list(&station, "sensorConstantValues")
                .iter()
                .any(|constant| constant["validFrom"].as_str() > constant["validTo"].as_str())
        });
    assert!(wrapping, "free-flow speeds of winter hold over New Year");
}

#[test]
fn flows_are_multiples_of_twelve_and_all_levels_of_service_occur() {
    let records = &SMALL;
    let mut levels = BTreeSet::new();
    let mut units = BTreeSet::new();
    let mut directions: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let documents = with_topic(records, "/api/tms/v1/stations/data").map(json);
    let stations = documents.flat_map(|document| list(&document, "stations").to_vec());
    for value in stations.flat_map(|station| list(&station, "sensorValues").to_vec()) {
        let number = value["value"].as_f64().unwrap();
        let id = value["id"].as_u64().unwrap();
        match id {
            5116 | 5119 => assert!((number / 12.0).fract() < 1e-9, "{value}"),
            5158 | 5161 => {
                levels.insert(traffic::level_of_service(number) as i32);
                assert!(number < 125.0);
            }
            _ => {}
        }
        assert_eq!(value["timeWindowStart"].is_string(), matches!(id, 5054 | 5055));
        units.insert(value["unit"].as_str().unwrap().to_owned());
        if let 5122 | 5125 = id {
            directions.entry(value["stationId"].as_u64().unwrap()).or_default().insert(id);
        }
    }
    let all = [
        LevelOfService::Stationary,
        LevelOfService::Queuing,
        LevelOfService::Slow,
        LevelOfService::Platooning,
        LevelOfService::Fluent,
    ];
    assert_eq!(levels, all.into_iter().map(|level| level as i32).collect());
    assert_eq!(units.into_iter().collect::<Vec<_>>(), ["%", "***", "km/h", "kpl/h"]);
    assert!(directions.values().any(|sensors| sensors.len() == 1));
}

#[test]
fn messages_repeat_the_values_of_the_next_document() {
    let records = &SMALL;
    let mut latest: BTreeMap<String, Value> = BTreeMap::new();
    let mut compared = 0;
    for record in records.iter().filter(|record| record.feed.ends_with("-tms")) {
        if let Some(sensor) = record.topic.strip_prefix("tms-v2/") {
            latest.insert(sensor.to_owned(), json(record)["value"].clone());
        } else if record.topic == "/api/tms/v1/stations/data" {
            for station in list(&json(record), "stations") {
                for value in list(station, "sensorValues") {
                    let sensor = format!("{}/{}", value["stationId"], value["id"]);
                    if let Some(pushed) = latest.get(&sensor) {
                        assert_eq!(pushed, &value["value"], "{sensor}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 300);
}

/// Features of all documents and messages, in the order of receipt.
fn features(records: &[RawRecord]) -> Vec<(bool, Value)> {
    let ours = records.iter().filter(|record| record.feed.ends_with("-traffic-messages"));
    let features = ours.flat_map(|record| {
        if record.topic.starts_with("/api/") {
            let features = list(&json(record), "features").to_vec();
            features.into_iter().map(|feature| (false, feature)).collect::<Vec<_>>()
        } else {
            assert!(record.topic.starts_with("traffic-message-v3/simple/"));
            let zipped = STANDARD.decode(&record.payload).unwrap();
            let mut text = String::new();
            GzDecoder::new(&zipped[..]).read_to_string(&mut text).unwrap();
            vec![(true, serde_json::from_str(&text).unwrap())]
        }
    });
    features.collect()
}

#[test]
fn situations_run_through_their_phases() {
    let records = &SMALL;
    let mut phases: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (_, feature) in features(records) {
        let properties = &feature["properties"];
        let id = properties["situationId"].as_str().unwrap().to_owned();
        let phase = properties["trafficAnnouncementType"].as_str().unwrap_or("").to_lowercase();
        let version = properties["version"].as_u64().unwrap();
        phases.entry(id).or_default().push((version, phase.replace('_', " ")));
    }
    for phases in phases.values_mut() {
        assert!(phases.is_sorted_by_key(|(version, _)| *version));
        phases.dedup();
    }
    let accident: Vec<&str> =
        phases["GUID50900002"].iter().map(|(_, phase)| phase.as_str()).collect();
    assert_eq!(accident[..2], ["preliminary accident report", "accident report"]);
    let retracted = phases.values().flatten().any(|(_, phase)| phase == "retracted");
    assert!(retracted && phases.len() == 13);
}

#[test]
fn both_vocabularies_and_all_geometries_occur() {
    let features = features(&SMALL);
    let words: BTreeSet<(bool, &str)> = features
        .iter()
        .map(|(pushed, feature)| {
            (*pushed, feature["properties"]["situationType"].as_str().unwrap())
        })
        .collect();
    assert!(words.contains(&(true, "ROAD_WORK")) && words.contains(&(false, "road work")));
    assert!(words.contains(&(true, "TRAFFIC_ANNOUNCEMENT")));
    let geometries: BTreeSet<Option<&str>> =
        features.iter().map(|(_, feature)| feature["geometry"]["type"].as_str()).collect();
    let expected = [None, Some("MultiLineString"), Some("Point"), Some("Polygon")];
    assert_eq!(geometries.into_iter().collect::<Vec<_>>(), expected);
}
