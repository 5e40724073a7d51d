//! What the rows of each kind are made of.

mod detector;
mod emission;
mod feed;
mod position;
mod raw;
mod retraction;
mod situation;
mod street;
mod trip;
mod trip_descriptor;
mod vehicle;
mod weather;

use events::wire::{Event, LogRecord, Provenance, event::Body, log_record::Record};

use crate::Kind;
use crate::column::{Column, Name, required};
use crate::table::Spec;

pub(crate) use raw::RAW;
pub(crate) use street::{end_ms as street_end_ms, kind as street_kind, spec as street_spec};

/// What the rows of a kind of the topic `events` are made of.
pub(crate) fn spec(kind: Kind) -> Option<&'static Spec<LogRecord>> {
    Some(match kind {
        Kind::DetectorMeasurement => &detector::MEASUREMENT,
        Kind::DetectorStation => &detector::STATION,
        Kind::FeedStatus => &feed::STATUS,
        Kind::Retraction => &retraction::RETRACTION,
        Kind::SituationRecord => &situation::SITUATION,
        Kind::Tally => &feed::TALLY,
        Kind::TripUpdate => &trip::UPDATE,
        Kind::VehiclePosition => &vehicle::POSITION,
        Kind::WeatherMeasurement => &weather::MEASUREMENT,
        Kind::WeatherStation => &weather::STATION,
        Kind::AreaEmission | Kind::AreaState | Kind::LinkEmission | Kind::LinkState | Kind::Raw => {
            return None;
        }
    })
}

/// The kind of a record of the topic `events`; none of one that a newer program wrote.
pub(crate) fn kind(record: &LogRecord) -> Option<Kind> {
    Some(match record.record.as_ref()? {
        Record::FeedStatus(_) => Kind::FeedStatus,
        Record::Tally(_) => Kind::Tally,
        Record::Event(event) => match event.body.as_ref()? {
            Body::VehiclePosition(_) => Kind::VehiclePosition,
            Body::TripUpdate(_) => Kind::TripUpdate,
            Body::DetectorMeasurement(_) => Kind::DetectorMeasurement,
            Body::DetectorStation(_) => Kind::DetectorStation,
            Body::SituationRecord(_) => Kind::SituationRecord,
            Body::Retraction(_) => Kind::Retraction,
            Body::WeatherMeasurement(_) => Kind::WeatherMeasurement,
            Body::WeatherStation(_) => Kind::WeatherStation,
        },
    })
}

/// When a record was received; a tally does not say.
pub(crate) fn received_ms(record: &LogRecord) -> Option<i64> {
    match record.record.as_ref()? {
        Record::Event(event) => Some(event.received_time_ms),
        Record::FeedStatus(status) => Some(status.received_time_ms),
        Record::Tally(_) => None,
    }
}

/// Rows of events stand by entity, then by event time: what is near to each other is alike.
const BY_ENTITY: Option<(&str, &str)> = Some(("entity", "event_time"));

fn event(record: &mut LogRecord) -> Option<&mut Event> {
    match record.record.as_mut()? {
        Record::Event(event) => Some(event),
        _ => None,
    }
}

fn event_new(record: &mut LogRecord) -> &mut Event {
    if event(record).is_none() {
        record.record = Some(Record::Event(Event::default()));
    }
    match &mut record.record {
        Some(Record::Event(event)) => event,
        _ => unreachable!("an event was put there"),
    }
}

fn provenance(record: &mut LogRecord) -> Option<&mut Provenance> {
    event(record)?.provenance.as_mut()
}

fn provenance_new(record: &mut LogRecord) -> &mut Provenance {
    event_new(record).provenance.get_or_insert_default()
}

/// What finds the body of a kind of event, and what makes it.
macro_rules! body {
    ($get:ident, $make:ident, $body:ident) => {
        fn $get(record: &mut events::wire::LogRecord) -> Option<&mut events::wire::$body> {
            match super::event(record)?.body.as_mut()? {
                events::wire::event::Body::$body(body) => Some(body),
                _ => None,
            }
        }

        fn $make(record: &mut events::wire::LogRecord) -> &mut events::wire::$body {
            let event = super::event_new(record);
            if !matches!(event.body, Some(events::wire::event::Body::$body(_))) {
                event.body = Some(events::wire::event::Body::$body(Default::default()));
            }
            match &mut event.body {
                Some(events::wire::event::Body::$body(body)) => body,
                _ => unreachable!("a body of this kind was put there"),
            }
        }
    };
}
use body;

/// What a kind of event is made of.
macro_rules! event_spec {
    ($kind:ident, $body:ident, $make:ident, $columns:expr $(, $is_bare:expr, $tidy:expr)?) => {
        $crate::table::Spec {
            kind: $crate::Kind::$kind,
            columns: &[super::ENVELOPE, $columns],
            order: super::BY_ENTITY,
            make: |record| {
                $make(record);
            },
            is_bare: event_spec!(@is_bare $($is_bare)?),
            tidy: |record, _was_bare| {
                $( let tidy: fn(&mut events::wire::LogRecord, bool) = $tidy; tidy(record, _was_bare); )?
                let is_nothing = |event: &events::wire::Event| {
                    event.body == Some(events::wire::event::Body::$body(Default::default()))
                };
                super::tidy(record, is_nothing);
            },
        }
    };
    (@is_bare) => { |_| false };
    (@is_bare $is_bare:expr) => { $is_bare };
}
use event_spec;

/// Takes away the parts of an envelope that say nothing.
fn tidy(record: &mut LogRecord, is_nothing: impl Fn(&Event) -> bool) {
    let Some(event) = event(record) else { return };
    // A missing provenance and an empty one are the same event.
    if event.provenance == Some(Provenance::default()) {
        event.provenance = None;
    }
    if is_nothing(event) {
        event.body = None;
    }
    if *event == Event::default() {
        record.record = None;
    }
}

/// Columns of all events.
static ENVELOPE: &[Column<LogRecord>] = &[
    required!("feed", Text, Dictionary, event, event_new, feed),
    required!("entity", Text, Dictionary, event, event_new, entity),
    required!("event_time", Time, Delta, event, event_new, event_time_ms),
    required!("received_time", Time, Delta, event, event_new, received_time_ms),
    Column {
        name: "verdicts",
        packing: crate::column::Packing::Dictionary,
        slot: crate::column::Slot::Text(take_verdicts, |record, names| {
            put_verdicts(record, &names);
        }),
    },
    required!("source", Text, Dictionary, provenance, provenance_new, source),
    required!("format", Text, Dictionary, provenance, provenance_new, format),
    required!("event_region", Text, Dictionary, event, event_new, region),
];

const VERDICTS: &crate::column::Words = crate::column::words!(Verdict, "VERDICT_");

/// The verdicts by name, with `;` between. Stays in the rest where the list is not a set in order.
fn take_verdicts(record: &mut LogRecord) -> Option<String> {
    let verdicts = &mut event(record)?.verdicts;
    let is_set = verdicts.is_sorted_by(|a, b| a < b);
    if verdicts.is_empty() || !is_set {
        return None;
    }
    let word = |verdict| VERDICTS.word(verdict, &mut Name::default()).map(str::to_owned);
    let names: Option<Vec<String>> = verdicts.iter().map(|&verdict| word(verdict)).collect();
    let names = names?;
    verdicts.clear();
    Some(names.join(";"))
}

fn put_verdicts(record: &mut LogRecord, names: &str) {
    let verdicts = names.split(';').filter_map(|name| VERDICTS.parse(name));
    event_new(record).verdicts = verdicts.collect();
}

/// Names with `;` between; none of none.
fn joined<T: AsRef<str>>(texts: &[T]) -> Option<String> {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    (!texts.is_empty()).then(|| texts.join(";"))
}
