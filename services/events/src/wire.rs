//! Wire messages generated from `proto/` by `cargo xtask codegen`; do not edit.

#![allow(missing_docs, clippy::all, clippy::pedantic, rustdoc::all)]

pub use tilanne_v1::*;

#[path = "wire/tilanne.v1.rs"]
#[rustfmt::skip]
mod tilanne_v1;

/// GTFS-Realtime by the standard's names and numbers, with protobuf JSON.
pub mod gtfs_realtime {
    include!("wire/transit_realtime.rs");
    include!("wire/transit_realtime.serde.rs");
}
