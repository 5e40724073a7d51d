//! Distance and time of vehicles in a cell of a link and a window.

/// What vehicles did in one cell, a stretch of a link during a window: the sums of Edie's
/// definitions. Whole millimetres and milliseconds, so that the order of adding does not matter and
/// parts add up to the whole exactly.
///
/// Source: L. C. Edie, Discussion of Traffic Stream Measurements and Definitions, 2nd International
/// Symposium on the Theory of Traffic Flow, 1963: with `d` the distance and `t` the time of all
/// vehicles in a cell of area `length × duration`, flow is `d / area`, density `t / area`, and
/// space-mean speed `d / t`.
///
/// ```
/// use traffic::link::EdieSum;
/// // One vehicle drives 100 m in 10 s, another stands for 10 s: 5 m/s, not the mean of spot speeds.
/// let mut cell = EdieSum::default();
/// cell.add(&EdieSum { distance_mm: 100_000, time_ms: 10_000, vehicles: 1, ..EdieSum::default() });
/// cell.add(&EdieSum { time_ms: 10_000, stopped_ms: 10_000, vehicles: 1, ..EdieSum::default() });
/// assert_eq!(cell.speed_km_h(), Some(18.0));
/// assert_eq!(cell.density_veh_km(100.0, 10.0), 20.0);
/// assert_eq!(cell.flow_veh_h(100.0, 10.0), 360.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdieSum {
    /// Driven, millimetres.
    pub distance_mm: u64,
    /// Spent, milliseconds.
    pub time_ms: u64,
    /// Of which standing, milliseconds.
    pub stopped_ms: u64,
    /// Stays: a vehicle that comes back counts again.
    pub vehicles: u32,
    /// Vehicles that drove past the middle of the link in the window.
    pub passages: u32,
}

impl EdieSum {
    /// Adds another cell.
    pub fn add(&mut self, other: &Self) {
        self.distance_mm = self.distance_mm.saturating_add(other.distance_mm);
        self.time_ms = self.time_ms.saturating_add(other.time_ms);
        self.stopped_ms = self.stopped_ms.saturating_add(other.stopped_ms);
        self.vehicles = self.vehicles.saturating_add(other.vehicles);
        self.passages = self.passages.saturating_add(other.passages);
    }

    /// Whether nothing was there.
    pub fn is_empty(&self) -> bool {
        self.time_ms == 0
    }

    /// Space-mean speed, km/h, 0 or more; none when nothing was there.
    pub fn speed_km_h(&self) -> Option<f64> {
        // mm/ms is m/s.
        (self.time_ms > 0).then(|| self.distance_mm as f64 / self.time_ms as f64 * 3.6)
    }

    /// Density of these vehicles, veh/km, of a cell as long (metres) and lasting as long (seconds).
    pub fn density_veh_km(&self, length_m: f64, duration_s: f64) -> f64 {
        self.time_ms as f64 / (length_m * duration_s)
    }

    /// Flow of these vehicles, veh/h, of a cell as long (metres) and lasting as long (seconds).
    pub fn flow_veh_h(&self, length_m: f64, duration_s: f64) -> f64 {
        self.distance_mm as f64 * 3.6 / (length_m * duration_s)
    }
}
