//! The state of every link on which something was seen, from window to window.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use network::{LinkFlags, LinkNumber, Network};
use traffic::link::{
    BusRelation, BusRelations, Centre, DetectorReading, DetectorRelation, EdieSum, FlowCurve,
    FlowFilter, FreeFlow, Junctions, LinkProfile, Penetration, SpeedFilter,
};

use super::cell::Cell;
use super::detector::TiedDetectors;
use super::flow::KnownFlow;
use super::situation::Touching;
use crate::index::{Index, SlotNumber};
use crate::{Layer, Link, LinkWindow, Object};

/// What is kept of a link.
#[derive(Clone, Debug)]
pub(crate) struct LinkState {
    pub(crate) slot: SlotNumber,
    pub(crate) speed: SpeedFilter,
    pub(crate) flow: FlowFilter,
    pub(crate) profile: LinkProfile,
    pub(crate) free_flow: FreeFlow,
    pub(crate) buses: BusRelation,
    /// Boxed: few links have a detector.
    pub(crate) detector: Option<Box<DetectorRelations>>,
    /// Closed minutes of the five that are running.
    pub(crate) five: Cell,
    /// Whether the newest minute was published because something was seen.
    pub(crate) fresh: bool,
}

/// A link's relation to its detector over windows of one and of five minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct DetectorRelations {
    pub(crate) minute: DetectorRelation,
    pub(crate) five_minutes: DetectorRelation,
}

/// What all links of a region share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Region {
    pub(crate) buses: BusRelations,
    pub(crate) detectors: DetectorRelations,
    pub(crate) penetration: Penetration,
    pub(crate) curve: FlowCurve,
}

/// A link is shown with every minute as long as more seconds of what was seen on it are remembered:
/// until then each minute has a value of its own.
const REMEMBERED_S_MIN: f64 = 1.0;

/// The links layer.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    pub(crate) index: Index<()>,
    /// By link.
    pub(crate) states: BTreeMap<LinkNumber, LinkState>,
    pub(crate) region: Region,
}

/// A window that is being closed.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) network: &'a Network,
    pub(crate) detectors: &'a TiedDetectors,
    pub(crate) situations: &'a Touching,
    pub(crate) junctions: &'a Junctions,
    /// Five minutes of the week.
    pub(crate) slot: usize,
    pub(crate) end_ms: i64,
    pub(crate) minutes: i64,
    pub(crate) winter: bool,
}

impl Window<'_> {
    /// Hour of the week.
    pub(crate) fn hour(&self) -> usize {
        self.slot / 12
    }

    fn start_ms(&self) -> i64 {
        self.end_ms - self.minutes * super::probe::MINUTE_MS
    }

    /// What the detectors of a link say of the window.
    pub(crate) fn reading(&self, link: LinkNumber) -> Option<DetectorReading> {
        self.detectors.reading(link, self.start_ms(), self.end_ms)
    }

    fn limit_km_h(&self, link: LinkNumber) -> f64 {
        f64::from(self.network.speed_limit_km_h(link, self.winter)).max(5.0)
    }

    /// Length between the junctions, metres.
    pub(crate) fn inner_m(&self, link: LinkNumber) -> f64 {
        let [begin_m, end_m] = self.network.setback_m(link);
        f64::from(self.network.length_m(link) - begin_m - end_m)
    }
}

impl Links {
    pub(crate) fn new() -> Self {
        Self { index: Index::new(Layer::Links), states: BTreeMap::new(), region: Region::default() }
    }

    /// The state of a link, a new one when nothing was seen there yet.
    fn state_mut(&mut self, window: &Window<'_>, link: LinkNumber) -> &mut LinkState {
        let Self { index, states, .. } = self;
        states.entry(link).or_insert_with(|| {
            let id = Text::from(window.network.id(link).to_string());
            let limit_km_h = window.limit_km_h(link);
            let signal = window.network.flags(link).has(LinkFlags::SIGNAL);
            LinkState {
                slot: index.insert(id, ()),
                speed: SpeedFilter::default(),
                flow: FlowFilter::default(),
                profile: LinkProfile::new(limit_km_h, signal),
                free_flow: FreeFlow::new(limit_km_h, signal),
                buses: BusRelation::default(),
                detector: None,
                five: Cell::default(),
                fresh: false,
            }
        })
    }

    /// Usual speed of a link at any hour, metres per second, above 0.
    pub(crate) fn usual_m_s(&self, network: &Network, link: LinkNumber) -> f64 {
        let seen = self.states.get(&link).map(|state| state.profile.minute.speed_m_s);
        seen.unwrap_or_else(|| {
            let limit_km_h = f64::from(network.speed_limit_km_h(link, false)).max(5.0);
            let signal = network.flags(link).has(LinkFlags::SIGNAL);
            Centre::unknown(limit_km_h, signal).speed_m_s
        })
    }

    /// Closes a minute: takes in what was seen, and gives the links whose objects changed.
    pub(crate) fn minute(
        &mut self,
        window: &Window<'_>,
        cells: &[(LinkNumber, Cell)],
    ) -> Vec<(LinkNumber, Arc<Object>)> {
        for (link, _) in cells {
            self.state_mut(window, *link);
        }
        for link in window.detectors.links() {
            self.state_mut(window, link);
        }
        // That they are closed is to be shown, and of those closed for good told to the links around.
        for &link in window.situations.closed() {
            self.state_mut(window, link);
        }
        let mut cells = cells.iter().peekable();
        let buses = self.region.buses;
        let mut changed = Vec::new();
        for (&link, state) in &mut self.states {
            let cell = cells.next_if(|(of, _)| *of == link).map(|(_, cell)| *cell);
            let cell = cell.unwrap_or_default();
            let ratio = state.buses.ratio(&buses);
            state.speed.minute(&cell.cars, &cell.buses, ratio);
            state.five.add(&cell);
            let seen = cell != Cell::default()
                || window.reading(link).is_some()
                || state.speed.remembered_s() > REMEMBERED_S_MIN;
            if seen || state.fresh {
                changed.push((link, cell));
            }
            // Shown once more after the last that was seen, and then with every five minutes.
            state.fresh = seen;
        }
        let share = self.region.curve.share_of_hour(window.slot);
        let publish = |(link, cell)| {
            let flow = self.flow(window, link, &cell, share);
            (link, self.publish(window, link, &cell, flow))
        };
        changed.into_iter().map(publish).collect()
    }

    /// Closes five minutes after their last minute, and learns from them.
    pub(crate) fn five_minutes(&mut self, window: &Window<'_>) -> Vec<(LinkNumber, Arc<Object>)> {
        self.count(window);
        let flows = self.balanced_flows(window);
        let mut flows_of = flows.iter().peekable();
        let links: Vec<(LinkNumber, Cell)> =
            self.states.iter().map(|(&link, state)| (link, state.five)).collect();
        let publish = |(link, cell): &(LinkNumber, Cell)| {
            let flow = flows_of.next_if(|(of, _)| of == link).map(|(_, flow)| *flow);
            (*link, self.publish(window, *link, cell, flow))
        };
        let changed = links.iter().map(publish).collect();
        self.learn_flows(window, &flows);
        for (link, _) in links {
            self.learn(window, link);
        }
        changed
    }

    /// Computes the value of a window and shows the link with it.
    fn publish(
        &mut self,
        window: &Window<'_>,
        link: LinkNumber,
        cell: &Cell,
        flow: Option<KnownFlow>,
    ) -> Arc<Object> {
        let value = self.value(window, link, cell, flow);
        let silent_minute = self.silent_minute(window, link);
        let Self { index, states, .. } = self;
        let state = states.get_mut(&link).expect("the link is being closed");
        let free_flow_speed_km_h = free_flow_km_h(state, window, link);
        let typical = state
            .profile
            .is_learned()
            .then(|| state.profile.five_minutes(window.hour()).speed_km_h());
        let older = match index.slot(state.slot).object().map(AsRef::as_ref) {
            Some(Object::Link(older)) => Some(older),
            _ => None,
        };
        let network = window.network;
        let (minute, five_minutes) = match (window.minutes, older) {
            (1, older) => {
                (value, older.map(|older| older.five_minutes.clone()).unwrap_or_default())
            }
            (_, older) => {
                let shown = older.map(|older| older.minute.clone());
                (silent_minute.or(shown).unwrap_or_default(), value)
            }
        };
        let object = Link {
            id: index.slot(state.slot).id().clone(),
            event_time_ms: window.end_ms,
            name: older.map_or_else(|| network.name(link).into(), |older| older.name.clone()),
            class: network.class(link),
            length_m: network.length_m(link).into(),
            lanes: network.lanes(link),
            speed_limit_km_h: network.speed_limit_km_h(link, window.winter),
            line: older.map_or_else(|| network.positions(link).collect(), |o| Arc::clone(&o.line)),
            free_flow_speed_km_h,
            typical_speed_km_h: typical,
            minute,
            five_minutes,
            detectors: window.detectors.ids(link),
            situations: window.situations.on(link),
            closed: window.situations.is_closed(link),
        };
        let object = Arc::new(Object::Link(object));
        index.show(state.slot, Arc::clone(&object));
        object
    }

    /// The newest minute of a long window in which nothing was seen of a link: such minutes are not
    /// shown one by one, but once one was, the newest is never older than five minutes.
    fn silent_minute(&self, window: &Window<'_>, link: LinkNumber) -> Option<LinkWindow> {
        let shown_ms = match self.index.slot(self.states[&link].slot).object().map(AsRef::as_ref) {
            Some(Object::Link(shown)) => shown.minute.end_time_ms,
            _ => 0,
        };
        // A street of which no minute was ever shown stays unknown.
        if window.minutes == 1 || shown_ms == window.end_ms || shown_ms == 0 {
            return None;
        }
        let minute = Window { minutes: 1, ..*window };
        let share = self.region.curve.share_of_hour(window.slot);
        let flow = self.flow(&minute, link, &Cell::default(), share);
        Some(self.value(&minute, link, &Cell::default(), flow))
    }

    /// Learns what is usual from the five minutes that were closed.
    fn learn(&mut self, window: &Window<'_>, link: LinkNumber) {
        let reading = window.reading(link);
        let limit_km_h = window.limit_km_h(link);
        let Self { states, region, .. } = self;
        let Some(state) = states.get_mut(&link) else { return };
        let cell = std::mem::take(&mut state.five);
        if let Some(reading) = reading {
            let relations = state.detector.get_or_insert_default();
            let usual_m_s = state.profile.five_minutes(window.hour()).speed_m_s;
            let deviation = deviation(&cell.cars, usual_m_s);
            let added = relations.five_minutes.learn(&reading, window.minutes as f64, deviation);
            region.detectors.five_minutes.add(&added);
        }
        state.profile.learn_five_minutes(window.hour(), &cell.cars);
        state.buses.learn(&mut region.buses, &cell.cars, &cell.buses);
        if let Some(speed_km_h) = cell.cars.speed_km_h() {
            state.free_flow.learn(speed_km_h, limit_km_h);
        }
    }

    /// Learns what is usual from a minute that was closed.
    pub(crate) fn learn_minute(&mut self, window: &Window<'_>, cells: &[(LinkNumber, Cell)]) {
        let Self { states, region, .. } = self;
        for (link, cell) in cells {
            let Some(state) = states.get_mut(link) else { continue };
            if let Some(reading) = window.reading(*link) {
                let relations = state.detector.get_or_insert_default();
                let deviation =
                    deviation(&cell.cars, state.profile.minute(window.hour()).speed_m_s);
                let added = relations.minute.learn(&reading, 1.0, deviation);
                region.detectors.minute.add(&added);
            }
            state.profile.learn_minute(&cell.cars);
        }
    }
}

/// Vehicles from which on a window's deviation is taken for the relation to its detector.
const DEVIATION_VEHICLES_MIN: u32 = 3;

fn deviation(cars: &EdieSum, usual_m_s: f64) -> Option<f64> {
    let enough = cars.vehicles >= DEVIATION_VEHICLES_MIN;
    let speed_km_h = cars.speed_km_h().filter(|_| enough)?;
    Some(speed_km_h / 3.6 / usual_m_s - 1.0)
}

/// Free flow: the publisher's constant of a detector, else what was learned.
pub(crate) fn free_flow_km_h(state: &LinkState, window: &Window<'_>, link: LinkNumber) -> f64 {
    let published_km_h = window.detectors.free_flow_km_h(link, window.start_ms());
    published_km_h.unwrap_or_else(|| state.free_flow.speed_km_h())
}
