//! Messages of the stream: what clients say, and what they are told, before it is bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use network::BoundingBox;
use picture::{Layer, Object, RemovalReason};
use serde::{Deserialize, Serialize, Serializer};

use super::events::{Batch, EventsAsked};
use crate::live::{Applied, Applying};
use crate::problem::Problem;
use crate::select::{Asked, Corridor};

/// What a client says, as JSON text in every subprotocol.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    Subscribe(Box<Subscribe>),
    SubscribeEvents(Box<SubscribeEvents>),
    Unsubscribe { id: String },
}

/// Wants objects of the picture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscribe {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) layers: Vec<String>,
    /// Cursor of a message before.
    #[serde(default)]
    pub(super) resume: Option<String>,
    #[serde(default)]
    bbox: Option<BoundingBox>,
    #[serde(default)]
    polygon: Option<Vec<[f64; 2]>>,
    #[serde(default)]
    corridor: Option<Corridor>,
    #[serde(default)]
    city: Option<String>,
    #[serde(default)]
    district: Option<String>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    ids: Option<Vec<String>>,
    #[serde(default)]
    filter: Option<String>,
}

impl Subscribe {
    pub(super) fn asked(&mut self) -> Asked {
        Asked {
            bbox: self.bbox.take(),
            polygon: self.polygon.take(),
            corridor: self.corridor.take(),
            city: self.city.take(),
            district: self.district.take(),
            route: self.route.take(),
            ids: self.ids.take(),
            filter: self.filter.take(),
        }
    }
}

/// Wants the events themselves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscribeEvents {
    pub(super) id: String,
    pub(super) region: String,
    #[serde(default)]
    kinds: Option<Vec<String>>,
    #[serde(default)]
    feeds: Option<Vec<String>>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    offset: Option<u64>,
    #[serde(default)]
    time_ms: Option<i64>,
    #[serde(default)]
    bbox: Option<BoundingBox>,
    #[serde(default)]
    polygon: Option<Vec<[f64; 2]>>,
    #[serde(default)]
    corridor: Option<Corridor>,
    #[serde(default)]
    city: Option<String>,
    #[serde(default)]
    district: Option<String>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    ids: Option<Vec<String>>,
}

impl SubscribeEvents {
    pub(super) fn asked(&mut self) -> EventsAsked {
        EventsAsked {
            kinds: self.kinds.take(),
            feeds: self.feeds.take(),
            cursor: self.cursor.take(),
            offset: self.offset,
            time_ms: self.time_ms,
            of: Asked {
                bbox: self.bbox.take(),
                polygon: self.polygon.take(),
                corridor: self.corridor.take(),
                city: self.city.take(),
                district: self.district.take(),
                route: self.route.take(),
                ids: self.ids.take(),
                filter: None,
            },
        }
    }
}

/// A message about the picture or the events, before it is bytes.
pub(super) enum Frame {
    Snapshot(Snapshot),
    Delta(Delta),
    Events(Batch),
}

/// Of which subscription a frame is, and to where it brings it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct At {
    pub(super) id: String,
    pub(super) region: Text,
    pub(super) epoch: Text,
    pub(super) sequence: Option<u64>,
    /// To resume from here; not while there is more of the same to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
}

/// All that a subscription selects, or the first of it when there is more.
pub(super) struct Snapshot {
    pub(super) at: At,
    pub(super) reason: SnapshotReason,
    pub(super) more: bool,
    pub(super) objects: BTreeMap<&'static str, Vec<Arc<Object>>>,
}

/// Why a client gets everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SnapshotReason {
    /// It has just subscribed.
    Subscribed,
    /// What it had is of another log, or of a history that a crash has ended.
    OtherLog,
    /// It had subscribed to something else.
    OtherSelection,
    /// More has changed since than is kept.
    HistoryOver,
}

impl SnapshotReason {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::OtherLog => "other_log",
            Self::OtherSelection => "other_selection",
            Self::HistoryOver => "history_over",
        }
    }
}

/// What has changed since the subscription's last frame, and what that had no room for.
pub(super) struct Delta {
    pub(super) at: At,
    pub(super) more: bool,
    pub(super) previous: Option<u64>,
    /// When the oldest change of it came into the view.
    pub(super) oldest_ms: Option<i64>,
    /// Changes that newer ones of the same objects have replaced.
    pub(super) coalesced: usize,
    /// Layers that follow whole.
    pub(super) anew: Vec<Layer>,
    pub(super) updated: BTreeMap<&'static str, Vec<Updated>>,
    pub(super) removed: BTreeMap<&'static str, Vec<Removed>>,
}

impl Delta {
    /// Has a change that came into the view at a time.
    pub(super) fn is_of(&mut self, since_ms: i64) {
        let oldest_ms = self.oldest_ms.map_or(since_ms, |oldest_ms| oldest_ms.min(since_ms));
        self.oldest_ms = Some(oldest_ms);
    }
}

/// An object that is new to the client or different.
pub(super) enum Updated {
    /// From the changes of the region: encoded once for all clients.
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
    pub(super) reason: RemovalReason,
}

impl Frame {
    /// For the metrics, and the name of a server-sent event.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "snapshot",
            Self::Delta(_) => "delta",
            Self::Events(_) => "events",
        }
    }

    /// How many objects are to be encoded.
    pub(super) fn objects(&self) -> usize {
        match self {
            Self::Snapshot(snapshot) => snapshot.objects.values().map(Vec::len).sum(),
            Self::Delta(delta) => delta.updated.values().map(Vec::len).sum(),
            Self::Events(batch) => batch.events.len(),
        }
    }

    /// Where the reader is with it.
    pub(super) fn cursor(&self) -> Option<&str> {
        match self {
            Self::Snapshot(Snapshot { at, .. }) | Self::Delta(Delta { at, .. }) => {
                at.cursor.as_deref()
            }
            Self::Events(batch) => Some(&batch.cursor),
        }
    }
}

/// Reads the layers of a subscription, each once.
pub(crate) fn layers<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<Layer>, Problem> {
    let layers: Result<Vec<Layer>, _> = names.into_iter().map(str::parse).collect();
    let mut layers = layers
        .map_err(|error: picture::UnknownLayer| Problem::bad_request(format!("layers: {error}")))?;
    layers.sort_unstable();
    layers.dedup();
    if layers.is_empty() {
        return Err(Problem::bad_request("layers: name at least one"));
    }
    Ok(layers)
}
