//! How a vehicle moves: there and back between stops, with speeds that its places bear out.
//!
//! A tour is periodic. Its period divides the length of the recording, so that at the end each
//! vehicle is where it started and a recording can be played in a loop without a jump.

use super::chance::Draws;

/// Seconds that a vehicle stands at its last stop before the driver signs on to the next journey.
const ARRIVED_S: f64 = 6.0;
/// Shortest time at a first stop, once signed on: enough to open and close doors and turn round.
const LAYOVER_MIN_S: f64 = 12.0;
/// Longest time at a first stop; what is left over is driven more slowly.
const LAYOVER_MAX_S: f64 = 45.0;
/// Seconds before arrival at which a vehicle says that it is due.
const DUE_S: f64 = 25.0;
/// Seconds from standing to open doors.
const DOORS_S: f64 = 1.4;
/// Seconds that a vehicle stands with closed doors before it leaves: a share of its stop, and most.
const CLOSED_SHARE: f64 = 0.25;
const CLOSED_MAX_S: f64 = 12.0;
/// Radius of a stop, metres: within it the vehicle is at the stop.
const STOP_RADIUS_M: f64 = 25.0;
/// Halvings in a search for a speed or distance: 2^-40 of the range is far below a millimetre.
const HALVINGS: usize = 40;

/// What a kind of vehicle does between and at stops.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Driving {
    /// Speed between stops.
    pub(crate) cruise_m_s: f64,
    /// Rate of gaining and losing speed.
    pub(crate) acceleration_m_s2: f64,
    /// Shortest and longest time at a stop.
    pub(crate) dwell_s: [f64; 2],
}

impl Driving {
    /// Time from standstill to standstill over a distance, at most at a speed.
    fn leg_s(&self, distance_m: f64, cruise_m_s: f64) -> f64 {
        let a = self.acceleration_m_s2;
        let peak_m_s = self.peak_m_s(distance_m, cruise_m_s);
        distance_m / peak_m_s + peak_m_s / a
    }

    /// The speed that a leg reaches.
    fn peak_m_s(&self, distance_m: f64, cruise_m_s: f64) -> f64 {
        cruise_m_s.min((distance_m * self.acceleration_m_s2).sqrt())
    }
}

/// A stretch of a tour.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Seconds from the tour's beginning.
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
    /// 0 on the way there, 1 on the way back.
    pub(crate) journey: usize,
    pub(crate) doing: Doing,
}

/// What a vehicle does in a stretch. Stops are numbered along the tour, from 0.
#[derive(Clone, Debug)]
pub(crate) enum Doing {
    /// Stands at the last stop of a journey.
    Arrived { stop: usize },
    /// Stands at the first stop of a journey and turns round.
    Layover { stop: usize },
    /// Stands at a stop on the way.
    Dwell { stop: usize },
    /// Drives from stop to stop.
    Run {
        from: usize,
        to: usize,
        /// Highest speed on this leg.
        peak_m_s: f64,
    },
}

/// Where a vehicle is on its tour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Metres along the path of direction 1.
    pub(crate) along_m: f64,
    pub(crate) speed_m_s: f64,
    pub(crate) acceleration_m_s2: f64,
    /// 1 heading along the path, -1 against it, between them while turning round.
    pub(crate) orientation: f64,
    /// 0 on the way there, 1 on the way back.
    pub(crate) journey: usize,
    pub(crate) doors_open: bool,
    /// Metres since the first stop of the journey.
    pub(crate) odometer_m: f64,
    /// The stop whose surroundings the vehicle is in.
    pub(crate) at_stop: Option<usize>,
    /// The stop to come or stood at; none after the last.
    pub(crate) next_stop: Option<usize>,
}

impl State {
    /// 1 or 2.
    pub(crate) fn direction(&self) -> usize {
        self.journey + 1
    }
}

/// A stop of the rest of a journey, and when a vehicle is there, seconds from now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) stop: usize,
    pub(crate) arrival_s: f64,
    pub(crate) departure_s: f64,
}

/// A periodic movement there and back.
#[derive(Clone, Debug)]
pub(crate) struct Tour {
    driving: Driving,
    /// Distance of the tour's stops along the path.
    stops_m: Vec<f64>,
    period_s: f64,
    stretches: Vec<Stretch>,
}

impl Tour {
    /// A tour from a stop of a line that fits a whole number of times into a duration.
    ///
    /// It goes as far as there is time for; where that is not even the next stop, it turns midway.
    /// Returns the tour and the number of the line's stop that is its first.
    pub(crate) fn plan(
        line_m: &[f64],
        first: usize,
        driving: Driving,
        duration_s: f64,
        draws: &mut Draws,
    ) -> (Self, usize) {
        let last = line_m.len().saturating_sub(1);
        let first = first.min(last.saturating_sub(1));
        let dwells_s: Vec<f64> = line_m
            .iter()
            .map(|_| draws.between(driving.dwell_s[0], driving.dwell_s[1]).round())
            .collect();
        let there_s = |stops_m: &[f64]| journey_s(&driving, stops_m, &dwells_s);
        let whole_s = 2.0 * there_s(line_m);
        if whole_s <= duration_s {
            let tours = (duration_s / whole_s).floor().max(1.0);
            let tour = Self::fit(driving, line_m.to_vec(), &dwells_s, duration_s / tours);
            return (tour, 0);
        }
        let half_s = duration_s / 2.0;
        let reached = (first + 1..=last).rev().find(|end| there_s(&line_m[first..=*end]) <= half_s);
        let stops_m = if let Some(end) = reached {
            line_m[first..=end].to_vec()
        } else {
            let far_m = line_m[first + 1] - line_m[first];
            let turn_m = halve(0.0, far_m, |distance_m| there_s(&[0.0, distance_m]) <= half_s);
            vec![line_m[first], line_m[first] + turn_m.max(1.0)]
        };
        let tour = Self::fit(driving, stops_m, &dwells_s, duration_s);
        (tour, first)
    }

    /// Fills exactly a period: first by standing longer at the ends, then by driving more slowly.
    fn fit(driving: Driving, stops_m: Vec<f64>, dwells_s: &[f64], period_s: f64) -> Self {
        let half_s = period_s / 2.0;
        let spare_s = (half_s - journey_s(&driving, &stops_m, dwells_s)).max(0.0);
        let layover_s = LAYOVER_MIN_S + spare_s.min(LAYOVER_MAX_S - LAYOVER_MIN_S);
        let standing_s = ARRIVED_S + layover_s + inner_dwell_s(&stops_m, dwells_s);
        let running_s = (half_s - standing_s).max(1.0);
        let cruise_m_s = halve(driving.cruise_m_s, 0.3, |speed_m_s| {
            run_s(&driving, &stops_m, speed_m_s) <= running_s
        });
        let driving = Driving { cruise_m_s, ..driving };
        let mut tour = Self { driving, stops_m, period_s, stretches: Vec::new() };
        tour.add_journey(0, layover_s, dwells_s, half_s);
        tour.add_journey(1, layover_s, dwells_s, half_s);
        tour
    }

    fn add_journey(&mut self, journey: usize, layover_s: f64, dwells_s: &[f64], half_s: f64) {
        let last = self.stops_m.len() - 1;
        let order: Vec<usize> =
            if journey == 0 { (0..=last).collect() } else { (0..=last).rev().collect() };
        let mut now_s = half_s * journey as f64;
        let end_s = now_s + half_s;
        let mut add = |of: usize, duration_s: f64, doing: Doing| {
            self.stretches.push(Stretch {
                start_s: now_s,
                end_s: now_s + duration_s,
                journey: of,
                doing,
            });
            now_s += duration_s;
        };
        add(1 - journey, ARRIVED_S, Doing::Arrived { stop: order[0] });
        add(journey, layover_s, Doing::Layover { stop: order[0] });
        for pair in order.windows(2) {
            let [from, to] = [pair[0], pair[1]];
            let distance_m = (self.stops_m[to] - self.stops_m[from]).abs();
            let peak_m_s = self.driving.peak_m_s(distance_m, self.driving.cruise_m_s);
            let leg_s = self.driving.leg_s(distance_m, self.driving.cruise_m_s);
            add(journey, leg_s, Doing::Run { from, to, peak_m_s });
            if to != order[last] {
                add(journey, dwells_s[to], Doing::Dwell { stop: to });
            }
        }
        // What rounding left.
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.end_s = end_s;
        }
    }

    pub(crate) fn period_s(&self) -> f64 {
        self.period_s
    }

    pub(crate) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Seconds after the start of a run at which the vehicle is out of the first stop's
    /// surroundings, and before its end at which it enters those of the next.
    pub(crate) fn clear_s(&self, run: &Stretch) -> f64 {
        let to_radius_s = (2.0 * STOP_RADIUS_M / self.driving.acceleration_m_s2).sqrt();
        to_radius_s.min((run.end_s - run.start_s) * 0.4)
    }

    /// Seconds before the end of a run at which the vehicle says that it is due at the next stop.
    pub(crate) fn due_s(run: &Stretch) -> f64 {
        DUE_S.min((run.end_s - run.start_s) * 0.55)
    }

    /// When doors open while the vehicle stands, if they were closed.
    pub(crate) fn doors_open_s(stand: &Stretch) -> Option<f64> {
        match stand.doing {
            Doing::Arrived { .. } | Doing::Dwell { .. } => Some(stand.start_s + DOORS_S),
            Doing::Layover { .. } | Doing::Run { .. } => None,
        }
    }

    /// When doors close, if the vehicle then leaves.
    pub(crate) fn doors_close_s(stand: &Stretch) -> Option<f64> {
        let closed_s = (stand.end_s - stand.start_s) * CLOSED_SHARE;
        match stand.doing {
            Doing::Layover { .. } | Doing::Dwell { .. } => {
                Some(stand.end_s - closed_s.clamp(DOORS_S, CLOSED_MAX_S))
            }
            Doing::Arrived { .. } | Doing::Run { .. } => None,
        }
    }

    /// The state at a time of the tour, which may be before or after its period.
    pub(crate) fn state(&self, time_s: f64) -> State {
        let time_s = time_s.rem_euclid(self.period_s);
        let index =
            self.stretches.partition_point(|stretch| stretch.start_s <= time_s).saturating_sub(1);
        let stretch = &self.stretches[index];
        let way = 1.0 - 2.0 * stretch.journey as f64;
        let origin_m = match stretch.journey {
            0 => self.stops_m.first(),
            _ => self.stops_m.last(),
        };
        let standing = |stop: usize, orientation: f64, next_stop: Option<usize>| State {
            along_m: self.stops_m[stop],
            speed_m_s: 0.0,
            acceleration_m_s2: 0.0,
            doors_open: false,
            orientation,
            journey: stretch.journey,
            odometer_m: 0.0,
            at_stop: Some(stop),
            next_stop,
        };
        let mut state = match stretch.doing {
            Doing::Arrived { stop } => standing(stop, way, None),
            Doing::Layover { stop } => {
                let turned = (time_s - stretch.start_s) / (stretch.end_s - stretch.start_s);
                standing(stop, way * (2.0 * turned - 1.0), Some(stop))
            }
            Doing::Dwell { stop } => standing(stop, way, Some(stop)),
            Doing::Run { from, to, peak_m_s } => State {
                orientation: way,
                ..self.running(stretch, from, to, peak_m_s, time_s - stretch.start_s)
            },
        };
        let opened = Self::doors_open_s(stretch).is_none_or(|opened_s| opened_s <= time_s);
        let closed = Self::doors_close_s(stretch).is_some_and(|closed_s| closed_s <= time_s);
        let running = matches!(stretch.doing, Doing::Run { .. });
        state.doors_open = opened && !closed && !running;
        state.odometer_m = origin_m.map_or(0.0, |origin_m| (state.along_m - origin_m).abs());
        state
    }

    fn running(
        &self,
        stretch: &Stretch,
        from: usize,
        to: usize,
        peak_m_s: f64,
        since_s: f64,
    ) -> State {
        let a = self.driving.acceleration_m_s2;
        let (from_m, to_m) = (self.stops_m[from], self.stops_m[to]);
        let leg_s = stretch.end_s - stretch.start_s;
        let ramp_s = (peak_m_s / a).min(leg_s / 2.0);
        let left_s = (leg_s - since_s).max(0.0);
        let (done_m, speed_m_s, acceleration_m_s2) = if since_s < ramp_s {
            (a * since_s * since_s / 2.0, a * since_s, a)
        } else if left_s < ramp_s {
            let left_m = a * left_s * left_s / 2.0;
            ((to_m - from_m).abs() - left_m, a * left_s, -a)
        } else {
            let even_m = peak_m_s * (since_s - ramp_s);
            (a * ramp_s * ramp_s / 2.0 + even_m, peak_m_s, 0.0)
        };
        let clear_s = self.clear_s(stretch);
        let at_stop =
            if since_s < clear_s { Some(from) } else { (left_s <= clear_s).then_some(to) };
        State {
            along_m: from_m + (to_m - from_m).signum() * done_m,
            speed_m_s,
            acceleration_m_s2,
            doors_open: false,
            orientation: 1.0,
            journey: stretch.journey,
            odometer_m: 0.0,
            at_stop,
            next_stop: Some(if since_s < clear_s { from } else { to }),
        }
    }

    /// The rest of the journey under way.
    pub(crate) fn calls(&self, time_s: f64) -> Vec<Call> {
        let now_s = time_s.rem_euclid(self.period_s);
        let Some(current) = self.stretches.iter().find(|stretch| now_s < stretch.end_s) else {
            return Vec::new();
        };
        if matches!(current.doing, Doing::Arrived { .. }) {
            return Vec::new();
        }
        let mut calls: Vec<Call> = Vec::new();
        let rest = self
            .stretches
            .iter()
            .filter(|stretch| stretch.journey == current.journey && stretch.end_s > now_s);
        for stretch in rest {
            match stretch.doing {
                Doing::Layover { stop } => calls.push(Call {
                    stop,
                    arrival_s: stretch.start_s - now_s,
                    departure_s: stretch.end_s - now_s,
                }),
                Doing::Run { to, .. } => calls.push(Call {
                    stop: to,
                    arrival_s: stretch.end_s - now_s,
                    departure_s: stretch.end_s - now_s,
                }),
                Doing::Dwell { stop } => {
                    if let Some(call) = calls.last_mut().filter(|call| call.stop == stop) {
                        call.departure_s = stretch.end_s - now_s;
                    }
                }
                Doing::Arrived { .. } => {}
            }
        }
        calls
    }
}

/// Time of a journey over stops at full speed, with the shortest stands at its ends.
fn journey_s(driving: &Driving, stops_m: &[f64], dwells_s: &[f64]) -> f64 {
    let standing_s = ARRIVED_S + LAYOVER_MIN_S + inner_dwell_s(stops_m, dwells_s);
    standing_s + run_s(driving, stops_m, driving.cruise_m_s)
}

fn inner_dwell_s(stops_m: &[f64], dwells_s: &[f64]) -> f64 {
    let last = stops_m.len().saturating_sub(1);
    dwells_s.iter().take(last).skip(1).sum()
}

fn run_s(driving: &Driving, stops_m: &[f64], cruise_m_s: f64) -> f64 {
    stops_m.windows(2).map(|pair| driving.leg_s((pair[1] - pair[0]).abs(), cruise_m_s)).sum()
}

/// The value closest to `bad` for which a condition holds that holds at `good`, or `good`.
fn halve(good: f64, bad: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut good, mut bad) = (good, bad);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(good, bad);
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}
