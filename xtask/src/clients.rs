//! Checking and testing the client libraries, without a server; with one they are tested in
//! `tests/system/clients.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, dashboard};

/// Folder of the TypeScript client.
pub const TYPESCRIPT: &str = "services/clients/typescript";

/// Folder of the Python client.
pub const PYTHON: &str = "services/clients/python";

/// Installs what the clients need, checks and tests them.
pub fn test(root: &Path) -> Result<()> {
    let folder = typescript(root)?;
    for script in ["check", "test"] {
        command::run(dashboard::npm(&folder).args(["run", script]))?;
    }
    let python = python(root)?;
    let run = |module: &[&str]| {
        let mut command = Command::new(&python);
        command.current_dir(root.join(PYTHON)).arg("-m").args(module);
        command::run(&mut command)
    };
    run(&["ruff", "check", "."])?;
    run(&["ruff", "format", "--check", "."])?;
    run(&["mypy"])?;
    run(&["pytest", "--quiet"])
}

/// The folder of the TypeScript client, with the packages that its tests need, and built. Packages
/// are installed anew when the list of them is newer.
pub fn typescript(root: &Path) -> Result<PathBuf> {
    let folder = root.join(TYPESCRIPT);
    let modified = |path: &str| folder.join(path).metadata().and_then(|file| file.modified()).ok();
    if modified("node_modules/.package-lock.json") < modified("package-lock.json") {
        command::run(dashboard::npm(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    }
    command::run(dashboard::npm(&folder).args(["run", "build"]))?;
    Ok(folder)
}

/// Python with the client and all that its tests need, in an environment of its own in cargo's
/// target folder. Kept as long as what it needs stays the same.
pub fn python(root: &Path) -> Result<PathBuf> {
    let folder = root.join(PYTHON);
    let release = command::release_folder(root);
    let home = release.parent().unwrap_or(root).join("clients/venv");
    let python = home.join("bin/python");
    let installed = home.join("installed.txt");
    let needs = ["requirements.txt", "pyproject.toml"].map(|name| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    });
    // The client is installed from where it is: another checkout has another one.
    let [requirements, project] = needs;
    let wanted = format!("{}\n{}\n{}", folder.display(), requirements?, project?);
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    std::fs::create_dir_all(&home)?;
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))
        .context("the Python client is tested with Python 3.11 or newer and its module venv")?;
    let mut install = Command::new(&python);
    install.current_dir(&folder).args(["-m", "pip", "install", "--quiet", "--no-deps"]);
    command::run(install.args(["--requirement", "requirements.txt", "--editable", "."]))?;
    std::fs::write(&installed, wanted)?;
    Ok(python)
}
