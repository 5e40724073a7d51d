//! Boxes on WGS84.

use events::Position;
use serde::{Deserialize, Serialize};

/// A box on WGS84 that does not cross the antimeridian: west, south, east, north in degrees, the
/// order of GeoJSON and OGC API Features.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct BoundingBox {
    /// Degrees east.
    pub west_deg: f64,
    /// Degrees north.
    pub south_deg: f64,
    /// Degrees east, not less than west.
    pub east_deg: f64,
    /// Degrees north, not less than south.
    pub north_deg: f64,
}

/// Why four numbers are no box.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BoundingBoxError {
    /// Not four numbers.
    #[error("a bbox is four numbers, west,south,east,north in degrees, not {0:?}")]
    NotFourNumbers(String),
    /// Outside the globe, turned round, or not finite.
    #[error("bbox {0:?} is not west ≤ east within ±180 and south ≤ north within ±90 degrees")]
    OutOfRange([f64; 4]),
}

impl BoundingBox {
    /// Whether the position is inside or on the edge.
    ///
    /// ```
    /// let helsinki: network::BoundingBox = "24.827,60.096,25.249,60.303".parse().unwrap();
    /// assert!(helsinki.contains(events::Position::new(60.17, 24.94).unwrap()));
    /// ```
    pub fn contains(&self, position: Position) -> bool {
        (self.west_deg..=self.east_deg).contains(&position.longitude_deg)
            && (self.south_deg..=self.north_deg).contains(&position.latitude_deg)
    }

    /// Whether the boxes share a point.
    ///
    /// ```
    /// let west: network::BoundingBox = "24,60,25,61".parse().unwrap();
    /// assert!(west.meets(&"25,61,26,62".parse().unwrap()));
    /// assert!(!west.meets(&"25.1,60,26,61".parse().unwrap()));
    /// ```
    pub fn meets(&self, other: &Self) -> bool {
        self.west_deg <= other.east_deg
            && self.east_deg >= other.west_deg
            && self.south_deg <= other.north_deg
            && self.north_deg >= other.south_deg
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            west_deg: self.west_deg.min(other.west_deg),
            south_deg: self.south_deg.min(other.south_deg),
            east_deg: self.east_deg.max(other.east_deg),
            north_deg: self.north_deg.max(other.north_deg),
        }
    }

    /// The middle.
    pub fn center(&self) -> Position {
        Position {
            longitude_deg: f64::midpoint(self.west_deg, self.east_deg),
            latitude_deg: f64::midpoint(self.south_deg, self.north_deg),
        }
    }
}

impl TryFrom<[f64; 4]> for BoundingBox {
    type Error = BoundingBoxError;

    fn try_from(numbers: [f64; 4]) -> Result<Self, BoundingBoxError> {
        let [west_deg, south_deg, east_deg, north_deg] = numbers;
        let ordered = west_deg <= east_deg && south_deg <= north_deg;
        let on_globe =
            west_deg >= -180.0 && east_deg <= 180.0 && south_deg >= -90.0 && north_deg <= 90.0;
        if ordered && on_globe {
            Ok(Self { west_deg, south_deg, east_deg, north_deg })
        } else {
            Err(BoundingBoxError::OutOfRange(numbers))
        }
    }
}

impl From<BoundingBox> for [f64; 4] {
    fn from(bbox: BoundingBox) -> Self {
        [bbox.west_deg, bbox.south_deg, bbox.east_deg, bbox.north_deg]
    }
}

impl std::str::FromStr for BoundingBox {
    type Err = BoundingBoxError;

    fn from_str(text: &str) -> Result<Self, BoundingBoxError> {
        let numbers: Vec<f64> = text
            .split(',')
            .map(|number| number.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|_| BoundingBoxError::NotFourNumbers(text.into()))?;
        let numbers: [f64; 4] =
            numbers.try_into().map_err(|_| BoundingBoxError::NotFourNumbers(text.into()))?;
        numbers.try_into()
    }
}
