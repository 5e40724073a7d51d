//! A real MQTT broker, mosquitto, on a free port of this machine.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// A port for a program that cannot be handed a socket. Below the range that the system gives out by
/// itself: a port of that range, once let go, may go to another test before the program takes it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 10_000 + (std::process::id() % 1_000) as u16 * 20;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports = std::iter::repeat_with(|| start + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000);
    ports.take(2_000).find(free).expect("one of two thousand ports is free")
}

/// A broker that ends with its value.
pub(crate) struct Broker {
    directory: tempfile::TempDir,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Broker {
    /// Starts a broker with more lines of its listener's configuration. `None`, and a note, where
    /// mosquitto is not installed.
    pub(crate) async fn start(lines: &str) -> Option<Self> {
        let port = free_port();
        let mut broker = Self { directory: tempfile::tempdir().unwrap(), port, child: None };
        let lines = lines.replace("{directory}", &broker.path("").display().to_string());
        let text = format!(
            "user root\npersistence false\nlog_type none\nlistener {port} 127.0.0.1\n\
             allow_anonymous true\n{lines}\n"
        );
        std::fs::write(broker.path("mosquitto.conf"), text).unwrap();
        broker.run().await.then_some(broker)
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Starts the broker again on its port.
    pub(crate) async fn run(&mut self) -> bool {
        let child = Command::new(program("mosquitto"))
            .arg("-c")
            .arg(self.path("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => self.child = Some(child),
            Err(error) => {
                println!("skipped: no mosquitto: {error}");
                return false;
            }
        }
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        println!("skipped: mosquitto does not listen with this configuration");
        false
    }

    /// Kills the broker as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Publishes a message.
    pub(crate) async fn publish(&self, topic: &str, payload: impl AsRef<[u8]>) {
        self.publish_with(topic, payload, &[]).await;
    }

    pub(crate) async fn publish_with(
        &self,
        topic: &str,
        payload: impl AsRef<[u8]>,
        arguments: &[&str],
    ) {
        let file = self.path("payload");
        std::fs::write(&file, payload).unwrap();
        let port = self.port.to_string();
        let mut command = Command::new(program("mosquitto_pub"));
        command.args(["-h", "127.0.0.1", "-p", &port, "-t", topic, "-f"]).arg(&file);
        command.args(arguments).stderr(Stdio::null());
        let status = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
        assert!(status.success(), "mosquitto_pub {topic}: {status}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Distributions put the broker where only root's path leads.
fn program(name: &str) -> String {
    let in_sbin = format!("/usr/sbin/{name}");
    if Path::new(&in_sbin).exists() { in_sbin } else { name.to_owned() }
}

/// Makes a certificate authority `ca.pem` and a certificate `server.pem`, `server.key` for
/// 127.0.0.1; false where openssl is missing.
pub(crate) fn make_certificates(directory: &Path) -> bool {
    let openssl = |arguments: &str| {
        let arguments = arguments.split_whitespace();
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(directory).stderr(Stdio::null());
        command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let extensions = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    std::fs::write(directory.join("server.ext"), extensions).unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2"))
        && openssl(&format!("req {key} -keyout server.key -out server.csr -subj /CN=test"))
        && openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile server.ext -out server.pem",
        )
}
