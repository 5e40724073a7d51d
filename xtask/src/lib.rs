//! Tasks of the repository, callable from tests.

pub mod bench;
pub mod clients;
pub mod codegen;
pub mod command;
pub mod dashboard;
pub mod demo;
pub mod fuzz;
pub mod kafka;
pub mod packages;
pub mod run;
pub mod test;

use std::path::{Path, PathBuf};

/// The repository's root folder.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().map_or_else(|| package.to_path_buf(), Path::to_path_buf)
}
