//! What the traffic of the street emits, and that it all adds up.

use std::collections::BTreeMap;

use events::wire::{EmissionMethod, EmissionPeriod, Pollutant};
use events::{LogRecord, Mode, Quantity};
use picture::{AreaKind, Change, Delta, Emission, EmissionWindow, Object, Picture, Vehicle};

use super::world::{
    BLOCK_M, BLOCKS, FEED, START_MS, apply, drive, entity, fix, link_id, measured, object, station,
    status, streets,
};
use super::{FREE, after, busy, jam, restored};

/// Cars that a detector counts too, so that the flow is known.
pub(super) fn counted(seconds: i64, speed_m_s: impl Fn(i64, f64) -> f64) -> Vec<LogRecord> {
    let mut log = vec![station(1)];
    for minute in 1..=seconds / 60 {
        log.push(measured(minute, Quantity::FlowVehH, 360.0));
        log.push(measured(minute, Quantity::SpeedKmH, 44.0 + (minute % 3) as f64));
    }
    log.extend(drive(seconds, 10, speed_m_s));
    log
}

/// Where a vehicle of public transport is that leaves each four minutes, drives, stops and drives on;
/// after the end of the street it is not heard of.
fn timetable(second: i64) -> Option<(f64, f64)> {
    let after = second.rem_euclid(240);
    let (east_m, speed_m_s) = match after {
        0..40 => (10.0 * after as f64 + 2.0, 10.0),
        40..60 => (402.0, 0.0),
        _ => (402.0 + 8.0 * (after - 60) as f64, 8.0),
    };
    (east_m < BLOCKS as f64 * BLOCK_M - 5.0).then_some((east_m, speed_m_s))
}

/// The same log with a bus or a tram each four minutes.
pub(super) fn with_transit(log: Vec<LogRecord>, mode: Mode) -> Vec<LogRecord> {
    let mut all = Vec::new();
    for record in log {
        if let LogRecord::FeedStatus(status) = &record
            && status.feed == FEED
        {
            let second = (status.received_time_ms - START_MS) / 1_000;
            if let Some((east_m, speed_m_s)) = timetable(second) {
                let id =
                    format!("{}{}", if mode == Mode::Tram { "tram" } else { "bus" }, second / 240);
                all.push(fix(&id, mode, second as f64, east_m, speed_m_s));
            }
        }
        all.push(record);
    }
    all
}

pub(super) fn emissions(picture: &Picture) -> Vec<Emission> {
    let of = |object| match object {
        Object::Emission(emission) => Some(emission),
        _ => None,
    };
    streets(picture).into_iter().filter_map(of).collect()
}

pub(super) fn of_kind(all: &[Emission], kind: Option<AreaKind>) -> Vec<&Emission> {
    all.iter().filter(|emission| emission.kind == kind).collect()
}

fn vehicle(picture: &Picture, id: &str) -> Vehicle {
    match object(picture, &entity(id)) {
        Some(Object::Vehicle(vehicle)) => vehicle,
        other => panic!("{id} is {other:?}"),
    }
}

fn sums<'a>(windows: impl Iterator<Item = &'a EmissionWindow>) -> BTreeMap<i32, f64> {
    let mut sums = BTreeMap::new();
    for rate in windows.flat_map(|window| window.rates.iter()) {
        *sums.entry(rate.pollutant as i32).or_insert(0.0) += rate.value;
    }
    sums
}

/// Asserts that links, cells, districts, the city and the region say the same, to 1e-9.
fn balanced(all: &[Emission]) -> BTreeMap<i32, f64> {
    let windows = |kind| of_kind(all, kind).into_iter().map(|emission| &emission.minute);
    let links = sums(windows(None));
    for kind in [AreaKind::Cell, AreaKind::District, AreaKind::City, AreaKind::Region] {
        let areas = sums(windows(Some(kind)));
        assert_eq!(areas.len(), links.len(), "{kind:?}");
        for (pollutant, value) in &links {
            let other = areas[pollutant];
            assert!((other - value).abs() <= 1e-9 * value, "{kind:?} {pollutant}: {other} {value}");
        }
    }
    links
}

#[test]
fn links_add_up_to_cells_districts_city_and_region_after_every_minute() {
    let log = with_transit(counted(1_260, jam), Mode::Bus);
    let mut picture = super::world::picture();
    let mut checked = 0;
    for part in log.chunks(log.len() / 40) {
        // A restart in between changes nothing.
        picture = restored(&picture);
        apply(&mut picture, part);
        let all = emissions(&picture);
        if !balanced(&all).is_empty() {
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} times was anything emitted");
    let all = emissions(&picture);
    assert_eq!(of_kind(&all, Some(AreaKind::District)).len(), 2);
    let region = of_kind(&all, Some(AreaKind::Region))[0];
    // Everything that petrol and diesel cars do, and wear and energy.
    for pollutant in [
        Pollutant::Energy,
        Pollutant::Co2Fossil,
        Pollutant::Nox,
        Pollutant::PmExhaust,
        Pollutant::Pm10Brake,
        Pollutant::Pm25Tyre,
    ] {
        let rate = region.minute.rates.iter().find(|rate| rate.pollutant == pollutant);
        let rate = rate.unwrap_or_else(|| panic!("no {pollutant:?}"));
        let value = rate.value as f32;
        assert!(0.0 < rate.low && rate.low < value && value < rate.high, "{rate:?}");
    }
    assert!(region.noise.is_some());
}

/// A detector that falls silent leaves a link whose flow nobody knows: it must not go on emitting what it
/// did then.
#[test]
fn what_is_not_known_any_more_is_not_shown_as_known() {
    let mut log = vec![station(1)];
    for second in 0..1_800 {
        if second % 60 == 0 && second < 600 {
            log.push(measured(second / 60, Quantity::FlowVehH, 360.0));
            log.push(measured(second / 60, Quantity::SpeedKmH, 44.0 + (second % 7) as f64));
        }
        log.push(status(super::world::ROAD, second));
    }
    let mut picture = super::world::picture();
    let mut known_km = Vec::new();
    for part in log.chunks(log.len() / 30) {
        apply(&mut picture, part);
        let all = emissions(&picture);
        let region = of_kind(&all, Some(AreaKind::Region)).first().map(|of| of.known_street_km);
        known_km.push(region.unwrap_or_default());
    }
    let most = known_km.iter().copied().fold(0.0, f64::max);
    assert!(most > 0.1, "{known_km:?}");
    let all = emissions(&picture);
    let region = of_kind(&all, Some(AreaKind::Region))[0];
    let is_known = super::world::shown_link(&picture, 1).five_minutes.flow_veh_h.is_some();
    assert_eq!(region.known_street_km > 0.0, is_known, "{region:?}");
    assert_eq!(!region.minute.rates.is_empty(), is_known, "{region:?}");
}

#[test]
fn what_buses_emit_is_on_the_links_that_they_drove_on() {
    let mut log = with_transit(counted(900, |_, _| FREE), Mode::Bus);
    // Until the buses are gone, the minutes are closed.
    log.extend((900..1_800).map(|second| status(FEED, second)));
    let mut picture = super::world::picture();
    let (mut by_vehicle, mut on_region) = (BTreeMap::new(), BTreeMap::new());
    for delta in apply(&mut picture, &log) {
        let Change::Updated(object) = delta.change else { continue };
        match object.as_ref() {
            Object::Vehicle(vehicle) => {
                if let Some(emission) = &vehicle.emission {
                    by_vehicle.insert(vehicle.id.clone(), (emission.co2_g, emission.distance_km));
                }
            }
            Object::Emission(emission) if emission.kind == Some(AreaKind::Region) => {
                let minute = &emission.minute;
                let transit = (minute.transit_co2_g_h / 60.0, minute.transit_vehicle_km);
                let [low, high] = [minute.transit_co2_low_g_h, minute.transit_co2_high_g_h];
                let within = f64::from(low)..=f64::from(high);
                assert!(within.contains(&minute.transit_co2_g_h), "{within:?}");
                assert!(transit.0 < 1e-12 || low < high, "{minute:?}");
                on_region.insert(minute.end_time_ms, transit);
            }
            _ => {}
        }
    }
    assert_eq!(by_vehicle.len(), 4);
    let sum = |of: &mut dyn Iterator<Item = &(f64, f64)>| {
        of.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    };
    let vehicles = sum(&mut by_vehicle.values());
    let region = sum(&mut on_region.values());
    assert!(vehicles.0 > 500.0, "{vehicles:?}");
    let balance = picture.emission_balance().expect("there is a model");
    let mut placed = balance.streets;
    placed.add(&balance.elsewhere);
    placed.add(&balance.open);
    assert_eq!(balance.vehicles, placed);
    let on_streets = balance.streets.co2_ug() as f64 / 1e6;
    assert!((region.0 - on_streets).abs() <= 1e-9 * region.0, "{} {on_streets}", region.0);
    // At its last fix a vehicle's object knows what was settled by then: ten seconds less.
    for (vehicles, region) in [(vehicles.0, region.0), (vehicles.1, region.1)] {
        assert!(vehicles < region && vehicles > 0.88 * region, "{vehicles} {region}");
    }
    assert!(balance.elsewhere.co2_ug() * 50 < balance.streets.co2_ug(), "{balance:?}");
}

#[test]
fn the_last_seconds_of_a_vehicle_are_told_before_it_goes() {
    // It stands for a minute with a running engine, and is not heard of any more.
    let mut log: Vec<LogRecord> = (0..=60)
        .flat_map(|second| [fix("bus", Mode::Bus, second as f64, 100.0, 0.0), status(FEED, second)])
        .collect();
    log.extend((61..100).map(|second| status(FEED, second)));
    let mut picture = after(&log);
    let there = picture.emission_balance().expect("there is a model").vehicles.co2_ug() as f64;
    // Half way it is written down and read again.
    picture = restored(&picture);
    apply(&mut picture, &(100..400).map(|second| status(FEED, second)).collect::<Vec<_>>());
    assert_eq!(object(&picture, &entity("bus")), None, "it has left the picture");
    let balance = picture.emission_balance().expect("there is a model");
    let gone = balance.vehicles.co2_ug() as f64;
    // The meter looks two seconds ahead: of sixty it had told all but these.
    assert!((gone / there - 60.0 / 58.0).abs() < 1e-4, "{there} {gone}");
    let mut placed = balance.streets;
    placed.add(&balance.elsewhere);
    placed.add(&balance.open);
    assert_eq!(balance.vehicles, placed);
    assert_eq!((balance.open.co2_ug(), balance.elsewhere.co2_ug()), (0, 0), "it is on its link");
}

#[test]
fn a_bus_is_known_second_by_second_and_sparse_fixes_by_mean_speed() {
    let picture = after(&with_transit(counted(120, |_, _| FREE), Mode::Bus));
    let emission = vehicle(&picture, "bus0").emission.expect("it is public transport");
    assert_eq!(emission.method, EmissionMethod::SecondBySecond);
    assert_eq!(emission.vehicle_class, "bus");
    assert!(emission.energy_mj > 1.0 && emission.co2_g > 50.0, "{emission:?}");
    assert!((0.5..1.0).contains(&emission.distance_km), "{emission:?}");
    assert_eq!(emission.co2_g_passenger_km, None, "it does not say how full it is");
    assert_eq!(emission.co2_high_g_passenger_km, None);
    // It may be electric, and then nothing comes from its tailpipe; or burn twice the mean.
    assert!(emission.co2_low_g.abs() < 1e-12, "{emission:?}");
    let most = f64::from(emission.co2_high_g) / emission.co2_g;
    assert!((1.4..4.0).contains(&most), "{emission:?}");
    let now = f64::from(emission.co2_high_g_s);
    assert!((now - most * emission.co2_g_s).abs() < 1e-4 * now.max(1.0), "{emission:?}");
    for (low, value, high) in [
        (emission.power_low_kw, emission.power_kw, emission.power_high_kw),
        (emission.energy_low_mj, emission.energy_mj, emission.energy_high_mj),
        (emission.nox_low_g, emission.nox_g, emission.nox_high_g),
        (emission.pm_low_g, emission.pm_g, emission.pm_high_g),
    ] {
        assert!(f64::from(low) <= value && value < f64::from(high), "{low} {value} {high}");
    }

    let mut log = Vec::new();
    for second in 0..150 {
        if second % 10 == 0 {
            log.push(fix("slow", Mode::Bus, second as f64, 6.0 * second as f64, 6.0));
        }
        log.push(status(FEED, second));
    }
    let emission = vehicle(&after(&log), "slow").emission.expect("it is public transport");
    assert_eq!(emission.method, EmissionMethod::AverageSpeed);
    assert!(emission.co2_g > 50.0 && emission.distance_km > 0.5, "{emission:?}");
}

#[test]
fn a_tram_burns_nothing_and_who_is_parked_switches_off() {
    let tram = vehicle(&after(&with_transit(counted(120, |_, _| FREE), Mode::Tram)), "tram0");
    let emission = tram.emission.expect("it is public transport");
    assert!(emission.energy_mj > 0.5 && emission.co2_g.abs() < 1e-12, "{emission:?}");
    assert!(emission.co2_high_g.abs() < 1e-12, "that is sure: {emission:?}");

    let standing = |seconds: i64| {
        let log: Vec<LogRecord> = (0..seconds)
            .flat_map(|second| {
                [fix("bus", Mode::Bus, second as f64, 100.0, 0.0), status(FEED, second)]
            })
            .collect();
        vehicle(&after(&log), "bus").emission.expect("it is public transport").co2_g
    };
    let (four_minutes, ten) = (standing(250), standing(600));
    assert!(four_minutes > 100.0, "{four_minutes}");
    assert!(ten < 1.1 * four_minutes, "the engine is off: {ten} {four_minutes}");
}

#[test]
fn a_jam_emits_more_than_free_flow_and_its_queue_says_how_much() {
    let mut picture = super::world::picture();
    let (mut excess, mut surely, mut queued) = (0.0_f64, 0.0_f64, None);
    let (mut parts, mut narrowest) = (0, f64::MAX);
    for delta in apply(&mut picture, &counted(1_500, jam)) {
        let Change::Updated(object) = delta.change else { continue };
        match object.as_ref() {
            Object::Emission(emission) if emission.id == link_id(4) => {
                let rates = emission.minute.rates.iter();
                for co2 in rates.filter(|rate| rate.pollutant == Pollutant::Co2Fossil) {
                    assert!(co2.excess_low <= co2.excess && co2.excess <= co2.excess_high);
                    excess = excess.max(co2.excess.into());
                    surely = surely.max(co2.excess_low.into());
                }
            }
            Object::Emission(emission) if emission.kind == Some(AreaKind::Region) => {
                let in_queues = emission.queue_excess_co2_g_h;
                let interval =
                    [emission.queue_excess_co2_low_g_h, emission.queue_excess_co2_high_g_h];
                assert!(interval[0] <= in_queues && in_queues <= interval[1], "{interval:?}");
                if in_queues > 1_000.0 {
                    assert!(interval[0] < in_queues && in_queues < interval[1], "{interval:?}");
                    parts += 1;
                }
            }
            Object::Queue(queue) => {
                let Some(co2) = queue.excess_co2_g_h else { continue };
                let low = queue.excess_co2_low_g_h.expect("beside the value");
                let high = queue.excess_co2_high_g_h.expect("beside the value");
                assert!(low < co2 && co2 < high, "{low} {co2} {high}");
                queued = queued.max(Some(co2 as i64));
                narrowest = narrowest.min((high - low) / co2);
            }
            _ => {}
        }
    }
    assert!(excess > 1_000.0, "{excess} g/h");
    assert!(0.0 < surely && surely < excess, "{surely} of {excess} g/h is beyond doubt");
    assert!(queued.expect("there was a queue with known traffic") > 1_000);
    assert!(parts > 0, "the region tells what of its excess is in queues");
    assert!(narrowest < 2.0, "a jam that is seen is beyond doubt: {narrowest}");
}

#[test]
fn where_the_flow_is_not_known_nothing_is_said_to_be_emitted() {
    let all = emissions(&after(&drive(420, 10, |_, _| FREE)));
    assert_eq!(of_kind(&all, None).len(), 0);
    let region = of_kind(&all, Some(AreaKind::Region))[0];
    assert_eq!(region.minute.rates.len(), 0);
    assert!(region.known_street_km.abs() < 1e-12 && region.street_km > 1.0);
}

/// Reads a total of the region.
fn total(picture: &Picture, period: EmissionPeriod, complete: bool) -> Option<(u32, f64)> {
    let all = emissions(picture);
    let region = of_kind(&all, Some(AreaKind::Region))[0].clone();
    let mut totals = region.totals.into_iter();
    let total = totals.find(|total| total.period == period && total.complete == complete)?;
    Some((total.windows, total.vehicle_km))
}

#[test]
fn totals_are_of_hours_days_and_weeks() {
    // From 08:00 UTC on; the calendar of the test is UTC.
    let mut picture = after(&counted(1_260, |_, _| FREE));
    let (windows, vehicle_km) = total(&picture, EmissionPeriod::Hour, false).expect("it runs");
    // Until the flow was known nothing was.
    assert!((1..=4).contains(&windows), "{windows}");
    assert!(vehicle_km > 10.0, "{vehicle_km}");
    assert_eq!(total(&picture, EmissionPeriod::Day, false), Some((windows, vehicle_km)));
    assert_eq!(total(&picture, EmissionPeriod::Hour, true), None);
    let later: Vec<LogRecord> = (1_260..4_500).map(|second| status(FEED, second)).collect();
    apply(&mut picture, &later);
    let (windows, _) = total(&picture, EmissionPeriod::Hour, true).expect("an hour is over");
    assert!((9..=12).contains(&windows), "{windows}");
    let (windows, _) = total(&picture, EmissionPeriod::Week, false).expect("it runs");
    assert!(windows >= 12, "{windows}");
    let again = restored(&picture);
    assert_eq!(
        total(&again, EmissionPeriod::Hour, true),
        total(&picture, EmissionPeriod::Hour, true)
    );
}

#[test]
fn buses_outlive_a_checkpoint_at_any_record() {
    let log = with_transit(busy(), Mode::Bus);
    let whole = after(&log);
    let mut picture = super::world::picture();
    let mut deltas: Vec<Delta> = Vec::new();
    for part in log.chunks(log.len() / 19) {
        picture = restored(&picture);
        deltas.extend(apply(&mut picture, part));
    }
    assert_eq!(picture.checkpoint(), whole.checkpoint());
    assert_eq!(picture.emission_balance(), whole.emission_balance());
}

#[test]
fn no_lane_carries_more_than_it_can() {
    // A detector counts what hardly anybody reports; elsewhere many do.
    let seen_from_m = super::world::at(400.0).longitude_deg;
    let mut log = vec![station(1)];
    for mut record in drive(1_800, 20, |_, _| FREE) {
        if let LogRecord::Event(event) = &mut record
            && let events::Body::VehiclePosition(report) = &mut event.body
            && report.position.is_some_and(|at| at.longitude_deg < seen_from_m)
            && !event.entity.ends_with("00")
        {
            report.position = None;
        }
        if let LogRecord::FeedStatus(status) = &record
            && (status.received_time_ms - START_MS) % 60_000 == 0
        {
            let minute = (status.received_time_ms - START_MS) / 60_000;
            log.push(measured(minute, Quantity::FlowVehH, 1_500.0));
            log.push(measured(minute, Quantity::SpeedKmH, 44.0 + (minute % 3) as f64));
        }
        log.push(record);
    }
    let mut picture = super::world::picture();
    let mut flows = 0;
    for delta in apply(&mut picture, &log) {
        let Change::Updated(object) = delta.change else { continue };
        let Object::Link(link) = object.as_ref() else { continue };
        for window in [&link.minute, &link.five_minutes] {
            let Some(flow) = window.flow_veh_h else { continue };
            flows += 1;
            assert!(flow.value <= 2_400.0, "{} {flow:?}", link.id);
        }
    }
    assert!(flows > 20, "{flows}");
}
