//! What the fuzz targets do with their input, as functions that the everyday tests call with the
//! inputs that are kept in `tests/data/fuzz`.

pub mod formats;
mod gateway;

pub use gateway::Gateway;
