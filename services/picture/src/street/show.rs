//! What a closed minute leaves to show beside the links: queues, areas, effects of messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use network::LinkNumber;
use traffic::link::travel_time_s;

use super::area::{self, Part};
use super::emission::{FiveMinutes, Sums};
use super::probe::MINUTE_MS;
use super::queue::Flowing;
use super::situation::Measured;
use super::{LONG_MINUTES, Streets};
use crate::fate::Changes;
use crate::index::Index;
use crate::situation::Situations;
use crate::{EstimateMethod, Layer, Object, RemovalReason, SituationEffect};

impl Streets {
    /// What the newest window says of every link.
    fn newest(&self) -> impl Iterator<Item = (LinkNumber, &crate::Link)> {
        self.links.states.iter().filter_map(|(&link, state)| {
            match self.links.index.slot(state.slot).object().map(AsRef::as_ref) {
                Some(Object::Link(object)) => Some((link, object)),
                _ => None,
            }
        })
    }

    pub(super) fn show_queues(&mut self, end_ms: i64, changes: &mut Changes<'_>) {
        let flowing: BTreeMap<LinkNumber, Flowing> = self
            .newest()
            .filter(|(_, link)| is_seen(link.minute.method))
            .map(|(number, link)| {
                let flowing = Flowing {
                    speed_km_h: link.minute.speed_km_h.value,
                    free_flow_speed_km_h: link.free_flow_speed_km_h,
                    typical_speed_km_h: link.typical_speed_km_h,
                };
                (number, flowing)
            })
            .collect();
        let network = self.setup.network();
        let touching = &self.touching;
        let (queues, ended) =
            self.queues.window(network, end_ms, &flowing, |link| touching.on(link));
        for mut queue in queues {
            let links = self.queues.by_id.get(&queue.id).map(|state| &state.links);
            let excess = self
                .emissions
                .as_ref()
                .zip(links)
                .and_then(|(emissions, links)| emissions.excess_co2_g_h(links));
            queue.excess_co2_g_h = excess.map(|of| of.value);
            queue.excess_co2_low_g_h = excess.map(|of| of.low);
            queue.excess_co2_high_g_h = excess.map(|of| of.high);
            show(&mut self.queue_index, Object::Queue(queue), changes);
        }
        for id in ended {
            if let Some(slot) = self.queue_index.find_id(&id) {
                self.queue_index.remove(slot);
                changes.removed(Layer::Queues, id, RemovalReason::Ended);
            }
        }
    }

    pub(super) fn show_areas(&mut self, end_ms: i64, changes: &mut Changes<'_>) {
        let parts: Vec<(LinkNumber, Part)> = self
            .newest()
            .map(|(number, link)| {
                let part = Part {
                    method: link.minute.method,
                    speed_km_h: link.minute.speed_km_h.value,
                    free_flow_speed_km_h: link.free_flow_speed_km_h,
                    flow_veh_h: link.minute.flow_veh_h.map(|flow| flow.value),
                    queue_m: link.minute.queue_m.unwrap_or_default(),
                };
                (number, part)
            })
            .collect();
        let setup = &self.setup;
        let areas = area::sum(setup.network(), setup.areas(), setup.street_mm(), end_ms, &parts);
        for area in areas.into_iter().filter(area::is_shown) {
            show(&mut self.area_index, Object::Area(area), changes);
        }
    }

    pub(super) fn show_effects(
        &mut self,
        end_ms: i64,
        situations: &mut Situations,
        changes: &mut Changes<'_>,
    ) {
        let seen: BTreeMap<LinkNumber, Measured> = self
            .newest()
            .filter(|(_, link)| {
                let five = &link.five_minutes;
                is_measured(five.method) && end_ms - five.end_time_ms < LONG_MINUTES * MINUTE_MS
            })
            .map(|(number, link)| {
                let usual_km_h = link.typical_speed_km_h.unwrap_or(link.free_flow_speed_km_h);
                let measured = Measured {
                    time_s: link.five_minutes.travel_time_s,
                    usual_time_s: travel_time_s(link.length_m, usual_km_h),
                    driven: link.five_minutes.vehicles > 0,
                };
                (number, measured)
            })
            .collect();
        let network = self.setup.network();
        let excess = |links: &[LinkNumber]| self.emissions.as_ref()?.excess_co2_g_h(links);
        let effects =
            self.touching.effects(network, end_ms, |link| seen.get(&link).copied(), excess);
        for (id, effect) in effects {
            situations.set_effect(&id, effect, changes);
        }
    }

    pub(super) fn show_area_emissions(
        &mut self,
        end_ms: i64,
        five: Option<Vec<(LinkNumber, Sums)>>,
        changes: &mut Changes<'_>,
    ) {
        let Some(emissions) = &mut self.emissions else { return };
        let queued = self.queues.by_id.values().flat_map(|queue| queue.links.iter().copied());
        let calendar = &self.setup.options().calendar;
        let five = five.map(|by_link| FiveMinutes { calendar, by_link });
        emissions.show_areas(&self.setup, end_ms, &queued.collect(), five.as_ref(), changes);
    }
}

/// Whether a value comes from something that was seen in its window or shortly before.
fn is_seen(method: EstimateMethod) -> bool {
    is_measured(method) || method == EstimateMethod::Inferred
}

/// Whether a value comes from something that was seen in its window.
fn is_measured(method: EstimateMethod) -> bool {
    matches!(method, EstimateMethod::Measured | EstimateMethod::Fused)
}

/// Shows an object, new or in place of an older one.
fn show(index: &mut Index<()>, object: Object, changes: &mut Changes<'_>) {
    let slot = index.find_id(object.id());
    let slot = slot.unwrap_or_else(|| index.insert(object.id().clone(), ()));
    let object = Arc::new(object);
    index.show(slot, Arc::clone(&object));
    changes.updated(object);
}

impl Situations {
    /// Says what the traffic on a message's links shows, unless that is said already.
    fn set_effect(&mut self, id: &str, effect: SituationEffect, changes: &mut Changes<'_>) {
        let Some(slot) = self.index.find_id(id) else { return };
        let Some(shown) = self.index.object_mut(slot) else { return };
        let Object::Situation(situation) = shown.as_ref() else { return };
        let same = situation.effect.as_deref().is_some_and(|known| {
            SituationEffect { event_time_ms: effect.event_time_ms, ..known.clone() } == effect
        });
        if same {
            return;
        }
        if let Object::Situation(situation) = Arc::make_mut(shown) {
            situation.effect = Some(Box::new(effect));
        }
        changes.updated(Arc::clone(shown));
    }
}
