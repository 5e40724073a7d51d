//! A broker that is also its own controller, on loopback, and Kafka's own tools that measure it. All
//! from the jars that `cargo xtask bench` puts beside the builds.

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::BenchError;
use crate::bench::process::{Started, cpu_of, folder};

/// A Java machine on a busy machine takes its time.
const START_PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(100);
/// Any fixed value will do: 16 bytes, base64url.
const CLUSTER_ID: &str = "dGlsYW5uZS1vZi1iZW5jaA";
/// How the broker is run: a small heap, and otherwise as its own scripts do.
const BROKER: [&str; 4] = ["-Xms512m", "-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"];
/// Tools run for seconds on a part of two cores: one thread collects their garbage.
const TOOL: [&str; 2] = ["-Xmx512m", "-XX:+UseSerialGC"];
/// Without this the broker says nothing, and nobody sees why it does not start.
const LOGGING: &str = "status = ERROR\nappender.c.type = Console\nappender.c.name = c\n\
                       appender.c.layout.type = PatternLayout\n\
                       appender.c.layout.pattern = %d %p %m%n\n\
                       rootLogger.level = INFO\nrootLogger.appenderRef.c.ref = c\n";

/// A running broker, which goes with its folder.
pub(super) struct Broker {
    process: Started,
    home: PathBuf,
    jars: PathBuf,
    /// `host:port` for clients.
    pub(super) address: String,
}

/// Rates of Kafka's own tools, records/s.
pub(super) struct Peer {
    pub(super) producer_s: f64,
    /// Without the time that it takes to join its group.
    pub(super) consumer_s: f64,
}

/// A program that ends with the bench, however that ends. The kernel ends it when the thread that
/// started it does, so it must be started from the main thread.
pub(super) fn lasting(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program).stdin(Stdio::null());
    command
}

/// Writes a file of the bench's own.
pub(super) fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(|error| BenchError(format!("{}: {error}", path.display())))
}

fn java(jars: &Path, options: &[&str]) -> Command {
    let mut command = lasting("java");
    command.args(options).args(["-Djava.awt.headless=true", "-Djava.net.preferIPv4Stack=true"]);
    command.arg("-cp").arg(format!("{}/*", jars.display()));
    // Tools write numbers as the locale does.
    command.env("LC_ALL", "C");
    command
}

/// Where `cargo xtask bench` has put the broker's jars: beside the folder of this binary.
fn jars() -> Result<PathBuf, BenchError> {
    let this = std::env::current_exe().map_err(BenchError::new)?;
    let jars = this.ancestors().nth(2).map(|target| target.join("kafka"));
    jars.filter(|jars| jars.is_dir()).ok_or_else(|| {
        BenchError::new("the broker's jars are missing: run `cargo xtask bench kafka`")
    })
}

/// Runs a tool to its end and gives what it printed.
fn finished(command: &mut Command) -> Result<String, BenchError> {
    let output = command.output();
    let output = output.map_err(|error| BenchError(format!("setpriv (util-linux): {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(BenchError(format!("{command:?}: {text}{errors}")))
}

fn free_ports() -> Result<[u16; 2], BenchError> {
    // Both are open at a time, so that they differ.
    let open = || TcpListener::bind("127.0.0.1:0").map_err(BenchError::new);
    let (one, other) = (open()?, open()?);
    let port = |listener: &TcpListener| {
        listener.local_addr().map(|address| address.port()).map_err(BenchError::new)
    };
    Ok([port(&one)?, port(&other)?])
}

fn settings(port: u16, controller: u16, home: &Path) -> String {
    format!(
        "process.roles=broker,controller\nnode.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nlog.dirs={}/data\n\
         offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n\
         auto.create.topics.enable=false\nnum.network.threads=2\nnum.io.threads=4\n\
         log.cleaner.threads=1\nlog.cleaner.dedupe.buffer.size=8388608\n",
        home.display()
    )
}

impl Broker {
    /// Starts one on an empty folder; it is ready then.
    pub(super) fn start() -> Result<Self, BenchError> {
        let jars = jars()?;
        let home = folder("kafka")?;
        let [port, controller] = free_ports()?;
        let properties = home.join("server.properties");
        write(&properties, &settings(port, controller, &home))?;
        let logging = home.join("log4j2.properties");
        write(&logging, LOGGING)?;
        let mut format = java(&jars, &TOOL);
        format.args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"]);
        finished(format.arg(&properties))?;
        let log = home.join("broker.log");
        let out = File::create(&log).map_err(BenchError::new)?;
        let mut command = java(&jars, &BROKER);
        command.arg(format!("-Dlog4j2.configurationFile={}", logging.display()));
        command.arg("kafka.Kafka").arg(&properties);
        command.stdout(out.try_clone().map_err(BenchError::new)?).stderr(out);
        let mut process = Started::new(&mut command, Some(home.clone()))?;
        wait_for_start(&mut process, &log)?;
        Ok(Self { process, home, jars, address: format!("127.0.0.1:{port}") })
    }

    /// A folder that goes with the broker.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, BenchError> {
        let folder = self.home.join(name);
        std::fs::create_dir_all(&folder).map_err(BenchError::new)?;
        Ok(folder)
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> Result<Duration, BenchError> {
        cpu_of(self.process.child.id())
    }

    /// Bytes of a topic's records on the disk: whole batches as producers have sent them, which is also
    /// what goes over the wire to each reader. Indexes, which are set aside in full, are left out.
    pub(super) fn bytes(&self, topic: &str) -> Result<u64, BenchError> {
        let mut bytes = 0;
        for partition in std::fs::read_dir(self.home.join("data")).map_err(BenchError::new)? {
            let partition = partition.map_err(BenchError::new)?;
            let name = partition.file_name().to_string_lossy().into_owned();
            if name.rsplit_once('-').is_none_or(|(of, _)| of != topic) {
                continue;
            }
            for file in std::fs::read_dir(partition.path()).map_err(BenchError::new)? {
                let file = file.map_err(BenchError::new)?;
                if file.path().extension().is_some_and(|extension| extension == "log") {
                    bytes += file.metadata().map_err(BenchError::new)?.len();
                }
            }
        }
        Ok(bytes)
    }

    /// What Kafka's own tools do with so many records of a size, on a new topic: acknowledged by all,
    /// idempotent, zstd. Their records are random letters, which shrink to some two thirds.
    pub(super) fn perf(
        &self,
        topic: &str,
        partitions: usize,
        records: usize,
        record_bytes: usize,
    ) -> Result<Peer, BenchError> {
        let (partitions, records) = (partitions.to_string(), records.to_string());
        let record_bytes = record_bytes.to_string();
        let address = self.address.as_str();
        let tool = |class: &str, arguments: &[&str]| {
            let mut command = java(&self.jars, &TOOL);
            finished(command.arg(format!("org.apache.kafka.tools.{class}")).args(arguments))
        };
        let with_broker = ["--bootstrap-server", address, "--topic", topic];
        let partitions = partitions.as_str();
        let create = ["--create", "--partitions", partitions, "--replication-factor", "1"];
        tool("TopicCommand", &[&with_broker[..], &create[..]].concat())?;
        let servers = format!("bootstrap.servers={address}");
        let produced = tool(
            "ProducerPerformance",
            &[
                "--topic",
                topic,
                "--num-records",
                &records,
                "--record-size",
                &record_bytes,
                "--throughput",
                "-1",
                "--command-property",
                &servers,
                "acks=all",
                "enable.idempotence=true",
                "linger.ms=5",
                "batch.size=262144",
                "compression.type=zstd",
            ],
        )?;
        let wanted = ["--num-records", records.as_str()];
        let consumed = tool("ConsumerPerformance", &[&with_broker[..], &wanted[..]].concat())?;
        let said = |rate: Option<f64>, text: &str| {
            rate.ok_or_else(|| BenchError(format!("a tool of Kafka gave no rate: {text}")))
        };
        Ok(Peer {
            producer_s: said(producer_rate(&produced), &produced)?,
            consumer_s: said(consumer_rate(&consumed), &consumed)?,
        })
    }
}

/// Of the last line `600000 records sent, 184501.845018 records/sec (...), ...`.
fn producer_rate(text: &str) -> Option<f64> {
    let line = text.lines().rfind(|line| line.contains(" records/sec"))?;
    line.split(" records/sec").next()?.rsplit(' ').next()?.parse().ok()
}

/// Of the line below the header, the last of ten fields: `fetch.nMsg.sec`.
fn consumer_rate(text: &str) -> Option<f64> {
    text.lines().rev().find_map(|line| line.split(", ").nth(9)?.trim().parse().ok())
}

fn wait_for_start(process: &mut Started, log: &Path) -> Result<(), BenchError> {
    let started = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).map_err(BenchError::new)?;
        if text.contains("Kafka Server started") {
            return Ok(());
        }
        let ended = process.child.try_wait().map_err(BenchError::new)?;
        if ended.is_some() || started.elapsed() > START_PATIENCE {
            return Err(BenchError(format!("the broker does not start: {text}")));
        }
        std::thread::sleep(PAUSE);
    }
}
