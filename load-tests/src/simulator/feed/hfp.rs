//! HFP version 2 over MQTT: the topic tells the journey and the place, the payload the rest.
//!
//! Keys, their order and their types are those of the publisher, with what it leaves out: no fix in
//! tunnels, no delay on some vehicles, no doors, odometer or milliseconds on the metro.

use std::cell::RefCell;
use std::fmt::Write;

use events::Position;

use super::hfp_event::{self, Kind, VehicleEvent};
use super::{Feed, MQTT, Sent, Setting, geohash};
use crate::simulator::chance::{Chance, Purpose};
use crate::simulator::clock;
use crate::simulator::fleet::{Fix, FleetPlan, Vehicle};
use crate::simulator::world::{FeedData, Mode, World};
use crate::simulator::{Config, ConfigError};

/// Seconds from device to receiver by share of messages, as measured on the publisher's broker.
const LATENCY_S: &[(f64, f64)] =
    &[(0.0, 0.03), (0.5, 0.06), (0.95, 0.11), (0.99, 1.2), (0.9995, 4.0), (1.0, 4.9)];
/// Seconds that a loss of the satellite fix lasts.
const OUTAGE_S: u64 = 15;
/// Share of time that a vehicle spends in them.
const OUTAGE_SHARE: f64 = 0.004;
/// Share of fixes without a heading.
const NO_HEADING_SHARE: f64 = 0.01;
/// Share of fixes that the odometer made.
const ODOMETER_SHARE: f64 = 0.02;
/// One train in so many tells neither delay, odometer nor doors.
const SILENT_TRAINS: u64 = 5;
/// Milliseconds by which the operating day ends after midnight.
const OPERATING_DAY_MS: i64 = 16_200_000;
/// Seconds of an hour.
const HOUR_S: i64 = 3_600;
/// Seconds between messages of a vehicle that runs empty; most of them are not public.
const DEADRUN_EVERY_S: i64 = 10;

/// The vehicles of one publisher.
pub(super) struct Hfp {
    setting: Setting,
    vehicles: Vec<(Vehicle, Vec<VehicleEvent>)>,
    geohash_level_max: u8,
    /// Each time that a vehicle comes round is a journey of its own; else there are two of them,
    /// there and back, as in recordings of minutes.
    by_lap: bool,
}

impl Hfp {
    /// Messages with a less significant change than `geohash_level_max` are not subscribed to.
    pub(super) fn new(setting: Setting, vehicles: Vec<Vehicle>, geohash_level_max: u8) -> Self {
        let vehicles = vehicles.into_iter();
        Self {
            setting,
            vehicles: vehicles
                .map(|vehicle| {
                    let events = hfp_event::events(&vehicle);
                    (vehicle, events)
                })
                .collect(),
            geohash_level_max,
            by_lap: false,
        }
    }

    /// What a device sends at a time of the recording, about an event or just its position.
    fn message(&self, vehicle: &Vehicle, sent_ms: i64, event: Option<&VehicleEvent>) -> Message {
        let back_dated_ms = event.map_or(0, |event| event.back_dated_ms);
        let happened_ms = sent_ms - back_dated_ms;
        let time_s = happened_ms as f64 / 1_000.0;
        let timeline = self.setting.timeline;
        let moment = timeline.moment(sent_ms.div_euclid(1_000));
        let mut draws = self.setting.chance.draws(Purpose::Message, vehicle.index, moment);
        let mut spell =
            self.setting.chance.draws(Purpose::Message, 1 << 32 | vehicle.index, moment / OUTAGE_S);
        let satellites = vehicle.route.mode != Mode::Metro;
        let no_position = vehicle.no_fix || satellites && spell.happens(OUTAGE_SHARE);
        let no_heading = draws.happens(NO_HEADING_SHARE);
        let odometer = draws.happens(ODOMETER_SHARE);
        let teleported = draws.happens(self.setting.teleport_share) && event.is_none();
        Message {
            fix: vehicle.fix(time_s, teleported),
            before: vehicle.fix(time_s - 1.0, false),
            time_ms: timeline.start_ms + happened_ms + vehicle.skew_ms,
            no_position,
            no_heading: no_heading || no_position,
            location: match (vehicle.route.mode, no_position || odometer) {
                (Mode::Metro, _) => "MAN",
                (_, true) => "ODO",
                (_, false) => "GPS",
            },
        }
    }

    fn sent(&self, vehicle: &Vehicle, second: i64, event: Option<&VehicleEvent>) -> Option<Sent> {
        let timeline = self.setting.timeline;
        let sent_ms = match event {
            None => second * 1_000 + vehicle.tick_ms,
            Some(event) => second * 1_000 + event.sent_ms.rem_euclid(1_000),
        };
        let message = self.message(vehicle, sent_ms, event);
        let level = message.level(event.is_some_and(|event| event.kind == Kind::Dep));
        if level > usize::from(self.geohash_level_max) {
            return None;
        }
        let owner = vehicle.index | event.map_or(0, |event| 1 + event.kind as u64) << 40;
        let mut draws = self.setting.chance.draws(Purpose::Latency, owner, timeline.moment(second));
        let latency_ms = (draws.quantile(LATENCY_S) * 1_000.0) as i64;
        let journey = self.journey(vehicle, &message.fix, sent_ms);
        let empty = vehicle.route.name == "H" && message.fix.state.next_stop.is_none();
        let (topic, payload) = if empty {
            if event.is_some() || second.rem_euclid(DEADRUN_EVERY_S) != 0 {
                return None;
            }
            (deadrun_topic(vehicle), deadrun_payload(vehicle, &message))
        } else {
            (
                topic(vehicle, &message, &journey, level, event),
                payload(vehicle, &message, &journey, event),
            )
        };
        Some(Sent {
            received_time_ms: timeline.start_ms + sent_ms + latency_ms,
            source: MQTT.into(),
            topic,
            payload: payload.into_bytes(),
        })
    }

    /// The journey that a vehicle is on at a time of the recording.
    fn journey(&self, vehicle: &Vehicle, fix: &Fix, time_ms: i64) -> Journey {
        let timeline = self.setting.timeline;
        if self.by_lap {
            let began_s = vehicle.journey_began_s(time_ms as f64 / 1_000.0, &fix.state);
            let lap_ms =
                time_ms.div_euclid(timeline.duration_s * 1_000) * timeline.duration_s * 1_000;
            let start_ms = timeline.start_ms + lap_ms + (began_s * 1_000.0) as i64;
            let day = self.setting.local.date(start_ms - OPERATING_DAY_MS);
            let (start, number) = (self.setting.local.minute(start_ms), start_ms / 60_000 % 8_000);
            return Journey { day: day.to_string(), start, number: number.unsigned_abs() };
        }
        let before_ms = vehicle.started_before_min * 60_000;
        let half_ms = (vehicle.tour().period_s() * 500.0) as i64;
        let start_ms = timeline.start_ms - before_ms + half_ms * fix.state.journey as i64;
        let day = self.setting.local.date(timeline.start_ms - OPERATING_DAY_MS);
        let minute = self.setting.local.minute(start_ms);
        let number = vehicle.index % 4_000 * 2 + fix.state.journey as u64 + 1;
        if vehicle.route.night {
            // Started after midnight of the operating day before: 24 hours are to be added.
            let minutes = vehicle.started_before_min;
            Journey {
                day: day.yesterday().unwrap_or(day).to_string(),
                start: format!("0{}:{:02}", fix.state.journey, minutes),
                number,
            }
        } else {
            Journey { day: day.to_string(), start: minute, number }
        }
    }
}

impl Feed for Hfp {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let from_ms = self.setting.timeline.phase_s(second) * 1_000;
        for (vehicle, events) in &self.vehicles {
            let first = events.partition_point(|event| event.sent_ms < from_ms);
            let due = events[first..].iter().take_while(|event| event.sent_ms < from_ms + 1_000);
            for event in due {
                out.extend(self.sent(vehicle, second, Some(event)));
            }
            out.extend(self.sent(vehicle, second, None));
        }
    }
}

/// The vehicles of one publisher over a whole day: as many of them report as the hour needs, and
/// events are worked out for an hour at a time.
pub(crate) struct Day {
    hfp: Hfp,
    /// Share of the fleet that is on the road where a vehicle is.
    ranks: Vec<f64>,
    /// Share of the fleet that is on the road, by second of the day.
    on_road: fn(i64) -> f64,
    /// Which hour the events are of, and those of each vehicle.
    hour: RefCell<(i64, Vec<Vec<VehicleEvent>>)>,
}

impl Day {
    pub(crate) fn new(
        world: &World,
        config: &Config,
        chance: &Chance,
        data: &FeedData,
        on_road: fn(i64) -> f64,
    ) -> Result<Self, ConfigError> {
        let plan = FleetPlan { world, config, chance };
        let fleet = plan.vehicles(&data.name);
        let setting = super::setting(data, 0, &plan)?;
        let vehicles: Vec<_> = fleet.into_iter().map(|vehicle| (vehicle, Vec::new())).collect();
        // Spread evenly, so that every line keeps its share of what is on the road (the golden ratio,
        // whose multiples are as far apart as can be).
        let rank = |nth: usize| (nth as f64 * 0.618_033_988_749_895).fract();
        let ranks = (0..vehicles.len()).map(rank).collect();
        let geohash_level_max = config.geohash_level_max;
        let hfp = Hfp { setting, vehicles, geohash_level_max, by_lap: true };
        Ok(Self { hfp, ranks, on_road, hour: RefCell::new((-1, Vec::new())) })
    }
}

impl Feed for Day {
    fn send(&self, second: i64, out: &mut Vec<Sent>) {
        let phase_s = self.hfp.setting.timeline.phase_s(second);
        let from_ms = phase_s * 1_000;
        let on_road = (self.on_road)(phase_s);
        let mut hour = self.hour.borrow_mut();
        let number = phase_s / HOUR_S;
        if hour.0 != number {
            let part_ms = number * HOUR_S * 1_000..(number + 1) * HOUR_S * 1_000;
            let vehicles = self.hfp.vehicles.iter();
            let events =
                vehicles.map(|(vehicle, _)| hfp_event::events_in(vehicle, part_ms.clone()));
            *hour = (number, events.collect());
        }
        let fleet = self.hfp.vehicles.iter().zip(&self.ranks).zip(&hour.1);
        for (((vehicle, _), _), events) in fleet.filter(|((_, rank), _)| **rank < on_road) {
            let first = events.partition_point(|event| event.sent_ms < from_ms);
            let due = events[first..].iter().take_while(|event| event.sent_ms < from_ms + 1_000);
            for event in due {
                out.extend(self.hfp.sent(vehicle, second, Some(event)));
            }
            out.extend(self.hfp.sent(vehicle, second, None));
        }
    }
}

/// What the device had to say.
struct Message {
    fix: Fix,
    before: Fix,
    time_ms: i64,
    no_position: bool,
    no_heading: bool,
    location: &'static str,
}

impl Message {
    fn position(&self) -> Option<Position> {
        (!self.no_position).then_some(self.fix.position)
    }

    /// Significance of the change since the message before. The message that follows a departure,
    /// not the departure itself, counts as a change of what is not the place.
    fn level(&self, departure: bool) -> usize {
        let moved_on = self.fix.state.next_stop != self.before.state.next_stop;
        if self.no_position || moved_on && !departure {
            0
        } else {
            geohash::changed_level(self.before.position, self.fix.position)
        }
    }
}

struct Journey {
    day: String,
    start: String,
    number: u64,
}

fn topic(
    vehicle: &Vehicle,
    message: &Message,
    journey: &Journey,
    level: usize,
    event: Option<&VehicleEvent>,
) -> String {
    let route = &vehicle.route;
    let state = &message.fix.state;
    let kind = event.map_or("vp", |event| event.kind.as_str());
    let next_stop = state
        .next_stop
        .map_or("EOL".to_owned(), |stop| vehicle.stop_number(stop, state).to_string());
    let mut topic = format!(
        "/hfp/v2/journey/ongoing/{kind}/{}/{:04}/{:05}/{}/{}/{}/{}/{next_stop}/",
        route.mode.as_str(),
        route.operator,
        vehicle.number,
        route.id,
        state.direction(),
        vehicle.headsign(state),
        journey.start,
    );
    match message.position() {
        Some(position) => {
            let _ = write!(topic, "{level}/{}", geohash::levels(position));
        }
        None => topic.push_str("0////"),
    }
    if let Some(event) = event.filter(|event| matches!(event.kind, Kind::Tlr | Kind::Tla)) {
        let _ = write!(topic, "/{}", junction(vehicle, event));
    }
    topic
}

/// Number of the traffic light that is asked.
fn junction(vehicle: &Vehicle, event: &VehicleEvent) -> u64 {
    60 + (vehicle.index * 7 + event.request as u64) % 240
}

/// A number with decimals, or `null`.
fn number(value: Option<f64>, decimals: usize) -> String {
    // No minus sign before zero: the devices have none.
    value.map_or("null".into(), |value| {
        let text = format!("{value:.decimals$}");
        match text.trim_start_matches(['-', '0', '.']) {
            "" => text.replace('-', ""),
            _ => text,
        }
    })
}

fn whole(value: Option<i64>) -> String {
    value.map_or("null".into(), |value| value.to_string())
}

/// Text as JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn payload(
    vehicle: &Vehicle,
    message: &Message,
    journey: &Journey,
    event: Option<&VehicleEvent>,
) -> String {
    let route = &vehicle.route;
    let (fix, state) = (&message.fix, &message.fix.state);
    let metro = route.mode == Mode::Metro;
    let silent = metro || route.mode == Mode::Train && vehicle.index.is_multiple_of(SILENT_TRAINS);
    let position = message.position();
    let decimals = if metro { 9 } else { 6 };
    let stop = match event {
        Some(event) => event.stop,
        None => state.at_stop,
    };
    let key = event.map_or("VP".into(), |event| event.kind.as_str().to_uppercase());
    let moving = !message.no_position;
    let mut json = format!(
        "{{\"{key}\":{{\"desi\":{},\"dir\":\"{}\",\"oper\":{},\"veh\":{},\"tst\":\"{}\",\
         \"tsi\":{},\"spd\":{},\"hdg\":{},\"lat\":{},\"long\":{},\"acc\":{},\"dl\":{},\
         \"odo\":{},\"drst\":{},\"oday\":\"{}\",",
        quoted(&route.name),
        state.direction(),
        route.running_operator,
        vehicle.number,
        if metro { clock::utc_s(message.time_ms) } else { clock::utc_ms(message.time_ms) },
        message.time_ms.div_euclid(1_000),
        number(moving.then_some(state.speed_m_s), 2),
        whole((!message.no_heading).then_some(fix.bearing_deg.round() as i64)),
        number(position.map(|position| position.latitude_deg), decimals),
        number(position.map(|position| position.longitude_deg), decimals),
        number((moving && !metro).then_some(state.acceleration_m_s2), 2),
        whole(fix.ahead_s.filter(|_| !silent)),
        whole((!silent).then_some(state.odometer_m as i64)),
        whole((!silent).then_some(i64::from(state.doors_open))),
        journey.day,
    );
    if !metro {
        let line = vehicle.index >> 24;
        let _ = write!(json, "\"jrn\":{},\"line\":{},", journey.number, line + 1);
    }
    let _ = write!(
        json,
        "\"start\":\"{}\",\"loc\":\"{}\",\"stop\":{},\"route\":{},\"occu\":{}",
        journey.start,
        message.location,
        whole(stop.map(|stop| vehicle.stop_number(stop, state) as i64)),
        quoted(&route.id),
        if route.mode == Mode::Ferry { 35 } else { 0 },
    );
    match route.mode {
        Mode::Metro => json.push_str(",\"seq\":1"),
        Mode::Ferry => {
            let _ = write!(json, ",\"label\":{}", quoted(&format!("M/S {}", route.ends[1])));
        }
        _ => {}
    }
    if let Some(event) = event {
        add_event(&mut json, vehicle, message, event);
    }
    json.push_str("}}");
    json
}

/// The keys that only some events have.
fn add_event(json: &mut String, vehicle: &Vehicle, message: &Message, event: &VehicleEvent) {
    if event.kind.at_stop() {
        let ahead_ms = message.fix.ahead_s.unwrap_or(0) * 1_000;
        let planned = clock::utc_ms(clock::whole_minute_ms(message.time_ms + ahead_ms));
        let _ = write!(json, ",\"ttarr\":\"{planned}\",\"ttdep\":\"{planned}\"");
    }
    let request = event.request % 256;
    let _ = match event.kind {
        Kind::Tlr => write!(
            json,
            ",\"sid\":{},\"signal-groupid\":{},\"tlp-signalgroupnbr\":14,\
             \"tlp-requestid\":{request},\"tlp-requesttype\":\"NORMAL\",\
             \"tlp-prioritylevel\":\"normal\",\"tlp-line-configid\":null,\
             \"tlp-point-configid\":null,\"tlp-frequency\":461200,\
             \"tlp-protocol\":\"KAR-MQTT\",\"tlp-att-seq\":1",
            junction(vehicle, event),
            600 + request,
        ),
        Kind::Tla => {
            let decision = if request % 4 == 3 { "NAK" } else { "ACK" };
            write!(json, ",\"tlp-requestid\":{request},\"tlp-decision\":\"{decision}\"")
        }
        Kind::Vja | Kind::Vjout => write!(json, ",\"dr-type\":1,\"block\":314"),
        _ => Ok(()),
    };
}

fn deadrun_topic(vehicle: &Vehicle) -> String {
    let route = &vehicle.route;
    format!(
        "/hfp/v2/deadrun/ongoing/vp/{}/{:04}/{:05}",
        route.mode.as_str(),
        route.operator,
        vehicle.number
    )
}

/// A vehicle that runs empty names no journey.
fn deadrun_payload(vehicle: &Vehicle, message: &Message) -> String {
    let (fix, position) = (&message.fix, message.position());
    format!(
        "{{\"VP\":{{\"desi\":null,\"dir\":null,\"oper\":null,\"veh\":{},\"tst\":\"{}\",\
         \"tsi\":{},\"spd\":{},\"hdg\":{},\"lat\":{},\"long\":{},\"acc\":{},\"dl\":null,\
         \"odo\":{},\"drst\":0,\"oday\":null,\"jrn\":null,\"line\":null,\"start\":null,\
         \"loc\":\"{}\",\"stop\":null,\"route\":{},\"occu\":0}}}}",
        vehicle.number,
        clock::utc_ms(message.time_ms),
        message.time_ms.div_euclid(1_000),
        number(position.map(|_| fix.state.speed_m_s), 2),
        whole((!message.no_heading).then_some(fix.bearing_deg.round() as i64)),
        number(position.map(|position| position.latitude_deg), 6),
        number(position.map(|position| position.longitude_deg), 6),
        number(position.map(|_| fix.state.acceleration_m_s2), 2),
        fix.state.odometer_m as i64,
        message.location,
        quoted(&vehicle.route.id),
    )
}
