//! Estimates against the truth.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use events::Text;
use picture::Estimate;

use super::run::{Estimates, Value, Windows};
use crate::bench::BenchError;

/// Windows of five minutes in an hour.
const WINDOWS_PER_HOUR: f64 = 12.0;

/// Windows of five minutes in the hour of the flow, 07:30 to 08:30.
const HOUR: std::ops::Range<i64> = 6..18;

/// The truth of a day.
pub(super) struct Truth {
    minute_speeds: Vec<Cell>,
    five_minutes_speeds: Vec<Cell>,
    /// Cars of the hour by edge.
    pub(super) hour_flow: Vec<(Text, f64)>,
    /// Cars of five minutes.
    pub(super) five_minutes_flow: Vec<Cell>,
}

/// A true value of an edge in a window.
pub(super) struct Cell {
    edge: Text,
    window: i64,
    value: f64,
}

impl Truth {
    /// Reads what the scripts wrote of a day.
    pub(super) fn read(folder: &Path) -> Result<Self, BenchError> {
        Ok(Self {
            minute_speeds: cells(&folder.join("truth_60s.csv"))?,
            five_minutes_speeds: cells(&folder.join("truth_300s.csv"))?,
            five_minutes_flow: cells(&folder.join("flow_300s.csv"))?,
            hour_flow: rows(&folder.join("flow_hour.csv"), |[edge, cars]| {
                Some((edge.into(), number(cars)?))
            })?,
        })
    }

    /// Speeds, km/h, of windows of a minute or of five.
    pub(super) fn speeds(&self, window_s: u32) -> &[Cell] {
        if window_s == 60 { &self.minute_speeds } else { &self.five_minutes_speeds }
    }
}

/// Figures of the naive methods, by case and quantity.
pub(super) struct Baselines(BTreeMap<(Text, Text), f64>);

impl Baselines {
    /// Reads those with as many days of history.
    pub(super) fn read(folder: &Path, history_days: usize) -> Result<Self, BenchError> {
        let rows = rows(&folder.join("baselines.csv"), |[days, case, quantity, figure]| {
            Some((number::<usize>(days)?, (case.into(), quantity.into()), number(figure)?))
        })?;
        let rows = rows.into_iter().filter(|(days, ..)| *days == history_days);
        Ok(Self(rows.map(|(_, key, figure)| (key, figure)).collect()))
    }

    pub(super) fn get(&self, case: &str, quantity: &str) -> Option<f64> {
        self.0.get(&(case.into(), quantity.into())).copied()
    }
}

fn cells(path: &Path) -> Result<Vec<Cell>, BenchError> {
    rows(path, |[edge, window, value]| {
        Some(Cell { edge: edge.into(), window: number(window)?, value: number(value)? })
    })
}

/// Rows of a file with commas between the fields and a heading.
fn rows<const N: usize, T>(
    path: &Path,
    row: impl Fn([&str; N]) -> Option<T>,
) -> Result<Vec<T>, BenchError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| BenchError(format!("{}: {error}", path.display())))?;
    let parsed = text.lines().enumerate().skip(1).map(|(index, line)| {
        let fields: Vec<&str> = line.split(',').collect();
        let fields = <[&str; N]>::try_from(fields).ok();
        fields.and_then(&row).ok_or_else(|| {
            BenchError(format!("{} line {}: not {N} values", path.display(), index + 1))
        })
    });
    parsed.collect()
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// How near speeds come.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_field_names, reason = "units are last in names")]
pub(super) struct SpeedScore {
    /// Sum of errors over sum of truth, percent.
    pub(super) wmape_percent: f64,
    /// True values inside the 90 percent interval, percent.
    pub(super) inside_percent: f64,
    /// Sum of the intervals' widths over sum of truth, percent.
    pub(super) width_percent: f64,
    /// True values for whose very window something was published, percent.
    pub(super) answered_percent: f64,
}

/// Scores speeds of windows of a minute or of five. Where nothing was published of a window, the
/// newest value of the link counts, which is what the picture shows then; without any, 0.
pub(super) fn speed(estimates: &Estimates, window_s: u32, truth: &[Cell]) -> SpeedScore {
    let (mut error, mut sum, mut inside, mut width, mut answered) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for cell in truth {
        let (value, is_own) = newest(estimates, window_s, cell);
        let estimate = value.map(|value| value.speed_km_h).unwrap_or_default();
        error += (estimate.value - cell.value).abs();
        sum += cell.value;
        width += estimate.high - estimate.low;
        inside += f64::from((estimate.low..=estimate.high).contains(&cell.value));
        answered += f64::from(is_own);
    }
    let share = 100.0 / truth.len() as f64;
    SpeedScore {
        wmape_percent: error / sum * 100.0,
        inside_percent: inside * share,
        width_percent: width / sum * 100.0,
        answered_percent: answered * share,
    }
}

/// The newest value of an edge at the end of a window, and whether it is of that very window.
fn newest<'a>(estimates: &'a Estimates, window_s: u32, cell: &Cell) -> (Option<&'a Value>, bool) {
    let own = estimates.windows(window_s).get(&(cell.edge.clone(), cell.window));
    if own.is_some() {
        return (own, true);
    }
    let end_s = (cell.window + 1) * i64::from(window_s);
    let other_s = if window_s == 60 { 300 } else { 60 };
    let before = [other_s, window_s].into_iter().filter_map(|window_s| {
        let published = estimates.windows(window_s);
        let last = end_s / i64::from(window_s) - 1;
        let mut before = published.range((cell.edge.clone(), -1)..=(cell.edge.clone(), last));
        before.next_back().map(|((_, window), value)| ((window + 1) * i64::from(window_s), value))
    });
    // Of two as new the one of the length that is asked for: it comes last.
    (before.max_by_key(|(end_s, _)| *end_s).map(|(_, value)| value), false)
}

/// How near flows of an hour come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FlowScore {
    /// Edges with GEH below 5, percent.
    pub(super) geh_below_5_percent: f64,
    /// Sum of errors over sum of truth, percent.
    pub(super) wmape_percent: f64,
}

/// Scores the mean of the five-minute flows of the hour. What is not known counts as 0.
pub(super) fn hour_flow(estimates: &Windows, truth: &[(Text, f64)]) -> FlowScore {
    let (mut error, mut sum, mut near) = (0.0, 0.0, 0.0);
    for (edge, cars) in truth {
        let windows = HOUR.filter_map(|window| estimates.get(&(edge.clone(), window)));
        let flows = windows.filter_map(|value| value.flow_veh_h);
        let flow: f64 = flows.map(|flow| flow.value).sum();
        let estimate = flow / HOUR.count() as f64;
        error += (estimate - cars).abs();
        sum += cars;
        let geh = (2.0 * (estimate - cars).powi(2) / (estimate + cars)).sqrt();
        near += f64::from(geh < 5.0);
    }
    FlowScore {
        geh_below_5_percent: near / truth.len() as f64 * 100.0,
        wmape_percent: error / sum * 100.0,
    }
}

/// How near flows of parts of an hour come.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_field_names, reason = "units are last in names")]
pub(super) struct WindowFlowScore {
    /// Sum of errors over sum of truth, percent.
    pub(super) wmape_percent: f64,
    /// True values inside the 90 percent interval, percent; of windows longer than five minutes 0.
    pub(super) inside_percent: f64,
}

/// Scores flows of so many windows of five minutes together in which at least as many cars came.
/// What is not known counts as 0.
pub(super) fn window_flow(
    estimates: &Windows,
    truth: &[Cell],
    together: i64,
    cars_min: f64,
) -> WindowFlowScore {
    let mut cars: BTreeMap<(&str, i64), f64> = BTreeMap::new();
    for cell in truth {
        *cars.entry((cell.edge.as_str(), cell.window / together)).or_default() += cell.value;
    }
    let (mut error, mut sum, mut inside, mut count) = (0.0, 0.0, 0.0, 0.0);
    for ((edge, window), cars) in cars.into_iter().filter(|(_, cars)| *cars >= cars_min) {
        let windows = window * together..(window + 1) * together;
        let flow = |window| estimates.get(&(edge.into(), window))?.flow_veh_h;
        let flows: Vec<Estimate> = windows.filter_map(flow).collect();
        let of = |end: fn(&Estimate) -> f64| flows.iter().map(end).sum::<f64>() / WINDOWS_PER_HOUR;
        error += (of(|flow| flow.value) - cars).abs();
        sum += cars;
        let holds = (of(|flow| flow.low)..=of(|flow| flow.high)).contains(&cars);
        inside += f64::from(together == 1 && holds);
        count += 1.0;
    }
    WindowFlowScore { wmape_percent: error / sum * 100.0, inside_percent: inside / count * 100.0 }
}
