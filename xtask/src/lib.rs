//! Tasks of the repository, callable from tests.

pub mod bench;
pub mod clients;
pub mod codegen;
pub mod command;
pub mod dashboard;
pub mod demo;
pub mod fuzz;
pub mod jars;
pub mod packages;
pub mod run;
pub mod test;

use std::path::{Path, PathBuf};

/// The repository's root folder: of the clone that Cargo runs this for, since another one that shares
/// the target directory may have built it.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR");
    let package = package.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}
