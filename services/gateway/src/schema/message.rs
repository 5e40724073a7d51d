//! Messages of the stream.

#![allow(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{LayerName, PictureObject};
use crate::options::Origin;
use crate::problem::Problem;

/// What a client says.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ClientMessage {
    /// Starts a subscription, or replaces the one of the same id.
    Subscribe {
        /// Chosen by the client, 1 to 64 bytes.
        id: String,
        /// Id of the region.
        region: String,
        /// At least one.
        layers: Vec<LayerName>,
        /// West, south, east, north in degrees. Without it everything, also what has no place.
        bbox: Option<[f64; 4]>,
    },
    /// Ends a subscription.
    Unsubscribe {
        /// As chosen.
        id: String,
    },
}

/// What the server says.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerMessage {
    /// All that a subscription selects; replaces what the client has.
    Snapshot {
        /// The subscription.
        id: String,
        /// Region.
        region: String,
        /// Changes when the numbering starts anew.
        epoch: String,
        /// To where this brings the subscription; null when the picture is empty.
        sequence: Option<u64>,
        /// Where the picture comes from.
        origin: Origin,
        /// Time of the server.
        time_ms: i64,
        /// True when this is not all: what is missing comes in the next messages. Left out when
        /// the client has everything of `sequence` with it.
        #[schema(required = false)]
        more: Option<bool>,
        /// By layer, all layers subscribed to.
        objects: BTreeMap<String, Vec<PictureObject>>,
    },
    /// What has changed since the subscription's last message.
    Delta {
        /// The subscription.
        id: String,
        /// Region.
        region: String,
        /// As in the snapshot.
        epoch: String,
        /// The `sequence` of the message before; else something was missed.
        previous: Option<u64>,
        /// To where this brings the subscription.
        sequence: Option<u64>,
        /// Time of the server.
        time_ms: i64,
        /// True when this is not all: what is missing comes in the next messages. Left out when
        /// the client has everything of `sequence` with it.
        #[schema(required = false)]
        more: Option<bool>,
        /// New and different objects, whole, by layer.
        updated: BTreeMap<String, Vec<PictureObject>>,
        /// Objects to forget, by layer.
        removed: BTreeMap<String, Vec<Removed>>,
    },
    /// A message was not understood, or a subscription is not possible.
    Error {
        /// The subscription, when it is about one.
        #[schema(required = false)]
        id: Option<String>,
        /// What is wrong.
        problem: Problem,
    },
}

/// An object to forget.
#[derive(ToSchema)]
pub(crate) struct Removed {
    /// Id of the object.
    id: String,
    /// Why.
    reason: Reason,
}

/// Why an object is to be forgotten.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Reason {
    Left,
    Expired,
    Retracted,
    Ended,
}
