//! Servers of the tests that are published as jars.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// The broker: Apache Kafka.
pub const KAFKA: &str = "kafka";
/// A store that speaks S3: `S3Proxy` on a folder.
pub const S3: &str = "s3";

/// Where the jars of a server are, in cargo's folder of builds.
pub fn folder(root: &Path, server: &str) -> PathBuf {
    command::release_folder(root).with_file_name(server)
}

/// Fetches the jars that `tests/SERVER/pom.xml` names, unless they are there.
pub fn ensure(root: &Path, server: &str) -> Result<()> {
    let folder = folder(root, server);
    let pom = root.join("tests").join(server).join("pom.xml");
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
