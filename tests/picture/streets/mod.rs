//! The state of streets: what cars, detectors and messages make of links, queues and areas.

mod alternatives;
mod detectors;
mod emissions;
mod slopes;
mod upgrade;
mod weather;
mod world;

use events::wire::EvidenceKind;
use events::{LogRecord, Mode, Quantity, Verdict};
use picture::{
    Area, AreaKind, Change, EstimateMethod, Layer, LevelOfService, Link, Object, Picture, Queue,
    QueueTrend, RemovalReason, View,
};
use proptest::prelude::*;
use world::{
    BLOCK_M, BLOCKS, FEED, ROAD, apply, drive, entity, fix, link_id, measured, message, network,
    object, setup_closed, setup_with, shown_link, station, status, streets,
};

/// Free flow, m/s.
const FREE: f64 = 13.0;

fn after(log: &[LogRecord]) -> Picture {
    let mut picture = world::picture();
    apply(&mut picture, log);
    picture
}

fn evidence(link: &Link, kind: EvidenceKind) -> Option<&picture::Evidence> {
    link.five_minutes.evidence.iter().find(|evidence| evidence.kind == kind)
}

#[test]
fn cars_make_the_speed_of_a_link() {
    let picture = after(&drive(420, 10, |_, _| FREE));
    let link = shown_link(&picture, 2);
    let five = &link.five_minutes;
    assert!((five.speed_km_h.value - FREE * 3.6).abs() < 1.0, "{five:?}");
    assert!(five.speed_km_h.low <= five.speed_km_h.value);
    assert!(five.speed_km_h.value <= five.speed_km_h.high);
    assert_eq!(five.method, EstimateMethod::Measured);
    assert_eq!(five.level_of_service, LevelOfService::Fluent);
    // One car each ten seconds.
    assert!((25..=35).contains(&five.vehicles), "{}", five.vehicles);
    assert!((five.travel_time_s - BLOCK_M / FREE).abs() < 0.5);
    assert_eq!(object(&picture, "1-3-2"), None, "nobody drove back");
}

#[test]
fn space_mean_speed_is_not_the_mean_of_spot_speeds() {
    // Every second car crawls on block 2: it spends four times the time there.
    let picture = after(&drive(720, 10, |second, east_m| {
        let slow = (400.0..600.0).contains(&east_m) && second % 2 == 0;
        if slow { FREE / 4.0 } else { FREE }
    }));
    // Each car alternates second by second: distance over time is the mean over time.
    let link = shown_link(&picture, 2);
    let mean_km_h = f64::midpoint(FREE, FREE / 4.0) * 3.6;
    assert!((link.five_minutes.speed_km_h.value - mean_km_h).abs() < 2.0, "{link:?}");
}

#[test]
fn who_stands_in_a_junction_stands_at_the_line_before_it() {
    // A car that stands for most of a minute: before its stop line, behind it, across the node.
    let window = |stop_m: f64| {
        let setup = setup_with(world::network_with_junctions());
        let mut picture = Picture::new("region".into(), "log".into(), setup);
        let mut log = Vec::new();
        for second in 0..200 {
            let moving = second.min(18) + (second - 80).max(0);
            let east_m = stop_m - 180.0 + 10.0 * moving as f64;
            let speed_m_s = if (18..80).contains(&second) { 0.0 } else { 10.0 };
            if east_m < 2.0 * BLOCK_M - 1.0 {
                log.push(fix("a", Mode::Car, second as f64, east_m, speed_m_s));
            }
            log.push(status(FEED, second));
        }
        let mut stopped_s: [f64; 2] = [0.0; 2];
        for delta in apply(&mut picture, &log) {
            let Change::Updated(object) = delta.change else { continue };
            let Object::Link(link) = object.as_ref() else { continue };
            let block = usize::from(link.id == link_id(1));
            stopped_s[block] = stopped_s[block].max(link.minute.stopped_s.unwrap_or_default());
        }
        stopped_s
    };
    for stop_m in [185.0, 195.0, 203.0] {
        let [before, behind] = window(stop_m);
        assert!(before > 35.0 && behind < 5.0, "at {stop_m} m: {before} s, {behind} s");
    }
}

#[test]
fn shares_of_the_evidence_are_the_whole() {
    let picture = after(&drive(420, 20, |_, _| FREE));
    for block in 0..BLOCKS {
        let link = shown_link(&picture, block);
        for window in [&link.minute, &link.five_minutes] {
            let sum: f64 = window.evidence.iter().map(|evidence| evidence.weight).sum();
            assert!((sum - 1.0).abs() < 1e-6, "{sum} of {:?}", window.evidence);
        }
    }
}

#[test]
fn silence_widens_the_interval_and_makes_no_jam() {
    let mut log = drive(600, 10, |_, _| FREE);
    let before = after(&log);
    log.extend((600..2_400).map(|second| status(FEED, second)));
    let picture = after(&log);
    let width = |link: &Link| link.minute.speed_km_h.high - link.minute.speed_km_h.low;
    let (seen, unseen) = (shown_link(&before, 2), shown_link(&picture, 2));
    assert!(width(&unseen) > width(&seen), "{} {}", width(&unseen), width(&seen));
    assert_eq!(unseen.five_minutes.method, EstimateMethod::Typical);
    assert_eq!(unseen.five_minutes.level_of_service, LevelOfService::Fluent);
    assert!(unseen.five_minutes.newest_sample_ms.is_none());
    let queues = streets(&picture).into_iter().filter(|o| matches!(o, Object::Queue(_))).count();
    assert_eq!(queues, 0);
}

/// Traffic that nearly stands on blocks 3 and 4, first only on 4, from minute 10 to 25.
fn jam(second: i64, east_m: f64) -> f64 {
    let head = east_m >= 4.0 * BLOCK_M && (600..1_500).contains(&second);
    let tail = east_m >= 3.0 * BLOCK_M && (900..1_400).contains(&second);
    if head || tail { 0.8 } else { FREE }
}

#[test]
fn a_queue_begins_grows_and_ends() {
    let log = drive(2_400, 30, jam);
    let mut picture = world::picture();
    let deltas = apply(&mut picture, &log);
    let mut queues: Vec<Queue> = Vec::new();
    let mut ended = Vec::new();
    for delta in &deltas {
        match &delta.change {
            Change::Updated(object) => {
                if let Object::Queue(queue) = object.as_ref() {
                    queues.push(queue.clone());
                }
            }
            Change::Removed { layer: Layer::Queues, id, reason } => {
                ended.push((id.clone(), *reason));
            }
            Change::Removed { .. } => {}
        }
    }
    let first = queues.first().expect("a queue began");
    assert_eq!(first.trend, QueueTrend::Growing);
    assert!(first.speed_km_h < 10.0 && first.delay_s > 30.0, "{first:?}");
    assert_eq!(first.links, [link_id(4)]);
    let longest = queues.iter().max_by(|a, b| a.length_m.total_cmp(&b.length_m)).unwrap();
    assert!(longest.length_m >= 2.0 * BLOCK_M - 1.0, "{longest:?}");
    assert_eq!(longest.id, first.id, "it is the same queue that grew");
    assert_eq!(longest.links, [link_id(4), link_id(3)], "from the head upstream");
    assert!(queues.iter().any(|queue| queue.trend == QueueTrend::Shrinking));
    assert_eq!(ended, [(first.id.clone(), RemovalReason::Ended)]);
}

#[test]
fn areas_are_the_sum_of_their_cells() {
    let mut log = vec![station(1)];
    for minute in 1..10 {
        log.push(measured(minute, Quantity::FlowVehH, 360.0));
        log.push(measured(minute, Quantity::SpeedKmH, 46.0));
    }
    log.extend(drive(600, 10, |_, _| FREE));
    let picture = after(&log);
    let areas: Vec<Area> = streets(&picture)
        .into_iter()
        .filter_map(|object| match object {
            Object::Area(area) => Some(area),
            _ => None,
        })
        .collect();
    let region = areas.iter().find(|area| area.kind == AreaKind::Region).unwrap();
    let cells = || areas.iter().filter(|area| area.kind == AreaKind::Cell);
    assert!(cells().count() >= 2);
    let traffic: f64 = cells().map(|cell| cell.traffic_veh_km_h).sum();
    assert!((traffic - region.traffic_veh_km_h).abs() < 1e-6, "{traffic} {region:?}");
    assert!(region.traffic_veh_km_h > 0.0);
    let delay: f64 = cells().map(|cell| cell.delay_veh_h_h).sum();
    assert!((delay - region.delay_veh_h_h).abs() < 0.01 * region.delay_veh_h_h.max(1.0));
    let coverage = region.coverage;
    let whole = coverage.measured
        + coverage.fused
        + coverage.inferred
        + coverage.typical
        + coverage.unknown;
    assert!((whole - 1.0).abs() < 1e-9, "{coverage:?}");
    // One direction is known, the other is not.
    assert!(coverage.measured + coverage.fused > 0.3 && coverage.unknown > 0.4, "{coverage:?}");
}

#[test]
fn a_detector_that_is_stuck_is_left_out() {
    let mut log = vec![station(2), status(ROAD, 0)];
    for minute in 1..60 {
        log.push(measured(minute, Quantity::FlowVehH, 360.0));
        let speed_km_h = if minute < 20 { 40.0 + (minute % 5) as f64 } else { 60.0 };
        log.push(measured(minute, Quantity::SpeedKmH, speed_km_h));
    }
    // Cars crawl while the detector says 60.
    let cars = drive(3_600, 30, |second, _| if second < 1_800 { FREE } else { 4.0 });
    log.extend(cars);
    let picture = after(&log);
    let link = shown_link(&picture, 2);
    let detector = evidence(&link, EvidenceKind::Detector).expect("it is explained");
    assert!(detector.weight.abs() < 1e-12);
    assert!(detector.note.contains("stuck"), "{}", detector.note);
    assert!(link.five_minutes.speed_km_h.value < 25.0, "{:?}", link.five_minutes.speed_km_h);
    assert_eq!(link.detectors, ["road:7"]);
}

#[test]
fn a_detector_alone_measures_its_link() {
    let mut log = vec![station(2)];
    for minute in 1..31 {
        log.push(measured(minute, Quantity::FlowVehH, 480.0));
        let speed_km_h = if minute < 25 { 44.0 + (minute % 3) as f64 } else { 20.0 };
        log.push(measured(minute, Quantity::SpeedKmH, speed_km_h));
        log.push(measured(minute, Quantity::OccupancyPercent, 6.0));
        log.push(status(ROAD, minute * 60 + 20));
    }
    log.push(status(ROAD, 31 * 60));
    let link = shown_link(&after(&log), 2);
    assert_eq!(link.five_minutes.method, EstimateMethod::Measured);
    let flow = link.five_minutes.flow_veh_h.expect("it counts");
    assert!(flow.low <= 480.0 && 480.0 <= flow.high, "{flow:?}");
    assert_eq!(link.five_minutes.occupancy_percent, Some(6.0));
    let typical = evidence(&link, EvidenceKind::Detector).unwrap();
    assert!(typical.speed_km_h < link.five_minutes.speed_km_h.high + 1.0);
    assert!(link.five_minutes.speed_km_h.value < 42.0, "{:?}", link.five_minutes.speed_km_h);
}

#[test]
fn trams_are_no_traffic() {
    let log: Vec<LogRecord> = (0..200)
        .flat_map(|second| {
            let east_m = second as f64 * 4.0;
            [fix("tram", Mode::Tram, second as f64, east_m, 4.0), status(FEED, second)]
        })
        .collect();
    assert_eq!(streets(&after(&log)).iter().filter(|o| matches!(o, Object::Link(_))).count(), 0);
}

#[test]
fn a_vehicle_off_the_streets_and_one_on_a_ferry_say_so() {
    let mut log = Vec::new();
    for second in 0..120 {
        // 150 m beside the street.
        let mut yard = fix("yard", Mode::Car, second as f64, 100.0 + second as f64, 1.0);
        if let LogRecord::Event(event) = &mut yard
            && let events::Body::VehiclePosition(report) = &mut event.body
            && let Some(position) = &mut report.position
        {
            position.latitude_deg += 0.001_35;
        }
        log.push(yard);
        let east_m = BLOCKS as f64 * BLOCK_M + 500.0 + second as f64 * 5.0;
        log.push(fix("boat", Mode::Car, second as f64, east_m, 5.0));
        log.push(status(FEED, second));
    }
    let picture = after(&log);
    let vehicle = |id: &str| match object(&picture, &entity(id)) {
        Some(Object::Vehicle(vehicle)) => vehicle,
        other => panic!("{id} is {other:?}"),
    };
    let yard = vehicle("yard");
    assert_eq!(yard.matched.as_ref().unwrap().unknown, "off_network");
    assert!(yard.verdicts.contains(Verdict::OffNetwork));
    assert_eq!(vehicle("boat").matched.as_ref().unwrap().unknown, "ferry");
    assert!(streets(&picture).iter().all(|object| !matches!(object, Object::Link(_))));
}

#[test]
fn a_message_is_on_its_links_and_traffic_may_contradict_it() {
    let mut log = vec![message(2, "Liikenne ruuhkautuu")];
    log.extend(drive(1_500, 10, |_, _| FREE));
    let picture = after(&log);
    let Some(Object::Situation(situation)) = object(&picture, "road:m") else { panic!("gone") };
    let effect = situation.effect.expect("it is on the street");
    let mut links = effect.links.clone();
    links.sort();
    assert_eq!(links, [link_id(2), "1-3-2".into()]);
    assert_eq!(effect.links_measured, 1);
    assert!(effect.contradicted, "{effect:?}");
    assert_eq!(shown_link(&picture, 2).situations, ["road:m"]);
}

#[test]
fn a_street_that_is_closed_is_not_driven_on_unless_the_message_is_wrong() {
    let mut log = vec![message(2, "Tie on suljettu liikenteeltä")];
    log.extend(drive(600, 60, |_, _| FREE));
    let mut picture = world::picture();
    let deltas = apply(&mut picture, &log);
    let closed = deltas.iter().any(|delta| match &delta.change {
        Change::Updated(object) => match object.as_ref() {
            Object::Vehicle(vehicle) => {
                vehicle.matched.as_ref().is_some_and(|m| m.unknown == "closed_street")
            }
            _ => false,
        },
        Change::Removed { .. } => false,
    });
    assert!(closed, "the car on the closed block says that it does not know");
    assert!(shown_link(&picture, 2).closed, "though nobody was seen on it");
    assert!(!shown_link(&picture, 1).closed);
}

#[test]
fn a_link_that_is_closed_for_good_has_no_flow_whatever_detectors_say() {
    let mut log = vec![station(2)];
    let mut second = 0;
    for record in drive(1_500, 10, |_, _| FREE) {
        let is_over = matches!(record, LogRecord::FeedStatus(_));
        log.push(record);
        if is_over && second % 60 == 20 {
            log.push(measured(second / 60, Quantity::FlowVehH, 600.0));
            log.push(measured(second / 60, Quantity::SpeedKmH, 40.0));
            log.push(status(ROAD, second));
        }
        second += i64::from(is_over);
    }
    let open = after(&log);
    let setup = setup_closed(vec![link_id(2).parse().unwrap()]);
    let mut closed = Picture::new("region".into(), "log".into(), setup);
    apply(&mut closed, &log);
    let flow_veh_h = |picture: &Picture, block| {
        shown_link(picture, block).five_minutes.flow_veh_h.map(|flow| flow.value)
    };
    assert!(flow_veh_h(&open, 2).unwrap() > 100.0, "{:?}", flow_veh_h(&open, 2));
    assert_eq!(flow_veh_h(&closed, 2), Some(0.0));
    assert_eq!(shown_link(&closed, 2).five_minutes.vehicles, 0, "nobody was matched there");
    assert!(shown_link(&closed, 1).five_minutes.vehicles > 0);
    assert!(shown_link(&closed, 2).closed && !shown_link(&open, 2).closed);
}

fn restored(picture: &Picture) -> Picture {
    let setup = setup_with(network(false));
    Picture::restore("region".into(), "log".into(), setup, &picture.checkpoint()).unwrap()
}

/// Everything at once: a jam, a detector, a message, buses with a stop.
fn busy() -> Vec<LogRecord> {
    let mut log = vec![station(1), message(3, "Liikenne ruuhkautuu")];
    for minute in 1..20 {
        log.push(measured(minute, Quantity::FlowVehH, 300.0 + minute as f64));
        log.push(measured(minute, Quantity::SpeedKmH, 40.0 + (minute % 4) as f64));
    }
    log.extend(drive(1_260, 25, |second, east_m| jam(second + 300, east_m)));
    log
}

#[test]
fn a_checkpoint_at_any_record_goes_on_like_the_picture() {
    let log = busy();
    let whole = after(&log);
    let mut picture = world::picture();
    let step = log.len() / 23;
    for part in log.chunks(step) {
        picture = restored(&picture);
        apply(&mut picture, part);
    }
    assert_eq!(picture.checkpoint(), whole.checkpoint());
    assert_eq!(picture.snapshot(), whole.snapshot());
    assert_eq!(restored(&whole).snapshot(), whole.snapshot());
}

/// A street is closed with the next minute, whenever the message came: also after a restart in between.
#[test]
fn a_restart_between_a_message_and_the_minute_closes_nothing_early() {
    let mut log = drive(600, 20, |_, _| FREE);
    let middle = log.len() / 2 + 7;
    log.insert(middle, message(2, "Tie on suljettu liikenteeltä"));
    let whole = after(&log);
    for later in [1, 5, 40] {
        let (before, rest) = log.split_at(middle + later);
        let mut picture = restored(&after(before));
        apply(&mut picture, rest);
        assert_eq!(picture.snapshot(), whole.snapshot(), "{later} records after the message");
        assert_eq!(picture.checkpoint(), whole.checkpoint(), "{later} records after the message");
    }
}

#[test]
fn a_checkpoint_outlives_a_newer_map() {
    let log = busy();
    let picture = after(&log);
    let newer = setup_with(network(true));
    let restored =
        Picture::restore("region".into(), "log".into(), newer, &picture.checkpoint()).unwrap();
    assert_eq!(shown_link(&restored, 2), shown_link(&picture, 2));
    let mut restored = restored;
    apply(&mut restored, &(1_260..1_500).map(|second| status(FEED, second)).collect::<Vec<_>>());
    assert!(shown_link(&restored, 2).event_time_ms > shown_link(&picture, 2).event_time_ms);
}

#[test]
fn a_view_of_the_deltas_is_the_picture() {
    let log = busy();
    let mut picture = world::picture();
    let mut view = View::new("region".into(), "log".into());
    for delta in apply(&mut picture, &log) {
        view.apply(delta);
    }
    let feeds_aside = |objects: &[std::sync::Arc<Object>]| {
        objects.iter().filter(|o| !matches!(o.as_ref(), Object::Feed(_))).count()
    };
    let (seen, kept) = (view.snapshot(), picture.snapshot());
    assert_eq!(seen.objects, kept.objects);
    assert!(feeds_aside(&kept.objects) > 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Fixes that arrive in another order within the lateness bound give the same streets.
    #[test]
    fn the_order_of_arrival_does_not_matter(ways_ms in proptest::collection::vec(0_i64..9_000, 97)) {
        let log = drive(400, 20, |_, _| FREE);
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
        prop_assert_eq!(streets(&after(&late)), streets(&after(&log)));
    }
}
