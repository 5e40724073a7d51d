//! A region's local metric plane.

use events::Position;

/// Mean radius of the Earth, metres (IUGG 1980, R1).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Equirectangular plane that touches the globe at an origin: metres east and north of it.
///
/// Source: Snyder, Map Projections: A Working Manual (USGS 1395, 1987), section 12, on a sphere.
/// Within 50 km of the origin at 60 to 65 degrees north a distance of 1 km is off by less than 2
/// percent, which is below what the uses here (speed limits, boxes) ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    origin: Position,
    metres_per_degree_east: f64,
    metres_per_degree_north: f64,
}

impl Plane {
    /// A plane around an origin, not at a pole.
    pub fn new(origin: Position) -> Self {
        let metres_per_degree_north = EARTH_RADIUS_M.to_radians();
        Self {
            origin,
            metres_per_degree_north,
            metres_per_degree_east: metres_per_degree_north
                * origin.latitude_deg.to_radians().cos(),
        }
    }

    /// Metres east and north of the origin.
    ///
    /// ```
    /// let origin = events::Position::new(60.0, 25.0).unwrap();
    /// let plane = network::Plane::new(origin);
    /// let [east_m, north_m] = plane.project(events::Position::new(60.001, 25.001).unwrap());
    /// assert!((east_m - 55.6).abs() < 0.1 && (north_m - 111.2).abs() < 0.1);
    /// ```
    pub fn project(&self, position: Position) -> [f64; 2] {
        [
            (position.longitude_deg - self.origin.longitude_deg) * self.metres_per_degree_east,
            (position.latitude_deg - self.origin.latitude_deg) * self.metres_per_degree_north,
        ]
    }

    /// The position at metres east and north of the origin; the inverse of [`Self::project`].
    pub fn unproject(&self, [east_m, north_m]: [f64; 2]) -> Position {
        Position {
            longitude_deg: self.origin.longitude_deg + east_m / self.metres_per_degree_east,
            latitude_deg: self.origin.latitude_deg + north_m / self.metres_per_degree_north,
        }
    }
}
