//! How near the state of the streets comes to the truth of simulated days of central Helsinki.
//!
//! The days, what a city would see of them, their truth and the naive baselines are made by
//! `load-tests/accuracy` (see [`prepare`]). Each run drives one scored day through the pipeline that
//! runs live, payload to published link, after a picture that has lived through the history days.
//!
//! A figure's name is `quantity/history/case/day`: how many days of history, which cars report, and
//! the day. Runs are shared by the parts of the group, so
//! `cargo xtask bench accuracy/speed,calibration,flow` makes them once. With `ACCURACY_RUNS` in the
//! environment, a list of parts of names with commas between, only runs that contain one of them
//! are made.

mod emission;
mod feed;
mod prepare;
mod run;
mod score;
mod streets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::emission::Factors;
use self::run::{Estimates, Past};
use self::score::{Baselines, Truth};
use super::{BenchError, Figure, median};
use feed::Case;

/// Speed: wMAPE, percent, over five minutes and over one.
const SPEED_GOALS: [(u32, f64); 2] = [(300, 6.0), (60, 10.0)];
/// Flow of the hour: links with GEH below 5, and wMAPE, percent.
const FLOW_GEH_GOAL: f64 = 99.0;
const FLOW_GOAL: f64 = 10.0;
/// Windows with so many cars are busy, as the rule for speed has it.
const BUSY_CARS_MIN: f64 = 3.0;
/// Share of the truth that the 90 percent interval holds, percent.
const CALIBRATION_GOAL: (f64, f64) = (85.0, 95.0);

/// Days before the scored ones, oldest first, each a week before the next; made by
/// `load-tests/accuracy/days.py`.
const HISTORY: [&str; 4] = ["seed13", "seed12", "seed11", "train"];
/// How many of them a picture has lived through.
const HISTORY_DAYS: [usize; 2] = [1, 4];
const SCORED: [&str; 4] = ["test", "seed3", "seed4", "disturbed"];

/// Which cars report how often; buses and detectors always do.
const CASES: [Case; 6] = [
    Case { name: "5pct_1s", share: 0.05, every_s: 1 },
    Case { name: "10pct_1s", share: 0.10, every_s: 1 },
    Case { name: "20pct_1s", share: 0.20, every_s: 1 },
    Case { name: "10pct_10s", share: 0.10, every_s: 10 },
    Case { name: "10pct_30s", share: 0.10, every_s: 30 },
    Case { name: "buses", share: 0.0, every_s: 1 },
];

/// Names the runs to make.
const RUNS_VARIABLE: &str = "ACCURACY_RUNS";

/// One run with everything that it is compared with.
struct Run {
    name: String,
    case: &'static str,
    estimates: Estimates,
    truth: Truth,
    emission: emission::Truth,
    baselines: Baselines,
}

/// wMAPE of the speed of links.
pub(super) fn speed(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for run in runs()? {
        for (window_s, goal) in SPEED_GOALS {
            let score = score::speed(&run.estimates, window_s, run.truth.speeds(window_s));
            let quantity = format!("speed_{window_s}s");
            let baseline = run.baselines.get(run.case, &quantity);
            let name = format!("{quantity}/{}", run.name);
            each(Figure::below(name, score.wmape_percent, "%", goal).against(baseline));
        }
    }
    Ok(())
}

/// Share of true speeds inside the 90 percent interval, how wide that is, for how many true speeds
/// the very window was published, and how soon.
pub(super) fn calibration(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for run in runs()? {
        for (window_s, _) in SPEED_GOALS {
            let score = score::speed(&run.estimates, window_s, run.truth.speeds(window_s));
            let (least, most) = CALIBRATION_GOAL;
            let name = format!("interval_holds_{window_s}s/{}", run.name);
            let figure = Figure::at_least(name, score.inside_percent, "%", least);
            let met = Some((least..=most).contains(&score.inside_percent));
            each(Figure { met, ..figure });
            let name = format!("interval_width_{window_s}s/{}", run.name);
            each(Figure::known(name, score.width_percent, "% of speed"));
            let name = format!("answered_{window_s}s/{}", run.name);
            each(Figure::known(name, score.answered_percent, "%"));
            let name = format!("published_after_{window_s}s/{}", run.name);
            let delay_s = median(run.estimates.delays_s(window_s).to_vec());
            each(Figure::known(name, delay_s, "s"));
        }
    }
    Ok(())
}

/// Flow of the hour, of a quarter of it and of five minutes.
pub(super) fn flow(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    for run in runs()? {
        let windows = run.estimates.windows(300);
        let hour = score::hour_flow(windows, &run.truth.hour_flow);
        let baseline = |quantity: &str| run.baselines.get(run.case, quantity);
        let name = |quantity: &str| format!("{quantity}/{}", run.name);
        let figure =
            Figure::at_least(name("flow_hour_geh"), hour.geh_below_5_percent, "%", FLOW_GEH_GOAL);
        each(figure.against(baseline("flow_hour_geh")));
        let figure = Figure::below(name("flow_hour"), hour.wmape_percent, "%", FLOW_GOAL);
        each(figure.against(baseline("flow_hour")));
        let truth = &run.truth.five_minutes_flow;
        let five_minutes = score::window_flow(windows, truth, 1, 1.0);
        let figure = Figure::known(name("flow_300s"), five_minutes.wmape_percent, "%");
        each(figure.against(baseline("flow_300s")));
        let busy = score::window_flow(windows, truth, 1, BUSY_CARS_MIN);
        each(Figure::known(name("flow_300s_busy"), busy.wmape_percent, "%"));
        let (least, most) = CALIBRATION_GOAL;
        let figure =
            Figure::at_least(name("flow_interval_holds_300s"), busy.inside_percent, "%", least);
        let met = Some((least..=most).contains(&busy.inside_percent));
        each(Figure { met, ..figure });
        let quarter = score::window_flow(windows, truth, 3, BUSY_CARS_MIN);
        each(Figure::known(name("flow_900s_busy"), quarter.wmape_percent, "%"));
    }
    Ok(())
}

/// CO2 and NOx: the model alone on true traffic, then the whole pipeline.
pub(super) fn emissions(each: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let folder = prepare::prepare()?;
    let streets = streets::read(&folder)?;
    let factors = Factors::read(&folder)?;
    for day in SCORED {
        let truth = emission::Truth::read(&folder.join(day))?;
        emission::model(&factors, &truth, day, each)?;
    }
    let region = run::config(&streets)?.region();
    for run in runs()? {
        let Run { name, case, estimates, emission, baselines, .. } = run;
        let baseline = |quantity: &str| baselines.get(case, quantity);
        let published = estimates.emitted();
        emission::end_to_end(&streets, &region, published, emission, name, baseline, each);
    }
    Ok(())
}

/// All runs, made once.
fn runs() -> Result<&'static [Run], BenchError> {
    static RUNS: OnceLock<Result<Vec<Run>, BenchError>> = OnceLock::new();
    RUNS.get_or_init(make).as_deref().map_err(|error| BenchError(error.0.clone()))
}

fn make() -> Result<Vec<Run>, BenchError> {
    let folder = prepare::prepare()?;
    let streets = streets::read(&folder)?;
    let factors = Factors::read(&folder)?;
    let only = std::env::var(RUNS_VARIABLE).ok();
    let is_wanted = |name: &str| {
        only.as_deref().is_none_or(|only| only.split(',').any(|part| name.contains(part)))
    };
    let mut runs = Vec::new();
    for history_days in HISTORY_DAYS {
        let names = CASES.iter().flat_map(|case| {
            SCORED.map(|day| (case, day, format!("{history_days}d/{}/{day}", case.name)))
        });
        let wanted: Vec<_> = names.filter(|(.., name)| is_wanted(name)).collect();
        if wanted.is_empty() {
            continue;
        }
        eprintln!("accuracy: {history_days}d of history, {} runs", wanted.len());
        let days = &HISTORY[HISTORY.len() - history_days..];
        let delays_ms: BTreeSet<i64> =
            wanted.iter().map(|(case, ..)| case.close_after_ms()).collect();
        let delays_ms: Vec<i64> = delays_ms.into_iter().collect();
        let pasts = parallel(&delays_ms, |&delay_ms| {
            Ok((delay_ms, run::learn(&streets, &folder, days, delay_ms, &factors)?))
        })?;
        let pasts: BTreeMap<i64, Past> = pasts.into_iter().collect();
        runs.extend(parallel(&wanted, |(case, day, name)| {
            let past = &pasts[&case.close_after_ms()];
            let estimates = past.estimate(&streets, &folder, day, case)?;
            let truth = Truth::read(&folder.join(day))?;
            let baselines = Baselines::read(&folder.join(day), history_days)?;
            let emission = emission::Truth::read(&folder.join(day))?;
            Ok(Run { name: name.clone(), case: case.name, estimates, truth, emission, baselines })
        })?);
    }
    Ok(runs)
}

/// Does something with each item, on all cores; the results in the order of the items.
fn parallel<T: Sync, R: Send>(
    items: &[T],
    each: impl Fn(&T) -> Result<R, BenchError> + Sync,
) -> Result<Vec<R>, BenchError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, each(item)));
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            done.extend(thread.join().map_err(|_| BenchError::new("a run died"))?);
        }
        Ok::<(), BenchError>(())
    })?;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
