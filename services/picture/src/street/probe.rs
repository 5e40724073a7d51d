//! One road vehicle on the street network: its map matching, and what its answers count for.

use events::{Mode, VehiclePosition};
use network::{LinkNumber, Network, Plane};
use smallvec::SmallVec;
use traffic::link::EdieSum;
use traffic::matching::{Fix, Matched, Matcher, Matches, Scratch, Span, Streets, Unknown};
use traffic::matching::{MatchOptions, VehicleClass};

use super::cell::{Cell, OpenMinutes};
use super::emission::{self, Meter, Transit};
use super::link::Links;
use crate::vehicle::track;

/// Answers come late by a few fixes; so many are remembered to know which stood at a stop.
const PENDING_MAX: usize = 64;

/// Slower than that a vehicle stands, mm/s: half a metre a second.
const STANDING_MM_S: u64 = 500;

/// A bus at its stop is not farther from the stop's position, metres: two buses behind each other.
const STOP_M: f32 = 25.0;

/// A way of at most so long between two fixes is short: its speed is that of the fixes.
const LONG_WAY_MS: i64 = 4_000;

/// Map matching puts who stands in a junction at its far edge, metres more or less.
const AT_LINE_M: f32 = 0.5;

/// Who has stood for longer is parked, or waits at the end of its line: no traffic. A cycle of
/// signals takes two minutes at most.
const PARKED_MS: i64 = 240_000;

/// What a road vehicle counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Car,
    Bus,
}

impl Kind {
    /// Of a report; none of what does not drive on streets among the cars: trams, trains, ferries.
    pub(crate) fn of(report: &VehiclePosition) -> Option<Self> {
        match report.mode {
            Mode::Car | Mode::Truck | Mode::Taxi => Some(Self::Car),
            // Feeds that do not say are of public transport, and the most of that are buses; what
            // runs on rails is matched to nothing or to the street beside it, as a bus.
            Mode::Bus | Mode::Robot | Mode::Unspecified => Some(Self::Bus),
            Mode::Tram | Mode::Train | Mode::Metro | Mode::Ferry => None,
        }
    }

    /// Means of transport in the table of vehicles that are known one by one.
    pub(crate) fn mode_name(mode: Mode) -> &'static str {
        match mode {
            Mode::Bus | Mode::Robot | Mode::Unspecified => "bus",
            Mode::Tram => "tram",
            Mode::Train => "train",
            Mode::Metro => "metro",
            Mode::Ferry => "ferry",
            Mode::Car => "car",
            Mode::Truck => "truck",
            Mode::Taxi => "taxi",
        }
    }

    fn class(self) -> VehicleClass {
        match self {
            Self::Car => VehicleClass::Car,
            Self::Bus => VehicleClass::Bus,
        }
    }
}

/// The newest answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) time_ms: i64,
    pub(crate) link: Option<(LinkNumber, f32)>,
    pub(crate) confidence: f32,
    pub(crate) unknown: Option<Unknown>,
}

/// A stay of a vehicle on a link in a minute, so that it is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) link: LinkNumber,
    pub(crate) minute: i64,
}

/// What is kept of a road vehicle.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) kind: Kind,
    pub(crate) matcher: Matcher,
    /// Fixes without an answer: when, and whether at a stop.
    pub(crate) pending: SmallVec<[(i64, bool); 8]>,
    pub(crate) answer: Option<Answer>,
    pub(crate) stay: Option<Stay>,
    /// How long it has stood without a break, milliseconds.
    pub(crate) stood_ms: i64,
}

/// What all vehicles share while they are matched.
pub(crate) struct Matching<'a> {
    pub(crate) network: &'a Network,
    pub(crate) plane: Plane,
    pub(crate) options: &'a MatchOptions,
    /// Links closed to all traffic, ascending.
    pub(crate) closed: &'a [LinkNumber],
    /// Links of the vehicle's route, ascending.
    pub(crate) route: &'a [LinkNumber],
    pub(crate) scratch: &'a mut Scratch,
    pub(crate) matches: &'a mut Matches,
    /// What is usual on them, to share out the time of a long way.
    pub(crate) links: &'a Links,
    pub(crate) open: &'a mut OpenMinutes,
    /// Takes up what was emitted away from the streets.
    pub(crate) elsewhere: &'a mut Transit,
}

impl Probe {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            matcher: Matcher::default(),
            pending: SmallVec::new(),
            answer: None,
            stay: None,
            stood_ms: 0,
        }
    }

    /// Takes a settled fix in, in the order of event time, and counts what it answers.
    pub(crate) fn push(
        &mut self,
        fix: &track::Fix,
        meter: Option<&mut Meter>,
        matching: &mut Matching<'_>,
    ) {
        let Some(position) = fix.position() else { return };
        let known = |value: f32| (!value.is_nan()).then_some(value);
        let observed = Fix {
            time_ms: fix.time_ms,
            at: matching.plane.project(position),
            speed_km_h: known(fix.speed_km_h),
            bearing_deg: known(fix.bearing_deg),
        };
        if self.pending.len() == PENDING_MAX {
            self.pending.remove(0);
        }
        self.pending.push((fix.time_ms, fix.at_stop));
        matching.matches.clear();
        let streets = streets(matching, self.kind.class());
        self.matcher.push(&streets, &observed, matching.scratch, matching.matches);
        self.count(meter, matching);
    }

    /// Answers every fix that waits: the vehicle is gone.
    pub(crate) fn finish(&mut self, meter: Option<&mut Meter>, matching: &mut Matching<'_>) {
        matching.matches.clear();
        let streets = streets(matching, self.kind.class());
        self.matcher.finish(&streets, matching.scratch, matching.matches);
        self.count(meter, matching);
    }

    /// Whether it was last seen away from every street.
    pub(crate) fn is_off_network(&self) -> bool {
        self.answer.is_some_and(|answer| answer.unknown == Some(Unknown::OffNetwork))
    }

    fn count(&mut self, mut meter: Option<&mut Meter>, matching: &mut Matching<'_>) {
        let Matching { network, matches, links, open, elsewhere, .. } = matching;
        for matched in &matches.fixes {
            let at_stop = self.take_pending(matched.time_ms);
            self.answer = Some(answer(matched));
            let path = matches.path(matched);
            let mut shared: SmallVec<[Span; 16]> = SmallVec::new();
            let path = if is_long(path) {
                shared.extend_from_slice(path);
                share_time(&mut shared, |link| links.usual_m_s(network, link));
                &shared
            } else {
                path
            };
            if let Some(meter) = meter.as_deref_mut() {
                let emitted = meter.take(matched.time_ms);
                match path {
                    [] => elsewhere.add(&emitted),
                    path => emission::place(&emitted, path, open),
                }
            }
            for span in path {
                self.count_span(network, span, at_stop, open);
            }
        }
    }

    /// Whether the fix of a time was at a stop; forgets it and what was before it.
    fn take_pending(&mut self, time_ms: i64) -> bool {
        let gone = self.pending.iter().take_while(|(time, _)| *time <= time_ms).count();
        let newest = gone.checked_sub(1).map(|last| self.pending[last]);
        self.pending.drain(..gone);
        newest.is_some_and(|(time, at_stop)| time == time_ms && at_stop)
    }

    /// Counts what of a span lies between the stop lines of its link.
    fn count_span(
        &mut self,
        network: &Network,
        span: &Span,
        at_stop: bool,
        open: &mut OpenMinutes,
    ) {
        let duration_ms = span.end_ms - span.start_ms;
        let stands = stands(distance_mm(span.from_m, span.to_m), duration_ms as u64);
        self.stood_ms = if stands { self.stood_ms.saturating_add(duration_ms) } else { 0 };
        if self.stood_ms > PARKED_MS {
            return;
        }
        let length_m = network.length_m(span.link);
        let [begin_m, end_m] = network.setback_m(span.link);
        if let Some(line) = self.before_line(network, span) {
            return self.count_part(network, &line, at_stop, open);
        }
        // Who is at the edge of the junction is still in it.
        if span.to_m <= begin_m + AT_LINE_M && begin_m > 0.0 {
            return;
        }
        let Some(span) = inside(span, begin_m, length_m - end_m) else { return };
        self.count_part(network, &span, at_stop, open);
    }

    /// The stop line at which a vehicle stands that seems to stand in the junction behind it: the
    /// first of a queue often does, as positions are some metres off, and a red light's time is most
    /// of the time there is. The delay of who really waits in the junction is the approach's too.
    fn before_line(&self, network: &Network, span: &Span) -> Option<Span> {
        if !stands(distance_mm(span.from_m, span.to_m), (span.end_ms - span.start_ms) as u64) {
            return None;
        }
        let line_m = |link| network.length_m(link) - network.setback_m(link)[1];
        let link = if span.to_m <= network.setback_m(span.link)[0] + AT_LINE_M {
            let before = self.stay?.link;
            network.successors(before).contains(&span.link).then_some(before)?
        } else if span.from_m >= line_m(span.link) {
            span.link
        } else {
            return None;
        };
        Some(Span { link, from_m: line_m(link), to_m: line_m(link), ..*span })
    }

    /// Cuts a part of a link between its junctions at full minutes, and counts it.
    fn count_part(
        &mut self,
        network: &Network,
        span: &Span,
        at_stop: bool,
        open: &mut OpenMinutes,
    ) {
        let length_m = network.length_m(span.link);
        let [begin_m, end_m] = network.setback_m(span.link);
        let middle_m = f32::midpoint(begin_m, length_m - end_m);
        let duration_ms = span.end_ms - span.start_ms;
        let along_m = |time_ms: i64| {
            if duration_ms == 0 {
                return span.to_m;
            }
            let share = (time_ms - span.start_ms) as f32 / duration_ms as f32;
            span.from_m + share * (span.to_m - span.from_m)
        };
        let mut start_ms = span.start_ms;
        loop {
            let minute = start_ms.div_euclid(MINUTE_MS);
            let end_ms = span.end_ms.min((minute + 1) * MINUTE_MS);
            let (from_m, to_m) = (along_m(start_ms), along_m(end_ms));
            let time_ms = (end_ms - start_ms) as u64;
            let distance_mm = distance_mm(from_m, to_m);
            let stands = stands(distance_mm, time_ms);
            let dwells = at_stop || (stands && is_at_stop(network, span.link, to_m));
            let minute = open.take(minute);
            let stay = Stay { link: span.link, minute };
            let sum = EdieSum {
                distance_mm,
                time_ms,
                stopped_ms: if stands { time_ms } else { 0 },
                vehicles: u32::from(self.stay != Some(stay)),
                passages: u32::from(from_m < middle_m && middle_m <= to_m),
            };
            self.stay = Some(stay);
            open.add(minute, span.link, &Cell::of(self.kind, dwells, sum, end_ms));
            if end_ms >= span.end_ms {
                return;
            }
            start_ms = end_ms;
        }
    }
}

/// Where vehicles of a class may drive. Borrows none of the work memory.
fn streets<'a>(
    matching: &Matching<'a>,
    class: VehicleClass,
) -> Streets<'a, impl Fn(LinkNumber) -> bool + use<'a>> {
    let Matching { network, options, closed, route, .. } = *matching;
    let is_closed = move |link: LinkNumber| closed.binary_search(&link).is_ok();
    Streets { network, options, class, closed: is_closed, route }
}

/// Whether a way over several links took so long that its speed differed between them.
fn is_long(path: &[Span]) -> bool {
    match path {
        [first, .., last] => last.end_ms - first.start_ms > LONG_WAY_MS,
        _ => false,
    }
}

/// Shares the time of a way out by the time that its parts usually take, not by their lengths: a
/// street with a signal takes longer.
fn share_time(spans: &mut [Span], usual_m_s: impl Fn(LinkNumber) -> f64) {
    let usual_s = |span: &Span| f64::from(span.to_m - span.from_m) / usual_m_s(span.link);
    let total_s: f64 = spans.iter().map(usual_s).sum();
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return };
    let (start_ms, end_ms) = (first.start_ms, last.end_ms);
    if total_s <= 0.0 {
        return;
    }
    let (mut at_ms, mut passed_s) = (start_ms, 0.0);
    for span in spans {
        passed_s += usual_s(span);
        span.start_ms = at_ms;
        let share = (passed_s / total_s).min(1.0);
        at_ms = start_ms + ((end_ms - start_ms) as f64 * share).round() as i64;
        span.end_ms = at_ms;
    }
}

/// Whole millimetres, so that sums do not depend on the order.
fn distance_mm(from_m: f32, to_m: f32) -> u64 {
    (f64::from(to_m - from_m).max(0.0) * 1_000.0).round() as u64
}

/// Whether who drove so far in a time stood.
fn stands(distance_mm: u64, time_ms: u64) -> bool {
    distance_mm * 1_000 < STANDING_MM_S * time_ms
}

/// Whether a place is at a stop of public transport.
fn is_at_stop(network: &Network, link: LinkNumber, along_m: f32) -> bool {
    network.schedule().stops_on(link).iter().any(|&stop_m| (stop_m - along_m).abs() <= STOP_M)
}

/// Length of a window, milliseconds.
pub(crate) const MINUTE_MS: i64 = 60_000;

/// The part of a span between two places of its link; none when it is not there at all.
fn inside(span: &Span, from_m: f32, to_m: f32) -> Option<Span> {
    if span.to_m < from_m || span.from_m > to_m || span.end_ms <= span.start_ms {
        return None;
    }
    let length_m = span.to_m - span.from_m;
    if length_m <= 0.0 {
        return Some(*span);
    }
    let duration_ms = (span.end_ms - span.start_ms) as f32;
    let time_ms = |at_m: f32| {
        let share = ((at_m - span.from_m) / length_m).clamp(0.0, 1.0);
        span.start_ms + (duration_ms * share).round() as i64
    };
    let cut = Span {
        link: span.link,
        from_m: span.from_m.max(from_m),
        to_m: span.to_m.min(to_m),
        start_ms: time_ms(from_m),
        end_ms: time_ms(to_m),
    };
    (cut.end_ms > cut.start_ms).then_some(cut)
}

fn answer(matched: &Matched) -> Answer {
    Answer {
        time_ms: matched.time_ms,
        link: matched.place.map(|place| (place.link, place.along_m)),
        confidence: matched.confidence,
        unknown: matched.unknown,
    }
}
