//! Building the dashboard with npm, and testing what was built.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Result, bail};

use crate::{clients, command, demo};

/// What is in the dashboard's folder and no source of it.
const NO_SOURCES: [&str; 3] = ["dist", "node_modules", "screenshots"];

/// Installs the dashboard's packages and builds it, unless the last build is newer than its sources.
pub fn build(root: &Path) -> Result<()> {
    let folder = root.join("services/dashboard");
    let built = modified(&folder.join("dist/index.html"));
    // The page is built with the client library's source.
    let changed = newest(&folder)?.max(newest(&root.join(clients::TYPESCRIPT))?);
    if built.is_some_and(|built| built >= changed) {
        return Ok(());
    }
    if !command::on_path("npm") {
        bail!("npm is missing: install Node.js 20 or newer with npm");
    }
    command::run(npm(&folder).args(["ci", "--no-audit", "--no-fund"]))?;
    command::run(npm(&folder).args(["run", "build"]))
}

/// Tests the page in a real browser, against the release binary that it was built into and on the
/// streets of the demo.
pub fn test_in_browser(root: &Path) -> Result<()> {
    let release = command::release_folder(root);
    let mut test = npm(&root.join("services/dashboard"));
    test.args(["run", "test:browser"]).env("TILANNE_BIN", release.join("tilanne"));
    command::run(test.env("TILANNE_NETWORKS", demo::networks(&release)?))
}

/// npm in the dashboard's folder.
pub fn npm(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder);
    npm
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// Newest change of any source file.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if NO_SOURCES.iter().any(|no_source| name == *no_source) {
            continue;
        }
        let time = if path.is_dir() { Some(self::newest(&path)?) } else { modified(&path) };
        newest = newest.max(time.unwrap_or(SystemTime::UNIX_EPOCH));
    }
    Ok(newest)
}
