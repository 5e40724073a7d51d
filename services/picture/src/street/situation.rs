//! Traffic messages and road works on the links that they touch, and what traffic there shows.

use std::collections::BTreeMap;

use events::{Geometry, Position, SituationRecord, SituationType, Text};
use network::{LinkNumber, LinkPoint, Network};

use crate::index::Index;
use crate::situation::SituationState;
use crate::{Estimate, Object, SituationEffect};

/// A line of a message is looked at so often, metres: shorter than a block.
const STEP_M: f64 = 20.0;

/// Points of one message that are looked at: those of 40 km.
const STEPS_MAX: usize = 2_000;

/// Links of one message.
const LINKS_MAX: usize = 500;

/// A link is along a line when it is so near, metres, and turned from it by at most so much. Lines
/// of messages come from a road register whose middle lines differ from the map's by a lane or two.
const ALONG_M: f64 = 15.0;
const ALONG_DEG: f64 = 30.0;

/// A message's point is on the nearest link within so much, metres.
const POINT_M: f64 = 30.0;

/// A link is touched when a message's line runs along so much of it, metres, or half of it.
const TOUCHED_M: f64 = 40.0;

/// Traffic flows as usual from this share of the usual speed on, percent: Fintraffic's "fluent".
const FLUENT_PERCENT: f64 = 90.0;

/// Words of publishers for a road that is closed to all: Fintraffic's feature, and the effect of
/// GTFS-Realtime and DATEX II.
const CLOSED: [&str; 4] =
    ["tie on suljettu liikenteeltä", "tie suljettu liikenteeltä", "road closed", "roadclosed"];

/// A message on its links.
#[derive(Clone, Debug, PartialEq)]
struct Touched {
    version: (i64, u32),
    /// Ascending.
    links: Vec<LinkNumber>,
    closed: bool,
    /// It says that traffic is hindered.
    hinders: bool,
}

/// What is known of a link for the effect of a message on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) time_s: f64,
    pub(crate) usual_time_s: f64,
    /// Vehicles were seen to drive over it.
    pub(crate) driven: bool,
}

/// Messages of a region by the links that they touch. All of it follows from the layer of
/// situations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touching {
    by_id: BTreeMap<Text, Touched>,
    of_link: BTreeMap<LinkNumber, Vec<Text>>,
    /// Closed whatever messages say, ascending.
    always_closed: Vec<LinkNumber>,
    closed: Vec<LinkNumber>,
}

impl Touching {
    /// With links that are closed whatever messages say, ascending.
    pub(crate) fn new(always_closed: &[LinkNumber]) -> Self {
        let closed = always_closed.to_vec();
        Self { always_closed: closed.clone(), closed, ..Self::default() }
    }

    /// Whether a link is closed whatever messages say.
    pub(crate) fn is_always_closed(&self, link: LinkNumber) -> bool {
        self.always_closed.binary_search(&link).is_ok()
    }

    /// Looks which messages are in force at a time.
    pub(crate) fn refresh(
        &mut self,
        network: &Network,
        situations: &Index<SituationState>,
        time_ms: i64,
    ) {
        let mut before = std::mem::take(&mut self.by_id);
        for object in situations.objects() {
            let Object::Situation(situation) = object.as_ref() else { continue };
            let record = &situation.record;
            if record.start_time_ms.is_some_and(|start_ms| start_ms > time_ms) {
                continue;
            }
            let version = (record.version_time_ms, record.version);
            let known = before.remove(&situation.id).filter(|known| known.version == version);
            let touched = known.or_else(|| Touched::new(network, record, version));
            if let Some(touched) = touched {
                self.by_id.insert(situation.id.clone(), touched);
            }
        }
        self.of_link.clear();
        self.closed.clone_from(&self.always_closed);
        for (id, touched) in &self.by_id {
            for &link in &touched.links {
                self.of_link.entry(link).or_default().push(id.clone());
            }
            if touched.closed {
                self.closed.extend(&touched.links);
            }
        }
        self.closed.sort_unstable();
        self.closed.dedup();
    }

    /// Ids of the messages on a link, ascending.
    pub(crate) fn on(&self, link: LinkNumber) -> Vec<Text> {
        self.of_link.get(&link).cloned().unwrap_or_default()
    }

    /// As they were closed before a restart.
    pub(crate) fn set_closed(&mut self, mut closed: Vec<LinkNumber>) {
        closed.extend(&self.always_closed);
        closed.sort_unstable();
        closed.dedup();
        self.closed = closed;
    }

    /// Links that are closed to all traffic, by a message or for good, ascending.
    pub(crate) fn closed(&self) -> &[LinkNumber] {
        &self.closed
    }

    /// Whether a link is closed to all traffic, by a message or for good.
    pub(crate) fn is_closed(&self, link: LinkNumber) -> bool {
        self.closed.binary_search(&link).is_ok()
    }

    /// The effect of every message as of a window, by its id.
    pub(crate) fn effects(
        &self,
        network: &Network,
        end_ms: i64,
        measured: impl Fn(LinkNumber) -> Option<Measured>,
        excess_co2_g_h: impl Fn(&[LinkNumber]) -> Option<Estimate>,
    ) -> Vec<(Text, SituationEffect)> {
        let effects = self.by_id.iter().map(|(id, touched)| {
            let excess = excess_co2_g_h(&touched.links);
            let effect = SituationEffect {
                excess_co2_g_h: excess.map(|of| of.value),
                excess_co2_low_g_h: excess.map(|of| of.low),
                excess_co2_high_g_h: excess.map(|of| of.high),
                ..touched.effect(network, end_ms, &measured)
            };
            (id.clone(), effect)
        });
        effects.collect()
    }
}

impl Touched {
    /// None when the message has no place on the network.
    fn new(network: &Network, record: &SituationRecord, version: (i64, u32)) -> Option<Self> {
        let links = links(network, record.geometry.as_ref()?);
        if links.is_empty() {
            return None;
        }
        let words = record.features.iter().map(String::as_str).chain(record.effect.as_deref());
        let closed = words.map(str::to_lowercase).any(|word| CLOSED.contains(&word.as_str()));
        let hinders = closed || record.kind == SituationType::TrafficAnnouncement;
        Some(Self { version, links, closed, hinders })
    }

    fn effect(
        &self,
        network: &Network,
        end_ms: i64,
        measured: impl Fn(LinkNumber) -> Option<Measured>,
    ) -> SituationEffect {
        let (mut count, mut time_s, mut usual_s, mut driven) = (0, 0.0, 0.0, false);
        for found in self.links.iter().filter_map(|&link| measured(link)) {
            count += 1;
            time_s += found.time_s;
            usual_s += found.usual_time_s;
            driven |= found.driven;
        }
        let share_percent = (time_s > 0.0).then(|| usual_s / time_s * 100.0);
        let flows = share_percent.is_some_and(|share| share >= FLUENT_PERCENT);
        SituationEffect {
            event_time_ms: end_ms,
            links: self.links.iter().map(|&link| network.id(link).to_string().into()).collect(),
            links_measured: count,
            speed_share_percent: share_percent,
            delay_s: share_percent.map(|_| time_s - usual_s),
            contradicted: if self.closed { driven } else { self.hinders && flows },
            excess_co2_g_h: None,
            excess_co2_low_g_h: None,
            excess_co2_high_g_h: None,
        }
    }
}

/// The links that a shape touches, ascending. An area touches none: it does not say which streets.
fn links(network: &Network, geometry: &Geometry) -> Vec<LinkNumber> {
    let plane = network.plane();
    let mut found = Vec::new();
    let mut along_m: BTreeMap<LinkNumber, f64> = BTreeMap::new();
    let mut steps = 0;
    for line in &geometry.lines {
        let line: Vec<[f64; 2]> = line.iter().map(|&at: &Position| plane.project(at)).collect();
        for pair in line.windows(2) {
            let step = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
            let length_m = step[0].hypot(step[1]);
            let count = (length_m / STEP_M).ceil().max(1.0);
            let bearing_deg = step[0].atan2(step[1]).to_degrees();
            for index in 0..count as usize {
                steps += 1;
                if steps > STEPS_MAX {
                    break;
                }
                let share = (index as f64 + 0.5) / count;
                let at = [pair[0][0] + share * step[0], pair[0][1] + share * step[1]];
                found.clear();
                network.near(at, ALONG_M, &mut found);
                for point in found.iter().filter(|point| is_along(point, bearing_deg)) {
                    *along_m.entry(point.link).or_default() += length_m / count;
                }
            }
        }
    }
    let touched = along_m
        .into_iter()
        .filter(|&(link, metres)| metres >= TOUCHED_M.min(0.5 * f64::from(network.length_m(link))));
    let mut links: Vec<LinkNumber> = touched.map(|(link, _)| link).collect();
    for &point in &geometry.points {
        found.clear();
        network.near(plane.project(point), POINT_M, &mut found);
        let nearest = found.iter().min_by(|a, b| a.offset_m.abs().total_cmp(&b.offset_m.abs()));
        links.extend(nearest.map(|nearest| nearest.link));
        links.extend(nearest.and_then(|nearest| network.reverse(nearest.link)));
    }
    links.sort_unstable();
    links.dedup();
    links.truncate(LINKS_MAX);
    links
}

/// Whether a link runs along a line, in either direction: which one a message means is not told by
/// the order of its points.
fn is_along(point: &LinkPoint, bearing_deg: f64) -> bool {
    let turn_deg = (f64::from(point.bearing_deg) - bearing_deg).rem_euclid(180.0);
    turn_deg.min(180.0 - turn_deg) <= ALONG_DEG
}
