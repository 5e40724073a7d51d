//! The log in Apache Kafka, on a real broker that the tests start.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub(crate) mod broker;
mod cluster;
mod consumers;
mod contract;
mod log;
mod moving;
mod parking;
mod roles;
mod sharing;
mod tracing;
