//! Debian packages that building and testing need.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// Program and the Debian package that has it.
const NEEDED: [(&str, &str); 9] = [
    ("chromium", "chromium"),
    ("ip", "iproute2"),
    ("java", "default-jre-headless"),
    ("mosquitto", "mosquitto"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("mvn", "maven"),
    ("openssl", "openssl"),
    ("pkg-config", "pkg-config"),
    ("setpriv", "util-linux"),
];
/// Library that the client of Kafka is built with, as pkg-config names it, and the Debian package that
/// has it.
const LIBRARIES: [(&str, &str); 2] = [("libssl", "libssl-dev"), ("zlib", "zlib1g-dev")];

/// Installs what is missing when this user may, else says what to install.
pub fn ensure() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let install = format!("apt-get install --yes {}", missing.join(" "));
    let Some(mut apt) = apt() else {
        bail!("the tests need {}; install with: sudo {install}", missing.join(" and "));
    };
    eprintln!("installing {}", missing.join(" "));
    command::run(apt.args(["-qq", "update"]))?;
    let Some(mut apt) = self::apt() else { bail!("apt-get has gone away") };
    command::run(apt.args(["-qq", "install", "--yes", "--no-install-recommends"]).args(missing))
}

fn missing() -> Vec<&'static str> {
    let is_there = |library: &str| {
        let mut ask = Command::new("pkg-config");
        ask.args(["--exists", library]).status().is_ok_and(|status| status.success())
    };
    let programs = NEEDED.iter().filter(|(program, _)| !command::on_path(program));
    let libraries = LIBRARIES.iter().filter(|(library, _)| !is_there(library));
    programs.chain(libraries).map(|&(_, package)| package).collect()
}

/// apt-get with the rights to install, or nothing.
fn apt() -> Option<Command> {
    if !command::on_path("apt-get") {
        return None;
    }
    let mut apt = Command::new("apt-get");
    let root = Command::new("id").arg("-u").output().ok()?.stdout == b"0\n";
    if !root {
        let may = Command::new("sudo").args(["-n", "true"]).status().ok()?.success();
        if !may {
            return None;
        }
        apt = Command::new("sudo");
        apt.args(["-n", "apt-get"]);
    }
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    Some(apt)
}
