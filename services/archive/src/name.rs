//! Names of files: what is in one is in its name.

use std::fmt;
use std::str::FromStr;

use object_store::path::Path;

use crate::{Kind, Topic};

/// How files of rows end.
const EXTENSION: &str = ".parquet";
/// What names of thinned files have before the length of the period.
const THINNED: &str = "every-";
/// Milliseconds of a day of UTC.
const DAY_MS: i64 = 86_400_000;

/// A day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(jiff::civil::Date);

impl Day {
    /// The day that a time is in.
    ///
    /// ```
    /// use archive::Day;
    /// // Both of the hours that are 03:30 in Helsinki on the last Sunday of October.
    /// assert_eq!(Day::of(1_792_888_200_000).to_string(), "2026-10-25");
    /// assert_eq!(Day::of(1_792_888_200_000 + 3_600_000).to_string(), "2026-10-25");
    /// assert_eq!(Day::of(-1).to_string(), "1969-12-31");
    /// ```
    pub fn of(time_ms: i64) -> Self {
        let day = i32::try_from(time_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
        let span = jiff::Span::new().try_days(day);
        let date = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
        Self(date.unwrap_or(jiff::civil::Date::MAX))
    }

    /// Days from this one to a later one.
    pub fn days_until(self, later: Self) -> i64 {
        later.number() - self.number()
    }

    fn number(self) -> i64 {
        let since = jiff::civil::date(1970, 1, 1).until(self.0);
        since.map_or(i64::MAX, |span| i64::from(span.get_days()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

/// A stretch of a topic of a region, as one kind's file has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment {
    /// Region.
    pub region: String,
    /// Day of its first record's reception.
    pub day: Day,
    /// Kind of its rows.
    pub kind: Kind,
    /// The log whose offsets these are.
    pub epoch: String,
    /// First offset of the stretch.
    pub first: u64,
    /// Last offset of the stretch, inclusive.
    pub last: u64,
    /// Time of reception at its beginning: the latest so far in the log, milliseconds since
    /// 1970-01-01 UTC.
    pub from_ms: i64,
    /// Time of reception at its end.
    pub to_ms: i64,
    /// Where it was thinned: one row in a period of so many seconds stays. 0 where all are there.
    pub every_s: u32,
    /// Size of the file, bytes; 0 of one that is not written yet.
    pub bytes: u64,
}

impl Segment {
    /// Where it lies.
    ///
    /// ```
    /// use archive::{Day, Kind, Segment};
    /// let segment = Segment {
    ///     region: "helsinki".into(),
    ///     day: Day::of(0),
    ///     kind: Kind::Raw,
    ///     epoch: "00c0ffee".into(),
    ///     first: 7,
    ///     last: 9,
    ///     from_ms: 100,
    ///     to_ms: 200,
    ///     every_s: 0,
    ///     bytes: 0,
    /// };
    /// let path = segment.path();
    /// assert_eq!(
    ///     path,
    ///     "region=helsinki/day=1970-01-01/kind=raw/00c0ffee.000000000007-000000000009.100-200.parquet"
    /// );
    /// assert_eq!(Segment::parse(&path, 0).as_ref(), Some(&segment));
    /// let thinned = Segment { every_s: 10, ..segment };
    /// assert!(thinned.path().ends_with("/00c0ffee.000000000007-000000000009.100-200.every-10s.parquet"));
    /// assert_eq!(Segment::parse(&thinned.path(), 0), Some(thinned));
    /// assert_eq!(Segment::parse("region=helsinki/notes.txt", 0), None);
    /// ```
    pub fn path(&self) -> String {
        let Self { region, day, kind, epoch, first, last, from_ms, to_ms, every_s, .. } = self;
        let thinned = match every_s {
            0 => String::new(),
            every_s => format!(".{THINNED}{every_s}s"),
        };
        format!(
            "region={region}/day={day}/kind={kind}/\
             {epoch}.{first:012}-{last:012}.{from_ms}-{to_ms}{thinned}{EXTENSION}"
        )
    }

    /// What a path says; none where the file is none of ours.
    pub fn parse(path: &str, bytes: u64) -> Option<Self> {
        let mut parts = path.split('/');
        let region = parts.next()?.strip_prefix("region=")?.to_owned();
        let day = parts.next()?.strip_prefix("day=")?.parse().ok()?;
        let kind = parts.next()?.strip_prefix("kind=")?.parse().ok()?;
        let name = parts.next()?.strip_suffix(EXTENSION)?;
        let mut words = name.split('.');
        let epoch = words.next()?.to_owned();
        let (first, last) = words.next()?.split_once('-')?;
        // A time before 1970 has a sign.
        let times = words.next()?;
        let between = times.get(1..)?.find('-')? + 1;
        let (from, to) = (times.get(..between)?, times.get(between + 1..)?);
        let every_s = match words.next() {
            Some(word) => word.strip_prefix(THINNED)?.strip_suffix('s')?.parse().ok()?,
            None => 0,
        };
        let segment = Self {
            region,
            day,
            kind,
            epoch,
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            from_ms: from.parse().ok()?,
            to_ms: to.parse().ok()?,
            every_s,
            bytes,
        };
        let is_whole = parts.next().is_none() && words.next().is_none();
        (is_whole && segment.first <= segment.last).then_some(segment)
    }

    pub(crate) fn location(&self) -> Path {
        Path::from(self.path())
    }

    /// Whether some of its rows are gone.
    pub(crate) fn is_thinned(&self) -> bool {
        self.every_s > 0
    }

    /// The topic that it is of.
    pub fn topic(&self) -> Topic {
        Topic::of(self.kind)
    }

    /// Whether all that the other has is in this one too.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.first <= other.first && self.last >= other.last
    }
}
