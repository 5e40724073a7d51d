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
        let local_s = self.local_s(time_ms);
        let day = local_s.div_euclid(DAY_S);
        let five_minutes = local_s.rem_euclid(DAY_S) / 300;
        let holiday = self.holidays.binary_search(&day).is_ok();
        let week_day = if holiday { 6 } else { week_day(day) };
        (week_day * 288 + five_minutes) as usize
    }

    /// Year, month (1 to 12) and day of the month, in local time.
    ///
    /// ```
    /// let calendar = traffic::link::Calendar::new(vec![(i64::MIN, 7_200)], []);
    /// // 2026-02-28 22:30 UTC is the first of March.
    /// assert_eq!(calendar.date(1_772_317_800_000), (2026, 3, 1));
    /// ```
    pub fn date(&self, time_ms: i64) -> (i32, u32, u32) {
        civil_date(self.local_s(time_ms).div_euclid(DAY_S))
    }

    /// When the local hour began that a time is in, Unix milliseconds. An hour that is there twice,
    /// as clocks go back, is two hours.
    pub fn hour_start_ms(&self, time_ms: i64) -> i64 {
        time_ms - self.local_s(time_ms).rem_euclid(3_600) * 1_000 - time_ms.rem_euclid(1_000)
    }

    /// When the local day began that a time is in, Unix milliseconds. Days on which clocks change
    /// have 23 or 25 hours.
    ///
    /// ```
    /// // Summer time begins two hours after midnight UTC.
    /// let calendar = traffic::link::Calendar::new(vec![(i64::MIN, 0), (7_200_000, 3_600)], []);
    /// assert_eq!(calendar.day_start_ms(1_000), 0);
    /// assert_eq!(calendar.day_start_ms(9_000_000), 0);
    /// assert_eq!(calendar.day_start_ms(90_000_000), 82_800_000);
    /// ```
    pub fn day_start_ms(&self, time_ms: i64) -> i64 {
        let day = self.local_s(time_ms).div_euclid(DAY_S);
        self.utc_ms(day, time_ms)
    }

    /// When the Monday began of the local week that a time is in, Unix milliseconds.
    pub fn week_start_ms(&self, time_ms: i64) -> i64 {
        let day = self.local_s(time_ms).div_euclid(DAY_S);
        self.utc_ms(day - week_day(day), time_ms)
    }

    /// Seconds since 1970-01-01 on the local clock.
    fn local_s(&self, time_ms: i64) -> i64 {
        time_ms.div_euclid(1_000) + self.offset_s(time_ms)
    }

    fn offset_s(&self, time_ms: i64) -> i64 {
        let after = self.offsets.partition_point(|&(from_ms, _)| from_ms <= time_ms);
        after.checked_sub(1).map_or(0, |last| i64::from(self.offsets[last].1))
    }

    /// The midnight with which a local day begins that is at or before a time.
    fn utc_ms(&self, day: i64, time_ms: i64) -> i64 {
        let midnight_ms = |offset_s: i64| (day * DAY_S - offset_s) * 1_000;
        // With the offset of the time itself, then with the one that was in force at that midnight.
        midnight_ms(self.offset_s(midnight_ms(self.offset_s(time_ms))))
    }
}

/// Day of the week of a day since 1970-01-01, a Thursday; Monday is 0.
fn week_day(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// Year, month (1 to 12) and day of the month of a day since 1970-01-01.
///
/// Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`.
///
/// ```
/// assert_eq!(traffic::link::civil_date(0), (1970, 1, 1));
/// assert_eq!(traffic::link::civil_date(20_512), (2026, 2, 28));
/// ```
pub fn civil_date(day: i64) -> (i32, u32, u32) {
    let shifted_days = day + 719_468;
    let day_of_era = shifted_days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = shifted_days.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}
