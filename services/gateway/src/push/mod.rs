//! The push side: one task a client, one [`subscription`] state machine for each of its
//! subscriptions to objects, one reader of the log for each to [`events`]. [`message`]s are written
//! in the [`format`] that the client has chosen, over WebSocket ([`connection`]) or as server-sent
//! events ([`sse`]).

mod connection;
mod cursor;
mod events;
mod format;
mod held;
mod logged;
mod message;
mod picks;
mod sse;
mod subscription;

pub(crate) use connection::{echo, serve};
pub(crate) use events::{EventReader, EventsAsked};
pub(crate) use format::Format;
pub(crate) use logged::RecentEvents;
pub(crate) use message::layers;
pub(crate) use picks::{Picks, Wanted};
pub(crate) use sse::{Watching, events, objects, or_come_back};
