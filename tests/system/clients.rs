//! The client libraries against the real binary, which is killed under them and started again.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::process::{Folder, Running, Server, root, wait_for};

/// Longest time that the tests of one client may take: they wait for minutes to end.
const LIMIT: Duration = Duration::from_mins(8);

/// The demo, and what is needed to start it again where it was.
struct Demo {
    folder: Folder,
    config: PathBuf,
    networks: PathBuf,
    server: Option<Server>,
}

impl Demo {
    fn start() -> Self {
        let folder = Folder::new();
        let networks = folder.networks();
        std::fs::create_dir(folder.0.join("data")).unwrap();
        let config = root().join("config/tilanne.toml");
        let mut demo = Self { folder, config, networks, server: None };
        demo.start_at("127.0.0.1:0");
        let full = |layer: &str| {
            let regions = demo.server().get("/v1/regions")["regions"].as_array().cloned();
            let mut regions = regions.unwrap_or_default().into_iter();
            regions.all(|region| region["layers"][layer].as_u64().unwrap_or(0) > 0)
        };
        wait_for("vehicles in every region", || full("vehicles").then_some(()));
        demo
    }

    fn start_at(&mut self, listen: &str) {
        let arguments = ["--networks", self.networks.to_str().unwrap()];
        let data = self.folder.0.join("data");
        self.server = Some(Server::start_at(listen, &self.config, &data, &arguments));
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn kill_and_start(&mut self) {
        let mut server = self.server.take().unwrap();
        // On Unix this is SIGKILL: nothing is flushed, no destructor runs.
        server.process.0.kill().unwrap();
        server.process.0.wait().unwrap();
        self.start_at(&server.address);
    }

    /// Runs the tests of a client, which ask for a kill by making a file.
    fn test(&mut self, mut tests: Command) {
        let asked = self.folder.0.join("restart");
        let log = self.folder.0.join("tests.log");
        let output = File::create(&log).unwrap();
        tests
            .env("TILANNE_URL", format!("http://{}", self.server().address))
            .env("TILANNE_RESTART", &asked)
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let mut running = Running(tests.spawn().unwrap());
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let (start, mut kills) = (Instant::now(), 0);
        let status = loop {
            if let Some(status) = running.0.try_wait().unwrap() {
                break status;
            }
            if asked.exists() {
                self.kill_and_start();
                std::fs::remove_file(&asked).unwrap();
                kills += 1;
            }
            assert!(start.elapsed() < LIMIT, "the tests do not end: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "{status}: {}", said());
        assert_eq!(kills, 1, "the tests ran none: {}", said());
    }
}

#[test]
fn clients_have_the_servers_state_before_and_after_a_kill() {
    let typescript = xtask::clients::typescript(&root()).unwrap();
    let python = xtask::clients::python(&root()).unwrap();
    let mut demo = Demo::start();

    let mut tests = Command::new("node");
    tests.current_dir(typescript).args(["node_modules/vitest/vitest.mjs", "run", "server.test.ts"]);
    demo.test(tests);

    let mut tests = Command::new(python);
    let folder = root().join(xtask::clients::PYTHON);
    tests.current_dir(folder).args(["-m", "pytest", "--quiet", "tests/test_server.py"]);
    demo.test(tests);
}
