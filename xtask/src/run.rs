//! `cargo xtask run`: from a fresh clone to a live map.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{command, dashboard, demo};

/// Builds the dashboard and the binary, then runs `tilanne run` with the arguments. Without a
/// configuration among them that is the demo, whose streets are made first.
pub fn run(root: &Path, arguments: &[String]) -> Result<ExitCode> {
    dashboard::build(root)?;
    let is_demo = !arguments.iter().any(|argument| argument.starts_with("--config"))
        && std::env::var_os("TILANNE_CONFIG").is_none();
    let mut build = command::cargo(root);
    build.args(["build", "--release", "--package", "tilanne", "--bin", "tilanne"]);
    if is_demo {
        build.args(["--package", "load-tests", "--bin", "demo-network"]);
    }
    command::run(&mut build)?;
    let folder = command::release_folder(root);
    let mut tilanne = Command::new(folder.join("tilanne"));
    tilanne.current_dir(root).arg("run").args(arguments);
    if is_demo {
        // A flag of the user's own goes before.
        let networks = demo::networks(&folder)?;
        if !arguments.iter().any(|argument| argument.starts_with("--networks")) {
            tilanne.arg("--networks").arg(networks);
        }
    }
    command::exit_code(&mut tilanne)
}
