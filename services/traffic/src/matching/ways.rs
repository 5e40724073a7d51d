//! Ways through the network: a search, and what it found before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use network::{LinkNumber, Network};

use super::search::next_round;
use super::{Streets, VehicleClass};

/// Shortest ways from the ends of links, remembered: a fleet drives the same streets again and
/// again, so that nearly every way between two fixes has been searched before (Yang & Gidofalvi,
/// Fast map matching, International Journal of Geographical Information Science 32, 2018, have a
/// table of all ways up to a bound; this one fills as it is asked). What it answers does not depend
/// on what it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    search: Search,
    /// Ways of cars and of buses.
    tables: [Table; 2],
    found: Vec<Entry>,
}

/// Ways that a table holds at most, free places included: 32 MiB. One that is full begins anew.
const ENTRIES_MAX: usize = 1 << 22;

/// Ways are searched so far first, metres, and then twice as far until it is enough.
const BOUND_M_MIN: f32 = 256.0;

#[derive(Clone, Debug, Default)]
struct Table {
    /// By the link at whose end the ways begin.
    rows: Vec<Row>,
    entries: Vec<Entry>,
}

/// All ways from the end of one link up to a bound: a hash table in a part of the entries.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    begin: u32,
    /// Its size is that power of 2, and 0 when there is none.
    bits: u8,
    bound_m: f32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    link: LinkNumber,
    /// Metres to the beginning of the link.
    distance_m: f32,
}

/// A free place. No network has so many links.
const NONE: Entry = Entry { link: LinkNumber::MAX, distance_m: f32::INFINITY };

/// Ways from the end of one link.
#[derive(Clone, Copy)]
pub(super) struct WaysFrom<'a> {
    entries: &'a [Entry],
    bits: u8,
}

impl WaysFrom<'_> {
    /// Metres of the shortest way to the beginning of a link, infinite when it is not known: then
    /// it is farther than was asked for.
    pub(super) fn distance_m(&self, link: LinkNumber) -> f32 {
        let mask = self.entries.len() - 1;
        let mut at = place(link, self.bits);
        loop {
            let entry = self.entries[at & mask];
            if entry.link == link || entry.link == NONE.link {
                return entry.distance_m;
            }
            at += 1;
        }
    }
}

/// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4).
fn place(link: LinkNumber, bits: u8) -> usize {
    (link.wrapping_mul(0x9E37_79B9) >> (32 - u32::from(bits))) as usize
}

impl Ways {
    /// Forgets all.
    pub(super) fn clear(&mut self, links: usize) {
        self.tables.iter_mut().for_each(|table| table.clear(links));
    }

    /// The ways from the end of a link that are `far_m` long or shorter.
    pub(super) fn from<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        start: LinkNumber,
        far_m: f32,
    ) -> WaysFrom<'_> {
        let network = streets.network;
        let table = &mut self.tables[usize::from(streets.class == VehicleClass::Bus)];
        let known = table.rows[start as usize];
        if known.bits == 0 || known.bound_m < far_m {
            let mut bound_m = BOUND_M_MIN.max(known.bound_m);
            while bound_m < far_m {
                bound_m *= 2.0;
            }
            self.found.clear();
            self.search.explore(network, start, 0.0, |link, distance_m| {
                let goes_on = distance_m <= bound_m && streets.allows(link);
                if goes_on {
                    self.found.push(Entry { link, distance_m });
                }
                goes_on
            });
            table.put(start, bound_m, &self.found);
        }
        let Row { begin, bits, .. } = table.rows[start as usize];
        WaysFrom { entries: &table.entries[begin as usize..][..1 << bits], bits }
    }

    /// Appends the links after `start` of the shortest way to the beginning of a link, that link
    /// included; answers whether there is one of `far_m` or less.
    pub(super) fn route<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        start: LinkNumber,
        link: LinkNumber,
        far_m: f32,
        out: &mut Vec<LinkNumber>,
    ) -> bool {
        let network = streets.network;
        let ways = self.from(streets, start, far_m);
        let mut distance_m = ways.distance_m(link);
        if distance_m > far_m {
            return false;
        }
        let mut at = link;
        out.push(at);
        // Back over links that lie on a shortest way: their distances add up to the bit.
        while distance_m > 0.0 {
            let before = network.predecessors(at).iter().find_map(|&before| {
                let before_m = ways.distance_m(before);
                let sum_m = before_m + network.length_m(before);
                (sum_m.to_bits() == distance_m.to_bits()).then_some((before, before_m))
            });
            let Some((before, before_m)) = before else { return false };
            out.push(before);
            (at, distance_m) = (before, before_m);
        }
        out.reverse();
        true
    }

    /// See [`Search::explore`].
    pub(super) fn explore(
        &mut self,
        network: &Network,
        start: LinkNumber,
        first_m: f32,
        visit: impl FnMut(LinkNumber, f32) -> bool,
    ) {
        self.search.explore(network, start, first_m, visit);
    }
}

impl Table {
    fn clear(&mut self, links: usize) {
        self.entries.clear();
        self.rows.clear();
        self.rows.resize(links, Row::default());
    }

    /// Puts the ways from a link in the place of those that are there.
    fn put(&mut self, start: LinkNumber, bound_m: f32, found: &[Entry]) {
        // Half of it is free, so that few places are looked at.
        let size = (2 * found.len()).next_power_of_two().max(2);
        if self.entries.len() + size > ENTRIES_MAX {
            self.clear(self.rows.len());
        }
        let (begin, mask) = (self.entries.len(), size - 1);
        self.entries.resize(begin + size, NONE);
        let bits = size.trailing_zeros() as u8;
        let places = &mut self.entries[begin..];
        for &entry in found {
            let mut at = place(entry.link, bits);
            while places[at & mask].link != NONE.link {
                at += 1;
            }
            places[at & mask] = entry;
        }
        self.rows[start as usize] = Row { begin: begin as u32, bits, bound_m };
    }
}

/// Shortest ways (Dijkstra 1959), from link to link so that turn restrictions hold.
#[derive(Clone, Debug, Default)]
struct Search {
    round: u32,
    reached: Vec<Reached>,
    heap: BinaryHeap<Reverse<(u32, LinkNumber)>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    round: u32,
    /// Metres from the start to the beginning of the link.
    distance_m: f32,
}

impl Search {
    /// Visits links in the order of their distance from the end of a link, which is `first_m`
    /// away: `visit` gets the link and the distance to its beginning, and answers whether to go on
    /// beyond it. The link at the start is visited again where a way leads back to it.
    fn explore(
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

    fn relax(&mut self, network: &Network, from: LinkNumber, distance_m: f32) {
        for &link in network.successors(from) {
            let reached = &mut self.reached[link as usize];
            if reached.round != self.round || distance_m < reached.distance_m {
                *reached = Reached { round: self.round, distance_m };
                // Floats that are not negative are in the order of their bits.
                self.heap.push(Reverse((distance_m.max(0.0).to_bits(), link)));
            }
        }
    }
}
