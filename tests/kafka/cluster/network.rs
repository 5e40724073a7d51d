//! Hosts of the cluster: network namespaces on a bridge. The bridge is in a namespace too, where no rule
//! of this machine's own network stands between the hosts. All of it goes with the test.

use std::path::Path;
use std::process::{Child, Command};

/// What the hosts' addresses begin with.
const SUBNET: &str = "10.77.0";
/// What all that is made for a test is named after, with the test's process after it.
const PREFIX: &str = "tilanne-";

/// Namespaces, the bridge between them, and our own link to it.
pub(super) struct Network {
    name: String,
    hosts: Vec<u8>,
}

/// Address of a host.
pub(super) fn address(host: u8) -> String {
    format!("{SUBNET}.{host}")
}

/// Name of what belongs to this process, to be found should it not end in good order.
pub(super) fn name() -> String {
    format!("{PREFIX}{}", std::process::id())
}

/// Runs a program of the system to its end, for what it prints.
pub(super) fn system(line: &str) -> Result<String, String> {
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default()).args(words).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{line}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Sends a signal, such as `-STOP`.
pub(super) fn signal(process: &Child, signal: &str) {
    system(&format!("kill {signal} {}", process.id())).unwrap();
}

/// Removes what runs have left that were ended before they could.
fn sweep() {
    let is_left = |name: &str| {
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        let process = process.filter(|process| process.parse::<u32>().is_ok());
        process.is_some_and(|process| !Path::new("/proc").join(process).exists())
    };
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    for line in mounts.lines() {
        let mut words = line.split(' ');
        let (source, place) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if is_left(source) {
            system(&format!("umount -l {place}")).unwrap();
        }
    }
    for line in system("ip netns list").unwrap().lines() {
        let name = line.split(' ').next().unwrap_or_default();
        if is_left(name) {
            // Only that of the bridge has a link of this name.
            let _ = system(&format!("ip link del {name}"));
            system(&format!("ip netns del {name}")).unwrap();
        }
    }
}

impl Network {
    /// Makes a namespace for each host.
    pub(super) fn make(hosts: &[u8]) -> Self {
        let user = system("id -u").unwrap();
        assert_eq!(user.trim(), "0", "only root can make network namespaces and mount disks");
        sweep();
        let taken = system(&format!("ip -4 -o addr show to {SUBNET}.0/24")).unwrap();
        assert!(taken.is_empty(), "addresses of {SUBNET}.0/24 are in use here: {taken}");
        let name = name();
        // Removes what there is when the rest cannot be made.
        let mut network = Self { name: name.clone(), hosts: Vec::new() };
        for line in [
            format!("ip netns add {name}"),
            format!("ip -n {name} link add bridge type bridge"),
            format!("ip -n {name} link set bridge up"),
            format!("ip link add {name} type veth peer name here netns {name}"),
            format!("ip -n {name} link set here master bridge up"),
            format!("ip addr add {SUBNET}.1/24 dev {name}"),
            format!("ip link set {name} up"),
        ] {
            system(&line).unwrap();
        }
        for &host in hosts {
            network.hosts.push(host);
            network.add(host);
        }
        network
    }

    fn add(&self, host: u8) {
        let (name, namespace) = (&self.name, self.namespace(host));
        for line in [
            format!("ip netns add {namespace}"),
            format!("ip -n {name} link add host{host} type veth peer name eth0 netns {namespace}"),
            format!("ip -n {name} link set host{host} master bridge up"),
            format!("ip -n {namespace} addr add {SUBNET}.{host}/24 dev eth0"),
            format!("ip -n {namespace} link set lo up"),
            format!("ip -n {namespace} link set eth0 up"),
        ] {
            system(&line).unwrap();
        }
    }

    fn namespace(&self, host: u8) -> String {
        format!("{}-{host}", self.name)
    }

    /// The same command on a host. What it starts ends with the thread that starts it.
    pub(super) fn on(&self, host: u8, command: &Command) -> Command {
        let mut there = Command::new("nsenter");
        there.arg(format!("--net=/run/netns/{}", self.namespace(host)));
        there.args(["setpriv", "--pdeathsig", "KILL"]);
        there.arg(command.get_program()).args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => there.env(variable, value),
                None => there.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            there.current_dir(folder);
        }
        there
    }

    /// Takes a host's link down at the bridge, or up again. The host keeps its address, and hears nothing.
    pub(super) fn link(&self, host: u8, state: &str) {
        system(&format!("ip -n {} link set host{host} {state}", self.name)).unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for &host in &self.hosts {
            let _ = system(&format!("ip netns del {}", self.namespace(host)));
        }
        let _ = system(&format!("ip link del {}", self.name));
        let _ = system(&format!("ip netns del {}", self.name));
    }
}
