//! Topics of `mqtt.digitransit.fi`, which say what the message does not: mode, headsign, next stop,
//! and for some feeds the true route. Levels have no names, and three generations of the layout
//! have been published; the number of levels tells which one it is.

use events::{Mode, Text, bounded_id};

/// What a topic says; levels that are empty or not in its generation are `None`.
#[derive(Debug, Default)]
pub(super) struct Topic {
    pub(super) mode: Mode,
    pub(super) route_id: Option<Text>,
    pub(super) direction_id: Option<u32>,
    pub(super) headsign: Option<Text>,
    pub(super) next_stop_id: Option<Text>,
    pub(super) start: Option<Text>,
    pub(super) short_name: Option<Text>,
}

/// Positions of levels after `/gtfsrt/vp/`, of one generation of the layout.
struct Layout {
    /// Fewest levels after `/gtfsrt/vp/`.
    levels: usize,
    next_stop: usize,
    start: usize,
    short_name: Option<usize>,
}

// All have feed, agency, agency name, mode, route, direction, headsign as levels 0 to 6.
const MODE: usize = 3;
const ROUTE: usize = 4;
const DIRECTION: usize = 5;
const HEADSIGN: usize = 6;

/// The newest first: a topic is of the first layout that it has levels enough for.
const LAYOUTS: [Layout; 3] = [
    // .../headsign/trip/next stop/start/vehicle/lat;lon/d1/d2/d3/short name/color/
    Layout { levels: 17, next_stop: 8, start: 9, short_name: Some(15) },
    // .../headsign/trip/next stop/start/vehicle
    Layout { levels: 11, next_stop: 8, start: 9, short_name: None },
    // .../headsign/next stop/start/vehicle
    Layout { levels: 10, next_stop: 7, start: 8, short_name: None },
];

impl Topic {
    /// Reads a topic; `None` when it is not one of GTFS-Realtime over MQTT.
    pub(super) fn parse(topic: &str) -> Option<Self> {
        let topic = topic.strip_prefix('/').unwrap_or(topic);
        let levels: Vec<&str> = topic.strip_prefix("gtfsrt/vp/")?.split('/').collect();
        let Some(layout) = LAYOUTS.iter().find(|layout| levels.len() >= layout.levels) else {
            return Some(Self::default());
        };
        let level = |index: usize| levels.get(index).and_then(|level| bounded_id(level));
        Some(Self {
            mode: level(MODE).map(|mode| self::mode(&mode)).unwrap_or_default(),
            route_id: level(ROUTE),
            direction_id: level(DIRECTION)
                .and_then(|direction| direction.parse().ok())
                .filter(|&direction| direction <= 1),
            headsign: level(HEADSIGN),
            next_stop_id: level(layout.next_stop),
            start: level(layout.start),
            short_name: layout.short_name.and_then(level),
        })
    }
}

/// The mode of a word in any case; `Unspecified` when it is no mode.
fn mode(word: &str) -> Mode {
    let found = super::MODES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    found.map(|&(_, mode)| mode).unwrap_or_default()
}
