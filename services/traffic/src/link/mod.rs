//! Traffic on one link in one window: sums of what vehicles did, what is usual, and what follows
//! from both.

mod balance;
mod bus;
mod calendar;
mod curve;
mod detector;
mod edie;
mod flow;
mod free_flow;
mod profile;
mod service;
mod speed;

pub use balance::{Junctions, LinkFlow};
pub use bus::{BusRelation, BusRelations};
pub use calendar::{Calendar, WEEK_FIVE_MINUTES, WEEK_HOURS, civil_date};
pub use curve::{FlowCurve, FlowSlot};
pub use detector::{DetectorReading, DetectorRelation};
pub use edie::EdieSum;
pub use flow::{
    CAPACITY_VEH_H, Demand, FlowEstimate, FlowFilter, Penetration, UsualFlow, detected_flow,
};
pub use free_flow::FreeFlow;
pub use profile::{Centre, Hour, LinkProfile, Typical};
pub use service::{hcm_level, standing_m, travel_time_s};
pub use speed::{Share, SpeedEstimate, SpeedFilter, SpeedInput};
