//! Bytes of GTFS-Realtime to a header and entities, entity by entity: one that does not decode
//! takes no other with it, and a file that is cut off keeps all before the cut.

use std::fmt;

use bytes::Bytes;
use events::wire::gtfs_realtime::{FeedEntity, FeedHeader};
use prost::Message;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::json;
use crate::format::{Reject, RejectReason};

/// A feed message as far as it could be read.
#[derive(Default)]
pub(super) struct Feed {
    /// Missing from bare arrays of entities, and when it is broken.
    pub(super) header: Option<FeedHeader>,
    /// With the place in the feed, for messages.
    pub(super) entities: Vec<(usize, FeedEntity)>,
    pub(super) rejects: Vec<Reject>,
}

/// Most bytes of an id in a message.
const ID_PREVIEW_CHARS: usize = 40;

/// The name of an entity in messages.
pub(super) fn entity_field(index: usize, id: &str) -> String {
    if id.is_empty() {
        return format!("entity[{index}]");
    }
    let id: String = id.chars().take(ID_PREVIEW_CHARS).collect();
    format!("entity[{index}] {id:?}")
}

impl Feed {
    /// Reads protobuf, or protobuf JSON. Both can begin with a line feed: it is the tag of a
    /// protobuf header too.
    pub(super) fn read(payload: &Bytes) -> Self {
        let text = payload.trim_ascii_start();
        match (text.first(), payload.first()) {
            (None, _) if payload.is_empty() => {
                Self::failed(RejectReason::Malformed, "the payload is empty")
            }
            (Some(b'<'), _) => Self {
                rejects: vec![json::not_this_format(text, "payload", "is HTML or XML")],
                ..Self::default()
            },
            (Some(b'{' | b'['), Some(b'\n')) => {
                let feed = Self::protobuf(payload);
                if feed.rejects.is_empty() { feed } else { Self::json(payload) }
            }
            (Some(b'{' | b'[' | 0xEF), _) => Self::json(payload),
            _ => Self::protobuf(payload),
        }
    }

    fn failed(reason: RejectReason, message: &str) -> Self {
        Self { rejects: vec![Reject::new(reason, "payload", message)], ..Self::default() }
    }

    fn protobuf(payload: &Bytes) -> Self {
        let mut outline = FeedMessage::default();
        let end = outline.merge(payload.clone());
        if outline.header.is_none() && outline.entity.is_empty() {
            return Self {
                rejects: vec![json::not_this_format(payload, "payload", "is no FeedMessage")],
                ..Self::default()
            };
        }
        let mut feed = Self::default();
        match outline.header.map(FeedHeader::decode) {
            Some(Ok(header)) => feed.header = Some(header),
            Some(Err(error)) => {
                let message = format!("the header is broken: {error}");
                feed.rejects.push(Reject::new(RejectReason::Malformed, "header", message));
            }
            None => feed.rejects.push(Reject::missing("header", "the message has no header")),
        }
        let count = outline.entity.len();
        for (index, bytes) in outline.entity.into_iter().enumerate() {
            match FeedEntity::decode(bytes) {
                Ok(entity) => feed.entities.push((index, entity)),
                Err(error) => feed.rejects.push(Reject::new(
                    RejectReason::Malformed,
                    entity_field(index, ""),
                    format!("the entity is broken: {error}"),
                )),
            }
        }
        if let Err(error) = end {
            feed.rejects.push(Reject::new(
                RejectReason::Malformed,
                entity_field(count, ""),
                format!("the message is cut off or broken from here on: {error}"),
            ));
        }
        feed
    }

    fn json(payload: &[u8]) -> Self {
        let mut parts = JsonParts::default();
        let end = json::parse_seed(payload, &mut parts);
        let mut feed = Self::default();
        match parts.header.map(|raw| lenient::<FeedHeader>(raw.get())) {
            Some(Ok(header)) => feed.header = Some(header),
            Some(Err(error)) => {
                feed.rejects.push(json::reject_data(&error, "header"));
            }
            None => {}
        }
        let count = parts.entities.len();
        for (index, raw) in parts.entities.into_iter().enumerate() {
            match lenient::<FeedEntity>(raw.get()) {
                Ok(entity) => feed.entities.push((index, entity)),
                Err(error) => {
                    feed.rejects.push(json::reject_data(&error, &entity_field(index, "")));
                }
            }
        }
        match end {
            Err(reject) if count == 0 => feed.rejects.push(reject),
            Err(reject) => feed.rejects.push(Reject { field: entity_field(count, ""), ..reject }),
            Ok(()) if count == 0 && !parts.is_feed => feed.rejects.push(Reject::new(
                RejectReason::NotThisFormat,
                "payload",
                "the JSON has neither `header` nor `entity`",
            )),
            Ok(()) => {}
        }
        feed
    }
}

/// A feed message with its parts left as bytes, so that each is decoded for itself. What was read
/// before an error stays in it.
#[derive(Clone, PartialEq, Message)]
struct FeedMessage {
    #[prost(bytes = "bytes", optional, tag = "1")]
    header: Option<Bytes>,
    #[prost(bytes = "bytes", repeated, tag = "2")]
    entity: Vec<Bytes>,
}

/// The parts of a JSON feed, kept when reading fails later in the text.
#[derive(Default)]
struct JsonParts<'a> {
    header: Option<&'a RawValue>,
    entities: Vec<&'a RawValue>,
    is_feed: bool,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for &mut JsonParts<'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for &mut JsonParts<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a FeedMessage or an array of entities")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<json::Scalar>()? {
            match key.text() {
                Some("header") => {
                    self.is_feed = true;
                    self.header = map.next_value::<Option<&RawValue>>()?;
                }
                Some("entity") => {
                    self.is_feed = true;
                    map.next_value_seed(&mut *self)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.is_feed = true;
        while let Some(entity) = seq.next_element::<&RawValue>()? {
            self.entities.push(entity);
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads protobuf JSON; when it fails, again after the dialects that are known were made regular.
fn lenient<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        let mut value: Value = serde_json::from_str(text)?;
        regular(&mut value);
        serde_json::from_value(value).map_err(|_| error)
    })
}

/// Takes out explicit nulls, and makes `[{"translation": {..}}]`, which one publisher writes, the
/// `{"translation": [{..}]}` of the standard.
fn regular(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            for (key, field) in fields.iter_mut() {
                regular(field);
                if let (true, Value::Array(texts)) = (key.ends_with("_text"), &mut *field) {
                    let translations = texts
                        .iter_mut()
                        .filter_map(|text| text.get_mut("translation").map(Value::take));
                    let translations = Value::Array(translations.collect());
                    *field = serde_json::json!({ "translation": translations });
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(regular),
        _ => {}
    }
}
