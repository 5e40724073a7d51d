//! The payload of an HFP message, read once, borrowing from the bytes.
//!
//! A payload is `{"VP": {...}}`: one key, the event type, with an object of fields. Fields come in
//! any order, unknown ones come without notice, and every one of them has been seen null or absent.
//! A value of a wrong type is kept as [`Scalar::Wrong`], so that it costs only itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::format::json::{Number, Scalar};

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

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut message = Message::default();
        deserializer.deserialize_map(MessageVisitor(&mut message))?;
        Ok(message)
    }
}

/// Fills a message in place: moving half a kilobyte of fields up three levels of results costs as
/// much as reading ten of them.
struct MessageVisitor<'m, 'a>(&'m mut Message<'a>);

impl<'de: 'a, 'a> Visitor<'de> for MessageVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with the event type as its key, such as {\"VP\": {...}}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some(event) = map.next_key::<Scalar>()? else {
            return Err(serde::de::Error::invalid_length(0, &self));
        };
        self.0.event = event;
        map.next_value_seed(FieldsSeed(&mut self.0.fields))?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

struct FieldsSeed<'m, 'a>(&'m mut Fields<'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for FieldsSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for FieldsSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of HFP fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = self.0;
        while let Some(key) = map.next_key::<Scalar>()? {
            // Byte patterns compile to a decision tree; text patterns to a chain of comparisons.
            match key.text().unwrap_or_default().as_bytes() {
                b"desi" => fields.desi = map.next_value()?,
                b"dir" => fields.dir = map.next_value()?,
                b"oper" => fields.oper = map.next_value()?,
                b"veh" => fields.veh = map.next_value()?,
                b"tst" => fields.tst = map.next_value()?,
                b"tsi" => fields.tsi = map.next_value()?,
                b"spd" => fields.spd = map.next_value()?,
                b"hdg" => fields.hdg = map.next_value()?,
                b"lat" => fields.lat = map.next_value()?,
                b"long" => fields.long = map.next_value()?,
                b"acc" => fields.acc = map.next_value()?,
                b"dl" => fields.dl = map.next_value()?,
                b"odo" => fields.odo = map.next_value()?,
                b"drst" => fields.drst = map.next_value()?,
                b"oday" => fields.oday = map.next_value()?,
                b"start" => fields.start = map.next_value()?,
                b"loc" => fields.loc = map.next_value()?,
                b"stop" => fields.stop = map.next_value()?,
                b"route" => fields.route = map.next_value()?,
                b"occu" => fields.occu = map.next_value()?,
                b"label" => fields.label = map.next_value()?,
                b"sid" => fields.sid = map.next_value()?,
                b"tlp-signalgroupnbr" => fields.signal_group = map.next_value()?,
                b"tlp-requestid" => fields.request_id = map.next_value()?,
                b"tlp-decision" => fields.decision = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
