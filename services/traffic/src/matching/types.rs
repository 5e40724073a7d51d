//! What goes into map matching and what comes out.

use std::ops::Range;

use network::{LinkFlags, LinkNumber, Network, RoadClass};

use super::MatchOptions;

/// One observation of a vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// Event time, Unix milliseconds.
    pub time_ms: i64,
    /// Where, metres east and north in the network's plane.
    pub at: [f64; 2],
    /// Speed over ground.
    pub speed_km_h: Option<f32>,
    /// Direction of travel, clockwise from north.
    pub bearing_deg: Option<f32>,
}

/// Which streets a vehicle may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VehicleClass {
    /// All but what is open to buses alone.
    Car,
    /// All, those for buses alone too.
    Bus,
}

/// Where vehicles of one kind may drive: what [`super::Matcher::push`] matches against.
#[derive(Clone, Copy, Debug)]
pub struct Streets<'a, C> {
    /// The street network.
    pub network: &'a Network,
    /// The model.
    pub options: &'a MatchOptions,
    /// Kind of vehicle.
    pub class: VehicleClass,
    /// Whether a link is closed to all traffic.
    pub closed: C,
    /// Links of the route that the vehicle should be on, ascending; empty when it has none.
    pub route: &'a [LinkNumber],
}

impl<C: Fn(LinkNumber) -> bool> Streets<'_, C> {
    /// Whether a vehicle of this class may be on a link at all.
    pub(super) fn allows(&self, link: LinkNumber) -> bool {
        self.class == VehicleClass::Bus || !self.network.flags(link).has(LinkFlags::BUS_ONLY)
    }

    /// How much less likely it is that a vehicle turns into a link, nats.
    pub(super) fn entry_cost(&self, link: LinkNumber) -> f32 {
        let options = self.options;
        let mut cost = 0.0;
        if self.network.flags(link).has(LinkFlags::PRIVATE) {
            cost += options.private_cost;
        }
        if self.network.class(link) == RoadClass::Service {
            cost += options.service_cost;
        }
        if (self.closed)(link) {
            cost += options.closed_cost;
        }
        if !self.route.is_empty() && self.route.binary_search(&link).is_err() {
            cost += options.off_route_cost;
        }
        cost
    }
}

/// A point of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Which link.
    pub link: LinkNumber,
    /// Metres from its beginning, 0 to its length.
    pub along_m: f32,
}

/// Why a fix has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// No street near enough: a yard, a map that lacks the street, a broken receiver.
    OffNetwork,
    /// No street near enough, and the vehicle was last seen in or just before a tunnel.
    Tunnel,
    /// On a ferry, which is no road traffic.
    Ferry,
    /// On a street that is closed.
    ClosedStreet,
    /// Two or more streets are about as likely.
    Ambiguous,
    /// Not later than the fix before it.
    OutOfOrder,
}

/// What became of one fix.
#[derive(Clone, Debug, PartialEq)]
pub struct Matched {
    /// Event time of the fix, Unix milliseconds.
    pub time_ms: i64,
    /// Where the vehicle was, when that is known.
    pub place: Option<Place>,
    /// Probability of that link under the model, 0 to 1.
    pub confidence: f32,
    /// Why there is no place.
    pub unknown: Option<Unknown>,
    /// The part of [`Matches::spans`] driven since the matched fix before.
    pub path: Range<u32>,
}

/// A part of one link that was driven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Which link.
    pub link: LinkNumber,
    /// Metres from the link's beginning where it starts.
    pub from_m: f32,
    /// Metres from the link's beginning where it ends, at least `from_m`.
    pub to_m: f32,
    /// When it was entered, Unix milliseconds.
    pub start_ms: i64,
    /// When it was left, at least `start_ms`.
    pub end_ms: i64,
}

/// Matched fixes and what was driven between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    /// One for each fix, each vehicle's in the order they came.
    pub fixes: Vec<Matched>,
    /// Paths of all of them, one after the other.
    pub spans: Vec<Span>,
}

impl Matches {
    /// What was driven between a fix of [`Self::fixes`] and the matched one before it: spans that
    /// follow each other without a gap in place or time. Empty when the fix has no place, when none
    /// came before it, and when no way leads from that one to it; then it starts a new trace.
    pub fn path(&self, matched: &Matched) -> &[Span] {
        &self.spans[matched.path.start as usize..matched.path.end as usize]
    }

    /// Forgets everything but keeps the memory.
    pub fn clear(&mut self) {
        self.fixes.clear();
        self.spans.clear();
    }
}
