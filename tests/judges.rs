//! Others' readers and checkers: they come from PyPI and npm, and a test that wants them is skipped
//! only where the registry cannot be reached.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

const JUDGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/judges");

/// What pip and npm say when they reach nobody.
const UNREACHED: [&str; 10] = [
    "ConnectionError",
    "ConnectTimeout",
    "NewConnectionError",
    "NameResolutionError",
    "Network is unreachable",
    "Temporary failure in name resolution",
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
];

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Output {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// What it said, on both outputs.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Installs what a file names into a folder, unless it is there. None when the registry cannot be
/// reached.
fn installed(folder: &Path, wanted: &str, install: impl Fn() -> Output) -> Option<()> {
    let wanted = std::fs::read(Path::new(JUDGES).join(wanted)).unwrap();
    let mark = folder.join("installed");
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Some(());
    }
    std::fs::create_dir_all(folder).unwrap();
    let output = install();
    if !output.status.success() {
        let said = said(&output);
        let is_unreached = UNREACHED.iter().any(|sign| said.contains(sign));
        assert!(is_unreached, "the judges cannot be installed: {said}");
        eprintln!("skipped: the package registry cannot be reached: {said}");
        return None;
    }
    std::fs::write(&mark, wanted).unwrap();
    Some(())
}

/// A folder beside the tests' program, so that what is installed stays for the next run.
pub(crate) fn folder(name: &str) -> PathBuf {
    std::env::current_exe().unwrap().with_file_name(name)
}

/// Python with what a file of requirements names.
pub(crate) fn python(requirements: &str) -> Option<PathBuf> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let folder = folder(&format!("judges-{}", requirements.trim_end_matches(".txt")));
    let program = folder.join("bin/python");
    // Tests that want the same judges wait for the first of them.
    let _first = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    installed(&folder, requirements, || {
        let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        assert!(made.status.success(), "{}", said(&made));
        let quietly = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let mut install = Command::new(&program);
        install.args(quietly).args(["--retries", "1", "--timeout", "15", "--requirement"]);
        run(install.arg(script(requirements)))
    })?;
    Some(program)
}

/// A folder with the packages of npm.
pub(crate) fn node() -> Option<&'static Path> {
    static NODE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let node = NODE.get_or_init(|| {
        let folder = folder("judges-node");
        installed(&folder, "package.json", || {
            std::fs::copy(Path::new(JUDGES).join("package.json"), folder.join("package.json"))
                .unwrap();
            let mut install = Command::new("npm");
            install.args(["install", "--no-audit", "--no-fund", "--fetch-retries=1"]);
            // One of the packages would report that it is installed.
            install.arg("--ignore-scripts");
            run(install.current_dir(&folder))
        })?;
        Some(folder)
    });
    node.as_deref()
}

/// A file of the judges' folder.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(JUDGES).join(name)
}
