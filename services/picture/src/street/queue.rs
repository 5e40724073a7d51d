//! Queues: connected links whose traffic is queuing, as objects with a life.

use std::collections::{BTreeMap, BTreeSet};

use events::{Position, Text};
use network::{LinkNumber, Network};
use traffic::link::travel_time_s;

use crate::{Queue, QueueTrend};

/// A link queues below this share of free flow, percent: Fintraffic's limit of "queuing".
const BEGINS_PERCENT: f64 = 25.0;

/// And does no more above this one, so that a queue does not flicker.
const ENDS_PERCENT: f64 = 35.0;

/// A shorter one is what a red light makes, metres: no queue begins with it.
const LENGTH_M_MIN: f64 = 50.0;

/// Links named in a queue's object, from the head on; a longer one is cut there, its length not.
const LINKS_MAX: usize = 200;

/// Queues whose ids an object remembers as its parts.
const MERGED_MAX: usize = 20;

/// A change of length below it is no trend, metres.
const TREND_M: f64 = 20.0;

/// A queue is irregular when its traffic is slower than this share of the usual.
const IRREGULAR_SHARE: f64 = 0.7;

/// What a queue must know of a link with a known speed.
#[allow(clippy::struct_field_names, reason = "units are last in names")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flowing {
    pub(crate) speed_km_h: f64,
    pub(crate) free_flow_speed_km_h: f64,
    /// Usual at this hour, where that was learned.
    pub(crate) typical_speed_km_h: Option<f64>,
}

impl Flowing {
    fn share_percent(&self) -> f64 {
        self.speed_km_h / self.free_flow_speed_km_h * 100.0
    }
}

/// A queue between two windows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QueueState {
    pub(crate) id: Text,
    pub(crate) start_ms: i64,
    pub(crate) links: BTreeSet<LinkNumber>,
    pub(crate) length_m: f64,
    pub(crate) length_m_max: f64,
    pub(crate) merged: Vec<Text>,
}

/// Queues of a region, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queues {
    pub(crate) by_id: BTreeMap<Text, QueueState>,
}

impl Queues {
    /// Finds the queues of a window in the links whose speed is known by what was seen. Gives the
    /// objects of all queues there are, and the ids of those that are no more.
    pub(crate) fn window(
        &mut self,
        network: &Network,
        end_ms: i64,
        flowing: &BTreeMap<LinkNumber, Flowing>,
        situations: impl Fn(LinkNumber) -> Vec<Text>,
    ) -> (Vec<Queue>, Vec<Text>) {
        let queued_before: BTreeSet<LinkNumber> =
            self.by_id.values().flat_map(|queue| queue.links.iter().copied()).collect();
        let queuing: BTreeSet<LinkNumber> = flowing
            .iter()
            .filter(|(link, flowing)| {
                let limit =
                    if queued_before.contains(link) { ENDS_PERCENT } else { BEGINS_PERCENT };
                flowing.share_percent() < limit
            })
            .map(|(&link, _)| link)
            .collect();
        let before = std::mem::take(&mut self.by_id);
        let mut objects = Vec::new();
        for (length_m, links) in connected(network, &queuing) {
            let Some(state) = self.continued(network, &before, links, length_m, end_ms) else {
                continue;
            };
            let trend = trend(before.get(&state.id).map(|old| old.length_m), length_m);
            objects.push(object(network, &state, trend, end_ms, flowing, &situations));
            self.by_id.insert(state.id.clone(), state);
        }
        objects.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let ended = before.into_keys().filter(|id| !self.by_id.contains_key(id)).collect();
        (objects, ended)
    }
    /// The queue on some links: the oldest of those before that had one of them, or a new one, unless
    /// that would be too short. A
    /// queue that fell apart goes on as its longest part, which is asked for first.
    fn continued(
        &self,
        network: &Network,
        before: &BTreeMap<Text, QueueState>,
        links: BTreeSet<LinkNumber>,
        length_m: f64,
        end_ms: i64,
    ) -> Option<QueueState> {
        let was_here = |queue: &&QueueState| {
            !self.by_id.contains_key(&queue.id) && !queue.links.is_disjoint(&links)
        };
        let mut parts: Vec<&QueueState> = before.values().filter(was_here).collect();
        parts.sort_unstable_by_key(|queue| (queue.start_ms, &queue.id));
        let mut parts = parts.into_iter();
        let Some(oldest) = parts.next() else {
            if length_m < LENGTH_M_MIN {
                return None;
            }
            let head = head(network, &links);
            let id = format!("{}@{}", network.id(head), end_ms / 1_000).into();
            let (length_m_max, merged) = (length_m, Vec::new());
            let start_ms = end_ms;
            return Some(QueueState { id, start_ms, links, length_m, length_m_max, merged });
        };
        let mut merged = oldest.merged.clone();
        merged.extend(parts.map(|queue| queue.id.clone()));
        merged.sort_unstable();
        merged.dedup();
        merged.truncate(MERGED_MAX);
        Some(QueueState {
            id: oldest.id.clone(),
            start_ms: oldest.start_ms,
            length_m,
            length_m_max: oldest.length_m_max.max(length_m),
            links,
            merged,
        })
    }
}

/// The parts of a set of links that hang together with their lengths in metres, the longest first.
fn connected(network: &Network, links: &BTreeSet<LinkNumber>) -> Vec<(f64, BTreeSet<LinkNumber>)> {
    let mut left = links.clone();
    let mut parts = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut part = BTreeSet::from([first]);
        let mut open = vec![first];
        while let Some(link) = open.pop() {
            let around = network.successors(link).iter().chain(network.predecessors(link));
            for &next in around {
                if left.remove(&next) {
                    part.insert(next);
                    open.push(next);
                }
            }
        }
        let length_m = part.iter().map(|&link| f64::from(network.length_m(link))).sum();
        parts.push((length_m, part));
    }
    parts.sort_by(|a: &(f64, BTreeSet<_>), b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    parts
}

/// The most downstream link: one that leads out of the queue; of several the first.
fn head(network: &Network, links: &BTreeSet<LinkNumber>) -> LinkNumber {
    let leads_out =
        |link: &&LinkNumber| network.successors(**link).iter().all(|next| !links.contains(next));
    let any = links.first().copied().unwrap_or_default();
    links.iter().find(leads_out).copied().unwrap_or(any)
}

fn trend(before_m: Option<f64>, length_m: f64) -> QueueTrend {
    match before_m {
        None => QueueTrend::Growing,
        Some(before_m) if length_m > before_m + TREND_M => QueueTrend::Growing,
        Some(before_m) if length_m < before_m - TREND_M => QueueTrend::Shrinking,
        Some(_) => QueueTrend::Steady,
    }
}

fn object(
    network: &Network,
    state: &QueueState,
    trend: QueueTrend,
    end_ms: i64,
    flowing: &BTreeMap<LinkNumber, Flowing>,
    situations: impl Fn(LinkNumber) -> Vec<Text>,
) -> Queue {
    let order = from_head(network, &state.links);
    let (mut time_s, mut usual_s, mut known_m) = (0.0, 0.0, 0.0);
    let mut delays: BTreeMap<LinkNumber, f64> = BTreeMap::new();
    for link in &state.links {
        let Some(flow) = flowing.get(link) else { continue };
        let length_m = f64::from(network.length_m(*link));
        let now_s = travel_time_s(length_m, flow.speed_km_h);
        time_s += now_s;
        delays.insert(*link, now_s - travel_time_s(length_m, flow.free_flow_speed_km_h));
        if let Some(typical_speed_km_h) = flow.typical_speed_km_h {
            usual_s +=
                now_s - travel_time_s(length_m, typical_speed_km_h) * (1.0 / IRREGULAR_SHARE);
            known_m += length_m;
        }
    }
    let mut names: BTreeSet<Text> = BTreeSet::new();
    state.links.iter().for_each(|&link| names.extend(situations(link)));
    let [x, y] = network.shape(order[0]).last().copied().unwrap_or_default();
    let position: Position = network.plane().unproject([x.into(), y.into()]);
    Queue {
        id: state.id.clone(),
        event_time_ms: end_ms,
        start_time_ms: state.start_ms,
        trend,
        links: order
            .iter()
            .take(LINKS_MAX)
            .map(|&link| network.id(link).to_string().into())
            .collect(),
        length_m: state.length_m,
        length_m_max: state.length_m_max,
        speed_km_h: if time_s > 0.0 { state.length_m / time_s * 3.6 } else { 0.0 },
        delay_s: longest_delay_s(network, &order, &delays),
        irregular: known_m > 0.0 && usual_s > 0.0,
        situations: names.into_iter().collect(),
        merged: state.merged.clone(),
        excess_co2_g_h: None,
        excess_co2_low_g_h: None,
        excess_co2_high_g_h: None,
        position,
    }
}

/// The links of a queue from its head upstream, breadth first.
fn from_head(network: &Network, links: &BTreeSet<LinkNumber>) -> Vec<LinkNumber> {
    let mut left = links.clone();
    let mut order = Vec::with_capacity(links.len());
    while !left.is_empty() {
        // Not all need lead to the first head: a queue may have several.
        let start = head(network, &left);
        left.remove(&start);
        let mut at = order.len();
        order.push(start);
        while at < order.len() {
            for &before in network.predecessors(order[at]) {
                if left.remove(&before) {
                    order.push(before);
                }
            }
            at += 1;
        }
    }
    order
}

/// The greatest sum of delays along a way to the head, seconds. `order` begins downstream.
fn longest_delay_s(
    network: &Network,
    order: &[LinkNumber],
    delays: &BTreeMap<LinkNumber, f64>,
) -> f64 {
    let mut delays_s: BTreeMap<LinkNumber, f64> = BTreeMap::new();
    let mut longest_s: f64 = 0.0;
    for link in order {
        let after = network.successors(*link).iter().filter_map(|next| delays_s.get(next));
        let after_s = after.copied().fold(0.0, f64::max);
        let sum_s = after_s + delays.get(link).copied().unwrap_or_default().max(0.0);
        longest_s = longest_s.max(sum_s);
        delays_s.insert(*link, sum_s);
    }
    longest_s
}
