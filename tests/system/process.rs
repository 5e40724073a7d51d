//! Starting the binary under test and other programs, and ending them whatever happens.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::s3;

/// How long anything may take before a test gives up; generous, as machines are shared.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The repository's root folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The binary beside the test binary's folder: `cargo xtask test` has built it.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("tilanne");
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`", path.display());
    path
}

/// `tilanne` with arguments in the repository's root, without variables that would change it.
pub(crate) fn tilanne<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(root()).args(arguments);
    for variable in ["CONFIG", "DATA_DIR", "INSTANCE", "LISTEN", "LOG", "NETWORKS"] {
        command.env_remove(format!("TILANNE_{variable}"));
    }
    command.env("AWS_ACCESS_KEY_ID", s3::KEY_ID).env("AWS_SECRET_ACCESS_KEY", s3::SECRET);
    command
}

/// Standard output and error as text.
pub(crate) fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Folders in the system's temporary one are called this, with the process and a number.
const FOLDER_PREFIX: &str = "tilanne-system-";

/// A folder of this test's own, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A folder in it with the demo's streets of every region, as they are where no extract can be
    /// had.
    pub(crate) fn networks(&self) -> PathBuf {
        let networks = self.0.join("networks");
        std::fs::create_dir(&networks).unwrap();
        for (region, _) in load_tests::streets::regions().unwrap() {
            let network = load_tests::streets::network(&region, None).unwrap();
            std::fs::write(networks.join(format!("{region}.network")), network.to_bytes()).unwrap();
        }
        networks
    }

    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        static SWEPT: Once = Once::new();
        SWEPT.call_once(Self::sweep);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{FOLDER_PREFIX}{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Removes what earlier runs have left: the broker of all tests has its folder until the process
    /// ends, and a browser that is killed may still write into one that is being removed.
    fn sweep() {
        let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(FOLDER_PREFIX));
            let Some((process, _)) = rest.and_then(|rest| rest.split_once('-')) else { continue };
            if !Path::new("/proc").join(process).exists() {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A child that is killed when the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server and where it listens.
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) address: String,
}

impl Server {
    /// Starts `tilanne run` on a free port and waits for the line that prints the address.
    pub(crate) fn start(config: &Path, data: &Path) -> Self {
        Self::start_with(config, data, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(config: &Path, data: &Path, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", config, data, arguments)
    }

    /// The same at an address, such as that of a server that was killed.
    pub(crate) fn start_at(listen: &str, config: &Path, data: &Path, arguments: &[&str]) -> Self {
        Self::start_role("run", listen, config, data, arguments)
    }

    /// The same as a part of the system, such as `serve`.
    pub(crate) fn start_role(
        role: &str,
        listen: &str,
        config: &Path,
        data: &Path,
        arguments: &[&str],
    ) -> Self {
        let mut command = tilanne([role, "--listen", listen, "--config"]);
        command.arg(config).arg("--data-dir").arg(data).args(arguments);
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(data.with_extension("log"))
            .unwrap();
        let child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut process = Running(child);
        let output = process.0.stdout.take().unwrap();
        let mut lines = BufReader::new(output).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split("http://").nth(1).map(address_in))
            .unwrap_or_else(|| {
                let log = std::fs::read_to_string(data.with_extension("log"));
                panic!("no address was printed; log: {}", log.unwrap_or_default())
            });
        // Keep reading so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Answer to a GET as JSON; panics on anything but success.
    pub(crate) fn get(&self, path: &str) -> serde_json::Value {
        let (status, body) = self.request(path).unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Status and body of a GET.
    pub(crate) fn request(&self, path: &str) -> Result<(u16, String), reqwest::Error> {
        let url = format!("http://{}{path}", self.address);
        block_on(async move {
            let answer = client().get(url).send().await?;
            Ok((answer.status().as_u16(), answer.text().await?))
        })
    }
}

fn address_in(rest: &str) -> String {
    rest.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().to_owned()
}

/// A client with a bound on its patience.
pub(crate) fn client() -> reqwest::Client {
    // The crypto provider is the process's; a second installation is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap()
}

/// Runs a future to its end on a small runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Asks until the answer is there.
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
