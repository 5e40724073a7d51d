//! Ingest without its formats: configuration, pipeline, transports, live feeds and the player.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "a test says what it had to skip")]

mod breaking_log;
pub(crate) mod broker;
mod calendar;
mod config;
mod fixture;
mod http_poll;
mod import;
mod live;
mod mqtt;
mod outside;
mod pipeline;
mod player;
