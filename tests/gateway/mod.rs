//! The gateway: every route, format and error, and the stream.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod arrow;
pub(crate) mod client;
mod csv;
mod dead_letters;
mod description;
pub(crate) mod emitted;
mod errors;
mod event_readers;
mod event_stream;
mod fields;
mod filter;
mod follower;
mod full;
mod gtfs_rt;
mod hops;
mod judge;
mod logged;
mod near;
mod options;
mod page;
mod property;
mod rest;
mod resume;
mod select;
mod select_query;
mod server;
mod sort;
mod stops;
mod stream;
mod stream_fields;
mod streets;
pub(crate) mod support;
mod tile;
pub(crate) mod tile_message;
