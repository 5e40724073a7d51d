//! Ways through the network, and the work memory for them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use network::{LinkNumber, LinkPoint, Network};

use super::filter::{Belief, Hindsight};
use super::line::Foot;

/// Work memory of map matching, for any number of vehicles one after the other. It grows to the
/// size of the network once and holds nothing that matters between calls.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(super) ways: Ways,
    pub(super) near: Vec<LinkPoint>,
    pub(super) targets: Targets,
    pub(super) next: Hypotheses,
    pub(super) ancestors: Vec<Ancestor>,
    pub(super) route: Vec<LinkNumber>,
}

/// A hypothesis about the newest fix while it is being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) link: LinkNumber,
    pub(super) cost: f32,
    pub(super) belief: Belief,
    /// Metres driven since the hypothesis it came from.
    pub(super) driven_m: f32,
    /// Which that was, or [`super::matcher::NO_PARENT`].
    pub(super) parent: u8,
    /// What it says about where that was.
    pub(super) hindsight: Hindsight,
}

/// Hypotheses about the newest fix while they are being made, the better one of each link.
#[derive(Clone, Debug, Default)]
pub(super) struct Hypotheses {
    pub(super) list: Vec<Next>,
    /// Link and cost of each, close together: they are looked at far more often than the rest.
    costs: Vec<(LinkNumber, f32)>,
    best: Option<f32>,
}

impl Hypotheses {
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.costs.clear();
        self.best = None;
    }

    /// The cost of the best, infinite when there is none.
    pub(super) fn best(&self) -> f32 {
        self.best.unwrap_or(f32::INFINITY)
    }

    /// Whether a hypothesis about a link that costs as much or more makes no difference, when all
    /// worse than the best by `prune_cost` are given up.
    pub(super) fn is_hopeless(&self, link: LinkNumber, cost: f32, prune_cost: f32) -> bool {
        cost > self.best() + prune_cost
            || self.costs.iter().any(|&(other, other_cost)| other == link && other_cost <= cost)
    }

    pub(super) fn offer(&mut self, new: Next) {
        self.best = Some(self.best().min(new.cost));
        let Some(old) = self.costs.iter().position(|&(link, _)| link == new.link) else {
            self.costs.push((new.link, new.cost));
            self.list.push(new);
            return;
        };
        if new.cost < self.costs[old].1 {
            self.costs[old].1 = new.cost;
            self.list[old] = new;
        }
    }
}

/// Where a hypothesis about the newest fix was at an earlier one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ancestor {
    /// Which record of that moment, or [`super::matcher::NO_PARENT`].
    pub(super) record: u8,
    /// How much farther along than was believed then, metres.
    pub(super) change_m: f32,
    /// The link at the fix after that one.
    pub(super) next: LinkNumber,
}

/// Links near the newest fix, to be found by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    round: u32,
    slots: Vec<(u32, u32)>,
    feet: Vec<Foot>,
}

impl Targets {
    /// Forgets all.
    pub(super) fn clear(&mut self, links: usize) {
        self.feet.clear();
        next_round(&mut self.round, &mut self.slots, links, (0, 0));
    }

    /// Adds a link that is not in it.
    pub(super) fn add(&mut self, link: LinkNumber, foot: Foot) {
        self.slots[link as usize] = (self.round, self.feet.len() as u32);
        self.feet.push(foot);
    }

    /// The point of a link near the fix.
    pub(super) fn get(&self, link: LinkNumber) -> Option<&Foot> {
        let (round, slot) = self.slots[link as usize];
        (round == self.round).then(|| &self.feet[slot as usize])
    }
}

/// Shortest ways (Dijkstra 1959), from link to link so that turn restrictions hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    round: u32,
    reached: Vec<Reached>,
    heap: BinaryHeap<Reverse<(u32, LinkNumber)>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    round: u32,
    /// Metres from the start to the beginning of the link.
    distance_m: f32,
    from: LinkNumber,
}

impl Ways {
    /// Visits links in the order of their distance from the end of a link, which is `first_m`
    /// away: `visit` gets the link and the distance to its beginning, and answers whether to go on
    /// beyond it. The link at the start is visited again where a way leads back to it.
    pub(super) fn explore(
        &mut self,
        network: &Network,
        start: LinkNumber,
        first_m: f32,
        mut visit: impl FnMut(LinkNumber, f32) -> bool,
    ) {
        next_round(&mut self.round, &mut self.reached, network.len(), Reached::default());
        self.heap.clear();
        self.relax(network, start, first_m);
        while let Some(Reverse((bits, link))) = self.heap.pop() {
            let distance_m = f32::from_bits(bits);
            if distance_m <= self.reached[link as usize].distance_m && visit(link, distance_m) {
                self.relax(network, link, distance_m + network.length_m(link));
            }
        }
    }

    /// Links after the start of the last exploration up to and with one that it visited.
    pub(super) fn route_to(&self, start: LinkNumber, link: LinkNumber, out: &mut Vec<LinkNumber>) {
        let mut at = link;
        loop {
            out.push(at);
            at = self.reached[at as usize].from;
            if at == start {
                break;
            }
        }
        out.reverse();
    }

    fn relax(&mut self, network: &Network, from: LinkNumber, distance_m: f32) {
        for &link in network.successors(from) {
            let reached = &mut self.reached[link as usize];
            if reached.round != self.round || distance_m < reached.distance_m {
                *reached = Reached { round: self.round, distance_m, from };
                // Floats that are not negative are in the order of their bits.
                self.heap.push(Reverse((distance_m.max(0.0).to_bits(), link)));
            }
        }
    }
}

/// Makes everything of earlier rounds void without touching it.
fn next_round<T: Clone>(round: &mut u32, marks: &mut Vec<T>, links: usize, none: T) {
    *round = round.wrapping_add(1);
    if *round == 0 || marks.len() < links {
        marks.clear();
        marks.resize(links, none);
        *round = 1;
    }
}
