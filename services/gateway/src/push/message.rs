//! Messages of the stream: what clients say, and what they are told, before it is bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use picture::{Layer, Object, RemovalReason};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use super::events::{Batch, EventsAsked};
use super::picks::Picks;
use crate::history::Applied;
use crate::problem::Problem;
use crate::select::Asked;

/// What a client says, as JSON text in every subprotocol.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ClientMessage {
    Subscribe(Box<Said<Subscribe>>),
    SubscribeEvents(Box<Said<SubscribeEvents>>),
    Unsubscribe { id: String },
}

/// What a message says, and beside it what it says of the objects that are wanted. Serde's `flatten`
/// would let unknown fields pass.
#[derive(Debug)]
pub(super) struct Said<H> {
    pub(super) head: H,
    pub(super) asked: Asked,
}

/// The fields of a message that say nothing of objects.
pub(super) trait Head: DeserializeOwned {
    const FIELDS: &[&str];
}

impl<'de, H: Head> Deserialize<'de> for Said<H> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = serde_json::Map::deserialize(deserializer)?;
        let of_head = |(name, _): &(String, serde_json::Value)| H::FIELDS.contains(&name.as_str());
        let (head, asked): (Vec<_>, Vec<_>) = fields.into_iter().partition(of_head);
        let head = H::deserialize(serde_json::Value::Object(head.into_iter().collect()));
        let asked = Asked::deserialize(serde_json::Value::Object(asked.into_iter().collect()));
        Ok(Self { head: head.map_err(D::Error::custom)?, asked: asked.map_err(D::Error::custom)? })
    }
}

/// Wants objects of the picture.
#[derive(Debug, Deserialize)]
pub(super) struct Subscribe {
    pub(super) id: String,
    pub(super) region: String,
    pub(super) layers: Vec<String>,
    /// What of each object, by layer.
    #[serde(default)]
    pub(super) fields: Option<BTreeMap<String, Vec<String>>>,
    /// Cursor of a message before.
    #[serde(default)]
    pub(super) resume: Option<String>,
}

impl Head for Subscribe {
    const FIELDS: &[&str] = &["id", "region", "layers", "fields", "resume"];
}

/// Wants the events themselves.
#[derive(Debug, Deserialize)]
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
}

impl Head for SubscribeEvents {
    const FIELDS: &[&str] = &["id", "region", "kinds", "feeds", "cursor", "offset", "time_ms"];
}

impl Said<SubscribeEvents> {
    pub(super) fn events_asked(self) -> EventsAsked {
        let SubscribeEvents { kinds, feeds, cursor, offset, time_ms, .. } = self.head;
        EventsAsked { kinds, feeds, cursor, offset, time_ms, of: self.asked }
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
    pub(super) objects: BTreeMap<Layer, Vec<Arc<Object>>>,
    pub(super) picks: Arc<Picks>,
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
    pub(super) updated: BTreeMap<Layer, Vec<Updated>>,
    pub(super) removed: BTreeMap<Layer, Vec<Removed>>,
    pub(super) picks: Arc<Picks>,
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
