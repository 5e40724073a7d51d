//! The payload of an HFP message, read once, borrowing from the bytes.
//!
//! A payload is `{"VP": {...}}`: one key, the event type, with an object of fields. Fields come in
//! any order, unknown ones come without notice, and every one of them has been seen null or absent.
//! A value of a wrong type is kept as [`Scalar::Wrong`], so that it costs only itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::scan::Scanner;
use crate::format::Reject;
use crate::format::json::{self, Number, Scalar};

/// One message: the event type as written, and its fields.
#[derive(Default)]
pub(super) struct Message<'a> {
    pub(super) event: Scalar<'a>,
    pub(super) fields: Fields<'a>,
}

/// Fields that are used, by the publisher's names.
#[derive(Default)]
pub(super) struct Fields<'a> {
    /// Line as shown to passengers.
    pub(super) desi: Scalar<'a>,
    /// "1" or "2".
    pub(super) dir: Number,
    pub(super) oper: Number,
    pub(super) veh: Number,
    /// UTC, with or without milliseconds.
    pub(super) tst: Scalar<'a>,
    /// Unix seconds.
    pub(super) tsi: Number,
    /// m/s.
    pub(super) spd: Number,
    pub(super) hdg: Number,
    pub(super) lat: Number,
    pub(super) long: Number,
    pub(super) acc: Number,
    /// Seconds, positive = ahead of schedule.
    pub(super) dl: Number,
    pub(super) odo: Number,
    pub(super) drst: Number,
    /// Operating day, YYYY-MM-DD.
    pub(super) oday: Scalar<'a>,
    /// Scheduled start, HH:mm local.
    pub(super) start: Scalar<'a>,
    pub(super) loc: Scalar<'a>,
    pub(super) stop: Scalar<'a>,
    pub(super) route: Scalar<'a>,
    pub(super) occu: Number,
    pub(super) label: Scalar<'a>,
    pub(super) sid: Number,
    pub(super) signal_group: Number,
    pub(super) request_id: Number,
    pub(super) decision: Scalar<'a>,
}

impl<'a> Message<'a> {
    /// Reads a payload: nearly all are flat and without escapes, and scanned in one go; what is not
    /// is left to the general reader, which also says what is wrong with a broken one.
    pub(super) fn read(&mut self, payload: &'a [u8]) -> Result<(), Reject> {
        let text = std::str::from_utf8(payload).unwrap_or_default();
        if Scanner::new(text).message(self).is_none() {
            *self = json::parse(payload, "payload")?;
        }
        Ok(())
    }
}

/// Which field a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Desi,
    Dir,
    Oper,
    Veh,
    Tst,
    Tsi,
    Spd,
    Hdg,
    Lat,
    Long,
    Acc,
    Dl,
    Odo,
    Drst,
    Oday,
    Start,
    Loc,
    Stop,
    Route,
    Occu,
    Label,
    Sid,
    SignalGroup,
    RequestId,
    Decision,
    /// One that is not used.
    Other,
}

impl Field {
    /// By the publisher's name.
    pub(super) fn named(key: &[u8]) -> Self {
        // Byte patterns compile to a decision tree, text patterns to a chain of comparisons.
        match key {
            b"desi" => Self::Desi,
            b"dir" => Self::Dir,
            b"oper" => Self::Oper,
            b"veh" => Self::Veh,
            b"tst" => Self::Tst,
            b"tsi" => Self::Tsi,
            b"spd" => Self::Spd,
            b"hdg" => Self::Hdg,
            b"lat" => Self::Lat,
            b"long" => Self::Long,
            b"acc" => Self::Acc,
            b"dl" => Self::Dl,
            b"odo" => Self::Odo,
            b"drst" => Self::Drst,
            b"oday" => Self::Oday,
            b"start" => Self::Start,
            b"loc" => Self::Loc,
            b"stop" => Self::Stop,
            b"route" => Self::Route,
            b"occu" => Self::Occu,
            b"label" => Self::Label,
            b"sid" => Self::Sid,
            b"tlp-signalgroupnbr" => Self::SignalGroup,
            b"tlp-requestid" => Self::RequestId,
            b"tlp-decision" => Self::Decision,
            _ => Self::Other,
        }
    }
}

impl<'a> Fields<'a> {
    /// Takes a field; of a repeated one the last value counts.
    pub(super) fn set(&mut self, field: Field, value: Scalar<'a>) {
        match field {
            Field::Desi => self.desi = value,
            Field::Dir => self.dir = value.into(),
            Field::Oper => self.oper = value.into(),
            Field::Veh => self.veh = value.into(),
            Field::Tst => self.tst = value,
            Field::Tsi => self.tsi = value.into(),
            Field::Spd => self.spd = value.into(),
            Field::Hdg => self.hdg = value.into(),
            Field::Lat => self.lat = value.into(),
            Field::Long => self.long = value.into(),
            Field::Acc => self.acc = value.into(),
            Field::Dl => self.dl = value.into(),
            Field::Odo => self.odo = value.into(),
            Field::Drst => self.drst = value.into(),
            Field::Oday => self.oday = value,
            Field::Start => self.start = value,
            Field::Loc => self.loc = value,
            Field::Stop => self.stop = value,
            Field::Route => self.route = value,
            Field::Occu => self.occu = value.into(),
            Field::Label => self.label = value,
            Field::Sid => self.sid = value.into(),
            Field::SignalGroup => self.signal_group = value.into(),
            Field::RequestId => self.request_id = value.into(),
            Field::Decision => self.decision = value,
            Field::Other => {}
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with the event type as its key, such as {\"VP\": {...}}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message<'de>, A::Error> {
        let Some(event) = map.next_key::<Scalar>()? else {
            return Err(serde::de::Error::invalid_length(0, &self));
        };
        let fields = map.next_value::<Fields>()?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Message { event, fields })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of HFP fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some((key, value)) = map.next_entry::<Scalar, Scalar>()? {
            fields.set(Field::named(key.text().unwrap_or_default().as_bytes()), value);
        }
        Ok(fields)
    }
}
