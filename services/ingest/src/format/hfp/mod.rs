//! HSL's high-frequency positioning, HFP: one JSON message per vehicle and second over MQTT, and
//! one per event (arrival, doors, traffic light request, sign-on).
//!
//! The vehicle is the pair operator/vehicle OF THE TOPIC: the payload's `oper` is who runs the
//! trip, which for a part of the fleet is another number. `dl` is positive when AHEAD of schedule, so the
//! sign is turned. Messages without a topic (log files) decode when the payload names the vehicle.

mod payload;
mod scan;
mod topic;

use compact_str::ToCompactString;
use events::{
    Body, LocationSource, Mode, RawRecord, SignalPriority, Text, TripDescriptor, VehicleEventKind,
    VehiclePosition, bounded_id,
};

use self::payload::{Fields, Message};
use self::topic::Topic;
use super::envelope::{Checks, Envelope};
use super::instant::{DAY_S, Day, LocalClock, rfc3339_ms, time_of_day_s, unix_ms};
use super::json::{Number, Scalar};
use super::options::Options;
use super::{
    Decoded, Decoder, DecoderContext, DropReason, Format, OptionsError, Reject, RejectReason,
};

/// Largest payload that is read, bytes. The largest recorded one has 640.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// A start before this time of day is after midnight when the clock says so: the operating day ends
/// about 04:30 of the next day, here with some slack.
const OPERATING_DAY_END_S: u32 = 6 * 3_600;

/// From this time of day on, an early start of the same operating day is that of the coming night.
const EVENING_S: i64 = 18 * 3_600;

/// Largest acceleration that is believed, m/s2. Differences of noisy speeds reach 11.
const ACCELERATION_M_S2_MAX: f64 = 20.0;

/// Largest odometer reading that is believed, metres.
const ODOMETER_M_MAX: f64 = 10_000_000.0;

/// The format `hfp`. It has no options.
pub struct Hfp;

impl Format for Hfp {
    fn name(&self) -> &'static str {
        "hfp"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        Options::new(options, &[])?;
        Ok(Box::new(HfpDecoder {
            envelope: Envelope::new(context, self.name()),
            clock: LocalClock::new(context.time_zone.clone()),
            day: None,
        }))
    }
}

struct HfpDecoder {
    envelope: Envelope,
    clock: LocalClock,
    /// The operating day read last: a whole fleet shares one or two.
    day: Option<([u8; 10], Day)>,
}

impl Decoder for HfpDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        if raw.payload.len() > PAYLOAD_BYTES_MAX {
            let message = format!(
                "{} bytes; an HFP message has less than {PAYLOAD_BYTES_MAX}",
                raw.payload.len()
            );
            return Decoded::reject(Reject::new(RejectReason::TooLarge, "payload", message));
        }
        let topic = Topic::parse(&raw.topic);
        if let Some("apc" | "apc-partial") = topic.as_ref().map(|topic| topic.event) {
            return Decoded::dropped(DropReason::PassengerCount, "topic");
        }
        let mut message = Message::default();
        if let Err(reject) = message.read(&raw.payload) {
            return Decoded::reject(reject);
        }
        if message.event.text() == Some("APC") {
            return Decoded::dropped(DropReason::PassengerCount, "APC");
        }
        match self.event(raw, topic, &message) {
            Ok(event) => Decoded::event(event),
            Err(reject) => Decoded::reject(reject),
        }
    }
}

impl HfpDecoder {
    fn event(
        &mut self,
        raw: &RawRecord,
        topic: Option<Topic>,
        message: &Message,
    ) -> Result<events::Event, Reject> {
        let event = message.event.text().unwrap_or_default();
        let kind = kind(event)?;
        let fields = &message.fields;
        let entity = entity(topic.as_ref(), event, fields)?;
        let event_time_ms = event_time_ms(event, fields)?;
        let mut checks = Checks::default();
        let report =
            self.report(kind, event_time_ms, &topic.unwrap_or_default(), fields, &mut checks);
        let body = Body::VehiclePosition(report);
        let verdicts = checks.verdicts;
        Ok(self.envelope.event(raw, entity, event_time_ms, verdicts, body))
    }

    fn report(
        &mut self,
        kind: VehicleEventKind,
        event_time_ms: i64,
        topic: &Topic,
        fields: &Fields,
        checks: &mut Checks,
    ) -> VehiclePosition {
        let latitude_deg = fields.lat.get(checks);
        let longitude_deg = fields.long.get(checks);
        VehiclePosition {
            kind,
            phase: topic.phase,
            mode: topic.mode,
            position: checks.position(latitude_deg, longitude_deg),
            bearing_deg: fields.hdg.get(checks).and_then(|hdg| checks.bearing_deg(hdg)),
            speed_km_h: fields.spd.get(checks).and_then(|spd| checks.speed_km_h(spd)),
            acceleration_m_s2: within(fields.acc, checks, ACCELERATION_M_S2_MAX)
                .map(|acc| acc as f32),
            odometer_m: fields
                .odo
                .get(checks)
                .and_then(|odo| checks.within(odo, 0.0..=ODOMETER_M_MAX)),
            delay_s: delay_s(fields.dl, checks),
            doors_open: doors_open(fields.drst, checks),
            occupancy_percent: occupancy_percent(fields.occu, topic.mode, checks),
            trip: self.trip(event_time_ms, topic, fields, checks),
            route_short_name: short(&fields.desi, checks),
            headsign: bounded_id(topic.headsign),
            stop_id: short(&fields.stop, checks),
            next_stop_id: bounded_id(topic.next_stop).filter(|stop| stop != "EOL"),
            location_source: location_source(&fields.loc, checks),
            operator_id: fields.oper.id().map(|operator| padded(operator, 4)),
            label: short(&fields.label, checks),
            signal_priority: signal_priority(kind, topic, fields, checks),
            ..VehiclePosition::default()
        }
    }

    fn trip(
        &mut self,
        event_time_ms: i64,
        topic: &Topic,
        fields: &Fields,
        checks: &mut Checks,
    ) -> Option<TripDescriptor> {
        let day = self.day(&fields.oday, checks);
        let start = fields.start.text().unwrap_or(topic.start);
        let start_s = time_of_day_s(start);
        if start_s.is_none() && !start.is_empty() {
            checks.took_out();
        }
        let direction = match fields.dir {
            Number::Missing => topic.direction.parse().map_or(Number::Missing, Number::Value),
            dir => dir,
        };
        let direction_id =
            direction.get(checks).and_then(|direction| checks.within(direction, 1.0..=2.0));
        let trip = TripDescriptor {
            route_id: short(&fields.route, checks).or_else(|| bounded_id(topic.route)),
            direction_id: direction_id.map(|direction| direction as u32 - 1),
            start_date: day.and_then(|day| Text::from_utf8(day.compact).ok()),
            start_time_s: start_s.map(|start_s| self.service_time_s(start_s, day, event_time_ms)),
            ..TripDescriptor::default()
        };
        (trip != TripDescriptor::default()).then_some(trip)
    }

    fn day(&mut self, oday: &Scalar, checks: &mut Checks) -> Option<Day> {
        let text = oday.text()?;
        let Ok(bytes) = <[u8; 10]>::try_from(text.as_bytes()) else {
            checks.took_out();
            return None;
        };
        if let Some((known, day)) = self.day
            && known == bytes
        {
            return Some(day);
        }
        let day = Day::parse(text);
        match day {
            Some(day) => self.day = Some((bytes, day)),
            None => checks.took_out(),
        }
        day
    }

    /// `start` is a time on a 24 h clock: an early one belongs to the night after the operating day
    /// when the vehicle's clock is past that day already, or close to its end.
    fn service_time_s(&mut self, start_s: u32, day: Option<Day>, event_time_ms: i64) -> u32 {
        let Some(day) = day.filter(|_| start_s < OPERATING_DAY_END_S) else {
            return start_s;
        };
        let since_midnight_s = self.clock.local_s(event_time_ms) - day.since_epoch * DAY_S;
        if since_midnight_s >= EVENING_S { start_s + DAY_S as u32 } else { start_s }
    }
}

/// The payload's event type decides: its object was written for it. Topics of v1 have none.
fn kind(event: &str) -> Result<VehicleEventKind, Reject> {
    use VehicleEventKind as Kind;
    Ok(match event {
        "VP" => Kind::Position,
        "DUE" => Kind::Due,
        "ARR" => Kind::Arrival,
        "ARS" => Kind::ArrivedAtStop,
        "PDE" => Kind::PlannedDeparture,
        "DEP" => Kind::Departure,
        "PAS" => Kind::Pass,
        "WAIT" => Kind::Wait,
        "DOO" => Kind::DoorsOpened,
        "DOC" => Kind::DoorsClosed,
        "TLR" => Kind::SignalRequest,
        "TLA" => Kind::SignalAnswer,
        "DA" => Kind::DriverSignIn,
        "DOUT" => Kind::DriverSignOut,
        "BA" => Kind::BlockSignIn,
        "BOUT" => Kind::BlockSignOut,
        "VJA" => Kind::JourneySignIn,
        "VJOUT" => Kind::JourneySignOut,
        other => {
            let other: String = other.chars().take(20).collect();
            let message = format!("\"{other}\" is no HFP event type such as VP or DEP");
            return Err(Reject::new(RejectReason::UnknownKind, "payload", message));
        }
    })
}

/// `operator/vehicle` as in the topic, zero-padded; without a topic from the payload.
fn entity(topic: Option<&Topic>, event: &str, fields: &Fields) -> Result<Text, Reject> {
    let mut entity = Text::default();
    if let Some(topic) = topic {
        if topic.operator.is_empty() || topic.vehicle.is_empty() {
            let message = "the topic ends before operator and vehicle number";
            return Err(Reject::missing("topic", message));
        }
        entity.push_str(topic.operator);
        entity.push('/');
        entity.push_str(topic.vehicle);
        return bounded_id(&entity).ok_or_else(|| Reject::missing("topic", "the vehicle is blank"));
    }
    let (Some(operator), Some(vehicle)) = (fields.oper.id(), fields.veh.id()) else {
        let message = "no topic, and the payload does not name the vehicle by `oper` and `veh`";
        return Err(Reject::missing(format!("{event}.veh"), message));
    };
    entity.push_str(&padded(operator, 4));
    entity.push('/');
    entity.push_str(&padded(vehicle, 5));
    Ok(entity)
}

/// A number with zeros in front up to a width of at most five, as topics write operators and vehicles.
fn padded(number: u32, width: usize) -> Text {
    let digits = number.to_compact_string();
    let mut padded = Text::from("00000".get(digits.len()..width).unwrap_or_default());
    padded.push_str(&digits);
    padded
}

/// `tst`; metro and some trains send only whole seconds in `tsi`.
fn event_time_ms(event: &str, fields: &Fields) -> Result<i64, Reject> {
    if let Some(time) = fields.tst.text().and_then(rfc3339_ms) {
        return Ok(time);
    }
    match fields.tsi {
        Number::Value(seconds) if seconds.abs() < 1e15 => unix_ms(seconds as i64),
        _ => None,
    }
    .ok_or_else(|| {
        let message = "neither `tst` nor `tsi` is a time from 1970 to 9999";
        Reject::missing(format!("{event}.tst"), message)
    })
}

fn within(number: Number, checks: &mut Checks, max: f64) -> Option<f64> {
    number.get(checks).and_then(|number| checks.within(number, -max..=max))
}

/// Seconds late from `dl`, which counts seconds ahead. HSL's own protobuf files hold it unsigned.
fn delay_s(dl: Number, checks: &mut Checks) -> Option<i32> {
    let ahead_s = match dl.get(checks)? {
        wrapped if wrapped > f64::from(i32::MAX) => wrapped - 4_294_967_296.0,
        ahead_s => ahead_s,
    };
    checks.delay_s(-ahead_s)
}

fn doors_open(drst: Number, checks: &mut Checks) -> Option<bool> {
    match drst.get(checks)? {
        0.0 => Some(false),
        1.0 => Some(true),
        _ => {
            checks.took_out();
            None
        }
    }
}

/// Buses send a constant 0 that says nothing; only ferries mean it.
fn occupancy_percent(occu: Number, mode: Mode, checks: &mut Checks) -> Option<u32> {
    let percent = occu.get(checks)?;
    let percent = checks.within(percent, 0.0..=100.0)? as u32;
    (percent > 0 || mode == Mode::Ferry).then_some(percent)
}

fn location_source(loc: &Scalar, checks: &mut Checks) -> LocationSource {
    match loc.text() {
        None => LocationSource::Unspecified,
        Some("GPS") => LocationSource::Gps,
        Some("ODO") => LocationSource::Odometer,
        Some("MAN") => LocationSource::Manual,
        Some("DR") => LocationSource::DeadReckoning,
        Some("N/A") => LocationSource::NotAvailable,
        Some(_) => {
            checks.took_out();
            LocationSource::Unspecified
        }
    }
}

/// Short text of a field; stops and labels may be numbers.
fn short(scalar: &Scalar, checks: &mut Checks) -> Option<Text> {
    match scalar {
        Scalar::Missing => None,
        Scalar::Text(text) => bounded_id(text),
        Scalar::Integer(number) => Some(number.to_compact_string()),
        Scalar::Float(_) | Scalar::Wrong => {
            checks.took_out();
            None
        }
    }
}

/// Requests carry group and request; answers only request and decision, with the junction in the
/// topic. Requests of 2019 carried the decision too.
fn signal_priority(
    kind: VehicleEventKind,
    topic: &Topic,
    fields: &Fields,
    checks: &mut Checks,
) -> Option<SignalPriority> {
    if !matches!(kind, VehicleEventKind::SignalRequest | VehicleEventKind::SignalAnswer) {
        return None;
    }
    let request_id = fields.request_id.get(checks);
    let request_id = request_id.and_then(|id| checks.within(id, 0.0..=255.0));
    let group_max = f64::from(i32::MAX);
    let granted = match fields.decision.text() {
        None => None,
        Some("ACK") => Some(true),
        Some("NAK") => Some(false),
        Some(_) => {
            checks.took_out();
            None
        }
    };
    Some(SignalPriority {
        junction_id: fields.sid.id().or_else(|| topic.junction.parse().ok()),
        request_id: request_id.map(|id| id as u32),
        signal_group: within(fields.signal_group, checks, group_max).map(|group| group as i32),
        granted,
    })
}
