//! All tests of Tilanne in one binary: `cargo xtask test`.

// A test that cannot go on should say where; names in tests are short-lived.
#![allow(clippy::unwrap_used, clippy::similar_names, clippy::doc_markdown, clippy::string_slice)]

mod archive;
mod emission;
mod formats;
mod gateway;
mod ingest;
mod java;
mod judges;
mod kafka;
mod logs;
mod network;
mod picture;
mod processor;
mod s3;
mod simulator;
mod stream;
mod system;
mod traffic;
mod workspace;
