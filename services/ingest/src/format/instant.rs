//! Times as the publishers write them, to milliseconds since 1970-01-01 UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Seconds of a day.
pub(super) const DAY_S: i64 = 86_400;

/// Last instant that is taken, 9999-12-31T23:59:59.999Z: it keeps sums of times far from overflow.
const UNIX_MS_MAX: i64 = 253_402_300_799_999;

/// A number of Unix time above this is in milliseconds: as seconds it would be the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;

/// Milliseconds from a number of Unix seconds, or of milliseconds as some publishers send by
/// mistake. `None` for 0, which stands for a missing value, and outside 1970 to 9999.
pub(crate) fn unix_ms(number: i64) -> Option<i64> {
    let milliseconds = if number > SECONDS_MAX { number } else { number.checked_mul(1_000)? };
    (1..=UNIX_MS_MAX).contains(&milliseconds).then_some(milliseconds)
}

/// Milliseconds of an ISO 8601 instant with `Z` or an offset and any fraction of a second. The
/// shapes that feeds send are read by hand, four times as fast; all others by `jiff`.
pub(crate) fn rfc3339_ms(text: &str) -> Option<i64> {
    let ms = exact_ms(text.as_bytes()).or_else(|| general_ms(text))?;
    (1..=UNIX_MS_MAX).contains(&ms).then_some(ms)
}

fn general_ms(text: &str) -> Option<i64> {
    let timestamp: Timestamp = text.trim().parse().ok()?;
    Some(timestamp.as_millisecond())
}

/// `YYYY-MM-DDTHH:MM:SS`, with up to nine decimals, ending in `Z`.
fn exact_ms(bytes: &[u8]) -> Option<i64> {
    let (head, tail) = bytes.split_at_checked(19)?;
    let &[_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _] = head else {
        return None;
    };
    let number = |from: usize, to: usize| digits(head.get(from..to)?);
    let datetime = DateTime::new(
        number(0, 4)? as i16,
        number(5, 7)? as i8,
        number(8, 10)? as i8,
        number(11, 13)? as i8,
        number(14, 16)? as i8,
        number(17, 19)? as i8,
        0,
    );
    let fraction_ms = match tail {
        b"Z" => 0,
        [b'.', decimals @ .., b'Z'] if (1..=9).contains(&decimals.len()) => {
            digits(decimals)? * 1_000 / 10_i64.pow(decimals.len() as u32)
        }
        _ => return None,
    };
    let timestamp = Offset::UTC.to_timestamp(datetime.ok()?).ok()?;
    Some(timestamp.as_second() * 1_000 + fraction_ms)
}

/// The number that ASCII digits write; `None` for anything else. At most 18 digits are given.
fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Seconds of a time of day `H:MM`, `HH:MM` or `HH:MM:SS`. The hour may pass 24, as in GTFS, up
/// to 99.
pub(super) fn time_of_day_s(text: &str) -> Option<u32> {
    let text = text.trim_ascii().as_bytes();
    let hour_digits = if text.get(1) == Some(&b':') { 1 } else { 2 };
    let (hours, rest) = text.split_at_checked(hour_digits)?;
    let (minutes, seconds) = match *rest {
        [b':', m1, m2] => ([m1, m2], *b"00"),
        [b':', m1, m2, b':', s1, s2] => ([m1, m2], [s1, s2]),
        _ => return None,
    };
    let (hours, minutes, seconds) = (digits(hours)?, digits(&minutes)?, digits(&seconds)?);
    let is_legal = minutes < 60 && seconds < 60;
    is_legal.then_some((hours * 3_600 + minutes * 60 + seconds) as u32)
}

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    /// `YYYYMMDD`, ASCII.
    pub(super) compact: [u8; 8],
    /// Days since 1970-01-01.
    pub(super) since_epoch: i64,
}

impl Day {
    /// The day of `YYYY-MM-DD`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return None;
        };
        Self::of_digits([y1, y2, y3, y4, m1, m2, d1, d2])
    }

    /// The day of `YYYYMMDD`.
    pub(super) fn parse_compact(text: &str) -> Option<Self> {
        Self::of_digits(text.as_bytes().try_into().ok()?)
    }

    fn of_digits(compact: [u8; 8]) -> Option<Self> {
        let number = |from: usize, to: usize| digits(compact.get(from..to)?);
        let midnight = DateTime::new(
            number(0, 4)? as i16,
            number(4, 6)? as i8,
            number(6, 8)? as i8,
            0,
            0,
            0,
            0,
        );
        let timestamp = Offset::UTC.to_timestamp(midnight.ok()?).ok()?;
        Some(Self { compact, since_epoch: timestamp.as_second().div_euclid(DAY_S) })
    }
}

/// Local time of a zone, with the offset of the quarter of an hour that was asked for last: all
/// offsets change at full quarters.
pub(super) struct LocalClock {
    zone: TimeZone,
    quarter: i64,
    offset_s: i64,
}

/// Length of the time for which an offset is kept.
const QUARTER_MS: i64 = 900_000;

impl LocalClock {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, quarter: i64::MIN, offset_s: 0 }
    }

    /// Seconds of local time since local 1970-01-01T00:00.
    pub(super) fn local_s(&mut self, unix_ms: i64) -> i64 {
        let quarter = unix_ms.div_euclid(QUARTER_MS);
        if quarter != self.quarter {
            let instant = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
            self.offset_s = i64::from(self.zone.to_offset(instant).seconds());
            self.quarter = quarter;
        }
        unix_ms.div_euclid(1_000) + self.offset_s
    }
}
