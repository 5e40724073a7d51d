//! WGS84 points.

use serde::Serialize;

use crate::wire;

/// A point on WGS84, in range and not the "null island" that broken devices send.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Position {
    /// Degrees east, -180 to 180.
    pub longitude_deg: f64,
    /// Degrees north, -90 to 90.
    pub latitude_deg: f64,
}

/// Why a pair of numbers is no position.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PositionError {
    /// Not a number, or outside the globe: swapped axes of projected metres end here.
    #[error("latitude {latitude_deg} or longitude {longitude_deg} is outside WGS84 degrees")]
    OutOfRange {
        /// As given.
        latitude_deg: f64,
        /// As given.
        longitude_deg: f64,
    },
    /// Both zero: a device without a fix.
    #[error("latitude and longitude are both 0, as devices without a fix send")]
    NullIsland,
}

impl Position {
    /// Checks a pair of degrees.
    ///
    /// ```
    /// use events::{Position, PositionError};
    /// assert!(Position::new(60.17, 24.94).is_ok());
    /// assert_eq!(Position::new(0.0, 0.0), Err(PositionError::NullIsland));
    /// assert!(Position::new(6719914.0, 544004.0).is_err());
    /// ```
    #[inline]
    pub fn new(latitude_deg: f64, longitude_deg: f64) -> Result<Self, PositionError> {
        let in_range =
            (-90.0..=90.0).contains(&latitude_deg) && (-180.0..=180.0).contains(&longitude_deg);
        if !in_range {
            return Err(PositionError::OutOfRange { latitude_deg, longitude_deg });
        }
        if latitude_deg == 0.0 && longitude_deg == 0.0 {
            return Err(PositionError::NullIsland);
        }
        Ok(Self { longitude_deg, latitude_deg })
    }
}

impl From<Position> for wire::Position {
    fn from(position: Position) -> Self {
        Self { latitude_deg: position.latitude_deg, longitude_deg: position.longitude_deg }
    }
}

impl TryFrom<wire::Position> for Position {
    type Error = PositionError;

    fn try_from(position: wire::Position) -> Result<Self, PositionError> {
        Self::new(position.latitude_deg, position.longitude_deg)
    }
}
