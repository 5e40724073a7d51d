//! What the weather, the road and the day are like.

/// Conditions of driving. Values outside of the stated ranges are taken as the nearest bound, and
/// counted in [`Clamps`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Air temperature, -30 to 40 °C.
    pub temperature_c: f64,
    /// Slope in the direction of travel, -6 to 6 %.
    pub slope_percent: f64,
    /// Load of heavy vehicles: of goods or of passengers, 0 to 1 of what they may carry.
    pub load_share: f64,
    /// Mean length of a trip, 2 to 25 km: the shorter, the more are cold.
    pub mean_trip_km: f64,
    /// Year, for the share of biofuel and the making of electricity.
    pub year: i32,
}

impl Default for Conditions {
    /// A mild day on a level road: 15 °C, half load, trips of 12.4 km (the guidebook's default
    /// for Europe), 2025.
    fn default() -> Self {
        Self {
            temperature_c: 15.0,
            slope_percent: 0.0,
            load_share: 0.5,
            mean_trip_km: 12.4,
            year: 2025,
        }
    }
}

/// How many values were taken as the nearest bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clamps {
    /// Temperatures.
    pub temperature: u32,
    /// Slopes.
    pub slope: u32,
    /// Loads.
    pub load: u32,
    /// Lengths of trips.
    pub trip: u32,
}

impl Clamps {
    /// All of them.
    pub const fn total(&self) -> u32 {
        self.temperature + self.slope + self.load + self.trip
    }
}

impl Conditions {
    /// Range of the temperature, °C: the cold-start quotients are stated to -10 and extrapolated
    /// to -30.
    pub const TEMPERATURE_C: [f64; 2] = [-30.0, 40.0];
    /// Range of the slope, percent: the annex's.
    pub const SLOPE_PERCENT: [f64; 2] = [-6.0, 6.0];
    /// Range of the load.
    pub const LOAD_SHARE: [f64; 2] = [0.0, 1.0];
    /// Range of the mean trip, km: beyond, the linear formula of the cold share means nothing.
    pub const MEAN_TRIP_KM: [f64; 2] = [2.0, 25.0];

    /// The conditions with every value within its range, and how many were not. What is not a
    /// number becomes the default's value.
    ///
    /// ```
    /// use traffic::emission::Conditions;
    /// let (conditions, clamps) =
    ///     Conditions { temperature_c: -60.0, ..Conditions::default() }.clamped();
    /// assert_eq!(conditions.temperature_c, -30.0);
    /// assert_eq!((clamps.temperature, clamps.total()), (1, 1));
    /// ```
    pub fn clamped(&self) -> (Self, Clamps) {
        let usual = Self::default();
        let mut clamps = Clamps::default();
        let within = |value: f64, range: [f64; 2], usual: f64, count: &mut u32| {
            let taken = if value.is_nan() { usual } else { value.clamp(range[0], range[1]) };
            *count += u32::from(taken.to_bits() != value.to_bits());
            taken
        };
        let conditions = Self {
            temperature_c: within(
                self.temperature_c,
                Self::TEMPERATURE_C,
                usual.temperature_c,
                &mut clamps.temperature,
            ),
            slope_percent: within(
                self.slope_percent,
                Self::SLOPE_PERCENT,
                usual.slope_percent,
                &mut clamps.slope,
            ),
            load_share: within(
                self.load_share,
                Self::LOAD_SHARE,
                usual.load_share,
                &mut clamps.load,
            ),
            mean_trip_km: within(
                self.mean_trip_km,
                Self::MEAN_TRIP_KM,
                usual.mean_trip_km,
                &mut clamps.trip,
            ),
            year: self.year,
        };
        (conditions, clamps)
    }
}
