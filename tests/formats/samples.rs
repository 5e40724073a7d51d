//! The recorded feeds, where they lie beside the repository: nothing panics, nothing is lost, and
//! the figures that were counted by hand come out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use events::wire::gtfs_realtime::FeedMessage;
use events::{
    Body, Event, SituationPhase, SituationRecord, VehicleEventKind, VehiclePosition, Verdict,
};
use ingest::format::{Decoded, DropReason, FORMATS, dump};
use prost::Message;
use serde_json::Value;

use super::{decode, decoder, raw, root};

/// Files larger than this are networks and pictures, bytes.
const OTHER_FILE_BYTES_MAX: u64 = 300_000;

/// The folder of recorded feeds; `None`, said aloud, where it is missing.
fn feeds() -> Option<PathBuf> {
    let feeds = root().join("../shared/feeds");
    if feeds.is_dir() {
        return Some(feeds);
    }
    eprintln!("skipped: {} is missing", feeds.display());
    None
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn with_extension(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| extensions.contains(&extension))
    });
    files
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&read(path)).ok()
}

fn vehicles(decoded: &Decoded) -> Vec<&VehiclePosition> {
    decoded.events.iter().filter_map(vehicle).collect()
}

fn vehicle(event: &Event) -> Option<&VehiclePosition> {
    match &event.body {
        Body::VehiclePosition(report) => Some(report),
        _ => None,
    }
}

fn situation(decoded: &Decoded) -> &SituationRecord {
    match &decoded.events.first().expect("an event").body {
        Body::SituationRecord(record) => record,
        body => panic!("no situation: {body:?}"),
    }
}

/// Decodes a dump line by line with one decoder: line's time of reception and event.
fn dumped(path: &Path) -> Vec<(Option<i64>, Event)> {
    let bytes = read(path);
    let lines: Vec<_> = dump::lines(&bytes).expect("a dump").collect();
    let text = String::from_utf8(bytes.clone()).expect("dumps are text");
    assert_eq!(lines.len(), text.lines().count(), "{}", path.display());
    let mut feed = decoder("hfp", "");
    let event = |(received_ms, topic, payload): dump::DumpLine| {
        let mut decoded = feed.decode(&raw(topic, payload));
        assert_eq!(decoded.records(), 1, "{topic}");
        let event = decoded.events.pop();
        (received_ms, event.unwrap_or_else(|| panic!("{topic}: {decoded:?}")))
    };
    lines.into_iter().map(event).collect()
}

#[test]
fn hfp_dumps_lose_nothing_and_have_the_known_faults() {
    let Some(feeds) = feeds() else { return };
    let (mut messages, mut without_position, mut other_operator) = (0, 0, 0);
    let mut latest = (0, VehicleEventKind::Unspecified);
    for path in with_extension(&feeds.join("transit/hfp-hsl-dumps"), &["dump"]) {
        for (received_ms, event) in dumped(&path) {
            let report = vehicle(&event).expect("HFP speaks of vehicles");
            messages += 1;
            without_position += usize::from(event.verdicts.contains(Verdict::PositionMissing));
            assert_eq!(
                report.position.is_none(),
                event.verdicts.contains(Verdict::PositionMissing)
            );
            let owner = event.entity.split('/').next().unwrap_or_default();
            let operator = report.operator_id.as_deref();
            other_operator += usize::from(operator.is_some_and(|operator| operator != owner));
            let late_ms = received_ms.expect("dumps have the time") - event.event_time_ms;
            if late_ms > 5_000 {
                assert_eq!(report.kind, VehicleEventKind::PlannedDeparture, "{event:?}");
            }
            if late_ms > latest.0 {
                latest = (late_ms, report.kind);
            }
        }
    }
    // Counted from the text of the files, too; a survey of 653 more messages had 487.
    assert_eq!((messages, without_position, other_operator), (3_075, 940, 435));
    assert_eq!(latest.1, VehicleEventKind::PlannedDeparture);
    assert_eq!(latest.0 / 100, 424, "the latest message is dated back by 42.4 s");
}

#[test]
fn hfp_captures_and_old_topics_decode_line_by_line() {
    let Some(feeds) = feeds() else { return };
    let old = dumped(&feeds.join("transit/hfp-hsl-v1/odd.txt"));
    assert_eq!(old.len(), 4_727);
    assert!(old.iter().all(|(_, event)| event.entity == "0012/01703"));
    let starts: BTreeSet<Option<u32>> = old
        .iter()
        .filter_map(|(_, event)| Some(vehicle(event)?.trip.as_ref()?.start_time_s))
        .collect();
    // One bus that publishes two journeys, one of them of the night after the operating day.
    assert!(starts.contains(&Some(23 * 3_600 + 20 * 60)), "{starts:?}");
    assert!(starts.contains(&Some(24 * 3_600 + 5 * 60)), "{starts:?}");
    let captures = feeds.join("transit/hfp-hsl-captures");
    assert_eq!(dumped(&captures.join("quoted-with-topics.txt")).len(), 11);
    assert_eq!(dumped(&captures.join("quoted-payloads-only.jsonl")).len(), 14);
}

#[test]
fn hfp_single_payloads_give_an_event_or_say_what_is_missing() {
    let Some(feeds) = feeds() else { return };
    for path in with_extension(&feeds.join("transit/hfp-hsl-singles"), &["json"]) {
        let decoded = decode("hfp", "", &read(&path));
        assert_eq!(decoded.records(), 1);
        if path.ends_with("garbage-data.json") {
            assert_eq!(decoded.rejects[0].reason.as_str(), "missing_field");
        } else {
            assert_eq!(decoded.events.len(), 1, "{}: {decoded:?}", path.display());
        }
        if path.ends_with("hfp-tlr-sample-invalid.json") {
            let event = &decoded.events[0];
            assert!(event.verdicts.contains(Verdict::OutOfRange));
            assert_eq!(vehicles(&decoded)[0].delay_s, Some(28));
        }
    }
    for path in with_extension(&feeds.join("transit/hsl-apc"), &["dump"]) {
        let bytes = read(&path);
        for (_, topic, payload) in dump::lines(&bytes).expect("a dump") {
            let decoded = decode("hfp", topic, payload);
            assert_eq!(decoded.drops[0].reason.as_str(), "passenger_count");
        }
    }
}

#[test]
fn every_entity_of_every_protobuf_feed_is_accounted_for() {
    let Some(feeds) = feeds() else { return };
    let mut files = with_extension(&feeds.join("transit/gtfsrt-fi-bin"), &["bin"]);
    files.extend(with_extension(&feeds.join("transit/gtfsrt-intl-bin"), &["pb", "pbf"]));
    assert!(files.len() > 20);
    for path in files {
        let bytes = read(&path);
        let whole = FeedMessage::decode(bytes.as_slice()).expect("recorded feeds are sound");
        let parts = |entity: &events::wire::gtfs_realtime::FeedEntity| {
            let parts =
                [entity.vehicle.is_some(), entity.trip_update.is_some(), entity.alert.is_some()];
            parts.into_iter().filter(|&part| part).count().max(1)
        };
        let expected: usize = whole.entity.iter().map(parts).sum();
        let decoded = decode("gtfs_rt", "", &bytes);
        assert_eq!(decoded.records(), expected, "{}", path.display());
        assert!(decoded.rejects.is_empty(), "{}: {:?}", path.display(), decoded.rejects);
    }
}

#[test]
fn finnish_gtfs_rt_feeds_have_the_known_contents() {
    let Some(feeds) = feeds() else { return };
    let folder = feeds.join("transit/gtfsrt-fi-bin");
    let empty = decode("gtfs_rt", "", &read(&folder.join("service-alerts.bin")));
    assert_eq!(empty.records(), 0, "a feed without entities is no fault");
    let oulu = decode("gtfs_rt", "", &read(&folder.join("oulu-vehicle-position-20170217.bin")));
    let reports = vehicles(&oulu);
    assert_eq!(reports.len(), 78);
    assert!(
        reports.iter().all(|report| report.bearing_deg.is_none() && report.speed_km_h.is_none())
    );
    let times: BTreeSet<i64> = oulu.events.iter().map(|event| event.event_time_ms).collect();
    assert_eq!(times.len(), 1, "only the header has a time");
    let updates = decode("gtfs_rt", "", &read(&folder.join("oulu-trip-updates-20170217.bin")));
    assert_eq!(updates.events.len(), 75);
    let json = feeds.join("transit/gtfsrt-hsl-json/vehicle_positions_20250428_160414.json");
    let helsinki = decode("gtfs_rt", "", &read(&json));
    let reports = vehicles(&helsinki);
    assert_eq!((reports.len(), helsinki.records()), (1_178, 1_178));
    assert!(reports.iter().all(|report| report.bearing_deg.is_some()));
    let no_trip_id = |report: &&VehiclePosition| {
        report.trip.as_ref().is_some_and(|trip| trip.trip_id.is_none() && trip.route_id.is_some())
    };
    assert!(reports.iter().all(no_trip_id));
    let empty = |report: &&&VehiclePosition| {
        report.occupancy_status != events::OccupancyStatus::Unspecified
    };
    let with_occupancy = reports.iter().filter(empty).count();
    assert!((200..300).contains(&with_occupancy), "{with_occupancy} of 1,178 publish occupancy");
}

#[test]
fn single_vehicles_of_a_tram_city_over_mqtt_take_the_route_of_the_topic() {
    let Some(feeds) = feeds() else { return };
    let folder = feeds.join("transit/gtfsrt-tampere-mqtt");
    let topics = String::from_utf8(read(&folder.join("topics.tsv"))).expect("text");
    let mut routes = Vec::new();
    for line in topics.lines() {
        let (file, topic) = line.split_once('\t').expect("two columns");
        let mut feed = decoder("gtfs_rt", "route_from_topic = true\nmode = \"bus\"");
        let decoded = feed.decode(&raw(topic, &read(&folder.join(file))));
        let reports = vehicles(&decoded);
        let trip = reports[0].trip.as_ref().expect("a trip");
        routes.push(trip.route_id.clone().expect("a route"));
        assert!(reports[0].headsign.is_some() && trip.start_time_s.is_some());
        assert_eq!(reports[0].label, None, "the label was the destination");
    }
    assert_eq!(routes, ["2", "15"]);
}

#[test]
fn every_entity_of_every_json_feed_is_accounted_for() {
    let Some(feeds) = feeds() else { return };
    let mut files = with_extension(&feeds.join("transit/gtfsrt-intl-json"), &["json"]);
    files.extend(with_extension(&feeds.join("transit/gtfsrt-hsl-json"), &["json"]));
    for path in files {
        let Some(value) = json(&path) else { continue };
        let entities = value.get("entity").unwrap_or(&value);
        let expected = entities.as_array().expect("a list of entities").len();
        let decoded = decode("gtfs_rt", "", &read(&path));
        assert_eq!(decoded.records(), expected, "{}", path.display());
        let is_gtfs = !path.to_string_lossy().contains("yourmapper")
            && !path.to_string_lossy().contains("validator");
        assert_eq!(
            decoded.rejects.is_empty(),
            is_gtfs,
            "{}: {:?}",
            path.display(),
            decoded.rejects
        );
    }
}

#[test]
fn detector_documents_lose_nothing() {
    let Some(feeds) = feeds() else { return };
    let folder = feeds.join("road/digitraffic-tms");
    let data =
        decode("digitraffic_tms", "", &read(&folder.join("rest-2026/station-data.sample.json")));
    let values: Vec<f64> = data
        .events
        .iter()
        .filter_map(|event| match event.body {
            Body::DetectorMeasurement(measurement) => Some(measurement.value),
            _ => None,
        })
        .collect();
    assert_eq!(values, [1_488.0, 612.0, 93.0, 103.0]);
    for name in ["rest-2026/stations.sample.json", "rest-2018/tms-stations-v3.json"] {
        let path = folder.join(name);
        let value = json(&path).expect("JSON");
        let expected = value["features"].as_array().expect("features").len();
        let decoded = decode("digitraffic_tms", "", &read(&path));
        assert_eq!((decoded.events.len(), decoded.records()), (expected, expected));
        assert!(decoded.events.iter().all(|event| event.verdicts.is_empty()));
    }
}

#[test]
fn every_unit_of_the_city_snapshots_fits_its_sensor() {
    let Some(feeds) = feeds() else { return };
    let mut count = 0;
    for name in ["lam_20221217T130713.json", "lam_20221218T051300.json"] {
        let snapshot =
            json(&feeds.join("road/oulu-oulunliikenne-graphql").join(name)).expect("JSON");
        for station in snapshot["data"]["tmsStations"].as_array().expect("stations") {
            let values = station["sensorValues"].as_array().expect("values");
            let rest: Vec<Value> = values
                .iter()
                .map(|value| {
                    serde_json::json!({
                        "name": value["name"], "unit": value["sensorUnit"],
                        "value": value["sensorValue"], "measuredTime": station["measuredTime"],
                    })
                })
                .collect();
            let document = serde_json::json!({ "id": 1, "sensorValues": rest }).to_string();
            let decoded = decode("digitraffic_tms", "", document.as_bytes());
            assert_eq!(decoded.events.len(), values.len(), "{decoded:?}");
            assert!(decoded.events.iter().all(|event| event.verdicts.is_empty()));
            count += values.len();
        }
    }
    assert_eq!(count, 1_234);
}

#[test]
fn the_weather_of_the_city_snapshot_is_read_whole() {
    let Some(feeds) = feeds() else { return };
    let path = feeds.join("road/oulu-oulunliikenne-graphql/weather_20221218T051300.json");
    let snapshot = json(&path).expect("JSON");
    let (mut known, mut unknown, mut faulty, mut count) = (0, 0, 0, 0);
    let mut surfaces = BTreeSet::new();
    for station in snapshot["data"]["weatherStations"].as_array().expect("stations") {
        let values = station["sensorValues"].as_array().expect("values");
        let rest: Vec<Value> = values
            .iter()
            .map(|value| {
                serde_json::json!({
                    "name": value["name"], "unit": value["sensorUnit"],
                    "value": value["sensorValue"], "measuredTime": station["measuredTime"],
                })
            })
            .collect();
        let document = serde_json::json!({ "id": 1, "sensorValues": rest }).to_string();
        let decoded = decode("digitraffic_weather", "", document.as_bytes());
        assert_eq!(decoded.rejects, [], "{}", station["name"]);
        assert_eq!(decoded.records(), values.len());
        for event in &decoded.events {
            assert!(event.verdicts.is_empty(), "{event:?}");
            let Body::WeatherMeasurement(measurement) = event.body else {
                panic!("{event:?}");
            };
            surfaces.insert(measurement.surface.as_str_name());
        }
        known += decoded.events.len();
        faulty +=
            decoded.drops.iter().filter(|drop| drop.reason == DropReason::SensorFault).count();
        unknown +=
            decoded.drops.iter().filter(|drop| drop.reason == DropReason::UnknownSensor).count();
        count += values.len();
    }
    assert_eq!((known + faulty, count), (228, 1_771));
    assert_eq!(unknown, count - 228);
    let expected = [
        "ROAD_SURFACE_DRY",
        "ROAD_SURFACE_ICE",
        "ROAD_SURFACE_MOIST",
        "ROAD_SURFACE_SNOW",
        "ROAD_SURFACE_UNSPECIFIED",
    ];
    assert_eq!(surfaces.into_iter().collect::<Vec<_>>(), expected);
    assert!(faulty > 0, "a sensor says that it is faulty");
}

#[test]
fn the_packed_traffic_message_equals_the_plain_one() {
    let Some(feeds) = feeds() else { return };
    let folder = feeds.join("road/digitraffic-traffic-message/mqtt-simple");
    let format = "digitraffic_traffic_message";
    let packed = decode(format, "", &read(&folder.join("example.gz.b64")));
    let plain = decode(format, "", &read(&folder.join("example.json")));
    assert_eq!(packed.events.len(), 1, "{packed:?}");
    assert_eq!(packed.events, plain.events);
    let record = situation(&packed);
    assert_eq!((record.version, record.phase), (9, SituationPhase::Ended));
    assert_eq!(record.version_time_ms, 1_674_552_636_037);
    assert_eq!(record.release_time_ms, Some(1_674_548_523_882), "the first publication stays");
}

#[test]
fn traffic_message_files_decode_or_say_why_not() {
    let Some(feeds) = feeds() else { return };
    let folder = feeds.join("road/digitraffic-traffic-message");
    let (mut events, mut templates) = (0, 0);
    for path in with_extension(&folder, &["json"]) {
        let bytes = read(&path);
        let decoded = decode("digitraffic_traffic_message", "", &bytes);
        let name = path.to_string_lossy().into_owned();
        let is_template = name.contains("ims/versions");
        let is_area = name.contains("regions/") || name.contains("00018");
        if let Some(value) = json(&path).filter(|_| !is_template && !is_area) {
            let features = value["features"].as_array().map_or(1, Vec::len);
            assert_eq!(decoded.records(), features, "{name}");
            assert!(decoded.rejects.is_empty(), "{name}: {:?}", decoded.rejects);
            events += decoded.events.len();
        } else {
            assert!(decoded.events.is_empty() || is_area, "{name}");
            assert!(decoded.records() > 0, "{name}");
            templates += 1;
        }
    }
    assert!(events >= 12 && templates > 40, "{events} events, {templates} templates");
}

#[test]
fn nothing_recorded_makes_any_decoder_panic() {
    let Some(feeds) = feeds() else { return };
    for path in files(&feeds) {
        let length = path.metadata().expect("the file can be asked").len();
        if length > OTHER_FILE_BYTES_MAX {
            continue;
        }
        let bytes = read(&path);
        for format in FORMATS {
            let decoded = decode(format.name(), "", &bytes);
            let is_empty_feed = path.ends_with("service-alerts.bin");
            let is_no_list = json(&path).is_some_and(|value| {
                ["features", "stations", "entity", "sensorValues"]
                    .iter()
                    .any(|key| value[key].as_array().is_some_and(Vec::is_empty))
                    || value.as_array().is_some_and(Vec::is_empty)
            });
            let accounted = decoded.records() > 0 || is_empty_feed || is_no_list;
            assert!(accounted, "{} by {}", path.display(), format.name());
        }
    }
}
