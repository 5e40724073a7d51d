//! Regions and their cities.

use events::{Position, Text};
use serde::Serialize;

use crate::{BoundingBox, Plane};

/// A city within a region, for switching and selecting. Boxes of neighbours overlap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct City {
    /// Id within the installation, lower case.
    pub id: Text,
    /// Name as its people write it.
    pub name: Text,
    /// Box around it.
    pub bbox: BoundingBox,
}

/// One functional urban area: all that must be joined is in it, and it is one partition of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Region {
    /// Id within the installation, lower case.
    pub id: Text,
    /// Name to show.
    pub name: Text,
    /// Everything outside is dropped at the door.
    pub bbox: BoundingBox,
    /// Its cities, in the order of the configuration.
    pub cities: Vec<City>,
}

impl Region {
    /// Whether the region covers the position.
    pub fn contains(&self, position: Position) -> bool {
        self.bbox.contains(position)
    }

    /// The local metric plane around the middle of the region.
    pub fn plane(&self) -> Plane {
        Plane::new(self.bbox.center())
    }
}
