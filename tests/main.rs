//! All tests of Tilanne in one binary: `cargo xtask test`.

mod formats;
mod gateway;
mod ingest;
mod picture;
mod processor;
mod simulator;
mod stream;
mod system;
mod workspace;
