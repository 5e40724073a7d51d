//! The weather of a region from its road weather stations.

use super::studded::RoadState;

/// The temperature of a region follows its stations once their median is so far from it, °C. A
/// temperature has curves of its own, of some 15 milliseconds for each mix and kind of road, so it
/// goes in whole degrees, and noise about half a degree must not move it to and fro.
const TEMPERATURE_MOVES_C: f64 = 0.75;

/// Depths of water that make a difference: on a moist road steps of 0.01 up to 0.03 mm (nothing
/// is emitted beyond), of snow and ice whole millimetres.
const MOIST_STEP_MM: f64 = 0.01;
const MOIST_MM_MAX: f64 = 0.03;

/// What one road weather station says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StationWeather {
    /// Of the air, °C.
    pub temperature_c: Option<f64>,
    /// Of the road, the worst of its sensors.
    pub road: Option<RoadState>,
}

/// What the stations of a region say together; nothing of what none of them measures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeasuredWeather {
    /// Of the air, whole °C.
    pub temperature_c: Option<f64>,
    /// Stations that it is from.
    pub temperature_stations: u32,
    /// Of the roads.
    pub road: Option<RoadState>,
    /// Stations that it is from.
    pub road_stations: u32,
}

impl MeasuredWeather {
    /// The median of the stations' temperatures, in whole degrees, and the worst state of the road
    /// that at least half of the stations have, or have worse; `before` is what held until now. Dry
    /// is better than moist, moist than wet, wet than snow and ice, which count together: of these
    /// two it is the one that more stations have, ice of as many. Depths are medians. Stations in
    /// any order give the same.
    ///
    /// ```
    /// use traffic::emission::studded::RoadState;
    /// use traffic::emission::{MeasuredWeather, StationWeather};
    /// let station = |temperature_c, road| StationWeather {
    ///     temperature_c: Some(temperature_c),
    ///     road: Some(road),
    /// };
    /// let (dry, wet) = (RoadState::Dry, RoadState::Wet);
    /// // One station lies.
    /// let stations = [station(2.3, wet), station(1.4, wet), station(40.0, dry)];
    /// let measured = MeasuredWeather::of(&stations, &MeasuredWeather::default());
    /// assert_eq!((measured.temperature_c, measured.road), (Some(2.0), Some(wet)));
    /// // Of two that differ the worse is taken, and a degree holds until the median is 0.75 away.
    /// let later = MeasuredWeather::of(&[station(2.7, wet), station(2.7, dry)], &measured);
    /// assert_eq!((later.temperature_c, later.road), (Some(2.0), Some(wet)));
    /// assert_eq!(MeasuredWeather::of(&[station(2.8, dry)], &later).temperature_c, Some(3.0));
    /// assert_eq!(MeasuredWeather::of(&[], &later), MeasuredWeather::default());
    /// ```
    pub fn of(stations: &[StationWeather], before: &Self) -> Self {
        let temperatures: Vec<f64> = stations.iter().filter_map(|of| of.temperature_c).collect();
        let roads: Vec<RoadState> = stations.iter().filter_map(|station| station.road).collect();
        let temperature_stations = temperatures.len() as u32;
        let temperature_c = median(temperatures).map(|median_c| {
            let held = before.temperature_c;
            let held = held.filter(|held_c| (median_c - held_c).abs() < TEMPERATURE_MOVES_C);
            held.unwrap_or(median_c.round())
        });
        Self {
            temperature_c,
            temperature_stations,
            road_stations: roads.len() as u32,
            road: common_road(&roads),
        }
    }
}

/// How bad a state is: 0 dry, 1 moist, 2 wet, 3 snow or ice.
fn badness(state: &RoadState) -> usize {
    match state {
        RoadState::Dry => 0,
        RoadState::Moist { .. } => 1,
        RoadState::Wet => 2,
        RoadState::Snow { .. } | RoadState::Ice { .. } => 3,
    }
}

/// The worst state that at least half have, or have worse.
fn common_road(roads: &[RoadState]) -> Option<RoadState> {
    let at_least = |bad: usize| roads.iter().filter(|state| badness(state) >= bad).count();
    let bad = (0..=3).rev().find(|&bad| !roads.is_empty() && at_least(bad) * 2 >= roads.len())?;
    let depths = |of: fn(&RoadState) -> Option<f64>| median(roads.iter().filter_map(of).collect());
    Some(match bad {
        0 => RoadState::Dry,
        1 => {
            let depth = depths(|state| match state {
                RoadState::Moist { water_mm } => *water_mm,
                _ => None,
            });
            let step = |mm: f64| (mm.min(MOIST_MM_MAX) / MOIST_STEP_MM).round() * MOIST_STEP_MM;
            RoadState::Moist { water_mm: depth.map(step) }
        }
        2 => RoadState::Wet,
        _ => {
            let ice = |state: &&RoadState| matches!(state, RoadState::Ice { .. });
            let snow = |state: &&RoadState| matches!(state, RoadState::Snow { .. });
            if roads.iter().filter(ice).count() >= roads.iter().filter(snow).count() {
                let depth = depths(|state| match state {
                    RoadState::Ice { water_mm } => *water_mm,
                    _ => None,
                });
                RoadState::Ice { water_mm: depth.map(f64::round) }
            } else {
                let depth = depths(|state| match state {
                    RoadState::Snow { water_mm } => *water_mm,
                    _ => None,
                });
                RoadState::Snow { water_mm: depth.map(f64::round) }
            }
        }
    })
}

/// The one in the middle, of two the mean.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let above = values.len() / 2;
    let upper = *values.get(above)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[above - 1], upper) })
}
