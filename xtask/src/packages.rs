//! Debian packages that the tests need.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// Program and the Debian package that has it.
const NEEDED: [(&str, &str); 4] = [
    ("chromium", "chromium"),
    ("mosquitto", "mosquitto"),
    ("mosquitto_pub", "mosquitto-clients"),
    ("openssl", "openssl"),
];

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
    let missing = NEEDED.iter().filter(|(program, _)| !command::on_path(program));
    missing.map(|&(_, package)| package).collect()
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
