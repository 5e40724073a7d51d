//! The log in Apache Kafka, on a real broker and with the real processes, all on this machine: how fast
//! events come into a picture that can be asked, how late a change is, how long a region stands still
//! when its process is killed, and what a thousand cities would take.
//!
//! The bench is what `tilanne ingest` is otherwise: it appends to `events` as that does.

mod broker;
mod cities;
mod latency;
mod load;
mod pace;
mod system;
mod takeover;
mod throughput;

use tokio::runtime::{Builder, Runtime};

pub(super) use self::cities::cities;
pub(super) use self::latency::latency;
pub(super) use self::takeover::takeover;
pub(super) use self::throughput::throughput;
use super::BenchError;

/// A runtime as the binary has it: appends go on while the main thread waits or starts processes.
fn runtime() -> Result<Runtime, BenchError> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(BenchError::new)
}

/// What a share of the figures do not exceed.
fn at(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let index = ((figures.len() as f64 - 1.0) * share) as usize;
    figures.get(index).copied().unwrap_or(f64::NAN)
}
