//! The gateway: every route, format and error, and the stream.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod description;
mod errors;
mod follower;
mod options;
mod page;
mod property;
mod rest;
mod server;
mod stream;
mod streets;
mod support;
