//! What a picture must know of a feed, and its own bounds.

/// Objects of one layer, remembered ones included; further ones are dropped and counted. The six
/// cities have 1,800 vehicles; twice the largest load that is measured bounds a feed that makes up
/// ids.
pub const LAYER_OBJECTS_MAX: usize = 2_000_000;

/// Feeds of one region; records of further ones are not taken. A region has about ten, and feed
/// names come from configuration, not from outside.
pub const FEEDS_MAX: usize = 1_024;

/// Limits of one feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedLimits {
    /// Any order of arrival within this time gives the same picture.
    pub lateness_ms: i64,
    /// What is not heard of for longer leaves the picture.
    pub expire_after_ms: i64,
    /// A faster move between fixes is a teleport.
    pub speed_km_h_max: f64,
    /// A vehicle that claims to move for so long without another position is frozen.
    pub frozen_after_ms: i64,
    /// Of a feed whose publisher lists all situations again and again: so long after a start of its ingest
    /// all have been listed once. None of a feed that only says what changes.
    pub relists_after_ms: Option<i64>,
}

impl Default for FeedLimits {
    /// Those of a transit feed with a report a second.
    fn default() -> Self {
        Self {
            lateness_ms: 10_000,
            expire_after_ms: 120_000,
            speed_km_h_max: 120.0,
            frozen_after_ms: 60_000,
            relists_after_ms: None,
        }
    }
}
