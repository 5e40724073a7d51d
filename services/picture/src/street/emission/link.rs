//! What is emitted on a link.

use std::sync::Arc;

use events::{Position, Text};
use network::{LinkFlags, LinkNumber, Network};
use traffic::emission::{HALF_WIDTH, LinkTraffic, Pollutant, SoundPower, stop_and_go_share};

use super::{Curves, Emissions, LinkState, Other, Sums, Transit};
use crate::fate::Changes;
use crate::setup::{EmissionSetup, LinkCurves};
use crate::street::link::Window;
use crate::{Emission, EmissionBasis, EmissionWindow, Estimate, Link, LinkWindow, Noise, Object};

/// Standard deviation of the noise of a known traffic, dB: own judgement, between the reference
/// conditions of CNOSSOS-EU and what a street is paved with.
const NOISE_DEVIATION_DB: f64 = 1.5;

/// A minute and five, seconds.
const MINUTE_S: f64 = 60.0;
const FIVE_MINUTES_S: f64 = 300.0;

/// What the traffic on a link comes to in a window.
pub(super) struct WorkedOut {
    pub(super) sums: Sums,
    pub(super) sound: SoundPower,
    pub(super) others: Vec<Other>,
    pub(super) noise: Option<Noise>,
    pub(super) basis: EmissionBasis,
}

impl Emissions {
    /// The state of a link, a new one when nothing was emitted there yet.
    pub(super) fn state_mut(&mut self, network: &Network, link: LinkNumber) -> &mut LinkState {
        let Self { link_index, links, .. } = self;
        links.entry(link).or_insert_with(|| {
            let id = Text::from(network.id(link).to_string());
            LinkState::new(link_index.insert(id, ()))
        })
    }

    /// Works out what is emitted on a link in the minute that was closed, and shows it. `link` is
    /// its traffic, where that changed.
    pub(super) fn close_minute(
        &mut self,
        window: &Window<'_>,
        number: LinkNumber,
        link: Option<&Link>,
        changes: &mut Changes<'_>,
    ) {
        let worked_out = link
            .and_then(|link| self.work_out(window.network, number, link, newest(link), MINUTE_S));
        if worked_out.is_none() && !self.links.contains_key(&number) {
            return;
        }
        let state = self.state_mut(window.network, number);
        let mut noise_and_basis = None;
        if let Some(WorkedOut { sums, sound, others, noise, basis }) = worked_out {
            state.traffic = sums;
            state.sound = sound;
            state.others = others;
            noise_and_basis = Some((noise, Some(Box::new(basis))));
        } else if link.is_some() {
            // Its traffic is new and its flow not known any more: what it emitted is not what it emits.
            state.traffic = Sums::default();
            state.sound = SoundPower::default();
            state.others.clear();
            noise_and_basis = Some((None, None));
        }
        let sums = state.traffic.with_transit(&state.minute);
        self.show_link(window, number, changes, |emission| {
            emission.minute = sums.window(MINUTE_S as u32, window.end_ms);
            emission.known_street_km = sums.street_mm as f64 / 1e6;
            let signals = sums.signal_excess.minute_g_h();
            emission.signal_excess_co2_g_h = signals.value;
            emission.signal_excess_co2_low_g_h = signals.low;
            emission.signal_excess_co2_high_g_h = signals.high;
            if let Some((noise, basis)) = noise_and_basis {
                (emission.noise, emission.basis) = (noise, basis);
            }
        });
    }

    /// What was emitted on a link in the five minutes that were closed, and shows it.
    pub(super) fn close_five_minutes(
        &mut self,
        window: &Window<'_>,
        number: LinkNumber,
        link: Option<&Link>,
        changes: &mut Changes<'_>,
    ) -> Sums {
        let worked_out = link.and_then(|link| {
            self.work_out(window.network, number, link, &link.five_minutes, FIVE_MINUTES_S)
        });
        let traffic = worked_out.map(|worked_out| worked_out.sums).unwrap_or_default();
        let Some(state) = self.links.get_mut(&number) else { return traffic };
        let transit = std::mem::take(&mut state.five);
        let sums = traffic.with_transit(&transit);
        self.show_link(window, number, changes, |emission| {
            emission.five_minutes = sums.window(FIVE_MINUTES_S as u32, window.end_ms);
        });
        sums
    }

    /// The emission of the traffic of a window; none where its flow is not known.
    fn work_out(
        &self,
        network: &Network,
        number: LinkNumber,
        link: &Link,
        state: &LinkWindow,
        duration_s: f64,
    ) -> Option<WorkedOut> {
        let Curves { weather, of, .. } = self.curves.as_deref()?;
        let by_set = &of.by_set;
        let group = self.setup.group(number);
        let flow = state.flow_veh_h?;
        let Estimate { value, low, high } = state.speed_km_h;
        let traffic = LinkTraffic {
            length_m: link.length_m,
            lanes: link.lanes.into(),
            duration_s,
            flow_veh_h: [flow.value, flow.low, flow.high],
            speed_km_h: [value, low, high],
            free_flow_speed_km_h: link.free_flow_speed_km_h,
        };
        let LinkCurves { curves, shares } = by_set.first()?.get(group)?;
        let estimate = curves.estimate(&traffic);
        let mut sums = Sums::of(&estimate);
        sums.street_mm = (link.length_m * 1_000.0).round() as u64;
        if network.flags(number).has(LinkFlags::SIGNAL) {
            sums.signal_excess = sums.excess_co2();
        }
        let others = by_set[1..].iter().filter_map(|set| {
            let curves = &set.get(group)?.curves;
            Some(Other::of(&curves.estimate(&traffic)))
        });
        let sound = curves.sound.power(flow.value, value);
        let ends = [(flow.low, low), (flow.high, high)]
            .map(|(flow, speed)| curves.sound.power(flow, speed).level_db());
        let index = Pollutant::Co2Fossil.index();
        let co2 = estimate.amounts[index].max(f64::MIN_POSITIVE);
        let nearest =
            shares.iter().min_by(|a, b| (a.0 - value).abs().total_cmp(&(b.0 - value).abs()));
        Some(WorkedOut {
            sums,
            sound,
            others: others.collect(),
            noise: noise(&sound, ends),
            basis: EmissionBasis {
                speed_km_h: value,
                stopped_share: stop_and_go_share(value),
                flow_veh_h: flow.value,
                weather: EmissionSetup::shown_weather(weather, &self.measured),
                gradient_percent: self.setup.slope_percent(group),
                gradient_known: network.gradient_percent(number).is_some(),
                studded_share: weather.studded.light,
                mix: self.setup.mix_name(group),
                sampling_percent: estimate.sampling[index].sqrt() / co2 * 100.0,
                mix_percent: curves.rates.mix_relative_sd(Pollutant::Co2Fossil) * 100.0,
                factor_percent: curves.rates.factor_relative_sd(Pollutant::Co2Fossil) * 100.0,
                shares: nearest.map(|(_, shares)| Arc::clone(shares)).unwrap_or_default(),
            },
        })
    }

    /// Shows a link with what a window changes.
    fn show_link(
        &mut self,
        window: &Window<'_>,
        number: LinkNumber,
        changes: &mut Changes<'_>,
        change: impl FnOnce(&mut Emission),
    ) {
        let Some(state) = self.links.get(&number) else { return };
        let shown = self.link_index.slot(state.slot).object().map(AsRef::as_ref);
        let mut emission = match shown {
            Some(Object::Emission(emission)) => emission.clone(),
            _ => self.new_link(window.network, number),
        };
        emission.event_time_ms = window.end_ms;
        change(&mut emission);
        let object = Arc::new(Object::Emission(emission));
        self.link_index.show(state.slot, Arc::clone(&object));
        changes.updated(object);
    }

    fn new_link(&self, network: &Network, number: LinkNumber) -> Emission {
        let line: Arc<[Position]> = network.positions(number).collect();
        Emission {
            id: network.id(number).to_string().into(),
            event_time_ms: 0,
            kind: None,
            name: network.name(number).into(),
            factor_set: self.setup.factor_set(),
            known_street_km: 0.0,
            street_km: f64::from(network.length_m(number)) / 1e3,
            minute: EmissionWindow::default(),
            five_minutes: EmissionWindow::default(),
            noise: None,
            signal_excess_co2_g_h: 0.0,
            queue_excess_co2_g_h: 0.0,
            signal_excess_co2_low_g_h: 0.0,
            signal_excess_co2_high_g_h: 0.0,
            queue_excess_co2_low_g_h: 0.0,
            queue_excess_co2_high_g_h: 0.0,
            totals: Vec::new(),
            alternatives: Vec::new(),
            basis: None,
            weather: None,
            line,
        }
    }
}

impl LinkState {
    pub(crate) fn new(slot: crate::index::SlotNumber) -> Self {
        Self {
            slot,
            traffic: Sums::default(),
            sound: SoundPower::default(),
            others: Vec::new(),
            minute: Transit::default(),
            five: Transit::default(),
        }
    }
}

/// What is known of a link's traffic now: its newest window.
fn newest(link: &Link) -> &LinkWindow {
    if link.five_minutes.end_time_ms > link.minute.end_time_ms {
        &link.five_minutes
    } else {
        &link.minute
    }
}

/// A level with the interval that flow and speed leave, and what no traffic explains.
pub(super) fn noise(sound: &SoundPower, ends_db: [Option<f64>; 2]) -> Option<Noise> {
    let level_db = sound.level_db()?;
    let octave_db = sound.octave_db()?;
    let [low, high] = ends_db.map(|end| {
        let by_traffic = end.map_or(0.0, |end| end - level_db);
        by_traffic.hypot(HALF_WIDTH * NOISE_DEVIATION_DB)
    });
    let level_db = Estimate { value: level_db, low: level_db - low, high: level_db + high };
    Some(Noise { level_db, octave_db: octave_db.map(|level| level as f32) })
}
