//! A real broker for the tests: one for all of them, on loopback, ended with the process.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::java::{self, free_ports, spawn_lasting};
use crate::system::process::Folder;

/// A Java machine on a busy machine takes its time.
const START_PATIENCE: Duration = Duration::from_mins(3);
/// User and password of the listener that asks for them.
pub(crate) const USER: &str = "tilanne";
pub(crate) const PASSWORD: &str = "of-the-tests";
const STORE_PASSWORD: &str = "of-the-store";
/// In the broker's folder.
const LOG: &str = "broker.log";

/// A broker that is also its own controller.
pub(crate) struct Broker {
    pub(crate) folder: Folder,
    /// Listener without encryption.
    pub(crate) plain: String,
    /// Listener with TLS and SCRAM.
    pub(crate) secured: String,
    pub(crate) process: std::sync::Mutex<Child>,
}

fn java(options: &[String]) -> Command {
    java::java("kafka", &[], options)
}

/// Runs one of Kafka's own tools to its end.
pub(crate) fn tool(class: &str, arguments: &[&str]) -> String {
    let output = java(&[class.to_owned()]).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{class} {arguments:?}: {text}{error}");
    text
}

/// The broker of all tests.
pub(crate) fn shared() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(Broker::start)
}

/// A prefix of topics that no other test has.
pub(crate) fn prefix() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("test-{}-{}.", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A certificate of the broker that signs itself, as the broker and as clients want it.
fn certificate(folder: &Path) {
    let path = |name: &str| folder.join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (key, pem, store) = (path("key.pem"), path("ca.pem"), path("store.p12"));
    run(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:localhost",
        "-keyout",
        &key,
        "-out",
        &pem,
    ]);
    let password = format!("pass:{STORE_PASSWORD}");
    run(&["pkcs12", "-export", "-inkey", &key, "-in", &pem, "-out", &store, "-passout", &password]);
}

impl Broker {
    fn start() -> Self {
        Self::start_with("")
    }

    /// A broker with further settings.
    pub(crate) fn start_with(settings: &str) -> Self {
        let folder = Folder::new();
        let [plain, secured, controller] = free_ports::<3>();
        certificate(&folder.0);
        let properties = folder.write(
            "server.properties",
            &format!(
                "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\n\
             listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secured},\
             CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL_SSL://127.0.0.1:{secured}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,\
             CONTROLLER:PLAINTEXT\n\
             inter.broker.listener.name=PLAINTEXT\nlog.dirs={}/data\n\
             sasl.enabled.mechanisms=SCRAM-SHA-256\n\
             listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             ssl.keystore.type=PKCS12\nssl.keystore.location={}/store.p12\n\
             ssl.keystore.password={STORE_PASSWORD}\nssl.key.password={STORE_PASSWORD}\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             share.coordinator.state.topic.replication.factor=1\n\
             share.coordinator.state.topic.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\ngroup.min.session.timeout.ms=1000\n\
             auto.create.topics.enable=false\nnum.network.threads=2\nnum.io.threads=2\n\
             log.cleaner.threads=1\nlog.cleaner.dedupe.buffer.size=8388608\n{settings}\n",
                folder.0.display(),
                folder.0.display(),
            ),
        );
        let properties = properties.display().to_string();
        tool(
            "kafka.tools.StorageTool",
            &[
                "format",
                "-t",
                "dGlsYW5uZS1vZi10ZXN0cw",
                "-c",
                &properties,
                "--add-scram",
                &format!("SCRAM-SHA-256=[name={USER},password={PASSWORD}]"),
            ],
        );
        let process = std::sync::Mutex::new(launch(&folder.0));
        Self {
            plain: format!("127.0.0.1:{plain}"),
            secured: format!("127.0.0.1:{secured}"),
            process,
            folder,
        }
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&self) {
        let mut process = self.process.lock().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Starts it again on the same data.
    pub(crate) fn revive(&self) {
        *self.process.lock().unwrap() = launch(&self.folder.0);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let mut process = self.process.lock().unwrap();
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn launch(folder: &Path) -> Child {
    let (from, log) = open_log(folder);
    let mut command = command(folder);
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let mut child = spawn_lasting(command);
    wait_started(folder, from, &mut child);
    child
}

/// The broker's log, and how long it is already.
pub(super) fn open_log(folder: &Path) -> (usize, std::fs::File) {
    let log = folder.join(LOG);
    let from = std::fs::metadata(&log).map_or(0, |file| file.len() as usize);
    let mut log = std::fs::File::options().create(true).append(true).open(&log).unwrap();
    writeln!(log, "starting").unwrap();
    (from, log)
}

/// What runs the broker of a folder, which has its settings.
pub(super) fn command(folder: &Path) -> Command {
    let settings = folder.join("log4j2.properties");
    std::fs::write(
        &settings,
        "status = ERROR\nappender.c.type = Console\nappender.c.name = c\n\
         appender.c.layout.type = PatternLayout\nappender.c.layout.pattern = %d %p %m%n\n\
         rootLogger.level = INFO\nrootLogger.appenderRef.c.ref = c\n",
    )
    .unwrap();
    let logging = format!("-Dlog4j2.configurationFile={}", settings.display());
    let mut command = java(&[logging, "kafka.Kafka".to_owned()]);
    command.arg(folder.join("server.properties"));
    command
}

/// Waits until the log says, after so many bytes, that the broker has started.
pub(super) fn wait_started(folder: &Path, from: usize, child: &mut Child) {
    let log = folder.join(LOG);
    let started = Instant::now();
    loop {
        let text = std::fs::read_to_string(&log).unwrap();
        if text[from..].contains("Kafka Server started") {
            return;
        }
        let ended = child.try_wait().unwrap();
        let is_late = started.elapsed() > START_PATIENCE;
        assert!(ended.is_none() && !is_late, "the broker does not start: {text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
