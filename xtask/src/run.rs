//! `cargo xtask run`: from a fresh clone to a live map.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{command, dashboard};

/// Builds the dashboard and the binary, then runs `tilanne run` with the arguments.
pub fn run(root: &Path, arguments: &[String]) -> Result<ExitCode> {
    dashboard::build(root)?;
    command::run(command::cargo(root).args(["build", "--release", "--package", "tilanne"]))?;
    let binary = command::release_folder(root).join("tilanne");
    command::exit_code(Command::new(binary).current_dir(root).arg("run").args(arguments))
}
