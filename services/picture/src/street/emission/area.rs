//! What is emitted in an area: sums over its links.

use std::collections::BTreeSet;
use std::sync::Arc;

use events::wire::AreaKind;
use network::{Area, LinkNumber};
use traffic::emission::SoundPower;
use traffic::link::Calendar;

use super::link::noise;
use super::{Emissions, Other, Sums};
use crate::fate::Changes;
use crate::setup::{EmissionSetup, StreetSetup};
use crate::{Emission, EmissionWindow, Object};

/// Sums of an area in the newest minute.
#[derive(Clone, Debug, Default)]
struct Minute {
    sums: Sums,
    sound: SoundPower,
    others: Vec<Other>,
}

impl Minute {
    fn add(&mut self, other: &Self, metres: f64) {
        self.sums.add(&other.sums);
        self.sound.add(&other.sound, metres);
        self.others.resize(self.others.len().max(other.others.len()), Other::default());
        for (sum, part) in self.others.iter_mut().zip(&other.others) {
            sum.add(part);
        }
    }
}

/// Five minutes that were closed, by link.
pub(crate) struct FiveMinutes<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) by_link: Vec<(LinkNumber, Sums)>,
}

impl Emissions {
    /// Sums the minute that was closed over all areas and shows them; `queued` are links in queues.
    /// Where five minutes were closed, they are summed too and counted in the totals.
    pub(crate) fn show_areas(
        &mut self,
        streets: &StreetSetup,
        end_ms: i64,
        queued: &BTreeSet<LinkNumber>,
        five: Option<&FiveMinutes<'_>>,
        changes: &mut Changes<'_>,
    ) {
        let areas = streets.areas();
        let mut minutes = vec![Minute::default(); areas.all().len()];
        for (&link, state) in &self.links {
            let mut sums = state.traffic.with_transit(&state.minute);
            if queued.contains(&link) {
                sums.queue_excess = state.traffic.excess_co2();
            }
            let one = Minute { sums, sound: state.sound, others: state.others.clone() };
            let length_m = f64::from(streets.network().length_m(link));
            for &area in areas.of(link) {
                minutes[area as usize].add(&one, length_m);
            }
        }
        let mut five_sums = five.map(|five| {
            let mut sums = vec![Sums::default(); areas.all().len()];
            for (link, part) in &five.by_link {
                for &area in areas.of(*link) {
                    sums[area as usize].add(part);
                }
            }
            sums
        });
        let all = areas.all().iter().zip(minutes).zip(streets.street_mm());
        for (number, ((area, minute), &street_mm)) in (0..).zip(all) {
            let window = five_sums.as_mut().map(|sums| std::mem::take(&mut sums[number as usize]));
            if let (Some(window), Some(five)) = (&window, five) {
                // What never had traffic has no totals.
                if window.is_anything() || self.totals.contains_key(&number) {
                    let start_ms = end_ms - FIVE_MINUTES_MS;
                    let totals = self.totals.entry(number).or_default();
                    totals.add(five.calendar, start_ms, end_ms, window);
                }
            }
            let known = minute.sums.is_anything() || self.area_index.find_id(&area.id).is_some();
            if known || area.kind == AreaKind::Region {
                self.show_area(number, area, &minute, window.as_ref(), street_mm, end_ms, changes);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "all that an object of an area is made of")]
    fn show_area(
        &mut self,
        number: u32,
        area: &Area,
        minute: &Minute,
        five: Option<&Sums>,
        street_mm: u64,
        end_ms: i64,
        changes: &mut Changes<'_>,
    ) {
        let slot = self.area_index.find_id(&area.id);
        let slot = slot.unwrap_or_else(|| self.area_index.insert(area.id.clone(), ()));
        let five_minutes = match (five, self.area_index.slot(slot).object().map(AsRef::as_ref)) {
            (Some(five), _) => five.window(300, end_ms),
            (None, Some(Object::Emission(older))) => older.five_minutes.clone(),
            (None, _) => EmissionWindow::default(),
        };
        let names = self.setup.other_sets();
        let transit = &minute.sums.transit.masses;
        // Where nothing drives but a bus, no link has figures of another set.
        let others = minute.others.iter().copied().chain(std::iter::repeat(Other::default()));
        let alternatives = names.zip(others).map(|(name, other)| other.object(name, transit));
        // There are thousands of cells: their totals would be most of what is sent.
        let totals = self.totals.get(&number).filter(|_| area.kind != AreaKind::Cell);
        let weather = self.curves.as_deref().filter(|_| area.kind != AreaKind::Cell);
        let weather = weather
            .map(|curves| Box::new(EmissionSetup::shown_weather(&curves.weather, &self.measured)));
        let signals = minute.sums.signal_excess.minute_g_h();
        let queues = minute.sums.queue_excess.minute_g_h();
        let emission = Emission {
            id: area.id.clone(),
            event_time_ms: end_ms,
            kind: Some(area.kind),
            name: area.name.clone(),
            factor_set: self.setup.factor_set(),
            known_street_km: minute.sums.street_mm as f64 / 1e6,
            street_km: street_mm as f64 / 1e6,
            minute: minute.sums.window(60, end_ms),
            five_minutes,
            noise: noise(&minute.sound, [None; 2]),
            signal_excess_co2_g_h: signals.value,
            signal_excess_co2_low_g_h: signals.low,
            signal_excess_co2_high_g_h: signals.high,
            queue_excess_co2_g_h: queues.value,
            queue_excess_co2_low_g_h: queues.low,
            queue_excess_co2_high_g_h: queues.high,
            totals: totals.map(super::Totals::objects).unwrap_or_default(),
            alternatives: alternatives.collect(),
            basis: None,
            weather,
            line: Arc::clone(&area.boundary),
        };
        let object = Arc::new(Object::Emission(emission));
        self.area_index.show(slot, Arc::clone(&object));
        changes.updated(object);
    }
}

/// Length of the windows that are counted in totals, milliseconds.
const FIVE_MINUTES_MS: i64 = 300_000;
