//! GTFS-Realtime: vehicle positions, trip updates and alerts; whole feeds over HTTP, single
//! entities over MQTT, protobuf or protobuf JSON.
//!
//! Options: `mode` (the format has none), `languages` of alerts in order of preference,
//! `route_from_topic` (for a feed whose `route_id` is not that of its GTFS),
//! `start_time_is_utc` (for one that writes UTC).
//!
//! A full data set takes back what it no longer has: its decoder remembers, per source, which
//! alerts and trip updates there were, and retracts those that are gone. Vehicles are left to expiry: they
//! drop out of feeds for seconds. Nothing is retracted by a data set that was not read whole.

mod alert;
mod entity;
mod message;
mod topic;

use std::collections::{BTreeMap, BTreeSet};

use events::wire::gtfs_realtime::FeedEntity;
use events::wire::gtfs_realtime::feed_header::Incrementality;
use events::{Body, EntityKind, Event, Mode, RawRecord, Text, Verdicts, bounded_id};

use self::message::{Feed, entity_field};
use self::topic::Topic;
use super::envelope::{Checks, Envelope};
use super::instant::LocalClock;
use super::options::Options;
use super::{
    Decoded, Decoder, DecoderContext, Drop, DropReason, Format, OptionsError, Reject, RejectReason,
};

/// Largest feed that is read, bytes. The largest recorded one has 0.9 MB; national ones reach 20.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most entities that are remembered of one source, for retractions.
const REMEMBERED_MAX: usize = 200_000;

/// Most subjects of one entity id: a vehicle, a trip and an alert, once more for a change of them.
const PARTS_MAX: usize = 6;

/// Most sources that are remembered: a feed has a handful.
const SOURCES_MAX: usize = 32;

/// Modes by the names that options and topics use.
const MODES: &[(&str, Mode)] = &[
    ("bus", Mode::Bus),
    ("ferry", Mode::Ferry),
    ("metro", Mode::Metro),
    ("robot", Mode::Robot),
    ("subway", Mode::Metro),
    ("train", Mode::Train),
    ("rail", Mode::Train),
    ("tram", Mode::Tram),
];

/// The format `gtfs_rt`.
pub struct GtfsRt;

impl Format for GtfsRt {
    fn name(&self) -> &'static str {
        "gtfs_rt"
    }

    fn decoder(
        &self,
        context: &DecoderContext,
        options: &toml::Table,
    ) -> Result<Box<dyn Decoder>, OptionsError> {
        let keys = ["languages", "mode", "route_from_topic", "start_time_is_utc"];
        let options = Options::new(options, &keys)?;
        let languages = options.texts("languages")?;
        let options = GtfsRtOptions {
            languages: languages.unwrap_or_else(|| ["fi", "sv", "en"].map(str::to_owned).to_vec()),
            mode: options.choice("mode", MODES)?.unwrap_or_default(),
            route_from_topic: options.flag("route_from_topic")?,
            start_time_is_utc: options.flag("start_time_is_utc")?,
        };
        Ok(Box::new(GtfsRtDecoder {
            envelope: Envelope::new(context, self.name()),
            clock: LocalClock::new(context.time_zone.clone()),
            options,
            memories: BTreeMap::new(),
        }))
    }
}

struct GtfsRtOptions {
    languages: Vec<String>,
    mode: Mode,
    route_from_topic: bool,
    start_time_is_utc: bool,
}

/// What a part of an entity is in our events.
type Subject = (EntityKind, Text);

/// What each entity of a source stood for, by the id of the entity.
type Memory = BTreeMap<Text, Vec<Subject>>;

struct GtfsRtDecoder {
    envelope: Envelope,
    clock: LocalClock,
    options: GtfsRtOptions,
    /// By source and resource: two resources of one source are two data sets.
    memories: BTreeMap<(String, String), Memory>,
}

/// One run over one feed message.
struct Pass<'a> {
    raw: &'a RawRecord,
    topic: Option<Topic>,
    /// Time of what has no time of its own: the header's, else that of reception.
    feed_time_ms: i64,
    decoded: Decoded,
    memory: Memory,
}

impl Decoder for GtfsRtDecoder {
    fn decode(&mut self, raw: &RawRecord) -> Decoded {
        let length = raw.payload.len();
        if length > PAYLOAD_BYTES_MAX {
            let message = format!("{length} bytes; a feed may have {PAYLOAD_BYTES_MAX}");
            return Decoded::reject(Reject::new(RejectReason::TooLarge, "payload", message));
        }
        let feed = Feed::read(&raw.payload);
        let topic = Topic::parse(&raw.topic);
        let header = feed.header.unwrap_or_default();
        let feed_time_ms = entity::time_ms(header.timestamp, &mut Checks::default());
        // A message over MQTT is one entity, whatever its header says of the set.
        let is_whole = feed.rejects.is_empty()
            && topic.is_none()
            && !header.gtfs_realtime_version.is_empty()
            && header.incrementality() == Incrementality::FullDataset;
        let resource = if topic.is_some() { String::new() } else { raw.topic.clone() };
        let key = (raw.source.clone(), resource);
        let known = self.memories.remove(&key).unwrap_or_default();
        let (before, memory) =
            if is_whole { (known, Memory::default()) } else { (Memory::default(), known) };
        let mut pass = Pass {
            raw,
            topic,
            feed_time_ms: feed_time_ms.unwrap_or(raw.received_time_ms),
            decoded: Decoded {
                rejects: feed.rejects,
                made_time_ms: feed_time_ms,
                ..Decoded::default()
            },
            memory,
        };
        for (index, entity) in &feed.entities {
            self.entity(*index, entity, &before, &mut pass);
        }
        if is_whole {
            self.retract_missing(&before, &mut pass);
        }
        if self.memories.len() < SOURCES_MAX && !pass.memory.is_empty() {
            self.memories.insert(key, pass.memory);
        }
        pass.decoded
    }
}

impl GtfsRtDecoder {
    /// Decodes the parts of an entity; nearly always it has one.
    fn entity(&mut self, index: usize, entity: &FeedEntity, before: &Memory, pass: &mut Pass) {
        if entity.is_deleted == Some(true) {
            return self.deleted(index, entity, before, pass);
        }
        let parts = parts(entity);
        if parts.is_empty() {
            let field = entity_field(index, &entity.id);
            pass.decoded.drops.push(Drop::new(DropReason::UnknownEntity, field));
        }
        for (kind, subject) in parts {
            let Some(subject) = subject else {
                let message = "it has no id, and neither has its vehicle or trip";
                let field = entity_field(index, "");
                pass.decoded.rejects.push(Reject::missing(field, message));
                continue;
            };
            let event = self.event(kind, subject.clone(), entity, pass);
            pass.decoded.events.extend(event);
            pass.remember(&entity.id, (kind, subject));
        }
    }

    fn event(
        &mut self,
        kind: EntityKind,
        subject: Text,
        entity: &FeedEntity,
        pass: &Pass,
    ) -> Option<Event> {
        let checks = &mut Checks::default();
        let mut time_ms = |own| entity::time_ms(own, checks).unwrap_or(pass.feed_time_ms);
        let (event_time_ms, body) = match kind {
            EntityKind::Vehicle => {
                let vehicle = entity.vehicle.as_ref()?;
                let time_ms = time_ms(vehicle.timestamp);
                let report = self.vehicle(vehicle, pass.topic.as_ref(), time_ms, checks);
                (time_ms, Body::VehiclePosition(report))
            }
            EntityKind::Trip => {
                let update = entity.trip_update.as_ref()?;
                let time_ms = time_ms(update.timestamp);
                (time_ms, Body::TripUpdate(self.trip_update(update, time_ms, checks)))
            }
            EntityKind::Situation => {
                let record = self.alert(entity.alert.as_ref()?, pass.feed_time_ms, checks);
                (pass.feed_time_ms, Body::SituationRecord(Box::new(record)))
            }
            EntityKind::Detector | EntityKind::Weather | EntityKind::Unspecified => return None,
        };
        let verdicts = checks.verdicts;
        Some(self.envelope.event(pass.raw, subject, event_time_ms, verdicts, body))
    }

    /// A deleted entity often has nothing but its id: what it stood for is remembered.
    fn deleted(&self, index: usize, entity: &FeedEntity, before: &Memory, pass: &mut Pass) {
        let own = parts(entity).into_iter();
        let mut subjects: Vec<Subject> =
            own.filter_map(|(kind, subject)| Some((kind, subject?))).collect();
        let entity_id = bounded_id(&entity.id).unwrap_or_default();
        let known = pass.memory.remove(&entity_id).or_else(|| before.get(&entity_id).cloned());
        if subjects.is_empty() {
            subjects = known.unwrap_or_default();
        }
        if subjects.is_empty() {
            let field = entity_field(index, &entity.id);
            pass.decoded.drops.push(Drop::new(DropReason::UnknownEntity, field));
        }
        for subject in subjects {
            let event = self.retraction(subject, pass);
            pass.decoded.events.push(event);
        }
    }

    /// Takes back alerts and trip updates that a full data set does not have any more.
    fn retract_missing(&self, before: &Memory, pass: &mut Pass) {
        let present: BTreeSet<&Subject> = pass.memory.values().flatten().collect();
        let gone: BTreeSet<Subject> = before
            .values()
            .flatten()
            .filter(|subject| subject.0 != EntityKind::Vehicle && !present.contains(subject))
            .cloned()
            .collect();
        for subject in gone {
            let event = self.retraction(subject, pass);
            pass.decoded.events.push(event);
        }
    }

    fn retraction(&self, (kind, subject): Subject, pass: &Pass) -> Event {
        let body = Body::Retraction(kind);
        self.envelope.event(pass.raw, subject, pass.feed_time_ms, Verdicts::default(), body)
    }
}

impl Pass<'_> {
    fn remember(&mut self, entity_id: &str, subject: Subject) {
        let entity_id = bounded_id(entity_id).unwrap_or_default();
        if self.memory.len() < REMEMBERED_MAX || self.memory.contains_key(&entity_id) {
            let subjects = self.memory.entry(entity_id).or_default();
            if !subjects.contains(&subject) && subjects.len() < PARTS_MAX {
                subjects.push(subject);
            }
        }
    }
}

/// What an entity speaks of, and the id of that; `None` when it cannot be identified.
fn parts(entity: &FeedEntity) -> Vec<(EntityKind, Option<Text>)> {
    let id = &entity.id;
    let vehicle = entity.vehicle.as_ref();
    let update = entity.trip_update.as_ref();
    let vehicle = vehicle.map(|vehicle| entity::vehicle_entity(vehicle, id));
    let update = update.map(|update| entity::trip_entity(&update.trip, id));
    let alert = entity.alert.as_ref().map(|_| bounded_id(id));
    [(EntityKind::Vehicle, vehicle), (EntityKind::Trip, update), (EntityKind::Situation, alert)]
        .into_iter()
        .filter_map(|(kind, subject)| Some((kind, subject?)))
        .collect()
}
