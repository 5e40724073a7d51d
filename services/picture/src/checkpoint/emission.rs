//! Emissions over the messages of a checkpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::Position;
use rustc_hash::FxHashMap;
use traffic::emission::power::{METER_NUMBERS, PowerMeter};
use traffic::emission::{Masses, POLLUTANTS, SoundPower};

use super::street::{Read, Written};
use super::{RestoreError, message};
use crate::street::Streets;
use crate::street::emission::{
    ExcessCo2, Last, Ledger, LinkState, Meter, Now, Other, Sums, Total, Transit,
};
use crate::{Emission, EmissionBasis, EmissionShare, EmissionWindow, Object};

/// Takes numbers off the front of a list.
struct Numbers<'a, T>(&'a [T]);

impl<T: Copy> Numbers<'_, T> {
    fn take<const N: usize>(&mut self) -> Result<[T; N], RestoreError> {
        let (first, rest) =
            self.0.split_first_chunk().ok_or(RestoreError::Incomplete("a number of emissions"))?;
        self.0 = rest;
        Ok(*first)
    }
}

fn put_transit(transit: &Transit, numbers: &mut Vec<u64>) {
    let Transit { masses: Masses(masses), driven_mm, passenger_mm, counted_mm, counted_co2_ug } =
        transit;
    numbers.extend(masses);
    numbers.extend([driven_mm, passenger_mm, counted_mm, counted_co2_ug]);
}

fn transit(numbers: &mut Numbers<'_, u64>) -> Result<Transit, RestoreError> {
    let masses = Masses(numbers.take()?);
    let [driven_mm, passenger_mm, counted_mm, counted_co2_ug] = numbers.take()?;
    Ok(Transit { masses, driven_mm, passenger_mm, counted_mm, counted_co2_ug })
}

fn put_sums(sums: &Sums, whole: &mut Vec<u64>, real: &mut Vec<f64>) {
    whole.extend(sums.masses.0);
    whole.extend(sums.free_flow.0);
    put_transit(&sums.transit, whole);
    let excess = [sums.signal_excess, sums.queue_excess];
    whole.extend([sums.street_mm, sums.driven_mm]);
    whole.extend(excess.map(|of| of.ug.cast_unsigned()));
    real.extend(sums.sampling);
    real.extend(sums.common);
    real.extend(sums.excess_sampling);
    real.extend(excess.iter().flat_map(|of| [of.sampling, of.common]));
}

fn sums(whole: &mut Numbers<'_, u64>, real: &mut Numbers<'_, f64>) -> Result<Sums, RestoreError> {
    let (masses, free_flow) = (Masses(whole.take()?), Masses(whole.take()?));
    let transit = transit(whole)?;
    let [street_mm, driven_mm, signal, queue] = whole.take()?;
    let (sampling, common, excess_sampling) = (real.take()?, real.take()?, real.take()?);
    let mut excess = |ug: u64| -> Result<ExcessCo2, RestoreError> {
        let [sampling, common] = real.take()?;
        Ok(ExcessCo2 { ug: ug.cast_signed(), sampling, common })
    };
    let (signal_excess, queue_excess) = (excess(signal)?, excess(queue)?);
    Ok(Sums {
        masses,
        free_flow,
        sampling,
        common,
        excess_sampling,
        street_mm,
        driven_mm,
        transit,
        signal_excess,
        queue_excess,
    })
}

pub(super) fn put_meter(meter: &Meter, group: &str) -> message::Meter {
    let Now { time_ms, power_kw, co2_g_s, by_second } = meter.now;
    let mut whole = Vec::new();
    put_transit(&meter.total, &mut whole);
    for (_, emitted) in &meter.waiting {
        put_transit(emitted, &mut whole);
    }
    let mut real = vec![meter.segment_km_h, power_kw, co2_g_s];
    real.extend(
        meter
            .last
            .iter()
            .flat_map(|last| [last.position.longitude_deg, last.position.latitude_deg]),
    );
    message::Meter {
        last_occupancy: meter.last.and_then(|last| last.occupancy),
        group: group.into(),
        powers: meter.meters.iter().flat_map(PowerMeter::to_numbers).collect(),
        credit_mj: meter.credit_mj.to_vec(),
        real,
        stood_ms: meter.stood_ms,
        last_ms: meter.last.map(|last| last.time_ms),
        now_ms: time_ms,
        by_second,
        whole,
        waiting_ms: meter.waiting.iter().map(|&(time_ms, _)| time_ms).collect(),
    }
}

/// A meter again, as one of a group's number.
pub(super) fn meter(part: &message::Meter, group: u16) -> Result<Meter, RestoreError> {
    let mut whole = Numbers(&part.whole[..]);
    let mut real = Numbers(&part.real[..]);
    let total = transit(&mut whole)?;
    let mut waiting = std::collections::VecDeque::new();
    for &time_ms in &part.waiting_ms {
        waiting.push_back((time_ms, transit(&mut whole)?));
    }
    let [segment_km_h, power_kw, co2_g_s] = real.take()?;
    let last = match part.last_ms {
        Some(time_ms) => {
            let [longitude_deg, latitude_deg] = real.take()?;
            let position = Position { longitude_deg, latitude_deg };
            Some(Last { time_ms, position, occupancy: part.last_occupancy })
        }
        None => None,
    };
    let powers = part.powers.chunks_exact(METER_NUMBERS).map(|numbers| {
        let numbers = numbers.try_into().ok();
        numbers.and_then(PowerMeter::from_numbers).unwrap_or_default()
    });
    let now = Now { time_ms: part.now_ms, power_kw, co2_g_s, by_second: part.by_second };
    Ok(Meter {
        group,
        meters: powers.collect(),
        credit_mj: part.credit_mj.iter().copied().collect(),
        segment_km_h,
        stood_ms: part.stood_ms,
        last,
        now,
        total,
        waiting,
    })
}

fn as_emission(object: &Object) -> Option<&Emission> {
    match object {
        Object::Emission(emission) => Some(emission),
        _ => None,
    }
}

/// Lists of shares that links have in common, each once, in the order in which links have them.
#[derive(Default)]
struct ShareLists {
    /// By where they lie in memory: most are the very same.
    known: FxHashMap<*const EmissionShare, u32>,
    lists: Vec<Arc<[EmissionShare]>>,
}

impl ShareLists {
    /// Place of what a link's basis has.
    fn place(&mut self, object: &Emission) -> Option<u32> {
        let shares = &object.basis.as_deref()?.shares;
        let Self { known, lists } = self;
        let place = known.entry(shares.as_ptr()).or_insert_with(|| {
            // What is equal has one place, whether it was made once or twice.
            let place = lists.iter().position(|list| list == shares).unwrap_or(lists.len());
            if place == lists.len() {
                lists.push(Arc::clone(shares));
            }
            place as u32
        });
        Some(*place)
    }
}

/// An object without what the network says.
fn bare_area(emission: &Emission) -> Emission {
    Emission { line: [].into(), ..emission.clone() }
}

/// A link's object without what the network, its sums and the lists of shares say.
fn bare(emission: &Emission) -> Emission {
    let Emission { minute, basis, .. } = emission;
    let EmissionWindow { duration_s, end_time_ms, .. } = *minute;
    let minute = EmissionWindow { duration_s, end_time_ms, ..EmissionWindow::default() };
    let basis = basis.as_deref();
    let basis = basis.map(|basis| Box::new(EmissionBasis { shares: [].into(), ..basis.clone() }));
    Emission { line: [].into(), minute, basis, ..emission.clone() }
}

impl LinkState {
    /// The window of a minute that its object shows: that of its sums.
    fn window(&self, shown: &EmissionWindow) -> EmissionWindow {
        let EmissionWindow { duration_s, end_time_ms, .. } = *shown;
        if duration_s == 0 {
            return EmissionWindow::default();
        }
        self.traffic.with_transit(&self.minute).window(duration_s, end_time_ms)
    }
}

impl Streets {
    /// What is known of emissions, through `put`.
    pub(super) fn put_emissions(&self, links: &mut Written, put: &mut impl FnMut(message::Kind)) {
        let Some(emissions) = &self.emissions else { return };
        let Ledger { vehicles, links: on_links, elsewhere } = emissions.ledger;
        let ledger = [vehicles, on_links, elsewhere].into_iter().flat_map(|masses| masses.0);
        put(message::Kind::EmissionLedger(message::EmissionLedger {
            masses: ledger.collect(),
            weather: Some((&emissions.measured).into()),
        }));
        for (minute, link, emitted) in self.open.transit() {
            let mut numbers = Vec::new();
            put_transit(&emitted, &mut numbers);
            let link = links.place(link);
            put(message::Kind::Emitted(message::CellPart { minute, link, numbers }));
        }
        let objects = emissions.links.values().map(|state| {
            let object = emissions.link_index.slot(state.slot).object();
            object.and_then(|object| as_emission(object))
        });
        let mut lists = ShareLists::default();
        let places: Vec<Option<u32>> = objects.clone().map(|object| lists.place(object?)).collect();
        for list in &lists.lists {
            let shares = list.iter().map(Into::into).collect();
            put(message::Kind::Shares(message::SharesPart { shares }));
        }
        let links_and_objects = emissions.links.iter().zip(objects).zip(places);
        for (((&link, state), object), shares) in links_and_objects {
            let (mut whole, mut real) = (Vec::new(), Vec::new());
            put_sums(&state.traffic, &mut whole, &mut real);
            put_transit(&state.minute, &mut whole);
            put_transit(&state.five, &mut whole);
            real.extend(state.sound.0);
            debug_assert!(
                object.is_none_or(|object| object.minute == state.window(&object.minute))
            );
            put(message::Kind::LinkEmission(Box::new(message::LinkEmissionPart {
                link: links.place(link),
                whole,
                real,
                object: object.map(|object| (&bare(object)).into()),
                shares,
                others: state.others.iter().flat_map(Other::numbers).collect(),
            })));
        }
        let areas = self.setup.areas().all();
        for (number, area) in (0..).zip(areas) {
            let slot = emissions.area_index.find_id(&area.id);
            let object = slot.and_then(|slot| emissions.area_index.slot(slot).object());
            let totals = emissions.totals.get(&number);
            if object.is_none() && totals.is_none() {
                continue;
            }
            let (mut whole, mut real, mut times) = (Vec::new(), Vec::new(), Vec::new());
            for total in totals.iter().flat_map(|totals| totals.running.iter().chain(&totals.last))
            {
                let total = total.as_deref();
                times.extend(
                    total.map_or([0; 3], |total| {
                        [total.start_ms, total.end_ms, total.windows.into()]
                    }),
                );
                if let Some(total) = total {
                    put_sums(&total.sums, &mut whole, &mut real);
                }
            }
            put(message::Kind::AreaEmission(Box::new(message::AreaEmissionPart {
                area: area.id.to_string(),
                object: object.and_then(|object| Some((&bare_area(as_emission(object)?)).into())),
                times,
                whole,
                real,
            })));
        }
    }

    /// Name of a meter's group, which outlives another table.
    pub(super) fn meter_group(&self, meter: &Meter) -> &str {
        self.emissions.as_ref().map_or("", |of| of.setup.transit_name(meter.group))
    }

    /// A meter again, if the table still has its group.
    pub(super) fn restore_meter(
        &mut self,
        part: &message::Meter,
    ) -> Result<Option<Box<Meter>>, RestoreError> {
        let Some(emissions) = &mut self.emissions else { return Ok(None) };
        let group = emissions.setup.transit_group_named(&part.group);
        let mut meter = meter(part, group.unwrap_or_default())?;
        if group.is_none() {
            let waiting = meter.take(i64::MAX);
            emissions.elsewhere(&waiting);
            return Ok(None);
        }
        Ok(Some(Box::new(meter)))
    }

    pub(super) fn restore_emission_ledger(
        &mut self,
        part: &message::EmissionLedger,
    ) -> Result<(), RestoreError> {
        let mut numbers = Numbers(&part.masses[..]);
        if let Some(emissions) = &mut self.emissions {
            // Vehicles come before it, and may have left something elsewhere.
            let ledger = &mut emissions.ledger;
            ledger.vehicles.add(&Masses(numbers.take()?));
            ledger.links.add(&Masses(numbers.take()?));
            ledger.elsewhere.add(&Masses(numbers.take()?));
            emissions.measured = part.weather.as_ref().map(Into::into).unwrap_or_default();
        }
        Ok(())
    }

    /// What was emitted on a link that the map has no more was emitted elsewhere.
    pub(super) fn restore_emitted(
        &mut self,
        part: &message::CellPart,
        links: &Read,
    ) -> Result<(), RestoreError> {
        let emitted = transit(&mut Numbers(&part.numbers[..]))?;
        match links.link(part.link) {
            Some(link) => self.open.emit(part.minute, link, &emitted),
            None => {
                if let Some(emissions) = &mut self.emissions {
                    emissions.elsewhere(&emitted);
                }
            }
        }
        Ok(())
    }

    pub(super) fn restore_link_emission(
        &mut self,
        part: message::LinkEmissionPart,
        links: &Read,
    ) -> Result<(), RestoreError> {
        let network = self.setup.network();
        let (Some(emissions), Some(link)) = (&mut self.emissions, links.link(part.link)) else {
            return Ok(());
        };
        let (mut whole, mut real) = (Numbers(&part.whole[..]), Numbers(&part.real[..]));
        let traffic = sums(&mut whole, &mut real)?;
        let (minute, five) = (transit(&mut whole)?, transit(&mut whole)?);
        let sound = SoundPower(real.take()?);
        let (others, _) = part.others.as_chunks();
        let others = others.iter().map(Other::from_numbers).collect();
        let slot = emissions.link_index.insert(network.id(link).to_string().into(), ());
        let state = LinkState { slot, traffic, sound, others, minute, five };
        if let Some(object) = part.object {
            let mut object = Emission { line: network.positions(link).collect(), ..object.into() };
            object.minute = state.window(&object.minute);
            let shares = part.shares.and_then(|place| links.shares.get(place as usize));
            if let (Some(basis), Some(shares)) = (&mut object.basis, shares) {
                basis.shares = Arc::clone(shares);
            }
            emissions.link_index.load(slot, Arc::new(Object::Emission(object)));
        }
        emissions.links.insert(link, state);
        Ok(())
    }

    pub(super) fn restore_area_emissions(
        &mut self,
        parts: Vec<message::AreaEmissionPart>,
    ) -> Result<(), RestoreError> {
        let Some(emissions) = &mut self.emissions else { return Ok(()) };
        let areas = self.setup.areas().all();
        let known: BTreeMap<&str, u32> =
            areas.iter().map(|area| area.id.as_str()).zip(0..).collect();
        for part in parts {
            let Some(&number) = known.get(part.area.as_str()) else { continue };
            let area = &areas[number as usize];
            if let Some(object) = part.object {
                let slot = emissions.area_index.insert(area.id.clone(), ());
                let object = Emission { line: Arc::clone(&area.boundary), ..object.into() };
                emissions.area_index.load(slot, Arc::new(Object::Emission(object)));
            }
            let (mut whole, mut real) = (Numbers(&part.whole[..]), Numbers(&part.real[..]));
            for (place, times) in part.times.chunks_exact(3).enumerate().take(6) {
                let &[start_ms, end_ms, windows] = times else { continue };
                if windows == 0 {
                    continue;
                }
                let windows = windows as u32;
                let sums = sums(&mut whole, &mut real)?;
                let total = Some(Box::new(Total { start_ms, end_ms, windows, sums }));
                let totals = emissions.totals.entry(number).or_default();
                let of = if place < 3 { &mut totals.running } else { &mut totals.last };
                of[place % 3] = total;
            }
        }
        Ok(())
    }
}

const _: () = assert!(POLLUTANTS == 19, "another number of pollutants is another version");
