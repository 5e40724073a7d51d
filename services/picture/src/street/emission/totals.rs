//! What an area has emitted in the running and the last hour, day and week of local time.

use events::wire::EmissionPeriod;
use traffic::link::Calendar;

use super::sums::Sums;
use crate::EmissionTotal;

/// All periods, shortest first.
pub(crate) const PERIODS: [EmissionPeriod; 3] =
    [EmissionPeriod::Hour, EmissionPeriod::Day, EmissionPeriod::Week];

/// One period.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Total {
    pub(crate) start_ms: i64,
    /// End of the newest window in it.
    pub(crate) end_ms: i64,
    pub(crate) windows: u32,
    pub(crate) sums: Sums,
}

/// The running period and the one before, of each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Totals {
    pub(crate) running: [Option<Box<Total>>; 3],
    pub(crate) last: [Option<Box<Total>>; 3],
}

impl Totals {
    /// Takes a window in. It is in the period in which it begins.
    pub(crate) fn add(&mut self, calendar: &Calendar, start_ms: i64, end_ms: i64, window: &Sums) {
        for (place, &period) in PERIODS.iter().enumerate() {
            let period_start_ms = start_of(calendar, period, start_ms);
            let running = &mut self.running[place];
            if running.as_ref().is_none_or(|total| total.start_ms != period_start_ms) {
                let new = Total { start_ms: period_start_ms, ..Total::default() };
                self.last[place] = running.replace(Box::new(new));
            }
            if let Some(total) = running {
                total.end_ms = end_ms;
                total.windows += 1;
                total.sums.add(window);
            }
        }
    }

    /// As an object has them: the running ones, then those that are over.
    pub(crate) fn objects(&self) -> Vec<EmissionTotal> {
        let all = [(&self.running, false), (&self.last, true)];
        let totals = all.into_iter().flat_map(|(totals, complete)| {
            PERIODS.into_iter().zip(totals).filter_map(move |(period, total)| {
                let total = total.as_deref()?;
                Some(EmissionTotal {
                    period,
                    start_time_ms: total.start_ms,
                    end_time_ms: total.end_ms,
                    complete,
                    windows: total.windows,
                    vehicle_km: total.sums.driven_mm as f64 / 1e6,
                    amounts: total.sums.amounts(),
                })
            })
        });
        totals.collect()
    }
}

/// When the local hour, day or week of a time began.
fn start_of(calendar: &Calendar, period: EmissionPeriod, time_ms: i64) -> i64 {
    match period {
        EmissionPeriod::Day => calendar.day_start_ms(time_ms),
        EmissionPeriod::Week => calendar.week_start_ms(time_ms),
        EmissionPeriod::Hour | EmissionPeriod::Unspecified => calendar.hour_start_ms(time_ms),
    }
}
