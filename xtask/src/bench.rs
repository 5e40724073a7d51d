//! `cargo xtask bench`: figures beside their targets.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{command, dashboard, jars};

/// Builds in release mode and runs the benches.
pub fn bench(root: &Path, name: Option<&str>, json: bool, write: bool) -> Result<ExitCode> {
    dashboard::build(root)?;
    if name.is_none_or(|name| name.split('/').next() == Some("kafka")) {
        jars::ensure(root, jars::KAFKA)?;
    }
    let packages = ["--package", "tilanne", "--package", "load-tests", "--bins"];
    command::run(command::cargo(root).args(["build", "--quiet", "--release"]).args(packages))?;
    let folder = command::release_folder(root);
    let mut bench = Command::new(folder.join("bench"));
    bench.current_dir(root).args(name);
    if json {
        bench.arg("--json");
    }
    if write {
        bench.arg("--write");
    }
    command::exit_code(&mut bench)
}
