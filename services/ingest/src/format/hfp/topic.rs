//! The topic of an HFP message, read in one pass.
//!
//! ```text
//! v2 /hfp/v2/<journey>/<temporal>/<event>/<mode>/<operator>/<vehicle>/<route>/<direction>/
//!      <headsign>/<start>/<next stop>/<level>/<lat;long>/<d1>/<d2>/<d3>/<sid>
//! v1 the same without <event>
//! ```
//! Dead runs end after the vehicle; the publisher may append levels; any level may be empty. So
//! levels are taken by position and no number of them is required.

use events::{JourneyPhase, Mode};

/// What the topic says. Levels that are missing are empty.
#[derive(Debug, Default)]
pub(super) struct Topic<'a> {
    /// `vp`, `tlr`, ...; empty in v1.
    pub(super) event: &'a str,
    pub(super) phase: JourneyPhase,
    pub(super) mode: Mode,
    pub(super) operator: &'a str,
    pub(super) vehicle: &'a str,
    pub(super) route: &'a str,
    pub(super) direction: &'a str,
    pub(super) headsign: &'a str,
    pub(super) start: &'a str,
    pub(super) next_stop: &'a str,
    /// Junction, on traffic light requests and answers.
    pub(super) junction: &'a str,
}

/// Levels from `<level>` to `<d3>`, between the next stop and the junction.
const LEVELS_OF_PLACE: usize = 5;

impl<'a> Topic<'a> {
    /// Reads a topic; `None` when it is not one of HFP.
    pub(super) fn parse(topic: &'a str) -> Option<Self> {
        let mut levels = Levels(Some(topic.strip_prefix('/').unwrap_or(topic)));
        if levels.next() != "hfp" {
            return None;
        }
        let version = levels.next();
        let journey = levels.next();
        let temporal = levels.next();
        let event = match version {
            "v1" => "",
            _ => levels.next(),
        };
        let mut parsed = Self {
            event,
            phase: phase(journey, temporal),
            mode: mode(levels.next()),
            operator: levels.next(),
            vehicle: levels.next(),
            route: levels.next(),
            direction: levels.next(),
            ..Self::default()
        };
        let rest = levels.0.unwrap_or_default();
        parsed.headsign = levels.next();
        parsed.start = levels.next();
        if !parsed.start.is_empty() && !is_time_of_day(parsed.start) {
            parsed.slashed_headsign(rest, &mut levels);
        }
        parsed.next_stop = levels.next();
        if matches!(event, "tlr" | "tla") {
            for _ in 0..LEVELS_OF_PLACE {
                levels.next();
            }
            parsed.junction = levels.next();
        }
        Some(parsed)
    }

    /// A headsign with a slash in it spreads over levels: it ends before the first time of day.
    fn slashed_headsign(&mut self, rest: &'a str, levels: &mut Levels<'a>) {
        let mut end = 0;
        for level in rest.split('/') {
            // What looks like one at the start is part of the headsign: the start time follows it.
            if end > 0 && is_time_of_day(level) {
                self.headsign = rest.get(..end - 1).unwrap_or_default();
                self.start = level;
                levels.0 = rest.get(end + level.len() + 1..);
                return;
            }
            end += level.len() + 1;
        }
    }
}

/// Levels of a topic; empty after the last.
struct Levels<'a>(Option<&'a str>);

impl<'a> Levels<'a> {
    fn next(&mut self) -> &'a str {
        let Some(rest) = self.0 else {
            return "";
        };
        // Levels have a few bytes: a plain loop is faster here than a search by words.
        let Some(end) = rest.bytes().position(|byte| byte == b'/') else {
            self.0 = None;
            return rest;
        };
        self.0 = rest.get(end + 1..);
        rest.get(..end).unwrap_or_default()
    }
}

fn is_time_of_day(level: &str) -> bool {
    matches!(level.as_bytes(), [a, b':', c, d] | [b'0'..=b'9', a, b':', c, d]
        if a.is_ascii_digit() && c.is_ascii_digit() && d.is_ascii_digit())
}

fn phase(journey: &str, temporal: &str) -> JourneyPhase {
    match (journey, temporal) {
        ("journey", "ongoing") => JourneyPhase::Ongoing,
        ("journey", "upcoming") => JourneyPhase::Upcoming,
        ("deadrun", _) => JourneyPhase::Deadrun,
        ("signoff", _) => JourneyPhase::Signoff,
        _ => JourneyPhase::Unspecified,
    }
}

/// The mode of a level; a rare fault of the source leaves it empty.
fn mode(level: &str) -> Mode {
    match level {
        "bus" => Mode::Bus,
        "tram" => Mode::Tram,
        "train" => Mode::Train,
        "metro" => Mode::Metro,
        "ferry" => Mode::Ferry,
        "ubus" | "robot" => Mode::Robot,
        _ => Mode::Unspecified,
    }
}
