//! The picture: cases in files, laws for any log, and the index against brute force.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod cases;
mod generate;
mod index;
mod laws;
mod listed;
mod named;
mod script;
mod streets;
