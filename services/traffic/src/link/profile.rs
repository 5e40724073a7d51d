//! What is usual on a link: learned online from windows that were measured.

use super::EdieSum;

/// Vehicles of one window that count: more of them were in the same queue.
const VEHICLES_MAX: f64 = 5.0;

/// So much weight makes a centre that a single window moves little.
const SETTLED: f64 = 20.0;

/// Weights do not grow beyond it, so that what was learned is forgotten over some weeks and the
/// profile follows the seasons: about 40 vehicles a day for two months.
const WEIGHT_MAX: f64 = 2_500.0;

/// The same for one hour of the week: eight weeks of 12 windows.
const HOUR_WEIGHT_MAX: f64 = 500.0;

/// Weight at which an hour's own deviation counts half.
const HOUR_HALF: f64 = 20.0;

/// A window moves a settled centre by no more than this share of the spread: one accident is not
/// usual.
const CLIP: f64 = 0.5;

/// And one that is not settled.
const CLIP_UNSETTLED: f64 = 9.0;

/// Nothing usual is slower, m/s.
const SPEED_MIN: f64 = 0.3;

/// Share of the limit that is expected on streets of which nothing is known yet, by whether the
/// link ends at traffic lights; spread of its windows.
const UNKNOWN_SHARE: [f64; 2] = [0.85, 0.6];
const UNKNOWN_SPREAD: f64 = 0.2;

/// Windows that the first guess of the spread stands for.
const UNKNOWN_SPREAD_WEIGHT: f64 = 10.0;

/// Centre and spread of a link's speed over windows of one length.
///
/// The centre is a running mean whose steps are clipped (a one-step Huber estimate; Huber, Robust
/// Statistics, 1981, chapter 3), the spread the mean of the deviations' amounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centre {
    /// Metres per second.
    pub speed_m_s: f64,
    /// Weight behind it, in vehicles.
    pub weight: f64,
    /// Mean relative deviation of a window.
    pub spread: f64,
    /// Weight behind that.
    pub spread_weight: f64,
}

impl Centre {
    /// A guess from the speed limit.
    pub fn unknown(limit_km_h: f64, signal: bool) -> Self {
        Self {
            speed_m_s: (limit_km_h / 3.6 * UNKNOWN_SHARE[usize::from(signal)]).max(SPEED_MIN),
            weight: 1.0,
            spread: UNKNOWN_SPREAD,
            spread_weight: UNKNOWN_SPREAD_WEIGHT,
        }
    }

    /// How far a window may move it, metres per second.
    fn limit(&self) -> f64 {
        let clip = if self.weight < SETTLED { CLIP_UNSETTLED } else { CLIP };
        clip * self.spread * self.speed_m_s
    }

    /// Learns from a window in which vehicles (weight) drove a speed; gives the clipped deviation.
    fn learn(&mut self, speed_m_s: f64, weight: f64) -> f64 {
        let limit = self.limit();
        self.weight = (self.weight + weight).min(WEIGHT_MAX);
        let step = (speed_m_s - self.speed_m_s).clamp(-limit, limit);
        self.speed_m_s = (self.speed_m_s + weight / self.weight * step).max(SPEED_MIN);
        self.spread_weight = (self.spread_weight + weight).min(WEIGHT_MAX);
        let deviation = (speed_m_s / self.speed_m_s - 1.0).abs();
        self.spread += weight / self.spread_weight * (deviation - self.spread);
        (speed_m_s - self.speed_m_s).clamp(-limit, limit)
    }
}

/// One hour of the week on a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hour {
    /// 0 (Monday, midnight) to 167.
    pub hour: u8,
    /// Speed above the centre's, as a share of it.
    pub deviation: f32,
    /// Weight behind it, in vehicles.
    pub weight: f32,
    /// Flow, veh/h, and windows behind it.
    pub flow_veh_h: f32,
    /// Windows behind the flow.
    pub flow_weight: f32,
}

/// What is usual on a link at every hour of the week.
///
/// ```
/// use traffic::link::{EdieSum, LinkProfile};
/// let mut profile = LinkProfile::new(50.0, false);
/// // Before anything was seen: a share of the limit.
/// assert!((profile.five_minutes(8).speed_km_h() - 42.5).abs() < 0.1);
/// let cell =
///     EdieSum { distance_mm: 500_000, time_ms: 90_000, vehicles: 5, ..EdieSum::default() };
/// (0..100).for_each(|_| profile.learn_five_minutes(8, &cell));
/// assert!((profile.five_minutes(8).speed_km_h() - 20.0).abs() < 1.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinkProfile {
    /// Of one minute.
    pub minute: Centre,
    /// Of five minutes.
    pub five_minutes: Centre,
    /// Hours in which something was seen, ascending.
    pub hours: Vec<Hour>,
}

/// The usual speed of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Typical {
    /// Metres per second.
    pub speed_m_s: f64,
    /// Mean relative deviation of a window from it.
    pub spread: f64,
}

impl Typical {
    /// Kilometres an hour.
    pub fn speed_km_h(&self) -> f64 {
        self.speed_m_s * 3.6
    }
}

impl LinkProfile {
    /// Of a link of which nothing is known but its speed limit and whether it ends at lights.
    pub fn new(limit_km_h: f64, signal: bool) -> Self {
        let centre = Centre::unknown(limit_km_h, signal);
        Self { minute: centre, five_minutes: centre, hours: Vec::new() }
    }

    /// Whether enough was seen to call anything usual.
    pub fn is_learned(&self) -> bool {
        self.five_minutes.weight >= SETTLED
    }

    /// The usual speed of a minute in an hour of the week.
    pub fn minute(&self, hour: usize) -> Typical {
        self.typical(&self.minute, hour)
    }

    /// The usual speed of five minutes in an hour of the week.
    pub fn five_minutes(&self, hour: usize) -> Typical {
        self.typical(&self.five_minutes, hour)
    }

    fn typical(&self, centre: &Centre, hour: usize) -> Typical {
        let deviation = self.hour(hour).map_or(0.0, |hour| {
            let weight = f64::from(hour.weight);
            f64::from(hour.deviation) * weight / (weight + HOUR_HALF)
        });
        let speed_m_s = (centre.speed_m_s * (1.0 + deviation)).max(SPEED_MIN);
        Typical { speed_m_s, spread: centre.spread }
    }

    /// The usual flow in an hour of the week, veh/h, and the windows behind it; none when nothing
    /// is known.
    pub fn flow_veh_h(&self, hour: usize) -> Option<(f64, f64)> {
        let hour = self.hour(hour).filter(|hour| hour.flow_weight > 0.0)?;
        Some((hour.flow_veh_h.into(), hour.flow_weight.into()))
    }

    fn hour(&self, hour: usize) -> Option<&Hour> {
        let at = self.hours.binary_search_by_key(&(hour as u8), |known| known.hour).ok()?;
        Some(&self.hours[at])
    }

    fn hour_mut(&mut self, hour: usize) -> &mut Hour {
        let hour = hour as u8;
        let at = self.hours.binary_search_by_key(&hour, |known| known.hour);
        let at = at.unwrap_or_else(|at| {
            self.hours.insert(at, Hour { hour, ..Hour::default() });
            at
        });
        &mut self.hours[at]
    }

    /// Learns from the cars of a minute.
    pub fn learn_minute(&mut self, cars: &EdieSum) {
        if let Some((speed_m_s, weight)) = speed_and_weight(cars) {
            self.minute.learn(speed_m_s, weight);
        }
    }

    /// Learns from the cars of five minutes in an hour of the week.
    pub fn learn_five_minutes(&mut self, hour: usize, cars: &EdieSum) {
        let Some((speed_m_s, weight)) = speed_and_weight(cars) else { return };
        let deviation = self.five_minutes.learn(speed_m_s, weight) / self.five_minutes.speed_m_s;
        let hour = self.hour_mut(hour);
        hour.weight = (f64::from(hour.weight) + weight).min(HOUR_WEIGHT_MAX) as f32;
        hour.deviation += weight as f32 / hour.weight * (deviation as f32 - hour.deviation);
    }

    /// Learns the flow of five minutes in an hour of the week, veh/h.
    pub fn learn_flow(&mut self, hour: usize, flow_veh_h: f64) {
        let hour = self.hour_mut(hour);
        hour.flow_weight = (hour.flow_weight + 1.0).min(FLOW_WEIGHT_MAX);
        hour.flow_veh_h += (flow_veh_h as f32 - hour.flow_veh_h) / hour.flow_weight;
    }
}

/// Windows of one hour of the week that its flow is the mean of: eight weeks.
const FLOW_WEIGHT_MAX: f32 = 96.0;

fn speed_and_weight(cars: &EdieSum) -> Option<(f64, f64)> {
    if cars.is_empty() || cars.vehicles == 0 {
        return None;
    }
    let speed_m_s = cars.distance_mm as f64 / cars.time_ms as f64;
    Some((speed_m_s, f64::from(cars.vehicles).min(VEHICLES_MAX)))
}
