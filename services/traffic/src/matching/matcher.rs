//! One vehicle's hypotheses, and how a fix moves them on.

use network::{LinkFlags, LinkNumber};

use super::filter::{Belief, Hindsight, Step};
use super::hypothesis::{From, appear, follow_on, ways_on};
use super::line::{distance, dot};
use super::motion::{bearing, metres_per_s, plane, power, velocity};
use super::search::{Hypotheses, Scratch, Target};
use super::{Fix, Matched, Matches, Streets, Unknown};

/// A hypothesis that continues no other.
pub(super) const NO_PARENT: u8 = u8::MAX;

/// Fixes up to so far apart are followed link by link along the hypotheses; farther apart, every
/// street near the fix is looked up and the ways there are searched.
const FOLLOW_MS_MAX: i64 = 4_000;
const FOLLOW_S_MAX: f32 = FOLLOW_MS_MAX as f32 / 1_000.0;

/// While it is followed, a vehicle is looked for on other streets so often.
const LOOK_AROUND_MS: i64 = 10_000;

/// A slower vehicle stands: what receivers report at rest, metres per second.
const STANDS_M_PER_S: f32 = 0.5;

/// The same for the velocity of positions, in deviations of a fix per second: 3 m/s at 5 m. Noise
/// alone moves a fix by 0.45 of them in a second on each axis, and the mean of that over
/// [`super::motion::VELOCITY_S`] stays below 0.6 in 19 of 20.
const STANDS_SIGMAS_PER_S: f32 = 0.6;

/// Variance of how far a vehicle moved that stood by its own word, square metres.
const STOOD_M2: f32 = 0.01;

/// The same where it is guessed from positions: it may have crept.
const STOOD_M2_GUESSED: f32 = 1.0;

/// Map matching of one vehicle.
///
/// Every fix is answered once, in order. An answer comes as soon as all hypotheses agree on it, and
/// else with the first fix that is [`super::MatchOptions::lag_ms`] or more later: at 1 Hz that is a
/// lag of 5 s at most, with fixes farther apart than that one fix. Who has heard nothing from a
/// vehicle for long calls [`Self::finish`].
///
/// ```
/// use events::Position;
/// use network::{LinkFlags, LinkId, NetworkBuilder, NewLink, RoadClass};
/// use traffic::matching::{Fix, MatchOptions, Matcher, Matches, Scratch, Streets, VehicleClass};
///
/// let at = |east: f64| Position::new(60.0, 25.0 + east).unwrap();
/// let mut builder = NetworkBuilder::new(at(0.0));
/// builder.link(NewLink {
///     id: LinkId { way: 7, from: 1, to: 2 },
///     line: vec![at(0.0), at(0.01)],
///     setback_m: [0.0, 0.0],
///     class: RoadClass::Residential,
///     lanes: 1,
///     speed_limit_km_h: [40, 40],
///     flags: LinkFlags::ONE_WAY,
///     name: String::new(),
/// });
/// let network = builder.build();
/// let options = MatchOptions::default();
/// let class = VehicleClass::Car;
/// let streets =
///     Streets { network: &network, options: &options, class, closed: |_| false, route: &[] };
/// let (mut matcher, mut scratch) = (Matcher::default(), Scratch::default());
/// let mut matches = Matches::default();
/// for second in 0..10 {
///     let fix = Fix {
///         time_ms: second * 1_000,
///         at: [10.0 * second as f64, 3.0],
///         speed_km_h: Some(36.0),
///         bearing_deg: None,
///     };
///     matcher.push(&streets, &fix, &mut scratch, &mut matches);
/// }
/// matcher.finish(&streets, &mut scratch, &mut matches);
/// let place = matches.fixes[9].place.unwrap();
/// assert_eq!(place.link, 0);
/// assert!((place.along_m - 90.0).abs() < 1.0);
/// let driven = matches.path(&matches.fixes[9])[0];
/// assert_eq!((driven.start_ms, driven.end_ms), (8_000, 9_000));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matcher {
    /// Fixes without an answer, and always the newest one.
    pub(super) moments: Vec<Moment>,
    /// Hypotheses of all of them, one moment after the other.
    pub(super) records: Vec<Record>,
    /// What is believed under the hypotheses of the newest fix.
    pub(super) beliefs: Vec<Belief>,
    /// Whether the newest fix, alone in `moments`, has been answered.
    pub(super) answered: bool,
    /// When streets near the vehicle were last looked up, Unix milliseconds.
    pub(super) looked_ms: i64,
    pub(super) last: Option<Last>,
}

/// A fix that is waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub(super) time_ms: i64,
    pub(super) at: [f32; 2],
    /// Metres per second.
    pub(super) speed: Option<f32>,
    /// What the positions alone say about that, east and north.
    pub(super) velocity: [f32; 2],
    /// How many of the records are of it.
    pub(super) records: u8,
}

/// A link on which the vehicle may have been at a fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) link: LinkNumber,
    pub(super) along_m: f32,
    /// Metres driven since the parent.
    pub(super) driven_m: f32,
    /// Negative logarithm of the probability up to this fix, nats above the best.
    pub(super) cost: f32,
    /// Which record of the moment before it continues.
    pub(super) parent: u8,
    /// What it says about where its parent was.
    pub(super) hindsight: Hindsight,
}

/// The last answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Last {
    /// Which record of its moment it was.
    pub(super) record: u8,
    /// The last place that was given, from which the path goes on.
    pub(super) link: LinkNumber,
    pub(super) along_m: f32,
    pub(super) time_ms: i64,
    /// Whether a path may start there.
    pub(super) open: bool,
    /// Metres driven since, by fixes that were answered without a place as several were as likely: 0 or
    /// more, and 0 where no path may start.
    pub(super) doubtful_m: f32,
}

impl Matcher {
    /// Takes in a fix and answers all that can be answered.
    pub fn push<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        fix: &Fix,
        scratch: &mut Scratch,
        out: &mut Matches,
    ) {
        scratch.meet(streets.network);
        let is_late = self.moments.last().is_some_and(|newest| fix.time_ms <= newest.time_ms);
        let is_place = plane(fix).iter().all(|metres| metres.is_finite());
        if is_late || !is_place {
            self.answer(streets, scratch, out, true);
            let told = out.spans.len() as u32;
            let (time_ms, path) = (fix.time_ms, told..told);
            let unknown = Some(if is_late { Unknown::OutOfOrder } else { Unknown::OffNetwork });
            out.fixes.push(Matched { time_ms, place: None, confidence: 0.0, unknown, path });
            return;
        }
        let torn = |newest: &Moment| Self::is_torn(streets, newest, fix);
        if self.moments.last().is_some_and(torn) {
            self.answer(streets, scratch, out, true);
            self.forget();
        }
        scratch.next.clear();
        self.move_on(streets, fix, scratch);
        self.keep_best(streets, fix, scratch);
        self.answer(streets, scratch, out, false);
    }

    /// Answers every fix that has none yet. Nothing of the past is known after that.
    pub fn finish<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        scratch: &mut Scratch,
        out: &mut Matches,
    ) {
        scratch.meet(streets.network);
        self.answer(streets, scratch, out, true);
        *self = Self::default();
    }

    /// How many fixes have no answer yet.
    pub fn pending(&self) -> usize {
        self.moments.len() - usize::from(self.answered)
    }

    /// Whether no vehicle drives from one fix to the other.
    fn is_torn<C>(streets: &Streets<C>, newest: &Moment, fix: &Fix) -> bool {
        let options = streets.options;
        let gap_ms = fix.time_ms.saturating_sub(newest.time_ms);
        let at = plane(fix);
        let step_m = distance(at, newest.at);
        let noise_m = 6.0 * options.sigma_m;
        let possible_m = options.speed_m_per_s_max * (gap_ms as f32 / 1_000.0) + noise_m;
        // A step that is not a number is none that a vehicle drives.
        let driven = step_m <= options.step_m_max.min(possible_m);
        gap_ms > options.gap_ms_max || !driven
    }

    fn forget(&mut self) {
        self.moments.clear();
        self.records.clear();
        self.beliefs.clear();
        self.answered = false;
        if let Some(last) = &mut self.last {
            last.open = false;
        }
    }

    /// Makes the hypotheses about a fix, in `scratch.next`.
    fn move_on<C: Fn(LinkNumber) -> bool>(
        &mut self,
        streets: &Streets<C>,
        fix: &Fix,
        scratch: &mut Scratch,
    ) {
        let options = streets.options;
        let at = plane(fix);
        let near_m = options.search_m.min(NEAR_SIGMAS * options.sigma_m);
        let mut look = true;
        if let Some(newest) = self.moments.last().filter(|newest| newest.records > 0) {
            let gap_ms = fix.time_ms - newest.time_ms;
            let follow = gap_ms <= FOLLOW_MS_MAX;
            if !follow {
                Self::look(streets, at, near_m, scratch);
            }
            self.continue_all(streets, newest, fix, follow, scratch);
            let bad = scratch.next.best() > BAD_STEP_COST;
            look = !follow || bad || fix.time_ms - self.looked_ms >= LOOK_AROUND_MS;
            if bad {
                Self::look(streets, at, options.search_m, scratch);
                if !follow {
                    scratch.next.clear();
                    self.continue_all(streets, newest, fix, follow, scratch);
                }
            } else if look && follow {
                Self::look(streets, at, near_m, scratch);
            }
            if look {
                appear(streets, fix, options.break_cost, scratch);
            }
        } else {
            Self::look(streets, at, options.search_m, scratch);
            appear(streets, fix, 0.0, scratch);
        }
        if look {
            self.looked_ms = fix.time_ms;
        }
    }

    /// Continues the hypotheses about the newest fix: follows them, or looks for ways to the
    /// targets.
    fn continue_all<C: Fn(LinkNumber) -> bool>(
        &self,
        streets: &Streets<C>,
        newest: &Moment,
        fix: &Fix,
        follow: bool,
        scratch: &mut Scratch,
    ) {
        let (step, gap_m) = Self::step(streets, newest, fix);
        let seconds = (fix.time_ms - newest.time_ms) as f32 / 1_000.0;
        let first = self.records.len() - self.beliefs.len();
        for (parent, belief) in self.beliefs.iter().enumerate() {
            let record = &self.records[first + parent];
            let from = From { record, belief, parent: parent as u8, step: &step };
            if follow {
                follow_on(streets, &from, scratch);
            } else {
                ways_on(streets, &from, seconds, gap_m, scratch);
            }
        }
    }

    /// Looks up the streets within a radius of a fix, in `scratch.targets`.
    fn look<C: Fn(LinkNumber) -> bool>(
        streets: &Streets<C>,
        at: [f32; 2],
        radius_m: f32,
        scratch: &mut Scratch,
    ) {
        let network = streets.network;
        let Scratch { lines, targets, .. } = scratch;
        targets.clear(network.len());
        network.links_near(at, radius_m, |link| {
            targets.look_at(link, || {
                let foot = lines.foot_within(streets, link, at, radius_m)?;
                let target = || Target { link, foot, entry_cost: streets.entry_cost(link) };
                streets.allows(link).then(target)
            });
        });
    }

    /// What the time and the speeds say about the way between two fixes, and their distance.
    fn step<C>(streets: &Streets<C>, newest: &Moment, fix: &Fix) -> (Step, f32) {
        let options = streets.options;
        let at = plane(fix);
        let seconds = (fix.time_ms - newest.time_ms) as f32 / 1_000.0;
        let gap_m = distance(at, newest.at);
        let speed = match (newest.speed, fix.speed_km_h.map(|speed| metres_per_s(options, speed))) {
            (Some(a), Some(b)) => Some(f32::midpoint(a, b)),
            (a, b) => a.or(b),
        };
        let velocity = velocity(newest, at, seconds);
        let guess = dot(velocity, velocity).sqrt();
        let seconds2 = seconds * seconds;
        let drift_m2_max = options.drift_m_per_s_max * options.drift_m_per_s_max * seconds2;
        let drive_m2 = if speed.is_some() {
            (options.drift_m * options.drift_m * seconds * seconds2).min(drift_m2_max)
        } else {
            let drift_m = options.drift_unknown_speed_m;
            (drift_m * drift_m * seconds).max(drift_m2_max)
        };
        let (stands, stood, stood_m2) = if speed.is_none() && seconds <= FOLLOW_S_MAX {
            let slow = |velocity| {
                let most = STANDS_SIGMAS_PER_S * options.sigma_m;
                dot(velocity, velocity) < most * most
            };
            (slow(velocity), slow(newest.velocity), STOOD_M2_GUESSED)
        } else {
            let slow = |speed: Option<f32>| speed.is_some_and(|speed| speed < STANDS_M_PER_S);
            let now = fix.speed_km_h.map(|speed| metres_per_s(options, speed));
            (slow(now), slow(newest.speed), STOOD_M2)
        };
        let rho = power(options.rho, seconds);
        let step = Step {
            at,
            drive_m: speed.unwrap_or(guess) * seconds,
            drive_m2,
            rho,
            fresh_m2: options.sigma_m * options.sigma_m * (1.0 - rho * rho).max(0.01),
            bearing: bearing(options, fix),
            stands,
            stood: stands && stood,
            stood_m2,
        };
        (step, gap_m)
    }

    /// Makes the best hypotheses of `scratch.next` those of the newest fix.
    fn keep_best<C>(&mut self, streets: &Streets<C>, fix: &Fix, scratch: &mut Scratch) {
        let options = streets.options;
        scratch.next.sort();
        let Hypotheses { list, order, .. } = &scratch.next;
        let sorted = order.iter().map(|&number| &list[number as usize]);
        let best = sorted.clone().next().map_or(0.0, |next| next.cost);
        let worst = best + options.prune_cost;
        let most = options.candidates_max.min(usize::from(NO_PARENT));
        self.beliefs.clear();
        for next in sorted.take(most).take_while(|next| next.cost <= worst) {
            self.beliefs.push(next.belief);
            self.records.push(Record {
                link: next.link,
                along_m: next.belief.along_m,
                driven_m: next.driven_m,
                cost: next.cost - best,
                parent: next.parent,
                hindsight: next.hindsight,
            });
        }
        let at = plane(fix);
        let velocity = self.moments.last().map_or([0.0; 2], |newest| {
            velocity(newest, at, (fix.time_ms - newest.time_ms) as f32 / 1_000.0)
        });
        self.moments.push(Moment {
            time_ms: fix.time_ms,
            at,
            velocity,
            speed: fix.speed_km_h.map(|speed| metres_per_s(options, speed)),
            records: self.beliefs.len() as u8,
        });
    }
}

/// Streets farther from a fix than so many of its deviations, but within the search, are candidates
/// only where none that is nearer explains the fix.
const NEAR_SIGMAS: f32 = 6.0;

/// A step that the best hypothesis explains worse than that calls for a look around.
const BAD_STEP_COST: f32 = 6.0;

/// Whether a link leads into a tunnel or is one.
pub(super) fn is_at_tunnel<C>(streets: &Streets<C>, link: LinkNumber) -> bool {
    let network = streets.network;
    let tunnel = |link| network.flags(link).has(LinkFlags::TUNNEL);
    tunnel(link) || network.successors(link).iter().any(|&link| tunnel(link))
}
