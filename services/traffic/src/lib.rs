//! Traffic mathematics: pure functions with their sources.

pub mod emission;
mod kinematics;
mod level_of_service;
pub mod link;
pub mod matching;

pub use kinematics::{bearing_deg, distance_m, speed_km_h};
pub use level_of_service::level_of_service;
