//! The gateway: every route, format and error, and the stream.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod description;
mod errors;
mod event_stream;
mod follower;
mod options;
mod page;
mod property;
mod rest;
mod resume;
mod select;
mod server;
mod stream;
mod streets;
pub(crate) mod support;
