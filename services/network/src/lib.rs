//! Static reference of a region: which cities it has, where they are, and its local metric plane.
//!
//! Pure: no I/O, no clock. Configuration is read elsewhere and handed in as values.

mod bbox;
mod plane;
mod region;

pub use bbox::{BoundingBox, BoundingBoxError};
pub use plane::Plane;
pub use region::{City, Region};
