//! The vehicles layer.
//!
//! A vehicle's attributes are those of its newest report; where it is comes from its [`Track`], so
//! a fix that cannot be right changes the verdicts but not the place.
//!
//! Any order of arrival within the lateness bound gives the same object, with one exception: a
//! retraction that arrives after a report of an upcoming journey that it is older than, when that
//! report was hidden by a present one that the retraction takes back. The hidden report is not kept
//! for this; the next one shows the vehicle again.
//!
//! What a record was on its arrival is what the ledger says for ever: a report that arrived late is
//! `superseded`, one whose position was not believed then is `quarantined`, although both are part
//! of the track and may be believed when others arrive.

pub(crate) mod track;

use std::sync::Arc;

use events::{Event, Text, VehiclePosition, Verdict, Verdicts};

use crate::deadline::{Deadlines, FeedNumber, NEVER};
use crate::expiring::{self, Expiring};
use crate::fate::{Changes, EXPIRED, Fate, FeedContext, LAYER_FULL, OLDER};
use crate::index::{Index, SlotNumber};
use crate::street::{Kind, Moving, Probe, Streets};
use crate::{Layer, Object, RemovalReason, Vehicle, VehicleEmission, VehicleMatch};
use track::{Arrival, Belief, Fix, ReportKey, Track, UPCOMING};

/// A report of the vehicle's next journey does not hide what it does now: so long after the newest
/// other report it is taken as what the vehicle does.
const UPCOMING_AFTER_MS: i64 = 60_000;

/// What is kept of a vehicle beside its object.
#[derive(Clone, Debug)]
pub(crate) struct VehicleState {
    pub(crate) feed: FeedNumber,
    pub(crate) filed_ms: i64,
    pub(crate) track: Track,
    /// Key of the report that is shown.
    pub(crate) shown: ReportKey,
    /// Verdicts that the shown report came with.
    pub(crate) verdicts: Verdicts,
    pub(crate) moving: Moving,
    /// Whether it is among the feed's unsettled vehicles.
    pub(crate) unsettled: bool,
}

impl VehicleState {
    pub(crate) fn new(feed: FeedNumber) -> Self {
        Self {
            feed,
            filed_ms: NEVER,
            track: Track::default(),
            shown: (i64::MIN, 0, 0),
            verdicts: Verdicts::default(),
            moving: Moving::default(),
            unsettled: false,
        }
    }

    /// Verdicts of the object: the shown report's and those that need the vehicle's past.
    fn object_verdicts(&self) -> Verdicts {
        let mut verdicts = self.verdicts;
        if self.track.tip.suspects > 0 {
            verdicts.insert(Verdict::Teleport);
        }
        if self.track.tip.frozen {
            verdicts.insert(Verdict::Frozen);
        }
        if self.moving.probe.as_ref().is_some_and(|probe| probe.is_off_network()) {
            verdicts.insert(Verdict::OffNetwork);
        }
        verdicts
    }
}

impl VehicleState {
    /// Drives the vehicle on the streets by its settled fixes, if it is one that does.
    fn drive(
        &mut self,
        event: &Event,
        report: &VehiclePosition,
        settled: &[Fix],
        streets: &mut Streets,
    ) {
        if !self.moving.is_followed() && report.position.is_some() {
            let kind = Kind::of(report);
            self.moving.meter = streets.meter(event, Kind::mode_name(report.mode));
            if let Some(kind) = kind {
                self.moving.probe = Some(Box::new(Probe::new(kind)));
                streets.follow(self.feed);
            }
        }
        streets.drive(&mut self.moving, report.trip.as_ref(), settled);
    }

    /// Where it was on the street network when that was last known.
    fn matched(&self, streets: Option<&Streets>) -> Option<Box<VehicleMatch>> {
        let answer = self.moving.probe.as_ref()?.answer?;
        Some(Box::new(streets?.vehicle_match(&answer)))
    }

    /// What it emits.
    fn emission(&self, streets: Option<&Streets>) -> Option<Box<VehicleEmission>> {
        streets?.emissions.as_ref()?.vehicle(self.moving.meter.as_ref()?)
    }
}

/// Puts a vehicle on its feed's list of those with a fix that is not settled.
fn file_unsettled(unsettled: &mut Vec<Vec<SlotNumber>>, feed: FeedNumber, number: SlotNumber) {
    let feed = feed as usize;
    if unsettled.len() <= feed {
        unsettled.resize_with(feed + 1, Vec::new);
    }
    unsettled[feed].push(number);
}

/// Whether a report is to be shown in place of another. It depends on the newest report of the
/// present and the newest upcoming one only, so it does not matter which arrived first.
fn replaces(new: ReportKey, shown: ReportKey) -> bool {
    match (new.1 == UPCOMING, shown.1 == UPCOMING) {
        (false, false) | (true, true) => new > shown,
        (true, false) => new.0 > shown.0.saturating_add(UPCOMING_AFTER_MS),
        (false, true) => new.0.saturating_add(UPCOMING_AFTER_MS) >= shown.0,
    }
}

/// What of a belief is seen in the object.
fn seen(belief: &Belief) -> (Option<track::Place>, bool, bool) {
    (belief.place, belief.suspects > 0, belief.frozen)
}

impl Expiring for VehicleState {
    fn due_ms(&self, hidden: bool, feed: &FeedContext) -> i64 {
        if hidden {
            self.track.floor_ms.saturating_add(feed.limits.lateness_ms)
        } else {
            feed.expires_ms(self.track.newest_ms)
        }
    }

    fn filed_ms(&mut self) -> &mut i64 {
        &mut self.filed_ms
    }
}

/// All vehicles of a region.
#[derive(Clone, Debug)]
pub(crate) struct Vehicles {
    pub(crate) index: Index<VehicleState>,
    pub(crate) deadlines: Deadlines,
    /// Road vehicles with a fix that is not settled, by feed.
    unsettled: Vec<Vec<SlotNumber>>,
    /// Work memory.
    settled: Vec<Fix>,
}

impl Vehicles {
    pub(crate) fn new() -> Self {
        Self {
            index: Index::new(Layer::Vehicles),
            deadlines: Deadlines::default(),
            unsettled: Vec::new(),
            settled: Vec::new(),
        }
    }

    pub(crate) fn report(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        report: &VehiclePosition,
        mut streets: Option<&mut Streets>,
        changes: &mut Changes<'_>,
    ) -> Fate {
        if feed.is_due(feed.expires_ms(event.event_time_ms)) {
            return EXPIRED;
        }
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let fix = Fix::new(event.event_time_ms, report);
        let slot = self.index.slot_mut(number);
        let hidden = slot.object().is_none();
        let state = &mut slot.state;
        let before = seen(&state.track.tip);
        self.settled.clear();
        let arrival = state.track.insert(fix, &feed.limits, &mut self.settled);
        if let Some(streets) = streets.as_deref_mut() {
            state.drive(event, report, &self.settled, streets);
            if state.moving.is_followed() && !state.unsettled {
                state.unsettled = true;
                file_unsettled(&mut self.unsettled, feed.number, number);
            }
        }
        match arrival {
            Arrival::Late => return OLDER,
            Arrival::Duplicate => return Fate::Duplicate,
            Arrival::Taken | Arrival::Teleport => {}
        }
        let shown = hidden || replaces(fix.key(), state.shown);
        if shown {
            state.shown = fix.key();
            state.verdicts = event.verdicts;
            if report.position.is_none() {
                state.verdicts.insert(Verdict::PositionMissing);
            }
            self.show(number, event, report, streets.as_deref(), changes);
        } else if seen(&self.index.slot(number).state.track.tip) != before {
            self.show_belief(number, changes);
        }
        let state = &mut self.index.slot_mut(number).state;
        if state.filed_ms == NEVER {
            let due_ms = state.due_ms(false, feed);
            self.deadlines.file(feed.number, number, &mut state.filed_ms, due_ms);
        }
        match arrival {
            Arrival::Teleport => Fate::Quarantined("teleport"),
            _ if shown => Fate::Applied,
            _ if fix.rank == UPCOMING => Fate::Superseded("upcoming"),
            _ => OLDER,
        }
    }

    /// The publisher no longer has the vehicle: reports of that time and before count no more.
    pub(crate) fn retract(
        &mut self,
        feed: &FeedContext,
        event: &Event,
        changes: &mut Changes<'_>,
    ) -> Fate {
        if feed.is_due(feed.expires_ms(event.event_time_ms)) {
            return EXPIRED;
        }
        let Some(number) = self.find_or_insert(feed, event) else {
            return LAYER_FULL;
        };
        let slot = self.index.slot_mut(number);
        let state = &mut slot.state;
        if event.event_time_ms == state.track.floor_ms {
            return Fate::Duplicate;
        }
        if state.track.is_late(event.event_time_ms, &feed.limits) {
            return OLDER;
        }
        let before = seen(&state.track.tip);
        state.track.cut(event.event_time_ms, &feed.limits);
        if state.shown.0 > event.event_time_ms {
            if seen(&state.track.tip) != before {
                self.show_belief(number, changes);
            }
            return OLDER;
        }
        let due_ms = state.due_ms(true, feed);
        self.deadlines.file(feed.number, number, &mut state.filed_ms, due_ms);
        if slot.object().is_some() {
            changes.removed(Layer::Vehicles, slot.id().clone(), RemovalReason::Retracted);
            self.index.hide(number);
        }
        Fate::Applied
    }

    /// Matches the fixes to the streets that the watermark has passed: none older is expected.
    pub(crate) fn settle(&mut self, feed: &FeedContext, streets: &mut Streets) {
        let Some(unsettled) = self.unsettled.get_mut(feed.number as usize) else { return };
        let Self { index, settled, .. } = self;
        unsettled.retain(|&number| {
            // Who left the picture meanwhile has been taken off the list.
            let (object, state) = index.slot_mut(number).parts();
            settled.clear();
            state.track.settle(feed.watermark_ms, &feed.limits, settled);
            let trip = match object.map(AsRef::as_ref) {
                Some(Object::Vehicle(vehicle)) => vehicle.report.trip.as_ref(),
                _ => None,
            };
            streets.drive(&mut state.moving, trip, settled);
            state.unsettled = state.track.is_unsettled();
            state.unsettled
        });
    }

    /// Removes what the watermark has passed.
    pub(crate) fn expire(
        &mut self,
        feed: &FeedContext,
        mut streets: Option<&mut Streets>,
        changes: &mut Changes<'_>,
    ) {
        let Self { index, deadlines, unsettled, .. } = self;
        let mut removed = false;
        expiring::expire(index, deadlines, Layer::Vehicles, feed, changes, |state| {
            if let Some(streets) = streets.as_deref_mut() {
                streets.finish(&mut state.moving);
            }
            removed = true;
        });
        if removed && let Some(unsettled) = unsettled.get_mut(feed.number as usize) {
            unsettled.retain(|&number| index.get(number).is_some_and(|slot| slot.state.unsettled));
        }
    }

    /// Puts in what a checkpoint says; the index's tree is built at the end.
    pub(crate) fn restore(
        &mut self,
        feed: &FeedContext,
        id: Text,
        state: VehicleState,
        object: Option<Object>,
    ) {
        let unsettled = state.unsettled;
        let restored = (id, state, object);
        let number = expiring::restore(&mut self.index, &mut self.deadlines, feed, restored);
        if unsettled {
            file_unsettled(&mut self.unsettled, feed.number, number);
        }
    }

    fn find_or_insert(&mut self, feed: &FeedContext, event: &Event) -> Option<SlotNumber> {
        expiring::find_or_insert(&mut self.index, event, || VehicleState::new(feed.number))
    }

    /// Shows a report at the believed place.
    fn show(
        &mut self,
        number: SlotNumber,
        event: &Event,
        report: &VehiclePosition,
        streets: Option<&Streets>,
        changes: &mut Changes<'_>,
    ) {
        let slot = self.index.slot_mut(number);
        let place = slot.state.track.tip.place;
        let vehicle = Vehicle {
            id: slot.id().clone(),
            feed: event.feed.clone(),
            event_time_ms: event.event_time_ms,
            received_time_ms: event.received_time_ms,
            report: VehiclePosition {
                position: place.map(|place| place.position()),
                ..report.clone()
            },
            position_time_ms: place.map(|place| place.time_ms),
            verdicts: slot.state.object_verdicts(),
            matched: slot.state.matched(streets),
            emission: slot.state.emission(streets),
        };
        let object = Object::Vehicle(vehicle);
        match self.index.object_mut(number).map(Arc::get_mut) {
            // Nobody else has the older object any more: its memory is good for this one.
            Some(Some(older)) => {
                *older = object;
                self.index.place_again(number);
            }
            _ => self.index.show(number, Arc::new(object)),
        }
        changes.updated(Arc::clone(self.index.shown(number)));
    }

    /// Shows another place and verdicts with the report that is shown already.
    fn show_belief(&mut self, number: SlotNumber, changes: &mut Changes<'_>) {
        let slot = self.index.slot_mut(number);
        let place = slot.state.track.tip.place;
        let verdicts = slot.state.object_verdicts();
        let shown = self.index.object_mut(number).map(Arc::make_mut);
        if let Some(Object::Vehicle(vehicle)) = shown {
            vehicle.report.position = place.map(|place| place.position());
            vehicle.position_time_ms = place.map(|place| place.time_ms);
            vehicle.verdicts = verdicts;
            self.index.place_again(number);
            changes.updated(Arc::clone(self.index.shown(number)));
        }
    }
}
