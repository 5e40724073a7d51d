//! Times of a simulation as the publishers write them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Milliseconds since 1970-01-01 UTC, as a timestamp of the calendar.
fn timestamp(time_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `2026-09-29T04:53:45.256Z`.
pub(crate) fn utc_ms(time_ms: i64) -> String {
    format!("{:.3}", timestamp(time_ms))
}

/// `2026-09-29T04:53:45Z`.
pub(crate) fn utc_s(time_ms: i64) -> String {
    format!("{:.0}", timestamp(time_ms - time_ms.rem_euclid(1_000)))
}

/// The time rounded to the full minute, as timetables are.
pub(crate) fn whole_minute_ms(time_ms: i64) -> i64 {
    (time_ms + 30_000).div_euclid(60_000) * 60_000
}

/// Local time of a region.
#[derive(Clone, Debug)]
pub(crate) struct LocalTime {
    zone: TimeZone,
}

impl LocalTime {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    fn at(&self, time_ms: i64) -> Zoned {
        timestamp(time_ms).to_zoned(self.zone.clone())
    }

    /// `07:40`.
    pub(crate) fn minute(&self, time_ms: i64) -> String {
        let zoned = self.at(time_ms);
        format!("{:02}:{:02}", zoned.hour(), zoned.minute())
    }

    /// The local date.
    pub(crate) fn date(&self, time_ms: i64) -> Date {
        self.at(time_ms).date()
    }
}
