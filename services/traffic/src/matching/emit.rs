//! Answers: when all hypotheses agree, or the time is up.

use network::{LinkFlags, LinkNumber};

use super::matcher::{Last, Matcher, NO_PARENT, Record, is_at_tunnel};
use super::search::Scratch;
use super::{Matched, Matches, Place, Span, Streets, Unknown};

impl Matcher {
    /// Answers waiting fixes, the oldest first: all of them, or those on which every hypothesis
    /// agrees or whose time is up.
    pub(super) fn answer<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        scratch: &mut Scratch,
        out: &mut Matches,
        all: bool,
    ) {
        let Some(newest_ms) = self.moments.last().map(|newest| newest.time_ms) else { return };
        let mut begin = 0;
        let mut done = 0;
        for index in 0..self.moments.len() {
            let moment = self.moments[index];
            let records = begin..begin + usize::from(moment.records);
            if !(index == 0 && self.answered) {
                let ancestors = self.ancestors(index, scratch);
                let due = all || newest_ms - moment.time_ms >= streets.options.lag_ms;
                let Some((record, confidence)) =
                    choose(&self.records[records.clone()], ancestors, self.newest(), due)
                else {
                    break;
                };
                let chosen = record.map(|number| self.records[begin + usize::from(number)]);
                self.give(streets, scratch, out, moment.time_ms, record, chosen, confidence);
            }
            begin = records.end;
            done = index + 1;
        }
        let last = self.moments.len() - 1;
        // The newest stays: the next fix goes on from it.
        self.answered = done > last || (self.answered && done == 0);
        let gone = done.min(last);
        let gone_records: usize =
            self.moments[..gone].iter().map(|moment| usize::from(moment.records)).sum();
        self.moments.drain(..gone);
        self.records.drain(..gone_records);
    }

    fn newest(&self) -> &[Record] {
        &self.records[self.records.len() - self.beliefs.len()..]
    }

    /// Which record of a moment each hypothesis comes from, in `scratch.ancestors`.
    fn ancestors<'a>(&self, moment: usize, scratch: &'a mut Scratch) -> &'a [u8] {
        let ancestors = &mut scratch.ancestors;
        ancestors.clear();
        ancestors.extend(0..self.beliefs.len() as u8);
        let mut begin = self.records.len();
        for later in self.moments[moment + 1..].iter().rev() {
            begin -= usize::from(later.records);
            for ancestor in ancestors.iter_mut().filter(|ancestor| **ancestor != NO_PARENT) {
                *ancestor = self.records[begin + usize::from(*ancestor)].parent;
            }
        }
        ancestors
    }

    /// Writes one answer.
    fn give<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        scratch: &mut Scratch,
        out: &mut Matches,
        time_ms: i64,
        number: Option<u8>,
        record: Option<Record>,
        confidence: f32,
    ) {
        let first = out.spans.len() as u32;
        let unknown = match record {
            None if self.last.is_some_and(|last| is_at_tunnel(streets, last.link)) => {
                Some(Unknown::Tunnel)
            }
            None => Some(Unknown::OffNetwork),
            Some(record) if streets.network.flags(record.link).has(LinkFlags::FERRY) => {
                Some(Unknown::Ferry)
            }
            Some(record) if (streets.closed)(record.link) => Some(Unknown::ClosedStreet),
            Some(_) if confidence < streets.options.confidence_min => Some(Unknown::Ambiguous),
            Some(_) => None,
        };
        let mut place = None;
        let continues = self
            .last
            .filter(|last| last.open && record.is_some_and(|record| record.parent == last.record));
        if let (Some(record), None) = (record, unknown) {
            let mut along_m = record.along_m;
            if let Some(last) = continues {
                along_m = drive(streets, scratch, out, &last, &record, time_ms);
            }
            place = Some(Place { link: record.link, along_m });
        }
        self.last = match (number, place, continues) {
            (Some(record), Some(Place { link, along_m }), _) => {
                Some(Last { record, link, along_m, time_ms, open: true })
            }
            // Doubt about one fix does not end the way.
            (Some(record), None, Some(last)) if unknown == Some(Unknown::Ambiguous) => {
                Some(Last { record, ..last })
            }
            _ => self.last.map(|last| Last { open: false, ..last }),
        };
        let path = first..out.spans.len() as u32;
        out.fixes.push(Matched { time_ms, place, confidence, unknown, path });
    }
}

/// The record to answer with and its probability, or nothing while hypotheses differ and it is not
/// due. `ancestors` are those of the `newest` records.
fn choose(
    records: &[Record],
    ancestors: &[u8],
    newest: &[Record],
    due: bool,
) -> Option<(Option<u8>, f32)> {
    if records.is_empty() {
        return Some((None, 0.0));
    }
    // The newest records are in the order of cost.
    if let Some(&best) = ancestors.iter().find(|&&ancestor| ancestor != NO_PARENT) {
        if ancestors.iter().all(|&ancestor| ancestor == best) {
            return Some((Some(best), 1.0));
        }
        let (mut share, mut total) = (0.0, 0.0);
        for (record, &ancestor) in newest.iter().zip(ancestors) {
            let weight = exp_minus(record.cost);
            total += weight;
            if ancestor == best {
                share += weight;
            }
        }
        return due.then(|| (Some(best), share / total));
    }
    let total: f32 = records.iter().map(|record| exp_minus(record.cost)).sum();
    Some((Some(0), exp_minus(records[0].cost) / total))
}

/// About `exp(-x)` for `x` of 0 or more, by basic arithmetic alone so that every machine gets the
/// same: `(1 - x/256)^256`.
fn exp_minus(x: f32) -> f32 {
    let mut power = (1.0 - x / 256.0).max(0.0);
    for _ in 0..8 {
        power *= power;
    }
    power
}

/// Appends the spans from the last place to a record's, and answers where on its link they end.
fn drive<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    scratch: &mut Scratch,
    out: &mut Matches,
    last: &Last,
    record: &Record,
    end_ms: i64,
) -> f32 {
    let network = streets.network;
    let Scratch { ways, route, .. } = scratch;
    let length_m = network.length_m(last.link);
    let ahead_m = record.along_m - last.along_m;
    let first = out.spans.len();
    let (start_ms, link) = (last.time_ms, record.link);
    let span = |link, from_m, to_m| Span { link, from_m, to_m, start_ms, end_ms };
    // Round the block and back on the same link is a longer way than along it.
    if link == last.link && record.driven_m - ahead_m < 0.5 * length_m {
        // The estimate may step back a little; vehicles do not.
        let to_m = record.along_m.max(last.along_m);
        out.spans.push(span(link, last.along_m, to_m));
        return to_m;
    }
    route.clear();
    if network.successors(last.link).contains(&link) {
        route.push(link);
    } else {
        let mut found = false;
        let far_m = streets.options.step_m_max;
        ways.explore(network, last.link, length_m - last.along_m, |reached, distance_m| {
            found |= reached == link;
            !found && distance_m <= far_m && streets.allows(reached)
        });
        if !found {
            return record.along_m;
        }
        ways.route_to(last.link, link, route);
    }
    out.spans.push(span(last.link, last.along_m, length_m));
    let between = &route[..route.len() - 1];
    out.spans.extend(between.iter().map(|&link| span(link, 0.0, network.length_m(link))));
    out.spans.push(span(link, 0.0, record.along_m));
    share_time(&mut out.spans[first..]);
    record.along_m
}

/// Splits the time of a way among its spans by their lengths.
fn share_time(spans: &mut [Span]) {
    let total_m: f64 = spans.iter().map(|span| f64::from(span.to_m - span.from_m)).sum();
    let mut driven_m = 0.0;
    let Some(Span { start_ms, end_ms, .. }) = spans.first().copied() else { return };
    let mut at_ms = start_ms;
    for span in spans.iter_mut() {
        driven_m += f64::from(span.to_m - span.from_m);
        span.start_ms = at_ms;
        let share = if total_m > 0.0 { driven_m / total_m } else { 1.0 };
        at_ms = start_ms + ((end_ms - start_ms) as f64 * share).round() as i64;
        span.end_ms = at_ms;
    }
}
