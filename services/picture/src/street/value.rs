//! What a window comes to on a link, and everything behind it.

use events::Text;
use events::wire::EvidenceKind;
use network::LinkNumber;
use traffic::link::{
    DetectorReading, SpeedEstimate, SpeedInput, Typical, hcm_level, standing_m, travel_time_s,
};

use super::cell::Cell;
use super::flow::KnownFlow;
use super::link::{LinkState, Links, Window, free_flow_km_h};
use crate::{Estimate, EstimateMethod, Evidence, LinkWindow};

/// From this share of the result on, minutes before the window make a value inferred, not typical.
pub(crate) const PREVIOUS_SHARE_MIN: f64 = 0.05;

/// Metres of a lane that a vehicle covers at a detector's point: its length and the loop's.
const COVERED_M: f64 = 6.5;

/// What the links before and after say counts so much on a link of which nothing is known.
const NEIGHBOUR_SHARE: f64 = 0.5;

/// Of less than that, seconds of driving on them, they say nothing.
const NEIGHBOUR_S_MIN: f64 = 5.0;

/// A mean deviation is so much of a standard deviation (normal: `sqrt(pi / 2)`).
const MEAN_TO_STANDARD: f64 = 1.253;

impl Links {
    /// What a window comes to on a link.
    pub(crate) fn value(
        &self,
        window: &Window<'_>,
        link: LinkNumber,
        cell: &Cell,
        flow: Option<KnownFlow>,
    ) -> LinkWindow {
        let state = &self.states[&link];
        let reading = window.reading(link);
        let long = window.minutes > 1;
        let typical = if long {
            state.profile.five_minutes(window.hour())
        } else {
            state.profile.minute(window.hour())
        };
        let (typical, neighbours) = self.with_neighbours(window, link, typical);
        let detector = reading.and_then(|reading| self.detector_deviation(state, &reading, long));
        let bus_ratio = state.buses.ratio(&self.region.buses);
        let duration_s = (window.minutes * 60) as f64;
        let inner_m = window.inner_m(link);
        let expected_s = flow.map_or(0.0, |flow| {
            flow.estimate.flow_veh_h * duration_s / 3_600.0 * inner_m / typical.speed_m_s
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
        let now_s = travel_time_s(length_m, speed_km_h);
        let free_time_s = travel_time_s(length_m, free_km_h);
        let density_veh_km = flow.map(|flow| flow.estimate.flow_veh_h / speed_km_h.max(1.0));
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
            flow_veh_h: flow.map(|flow| {
                let [low, high] = flow.estimate.interval_veh_h();
                Estimate { value: flow.estimate.flow_veh_h, low, high }
            }),
            flow_method: flow.map(|flow| flow.method).unwrap_or_default(),
            density_veh_km,
            occupancy_percent,
            travel_time_s: now_s,
            delay_s: (now_s - free_time_s).max(0.0),
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
                sum += seen_m / state.profile.minute(window.hour()).speed_m_s;
                weight += seen_s;
            }
        }
        if weight < NEIGHBOUR_S_MIN {
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
