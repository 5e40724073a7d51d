//! What traffic emits, window by window: links, their sums over areas, and totals of local time.
//!
//! A link's emission is that of its traffic, from flow and speed, and that of the buses that are
//! known one by one. Both are whole numbers, so links add up to cells, cities and the region, and
//! vehicles to links, exactly.

mod alternative;
mod area;
mod link;
mod sums;
mod totals;
mod transit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use network::LinkNumber;
use traffic::emission::{Masses, MeasuredWeather, SoundPower, Weather};
use traffic::matching::Span;

use super::cell::OpenMinutes;
use super::link::Window;
use super::probe::MINUTE_MS;
use crate::fate::Changes;
use crate::index::{Index, SlotNumber};
use crate::setup::{EmissionSetup, WeatherCurves};
use crate::vehicle::track;
use crate::{Estimate, Layer, Link, Object, VehicleEmission};
pub(crate) use alternative::Other;
pub(crate) use area::FiveMinutes;
pub(crate) use sums::{ExcessCo2, Sums, Transit};
pub(crate) use totals::{Total, Totals};
pub(crate) use transit::{Last, Meter, Now, TransitRoad};

/// What the traffic of a region emits.
#[derive(Clone, Debug)]
pub(crate) struct Emissions {
    pub(crate) setup: Arc<EmissionSetup>,
    pub(crate) link_index: Index<()>,
    pub(crate) area_index: Index<()>,
    pub(crate) links: BTreeMap<LinkNumber, LinkState>,
    /// By number of the area.
    pub(crate) totals: BTreeMap<u32, Totals>,
    pub(crate) ledger: Ledger,
    /// Weather of the open minutes as road weather stations have it. It changes when a minute is
    /// closed only, so that the order of arrival within one does not matter.
    pub(crate) measured: MeasuredWeather,
    /// Work memory: curves of the weather of the first open minute.
    curves: Option<Box<Curves>>,
}

/// What is kept of a link.
#[derive(Clone, Debug)]
pub(crate) struct LinkState {
    pub(crate) slot: SlotNumber,
    /// Its traffic, in the newest minute for which that was worked out.
    pub(crate) traffic: Sums,
    /// Sound power of a metre in that minute.
    pub(crate) sound: SoundPower,
    /// The same of the other factor sets.
    pub(crate) others: Vec<Other>,
    /// What buses emitted in the newest minute, and in the closed minutes of the five that are
    /// running.
    pub(crate) minute: Transit,
    pub(crate) five: Transit,
}

/// What vehicles known one by one have emitted since the region's beginning, and where: `vehicles`
/// is the sum of the others and of the minutes that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    pub(crate) vehicles: Masses,
    /// On links, in minutes that are closed.
    pub(crate) links: Masses,
    /// Away from the streets, or where it is not known.
    pub(crate) elsewhere: Masses,
}

/// Curves of every factor set and group of links in one weather.
#[derive(Clone, Debug)]
struct Curves {
    minute: i64,
    weather: Weather,
    of: Arc<WeatherCurves>,
}

impl Emissions {
    pub(crate) fn new(setup: Arc<EmissionSetup>) -> Self {
        Self {
            setup,
            link_index: Index::new(Layer::LinkEmissions),
            area_index: Index::new(Layer::AreaEmissions),
            links: BTreeMap::new(),
            totals: BTreeMap::new(),
            ledger: Ledger::default(),
            measured: MeasuredWeather::default(),
            curves: None,
        }
    }

    /// Objects of both layers.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.link_index.objects().chain(self.area_index.objects())
    }

    /// Makes the curves of a minute's weather, unless they are there already.
    pub(crate) fn prepare(&mut self, minute: i64, weather: impl FnOnce() -> Weather) {
        if self.curves.as_ref().is_some_and(|curves| curves.minute == minute) {
            return;
        }
        let weather = weather();
        match &mut self.curves {
            Some(curves) if curves.weather == weather => curves.minute = minute,
            curves => {
                let of = self.setup.curves(&weather);
                *curves = Some(Box::new(Curves { minute, weather, of }));
            }
        }
    }

    /// Takes a vehicle's settled fix in, on a slope (rise over length). [`Self::prepare`] comes
    /// before.
    pub(crate) fn feed(&mut self, meter: &mut Meter, fix: &track::Fix, slope: f64) {
        let Some(curves) = &self.curves else { return };
        let Some(kinds) = curves.of.transit.get(usize::from(meter.group)) else { return };
        let road = TransitRoad { temperature_c: curves.weather.temperature_c, slope };
        let emitted = meter.feed(fix, kinds, &road);
        self.ledger.vehicles.add(&emitted.masses);
    }

    /// Takes in the seconds that a meter has not told yet, when the vehicle goes: no later fix
    /// comes. [`Self::prepare`] comes before.
    pub(crate) fn finish(&mut self, meter: &mut Meter, slope: f64) {
        let Some(curves) = &self.curves else { return };
        let Some(kinds) = curves.of.transit.get(usize::from(meter.group)) else { return };
        let road = TransitRoad { temperature_c: curves.weather.temperature_c, slope };
        let emitted = meter.finish(kinds, &road);
        self.ledger.vehicles.add(&emitted.masses);
    }

    /// What a vehicle emitted where nobody knows, or away from the streets.
    pub(crate) fn elsewhere(&mut self, transit: &Transit) {
        self.ledger.elsewhere.add(&transit.masses);
    }

    /// As a vehicle's object has it.
    pub(crate) fn vehicle(&self, meter: &Meter) -> Option<Box<VehicleEmission>> {
        meter
            .object(self.setup.transit_name(meter.group), &self.setup.transit_interval(meter.group))
    }

    /// Closes a minute: the links whose traffic was worked out anew, and what buses emitted on
    /// links.
    pub(crate) fn minute(
        &mut self,
        window: &Window<'_>,
        traffic: &BTreeMap<LinkNumber, Arc<Object>>,
        transit: &[(LinkNumber, Transit)],
        changes: &mut Changes<'_>,
    ) {
        let mut renewed: BTreeSet<LinkNumber> = traffic.keys().copied().collect();
        for (&link, state) in &mut self.links {
            // Where its buses are gone, it says so.
            if state.minute != Transit::default() {
                state.minute = Transit::default();
                renewed.insert(link);
            }
        }
        for (link, emitted) in transit {
            let state = self.state_mut(window.network, *link);
            state.minute.add(emitted);
            state.five.add(emitted);
            self.ledger.links.add(&emitted.masses);
            renewed.insert(*link);
        }
        for link in renewed {
            let object = traffic.get(&link).and_then(|object| as_link(object));
            self.close_minute(window, link, object, changes);
        }
    }

    /// Closes five minutes after their last minute: all links with traffic, and those that buses
    /// drove on. Gives the sums of each.
    pub(crate) fn five_minutes(
        &mut self,
        window: &Window<'_>,
        traffic: &BTreeMap<LinkNumber, Arc<Object>>,
        changes: &mut Changes<'_>,
    ) -> Vec<(LinkNumber, Sums)> {
        let links: BTreeSet<LinkNumber> =
            self.links.keys().chain(traffic.keys()).copied().collect();
        let mut by_link = Vec::with_capacity(links.len());
        for link in links {
            let object = traffic.get(&link).and_then(|object| as_link(object));
            by_link.push((link, self.close_five_minutes(window, link, object, changes)));
        }
        by_link
    }

    /// CO2 above free flow of links in the newest minute, grams an hour; none where the traffic of
    /// none is known.
    pub(crate) fn excess_co2_g_h<'a>(
        &self,
        links: impl IntoIterator<Item = &'a LinkNumber>,
    ) -> Option<Estimate> {
        let known = links.into_iter().filter_map(|link| self.links.get(link));
        let parts = known
            .filter(|state| state.traffic.driven_mm > 0)
            .map(|state| state.traffic.excess_co2());
        let excess = parts.reduce(|mut sum, part| {
            sum.add(&part);
            sum
        })?;
        Some(excess.minute_g_h())
    }
}

fn as_link(object: &Arc<Object>) -> Option<&Link> {
    match object.as_ref() {
        Object::Link(link) => Some(link),
        _ => None,
    }
}

/// Spreads what a vehicle emitted over its way, by time.
pub(crate) fn place(transit: &Transit, path: &[Span], open: &mut OpenMinutes) {
    let duration = |span: &Span| (span.end_ms - span.start_ms).max(0) as u64;
    let whole: u64 = path.iter().map(duration).sum();
    let (mut passed, mut placed) = (0, Transit::default());
    for (index, span) in path.iter().enumerate() {
        passed += duration(span);
        let until = if index + 1 == path.len() { *transit } else { transit.part(passed, whole) };
        let minute = open.take((span.end_ms - 1).div_euclid(MINUTE_MS));
        open.emit(minute, span.link, &until.minus(&placed));
        placed = until;
    }
}
