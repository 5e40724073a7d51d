//! How long a region stands still when its process is killed: until the gateway shows what was appended
//! after the kill, in all regions. Two processes share four regions; the older one is killed, and a new
//! one comes in its place once the other has taken over.
//!
//! Kafka misses a process after its session timeout, and that is most of it; a standby saves the rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::load::Load;
use super::pace::{Pace, STEPS_PER_S, starts};
use super::runtime;
use super::system::{Part, System};
use crate::bench::{BenchError, Figure, median};

const REGIONS: usize = 4;
/// Of all regions together.
const EVENTS_S: usize = 5_000;
/// Events are made for so long: all kills of a way take less than half of it.
const LOAD_S: usize = 300;
const KILLS: usize = 5;
/// The shortest that brokers are often set to take, and what is set where nothing is said.
const SESSION_TIMEOUTS_MS: [u32; 2] = [1_500, 6_000];
/// Name, arguments of `tilanne process`, and target in seconds.
const WAYS: [(&str, &[&str], f64); 2] =
    [("standby", &["--standby"], 5.0), ("no_standby", &[], 15.0)];
/// Distance of two looks at what processes write.
const LOOK: Duration = Duration::from_millis(500);
/// From when both processes work until one is killed: a standby is warm then.
const SETTLE: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(1);

/// Seconds of a takeover, with and without a standby.
pub(in crate::bench) fn takeover(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let (broker, runtime) = (Broker::start()?, runtime()?);
    let region_s = EVENTS_S / REGIONS;
    let loads = (0..REGIONS).map(|number| Load::new(number, region_s, region_s * LOAD_S));
    let loads: Vec<Arc<Load>> =
        loads.map(|load| load.map(Arc::new)).collect::<Result<_, BenchError>>()?;
    for session_ms in SESSION_TIMEOUTS_MS {
        for (way, arguments, target_s) in WAYS {
            let times_s = kills(&broker, &runtime, &loads, session_ms, arguments)?;
            let worst_s = times_s.iter().copied().fold(0.0, f64::max);
            let name = |what: &str| format!("takeover_{way}_{session_ms}_{what}");
            each(Figure::below(name("median"), median(times_s), "s", target_s));
            each(Figure::below(name("worst"), worst_s, "s", target_s));
        }
    }
    Ok(())
}

/// Kills a process some times, under load; gives the seconds of each takeover.
fn kills(
    broker: &Broker,
    runtime: &Runtime,
    loads: &[Arc<Load>],
    session_ms: u32,
    arguments: &[&str],
) -> Result<Vec<f64>, BenchError> {
    let keys = format!("session_timeout_ms = {session_ms}");
    let system = runtime.block_on(System::make(broker, REGIONS, &keys, ""))?;
    let serve = system.start("serve", &[])?;
    let mut parts = vec![system.start("process", arguments)?, system.start("process", arguments)?];
    let sinks = runtime.block_on(system.open(&serve))?;
    let stop = CancellationToken::new();
    let pace = Pace {
        sinks: sinks.clone(),
        loads: loads.to_vec(),
        records_s: EVENTS_S / REGIONS,
        steps: LOAD_S * STEPS_PER_S,
        starts: starts(0),
        stop: stop.clone(),
    };
    // However this ends, the appending ends with it.
    let _stopping = stop.clone().drop_guard();
    let pacing = runtime.spawn(pace.run());
    let mut times_s = Vec::new();
    for _ in 0..KILLS {
        runtime.block_on(shared_out(&system, &parts))?;
        let killed = Instant::now();
        parts.remove(0).kill()?;
        runtime.block_on(system.pass(&serve, &sinks))?;
        times_s.push(killed.elapsed().as_secs_f64());
        if pacing.is_finished() {
            break;
        }
        parts.push(system.start("process", arguments)?);
    }
    stop.cancel();
    runtime.block_on(pacing).map_err(BenchError::new)??;
    if times_s.len() < KILLS {
        return Err(BenchError::new("the load ended before the kills did"));
    }
    Ok(times_s)
}

/// Waits until each process has regions, and then some seconds.
async fn shared_out(system: &System, parts: &[Part]) -> Result<(), BenchError> {
    let start = Instant::now();
    loop {
        let before = written(system, parts).await?;
        tokio::time::sleep(LOOK).await;
        let after = written(system, parts).await?;
        if before.iter().zip(&after).all(|(before, after)| after > before) {
            tokio::time::sleep(SETTLE).await;
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(BenchError(format!("one process has all regions: {after:?} written")));
        }
    }
}

async fn written(system: &System, parts: &[Part]) -> Result<Vec<f64>, BenchError> {
    let mut counts = Vec::new();
    for part in parts {
        counts.push(system.written(part).await?);
    }
    Ok(counts)
}
