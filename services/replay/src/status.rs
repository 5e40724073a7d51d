//! What a replay is told, and how it is.

use gateway::{ReplayState, ReplayedRegion};
use stream::Speed;

/// What a replay is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// Stand, or play on.
    pub paused: Option<bool>,
    /// How fast.
    pub speed: Option<Speed>,
    /// Moment to go to, milliseconds since 1970-01-01 UTC.
    pub seek_ms: Option<i64>,
    /// Go on by so much, as fast as it goes, and stand then.
    pub step_ms: Option<i64>,
    /// At the end from the beginning again.
    pub looped: Option<bool>,
}

/// How a replay is.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// What it does.
    pub state: ReplayState,
    /// Why it cannot go on.
    pub error: Option<String>,
    /// First moment, once it is known.
    pub from_ms: Option<i64>,
    /// Last moment; none: where there is no more.
    pub to_ms: Option<i64>,
    /// Its time, milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// How fast it plays.
    pub speed: Speed,
    /// Whether it begins again at its end.
    pub looped: bool,
    /// How often it has come to its end.
    pub loops: u64,
    /// Log records that went through its pictures.
    pub records: u64,
    /// What came of each region when it came to its end last; empty after a seek.
    pub result: Vec<ReplayedRegion>,
}
