//! Messages of the stream, in JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use events::Text;
use network::BoundingBox;
use picture::{Layer, Object, RemovalReason};
use serde::{Deserialize, Serialize, Serializer};

use crate::live::{Applied, Applying};
use crate::options::Origin;
use crate::problem::Problem;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    Subscribe {
        id: String,
        region: String,
        layers: Vec<String>,
        #[serde(default)]
        bbox: Option<BoundingBox>,
    },
    Unsubscribe {
        id: String,
    },
}

/// All that a subscription selects, or the first of it when there is more.
pub(super) struct Snapshot {
    pub(super) at: At,
    pub(super) more: bool,
    pub(super) objects: BTreeMap<&'static str, Vec<Arc<Object>>>,
}

/// What has changed since the subscription's last frame, and what that had no room for.
pub(super) struct Delta {
    pub(super) at: At,
    pub(super) more: bool,
    pub(super) previous: Option<u64>,
    pub(super) updated: BTreeMap<&'static str, Vec<Updated>>,
    pub(super) removed: BTreeMap<&'static str, Vec<Removed>>,
}

/// Of which subscription a frame is, and to where it brings it.
#[derive(Clone, Serialize)]
pub(super) struct At {
    pub(super) id: String,
    pub(super) region: Text,
    pub(super) epoch: Text,
    pub(super) sequence: Option<u64>,
}

/// An object that is new to the client or different.
pub(super) enum Updated {
    /// From the changes of the region: its JSON is made once for all clients.
    Shared(Arc<Applied>),
    /// From the view.
    Plain(Arc<Object>),
}

impl Serialize for Updated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(object) => object.serialize(serializer),
            Self::Shared(applied) => match &applied.outcome {
                Applying::Updated(encoded) => encoded.json().serialize(serializer),
                Applying::Removed(_) => serializer.serialize_none(),
            },
        }
    }
}

/// An object that the client no longer has.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Removed {
    pub(super) id: Text,
    pub(super) reason: Reason,
}

/// Why the client no longer has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// It is out of the box, or the box or the layers were changed.
    Left,
    Expired,
    Retracted,
    Ended,
}

impl From<RemovalReason> for Reason {
    fn from(reason: RemovalReason) -> Self {
        match reason {
            RemovalReason::Unspecified => Self::Left,
            RemovalReason::Expired => Self::Expired,
            RemovalReason::Retracted => Self::Retracted,
            RemovalReason::Ended => Self::Ended,
        }
    }
}

/// A message about the picture, before it is text.
pub(super) enum Frame {
    Snapshot(Snapshot),
    Delta(Delta),
}

impl Frame {
    /// For the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "snapshot",
            Self::Delta(_) => "delta",
        }
    }

    /// How many objects are to be encoded.
    pub(super) fn objects(&self) -> usize {
        match self {
            Self::Snapshot(snapshot) => snapshot.objects.values().map(Vec::len).sum(),
            Self::Delta(delta) => delta.updated.values().map(Vec::len).sum(),
        }
    }

    pub(super) fn encode(&self, origin: Origin, time_ms: i64) -> Result<Utf8Bytes, Problem> {
        #[derive(Serialize)]
        struct Body<'a, T> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(flatten)]
            at: &'a At,
            time_ms: i64,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            more: bool,
            #[serde(flatten)]
            content: T,
        }
        #[derive(Serialize)]
        struct SnapshotContent<'a> {
            origin: Origin,
            objects: &'a BTreeMap<&'static str, Vec<Arc<Object>>>,
        }
        #[derive(Serialize)]
        struct DeltaContent<'a> {
            previous: Option<u64>,
            updated: &'a BTreeMap<&'static str, Vec<Updated>>,
            removed: &'a BTreeMap<&'static str, Vec<Removed>>,
        }
        let kind = self.kind();
        match self {
            Self::Snapshot(Snapshot { at, more, objects }) => text(&Body {
                kind,
                at,
                time_ms,
                more: *more,
                content: SnapshotContent { origin, objects },
            }),
            Self::Delta(Delta { at, more, previous, updated, removed }) => text(&Body {
                kind,
                at,
                time_ms,
                more: *more,
                content: DeltaContent { previous: *previous, updated, removed },
            }),
        }
    }
}

/// Says that a message was not understood, or that a subscription is not possible.
pub(super) fn error(id: Option<&str>, problem: &Problem) -> Result<Utf8Bytes, Problem> {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        problem: &'a Problem,
    }
    text(&Body { kind: "error", id, problem })
}

fn text(body: &impl Serialize) -> Result<Utf8Bytes, Problem> {
    let text = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
    Ok(text.into())
}

/// Reads the layers of a subscription, each once.
pub(super) fn layers(names: &[String]) -> Result<Vec<Layer>, Problem> {
    let layers: Result<Vec<Layer>, _> = names.iter().map(|name| name.parse()).collect();
    let mut layers = layers
        .map_err(|error: picture::UnknownLayer| Problem::bad_request(format!("layers: {error}")))?;
    layers.sort_unstable();
    layers.dedup();
    if layers.is_empty() {
        return Err(Problem::bad_request("layers: name at least one"));
    }
    Ok(layers)
}
