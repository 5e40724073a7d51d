//! Cases as text: one log record a line, and under it, indented, the changes that it makes.
//!
//! ```text
//! vehicle 1 t=0 at=60.1700,24.9400 delay=60
//!   = vehicles bus:1 t=0 at=60.1700,24.9400@0 delay=60
//! retract vehicle 1 t=5
//!   - vehicles bus:1 retracted
//! ```
//!
//! Times are seconds after the line `base`. All records are of the feed `bus` that do not say `feed=`.

use std::collections::BTreeMap;
use std::fmt::Write;

use events::{
    Body, CollectionStatus, Connection, DetectorConstant, DetectorMeasurement, DetectorStation,
    Event, FeedStatus, Geometry, JourneyPhase, LogRecord, MeasurementWindow, Position, Provenance,
    Quantity, SituationRecord, Tally, TallyCount, TripUpdate, VehicleEventKind, VehiclePosition,
    Verdict, Verdicts, WeatherStation,
};
use picture::{Change, Delta, DetectorDirection, FeedLimits, Object, Picture, TimedValue, Weather};

use super::named::{entity_kind, named_outcome, situation_phase, weather};

const FEED: &str = "bus";

/// Runs a case and gives its text with the changes as they are.
pub(super) fn run(text: &str) -> String {
    let mut script = Script::default();
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.starts_with("  ")) {
        writeln!(out, "{line}").unwrap();
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [word, ..] if word.starts_with('#') => {}
            words => {
                for delta in script.step(words) {
                    writeln!(out, "  {}", script.show(&delta)).unwrap();
                }
            }
        }
    }
    out
}

struct Script {
    base_ms: i64,
    limits: FeedLimits,
    picture: Option<Picture>,
    offset: u64,
    received: u64,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            base_ms: 1_700_000_000_000,
            limits: FeedLimits::default(),
            picture: None,
            offset: 0,
            received: 0,
        }
    }
}

/// `name=value` words of a line.
pub(super) struct Words<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    fn new(words: &[&'a str]) -> Self {
        let pairs = words.iter().map(|word| word.split_once('=').unwrap_or((word, "")));
        Self(pairs.collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).copied()
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        let text = self.get(name)?;
        Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
    }

    fn position(&self) -> Option<Position> {
        let (latitude, longitude) = self.get("at")?.split_once(',')?;
        Some(Position::new(latitude.parse().unwrap(), longitude.parse().unwrap()).unwrap())
    }

    fn verdicts(&self) -> Verdicts {
        let named = self.get("verdicts").into_iter().flat_map(|names| names.split(','));
        named.map(verdict).collect()
    }
}

fn verdict(name: &str) -> Verdict {
    let known = (1..=12).filter_map(|number| Verdict::try_from(number).ok());
    known.into_iter().find(|&verdict| json_name(verdict) == name).expect(name)
}

pub(super) fn json_name(value: impl serde::Serialize) -> String {
    let text = serde_json::to_string(&value).unwrap();
    text.trim_matches('"').to_owned()
}

impl Script {
    fn step(&mut self, words: &[&str]) -> Vec<Delta> {
        match words {
            ["base", seconds] => {
                self.base_ms = seconds.parse::<i64>().unwrap() * 1000;
                Vec::new()
            }
            ["limits", rest @ ..] => {
                self.set_limits(&Words::new(rest));
                Vec::new()
            }
            // The picture goes on from its checkpoint as if nothing had happened.
            ["restart"] => {
                self.restart();
                Vec::new()
            }
            words => {
                let record = self.record(words);
                let (offset, mut deltas) = (self.offset, Vec::new());
                self.picture().apply(offset, &record, &mut deltas);
                self.offset += 1;
                deltas
            }
        }
    }

    fn picture(&mut self) -> &mut Picture {
        let limits = self.limits;
        self.picture.get_or_insert_with(|| {
            let limits = BTreeMap::from([(FEED.into(), limits)]);
            Picture::new("region".into(), "log".into(), limits)
        })
    }

    fn restart(&mut self) {
        let bytes = self.picture().checkpoint();
        let limits = BTreeMap::from([(FEED.into(), self.limits)]);
        let restored = Picture::restore("region".into(), "log".into(), limits, &bytes).unwrap();
        self.picture = Some(restored);
    }

    fn set_limits(&mut self, words: &Words) {
        let seconds = |name: &str| words.number::<i64>(name).map(|seconds| seconds * 1000);
        let limits = &mut self.limits;
        limits.lateness_ms = seconds("lateness_s").unwrap_or(limits.lateness_ms);
        limits.expire_after_ms = seconds("expire_after_s").unwrap_or(limits.expire_after_ms);
        limits.frozen_after_ms = seconds("frozen_after_s").unwrap_or(limits.frozen_after_ms);
        limits.speed_km_h_max = words.number("speed_km_h_max").unwrap_or(limits.speed_km_h_max);
    }

    fn record(&mut self, words: &[&str]) -> LogRecord {
        match words {
            ["status", rest @ ..] => self.status(&Words::new(rest)),
            ["tally", outcome, reason, count] => {
                let count = count.parse().unwrap();
                self.received += count;
                LogRecord::Tally(Tally {
                    feed: FEED.into(),
                    counts: vec![TallyCount {
                        outcome: named_outcome(outcome).into(),
                        reason: (*reason).into(),
                        count,
                    }],
                })
            }
            ["retract", kind, entity, rest @ ..] => {
                self.event(entity, &Words::new(rest), Body::Retraction(entity_kind(kind)))
            }
            [kind, entity, rest @ ..] => {
                let words = Words::new(rest);
                let body = self.body(kind, &words);
                self.event(entity, &words, body)
            }
            words => panic!("unknown line {words:?}"),
        }
    }

    fn event(&mut self, entity: &str, words: &Words, body: Body) -> LogRecord {
        self.received += 1;
        let event_time_ms = self.time_ms(words, "t").expect("t= on every event");
        LogRecord::Event(Event {
            feed: words.get("feed").unwrap_or(FEED).into(),
            region: "region".into(),
            entity: entity.into(),
            event_time_ms,
            received_time_ms: self.time_ms(words, "received").unwrap_or(event_time_ms),
            verdicts: words.verdicts(),
            provenance: Provenance::default(),
            body,
        })
    }

    fn time_ms(&self, words: &Words, name: &str) -> Option<i64> {
        words.number::<i64>(name).map(|seconds| self.base_ms + seconds * 1000)
    }

    fn status(&self, words: &Words) -> LogRecord {
        let watermark_ms = self.time_ms(words, "watermark").expect("watermark= on a status");
        LogRecord::FeedStatus(FeedStatus {
            feed: words.get("feed").unwrap_or(FEED).into(),
            watermark_ms,
            received_time_ms: watermark_ms,
            connection: Connection::Live.into(),
            error: words.get("error").map(Into::into),
            received_total: words.number("door").unwrap_or(self.received),
            counting_since_ms: self.base_ms,
        })
    }

    fn body(&self, kind: &str, words: &Words) -> Body {
        match kind {
            "vehicle" => Body::VehiclePosition(report(words)),
            "trip" => Body::TripUpdate(TripUpdate {
                delay_s: words.number("delay"),
                ..TripUpdate::default()
            }),
            "measure" => Body::DetectorMeasurement(measurement(words)),
            "station" => Body::DetectorStation(station(words)),
            "weather" => Body::WeatherMeasurement(weather(words)),
            "weather-station" => Body::WeatherStation(WeatherStation {
                name: words.get("name").map(Into::into),
                position: words.position(),
                collection_status: collection_status(words),
                state: None,
            }),
            "situation" => Body::SituationRecord(Box::new(SituationRecord {
                phase: situation_phase(words.get("phase").unwrap_or("active")),
                version: words.number("version").unwrap_or(1),
                version_time_ms: self.time_ms(words, "t").expect("t= on a situation"),
                end_time_ms: self.time_ms(words, "end"),
                title: words.get("title").unwrap_or_default().into(),
                geometry: words
                    .position()
                    .map(|position| Geometry { points: vec![position], ..Geometry::default() }),
                ..SituationRecord::default()
            })),
            kind => panic!("unknown kind {kind}"),
        }
    }

    /// A change in one line: only what the cases are about.
    fn show(&self, delta: &Delta) -> String {
        let object = match &delta.change {
            Change::Updated(object) => object,
            Change::Removed { layer, id, reason } => {
                return format!("- {layer} {id} {}", json_name(reason));
            }
        };
        let mut line = format!("= {} {}", object.layer(), object.id());
        let mut put = |text: String| {
            line.push(' ');
            line.push_str(&text);
        };
        let verdicts = match object.as_ref() {
            Object::Vehicle(vehicle) => {
                put(format!("t={}", self.seconds(vehicle.event_time_ms)));
                let report = &vehicle.report;
                if let (Some(at), Some(time)) = (report.position, vehicle.position_time_ms) {
                    let (north, east) = (at.latitude_deg, at.longitude_deg);
                    put(format!("at={north:.4},{east:.4}@{}", self.seconds(time)));
                }
                put(json_name(report.phase));
                put(json_name(report.kind));
                report.delay_s.into_iter().for_each(|delay_s| put(format!("delay={delay_s}")));
                vehicle.verdicts
            }
            Object::Trip(trip) => {
                put(format!("t={}", self.seconds(trip.event_time_ms)));
                put(format!("delay={:?}", trip.update.delay_s));
                trip.verdicts
            }
            Object::Detector(detector) => {
                put(format!("t={}", self.seconds(detector.event_time_ms)));
                let station = &detector.station;
                station.name.iter().for_each(|name| put(format!("name={name}")));
                detector.directions.iter().for_each(|direction| put(self.direction(direction)));
                detector.verdicts
            }
            Object::Situation(situation) => {
                put(format!("t={}", self.seconds(situation.event_time_ms)));
                put(format!("version={}", situation.record.version));
                put(format!("title={}", situation.record.title));
                situation.verdicts
            }
            Object::Weather(weather) => {
                put(format!("t={}", self.seconds(weather.event_time_ms)));
                weather.station.name.iter().for_each(|name| put(format!("name={name}")));
                put(self.weather(weather));
                weather.verdicts
            }
            Object::Feed(feed) => {
                put(show_feed(feed));
                Verdicts::default()
            }
            // The cases have no street network.
            Object::Link(_) | Object::Queue(_) | Object::Area(_) | Object::Emission(_) => {
                Verdicts::default()
            }
        };
        if !verdicts.is_empty() {
            let names: Vec<_> = verdicts.iter().map(json_name).collect();
            put(format!("[{}]", names.join(",")));
        }
        line
    }

    fn weather(&self, weather: &Weather) -> String {
        let mut text = String::from("|");
        let values = [
            ("air", weather.air_temperature_c),
            ("road", weather.road_temperature_c),
            ("rain", weather.precipitation_mm_h),
            ("water", weather.water_mm),
            ("snow", weather.snow_mm),
            ("ice", weather.ice_mm),
        ];
        for (name, timed) in values {
            if let Some(TimedValue { value, time_ms }) = timed {
                write!(text, " {name}={value}@{}", self.seconds(time_ms)).unwrap();
            }
        }
        if let Some(timed) = weather.road_surface {
            let (surface, second) = (json_name(timed.surface), self.seconds(timed.time_ms));
            write!(text, " {surface}@{second}").unwrap();
        }
        text
    }

    fn direction(&self, direction: &DetectorDirection) -> String {
        let mut text = format!("| {}:", direction.direction);
        let mut put = |name: &str, timed: Option<TimedValue>| {
            if let Some(TimedValue { value, time_ms }) = timed {
                write!(text, " {name}={value}@{}", self.seconds(time_ms)).unwrap();
            }
        };
        put("speed", direction.speed_km_h);
        put("flow", direction.flow_veh_h);
        put("speed_share", direction.speed_share_percent);
        put("flow_share", direction.flow_share_percent);
        if let Some(speed_km_h) = direction.free_flow_speed_km_h {
            write!(text, " free_flow={speed_km_h}").unwrap();
        }
        format!("{text} {}", json_name(direction.level_of_service))
    }

    fn seconds(&self, time_ms: i64) -> i64 {
        (time_ms - self.base_ms) / 1000
    }
}

fn show_feed(feed: &picture::Feed) -> String {
    let mut text = format!("received={}", feed.received);
    let outcomes = [
        ("applied", feed.applied),
        ("superseded", feed.superseded),
        ("duplicate", feed.duplicate),
        ("rejected", feed.rejected),
        ("quarantined", feed.quarantined),
        ("dropped", feed.dropped),
        ("imbalances", feed.imbalances),
    ];
    for (name, count) in outcomes.into_iter().filter(|&(_, count)| count > 0) {
        write!(text, " {name}={count}").unwrap();
    }
    for reason in &feed.reasons {
        let outcome = json_name(reason.outcome);
        write!(text, " {outcome}/{}={}", reason.reason, reason.count).unwrap();
    }
    text
}

fn report(words: &Words) -> VehiclePosition {
    VehiclePosition {
        kind: match words.get("kind").unwrap_or("position") {
            "position" => VehicleEventKind::Position,
            "departure" => VehicleEventKind::Departure,
            "doors_opened" => VehicleEventKind::DoorsOpened,
            kind => panic!("unknown kind {kind}"),
        },
        phase: match words.get("phase").unwrap_or("ongoing") {
            "ongoing" => JourneyPhase::Ongoing,
            "upcoming" => JourneyPhase::Upcoming,
            "deadrun" => JourneyPhase::Deadrun,
            phase => panic!("unknown phase {phase}"),
        },
        position: words.position(),
        speed_km_h: words.number("speed"),
        odometer_m: words.number("odometer"),
        delay_s: words.number("delay"),
        ..VehiclePosition::default()
    }
}

fn measurement(words: &Words) -> DetectorMeasurement {
    let quantities = [
        ("speed", Quantity::SpeedKmH),
        ("flow", Quantity::FlowVehH),
        ("speed_share", Quantity::SpeedSharePercent),
        ("flow_share", Quantity::FlowSharePercent),
    ];
    let given = quantities.into_iter().find(|(name, _)| words.get(name).is_some());
    let (name, quantity) = given.expect("a quantity on a measurement");
    DetectorMeasurement {
        sensor_id: words.number("sensor").unwrap_or(5122),
        quantity,
        direction: words.number("direction").unwrap_or(1),
        window: match words.get("window").unwrap_or("rolling") {
            "rolling" => MeasurementWindow::Rolling5Min,
            "fixed" => MeasurementWindow::Fixed5Min,
            "hour" => MeasurementWindow::Fixed60Min,
            window => panic!("unknown window {window}"),
        },
        value: words.number(name).unwrap(),
        window_start_ms: None,
        window_end_ms: None,
    }
}

/// `free_flow=direction:km/h:from:to,...`
fn station(words: &Words) -> DetectorStation {
    let constants = words.get("free_flow").into_iter().flat_map(|list| list.split(','));
    let constants = constants.map(|constant| {
        let numbers: Vec<u32> = constant.split(':').map(|part| part.parse().unwrap()).collect();
        let [direction, speed_km_h, from, to] = numbers.try_into().expect("four numbers");
        DetectorConstant {
            direction,
            free_flow_speed_km_h: Some(speed_km_h.into()),
            max_flow_veh_h: None,
            valid_from_mmdd: from,
            valid_to_mmdd: to,
        }
    });
    DetectorStation {
        name: words.get("name").map(Into::into),
        position: words.position(),
        collection_status: collection_status(words),
        constants: constants.collect(),
        ..DetectorStation::default()
    }
}

fn collection_status(words: &Words) -> CollectionStatus {
    match words.get("collection") {
        None => CollectionStatus::Unspecified,
        Some("gathering") => CollectionStatus::Gathering,
        Some("removed") => CollectionStatus::RemovedPermanently,
        Some(status) => panic!("unknown collection {status}"),
    }
}
