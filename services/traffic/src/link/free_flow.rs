//! The speed of a link when nothing is in the way.

/// Which share of the windows is slower.
const QUANTILE: f64 = 0.85;

/// A step, as a share of the limit, that becomes smaller with each window down to the least.
const STEP: f64 = 0.1;
const STEP_MIN: f64 = 0.005;

/// Free flow lies between these shares of the limit.
const SHARE_RANGE: (f64, f64) = (0.4, 1.2);

/// First guess: free flow as a share of the limit, by whether the link ends at traffic lights.
const UNKNOWN_SHARE: [f64; 2] = [0.95, 0.8];

/// Free-flow speed, learned as the speed that 85 of 100 windows stay below.
///
/// Source: the 85th percentile of space-mean speeds is the usual reference of probe data (INRIX,
/// and FHWA, Travel Time Reliability Measures); the running quantile is the stochastic
/// approximation of Robbins & Monro, Annals of Mathematical Statistics 22, 1951.
///
/// ```
/// use traffic::link::FreeFlow;
/// let mut free_flow = FreeFlow::new(50.0, true);
/// assert_eq!(free_flow.speed_km_h(), 40.0);
/// for window in 0..2_000 {
///     free_flow.learn(20.0 + f64::from(window % 20), 50.0);
/// }
/// assert!((free_flow.speed_km_h() - 36.5).abs() < 1.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FreeFlow {
    /// Kilometres an hour.
    pub speed_km_h: f32,
    /// Windows behind it.
    pub windows: u32,
}

impl FreeFlow {
    /// A guess from the speed limit.
    pub fn new(limit_km_h: f64, signal: bool) -> Self {
        let speed_km_h = (limit_km_h * UNKNOWN_SHARE[usize::from(signal)]) as f32;
        Self { speed_km_h, windows: 0 }
    }

    /// Kilometres an hour, above 0.
    pub fn speed_km_h(&self) -> f64 {
        self.speed_km_h.into()
    }

    /// Learns from the speed of a window of a link with this limit.
    pub fn learn(&mut self, speed_km_h: f64, limit_km_h: f64) {
        self.windows = self.windows.saturating_add(1);
        let step = limit_km_h * (STEP / f64::from(self.windows).sqrt()).max(STEP_MIN);
        let up = if speed_km_h > self.speed_km_h() { QUANTILE } else { QUANTILE - 1.0 };
        let (low, high) = SHARE_RANGE;
        let moved = self.speed_km_h() + step * up;
        self.speed_km_h = moved.clamp(low * limit_km_h, high * limit_km_h) as f32;
    }
}
