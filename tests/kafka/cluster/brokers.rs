//! Three brokers that are their own controllers, each on a host and a small disk of its own.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::metadata::MetadataTopic;

use super::network::{Network, address, name, signal, system};
use super::wait_end;
use crate::kafka::broker;
use crate::system::process::Running;

pub(super) const BROKERS: usize = 3;
/// Hosts of the brokers.
pub(super) const HOSTS: [u8; BROKERS] = [11, 12, 13];
/// Each has a run's records some times over: the rest of it is filled when the disk is to be full.
const DISK: &str = "768m";
/// Any fixed value will do: 16 bytes, base64url.
const CLUSTER_ID: &str = "dGlsYW5uZS1vZi10ZXN0cw";
/// How long a broker may take to end in good order.
const STOP_PATIENCE: Duration = Duration::from_mins(2);
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);

/// A running cluster.
pub(super) struct Brokers<'a> {
    /// Asks for copies and offsets. First, to go while there is someone to take leave of.
    observer: BaseConsumer,
    network: &'a Network,
    all: Vec<Broker>,
}

struct Broker {
    host: u8,
    home: PathBuf,
    process: Running,
    /// Bytes of its log from before it was started last.
    log_from: usize,
    disk: Disk,
}

/// A file system in memory, to be full when that is wanted.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: PathBuf, number: usize) -> Self {
        std::fs::create_dir_all(&place).unwrap();
        let source = format!("{}-{number}", name());
        system(&format!("mount -t tmpfs -o size={DISK} {source} {}", place.display())).unwrap();
        Self(place)
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = system(&format!("umount -l {}", self.0.display()));
    }
}

fn settings(number: usize, disk: &Path) -> String {
    let voters: Vec<String> =
        (1..).zip(HOSTS).map(|(id, host)| format!("{id}@{}:9093", address(host))).collect();
    let own = address(HOSTS[number]);
    format!(
        "process.roles=broker,controller\nnode.id={}\ncontroller.quorum.voters={}\n\
         controller.listener.names=CONTROLLER\n\
         listeners=PLAINTEXT://{own}:9092,CONTROLLER://{own}:9093\n\
         advertised.listeners=PLAINTEXT://{own}:9092\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nlog.dirs={}/data\n\
         default.replication.factor=3\nmin.insync.replicas=2\n\
         offsets.topic.replication.factor=3\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=3\ntransaction.state.log.min.isr=2\n\
         share.coordinator.state.topic.replication.factor=3\n\
         share.coordinator.state.topic.min.isr=2\n\
         group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n\
         auto.create.topics.enable=false\nnum.network.threads=2\nnum.io.threads=4\n\
         log.cleaner.threads=1\nlog.cleaner.dedupe.buffer.size=8388608\n",
        number + 1,
        voters.join(","),
        disk.display(),
    )
}

/// For clients.
pub(super) fn bootstrap_servers() -> String {
    HOSTS.map(|host| format!("{}:9092", address(host))).join(",")
}

impl Broker {
    fn launch(network: &Network, host: u8, home: &Path) -> (Running, usize) {
        let (from, log) = broker::open_log(home);
        let mut command = network.on(host, &broker::command(home));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        (Running(command.spawn().unwrap()), from)
    }

    fn wait_started(&mut self) {
        broker::wait_started(&self.home, self.log_from, &mut self.process.0);
    }
}

impl<'a> Brokers<'a> {
    /// Starts them on empty disks, in a folder that lasts.
    pub(super) fn start(network: &'a Network, folder: &Path) -> Self {
        let made = HOSTS.into_iter().enumerate().map(|(number, host)| {
            let home = folder.join(format!("broker-{number}"));
            let disk = Disk::mount(home.join("disk"), number);
            let properties = home.join("server.properties");
            std::fs::write(&properties, settings(number, &disk.0)).unwrap();
            let properties = properties.display().to_string();
            let format = ["format", "-t", CLUSTER_ID, "-c", &properties];
            broker::tool("kafka.tools.StorageTool", &format);
            let (process, log_from) = Broker::launch(network, host, &home);
            Broker { host, home, process, log_from, disk }
        });
        // None starts without others.
        let mut all: Vec<Broker> = made.collect();
        all.iter_mut().for_each(Broker::wait_started);
        let observer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap_servers())
            .set("group.id", "observer")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.timeout.ms", "5000")
            .create()
            .unwrap();
        Self { observer, network, all }
    }

    pub(super) fn host(&self, number: usize) -> u8 {
        self.all[number].host
    }

    /// One that has ended by itself. Those that a test ends are started again before it asks.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.all.iter_mut().find_map(|broker| {
            let status = broker.process.0.try_wait().unwrap()?;
            Some(format!("the broker of {} ended with {status}", broker.home.display()))
        })
    }

    /// Whether all have all records, as far as the one that answers knows.
    pub(super) fn is_in_sync(&self) -> bool {
        let Ok(metadata) = self.observer.fetch_metadata(None, REQUEST_PATIENCE) else {
            return false;
        };
        let mut partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        metadata.brokers().len() == BROKERS
            && partitions.all(|one| one.isr().len() == BROKERS && one.leader() >= 0)
    }

    /// The offset that the next record of a partition gets.
    pub(super) fn next_offset(&self, topic: &str, partition: i32) -> Option<u64> {
        let bounds = self.observer.fetch_watermarks(topic, partition, REQUEST_PATIENCE);
        bounds.ok().and_then(|(_, next)| u64::try_from(next).ok())
    }

    pub(super) fn signal(&self, number: usize, what: &str) {
        signal(&self.all[number].process.0, what);
    }

    /// Ends one at once, as a crash would.
    pub(super) fn kill(&mut self, number: usize) {
        let process = &mut self.all[number].process.0;
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// In good order.
    pub(super) fn stop(&mut self, number: usize) {
        self.signal(number, "-TERM");
        assert!(self.ends_within(number, STOP_PATIENCE), "broker {number} does not end");
    }

    /// Waits for one to end, for so long.
    pub(super) fn ends_within(&mut self, number: usize, patience: Duration) -> bool {
        wait_end(&mut self.all[number].process.0, patience).is_some()
    }

    /// Starts one again on the same disk, and waits until it has started.
    pub(super) fn revive(&mut self, number: usize) {
        let broker = &mut self.all[number];
        let (process, from) = Broker::launch(self.network, broker.host, &broker.home);
        (broker.process, broker.log_from) = (process, from);
        broker.wait_started();
    }

    /// Leaves no block of a disk free.
    pub(super) fn fill_disk(&self, number: usize) {
        let mut ballast = File::create(self.all[number].disk.ballast()).unwrap();
        for bytes in [1 << 20, 1 << 12] {
            let block = vec![0_u8; bytes];
            while ballast.write_all(&block).is_ok() {}
        }
    }

    pub(super) fn free_disk(&self, number: usize) {
        std::fs::remove_file(self.all[number].disk.ballast()).unwrap();
    }
}
