//! Answers: when all hypotheses agree, or the time is up.

use network::{LinkFlags, LinkNumber};

use super::filter::Hindsight;
use super::line::{distance, point};
use super::matcher::{Last, Matcher, NO_PARENT, Record, is_at_tunnel};
use super::search::{Ancestor, Scratch};
use super::{Matched, Matches, Place, Span, Streets, Unknown};

/// Fixes that wait at most: those of five seconds at ten a second, and some more. Who sends faster is
/// answered sooner.
const MOMENTS_MAX: usize = 64;

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
                self.ancestors(index, scratch);
                let late = newest_ms - moment.time_ms >= streets.options.lag_ms;
                let due = all || late || self.moments.len() - index > MOMENTS_MAX;
                let candidates = &self.records[records.clone()];
                let Some(choice) =
                    choose(streets, candidates, &scratch.ancestors, self.newest(), due)
                else {
                    break;
                };
                let chosen = choice.ancestor.map(|a| self.records[begin + usize::from(a.record)]);
                self.give(streets, scratch, out, moment.time_ms, &choice, chosen);
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

    /// Where at a moment each hypothesis comes from, in `scratch.ancestors`.
    fn ancestors(&self, moment: usize, scratch: &mut Scratch) {
        let ancestors = &mut scratch.ancestors;
        ancestors.clear();
        let hypotheses = self.newest().iter().zip(0..);
        ancestors.extend(hypotheses.map(|(newest, record)| Ancestor {
            record,
            change_m: 0.0,
            next: newest.link,
        }));
        let mut begin = self.records.len();
        for later in self.moments[moment + 1..].iter().rev() {
            begin -= usize::from(later.records);
            for ancestor in ancestors.iter_mut().filter(|ancestor| ancestor.record != NO_PARENT) {
                let record = &self.records[begin + usize::from(ancestor.record)];
                let Hindsight { gain, shift_m } = record.hindsight;
                let change_m = gain * ancestor.change_m + shift_m;
                *ancestor = Ancestor { record: record.parent, change_m, next: record.link };
            }
        }
    }

    /// Writes one answer.
    fn give<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        scratch: &mut Scratch,
        out: &mut Matches,
        time_ms: i64,
        choice: &Choice,
        record: Option<Record>,
    ) {
        let first = out.spans.len() as u32;
        let confidence = choice.confidence;
        let unknown = match record {
            None if self.last.is_some_and(|last| is_at_tunnel(streets, last.link)) => {
                Some(Unknown::Tunnel)
            }
            None => Some(Unknown::OffNetwork),
            Some(record) if streets.network.flags(record.link).has(LinkFlags::FERRY) => {
                Some(Unknown::Ferry)
            }
            Some(record) if (streets.closed)(record.link) => Some(Unknown::ClosedStreet),
            Some(_) if choice.certainty < streets.options.confidence_min => {
                Some(Unknown::Ambiguous)
            }
            Some(_) => None,
        };
        let number = choice.ancestor.map(|ancestor| ancestor.record);
        let mut place = None;
        let continues = self
            .last
            .filter(|last| last.open && record.is_some_and(|record| record.parent == last.record));
        if let (Some(record), Some(ancestor), None) = (record, choice.ancestor, unknown) {
            let mut at = hindsight(streets, &record, &ancestor);
            if let Some(last) = continues {
                let driven_m = last.doubtful_m + record.driven_m + ancestor.change_m;
                at = drive(streets, scratch, out, &last, at, driven_m, time_ms);
            } else if record.parent != NO_PARENT
                && let Some(last) = self.last.filter(|last| last.open)
            {
                bridge(streets, scratch, out, &last, at, time_ms);
            }
            place = Some(at);
        }
        self.last = match (number, place, continues) {
            (Some(record), Some(Place { link, along_m }), _) => {
                Some(Last { record, link, along_m, time_ms, open: true, doubtful_m: 0.0 })
            }
            // Doubt about one fix does not end the way.
            (Some(number), None, Some(last)) if unknown == Some(Unknown::Ambiguous) => {
                let driven_m = record.map_or(0.0, |record| record.driven_m);
                let doubtful_m = (last.doubtful_m + driven_m).max(0.0);
                Some(Last { record: number, doubtful_m, ..last })
            }
            _ => self.last.map(|last| Last { open: false, doubtful_m: 0.0, ..last }),
        };
        let path = first..out.spans.len() as u32;
        out.fixes.push(Matched { time_ms, place, confidence, unknown, path });
    }
}

/// What is answered about a moment.
struct Choice {
    /// The hypothesis, unless there is none.
    ancestor: Option<Ancestor>,
    /// Probability of its link.
    confidence: f32,
    /// Probability of its place, whatever link a map has there.
    certainty: f32,
}

/// The most probable link of a moment, or nothing while hypotheses differ and it is not due.
/// `ancestors` are those of the `newest` records.
fn choose<C>(
    streets: &Streets<C>,
    records: &[Record],
    ancestors: &[Ancestor],
    newest: &[Record],
    due: bool,
) -> Option<Choice> {
    let alive = || ancestors.iter().zip(newest).filter(|(one, _)| one.record != NO_PARENT);
    let Some((first, _)) = alive().next() else {
        // No hypothesis comes from here, so later fixes say nothing about it.
        let link = records.first().map(|record| record.link);
        let ancestor = link.map(|next| Ancestor { record: 0, change_m: 0.0, next });
        let total: f32 = records.iter().map(|record| exp_minus(record.cost)).sum();
        let confidence = records.first().map_or(0.0, |best| exp_minus(best.cost) / total);
        return Some(Choice { ancestor, confidence, certainty: confidence });
    };
    if ancestors.iter().all(|one| one.record == first.record) {
        return Some(Choice { ancestor: Some(*first), confidence: 1.0, certainty: 1.0 });
    }
    if !due {
        return None;
    }
    let total: f32 = alive().map(|(_, newest)| exp_minus(newest.cost)).sum();
    let share = |same: &dyn Fn(u8) -> bool| {
        let same = alive().filter(|(one, _)| same(one.record));
        same.map(|(_, newest)| exp_minus(newest.cost)).sum::<f32>() / total
    };
    let mut best: Option<(&Ancestor, f32)> = None;
    for (one, _) in alive() {
        let confidence = share(&|record| record == one.record);
        if best.is_none_or(|(_, other)| confidence > other) {
            best = Some((one, confidence));
        }
    }
    best.map(|(one, confidence)| {
        let chosen = &records[usize::from(one.record)];
        let certainty = share(&|record| {
            record == one.record || is_near(streets, chosen, &records[usize::from(record)])
        });
        Choice { ancestor: Some(*one), confidence, certainty }
    })
}

/// Whether two records are about the same place: on links that follow each other, on both sides of
/// where those meet.
fn is_near<C>(streets: &Streets<C>, a: &Record, b: &Record) -> bool {
    let network = streets.network;
    let apart_m = |from: &Record, to: &Record| {
        let follows = network.successors(from.link).contains(&to.link);
        follows.then(|| network.length_m(from.link) - from.along_m + to.along_m)
    };
    let near_m = 4.0 * streets.options.sigma_m;
    apart_m(a, b).or(apart_m(b, a)).is_some_and(|apart_m| apart_m <= near_m)
}

/// Where a record was, now that later fixes are known.
fn hindsight<C>(streets: &Streets<C>, record: &Record, ancestor: &Ancestor) -> Place {
    let network = streets.network;
    let length_m = network.length_m(record.link);
    let along_m = record.along_m + ancestor.change_m;
    if along_m > length_m && network.successors(record.link).contains(&ancestor.next) {
        let link = ancestor.next;
        return Place { link, along_m: (along_m - length_m).min(network.length_m(link)) };
    }
    Place { link: record.link, along_m: along_m.clamp(0.0, length_m) }
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

/// A way back to where the vehicle just was that is longer than what was driven by more goes round a
/// block, metres: hindsight moves places by less.
const STEP_BACK_M: f32 = 20.0;

/// No other way is so much longer than what was driven, metres.
const ROUND_M: f32 = 50.0;

/// Appends the spans from the last place to the next, and answers where they end.
fn drive<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    scratch: &mut Scratch,
    out: &mut Matches,
    last: &Last,
    to: Place,
    driven_m: f32,
    end_ms: i64,
) -> Place {
    let network = streets.network;
    let Scratch { ways, route, .. } = scratch;
    let length_m = network.length_m(last.link);
    let left_m = length_m - last.along_m;
    let ahead_m = to.along_m - last.along_m;
    let (start_ms, link) = (last.time_ms, to.link);
    let span = |link, from_m, to_m| Span { link, from_m, to_m, start_ms, end_ms };
    // Round the block and back on the same link is a longer way than along it.
    if link == last.link && driven_m - ahead_m < 0.5 * length_m {
        // The estimate may step back a little; vehicles do not.
        let to_m = to.along_m.max(last.along_m);
        out.spans.push(span(link, last.along_m, to_m));
        return Place { link, along_m: to_m };
    }
    // Turned round in the street; a dead end is a longer way.
    if network.reverse(last.link) == Some(link) && driven_m < left_m {
        let to_m = to.along_m.max(left_m);
        out.spans.push(span(link, left_m, to_m));
        return Place { link, along_m: to_m };
    }
    route.clear();
    let back = link == last.link || network.successors(link).contains(&last.link);
    // A way that is longer than that is none.
    let longest_m = driven_m + if back { STEP_BACK_M } else { ROUND_M };
    let far_m = longest_m - left_m - to.along_m;
    if network.successors(last.link).contains(&link) && far_m >= 0.0 {
        route.push(link);
    } else if !ways.route(streets, last.link, link, far_m, route) {
        if back {
            // Hindsight had put the last place farther on already, and a vehicle does not step
            // back.
            out.spans.push(span(last.link, last.along_m, last.along_m));
            return Place { link: last.link, along_m: last.along_m };
        }
        return to;
    }
    push_route(streets, route, out, last, to, end_ms);
    to
}

/// Appends the spans of a way from the last place to the next where that continues another
/// hypothesis than the one that was answered: the vehicle was somewhere near, and drove on.
fn bridge<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    scratch: &mut Scratch,
    out: &mut Matches,
    last: &Last,
    to: Place,
    end_ms: i64,
) {
    let network = streets.network;
    let Scratch { ways, route, .. } = scratch;
    if to.link == last.link && to.along_m >= last.along_m {
        let (start_ms, link) = (last.time_ms, to.link);
        out.spans.push(Span { link, from_m: last.along_m, to_m: to.along_m, start_ms, end_ms });
        return;
    }
    let left_m = network.length_m(last.link) - last.along_m;
    let gap_m =
        distance(point(network, last.link, last.along_m).0, point(network, to.link, to.along_m).0);
    let far_m = (1.5 * gap_m + ROUND_M).min(streets.options.step_m_max) - left_m - to.along_m;
    route.clear();
    if ways.route(streets, last.link, to.link, far_m, route) {
        push_route(streets, route, out, last, to, end_ms);
    }
}

/// Appends the spans from the last place over a route to the next.
fn push_route<C>(
    streets: &Streets<C>,
    route: &[LinkNumber],
    out: &mut Matches,
    last: &Last,
    to: Place,
    end_ms: i64,
) {
    let network = streets.network;
    let first = out.spans.len();
    let start_ms = last.time_ms;
    let span = |link, from_m, to_m| Span { link, from_m, to_m, start_ms, end_ms };
    out.spans.push(span(last.link, last.along_m, network.length_m(last.link)));
    let between = &route[..route.len() - 1];
    out.spans.extend(between.iter().map(|&link| span(link, 0.0, network.length_m(link))));
    out.spans.push(span(to.link, 0.0, to.along_m));
    share_time(&mut out.spans[first..]);
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
