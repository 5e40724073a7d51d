//! The system as processes of its own, each on a host: ingest, two processors, a gateway, clients of
//! that, and brokers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::brokers::{Brokers, bootstrap_servers};
use super::client::{Client, now};
use super::network::{Network, address, signal};
use super::wait_end;
use super::world::{RECORDED_S, World};
use crate::system::kill::{assert_balanced, assert_same, ended_feeds};
use crate::system::process::{Folder, Running, Server, client, text, tilanne};

/// Where parts are in their list.
pub(super) const INGEST: usize = 0;
pub(super) const PROCESSORS: [usize; 2] = [1, 2];
pub(super) const GATEWAY: usize = 3;
/// Name, role and host of each part.
const PARTS: [(&str, &str, u8); 4] = [
    ("ingest", "ingest", 21),
    ("process-1", "process", 22),
    ("process-2", "process", 23),
    ("serve", "serve", 24),
];
/// The gateway that starts at the end.
const LATE: (&str, &str, u8) = ("serve-late", "serve", 25);
pub(super) const HOSTS: [u8; 5] = [21, 22, 23, 24, 25];
const PREFIX: &str = "tilanne.";
/// A region is to be taken over within 5 s by a standby, and this is most of what that takes.
pub(super) const SESSION_TIMEOUT_MS: u32 = 2_000;
/// How long anything may take that needs all parts; brokers that were away have much to copy.
const PATIENCE: Duration = Duration::from_mins(4);
/// How long the rest of the recording may take.
const END_PATIENCE: Duration = Duration::from_mins(10);
const STOP_PATIENCE: Duration = Duration::from_mins(1);
const REQUEST_PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two looks at the copies: a broker that was away may have old news.
const SYNC_PAUSE: Duration = Duration::from_secs(1);
/// After both processors have regions: who stands by has caught up then.
const SETTLE: Duration = Duration::from_secs(5);

/// A process.
struct Part {
    name: &'static str,
    role: &'static str,
    host: u8,
    server: Server,
    /// Ended by the test, and not started again yet.
    is_down: bool,
}

/// All of a run.
pub(super) struct System<'a> {
    clients: Vec<Client>,
    parts: Vec<Part>,
    pub(super) brokers: Brokers<'a>,
    network: &'a Network,
    world: &'a World,
    runtime: Runtime,
    http: reqwest::Client,
    is_standby: bool,
    config: PathBuf,
    /// Partition of each region.
    partitions: BTreeMap<String, i32>,
    /// Last sequence of each region.
    last: BTreeMap<String, u64>,
    layers: Vec<String>,
    /// Seconds of takeovers that nobody has asked for yet.
    pub(super) takeovers_s: Vec<f64>,
    folder: Folder,
}

fn kafka(folder: &Path) -> String {
    format!(
        "[kafka]\nbootstrap_servers = \"{}\"\ntopic_prefix = \"{PREFIX}\"\n\
         checkpoint_directory = '{}'\nreplication_factor = 3\n\
         session_timeout_ms = {SESSION_TIMEOUT_MS}\n",
        bootstrap_servers(),
        folder.join("checkpoints").display(),
    )
}

/// Makes the topics; gives the partition of each region.
fn apply(config: &Path) -> BTreeMap<String, i32> {
    let output = tilanne(["topics", "apply", "--config"]).arg(config).output().unwrap();
    let (out, error) = text(&output);
    assert!(output.status.success(), "{out}{error}");
    let lines = out.lines().filter_map(|line| line.split_once("region "));
    let said = lines.filter_map(|(_, rest)| rest.split_once(": gets partition "));
    said.map(|(region, partition)| (region.to_owned(), partition.parse().unwrap())).collect()
}

impl<'a> System<'a> {
    /// Starts all on empty brokers, with clients that are there before the first event.
    pub(super) fn start(network: &'a Network, world: &'a World, is_standby: bool) -> Self {
        let folder = Folder::new();
        let brokers = Brokers::start(network, &folder.0);
        let config = folder.write("kafka.toml", &world.config("1.0", &kafka(&folder.0)));
        let partitions = apply(&config);
        let mut system = Self {
            clients: Vec::new(),
            parts: Vec::new(),
            brokers,
            network,
            world,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            http: client(),
            is_standby,
            config,
            partitions,
            last: world.last(),
            layers: Vec::new(),
            takeovers_s: Vec::new(),
            folder,
        };
        // Who does not follow from the beginning would have less to go wrong: ingest is the last.
        let waiting = PARTS.into_iter().skip(1).map(|part| system.launch(part)).collect();
        system.parts = waiting;
        let (layers, address) = system.wait("a gateway", PATIENCE, |system| {
            let gateway = system.parts.last()?;
            Some((system.ready_layers(gateway)?, gateway.server.address.clone()))
        });
        system.layers = layers;
        for region in system.last.keys() {
            let client = Client::start(region, &system.layers, &address, &system.folder.0);
            system.clients.push(client);
        }
        let ingest = system.launch(PARTS[INGEST]);
        system.parts.insert(INGEST, ingest);
        system
    }

    fn launch(&self, (name, role, host): (&'static str, &'static str, u8)) -> Part {
        let data = self.folder.0.join(name);
        std::fs::create_dir_all(&data).unwrap();
        let listen = format!("{}:8080", address(host));
        let mut command = tilanne([role, "--listen", &listen, "--config"]);
        command.arg(&self.config).arg("--data-dir").arg(&data);
        if role == "process" && self.is_standby {
            command.arg("--standby");
        }
        let log = data.with_extension("log");
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut command = self.network.on(host, &command);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let process = Running(command.spawn().unwrap());
        Part { name, role, host, server: Server { process, address: listen }, is_down: false }
    }

    /// Starts a part again that was ended.
    pub(super) fn revive(&mut self, place: usize) {
        let Part { name, role, host, .. } = self.parts[place];
        self.parts[place] = self.launch((name, role, host));
    }

    /// Ends a part at once, as a crash would.
    pub(super) fn kill(&mut self, place: usize) {
        let part = &mut self.parts[place];
        part.is_down = true;
        part.server.process.0.kill().unwrap();
        part.server.process.0.wait().unwrap();
    }

    /// In good order.
    pub(super) fn stop(&mut self, place: usize) {
        let part = &mut self.parts[place];
        part.is_down = true;
        signal(&part.server.process.0, "-TERM");
        let status = wait_end(&mut part.server.process.0, STOP_PATIENCE);
        let is_well = status.is_some_and(|status| status.success());
        assert!(is_well, "{} ended with {status:?}", part.name);
    }

    pub(super) fn signal(&self, place: usize, what: &str) {
        signal(&self.parts[place].server.process.0, what);
    }

    pub(super) fn host(&self, place: usize) -> u8 {
        self.parts[place].host
    }

    /// Takes the link of a host down, or up again.
    pub(super) fn link(&self, host: u8, state: &str) {
        self.network.link(host, state);
    }

    /// Asks until the answer is there; fails when something ends meanwhile that nobody has ended.
    fn wait<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut ask: impl FnMut(&Self) -> Option<T>,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            self.expect_running();
            assert!(start.elapsed() < patience, "waited in vain for {what}");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// No fault is a reason for another process to end.
    fn expect_running(&mut self) {
        let parts = self.parts.iter_mut().filter(|part| !part.is_down);
        let mut ended = parts.filter_map(|part| {
            let status = part.server.process.0.try_wait().unwrap()?;
            Some(format!("{} ended with {status}", part.name))
        });
        let ended = ended.next().or_else(|| self.brokers.ended());
        let ended = ended.or_else(|| self.clients.iter_mut().find_map(Client::ended));
        assert!(ended.is_none(), "{} by itself", ended.unwrap_or_default());
    }

    /// Body of an answer, from a part that may be away.
    fn get(&self, part: &Part, path: &str) -> Option<String> {
        let url = format!("http://{}{path}", part.server.address);
        self.runtime.block_on(async {
            let answer = self.http.get(url).timeout(REQUEST_PATIENCE).send().await.ok()?;
            answer.error_for_status().ok()?.text().await.ok()
        })
    }

    /// Names of all layers, from a gateway that has caught up.
    fn ready_layers(&self, gateway: &Part) -> Option<Vec<String>> {
        self.get(gateway, "/readyz")?;
        let answer: Value = serde_json::from_str(&self.get(gateway, "/v1/regions")?).ok()?;
        Some(answer["regions"][0]["layers"].as_object()?.keys().cloned().collect())
    }

    /// Sequence of each region at the gateway.
    fn shown(&self) -> Option<BTreeMap<String, u64>> {
        let answer = self.get(&self.parts[GATEWAY], "/v1/regions")?;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        let sequence = |region: &Value| {
            let sequence = region["sequence"].as_u64().unwrap_or_default();
            Some((region["id"].as_str()?.to_owned(), sequence))
        };
        answer["regions"].as_array()?.iter().map(sequence).collect()
    }

    /// How much of the recording is not shown yet, in its seconds.
    pub(super) fn left_s(&mut self) -> f64 {
        let shown = self.wait("the gateway", PATIENCE, Self::shown);
        let (shown, last): (u64, u64) = (shown.values().sum(), self.last.values().sum());
        f64::from(RECORDED_S) * (1.0 - shown as f64 / last as f64)
    }

    /// The offset that the next event of a region gets.
    fn next_event(&self, region: &str) -> Option<u64> {
        let topic = format!("{PREFIX}{}", stream::topic::EVENTS);
        self.brokers.next_offset(&topic, *self.partitions.get(region)?)
    }

    /// Waits until something is shown of each region that is appended after now; at the end of the
    /// recording, until that is shown.
    fn pass(&mut self, regions: &[String]) {
        let goals = self.wait("offsets", PATIENCE, |system| {
            let goal = |region: &String| Some(system.next_event(region)?.min(system.last[region]));
            regions.iter().map(goal).collect::<Option<Vec<u64>>>()
        });
        let what = format!("{goals:?} of {regions:?} to be shown");
        self.wait(&what, PATIENCE, |system| {
            let shown = system.shown()?;
            let mut goals = regions.iter().zip(&goals);
            goals.all(|(region, goal)| shown.get(region) >= Some(goal)).then_some(())
        });
    }

    /// Waits until something of each region is shown that came after a fault, and notes how long it took.
    pub(super) fn take_over(&mut self, regions: &[String], since: Instant) {
        self.pass(regions);
        self.takeovers_s.push(since.elapsed().as_secs_f64());
    }

    /// Waits until all is as it was before a fault.
    pub(super) fn calm(&mut self) {
        for _ in 0..2 {
            std::thread::sleep(SYNC_PAUSE);
            let is_in_sync = |system: &Self| system.brokers.is_in_sync().then_some(());
            self.wait("all copies", PATIENCE, is_in_sync);
        }
        let regions: Vec<String> = self.last.keys().cloned().collect();
        self.pass(&regions);
    }

    /// The regions of each processor, once both have some.
    pub(super) fn shared_out(&mut self) -> [Vec<String>; 2] {
        let all = self.last.len();
        let is_shared = |system: &Self| {
            let owned = PROCESSORS.map(|place| system.owned(place).len());
            (!owned.contains(&0) && owned.iter().sum::<usize>() == all).then_some(())
        };
        self.wait("both processors to have regions", PATIENCE, is_shared);
        std::thread::sleep(SETTLE);
        self.wait("both processors to have regions", PATIENCE, is_shared);
        PROCESSORS.map(|place| self.owned(place))
    }

    fn owned(&self, place: usize) -> Vec<String> {
        let metrics = self.get(&self.parts[place], "/metrics").unwrap_or_default();
        let is_owned =
            |line: &&str| line.starts_with("tilanne_region_owned{") && line.ends_with(" 1");
        let region =
            |line: &str| Some(line.split_once("region=\"")?.1.split_once('"')?.0.to_owned());
        metrics.lines().filter(is_owned).filter_map(region).collect()
    }

    /// Plays the rest of the recording as fast as it goes, then holds what is there to the undisturbed
    /// run: what the gateway shows, what one shows that starts now, what clients have, and what is logged.
    pub(super) fn check(&mut self) {
        self.stop(INGEST);
        self.folder.write("kafka.toml", &self.world.config("\"max\"", &kafka(&self.folder.0)));
        self.revive(INGEST);
        let last = self.last.clone();
        self.wait("the end", END_PATIENCE, |system| (system.shown()? == last).then_some(()));
        let feeds = self.wait("the end of all feeds", PATIENCE, |system| {
            ended_feeds(&system.parts[GATEWAY].server)
        });
        assert_balanced(&feeds);
        assert_same(&self.parts[GATEWAY].server, &self.world.undisturbed);
        for (region, last) in &last {
            let next = self.wait("offsets", PATIENCE, |system| system.next_event(region));
            assert_eq!(next, last + 1, "events of {region}");
        }
        let late = self.launch(LATE);
        self.wait("a gateway to catch up", PATIENCE, |system| system.ready_layers(&late));
        assert_same(&late.server, &self.world.undisturbed);
        for client in &self.clients {
            let wanted = now(&client.region, &self.layers, &late.server.address);
            let start = Instant::now();
            // It may be waiting to connect again.
            while client.difference(&wanted).is_some() && start.elapsed() < PATIENCE {
                std::thread::sleep(LOOK_EVERY);
            }
            assert_eq!(client.difference(&wanted), None, "client of {}", client.region);
        }
        self.expect_running();
    }
}

impl Drop for System<'_> {
    /// Keeps the logs when the run has failed.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let folder = &self.folder.0;
        let kept = std::env::temp_dir().join("tilanne-cluster-logs");
        let kept = kept.join(folder.file_name().unwrap_or_default());
        let _ = std::fs::create_dir_all(&kept);
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.extension().is_some_and(|extension| extension == "log") {
                let _ = std::fs::copy(&path, kept.join(name));
            } else {
                let _ =
                    std::fs::copy(path.join("broker.log"), kept.join(name).with_extension("log"));
            }
        }
        eprintln!("logs are in {}", kept.display());
    }
}
