//! What goes into a meter of power, and what comes out.

/// A fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerSample {
    /// Event time, milliseconds since 1970.
    pub time_ms: i64,
    /// Speed, m/s, 0 or more; no number where the vehicle sent none, then the odometer has to do.
    pub speed_m_s: f64,
    /// Metres since the trip began, where it is sent.
    pub odometer_m: Option<f64>,
    /// Whether doors are open, where it is known: then the vehicle stands at a stop, whatever its
    /// speed says.
    pub doors_open: Option<bool>,
}

/// Time between two fixes that lie too far apart for power second by second: for the model of mean
/// speeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The last fix before it.
    pub from_ms: i64,
    /// The first after it.
    pub to_ms: i64,
    /// Distance driven in it, metres, where both fixes had an odometer that can be true.
    pub distance_m: Option<f64>,
}

/// A part of a trip of 500 m or more, or what was left of one at a gap, at the end, or after ten
/// minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// When it began.
    pub from_ms: i64,
    /// When it ended.
    pub to_ms: i64,
    /// Its length, metres, 0 or more.
    pub distance_m: f64,
    /// Its time, seconds, above 0.
    pub time_s: f64,
    /// Whether it has 500 m.
    pub whole: bool,
}

impl Segment {
    /// Mean speed, km/h.
    pub fn speed_km_h(&self) -> f64 {
        self.distance_m / self.time_s * 3.6
    }

    /// Mass emitted, g, by a curve in g/km over the mean speed in km/h. A segment without length
    /// emits nothing here: standing is the matter of a term of its own.
    ///
    /// ```
    /// use traffic::emission::power::Segment;
    /// let (distance_m, time_s) = (500.0, 100.0);
    /// let segment = Segment { from_ms: 0, to_ms: 100_000, distance_m, time_s, whole: true };
    /// assert_eq!(segment.speed_km_h(), 18.0);
    /// assert_eq!(segment.grams(|speed_km_h| 9.0 / speed_km_h), Some(0.25));
    /// ```
    pub fn grams(&self, curve_g_km: impl Fn(f64) -> f64) -> Option<f64> {
        let grams = curve_g_km(self.speed_km_h()) * self.distance_m / 1_000.0;
        (grams.is_finite() && grams >= 0.0).then_some(grams)
    }
}

/// What the seconds that became known with a fix came to. Each second of a trip is told once, two
/// seconds late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PowerStep {
    /// End of the second before the first one told here, milliseconds since 1970.
    pub from_ms: i64,
    /// End of the last one.
    pub to_ms: i64,
    /// How many there are, none to a few.
    pub seconds: u32,
    /// Distance in them, metres.
    pub distance_m: f64,
    /// Energy of the fuel, MJ.
    pub fuel_mj: f64,
    /// CO2 at the tailpipe, g.
    pub co2_g: f64,
    /// Drawn from battery or wire, MJ.
    pub electric_mj: f64,
    /// Given back to battery or wire, MJ.
    pub regenerated_mj: f64,
    /// Of the seconds, those at a stop with open doors.
    pub at_stop_s: u32,
    /// Of the seconds, those standing elsewhere.
    pub standing_s: u32,
    /// How many inputs were out of range and moved to its end.
    pub clamped: u32,
    /// A gap that the fix ended.
    pub gap: Option<Gap>,
    /// A segment that the fix ended.
    pub segment: Option<Segment>,
}

/// Why a fix was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Neither speed nor odometer, or a condition, is a number; or the time is absurd.
    NotANumber,
    /// It is not newer than the one before it.
    NotNewer,
}

/// What came of a fix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fed {
    /// It was used.
    Step(PowerStep),
    /// It was not, and changed nothing.
    Ignored(Ignored),
}
