//! Messages of the stream, and events.

#![allow(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use events::wire;

use super::{LayerName, PictureObject, names};
use crate::options::Origin;
use crate::problem::Problem;

/// What a client says, always as text.
#[derive(ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ClientMessage {
    /// Starts a subscription to objects, or replaces what the one of the same id selects. All that
    /// is said of the objects must hold.
    Subscribe {
        /// Chosen by the client, 1 to 64 bytes.
        id: String,
        /// Id of the region.
        region: String,
        /// At least one.
        layers: Vec<LayerName>,
        /// What of each object, by layer: names as in its JSON, alone or with all that is below
        /// them. The id is always there; of layers that are not named everything is. Not with
        /// messages in protobuf, which have all of an object.
        fields: Option<BTreeMap<LayerName, Vec<String>>>,
        /// Cursor of a message before: to be told what was missed since.
        resume: Option<String>,
        /// West, south, east, north in degrees. Without any place everything, also what has none.
        bbox: Option<[f64; 4]>,
        /// The corners of a polygon, longitude and latitude each: 3 to 1,000.
        polygon: Option<Vec<[f64; 2]>>,
        /// What is near a line.
        corridor: Option<Corridor>,
        /// Id of a city of the region.
        city: Option<String>,
        /// Id of a district or postal area.
        district: Option<String>,
        /// Route of public transport: vehicles and trips on it, and messages about it.
        route: Option<String>,
        /// Ids of objects, at most 1,000.
        ids: Option<Vec<String>>,
        /// A condition on the properties, in CQL2 text without functions and geometries:
        /// `report.mode = 'tram' AND report.delay_s > 120`.
        filter: Option<String>,
    },
    /// Starts a subscription to the events themselves, or replaces the one of the same id. Begins at
    /// a cursor, an offset or a time, or now.
    SubscribeEvents {
        /// Chosen by the client, 1 to 64 bytes.
        id: String,
        /// Id of the region.
        region: String,
        /// Kinds of events, such as `vehicle_position`; all without it.
        kinds: Option<Vec<String>>,
        /// Names of feeds; all without it.
        feeds: Option<Vec<String>>,
        /// Cursor of a message before.
        cursor: Option<String>,
        /// Number of the first event.
        offset: Option<u64>,
        /// What was received at this time or later.
        time_ms: Option<i64>,
        /// As of objects.
        bbox: Option<[f64; 4]>,
        /// As of objects.
        polygon: Option<Vec<[f64; 2]>>,
        /// As of objects.
        corridor: Option<Corridor>,
        /// As of objects.
        city: Option<String>,
        /// As of objects.
        district: Option<String>,
        /// As of objects.
        route: Option<String>,
        /// Ids of vehicles, trips, stations and situations.
        ids: Option<Vec<String>>,
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
        /// To resume from here; left out while there is more to come.
        #[schema(required = false)]
        cursor: Option<String>,
        /// Why this is not a delta.
        #[schema(inline)]
        reason: SnapshotReason,
        /// 0: a snapshot is of now.
        lag_ms: u32,
        /// 0.
        coalesced: u32,
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
        /// To resume from here; left out while there is more to come.
        #[schema(required = false)]
        cursor: Option<String>,
        /// How long the oldest change of this message has waited for the client.
        lag_ms: u32,
        /// Changes that newer ones of the same objects have replaced before they could be sent.
        coalesced: u32,
        /// Layers that the client was too slow for: all of them follows as updates.
        #[schema(required = false)]
        anew: Option<Vec<LayerName>>,
        /// Time of the server.
        time_ms: i64,
        /// True when this is not all: what is missing comes in the next messages. Left out when
        /// the client has everything of `sequence` with it.
        #[schema(required = false)]
        more: Option<bool>,
        /// New and different objects, by layer: each with all that is wanted of it.
        updated: BTreeMap<String, Vec<PictureObject>>,
        /// Objects to forget, by layer.
        removed: BTreeMap<String, Vec<Removed>>,
    },
    /// Events, in the order of the log; without any it says how far the reader is.
    Events {
        /// The subscription.
        id: String,
        /// Region.
        region: String,
        /// Changes when the numbering starts anew.
        epoch: String,
        /// To read on after these.
        cursor: String,
        /// Time of the server.
        time_ms: i64,
        /// How long ago the first of them was received.
        lag_ms: u32,
        /// The events.
        events: Vec<CloudEvent>,
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
    #[schema(schema_with = reason)]
    reason: String,
}

/// Why everything is sent.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SnapshotReason {
    /// The client has just subscribed.
    Subscribed,
    /// What it had is of another log, or of a history that a crash has ended.
    OtherLog,
    /// It had subscribed to something else.
    OtherSelection,
    /// More has changed since than is kept.
    HistoryOver,
}

/// What is near a line.
#[derive(ToSchema)]
pub(crate) struct Corridor {
    /// Its points, longitude and latitude each: 2 to 1,000.
    line: Vec<[f64; 2]>,
    /// How wide it is, both sides together: 1 to 100,000 m.
    width_m: f64,
}

/// An event as received and checked, in the envelope of CloudEvents 1.0.
#[derive(ToSchema)]
pub(crate) struct CloudEvent {
    /// `1.0`.
    specversion: String,
    /// Unique with `source`.
    id: String,
    /// Address of the region's events.
    source: String,
    /// `tilanne.v1.` and the kind of the event.
    r#type: String,
    /// The feed and its entity.
    subject: String,
    /// When it was true.
    #[schema(required = false, format = DateTime)]
    time: Option<String>,
    /// `application/json`.
    datacontenttype: String,
    /// Place in the region's log, as text whose order is that of the log.
    sequence: String,
    /// The event, as `tilanne.v1.Event`.
    data: EventData,
}

/// An event; exactly one of its kinds is there.
#[derive(ToSchema)]
pub(crate) struct EventData {
    /// Name of the feed.
    feed: String,
    /// Region.
    region: String,
    /// Id within the feed: a vehicle, trip, station or situation.
    entity: String,
    /// When it was true.
    event_time_ms: i64,
    /// When it was received.
    received_time_ms: i64,
    /// What is doubtful about it.
    verdicts: Vec<String>,
    /// Where it came from.
    provenance: Provenance,
}

/// Where an event came from.
#[derive(ToSchema)]
pub(crate) struct Provenance {
    /// The source within the feed.
    source: String,
    /// The format that decoded it.
    format: String,
}

/// Why an object is to be forgotten: `left` what is subscribed to, or the picture.
fn reason() -> utoipa::openapi::schema::ObjectBuilder {
    names::<wire::RemovalReason>()
}
