//! How a region's traffic rises and falls within the hours of a week.

use super::calendar::WEEK_FIVE_MINUTES;

/// Weeks that a value is the mean of, at most: later ones count more.
const WEEKS_MAX: f32 = 8.0;

/// So much traffic, veh/h over all links together, pulls each five minutes towards the hour's mean:
/// at night a single car would make a wave.
const PRIOR_VEH_H: f64 = 1_200.0;

/// Five minutes of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowSlot {
    /// 0 (Monday, midnight) to 2,015.
    pub slot: u16,
    /// Of all links together, veh/h.
    pub flow_veh_h: f32,
    /// Weeks behind it.
    pub weeks: f32,
}

/// The flow of all links of a region together in each five minutes of a week. It says how the
/// traffic of a single link, of which only the hour's mean is known well, runs within the hour.
///
/// ```
/// use traffic::link::FlowCurve;
/// let mut curve = FlowCurve::default();
/// assert_eq!(curve.share_of_hour(96), 1.0);
/// // From eight o'clock on it is twice as much in each second five minutes.
/// (96..108).for_each(|slot| curve.learn(slot, [20_000.0, 40_000.0][slot % 2]));
/// assert!((curve.share_of_hour(96) - 2.0 / 3.0).abs() < 0.02);
/// assert!((curve.share_of_hour(97) - 4.0 / 3.0).abs() < 0.02);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowCurve {
    /// What is known, by slot.
    pub slots: Vec<FlowSlot>,
}

impl FlowCurve {
    /// The flow of five minutes of the week over the mean of its hour, above 0; 1 where it is not
    /// known.
    pub fn share_of_hour(&self, slot: usize) -> f64 {
        let hour = slot / 12;
        let from = self.slots.partition_point(|known| usize::from(known.slot) < hour * 12);
        let known = &self.slots[from..];
        let known = &known[..known.partition_point(|known| usize::from(known.slot) / 12 == hour)];
        let Some(own) = known.iter().find(|known| usize::from(known.slot) == slot) else {
            return 1.0;
        };
        let sum: f64 = known.iter().map(|known| f64::from(known.flow_veh_h)).sum();
        let mean_veh_h = sum / known.len() as f64;
        (f64::from(own.flow_veh_h) + PRIOR_VEH_H) / (mean_veh_h + PRIOR_VEH_H)
    }

    /// Learns the flow of all links together, veh/h, in five minutes of the week.
    pub fn learn(&mut self, slot: usize, flow_veh_h: f64) {
        let slot = (slot % WEEK_FIVE_MINUTES) as u16;
        let at = self.slots.binary_search_by_key(&slot, |known| known.slot);
        let at = at.unwrap_or_else(|at| {
            self.slots.insert(at, FlowSlot { slot, flow_veh_h: 0.0, weeks: 0.0 });
            at
        });
        let known = &mut self.slots[at];
        known.weeks = (known.weeks + 1.0).min(WEEKS_MAX);
        known.flow_veh_h += (flow_veh_h as f32 - known.flow_veh_h) / known.weeks;
    }
}
