//! The flow of a link from a part of its vehicles.

/// Discount of what was counted by each five minutes: counts of a quarter of an hour are
/// remembered.
const DISCOUNT: f64 = 0.7;

/// Variance over its mean of a day's count against what is usual and the demand of the day: that of
/// a Poisson count. On simulated days less would come a little nearer on the whole, but follow the
/// vehicles too slowly on a link that has changed its ways.
const DISPERSION_OF_DAYS: f64 = 1.0;

/// The same of the count of five minutes: vehicles come in platoons.
const DISPERSION: f64 = 2.0;

/// Relative error of the usual flow that no number of days takes away.
const USUAL_ERROR: f64 = 0.05;

/// A link whose count is farther from the expected one than that, in squared standard deviations,
/// has changed its ways: the usual holds it back less.
const TAIL: f64 = 2.0;

/// Vehicles that pull the demand of the day towards the usual.
const DEMAND_PRIOR: f64 = 50.0;

/// Discount of the region's sums by each five minutes.
const REGION_DISCOUNT: f64 = 0.6;

/// The same of the sums that tell whether what is called usual is right on the whole: they remember
/// a day or so of traffic.
const LONG_DISCOUNT: f64 = 0.995;

/// Vehicles seen at detectors that pull that correction towards none, and its limits.
const CORRECTION_PRIOR: f64 = 50.0;
const CORRECTION_RANGE: (f64, f64) = (0.5, 2.0);

/// Vehicles that a lane carries in an hour at most: the capacity of a motorway's lane (Highway
/// Capacity Manual, 6th edition, 2,400 passenger cars at 110 km/h and more).
pub const CAPACITY_VEH_H: f64 = 2_400.0;

/// Expected vehicles, under which no penetration is given: too few to tell.
const VEHICLES_MIN: f64 = 30.0;

/// Less is not expected, vehicles: to divide by.
const LIKELY_MIN: f64 = 0.05;

/// Windows of five minutes that make a day's hour.
const WINDOWS_PER_DAY: f64 = 12.0;

/// Days that stand behind a guess.
const GUESS_DAYS: f64 = 0.05;

/// Relative error of a detector's count, and of its correction by the buses.
const DETECTOR_ERROR: f64 = 0.04;

/// Half the width of the interval in standard deviations; nine of ten values lie inside (normal).
const HALF_WIDTH: f64 = 1.645;

/// An estimated flow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowEstimate {
    /// Vehicles an hour.
    pub flow_veh_h: f64,
    /// Standard deviation of it.
    pub deviation_veh_h: f64,
}

impl FlowEstimate {
    /// The interval that holds the truth in nine of ten cases, veh/h; the lower end is 0 or more.
    pub fn interval_veh_h(&self) -> [f64; 2] {
        let half_veh_h = HALF_WIDTH * self.deviation_veh_h;
        [(self.flow_veh_h - half_veh_h).max(0.0), self.flow_veh_h + half_veh_h]
    }
}

/// What is usual on a link at this hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualFlow {
    /// Vehicles an hour, above 0.
    pub flow_veh_h: f64,
    /// Windows of five minutes behind it; 0 is a guess.
    pub windows: f64,
}

/// Vehicles that were seen on a link against those that were likely to be, later ones counting more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FlowFilter {
    /// Seen.
    pub seen: f64,
    /// Expected to be seen by the profile, the demand and the share of vehicles that was seen at the
    /// time: that share may change from one hour to the next.
    pub likely: f64,
}

/// How a region's traffic is against the usual, and how much of it is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Share of vehicles that is seen, above 0 and at most 1.
    pub penetration: f64,
    /// Demand of the day over the usual, above 0.
    pub ratio: f64,
}

impl FlowFilter {
    /// Goes on by five minutes in which so many vehicles were seen. Where the demand is not known
    /// they say nothing about the link.
    pub fn window(&mut self, seen: f64, usual: &UsualFlow, demand: Option<&Demand>) {
        self.seen *= DISCOUNT;
        self.likely *= DISCOUNT;
        if let Some(demand) = demand {
            self.seen += seen;
            self.likely += demand.penetration * demand.ratio * usual.flow_veh_h / 12.0;
        }
    }

    /// The flow of a window in which vehicles were seen, `seen_veh_h` an hour. Those are certain;
    /// of the others there are as many as usual, times the demand of the day and what the filter
    /// makes of the link.
    ///
    /// A Gamma prior around the usual count, a Poisson count of the seen part (Gelman et al.,
    /// Bayesian Data Analysis, 2013, section 2.6); seen and unseen vehicles of a Poisson process are
    /// independent (thinning; Kingman, Poisson Processes, 1993, section 5.1).
    ///
    /// ```
    /// use traffic::link::{Demand, FlowFilter, UsualFlow};
    /// let usual = UsualFlow { flow_veh_h: 240.0, windows: 12.0 };
    /// let demand = Demand { penetration: 0.1, ratio: 1.0 };
    /// let mut filter = FlowFilter::default();
    /// // Two seen of twenty, again and again: 240 an hour.
    /// (0..24).for_each(|_| filter.window(2.0, &usual, Some(&demand)));
    /// let flow = filter.flow(&usual, &demand, 24.0);
    /// assert!((flow.flow_veh_h - 240.0).abs() < 1.0);
    /// // Twice as many are seen: the usual holds back a little.
    /// (0..24).for_each(|_| filter.window(4.0, &usual, Some(&demand)));
    /// let more = filter.flow(&usual, &demand, 48.0);
    /// assert!(more.flow_veh_h > 300.0 && more.flow_veh_h < 490.0);
    /// // All are seen: what was counted is the flow.
    /// let all = Demand { penetration: 1.0, ratio: 1.0 };
    /// assert_eq!(filter.flow(&usual, &all, 300.0).flow_veh_h, 300.0);
    /// ```
    pub fn flow(&self, usual: &UsualFlow, demand: &Demand, seen_veh_h: f64) -> FlowEstimate {
        let Demand { penetration, ratio: demand } = *demand;
        let likely = self.likely.max(LIKELY_MIN);
        let expected = likely / penetration;
        let days = (usual.windows / WINDOWS_PER_DAY).max(GUESS_DAYS);
        let error = USUAL_ERROR * USUAL_ERROR * expected;
        let mut worth = expected / (DISPERSION_OF_DAYS * (1.0 + 1.0 / days) + error);
        let square = (self.seen - likely).powi(2) / (likely + likely * likely / worth);
        worth *= (TAIL / square).min(1.0);
        let ratio = (self.seen + worth) / (likely + worth);
        let unseen_veh_h = (1.0 - penetration) * usual.flow_veh_h * demand * ratio;
        // Relative variance of the ratio, and of the count of five minutes around the mean.
        let relative = 1.0 / (self.seen + worth);
        let count = (unseen_veh_h / 12.0).max(0.1);
        let variance = (relative + DISPERSION / count) * unseen_veh_h * unseen_veh_h;
        FlowEstimate { flow_veh_h: seen_veh_h + unseen_veh_h, deviation_veh_h: variance.sqrt() }
    }
}

/// The flow of a detector, of which the buses are taken off.
///
/// ```
/// let flow = traffic::link::detected_flow(600.0, 12.0);
/// assert_eq!(flow.flow_veh_h, 588.0);
/// ```
pub fn detected_flow(flow_veh_h: f64, buses_veh_h: f64) -> FlowEstimate {
    let flow_veh_h = (flow_veh_h - buses_veh_h).max(0.0);
    // One vehicle of five minutes more or less, and a share.
    let deviation = (12.0 * 12.0 + (DETECTOR_ERROR * flow_veh_h).powi(2)).sqrt();
    FlowEstimate { flow_veh_h, deviation_veh_h: deviation }
}

/// How much of a region's traffic is seen, and how much there is against the usual.
///
/// The share that is seen is that on all links, by what is usual there: many vehicles, so it follows
/// the hour. But if all that is called usual were a tenth too much, the share would come out a tenth
/// too small, all flows a tenth too large, and that would be learned. So it is held to what is seen
/// where detectors count, over a long time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penetration {
    /// Vehicles seen on links where their number is known.
    pub seen: f64,
    /// That number.
    pub all: f64,
    /// Vehicles that detectors counted on links with a usual flow.
    pub counted: f64,
    /// Those that are usual there.
    pub usual: f64,
    /// As `seen`, over a long time.
    pub long_seen: f64,
    /// As `all`, over a long time.
    pub long_all: f64,
    /// Vehicles seen on links with a detector, over a long time.
    pub detector_seen: f64,
    /// Vehicles that detectors counted there.
    pub detector_counted: f64,
    /// So large a share must be seen, or a lane would carry more than it can.
    pub least: f64,
}

impl Penetration {
    /// Goes on by five minutes.
    pub fn window(&mut self) {
        for sum in [&mut self.seen, &mut self.all, &mut self.counted, &mut self.usual] {
            *sum *= REGION_DISCOUNT;
        }
        let long = [&mut self.long_seen, &mut self.long_all];
        for sum in long.into_iter().chain([&mut self.detector_seen, &mut self.detector_counted]) {
            *sum *= LONG_DISCOUNT;
        }
        self.least *= REGION_DISCOUNT;
    }

    /// On a link with so many lanes so many an hour were seen: there is no room for more than its
    /// [`CAPACITY_VEH_H`].
    pub fn seen_on_lanes(&mut self, seen_veh_h: f64, lanes: f64) {
        self.least = self.least.max(seen_veh_h / (CAPACITY_VEH_H * lanes.max(1.0))).min(1.0);
    }

    /// A detector counted vehicles where so many are usual.
    pub fn counted(&mut self, counted: f64, usual: f64) {
        self.counted += counted;
        self.usual += usual;
    }

    /// Of vehicles whose number is known some were seen.
    pub fn seen(&mut self, seen: f64, all: f64) {
        self.seen += seen;
        self.all += all;
        self.long_seen += seen;
        self.long_all += all;
    }

    /// Of vehicles that a detector counted some were seen.
    pub fn seen_at_detector(&mut self, seen: f64, counted: f64) {
        self.detector_seen += seen;
        self.detector_counted += counted;
    }

    /// Demand of the day over the usual, above 0; 1 where nothing is known.
    ///
    /// ```
    /// let mut region = traffic::link::Penetration::default();
    /// assert_eq!(region.demand(), 1.0);
    /// region.counted(1_200.0, 1_000.0);
    /// assert!((region.demand() - 1.19).abs() < 0.01);
    /// ```
    pub fn demand(&self) -> f64 {
        (self.counted + DEMAND_PRIOR) / (self.usual + DEMAND_PRIOR)
    }

    /// Share of vehicles that is seen, above 0 and at most 1; none when too little is known.
    ///
    /// ```
    /// let mut region = traffic::link::Penetration::default();
    /// assert_eq!(region.share(), None);
    /// region.seen(50.0, 500.0);
    /// assert_eq!(region.share(), Some(0.1));
    /// ```
    pub fn share(&self) -> Option<f64> {
        let known = self.all >= VEHICLES_MIN && self.seen > 0.0;
        known.then(|| (self.seen / self.all * self.correction()).max(self.least).min(1.0))
    }

    /// What the share by the usual flows is to be multiplied with to be that at detectors.
    ///
    /// ```
    /// let mut region = traffic::link::Penetration::default();
    /// // By what is called usual half are seen, at detectors all: there is half as much traffic.
    /// region.seen(10_000.0, 20_000.0);
    /// region.seen_at_detector(2_000.0, 2_000.0);
    /// assert!(region.share().is_some_and(|share| share > 0.95));
    /// ```
    fn correction(&self) -> f64 {
        if self.long_all <= 0.0 || self.long_seen <= 0.0 {
            return 1.0;
        }
        let likely = self.detector_counted * self.long_seen / self.long_all;
        let correction = (self.detector_seen + CORRECTION_PRIOR) / (likely + CORRECTION_PRIOR);
        correction.clamp(CORRECTION_RANGE.0, CORRECTION_RANGE.1)
    }
}
