//! `cargo xtask test`: everything that the tests need, then all of them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::{clients, command, dashboard, jars, packages};

/// What is ignored unless it is asked for: hours of faults on a cluster of brokers.
const CLUSTER: [&str; 4] =
    ["kafka::cluster", "--include-ignored", "--nocapture", "--test-threads=1"];

/// The filter that runs the tests of the page in a browser; every other one leaves them out.
const BROWSER: &str = "browser";

/// Installs, builds and tests. One release build serves the tests, the binary that they start and
/// the benches; debug would build everything a second time.
pub fn test(root: &Path, filter: Option<&str>) -> Result<ExitCode> {
    packages::ensure()?;
    jars::ensure(root, jars::KAFKA)?;
    jars::ensure(root, jars::S3)?;
    dashboard::build(root)?;
    let folder = root.join("services/dashboard");
    command::run(dashboard::npm(&folder).args(["run", "test"]))?;
    clients::test(root)?;
    build(root)?;
    if filter.is_none_or(|filter| filter == BROWSER) {
        dashboard::test_in_browser(root)?;
    }
    let mut test = command::cargo(root);
    test.args(["test", "--release", "--workspace"]);
    if let Some(filter) = filter {
        test.arg(filter);
    }
    command::exit_code(&mut test)
}

/// Installs and builds the same, and runs the faults on a cluster alone.
pub fn cluster(root: &Path) -> Result<ExitCode> {
    packages::ensure()?;
    jars::ensure(root, jars::KAFKA)?;
    dashboard::build(root)?;
    build(root)?;
    let mut test = command::cargo(root);
    test.args(["test", "--release", "--workspace", "--test", "main", "--"]).args(CLUSTER);
    command::exit_code(test.env("TILANNE_CLUSTER", "1"))
}

fn build(root: &Path) -> Result<()> {
    let release = ["--release", "--workspace", "--all-targets"];
    command::run(command::cargo(root).arg("build").args(release))
}
