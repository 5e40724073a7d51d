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

    /// Its name in files and answers.
    ///
    /// ```
    /// use network::RoadClass;
    /// assert_eq!(RoadClass::LivingStreet.as_str(), "living_street");
    /// assert_eq!(RoadClass::of("living_street"), Some(RoadClass::LivingStreet));
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Unclassified => "unclassified",
            Self::Residential => "residential",
            Self::LivingStreet => "living_street",
            Self::Service => "service",
            Self::Busway => "busway",
            Self::Ferry => "ferry",
        }
    }

    /// The class of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// The class with a number in [`Self::ALL`]; a service road for a number that has none.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Service)
    }
}
