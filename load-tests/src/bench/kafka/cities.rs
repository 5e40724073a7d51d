//! What a thousand cities would take: processor time and bytes of an event as they are where many small
//! cities share the processes, times what so many cities say.
//!
//! What is measured is [`MEASURED`] regions at the pace of a typical city. There an event costs more
//! than at full speed, since hardly two are in a batch, so larger cities are reckoned too dear. Numbers
//! that are not measured are named here, each with its source, and are told beside the result.

use std::sync::Arc;
use std::time::Duration;

use stream::topic;
use tokio_util::sync::CancellationToken;

use super::broker::Broker;
use super::load::Load;
use super::pace::{Pace, STEPS_PER_S, starts};
use super::runtime;
use super::system::{ROLES, Spent, System};
use crate::bench::{BenchError, Figure};
use crate::simulator::{DAY_MESSAGES, DAY_S};

/// Regions that are measured.
const MEASURED: usize = 50;
const WARM_UP_S: usize = 10;
const MEASURED_S: usize = 30;
/// Events that are made for longer than that: the looks between take their time.
const SPARE_S: usize = 20;

/// Cities of the table.
const CITIES: f64 = 1_000.0;
/// Those of them that are like the capital whose day the simulator has. Assumption: one in fifty.
const CAPITALS: f64 = 20.0;
/// Events a second of a typical city, mean of the day. Assumption: 120 vehicles on the road that report
/// every three seconds, as feeds of GTFS-Realtime do at best.
const TYPICAL_EVENTS_S: usize = 40;
/// Rush hour over mean: of the simulated day 1,330 over 579 events a second. Cores are for this.
const PEAK: f64 = 2.3;
/// Share of a core that is used at the peak. Assumption: room for one of two that fails.
const USED: f64 = 0.5;
/// Copies of each partition. Assumption: as `KAFKA.md` sets it; each copy costs its broker what the
/// first one does, which is too much.
const COPIES: f64 = 3.0;
/// Gateways, each of which follows all pictures. Assumption.
const GATEWAYS: f64 = 3.0;
/// Topics with a partition a region: alerts, dead letters, events, picture, raw.
const TOPICS: f64 = 5.0;
/// Share of the clients' traffic that goes from one zone to another: brokers are in three.
const ACROSS: f64 = 2.0 / 3.0;

/// Assumption, not anybody's offer: a virtual core with 4 GiB, EUR a month.
const CORE_EUR: f64 = 25.0;
/// Assumption: a gigabyte of replicated block storage, EUR a month.
const DISK_GB_EUR: f64 = 0.10;
/// Assumption: a gigabyte from one zone to another, both ends, EUR.
const TRAFFIC_GB_EUR: f64 = 0.02;
const MONTH_DAYS: f64 = 365.25 / 12.0;

const GB: f64 = 1e9;
const MB: f64 = 1e6;

/// What batches can be tuned for.
const TUNINGS: [&str; 2] = ["latency", "throughput"];

/// What an event costs.
struct Cost {
    /// Processor time of [`ROLES`], microseconds; decoding and encoding are in the first.
    us: [f64; 4],
    /// In batches as they are on the disk and on the wire.
    events_bytes: f64,
    picture_bytes: f64,
}

/// The table.
pub(in crate::bench) fn cities(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    assume(each);
    for tuning in TUNINGS {
        let cost = measure(tuning)?;
        let mut told = |name: &str, figure: f64, unit: &'static str| {
            each(Figure::known(format!("cities_{tuning}_{name}"), figure, unit));
        };
        for (role, us) in ROLES.into_iter().zip(cost.us) {
            told(&format!("{role}_cpu"), us, "us/event");
        }
        told("events_disk", cost.events_bytes, "bytes/event");
        told("picture_disk", cost.picture_bytes, "bytes/event");
        reckon(&cost, &mut told);
    }
    Ok(())
}

/// Regions at the pace of a typical city, with batches tuned for one of [`TUNINGS`].
fn measure(tuning: &str) -> Result<Cost, BenchError> {
    let (broker, runtime) = (Broker::start()?, runtime()?);
    let seconds = WARM_UP_S + MEASURED_S + SPARE_S;
    let loads = (0..MEASURED)
        .map(|number| Load::new(number, TYPICAL_EVENTS_S, (TYPICAL_EVENTS_S + 1) * seconds));
    let loads: Vec<Arc<Load>> =
        loads.map(|load| load.map(Arc::new)).collect::<Result<_, BenchError>>()?;
    // One load is too short for the kernel's clock; all of them are not.
    let making = loads.iter().map(|load| load.us_per_record().iter().sum::<f64>());
    let making_us = making.sum::<f64>() / loads.len() as f64;
    let system =
        runtime.block_on(System::make(&broker, MEASURED, &format!("tuning = '{tuning}'"), ""))?;
    let (process, serve) = (system.start("process", &[])?, system.start("serve", &[])?);
    let sinks = runtime.block_on(system.open(&serve))?;
    let stop = CancellationToken::new();
    let pace = Pace {
        sinks,
        loads,
        records_s: TYPICAL_EVENTS_S,
        steps: seconds * STEPS_PER_S,
        starts: starts(0),
        stop: stop.clone(),
    };
    let pacing = runtime.spawn(pace.run());
    let bytes = |topic: &str| system.bytes(&broker, topic).map(|bytes| bytes as f64);
    std::thread::sleep(Duration::from_secs(WARM_UP_S as u64));
    let before = Spent::so_far(&process, &serve, &broker)?;
    let bytes_before = [bytes(topic::EVENTS)?, bytes(topic::PICTURE)?];
    std::thread::sleep(Duration::from_secs(MEASURED_S as u64));
    let after = Spent::so_far(&process, &serve, &broker)?;
    let bytes_after = [bytes(topic::EVENTS)?, bytes(topic::PICTURE)?];
    stop.cancel();
    runtime.block_on(pacing).map_err(BenchError::new)??;
    let events = MEASURED * TYPICAL_EVENTS_S * MEASURED_S;
    let mut us = before.us_per_event(&after, events);
    us[0] += making_us;
    let per_event = |topic: usize| (bytes_after[topic] - bytes_before[topic]) / events as f64;
    Ok(Cost { us, events_bytes: per_event(0), picture_bytes: per_event(1) })
}

/// Mean of the capital's day, events/s.
fn capital_events_s() -> f64 {
    DAY_MESSAGES as f64 / DAY_S as f64
}

/// Tells what is assumed.
fn assume(each: &mut dyn FnMut(Figure)) {
    for (name, figure, unit) in [
        ("cities_assumed_cities", CITIES, "cities"),
        ("cities_assumed_capitals", CAPITALS, "cities"),
        ("cities_assumed_capital", capital_events_s(), "events/s"),
        ("cities_assumed_typical", TYPICAL_EVENTS_S as f64, "events/s"),
        ("cities_assumed_peak", PEAK, "times mean"),
        ("cities_assumed_used", USED * 100.0, "% of a core"),
        ("cities_assumed_copies", COPIES, "copies"),
        ("cities_assumed_gateways", GATEWAYS, "gateways"),
        ("cities_assumed_core_price", CORE_EUR, "EUR/month"),
        ("cities_assumed_disk_price", DISK_GB_EUR, "EUR/GB/month"),
        ("cities_assumed_traffic_price", TRAFFIC_GB_EUR, "EUR/GB"),
    ] {
        each(Figure::known(name, figure, unit));
    }
}

/// Tells what it comes to.
fn reckon(cost: &Cost, told: &mut dyn FnMut(&str, f64, &'static str)) {
    let Cost { us, events_bytes, picture_bytes } = cost;
    let events_s = CAPITALS * capital_events_s() + (CITIES - CAPITALS) * TYPICAL_EVENTS_S as f64;
    told("events", events_s, "events/s");

    // One more is that of `control`.
    let partitions = CITIES * TOPICS + 1.0;
    told("partitions", partitions, "partitions");
    told("partition_copies", partitions * COPIES, "partitions");

    let written_s = events_s * (events_bytes + picture_bytes);
    let copied_s = written_s * (COPIES - 1.0);
    let read_s = events_s * (events_bytes + GATEWAYS * picture_bytes);
    told("brokers_in", (written_s + copied_s) / MB, "MB/s");
    told("brokers_out", (read_s + copied_s) / MB, "MB/s");
    // Both topics keep a day; compaction takes some of the picture, which is left out.
    let disk_gb = written_s * COPIES * DAY_S as f64 / GB;
    told("disk_day", disk_gb, "GB");

    let shares = [1.0, 1.0, GATEWAYS, COPIES];
    let mut cores = 0.0;
    for ((role, us), share) in ROLES.into_iter().zip(us).zip(shares) {
        let of_role = events_s * PEAK * us * 1e-6 * share / USED;
        cores += of_role;
        told(&format!("{role}_cores"), of_role, "cores");
    }

    let across_s = copied_s + ACROSS * (written_s + read_s);
    let traffic_gb = across_s * DAY_S as f64 * MONTH_DAYS / GB;
    let prices = [cores * CORE_EUR, disk_gb * DISK_GB_EUR, traffic_gb * TRAFFIC_GB_EUR];
    for (what, price) in ["cores", "disk", "traffic"].into_iter().zip(prices) {
        told(&format!("{what}_price"), price, "EUR/month");
    }
    told("price", prices.iter().sum(), "EUR/month");
}
