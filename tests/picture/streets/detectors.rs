//! Detectors and minutes over long times: seasons, newer maps, silence.

use events::{Body, DetectorConstant, DetectorStation, LogRecord, Quantity};
use picture::{Change, Object, Picture};

use super::world::{
    FEED, ROAD, START_MS, apply, at, drive, event, link_id, measured, network, network_of, object,
    setup_with, status,
};

const BLOCK: i64 = 1;
const MINUTES_OF_A_DAY: i64 = 24 * 60;

/// A detector with other constants in summer than in winter.
fn station() -> LogRecord {
    let constant = |valid_from_mmdd, valid_to_mmdd, free_flow_speed_km_h| DetectorConstant {
        direction: 1,
        valid_from_mmdd,
        valid_to_mmdd,
        free_flow_speed_km_h: Some(free_flow_speed_km_h),
        ..DetectorConstant::default()
    };
    let station = DetectorStation {
        position: Some(at(300.0)),
        bearing_deg: Some(90.0),
        constants: vec![constant(1_101, 331, 40.0), constant(401, 1_031, 70.0)],
        ..DetectorStation::default()
    };
    event(ROAD, "7", START_MS, Body::DetectorStation(station))
}

/// Ten minutes of means from a minute on.
fn ten_minutes(from: i64) -> Vec<LogRecord> {
    let minutes = from..from + 10;
    let one = |minute| {
        let speed = measured(minute, Quantity::SpeedKmH, 38.0 + (minute % 7) as f64);
        [speed, measured(minute, Quantity::FlowVehH, 600.0), status(ROAD, 60 * minute + 30)]
    };
    minutes.flat_map(one).collect()
}

fn free_flow_km_h(picture: &Picture, id: &str) -> f64 {
    let Some(Object::Link(link)) = object(picture, id) else { panic!("{id} is not shown") };
    assert_eq!(link.detectors, ["road:7"]);
    link.free_flow_speed_km_h
}

#[test]
fn summer_comes_without_new_reference_data() {
    let mut picture = super::world::picture();
    apply(&mut picture, &[station()]);
    apply(&mut picture, &ten_minutes(0));
    assert!((free_flow_km_h(&picture, &link_id(BLOCK)) - 40.0).abs() < 1e-9);
    // From the 10th of March to the 4th of April.
    apply(&mut picture, &ten_minutes(25 * MINUTES_OF_A_DAY));
    assert!((free_flow_km_h(&picture, &link_id(BLOCK)) - 70.0).abs() < 1e-9);
}

#[test]
fn on_a_map_with_other_streets_detectors_are_tied_again() {
    let mut picture = super::world::picture();
    apply(&mut picture, &[station()]);
    apply(&mut picture, &ten_minutes(0));
    let checkpoint = picture.checkpoint();
    let restore =
        |setup| Picture::restore("region".into(), "log".into(), setup, &checkpoint).unwrap();
    // Mappers have split the way: its links have other ids.
    let mut moved = restore(setup_with(network_of(8, false)));
    apply(&mut moved, &ten_minutes(10));
    let id = link_id(BLOCK).replacen('1', "8", 1);
    assert!((free_flow_km_h(&moved, &id) - 40.0).abs() < 1e-9);
    assert_eq!(object(&moved, &link_id(BLOCK)), None);
    // On the same map all is as it was.
    assert_eq!(restore(setup_with(network(false))).checkpoint(), checkpoint);
}

#[test]
fn what_was_seen_before_a_silence_is_of_its_own_five_minutes() {
    let mut picture = super::world::picture();
    // Two minutes of the second five, and then nothing for six hours.
    let mut log = drive(420, 10, |_, _| 13.0);
    log.push(status(FEED, 6 * 3_600));
    let mut windows = Vec::new();
    for delta in apply(&mut picture, &log) {
        let Change::Updated(object) = delta.change else { continue };
        let Object::Link(link) = object.as_ref() else { continue };
        if link.id == link_id(2) && link.five_minutes.vehicles > 0 {
            windows.push((link.five_minutes.end_time_ms - START_MS) / 60_000);
        }
    }
    windows.dedup();
    assert_eq!(windows, [5, 10]);
}
