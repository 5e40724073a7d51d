//! Where a hypothesis may lead: on along its link, into others, or to a street out of nowhere.

use network::LinkNumber;

use super::filter::{Belief, Hindsight, Step, advance, cost_across};
use super::line::{Foot, dot};
use super::matcher::{NO_PARENT, Record};
use super::motion::{bearing, plane};
use super::search::{Hypotheses, Next, Scratch, Target};
use super::{Fix, MatchOptions, Streets};

/// The hypothesis that is being continued, and the step it takes.
pub(super) struct From<'a> {
    pub(super) record: &'a Record,
    pub(super) belief: &'a Belief,
    pub(super) parent: u8,
    pub(super) step: &'a Step,
}

impl From<'_> {
    /// Continues it on a link that begins `start_m` down the way (negative on the same link), at a
    /// price.
    fn reach<C: Fn(LinkNumber) -> bool>(
        &self,
        streets: &Streets<C>,
        link: LinkNumber,
        foot: &Foot,
        start_m: f32,
        mut extra: f32,
        next: &mut Hypotheses,
    ) {
        let options = streets.options;
        if let Some(bearing) = self.step.bearing {
            extra += 0.5 * options.bearing_cost * (1.0 - dot(bearing, foot.ahead));
        }
        let least = cost_across(self.belief, self.step, foot).min(options.outlier_cost);
        if next.is_hopeless(link, self.record.cost + extra + least, options.prune_cost) {
            return;
        }
        if self.step.stood {
            if link == self.record.link && start_m <= 0.0 {
                let stays = From { step: &self.step.standing(), ..*self };
                stays.arrive(streets, link, foot, start_m, extra, next);
            }
            extra += options.start_cost;
        }
        self.arrive(streets, link, foot, start_m, extra, next);
    }

    fn arrive<C>(
        &self,
        streets: &Streets<C>,
        link: LinkNumber,
        foot: &Foot,
        start_m: f32,
        extra: f32,
        next: &mut Hypotheses,
    ) {
        let step = self.step;
        let within_m = within_m(streets, link, step.stands);
        let expected_m = step.drive_m - start_m;
        let (belief, cost) = advance(self.belief, step, foot, expected_m, within_m);
        if is_far(streets.options, &belief) {
            return;
        }
        let mut cost = cost.min(streets.options.outlier_cost) + self.record.cost + extra;
        let clear_m = streets.network.setback_m(link)[0] + TAIL_M;
        if step.stands && !step.stood && belief.along_m < clear_m {
            cost += streets.options.tail_cost;
        }
        let driven_m = start_m + belief.along_m;
        let hindsight = Hindsight::new(self.belief, &belief, step, driven_m);
        next.offer(Next { link, cost, belief, driven_m, parent: self.parent, hindsight });
    }
}

/// How far over the stop line vehicles stand, metres; where the line is, is a guess.
const OVER_LINE_M: f32 = 3.0;

/// How much of a vehicle is behind the place that it reports, metres.
const TAIL_M: f32 = 5.0;

/// Whether a fix is too far from where it would have to be.
fn is_far(options: &MatchOptions, belief: &Belief) -> bool {
    dot(belief.noise_m, belief.noise_m) > options.search_m * options.search_m
}

/// The part of a link on which a vehicle can be. One that stands does so before the stop line.
fn within_m<C>(streets: &Streets<C>, link: LinkNumber, stands: bool) -> [f32; 2] {
    let length_m = streets.network.length_m(link);
    if stands {
        let [begin_m, end_m] = streets.network.setback_m(link);
        [begin_m, length_m - (end_m - OVER_LINE_M).max(0.0)]
    } else {
        [0.0, length_m]
    }
}

/// Follows a hypothesis over a short step: its link, and those that it may have come to.
pub(super) fn follow_on<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    from: &From,
    scratch: &mut Scratch,
) {
    let Scratch { ways, lines, next, .. } = scratch;
    let From { belief, step, .. } = *from;
    let to = [0, 1].map(|axis| step.at[axis] - step.rho * belief.noise_m[axis]);
    let margin_m = 3.0 * (belief.variance_m2 + step.drive_m2).sqrt() + 2.0;
    let link = from.record.link;
    let left_m = streets.network.length_m(link) - belief.along_m;
    let near = lines.foot(streets, link, to);
    from.reach(streets, link, &near, -belief.along_m, 0.0, next);
    let u_turn_cost = streets.options.u_turn_cost;
    let hopeless =
        |back| next.is_hopeless(back, from.record.cost + u_turn_cost, streets.options.prune_cost);
    let back = streets.network.reverse(link);
    if let Some(back) = back.filter(|&back| streets.allows(back) && !hopeless(back)) {
        let near = lines.foot(streets, back, to);
        let cost = u_turn_cost + streets.entry_cost(back);
        from.reach(streets, back, &near, -left_m, cost, next);
    }
    let far_m = step.drive_m + margin_m;
    if left_m > far_m {
        return;
    }
    let mut onto = |onto, start_m| {
        if start_m > far_m || !streets.allows(onto) {
            return false;
        }
        let cost = if onto == link { 0.0 } else { streets.entry_cost(onto) };
        from.reach(streets, onto, &lines.foot(streets, onto, to), start_m, cost, next);
        true
    };
    let successors = streets.network.successors(link);
    if successors.iter().any(|&next| left_m + streets.network.length_m(next) <= far_m) {
        ways.explore(streets.network, link, left_m, onto);
    } else {
        // Beyond those it cannot be, and so it nearly always is.
        for &next in successors {
            onto(next, left_m);
        }
    }
}

/// Continues a hypothesis on the streets near a fix to which ways lead.
pub(super) fn ways_on<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    from: &From,
    seconds: f32,
    gap_m: f32,
    scratch: &mut Scratch,
) {
    let Scratch { ways, next, targets, distances_m, .. } = scratch;
    let (options, network) = (streets.options, streets.network);
    let From { belief, step, record, .. } = *from;
    let beta_m = options.beta_m_per_s * seconds;
    let detour = |way_m: f32| (way_m - gap_m).max(0.0) / beta_m;
    // Round a block is once and a half the straight way.
    let detour_m = 1.5 * gap_m + options.search_m;
    let far_m = (step.drive_m + 3.0 * step.drive_m2.sqrt()).max(detour_m).min(options.step_m_max);
    let link = record.link;
    if let Some(near) = targets.get(link) {
        from.reach(streets, link, &near.foot, -belief.along_m, 0.0, next);
    }
    let left_m = network.length_m(link) - belief.along_m;
    let back = network.reverse(link).and_then(|back| targets.get(back));
    if let Some(near) = back {
        let detour = detour((near.foot.along_m - left_m).abs());
        let cost = options.u_turn_cost + detour + near.entry_cost;
        from.reach(streets, near.link, &near.foot, -left_m, cost, next);
    }
    if left_m > far_m {
        return;
    }
    let ways = ways.from(streets, link, far_m - left_m);
    // All at once, so that the processor waits for memory once.
    distances_m.clear();
    distances_m.extend(targets.list.iter().map(|near| ways.distance_m(near.link)));
    for (near, way_m) in targets.list.iter().zip(distances_m) {
        let start_m = left_m + *way_m;
        if start_m > far_m {
            continue;
        }
        let entry_cost = if near.link == link { 0.0 } else { near.entry_cost };
        let extra = detour(start_m + near.foot.along_m) + entry_cost;
        from.reach(streets, near.link, &near.foot, start_m, extra, next);
    }
}

/// Offers every street near a fix, at a price.
pub(super) fn appear<C: Fn(LinkNumber) -> bool>(
    streets: &Streets<C>,
    fix: &Fix,
    price: f32,
    scratch: &mut Scratch,
) {
    let options = streets.options;
    let Scratch { targets, next, .. } = scratch;
    let (at, bearing) = (plane(fix), bearing(options, fix));
    let variance_m2 = options.sigma_m * options.sigma_m;
    for &Target { link, foot, entry_cost } in &targets.list {
        let noise_m = [at[0] - foot.at[0], at[1] - foot.at[1]];
        let away = (0.5 * dot(noise_m, noise_m) / variance_m2).min(2.0 * options.outlier_cost);
        let mut cost = price + away + entry_cost;
        if next.is_hopeless(link, cost, options.prune_cost) {
            continue;
        }
        if let Some(bearing) = bearing {
            cost += 0.5 * options.bearing_cost * (1.0 - dot(bearing, foot.ahead));
        }
        let belief = Belief { along_m: foot.along_m, variance_m2, noise_m, ahead: foot.ahead };
        if is_far(options, &belief) {
            continue;
        }
        let (driven_m, parent, hindsight) = (0.0, NO_PARENT, Hindsight::default());
        next.offer(Next { link, cost, belief, driven_m, parent, hindsight });
    }
}
