//! What traffic emits: factors by speed, fleet and weather, as curves that cost nanoseconds.
//!
//! A [`FactorSet`] holds the hot functions of the EMEP/EEA annex, the vehicle classes and the
//! fuels; with a [`FleetMix`], a kind of road and [`Conditions`] it makes [`MixCurves`], from
//! which the rate of every pollutant is read at any speed.

mod annex;
mod class;
mod class_model;
mod cold_start;
mod conditions;
mod curves;
mod factor_set;
mod fleet;
mod fuel;
mod hot;
mod link;
mod low_speed;
mod mass;
mod measured;
mod model;
pub mod noise;
mod pollutant;
pub mod power;
mod rates;
pub mod register;
mod road_kind;
mod sound;
pub mod studded;
mod table;
mod temperature;
mod transit;
mod uncertainty;
pub mod vsp;
pub mod wear;
mod weather;

pub use annex::{Import, import_annex};
use class::SHARE_TOLERANCE;
pub use class::{AnnexKeys, Body, ClassTable, ColdGroup, VehicleClass};
pub use cold_start::{beta, cold_factor, cold_quotient};
pub use conditions::{Clamps, Conditions};
pub use curves::{MAX_SPEED_KM_H, MixCurves, SPEED_STEP_KM_H};
use factor_set::ELECTRICITY;
pub use factor_set::{FactorFiles, FactorOptions, FactorSet, GroupShare};
pub use fleet::{FleetMix, MixRow};
pub use fuel::{FuelFactors, FuelTable};
pub use hot::{AnnexClass, DrivingMode, HotFunction, HotRow, HotTable};
pub use link::{LinkEstimate, LinkTraffic, in_units};
pub use low_speed::{idle_to_minimum, moving_speed_km_h, stop_and_go_share, typical_stop_share};
pub use mass::{HALF_WIDTH, Masses, POLLUTANTS, interval};
pub use measured::{MeasuredWeather, StationWeather};
pub use model::{EmissionModel, StreetGroup, TrafficCurves, TransitCurves};
pub use pollutant::Pollutant;
pub use rates::RateTable;
pub use road_kind::RoadKind;
pub use sound::{SoundCurves, SoundPower};
pub use table::TableError;
pub use temperature::{diesel_nox_factor, heating_mj_h};
pub use transit::{TransitGroup, TransitInterval, TransitKind, TransitTable};
pub use uncertainty::{factor_relative_sd, kinds_interval, share_relative_sd, transit_relative_sd};
pub use weather::{Climate, Weather, road_state_name};
