//! The work memory: streets near a fix, hypotheses that are being made.

use network::{LinkNumber, Network, NetworkIdentity};

use super::filter::{Belief, Hindsight};
use super::line::{Foot, Lines};
use super::ways::Ways;

/// Work memory of map matching, for any number of vehicles one after the other. It grows to the
/// size of the network once, and by 64 MiB at most for ways that were searched, and holds nothing
/// that matters between calls.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// The network of its ways and lines.
    network: Option<NetworkIdentity>,
    pub(super) ways: Ways,
    pub(super) lines: Lines,
    pub(super) targets: Targets,
    /// Metres of the ways to the targets.
    pub(super) distances_m: Vec<f32>,
    pub(super) next: Hypotheses,
    pub(super) ancestors: Vec<Ancestor>,
    pub(super) route: Vec<LinkNumber>,
}

impl Scratch {
    /// Makes it ready for a network. It remembers lines and ways of the one that it met last.
    pub(super) fn meet(&mut self, network: &Network) {
        if !self.network.as_ref().is_some_and(|known| network.is(known)) {
            self.network = Some(network.identity());
            self.ways.clear(network.len());
            self.lines.clear(network.len());
        }
    }
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
    /// Numbers of the list, the best first.
    pub(super) order: Vec<u32>,
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

    /// Sorts the numbers of the list by cost, equal ones by link.
    pub(super) fn sort(&mut self) {
        let Self { costs, order, .. } = self;
        order.clear();
        order.extend(0..costs.len() as u32);
        order.sort_unstable_by(|&a, &b| {
            let ((a_link, a), (b_link, b)) = (costs[a as usize], costs[b as usize]);
            a.total_cmp(&b).then(a_link.cmp(&b_link))
        });
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
    pub(super) list: Vec<Target>,
}

/// A link near the newest fix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) link: LinkNumber,
    /// The point of its lanes that is nearest.
    pub(super) foot: Foot,
    /// That a vehicle comes into it, nats.
    pub(super) entry_cost: f32,
}

impl Targets {
    /// Forgets all.
    pub(super) fn clear(&mut self, links: usize) {
        self.list.clear();
        next_round(&mut self.round, &mut self.slots, links, (0, 0));
    }

    /// Adds a link unless it has been looked at: `target` answers whether it is one.
    pub(super) fn look_at(&mut self, link: LinkNumber, target: impl FnOnce() -> Option<Target>) {
        let slot = &mut self.slots[link as usize];
        if slot.0 == self.round {
            return;
        }
        *slot = (self.round, NOT_NEAR);
        if let Some(target) = target() {
            slot.1 = self.list.len() as u32;
            self.list.push(target);
        }
    }

    /// A link near the fix.
    pub(super) fn get(&self, link: LinkNumber) -> Option<&Target> {
        let (round, slot) = self.slots[link as usize];
        (round == self.round && slot != NOT_NEAR).then(|| &self.list[slot as usize])
    }
}

/// The slot of a link that was looked at and is too far away.
const NOT_NEAR: u32 = u32::MAX;

/// Makes everything of earlier rounds void without touching it.
pub(super) fn next_round<T: Clone>(round: &mut u32, marks: &mut Vec<T>, links: usize, none: T) {
    *round = round.wrapping_add(1);
    if *round == 0 || marks.len() < links {
        marks.clear();
        marks.resize(links, none);
        *round = 1;
    }
}
