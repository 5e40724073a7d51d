//! Detectors on their links: which value belongs to which window, and whether to believe it.

use std::collections::{BTreeMap, VecDeque};

use events::{
    DetectorConstant, DetectorMeasurement, DetectorStation, MeasurementWindow, Quantity, Text,
};
use network::{LinkNumber, Network};
use traffic::link::DetectorReading;

use super::probe::MINUTE_MS;
use crate::detector::free_flow_speed_km_h;

/// Directions of a station.
const DIRECTIONS: u32 = 2;

/// Readings kept of a direction: those of ten minutes, one a minute.
const READINGS_MAX: usize = 10;

/// A mean of five minutes is of use until so long after its end, milliseconds: publishers renew it
/// every minute and are a few minutes late.
const READING_AGE_MS_MAX: i64 = 5 * MINUTE_MS;

/// So many different times with exactly the same speed are a stuck detector: means of traffic
/// differ from minute to minute.
const STUCK_AFTER: u32 = 15;

/// One mean of a detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// End of the time it is of, Unix milliseconds.
    pub(crate) end_ms: i64,
    /// Length of that time.
    pub(crate) duration_ms: i64,
    /// Missing numbers are NaN.
    pub(crate) speed_km_h: f64,
    pub(crate) flow_veh_h: f64,
    pub(crate) occupancy_percent: f64,
}

/// One direction of a station.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tied {
    /// The link it measures, when its place and direction are known and a link is there.
    pub(crate) link: Option<LinkNumber>,
    /// By end.
    pub(crate) readings: VecDeque<Reading>,
    /// How many times in a row with the same speed.
    pub(crate) same: u32,
    /// What is published of the direction, of all seasons.
    pub(crate) constants: Vec<DetectorConstant>,
}

/// Detectors of a region by station and direction.
#[derive(Clone, Debug, Default)]
pub(crate) struct TiedDetectors {
    pub(crate) by_id: BTreeMap<(Text, u32), Tied>,
    /// Derived from `by_id`.
    of_link: BTreeMap<LinkNumber, Vec<(Text, u32)>>,
}

impl TiedDetectors {
    /// Ties the directions of a station to the links at its place.
    pub(crate) fn describe(&mut self, network: &Network, id: &Text, station: &DetectorStation) {
        let mut is_moved = false;
        for direction in 1..=DIRECTIONS {
            let tied = self.by_id.entry((id.clone(), direction)).or_default();
            is_moved |= tied.describe(network, direction, station);
        }
        if is_moved {
            self.index();
        }
    }

    /// Ties anew what a checkpoint says: the map may be another one.
    pub(crate) fn restored<'a>(
        &mut self,
        network: &Network,
        station: impl Fn(&Text) -> Option<&'a DetectorStation>,
    ) {
        for ((id, direction), tied) in &mut self.by_id {
            if let Some(station) = station(id) {
                tied.describe(network, *direction, station);
            }
        }
        self.index();
    }

    /// Takes a measurement in.
    pub(crate) fn measure(&mut self, id: &Text, time_ms: i64, measurement: &DetectorMeasurement) {
        let duration_ms = match measurement.window {
            MeasurementWindow::Fixed1Min => MINUTE_MS,
            MeasurementWindow::Fixed5Min | MeasurementWindow::Rolling5Min => 5 * MINUTE_MS,
            MeasurementWindow::Fixed60Min | MeasurementWindow::Unspecified => return,
        };
        let end_ms = measurement.window_end_ms.unwrap_or(time_ms);
        let tied = self.by_id.entry((id.clone(), measurement.direction)).or_default();
        tied.take(end_ms, duration_ms, measurement.quantity, measurement.value);
    }

    /// The publisher no longer has the station.
    pub(crate) fn remove(&mut self, id: &Text) {
        for direction in 1..=DIRECTIONS {
            self.by_id.remove(&(id.clone(), direction));
        }
        self.index();
    }

    /// There are no stations of a feed any more.
    pub(crate) fn forget(&mut self, feed: &str) {
        let is_of_it = |id: &Text| id.split_once(':').is_some_and(|(of, _)| of == feed);
        self.by_id.retain(|(id, _), _| !is_of_it(id));
        self.index();
    }

    /// Links with a detector, ascending.
    pub(crate) fn links(&self) -> impl Iterator<Item = LinkNumber> {
        self.of_link.keys().copied()
    }

    /// Ids of the stations on a link.
    pub(crate) fn ids(&self, link: LinkNumber) -> Vec<Text> {
        let keys = self.of_link.get(&link).into_iter().flatten();
        keys.map(|(id, _)| id.clone()).collect()
    }

    /// What the detectors of a link say of a window; of several the one with the newest reading.
    pub(crate) fn reading(
        &self,
        link: LinkNumber,
        start_ms: i64,
        end_ms: i64,
    ) -> Option<DetectorReading> {
        let keys = self.of_link.get(&link)?.iter();
        let tied = keys.filter_map(|key| self.by_id.get(key));
        let readings = tied.filter_map(|tied| tied.reading(start_ms, end_ms));
        readings.max_by_key(|reading| reading.end_ms)
    }

    /// The free-flow speed that is published of a link's detectors for a time, the first that there is.
    pub(crate) fn free_flow_km_h(&self, link: LinkNumber, time_ms: i64) -> Option<f64> {
        let mut keys = self.of_link.get(&link)?.iter();
        keys.find_map(|key| {
            let constants = &self.by_id.get(key)?.constants;
            free_flow_speed_km_h(constants, key.1, time_ms).filter(|&speed| speed > 0.0)
        })
    }

    /// Finds the links anew, after a change or a restart.
    fn index(&mut self) {
        self.of_link.clear();
        for (key, tied) in &self.by_id {
            if let Some(link) = tied.link {
                self.of_link.entry(link).or_default().push(key.clone());
            }
        }
    }
}

impl Tied {
    /// Takes in what is published of its direction; whether it is on another link now.
    fn describe(&mut self, network: &Network, direction: u32, station: &DetectorStation) -> bool {
        let place = station.position.zip(station.bearing_deg);
        let link = place.and_then(|(position, bearing_deg)| {
            let turn_deg = if direction == 1 { 0.0 } else { 180.0 };
            network.tie_detector(position, (bearing_deg + turn_deg).rem_euclid(360.0))
        });
        let link = link.map(|point| point.link);
        let own = station.constants.iter().filter(|constant| constant.direction == direction);
        self.constants = own.copied().collect();
        std::mem::replace(&mut self.link, link) != link
    }

    fn take(&mut self, end_ms: i64, duration_ms: i64, quantity: Quantity, value: f64) {
        let at = self.readings.partition_point(|reading| reading.end_ms < end_ms);
        if self.readings.get(at).is_none_or(|reading| reading.end_ms != end_ms) {
            let (speed_km_h, flow_veh_h, occupancy_percent) = (f64::NAN, f64::NAN, f64::NAN);
            let reading =
                Reading { end_ms, duration_ms, speed_km_h, flow_veh_h, occupancy_percent };
            self.readings.insert(at, reading);
        }
        let before = at.checked_sub(1).map(|before| self.readings[before].speed_km_h);
        let reading = &mut self.readings[at];
        match quantity {
            Quantity::SpeedKmH => {
                let again = before == Some(value) && reading.speed_km_h.is_nan();
                reading.speed_km_h = value;
                self.same = if again { self.same.saturating_add(1) } else { 0 };
            }
            Quantity::FlowVehH => reading.flow_veh_h = value,
            Quantity::OccupancyPercent => reading.occupancy_percent = value,
            Quantity::SpeedSharePercent | Quantity::FlowSharePercent | Quantity::Unspecified => {}
        }
        while self.readings.len() > READINGS_MAX {
            self.readings.pop_front();
        }
    }

    /// The mean over a window: of its own minutes, else the newest of a longer time that is not too
    /// old.
    fn reading(&self, start_ms: i64, end_ms: i64) -> Option<DetectorReading> {
        let own = self.readings.iter().filter(|reading| {
            reading.end_ms <= end_ms && reading.end_ms - reading.duration_ms >= start_ms
        });
        let mut mean = Mean::default();
        own.for_each(|reading| mean.add(reading));
        if mean.duration_ms == 0 {
            let newest = self.readings.iter().rev().find(|reading| reading.end_ms <= end_ms)?;
            // A minute's mean says nothing about another minute.
            if newest.duration_ms < end_ms - start_ms || newest.end_ms < end_ms - READING_AGE_MS_MAX
            {
                return None;
            }
            mean.add(newest);
        }
        // Where nobody passes, a mean speed is repeated by a sound detector, too.
        let is_passed = mean.flow_ms == 0 || mean.flow > 0.0;
        Some(mean.reading(is_passed && self.same >= STUCK_AFTER))
    }
}

/// Readings together.
#[derive(Default)]
struct Mean {
    end_ms: i64,
    duration_ms: i64,
    /// Vehicles, and the hours that they take for a kilometre: the mean of speeds is harmonic.
    vehicles: f64,
    pace_h_km: f64,
    /// Sums weighted by milliseconds.
    flow: f64,
    flow_ms: i64,
    occupancy: f64,
    occupancy_ms: i64,
}

impl Mean {
    fn add(&mut self, reading: &Reading) {
        let weight = reading.duration_ms as f64;
        self.end_ms = self.end_ms.max(reading.end_ms);
        self.duration_ms += reading.duration_ms;
        let flow = reading.flow_veh_h;
        // Without a flow each reading counts the same.
        let vehicles = if flow.is_nan() { 1.0 } else { flow * weight / 3_600_000.0 };
        if reading.speed_km_h > 0.0 && vehicles > 0.0 {
            self.vehicles += vehicles;
            self.pace_h_km += vehicles / reading.speed_km_h;
        }
        if !flow.is_nan() {
            self.flow += flow * weight;
            self.flow_ms += reading.duration_ms;
        }
        if !reading.occupancy_percent.is_nan() {
            self.occupancy += reading.occupancy_percent * weight;
            self.occupancy_ms += reading.duration_ms;
        }
    }

    fn reading(&self, stuck: bool) -> DetectorReading {
        let mean = |sum: f64, ms: i64| (ms > 0).then(|| sum / ms as f64);
        DetectorReading {
            end_ms: self.end_ms,
            speed_km_h: (self.pace_h_km > 0.0).then(|| self.vehicles / self.pace_h_km),
            flow_veh_h: mean(self.flow, self.flow_ms),
            occupancy_percent: mean(self.occupancy, self.occupancy_ms),
            stuck,
        }
    }
}
