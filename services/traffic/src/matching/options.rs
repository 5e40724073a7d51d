//! Parameters of map matching.

/// Parameters of the model. Costs are negative natural logarithms of probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchOptions {
    /// Standard deviation of a fix along each axis, metres. Newson & Krumm measured 4.07 m; 5 m is
    /// what receivers in street canyons reach.
    pub sigma_m: f32,
    /// Correlation of the noise of two fixes that are one second apart.
    pub rho: f32,
    /// Error of the speed between two fixes: standard deviation, metres, of the distance driven in
    /// one second. It grows with time to the power of 1.5, as the integral of a random walk
    /// of the speed that is known at both ends does.
    pub drift_m: f32,
    /// The same when vehicles do not send their speed and it is guessed from their positions, which
    /// tell the more the longer the time: it grows with time to the power of 0.5.
    pub drift_unknown_speed_m: f32,
    /// Vehicles brake and speed up within bounds, so the error of the mean speed between two fixes
    /// has at most this standard deviation where the speed is known, and at least this where it is
    /// not, metres per second.
    pub drift_m_per_s_max: f32,
    /// That a vehicle which stands at two fixes has driven in between.
    pub start_cost: f32,
    /// That a vehicle comes to a stand with its tail in the junction behind it, which drivers
    /// avoid: the place to stand is before the junction.
    pub tail_cost: f32,
    /// Detour over which the probability of a route falls by e, metres per second between the fixes
    /// (Newson & Krumm's beta, which they fit to each sampling interval and which grows with it).
    pub beta_m_per_s: f32,
    /// No street farther from a fix is considered, metres.
    pub search_m: f32,
    /// Links that are followed at the same time.
    pub candidates_max: usize,
    /// A hypothesis that is worse than the best by more is given up.
    pub prune_cost: f32,
    /// One fix is never evidence for more than that against a link: noise has long tails.
    pub outlier_cost: f32,
    /// That a vehicle is suddenly on a link to which no way leads.
    pub break_cost: f32,
    /// That a vehicle turns round in the middle of a street.
    pub u_turn_cost: f32,
    /// That a vehicle turns into a service road: a yard, a car park.
    pub service_cost: f32,
    /// That a vehicle uses a private street.
    pub private_cost: f32,
    /// That a vehicle uses a closed street.
    pub closed_cost: f32,
    /// That a vehicle leaves its route, for every link.
    pub off_route_cost: f32,
    /// That a vehicle drives against the bearing it sends; half of it across.
    pub bearing_cost: f32,
    /// Bearings of slower vehicles are noise, km/h.
    pub bearing_speed_km_h_min: f32,
    /// Width of a lane, metres. Finnish streets: 3.0 to 3.5 m (Väylävirasto, guideline 29/2013).
    pub lane_width_m: f32,
    /// A fix is answered before any fix later by more comes in, milliseconds; where fixes are
    /// farther apart, with the next fix.
    pub lag_ms: i64,
    /// A longer gap between fixes starts a new trace, milliseconds.
    pub gap_ms_max: i64,
    /// So does a longer step, metres (Newson & Krumm break there too).
    pub step_m_max: f32,
    /// And a faster one, metres per second (the same).
    pub speed_m_per_s_max: f32,
    /// A link less likely than that is no answer.
    pub confidence_min: f32,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self {
            sigma_m: 5.0,
            rho: 0.9,
            drift_m: 0.5,
            drift_unknown_speed_m: 4.0,
            drift_m_per_s_max: 2.0,
            start_cost: 3.5,
            tail_cost: 3.0,
            beta_m_per_s: 1.5,
            search_m: 40.0,
            candidates_max: 8,
            prune_cost: 12.0,
            outlier_cost: 10.0,
            break_cost: 12.0,
            u_turn_cost: 8.0,
            service_cost: 2.0,
            private_cost: 2.0,
            closed_cost: 4.0,
            off_route_cost: 1.0,
            bearing_cost: 3.0,
            bearing_speed_km_h_min: 5.0,
            lane_width_m: 3.2,
            lag_ms: 5_000,
            gap_ms_max: 60_000,
            step_m_max: 2_000.0,
            speed_m_per_s_max: 50.0,
            confidence_min: 0.5,
        }
    }
}
