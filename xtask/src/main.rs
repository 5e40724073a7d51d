//! Tasks of the repository: `cargo xtask <task>`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{bench, codegen, dashboard, fuzz, packages, root, run, test};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, test and measure Tilanne")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set up everything and run the system; without arguments it plays the demo recording.
    Run {
        /// Arguments of `tilanne run`, such as `--config config/live.toml`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Set up what the tests need and run them all.
    Test {
        /// Part of a test's name; everything without it.
        filter: Option<String>,
        /// Faults on a cluster of brokers instead, for hours, as root: `tests/kafka/cluster.rs`.
        #[arg(long, conflicts_with = "filter")]
        cluster: bool,
    },
    /// Measure, and compare with the targets.
    Bench {
        /// Group of figures; all of them without it.
        name: Option<String>,
        /// One JSON object a line: name, figure, unit, target, met.
        #[arg(long)]
        json: bool,
        /// Also write each group's figures to `load-tests/results/<group>.md`, over what is there.
        #[arg(long)]
        write: bool,
    },
    /// Look for inputs that a parser fails at; the targets are in `tests/fuzz`.
    Fuzz {
        /// `formats`, `query` or `subscription`.
        target: String,
        /// How long, minutes.
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Build the dashboard.
    Dashboard,
    /// Generate the Rust code of the messages in proto/.
    Codegen,
    /// Install the Debian packages that the tests need, or say which are missing.
    Packages,
}

fn main() -> anyhow::Result<ExitCode> {
    let root = root();
    match Cli::parse().task {
        Task::Run { arguments } => run::run(&root, &arguments),
        Task::Test { cluster: true, .. } => test::cluster(&root),
        Task::Test { filter, cluster: false } => test::test(&root, filter.as_deref()),
        Task::Bench { name, json, write } => bench::bench(&root, name.as_deref(), json, write),
        Task::Fuzz { target, minutes } => fuzz::fuzz(&root, &target, minutes),
        Task::Dashboard => dashboard::build(&root).map(|()| ExitCode::SUCCESS),
        Task::Codegen => codegen::write(&root).map(|()| ExitCode::SUCCESS),
        Task::Packages => packages::ensure().map(|()| ExitCode::SUCCESS),
    }
}
