//! What traffic emits: wear, studded tyres, noise, and power second by second.

pub mod noise;
pub mod power;
pub mod studded;
pub mod vsp;
pub mod wear;
