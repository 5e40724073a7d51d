//! How fast events come into pictures that can be asked: appended by the bench as fast as the log takes
//! them, through `tilanne process` into what `tilanne serve` shows. Kafka's own tools go beside it in
//! turn, with as many records of the same size.
//!
//! All of it shares this machine, the broker too. What decoding and encoding take is measured apart, as
//! the events are made before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use stream::{Append, Sink, StreamError, topic};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::broker::{Broker, Peer};
use super::load::Load;
use super::runtime;
use super::system::{Part, ROLES, Spent, System};
use crate::bench::{BenchError, Figure, median};

/// Events of a run, over all its regions.
const EVENTS: usize = 600_000;
/// Vehicles of a region: those of a capital.
const VEHICLES: usize = 1_200;
const REGIONS: [usize; 3] = [1, 2, 4];
const RUNS: usize = 3;
/// Records of an append.
const BATCH: usize = 1_024;
/// Appends of a region that are on their way at a time, as where it has several feeds.
const UNDER_WAY: usize = 16;
/// Ours over the rate of Kafka's own consumer, percent.
const SHARE_TARGET: f64 = 70.0;

/// What a run came to.
struct Run {
    /// Until all were acknowledged.
    acked_s: f64,
    /// Until all were shown.
    shown_s: f64,
    us_per_event: [f64; 4],
    /// On the disk, of `events` and of `picture`.
    bytes_per_event: [f64; 2],
}

/// Rates for one, two and four regions.
pub(in crate::bench) fn throughput(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let (broker, runtime) = (Broker::start()?, runtime()?);
    for regions in REGIONS {
        let loads = (0..regions).map(|number| Load::new(number, VEHICLES, EVENTS / regions));
        let loads: Vec<Arc<Load>> =
            loads.map(|load| load.map(Arc::new)).collect::<Result<_, BenchError>>()?;
        let events: usize = loads.iter().map(|load| load.made.len()).sum();
        let record_bytes = loads.first().map_or(0.0, |load| load.record_bytes());
        if regions == 1 {
            // Once without being measured: the broker's machine compiles what it does often.
            run(&broker, &runtime, &loads)?;
        }
        let (mut ours, mut peers) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            ours.push(run(&broker, &runtime, &loads)?);
            let topic = format!("perf-{regions}-{number}");
            peers.push(broker.perf(&topic, regions, events, record_bytes.round() as usize)?);
        }
        if regions == 1 {
            each(Figure::known("throughput_events", events as f64, "events"));
            each(Figure::known("throughput_record", record_bytes, "bytes"));
            tell_making(&loads, each);
        }
        tell(regions, events, &ours, &peers, each);
    }
    Ok(())
}

/// What the events took before they were appended.
fn tell_making(loads: &[Arc<Load>], each: &mut dyn FnMut(Figure)) {
    let Some(load) = loads.first() else { return };
    let [decode, encode] = load.us_per_record();
    each(Figure::known("throughput_decode_cpu", decode, "us/event"));
    each(Figure::known("throughput_encode_cpu", encode, "us/event"));
}

fn tell(regions: usize, events: usize, ours: &[Run], peers: &[Peer], each: &mut dyn FnMut(Figure)) {
    let name = |what: &str| format!("throughput_{regions}_{what}");
    let of = |measure: &dyn Fn(&Run) -> f64| median(ours.iter().map(measure).collect());
    let shown = of(&|run| events as f64 / run.shown_s);
    let producer = median(peers.iter().map(|peer| peer.producer_s).collect());
    let consumer = median(peers.iter().map(|peer| peer.consumer_s).collect());
    each(Figure::known(name("shown"), shown, "events/s"));
    each(Figure::known(name("acked"), of(&|run| events as f64 / run.acked_s), "events/s"));
    each(Figure::known(name("kafka_producer"), producer, "records/s"));
    each(Figure::known(name("kafka_consumer"), consumer, "records/s"));
    let share = shown / consumer * 100.0;
    each(Figure::at_least(name("of_kafka_consumer"), share, "%", SHARE_TARGET));
    for (number, role) in ROLES.into_iter().enumerate() {
        let us = of(&|run| run.us_per_event[number]);
        each(Figure::known(name(&format!("{role}_cpu")), us, "us/event"));
    }
    for (number, topic) in [topic::EVENTS, topic::PICTURE].into_iter().enumerate() {
        let bytes = of(&|run| run.bytes_per_event[number]);
        each(Figure::known(name(&format!("{topic}_disk")), bytes, "bytes/event"));
    }
}

/// A run on topics and with processes of its own.
fn run(broker: &Broker, runtime: &Runtime, loads: &[Arc<Load>]) -> Result<Run, BenchError> {
    let system = runtime.block_on(System::make(broker, loads.len(), "", ""))?;
    let (process, serve) = (system.start("process", &[])?, system.start("serve", &[])?);
    let sinks = runtime.block_on(system.open(&serve))?;
    let events: usize = loads.iter().map(|load| load.made.len()).sum();
    let before = Spent::so_far(&process, &serve, broker)?;
    let start = Instant::now();
    let acked = runtime.block_on(fill_all(&system, &serve, &sinks, loads))?;
    let shown_s = start.elapsed().as_secs_f64();
    let after = Spent::so_far(&process, &serve, broker)?;
    let bytes = |topic: &str| system.bytes(broker, topic).map(|bytes| bytes as f64 / events as f64);
    Ok(Run {
        acked_s: acked.as_secs_f64(),
        shown_s,
        us_per_event: before.us_per_event(&after, events),
        bytes_per_event: [bytes(topic::EVENTS)?, bytes(topic::PICTURE)?],
    })
}

/// Appends all and waits until it is shown; gives how long the appending took.
async fn fill_all(
    system: &System,
    serve: &Part,
    sinks: &[Arc<dyn Sink>],
    loads: &[Arc<Load>],
) -> Result<Duration, BenchError> {
    let start = Instant::now();
    let mut filling = JoinSet::new();
    for (sink, load) in sinks.iter().zip(loads) {
        filling.spawn(fill(Arc::clone(sink), Arc::clone(load)));
    }
    while let Some(filled) = filling.join_next().await {
        filled.map_err(BenchError::new)?.map_err(BenchError::new)?;
    }
    let acked = start.elapsed();
    system.pass(serve, sinks).await?;
    Ok(acked)
}

/// Appends the records of a region in their order.
async fn fill(sink: Arc<dyn Sink>, load: Arc<Load>) -> Result<(), StreamError> {
    let mut under_way = FuturesOrdered::new();
    let mut next = 0;
    while next < load.made.len() {
        if under_way.len() == UNDER_WAY
            && let Some(appended) = under_way.next().await
        {
            appended?;
        }
        let end = (next + BATCH).min(load.made.len());
        let records = load.payloads(next..end);
        under_way.push_back(sink.append(Append { records, cursor: None }));
        next = end;
    }
    while let Some(appended) = under_way.next().await {
        appended?;
    }
    Ok(())
}
