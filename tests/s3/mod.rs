//! A real store that speaks S3 for the tests: S3Proxy on a folder, one for all of them, ended with the
//! process.

use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;

use crate::java::{free_ports, java, spawn_lasting};
use crate::system::process::{Folder, PATIENCE};

/// Who may read and write.
pub(crate) const KEY_ID: &str = "tilanne";
pub(crate) const SECRET: &str = "of-the-tests";
/// What signatures are for.
const REGION: &str = "local";

struct Server {
    folder: Folder,
    endpoint: String,
    _process: Child,
}

fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// A bucket that no other test has.
pub(crate) struct Bucket(String);

impl Bucket {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir_all(shared().folder.0.join("buckets").join(&name)).unwrap();
        Self(name)
    }

    /// As a configuration names it, with a prefix in it.
    pub(crate) fn options(&self) -> String {
        let (bucket, endpoint) = (&self.0, &shared().endpoint);
        format!(
            "{{ bucket = {bucket:?}, prefix = \"one\", endpoint = {endpoint:?}, region = {REGION:?} }}"
        )
    }

    /// As the tests' own process sees it, with somebody's keys.
    pub(crate) fn store(&self, key_id: &str, secret: &str) -> Arc<dyn ObjectStore> {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = AmazonS3Builder::new()
            .with_endpoint(&shared().endpoint)
            .with_allow_http(true)
            .with_bucket_name(&self.0)
            .with_region(REGION)
            .with_access_key_id(key_id)
            .with_secret_access_key(secret);
        Arc::new(builder.build().unwrap())
    }
}

impl Server {
    fn start() -> Self {
        let folder = Folder::new();
        std::fs::create_dir(folder.0.join("buckets")).unwrap();
        let [port] = free_ports::<1>();
        let endpoint = format!("http://127.0.0.1:{port}");
        let properties = folder.write(
            "s3proxy.conf",
            &format!(
                "s3proxy.endpoint={endpoint}\ns3proxy.authorization=aws-v2-or-v4\n\
                 s3proxy.ignore-unknown-headers=true\n\
                 s3proxy.identity={KEY_ID}\ns3proxy.credential={SECRET}\n\
                 jclouds.provider=filesystem-nio2\njclouds.identity=none\njclouds.credential=none\n\
                 jclouds.filesystem.basedir={}/buckets\n",
                folder.0.display()
            ),
        );
        // Else it logs every byte.
        folder.write(
            "logback.xml",
            "<configuration><appender name=\"c\" class=\"ch.qos.logback.core.ConsoleAppender\">\
             <encoder><pattern>%d %p %m%n</pattern></encoder></appender>\
             <root level=\"WARN\"><appender-ref ref=\"c\"/></root></configuration>",
        );
        let main = ["org.gaul.s3proxy.Main", "--properties"].map(str::to_owned);
        let mut command = java("s3", &[&folder.0], &main);
        let log = std::fs::File::create(folder.0.join("s3proxy.log")).unwrap();
        command.arg(properties).stdout(log.try_clone().unwrap()).stderr(log);
        let mut process = spawn_lasting(command);
        let started = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = process.try_wait().unwrap();
            let log = || std::fs::read_to_string(folder.0.join("s3proxy.log")).unwrap();
            let is_late = started.elapsed() > PATIENCE;
            assert!(ended.is_none() && !is_late, "the store does not start: {}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { folder, endpoint, _process: process }
    }
}
