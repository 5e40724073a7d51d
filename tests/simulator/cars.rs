//! Floating cars: they drive, wait and queue, and rest long enough to be forgotten.

use std::collections::BTreeMap;

use events::Position;

use super::{Reported, SMALL, json, of_feed};

/// What each car reported, in the order of time.
pub(super) fn cars() -> BTreeMap<String, Vec<Reported>> {
    let mut cars: BTreeMap<String, Vec<Reported>> = BTreeMap::new();
    for record in of_feed(&SMALL, "helsinki-cars") {
        for line in record.payload.split(|&byte| byte == b'\n') {
            let report: serde_json::Value = serde_json::from_slice(line).unwrap();
            let number = |key: &str| report[key].as_f64().unwrap();
            let time: jiff::Timestamp = report["time"].as_str().unwrap().parse().unwrap();
            let reported = Reported {
                time_ms: time.as_millisecond(),
                position: Position::new(number("latitude_deg"), number("longitude_deg")).unwrap(),
                speed_m_s: Some(number("speed_km_h") / 3.6),
            };
            assert_eq!(report["mode"], "car");
            cars.entry(report["vehicle"].as_str().unwrap().to_owned()).or_default().push(reported);
        }
    }
    for reports in cars.values_mut() {
        reports.sort_by_key(|report| report.time_ms);
    }
    cars
}

#[test]
fn cars_drive_without_a_jump_and_rest_before_they_begin_again() {
    /// The demo forgets a car after 20 s.
    const FORGOTTEN_MS: i64 = 24_000;
    /// Rounded and wandering places.
    const SLACK_M: f64 = 9.0;
    let loop_ms = i64::from(super::small().duration_s) * 1_000;
    let cars = cars();
    assert!(cars.len() > 15, "{}", cars.len());
    for (id, reports) in &cars {
        let first = reports[0];
        let again = Reported { time_ms: first.time_ms + loop_ms, ..first };
        let looped: Vec<Reported> = reports.iter().copied().chain([again]).collect();
        let rests = looped.windows(2).filter(|pair| pair[1].time_ms - pair[0].time_ms > 2_000);
        let rests: Vec<i64> = rests.map(|pair| pair[1].time_ms - pair[0].time_ms).collect();
        assert!(rests.len() == 1 && rests[0] > FORGOTTEN_MS, "{id}: {rests:?}");
        for pair in reports.windows(2) {
            let duration_s = (pair[1].time_ms - pair[0].time_ms) as f64 / 1_000.0;
            if duration_s <= 2.0 {
                let distance_m = traffic::distance_m(pair[0].position, pair[1].position);
                let speed_m_s = pair[0].speed_m_s.unwrap().max(pair[1].speed_m_s.unwrap());
                assert!(distance_m <= (speed_m_s + 1.0) * duration_s + SLACK_M, "{id}: {pair:?}");
            }
        }
    }
}

#[test]
fn some_cars_flow_and_some_queue() {
    let cars = cars();
    let speeds = || cars.values().flatten().filter_map(|report| report.speed_m_s);
    let share = |wanted: fn(f64) -> bool| {
        speeds().filter(|&speed| wanted(speed)).count() as f64 / speeds().count() as f64
    };
    assert!(share(|speed_m_s| speed_m_s > 6.0) > 0.3);
    assert!(share(|speed_m_s| (0.1..2.5).contains(&speed_m_s)) > 0.02);
    assert!(share(|speed_m_s| speed_m_s < 0.1) > 0.05);
    assert!(speeds().all(|speed_m_s| speed_m_s < 25.0));
}

#[test]
fn a_payload_has_the_cars_of_one_second() {
    for record in of_feed(&SMALL, "helsinki-cars").take(20) {
        let lines = record.payload.split(|&byte| byte == b'\n');
        let times: Vec<_> = lines
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["time"].clone())
            .collect();
        assert!(times.iter().all(|time| *time == times[0]));
    }
    // One report alone is JSON too.
    let one = of_feed(&SMALL, "helsinki-cars").find(|record| !record.payload.contains(&b'\n'));
    assert!(one.is_none_or(|record| json(record).is_object()));
}
