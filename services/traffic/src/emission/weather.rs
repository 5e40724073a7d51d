//! Weather and tyres of a moment, as far as emissions depend on them.

use super::studded::{RoadState, StuddedShare};

/// Weather and tyres. Two moments with the same have the same curves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// Air temperature, whole °C.
    pub temperature_c: f64,
    /// Surface of the roads.
    pub road: RoadState,
    /// Share of vehicles on studded tyres.
    pub studded: StuddedShare,
    /// Year, for the shares of biofuels and the making of electricity.
    pub year: i32,
}

/// Monthly means of a place's air temperature, °C: what is taken where nobody measures it.
///
/// ```
/// use traffic::emission::Climate;
/// let climate = Climate([-4.0, -5.0, -1.0, 4.0, 10.0, 15.0, 18.0, 16.0, 11.0, 6.0, 1.0, -2.0]);
/// assert_eq!(climate.temperature_c(7, 16), 18.0);
/// // Between the middles of two months the mean goes from one to the other.
/// assert!((climate.temperature_c(8, 1) - 17.0).abs() < 0.1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Climate(pub [f64; 12]);

impl Climate {
    /// Usual temperature of a day.
    pub fn temperature_c(&self, month: u32, day: u32) -> f64 {
        let middle = (f64::from(month.clamp(1, 12)) - 1.0) + (f64::from(day) - 16.0) / 30.5;
        let before = middle.floor();
        let share = middle - before;
        let of = |month: f64| self.0[(month.rem_euclid(12.0) as usize).min(11)];
        of(before) + share * (of(before + 1.0) - of(before))
    }
}

impl Default for Climate {
    /// 5 °C all year, which is about the mean of southern Finland.
    fn default() -> Self {
        Self([5.0; 12])
    }
}

/// Name of a state of the road, for people.
///
/// ```
/// use traffic::emission::{road_state_name, studded::RoadState};
/// assert_eq!(road_state_name(RoadState::Wet), "wet");
/// ```
pub fn road_state_name(state: RoadState) -> &'static str {
    match state {
        RoadState::Dry => "dry",
        RoadState::Moist { .. } => "moist",
        RoadState::Wet => "wet",
        RoadState::Snow { .. } => "snow",
        RoadState::Ice { .. } => "ice",
    }
}
