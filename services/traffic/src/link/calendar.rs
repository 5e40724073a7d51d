//! Hours of the week as the people of a city live them.

/// Hours of a week.
pub const WEEK_HOURS: usize = 168;

/// Five minutes of a week.
pub const WEEK_FIVE_MINUTES: usize = WEEK_HOURS * 12;

const DAY_S: i64 = 86_400;

/// Local time and holidays of a region, as data: what a time zone's rules and a country's calendar
/// come to.
///
/// ```
/// use traffic::link::Calendar;
/// // Two hours ahead of UTC; Thursday 1970-01-08 is a holiday.
/// let calendar = Calendar::new(vec![(i64::MIN, 7_200)], [7]);
/// // 1970-01-01 was a Thursday: day 3 of the week, and 00:30 UTC is 02:30.
/// assert_eq!(calendar.week_hour(30 * 60_000), 3 * 24 + 2);
/// assert_eq!(calendar.week_five_minutes(30 * 60_000), (3 * 24 + 2) * 12 + 6);
/// // A holiday is a Sunday.
/// assert_eq!(calendar.week_hour(7 * 86_400_000), 6 * 24 + 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// From when on (Unix milliseconds) local time is how many seconds ahead of UTC, ascending.
    offsets: Vec<(i64, i32)>,
    /// Local days since 1970-01-01, ascending.
    holidays: Vec<i64>,
}

impl Calendar {
    /// From offsets in the order of time, and holidays as local days since 1970-01-01. Before the
    /// first offset local time is UTC.
    pub fn new(offsets: Vec<(i64, i32)>, holidays: impl IntoIterator<Item = i64>) -> Self {
        let mut holidays: Vec<i64> = holidays.into_iter().collect();
        holidays.sort_unstable();
        holidays.dedup();
        Self { offsets, holidays }
    }

    /// Hour of the week of a time, 0 (Monday, midnight) to 167, in local time. A holiday is like a
    /// Sunday.
    pub fn week_hour(&self, time_ms: i64) -> usize {
        self.week_five_minutes(time_ms) / 12
    }

    /// The same by five minutes, 0 to 2,015.
    pub fn week_five_minutes(&self, time_ms: i64) -> usize {
        let after = self.offsets.partition_point(|&(from_ms, _)| from_ms <= time_ms);
        let offset_s = after.checked_sub(1).map_or(0, |last| i64::from(self.offsets[last].1));
        let local_s = time_ms.div_euclid(1_000) + offset_s;
        let day = local_s.div_euclid(DAY_S);
        let five_minutes = local_s.rem_euclid(DAY_S) / 300;
        let holiday = self.holidays.binary_search(&day).is_ok();
        // 1970-01-01 was a Thursday.
        let week_day = if holiday { 6 } else { (day + 3).rem_euclid(7) };
        (week_day * 288 + five_minutes) as usize
    }
}
