//! The vehicles of a feed, and what their devices report.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

use events::Position;

use super::chance::{Chance, Draws, Purpose};
use super::motion::{Call, Driving, State, Tour};
use super::path::Path;
use super::world::{Mode, RouteData, StopPlaces, World};
use super::{Config, Faults};

/// Metres from the middle of the way to the lane in which a vehicle drives, on the right.
const LANE_M: f64 = 3.0;
/// Metres from the middle of the way to where people wait.
const KERB_M: f64 = 6.0;
/// Most metres by which a satellite fix wanders, either way, east and north.
const WANDER_M: f64 = 1.6;
/// Metres east and north of a teleport.
const TELEPORT_M: [f64; 2] = [4_000.0, 3_000.0];
/// How far off a wrong clock is: a little late, a little early, hours, and years.
const SKEWS_MS: [i64; 4] = [-90_000, 120_000, -7_200_000, -631_152_000_000];
/// Share of vehicles without a satellite fix at any time.
const NO_FIX_SHARE: f64 = 0.01;
/// Share of vehicles that never know their delay.
const NO_DELAY_SHARE: f64 = 0.08;
/// Speeds of vehicles of one line, as shares of its usual speed.
const CRUISE_SHARE: [f64; 2] = [0.86, 1.06];
/// First vehicle number of an operator.
const NUMBER_FIRST: u32 = 101;
/// Numbers of stops of a line start this far apart.
const STOPS_PER_ROUTE: usize = 2_000;

/// A line: its way and its stops.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) mode: Mode,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) ends: [String; 2],
    pub(crate) operator: u32,
    pub(crate) running_operator: u32,
    pub(crate) night: bool,
    pub(crate) signals: bool,
    path: Path,
    stops_m: Vec<f64>,
    /// Place among the lines, which makes stop numbers unique.
    place: usize,
}

impl Route {
    fn new(data: &RouteData, place: usize) -> Self {
        let path = Path::new(&data.path);
        let stops_m = match data.stops {
            StopPlaces::Waypoints => path.waypoints_m().to_vec(),
            StopPlaces::Spread => spread_stops_m(path.length_m(), spacing_m(data)),
        };
        Self {
            mode: data.mode,
            id: data.id.clone(),
            name: data.name.clone(),
            ends: data.ends.clone(),
            operator: data.operator,
            running_operator: data.running_operator.unwrap_or(data.operator),
            night: data.night,
            signals: data.signals,
            path,
            stops_m,
            place,
        }
    }

    /// The lines of all feeds of a region.
    pub(crate) fn all_of(world: &World, region: &str) -> Vec<Self> {
        let is_its = |data: &RouteData| {
            world.feeds.iter().any(|feed| feed.name == data.feed && feed.region == region)
        };
        let lines = world.routes.iter().enumerate().filter(|(_, data)| is_its(data));
        lines.map(|(place, data)| Self::new(data, place)).collect()
    }

    /// Its stops in the order in which a journey there (0) or back (1) calls at them.
    pub(crate) fn stops(&self, journey: usize) -> Vec<usize> {
        let mut stops: Vec<usize> = (0..self.stops_m.len()).collect();
        if journey == 1 {
            stops.reverse();
        }
        stops
    }

    /// Where a stop stands for a journey there (0) or back (1): on the right of the lane.
    pub(crate) fn stop_place(&self, stop: usize, journey: usize) -> Position {
        let right_m = if journey == 0 { KERB_M } else { -KERB_M };
        self.path.place(self.stops_m[stop], right_m, [0.0, 0.0])
    }

    /// The line on the ground of a journey there (0) or back (1).
    pub(crate) fn way(&self, journey: usize) -> Vec<Position> {
        let points = self.path.waypoints_m().iter();
        let mut way: Vec<_> =
            points.map(|&along_m| self.path.place(along_m, 0.0, [0.0, 0.0])).collect();
        if journey == 1 {
            way.reverse();
        }
        way
    }

    /// Number of a stop as direction 1 or 2 calls at it.
    pub(crate) fn stop_number(&self, stop: usize, direction: usize) -> usize {
        1_000_000 + self.place * STOPS_PER_ROUTE + stop * 2 + direction
    }
}

/// Stops at even distances, with one at each end.
fn spread_stops_m(length_m: f64, spacing_m: f64) -> Vec<f64> {
    let legs = (length_m / spacing_m).round().max(1.0);
    (0..=legs as usize).map(|stop| length_m * stop as f64 / legs).collect()
}

fn spacing_m(data: &RouteData) -> f64 {
    data.spacing_m.unwrap_or(match data.mode {
        Mode::Bus => 470.0,
        Mode::Tram => 420.0,
        Mode::Metro | Mode::Train | Mode::Ferry => 1_500.0,
    })
}

fn driving(data: &RouteData) -> Driving {
    let (cruise_m_s, acceleration_m_s2, dwell_s) = match data.mode {
        Mode::Bus => (11.5, 0.9, [9.0, 20.0]),
        Mode::Tram => (11.0, 0.9, [12.0, 22.0]),
        Mode::Metro => (20.0, 1.0, [18.0, 26.0]),
        Mode::Train => (25.0, 0.7, [25.0, 40.0]),
        Mode::Ferry => (5.0, 0.1, [60.0, 90.0]),
    };
    Driving { cruise_m_s: data.speed_m_s.unwrap_or(cruise_m_s), acceleration_m_s2, dwell_s }
}

/// A wave that fits a whole number of times into the recording.
#[derive(Clone, Copy, Debug)]
struct Wave {
    times: f64,
    turn: f64,
}

impl Wave {
    fn new(duration_s: f64, about_s: f64, draws: &mut Draws) -> Self {
        let times = (duration_s / about_s * draws.between(0.7, 1.4)).round();
        Self { times: times.max(1.0), turn: draws.share() }
    }

    fn at(&self, share: f64) -> f64 {
        (TAU * (self.times * share + self.turn)).sin()
    }
}

/// A vehicle with its device.
#[derive(Debug)]
pub(crate) struct Vehicle {
    /// Place among all vehicles of the simulation; owner of its draws.
    pub(crate) index: u64,
    pub(crate) route: Arc<Route>,
    pub(crate) number: u32,
    /// Milliseconds past the second at which its device ticks.
    pub(crate) tick_ms: i64,
    /// Milliseconds that its clock is off.
    pub(crate) skew_ms: i64,
    /// Never has a satellite fix.
    pub(crate) no_fix: bool,
    /// Minutes before the recording at which its journeys started.
    pub(crate) started_before_min: i64,
    tour: Tour,
    first_stop: usize,
    /// Seconds into its tour at which the recording starts.
    offset_s: f64,
    duration_s: f64,
    wander: [Wave; 4],
    delay: Option<(f64, Wave)>,
    frozen: bool,
}

/// What a device knows at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fix {
    pub(crate) position: Position,
    pub(crate) bearing_deg: f64,
    pub(crate) state: State,
    /// Seconds ahead of the timetable, negative when late.
    pub(crate) ahead_s: Option<i64>,
}

impl Vehicle {
    /// Seconds into the tour, at seconds into the recording.
    fn tour_s(&self, time_s: f64) -> f64 {
        self.offset_s + time_s.rem_euclid(self.duration_s)
    }

    /// What the device knows, seconds into the recording.
    pub(crate) fn fix(&self, time_s: f64, teleported: bool) -> Fix {
        let state = self.tour.state(self.tour_s(time_s));
        let placed = if self.frozen { self.tour.state(self.offset_s) } else { state };
        let share =
            if self.frozen { 0.0 } else { time_s.rem_euclid(self.duration_s) / self.duration_s };
        let [slow_east, fast_east, slow_north, fast_north] = self.wander;
        let mut moved_m = [
            WANDER_M * (slow_east.at(share) * 0.7 + fast_east.at(share) * 0.3),
            WANDER_M * (slow_north.at(share) * 0.7 + fast_north.at(share) * 0.3),
        ];
        if teleported {
            moved_m[0] += TELEPORT_M[0];
            moved_m[1] += TELEPORT_M[1];
        }
        let along_deg = self.route.path.bearing_deg(placed.along_m);
        let turned_deg = 90.0 * (1.0 - placed.orientation);
        Fix {
            position: self.route.path.place(placed.along_m, LANE_M * placed.orientation, moved_m),
            bearing_deg: (along_deg + turned_deg).rem_euclid(360.0),
            ahead_s: self.ahead_s(time_s),
            state,
        }
    }

    /// Changes every ten seconds, as devices look it up now and then.
    fn ahead_s(&self, time_s: f64) -> Option<i64> {
        let looked_up_s = (time_s.rem_euclid(self.duration_s) / 10.0).floor() * 10.0;
        self.delay.map(|(mean_s, wave)| {
            (mean_s + 20.0 * wave.at(looked_up_s / self.duration_s)).round() as i64
        })
    }

    /// The sign above the windscreen.
    pub(crate) fn headsign(&self, state: &State) -> &str {
        &self.route.ends[1 - state.journey]
    }

    /// Number of a stop of the tour.
    pub(crate) fn stop_number(&self, stop: usize, state: &State) -> usize {
        let stop = self.first_stop + stop;
        self.route.stop_number(stop, state.direction())
    }

    /// Place of a stop of the tour in its journey's list of stops, from 1.
    pub(crate) fn stop_sequence(&self, stop: usize, state: &State) -> usize {
        let stop = self.first_stop + stop;
        match state.journey {
            0 => stop + 1,
            _ => self.route.stops_m.len().saturating_sub(stop),
        }
    }

    /// The stops to come.
    pub(crate) fn calls(&self, time_s: f64) -> Vec<Call> {
        self.tour.calls(self.tour_s(time_s))
    }

    /// Seconds into the recording at which the journey began that is under way then; before the
    /// recording where that is negative.
    pub(crate) fn journey_began_s(&self, time_s: f64, state: &State) -> f64 {
        let half_s = self.tour.period_s() / 2.0;
        let halves = (self.tour_s(time_s) / half_s).floor();
        // At the end of a journey a vehicle stands for a while before the next one begins.
        let is_over = halves as i64 % 2 != state.journey as i64;
        let began = if is_over { halves - 1.0 } else { halves };
        began * half_s - self.offset_s
    }

    pub(crate) fn tour(&self) -> &Tour {
        &self.tour
    }

    /// Milliseconds into the recording at which the tour is at a time of its own, all of them;
    /// never earlier than that time, so that what begins then has begun.
    pub(crate) fn recording_times_ms(&self, tour_s: f64) -> impl Iterator<Item = i64> + '_ {
        let period_s = self.tour.period_s();
        let first_s = (tour_s - self.offset_s).rem_euclid(period_s);
        let laps = (self.duration_s / period_s).round() as usize;
        let duration_ms = (self.duration_s * 1_000.0) as i64;
        (0..laps).map(move |nth| {
            let time_s = first_s + nth as f64 * period_s;
            ((time_s * 1_000.0).ceil() as i64).rem_euclid(duration_ms)
        })
    }
}

/// What a fleet is drawn from.
pub(crate) struct FleetPlan<'a> {
    pub(crate) world: &'a World,
    pub(crate) config: &'a Config,
    pub(crate) chance: &'a Chance,
}

impl FleetPlan<'_> {
    /// The vehicles of a feed.
    pub(crate) fn vehicles(&self, feed: &str) -> Vec<Vehicle> {
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut vehicles = Vec::new();
        let lines = self.world.routes.iter().enumerate();
        for (place, data) in lines.filter(|(_, data)| data.feed == feed) {
            let route = Arc::new(Route::new(data, place));
            let count = (f64::from(data.vehicles) * self.config.scale).ceil() as usize;
            for nth in 0..count {
                let number = numbers.entry(route.operator).or_insert(NUMBER_FIRST);
                let index = (place as u64) << 24 | nth as u64;
                let share = (nth as f64 + 0.5) / count as f64;
                vehicles.push(self.vehicle(&route, driving(data), index, share, *number));
                *number += 1;
            }
        }
        vehicles
    }

    /// One vehicle, this share of the way along its line.
    fn vehicle(
        &self,
        route: &Arc<Route>,
        driving: Driving,
        index: u64,
        share: f64,
        number: u32,
    ) -> Vehicle {
        let faults: &Faults = &self.config.faults;
        let mut draws = self.chance.draws(Purpose::Plan, index, 0);
        let duration_s = f64::from(self.config.duration_s);
        let first = (share * route.stops_m.len().saturating_sub(1) as f64) as usize;
        let driving = Driving {
            cruise_m_s: driving.cruise_m_s * draws.between(CRUISE_SHARE[0], CRUISE_SHARE[1]),
            ..driving
        };
        let (tour, first_stop) = Tour::plan(&route.stops_m, first, driving, duration_s, &mut draws);
        let mut device = self.chance.draws(Purpose::DeviceFault, index, 0);
        let delay_s = draws.between(-260.0, 70.0);
        let delay_wave = Wave::new(duration_s, duration_s, &mut draws);
        let no_delay = draws.happens(NO_DELAY_SHARE);
        let satellites = matches!(route.mode, Mode::Bus | Mode::Tram | Mode::Train);
        Vehicle {
            index,
            route: Arc::clone(route),
            number,
            tick_ms: draws.between(1.0, 999.0) as i64,
            skew_ms: if device.happens(faults.skewed_clock_share) {
                SKEWS_MS[device.below(SKEWS_MS.len())]
            } else {
                0
            },
            no_fix: draws.happens(NO_FIX_SHARE) && satellites,
            started_before_min: draws.between(4.0, 40.0) as i64,
            offset_s: draws.between(0.0, tour.period_s()),
            tour,
            first_stop,
            duration_s,
            wander: [40.0, 9.0, 34.0, 11.0]
                .map(|about_s| Wave::new(duration_s, about_s, &mut draws)),
            delay: (!no_delay).then_some((delay_s, delay_wave)),
            frozen: device.happens(faults.frozen_share),
        }
    }
}
