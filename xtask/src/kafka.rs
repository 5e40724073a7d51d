//! The broker of the tests: Apache Kafka's published jars.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// What names the jars.
const POM: &str = "tests/kafka/pom.xml";

/// Where the jars are, in cargo's folder of builds.
pub fn folder(root: &Path) -> PathBuf {
    command::release_folder(root).with_file_name("kafka")
}

/// Fetches the jars, unless those that are there are what the file names.
pub fn ensure(root: &Path) -> Result<()> {
    let (folder, pom) = (folder(root), root.join(POM));
    let wanted = std::fs::read(&pom).with_context(|| pom.display().to_string())?;
    // Written last: a run that was broken off begins anew.
    let mark = folder.join("pom.xml");
    if std::fs::read(&mark).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(&pom);
    maven.args(["dependency:copy-dependencies", "-DincludeScope=runtime"]);
    maven.arg(format!("-DoutputDirectory={}", folder.display()));
    command::run(&mut maven)?;
    std::fs::write(&mark, wanted).with_context(|| mark.display().to_string())
}
