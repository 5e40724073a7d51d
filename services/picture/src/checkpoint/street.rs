//! The streets over the messages of a checkpoint.
//!
//! Links are kept by identity, once each in a table, so that a checkpoint outlives an import of a
//! newer map: what is of links that are gone is left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Text, wire};
use network::{LinkId, LinkNumber, Network};
use rustc_hash::FxHashMap;
use traffic::link::{
    BusRelation, BusRelations, Centre, DetectorRelation, EdieSum, FlowCurve, FlowFilter, FlowSlot,
    FreeFlow, Hour, LinkProfile, Penetration, SpeedFilter,
};
use traffic::matching::{Matcher, MatcherState, Unknown};

use super::{RestoreError, message};
use crate::street::Streets;
use crate::street::cell::Cell;
use crate::street::detector::{Reading, Tied};
use crate::street::link::{DetectorRelations, LinkState, Region};
use crate::street::probe::{Answer, Kind, Probe, Stay};
use crate::street::queue::QueueState;
use crate::{Area, EmissionShare, Link, Object, Queue};

/// Reasons by their number in a checkpoint, from 1 on.
const UNKNOWN: [Unknown; 6] = [
    Unknown::OffNetwork,
    Unknown::Tunnel,
    Unknown::Ferry,
    Unknown::ClosedStreet,
    Unknown::Ambiguous,
    Unknown::OutOfOrder,
];

/// Links that are being written, each by its place.
#[derive(Default)]
pub(super) struct Written {
    places: FxHashMap<LinkNumber, u32>,
    links: Vec<LinkNumber>,
}

impl Written {
    pub(super) fn place(&mut self, link: LinkNumber) -> u32 {
        let Self { places, links } = self;
        *places.entry(link).or_insert_with(|| {
            links.push(link);
            (links.len() - 1) as u32
        })
    }

    pub(super) fn table(&self, network: &Network) -> message::LinkTable {
        let ids = self.links.iter().map(|&link| network.id(link));
        let ids = ids.flat_map(|LinkId { way, from, to }| [way, from, to]);
        message::LinkTable { ids: ids.collect() }
    }
}

/// What parts speak of by its place.
#[derive(Default)]
pub(super) struct Read {
    /// None of those that the network has no more.
    links: Vec<Option<LinkNumber>>,
    pub(super) shares: Vec<Arc<[EmissionShare]>>,
}

impl Read {
    pub(super) fn new(table: &message::LinkTable, network: &Network) -> Self {
        let ids = table.ids.chunks_exact(3);
        let link = |id: &[i64]| network.find(LinkId { way: id[0], from: id[1], to: id[2] });
        Self { links: ids.map(link).collect(), shares: Vec::new() }
    }

    pub(super) fn link(&self, place: u32) -> Option<LinkNumber> {
        self.links.get(place as usize).copied().flatten()
    }

    /// Links that are closed; none where an older checkpoint does not say.
    pub(super) fn closed(&self, header: &message::Streets) -> Option<Vec<LinkNumber>> {
        let links = header.closed.iter().filter_map(|&place| self.link(place));
        header.has_closed.then(|| links.collect())
    }
}

pub(super) fn put_probe(probe: &Probe, links: &mut Written) -> message::Probe {
    let state = probe.matcher.to_state();
    message::Probe {
        is_bus: probe.kind == Kind::Bus,
        matcher_links: state.links.iter().map(|&link| links.place(link)).collect(),
        matcher_numbers: state.numbers,
        pending_ms: probe.pending.iter().map(|&(time_ms, _)| time_ms).collect(),
        pending_at_stop: probe.pending.iter().map(|&(_, at_stop)| at_stop).collect(),
        answer: probe.answer.map(|answer| message::Answer {
            time_ms: answer.time_ms,
            link: answer.link.map(|(link, _)| links.place(link)),
            along_m: answer.link.map_or(0.0, |(_, along_m)| along_m),
            confidence: answer.confidence,
            unknown: answer.unknown.map_or(0, |unknown| {
                let place = UNKNOWN.iter().position(|&known| known == unknown);
                place.map_or(0, |place| place as u32 + 1)
            }),
        }),
        stay_link: probe.stay.map(|stay| links.place(stay.link)),
        stay_minute: probe.stay.map_or(0, |stay| stay.minute),
        stood_ms: probe.stood_ms,
    }
}

/// A probe again. Where the map has changed under it, its matching begins anew.
pub(super) fn probe(probe: message::Probe, links: &Read, network: &Network) -> Probe {
    let places = probe.matcher_links.iter().map(|&place| links.link(place));
    let matcher = places.collect::<Option<Vec<_>>>().and_then(|links| {
        Matcher::from_state(&MatcherState { links, numbers: probe.matcher_numbers }, network)
    });
    let pending = probe.pending_ms.into_iter().zip(probe.pending_at_stop);
    Probe {
        kind: if probe.is_bus { Kind::Bus } else { Kind::Car },
        matcher: matcher.unwrap_or_default(),
        pending: pending.collect(),
        answer: probe.answer.map(|answer| Answer {
            time_ms: answer.time_ms,
            link: answer.link.and_then(|place| links.link(place)).map(|l| (l, answer.along_m)),
            confidence: answer.confidence,
            unknown: answer
                .unknown
                .checked_sub(1)
                .and_then(|place| UNKNOWN.get(place as usize).copied()),
        }),
        stay: probe
            .stay_link
            .and_then(|place| links.link(place))
            .map(|link| Stay { link, minute: probe.stay_minute }),
        stood_ms: probe.stood_ms,
    }
}

fn put_sum(sum: &EdieSum, numbers: &mut Vec<u64>) {
    let EdieSum { distance_mm, time_ms, stopped_ms, vehicles, passages } = *sum;
    numbers.extend([distance_mm, time_ms, stopped_ms, vehicles.into(), passages.into()]);
}

fn put_cell(cell: &Cell) -> Vec<u64> {
    let mut numbers = Vec::with_capacity(12);
    put_sum(&cell.cars, &mut numbers);
    put_sum(&cell.buses, &mut numbers);
    numbers.extend([cell.dwell_ms, cell.newest_ms as u64]);
    numbers
}

fn sum(numbers: &[u64]) -> Option<EdieSum> {
    let &[distance_mm, time_ms, stopped_ms, vehicles, passages] = numbers else { return None };
    let (vehicles, passages) = (vehicles as u32, passages as u32);
    Some(EdieSum { distance_mm, time_ms, stopped_ms, vehicles, passages })
}

fn cell(numbers: &[u64]) -> Result<Cell, RestoreError> {
    let cell = || {
        Some(Cell {
            cars: sum(numbers.get(..5)?)?,
            buses: sum(numbers.get(5..10)?)?,
            dwell_ms: *numbers.get(10)?,
            newest_ms: *numbers.get(11)? as i64,
        })
    };
    cell().ok_or(RestoreError::Incomplete("a cell"))
}

fn put_relation(relation: &DetectorRelation) -> [f64; 4] {
    [relation.vehicles, relation.speeds, relation.xy, relation.xx]
}

fn relation([vehicles, speeds, xy, xx]: [f64; 4]) -> DetectorRelation {
    DetectorRelation { vehicles, speeds, xy, xx }
}

fn put_centre(centre: &Centre) -> [f64; 4] {
    [centre.speed_m_s, centre.weight, centre.spread, centre.spread_weight]
}

fn centre([speed_m_s, weight, spread, spread_weight]: [f64; 4]) -> Centre {
    Centre { speed_m_s, weight, spread, spread_weight }
}

fn put_penetration(penetration: &Penetration) -> [f64; 9] {
    let Penetration { seen, all, counted, usual, long_seen, long_all, .. } = *penetration;
    let Penetration { detector_seen, detector_counted, least, .. } = *penetration;
    [seen, all, counted, usual, long_seen, long_all, detector_seen, detector_counted, least]
}

fn penetration(numbers: [f64; 9]) -> Penetration {
    let [seen, all, counted, usual, long_seen, long_all, detector_seen, detector_counted, least] =
        numbers;
    let long =
        Penetration { long_seen, long_all, detector_seen, detector_counted, ..Default::default() };
    Penetration { seen, all, counted, usual, least, ..long }
}

fn put_slot(slot: &FlowSlot) -> [f32; 3] {
    [f32::from(slot.slot), slot.flow_veh_h, slot.weeks]
}

fn slot(numbers: &[f32]) -> FlowSlot {
    FlowSlot { slot: numbers[0] as u16, flow_veh_h: numbers[1], weeks: numbers[2] }
}

/// Takes numbers off the front of a list.
struct Numbers<'a>(&'a [f64]);

impl Numbers<'_> {
    fn take<const N: usize>(&mut self) -> Result<[f64; N], RestoreError> {
        let (first, rest) =
            self.0.split_first_chunk().ok_or(RestoreError::Incomplete("a number of a link"))?;
        self.0 = rest;
        Ok(*first)
    }
}

fn put_link(
    link: LinkNumber,
    state: &LinkState,
    object: Option<&Link>,
    links: &mut Written,
) -> message::LinkPart {
    let mut numbers = Vec::with_capacity(32);
    let SpeedFilter { before_m, before_s, minute_m, minute_s } = state.speed;
    numbers.extend([before_m, before_s, minute_m, minute_s]);
    numbers.extend([state.flow.seen, state.flow.likely]);
    numbers.extend(put_centre(&state.profile.minute));
    numbers.extend(put_centre(&state.profile.five_minutes));
    let FreeFlow { speed_km_h, windows } = state.free_flow;
    numbers.extend([f64::from(speed_km_h), f64::from(windows)]);
    let BusRelation { cars_m, cars_s, buses_m, buses_s } = state.buses;
    numbers.extend([cars_m, cars_s, buses_m, buses_s]);
    if let Some(detector) = &state.detector {
        numbers.extend(put_relation(&detector.minute));
        numbers.extend(put_relation(&detector.five_minutes));
    }
    let hours = state.profile.hours.iter().flat_map(|hour| {
        [f32::from(hour.hour), hour.deviation, hour.weight, hour.flow_veh_h, hour.flow_weight]
    });
    message::LinkPart {
        link: links.place(link),
        numbers,
        hours: hours.collect(),
        five: put_cell(&state.five),
        fresh: state.fresh,
        // What the network says is not repeated.
        object: object.map(|object| {
            let bare = Link { line: [].into(), name: Text::default(), ..object.clone() };
            (&bare).into()
        }),
    }
}

impl Streets {
    /// All parts but the table of links, through `put`.
    pub(super) fn put(&self, links: &mut Written, mut put: impl FnMut(message::Kind)) {
        let Region { buses, detectors, penetration, curve } = &self.links.region;
        let mut region = vec![buses.buses_m, buses.cars_m];
        region.extend(put_relation(&detectors.minute));
        region.extend(put_relation(&detectors.five_minutes));
        region.extend(put_penetration(penetration));
        put(message::Kind::Streets(message::Streets {
            first_minute: self.open.first(),
            feeds: self.watermarks.keys().copied().collect(),
            watermarks_ms: self.watermarks.values().copied().collect(),
            vehicle_feeds: self.vehicle_feeds.iter().copied().collect(),
            region,
            curve: curve.slots.iter().flat_map(put_slot).collect(),
            closed: self.touching.closed().iter().map(|&link| links.place(link)).collect(),
            has_closed: true,
        }));
        for (minute, link, cell) in self.open.cells() {
            let numbers = put_cell(&cell);
            put(message::Kind::Cell(message::CellPart {
                minute,
                link: links.place(link),
                numbers,
            }));
        }
        for (&link, state) in &self.links.states {
            let object = match self.links.index.slot(state.slot).object().map(AsRef::as_ref) {
                Some(Object::Link(object)) => Some(object),
                _ => None,
            };
            put(message::Kind::Link(Box::new(put_link(link, state, object, links))));
        }
        for ((id, direction), tied) in &self.detectors.by_id {
            let readings = tied.readings.iter();
            put(message::Kind::Tied(message::TiedPart {
                id: id.to_string(),
                direction: *direction,
                times_ms: readings.clone().flat_map(|r| [r.end_ms, r.duration_ms]).collect(),
                values: readings
                    .flat_map(|r| [r.speed_km_h, r.flow_veh_h, r.occupancy_percent])
                    .collect(),
                same: tied.same,
            }));
        }
        for queue in self.queues.by_id.values() {
            let slot = self.queue_index.find_id(&queue.id);
            let object = slot.and_then(|slot| self.queue_index.slot(slot).object());
            put(message::Kind::Queue(Box::new(message::QueuePart {
                links: queue.links.iter().map(|&link| links.place(link)).collect(),
                length_m: queue.length_m,
                object: match object.map(AsRef::as_ref) {
                    Some(Object::Queue(object)) => Some(object.into()),
                    _ => None,
                },
            })));
        }
        for object in self.area_index.objects() {
            if let Object::Area(area) = object.as_ref() {
                let bare = Area { boundary: [].into(), ..area.clone() };
                put(message::Kind::Area((&bare).into()));
            }
        }
    }

    pub(super) fn restore_header(&mut self, header: message::Streets) -> Result<(), RestoreError> {
        if let Some(minute) = header.first_minute {
            self.open.open(minute);
        }
        self.watermarks = header.feeds.into_iter().zip(header.watermarks_ms).collect();
        self.vehicle_feeds = header.vehicle_feeds.into_iter().collect();
        let mut numbers = Numbers(&header.region);
        let [buses_m, cars_m] = numbers.take()?;
        let minute = relation(numbers.take()?);
        let five_minutes = relation(numbers.take()?);
        let penetration = penetration(numbers.take()?);
        self.links.region = Region {
            buses: BusRelations { buses_m, cars_m },
            detectors: DetectorRelations { minute, five_minutes },
            penetration,
            curve: FlowCurve { slots: header.curve.chunks_exact(3).map(slot).collect() },
        };
        Ok(())
    }

    pub(super) fn restore_cell(
        &mut self,
        part: &message::CellPart,
        links: &Read,
    ) -> Result<(), RestoreError> {
        if let Some(link) = links.link(part.link) {
            self.open.restore(part.minute, link, cell(&part.numbers)?);
        }
        Ok(())
    }

    pub(super) fn restore_link(
        &mut self,
        part: message::LinkPart,
        links: &Read,
    ) -> Result<(), RestoreError> {
        let Some(link) = links.link(part.link) else { return Ok(()) };
        let mut numbers = Numbers(&part.numbers);
        let [before_m, before_s, minute_m, minute_s] = numbers.take()?;
        let [seen, likely] = numbers.take()?;
        let (minute, five_minutes) = (centre(numbers.take()?), centre(numbers.take()?));
        let [free_flow_km_h, windows] = numbers.take()?;
        let [cars_m, cars_s, buses_m, buses_s] = numbers.take()?;
        let detector = if numbers.0.is_empty() {
            None
        } else {
            let minute = relation(numbers.take()?);
            Some(Box::new(DetectorRelations { minute, five_minutes: relation(numbers.take()?) }))
        };
        let hours = part.hours.chunks_exact(5).map(|hour| Hour {
            hour: hour[0] as u8,
            deviation: hour[1],
            weight: hour[2],
            flow_veh_h: hour[3],
            flow_weight: hour[4],
        });
        let network = self.setup.network();
        let id = Text::from(network.id(link).to_string());
        let slot = self.links.index.insert(id, ());
        if let Some(object) = part.object {
            let object = Link {
                line: network.positions(link).collect(),
                name: network.name(link).into(),
                ..Link::try_from(object)?
            };
            self.links.index.load(slot, Arc::new(Object::Link(object)));
        }
        let state = LinkState {
            slot,
            speed: SpeedFilter { before_m, before_s, minute_m, minute_s },
            flow: FlowFilter { seen, likely },
            profile: LinkProfile { minute, five_minutes, hours: hours.collect() },
            free_flow: FreeFlow { speed_km_h: free_flow_km_h as f32, windows: windows as u32 },
            buses: BusRelation { cars_m, cars_s, buses_m, buses_s },
            detector,
            five: cell(&part.five)?,
            fresh: part.fresh,
        };
        self.links.states.insert(link, state);
        Ok(())
    }

    pub(super) fn restore_tied(&mut self, part: message::TiedPart) {
        let times = part.times_ms.chunks_exact(2);
        let readings = times.zip(part.values.chunks_exact(3)).map(|(times, values)| Reading {
            end_ms: times[0],
            duration_ms: times[1],
            speed_km_h: values[0],
            flow_veh_h: values[1],
            occupancy_percent: values[2],
        });
        let tied = Tied { readings: readings.collect(), same: part.same, ..Tied::default() };
        self.detectors.by_id.insert((part.id.into(), part.direction), tied);
    }

    pub(super) fn restore_queue(&mut self, part: message::QueuePart, links: &Read) {
        let Some(object) = part.object.map(Queue::from) else { return };
        let state = QueueState {
            id: object.id.clone(),
            start_ms: object.start_time_ms,
            links: part.links.iter().filter_map(|&place| links.link(place)).collect(),
            length_m: part.length_m,
            length_m_max: object.length_m_max,
            merged: object.merged.clone(),
        };
        let slot = self.queue_index.insert(object.id.clone(), ());
        self.queue_index.load(slot, Arc::new(Object::Queue(object)));
        self.queues.by_id.insert(state.id.clone(), state);
    }

    pub(super) fn restore_areas(&mut self, areas: Vec<wire::Area>) {
        let setup = Arc::clone(&self.setup);
        let known: BTreeMap<&str, &network::Area> =
            setup.areas().all().iter().map(|area| (area.id.as_str(), area)).collect();
        for area in areas.into_iter().map(Area::from) {
            let Some(known) = known.get(area.id.as_str()) else { continue };
            let slot = self.area_index.insert(area.id.clone(), ());
            let area = Area { boundary: known.boundary.clone(), ..area };
            self.area_index.load(slot, Arc::new(Object::Area(area)));
        }
    }

    /// Finishes what was restored part by part. What follows from the detectors layer is made anew on the
    /// map that there is now. What follows from the situations layer is so too, as of the end of the last
    /// closed minute; but links are closed that were so then, not those of messages that have come since.
    pub(super) fn restored(
        &mut self,
        detectors: &crate::detector::Detectors,
        situations: &crate::situation::Situations,
        closed: Option<Vec<LinkNumber>>,
    ) {
        self.detectors.restored(self.setup.network(), |id| detectors.station_of(id));
        self.links.index.build_tree();
        self.queue_index.build_tree();
        if let Some(emissions) = &mut self.emissions {
            emissions.link_index.build_tree();
            emissions.area_index.build_tree();
        }
        self.area_index.build_tree();
        self.refresh_situations(situations);
        if let Some(closed) = closed {
            self.touching.set_closed(closed);
        }
    }
}
