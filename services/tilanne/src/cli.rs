//! Commands, flags and the environment variables that stand for flags.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::run::Roles;
use crate::{
    archive, check, decode, emission, export, import, network, replay, run, subscribe, topics,
};

/// The live situational picture of urban mobility.
#[derive(Parser)]
#[command(name = "tilanne", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole system in one process on the embedded log.
    Run(RunArguments),
    /// Look at what is archived.
    #[command(subcommand)]
    Archive(archive::Command),
    /// Check a configuration and name the line of an error.
    Check(ConfigArguments),
    /// Print what a format makes of files: each event, reject and verdict as one JSON line, and
    /// the ledger as the last.
    Decode(decode::Arguments),
    /// Make the tables of emission factors and of fleets, and show what they say.
    #[command(subcommand)]
    Emission(emission::Command),
    /// Write what is archived of a layer over a range of time as a file: GeoParquet, CSV, `FlatGeobuf`,
    /// GeoJSON, NDJSON or Arrow.
    Export(Box<export::Arguments>),
    /// Read feeds onto the log in Kafka: of the regions that this process gets of its group.
    Ingest(RoleArguments),
    /// Make a recording of what others have recorded.
    Import(import::Arguments),
    /// Make and look at the file of a street network.
    #[command(subcommand)]
    Network(network::Command),
    /// Keep the pictures of regions, from the log in Kafka: of those that this process gets of its
    /// group.
    Process(RoleArguments),
    /// Run an archived day, or recordings, through the live code at any speed.
    Replay(replay::Arguments),
    /// Serve the pictures of all regions from the log in Kafka.
    Serve(RunArguments),
    /// Print the stream of a server: each change of an object, or each event, as one JSON line.
    Subscribe(Box<subscribe::Arguments>),
    /// Make and check the topics of the log in Kafka.
    #[command(subcommand)]
    Topics(topics::Command),
}

/// Which configuration.
#[derive(clap::Args, Clone)]
pub(crate) struct ConfigArguments {
    /// Main configuration file.
    #[arg(long, env = "TILANNE_CONFIG", default_value = "config/tilanne.toml")]
    pub(crate) config: PathBuf,
    /// Folder of street networks, `REGION.network` each; before the file's `networks`.
    #[arg(long, env = "TILANNE_NETWORKS")]
    pub(crate) networks: Option<PathBuf>,
}

/// What `run` takes beside the configuration; each overrides the file.
#[derive(clap::Args, Clone)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,
    /// Where the log and the checkpoints are kept.
    #[arg(long, env = "TILANNE_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address and port to serve on, such as 127.0.0.1:8080; port 0 takes a free one.
    #[arg(long, env = "TILANNE_LISTEN")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Recording to play in place of the feeds.
    #[arg(long)]
    pub(crate) replay: Option<PathBuf>,
    /// Which log lines to print, such as `info` or `warn,ingest=debug`.
    #[arg(long, env = "TILANNE_LOG")]
    pub(crate) log_level: Option<String>,
    /// Name of this process in its groups, the same after a restart; only with the log in Kafka.
    #[arg(long, env = "TILANNE_INSTANCE")]
    pub(crate) instance: Option<String>,
    /// Set by [`RoleArguments`] alone.
    #[arg(skip)]
    pub(crate) standby: bool,
}

/// What `ingest` and `process` take.
#[derive(clap::Args, Clone)]
pub(crate) struct RoleArguments {
    #[command(flatten)]
    run: RunArguments,
    /// Keep the regions of other processes warm, to take over in an instant and without loss. Costs what
    /// having them costs.
    #[arg(long)]
    standby: bool,
}

impl From<RoleArguments> for RunArguments {
    fn from(RoleArguments { run, standby }: RoleArguments) -> Self {
        Self { standby, ..run }
    }
}

impl Cli {
    /// Does what the arguments say.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Run(arguments) => run::run(&arguments, Roles::ALL),
            Command::Archive(command) => archive::archive(&command),
            Command::Check(arguments) => check::check(&arguments),
            Command::Decode(arguments) => decode::decode(&arguments),
            Command::Emission(command) => emission::emission(&command),
            Command::Export(arguments) => export::export(&arguments),
            Command::Ingest(arguments) => run::run(&arguments.into(), Roles::INGEST),
            Command::Import(arguments) => import::import(&arguments),
            Command::Network(command) => network::network(&command),
            Command::Process(arguments) => run::run(&arguments.into(), Roles::PROCESS),
            Command::Replay(arguments) => replay::replay(&arguments),
            Command::Serve(arguments) => run::run(&arguments, Roles::SERVE),
            Command::Subscribe(arguments) => subscribe::subscribe(&arguments),
            Command::Topics(command) => topics::topics(&command),
        }
    }
}
