//! Rules of the repository that a machine can check.

mod edges;
mod fuzz;
mod generated;
mod observability;
mod schema;
mod tidy;

use std::path::PathBuf;

/// The repository's root folder.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
