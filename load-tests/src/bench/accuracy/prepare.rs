//! Runs the scripts that simulate the days.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::BenchError;

const SCRIPTS: &str = "load-tests/accuracy";
/// Holds the scenario; not part of the repository.
const SOURCE: &str = "../shared/accuracy";

/// The folder with what the scripts made, in cargo's target folder.
pub(super) fn prepare() -> Result<PathBuf, BenchError> {
    let folder = target()?.join("accuracy");
    let is_unpacked = folder.join("days/source/hel.net.xml").exists();
    if !Path::new(SOURCE).join("build.py").exists() && !is_unpacked {
        return Err(BenchError(format!(
            "skipped: the scenario is not here; put build.py, hel.osm.gz and hel.net.xml.gz into {SOURCE}"
        )));
    }
    std::fs::create_dir_all(&folder).map_err(BenchError::new)?;
    let python = environment(&folder)?;
    let script = Path::new(SCRIPTS).join("prepare.py");
    run(Command::new(python).arg(script).arg(SOURCE).arg(&folder))?;
    Ok(folder)
}

/// Cargo's target folder: this program lies in a folder of it.
fn target() -> Result<PathBuf, BenchError> {
    let program = std::env::current_exe().map_err(BenchError::new)?;
    let target = program.parent().and_then(Path::parent);
    target.map(Path::to_owned).ok_or_else(|| BenchError::new("this program lies in no folder"))
}

/// Python with the packages that the scripts need, in an environment of its own.
fn environment(folder: &Path) -> Result<PathBuf, BenchError> {
    let home = folder.join("venv");
    let python = home.join("bin/python");
    let requirements = Path::new(SCRIPTS).join("requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|error| {
        BenchError(format!("{}: {error}; run it from the repository", requirements.display()))
    })?;
    let installed = home.join("requirements.txt");
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let skipped = |error: BenchError| {
        BenchError(format!(
            "skipped: it takes Python 3 with venv, and PyPI for the packages of {}: {error}",
            requirements.display()
        ))
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&home)).map_err(skipped)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements);
    run(&mut install).map_err(skipped)?;
    std::fs::write(&installed, wanted).map_err(BenchError::new)?;
    Ok(python)
}

/// Runs to the end; what it prints goes where errors go.
fn run(command: &mut Command) -> Result<(), BenchError> {
    let program = command.get_program().display().to_string();
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| BenchError(format!("{program}: {error}")))?;
    if !status.success() {
        return Err(BenchError(format!("{program} ended with {status}")));
    }
    Ok(())
}
