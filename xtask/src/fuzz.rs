//! `cargo xtask fuzz`: a fuzzer at one of the targets of `tests/fuzz`, for a while.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::command;

/// Package of the targets.
const PACKAGE: &str = "tests/fuzz";

/// Inputs to begin with, a folder a target; what fails is added to them with its correction.
const SEEDS: &str = "tests/data/fuzz";

/// An input that takes longer than this is a finding, seconds.
const INPUT_TIMEOUT_S: u32 = 25;

/// More memory than this is a finding, MiB.
const MEMORY_MAX_MIB: u32 = 1_024;

/// Looks for inputs that a target fails at. What was tried and led somewhere new is kept beside the
/// build, for the next run. On a stable compiler: coverage is counted, addresses are not checked,
/// as all of the project is safe Rust.
pub fn fuzz(root: &Path, target: &str, minutes: u64) -> Result<ExitCode> {
    let seeds = root.join(SEEDS).join(target);
    if !seeds.is_dir() {
        let targets = std::fs::read_dir(root.join(SEEDS)).context(SEEDS)?;
        let targets = targets.filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut targets: Vec<_> = targets.collect();
        targets.sort();
        bail!("there is no target {target:?}, but {targets:?}");
    }
    install(root)?;
    let built = command::release_folder(root).with_file_name("fuzz");
    let corpus = built.join("corpus").join(target);
    let findings = built.join("findings").join(target);
    for folder in [&corpus, &findings] {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut fuzz = command::cargo(root);
    fuzz.args(["fuzz", "run", "--fuzz-dir", PACKAGE, "--features", "libfuzzer"]);
    // `none`: the others want a nightly compiler.
    fuzz.args(["--sanitizer", "none", "--target-dir"]).arg(&built);
    fuzz.arg(target).args([&corpus, &seeds]).arg("--");
    let seconds = minutes * 60;
    fuzz.args([format!("-max_total_time={seconds}"), format!("-timeout={INPUT_TIMEOUT_S}")]);
    fuzz.args([format!("-rss_limit_mb={MEMORY_MAX_MIB}"), "-print_final_stats=1".into()]);
    fuzz.arg(format!("-artifact_prefix={}/", findings.display()));
    let dictionary = seeds.with_extension("dict");
    if dictionary.is_file() {
        fuzz.arg(format!("-dict={}", dictionary.display()));
    }
    command::exit_code(&mut fuzz)
}

/// Installs `cargo fuzz`, unless it is there.
fn install(root: &Path) -> Result<()> {
    let mut asked = Command::new("cargo-fuzz");
    if asked.arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    command::run(command::cargo(root).args(["install", "--locked", "cargo-fuzz"]))
}
