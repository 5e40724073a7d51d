//! Local times without an offset, of rows that stand in the order of time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Rows may come so much out of order without being of the second of two equal hours.
const DISORDER_MS: i64 = 10 * 60_000;

/// The moment of a local time, milliseconds since 1970-01-01 UTC; `newest_ms` is the latest of the
/// rows before.
///
/// Of the two in October it is the first, until the file has gone past that: when local time goes back
/// by more than ten minutes within the hour, the second has begun. What of the hour a file does not
/// have cannot tell: one that begins in the second, or has less than ten minutes of the first, counts
/// as of the first.
///
/// # Errors
///
/// A time that the clocks leave out in March does not exist.
pub(super) fn unix_ms(time: DateTime, time_zone: &TimeZone, newest_ms: i64) -> Result<i64, String> {
    let ambiguous = time_zone.to_ambiguous_timestamp(time);
    let is_second =
        |first: &Timestamp| first.as_millisecond() < newest_ms.saturating_sub(DISORDER_MS);
    let timestamp = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible(),
        AmbiguousOffset::Fold { .. } => ambiguous
            .earlier()
            .and_then(|first| if is_second(&first) { ambiguous.later() } else { Ok(first) }),
        AmbiguousOffset::Gap { .. } => {
            return Err(format!("{time} does not exist: the clocks skip it"));
        }
    };
    timestamp.map(Timestamp::as_millisecond).map_err(|error| error.to_string())
}
