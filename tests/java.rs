//! Servers of others that are published as jars: on loopback, ended with the process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where `cargo xtask test` has put the jars of a server.
pub(crate) fn jars(server: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let jars = target.join(server);
    assert!(jars.is_dir(), "{} is missing: run `cargo xtask test`", jars.display());
    jars
}

/// A small Java machine for a class of a server, with options before it and places to look for files
/// in before its jars.
pub(crate) fn java(server: &str, places: &[&Path], options: &[String]) -> Command {
    let places = places.iter().map(|place| format!("{}:", place.display()));
    // A server must not outlive the tests, however they end.
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC"])
        .args(["-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"])
        .arg("-cp")
        .arg(format!("{}{}/*", places.collect::<String>(), jars(server).display()))
        .args(options)
        .stdin(Stdio::null());
    command
}

/// Spawns from a thread that lasts: the kernel ends the child when the thread that spawned it ends,
/// and the thread of a test ends with the test.
pub(crate) fn spawn_lasting(mut command: Command) -> Child {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        sender.send(command.spawn()).unwrap();
        loop {
            std::thread::park();
        }
    });
    receiver.recv().unwrap().unwrap()
}

/// Ports that nobody listens on.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
