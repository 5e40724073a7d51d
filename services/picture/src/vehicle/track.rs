//! A vehicle's recent fixes in the order of event time, and which of them to believe.
//!
//! Fixes arrive in any order. Those that can still get a neighbour before them wait in a window;
//! what is older is folded into a base and forgotten. The belief is a fold over base and window in
//! event time, so any order of arrival within the lateness bound gives the same belief.

use events::{JourneyPhase, Position, StopStatus, VehiclePosition};
use smallvec::SmallVec;

use crate::FeedLimits;

/// Fixes in the window. The lateness bound of 10 s holds about 20 of a vehicle that reports each
/// second and ten more events at a stop; a faster one has its oldest folded early.
const WINDOW_FIXES_MAX: usize = 64;

/// A jump below this is never a teleport: GPS among high houses is off by 100 m and more, and an
/// event between two seconds has no time to speak of.
const TELEPORT_DISTANCE_M: f64 = 200.0;

/// So many fixes in a row that are far from the belief but agree with one another are right.
const SUSPECTS_BELIEVED: u8 = 3;

/// Claims to move: 3 m/s, faster than GPS noise and a walk.
const MOVING_SPEED_KM_H: f32 = 10.8;

/// Claims to have moved: more than the odometer's own step.
const MOVING_ODOMETER_M: f32 = 50.0;

/// Length of a degree of latitude, and the most that a degree of longitude has, metres, rounded up.
const METRES_PER_DEGREE_MAX: f64 = 111_200.0;

/// Rank of reports of the same time: what the vehicle does before what it will do.
pub(crate) const UPCOMING: u8 = 0;

/// Order of a vehicle's reports, and their identity for de-duplication: event time, rank of the
/// journey phase, number of the event kind.
pub(crate) type ReportKey = (i64, u8, u8);

/// A report without all that the belief does not need. Missing numbers are NaN, to keep it small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fix {
    pub(crate) time_ms: i64,
    pub(crate) longitude_deg: f64,
    pub(crate) latitude_deg: f64,
    pub(crate) odometer_m: f32,
    pub(crate) speed_km_h: f32,
    pub(crate) bearing_deg: f32,
    pub(crate) rank: u8,
    pub(crate) kind: u8,
    /// Whether a transit vehicle stands at a stop with its doors open.
    pub(crate) at_stop: bool,
    /// Passengers over places, percent; [`OCCUPANCY_UNKNOWN`] when it is not said.
    pub(crate) occupancy_percent: u8,
}

/// A vehicle is not fuller than that, percent.
const OCCUPANCY_MAX: u32 = 200;

/// Stands for no occupancy.
pub(crate) const OCCUPANCY_UNKNOWN: u8 = u8::MAX;

impl Fix {
    pub(crate) fn new(time_ms: i64, report: &VehiclePosition) -> Self {
        let rank = match report.phase {
            JourneyPhase::Upcoming => UPCOMING,
            JourneyPhase::Unspecified => 1,
            JourneyPhase::Signoff => 2,
            JourneyPhase::Deadrun => 3,
            JourneyPhase::Ongoing => 4,
        };
        let position = report.position;
        Self {
            time_ms,
            longitude_deg: position.map_or(f64::NAN, |position| position.longitude_deg),
            latitude_deg: position.map_or(f64::NAN, |position| position.latitude_deg),
            odometer_m: report.odometer_m.map_or(f32::NAN, |metres| metres as f32),
            speed_km_h: report.speed_km_h.unwrap_or(f32::NAN),
            bearing_deg: report.bearing_deg.unwrap_or(f32::NAN),
            rank,
            kind: report.kind as i32 as u8,
            at_stop: report.doors_open == Some(true) || report.stop_status == StopStatus::StoppedAt,
            occupancy_percent: report
                .occupancy_percent
                .map_or(OCCUPANCY_UNKNOWN, |percent| percent.min(OCCUPANCY_MAX) as u8),
        }
    }

    /// Passengers over places, when it is said.
    pub(crate) fn occupancy_share(&self) -> Option<f64> {
        let known = self.occupancy_percent != OCCUPANCY_UNKNOWN;
        known.then(|| f64::from(self.occupancy_percent) / 100.0)
    }

    pub(crate) fn key(&self) -> ReportKey {
        (self.time_ms, self.rank, self.kind)
    }

    pub(crate) fn position(&self) -> Option<Position> {
        let known = !self.longitude_deg.is_nan();
        known.then_some(Position {
            longitude_deg: self.longitude_deg,
            latitude_deg: self.latitude_deg,
        })
    }
}

/// The place of a fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) time_ms: i64,
    pub(crate) longitude_deg: f64,
    pub(crate) latitude_deg: f64,
}

impl Place {
    fn of(fix: &Fix) -> Self {
        Self {
            time_ms: fix.time_ms,
            longitude_deg: fix.longitude_deg,
            latitude_deg: fix.latitude_deg,
        }
    }

    pub(crate) fn position(&self) -> Position {
        Position { longitude_deg: self.longitude_deg, latitude_deg: self.latitude_deg }
    }

    /// Whether a vehicle can have come from here to the fix.
    fn reaches(&self, fix: &Fix, speed_km_h_max: f64) -> bool {
        let east_deg = fix.longitude_deg - self.longitude_deg;
        let north_deg = fix.latitude_deg - self.latitude_deg;
        let near_deg = TELEPORT_DISTANCE_M / METRES_PER_DEGREE_MAX;
        // Most steps are short, and this overestimates them: no trigonometry for those.
        if east_deg * east_deg + north_deg * north_deg <= near_deg * near_deg {
            return true;
        }
        let distance_m = traffic::distance_m(self.position(), Place::of(fix).position());
        let duration_ms = fix.time_ms.saturating_sub(self.time_ms);
        distance_m <= TELEPORT_DISTANCE_M
            || traffic::speed_km_h(distance_m, duration_ms) <= speed_km_h_max
    }

    fn is_at(&self, fix: &Fix) -> bool {
        self.position() == Place::of(fix).position()
    }
}

/// What is believed after some fixes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Belief {
    /// Newest believed fix.
    pub(crate) place: Option<Place>,
    /// Newest of the fixes since then that were not believed.
    pub(crate) suspect: Option<Place>,
    /// How many of them agree with one another; 0 when the newest fix is believed.
    pub(crate) suspects: u8,
    /// Odometer when the vehicle came to the place.
    pub(crate) odometer_m: Option<f32>,
    /// Since when it claims to move without leaving the place.
    pub(crate) moving_since_ms: Option<i64>,
    /// It has claimed so for too long.
    pub(crate) frozen: bool,
}

impl Belief {
    /// Takes the next fix in; `false` when it has a position that is not believed.
    fn step(&mut self, fix: &Fix, limits: &FeedLimits) -> bool {
        if fix.position().is_none() {
            return true;
        }
        let Some(place) = self.place else {
            self.believe(fix, limits);
            return true;
        };
        if place.reaches(fix, limits.speed_km_h_max) {
            self.believe(fix, limits);
            return true;
        }
        let agrees =
            self.suspect.is_some_and(|suspect| suspect.reaches(fix, limits.speed_km_h_max));
        self.suspects = if agrees { self.suspects + 1 } else { 1 };
        self.suspect = Some(Place::of(fix));
        if self.suspects < SUSPECTS_BELIEVED {
            return false;
        }
        self.believe(fix, limits);
        true
    }

    fn believe(&mut self, fix: &Fix, limits: &FeedLimits) {
        self.suspect = None;
        self.suspects = 0;
        let stays = self.place.is_some_and(|place| place.is_at(fix));
        self.place = Some(Place::of(fix));
        let odometer_m = (!fix.odometer_m.is_nan()).then_some(fix.odometer_m);
        if !stays {
            self.odometer_m = odometer_m;
            self.moving_since_ms = None;
            self.frozen = false;
            return;
        }
        let came_m = *self.odometer_m.get_or_insert(fix.odometer_m);
        if came_m.is_nan() {
            self.odometer_m = None;
        }
        // Comparisons with a missing number (NaN) are false.
        let moves =
            fix.speed_km_h > MOVING_SPEED_KM_H || fix.odometer_m - came_m > MOVING_ODOMETER_M;
        self.moving_since_ms = moves.then(|| self.moving_since_ms.unwrap_or(fix.time_ms));
        self.frozen = self
            .moving_since_ms
            .is_some_and(|since_ms| fix.time_ms - since_ms >= limits.frozen_after_ms);
    }
}

/// What a fix did on its arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// In its place; its position, if any, is believed.
    Taken,
    /// In its place, but its position is not believed.
    Teleport,
    Duplicate,
    /// Too old to change anything.
    Late,
}

/// Recent fixes of one vehicle.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// After every fix up to and with `base_key`: those are settled.
    pub(crate) base: Belief,
    /// The newest settled fix. What comes later but is older changes the belief no more.
    pub(crate) base_key: ReportKey,
    /// After everything.
    pub(crate) tip: Belief,
    /// By key.
    pub(crate) window: SmallVec<[Fix; 2]>,
    /// Newest event time of any report.
    pub(crate) newest_ms: i64,
    /// Reports of this time and before are not taken any more.
    pub(crate) floor_ms: i64,
}

/// Key before all others.
pub(crate) const NO_KEY: ReportKey = (i64::MIN, 0, 0);

impl Default for Track {
    fn default() -> Self {
        Self {
            base: Belief::default(),
            base_key: NO_KEY,
            tip: Belief::default(),
            window: SmallVec::new(),
            newest_ms: i64::MIN,
            floor_ms: i64::MIN,
        }
    }
}

impl Track {
    /// Whether a time is too old to change anything.
    pub(crate) fn is_late(&self, time_ms: i64, limits: &FeedLimits) -> bool {
        time_ms <= self.floor_ms || time_ms < self.newest_ms.saturating_sub(limits.lateness_ms)
    }

    /// Takes a fix in. Fixes that are settled by it and have a believed position are appended to
    /// `settled`.
    pub(crate) fn insert(
        &mut self,
        fix: Fix,
        limits: &FeedLimits,
        settled: &mut Vec<Fix>,
    ) -> Arrival {
        if self.is_late(fix.time_ms, limits) {
            return Arrival::Late;
        }
        let key = fix.key();
        let newest = self.window.last().is_none_or(|last| last.key() < key);
        let believed = if newest {
            self.window.push(fix);
            self.tip.step(&fix, limits)
        } else {
            match self.window.binary_search_by_key(&key, Fix::key) {
                Ok(_) => return Arrival::Duplicate,
                Err(place) => self.window.insert(place, fix),
            }
            self.fold_again(key, limits)
        };
        self.newest_ms = self.newest_ms.max(fix.time_ms);
        self.fold_old(limits, settled);
        if believed { Arrival::Taken } else { Arrival::Teleport }
    }

    /// Forgets all reports of a time and before, and takes none of them any more.
    pub(crate) fn cut(&mut self, floor_ms: i64, limits: &FeedLimits) {
        self.floor_ms = self.floor_ms.max(floor_ms);
        self.window.retain(|fix| fix.time_ms > floor_ms);
        self.base = Belief::default();
        self.base_key = (floor_ms, u8::MAX, u8::MAX);
        self.fold_again((floor_ms, 0, 0), limits);
    }

    /// Settles every fix up to a time: none older is expected. Those with a believed position are
    /// appended to `settled`, in the order of event time.
    pub(crate) fn settle(&mut self, until_ms: i64, limits: &FeedLimits, settled: &mut Vec<Fix>) {
        let first = self.window.partition_point(|fix| fix.key() <= self.base_key);
        for fix in &self.window[first..] {
            if fix.time_ms > until_ms {
                break;
            }
            self.base_key = fix.key();
            if self.base.step(fix, limits) && fix.position().is_some() {
                settled.push(*fix);
            }
        }
    }

    /// Whether a fix is not settled yet.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.window.last().is_some_and(|last| last.key() > self.base_key)
    }

    /// Folds the window from its base; gives whether the fix with a key is believed.
    fn fold_again(&mut self, key: ReportKey, limits: &FeedLimits) -> bool {
        let mut believed = true;
        self.tip = self.base;
        let first = self.window.partition_point(|fix| fix.key() <= self.base_key);
        for fix in &self.window[first..] {
            let fix_believed = self.tip.step(fix, limits);
            if fix.key() == key {
                believed = fix_believed;
            }
        }
        believed
    }

    fn fold_old(&mut self, limits: &FeedLimits, settled: &mut Vec<Fix>) {
        let oldest_ms = self.newest_ms.saturating_sub(limits.lateness_ms);
        let mut old = self.window.iter().take_while(|fix| fix.time_ms < oldest_ms).count();
        if self.window.len() - old > WINDOW_FIXES_MAX {
            old = self.window.len() - WINDOW_FIXES_MAX;
            self.floor_ms = self.floor_ms.max(self.window[old - 1].time_ms);
        }
        if let Some(last) = old.checked_sub(1) {
            self.settle(self.window[last].time_ms, limits, settled);
            self.window.drain(..old);
        }
    }
}
