//! The stream of changes: one task a client, one [`subscription`] state machine for each of its
//! subscriptions, [`message`]s in JSON.

mod connection;
mod message;
mod subscription;

pub(crate) use connection::serve;
