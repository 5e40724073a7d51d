//! The embedded log: what is appended is read, in order, once, also after a crash.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod append;
mod crash;
mod fixture;
mod model;
mod options;
mod readers;
mod recording;
mod retention;
