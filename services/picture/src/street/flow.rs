//! How many vehicles drive on each link, from the part of them that is seen.

use std::collections::BTreeMap;

use network::LinkNumber;
use traffic::link::{CAPACITY_VEH_H, Demand, FlowEstimate, LinkFlow, UsualFlow, detected_flow};

use super::cell::Cell;
use super::link::{LinkState, Links, Region, Window};
use super::value::PREVIOUS_SHARE_MIN;
use crate::EstimateMethod;

/// First guess of the flow of a lane at any hour, veh/h.
const FLOW_GUESS_VEH_H: f64 = 120.0;

/// A usual flow is never taken for less, veh/h.
const FLOW_VEH_H_MIN: f64 = 0.5;

/// Of too few vehicles nobody can say how many there are.
const PENETRATION_MIN: f64 = 0.001;

/// Windows of five minutes in an hour: so many an hour is one of a window.
const WINDOWS_PER_HOUR: f64 = 12.0;

/// What a junction usually takes in above what it lets out is believed by half after so many
/// windows: of fewer it is chance.
const DIFFERENCE_HALF: f64 = 3.0;

/// Where so large a share is seen, a window in which none was tells the flow of a link.
const MOST_SEEN: f64 = 0.5;

/// Neighbours that move a typical flow by more than that share of it make it an inferred one.
const MOVED_SHARE_MIN: f64 = 0.05;

/// A flow, and how it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownFlow {
    pub(crate) estimate: FlowEstimate,
    pub(crate) method: EstimateMethod,
}

impl Region {
    /// Today's demand and how much of it is seen; none when too little is known.
    pub(crate) fn demand(&self) -> Option<Demand> {
        let penetration = self.penetration.share()?.max(PENETRATION_MIN);
        Some(Demand { penetration, ratio: self.penetration.demand() })
    }
}

impl Links {
    /// The flow of a link in a window, of itself. The window has such a share of its hour's mean.
    pub(crate) fn flow(
        &self,
        window: &Window<'_>,
        link: LinkNumber,
        cell: &Cell,
        share: f64,
    ) -> Option<KnownFlow> {
        if window.situations.is_always_closed(link) {
            let estimate = FlowEstimate { flow_veh_h: 0.0, deviation_veh_h: FLOW_VEH_H_MIN };
            return Some(KnownFlow { estimate, method: EstimateMethod::Inferred });
        }
        let state = &self.states[&link];
        if let Some(flow_veh_h) =
            window.reading(link).filter(|r| !r.stuck).and_then(|r| r.flow_veh_h)
        {
            let hours = window.minutes as f64 / 60.0;
            let buses_veh_h = f64::from(cell.buses.passages) / hours;
            return Some(KnownFlow {
                estimate: detected_flow(flow_veh_h, buses_veh_h),
                method: EstimateMethod::Measured,
            });
        }
        let demand = self.region.demand()?;
        let usual = usual_flow(state, window, link, share);
        let seen_veh_h = f64::from(cell.cars.passages) * 60.0 / window.minutes as f64;
        let method = if cell.cars.passages > 0 {
            EstimateMethod::Fused
        } else if state.flow.seen > PREVIOUS_SHARE_MIN {
            EstimateMethod::Inferred
        } else if usual.windows > 0.0 {
            EstimateMethod::Typical
        } else {
            return None;
        };
        let mut estimate = state.flow.flow(&usual, &demand, seen_veh_h);
        estimate.flow_veh_h = estimate.flow_veh_h.min(capacity_veh_h(window, link));
        Some(KnownFlow { estimate, method })
    }

    /// Counts the vehicles of five minutes.
    pub(crate) fn count(&mut self, window: &Window<'_>) {
        let share = self.region.curve.share_of_hour(window.slot);
        self.measure_penetration(window, share);
        let demand = self.region.demand();
        for (&link, state) in &mut self.states {
            let usual = usual_flow(state, window, link, share);
            let seen = f64::from(state.five.cars.passages);
            state.flow.window(seen, &usual, demand.as_ref());
        }
    }

    /// How much of the traffic is seen, by what detectors counted and by what is usual.
    fn measure_penetration(&mut self, window: &Window<'_>, share: f64) {
        let mut penetration = self.region.penetration;
        penetration.window();
        let usual_veh_h = |state: &LinkState| {
            state.profile.flow_veh_h(window.hour()).map(|(flow_veh_h, _)| flow_veh_h * share)
        };
        let mut readings: BTreeMap<LinkNumber, f64> = BTreeMap::new();
        for link in window.detectors.links() {
            let Some(state) = self.states.get(&link) else { continue };
            let Some(flow_veh_h) = counted_veh_h(window, link, &state.five) else { continue };
            readings.insert(link, flow_veh_h);
            let seen = f64::from(state.five.cars.passages);
            penetration.seen_at_detector(seen, flow_veh_h / WINDOWS_PER_HOUR);
            if let Some(usual) = usual_veh_h(state) {
                penetration.counted(flow_veh_h / WINDOWS_PER_HOUR, usual / WINDOWS_PER_HOUR);
            }
        }
        let demand = penetration.demand();
        for (link, state) in &self.states {
            let usual = || usual_veh_h(state).map(|usual| usual * demand);
            let Some(all) = readings.get(link).copied().or_else(usual) else { continue };
            penetration.seen(f64::from(state.five.cars.passages), all / WINDOWS_PER_HOUR);
        }
        for (&link, state) in &self.states {
            let seen_veh_h = f64::from(state.five.cars.passages) * WINDOWS_PER_HOUR;
            penetration.seen_on_lanes(seen_veh_h, window.network.lanes(link).into());
        }
        self.region.penetration = penetration;
    }

    /// The flows of all links in five minutes, ascending by link: each of itself, and then made to
    /// agree where links meet.
    pub(crate) fn balanced_flows(&self, window: &Window<'_>) -> Vec<(LinkNumber, KnownFlow)> {
        let share = self.region.curve.share_of_hour(window.slot);
        let own = self.states.iter().filter_map(|(&link, state)| {
            let flow = self.flow(window, link, &state.five, share)?;
            Some((link, flow))
        });
        let mut known: Vec<(LinkNumber, KnownFlow)> = own.collect();
        // Without it only detectors say how many there are, and nothing of what is between them.
        let Some(demand) = self.region.demand() else { return known };
        let flow = |(link, flow): &(LinkNumber, KnownFlow)| {
            let state = &self.states[link];
            let usual = usual_flow(state, window, *link, share);
            let seen = match flow.method {
                // It counts what it counts; map matching may have put a vehicle here in error.
                EstimateMethod::Measured => 0.0,
                _ => f64::from(state.five.cars.passages),
            };
            let vehicles = flow.estimate.flow_veh_h / WINDOWS_PER_HOUR;
            let usual_vehicles = usual.flow_veh_h * demand.ratio / WINDOWS_PER_HOUR;
            let believed = usual.windows / (usual.windows + DIFFERENCE_HALF);
            LinkFlow {
                link: *link,
                usual: vehicles + believed * (usual_vehicles - vehicles),
                seen,
                vehicles,
                variance: (flow.estimate.deviation_veh_h / WINDOWS_PER_HOUR).powi(2),
            }
        };
        let mut flows: Vec<LinkFlow> = known.iter().map(flow).collect();
        window.junctions.balance(&mut flows);
        for ((_, known), flow) in known.iter_mut().zip(flows) {
            let before_veh_h = known.estimate.flow_veh_h;
            known.estimate = FlowEstimate {
                flow_veh_h: match known.method {
                    EstimateMethod::Measured => flow.vehicles * WINDOWS_PER_HOUR,
                    _ => (flow.vehicles * WINDOWS_PER_HOUR).min(capacity_veh_h(window, flow.link)),
                },
                deviation_veh_h: flow.variance.sqrt() * WINDOWS_PER_HOUR,
            };
            let moved_veh_h = (known.estimate.flow_veh_h - before_veh_h).abs();
            if known.method == EstimateMethod::Typical
                && moved_veh_h > MOVED_SHARE_MIN * before_veh_h
            {
                known.method = EstimateMethod::Inferred;
            }
        }
        known
    }

    /// Learns what flow is usual from that of five minutes: of windows in which none was seen too, or
    /// what is usual on a quiet street would be that of its few busy windows. Only a guess is not
    /// learned.
    pub(crate) fn learn_flows(&mut self, window: &Window<'_>, flows: &[(LinkNumber, KnownFlow)]) {
        let share = self.region.curve.share_of_hour(window.slot);
        let most_are_seen =
            self.region.demand().is_some_and(|demand| demand.penetration >= MOST_SEEN);
        for (link, flow) in flows {
            // What a street carries while it is closed is not usual.
            if window.situations.is_always_closed(*link) {
                continue;
            }
            let Some(state) = self.states.get_mut(link) else { continue };
            let is_guess = state.profile.flow_veh_h(window.hour()).is_none();
            if !is_guess || flow.method != EstimateMethod::Inferred || most_are_seen {
                state.profile.learn_flow(window.hour(), flow.estimate.flow_veh_h / share);
            }
        }
        if self.region.demand().is_some() {
            let sum_veh_h = flows.iter().map(|(_, flow)| flow.estimate.flow_veh_h).sum();
            self.region.curve.learn(window.slot, sum_veh_h);
        }
    }
}

/// What a link carries in an hour at most.
fn capacity_veh_h(window: &Window<'_>, link: LinkNumber) -> f64 {
    CAPACITY_VEH_H * f64::from(window.network.lanes(link).max(1))
}

/// Cars that a detector counted, an hour.
fn counted_veh_h(window: &Window<'_>, link: LinkNumber, cell: &Cell) -> Option<f64> {
    let reading = window.reading(link).filter(|reading| !reading.stuck)?;
    let buses_veh_h = f64::from(cell.buses.passages) * 60.0 / window.minutes as f64;
    Some((reading.flow_veh_h? - buses_veh_h).max(0.0))
}

/// The flow that is usual on a link in a window that has such a share of its hour's mean.
fn usual_flow(state: &LinkState, window: &Window<'_>, link: LinkNumber, share: f64) -> UsualFlow {
    let learned = state.profile.flow_veh_h(window.hour()).map(|(flow_veh_h, windows)| UsualFlow {
        flow_veh_h: (flow_veh_h * share).max(FLOW_VEH_H_MIN),
        windows,
    });
    learned.unwrap_or_else(|| {
        let lanes = f64::from(window.network.lanes(link));
        UsualFlow { flow_veh_h: FLOW_GUESS_VEH_H * lanes, windows: 0.0 }
    })
}
