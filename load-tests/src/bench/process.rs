//! Figures of the running binary: how soon the demo shows vehicles, and its memory.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{BenchError, Figure};

/// The demo runs this long before its memory is read.
const DEMO: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_mins(1);

/// A started program that ends with its owner, and a folder that goes with it.
pub(super) struct Started {
    pub(super) child: Child,
    folder: Option<PathBuf>,
}

impl Started {
    /// Starts a program; `folder` is removed at the end.
    pub(super) fn new(command: &mut Command, folder: Option<PathBuf>) -> Result<Self, BenchError> {
        let child = command
            .spawn()
            .map_err(|error| BenchError(format!("{}: {error}", command.get_program().display())))?;
        Ok(Self { child, folder })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A folder of this run's own.
pub(super) fn folder(name: &str) -> Result<PathBuf, BenchError> {
    let folder = std::env::temp_dir().join(format!("tilanne-bench-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(BenchError::new)?;
    Ok(folder)
}

/// `tilanne run` with a configuration; gives the process and its address.
pub(super) fn tilanne(config: &str, data: PathBuf) -> Result<(Started, String), BenchError> {
    let this = std::env::current_exe().map_err(BenchError::new)?;
    let mut command = Command::new(this.with_file_name("tilanne"));
    command.args(["run", "--listen", "127.0.0.1:0", "--log-level", "warn", "--config", config]);
    command.arg("--data-dir").arg(&data).stdout(Stdio::piped());
    let mut started = Started::new(&mut command, Some(data))?;
    let address = address(&mut started)?;
    Ok((started, address))
}

/// Waits for the address that `tilanne` prints once it listens, `host:port`.
pub(super) fn address(started: &mut Started) -> Result<String, BenchError> {
    let output = started.child.stdout.take().ok_or_else(|| BenchError::new("no output"))?;
    let mut lines = BufReader::new(output).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split("http://").nth(1).map(str::to_owned))
        .ok_or_else(|| BenchError::new("tilanne printed no address"))?;
    // Keep reading so that the process never blocks on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let end = address.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(address.len());
    Ok(address.chars().take(end).collect())
}

/// The demo: seconds from the start of the binary to vehicles in every region, and memory.
pub(super) fn demo(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let start = Instant::now();
    let (demo, address) = tilanne("config/tilanne.toml", folder("demo")?)?;
    let url = format!("http://{address}/v1/regions");
    let runtime = runtime()?;
    loop {
        let full = runtime.block_on(every_region_has_vehicles(&url)).unwrap_or(false);
        if full {
            break;
        }
        if start.elapsed() > PATIENCE {
            return Err(BenchError::new("the demo shows no vehicles"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = start.elapsed().as_secs_f64();
    each(Figure::below("demo_first_vehicles", seconds, "s", 10.0));
    std::thread::sleep(DEMO);
    let bytes = resident_bytes(&demo.child.id().to_string())?;
    each(Figure::known("demo_rss", bytes as f64 / 1_048_576.0, "MiB"));
    Ok(())
}

async fn every_region_has_vehicles(url: &str) -> Option<bool> {
    let text = reqwest::get(url).await.ok()?.text().await.ok()?;
    let answer: serde_json::Value = serde_json::from_str(&text).ok()?;
    let regions = answer["regions"].as_array()?;
    let full = |region: &serde_json::Value| region["layers"]["vehicles"].as_u64() > Some(0);
    Some(!regions.is_empty() && regions.iter().all(full))
}

/// A small runtime for the measuring side.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, BenchError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(BenchError::new)
}

/// Resident memory of a process from the kernel's status file, bytes.
pub(super) fn resident_bytes(process: &str) -> Result<u64, BenchError> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).map_err(BenchError::new)?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1_024).ok_or(BenchError(path))
}

/// Processor time of this thread so far, in the kernel's steps of a hundredth of a second.
pub(super) fn thread_cpu() -> Result<Duration, BenchError> {
    cpu("/proc/thread-self/stat")
}

/// Processor time of this process so far.
pub(super) fn process_cpu() -> Result<Duration, BenchError> {
    cpu("/proc/self/stat")
}

/// Processor time of another process so far.
pub(super) fn cpu_of(process: u32) -> Result<Duration, BenchError> {
    cpu(&format!("/proc/{process}/stat"))
}

fn cpu(path: &str) -> Result<Duration, BenchError> {
    let stat = std::fs::read_to_string(path).map_err(BenchError::new)?;
    // The name, in brackets, may have spaces in it; user and system time are the twelfth and thirteenth
    // field after it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let steps: Option<Vec<u64>> = fields.skip(11).take(2).map(|field| field.parse().ok()).collect();
    let steps = steps.ok_or_else(|| BenchError::new(path))?;
    Ok(Duration::from_millis(steps.iter().sum::<u64>() * 10))
}
