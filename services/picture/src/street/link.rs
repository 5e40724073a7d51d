//! The state of every link on which something was seen, and what it makes of a window.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Text;
use events::wire::EvidenceKind;
use network::{LinkFlags, LinkNumber, Network};
use traffic::link::{
    BusRelation, BusRelations, DetectorReading, DetectorRelation, EdieSum, FlowEstimate,
    FlowFilter, FreeFlow, LinkProfile, Penetration, SpeedEstimate, SpeedFilter, SpeedInput,
    Typical, UsualFlow, detected_flow, hcm_level, standing_m, travel_time_s,
};

use super::cell::Cell;
use super::detector::TiedDetectors;
use super::situation::Touching;
use crate::index::{Index, SlotNumber};
use crate::{Estimate, EstimateMethod, Evidence, Layer, Link, LinkWindow, Object};

/// From this share of the result on, minutes before the window make a value inferred, not typical.
const PREVIOUS_SHARE_MIN: f64 = 0.05;

/// Metres of a lane that a vehicle covers at a detector's point: its length and the loop's.
const COVERED_M: f64 = 6.5;

/// What the links before and after say counts so much on a link of which nothing is known.
const NEIGHBOUR_SHARE: f64 = 0.5;

/// A mean deviation is so much of a standard deviation (normal: `sqrt(pi / 2)`).
const MEAN_TO_STANDARD: f64 = 1.253;

/// First guess of the flow of a lane at any hour, veh/h.
const FLOW_GUESS_VEH_H: f64 = 120.0;

/// Of too few vehicles nobody can say how many there are.
const PENETRATION_MIN: f64 = 0.001;

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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Region {
    pub(crate) buses: BusRelations,
    pub(crate) detectors: DetectorRelations,
    pub(crate) penetration: Penetration,
}

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
    /// Hour of the week.
    pub(crate) hour: usize,
    pub(crate) end_ms: i64,
    pub(crate) minutes: i64,
    pub(crate) winter: bool,
}

impl Window<'_> {
    fn start_ms(&self) -> i64 {
        self.end_ms - self.minutes * super::probe::MINUTE_MS
    }

    fn reading(&self, link: LinkNumber) -> Option<DetectorReading> {
        self.detectors.reading(link, self.start_ms(), self.end_ms)
    }

    fn limit_km_h(&self, link: LinkNumber) -> f64 {
        f64::from(self.network.speed_limit_km_h(link, self.winter)).max(5.0)
    }

    /// Length between the junctions, metres.
    fn inner_m(&self, link: LinkNumber) -> f64 {
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
        let mut cells = cells.iter().peekable();
        let region = self.region;
        let mut changed = Vec::new();
        for (&link, state) in &mut self.states {
            let cell = cells.next_if(|(of, _)| *of == link).map(|(_, cell)| *cell);
            let cell = cell.unwrap_or_default();
            let ratio = state.buses.ratio(&region.buses);
            state.speed.minute(&cell.cars, &cell.buses, ratio);
            state.five.add(&cell);
            let seen = cell != Cell::default() || window.reading(link).is_some();
            if seen || state.fresh {
                changed.push((link, cell));
            }
            // Shown once more after the last that was seen, and then with every five minutes.
            state.fresh = seen;
        }
        let publish = |(link, cell)| (link, self.publish(window, link, &cell));
        changed.into_iter().map(publish).collect()
    }

    /// Closes five minutes after their last minute, and learns from them.
    pub(crate) fn five_minutes(&mut self, window: &Window<'_>) -> Vec<(LinkNumber, Arc<Object>)> {
        self.measure_penetration(window);
        let links: Vec<LinkNumber> = self.states.keys().copied().collect();
        let mut changed = Vec::new();
        for &link in &links {
            let state = self.state_mut(window, link);
            let cell = state.five;
            let usual = usual_flow(state, window, link);
            state.flow.window(f64::from(cell.cars.passages), &usual);
            changed.push((link, self.publish(window, link, &cell)));
        }
        for &link in &links {
            self.learn(window, link);
        }
        changed
    }

    /// How much of the traffic is seen, by what detectors counted and by what is usual.
    fn measure_penetration(&mut self, window: &Window<'_>) {
        let mut penetration = self.region.penetration;
        penetration.window();
        let mut readings: BTreeMap<LinkNumber, f64> = BTreeMap::new();
        for link in window.detectors.links() {
            let Some(state) = self.states.get(&link) else { continue };
            let Some(flow_veh_h) = counted_veh_h(window, link, &state.five) else { continue };
            readings.insert(link, flow_veh_h);
            if let Some((usual, _)) = state.profile.flow_veh_h(window.hour) {
                penetration.counted(flow_veh_h / 12.0, usual / 12.0);
            }
        }
        let demand = penetration.demand();
        for (link, state) in &self.states {
            let usual = || state.profile.flow_veh_h(window.hour).map(|(usual, _)| usual * demand);
            let Some(all) = readings.get(link).copied().or_else(usual) else { continue };
            penetration.seen(f64::from(state.five.cars.passages), all / 12.0);
        }
        self.region.penetration = penetration;
    }

    /// Computes the value of a window and shows the link with it.
    fn publish(&mut self, window: &Window<'_>, link: LinkNumber, cell: &Cell) -> Arc<Object> {
        let value = self.value(window, link, cell);
        let Self { index, states, .. } = self;
        let state = states.get_mut(&link).expect("the link is being closed");
        let free_flow_speed_km_h = free_flow_km_h(state, window, link);
        let typical = state
            .profile
            .is_learned()
            .then(|| state.profile.five_minutes(window.hour).speed_km_h());
        let older = match index.slot(state.slot).object().map(AsRef::as_ref) {
            Some(Object::Link(older)) => Some(older),
            _ => None,
        };
        let network = window.network;
        let (minute, five_minutes) = match (window.minutes, older) {
            (1, older) => {
                (value, older.map(|older| older.five_minutes.clone()).unwrap_or_default())
            }
            (_, Some(older)) => (older.minute.clone(), value),
            (_, None) => (LinkWindow::default(), value),
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
        };
        let object = Arc::new(Object::Link(object));
        index.show(state.slot, Arc::clone(&object));
        object
    }

    /// What a window comes to on a link.
    fn value(&self, window: &Window<'_>, link: LinkNumber, cell: &Cell) -> LinkWindow {
        let state = &self.states[&link];
        let reading = window.reading(link);
        let long = window.minutes > 1;
        let typical = if long {
            state.profile.five_minutes(window.hour)
        } else {
            state.profile.minute(window.hour)
        };
        let (typical, neighbours) = self.with_neighbours(window, link, typical);
        let detector = reading.and_then(|reading| self.detector_deviation(state, &reading, long));
        let bus_ratio = state.buses.ratio(&self.region.buses);
        let flow = self.flow(window, link, cell);
        let duration_s = (window.minutes * 60) as f64;
        let inner_m = window.inner_m(link);
        let expected_s = flow.map_or(0.0, |(flow, _)| {
            flow.flow_veh_h * duration_s / 3_600.0 * inner_m / typical.speed_m_s
        });
        let input = SpeedInput {
            minutes: window.minutes as f64,
            length_m: inner_m,
            lanes: window.network.lanes(link),
            cars: cell.cars,
            buses: cell.buses,
            dwell_s: cell.dwell_ms as f64 / 1_000.0,
            bus_ratio,
            typical,
            detector,
            expected_s,
        };
        let estimate = state.speed.speed(&input);
        let speed_km_h = estimate.speed_m_s * 3.6;
        let [low, high] = estimate.interval_km_h();
        let free_km_h = free_flow_km_h(state, window, link);
        let share_percent = speed_km_h / free_km_h * 100.0;
        let length_m = f64::from(window.network.length_m(link));
        let travel_time_s = travel_time_s(length_m, speed_km_h);
        let free_time_s = traffic::link::travel_time_s(length_m, free_km_h);
        let density_veh_km = flow.map(|(flow, _)| flow.flow_veh_h / speed_km_h.max(1.0));
        let lanes = f64::from(window.network.lanes(link));
        let measured_percent = reading.and_then(|reading| reading.occupancy_percent);
        let occupancy_percent = measured_percent
            .or_else(|| Some((density_veh_km? / lanes * COVERED_M / 10.0).min(100.0)));
        let stopped =
            (!cell.cars.is_empty()).then(|| cell.cars.stopped_ms as f64 / cell.cars.time_ms as f64);
        let queue_m = density_veh_km.zip(stopped).map(|(density_veh_km, stopped)| {
            standing_m(length_m, window.network.lanes(link), density_veh_km, stopped)
        });
        let newest = [Some(cell.newest_ms), reading.map(|reading| reading.end_ms)];
        LinkWindow {
            duration_s: duration_s as u32,
            end_time_ms: window.end_ms,
            speed_km_h: Estimate { value: speed_km_h, low, high },
            method: method(&estimate, cell, detector.is_some(), neighbours),
            vehicles: cell.cars.vehicles + cell.buses.vehicles,
            newest_sample_ms: newest.into_iter().flatten().filter(|&time_ms| time_ms > 0).max(),
            flow_veh_h: flow.map(|(flow, _)| Estimate {
                value: flow.flow_veh_h,
                low: (flow.flow_veh_h - flow.half_width_veh_h).max(0.0),
                high: flow.flow_veh_h + flow.half_width_veh_h,
            }),
            flow_method: flow.map(|(_, method)| method).unwrap_or_default(),
            density_veh_km,
            occupancy_percent,
            travel_time_s,
            delay_s: (travel_time_s - free_time_s).max(0.0),
            level_of_service: traffic::level_of_service(share_percent),
            hcm_level: hcm_level(share_percent),
            queue_m,
            stopped_s: (cell.cars.vehicles > 0)
                .then(|| cell.cars.stopped_ms as f64 / 1_000.0 / f64::from(cell.cars.vehicles)),
            evidence: evidence(state, &input, &estimate, reading.as_ref(), neighbours),
        }
    }

    /// Where nothing was learned yet, the links before and after say more than the limit alone:
    /// the usual speed turned by half their deviation.
    fn with_neighbours(
        &self,
        window: &Window<'_>,
        link: LinkNumber,
        typical: Typical,
    ) -> (Typical, bool) {
        if self.states[&link].profile.is_learned() {
            return (typical, false);
        }
        let network = window.network;
        let around = network.predecessors(link).iter().chain(network.successors(link));
        let (mut sum, mut weight) = (0.0, 0.0);
        for state in around.filter_map(|around| self.states.get(around)) {
            let seen_s = state.speed.before_s + state.speed.minute_s;
            if seen_s > 0.0 {
                let seen_m = state.speed.before_m + state.speed.minute_m;
                sum += seen_m / state.profile.minute(window.hour).speed_m_s;
                weight += seen_s;
            }
        }
        if weight <= 0.0 {
            return (typical, false);
        }
        let turned = typical.speed_m_s * (1.0 + NEIGHBOUR_SHARE * (sum / weight - 1.0));
        (Typical { speed_m_s: turned.max(0.3), ..typical }, true)
    }

    /// What a detector's deviation makes of the link's speed, relatively.
    fn detector_deviation(
        &self,
        state: &LinkState,
        reading: &DetectorReading,
        long: bool,
    ) -> Option<f64> {
        let relations = state.detector.as_deref()?;
        let (own, all) = if long {
            (&relations.five_minutes, &self.region.detectors.five_minutes)
        } else {
            (&relations.minute, &self.region.detectors.minute)
        };
        Some(own.deviation(reading)? * own.slope(all))
    }

    /// The flow, and how it is known.
    fn flow(
        &self,
        window: &Window<'_>,
        link: LinkNumber,
        cell: &Cell,
    ) -> Option<(FlowEstimate, EstimateMethod)> {
        let state = &self.states[&link];
        if let Some(flow_veh_h) =
            window.reading(link).filter(|r| !r.stuck).and_then(|r| r.flow_veh_h)
        {
            let hours = window.minutes as f64 / 60.0;
            let buses_veh_h = f64::from(cell.buses.passages) / hours;
            return Some((detected_flow(flow_veh_h, buses_veh_h), EstimateMethod::Measured));
        }
        let penetration = self.region.penetration.share()?.max(PENETRATION_MIN);
        let usual = usual_flow(state, window, link);
        let flow = state.flow.flow(&usual, penetration, self.region.penetration.demand());
        let method = if cell.cars.passages > 0 {
            EstimateMethod::Fused
        } else if state.flow.seen > PREVIOUS_SHARE_MIN {
            EstimateMethod::Inferred
        } else if usual.windows > 0.0 {
            EstimateMethod::Typical
        } else {
            return None;
        };
        Some((flow, method))
    }

    /// Learns what is usual from the five minutes that were closed.
    fn learn(&mut self, window: &Window<'_>, link: LinkNumber) {
        let flow = match self.index.slot(self.states[&link].slot).object().map(AsRef::as_ref) {
            Some(Object::Link(shown)) => shown
                .five_minutes
                .flow_veh_h
                .map(|flow| (flow.value, shown.five_minutes.flow_method)),
            _ => None,
        };
        let reading = window.reading(link);
        let limit_km_h = window.limit_km_h(link);
        let Self { states, region, .. } = self;
        let Some(state) = states.get_mut(&link) else { return };
        let cell = std::mem::take(&mut state.five);
        if let Some(reading) = reading {
            let relations = state.detector.get_or_insert_default();
            let usual_m_s = state.profile.five_minutes(window.hour).speed_m_s;
            let deviation = deviation(&cell.cars, usual_m_s);
            let added = relations.five_minutes.learn(&reading, window.minutes as f64, deviation);
            region.detectors.five_minutes.add(&added);
        }
        state.profile.learn_five_minutes(window.hour, &cell.cars);
        state.buses.learn(&mut region.buses, &cell.cars, &cell.buses);
        if let Some(speed_km_h) = cell.cars.speed_km_h() {
            state.free_flow.learn(speed_km_h, limit_km_h);
        }
        if let Some((flow_veh_h, method)) = flow
            && method != EstimateMethod::Typical
        {
            state.profile.learn_flow(window.hour, flow_veh_h);
        }
    }

    /// Learns what is usual from a minute that was closed.
    pub(crate) fn learn_minute(&mut self, window: &Window<'_>, cells: &[(LinkNumber, Cell)]) {
        let Self { states, region, .. } = self;
        for (link, cell) in cells {
            let Some(state) = states.get_mut(link) else { continue };
            if let Some(reading) = window.reading(*link) {
                let relations = state.detector.get_or_insert_default();
                let deviation = deviation(&cell.cars, state.profile.minute(window.hour).speed_m_s);
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

/// Cars that a detector counted, an hour.
fn counted_veh_h(window: &Window<'_>, link: LinkNumber, cell: &Cell) -> Option<f64> {
    let reading = window.reading(link).filter(|reading| !reading.stuck)?;
    let buses_veh_h = f64::from(cell.buses.passages) * 60.0 / window.minutes as f64;
    Some((reading.flow_veh_h? - buses_veh_h).max(0.0))
}

fn usual_flow(state: &LinkState, window: &Window<'_>, link: LinkNumber) -> UsualFlow {
    match state.profile.flow_veh_h(window.hour) {
        Some((flow_veh_h, windows)) => {
            UsualFlow { flow_veh_h: flow_veh_h.max(FLOW_VEH_H_MIN), windows }
        }
        None => {
            let lanes = f64::from(window.network.lanes(link));
            UsualFlow { flow_veh_h: FLOW_GUESS_VEH_H * lanes, windows: 0.0 }
        }
    }
}

/// A usual flow is never taken for less, veh/h.
const FLOW_VEH_H_MIN: f64 = 0.5;

/// Free flow: the publisher's constant of a detector, else what was learned.
fn free_flow_km_h(state: &LinkState, window: &Window<'_>, link: LinkNumber) -> f64 {
    window.detectors.free_flow_km_h(link).unwrap_or_else(|| state.free_flow.speed_km_h())
}

fn method(
    estimate: &SpeedEstimate,
    cell: &Cell,
    detector: bool,
    neighbours: bool,
) -> EstimateMethod {
    let sources = [!cell.cars.is_empty(), !cell.buses.is_empty(), detector];
    match sources.into_iter().filter(|&source| source).count() {
        0 if estimate.previous.weight >= PREVIOUS_SHARE_MIN || neighbours => {
            EstimateMethod::Inferred
        }
        0 => EstimateMethod::Typical,
        1 => EstimateMethod::Measured,
        _ => EstimateMethod::Fused,
    }
}

/// Everything behind a speed, in the order in which it is taken in.
fn evidence(
    state: &LinkState,
    input: &SpeedInput,
    estimate: &SpeedEstimate,
    reading: Option<&DetectorReading>,
    neighbours: bool,
) -> Vec<Evidence> {
    let deviation_km_h = input.typical.spread * MEAN_TO_STANDARD * input.typical.speed_km_h();
    let mut evidence = Vec::new();
    let mut put = |kind, share: &traffic::link::Share, vehicles: u32, note: &'static str| {
        evidence.push(Evidence {
            kind,
            speed_km_h: share.speed_m_s * 3.6,
            deviation_km_h: deviation_km_h / f64::from(vehicles.max(1)).sqrt(),
            weight: share.weight,
            count: vehicles,
            note: Text::const_new(note),
        });
    };
    let learned = state.profile.is_learned();
    let prior = match (input.detector.is_some(), learned, neighbours) {
        (true, ..) => {
            (EvidenceKind::Detector, "the usual speed, turned by the detector's deviation")
        }
        (_, true, _) => (EvidenceKind::Profile, ""),
        (.., true) => {
            (EvidenceKind::Neighbours, "a share of the limit, turned by the links around")
        }
        _ => (EvidenceKind::Limit, "nothing was learned yet: a share of the limit"),
    };
    put(prior.0, &estimate.prior, u32::from(input.detector.is_some()), prior.1);
    if let Some(reading) = reading.filter(|_| input.detector.is_none()) {
        let share = traffic::link::Share {
            speed_m_s: reading.speed_km_h.unwrap_or_default() / 3.6,
            weight: 0.0,
        };
        let note = if reading.stuck {
            "left out: the same speed again and again, the detector is stuck"
        } else {
            "left out: its usual speed is not known yet, or nothing passed"
        };
        put(EvidenceKind::Detector, &share, 1, note);
    }
    if estimate.previous.weight > 0.0 {
        put(EvidenceKind::Previous, &estimate.previous, 0, "");
    }
    if !input.buses.is_empty() {
        let note = if input.dwell_s > 0.0 { "their stops are left out" } else { "" };
        put(EvidenceKind::Buses, &estimate.buses, input.buses.vehicles, note);
    }
    if !input.cars.is_empty() {
        put(EvidenceKind::Cars, &estimate.cars, input.cars.vehicles, "");
    }
    evidence
}
