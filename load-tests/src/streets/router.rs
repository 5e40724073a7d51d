//! Shortest ways over a street network (Dijkstra, A note on two problems in connexion with graphs,
//! 1959), from link to link so that forbidden turns are kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use network::{LinkFlags, LinkNumber, Network, RoadClass};

/// No link.
const NONE: u32 = u32::MAX;

/// What every link costs.
pub(super) struct Router<'a> {
    pub(super) network: &'a Network,
    /// Cost of a link, or none where one must not drive.
    cost: Vec<Option<u64>>,
}

/// Cheapest ways from some links to all others.
pub(super) struct Reached {
    /// Cost to the end of each link.
    pub(super) cost: Vec<Option<u64>>,
    from: Vec<u32>,
}

impl<'a> Router<'a> {
    /// Costs are millimetres, times more for lesser streets; cars do not use the least.
    pub(super) fn new(network: &'a Network, buses: bool) -> Self {
        let links = 0..network.len() as u32;
        let cost = |link: LinkNumber| {
            let flags = network.flags(link);
            let closed = [LinkFlags::TUNNEL, LinkFlags::FERRY, LinkFlags::PRIVATE];
            if closed.into_iter().any(|flag| flags.has(flag))
                || (flags.has(LinkFlags::BUS_ONLY) && !buses)
            {
                return None;
            }
            let times = match network.class(link) {
                RoadClass::Motorway
                | RoadClass::Trunk
                | RoadClass::Primary
                | RoadClass::Secondary
                | RoadClass::Tertiary => 1.0,
                RoadClass::Unclassified => 1.3,
                RoadClass::Residential => 1.6,
                RoadClass::Busway if buses => 1.0,
                RoadClass::Service | RoadClass::LivingStreet if buses => 4.0,
                _ => return None,
            };
            // Lines go back on the same way.
            let times = if buses && flags.has(LinkFlags::ONE_WAY) { times * 1.5 } else { times };
            Some((f64::from(network.length_m(link)) * times * 1_000.0) as u64)
        };
        Self { network, cost: links.map(cost).collect() }
    }

    /// Links that one may drive on.
    pub(super) fn links(&self) -> impl Iterator<Item = LinkNumber> {
        let open = self.cost.iter().enumerate().filter(|(_, cost)| cost.is_some());
        open.map(|(link, _)| link as LinkNumber)
    }

    /// Ways from links, each with a cost before it.
    pub(super) fn from(&self, seeds: impl Iterator<Item = (LinkNumber, u64)>) -> Reached {
        let mut reached =
            Reached { cost: vec![None; self.cost.len()], from: vec![NONE; self.cost.len()] };
        let mut open = BinaryHeap::new();
        for (link, before) in seeds {
            if let Some(own) = self.cost[link as usize] {
                open.push(Reverse((before + own, link, NONE)));
            }
        }
        while let Some(Reverse((cost, link, from))) = open.pop() {
            if reached.cost[link as usize].is_some() {
                continue;
            }
            reached.cost[link as usize] = Some(cost);
            reached.from[link as usize] = from;
            for &next in self.network.successors(link) {
                // Not back at the edge of the map.
                let is_new = reached.cost[next as usize].is_none()
                    && self.network.reverse(link) != Some(next);
                if let Some(own) = self.cost[next as usize].filter(|_| is_new) {
                    open.push(Reverse((cost + own, next, link)));
                }
            }
        }
        reached
    }
}

impl Reached {
    /// The links of the way to a link, that one included.
    pub(super) fn way(&self, to: LinkNumber) -> Vec<LinkNumber> {
        let mut links = vec![to];
        let mut here = self.from[to as usize];
        while here != NONE {
            links.push(here);
            here = self.from[here as usize];
        }
        links.reverse();
        links
    }
}
