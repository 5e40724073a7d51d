//! Kinds of streets.

use serde::{Deserialize, Serialize};

/// Kind of a street, from the map's `highway` tag; slip roads count as the road they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RoadClass {
    /// Motorway.
    Motorway,
    /// Trunk road.
    Trunk,
    /// Primary road.
    Primary,
    /// Secondary road.
    Secondary,
    /// Tertiary road.
    Tertiary,
    /// Minor public road.
    Unclassified,
    /// Residential street.
    Residential,
    /// Living street: walking speed.
    LivingStreet,
    /// Access to houses, yards, car parks.
    Service,
    /// Road for buses alone.
    Busway,
    /// Ferry line that takes vehicles.
    Ferry,
}

impl RoadClass {
    /// Every class, main roads first.
    pub const ALL: [Self; 11] = [
        Self::Motorway,
        Self::Trunk,
        Self::Primary,
        Self::Secondary,
        Self::Tertiary,
        Self::Unclassified,
        Self::Residential,
        Self::LivingStreet,
        Self::Service,
        Self::Busway,
        Self::Ferry,
    ];

    /// The class with a number in [`Self::ALL`]; a service road for a number that has none.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Service)
    }
}
