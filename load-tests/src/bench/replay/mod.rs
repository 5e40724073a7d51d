//! Figures of replaying a simulated day of a capital's public transport at full speed: 50 million HFP
//! messages of 1,200 vehicles, made from a seed, through decoding, verdicts, matching, link state and
//! emissions.
//!
//! A usual run takes [`SLICE_S`] of it, twenty minutes of the morning rush; `replay/day` takes the whole.
//! *Times real time* is of the day: a second of it has 579 messages on the mean, while one of the rush
//! hour has 1,330, so a rate of messages is held against that mean, and the slice's own time is told too.

mod as_of;
mod city;
mod engine;
mod pipeline;
mod record;
mod recorded;

use std::path::PathBuf;
use std::time::Duration;

use picture::Picture;

pub(super) use self::as_of::as_of;
use self::city::City;
pub(super) use self::engine::engine;
use self::pipeline::{Replayed, replay};
pub(super) use self::record::recording;
use self::recorded::Recorded;
use super::process::resident_bytes;
use super::{BenchError, Figure, median};
use crate::simulator::{DAY_MESSAGES, DAY_S};

const SEED: u64 = 1;
/// Stands for the identity of a log.
const EPOCH: &str = "bench";
const RUNS: usize = 3;
/// The slice, seconds of the day in UTC: 07:20 to 07:40 in Helsinki.
const SLICE_S: std::ops::Range<i64> = 19_200..20_400;
/// A range of four times that length, for what memory it takes.
const LONG_S: std::ops::Range<i64> = 19_200..24_000;

/// Messages a second of the whole day.
fn day_messages_per_s() -> f64 {
    DAY_MESSAGES as f64 / DAY_S as f64
}

/// The slice through decoding, verdicts and picture, without streets.
pub(super) fn plain(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let slice = Recorded::new(&city, SLICE_S)?;
    each(Figure::known("replay_slice_messages", slice.messages as f64, "messages"));
    each(Figure::known("replay_slice_file", slice.bytes as f64 / 1e6, "MB"));
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let mut picture = city.picture(false, EPOCH);
        runs.push(replay(slice.reader()?, &city.config, &mut picture)?);
    }
    speed("replay_without_streets", 1_000.0, &runs, &slice, each);
    Ok(())
}

/// The slice through all of it.
pub(super) fn streets(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let slice = Recorded::new(&city, SLICE_S)?;
    each(Figure::known("replay_links", city.network.len() as f64, "links"));
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let mut picture = city.picture(true, EPOCH);
        runs.push(replay(slice.reader()?, &city.config, &mut picture)?);
        let snapshot = picture.snapshot();
        if runs.len() == 1 {
            let links = snapshot.objects.iter().filter(|o| o.layer() == picture::Layer::Links);
            each(Figure::known("replay_links_known", links.count() as f64, "links"));
            let vehicles =
                snapshot.objects.iter().filter(|o| o.layer() == picture::Layer::Vehicles);
            each(Figure::known("replay_vehicles", vehicles.count() as f64, "vehicles"));
        }
    }
    speed("replay_with_streets", 150.0, &runs, &slice, each);
    Ok(())
}

fn speed(
    name: &str,
    target: f64,
    runs: &[Replayed],
    slice: &Recorded,
    each: &mut dyn FnMut(Figure),
) {
    let of = |measure: fn(&Replayed) -> Duration| {
        median(runs.iter().map(|run| measure(run).as_secs_f64()).collect())
    };
    let wall_s = of(|run| run.wall);
    let rate = slice.messages as f64 / wall_s;
    each(Figure::known(format!("{name}_rate"), rate, "messages/s"));
    each(Figure::at_least(format!("{name}_day"), rate / day_messages_per_s(), "times", target));
    each(Figure::known(format!("{name}_slice"), slice.seconds() / wall_s, "times"));
    let per_message = |seconds: f64| seconds / slice.messages as f64 * 1e6;
    each(Figure::known(format!("{name}_read_cpu"), per_message(of(|run| run.read)), "us/message"));
    let decode = per_message(of(|run| run.decode));
    each(Figure::known(format!("{name}_decode_cpu"), decode, "us/message"));
    let apply = per_message(of(|run| run.apply));
    each(Figure::known(format!("{name}_apply_cpu"), apply, "us/message"));
}

/// The whole day, with and without streets.
pub(super) fn day(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let day = Recorded::new(&city, 0..DAY_S)?;
    each(Figure::known("replay_day_messages", day.messages as f64, "messages"));
    each(Figure::known("replay_day_file", day.bytes as f64 / 1e6, "MB"));
    for (name, has_streets, target) in
        [("replay_day_without_streets", false, 1_000.0), ("replay_day_with_streets", true, 150.0)]
    {
        let mut picture = city.picture(has_streets, EPOCH);
        let run = replay(day.reader()?, &city.config, &mut picture)?;
        let times = DAY_S as f64 / run.wall.as_secs_f64();
        each(Figure::at_least(name, times, "times", target));
        each(Figure::known(format!("{name}_time"), run.wall.as_secs_f64(), "s"));
        let cpu = [run.read, run.decode, run.apply].map(|part| part.as_secs_f64());
        for (part, cpu_s) in ["read", "decode", "apply"].into_iter().zip(cpu) {
            each(Figure::known(format!("{name}_{part}_cpu"), cpu_s, "s"));
        }
        let bytes = resident_bytes("self")? as f64 / 1_048_576.0;
        each(Figure::known(format!("{name}_memory"), bytes, "MiB"));
    }
    Ok(())
}

/// Resident memory at the end of the slice and of a range four times as long that begins with it.
pub(super) fn memory(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let city = City::new()?;
    let range = Recorded::new(&city, LONG_S)?;
    let mut picture = city.picture(true, EPOCH);
    let mut figures = Vec::new();
    let end_ms = range.start_ms() + (SLICE_S.end - SLICE_S.start) * 1_000;
    let mut at_slice = None;
    let reader = range.reader()?.inspect(|record| {
        let Ok(record) = record else { return };
        if record.received_time_ms >= end_ms && at_slice.is_none() {
            at_slice = resident_bytes("self").ok();
        }
    });
    replay(reader, &city.config, &mut picture)?;
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    figures.push(("replay_memory_slice", mib(at_slice.unwrap_or_default())));
    figures.push(("replay_memory_four_times", mib(resident_bytes("self")?)));
    for (name, figure) in figures {
        each(Figure::known(name, figure, "MiB"));
    }
    Ok(())
}

impl City {
    fn picture(&self, has_streets: bool, epoch: &str) -> Picture {
        let setup = if has_streets { self.setup.clone() } else { self.without_streets() };
        Picture::new(self.config.id.clone(), epoch.into(), setup)
    }
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
