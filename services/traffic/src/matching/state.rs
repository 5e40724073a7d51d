//! A vehicle's matching as plain numbers, for a checkpoint.

use network::{LinkNumber, Network};

use super::Matcher;
use super::filter::{Belief, Hindsight};
use super::matcher::{Last, Moment, NO_PARENT, Record};

/// A [`Matcher`] as plain numbers. Links are apart from the rest, so that who keeps it longer than
/// one import of the map can keep them by [`network::LinkId`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatcherState {
    /// Links in the order in which they occur.
    pub links: Vec<LinkNumber>,
    /// All the rest; each is exact, times within 2^53 milliseconds of 1970.
    pub numbers: Vec<f64>,
}

impl Matcher {
    /// Everything it knows.
    pub fn to_state(&self) -> MatcherState {
        let mut links = Vec::new();
        let mut numbers: Vec<f64> = Vec::new();
        let last = self.last.iter();
        numbers.extend([
            f64::from(u8::from(self.answered)),
            self.looked_ms as f64,
            self.moments.len() as f64,
            last.len() as f64,
        ]);
        for last in last {
            links.push(last.link);
            numbers.extend([f64::from(last.record), f64::from(last.along_m)]);
            numbers.extend([last.time_ms as f64, opening(last)]);
        }
        for moment in &self.moments {
            numbers.push(moment.time_ms as f64);
            numbers
                .extend([moment.at, moment.velocity].as_flattened().iter().map(|&x| f64::from(x)));
            // No speed is negative.
            numbers.extend([moment.speed.map_or(-1.0, f64::from), moment.records.into()]);
        }
        for record in &self.records {
            links.push(record.link);
            let Hindsight { gain, shift_m } = record.hindsight;
            let Record { along_m, driven_m, cost, .. } = *record;
            numbers.extend([along_m, driven_m, cost, gain, shift_m].map(f64::from));
            numbers.push(record.parent.into());
        }
        for belief in &self.beliefs {
            let Belief { along_m, variance_m2, noise_m: [east, north], ahead: [x, y] } = *belief;
            numbers.extend([along_m, variance_m2, east, north, x, y].map(f64::from));
        }
        MatcherState { links, numbers }
    }

    /// The same matcher again; nothing when the numbers are no state or a link is not in the
    /// network.
    pub fn from_state(state: &MatcherState, network: &Network) -> Option<Self> {
        let known = |link: &LinkNumber| (*link as usize) < network.len();
        if !state.links.iter().all(known) {
            return None;
        }
        let mut links = state.links.iter().copied();
        let mut numbers = state.numbers.iter().copied();
        let mut number = || numbers.next();
        let answered = number()? != 0.0;
        let looked_ms = number()? as i64;
        let moments = number()? as usize;
        let mut matcher = Self { answered, looked_ms, ..Self::default() };
        if number()? != 0.0 {
            let (link, record) = (links.next()?, number()? as u8);
            let (along_m, time_ms, opening) = (number()? as f32, number()? as i64, number()?);
            let doubtful_m = (-opening).max(0.0) as f32;
            matcher.last =
                Some(Last { record, link, along_m, time_ms, open: opening != 0.0, doubtful_m });
        }
        for _ in 0..moments {
            let time_ms = number()? as i64;
            let at = [number()? as f32, number()? as f32];
            let velocity = [number()? as f32, number()? as f32];
            let speed = Some(number()? as f32).filter(|speed| *speed >= 0.0);
            let records = number()? as u8;
            matcher.moments.push(Moment { time_ms, at, speed, velocity, records });
        }
        let records: usize = matcher.moments.iter().map(|moment| usize::from(moment.records)).sum();
        for _ in 0..records {
            matcher.records.push(Record {
                link: links.next()?,
                along_m: number()? as f32,
                driven_m: number()? as f32,
                cost: number()? as f32,
                hindsight: Hindsight { gain: number()? as f32, shift_m: number()? as f32 },
                parent: number()? as u8,
            });
        }
        let beliefs = matcher.moments.last().map_or(0, |newest| newest.records);
        for _ in 0..beliefs {
            matcher.beliefs.push(Belief {
                along_m: number()? as f32,
                variance_m2: number()? as f32,
                noise_m: [number()? as f32, number()? as f32],
                ahead: [number()? as f32, number()? as f32],
            });
        }
        let whole = numbers.next().is_none() && links.next().is_none();
        (whole && matcher.is_sound()).then_some(matcher)
    }

    /// Whether every record comes from one of the moment before it. Those of the oldest moment may
    /// come from one that is answered and gone.
    fn is_sound(&self) -> bool {
        let (mut begin, mut before) = (0, NO_PARENT);
        self.moments.iter().all(|moment| {
            let end = begin + usize::from(moment.records);
            let mut records = self.records[begin..end].iter();
            let sound = records.all(|record| record.parent < before || record.parent == NO_PARENT);
            (begin, before) = (end, moment.records);
            sound
        })
    }
}

/// Whether a path may start there, as a number: 0 where not, 1 where it may, and where it is in doubt since
/// less than 0, by the metres.
fn opening(last: &Last) -> f64 {
    match last {
        Last { open: false, .. } => 0.0,
        Last { doubtful_m, .. } if *doubtful_m > 0.0 => -f64::from(*doubtful_m),
        Last { .. } => 1.0,
    }
}
