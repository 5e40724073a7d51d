//! A region's local time and holidays as the plain numbers that the picture works with.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::config::RegionConfig;
use crate::format::OptionsError;

/// Years that a picture may be of: recordings of the past, and a good while ahead.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2060;

impl RegionConfig {
    /// From when on (Unix milliseconds) local time is how many seconds ahead of UTC, in the order
    /// of time; the first holds since ever.
    pub fn utc_offsets(&self) -> Result<Vec<(i64, i32)>, OptionsError> {
        let zone = self.time_zone()?;
        let start = Timestamp::from_second(START_S).unwrap_or_default();
        let mut offsets = vec![(i64::MIN, zone.to_offset(start).seconds())];
        let changes = zone
            .following(start)
            .take_while(|change| change.timestamp().to_zoned(TimeZone::UTC).year() <= *YEARS.end());
        offsets.extend(changes.map(|c| (c.timestamp().as_millisecond(), c.offset().seconds())));
        Ok(offsets)
    }

    /// Its holidays as local days since 1970-01-01; an error names the rule that is none.
    pub fn holiday_days(&self) -> Result<Vec<i64>, OptionsError> {
        let mut days = Vec::new();
        for (index, rule) in self.holidays.iter().enumerate() {
            for year in YEARS {
                let Some(day) = holiday(rule, year) else {
                    let message = format!(
                        "{rule:?} must be MM-DD, easter+N, easter-N or \"saturday MM-DD MM-DD\""
                    );
                    return Err(OptionsError { key: format!("holidays[{index}]"), message });
                };
                days.push(day_number(day));
            }
        }
        Ok(days)
    }
}

/// 2000-01-01T00:00:00Z.
const START_S: i64 = 946_684_800;

/// Days since 1970-01-01.
fn day_number(day: Date) -> i64 {
    let epoch = date(1970, 1, 1);
    i64::from((day - epoch).get_days())
}

/// The day of a rule in a year.
fn holiday(rule: &str, year: i16) -> Option<Date> {
    if let Some(days) = rule.strip_prefix("easter") {
        let days: i32 = if days.is_empty() { 0 } else { days.parse().ok()? };
        return easter(year)?.checked_add(Span::new().try_days(days).ok()?).ok();
    }
    if let Some(ends) = rule.strip_prefix("saturday ") {
        let (first, last) = ends.split_once(' ')?;
        let (first, last) = (month_day(first, year)?, month_day(last, year)?);
        let mut days = first.series(Span::new().days(1)).take_while(|&day| day <= last);
        return days.find(|day| day.weekday() == Weekday::Saturday);
    }
    month_day(rule, year)
}

fn month_day(text: &str, year: i16) -> Option<Date> {
    let (month, day) = text.split_once('-')?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm; Meeus, Astronomical
/// Algorithms, 1991, chapter 8).
#[allow(clippy::many_single_char_names, reason = "the source's own letters")]
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    Date::new(year as i16, month as i8, day as i8).ok()
}
