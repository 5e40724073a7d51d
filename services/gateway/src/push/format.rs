//! Bytes of the stream's messages, in the subprotocols that a client can choose.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::Message;
use events::wire;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use picture::{Layer, Object};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use serde::Serialize;

use super::events::Batch;
use super::message::{At, Delta, Frame, Removed, Snapshot, SnapshotReason, Updated};
use super::picks::ByLayer;
use crate::history::Applying;
use crate::options::Origin;
use crate::problem::Problem;

/// Field `updated` of `tilanne.v1.StreamMessage`.
const UPDATED: u32 = 15;

/// Field `events` of `tilanne.v1.StreamMessage`.
const EVENTS: u32 = 17;

/// How the server's messages are written. Clients always say JSON: they say little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Text messages of JSON.
    Json,
    /// Binary messages of `tilanne.v1.StreamMessage`.
    Protobuf,
    /// The same, each compressed by itself (zlib, RFC 1950). The WebSocket library knows no
    /// permessage-deflate.
    ProtobufDeflate,
}

impl Format {
    /// All of them; the first is that of clients that name none.
    pub(crate) const ALL: [Self; 3] = [Self::Json, Self::Protobuf, Self::ProtobufDeflate];

    /// Its name in `Sec-WebSocket-Protocol`.
    pub(crate) fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "tilanne.v1.json",
            Self::Protobuf => "tilanne.v1.protobuf",
            Self::ProtobufDeflate => "tilanne.v1.protobuf.deflate",
        }
    }

    /// The message of a frame.
    pub(super) fn frame(self, frame: &Frame, to: Told) -> Result<Message, Problem> {
        match self {
            Self::Json => Ok(Message::Text(json(frame, to)?.into())),
            Self::Protobuf => Ok(Message::Binary(protobuf(frame, to).into())),
            Self::ProtobufDeflate => Ok(Message::Binary(deflated(&protobuf(frame, to))?)),
        }
    }

    /// The message of a problem.
    pub(super) fn error(self, id: Option<&str>, problem: &Problem) -> Result<Message, Problem> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a str>,
            problem: &'a Problem,
        }
        if self == Self::Json {
            return Ok(Message::Text(text(&Body { kind: "error", id, problem })?.into()));
        }
        let message = wire::StreamMessage {
            kind: wire::StreamMessageKind::Error.into(),
            id: id.unwrap_or_default().into(),
            problem: Some(wire::StreamProblem {
                status: problem.status.into(),
                title: problem.title.into(),
                detail: problem.detail.clone(),
            }),
            ..Default::default()
        };
        let bytes = message.encode_to_vec();
        Ok(Message::Binary(match self {
            Self::ProtobufDeflate => deflated(&bytes)?,
            _ => bytes.into(),
        }))
    }
}

/// From so many objects on a frame is encoded on a thread of its own: it takes a millisecond, in
/// which other clients of this thread would wait.
const OBJECTS_INLINE_MAX: usize = 512;

/// Encodes a frame where that delays nobody.
pub(super) async fn encoded<T: Send + 'static>(
    frame: Frame,
    encode: impl FnOnce(&Frame) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    if frame.objects() <= OBJECTS_INLINE_MAX {
        return encode(&frame);
    }
    let encoding = tokio::task::spawn_blocking(move || encode(&frame));
    encoding.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// What the server says of itself in each frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) origin: Origin,
    pub(super) time_ms: i64,
}

impl Told {
    fn lag_ms(self, since_ms: Option<i64>) -> u32 {
        let lag_ms = since_ms.map_or(0, |since_ms| self.time_ms.saturating_sub(since_ms));
        u32::try_from(lag_ms.max(0)).unwrap_or(u32::MAX)
    }
}

/// JSON of a frame.
pub(super) fn json(frame: &Frame, told: Told) -> Result<String, Problem> {
    #[derive(Serialize)]
    struct Body<'a, T> {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(flatten)]
        at: &'a At,
        time_ms: i64,
        lag_ms: u32,
        coalesced: usize,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        #[serde(flatten)]
        content: T,
    }
    #[derive(Serialize)]
    struct SnapshotContent<'a> {
        origin: Origin,
        reason: SnapshotReason,
        objects: ByLayer<'a, Arc<Object>>,
    }
    #[derive(Serialize)]
    struct DeltaContent<'a> {
        previous: Option<u64>,
        #[serde(skip_serializing_if = "<[Layer]>::is_empty")]
        anew: &'a [Layer],
        updated: ByLayer<'a, Updated>,
        removed: &'a BTreeMap<Layer, Vec<Removed>>,
    }
    #[derive(Serialize)]
    struct EventsBody<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        time_ms: i64,
        lag_ms: u32,
        #[serde(flatten)]
        batch: &'a Batch,
    }
    let Told { origin, time_ms } = told;
    let kind = frame.kind();
    match frame {
        Frame::Snapshot(Snapshot { at, reason, more, objects, picks }) => text(&Body {
            kind,
            at,
            time_ms,
            lag_ms: 0,
            coalesced: 0,
            more: *more,
            content: SnapshotContent {
                origin,
                reason: *reason,
                objects: ByLayer { objects, picks },
            },
        }),
        Frame::Delta(delta) => text(&Body {
            kind,
            at: &delta.at,
            time_ms,
            lag_ms: told.lag_ms(delta.oldest_ms),
            coalesced: delta.coalesced,
            more: delta.more,
            content: DeltaContent {
                previous: delta.previous,
                anew: &delta.anew,
                updated: ByLayer { objects: &delta.updated, picks: &delta.picks },
                removed: &delta.removed,
            },
        }),
        Frame::Events(batch) => {
            text(&EventsBody { kind, time_ms, lag_ms: told.lag_ms(batch.oldest_ms()), batch })
        }
    }
}

fn text(body: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(body).map_err(|error| Problem::internal(&error))
}

/// Protobuf of a frame. Objects are encoded already: they are put after the head as they are, which
/// the wire format allows.
fn protobuf(frame: &Frame, told: Told) -> Vec<u8> {
    let head = head(frame, told);
    let mut bytes = head.encode_to_vec();
    match frame {
        Frame::Snapshot(Snapshot { objects, .. }) => {
            for object in objects.values().flatten() {
                put_object(&mut bytes, object);
            }
        }
        Frame::Delta(Delta { updated, .. }) => {
            for object in updated.values().flatten() {
                match object {
                    Updated::Plain(object) => put_object(&mut bytes, object),
                    Updated::Shared(applied) => {
                        if let Applying::Updated(encoded) = &applied.outcome {
                            put(&mut bytes, UPDATED, encoded.protobuf());
                        }
                    }
                }
            }
        }
        Frame::Events(batch) => {
            for event in &batch.events {
                put(&mut bytes, EVENTS, event.protobuf());
            }
        }
    }
    bytes
}

fn head(frame: &Frame, told: Told) -> wire::StreamMessage {
    let of = |kind: wire::StreamMessageKind, at: &At| wire::StreamMessage {
        kind: kind.into(),
        id: at.id.clone(),
        region: at.region.to_string(),
        epoch: at.epoch.to_string(),
        sequence: at.sequence,
        cursor: at.cursor.clone().unwrap_or_default(),
        time_ms: told.time_ms,
        ..Default::default()
    };
    match frame {
        Frame::Snapshot(Snapshot { at, reason, more, .. }) => wire::StreamMessage {
            origin: told.origin.as_str().into(),
            reason: reason.as_str().into(),
            more: *more,
            ..of(wire::StreamMessageKind::Snapshot, at)
        },
        Frame::Delta(delta) => {
            let removed = delta.removed.iter().flat_map(|(&layer, removed)| {
                let layer = wire::Layer::from(layer);
                removed.iter().map(move |one| wire::Removal {
                    layer: layer.into(),
                    id: one.id.to_string(),
                    reason: one.reason.into(),
                })
            });
            wire::StreamMessage {
                previous: delta.previous,
                more: delta.more,
                lag_ms: told.lag_ms(delta.oldest_ms),
                coalesced: u32::try_from(delta.coalesced).unwrap_or(u32::MAX),
                anew: delta.anew.iter().map(|&layer| wire::Layer::from(layer).into()).collect(),
                removed: removed.collect(),
                ..of(wire::StreamMessageKind::Delta, &delta.at)
            }
        }
        Frame::Events(batch) => wire::StreamMessage {
            kind: wire::StreamMessageKind::Events.into(),
            id: batch.id.clone(),
            region: batch.region.to_string(),
            epoch: batch.epoch.to_string(),
            cursor: batch.cursor.clone(),
            time_ms: told.time_ms,
            lag_ms: told.lag_ms(batch.oldest_ms()),
            ..Default::default()
        },
    }
}

fn put_object(bytes: &mut Vec<u8>, object: &Object) {
    put(bytes, UPDATED, &wire::Object::from(object).encode_to_vec());
}

fn put(bytes: &mut Vec<u8>, field: u32, message: &[u8]) {
    encode_key(field, WireType::LengthDelimited, bytes);
    encode_varint(message.len() as u64, bytes);
    bytes.extend_from_slice(message);
}

fn deflated(bytes: &[u8]) -> Result<Bytes, Problem> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map(Bytes::from).map_err(|error| Problem::internal(&error))
}
