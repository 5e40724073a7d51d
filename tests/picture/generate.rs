//! Any log: a few entities of each layer with times, places and phases that clash often.

use std::collections::BTreeMap;

use events::{
    Body, CollectionStatus, Connection, DetectorConstant, DetectorMeasurement, DetectorStation,
    EntityKind, Event, FeedStatus, JourneyPhase, LogRecord, MeasurementWindow, Outcome, Position,
    Provenance, Quantity, RoadSurface, SituationPhase, SituationRecord, Tally, TallyCount, Text,
    TripUpdate, VehicleEventKind, VehiclePosition, Verdict, Verdicts, WeatherMeasurement,
    WeatherQuantity, WeatherStation,
};
use picture::FeedLimits;
use proptest::prelude::*;
use proptest::sample::select;

pub(super) const LATENESS_MS: i64 = 10_000;
pub(super) const FEEDS: [&str; 2] = ["bus", "tms"];
const SPAN_S: i64 = 90;

pub(super) fn limits() -> BTreeMap<Text, FeedLimits> {
    let limits = FeedLimits {
        lateness_ms: LATENESS_MS,
        expire_after_ms: 30_000,
        speed_km_h_max: 120.0,
        frozen_after_ms: 5_000,
        relists_after_ms: None,
    };
    FEEDS.into_iter().map(|feed| (feed.into(), limits)).collect()
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(
    values: impl Into<Vec<T>>,
) -> impl Strategy<Value = T> {
    select(values.into())
}

fn time_ms() -> impl Strategy<Value = i64> {
    (0..SPAN_S * 2).prop_map(|half_seconds| half_seconds * 500)
}

/// Mostly along a street, often the same, sometimes across the region or nowhere.
fn position() -> impl Strategy<Value = Option<Position>> {
    let street = (0..4_u32).prop_map(|step| (60.17 + f64::from(step) * 0.0005, 24.94));
    let far = (0..2_u32).prop_map(|step| (60.25, 25.1 + f64::from(step) * 0.001));
    let place = prop_oneof![4 => street, 1 => far];
    proptest::option::weighted(0.9, place)
        .prop_map(|place| place.map(|(north, east)| Position::new(north, east).unwrap()))
}

fn vehicle(phases: &'static [JourneyPhase]) -> impl Strategy<Value = Body> {
    let kinds = [VehicleEventKind::Position, VehicleEventKind::Departure];
    let speed = proptest::option::of(any_of([0.0_f32, 5.0, 40.0]));
    let odometer = proptest::option::of((0..5_u32).prop_map(|steps| f64::from(steps) * 40.0));
    let report = (any_of(phases.to_vec()), any_of(kinds), position(), speed, odometer, -60..60_i32);
    report.prop_map(|(phase, kind, position, speed_km_h, odometer_m, delay_s)| {
        Body::VehiclePosition(VehiclePosition {
            kind,
            phase,
            position,
            speed_km_h,
            odometer_m,
            delay_s: Some(delay_s),
            ..VehiclePosition::default()
        })
    })
}

fn measurement() -> impl Strategy<Value = Body> {
    use MeasurementWindow::{Fixed5Min, Fixed60Min, Rolling5Min};
    let quantities = [Quantity::SpeedKmH, Quantity::FlowVehH, Quantity::SpeedSharePercent];
    let windows = [Rolling5Min, Fixed5Min, Fixed60Min];
    let parts = (any_of(quantities), any_of(windows), 1..4_u32, 0..120_u32);
    parts.prop_map(|(quantity, window, direction, value)| {
        Body::DetectorMeasurement(DetectorMeasurement {
            sensor_id: quantity as u32 * 100 + window as u32 * 10 + direction,
            quantity,
            direction,
            window,
            value: value.into(),
            window_start_ms: None,
            window_end_ms: None,
        })
    })
}

fn station() -> impl Strategy<Value = Body> {
    use CollectionStatus::{Gathering, RemovedPermanently, Unspecified};
    let names = proptest::option::of(any_of(["a", "b"]));
    let statuses = any_of([Unspecified, Gathering, Gathering, RemovedPermanently]);
    let free_flow = proptest::option::of(any_of([80.0, 100.0]));
    (names, position(), statuses, free_flow).prop_map(|(name, position, collection, speed)| {
        let constant = |speed_km_h| DetectorConstant {
            direction: 1,
            free_flow_speed_km_h: Some(speed_km_h),
            ..DetectorConstant::default()
        };
        Body::DetectorStation(DetectorStation {
            name: name.map(Into::into),
            position,
            collection_status: collection,
            constants: speed.map(constant).into_iter().collect(),
            ..DetectorStation::default()
        })
    })
}

/// The version time is filled in with the event time.
fn situation() -> impl Strategy<Value = Body> {
    use SituationPhase::{Active, Cancelled, Ended, Retracted};
    let phases = any_of([Active, Active, Active, Ended, Retracted, Cancelled]);
    let ends = proptest::option::of(time_ms());
    (phases, 1..4_u32, ends).prop_map(|(phase, version, end_time_ms)| {
        Body::SituationRecord(Box::new(SituationRecord {
            phase,
            version,
            end_time_ms,
            ..SituationRecord::default()
        }))
    })
}

fn weather() -> impl Strategy<Value = Body> {
    use WeatherQuantity::{AirTemperatureC, RoadSurface as Surface, RoadTemperatureC};
    let quantities = any_of([AirTemperatureC, RoadTemperatureC, Surface]);
    let surfaces = any_of([RoadSurface::Dry, RoadSurface::Wet, RoadSurface::Ice]);
    let parts = (quantities, 1..3_u32, -20..20_i32, surfaces);
    parts.prop_map(|(quantity, sensor_number, value, surface)| {
        let is_surface = quantity == Surface;
        Body::WeatherMeasurement(WeatherMeasurement {
            sensor_id: quantity as u32 * 10 + sensor_number,
            quantity,
            sensor_number,
            value: if is_surface { 0.0 } else { value.into() },
            surface: if is_surface { surface } else { RoadSurface::Unspecified },
        })
    })
}

fn weather_station() -> impl Strategy<Value = Body> {
    use CollectionStatus::{Gathering, RemovedTemporarily, Unspecified};
    let names = proptest::option::of(any_of(["a", "b"]));
    let statuses = any_of([Unspecified, Gathering, Gathering, RemovedTemporarily]);
    (names, position(), statuses).prop_map(|(name, position, collection_status)| {
        Body::WeatherStation(WeatherStation {
            name: name.map(Into::into),
            position,
            collection_status,
            state: None,
        })
    })
}

fn trip() -> impl Strategy<Value = Body> {
    (-60..60_i32).prop_map(|delay_s| {
        Body::TripUpdate(TripUpdate { delay_s: Some(delay_s), ..TripUpdate::default() })
    })
}

/// Entities and bodies. Vehicles whose names begin with `u` have upcoming journeys, others are
/// taken back: a vehicle that has both depends on order (see `vehicle.rs` of the picture).
fn entity_and_body() -> impl Strategy<Value = (String, Body)> {
    use JourneyPhase::{Deadrun, Ongoing, Upcoming};
    let named = |prefix: &'static str| (0..2_u32).prop_map(move |n| format!("{prefix}{n}"));
    let retraction = |kind| Just(Body::Retraction(kind));
    prop_oneof![
        4 => (named("u"), vehicle(&[Ongoing, Upcoming, Deadrun])),
        4 => (named("v"), vehicle(&[Ongoing, Ongoing, Deadrun])),
        1 => (named("v"), retraction(EntityKind::Vehicle)),
        3 => (named("d"), measurement()),
        2 => (named("d"), station()),
        1 => (named("d"), retraction(EntityKind::Detector)),
        3 => (named("s"), situation()),
        1 => (named("s"), retraction(EntityKind::Situation)),
        2 => (named("t"), trip()),
        1 => (named("t"), retraction(EntityKind::Trip)),
        3 => (named("w"), weather()),
        1 => (named("w"), weather_station()),
        1 => (named("w"), retraction(EntityKind::Weather)),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let verdicts = any_of([Verdicts::default(), Verdicts::default().with(Verdict::Stale)]);
    let parts = (any_of(FEEDS), entity_and_body(), time_ms(), 0..4_i64, verdicts);
    parts.prop_map(|(feed, (entity, mut body), event_time_ms, delay_s, verdicts)| {
        if let Body::SituationRecord(record) = &mut body {
            record.version_time_ms = event_time_ms;
        }
        Event {
            feed: feed.into(),
            region: "region".into(),
            entity: entity.into(),
            event_time_ms,
            received_time_ms: event_time_ms + delay_s * 1000,
            verdicts,
            provenance: Provenance::default(),
            body,
        }
    })
}

pub(super) fn status(feed: &str, watermark_ms: i64) -> LogRecord {
    LogRecord::FeedStatus(FeedStatus {
        feed: feed.into(),
        watermark_ms,
        received_time_ms: watermark_ms + LATENESS_MS,
        connection: Connection::Live.into(),
        ..FeedStatus::default()
    })
}

fn tally() -> impl Strategy<Value = LogRecord> {
    let outcomes = [Outcome::Rejected, Outcome::Quarantined, Outcome::Dropped, Outcome::Applied];
    let parts = (any_of(FEEDS), any_of(outcomes), 0..9_u64);
    parts.prop_map(|(feed, outcome, count)| {
        let counts = vec![TallyCount { outcome: outcome.into(), reason: "reason".into(), count }];
        LogRecord::Tally(Tally { feed: feed.into(), counts })
    })
}

/// Records in no order at all, with statuses whose watermarks mostly move on.
pub(super) fn log() -> impl Strategy<Value = Vec<LogRecord>> {
    let step = prop_oneof![
        8 => event().prop_map(Some),
        1 => Just(None),
    ];
    let steps = proptest::collection::vec((step, tally(), any::<bool>(), 0..3_i64), 1..150);
    steps.prop_map(|steps| {
        let mut watermark_ms = -LATENESS_MS;
        let step = |(event, tally, is_tally, pace): (Option<Event>, LogRecord, bool, i64)| {
            watermark_ms += pace * 1_000;
            match event {
                Some(event) => LogRecord::Event(event),
                None if is_tally => tally,
                None => status(FEEDS[(pace % 2) as usize], watermark_ms),
            }
        };
        steps.into_iter().map(step).collect()
    })
}
