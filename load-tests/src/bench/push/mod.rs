//! The push side under load: thousands of clients that move their view, one of them stalled; the
//! real binary on one core, the broker, the publisher and the clients on another.

mod crowd;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crowd::{Crowd, Heard};

use super::latency::{Sent, broker, vehicle, write_config};
use super::process::{Started, folder, resident_bytes, runtime, tilanne};
use super::{BenchError, Figure};
use crate::{publish, simulator};

/// Vehicles, each with a message a second.
const VEHICLES: usize = 1_800;

/// Before anything is measured: all vehicles are there.
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(20);

/// Ticks of the kernel's clock in a second, as all Linux builds have it.
const TICKS_PER_S: f64 = 100.0;

/// A run with so many clients.
struct Run {
    clients: usize,
    subprotocol: &'static str,
    /// Shortest time between two frames of a client.
    flush_interval_ms: u64,
    /// One client more that asks for everything and reads nothing.
    has_stalled: bool,
}

/// What came of a run.
struct Outcome {
    heard: Heard,
    /// Memory of a client, averaged.
    bytes_a_client: f64,
    /// Share of its core that the server used.
    core_share: f64,
}

/// Ten thousand clients: how late the slowest hundredth of the changes comes, and what a client
/// costs.
pub(super) fn clients(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let run = Run {
        clients: 10_000,
        subprotocol: "tilanne.v1.protobuf",
        flush_interval_ms: 100,
        has_stalled: false,
    };
    let outcome = run.measure()?;
    let seconds = MEASURED.as_secs_f64();
    each(Figure::below("10k_ingest_to_frame_p99", outcome.heard.at(0.99), "ms", 250.0));
    each(Figure::known("10k_ingest_to_frame_p50", outcome.heard.at(0.5), "ms"));
    each(Figure::known("10k_frames", outcome.heard.frames as f64 / seconds, "frames/s"));
    each(Figure::known("10k_frame_size", outcome.heard.frame_bytes(), "bytes"));
    each(Figure::below("10k_memory_a_client", outcome.bytes_a_client / 1_024.0, "KiB", 40.0));
    each(Figure::known("10k_server_core", outcome.core_share * 100.0, "% of a core"));
    Ok(())
}

/// A thousand clients, without and with a stalled one beside them.
pub(super) fn ingest(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let run = |has_stalled| Run {
        clients: 1_000,
        subprotocol: "tilanne.v1.json",
        flush_interval_ms: 10,
        has_stalled,
    };
    let alone = run(false).measure()?;
    each(Figure::below("1k_ingest_to_frame_p99", alone.heard.at(0.99), "ms", 25.0));
    each(Figure::known("1k_ingest_to_frame_p50", alone.heard.at(0.5), "ms"));
    each(Figure::known("1k_server_core", alone.core_share * 100.0, "% of a core"));
    let beside = run(true).measure()?;
    each(Figure::known("1k_beside_stalled_p99", beside.heard.at(0.99), "ms"));
    let more = (beside.bytes_a_client - alone.bytes_a_client) * 1_000.0 / 1_048_576.0;
    each(Figure::known("1k_stalled_costs", more, "MiB"));
    Ok(())
}

/// What the subprotocols save: bytes of a frame of a viewport.
pub(super) fn formats(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for (name, subprotocol) in [
        ("frame_json", "tilanne.v1.json"),
        ("frame_protobuf", "tilanne.v1.protobuf"),
        ("frame_protobuf_deflate", "tilanne.v1.protobuf.deflate"),
    ] {
        let run = Run { clients: 100, subprotocol, flush_interval_ms: 100, has_stalled: false };
        let outcome = run.measure()?;
        each(Figure::known(name, outcome.heard.frame_bytes(), "bytes"));
        each(Figure::known(format!("{name}_core"), outcome.core_share * 100.0, "% of a core"));
    }
    Ok(())
}

impl Run {
    fn measure(&self) -> Result<Outcome, BenchError> {
        let home = folder("push")?;
        // The publisher, the broker and the clients share the second core; what is started from here
        // on is there too.
        let _elsewhere = Pinned::new(1)?;
        let (broker, port) = broker(&home)?;
        let more = format!(
            "[gateway.push]\nclients_max = {}\nflush_interval_ms = {}\n",
            self.clients + 10,
            self.flush_interval_ms
        );
        let config = write_config(&home, port, &more)?;
        let (server, address) = tilanne(&config, home.join("data"))?;
        pin(server.child.id(), 0)?;
        let sent = Sent::default();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let publisher = std::thread::spawn({
            let (sent, stop) = (Arc::clone(&sent), Arc::clone(&stop));
            move || publish(port, &sent, &stop)
        });
        let measured = runtime()?.block_on(self.attend(&server, &address, &sent));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let sending = publisher.join().map_err(|_| BenchError::new("publisher died"))?;
        drop((server, broker));
        sending.and(measured)
    }

    async fn attend(
        &self,
        server: &Started,
        address: &str,
        sent: &Sent,
    ) -> Result<Outcome, BenchError> {
        tokio::time::sleep(WARM_UP).await;
        let process = server.child.id().to_string();
        let before = resident_bytes(&process)?;
        let stalled = if self.has_stalled { Some(crowd::stalled(address).await?) } else { None };
        let mut crowd = Crowd::enter(address, self.clients, self.subprotocol, sent).await?;
        tokio::time::sleep(WARM_UP).await;
        crowd.start_measuring();
        let (start, ticks) = (Instant::now(), cpu_ticks(&process)?);
        tokio::time::sleep(MEASURED).await;
        let heard = crowd.stop_measuring();
        let used_s = (cpu_ticks(&process)? - ticks) / TICKS_PER_S;
        let core_share = used_s / start.elapsed().as_secs_f64();
        let memory = resident_bytes(&process)?.saturating_sub(before);
        drop((crowd, stalled));
        if heard.is_empty() {
            return Err(BenchError::new("no vehicle came through"));
        }
        let bytes_a_client = memory as f64 / self.clients as f64;
        Ok(Outcome { heard, bytes_a_client, core_share })
    }
}

fn publish(port: u16, sent: &Sent, stop: &std::sync::atomic::AtomicBool) -> Result<(), BenchError> {
    let messages = simulator::hfp_messages(1, VEHICLES, VEHICLES * 600);
    let paced = publish::Paced { messages_per_s: VEHICLES as u32, present: true };
    let stopped = || stop.load(std::sync::atomic::Ordering::Relaxed);
    let note = |raw: &events::RawRecord, time_ms| {
        if let Ok(mut sent) = sent.lock() {
            sent.insert((vehicle(&raw.topic), time_ms), Instant::now());
        }
    };
    let broker = format!("127.0.0.1:{port}");
    publish::mqtt_observed(&broker, messages, paced, stopped, note)
        .map(drop)
        .map_err(BenchError::new)
}

/// Keeps this process, and what it starts, on one core while it is there.
struct Pinned;

impl Pinned {
    fn new(core: u32) -> Result<Self, BenchError> {
        pin(std::process::id(), core).map(|()| Self)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let all = std::thread::available_parallelism().map_or(1, usize::from).max(2) - 1;
        let _ = taskset(std::process::id(), &format!("0-{all}"));
    }
}

fn pin(process: u32, core: u32) -> Result<(), BenchError> {
    taskset(process, &core.to_string())
}

fn taskset(process: u32, cores: &str) -> Result<(), BenchError> {
    let process = process.to_string();
    let output = Command::new("taskset").args(["-a", "-c", "-p", cores, &process]).output();
    let output = output.map_err(|error| BenchError(format!("taskset (util-linux): {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(BenchError(format!("taskset: {}", String::from_utf8_lossy(&output.stderr))))
}

/// Processor time that a process has used, ticks.
fn cpu_ticks(process: &str) -> Result<f64, BenchError> {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(&path).map_err(BenchError::new)?;
    // The name, in brackets, may have spaces; user and system time are 12 and 13 fields after it.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    ticks(11).zip(ticks(12)).map(|(user, system)| user + system).ok_or(BenchError(path))
}
